//! What a person can write: every key and every kind, as the tree tells them.

use super::error::nearest;
use super::path::{KeyPath, Segment};
use super::tree::{self, Place};
use crate::kind::{Entry, Kind, Node, Room};

/// The names that `serlab kinds` takes: the last key of the place where a room's kinds are named.
pub fn room_names() -> Vec<String> {
    tree::rooms().iter().map(|(place, _)| key_of(place)).collect()
}

/// The last key of a place: `augment` of `augment[]`.
fn key_of(place: &str) -> String {
    place.trim_end_matches("[]").rsplit('.').next().unwrap_or(place).to_owned()
}

/// Whether a person means this room by `wanted`: by its key or by what its kinds are called, one or many.
fn is_called(place: &str, room: &Room, wanted: &str) -> bool {
    let plain = |name: &str| name.to_lowercase().replace(['-', '_'], " ").replace("corpora", "corpus");
    let wanted = plain(wanted);
    let is = |name: &str| wanted == name || wanted == format!("{name}s") || format!("{wanted}s") == name;
    let (key, name) = (plain(&key_of(place)), plain(room.name));
    is(&key) || is(&name) || name.split(' ').any(is)
}

/// The kinds of one room, or of all, one a line with the first sentence of what it is.
///
/// Errors: no such room, with the nearest name.
pub fn kinds_text(wanted: Option<&str>) -> Result<String, String> {
    let rooms = tree::rooms();
    let is_wanted = |(place, room): &&(String, Room)| wanted.is_none_or(|wanted| is_called(place, room, wanted));
    let found: Vec<_> = rooms.iter().filter(is_wanted).collect();
    if let (Some(name), true) = (wanted, found.is_empty()) {
        let names = room_names();
        let meant = meant(nearest(name, names.iter().map(String::as_str)));
        return Err(format!("no room `{name}`; allowed: {}{meant}", names.join(", ")));
    }
    let mut text = String::new();
    for (place, room) in found {
        text.push_str(&format!("{} (written under {place}):\n", room.name));
        let width = room.kinds.iter().map(|k| k.name.len()).max().unwrap_or(0);
        for kind in &room.kinds {
            text.push_str(&format!("  {:width$}  {}\n", kind.name, first_sentence(kind.doc)));
        }
        text.push('\n');
    }
    text.push_str("`serlab explain KIND` shows a kind's settings.\n");
    Ok(text)
}

fn meant(name: Option<&str>) -> String {
    name.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default()
}

/// A text's first sentence, on one line.
pub(super) fn first_sentence(doc: &str) -> String {
    let flat = one_line(doc);
    // "et al. 2014" and "e.g. 0.9" do not end a sentence.
    let is_short = |i: usize| flat[..i].ends_with(" al") || flat[..i].ends_with("e.g") || flat[..i].ends_with("i.e");
    let end = flat.match_indices(". ").map(|(i, _)| i).find(|i| !is_short(*i));
    end.map_or(flat.clone(), |i| flat[..=i].to_owned())
}

/// A text on one line.
pub(super) fn one_line(doc: &str) -> String {
    doc.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Explains a key (`train.epochs`, `log-mel.n_mels`, `dropout`), a table (`train`) or a kind (`log-mel`): what it is, default,
/// range.
///
/// Errors: nothing of that name, with the nearest.
pub fn explain(wanted: &str) -> Result<String, String> {
    // Which entry of a list is meant says nothing of what it is: `features[0].log-mel` is `features[].log-mel`.
    let segments = KeyPath::parse(wanted).0.into_iter();
    let keys = segments.filter_map(|segment| if let Segment::Key(key) = segment { Some(key) } else { None });
    let parts: Vec<String> = keys.collect();
    let exactly = told(&|path| path.len() == parts.len() && names(path, &parts));
    let text = if exactly.is_empty() { told(&|path| names(path, &parts)) } else { exactly };
    let synonym = || tree::synonym(wanted).map(|key| told(&|path| path.last() == Some(&key)));
    let text = if text.is_empty() { synonym().unwrap_or_default() } else { text };
    if !text.is_empty() {
        return Ok(text);
    }
    let mut paths = Vec::new();
    tree::walk(&mut |path, _| paths.push(path.to_owned()));
    let all = || paths.iter().map(String::as_str);
    let last = |path: &'_ str| path.rsplit('.').next().unwrap_or_default().to_owned();
    let ends: Vec<String> = all().map(last).collect();
    let found = nearest(wanted, all()).or_else(|| nearest(&last(wanted), ends.iter().map(String::as_str)));
    Err(format!("nothing is called `{wanted}`{} (`serlab kinds` lists all kinds)", meant(found)))
}

/// Whether the keys of a person are those of a place: all of them, or its last ones; a kind between them may be left out, and
/// what stands in capitals is any name.
fn names(path: &[&str], parts: &[String]) -> bool {
    let is_name = |key: &str| key.chars().all(|c| c.is_ascii_uppercase());
    let fits = |key: &str, part: &str| key == part || is_name(key);
    let ends = |path: &[&str]| {
        let tail = path.len().checked_sub(parts.len()).map(|n| &path[n..]);
        tail.is_some_and(|tail| tail.iter().zip(parts).all(|(key, part)| fits(key, part)))
    };
    let without_kind = || match path {
        [start @ .., _, last] if parts.len() > 1 => ends(&[start, &[*last]].concat()),
        _ => false,
    };
    ends(path) || without_kind()
}

/// What there is to tell of every place that fits.
fn told(fits: &dyn Fn(&[&str]) -> bool) -> String {
    let mut text = String::new();
    tree::walk(&mut |path, place| {
        let bare = path.replace("[]", "");
        if fits(&bare.split('.').collect::<Vec<_>>()) {
            text.push_str(&match place {
                Place::Entry(entry) => of_entry(path, entry),
                Place::Kind(room, kind) => of_kind(path, room, kind),
            });
        }
    });
    text
}

fn of_kind(path: &str, room: &Room, kind: &Kind) -> String {
    let head = format!("{path}\n  {}\n", one_line(kind.doc));
    let table = (kind.table)();
    head + &table.entries.iter().chain(&room.beside).map(line).collect::<String>()
}

fn of_entry(path: &str, entry: &Entry) -> String {
    let mut text = format!("{path}\n  {}\n", one_line(entry.doc));
    let below = match entry.node.branch(Node::is_nested) {
        Node::Table(table) => table().entries,
        _ => Vec::new(),
    };
    let default = match (entry.must_be_given(), entry.shown_default()) {
        (true, _) => Some("must be given".to_owned()),
        (false, Some(default)) if below.is_empty() => Some(format!("default: {default}")),
        _ => None,
    };
    let range = entry.range.map(|range| format!("allowed: {range}"));
    let unit = entry.unit().map(|unit| format!("unit: {unit}"));
    let words: Vec<String> = [default, range, unit, Some(entry.words())].into_iter().flatten().collect();
    text.push_str(&format!("  {}\n", words.join("; ")));
    if let Node::Choice(choices) = entry.node.branch(|node| matches!(node, Node::Choice(_))) {
        let width = choices.iter().map(|c| c.name.len()).max().unwrap_or(0) + 2;
        let choice =
            |c: &crate::kind::Choice| format!("    {:width$}  {}\n", format!("\"{}\"", c.name), one_line(c.doc));
        text.extend(choices.iter().map(choice));
    }
    let kinds = entry.node.branch(Node::is_nested);
    if let Node::Kind(room) = if let Node::List(of, _) = &entry.node { of } else { kinds } {
        let room = room();
        let names: Vec<&str> = room.kinds.iter().map(|kind| kind.name).collect();
        text.push_str(&format!("  kinds: {}\n", names.join(", ")));
    }
    text + &below.iter().map(line).collect::<String>()
}

/// A setting of a table in a line.
fn line(entry: &Entry) -> String {
    let default = entry.shown_default().map(|default| format!(" = {default}")).unwrap_or_default();
    format!("    {}{default}  ({})\n", entry.name, one_line(entry.doc))
}

#[cfg(test)]
#[path = "explain_tests.rs"]
mod tests;
