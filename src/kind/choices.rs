//! Enums of names: [`choices!`](crate::choices).

use super::settings::unknown;
use serde::de::{Deserializer, Visitor};
use std::fmt;

/// A choice between names; implemented by [`choices!`](crate::choices).
pub trait Named: Sized + 'static {
    /// What is chosen, by name; other names for the same follow after it.
    const NAMED: &'static [(&'static str, Self)];
    /// The names that are described.
    const CHOICES: &'static [super::Choice];
}

/// Reads one of the names.
pub fn read_name<'de, T: Named + Clone, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    struct OneName<T>(std::marker::PhantomData<T>);
    impl<T: Named + Clone> Visitor<'_> for OneName<T> {
        type Value = T;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            let names: Vec<String> = T::CHOICES.iter().map(|c| format!("\"{}\"", c.name)).collect();
            f.write_str(&names.join(" or "))
        }
        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
            let chosen = T::NAMED.iter().find(|(name, _)| *name == text);
            let names: Vec<&str> = T::CHOICES.iter().map(|c| c.name).collect();
            chosen.map(|(_, value)| value.clone()).ok_or_else(|| E::custom(unknown("variant", text, &names)))
        }
    }
    deserializer.deserialize_any(OneName(std::marker::PhantomData))
}

/// An enum that a spec writes as one of some names; other names for the same may follow after `|`. The variant behind `=` is
/// the default.
///
/// ```
/// serlab::choices! {
///     /// Which part is kept.
///     pub enum Part = Start {
///         /// The first.
///         "start" => Start,
///         /// The middle.
///         "centre" | "center" => Centre,
///     }
/// }
/// #[derive(serde::Deserialize)]
/// struct Crop { part: Part }
/// assert_eq!(toml::from_str::<Crop>("part = \"center\"").unwrap().part, Part::Centre);
/// ```
#[macro_export]
macro_rules! choices {
    ($(#[$meta:meta])* pub enum $enum:ident $(= $default:ident)? { $(
        $(#[doc = $doc:literal])* $name:literal $(| $alias:literal)* => $variant:ident
    ),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $enum { $( $(#[doc = $doc])* $variant, )+ }

        impl $crate::kind::Named for $enum {
            const NAMED: &'static [(&'static str, Self)] =
                &[$( ($name, Self::$variant), $( ($alias, Self::$variant), )* )+];
            const CHOICES: &'static [$crate::kind::Choice] =
                &[$( $crate::kind::Choice { name: $name, doc: concat!($($doc, "\n"),*), also: &[$($alias),*] } ),+];
        }

        impl $enum {
            /// Its name in a spec.
            pub const fn name(self) -> &'static str {
                match self { $( Self::$variant => $name ),+ }
            }
        }

        $( impl Default for $enum {
            fn default() -> Self {
                Self::$default
            }
        } )?

        impl $crate::kind::Described for $enum {
            fn node() -> $crate::kind::Node {
                $crate::kind::Node::Choice(<Self as $crate::kind::Named>::CHOICES)
            }
        }

        impl ::serde::Serialize for $enum {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.name())
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $enum {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::kind::read_name(deserializer)
            }
        }
    };
}
