//! Some steps of several.

use super::one_of::{composition_problems, stage};
use super::{AugmentError, Effect, Stage, Step};
use crate::features::{Feature, Frames};
use crate::kind::{Context, Problem};
use crate::seed::Stream;

crate::settings! {
    /// Draws some of its steps, no one twice, and applies them in the order of the list, each with its own probability.
    /// All must work at the same stage.
    pub struct SomeOf {
        /// The steps to draw from.
        pub of: Vec<Step> = Vec::new();
        /// The fewest and the most steps to draw; every number between is equally likely.
        pub count: [usize; 2] = [1, 2], in 0..=1000;
    }
    check: SomeOf::check;
}

impl SomeOf {
    fn check(&self, _: &Context) -> Vec<Problem> {
        let mut found = composition_problems(&self.of);
        let [fewest, most] = self.count;
        if fewest > most {
            found.push(Problem::new(
                "count",
                format!("{fewest} to {most} is an empty range; the lower end comes first"),
            ));
        } else if most > self.of.len() && !self.of.is_empty() {
            let message = format!("up to {most} of a list of {}; allowed: at most its length", self.of.len());
            found.push(Problem::new("count", message));
        }
        found
    }
}

impl Effect for SomeOf {
    fn stage(&self) -> Stage {
        stage(&self.of)
    }

    fn waveform(&self, samples: &mut Vec<f32>, rate_hz: u32, stream: &mut Stream) -> Result<(), AugmentError> {
        self.drawn(stream).into_iter().try_for_each(|step| step.waveform(samples, rate_hz, stream))
    }

    fn clip(&self, features: &[Feature], frames: &mut [Frames], stream: &mut Stream) {
        self.drawn(stream).into_iter().for_each(|step| step.clip(features, frames, stream));
    }

    fn spectrogram(&self, frames: &mut Frames, floor: &[f32], stream: &mut Stream) {
        self.drawn(stream).into_iter().for_each(|step| step.spectrogram(frames, floor, stream));
    }

    fn members_mut(&mut self) -> &mut [Step] {
        &mut self.of
    }
}

impl SomeOf {
    fn drawn(&self, stream: &mut Stream) -> Vec<&Step> {
        let [fewest, most] = self.count.map(|n| n.min(self.of.len()));
        let n = fewest + stream.below(most.saturating_sub(fewest) + 1);
        let mut places: Vec<usize> = (0..self.of.len()).collect();
        stream.shuffle(&mut places);
        places.truncate(n);
        places.sort_unstable();
        places.into_iter().map(|i| &self.of[i]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::dsp::probe::stream;
    use super::*;

    fn read(text: &str) -> SomeOf {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn as_many_as_asked_are_drawn_in_the_order_of_the_list() {
        let some_of = read("of = [{ gain = {} }, { polarity = {} }, { shift = {} }, { noise = {} }]\ncount = [1, 3]");
        let mut seen = [0; 5];
        for seed in 0..3000 {
            let drawn = some_of.drawn(&mut stream(seed));
            let places: Vec<usize> = drawn.iter().map(|s| some_of.of.iter().position(|o| o == *s).unwrap()).collect();
            assert!(places.is_sorted_by(|a, b| a < b), "{places:?}");
            seen[places.len()] += 1;
        }
        assert!(seen[0] == 0 && seen[4] == 0 && seen[1..4].iter().all(|n| (900..1100).contains(n)), "{seen:?}");
    }

    #[test]
    fn counts_that_the_list_cannot_fill_are_problems() {
        let keys = |text: &str| read(text).check(&Context::default()).into_iter().map(|p| p.key).collect::<Vec<_>>();
        assert_eq!(keys("of = [{ gain = {} }]"), ["count"]);
        assert_eq!(keys("of = [{ gain = {} }]\ncount = [1, 0]"), ["count"]);
        assert_eq!(keys("count = [0, 1]"), ["of"]);
        assert!(keys("of = [{ gain = {} }]\ncount = [0, 1]").is_empty());
    }
}
