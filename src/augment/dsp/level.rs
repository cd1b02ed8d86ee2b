//! Levels: decibels, root mean square, signal-to-noise ratio; and ranges to draw from.

use crate::kind::Problem;
use crate::seed::Stream;

/// The amplitude ratio of a level: 10^(dB / 20).
pub(in super::super) fn ratio_of_db(db: f64) -> f64 {
    10f64.powf(db / 20.0)
}

/// Root mean square, in f64; 0 for no samples.
pub(in super::super) fn rms(x: &[f32]) -> f64 {
    // Eight sums side by side instead of one: a fixed order, and the additions need not wait for each other.
    let mut sums = [0.0f64; 8];
    let chunks = x.chunks_exact(8);
    let rest: f64 = chunks.remainder().iter().map(|v| f64::from(*v).powi(2)).sum();
    for chunk in chunks {
        for (sum, v) in sums.iter_mut().zip(chunk) {
            *sum += f64::from(*v) * f64::from(*v);
        }
    }
    ((sums.iter().sum::<f64>() + rest) / x.len().max(1) as f64).sqrt()
}

/// The largest absolute sample.
pub(in super::super) fn peak(x: &[f32]) -> f32 {
    x.iter().fold(0.0, |peak, v| v.abs().max(peak))
}

/// Multiplies every sample.
pub(in super::super) fn scale(x: &mut [f32], factor: f64) {
    let factor = factor as f32;
    x.iter_mut().for_each(|v| *v *= factor);
}

/// Adds `noise` so that 20 log10(rms(x) / rms(noise)) is `snr_db`. Silence on either side leaves `x` as it is: no level
/// of noise has a ratio to silence.
pub(in super::super) fn add_at_snr(x: &mut [f32], noise: &[f32], snr_db: f64) {
    let (signal, level) = (rms(x), rms(noise));
    let factor = signal / (level * ratio_of_db(snr_db));
    if signal > 0.0 && level > 0.0 && factor.is_finite() {
        let factor = factor as f32;
        x.iter_mut().zip(noise).for_each(|(v, n)| *v += factor * n);
    }
}

/// A number from a range, uniformly.
pub(in super::super) fn draw(range: [f64; 2], stream: &mut Stream) -> f64 {
    stream.between(range[0], range[1])
}

/// A number from a range above 0, uniformly in its logarithm: as hearing spaces frequencies.
pub(in super::super) fn draw_log(range: [f64; 2], stream: &mut Stream) -> f64 {
    // exp(ln(x)) can leave the range by a rounding error.
    stream.between(range[0].ln(), range[1].ln()).exp().clamp(range[0], range[1].max(range[0]))
}

/// A problem at `key` where a range ends before it begins.
pub(in super::super) fn ordered(key: &str, range: [f64; 2]) -> Option<Problem> {
    let message = || format!("{} to {} is an empty range; the lower end comes first", range[0], range[1]);
    (range[0] > range[1]).then(|| Problem::new(key, message()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_what_their_formulas_say() {
        assert!((ratio_of_db(20.0) - 10.0).abs() < 1e-12);
        assert!((ratio_of_db(-6.0206) - 0.5).abs() < 1e-6);
        let x: Vec<f32> = (0..19).map(|i| if i % 2 == 0 { 3.0 } else { -3.0 }).collect();
        assert!((rms(&x) - 3.0).abs() < 1e-12);
        assert_eq!((rms(&[]), peak(&[]), peak(&[0.5, -0.75])), (0.0, 0.0, 0.75));
    }

    #[test]
    fn silence_takes_no_noise() {
        let mut x = [0.0; 4];
        add_at_snr(&mut x, &[1.0; 4], 10.0);
        assert_eq!(x, [0.0; 4]);
        let mut y = [0.5; 4];
        add_at_snr(&mut y, &[0.0; 4], 10.0);
        assert_eq!(y, [0.5; 4]);
    }
}
