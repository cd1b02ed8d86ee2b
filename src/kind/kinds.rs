//! Enums of kinds: [`kinds!`](crate::kinds).

use super::schema::{Kind, Room};
use super::settings::unknown;
use super::{Context, Described, Problem};
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, Visitor};
use serde::ser::SerializeMap;
use std::fmt;
use std::marker::PhantomData;

/// An enum of kinds; implemented by [`kinds!`](crate::kinds).
pub trait Kinds: Described {
    /// What a kind of this room is called in messages: "feature", "architecture", ...
    const ROOM: &'static str;
    /// What all of them are.
    const DOC: &'static str;
    /// The names of all kinds, in order.
    const NAMES: &'static [&'static str];
    /// All kinds with their settings.
    fn all() -> Vec<Kind>;
    /// The name of this value's kind.
    fn name(&self) -> &'static str;
    /// The kind called `name` with its default settings.
    fn of_name(name: &str) -> Option<Self>;
    /// What is wrong with the kind's table, keys relative to it.
    fn inside(&self, around: &Context) -> Vec<Problem>;
    /// Writes the kind's name and its table into `map`.
    fn put<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error>;
    /// Reads the settings of the kind called `name`.
    fn deserialize_named<'de, D: Deserializer<'de>>(name: &str, deserializer: D) -> Result<Self, D::Error>;

    /// The room described.
    fn room() -> Room {
        Room { name: Self::ROOM, doc: Self::DOC, kinds: Self::all(), beside: Vec::new() }
    }
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
            return Err(D::Error::custom(unknown(K::ROOM, self.name, K::NAMES)));
        }
        if let Some(earlier) = self.earlier {
            let message = format!("a second {} beside `{earlier}`; name exactly one", K::ROOM);
            return Err(D::Error::custom(message));
        }
        K::deserialize_named(self.name, deserializer)
    }
}

/// Reads a table that holds exactly one kind and nothing else.
pub fn one_kind<'de, K: Kinds, D: Deserializer<'de>>(deserializer: D) -> Result<K, D::Error> {
    struct OneKind<K>(PhantomData<K>);
    impl<'de, K: Kinds> Visitor<'de> for OneKind<K> {
        type Value = K;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "a table that names one {}", K::ROOM)
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<K, A::Error> {
            let mut kind: Option<K> = None;
            while let Some(key) = map.next_key::<String>()? {
                kind = Some(map.next_value_seed(KindSeed::new(&key, kind.as_ref()))?);
            }
            kind.ok_or_else(|| A::Error::custom(no_kind::<K>()))
        }
        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<K, E> {
            Err(E::custom(no_table::<K>(text)))
        }
    }
    deserializer.deserialize_any(OneKind(PhantomData))
}

/// The message for a table that names no kind.
pub fn no_kind<K: Kinds>() -> String {
    let allowed: Vec<String> = K::NAMES.iter().map(|n| format!("`{n}`")).collect();
    format!("no {} is named, expected one of {}", K::ROOM, allowed.join(", "))
}

/// The message for a kind that is written as a text.
pub fn no_table<K: Kinds>(text: &str) -> String {
    if K::NAMES.contains(&text) {
        format!("the text \"{text}\" stands where a table is expected; write {{ {text} = {{}} }}")
    } else {
        unknown(K::ROOM, text, K::NAMES)
    }
}

/// An enum of kinds: the list of a room, with names, documentation and serde (one key names the kind).
///
/// A kind without a line of its own is documented as its settings are. With `as Trait` the enum has `kind()` and `kind_mut()`,
/// what its kind does, and where each line names a module, that is declared and its settings are exported: a kind of such a
/// room is a file and a line.
///
/// ```
/// serlab::settings! { /// Feature A.
///     pub struct A { /// Size.
///         pub size: usize = 1, in 1..=9; } check: ranges; }
/// serlab::kinds! { /// Things.
///     pub enum Thing("thing") { /// An A.
///         "a" => A(A) } }
/// let thing: Thing = toml::from_str("a = { size = 3 }").unwrap();
/// assert_eq!(thing, Thing::A(A { size: 3 }));
/// ```
#[macro_export]
macro_rules! kinds {
    ($(#[doc = $edoc:literal])* pub enum $enum:ident($room:literal) as $trait:ident { $(
        $(#[doc = $doc:literal])* $name:literal => $vis:vis $module:ident :: $kind:ident
    ),+ $(,)? }) => {
        $( $vis mod $module; pub use $module::$kind; )+
        $crate::kinds! {
            $(#[doc = $edoc])*
            pub enum $enum($room) as $trait { $( $(#[doc = $doc])* $name => $kind($kind) ),+ }
        }
    };
    ($(#[doc = $edoc:literal])* pub enum $enum:ident($room:literal) as $trait:ident { $(
        $(#[doc = $doc:literal])* $name:literal => $variant:ident($settings:ty)
    ),+ $(,)? }) => {
        $crate::kinds! {
            $(#[doc = $edoc])*
            pub enum $enum($room) { $( $(#[doc = $doc])* $name => $variant($settings) ),+ }
        }

        #[allow(dead_code, reason = "not every room rewrites its settings")]
        impl $enum {
            /// What its kind does.
            fn kind(&self) -> &dyn $trait {
                match self { $( Self::$variant(kind) => kind ),+ }
            }
            /// The same, to be changed.
            fn kind_mut(&mut self) -> &mut dyn $trait {
                match self { $( Self::$variant(kind) => kind ),+ }
            }
        }
    };
    ($(#[doc = $edoc:literal])* pub enum $enum:ident($room:literal) { $(
        $(#[doc = $doc:literal])* $name:literal => $variant:ident($settings:ty)
    ),+ $(,)? }) => {
        $(#[doc = $edoc])*
        #[derive(Debug, Clone, PartialEq)]
        pub enum $enum { $( #[doc = concat!("`", $name, "`.", $($doc, "\n"),*)] $variant($settings), )+ }

        impl $crate::kind::Kinds for $enum {
            const ROOM: &'static str = $room;
            const DOC: &'static str = concat!($($edoc, "\n"),*);
            const NAMES: &'static [&'static str] = &[$($name),+];
            fn all() -> Vec<$crate::kind::Kind> {
                vec![ $( $crate::kind::Kind::of::<$settings>($name, concat!($($doc, "\n"),*)) ),+ ]
            }
            fn name(&self) -> &'static str {
                match self { $( Self::$variant(_) => $name ),+ }
            }
            fn of_name(name: &str) -> Option<Self> {
                match name { $( $name => Some(Self::$variant(<$settings>::default())), )+ _ => None }
            }
            fn inside(&self, around: &$crate::kind::Context) -> Vec<$crate::kind::Problem> {
                match self { $( Self::$variant(s) => $crate::kind::Described::problems(s, around) ),+ }
            }
            fn put<M: ::serde::ser::SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
                match self { $( Self::$variant(s) => map.serialize_entry($name, s) ),+ }
            }
            fn deserialize_named<'de, D: ::serde::Deserializer<'de>>(name: &str, deserializer: D) -> Result<Self, D::Error> {
                match name {
                    $( $name => <$settings as ::serde::Deserialize>::deserialize(deserializer).map(Self::$variant), )+
                    _ => Err(<D::Error as ::serde::de::Error>::custom($crate::kind::unknown($room, name, Self::NAMES))),
                }
            }
        }

        impl $crate::kind::Described for $enum {
            fn node() -> $crate::kind::Node {
                $crate::kind::Node::Kind(<Self as $crate::kind::Kinds>::room)
            }
            fn problems(&self, around: &$crate::kind::Context) -> Vec<$crate::kind::Problem> {
                let name = $crate::kind::Kinds::name(self);
                $crate::kind::Kinds::inside(self, around).into_iter().map(|p| p.under(name)).collect()
            }
        }

        impl ::serde::Serialize for $enum {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use ::serde::ser::SerializeMap;
                let mut map = serializer.serialize_map(Some(1))?;
                $crate::kind::Kinds::put(self, &mut map)?;
                map.end()
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $enum {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::kind::one_kind(deserializer)
            }
        }
    };
}
