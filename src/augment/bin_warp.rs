//! Longer and shorter vocal tracts, on the features.

use super::dsp::level::{draw, ordered};
use super::{Effect, Stage};
use crate::features::{Feature, Frames};
use crate::kind::{Context, Problem};
use crate::seed::Stream;

crate::settings! {
    /// Warps the frequencies of all features of a clip by one factor, by linear interpolation between bins: vocal tract length
    /// perturbation (Jaitly and Hinton 2013), on the bands themselves. Features whose bins are no frequencies stay as they are.
    pub struct BinWarp {
        /// Where a bin is taken from, per where it lies, drawn from this range: below 1 formants rise, above they fall.
        pub factor: [f64; 2] = [0.92, 1.08], in 0.1..=10.0;
    }
    check: BinWarp::check;
}

impl BinWarp {
    fn check(&self, _: &Context) -> Vec<Problem> {
        ordered("factor", self.factor).into_iter().collect()
    }
}

impl Effect for BinWarp {
    fn stage(&self) -> Stage {
        Stage::Clip
    }

    fn idle(&self, features: &[Feature]) -> Option<&'static str> {
        let why = "no feature has bands of frequency to warp, as `mel` and `log-mel` do";
        (!features.iter().any(Feature::has_bands)).then_some(why)
    }

    fn clip(&self, features: &[Feature], frames: &mut [Frames], stream: &mut Stream) {
        let factor = draw(self.factor, stream);
        let bands = features.iter().zip(frames).filter(|(feature, _)| feature.has_bands());
        bands.for_each(|(_, frames)| frames.warp(factor));
    }
}

#[cfg(test)]
mod tests {
    use super::super::dsp::probe::stream;
    use super::*;
    use crate::features::{LogMel, Zcr};

    #[test]
    fn bands_are_warped_alike_and_nothing_else() {
        let ramp = Frames { bins: 128, frames: 1, data: (0..128).map(|v| v as f32).collect() };
        let features =
            [Feature::LogMel(LogMel::default()), Feature::LogMel(LogMel::default()), Feature::Zcr(Zcr::default())];
        for seed in 0..20 {
            let mut clip = [ramp.clone(), ramp.clone(), ramp.clone()];
            BinWarp::default().clip(&features, &mut clip, &mut stream(seed));
            assert_eq!((&clip[0], &clip[2]), (&clip[1], &ramp));
            let factor = clip[0].data[100] / 100.0;
            assert!((0.92..=1.08).contains(&factor) && clip[0] != ramp, "{factor}");
        }
    }
}
