//! Spectral contrast: peaks against valleys in octave bands.

use super::decibel::Decibels;
use super::extract::{Compute, Input, Kernel, checked};
use super::framing::Framing;
use super::spectral_centroid::MAGNITUDE;
use super::stft::{SpectrumKinds, StftSettings};
use super::{FeatureError, Frames};
use crate::kind::{Problem, above};
use std::ops::Range;

crate::settings! {
    /// Spectral contrast in dB, [n_bands + 1, frames]: in each octave band from fmin on, and in the one below, the mean of the
    /// loudest bins against that of the quietest (Jiang et al. 2002; librosa `spectral_contrast`).
    pub struct SpectralContrast {
        include pub stft: StftSettings;
        /// Upper edge of the lowest band in Hz; each further band is an octave wide.
        pub fmin: f64 = 200.0, in above(0.0);
        /// Octave bands above fmin.
        pub n_bands: usize = 6, in 1..=16;
        /// Share of a band's bins that make its peak, and as many its valley.
        pub quantile: f64 = 0.02, in 0.0001..=0.5;
        /// Difference of magnitudes instead of decibels.
        pub linear: bool = false;
    }
    check: checked;
}

/// The bins of one band and how many of them make the peak.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Band {
    bins: Range<usize>,
    count: usize,
}

impl SpectralContrast {
    /// The bands as librosa cuts them: every band but the first also takes the bin below it, the last one all above, and
    /// all but the last then lose their top bin; the share is taken of the bins before that loss. `None`: no bin lies in it.
    fn bands(&self, sample_rate_hz: u32) -> Vec<Option<Band>> {
        let frequencies = self.stft.frequencies_hz(sample_rate_hz);
        let edge = |k: usize| if k == 0 { 0.0 } else { self.fmin * 2.0f64.powi(k as i32 - 1) };
        (0..=self.n_bands)
            .map(|k| {
                let first = frequencies.iter().position(|f| *f >= edge(k))?;
                let end = frequencies.iter().rposition(|f| *f <= edge(k + 1))? + 1;
                if first >= end {
                    return None;
                }
                let first = if k > 0 { first.saturating_sub(1) } else { first };
                let end = if k == self.n_bands { frequencies.len() } else { end };
                let count = (self.quantile * (end - first) as f64).round_ties_even().max(1.0) as usize;
                let bins = first..if k < self.n_bands { end - 1 } else { end };
                (!bins.is_empty()).then_some(Band { bins, count })
            })
            .collect()
    }
}

impl Compute for SpectralContrast {
    fn bins(&self) -> usize {
        self.n_bands + 1
    }
    fn framing(&self) -> Framing {
        self.stft.framing()
    }
    fn stft(&self) -> Option<(StftSettings, SpectrumKinds)> {
        Some((self.stft, MAGNITUDE))
    }
    fn check(&self, sample_rate_hz: u32) -> Vec<Problem> {
        let mut problems = Vec::new();
        let nyquist = f64::from(sample_rate_hz) / 2.0;
        let last = self.fmin * 2.0f64.powi(self.n_bands as i32 - 1);
        if last >= nyquist {
            let message = format!(
                "{} octaves from {} Hz begin at up to {last} Hz, half the sample rate is {nyquist} Hz; use fewer bands or a \
                 lower fmin",
                self.n_bands, self.fmin
            );
            problems.push(Problem::new("n_bands", message));
        } else if let Some(k) = self.bands(sample_rate_hz).iter().position(Option::is_none) {
            let message = format!("band {k} holds no bin of n_fft = {}; use a larger n_fft or fmin", self.stft.n_fft);
            problems.push(Problem::new("n_fft", message));
        }
        problems
    }
    // The floor is 0: a flat spectrum. The dB of peaks and valleys are floored apart from each other, against maxima that the
    // contrast no longer tells.
    fn kernel(&self, sample_rate_hz: u32) -> Box<dyn Kernel> {
        Box::new(ContrastKernel {
            bands: self.bands(sample_rate_hz).into_iter().flatten().collect(),
            linear: self.linear,
        })
    }
}

struct ContrastKernel {
    bands: Vec<Band>,
    linear: bool,
}

impl Kernel for ContrastKernel {
    fn compute(&self, clip: &Input<'_>) -> Result<Frames, FeatureError> {
        let spectra = clip.spectra();
        let (bands, frames) = (self.bands.len(), spectra.frames);
        let (mut peaks, mut valleys) = (vec![0.0f64; bands * frames], vec![0.0f64; bands * frames]);
        let mut sorted = Vec::new();
        for (t, spectrum) in spectra.magnitude.chunks_exact(spectra.bins).enumerate() {
            for (b, band) in self.bands.iter().enumerate() {
                sorted.clear();
                sorted.extend_from_slice(&spectrum[band.bins.clone()]);
                (valleys[b * frames + t], peaks[b * frames + t]) = extremes(&mut sorted, band.count);
            }
        }
        if !self.linear {
            Decibels::default().apply_f64(&mut peaks);
            Decibels::default().apply_f64(&mut valleys);
        }
        let data = peaks.iter().zip(&valleys).map(|(peak, valley)| (peak - valley) as f32).collect();
        Ok(Frames { bins: bands, frames, data })
    }
}

/// Means of the `count` smallest and the `count` largest values; sorts no more than it needs.
fn extremes(values: &mut [f32], count: usize) -> (f64, f64) {
    let count = count.min(values.len());
    let mean = |part: &[f32]| part.iter().map(|v| f64::from(*v)).sum::<f64>() / count as f64;
    values.select_nth_unstable_by(count - 1, f32::total_cmp);
    let low = mean(&values[..count]);
    let first_high = values.len() - count;
    values.select_nth_unstable_by(first_high, f32::total_cmp);
    (low, mean(&values[first_high..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extremes_are_means_of_the_ends() {
        assert_eq!(extremes(&mut [5.0, 1.0, 4.0, 2.0, 3.0], 2), (1.5, 4.5));
        assert_eq!(extremes(&mut [7.0], 3), (7.0, 7.0));
    }

    #[test]
    fn bands_are_octaves_that_overlap_by_a_bin_below() {
        let bands: Vec<Band> = SpectralContrast::default().bands(16_000).into_iter().flatten().collect();
        assert_eq!(bands.len(), 7);
        // 7.8125 Hz a bin: 0-200 Hz are bins 0-25, 200-400 Hz 26-51; each loses its top bin, later ones gain one below.
        assert_eq!((bands[0].bins.clone(), bands[1].bins.clone()), (0..25, 25..51));
        assert_eq!(bands[6].bins.end, 1025);
        assert_eq!(bands[6].count, 4, "the last band is 6400-8000 Hz: 0.02 of 206 bins");
    }

    #[test]
    fn bands_above_half_the_rate_or_without_a_bin_are_problems() {
        let keys = |s: SpectralContrast, rate| s.check(rate).into_iter().map(|p| p.key).collect::<Vec<_>>();
        assert_eq!(keys(SpectralContrast::default(), 8_000), ["n_bands"]);
        let short = SpectralContrast {
            fmin: 100.0,
            stft: crate::features::StftSettings { n_fft: 64, hop_length: 16, ..Default::default() },
            ..SpectralContrast::default()
        };
        assert_eq!(keys(short, 16_000), ["n_fft"]);
        assert!(keys(SpectralContrast::default(), 16_000).is_empty());
    }
}
