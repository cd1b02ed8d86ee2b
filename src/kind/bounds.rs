//! Ranges of settings: what a field's `in` clause allows.

use super::Problem;
use std::fmt;
use std::ops::{RangeFrom, RangeInclusive};

/// An interval of allowed values, either end open or missing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    low: f64,
    low_open: bool,
    high: f64,
}

/// Greater than `low`.
pub const fn above(low: f64) -> Bounds {
    Bounds { low, low_open: true, high: f64::INFINITY }
}

/// Greater than `low`, at most `high`.
pub const fn above_to(low: f64, high: f64) -> Bounds {
    Bounds { low, low_open: true, high }
}

impl From<RangeInclusive<usize>> for Bounds {
    fn from(r: RangeInclusive<usize>) -> Self {
        Self { low: *r.start() as f64, low_open: false, high: *r.end() as f64 }
    }
}
impl From<RangeFrom<usize>> for Bounds {
    fn from(r: RangeFrom<usize>) -> Self {
        Self { low: r.start as f64, low_open: false, high: f64::INFINITY }
    }
}
impl From<RangeInclusive<f64>> for Bounds {
    fn from(r: RangeInclusive<f64>) -> Self {
        Self { low: *r.start(), low_open: false, high: *r.end() }
    }
}
impl From<RangeFrom<f64>> for Bounds {
    fn from(r: RangeFrom<f64>) -> Self {
        Self { low: r.start, low_open: false, high: f64::INFINITY }
    }
}

impl Bounds {
    /// The lower end, and whether it is itself outside.
    pub fn low(&self) -> (f64, bool) {
        (self.low, self.low_open)
    }

    /// The upper end, where there is one.
    pub fn high(&self) -> Option<f64> {
        self.high.is_finite().then_some(self.high)
    }

    fn holds(&self, v: f64) -> bool {
        v.is_finite() && v <= self.high && if self.low_open { v > self.low } else { v >= self.low }
    }
}

impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.low_open, self.high.is_finite()) {
            (true, false) => write!(f, "above {}", self.low),
            (true, true) => write!(f, "above {}, at most {}", self.low, self.high),
            (false, false) => write!(f, "{} or more", self.low),
            (false, true) => write!(f, "from {} to {}", self.low, self.high),
        }
    }
}

/// A value, or several, that a [`Bounds`] can be held against.
pub trait Bounded {
    /// The first number that lies outside.
    fn outside(&self, bounds: &Bounds) -> Option<f64>;
}

macro_rules! bounded {
    ($($t:ty),+) => {$(
        impl Bounded for $t {
            fn outside(&self, bounds: &Bounds) -> Option<f64> {
                let v = *self as f64;
                (!bounds.holds(v)).then_some(v)
            }
        }
    )+};
}
bounded!(f64, f32, usize, u64, u32, i64);

impl<T: Bounded> Bounded for Option<T> {
    fn outside(&self, bounds: &Bounds) -> Option<f64> {
        self.as_ref().and_then(|v| v.outside(bounds))
    }
}
impl<T: Bounded> Bounded for Vec<T> {
    fn outside(&self, bounds: &Bounds) -> Option<f64> {
        self.iter().find_map(|v| v.outside(bounds))
    }
}
impl<T: Bounded, const N: usize> Bounded for [T; N] {
    fn outside(&self, bounds: &Bounds) -> Option<f64> {
        self.iter().find_map(|v| v.outside(bounds))
    }
}

/// Adds a problem where `value` lies outside `bounds`; the work behind a field's `in` clause.
pub fn check_range(name: &str, value: &impl Bounded, bounds: impl Into<Bounds>, problems: &mut Vec<Problem>) {
    let bounds = bounds.into();
    if let Some(v) = value.outside(&bounds) {
        problems.push(Problem::new(name, format!("{v} is out of range; allowed: {bounds}")));
    }
}
