//! Band-limited resampling by any ratio (J. O. Smith, "Digital Audio Resampling"): each output sample is a sum of input
//! samples weighted with a sinc that is cut off by a Kaiser window.

use std::f64::consts::PI;

/// Zero crossings of the sinc on each side.
const CROSSINGS: f64 = 32.0;
/// Cut-off as a share of half the lower of the two rates: leaves the window room to fall before aliases begin.
const ROLL_OFF: f64 = 0.92;
/// Kaiser's beta for 80 dB: 0.1102 (A - 8.7).
const BETA: f64 = 7.857;
/// Tabulated positions between two input samples; linear interpolation between them is good to 90 dB.
const PHASES: usize = 256;

/// `x` [n] resampled to `out_len` samples, of which sample i lies at position i / `ratio` of the input. Beyond its ends the
/// input is silent.
pub(in super::super) fn resample(x: &[f32], ratio: f64, out_len: usize) -> Vec<f32> {
    let scale = ROLL_OFF * ratio.min(1.0);
    let half = (CROSSINGS / scale).ceil() as usize;
    // A multiple of eight, so that the sums below have no remainder.
    let taps = (2 * half).next_multiple_of(8);
    let rows = kernel(scale, half, taps);
    let mut padded = vec![0.0; x.len() + half + taps];
    padded[half..half + x.len()].copy_from_slice(x);
    let sample = |i: usize| {
        let position = i as f64 / ratio;
        let whole = position.floor();
        let between = (position - whole) * PHASES as f64;
        let row = (between as usize).min(PHASES - 1);
        let start = whole as usize + 1;
        let Some(window) = padded.get(start..start + taps) else { return 0.0 };
        let (low, high) = (&rows[row * taps..][..taps], &rows[(row + 1) * taps..][..taps]);
        weighted(window, low, high, (between - row as f64) as f32)
    };
    (0..out_len).map(sample).collect()
}

/// The sum of x[j] (low[j] + f (high[j] - low[j])), in eight partial sums of fixed order.
fn weighted(x: &[f32], low: &[f32], high: &[f32], f: f32) -> f32 {
    let (mut a, mut b) = ([0.0f32; 8], [0.0f32; 8]);
    for ((x, low), high) in x.chunks_exact(8).zip(low.chunks_exact(8)).zip(high.chunks_exact(8)) {
        for k in 0..8 {
            a[k] += x[k] * low[k];
            b[k] += x[k] * high[k];
        }
    }
    let (a, b): (f32, f32) = (a.iter().sum(), b.iter().sum());
    a + f * (b - a)
}

/// The weights [PHASES + 1, taps]: row p holds those for an output that lies p / PHASES after an input sample, tap j
/// being the input j - half + 1 samples further on. Each row sums to 1, so that a constant stays what it is.
fn kernel(scale: f64, half: usize, taps: usize) -> Vec<f32> {
    let window = Kaiser::new();
    let mut rows = vec![0.0; (PHASES + 1) * taps];
    let mut row = vec![0.0; taps];
    for (p, out) in rows.chunks_exact_mut(taps).enumerate() {
        let at = p as f64 / PHASES as f64 + half as f64 - 1.0;
        // sin(pi scale t) for t one sample apart, by rotation instead of one call each.
        let (mut sin, mut cos) = (PI * scale * -at).sin_cos();
        let (step_sin, step_cos) = (PI * scale).sin_cos();
        for (j, weight) in row.iter_mut().enumerate() {
            let t = (j as f64 - at) * scale;
            let sinc = if t.abs() < 1e-6 { 1.0 } else { sin / (PI * t) };
            *weight = sinc * window.at(t.abs() / CROSSINGS);
            (sin, cos) = (sin * step_cos + cos * step_sin, cos * step_cos - sin * step_sin);
        }
        let total: f64 = row.iter().sum();
        out.iter_mut().zip(&row).for_each(|(o, w)| *o = (w / total) as f32);
    }
    rows
}

/// The Kaiser window I0(beta sqrt(1 - u^2)) / I0(beta), tabulated over u^2, where it is smooth.
struct Kaiser(Vec<f64>);

impl Kaiser {
    const STEPS: usize = 2048;

    fn new() -> Self {
        // I0(x) = sum of ((x / 2)^k / k!)^2; 32 terms are exact to f64 for x below 8.
        let i0 = |x: f64| {
            let quarter = x * x / 4.0;
            let next = |term: &mut f64, k: i32| {
                *term *= quarter / f64::from(k * k);
                Some(*term)
            };
            1.0 + (1..=32).scan(1.0, next).sum::<f64>()
        };
        let value = |i: usize| i0(BETA * (1.0 - i as f64 / Self::STEPS as f64).max(0.0).sqrt()) / i0(BETA);
        Self((0..=Self::STEPS + 1).map(value).collect())
    }

    fn at(&self, u: f64) -> f64 {
        if u >= 1.0 {
            return 0.0;
        }
        let position = u * u * Self::STEPS as f64;
        let i = position as usize;
        self.0[i] + (position - i as f64) * (self.0[i + 1] - self.0[i])
    }
}

#[cfg(test)]
mod tests {
    use super::super::level::rms;
    use super::super::probe::{RATE_HZ, tone};
    use super::*;

    #[test]
    fn a_tone_keeps_its_phase_and_amplitude() {
        for ratio in [0.3, 0.5, 0.84, 1.0, 1.26, 2.0, 3.7] {
            let y = resample(&tone(440.0, 8000), ratio, (8000.0 * ratio) as usize);
            let ideal: Vec<f32> = (0..y.len())
                .map(|i| (0.5 * (std::f64::consts::TAU * 440.0 * i as f64 / ratio / f64::from(RATE_HZ)).sin()) as f32)
                .collect();
            let middle = y.len() / 4..y.len() * 3 / 4;
            let error: Vec<f32> = middle.clone().map(|i| y[i] - ideal[i]).collect();
            let db = 20.0 * (rms(&error) / rms(&ideal[middle])).log10();
            assert!(db < -75.0, "ratio {ratio}: error {db:.1} dB");
        }
    }

    #[test]
    fn what_the_lower_rate_cannot_hold_is_removed() {
        let y = resample(&tone(6000.0, 16_000), 0.5, 8000);
        assert!(20.0 * (rms(&y[1000..7000]) / rms(&tone(6000.0, 16_000))).log10() < -75.0);
    }

    #[test]
    fn a_constant_stays_itself_and_any_length_is_delivered() {
        let y = resample(&[0.25; 4000], 1.3, 5200);
        assert!(y[200..5000].iter().all(|v| (v - 0.25).abs() < 1e-5));
        assert_eq!(resample(&[1.0], 10.0, 30).len(), 30);
        assert!(resample(&[1.0], 0.01, 3).iter().all(|v| v.is_finite()));
    }
}
