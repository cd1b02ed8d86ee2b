//! The short-time Fourier transform, shared by every spectral feature.

use super::framing::{Framing, PadMode};
use crate::kind::{Context, Problem};
use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};
use std::sync::Arc;

crate::settings! {
    /// A short-time Fourier transform; what two features must have in common to share one.
    #[derive(Copy, Eq)]
    pub struct StftSettings {
        /// Samples a Fourier transform; n_fft / 2 + 1 frequency bins.
        pub n_fft: usize = 2048, in 16..=65536;
        /// Samples between two frames.
        pub hop_length: usize = 512, in 1..=65536;
        /// Samples of the Hann window, padded with zeros to n_fft; "none" for n_fft.
        pub win_length: Option<usize> = None, in 1..=65536;
        /// Whether frame t is centred on sample t * hop_length; `pad_mode` says what is added at both ends for it.
        pub center: bool = true;
        /// What is added at the ends: "constant" (zeros), "reflect" (the clip mirrored, as librosa before 0.10 did) or "edge".
        pub pad_mode: PadMode = PadMode::Constant;
    }
    check: StftSettings::check;
}

impl StftSettings {
    /// Frequency bins, n_fft / 2 + 1.
    pub fn bins(&self) -> usize {
        self.n_fft / 2 + 1
    }

    /// Centre frequency of every bin in Hz.
    pub fn frequencies_hz(&self, sample_rate_hz: u32) -> Vec<f64> {
        (0..self.bins()).map(|k| k as f64 * f64::from(sample_rate_hz) / self.n_fft as f64).collect()
    }

    /// The frames of the transform.
    pub fn framing(&self) -> Framing {
        Framing { frame_length: self.n_fft, hop_length: self.hop_length, center: self.center, pad_mode: self.pad_mode }
    }

    fn check(&self, _: &Context) -> Vec<Problem> {
        let mut problems = self.framing().check("n_fft");
        if let Some(win_length) = self.win_length.filter(|w| *w > self.n_fft) {
            let message =
                format!("{win_length} is longer than the transform (n_fft = {}); allowed: 1 to n_fft", self.n_fft);
            problems.push(Problem::new("win_length", message));
        }
        problems
    }
}

/// Which spectra a feature reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SpectrumKinds {
    /// |D|.
    pub magnitude: bool,
    /// |D|^2.
    pub power: bool,
}

/// The spectra of a clip, frame-major [frames, bins]; one that was not wanted is empty.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Spectra {
    /// Frames of the clip.
    pub frames: usize,
    /// Frequency bins a frame.
    pub bins: usize,
    /// |D|, where wanted.
    pub magnitude: Vec<f32>,
    /// |D|^2, where wanted.
    pub power: Vec<f32>,
}

/// A transform prepared once for its settings: window and FFT plan.
#[derive(Clone)]
pub struct Stft {
    settings: StftSettings,
    window: Vec<f64>,
    fft: Arc<dyn RealToComplex<f64>>,
}

impl Stft {
    /// Plans the transform. `settings` must have no problems.
    pub fn new(settings: StftSettings) -> Self {
        let win_length = settings.win_length.unwrap_or(settings.n_fft);
        let mut window = vec![0.0; settings.n_fft];
        let first = (settings.n_fft - win_length) / 2;
        window[first..first + win_length].copy_from_slice(&periodic_hann(win_length));
        Self { settings, window, fft: RealFftPlanner::new().plan_fft_forward(settings.n_fft) }
    }

    /// The settings it was planned for.
    pub fn settings(&self) -> &StftSettings {
        &self.settings
    }

    /// Transforms a clip (librosa `stft`; Hann window).
    ///
    /// The FFT runs in f64 and D is rounded to f32, as librosa does: an f32 FFT moves quiet bands by 5e-4 and spectral
    /// contrast by several dB. Magnitude and power are taken from the rounded D.
    pub fn spectra(&self, samples: &[f32], wanted: SpectrumKinds) -> Spectra {
        let mut spectra = Spectra::default();
        self.spectra_into(samples, wanted, &mut spectra);
        spectra
    }

    /// The same into memory used before; what it held is lost.
    pub fn spectra_into(&self, samples: &[f32], wanted: SpectrumKinds, spectra: &mut Spectra) {
        let (samples, framing) = self.settings.framing().ready(samples);
        let (frames, bins) = (framing.count(samples.len()), self.settings.bins());
        (spectra.frames, spectra.bins) = (frames, bins);
        for (values, is_wanted) in [(&mut spectra.magnitude, wanted.magnitude), (&mut spectra.power, wanted.power)] {
            values.clear();
            values.reserve(if is_wanted { frames * bins } else { 0 });
        }
        let mut input = self.fft.make_input_vec();
        let mut output = self.fft.make_output_vec();
        let mut scratch = self.fft.make_scratch_vec();
        for t in 0..frames {
            self.window_frame(&samples, &framing, t, &mut input);
            self.fft
                .process_with_scratch(&mut input, &mut output, &mut scratch)
                .expect("the buffers were made by the plan itself");
            if wanted.magnitude {
                // In f64, since the square of a tiny f32 would vanish.
                spectra.magnitude.extend(output.iter().map(|d| {
                    let (re, im) = (f64::from(d.re as f32), f64::from(d.im as f32));
                    (re * re + im * im).sqrt() as f32
                }));
            }
            if wanted.power {
                spectra.power.extend(output.iter().map(power_of));
            }
        }
    }

    fn window_frame(&self, samples: &[f32], framing: &Framing, t: usize, input: &mut [f64]) {
        let (first, end) = framing.inside(t, samples.len());
        // Where the clip's first sample of this frame stands in the frame.
        let offset = (first + framing.pad()).saturating_sub(t * framing.hop_length).min(input.len());
        let filled = offset + (end - first);
        input[..offset].fill(0.0);
        input[filled..].fill(0.0);
        for ((slot, weight), x) in
            input[offset..filled].iter_mut().zip(&self.window[offset..filled]).zip(&samples[first..end])
        {
            *slot = weight * f64::from(*x);
        }
    }
}

fn power_of(d: &Complex<f64>) -> f32 {
    let (re, im) = (d.re as f32, d.im as f32);
    re * re + im * im
}

/// 0.5 - 0.5 cos(2 pi i / n), i = 0 .. n - 1: periodic, not symmetric (scipy `get_window("hann", n)`).
pub fn periodic_hann(n: usize) -> Vec<f64> {
    (0..n).map(|i| 0.5 - 0.5 * (std::f64::consts::TAU * i as f64 / n as f64).cos()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const POWER: SpectrumKinds = SpectrumKinds { magnitude: false, power: true };

    fn settings(n_fft: usize, hop_length: usize) -> StftSettings {
        StftSettings { n_fft, hop_length, win_length: None, center: true, pad_mode: PadMode::Constant }
    }

    #[test]
    fn the_window_is_periodic() {
        let window = periodic_hann(4);
        for (w, expected) in window.iter().zip([0.0, 0.5, 1.0, 0.5]) {
            assert!((w - expected).abs() < 1e-15);
        }
    }

    #[test]
    fn a_short_window_stands_in_the_middle_of_the_transform() {
        let stft = Stft::new(StftSettings { win_length: Some(4), ..settings(10, 5) });
        let peak = stft.window.iter().position(|w| (*w - 1.0).abs() < 1e-12);
        assert_eq!((peak, stft.window[2], stft.window[7]), (Some(5), 0.0, 0.0));
    }

    #[test]
    fn a_tone_stands_in_its_bin() {
        // 1 kHz at 16 kHz and 256 samples is bin 16 exactly; a sine of amplitude 1 has |D| = sum(window) / 2 = 64.
        let samples: Vec<f32> = (0..4096).map(|i| (std::f64::consts::TAU * f64::from(i) / 16.0).sin() as f32).collect();
        let stft = Stft::new(settings(256, 128));
        let spectra = stft.spectra(&samples, SpectrumKinds { magnitude: true, power: true });
        let t = 10;
        let frame = &spectra.magnitude[t * spectra.bins..(t + 1) * spectra.bins];
        assert!((frame[16] - 64.0).abs() < 1e-3, "{}", frame[16]);
        assert!(frame.iter().enumerate().all(|(k, m)| (15..=17).contains(&k) || *m < 1e-3));
        assert_eq!(spectra.power[t * spectra.bins + 16], frame[16] * frame[16]);
    }

    #[test]
    fn problems_name_the_setting() {
        let bad = StftSettings { win_length: Some(600), ..settings(512, 600) };
        let keys: Vec<String> = bad.check(&Context::default()).into_iter().map(|p| p.key).collect();
        assert_eq!(keys, ["hop_length", "win_length"]);
    }

    proptest! {
        /// Parseval: sum |x w|^2 = (P_0 + 2 sum P_k + P_n/2) / n, the last term once for even n.
        #[test]
        fn energy_is_kept(samples in prop::collection::vec(-1.0f32..1.0, 1..300), n_fft in 16usize..65, hop in 1usize..16) {
            let stft = Stft::new(settings(n_fft, hop));
            let spectra = stft.spectra(&samples, POWER);
            let mut input = vec![0.0; n_fft];
            for t in 0..spectra.frames {
                stft.window_frame(&samples, &stft.settings.framing(), t, &mut input);
                let time: f64 = input.iter().map(|x| x * x).sum();
                let power = &spectra.power[t * spectra.bins..(t + 1) * spectra.bins];
                let once = f64::from(power[0]) + if n_fft % 2 == 0 { f64::from(power[n_fft / 2]) } else { 0.0 };
                let all: f64 = power.iter().map(|p| f64::from(*p)).sum();
                let frequency = (2.0 * all - once) / n_fft as f64;
                prop_assert!((time - frequency).abs() <= 1e-5 * time.max(1e-6), "{time} {frequency}");
            }
        }
    }
}
