//! What can be written: the description that settings and kinds give of themselves, and that every reader of it walks.
//!
//! A [`Table`] has [`Entry`]s, each with a [`Node`]: a plain value, a list, another table, or a place where a kind is named
//! ([`Room`]). Tables and rooms are given as functions, for a kind may hold others of its own room (`warm-up.then`).

use super::{Bounds, Described};
use toml::Value;

/// What may stand at a place.
#[derive(Debug, Clone)]
pub enum Node {
    /// `true` or `false`.
    Flag,
    /// A whole number, 0 or more.
    Whole,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// A text.
    Text,
    /// One of some names.
    Choice(&'static [Choice]),
    /// Any of these.
    AnyOf(Vec<Self>),
    /// A list; of so many values, where that is fixed.
    List(Box<Self>, Option<usize>),
    /// A table of settings.
    Table(fn() -> Table),
    /// A table that names exactly one kind, and holds that kind's settings under the name.
    Kind(fn() -> Room),
    /// A table of names that the writer chooses, each with such a value. The text says what is named.
    Named(&'static str, Box<Self>),
    /// Whatever TOML can hold.
    Anything,
}

/// A name that can be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// As written.
    pub name: &'static str,
    /// What it means.
    pub doc: &'static str,
    /// Other names for the same.
    pub also: &'static [&'static str],
}

/// What `Option` settings are without a value.
pub const NONE: &[Choice] = &[Choice { name: "none", doc: "There is none.", also: &[] }];

/// One setting of a table.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The key as written.
    pub name: &'static str,
    /// What it sets.
    pub doc: &'static str,
    /// What may stand there.
    pub node: Node,
    /// The table that it stands in, as it is by default.
    pub table: fn() -> Option<Value>,
    /// Whether it must be given; the default then only stands in for it while other mistakes are looked for.
    pub required: bool,
    /// Whether what is by default, which is nothing, does not do; the room that it belongs to says so where it looks.
    pub needed: bool,
    /// Between which ends its numbers lie.
    pub range: Option<Bounds>,
}

/// A table of settings.
#[derive(Debug, Clone)]
pub struct Table {
    /// What it is for.
    pub doc: &'static str,
    /// Its settings, in order.
    pub entries: Vec<Entry>,
}

/// One kind of a room's list.
#[derive(Debug, Clone)]
pub struct Kind {
    /// Its name in a spec.
    pub name: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// Its settings.
    pub table: fn() -> Table,
}

/// A list of kinds, of which one is named.
#[derive(Debug, Clone)]
pub struct Room {
    /// What a kind of it is called in messages: "feature", "architecture", ...
    pub name: &'static str,
    /// What all of them are.
    pub doc: &'static str,
    /// The kinds, in order.
    pub kinds: Vec<Kind>,
    /// Settings that may stand beside the kind's name.
    pub beside: Vec<Entry>,
}

impl Table {
    /// The setting called `name`.
    pub fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    /// The names of its settings.
    pub fn names(&self) -> Vec<&'static str> {
        self.entries.iter().map(|entry| entry.name).collect()
    }

    /// What holds where nothing is said; nothing of what must be given.
    pub fn defaults(&self) -> toml::Table {
        let given = |entry: &&Entry| !entry.required;
        let told = |entry: &Entry| Some((entry.name.to_owned(), entry.default()?));
        self.entries.iter().filter(given).filter_map(told).collect()
    }
}

impl Kind {
    /// The kind with the settings `T`; documented as they are where `doc` says nothing.
    pub fn of<T: Described>(name: &'static str, doc: &'static str) -> Self {
        let table = match T::node() {
            Node::Table(table) => table,
            _ => || Table { doc: "", entries: Vec::new() },
        };
        let doc = doc.trim();
        Self { name, doc: if doc.is_empty() { table().doc.trim() } else { doc }, table }
    }
}

impl Room {
    /// The kind called `name`.
    pub fn kind(&self, name: &str) -> Option<&Kind> {
        self.kinds.iter().find(|kind| kind.name == name)
    }

    /// The kind that a table names, if it names one.
    pub fn kind_in<'t>(&self, table: &'t toml::Table) -> Option<&'t str> {
        table.keys().map(String::as_str).find(|key| self.kind(key).is_some())
    }
}

impl Entry {
    /// What holds where nothing is said; a stand-in for what must be given.
    pub fn default(&self) -> Option<Value> {
        (self.table)()?.get(self.name).cloned()
    }

    /// The unit of its numbers, which the field's names carry: Hz, dB, ms, s, samples, epochs.
    pub fn unit(&self) -> Option<&'static str> {
        const ENDS: [(&str, &str); 16] = [
            ("_hz", "Hz"),
            ("fmin", "Hz"),
            ("fmax", "Hz"),
            ("_db", "dB"),
            ("_ms", "ms"),
            ("seconds", "s"),
            ("n_fft", "samples"),
            ("hop_length", "samples"),
            ("win_length", "samples"),
            ("frame_length", "samples"),
            ("semitones", "semitones"),
            ("percentile", "%"),
            ("epochs", "epochs"),
            ("patience", "epochs"),
            ("cooldown", "epochs"),
            ("batch_size", "rows"),
        ];
        self.node.has_numbers().then(|| ENDS.iter().find(|(end, _)| self.name.ends_with(end)).map(|(_, unit)| *unit))?
    }

    /// What may be written, in TOML's words: `a whole number, 0 or more`, `a list, each a number`, `"a" or "b"`.
    pub fn words(&self) -> String {
        let words = self.node.words();
        // A range says it again.
        if self.range.is_some() { words.replace(", 0 or more", "") } else { words }
    }

    /// Whether there is no default that would do.
    pub fn must_be_given(&self) -> bool {
        self.required || self.needed
    }

    /// The default as it would be written; nothing where it must be given.
    pub fn shown_default(&self) -> Option<String> {
        self.default().filter(|_| !self.must_be_given()).map(|value| value.to_string())
    }
}

impl Node {
    /// A list of values without a fixed number.
    pub fn list(of: Self) -> Self {
        Self::List(Box::new(of), None)
    }

    /// The alternative that is as asked for; itself where there are none, or none is.
    pub fn branch(&self, fits: impl Fn(&Self) -> bool) -> &Self {
        match self {
            Self::AnyOf(nodes) => nodes.iter().find(|node| fits(node)).unwrap_or(self),
            other => other,
        }
    }

    /// Whether it is a list.
    pub fn is_list(&self) -> bool {
        matches!(self, Self::List(..))
    }

    /// Whether it is a table, by whatever name.
    pub fn is_nested(&self) -> bool {
        matches!(self, Self::Table(_) | Self::Kind(_) | Self::Named(..))
    }

    /// Whether it is, or holds, numbers.
    pub fn has_numbers(&self) -> bool {
        match self {
            Self::Whole | Self::Integer | Self::Number => true,
            Self::List(of, _) => of.has_numbers(),
            Self::AnyOf(nodes) => nodes.iter().any(Self::has_numbers),
            _ => false,
        }
    }

    /// What may be written, in TOML's words.
    pub fn words(&self) -> String {
        let either = |words: Vec<String>| words.join(" or ");
        match self {
            Self::Flag => "true or false".to_owned(),
            Self::Whole => "a whole number, 0 or more".to_owned(),
            Self::Integer => "a whole number".to_owned(),
            Self::Number => "a number".to_owned(),
            Self::Text => "a text in quotes".to_owned(),
            Self::Choice(choices) => either(choices.iter().map(|c| format!("\"{}\"", c.name)).collect()),
            Self::AnyOf(nodes) => either(nodes.iter().rev().map(Self::words).collect()),
            Self::List(of, None) => format!("a list, each {}", of.words()),
            Self::List(of, Some(n)) => format!("a list of {n}, each {}", of.words()),
            Self::Table(_) => "a table".to_owned(),
            Self::Kind(room) => format!("a table that names one {}", room().name),
            Self::Named(what, of) => format!("a table of {what}, each {}", of.words()),
            Self::Anything => "any value".to_owned(),
        }
    }
}
