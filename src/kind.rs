//! How a spec names a choice: enums of kinds (`model.cnn-1d = { ... }`) and their tables of settings.
//!
//! [`settings!`](crate::settings) writes a struct once and derives from it the TOML table, its defaults, its allowed
//! ranges and its documentation (`serlab explain`). [`kinds!`](crate::kinds) does the same for an enum of such structs:
//! one key names the kind, its value is the kind's table.

mod bounds;

pub use bounds::{Bounded, Bounds, above, above_to, check_range};

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess};
use std::marker::PhantomData;

/// One thing wrong with a table of settings: `key` is relative to the table (empty: the table itself).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Dotted path of the setting inside its table.
    pub key: String,
    /// What is wrong and what is allowed.
    pub message: String,
}

impl Problem {
    /// A problem at `key`.
    pub fn new(key: impl Into<String>, message: impl Into<String>) -> Self {
        Self { key: key.into(), message: message.into() }
    }

    /// The same problem seen from the table that holds this one under `parent`.
    pub fn under(mut self, parent: &str) -> Self {
        self.key = if self.key.is_empty() { parent.to_owned() } else { format!("{parent}.{}", self.key) };
        self
    }
}

/// What is known of one setting: enough to explain it and to suggest it.
#[derive(Debug, Clone)]
pub struct Field {
    /// The key as written in TOML.
    pub name: &'static str,
    /// The Rust type of its value.
    pub value_type: &'static str,
    /// Its default, as JSON.
    pub default: String,
    /// The allowed range, where there is one.
    pub range: Option<String>,
    /// Its documentation.
    pub doc: &'static str,
}

/// A table of settings; implemented by [`settings!`](crate::settings).
pub trait Settings: Default + serde::Serialize + serde::de::DeserializeOwned {
    /// Every setting of the table, in order.
    fn fields() -> Vec<Field>;
    /// Values outside their range. Checks across settings belong to the type's own `check`.
    fn problems(&self) -> Vec<Problem>;
}

/// One kind of a room's list, as `serlab kinds` shows it.
#[derive(Debug, Clone)]
pub struct KindInfo {
    /// The kind's name in a spec.
    pub name: &'static str,
    /// What it is, in a sentence or two.
    pub doc: &'static str,
    /// Its settings.
    pub fields: Vec<Field>,
}

/// An enum of kinds; implemented by [`kinds!`](crate::kinds).
pub trait Kinds: Sized {
    /// What a kind of this room is called in messages: "feature", "architecture", ...
    const ROOM: &'static str;
    /// The names of all kinds, in order.
    const NAMES: &'static [&'static str];
    /// All kinds with their settings.
    fn all() -> Vec<KindInfo>;
    /// The name of this value's kind.
    fn name(&self) -> &'static str;
    /// The kind called `name` with its default settings.
    fn of_name(name: &str) -> Option<Self>;
    /// Values outside their range, keys relative to the kind's own table.
    fn problems(&self) -> Vec<Problem>;
    /// Reads the settings of the kind called `name`.
    fn deserialize_named<'de, D: Deserializer<'de>>(name: &str, deserializer: D) -> Result<Self, D::Error>;
}

/// Reads the value of a map entry as the settings of the kind its key named.
pub struct KindSeed<'a, K> {
    name: &'a str,
    earlier: Option<&'static str>,
    kind: PhantomData<K>,
}

impl<'a, K: Kinds> KindSeed<'a, K> {
    /// `earlier` is the kind already read from the same table, which makes this one an error.
    pub fn new(name: &'a str, earlier: Option<&K>) -> Self {
        Self { name, earlier: earlier.map(Kinds::name), kind: PhantomData }
    }
}

impl<'de, K: Kinds> DeserializeSeed<'de> for KindSeed<'_, K> {
    type Value = K;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<K, D::Error> {
        if !K::NAMES.contains(&self.name) {
            return Err(D::Error::custom(unknown_kind(K::ROOM, self.name, K::NAMES)));
        }
        if let Some(earlier) = self.earlier {
            let message = format!("a second {} beside `{earlier}`; name exactly one", K::ROOM);
            return Err(D::Error::custom(message));
        }
        K::deserialize_named(self.name, deserializer)
    }
}

/// The message for a kind that does not exist, in serde's own form so that one reader understands both.
pub fn unknown_kind(room: &str, name: &str, names: &[&str]) -> String {
    let allowed: Vec<String> = names.iter().map(|n| format!("`{n}`")).collect();
    format!("unknown {room} `{name}`, expected one of {}", allowed.join(", "))
}

/// Reads a table that holds exactly one kind and nothing else.
pub fn only_kind<'de, K: Kinds, A: MapAccess<'de>>(mut map: A) -> Result<K, A::Error> {
    let mut kind: Option<K> = None;
    while let Some(key) = map.next_key::<String>()? {
        kind = Some(map.next_value_seed(KindSeed::new(&key, kind.as_ref()))?);
    }
    kind.ok_or_else(|| A::Error::custom(no_kind::<K>()))
}

/// The message for a table that names no kind.
pub fn no_kind<K: Kinds>() -> String {
    let allowed: Vec<String> = K::NAMES.iter().map(|n| format!("`{n}`")).collect();
    format!("no {} is named, expected one of {}", K::ROOM, allowed.join(", "))
}

/// Serde for `Option` settings: TOML has no null, so `"none"` is written for it.
pub mod or_none {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

    /// Writes `"none"` or the value.
    pub fn serialize<T: Serialize, S: Serializer>(value: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(v) => v.serialize(serializer),
            None => serializer.serialize_str("none"),
        }
    }

    /// Reads `"none"` or a value; the error is the value's own.
    pub fn deserialize<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
    where
        T: serde::de::DeserializeOwned,
        D: Deserializer<'de>,
    {
        let value = toml::Value::deserialize(deserializer)?;
        if value.as_str() == Some("none") {
            return Ok(None);
        }
        T::deserialize(value).map(Some).map_err(|e| D::Error::custom(e.message()))
    }
}

/// A table of settings: struct, defaults, ranges and documentation in one place.
///
/// ```
/// serlab::settings! {
///     /// Root mean square of each frame.
///     pub struct Rms {
///         /// Samples a frame.
///         pub frame_length: usize = 2048, in 16..=65536;
///         /// Whether the signal is padded so that frame t is centred on sample t * hop_length.
///         pub center: bool = true;
///     }
/// }
/// assert_eq!(Rms::default().frame_length, 2048);
/// ```
#[macro_export]
macro_rules! settings {
    ($(#[doc = $sdoc:literal])* pub struct $name:ident { $(
        $(#[doc = $fdoc:literal])* $(#[serde($($attr:tt)*)])? pub $field:ident : $type:ty = $default:expr $(, in $range:expr)? ;
    )* }) => {
        $(#[doc = $sdoc])*
        #[derive(Debug, Clone, PartialEq, ::serde::Serialize, ::serde::Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct $name { $( $(#[doc = $fdoc])* $(#[serde($($attr)*)])? pub $field: $type, )* }

        impl Default for $name {
            fn default() -> Self { Self { $( $field: $default, )* } }
        }

        impl $crate::kind::Settings for $name {
            fn fields() -> Vec<$crate::kind::Field> {
                #[allow(unused_variables, reason = "a kind may have no settings")]
                let default = ::serde_json::to_value(Self::default()).unwrap_or_default();
                vec![ $( $crate::kind::Field {
                    name: stringify!($field).trim_start_matches("r#"),
                    value_type: stringify!($type),
                    default: default[stringify!($field).trim_start_matches("r#")].to_string(),
                    range: { #[allow(unused_mut, unused_assignments, reason = "not every field has a range")]
                             let mut r = None; $( r = Some($crate::kind::Bounds::from($range).to_string()); )? r },
                    doc: concat!($($fdoc, "\n"),*).trim(),
                }, )* ]
            }
            #[allow(unused_mut, reason = "not every table has ranges")]
            fn problems(&self) -> Vec<$crate::kind::Problem> {
                let mut problems = Vec::new();
                $( $( $crate::kind::check_range(stringify!($field), &self.$field, $range, &mut problems); )? )*
                problems
            }
        }
    };
}

/// An enum of kinds: the list of a room, with names, documentation and serde (one key names the kind).
///
/// ```
/// serlab::settings! { /// Feature A.
///     pub struct A { /// Size.
///         pub size: usize = 1, in 1..=9; } }
/// serlab::kinds! { /// Things.
///     pub enum Thing("thing") { /// An A.
///         "a" => A(A) } }
/// let thing: Thing = toml::from_str("a = { size = 3 }").unwrap();
/// assert_eq!(thing, Thing::A(A { size: 3 }));
/// ```
#[macro_export]
macro_rules! kinds {
    ($(#[doc = $edoc:literal])* pub enum $enum:ident($room:literal) { $(
        $(#[doc = $doc:literal])* $name:literal => $variant:ident($settings:ty)
    ),+ $(,)? }) => {
        $(#[doc = $edoc])*
        #[derive(Debug, Clone, PartialEq)]
        pub enum $enum { $( $(#[doc = $doc])* $variant($settings), )+ }

        impl $crate::kind::Kinds for $enum {
            const ROOM: &'static str = $room;
            const NAMES: &'static [&'static str] = &[$($name),+];
            fn all() -> Vec<$crate::kind::KindInfo> {
                vec![ $( $crate::kind::KindInfo {
                    name: $name,
                    doc: concat!($($doc, "\n"),*).trim(),
                    fields: <$settings as $crate::kind::Settings>::fields(),
                } ),+ ]
            }
            fn name(&self) -> &'static str {
                match self { $( Self::$variant(_) => $name ),+ }
            }
            fn of_name(name: &str) -> Option<Self> {
                match name { $( $name => Some(Self::$variant(<$settings>::default())), )+ _ => None }
            }
            fn problems(&self) -> Vec<$crate::kind::Problem> {
                match self { $( Self::$variant(s) => $crate::kind::Settings::problems(s) ),+ }
            }
            fn deserialize_named<'de, D: ::serde::Deserializer<'de>>(name: &str, deserializer: D) -> Result<Self, D::Error> {
                match name {
                    $( $name => <$settings as ::serde::Deserialize>::deserialize(deserializer).map(Self::$variant), )+
                    _ => Err(<D::Error as ::serde::de::Error>::custom($crate::kind::unknown_kind($room, name, Self::NAMES))),
                }
            }
        }

        impl ::serde::Serialize for $enum {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use ::serde::ser::SerializeMap;
                let mut map = serializer.serialize_map(Some(1))?;
                match self { $( Self::$variant(s) => map.serialize_entry($name, s)?, )+ }
                map.end()
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $enum {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct OneKind;
                impl<'de> ::serde::de::Visitor<'de> for OneKind {
                    type Value = $enum;
                    fn expecting(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                        f.write_str(concat!("a table that names one ", $room))
                    }
                    fn visit_map<A: ::serde::de::MapAccess<'de>>(self, map: A) -> Result<$enum, A::Error> {
                        $crate::kind::only_kind(map)
                    }
                }
                deserializer.deserialize_map(OneKind)
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    settings! {
        /// A test table.
        pub struct Small {
            /// A count.
            pub count: usize = 3, in 1..=9;
            /// A share.
            #[serde(with = "crate::kind::or_none")]
            pub share: Option<f64> = None, in above(0.0);
        }
    }
    settings! {
        /// Nothing to set.
        pub struct Empty {}
    }
    kinds! {
        /// Test kinds.
        pub enum Thing("thing") {
            /// The small one.
            "small" => Small(Small),
            /// The empty one.
            "empty-one" => Empty(Empty),
        }
    }

    #[test]
    fn a_kind_reads_back_as_written() {
        for text in ["[small]\ncount = 4\nshare = 0.5\n", "[small]\ncount = 3\nshare = \"none\"\n", "[empty-one]\n"] {
            let thing: Thing = toml::from_str(text).unwrap();
            assert_eq!(toml::to_string(&thing).unwrap(), text);
        }
    }

    #[test]
    fn a_second_kind_and_an_unknown_one_are_errors() {
        let two = toml::from_str::<Thing>("small = {}\nempty-one = {}").unwrap_err().to_string();
        assert!(two.contains("a second thing beside `small`"), "{two}");
        let unknown = toml::from_str::<Thing>("smal = {}").unwrap_err().to_string();
        assert!(unknown.contains("unknown thing `smal`, expected one of `small`, `empty-one`"), "{unknown}");
        assert!(toml::from_str::<Thing>("").unwrap_err().to_string().contains("no thing is named"));
    }

    #[test]
    fn ranges_are_checked_and_explained() {
        let problems = Settings::problems(&Small { count: 0, share: Some(0.0) });
        let said: Vec<String> = problems.iter().map(|p| format!("{}: {}", p.key, p.message)).collect();
        assert_eq!(
            said,
            ["count: 0 is out of range; allowed: from 1 to 9", "share: 0 is out of range; allowed: above 0"]
        );
        assert_eq!(Small::fields()[0].default, "3");
        assert_eq!(Small::fields()[1].range.as_deref(), Some("above 0"));
    }
}
