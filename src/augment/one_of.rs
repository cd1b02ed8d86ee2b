//! One step of several.

use super::{AugmentError, Effect, Stage, Step};
use crate::features::{Feature, Frames};
use crate::kind::{Context, Problem};
use crate::seed::Stream;

crate::settings! {
    /// Draws one of its steps and applies it, with the step's own probability. All must work at the same stage.
    pub struct OneOf {
        /// The steps to draw from.
        pub of: Vec<Step> = Vec::new();
        /// How often each is drawn, relative to the others; empty: all alike.
        pub weights: Vec<f64> = Vec::new(), in 0.0..=1e9;
    }
    check: OneOf::check;
}

impl OneOf {
    fn check(&self, _: &Context) -> Vec<Problem> {
        let mut found = composition_problems(&self.of);
        let (weights, steps) = (self.weights.len(), self.of.len());
        if weights != 0 && weights != steps {
            let message = format!("{weights} weights for {steps} steps; allowed: one a step, or none at all");
            found.push(Problem::new("weights", message));
        } else if weights != 0 && self.weights.iter().all(|w| *w == 0.0) {
            found.push(Problem::new("weights", "all are 0; at least one must be above 0"));
        }
        found
    }
}

impl Effect for OneOf {
    fn stage(&self) -> Stage {
        stage(&self.of)
    }

    fn waveform(&self, samples: &mut Vec<f32>, rate_hz: u32, stream: &mut Stream) -> Result<(), AugmentError> {
        self.drawn(stream).map_or(Ok(()), |step| step.waveform(samples, rate_hz, stream))
    }

    fn clip(&self, features: &[Feature], frames: &mut [Frames], stream: &mut Stream) {
        if let Some(step) = self.drawn(stream) {
            step.clip(features, frames, stream);
        }
    }

    fn spectrogram(&self, frames: &mut Frames, floor: &[f32], stream: &mut Stream) {
        if let Some(step) = self.drawn(stream) {
            step.spectrogram(frames, floor, stream);
        }
    }

    fn members_mut(&mut self) -> &mut [Step] {
        &mut self.of
    }
}

impl OneOf {
    fn drawn(&self, stream: &mut Stream) -> Option<&Step> {
        if self.weights.is_empty() {
            return if self.of.is_empty() { None } else { Some(&self.of[stream.below(self.of.len())]) };
        }
        let mut left = stream.uniform() * self.weights.iter().sum::<f64>();
        let hit = self.of.iter().zip(&self.weights).find(|(_, weight)| {
            left -= **weight;
            left < 0.0
        });
        // Rounding can leave a rest after the last weight.
        hit.map(|(step, _)| step).or(self.of.last())
    }
}

/// The stage of a composition: that of its first step.
pub(super) fn stage(of: &[Step]) -> Stage {
    of.first().map_or(Stage::Waveform, |step| step.transform.stage())
}

/// What no composition may be made of.
pub(super) fn composition_problems(of: &[Step]) -> Vec<Problem> {
    let mut found = Vec::new();
    if of.is_empty() {
        found.push(Problem::new("of", "names no step; give at least one, as in `of = [{ gain = {} }]`"));
    }
    let first = stage(of);
    for (i, step) in of.iter().enumerate() {
        let at = step.transform.stage();
        if at == Stage::Batch {
            let message = "works on batches and cannot be part of a composition; make it a step of its own";
            found.push(Problem::new(format!("of[{i}]"), message));
        } else if at != first {
            let message =
                format!("works at the {at} stage, the first at the {first} stage; a composition has one stage");
            found.push(Problem::new(format!("of[{i}]"), message));
        }
        if step.copies != 0 {
            let message =
                format!("{} inside a composition; allowed: 0 (set `copies` beside the composition)", step.copies);
            found.push(Problem::new(format!("of[{i}].copies"), message));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::dsp::probe::{RATE_HZ, stream};
    use super::*;

    fn read(text: &str) -> OneOf {
        toml::from_str(text).unwrap()
    }

    /// How often each of the gains -20, 0 and 20 dB is drawn in 3000 clips.
    fn counts(weights: &str) -> [usize; 3] {
        let gain = |db: i32| format!("{{ gain = {{ gain_db = [{db}, {db}] }} }}");
        let one_of = read(&format!("of = [{}, {}, {}]\n{weights}", gain(-20), gain(0), gain(20)));
        let mut counts = [0; 3];
        for seed in 0..3000 {
            let mut x = vec![1.0];
            one_of.waveform(&mut x, RATE_HZ, &mut stream(seed)).unwrap();
            counts[(f64::from(x[0]).log10().round() + 1.0) as usize] += 1;
        }
        counts
    }

    #[test]
    fn each_step_is_drawn_as_often_as_its_weight_says() {
        assert!(counts("").iter().all(|n| (900..1100).contains(n)), "{:?}", counts(""));
        let weighted = counts("weights = [1, 0, 3]");
        assert!((670..830).contains(&weighted[0]) && weighted[1] == 0, "{weighted:?}");
    }

    #[test]
    fn mixed_stages_batches_and_wrong_weights_are_problems() {
        let keys =
            |text: &str| read(text).check(&Context::at_rate(RATE_HZ)).into_iter().map(|p| p.key).collect::<Vec<_>>();
        assert_eq!(keys(""), ["of"]);
        assert_eq!(keys("of = [{ gain = {} }, { spec-augment = {} }]"), ["of[1]"]);
        assert_eq!(keys("of = [{ gain = {} }, { mixup = {} }]"), ["of[1]"]);
        assert_eq!(keys("of = [{ gain = {} }]\nweights = [1, 2]"), ["weights"]);
        assert_eq!(keys("of = [{ gain = {} }]\nweights = [0]"), ["weights"]);
        assert!(keys("of = [{ spec-augment = {} }, { spec-augment = {} }]").is_empty());
    }
}
