//! The metrics by name, each with one meaning, a unit and a direction.

use super::Confusion;
use std::fmt;

crate::choices! {
    /// Something a run is judged by.
    pub enum Metric {
        /// Share of clips answered right.
        "accuracy" => Accuracy,
        /// Unweighted average recall, the mean recall of the classes: what chance level is 1 / classes for, however
        /// unequal they are (Schuller et al. 2009, the INTERSPEECH emotion challenge).
        "uar" => Uar,
        /// Mean F1 of the classes weighted by their clips.
        "weighted-f1" => WeightedF1,
        /// Plain mean F1 of the classes.
        "macro-f1" => MacroF1,
        /// Mean cross-entropy of the right class, `-ln p`.
        "loss" => Loss,
    }
}

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
}

impl Metric {
    /// All metrics, in order.
    pub const ALL: [Self; 5] = [Self::Accuracy, Self::Uar, Self::WeightedF1, Self::MacroF1, Self::Loss];

    /// The metric of that name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|m| m.name() == name)
    }

    /// The unit of its values: a share in [0, 1], or nats (0 and up).
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Accuracy | Self::Uar | Self::WeightedF1 | Self::MacroF1 => "share",
            Self::Loss => "nats",
        }
    }

    /// Which way is better.
    pub const fn direction(self) -> Direction {
        match self {
            Self::Accuracy | Self::Uar | Self::WeightedF1 | Self::MacroF1 => Direction::Higher,
            Self::Loss => Direction::Lower,
        }
    }

    /// Whether `value` is strictly better than `than`. NaN is never better, and any number is better than NaN.
    pub fn better(self, value: f64, than: f64) -> bool {
        match self.direction() {
            _ if value.is_nan() => false,
            _ if than.is_nan() => true,
            Direction::Higher => value > than,
            Direction::Lower => value < than,
        }
    }

    /// The metric of a confusion matrix. NaN for an empty matrix, and for the loss, which needs probabilities.
    pub fn of_confusion(self, confusion: &Confusion) -> f64 {
        match self {
            Self::Accuracy => confusion.accuracy(),
            Self::Uar => confusion.uar(),
            Self::WeightedF1 => confusion.weighted_f1(),
            Self::MacroF1 => confusion.macro_f1(),
            Self::Loss => f64::NAN,
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_is_found_by_its_name_and_written_by_it() {
        for metric in Metric::ALL {
            assert_eq!(Metric::of_name(metric.name()), Some(metric));
            assert_eq!(serde_json::to_string(&metric).unwrap(), format!("\"{metric}\""));
        }
    }

    #[test]
    fn better_knows_the_direction_and_never_prefers_nan() {
        assert!(Metric::Uar.better(0.6, 0.5) && !Metric::Uar.better(0.5, 0.5));
        assert!(Metric::Loss.better(0.5, 0.6) && !Metric::Loss.better(0.6, 0.5));
        for metric in Metric::ALL {
            assert!(!metric.better(f64::NAN, 0.5) && metric.better(0.5, f64::NAN));
        }
    }
}
