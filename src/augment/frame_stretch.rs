//! Faster or slower speech, on the features.

use super::dsp::level::{draw, ordered};
use super::{Effect, Stage};
use crate::features::{Feature, Frames};
use crate::kind::{Context, Problem};
use crate::seed::Stream;

crate::settings! {
    /// Stretches the time of all features of a clip by one factor, by linear interpolation between frames: speed perturbation (Ko et
    /// al. 2015) at the price of copying a spectrogram. Pitch stays.
    pub struct FrameStretch {
        /// Frames after per frame before, drawn from this range: below 1 faster, above slower.
        pub factor: [f64; 2] = [0.85, 1.2], in 0.1..=10.0;
    }
    check: FrameStretch::check;
}

impl FrameStretch {
    fn check(&self, _: &Context) -> Vec<Problem> {
        ordered("factor", self.factor).into_iter().collect()
    }
}

impl Effect for FrameStretch {
    fn stage(&self) -> Stage {
        Stage::Clip
    }

    fn idle(&self, features: &[Feature]) -> Option<&'static str> {
        let why = "the features are one vector a clip, which has no time to stretch";
        features.iter().all(Feature::is_vector).then_some(why)
    }

    fn clip(&self, _: &[Feature], frames: &mut [Frames], stream: &mut Stream) {
        let factor = draw(self.factor, stream);
        frames.iter_mut().for_each(|frames| frames.stretch(factor));
    }
}

#[cfg(test)]
mod tests {
    use super::super::dsp::probe::stream;
    use super::*;

    #[test]
    fn all_features_of_a_clip_are_stretched_alike() {
        let of = |bins| Frames { bins, frames: 40, data: vec![1.0; bins * 40] };
        let mut lengths = std::collections::BTreeSet::new();
        for seed in 0..50 {
            let mut clip = [of(3), of(1)];
            FrameStretch::default().clip(&[], &mut clip, &mut stream(seed));
            assert_eq!(clip[0].frames, clip[1].frames);
            lengths.insert(clip[0].frames);
        }
        assert!(*lengths.first().unwrap() >= 34 && *lengths.last().unwrap() <= 48 && lengths.len() > 8, "{lengths:?}");
    }
}
