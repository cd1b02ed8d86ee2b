//! Root mean square.

use super::extract::{Define, Input, Kernel, checked};
use super::framing::{Framing, PadMode, sums_of_squares};
use super::{FeatureError, Frames};
use crate::kind::Problem;

crate::settings! {
    /// Root mean square of each frame, sqrt(sum x^2 / frame_length), in the samples' own unit (librosa `rms`): loudness as
    /// an amplitude.
    pub struct Rms {
        /// Samples a frame.
        pub frame_length: usize = 2048, in 16..=65536;
        /// Samples between two frames.
        pub hop_length: usize = 512, in 1..=65536;
        /// Whether frame t is centred on sample t * hop_length; `pad_mode` says what is added at both ends for it.
        pub center: bool = true;
        /// What is added at the ends: "constant" (zeros), "reflect" (the clip mirrored, as librosa before 0.10 did) or "edge".
        pub pad_mode: PadMode = PadMode::Constant;
    }
    check: checked;
}

impl Define for Rms {
    fn framing(&self) -> Framing {
        Framing {
            frame_length: self.frame_length,
            hop_length: self.hop_length,
            center: self.center,
            pad_mode: self.pad_mode,
        }
    }
    fn check(&self, _sample_rate_hz: u32) -> Vec<Problem> {
        self.framing().check("frame_length")
    }
    fn kernel(&self, _sample_rate_hz: u32) -> Box<dyn Kernel> {
        Box::new(self.clone())
    }
}

impl Kernel for Rms {
    fn compute(&self, clip: &Input<'_>) -> Result<Frames, FeatureError> {
        let length = self.frame_length as f64;
        let sums = sums_of_squares(clip.samples, &self.framing());
        Ok(Frames::one_bin(sums.into_iter().map(|sum| (sum / length).sqrt() as f32).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Feature;
    use super::*;

    #[test]
    fn a_constant_has_its_own_size_as_rms() {
        let rms = Feature::Rms(Rms { frame_length: 32, hop_length: 32, center: false, ..Rms::default() });
        assert_eq!(rms.extract(&[-0.5; 64], 16_000).unwrap().data, [0.5, 0.5]);
        // Centred, half of the first frame is padding.
        let rms = Feature::Rms(Rms { frame_length: 32, hop_length: 32, ..Rms::default() });
        assert_eq!(rms.extract(&[-0.5; 64], 16_000).unwrap().data[0], 0.125f32.sqrt());
    }
}
