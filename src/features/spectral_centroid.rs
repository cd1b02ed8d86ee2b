//! Spectral centroid: where the middle of a spectrum lies.

use super::extract::{Compute, Input, Kernel, checked};
use super::framing::Framing;
use super::stft::{SpectrumKinds, StftSettings};
use super::{FeatureError, Frames};

crate::settings! {
    /// Spectral centroid in Hz: sum(f |D|) / sum(|D|), 0 for silence (librosa `spectral_centroid`). Bright sounds are high.
    pub struct SpectralCentroid {
        include pub stft: StftSettings;
    }
    check: checked;
}

/// A transform that is read as magnitudes.
pub(super) const MAGNITUDE: SpectrumKinds = SpectrumKinds { magnitude: true, power: false };

impl Compute for SpectralCentroid {
    fn framing(&self) -> Framing {
        self.stft.framing()
    }
    fn stft(&self) -> Option<(StftSettings, SpectrumKinds)> {
        Some((self.stft, MAGNITUDE))
    }
    fn kernel(&self, sample_rate_hz: u32) -> Box<dyn Kernel> {
        Box::new(CentroidKernel { frequencies: self.stft.frequencies_hz(sample_rate_hz) })
    }
}

struct CentroidKernel {
    frequencies: Vec<f64>,
}

impl Kernel for CentroidKernel {
    fn compute(&self, clip: &Input<'_>) -> Result<Frames, FeatureError> {
        let spectra = clip.spectra();
        let frames = spectra.magnitude.chunks_exact(spectra.bins);
        Ok(Frames::one_bin(frames.map(|frame| centroid_hz(frame, &self.frequencies) as f32).collect()))
    }
}

/// The sum that a spectrum is divided by: its own, or 1 where that is too small for f32 (librosa `util.normalize`).
pub(super) fn total(magnitudes: &[f32]) -> f64 {
    let sum: f64 = magnitudes.iter().map(|m| f64::from(*m)).sum();
    if sum < f64::from(f32::MIN_POSITIVE) { 1.0 } else { sum }
}

/// Centroid of one spectrum in Hz.
pub(super) fn centroid_hz(magnitudes: &[f32], frequencies: &[f64]) -> f64 {
    magnitudes.iter().zip(frequencies).map(|(m, f)| f64::from(*m) * f).sum::<f64>() / total(magnitudes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_centroid_is_the_weighted_mean_frequency() {
        assert_eq!(centroid_hz(&[0.0, 1.0, 3.0], &[0.0, 100.0, 200.0]), 175.0);
        assert_eq!(centroid_hz(&[0.0; 3], &[0.0, 100.0, 200.0]), 0.0);
    }
}
