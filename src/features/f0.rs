//! Fundamental frequency by YIN.

use super::extract::{Compute, Input, Kernel, checked};
use super::floor::Floor;
use super::framing::Framing;
use super::mel::check_frequencies;
use super::{FeatureError, Frames};
use crate::kind::{Problem, above};
use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use std::sync::Arc;

crate::choices! {
    /// What a frame without a clear period gets.
    pub enum Unvoiced {
        /// The best period there is, as librosa does; silence then becomes the highest frequency searched.
        "guess" => Guess,
        /// 0 Hz.
        "zero" => Zero,
    }
}

crate::settings! {
    /// Fundamental frequency in Hz (YIN, de Cheveigne & Kawahara 2002; librosa `yin`): the pitch of the voice.
    pub struct F0 {
        include pub framing: Framing;
        /// Lowest frequency searched, in Hz.
        pub fmin: f64 = 65.0, in above(0.0);
        /// Highest frequency searched, in Hz.
        pub fmax: f64 = 600.0, in above(0.0);
        /// The first period whose normalised difference lies below this is taken, otherwise the smallest.
        pub trough_threshold: f64 = 0.1, in above(0.0);
        /// "guess" gives frames without such a period the best there is, "zero" gives them 0.
        pub unvoiced: Unvoiced = Unvoiced::Guess;
    }
    check: checked;
}

impl F0 {
    /// The estimate of each frame in f64, in Hz.
    pub fn estimates_hz(&self, samples: &[f32], sample_rate_hz: u32) -> Vec<f64> {
        Yin::new(self, sample_rate_hz).estimates_hz(samples)
    }
}

impl Compute for F0 {
    fn framing(&self) -> Framing {
        self.framing
    }
    fn check(&self, sample_rate_hz: u32) -> Vec<Problem> {
        let mut problems = Vec::new();
        problems.extend(check_frequencies(self.fmin, Some(self.fmax), sample_rate_hz));
        let longest = f64::from(sample_rate_hz) / self.fmin;
        if longest >= (self.framing.frame_length - 1) as f64 {
            let message = format!(
                "{} samples do not hold a period of fmin = {} Hz ({longest:.0} samples); use at least {}",
                self.framing.frame_length,
                self.fmin,
                longest.ceil() + 2.0
            );
            problems.push(Problem::new("frame_length", message));
        }
        problems
    }
    /// With "guess" silence is as high as the search goes; with "zero" it is 0.
    fn floor(&self) -> Floor {
        match self.unvoiced {
            Unvoiced::Zero => Floor::zero(1),
            Unvoiced::Guess => Floor::Highest { at_least: self.fmax as f32 },
        }
    }
    fn kernel(&self, sample_rate_hz: u32) -> Box<dyn Kernel> {
        Box::new(Yin::new(self, sample_rate_hz))
    }
}

/// A frame with room for its lags, and its spectrum.
type Buffers = (Vec<f64>, Vec<Complex<f64>>);

/// YIN for one sample rate: lags and the FFT of the autocorrelation.
struct Yin {
    settings: F0,
    sample_rate_hz: f64,
    min_period: usize,
    max_period: usize,
    forward: Arc<dyn RealToComplex<f64>>,
    inverse: Arc<dyn ComplexToReal<f64>>,
}

impl Yin {
    fn new(settings: &F0, sample_rate_hz: u32) -> Self {
        let rate = f64::from(sample_rate_hz);
        let max_period = ((rate / settings.fmin).ceil() as usize).min(settings.framing.frame_length - 1);
        // Long enough that no lag up to max_period wraps round.
        let n_fft = fast_length(settings.framing.frame_length + max_period + 1);
        let mut planner = RealFftPlanner::new();
        Self {
            settings: settings.clone(),
            sample_rate_hz: rate,
            min_period: (rate / settings.fmax).floor() as usize,
            max_period,
            forward: planner.plan_fft_forward(n_fft),
            inverse: planner.plan_fft_inverse(n_fft),
        }
    }

    fn estimates_hz(&self, samples: &[f32]) -> Vec<f64> {
        let (samples, framing) = self.settings.framing().ready(samples);
        let mut frame = vec![0.0f64; self.settings.framing.frame_length];
        let mut buffers = (self.forward.make_input_vec(), self.forward.make_output_vec());
        (0..framing.count(samples.len()))
            .map(|t| {
                let (first, end) = framing.inside(t, samples.len());
                let offset = (first + framing.pad()).saturating_sub(t * framing.hop_length);
                frame.fill(0.0);
                for (slot, x) in frame[offset..].iter_mut().zip(&samples[first..end]) {
                    *slot = f64::from(*x);
                }
                self.frequency_hz(&frame, &mut buffers)
            })
            .collect()
    }

    fn frequency_hz(&self, frame: &[f64], buffers: &mut Buffers) -> f64 {
        let yin = self.normalised_difference(frame, buffers);
        let last = yin.len() - 1;
        let is_trough = |i: usize| match i {
            0 => yin[0] < yin[1],
            i => yin[i] < yin[i - 1] && (i == last || yin[i] <= yin[i + 1]),
        };
        let voiced = (0..=last).find(|i| yin[*i] < self.settings.trough_threshold && is_trough(*i));
        let chosen = match (voiced, self.settings.unvoiced) {
            (Some(i), _) => i,
            (None, Unvoiced::Zero) => return 0.0,
            // The first of the smallest.
            (None, Unvoiced::Guess) => (1..=last).fold(0, |best, i| if yin[i] < yin[best] { i } else { best }),
        };
        self.sample_rate_hz / ((self.min_period + chosen) as f64 + parabolic_shift(&yin, chosen))
    }

    /// The cumulative mean normalised difference d'(tau) at tau = min_period ..= max_period (equation 8 of the paper), with
    /// d(tau) = 2 (r(0) - r(tau)) - sum of the first tau squares, r the frame's autocorrelation.
    fn normalised_difference(&self, frame: &[f64], buffers: &mut Buffers) -> Vec<f64> {
        let correlation = self.autocorrelation(frame, buffers);
        let (mut squares, mut differences) = (0.0, 0.0);
        let mut yin = Vec::with_capacity(self.max_period + 1 - self.min_period);
        for tau in 1..=self.max_period {
            squares += frame[tau - 1] * frame[tau - 1];
            let difference = 2.0 * (correlation[0] - correlation[tau]) - squares;
            differences += difference;
            if tau >= self.min_period {
                yin.push(difference / (differences / tau as f64 + f64::from(f32::MIN_POSITIVE)));
            }
        }
        yin
    }

    fn autocorrelation(&self, frame: &[f64], (padded, spectrum): &mut Buffers) -> Vec<f64> {
        padded[..frame.len()].copy_from_slice(frame);
        padded[frame.len()..].fill(0.0);
        self.forward.process(padded, spectrum).expect("the buffers were made by the plan itself");
        for d in spectrum.iter_mut() {
            *d = Complex::new(d.norm_sqr(), 0.0);
        }
        self.inverse.process(spectrum, padded).expect("the buffers fit, and the power at 0 Hz is real");
        let scale = 1.0 / padded.len() as f64;
        padded.iter().take(self.max_period + 1).map(|r| r * scale).collect()
    }
}

/// The smallest length from `least` on that is 1, 3 or 9 times a power of two: the FFT is fast for these.
fn fast_length(least: usize) -> usize {
    [1, 3, 9].iter().map(|odd| odd * least.div_ceil(*odd).next_power_of_two()).min().unwrap_or(least)
}

/// Where between its neighbours a parabola through three values has its extreme; 0 at the ends and where it lies outside.
fn parabolic_shift(values: &[f64], i: usize) -> f64 {
    if i == 0 || i + 1 == values.len() {
        return 0.0;
    }
    let a = values[i + 1] + values[i - 1] - 2.0 * values[i];
    let b = (values[i + 1] - values[i - 1]) / 2.0;
    if b.abs() >= a.abs() { 0.0 } else { -b / a }
}

impl Kernel for Yin {
    fn compute(&self, clip: &Input<'_>) -> Result<Frames, FeatureError> {
        Ok(Frames::one_bin(self.estimates_hz(clip.samples).into_iter().map(|hz| hz as f32).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Feature;
    use super::*;

    #[test]
    fn a_tone_has_its_own_frequency() {
        for hz in [80.0, 201.5, 440.0] {
            let tone: Vec<f32> =
                (0..16_000).map(|i| (std::f64::consts::TAU * hz * f64::from(i) / 16_000.0).sin() as f32).collect();
            let estimates = F0::default().estimates_hz(&tone, 16_000);
            assert!(estimates[4..28].iter().all(|f| (f - hz).abs() < 0.005 * hz), "{hz}: {estimates:?}");
        }
    }

    #[test]
    fn silence_is_the_top_of_the_search_or_0() {
        for (unvoiced, expected) in [(Unvoiced::Guess, 16_000.0 / 26.0), (Unvoiced::Zero, 0.0)] {
            let feature = Feature::F0(F0 { unvoiced, ..F0::default() });
            let frames = feature.extract(&[0.0; 4000], 16_000).unwrap();
            assert!(frames.data.iter().all(|f| (f - expected).abs() < 1e-3));
            assert_eq!(feature.floor(&frames), [frames.data[0]]);
        }
    }

    #[test]
    fn transforms_are_as_short_as_is_fast() {
        assert_eq!([2048, 2295, 2305, 4000].map(fast_length), [2048, 2304, 3072, 4096]);
    }

    #[test]
    fn a_frame_must_hold_a_period() {
        let keys: Vec<String> = F0 {
            framing: crate::features::Framing { frame_length: 200, hop_length: 100, ..F0::default().framing },
            ..F0::default()
        }
        .check(16_000)
        .into_iter()
        .map(|p| p.key)
        .collect();
        assert_eq!(keys, ["frame_length"]);
    }
}
