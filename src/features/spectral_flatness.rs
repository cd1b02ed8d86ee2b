//! Spectral flatness: how much a spectrum is like noise.

use super::decibel::ln;
use super::extract::{Compute, Input, Kernel, checked};
use super::floor::Floor;
use super::framing::Framing;
use super::spectral_centroid::MAGNITUDE;
use super::stft::{SpectrumKinds, StftSettings};
use super::{FeatureError, Frames};
use crate::kind::above_to;

crate::settings! {
    /// Spectral flatness in (0, 1]: geometric over arithmetic mean of max(amin, |D|^power) (librosa `spectral_flatness`).
    /// Near 1 for noise and for silence, near 0 for a tone.
    pub struct SpectralFlatness {
        include pub stft: StftSettings;
        /// Exponent of the magnitude: 2 for power.
        pub power: f64 = 2.0, in above_to(0.0, 4.0);
        /// The smallest value told from silence.
        pub amin: f64 = 1e-10, in 1e-30..=1.0;
    }
    check: checked;
}

impl SpectralFlatness {
    fn flatness(&self, magnitudes: &[f32]) -> f32 {
        let (amin, exponent) = (self.amin as f32, self.power as f32);
        let value = |m: f32| {
            let value = if exponent == 2.0 { m * m } else { m.powf(exponent) };
            if value > amin { value } else { amin }
        };
        // Four sums side by side, so that one addition need not wait for the one before.
        let (fours, rest) = magnitudes.as_chunks::<4>();
        let (mut logarithms, mut sums) = ([0.0f64; 4], [0.0f64; 4]);
        for four in fours {
            for i in 0..4 {
                let value = value(four[i]);
                logarithms[i] += ln(value);
                sums[i] += f64::from(value);
            }
        }
        let n = magnitudes.len() as f64;
        let logarithm: f64 = logarithms.iter().sum::<f64>() + rest.iter().map(|m| ln(value(*m))).sum::<f64>();
        let sum: f64 = sums.iter().sum::<f64>() + rest.iter().map(|m| f64::from(value(*m))).sum::<f64>();
        ((logarithm / n).exp() / (sum / n)) as f32
    }
}

impl Compute for SpectralFlatness {
    fn framing(&self) -> Framing {
        self.stft.framing()
    }
    fn stft(&self) -> Option<(StftSettings, SpectrumKinds)> {
        Some((self.stft, MAGNITUDE))
    }
    /// Silence is perfectly flat.
    fn floor(&self) -> Floor {
        Floor::Fixed { values: vec![1.0] }
    }
    fn kernel(&self, _sample_rate_hz: u32) -> Box<dyn Kernel> {
        Box::new(self.clone())
    }
}

impl Kernel for SpectralFlatness {
    fn compute(&self, clip: &Input<'_>) -> Result<Frames, FeatureError> {
        let spectra = clip.spectra();
        Ok(Frames::one_bin(spectra.magnitude.chunks_exact(spectra.bins).map(|frame| self.flatness(frame)).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_magnitudes_and_silence_are_flat_and_a_line_is_not() {
        let flatness = SpectralFlatness::default();
        assert!((flatness.flatness(&[0.3; 9]) - 1.0).abs() < 1e-6);
        assert!((flatness.flatness(&[0.0; 9]) - 1.0).abs() < 1e-6);
        // Powers 1 and 4: geometric mean 2, arithmetic mean 2.5.
        assert!((flatness.flatness(&[1.0, 2.0]) - 0.8).abs() < 1e-6);
        assert!(flatness.flatness(&[0.0, 0.0, 1.0, 0.0]) < 1e-6);
    }
}
