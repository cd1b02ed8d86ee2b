//! Root mean square.

use super::extract::{Compute, Input, Kernel, checked};
use super::framing::{Framing, sums_of_squares};
use super::{FeatureError, Frames};

crate::settings! {
    /// Root mean square of each frame, sqrt(sum x^2 / frame_length), in the samples' own unit (librosa `rms`): loudness as
    /// an amplitude.
    pub struct Rms {
        include pub framing: Framing;
    }
    check: checked;
}

impl Compute for Rms {
    fn framing(&self) -> Framing {
        self.framing
    }
    fn kernel(&self, _sample_rate_hz: u32) -> Box<dyn Kernel> {
        Box::new(self.clone())
    }
}

impl Kernel for Rms {
    fn compute(&self, clip: &Input<'_>) -> Result<Frames, FeatureError> {
        let length = self.framing.frame_length as f64;
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
        let rms = Feature::Rms(Rms {
            framing: crate::features::Framing {
                frame_length: 32,
                hop_length: 32,
                center: false,
                ..Rms::default().framing
            },
        });
        assert_eq!(rms.extract(&[-0.5; 64], 16_000).unwrap().data, [0.5, 0.5]);
        // Centred, half of the first frame is padding.
        let rms = Feature::Rms(Rms {
            framing: crate::features::Framing { frame_length: 32, hop_length: 32, ..Rms::default().framing },
        });
        assert_eq!(rms.extract(&[-0.5; 64], 16_000).unwrap().data[0], 0.125f32.sqrt());
    }
}
