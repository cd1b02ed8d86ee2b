//! Tables of settings: [`settings!`](crate::settings).

use super::schema::{Entry, Table};
use super::{Context, Described, Problem};
use serde::Serializer;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};
use serde::ser::SerializeMap;
use std::fmt;
use std::marker::PhantomData;

/// A table of settings; implemented by [`settings!`](crate::settings).
pub trait Settings: Described + Default {
    /// What it is for.
    const DOC: &'static str;

    /// Which of its settings must be given, by name.
    const REQUIRED: &'static [(&'static str, bool)];

    /// Whether what does not fit together can be told even where a range is broken.
    const CHECKED_ALWAYS: bool;

    /// Every setting of the table, in order.
    fn entries() -> Vec<Entry>;

    /// Reads the value of `key` from `map`, if the table has such a setting.
    fn set<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<bool, A::Error>;

    /// Writes every setting into `map`, in order.
    fn put<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error>;

    /// Adds what lies outside its range.
    fn ranges(&self, found: &mut Vec<Problem>);

    /// Adds what is wrong inside of its settings.
    fn inside(&self, around: &Context, found: &mut Vec<Problem>);

    /// What is wrong between its settings, or between them and what is around; asked where all are in their ranges.
    fn contradictions(&self, around: &Context) -> Vec<Problem>;

    /// The table described.
    fn table() -> Table {
        Table { doc: Self::DOC, entries: Self::entries() }
    }
}

/// Everything wrong with a table: ranges first, what is inside, and where no range is broken what does not fit together.
pub fn problems<T: Settings>(settings: &T, around: &Context) -> Vec<Problem> {
    let mut found = Vec::new();
    settings.ranges(&mut found);
    let can_be_checked = found.is_empty() || T::CHECKED_ALWAYS;
    settings.inside(around, &mut found);
    if can_be_checked {
        found.extend(settings.contradictions(around));
    }
    found
}

/// Reads a table: its defaults, and over them what is given.
pub fn read<'de, T: Settings, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    struct Keys<T>(PhantomData<T>);
    impl<'de, T: Settings> Visitor<'de> for Keys<T> {
        type Value = T;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a table")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
            let mut settings = T::default();
            let mut missing: Vec<&str> = T::REQUIRED.iter().filter(|(_, must)| *must).map(|(name, _)| *name).collect();
            while let Some(key) = map.next_key::<String>()? {
                if !settings.set(&key, &mut map)? {
                    map.next_value_seed(Refused(unknown("field", &key, &T::table().names())))?;
                }
                missing.retain(|name| *name != key);
            }
            if missing.is_empty() {
                return Ok(settings);
            }
            let missing: Vec<String> = missing.iter().map(|name| format!("`{name}`")).collect();
            Err(A::Error::custom(format!("{} must be given", missing.join(", "))))
        }
    }
    deserializer.deserialize_map(Keys(PhantomData))
}

/// Refuses the value of a key with this message; from inside of the value, so that the error's path ends at the key.
pub struct Refused(pub String);

impl<'de> DeserializeSeed<'de> for Refused {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, _: D) -> Result<(), D::Error> {
        Err(D::Error::custom(self.0))
    }
}

/// Writes a table.
pub fn write<T: Settings, S: Serializer>(settings: &T, serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    settings.put(&mut map)?;
    map.end()
}

/// The message for a name that does not exist, in serde's own form so that one reader understands both.
pub fn unknown(what: &str, name: &str, names: &[&str]) -> String {
    let allowed: Vec<String> = names.iter().map(|n| format!("`{n}`")).collect();
    match allowed.as_slice() {
        [] => format!("unknown {what} `{name}`, expected none"),
        [one] => format!("unknown {what} `{name}`, expected {one}"),
        several => format!("unknown {what} `{name}`, expected one of {}", several.join(", ")),
    }
}

/// A table of settings: struct, defaults, ranges and documentation in one place.
///
/// What recurs in several tables is a table of its own that they `include`: its settings stand in theirs, behind their own, and are
/// read from its field. What is `required` is missed where it is read; what is `needed` may still come from elsewhere (a root from the
/// environment) and is missed by the room that looks for it. `check` names what is wrong between settings, a function of the table and of the [`Context`]; `ranges` where
/// there is nothing beyond single values. It is asked where no value is out of its range, or `always`.
///
/// ```
/// use serlab::kind::{Context, Problem};
/// serlab::settings! {
///     /// How a clip is cut.
///     pub struct Cut {
///         /// Samples a frame.
///         pub frame_length: usize = 2048, in 16..=65536;
///         /// Samples between two frames.
///         pub hop_length: usize = 512, in 1..=65536;
///     }
///     check: Cut::hop;
/// }
/// impl Cut {
///     fn hop(&self, _: &Context) -> Vec<Problem> {
///         let is_longer = self.hop_length > self.frame_length;
///         is_longer.then(|| Problem::new("hop_length", "is longer than a frame")).into_iter().collect()
///     }
/// }
/// serlab::settings! {
///     /// Root mean square of each frame.
///     pub struct Rms {
///         include pub cut: Cut;
///         /// Whether frame t is centred on sample t * hop_length.
///         pub center: bool = true;
///     }
///     check: ranges;
/// }
/// let rms: Rms = toml::from_str("hop_length = 256").unwrap();
/// assert_eq!((rms.cut.hop_length, rms.cut.frame_length), (256, 2048));
/// ```
#[macro_export]
macro_rules! settings {
    ($(#[doc = $sdoc:literal])* $(#[derive($($derive:ident),+)])? pub struct $name:ident {
        $( include pub $group:ident : $group_type:ty $(= $group_default:expr)? ; )*
        $( $(#[doc = $fdoc:literal])* pub $field:ident : $type:ty = $default:expr
            $(, in $range:expr)? $(, as $node:expr)? $(, required: $required:literal)?
            $(, needed: $needed:literal)? ; )*
    } check: $($check:ident)::+ $(, $always:ident)?;) => {
        $(#[doc = $sdoc])*
        #[derive(Debug, Clone, PartialEq $($(, $derive)+)?)]
        pub struct $name {
            $( #[doc = concat!("Settings of [`", stringify!($group_type), "`].")] pub $group: $group_type, )*
            $( $(#[doc = $fdoc])* pub $field: $type, )*
        }

        impl Default for $name {
            fn default() -> Self {
                Self {
                    $( $group: $crate::settings!(@or ($($group_default)?) <$group_type>::default()), )*
                    $( $field: $default, )*
                }
            }
        }

        #[allow(unused_variables, unused_mut, reason = "a table may have no settings, groups or ranges")]
        impl $crate::kind::Settings for $name {
            const DOC: &'static str = concat!($($sdoc, "\n"),*);
            const REQUIRED: &'static [(&'static str, bool)] =
                &[$( (stringify!($field), $crate::settings!(@or ($($required)?) false)) ),*];

            const CHECKED_ALWAYS: bool = $crate::settings!(@always $($always)?);

            fn entries() -> Vec<$crate::kind::Entry> {
                let mut entries: Vec<$crate::kind::Entry> = vec![ $( $crate::kind::Entry {
                    name: $crate::kind::bare(stringify!($field)),
                    doc: concat!($($fdoc, "\n"),*).trim(),
                    node: $crate::settings!(@or ($($node)?) <$type as $crate::kind::Described>::node()),
                    table: || $crate::kind::toml_of(&Self::default()),
                    required: $crate::settings!(@or ($($required)?) false),
                    needed: $crate::settings!(@or ($($needed)?) false),
                    range: $crate::settings!(@some ($($range)?)),
                } ),* ];
                $( entries.extend($crate::kind::entries_in::<$group_type>(|| $crate::kind::toml_of(&Self::default()))); )*
                entries
            }
            fn set<'de, A: ::serde::de::MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<bool, A::Error> {
                $( if key == $crate::kind::bare(stringify!($field)) {
                    self.$field = map.next_value_seed($crate::kind::Reader::<$type>::default())?;
                    return Ok(true);
                } )*
                $( if $crate::kind::Settings::set(&mut self.$group, key, map)? { return Ok(true); } )*
                Ok(false)
            }
            fn put<M: ::serde::ser::SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
                $( map.serialize_entry($crate::kind::bare(stringify!($field)), &$crate::kind::Written(&self.$field))?; )*
                $( $crate::kind::Settings::put(&self.$group, map)?; )*
                Ok(())
            }
            fn ranges(&self, found: &mut Vec<$crate::kind::Problem>) {
                $( $crate::kind::Settings::ranges(&self.$group, found); )*
                $( $( $crate::kind::check_range($crate::kind::bare(stringify!($field)), &self.$field, $range, found); )? )*
            }
            fn inside(&self, around: &$crate::kind::Context, found: &mut Vec<$crate::kind::Problem>) {
                $( $crate::kind::Settings::inside(&self.$group, around, found); )*
                $( found.extend($crate::kind::Described::problems(&self.$field, around).into_iter()
                    .map(|p| p.under($crate::kind::bare(stringify!($field))))); )*
            }
            fn contradictions(&self, around: &$crate::kind::Context) -> Vec<$crate::kind::Problem> {
                let mut found: Vec<$crate::kind::Problem> = Vec::new();
                $( found.extend($crate::kind::Settings::contradictions(&self.$group, around)); )*
                $crate::settings!(@check self, around, found, $($check)::+);
                found
            }
        }

        impl $crate::kind::Described for $name {
            fn node() -> $crate::kind::Node {
                $crate::kind::Node::Table(<Self as $crate::kind::Settings>::table)
            }
            fn problems(&self, around: &$crate::kind::Context) -> Vec<$crate::kind::Problem> {
                $crate::kind::problems(self, around)
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $crate::kind::write(self, serializer)
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::kind::read(deserializer)
            }
        }
    };
    (@or () $otherwise:expr) => { $otherwise };
    (@or ($given:expr) $otherwise:expr) => { $given };
    (@always) => { false };
    (@always always) => { true };
    (@some ()) => { None };
    (@some ($range:expr)) => { Some($crate::kind::Bounds::from($range)) };
    (@check $this:ident, $around:ident, $found:ident, ranges) => {};
    (@check $this:ident, $around:ident, $found:ident, $($check:ident)::+) => { $found.extend($($check)::+($this, $around)) };
}

/// A field's name as it is written in a spec.
pub fn bare(field: &'static str) -> &'static str {
    field.trim_start_matches("r#")
}

/// The settings of `T` where they stand in another table, which is so by default.
pub fn entries_in<T: Settings>(table: fn() -> Option<toml::Value>) -> Vec<Entry> {
    T::entries().into_iter().map(|entry| Entry { table, ..entry }).collect()
}
