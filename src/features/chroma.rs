//! Chroma: energy by pitch class.

use super::extract::{Compute, Input, Kernel, checked};
use super::framing::Framing;
use super::mel_filters::dot;
use super::stft::{SpectrumKinds, StftSettings};
use super::{FeatureError, Frames};

crate::settings! {
    /// Chroma, [n_chroma, frames], each frame divided by its maximum: power by pitch class, octaves folded together, C first
    /// (Ellis 2007; librosa `chroma_stft`).
    pub struct Chroma {
        include pub stft: StftSettings;
        /// Pitch classes an octave.
        pub n_chroma: usize = 12, in 1..=96;
        /// Deviation from A = 440 Hz in pitch classes. librosa guesses it for each clip unless told; speech is not tuned.
        pub tuning: f64 = 0.0, in -1.0..=1.0;
    }
    check: checked;
}

// Bins count most around the fifth octave and less by a Gaussian two octaves wide (Ellis' choice for music and voice).
const CENTRE_OCTAVE: f64 = 5.0;
const OCTAVE_WIDTH: f64 = 2.0;

impl Chroma {
    /// n_chroma rows of n_fft / 2 + 1 weights (librosa `filters.chroma`).
    fn filters(&self, sample_rate_hz: u32) -> Vec<Vec<f32>> {
        let n = self.n_chroma as f64;
        let a_hz = 440.0 * 2.0f64.powf(self.tuning / n);
        let bins = self.stft.bins();
        // Each FFT bin as a number of pitch classes above A0. Bin 0 has none: it is put 1.5 octaves below bin 1.
        let pitch = |k: usize| {
            let hz = k as f64 * f64::from(sample_rate_hz) / self.stft.n_fft as f64;
            n * (hz / (a_hz / 16.0)).log2()
        };
        let pitches: Vec<f64> = (0..=bins).map(|k| if k == 0 { pitch(1) - 1.5 * n } else { pitch(k) }).collect();
        let half = (n / 2.0).round_ties_even();
        let mut filters = vec![vec![0.0f32; bins]; self.n_chroma];
        for k in 0..bins {
            let width = (pitches[k + 1] - pitches[k]).max(1.0);
            let column: Vec<f64> = (0..self.n_chroma)
                .map(|c| {
                    let distance = (pitches[k] - c as f64 + half + 10.0 * n).rem_euclid(n) - half;
                    (-0.5 * (2.0 * distance / width).powi(2)).exp()
                })
                .collect();
            let length = column.iter().map(|w| w * w).sum::<f64>().sqrt();
            let octave = (-0.5 * ((pitches[k] / n - CENTRE_OCTAVE) / OCTAVE_WIDTH).powi(2)).exp();
            for (c, weight) in column.iter().enumerate() {
                // Pitches count from A; rows begin at C, three semitones on.
                let row = (c + self.n_chroma - 3 * (self.n_chroma / 12)) % self.n_chroma;
                filters[row][k] = (weight / length * octave) as f32;
            }
        }
        filters
    }
}

impl Compute for Chroma {
    fn bins(&self) -> usize {
        self.n_chroma
    }
    fn framing(&self) -> Framing {
        self.stft.framing()
    }
    fn stft(&self) -> Option<(StftSettings, SpectrumKinds)> {
        Some((self.stft, SpectrumKinds { magnitude: false, power: true }))
    }
    fn kernel(&self, sample_rate_hz: u32) -> Box<dyn Kernel> {
        Box::new(ChromaKernel { filters: self.filters(sample_rate_hz) })
    }
}

struct ChromaKernel {
    filters: Vec<Vec<f32>>,
}

impl Kernel for ChromaKernel {
    fn compute(&self, clip: &Input<'_>) -> Result<Frames, FeatureError> {
        let spectra = clip.spectra();
        let mut values = Vec::with_capacity(spectra.frames * self.filters.len());
        for spectrum in spectra.power.chunks_exact(spectra.bins) {
            let start = values.len();
            values.extend(self.filters.iter().map(|filter| dot(filter, spectrum)));
            let largest = values[start..].iter().copied().fold(0.0f32, f32::max);
            if largest >= f32::MIN_POSITIVE {
                values[start..].iter_mut().for_each(|v| *v /= largest);
            }
        }
        Ok(Frames::from_frame_major(self.filters.len(), &values))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Feature;
    use super::*;

    #[test]
    fn a_tone_is_loudest_in_its_pitch_class_in_every_octave() {
        for (hz, class) in [(440.0, 9), (880.0, 9), (523.251, 0), (329.628, 4)] {
            let tone: Vec<f32> =
                (0..16_000).map(|i| (std::f64::consts::TAU * hz * f64::from(i) / 16_000.0).sin() as f32).collect();
            let frames = Feature::Chroma(Chroma::default()).extract(&tone, 16_000).unwrap();
            let loudest = (0..12).max_by(|a, b| frames.row(*a)[15].total_cmp(&frames.row(*b)[15])).unwrap();
            assert_eq!((loudest, frames.row(loudest)[15]), (class, 1.0), "{hz} Hz");
        }
    }
}
