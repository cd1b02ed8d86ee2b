//! Settings that can be given in one of two ways, never in both: noise by `snr_db` or by `amplitude`, ...

use crate::kind::Problem;

/// Which of two settings was given.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Given<A, B> {
    /// The first, or none of them: the first has the default.
    First(A),
    /// The second.
    Second(B),
}

/// The problem of two settings that exclude each other.
pub(super) fn both(first: &str, second: &str) -> Problem {
    let message = format!("given beside `{first}`; name exactly one of the two (the other can be \"none\")");
    Problem::new(second, message)
}

/// [`settings!`](crate::settings) with a first pair of settings of which exactly one is in force: the first has a default
/// that gives way as soon as the second is written. A struct of this kind has `given()`, and naming both is a problem.
macro_rules! either {
    ($(#[doc = $sdoc:literal])* pub struct $name:ident {
        $(#[doc = $adoc:literal])* pub $a:ident: $at:ty = $ad:expr, in $ar:expr;
        $(#[doc = $bdoc:literal])* or pub $b:ident: $bt:ty, in $br:expr;
        $( $(#[doc = $rdoc:literal])* pub $r:ident: $rt:ty = $rd:expr $(, in $rr:expr)?; )*
    } check: $($check:ident)::+;) => {
        crate::settings! {
            $(#[doc = $sdoc])*
            pub struct Written {
                $(#[doc = $adoc])* pub $a: Option<$at> = None, in $ar;
                $(#[doc = $bdoc])* pub $b: Option<$bt> = None, in $br;
                $( $(#[doc = $rdoc])* pub $r: $rt = $rd $(, in $rr)?; )*
            }
            check: ranges;
        }

        $(#[doc = $sdoc])*
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(from = "Written", into = "Written")]
        pub struct $name {
            $(#[doc = $adoc])* pub $a: Option<$at>,
            $(#[doc = $bdoc])* pub $b: Option<$bt>,
            $( $(#[doc = $rdoc])* pub $r: $rt, )*
        }

        impl Default for $name {
            fn default() -> Self {
                Self::from(Written::default())
            }
        }

        impl From<Written> for $name {
            /// Fills in the default of the first where neither was written.
            fn from(written: Written) -> Self {
                let $a = if written.$b.is_none() { Some(written.$a.unwrap_or($ad)) } else { written.$a };
                Self { $a, $b: written.$b, $( $r: written.$r, )* }
            }
        }

        impl From<$name> for Written {
            fn from(value: $name) -> Self {
                Self { $a: value.$a, $b: value.$b, $( $r: value.$r, )* }
            }
        }

        impl crate::kind::Described for $name {
            fn node() -> crate::kind::Node {
                crate::kind::Node::Table(Self::table)
            }
            fn problems(&self, around: &crate::kind::Context) -> Vec<crate::kind::Problem> {
                let mut found = crate::kind::Described::problems(&Written::from(self.clone()), around);
                if found.is_empty() {
                    let two = self.$a.is_some() && self.$b.is_some();
                    found.extend(two.then(|| super::either::both(stringify!($a), stringify!($b))));
                    found.extend($($check)::+(self, around));
                }
                found
            }
        }

        impl $name {
            /// The table as it is by default: the first of the pair is in force.
            pub fn table() -> crate::kind::Table {
                let entries = crate::kind::entries_in::<Written>(|| crate::kind::toml_of(&Self::default()));
                crate::kind::Table { entries, ..<Written as crate::kind::Settings>::table() }
            }
            fn given(&self) -> super::either::Given<$at, $bt> {
                match (&self.$a, &self.$b) {
                    (_, Some(second)) => super::either::Given::Second(second.clone()),
                    (first, None) => super::either::Given::First(first.clone().unwrap_or($ad)),
                }
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::super::Noise;
    use crate::kind::{Context, Described};

    #[test]
    fn the_first_has_a_default_that_gives_way_to_the_second() {
        let read = |text: &str| toml::from_str::<Noise>(text).unwrap();
        assert_eq!(read("").snr_db, Some([10.0, 30.0]));
        let second = read("amplitude = [0, 0.1]");
        assert_eq!((second.snr_db, second.amplitude), (None, Some([0.0, 0.1])));
        let problems = |noise: &Noise| noise.problems(&Context::at_rate(16_000));
        assert!(problems(&second).is_empty());
        let two = &problems(&read("amplitude = [0, 0.1]\nsnr_db = [3, 4]"))[0];
        assert_eq!(two.key, "amplitude");
        assert!(two.message.contains("beside `snr_db`"), "{}", two.message);
        assert!(problems(&read("amplitude = [0, 0.1]\nsnr_db = \"none\"")).is_empty());
    }

    #[test]
    fn what_is_written_shows_which_one_is_in_force_and_reads_back() {
        let text = toml::to_string(&Noise::default()).unwrap();
        assert_eq!(text, "snr_db = [10.0, 30.0]\namplitude = \"none\"\n");
        assert_eq!(toml::from_str::<Noise>(&text).unwrap(), Noise::default());
        assert_eq!(Noise::table().entries[0].shown_default().as_deref(), Some("[10.0, 30.0]"));
        assert!(toml::from_str::<Noise>("snr = [1, 2]").unwrap_err().to_string().contains("unknown field `snr`"));
    }
}
