//! Mel-frequency cepstral coefficients, with their deltas.

use super::delta::{check_delta_width, delta};
use super::extract::{Compute, Input, Kernel, checked};
use super::floor::Floor;
use super::framing::Framing;
use super::log_mel::Levels;
use super::mel::MelKernel;
use super::stft::{SpectrumKinds, StftSettings};
use super::{FeatureError, Frames};
use crate::kind::Problem;

crate::settings! {
    /// Mel-frequency cepstral coefficients: the orthonormal DCT-II of the log-mel spectrum, [n_mfcc, frames] (librosa `mfcc`).
    /// `delta` and `delta_delta` append as many bins again.
    pub struct Mfcc {
        include pub levels: Levels;
        /// Coefficients kept, the mean level (coefficient 0) among them.
        pub n_mfcc: usize = 20, in 1..=1024;
        /// Sinusoidal lifter L: coefficient n (from 1) times 1 + L/2 sin(pi n / L); 0 for none.
        pub lifter: f64 = 0.0, in 0.0..;
        /// Append the slope of each coefficient over time.
        pub delta: bool = false;
        /// Append the change of that slope.
        pub delta_delta: bool = false;
        /// Frames a delta is fitted to: odd. A clip with fewer is an error.
        pub delta_width: usize = 9, in 3..=99;
    }
    check: checked;
}

impl Mfcc {
    fn n_mels(&self) -> usize {
        self.levels.mel.n_mels
    }

    /// Row k of the orthonormal DCT-II of n_mels values: s_k cos(pi k (2 m + 1) / (2 n_mels)), s_0 = sqrt(1 / n_mels), else
    /// sqrt(2 / n_mels); lifted.
    fn dct_row(&self, k: usize) -> Vec<f64> {
        let n = self.n_mels() as f64;
        let scale = if k == 0 { (1.0 / n).sqrt() } else { (2.0 / n).sqrt() } * self.lift(k);
        let angle = std::f64::consts::PI * k as f64 / (2.0 * n);
        (0..self.n_mels()).map(|m| scale * (angle * (2 * m + 1) as f64).cos()).collect()
    }

    fn lift(&self, k: usize) -> f64 {
        if self.lifter == 0.0 {
            return 1.0;
        }
        1.0 + self.lifter / 2.0 * (std::f64::consts::PI * (k + 1) as f64 / self.lifter).sin()
    }

    /// The lowest level in dB that this clip can have, as far as its coefficients tell.
    ///
    /// A frame without any shape (all coefficients but the first are 0) is silence and tells exactly. Otherwise the clip's
    /// maximum is estimated from the spectra that the kept coefficients describe.
    fn silent_level_db(&self, clip: &Frames) -> f64 {
        let to_level = 1.0 / ((self.n_mels() as f64).sqrt() * self.lift(0));
        let quietest = (0..clip.frames).min_by(|a, b| clip.row(0)[*a].total_cmp(&clip.row(0)[*b])).unwrap_or(0);
        let lowest_mean = f64::from(clip.data.get(quietest).copied().unwrap_or(0.0)) * to_level;
        if self.n_mfcc > 1 && (1..self.n_mfcc).all(|k| clip.row(k)[quietest].abs() < 1e-2) {
            return lowest_mean;
        }
        let mut highest = f64::NEG_INFINITY;
        let rows: Vec<Vec<f64>> = (0..self.n_mfcc).map(|k| self.dct_row(k)).collect();
        for t in 0..clip.frames {
            for m in 0..self.n_mels() {
                let level: f64 = rows
                    .iter()
                    .enumerate()
                    .filter(|(k, _)| self.lift(*k).abs() > 1e-6)
                    .map(|(k, row)| row[m] * f64::from(clip.row(k)[t]) / self.lift(k).powi(2))
                    .sum();
                highest = highest.max(level);
            }
        }
        let floor = self.levels.decibels().floor(highest as f32, lowest_mean as f32);
        // Silence is never louder than the quietest frame.
        f64::from(floor).min(lowest_mean)
    }
}

impl Compute for Mfcc {
    fn bins(&self) -> usize {
        self.n_mfcc * (1 + usize::from(self.delta) + usize::from(self.delta_delta))
    }
    fn framing(&self) -> Framing {
        self.levels.mel.framing()
    }
    fn stft(&self) -> Option<(StftSettings, SpectrumKinds)> {
        self.levels.mel.stft()
    }
    fn check(&self, _sample_rate_hz: u32) -> Vec<Problem> {
        let mut problems = check_delta_width(self.delta_width);
        if self.n_mfcc > self.n_mels() {
            let message = format!("{} coefficients of {} bands; allowed: at most n_mels", self.n_mfcc, self.n_mels());
            problems.push(Problem::new("n_mfcc", message));
        }
        problems
    }
    fn floor(&self) -> Floor {
        let how = "coefficient 0 of a flat spectrum at the clip's silent level, 0 in all other bins: the quietest frame's own \
                   where its other coefficients are 0, or else estimated from the spectra that the coefficients describe";
        Floor::Estimate { how: how.to_owned() }
    }
    /// The DCT of a flat spectrum at the clip's silent level: its first coefficient, and 0 in every other and in deltas.
    fn floor_of(&self, clip: &Frames) -> Vec<f32> {
        let mut floor = vec![0.0; self.bins()];
        if clip.frames > 0 {
            floor[0] = (self.silent_level_db(clip) * (self.n_mels() as f64).sqrt() * self.lift(0)) as f32;
        }
        floor
    }
    /// A flat spectrum that rises by 1 dB in every band is all in coefficient 0.
    fn gain_of_level(&self) -> Vec<f32> {
        let mut gain = vec![0.0; self.bins()];
        gain[0] = ((self.n_mels() as f64).sqrt() * self.lift(0)) as f32;
        gain
    }
    fn bin_names(&self, kind: &str) -> Vec<String> {
        let parts = [(true, ""), (self.delta, "_delta"), (self.delta_delta, "_delta_delta")];
        let named = parts.iter().filter(|(present, _)| *present);
        named.flat_map(|(_, part)| (0..self.n_mfcc).map(move |k| format!("{kind}{part}_{k}"))).collect()
    }
    fn kernel(&self, sample_rate_hz: u32) -> Box<dyn Kernel> {
        Box::new(MfccKernel {
            mel: MelKernel::new(&self.levels.mel, sample_rate_hz),
            dct: (0..self.n_mfcc).map(|k| self.dct_row(k)).collect(),
            settings: self.clone(),
        })
    }
}

struct MfccKernel {
    mel: MelKernel,
    dct: Vec<Vec<f64>>,
    settings: Mfcc,
}

impl MfccKernel {
    fn coefficients(&self, levels: &Frames) -> Frames {
        let mut data = Vec::with_capacity(self.dct.len() * levels.frames);
        let mut sums = vec![0.0f64; levels.frames];
        for row in &self.dct {
            sums.fill(0.0);
            for (m, weight) in row.iter().enumerate() {
                for (sum, level) in sums.iter_mut().zip(levels.row(m)) {
                    *sum += weight * f64::from(*level);
                }
            }
            data.extend(sums.iter().map(|s| *s as f32));
        }
        Frames { bins: self.dct.len(), frames: levels.frames, data }
    }
}

impl Kernel for MfccKernel {
    fn compute(&self, clip: &Input<'_>) -> Result<Frames, FeatureError> {
        let mut levels = self.mel.mel(clip.spectra());
        self.settings.levels.decibels().apply(&mut levels.data);
        let mut mfcc = self.coefficients(&levels);
        let mut appended = Vec::new();
        for (order, wanted) in [(1, self.settings.delta), (2, self.settings.delta_delta)] {
            if wanted {
                appended.extend(delta(&mfcc, self.settings.delta_width, order)?.data);
            }
        }
        mfcc.data.extend(appended);
        mfcc.bins = self.settings.bins();
        Ok(mfcc)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Feature;
    use super::*;

    fn clip(samples: usize) -> Vec<f32> {
        (0..samples).map(|i| ((i * i) % 997) as f32 / 997.0 - 0.5).collect()
    }

    #[test]
    fn all_coefficients_keep_the_energy_of_the_levels() {
        // An orthonormal transform keeps the sum of squares.
        let mfcc = Mfcc {
            n_mfcc: 40,
            levels: crate::features::Levels {
                mel: crate::features::Mel { n_mels: 40, ..Default::default() },
                ..Default::default()
            },
            ..Mfcc::default()
        };
        let levels = Feature::LogMel(crate::features::LogMel { levels: mfcc.levels.clone(), ..Default::default() })
            .extract(&clip(8000), 16_000)
            .unwrap();
        let coefficients = Feature::Mfcc(mfcc).extract(&clip(8000), 16_000).unwrap();
        for t in 0..levels.frames {
            let energy = |f: &Frames| (0..40).map(|b| f64::from(f.row(b)[t]).powi(2)).sum::<f64>();
            assert!((energy(&levels) - energy(&coefficients)).abs() < 1e-5 * energy(&levels));
        }
    }

    #[test]
    fn deltas_follow_the_coefficients_as_further_bins() {
        let plain = Mfcc { n_mfcc: 13, ..Mfcc::default() };
        let all = Mfcc { delta: true, delta_delta: true, ..plain.clone() };
        let base = Feature::Mfcc(plain).extract(&clip(8000), 16_000).unwrap();
        let feature = Feature::Mfcc(all);
        let frames = feature.extract(&clip(8000), 16_000).unwrap();
        assert_eq!((feature.bins(), frames.bins), (39, 39));
        assert_eq!(frames.data[..base.data.len()], base.data);
        assert_eq!(frames.row(13 + 5), delta(&base, 9, 1).unwrap().row(5));
        assert_eq!(frames.row(26 + 5), delta(&base, 9, 2).unwrap().row(5));
        assert_eq!(feature.bin_names()[26], "mfcc_delta_delta_0");
    }

    #[test]
    fn fewer_than_nine_frames_with_deltas_say_so() {
        let feature = Feature::Mfcc(Mfcc { delta: true, ..Mfcc::default() });
        let error = feature.extract(&clip(8 * 512 - 1), 16_000).unwrap_err();
        assert!(matches!(error, FeatureError::TooFewFrames { needed: 9, actual: 8 }), "{error}");
        assert!(feature.extract(&clip(8 * 512), 16_000).is_ok());
    }

    #[test]
    fn the_floor_is_the_clip_s_own_silence() {
        let mut samples = clip(8000);
        samples.extend([0.0; 8000]);
        for lifter in [0.0, 22.0] {
            let feature = Feature::Mfcc(Mfcc { lifter, ..Mfcc::default() });
            let with_silence = feature.extract(&samples, 16_000).unwrap();
            let floor = feature.floor(&with_silence);
            for (k, value) in floor.iter().enumerate() {
                assert!((value - with_silence.row(k)[28]).abs() < 1e-2, "{k}: {value}");
            }
            // Without a silent frame it is estimated, and below every frame.
            let speech = feature.extract(&clip(8000), 16_000).unwrap();
            let estimate = feature.floor(&speech)[0];
            assert!(speech.row(0).iter().all(|c| *c >= estimate));
            assert!((estimate - floor[0]).abs() < 0.2 * floor[0].abs(), "{estimate} {}", floor[0]);
        }
    }
}
