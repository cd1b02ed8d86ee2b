//! Reads a table into typed settings and, where that fails, goes on: the offending key is noted and left out, and the
//! rest is read again, so that one pass finds every mistake.

use super::error::{MOST_MISTAKES, plain};
use super::path::{self, KeyPath, Segment};
use super::tree;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

/// A mistake at a place of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Where.
    pub path: KeyPath,
    /// What is wrong; what is allowed; did you mean.
    pub message: String,
}

/// Reads `table` as a `T`. All mistakes are returned; the value is there whenever what is left can be read.
///
/// `required` holds a stand-in for every key that has no default: where one is missing that is a mistake, and the
/// stand-in lets the reader go on to the next.
pub fn read<T: DeserializeOwned>(mut table: Table, required: &Table) -> (Option<T>, Vec<Mistake>) {
    let mut mistakes: Vec<Mistake> = required
        .keys()
        .filter(|key| !table.contains_key(*key))
        .map(|key| Mistake { path: KeyPath::default().key(key.clone()), message: tree::missing(key) })
        .collect();
    let mut removed: Vec<(KeyPath, usize)> = Vec::new();
    while mistakes.len() < MOST_MISTAKES {
        for (key, stand_in) in required {
            table.entry(key.clone()).or_insert_with(|| stand_in.clone());
        }
        let error = match serde_path_to_error::deserialize(Value::Table(table.clone())) {
            Ok(value) => return (Some(value), mistakes),
            Err(error) => error,
        };
        let message = error.inner().message().to_owned();
        let place = existing(&table, blamed(&table, key_path(error.path()), &message));
        mistakes.push(Mistake { path: as_written(place.clone(), &removed), message: plain(&message) });
        if place.0.is_empty() {
            break;
        }
        if let Some(Segment::Index(i)) = emptied(&table, &place).0.last() {
            removed.push((emptied(&table, &place).parent(), *i));
        }
        path::remove(&mut table, &place);
    }
    (None, mistakes)
}

fn key_path(path: &serde_path_to_error::Path) -> KeyPath {
    use serde_path_to_error::Segment as Seen;
    path.iter().fold(KeyPath::default(), |at, segment| match segment {
        Seen::Seq { index } => at.index(*index),
        Seen::Map { key } => at.key(key.clone()),
        Seen::Enum { variant } => at.key(variant.clone()),
        Seen::Unknown => at,
    })
}

/// The unknown key itself, where the error only names the table that holds it.
fn blamed(table: &Table, at: KeyPath, message: &str) -> KeyPath {
    let named = message.strip_prefix("unknown field `").and_then(|rest| rest.split('`').next());
    match named.map(|key| at.key(key)) {
        Some(inner) if path::get(table, &inner).is_some() => inner,
        _ => at,
    }
}

/// The path itself, or the nearest place around it that exists: removing it must make progress.
fn existing(table: &Table, mut at: KeyPath) -> KeyPath {
    while !at.0.is_empty() && path::get(table, &at).is_none() {
        at = at.parent();
    }
    at
}

/// The outermost place that goes when `at` is removed: tables that hold nothing else go with it.
fn emptied(table: &Table, at: &KeyPath) -> KeyPath {
    let holds_one = |at: &KeyPath| match path::get(table, at) {
        Some(Value::Table(t)) => t.len() == 1,
        _ => false,
    };
    let mut at = at.clone();
    while !at.parent().0.is_empty() && holds_one(&at.parent()) {
        at = at.parent();
    }
    at
}

/// Undoes the shift that earlier removals from arrays caused.
fn as_written(mut at: KeyPath, removed: &[(KeyPath, usize)]) -> KeyPath {
    for (array, index) in removed.iter().rev() {
        let depth = array.0.len();
        if at.0.starts_with(&array.0)
            && let Some(Segment::Index(i)) = at.0.get_mut(depth)
            && *i >= *index
        {
            *i += 1;
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::settings! {
        /// Inner.
        pub struct Inner {
            /// Size.
            pub size: usize = 1, in 1..=9;
        }
        check: ranges;
    }
    crate::kinds! {
        /// Kinds.
        pub enum Kind("kind") {
            /// Inner.
            "inner" => Inner(Inner),
        }
    }
    crate::settings! {
        /// Outer.
        pub struct Outer {
            /// List.
            pub list: Vec<Kind> = Vec::new();
            /// Count.
            pub count: usize = 0;
            /// Maybe.
            pub maybe: Option<Inner> = None;
        }
        check: ranges;
    }

    #[test]
    fn every_mistake_is_found_where_it_was_written() {
        let text = "count = \"x\"\nother = 1\nlist = [{ inner = { siz = 2 } }, { inner = {} }, { iner = {} }, { inner = { size = -1 } }]\nmaybe = { sizes = 2 }";
        let (value, mistakes) = read::<Outer>(toml::from_str(text).unwrap(), &Table::new());
        let mut said: Vec<String> = mistakes.iter().map(|m| format!("{}: {}", m.path, m.message)).collect();
        said.sort();
        assert_eq!(
            said,
            [
                "count: invalid type: string \"x\"; allowed: a whole number, 0 or more",
                "list[0].inner.siz: unknown key; allowed: size; did you mean `size`?",
                "list[2].iner: unknown kind `iner`; allowed: inner; did you mean `inner`?",
                "list[3].inner.size: invalid value: integer `-1`; allowed: a whole number, 0 or more",
                "maybe.sizes: unknown key; allowed: size; did you mean `size`?",
                "other: unknown key; allowed: list, count, maybe",
            ]
        );
        assert_eq!(value.unwrap().count, 0);
    }

    crate::settings! {
        /// Several.
        pub struct Several {
            /// One.
            pub one: usize = 1, required: true;
            /// Two.
            pub two: f64 = 1.0, required: true;
            /// Three.
            pub three: Option<f64> = None;
        }
        check: ranges;
    }
    crate::settings! {
        /// Holds what may be none.
        pub struct Holder {
            /// Maybe.
            pub maybe: Option<Several> = None;
            /// Nothing can be set.
            pub empty: Empty = Empty::default();
        }
        check: ranges;
    }
    crate::settings! {
        /// Nothing to set.
        pub struct Empty {}
        check: ranges;
    }

    /// What is wrong with this text, a line each.
    fn said<T: DeserializeOwned>(text: &str) -> Vec<String> {
        let (_, mistakes) = read::<T>(toml::from_str(text).unwrap(), &Table::new());
        mistakes.iter().map(|m| format!("{}: {}", m.path, m.message)).collect()
    }

    #[test]
    fn every_mistake_inside_of_what_may_be_none_keeps_its_place() {
        assert_eq!(
            said::<Holder>("maybe = { one = 'x', two = 'y', three = { a = 1 } }")[..3],
            [
                "maybe.one: invalid type: string \"x\"; allowed: a whole number, 0 or more",
                "maybe.two: invalid type: string \"y\"; allowed: a number",
                "maybe.three: invalid type: map; allowed: a number",
            ]
        );
        for sound in
            ["maybe = 'none'", "maybe = { one = 2, two = 1, three = 'none' }", "maybe = { one = 2, two = 1.5 }"]
        {
            assert_eq!(said::<Holder>(sound), [""; 0], "{sound}");
        }
        assert_eq!(said::<Holder>("maybe = 3"), ["maybe: invalid type: integer `3`; allowed: a table"]);
    }

    #[test]
    fn all_keys_that_must_be_given_are_named_at_once() {
        assert_eq!(said::<Several>("three = 1.0"), [": `one`, `two` must be given"]);
        assert_eq!(said::<Several>("one = 1"), [": `two` must be given"]);
    }

    #[test]
    fn a_key_of_a_table_without_settings_is_unknown_like_any_other() {
        assert_eq!(said::<Holder>("empty = { x = 1 }"), ["empty.x: unknown key; allowed: none"]);
    }
}
