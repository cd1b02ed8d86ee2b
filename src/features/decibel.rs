//! Power to decibels, and a logarithm that the compiler can vectorise.

use super::floor::Level;
use crate::kind::{Choice, Context, Described, Node, Problem};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// What 0 dB stands for: the clip's own maximum, or a fixed power.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reference {
    /// The clip's largest value: levels become relative, loudness between clips is lost.
    Max,
    /// A fixed power.
    Power(f64),
}

/// The name of the clip's own maximum.
const MAX: &[Choice] = &[Choice { name: "max", doc: "The clip's largest value.", also: &[] }];

impl Described for Reference {
    fn node() -> Node {
        Node::AnyOf(vec![Node::Number, Node::Choice(MAX)])
    }
    /// A problem unless the reference is a finite number of 0 or more.
    fn problems(&self, _: &Context) -> Vec<Problem> {
        match self {
            Self::Power(power) if !(power.is_finite() && *power >= 0.0) => {
                let message = format!("{power} is no reference power; allowed: \"max\" or a number of 0 or more");
                vec![Problem::new("", message)]
            }
            _ => Vec::new(),
        }
    }
}

impl Serialize for Reference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Max => serializer.serialize_str("max"),
            Self::Power(power) => serializer.serialize_f64(*power),
        }
    }
}

impl<'de> Deserialize<'de> for Reference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Name(String),
            Power(f64),
        }
        let wrong = || D::Error::custom("expected \"max\" or a number (the power that is 0 dB)");
        match Written::deserialize(deserializer).map_err(|_| wrong())? {
            Written::Name(name) if name == "max" => Ok(Self::Max),
            Written::Name(_) => Err(wrong()),
            Written::Power(power) => Ok(Self::Power(power)),
        }
    }
}

/// How powers become decibels (librosa `power_to_db`).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decibels {
    /// What 0 dB stands for.
    pub reference: Reference,
    /// The smallest power that is told from silence.
    pub amin: f64,
    /// How far below the clip's maximum a value may lie, in dB; lower ones are raised to that.
    pub top_db: Option<f64>,
}

impl Default for Decibels {
    /// librosa's defaults: reference 1, amin 1e-10, top_db 80.
    fn default() -> Self {
        Self { reference: Reference::Power(1.0), amin: 1e-10, top_db: Some(80.0) }
    }
}

impl Decibels {
    /// In place: 10 log10(max(amin, S)) - 10 log10(max(amin, ref)), then at least its maximum - top_db.
    ///
    /// Reference and maximum are taken over the whole clip, so a clip must be converted in one piece.
    pub fn apply(&self, powers: &mut [f32]) {
        let amin = self.amin as f32;
        let reference = match self.reference {
            Reference::Max => largest(powers),
            Reference::Power(power) => power as f32,
        };
        let zero_db = decibels(reference.max(amin));
        for power in powers.iter_mut() {
            *power = decibels(if *power > amin { *power } else { amin }) - zero_db;
        }
        if let Some(top_db) = self.top_db {
            let lowest = largest(powers) - top_db as f32;
            for value in powers {
                *value = if *value > lowest { *value } else { lowest };
            }
        }
    }

    /// The same in f64 with the standard library's logarithm.
    pub fn apply_f64(&self, powers: &mut [f64]) {
        let reference = match self.reference {
            Reference::Max => powers.iter().copied().fold(0.0, f64::max),
            Reference::Power(power) => power,
        };
        let zero_db = 10.0 * reference.max(self.amin).log10();
        let mut highest = f64::NEG_INFINITY;
        for power in powers.iter_mut() {
            *power = 10.0 * power.max(self.amin).log10() - zero_db;
            highest = highest.max(*power);
        }
        if let Some(top_db) = self.top_db {
            for value in powers {
                *value = value.max(highest - top_db);
            }
        }
    }

    /// What silence becomes in a clip whose largest value is `highest_db`.
    ///
    /// Exact for a fixed reference. With [`Reference::Max`] the clip's own maximum is no longer known in absolute terms, so
    /// top_db below it is meant (exact unless the clip's loudest power is below amin * 10^(top_db / 10)), and without
    /// top_db `lowest_db`, the clip's lowest value.
    pub fn floor(&self, highest_db: f32, lowest_db: f32) -> f32 {
        self.level().of(highest_db, lowest_db)
    }

    /// The rule of [`Decibels::floor`].
    pub fn level(&self) -> Level {
        let amin = self.amin as f32;
        let silence = match self.reference {
            Reference::Max => None,
            Reference::Power(power) => Some(decibels(amin) - decibels((power as f32).max(amin))),
        };
        Level { silence, below_highest: self.top_db.map(|top_db| top_db as f32) }
    }
}

/// The largest value. Eight at a time with plain comparisons, since `f32::max` asks each value whether it is NaN.
fn largest(values: &[f32]) -> f32 {
    let (eights, rest) = values.as_chunks::<8>();
    let mut lanes = [f32::NEG_INFINITY; 8];
    for eight in eights {
        for (lane, value) in lanes.iter_mut().zip(eight) {
            *lane = if *value > *lane { *value } else { *lane };
        }
    }
    lanes.iter().chain(rest).copied().fold(f32::NEG_INFINITY, f32::max)
}

/// 10 log10(x) for a positive normal f32, within 1e-5 dB.
#[inline]
fn decibels(x: f32) -> f32 {
    use std::f32::consts::{LN_10, LOG10_2};
    let (exponent, ln_mantissa) = split_log(x);
    exponent * (10.0 * LOG10_2) + ln_mantissa * (10.0 / LN_10)
}

/// ln(x) for a positive normal f32, within 1e-7: the exponent's share is exact in f64.
#[inline]
pub(super) fn ln(x: f32) -> f64 {
    let (exponent, ln_mantissa) = split_log(x);
    f64::from(exponent) * std::f64::consts::LN_2 + f64::from(ln_mantissa)
}

/// x = 2^e m with m in [sqrt(1/2), sqrt(2)): e and ln m.
///
/// Without branches or calls, so that loops over it are vectorised: three times as fast as libm. The polynomial is that of
/// `logf` in Moshier's Cephes library.
#[inline]
fn split_log(x: f32) -> (f32, f32) {
    const SQRT_HALF_BITS: i32 = 0x3f35_04f3;
    let bits = x.to_bits() as i32;
    let exponent = (bits - SQRT_HALF_BITS) >> 23;
    let f = f32::from_bits((bits - (exponent << 23)) as u32) - 1.0;
    let mut p = 7.037_683_6e-2f32;
    for coefficient in [
        -1.151_461e-1,
        1.167_699_9e-1,
        -1.242_014_1e-1,
        1.424_932_3e-1,
        -1.666_805_8e-1,
        2.000_071_4e-1,
        -2.499_999_4e-1,
        3.333_333e-1,
    ] {
        p = p * f + coefficient;
    }
    let square = f * f;
    (exponent as f32, p * (f * square) - 0.5 * square + f)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn powers_of_ten_are_tens_of_decibels_and_the_clip_is_floored_below_its_maximum() {
        let mut powers = [1.0, 100.0, 1e-4, 0.0];
        Decibels::default().apply(&mut powers);
        for (value, expected) in powers.iter().zip([0.0, 20.0, -40.0, -60.0]) {
            assert!((value - expected).abs() < 1e-5, "{value} {expected}");
        }
        let mut relative = [0.5, 0.05];
        Decibels { reference: Reference::Max, ..Default::default() }.apply(&mut relative);
        assert!(relative[0] == 0.0 && (relative[1] + 10.0).abs() < 1e-5, "{relative:?}");
        let mut wide = [1.0, 1e-10];
        Decibels::default().apply_f64(&mut wide);
        assert_eq!(wide, [0.0, -80.0]);
    }

    #[test]
    fn silence_alone_is_finite() {
        for reference in [Reference::Max, Reference::Power(1.0), Reference::Power(0.0)] {
            let decibels = Decibels { reference, ..Default::default() };
            let mut silence = [0.0; 5];
            decibels.apply(&mut silence);
            assert!(silence.iter().all(|v| v.is_finite() && *v == silence[0]));
            assert!((decibels.floor(silence[0], silence[0]) - silence[0]).abs() <= 80.0);
        }
    }

    #[test]
    fn the_floor_is_what_a_silent_value_of_the_clip_became() {
        for (reference, loudest) in [(Reference::Power(1.0), 3.0), (Reference::Power(1.0), 1e-7), (Reference::Max, 5.0)]
        {
            for top_db in [Some(80.0), None] {
                let decibels = Decibels { reference, top_db, ..Default::default() };
                let mut values = [loudest, 0.0];
                decibels.apply(&mut values);
                let floor = decibels.floor(values[0], values[1]);
                assert!((floor - values[1]).abs() < 1e-5, "{floor} {values:?}");
            }
        }
    }

    #[test]
    fn a_reference_is_the_word_max_or_a_number() {
        #[derive(serde::Deserialize)]
        struct Table {
            r#ref: Reference,
        }
        let read = |text: &str| toml::from_str::<Table>(text).map(|t| t.r#ref);
        assert_eq!(read("ref = \"max\"").unwrap(), Reference::Max);
        assert_eq!(read("ref = 1").unwrap(), Reference::Power(1.0));
        assert!(read("ref = \"mean\"").unwrap_err().to_string().contains("\"max\" or a number"));
        assert_eq!(Reference::Power(-1.0).problems(&Context::at_rate(16_000)).len(), 1);
    }

    proptest! {
        #[test]
        fn the_fast_logarithm_agrees_with_the_exact_one(exponent in -120i32..120, mantissa in 1.0f32..2.0) {
            let x = mantissa * 2.0f32.powi(exponent);
            let exact = 10.0 * f64::from(x).log10();
            prop_assert!((f64::from(decibels(x)) - exact).abs() < 2e-7 * exact.abs().max(30.0), "{x}");
            let exact = f64::from(x).ln();
            prop_assert!((ln(x) - exact).abs() < 1e-7, "{x}");
        }
    }
}
