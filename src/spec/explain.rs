//! What a person can write: every key and every kind, from the documentation of the settings types themselves.

use super::error::nearest;
use super::outline::{Ablation, Outline};
use crate::audio::AudioSettings;
use crate::augment::Transform;
use crate::corpus::{Corpus, Selection};
use crate::features::{Feature, Length, Scale};
use crate::kind::{Field, KindInfo, Kinds, Settings};
use crate::model::Architecture;
use crate::split::{Allowed, Fit, Protocol};
use crate::train::{Loss, Optimizer, Schedule, Train};

/// A list of kinds and where in a spec they are named.
struct Room {
    name: &'static str,
    place: &'static str,
    kinds: Vec<KindInfo>,
}

fn room<K: Kinds>(name: &'static str, place: &'static str) -> Room {
    Room { name, place, kinds: K::all() }
}

fn rooms() -> Vec<Room> {
    vec![
        room::<Corpus>("corpus", "corpus"),
        room::<Protocol>("split", "split"),
        room::<Feature>("feature", "features[]"),
        room::<Scale>("scale", "scale"),
        room::<Transform>("augment", "augment[]"),
        room::<Architecture>("model", "model"),
        room::<Optimizer>("optimizer", "train.optimizer"),
        room::<Schedule>("schedule", "train.schedule"),
        room::<Loss>("loss", "train.loss"),
    ]
}

/// The names that `serlab kinds` takes.
pub fn room_names() -> Vec<&'static str> {
    rooms().iter().map(|r| r.name).collect()
}

/// The kinds of one room, or of all, one a line with the first sentence of what it is.
///
/// Errors: no such room, with the nearest name.
pub fn kinds_text(wanted: Option<&str>) -> Result<String, String> {
    let aliases = |name: &str| match name {
        "features" => "feature".to_owned(),
        "architecture" | "architectures" | "models" => "model".to_owned(),
        "augmentation" | "augmentations" | "transform" => "augment".to_owned(),
        "scaler" | "scalers" => "scale".to_owned(),
        "protocol" | "protocols" | "splits" => "split".to_owned(),
        "corpora" => "corpus".to_owned(),
        other => other.to_owned(),
    };
    let wanted = wanted.map(aliases);
    let names = room_names();
    if let Some(name) = wanted.as_deref().filter(|n| !names.contains(n)) {
        let meant = nearest(name, names.iter().copied()).map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
        return Err(format!("no room `{name}`; allowed: {}{meant}", names.join(", ")));
    }
    let mut text = String::new();
    for room in rooms().iter().filter(|r| wanted.as_deref().is_none_or(|w| w == r.name)) {
        text.push_str(&format!("{} (written under {}):\n", room.name, room.place));
        let width = room.kinds.iter().map(|k| k.name.len()).max().unwrap_or(0);
        for kind in &room.kinds {
            text.push_str(&format!("  {:width$}  {}\n", kind.name, first_sentence(kind.doc)));
        }
        text.push('\n');
    }
    text.push_str("`serlab explain KIND` shows a kind's settings.\n");
    Ok(text)
}

fn first_sentence(doc: &str) -> String {
    let flat = one_line(doc);
    // "et al. 2014" does not end a sentence.
    let end = flat.match_indices(". ").map(|(i, _)| i).find(|i| !flat[..*i].ends_with(" al"));
    end.map_or(flat.clone(), |i| flat[..=i].to_owned())
}

fn one_line(doc: &str) -> String {
    doc.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Every documented key: full path and field.
fn keys() -> Vec<(String, Field)> {
    let under = |table: &str, fields: Vec<Field>| -> Vec<(String, Field)> {
        let dot = if table.is_empty() { String::new() } else { format!("{table}.") };
        fields.into_iter().map(|f| (format!("{dot}{}", f.name), f)).collect()
    };
    let mut keys = under("", Outline::fields());
    keys.extend(under("ablate.VARIANT", Ablation::fields()));
    keys.extend(under("clips", Selection::fields()));
    keys.extend(under("audio", AudioSettings::fields()));
    keys.extend(under("audit", Allowed::fields()));
    keys.extend(under("fit", Fit::fields()));
    keys.extend(under("length", Length::fields()));
    keys.extend(under("train", Train::fields()));
    for room in rooms() {
        for kind in room.kinds {
            keys.extend(under(&format!("{}.{}", room.place, kind.name), kind.fields));
        }
    }
    keys.extend(BESIDE_KINDS.iter().map(|&(path, value_type, default, range, doc)| {
        let name = path.rsplit('.').next().unwrap_or(path);
        let range = (!range.is_empty()).then(|| range.to_owned());
        (path.to_owned(), Field { name, value_type, default: default.to_owned(), range, doc })
    }));
    keys
}

/// Keys that are read by hand, for they stand beside a kind's name or must be given: path, type, default, range, meaning.
const BESIDE_KINDS: [(&str, &str, &str, &str, &str); 10] = [
    ("variants.VARIANT.like", "String", "null", "", "Another variant whose settings this one takes over."),
    ("augment[].probability", "f64", "1.0", "from 0 to 1", "How often the step is done."),
    (
        "augment[].copies",
        "usize",
        "0",
        "from 0 to 1000",
        "Altered copies of each training row, made once before training; 0 alters the rows themselves, anew in each epoch.",
    ),
    ("published[].variant", "String", "(must be given)", "", "The variant that the claim is about."),
    ("published[].metric", "String", "\"accuracy\"", "", "\"accuracy\", \"uar\", \"weighted-f1\" or \"macro-f1\"."),
    (
        "published[].value",
        "f64",
        "(must be given)",
        "from 0 to 1",
        "The published figure as a share: 0.8766 for 87.66 %.",
    ),
    ("published[].n", "u64", "null", "from 1", "Test clips (rows, where copies are tested, too), where it is known."),
    (
        "published[].decimals",
        "u32",
        "null",
        "from 0 to 10",
        "Decimals of the printed percentage: 2 for 87.66 %; without it those of `value` as written.",
    ),
    (
        "published[].protocol",
        "String",
        "(must be given)",
        "",
        "The split protocol it was obtained under: \"clips\", ...",
    ),
    ("published[].source", "String", "\"\"", "", "Where it was published."),
];

/// Explains a key (`train.epochs`, `log-mel.n_mels`, `dropout`) or a kind (`log-mel`): what it is, default, range.
///
/// Errors: nothing of that name, with the nearest.
pub fn explain(wanted: &str) -> Result<String, String> {
    let ends = |path: &str| path == wanted || path.replace("[]", "") == wanted || path.ends_with(&format!(".{wanted}"));
    let mut text = String::new();
    for room in rooms() {
        for kind in room.kinds.iter().filter(|k| ends(&format!("{}.{}", room.place, k.name))) {
            text.push_str(&format!("{}.{}\n  {}\n", room.place, kind.name, one_line(kind.doc)));
            for field in &kind.fields {
                text.push_str(&format!("    {} = {}  ({})\n", field.name, shown_default(field), one_line(field.doc)));
            }
        }
    }
    let keys = keys();
    let short = |path: &str| {
        let mut parts: Vec<&str> = path.split('.').collect();
        if parts.len() > 2 {
            parts.remove(parts.len() - 2);
        }
        parts.join(".").replace("[]", "")
    };
    for (path, field) in keys.iter().filter(|(path, _)| ends(path) || short(path) == wanted) {
        text.push_str(&format!("{path}\n  {}\n  default: {}", one_line(field.doc), shown_default(field)));
        if let Some(range) = &field.range {
            text.push_str(&format!("; allowed: {range}"));
        }
        text.push_str(&format!("; type: {}\n", type_of(field.value_type)));
    }
    text.push_str(&table_text(wanted, &keys));
    if !text.is_empty() {
        return Ok(text);
    }
    let last = wanted.rsplit('.').next().unwrap_or(wanted);
    let all = keys.iter().map(|(path, _)| path.as_str());
    let meant = nearest(wanted, all).or_else(|| nearest(last, keys.iter().map(|(_, f)| f.name)));
    let meant = meant.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
    Err(format!("nothing is called `{wanted}`{meant} (`serlab kinds` lists all kinds)"))
}

/// The keys of a table (`clips`, `train`, `published`), a line each; nothing where there is no such table.
fn table_text(table: &str, keys: &[(String, Field)]) -> String {
    let prefixes = [format!("{table}."), format!("{table}[].")];
    let inside = |path: &str| prefixes.iter().any(|p| path.strip_prefix(p.as_str()).is_some_and(|r| !r.contains('.')));
    let line = |(_, field): &(String, Field)| {
        format!("  {} = {}  ({})\n", field.name, shown_default(field), one_line(field.doc))
    };
    let lines: String = keys.iter().filter(|(path, _)| inside(path)).map(line).collect();
    if lines.is_empty() { lines } else { format!("[{table}]\n{lines}") }
}

fn shown_default(field: &Field) -> String {
    if field.default == "null" { "\"none\"".to_owned() } else { field.default.clone() }
}

/// Rust's type names in words that a TOML file uses.
fn type_of(rust: &str) -> String {
    let rust: String = rust.split_whitespace().collect();
    let inside = |prefix: &str| rust.strip_prefix(prefix).and_then(|r| r.strip_suffix('>'));
    if let Some(inner) = inside("Option<") {
        return format!("{} or \"none\"", type_of(inner));
    }
    if let Some(inner) = inside("Vec<") {
        return format!("a list, each {}", type_of(inner));
    }
    match rust.as_str() {
        "[f64;2]" => "[low, high]".to_owned(),
        "[usize;2]" => "two whole numbers".to_owned(),
        other => super::error::plain_type(other.trim_start_matches("crate::")),
    }
}

/// A spec to start from, for `serlab init`: a small comparison on the built-in corpus, then all defaults, commented.
pub fn template(name: &str) -> String {
    let head = format!(
        "# {name}: which question does this experiment answer?\n\
         # `serlab check` names every mistake at once; `serlab plan` shows the runs; `serlab kinds` what can be named.\n\
         name = \"{name}\"\n\
         seeds = [0, 1, 2]         # five folds of each are fifteen networks a variant, tested on every speaker: enough to tell recipes apart\n\n\
         [corpus.synth]            # real ones: crema-d, ravdess, emodb, savee, tess (root = \"...\"), manifest (path = \"...\")\n\n\
         [split.k-fold]            # for as many networks it finds as much as more seeds of one split, and it tests everybody\n\
         validation = 0.15\n\n\
         [variants.1d]\n\
         features = [{{ zcr = {{}} }}, {{ energy = {{}} }}]\n\
         model.cnn-1d = {{ channels = [16, 32] }}\n\n\
         [variants.2d]\n\
         features = [{{ log-mel = {{ n_mels = 64 }} }}]\n\
         model.cnn-2d = {{ channels = [16, 32] }}\n\n\
         # What follows are the defaults; remove the `# ` before a line to change it.\n"
    );
    let comment = |line: &str| {
        if line.is_empty() || line.starts_with('#') { format!("{line}\n") } else { format!("# {line}\n") }
    };
    head + &super::DEFAULTS.lines().map(comment).collect::<String>()
}
