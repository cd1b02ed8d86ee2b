//! Band-limited resampling by any ratio (J. O. Smith, "Digital Audio Resampling"): each output sample is a sum of input
//! samples weighted with a sinc that is cut off by a Kaiser window.

use std::f64::consts::PI;
use std::sync::OnceLock;

/// Zero crossings of the sinc on each side.
const CROSSINGS: f64 = 32.0;
/// Cut-off as a share of half the lower of the two rates: leaves the window room to fall before aliases begin.
const ROLL_OFF: f64 = 0.92;
/// Kaiser's beta for 80 dB: 0.1102 (A - 8.7).
const BETA: f64 = 7.857;
/// Tabulated positions between two input samples at full bandwidth; linear interpolation between them is good to 90 dB.
const PHASES: usize = 256;

/// `x` [n] resampled to `out_len` samples, of which sample i lies at position i / `ratio` of the input. Beyond its ends the
/// input is silent.
pub(in super::super) fn resample(x: &[f32], ratio: f64, out_len: usize) -> Vec<f32> {
    // Upwards the kernel is always the same one; downwards it widens with the ratio.
    static UPWARDS: OnceLock<Kernel> = OnceLock::new();
    let downwards = (ratio < 1.0).then(|| Kernel::new(ratio));
    let kernel = downwards.as_ref().unwrap_or_else(|| UPWARDS.get_or_init(|| Kernel::new(1.0)));
    let &Kernel { half, taps, phases, ref rows } = kernel;
    let mut padded = vec![0.0; x.len() + half + taps];
    padded[half..half + x.len()].copy_from_slice(x);
    let sample = |i: usize| {
        let position = i as f64 / ratio;
        let whole = position as usize;
        let between = (position - whole as f64) * phases as f64;
        let row = (between as usize).min(phases - 1);
        let start = whole + 1;
        let Some(window) = padded.get(start..start + taps) else { return 0.0 };
        let (low, high) = (&rows[row * taps..][..taps], &rows[(row + 1) * taps..][..taps]);
        weighted(window, low, high, (between - row as f64) as f32)
    };
    (0..out_len).map(sample).collect()
}

/// The sum of x[j] (low[j] + f (high[j] - low[j])), in eight partial sums of fixed order.
fn weighted(x: &[f32], low: &[f32], high: &[f32], f: f32) -> f32 {
    let (mut a, mut b) = ([0.0f32; 8], [0.0f32; 8]);
    // Arrays of a known length, without which the compiler does not take eight at a time.
    let (x, low, high) = (x.as_chunks::<8>().0, low.as_chunks::<8>().0, high.as_chunks::<8>().0);
    for ((x, low), high) in x.iter().zip(low).zip(high) {
        for k in 0..8 {
            a[k] += x[k] * low[k];
            b[k] += x[k] * high[k];
        }
    }
    let s: [f32; 8] = std::array::from_fn(|k| a[k] + f * (b[k] - a[k]));
    ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))
}

/// Weights of the input samples around an output sample.
struct Kernel {
    /// Input samples on each side.
    half: usize,
    taps: usize,
    phases: usize,
    /// [phases + 1, taps]: row p is for an output that lies p / phases after an input sample, tap j for the input sample
    /// j - half + 1 further on. Each row sums to 1, so that a constant stays what it is.
    rows: Vec<f32>,
}

impl Kernel {
    /// For a bandwidth as a share of the input's.
    fn new(bandwidth: f64) -> Self {
        let scale = ROLL_OFF * bandwidth;
        let half = (CROSSINGS / scale).ceil() as usize;
        // A multiple of eight, so that the sums have no remainder.
        let taps = (2 * half).next_multiple_of(8);
        // A narrower band has a smoother kernel, which needs fewer points.
        let phases = ((PHASES as f64 * bandwidth).ceil() as usize).max(16);
        let mut rows = vec![0.0; (phases + 1) * taps];
        let mut row = vec![0.0; taps];
        for (p, out) in rows.chunks_exact_mut(taps).enumerate() {
            let at = p as f64 / phases as f64 + half as f64 - 1.0;
            // sin(pi scale t) for t one sample apart, by rotation instead of one call each.
            let (mut sin, mut cos) = (PI * scale * -at).sin_cos();
            let (step_sin, step_cos) = (PI * scale).sin_cos();
            for (j, weight) in row.iter_mut().enumerate() {
                let t = (j as f64 - at) * scale;
                let sinc = if t.abs() < 1e-6 { 1.0 } else { sin / (PI * t) };
                *weight = sinc * kaiser(t.abs() / CROSSINGS);
                (sin, cos) = (sin * step_cos + cos * step_sin, cos * step_cos - sin * step_sin);
            }
            let total: f64 = row.iter().sum();
            out.iter_mut().zip(&row).for_each(|(o, w)| *o = (w / total) as f32);
        }
        Self { half, taps, phases, rows }
    }
}

/// The Kaiser window I0(beta sqrt(1 - u^2)) / I0(beta), 0 from u = 1 on; tabulated over u^2, where it is smooth.
fn kaiser(u: f64) -> f64 {
    const STEPS: usize = 2048;
    static TABLE: OnceLock<Vec<f64>> = OnceLock::new();
    if u >= 1.0 {
        return 0.0;
    }
    let table = TABLE.get_or_init(|| {
        let whole = bessel_i0(BETA);
        let value = |i: usize| bessel_i0(BETA * (1.0 - i as f64 / STEPS as f64).max(0.0).sqrt()) / whole;
        (0..=STEPS + 1).map(value).collect()
    });
    let position = u * u * STEPS as f64;
    let i = position as usize;
    table[i] + (position - i as f64) * (table[i + 1] - table[i])
}

/// The modified Bessel function of order 0: the sum of ((x / 2)^k / k!)^2; 32 terms are exact to f64 for x below 8.
fn bessel_i0(x: f64) -> f64 {
    let quarter = x * x / 4.0;
    let next = |term: &mut f64, k: i32| {
        *term *= quarter / f64::from(k * k);
        Some(*term)
    };
    1.0 + (1..=32).scan(1.0, next).sum::<f64>()
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
    fn the_window_and_its_bessel_function_have_their_known_values() {
        // I0(1) and I0(5), Abramowitz & Stegun, table 9.8.
        assert!((bessel_i0(1.0) - 1.266_065_877_752_008).abs() < 1e-14);
        assert!((bessel_i0(5.0) - 27.239_871_823_604_44).abs() < 1e-12);
        assert_eq!((kaiser(0.0), kaiser(1.0)), (1.0, 0.0));
        assert!((kaiser(0.6) - bessel_i0(BETA * 0.8) / bessel_i0(BETA)).abs() < 1e-7);
    }

    #[test]
    fn a_constant_stays_itself_and_any_length_is_delivered() {
        let y = resample(&[0.25; 4000], 1.3, 5200);
        assert!(y[200..5000].iter().all(|v| (v - 0.25).abs() < 1e-5));
        assert_eq!(resample(&[1.0], 10.0, 30).len(), 30);
        assert!(resample(&[1.0], 0.01, 3).iter().all(|v| v.is_finite()));
    }
}
