//! How a value of a spec is read, written, checked and described; for the types that settings are made of.

use super::schema::{NONE, Node};
use super::{Context, Problem};
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error, IntoDeserializer, MapAccess, SeqAccess, Visitor, value,
};
use serde::{Deserialize, Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::path::PathBuf;

/// A value that a spec can hold.
pub trait Described: Serialize + DeserializeOwned {
    /// What may be written for it.
    fn node() -> Node;

    /// Reads it; as serde does, unless TOML needs a way of its own.
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)
    }

    /// Writes it, so that [`Described::read`] gives it back.
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.serialize(serializer)
    }

    /// What is wrong inside of it. The range of its own numbers is a matter of the table that holds it.
    fn problems(&self, _around: &Context) -> Vec<Problem> {
        Vec::new()
    }
}

macro_rules! plain {
    ($($type:ty => $node:expr),+ $(,)?) => {$(
        impl Described for $type {
            fn node() -> Node {
                $node
            }
        }
    )+};
}
plain! {
    bool => Node::Flag,
    usize => Node::Whole,
    u64 => Node::Whole,
    u32 => Node::Whole,
    i64 => Node::Integer,
    f64 => Node::Number,
    String => Node::Text,
    PathBuf => Node::Text,
    toml::Table => Node::Named("name", Box::new(Node::Anything)),
}

/// TOML has no null: `"none"` is written for a value that is not there.
impl<T: Described> Described for Option<T> {
    fn node() -> Node {
        Node::AnyOf(vec![Node::Choice(NONE), T::node()])
    }
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Maybe(PhantomData))
    }
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Some(value) => value.write(serializer),
            None => serializer.serialize_str("none"),
        }
    }
    fn problems(&self, around: &Context) -> Vec<Problem> {
        self.as_ref().map(|value| value.problems(around)).unwrap_or_default()
    }
}

/// Reads `"none"` as nothing; whatever else is there it hands on, piece by piece as it comes, so that mistakes inside keep their
/// places.
struct Maybe<T>(PhantomData<T>);

impl<'de, T: Described> Visitor<'de> for Maybe<T> {
    type Value = Option<T>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Option::<T>::node().words())
    }
    fn visit_bool<E: Error>(self, value: bool) -> Result<Option<T>, E> {
        T::read(value.into_deserializer()).map(Some)
    }
    fn visit_i64<E: Error>(self, value: i64) -> Result<Option<T>, E> {
        T::read(value.into_deserializer()).map(Some)
    }
    fn visit_u64<E: Error>(self, value: u64) -> Result<Option<T>, E> {
        T::read(value.into_deserializer()).map(Some)
    }
    fn visit_f64<E: Error>(self, value: f64) -> Result<Option<T>, E> {
        T::read(value.into_deserializer()).map(Some)
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<Option<T>, E> {
        if text == "none" { Ok(None) } else { T::read(text.into_deserializer()).map(Some) }
    }
    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Option<T>, A::Error> {
        T::read(value::SeqAccessDeserializer::new(list)).map(Some)
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Option<T>, A::Error> {
        T::read(value::MapAccessDeserializer::new(map)).map(Some)
    }
}

impl<T: Described> Described for Box<T> {
    fn node() -> Node {
        T::node()
    }
    fn problems(&self, around: &Context) -> Vec<Problem> {
        T::problems(self, around)
    }
}

impl<T: Described> Described for Vec<T> {
    fn node() -> Node {
        Node::list(T::node())
    }
    fn problems(&self, around: &Context) -> Vec<Problem> {
        let of = |(i, value): (usize, &T)| value.problems(around).into_iter().map(move |p| p.under(&format!("[{i}]")));
        self.iter().enumerate().flat_map(of).collect()
    }
}

impl<T: Described> Described for BTreeMap<String, T> {
    fn node() -> Node {
        Node::Named("name", Box::new(T::node()))
    }
    fn problems(&self, around: &Context) -> Vec<Problem> {
        self.iter().flat_map(|(name, value)| value.problems(around).into_iter().map(|p| p.under(name))).collect()
    }
}

impl<T: Described> Described for [T; 2]
where
    [T; 2]: Serialize + DeserializeOwned,
{
    fn node() -> Node {
        Node::List(Box::new(T::node()), Some(2))
    }
}

/// Reads a value where serde asks for a seed.
pub struct Reader<T>(PhantomData<T>);

impl<T> Default for Reader<T> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<'de, T: Described> DeserializeSeed<'de> for Reader<T> {
    type Value = T;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        T::read(deserializer)
    }
}

/// A value to be written in its own way.
pub struct Written<'v, T>(pub &'v T);

impl<T: Described> Serialize for Written<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.write(serializer)
    }
}

/// Reads what is written as a text or as a list; `expected` says so where it is neither.
pub fn text_or_list<'de, T, I: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
    expected: &'static str,
    of_text: fn(&str) -> Result<T, value::Error>,
    of_list: fn(Vec<I>) -> T,
) -> Result<T, D::Error> {
    struct TextOrList<T, I>(&'static str, fn(&str) -> Result<T, value::Error>, fn(Vec<I>) -> T);
    impl<'de, T, I: Deserialize<'de>> Visitor<'de> for TextOrList<T, I> {
        type Value = T;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
        fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
            self.1(text).map_err(E::custom)
        }
        fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<T, A::Error> {
            Vec::deserialize(value::SeqAccessDeserializer::new(list)).map(self.2)
        }
    }
    deserializer.deserialize_any(TextOrList(expected, of_text, of_list))
}

/// The value in TOML; nothing where TOML cannot hold it.
pub fn toml_of<T: Described>(value: &T) -> Option<toml::Value> {
    toml::Value::try_from(Written(value)).ok()
}
