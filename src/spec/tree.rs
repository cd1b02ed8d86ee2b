//! The tree of everything that a spec can say, and ways through it.

use super::outline::{LIKE, Outline, SEEDS};
use super::path::{self, KeyPath, Segment};
use super::setup::Setup;
use crate::kind::{Entry, Node, Room, Settings, Table};
use std::collections::BTreeSet;
use std::sync::OnceLock;
use toml::Value;

/// The key of a spec that names those it extends.
pub(super) const EXTENDS: &str = "extends";

/// The whole spec as a table: which runs there are, and what they are made of.
pub fn root() -> &'static Table {
    static ROOT: OnceLock<Table> = OnceLock::new();
    ROOT.get_or_init(|| {
        let extends = Entry {
            name: EXTENDS,
            doc: "A spec, or several, whose settings this one takes over where it says nothing; relative to its own file.",
            node: Node::AnyOf(vec![Node::list(Node::Text), Node::Text]),
            table: || None,
            required: false,
            needed: false,
            range: None,
        };
        let entries = [vec![extends], Outline::entries(), Setup::entries()].concat();
        Table { doc: "An experiment.", entries }
    })
}

/// What a variant can say: what it is like, its seeds, and whatever a run is made of.
pub(super) fn variant() -> Table {
    let like = Entry {
        name: LIKE,
        doc: "Another variant whose settings this one takes over where it says nothing.",
        node: Node::Text,
        table: || None,
        required: false,
        needed: false,
        range: None,
    };
    let seeds = Outline::entries().into_iter().filter(|entry| entry.name == SEEDS);
    // What must be given may be given elsewhere: by the spec itself. It has no default all the same.
    let given = |entry: Entry| if entry.required { Entry { required: false, table: || None, ..entry } } else { entry };
    let setup = Setup::entries().into_iter().map(given);
    let entries = std::iter::once(like).chain(seeds).chain(setup).collect();
    Table { doc: "Settings that differ from the rest of the spec.", entries }
}

/// Whether `key` says which runs there are.
pub(super) fn is_of_outline(key: &str) -> bool {
    Outline::table().entry(key).is_some()
}

/// Whether `key` says what a run is made of.
pub(super) fn is_of_setup(key: &str) -> bool {
    Setup::table().entry(key).is_some()
}

/// A place of the tree: what may stand there, and what does where nothing is said.
#[derive(Debug, Clone)]
pub struct Spot {
    /// What may stand there.
    pub node: Node,
    /// The setting that it is, or is an element of; none of the root and of kinds.
    pub entry: Option<Entry>,
}

impl Spot {
    /// The root.
    pub fn root() -> Self {
        Self { node: Node::Table(|| root().clone()), entry: None }
    }

    fn of(entry: Entry) -> Self {
        Self { node: entry.node.clone(), entry: Some(entry) }
    }

    /// The place below this one.
    pub fn at(&self, segment: &Segment) -> Option<Self> {
        let node = match segment {
            Segment::Key(_) => self.node.branch(Node::is_nested),
            Segment::Index(_) => self.node.branch(Node::is_list),
        };
        match (node, segment) {
            (Node::Table(table), Segment::Key(key)) => table().entry(key).cloned().map(Self::of),
            (Node::Kind(room), Segment::Key(key)) => {
                let room = room();
                let beside = || room.beside.iter().find(|entry| entry.name == key).cloned().map(Self::of);
                let kind = room.kind(key).map(|kind| Self { node: Node::Table(kind.table), entry: None });
                kind.or_else(beside)
            }
            (Node::List(of, _), Segment::Index(_)) => Some(Self { node: (**of).clone(), entry: self.entry.clone() }),
            (Node::Named(_, of), Segment::Key(_)) => Some(Self { node: (**of).clone(), entry: None }),
            _ => None,
        }
    }

    /// The place of an element, of a list; else itself.
    pub fn below_lists(&self) -> Self {
        self.at(&Segment::Index(0)).unwrap_or_else(|| self.clone())
    }

    /// The kind that holds where none is named, of a place where one is.
    pub fn default_kind(&self) -> Option<String> {
        self.room()?;
        let default = self.entry.as_ref()?.default()?;
        default.as_table()?.keys().next().cloned()
    }

    /// The room, where one kind is named here.
    pub fn room(&self) -> Option<Room> {
        match self.node.branch(Node::is_nested) {
            Node::Kind(room) => Some(room()),
            _ => None,
        }
    }
}

/// What may stand at `path`; none where no spec can have such a place.
pub fn at(path: &KeyPath) -> Option<Spot> {
    path.0.iter().try_fold(Spot::root(), |spot, segment| spot.at(segment))
}

/// How a message begins that a key is missing.
pub(super) const IS_MISSING: &str = "is missing";

/// What is to be said where a key is missing that must be given.
pub(super) fn missing(key: &str) -> String {
    let entry = root().entry(key);
    let Some(room) = entry.and_then(|entry| at(&KeyPath::default().key(entry.name))?.below_lists().room()) else {
        return IS_MISSING.to_owned();
    };
    let first = room.kinds.first().map_or("", |kind| kind.name);
    let example = match entry.is_some_and(|entry| entry.node.is_list()) {
        true => format!("name at least one: {key} = [{{ {first} = {{}} }}]"),
        false => format!("name one, such as [{key}.{first}]"),
    };
    format!("{IS_MISSING}; {example} (`serlab kinds {key}` lists them)")
}

/// What the field calls a setting that has another name here.
pub(super) fn synonym(key: &str) -> Option<&'static str> {
    const SYNONYMS: [(&str, &str); 14] = [
        ("lr", "learning_rate"),
        ("bs", "batch_size"),
        ("wd", "weight_decay"),
        ("n_epochs", "epochs"),
        ("num_epochs", "epochs"),
        ("max_epochs", "epochs"),
        ("filters", "channels"),
        ("classes", "keep"),
        ("labels", "keep"),
        ("emotions", "keep"),
        ("sr", "sample_rate_hz"),
        ("sample_rate", "sample_rate_hz"),
        ("dropout_rate", "dropout"),
        ("batchnorm", "batch_norm"),
    ];
    SYNONYMS.iter().find(|(known, _)| *known == key).map(|(_, ours)| *ours)
}

/// Where a person may have meant to write `path`, which is no place: the same key, or what the field calls so, in a table
/// below the one that it stands in, else anywhere.
pub(super) fn meant(path: &KeyPath) -> Option<String> {
    let key = path.last_key()?;
    let ours = synonym(key).unwrap_or(key);
    let parent = path.parent().to_string();
    let (mut below, mut anywhere) = (None, None);
    walk(&mut |place, what| {
        let is_default = || match at(&KeyPath::parse(&place.replace("[]", "[0]")).parent().parent()) {
            Some(spot) => spot.default_kind().is_none_or(|kind| place.contains(&format!(".{kind}."))),
            None => true,
        };
        if matches!(what, Place::Entry(entry) if entry.name == ours) && is_default() {
            if place.starts_with(&format!("{parent}.")) {
                below.get_or_insert_with(|| place.to_owned());
            }
            anywhere.get_or_insert_with(|| place.to_owned());
        }
    });
    below.or(anywhere).filter(|place| *place != path.to_string())
}

/// A message about a value of a wrong type, with what is allowed at its place: a type alone would allow more than the range does.
fn with_range(path: &KeyPath, message: &str) -> Option<String> {
    let (problem, _) = message.split_once("; allowed: ").filter(|(problem, _)| problem.starts_with("invalid "))?;
    let spot = at(path)?;
    let range = spot.entry?.range?;
    // Of a list's entry what the entry may be, with the range of the list's numbers.
    Some(format!("{problem}; allowed: {}, {range}", spot.node.words().replace(", 0 or more", "")))
}

/// A message about an unknown key, with the place where it may have been meant to stand if it names no other; or one about a wrong type,
/// with the range.
pub(super) fn with_hint(path: &KeyPath, message: &str) -> String {
    let is_open = message.starts_with("unknown key") && !message.contains("did you mean");
    let hint = if is_open { meant(path) } else { None };
    let hinted = hint.map(|place| format!("{message}; did you mean `{place}`?"));
    hinted.or_else(|| with_range(path, message)).unwrap_or_else(|| message.to_owned())
}

/// Finds the place that a person means by a short path: the kind's own level may be left out (`model.dropout` for
/// `model.cnn-1d.dropout`; the kind that is written there, else the default, where there is one) and an array's entry may be named by its kind (`augment.noise`).
pub fn resolve(table: &toml::Table, short: &KeyPath) -> KeyPath {
    if short.is_too_deep() {
        return short.clone();
    }
    let (mut full, mut spot) = (KeyPath::default(), Some(Spot::root()));
    for segment in &short.0 {
        if let Some(between) = spot.as_ref().and_then(|spot| left_out(spot, path::get(table, &full), segment)) {
            spot = spot.and_then(|spot| spot.at(&between));
            full.0.push(between);
        }
        spot = spot.and_then(|spot| spot.at(segment));
        full.0.push(segment.clone());
    }
    full
}

/// What a person leaves out between a place, where `written` stands, and a key: the number of a list's entry, the kind.
fn left_out(spot: &Spot, written: Option<&Value>, segment: &Segment) -> Option<Segment> {
    let Segment::Key(key) = segment else { return None };
    if let Some(Value::Array(items)) = written {
        return items.iter().position(|item| item.get(key).is_some()).map(Segment::Index);
    }
    let room = spot.room()?;
    if room.kind(key).is_some() || room.beside.iter().any(|entry| entry.name == key) {
        return None;
    }
    let named = written.and_then(Value::as_table).and_then(|table| room.kind_in(table)).map(str::to_owned);
    // A kind that must be named does not come about because somebody sets something of it.
    let is_required = spot.entry.as_ref().is_some_and(|entry| entry.required);
    named.or_else(|| spot.default_kind().filter(|_| !is_required)).map(Segment::Key)
}

/// Calls `visit` with every setting and every kind that a spec can name, and the path to it; lists are `features[]`, names
/// that the writer chooses in capitals. Inside a kind, no kind of its own room is gone into again.
pub fn walk(visit: &mut dyn FnMut(&str, Place<'_>)) {
    table("", root(), &mut Vec::new(), visit);
}

/// What [`walk`] comes to.
#[derive(Debug, Clone, Copy)]
pub enum Place<'a> {
    /// A setting.
    Entry(&'a Entry),
    /// A kind of a room.
    Kind(&'a Room, &'a crate::kind::Kind),
}

fn table(path: &str, of: &Table, open: &mut Vec<&'static str>, visit: &mut dyn FnMut(&str, Place<'_>)) {
    for entry in &of.entries {
        let path = if path.is_empty() { entry.name.to_owned() } else { format!("{path}.{}", entry.name) };
        visit(&path, Place::Entry(entry));
        below(&path, &entry.node, open, visit);
    }
}

fn below(path: &str, node: &Node, open: &mut Vec<&'static str>, visit: &mut dyn FnMut(&str, Place<'_>)) {
    match node {
        Node::AnyOf(nodes) => nodes.iter().for_each(|node| below(path, node, open, visit)),
        Node::List(of, _) => below(&format!("{path}[]"), of, open, visit),
        Node::Named(name, of) => below(&format!("{path}.{}", name.to_uppercase()), of, open, visit),
        Node::Table(of) => {
            let of = of();
            // What a variant can say is what the spec itself can; of that only what the spec cannot is gone into.
            let is_own = |entry: &Entry| path != VARIANT || root().entry(entry.name).is_none();
            let entries = of.entries.into_iter().filter(is_own).collect();
            table(path, &Table { doc: of.doc, entries }, open, visit);
        }
        Node::Kind(room) => {
            let room = room();
            if open.contains(&room.name) {
                return;
            }
            open.push(room.name);
            for kind in &room.kinds {
                let path = format!("{path}.{}", kind.name);
                visit(&path, Place::Kind(&room, kind));
                table(&path, &(kind.table)(), open, visit);
            }
            for entry in &room.beside {
                visit(&format!("{path}.{}", entry.name), Place::Entry(entry));
            }
            open.pop();
        }
        _ => {}
    }
}

/// How a walk calls a variant.
const VARIANT: &str = "variants.VARIANT";

/// The names of all kinds of all rooms.
pub(super) fn kind_names() -> &'static BTreeSet<&'static str> {
    static NAMES: OnceLock<BTreeSet<&'static str>> = OnceLock::new();
    NAMES.get_or_init(|| rooms().iter().flat_map(|(_, room)| room.kinds.iter().map(|kind| kind.name)).collect())
}

/// Every room, and the place where a spec first names a kind of it.
pub fn rooms() -> Vec<(String, Room)> {
    let mut found: Vec<(String, Room)> = Vec::new();
    walk(&mut |path, place| {
        let Place::Kind(room, kind) = place else { return };
        if !found.iter().any(|(_, known)| known.name == room.name) {
            let place = path.strip_suffix(&format!(".{}", kind.name)).unwrap_or(path);
            found.push((place.to_owned(), room.clone()));
        }
    });
    found
}

#[cfg(test)]
#[path = "tree_tests.rs"]
mod tests;
