//! What digital silence would be in a clip: the rule by which [`Feature::floor`](super::Feature::floor) finds it.

use super::Frames;
use serde::Serialize;

/// How the value of a frame of silence follows from a clip's own frames.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "rule", rename_all = "kebab-case")]
pub enum Floor {
    /// The same in every clip.
    Fixed {
        /// One a bin.
        values: Vec<f32>,
    },
    /// A level in dB, the same in every bin.
    Level(Level),
    /// In every bin the clip's largest value, or this where it is larger.
    Highest {
        /// In the feature's unit.
        at_least: f32,
    },
    /// Not a rule in numbers: a feature's own estimate, in words.
    Estimate {
        /// How it is made.
        how: String,
    },
}

/// The level of silence: the larger of `silence` and the clip's largest value minus `below_highest`, each where there is one;
/// the clip's smallest value where there is neither.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Level {
    /// What a power of 0 is in dB.
    pub silence: Option<f32>,
    /// How far below the clip's largest value a level may lie, in dB.
    pub below_highest: Option<f32>,
}

impl Level {
    /// The level in a clip with these extremes, in dB.
    pub(super) fn of(&self, highest: f32, lowest: f32) -> f32 {
        match (self.silence, self.below_highest.map(|below| highest - below)) {
            (Some(silence), Some(top)) => silence.max(top),
            (Some(level), None) | (None, Some(level)) => level,
            (None, None) => lowest,
        }
    }
}

impl Floor {
    /// The value 0 in each of `bins` bins.
    pub(super) fn zero(bins: usize) -> Self {
        Self::Fixed { values: vec![0.0; bins] }
    }

    /// One value a bin: silence in the clip with these frames. Nothing can be said of an estimate, which is its feature's.
    pub(super) fn of(&self, clip: &Frames) -> Vec<f32> {
        let lowest = || clip.data.iter().copied().fold(f32::INFINITY, f32::min);
        match self {
            Self::Fixed { values } => values.clone(),
            Self::Level(level) => vec![level.of(clip.max(), lowest()); clip.bins],
            Self::Highest { at_least } => vec![clip.max().max(*at_least); clip.bins],
            Self::Estimate { .. } => vec![0.0; clip.bins],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_that_of_silence_but_no_lower_than_the_clip_allows() {
        let clip = Frames { bins: 2, frames: 2, data: vec![-10.0, -90.0, -30.0, -20.0] };
        let of = |silence, below_highest| Floor::Level(Level { silence, below_highest }).of(&clip);
        assert_eq!(of(Some(-100.0), Some(80.0)), [-90.0; 2]);
        assert_eq!(of(Some(-100.0), None), [-100.0; 2]);
        assert_eq!(of(None, Some(60.0)), [-70.0; 2]);
        assert_eq!(of(None, None), [-90.0; 2]);
        assert_eq!(Floor::Highest { at_least: 5.0 }.of(&clip), [5.0; 2]);
    }

    #[test]
    fn a_rule_is_written_with_its_name_and_numbers() {
        let level = Floor::Level(Level { silence: Some(-100.0), below_highest: None });
        let text = serde_json::to_string(&level).unwrap();
        assert_eq!(text, r#"{"rule":"level","silence":-100.0,"below_highest":null}"#);
    }
}
