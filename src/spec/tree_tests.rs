//! What holds for every key, range, default and kind of the tree.

use super::*;
use crate::spec::read::read;
use crate::spec::{Spec, explain};

fn table() -> toml::Table {
    toml::from_str("augment = [{ gain = {} }, { noise = { snr_db = [1, 2] } }]\n[model.cnn-2d]\ndropout = 0.1").unwrap()
}

#[test]
fn short_paths_find_the_kind_and_the_array_entry() {
    let of = |s| resolve(&table(), &KeyPath::parse(s)).to_string();
    assert_eq!(of("model.dropout"), "model.cnn-2d.dropout");
    assert_eq!(
        of("model.cnn-1d.dropout"),
        "model.cnn-1d.dropout",
        "another kind is no setting of the one that is there"
    );
    assert_eq!(of("augment.noise.snr_db"), "augment[1].noise.snr_db");
    assert_eq!(of("augment.1.noise.snr_db"), "augment[1].noise.snr_db");
    assert_eq!(of("train.epochs"), "train.epochs");
    assert_eq!(of("train.optimizer.learning_rate"), "train.optimizer.adam.learning_rate", "the kind by default");
    assert_eq!(of("scale.per"), "scale.standard.per");
}

#[test]
fn a_short_path_makes_up_no_kind_that_must_be_named() {
    let of = |s| resolve(&toml::Table::new(), &KeyPath::parse(s)).to_string();
    for path in ["model.dropout", "corpus.root", "variants.2d.model.dropout"] {
        assert_eq!(of(path), path);
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.toml");
    std::fs::write(&path, "corpus.synth = {}\nfeatures = [{ zcr = {} }]").unwrap();
    let spec = Spec::load(&path, &[], &["model.dropout=0.3".to_owned()]).unwrap();
    let said = spec.cells().unwrap_err().to_string();
    assert!(said.contains("model.dropout: unknown architecture `dropout`; allowed: cnn-1d, "), "{said}");
}

/// Every setting with its path.
fn entries() -> Vec<(String, Entry)> {
    let mut found = Vec::new();
    walk(&mut |path, place| {
        if let Place::Entry(entry) = place {
            found.push((path.to_owned(), entry.clone()));
        }
    });
    found
}

/// Every kind with the path of its place.
fn kinds() -> Vec<(String, Room, &'static str)> {
    let mut found = Vec::new();
    walk(&mut |path, place| {
        if let Place::Kind(room, kind) = place {
            let place = path.strip_suffix(&format!(".{}", kind.name)).unwrap();
            found.push((place.to_owned(), room.clone(), kind.name));
        }
    });
    found
}

#[test]
fn every_place_that_is_walked_to_is_found_by_its_path_and_explained() {
    assert!(entries().len() > 200 && kinds().len() > 60);
    for (path, entry) in entries() {
        assert!(at(&KeyPath::parse(&path.replace("[]", "[0]"))).is_some(), "{path}");
        let said = explain(&path).unwrap();
        assert!(said.contains(&crate::spec::explain::one_line(entry.doc)) && !entry.doc.is_empty(), "{path}: {said}");
        assert!(entry.doc.trim().ends_with(['.', '"', '?']), "{path}: {}", entry.doc);
    }
    for (place, room, kind) in kinds() {
        let said = explain(&format!("{place}.{kind}")).unwrap();
        assert!(said.contains(kind), "{said}");
        assert!(room.kind(kind).unwrap().doc.ends_with('.'), "{place}.{kind}");
    }
    assert!(at(&KeyPath::parse("train.schedule.warm-up.then.cosine.min_learning_rate")).is_some());
    assert!(at(&KeyPath::parse("train.epoch")).is_none());
}

/// A whole spec in which the place `path`, whose lists have one entry, has this value.
fn spec_with(path: &str, value: &Value) -> toml::Table {
    let mut spec: toml::Table =
        toml::from_str("corpus.synth = {}\nmodel.cnn-1d = {}\nfeatures = [{ zcr = {} }]").unwrap();
    let value = match path.split_once("[].") {
        Some((list, below)) => {
            let mut entry: toml::Table = match list {
                "published" => toml::from_str("variant = \"base\"\nvalue = 0.5\nprotocol = \"speakers\"").unwrap(),
                _ => toml::Table::new(),
            };
            assert!(path::set(&mut entry, &KeyPath::parse(&below.replace("[]", "[0]")), value.clone()));
            // Beside a kind there must be one.
            if room_of(list).is_some_and(|room| room.kind_in(&entry).is_none()) {
                entry.insert("gain".to_owned(), Value::Table(toml::Table::new()));
            }
            let list = KeyPath::parse(list);
            path::remove(&mut spec, &list);
            assert!(path::set(&mut spec, &list, Value::Array(vec![Value::Table(entry)])));
            return spec;
        }
        None => value.clone(),
    };
    let whole = KeyPath::parse(path);
    for n in 1..whole.0.len() {
        let outer = KeyPath(whole.0[..n].to_vec());
        if at(&outer).is_some_and(|spot| spot.room().is_some()) {
            path::remove(&mut spec, &outer);
        }
    }
    assert!(path::set(&mut spec, &whole, value), "{path}");
    spec
}

fn room_of(place: &str) -> Option<Room> {
    at(&KeyPath::parse(place))?.below_lists().room()
}

/// Everything wrong with a spec, a line each.
fn wrong(spec: &toml::Table) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.toml");
    std::fs::write(&path, toml::to_string(spec).unwrap()).unwrap();
    let loaded = Spec::load(&path, &[], &[]).and_then(|spec| spec.cells().map(drop));
    loaded.map_or_else(|e| e.errors().iter().map(|e| format!("{}: {}", e.key, e.message)).collect(), |()| Vec::new())
}

/// `number` where `node` asks for one: in a list of the right length, as a whole number where one is asked for.
fn placed(node: &Node, number: f64) -> Option<Value> {
    match node {
        Node::Whole | Node::Integer => Some(Value::Integer(number as i64)),
        Node::Number => Some(Value::Float(number)),
        Node::List(of, length) => Some(Value::Array(vec![placed(of, number)?; length.unwrap_or(1)])),
        Node::AnyOf(nodes) => nodes.iter().find_map(|node| placed(node, number)),
        _ => None,
    }
}

#[test]
fn every_range_is_enforced_at_both_ends() {
    let mut ranges = 0;
    for (path, entry) in entries() {
        let Some(range) = entry.range else { continue };
        let is_whole = placed(&entry.node, 0.0).is_some_and(|v| !v.to_string().contains('.'));
        let step = if is_whole { 1.0 } else { 1e-6 };
        let (low, is_open) = range.low();
        let inside = if is_open { low + step } else { low };
        let outside = if is_open { low } else { low - step };
        let mut tried = vec![(inside, true), (outside, false)];
        tried.extend(range.high().into_iter().flat_map(|high| [(high, true), (high + step.max(high * 1e-6), false)]));
        for (number, is_allowed) in tried {
            // TOML has no number below 0 for what is never negative, and says so itself.
            let value = placed(&entry.node, number).unwrap();
            let said = wrong(&spec_with(&path, &value));
            let key = path.replace("[]", "[0]");
            let is_refused = said.iter().any(|line| {
                line.starts_with(&format!("{key}: "))
                    && (line.contains("out of range") || line.contains("invalid value"))
                    || line.starts_with(&format!("{key}[0]: "))
            });
            assert_eq!(is_refused, !is_allowed, "{key} = {value}: {said:?}");
            ranges += 1;
        }
    }
    assert!(ranges > 300, "{ranges}");
}

#[test]
fn every_default_reads_back_as_it_is_written() {
    let setup = Setup::default();
    let written = toml::Table::try_from(&setup).unwrap();
    assert_eq!(read::<Setup>(written, &toml::Table::new()), (Some(setup), Vec::new()));
    for (place, room, kind) in kinds() {
        let table = (room.kind(kind).unwrap().table)();
        let value = Value::Table(table.defaults());
        let path = format!("{place}.{kind}");
        let spec = spec_with(&path, &value);
        let (read, mistakes) = read::<Setup>(spec, &toml::Table::new());
        assert_eq!(mistakes, [], "{path}");
        let again = toml::Table::try_from(read.unwrap()).unwrap();
        let at = KeyPath::parse(&path.replace("[]", "[0]"));
        assert_eq!(path::get(&again, &at), Some(&value), "{path}");
    }
}

/// Loads a spec of these files, the first of them, with these options and variables, and gives what stands at `place`.
fn kind_at(files: &[(&str, String)], variables: &[(String, String)], sets: &[String], place: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let spec = Spec::load(&folder.path().join(files[0].0), variables, sets).unwrap();
    let settings = match spec.cells() {
        Ok(cells) => toml::Table::try_from(&cells.last().unwrap().setup).unwrap(),
        Err(errors) => {
            // A kind may lack what has no default; that another one stands beside it is what is looked for.
            let lacks =
                |e: &crate::spec::SpecError| e.message.contains("is empty") || e.message.contains("no file is named");
            assert!(errors.errors().iter().all(lacks), "{errors}");
            return String::new();
        }
    };
    path::get(&settings, &KeyPath::parse(place))
        .unwrap()
        .as_table()
        .unwrap()
        .keys()
        .cloned()
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn every_kind_takes_the_place_of_another_in_a_variant_by_extends_by_set_and_by_the_environment() {
    let whole = "[corpus.synth]\n[model.cnn-1d]\n[[features]]\nzcr = {}\n".to_owned();
    let mut swapped = 0;
    for (place, room, kind) in kinds().into_iter().filter(|(place, ..)| !place.contains("[]")) {
        let other = room.kinds.iter().map(|k| k.name).find(|name| *name != kind).unwrap();
        let first = place.split('.').next().unwrap();
        let rest: String = whole.split_inclusive('\n').filter(|line| !line.contains(&format!("[{first}."))).collect();
        let named = |kind: &str| format!("[{place}.{kind}]\n");
        let is = |found: String| assert!(found.is_empty() || found == kind, "{place}: {kind} for {other}: {found}");
        let base = format!("{}{rest}", named(other));
        let variant = format!("{base}[variants.v.{place}.{kind}]\n");
        is(kind_at(&[("x.toml", variant)], &[], &[], &place));
        let top = format!("extends = \"base.toml\"\n{}", named(kind));
        is(kind_at(&[("x.toml", top), ("base.toml", base.clone())], &[], &[], &place));
        let set = format!("{place}={{{kind} = {{}}}}");
        is(kind_at(&[("x.toml", base.clone())], &[], &[set], &place));
        let variable = place.to_uppercase().replace('.', "__").replace('-', "_");
        is(kind_at(&[("x.toml", base)], &[(variable, format!("{{{kind} = {{}}}}"))], &[], &place));
        swapped += 1;
    }
    assert!(swapped > 35, "{swapped}");
}

#[test]
fn a_key_in_the_wrong_place_is_shown_the_right_one() {
    let hint = |path: &str| meant(&KeyPath::parse(path));
    assert_eq!(hint("train.lr").as_deref(), Some("train.optimizer.adam.learning_rate"));
    assert_eq!(hint("train.patience").as_deref(), Some("train.early_stopping.patience"));
    assert_eq!(hint("epochs").as_deref(), Some("train.epochs"));
    assert_eq!(hint("train.nonsense"), None);
}
