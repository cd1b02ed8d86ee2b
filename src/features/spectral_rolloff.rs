//! Spectral rolloff: below which frequency most of a spectrum lies.

use super::extract::{Compute, Input, Kernel, checked};
use super::framing::Framing;
use super::spectral_centroid::MAGNITUDE;
use super::stft::{SpectrumKinds, StftSettings};
use super::{FeatureError, Frames};

crate::settings! {
    /// Spectral rolloff in Hz: the first bin at which the running sum of |D| reaches roll_percent of the whole, 0 for
    /// silence (librosa `spectral_rolloff`).
    pub struct SpectralRolloff {
        include pub stft: StftSettings;
        /// Share of the spectrum below the rolloff, as a fraction.
        pub roll_percent: f64 = 0.85, in 0.001..=0.999;
    }
    check: checked;
}

impl Compute for SpectralRolloff {
    fn framing(&self) -> Framing {
        self.stft.framing()
    }
    fn stft(&self) -> Option<(StftSettings, SpectrumKinds)> {
        Some((self.stft, MAGNITUDE))
    }
    fn kernel(&self, sample_rate_hz: u32) -> Box<dyn Kernel> {
        Box::new(RolloffKernel {
            frequencies: self.stft.frequencies_hz(sample_rate_hz),
            share: self.roll_percent as f32,
        })
    }
}

struct RolloffKernel {
    frequencies: Vec<f64>,
    share: f32,
}

impl Kernel for RolloffKernel {
    fn compute(&self, clip: &Input<'_>) -> Result<Frames, FeatureError> {
        let spectra = clip.spectra();
        let frames = spectra.magnitude.chunks_exact(spectra.bins);
        Ok(Frames::one_bin(frames.map(|frame| self.frequencies[rolloff_bin(frame, self.share)] as f32).collect()))
    }
}

/// Summed one by one in f32: the bin is where librosa's rounding puts it, not a neighbour.
fn rolloff_bin(magnitudes: &[f32], share: f32) -> usize {
    let total: f32 = magnitudes.iter().fold(0.0, |sum, m| sum + m);
    let threshold = share * total;
    let mut sum = 0.0f32;
    magnitudes
        .iter()
        .position(|m| {
            sum += m;
            sum >= threshold
        })
        .unwrap_or(magnitudes.len() - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rolloff_is_the_first_bin_that_reaches_the_share() {
        assert_eq!(rolloff_bin(&[1.0, 1.0, 1.0, 1.0], 0.5), 1);
        assert_eq!(rolloff_bin(&[1.0, 1.0, 1.0, 1.0], 0.51), 2);
        assert_eq!(rolloff_bin(&[0.0; 4], 0.85), 0);
    }
}
