//! A figure with its interval.

use super::variance::Variance;
use super::{Metric, t_quantile};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;

/// Quantile of the standard normal for two-sided 95 %.
pub(super) const Z95: f64 = 1.959_963_984_540_054;

/// How an interval was made; all are at 95 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Wilson's score interval (Wilson 1927); takes clips as independent.
    Wilson,
    /// Student's t over speakers: other speakers, these very networks.
    #[serde(alias = "speaker-bootstrap")]
    Speakers,
    /// Student's t over clips, where there is one speaker only.
    #[serde(alias = "clip-bootstrap")]
    Clips,
    /// Student's t over speakers and trained networks: other speakers, the recipes trained again.
    NetworksAndSpeakers,
    /// The same over networks and the clips of a single speaker.
    NetworksAndClips,
}

impl Method {
    /// The same with other networks, too.
    pub(super) const fn with_networks(self) -> Self {
        match self {
            Self::Speakers => Self::NetworksAndSpeakers,
            Self::Clips => Self::NetworksAndClips,
            other => other,
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Wilson => "Wilson",
            Self::Speakers => "over speakers",
            Self::Clips => "over clips of one speaker",
            Self::NetworksAndSpeakers => "over networks and speakers",
            Self::NetworksAndClips => "over networks and clips of one speaker",
        })
    }
}

/// A figure and its 95 % interval; `low <= value <= high`. NaN is written as null.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The figure.
    #[serde(deserialize_with = "null_is_nan")]
    pub value: f64,
    /// Lower end.
    #[serde(deserialize_with = "null_is_nan")]
    pub low: f64,
    /// Upper end.
    #[serde(deserialize_with = "null_is_nan")]
    pub high: f64,
    /// How the interval was made.
    pub method: Method,
}

impl Estimate {
    /// The share k / n with Wilson's interval.
    pub fn wilson(k: u64, n: u64) -> Self {
        let (low, high) = wilson(k, n, Z95);
        Self { value: k as f64 / n as f64, low, high, method: Method::Wilson }
    }

    /// A figure with Student's interval: of a share on the scale of `ln (p / (1 - p))`, so that it stays within 0 and 1, and at
    /// 0 and 1, where there is no such scale, Wilson's for `units` units that were all right or all wrong.
    pub(super) fn student(metric: Metric, value: f64, variance: &Variance, units: usize, method: Method) -> Self {
        let half = t_quantile(0.95, variance.degrees) * variance.value.sqrt();
        let (low, high) = match metric.unit() {
            // A mean of shares of 1 may miss it in the last digit.
            "share" if value.min(1.0 - value) < 1e-12 => {
                let right = if value > 0.5 { units } else { 0 };
                let (low, high) = wilson(right as u64, units as u64, Z95);
                (low.min(value), high.max(value))
            }
            "share" => {
                let (odds, half) = ((value / (1.0 - value)).ln(), half / (value * (1.0 - value)));
                let share = |odds: f64| 1.0 / (1.0 + (-odds).exp());
                (share(odds - half).min(value), share(odds + half).max(value))
            }
            _ => ((value - half).max(0.0), value + half),
        };
        Self { value, low, high, method }
    }
}

fn null_is_nan<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::<f64>::deserialize(deserializer)?.unwrap_or(f64::NAN))
}

/// Wilson's score interval of the share k / n at `z` standard deviations (1.96 for 95 %):
/// `(p + z²/2n ± z sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n)`. For n = 0 it is everything: (0, 1).
///
/// Wilson, E. B. (1927), "Probable inference, the law of succession, and statistical inference", JASA 22, 209-212.
///
/// # Panics
/// Where k is greater than n.
pub fn wilson(k: u64, n: u64, z: f64) -> (f64, f64) {
    assert!(k <= n, "{k} of {n}");
    if n == 0 {
        return (0.0, 1.0);
    }
    let (share, size, squared) = (k as f64 / n as f64, n as f64, z * z);
    let centre = share + squared / (2.0 * size);
    let half = z * (share * (1.0 - share) / size + squared / (4.0 * size * size)).sqrt();
    let scale = 1.0 + squared / size;
    // At k = 0 and k = n one end is exactly the share; rounding must not push it past.
    (((centre - half) / scale).clamp(0.0, share), ((centre + half) / scale).clamp(share, 1.0))
}
