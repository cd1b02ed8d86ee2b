//! Spectral bandwidth: how far a spectrum spreads around its centroid.

use super::extract::{Compute, Input, Kernel, checked};
use super::framing::Framing;
use super::spectral_centroid::{MAGNITUDE, centroid_hz, total};
use super::stft::{SpectrumKinds, StftSettings};
use super::{FeatureError, Frames};
use crate::kind::above_to;

crate::settings! {
    /// Spectral bandwidth in Hz: (sum(S |f - centroid|^p))^(1/p) with S = |D| / sum(|D|), 0 for silence (librosa
    /// `spectral_bandwidth`).
    pub struct SpectralBandwidth {
        include pub stft: StftSettings;
        /// Exponent of the distance: 2 is a standard deviation.
        pub p: f64 = 2.0, in above_to(0.0, 10.0);
    }
    check: checked;
}

impl Compute for SpectralBandwidth {
    fn framing(&self) -> Framing {
        self.stft.framing()
    }
    fn stft(&self) -> Option<(StftSettings, SpectrumKinds)> {
        Some((self.stft, MAGNITUDE))
    }
    fn kernel(&self, sample_rate_hz: u32) -> Box<dyn Kernel> {
        Box::new(BandwidthKernel { frequencies: self.stft.frequencies_hz(sample_rate_hz), p: self.p })
    }
}

struct BandwidthKernel {
    frequencies: Vec<f64>,
    p: f64,
}

impl Kernel for BandwidthKernel {
    fn compute(&self, clip: &Input<'_>) -> Result<Frames, FeatureError> {
        let spectra = clip.spectra();
        let frames = spectra.magnitude.chunks_exact(spectra.bins);
        Ok(Frames::one_bin(frames.map(|frame| bandwidth_hz(frame, &self.frequencies, self.p) as f32).collect()))
    }
}

fn bandwidth_hz(magnitudes: &[f32], frequencies: &[f64], p: f64) -> f64 {
    let centroid = centroid_hz(magnitudes, frequencies);
    let spread = |f: f64| if p == 2.0 { (f - centroid) * (f - centroid) } else { (f - centroid).abs().powf(p) };
    let sum: f64 = magnitudes.iter().zip(frequencies).map(|(m, f)| f64::from(*m) * spread(*f)).sum();
    (sum / total(magnitudes)).powf(1.0 / p)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_equal_lines_are_half_their_distance_wide() {
        let frequencies = [100.0, 200.0, 300.0];
        for p in [1.0, 2.0, 3.0] {
            assert!((bandwidth_hz(&[2.0, 0.0, 2.0], &frequencies, p) - 100.0).abs() < 1e-9);
        }
        assert_eq!(bandwidth_hz(&[0.0; 3], &frequencies, 2.0), 0.0);
    }
}
