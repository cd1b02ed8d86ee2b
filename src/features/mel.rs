//! Mel spectrogram.

use super::extract::{Compute, Input, Kernel, checked};
use super::framing::Framing;
use super::mel_filters::{MelBands, MelFilters, MelNorm};
use super::stft::{Spectra, SpectrumKinds, StftSettings};
use super::{FeatureError, Frames};
use crate::kind::{Problem, above, above_to};

crate::settings! {
    /// Mel spectrogram: |D|^power weighted by n_mels triangular filters, [n_mels, frames] (librosa `melspectrogram`).
    /// Linear; networks usually learn better from log-mel.
    pub struct Mel {
        include pub stft: StftSettings;
        /// Mel bands.
        pub n_mels: usize = 128, in 1..=1024;
        /// Lower edge of the lowest band in Hz.
        pub fmin: f64 = 0.0, in 0.0..;
        /// Upper edge of the highest band in Hz; "none" for half the sample rate.
        pub fmax: Option<f64> = None, in above(0.0);
        /// HTK's mel formula instead of Slaney's.
        pub htk: bool = false;
        /// "slaney" gives all bands about the same area, "none" peaks of 1.
        pub norm: MelNorm = MelNorm::Slaney;
        /// Exponent of the magnitude: 2 for power, 1 for magnitude.
        pub power: f64 = 2.0, in above_to(0.0, 4.0);
    }
    check: checked;
}

impl Mel {
    /// Where its bands lie.
    pub fn bands(&self) -> MelBands {
        MelBands { n_mels: self.n_mels, fmin: self.fmin, fmax: self.fmax, htk: self.htk, norm: self.norm }
    }
}

/// Problems of a frequency range in Hz.
pub(super) fn check_frequencies(fmin: f64, fmax: Option<f64>, sample_rate_hz: u32) -> Vec<Problem> {
    let nyquist = f64::from(sample_rate_hz) / 2.0;
    let high = fmax.unwrap_or(nyquist);
    let mut problems = Vec::new();
    if high > nyquist {
        let message = format!("{high} Hz is above half the sample rate; allowed: up to {nyquist} Hz");
        problems.push(Problem::new("fmax", message));
    }
    if fmin >= high {
        problems.push(Problem::new("fmin", format!("{fmin} Hz is not below fmax ({high} Hz)")));
    }
    problems
}

impl Compute for Mel {
    fn bins(&self) -> usize {
        self.n_mels
    }
    fn framing(&self) -> Framing {
        self.stft.framing()
    }
    fn stft(&self) -> Option<(StftSettings, SpectrumKinds)> {
        let power = self.power == 2.0;
        Some((self.stft, SpectrumKinds { magnitude: !power, power }))
    }
    fn check(&self, sample_rate_hz: u32) -> Vec<Problem> {
        let mut problems = Vec::new();
        problems.extend(check_frequencies(self.fmin, self.fmax, sample_rate_hz));
        if problems.is_empty() {
            let empty = MelFilters::new(&self.bands(), self.stft.n_fft, sample_rate_hz).empty();
            if let Some(first) = empty.first() {
                let message = format!(
                    "{} of {} bands (the first is band {first}) are narrower than one bin of n_fft = {} and would always \
                     be 0; use fewer bands, a larger n_fft or a higher fmin",
                    empty.len(),
                    self.n_mels,
                    self.stft.n_fft
                );
                problems.push(Problem::new("n_mels", message));
            }
        }
        problems
    }
    fn has_bands(&self) -> bool {
        true
    }
    fn kernel(&self, sample_rate_hz: u32) -> Box<dyn Kernel> {
        Box::new(MelKernel::new(self, sample_rate_hz))
    }
}

/// The filters of a mel spectrogram, ready to be applied.
pub(super) struct MelKernel {
    filters: MelFilters,
    power: f64,
}

impl MelKernel {
    pub(super) fn new(settings: &Mel, sample_rate_hz: u32) -> Self {
        Self { filters: MelFilters::new(&settings.bands(), settings.stft.n_fft, sample_rate_hz), power: settings.power }
    }

    /// [n_mels, frames] of a clip's spectra.
    pub(super) fn mel(&self, spectra: &Spectra) -> Frames {
        let mut values = Vec::with_capacity(spectra.frames * self.filters.n_mels());
        if self.power == 2.0 {
            for power in spectra.power.chunks_exact(spectra.bins) {
                self.filters.apply(power, &mut values);
            }
        } else {
            let exponent = self.power as f32;
            let mut raised = vec![0.0; spectra.bins];
            for magnitude in spectra.magnitude.chunks_exact(spectra.bins) {
                if exponent == 1.0 {
                    self.filters.apply(magnitude, &mut values);
                } else {
                    raised.iter_mut().zip(magnitude).for_each(|(r, m)| *r = m.powf(exponent));
                    self.filters.apply(&raised, &mut values);
                }
            }
        }
        Frames::from_frame_major(self.filters.n_mels(), &values)
    }
}

impl Kernel for MelKernel {
    fn compute(&self, clip: &Input<'_>) -> Result<Frames, FeatureError> {
        Ok(self.mel(clip.spectra()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Feature;
    use super::*;

    #[test]
    fn a_tone_is_loudest_in_its_own_band() {
        let mel = Mel {
            n_mels: 40,
            stft: crate::features::StftSettings { n_fft: 1024, hop_length: 256, ..Default::default() },
            ..Mel::default()
        };
        for hz in [250.0, 1000.0, 3000.0, 6000.0] {
            let tone: Vec<f32> =
                (0..16_000).map(|i| (std::f64::consts::TAU * hz * f64::from(i) / 16_000.0).sin() as f32).collect();
            let frames = Feature::Mel(mel.clone()).extract(&tone, 16_000).unwrap();
            let level = |band: &usize| f64::from(frames.row(*band)[20]);
            let loudest = (0..40).max_by(|a, b| level(a).total_cmp(&level(b))).unwrap();
            let edges = mel.bands().edges_hz(16_000);
            assert!(edges[loudest] < hz && hz < edges[loudest + 2], "{hz} Hz in band {loudest}");
        }
    }

    #[test]
    fn the_exponent_is_applied_to_the_magnitude() {
        let tone: Vec<f32> = (0..4000).map(|i| ((i % 16) as f32 / 8.0 - 1.0) * 0.3).collect();
        let of = |power| {
            let mel = Mel { power, norm: MelNorm::None, n_mels: 20, ..Mel::default() };
            Feature::Mel(mel).extract(&tone, 16_000).unwrap().data
        };
        for (nearly, exact) in of(2.0 + 1e-9).iter().zip(of(2.0)) {
            assert!((nearly - exact).abs() <= 1e-5 * exact + 1e-6, "{nearly} {exact}");
        }
        assert!(of(1.0).iter().sum::<f32>() < of(2.0).iter().sum::<f32>());
    }

    #[test]
    fn bands_without_a_bin_and_impossible_edges_are_problems() {
        let keys = |mel: Mel| mel.check(16_000).into_iter().map(|p| p.key).collect::<Vec<_>>();
        assert_eq!(
            keys(Mel {
                n_mels: 256,
                stft: crate::features::StftSettings { n_fft: 512, ..Default::default() },
                ..Mel::default()
            }),
            ["n_mels"]
        );
        assert_eq!(keys(Mel { fmax: Some(9000.0), ..Mel::default() }), ["fmax"]);
        assert_eq!(keys(Mel { fmin: 4000.0, fmax: Some(300.0), ..Mel::default() }), ["fmin"]);
        assert!(keys(Mel::default()).is_empty());
    }
}
