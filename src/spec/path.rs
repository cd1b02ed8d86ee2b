//! Places inside a spec: `train.optimizer.adam.learning_rate`, `features[0].log-mel.n_mels`, `grid."train.epochs"`.

use std::fmt;
use toml::{Table, Value};

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Segment {
    /// A key of a table.
    Key(String),
    /// A position of an array, from 0.
    Index(usize),
}

impl Segment {
    /// Whether it is a key that is itself a path, as those of a grid are.
    pub(super) fn is_dotted(&self) -> bool {
        matches!(self, Self::Key(key) if key.contains('.'))
    }
}

/// No spec is nested deeper. Whoever walks a value takes a step of the stack a level, so that without a bound a short text
/// could use it up.
pub const DEEPEST: usize = 32;

/// A place inside a spec.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyPath(pub Vec<Segment>);

impl KeyPath {
    /// Reads a dotted path; `augment.0` and `augment[0]` are the same place. What stands in quotes is one key, with its dots.
    pub fn parse(text: &str) -> Self {
        let segment = |s: &str| s.parse().map_or_else(|_| Segment::Key(s.to_owned()), Segment::Index);
        let mut path = Vec::new();
        // Every other part stands in quotes; a quote that is left open reaches to the end.
        for (i, part) in text.split('"').enumerate() {
            if i % 2 == 1 {
                path.push(Segment::Key(part.to_owned()));
            } else {
                let part = part.replace('[', ".").replace(']', "");
                path.extend(part.split('.').filter(|s| !s.is_empty()).map(segment));
            }
        }
        Self(path)
    }

    /// Whether no spec can have such a place.
    pub fn is_too_deep(&self) -> bool {
        self.0.len() > DEEPEST
    }

    /// The place called `key` inside this one.
    pub fn key(&self, key: impl Into<String>) -> Self {
        self.with(Segment::Key(key.into()))
    }

    /// The element `index` of this one.
    pub fn index(&self, index: usize) -> Self {
        self.with(Segment::Index(index))
    }

    fn with(&self, segment: Segment) -> Self {
        Self(self.0.iter().cloned().chain([segment]).collect())
    }

    /// This path seen from the table at `parent`.
    pub fn under(&self, parent: &Self) -> Self {
        Self(parent.0.iter().chain(&self.0).cloned().collect())
    }

    /// The place that holds this one.
    pub fn parent(&self) -> Self {
        Self(self.0[..self.0.len().saturating_sub(1)].to_vec())
    }

    /// The first key, where there is one.
    pub fn first_key(&self) -> Option<&str> {
        match self.0.first() {
            Some(Segment::Key(k)) => Some(k),
            _ => None,
        }
    }

    /// The last key, where there is one.
    pub fn last_key(&self) -> Option<&str> {
        self.0.iter().rev().find_map(|s| match s {
            Segment::Key(k) => Some(k.as_str()),
            Segment::Index(_) => None,
        })
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Index(n) => write!(f, "[{n}]")?,
                Segment::Key(k) => {
                    let dot = if i == 0 { "" } else { "." };
                    let bare = k.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
                    if bare { write!(f, "{dot}{k}")? } else { write!(f, "{dot}\"{k}\"")? }
                }
            }
        }
        Ok(())
    }
}

/// What a path leads to.
pub fn get<'v>(table: &'v Table, path: &KeyPath) -> Option<&'v Value> {
    let (first, rest) = path.0.split_first()?;
    let Segment::Key(key) = first else { return None };
    rest.iter().try_fold(table.get(key)?, |value, segment| match segment {
        Segment::Key(k) => value.get(k),
        Segment::Index(i) => value.get(i),
    })
}

/// Writes a value, making the tables on the way; an index must exist. Nothing is written [too deep](DEEPEST).
pub fn set(table: &mut Table, path: &KeyPath, value: Value) -> bool {
    if path.is_too_deep() {
        return false;
    }
    let Some((Segment::Key(first), rest)) = path.0.split_first() else { return false };
    let mut at = table.entry(first.clone()).or_insert_with(|| Value::Table(Table::new()));
    for segment in rest {
        at = match (segment, at) {
            (Segment::Index(i), Value::Array(items)) => match items.get_mut(*i) {
                Some(item) => item,
                None => return false,
            },
            (Segment::Key(k), Value::Table(t)) => t.entry(k.clone()).or_insert_with(|| Value::Table(Table::new())),
            (Segment::Key(k), at) => {
                *at = Value::Table(Table::new());
                let Value::Table(t) = at else { return false };
                t.entry(k.clone()).or_insert_with(|| Value::Table(Table::new()))
            }
            _ => return false,
        };
    }
    *at = value;
    true
}

/// Removes a place; tables left empty on the way up go with it.
pub fn remove(table: &mut Table, path: &KeyPath) {
    let parent = path.parent();
    let emptied = match (path.0.last(), parent.0.is_empty()) {
        (Some(Segment::Key(k)), true) => {
            table.remove(k);
            return;
        }
        (Some(segment), false) => match (segment, get_mut(table, &parent)) {
            (Segment::Key(k), Some(Value::Table(t))) => {
                t.remove(k);
                t.is_empty()
            }
            (Segment::Index(i), Some(Value::Array(items))) if *i < items.len() => {
                items.remove(*i);
                items.is_empty()
            }
            _ => false,
        },
        _ => return,
    };
    if emptied {
        remove(table, &parent);
    }
}

fn get_mut<'v>(table: &'v mut Table, path: &KeyPath) -> Option<&'v mut Value> {
    let (first, rest) = path.0.split_first()?;
    let Segment::Key(key) = first else { return None };
    rest.iter().try_fold(table.get_mut(key)?, |value, segment| match segment {
        Segment::Key(k) => value.get_mut(k),
        Segment::Index(i) => value.get_mut(i),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        toml::from_str("augment = [{ gain = {} }, { noise = { p = 1 } }]\n[model.cnn-1d]\ndropout = 0.1").unwrap()
    }

    #[test]
    fn what_is_set_is_got_and_what_is_removed_takes_empty_tables_along() {
        let mut t = table();
        assert!(set(&mut t, &KeyPath::parse("train.epochs"), Value::Integer(3)));
        assert_eq!(get(&t, &KeyPath::parse("train.epochs")), Some(&Value::Integer(3)));
        remove(&mut t, &KeyPath::parse("train.epochs"));
        assert!(!t.contains_key("train"));
        assert!(!set(&mut t, &KeyPath::parse("augment.7.gain"), Value::Integer(3)));
    }

    #[test]
    fn nothing_is_written_deeper_than_a_spec_goes() {
        let deep = |n: usize| KeyPath::parse(&vec!["a"; n].join("."));
        assert!(set(&mut table(), &deep(DEEPEST), Value::Integer(3)));
        let far = deep(100_000);
        assert!(!set(&mut table(), &far, Value::Integer(3)));
    }

    #[test]
    fn keys_that_are_not_bare_are_shown_quoted_and_read_back() {
        for text in ["grid.\"train.epochs\"[2]", "augment[0].noise", "a.\"b.c\".d"] {
            assert_eq!(KeyPath::parse(text).to_string(), text);
        }
        assert_eq!(KeyPath::default().key("grid").key("train.epochs").index(2).to_string(), "grid.\"train.epochs\"[2]");
    }
}
