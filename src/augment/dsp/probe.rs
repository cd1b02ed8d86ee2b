//! What the tests of this room measure with.

use super::fft;
use super::level::rms;
use crate::seed::{Seeds, Stream};
use std::f64::consts::TAU;

pub(in super::super) const RATE_HZ: u32 = 16_000;

/// A sine of amplitude 0.5 at 16 kHz.
pub(in super::super) fn tone(hz: f64, samples: usize) -> Vec<f32> {
    (0..samples).map(|i| (0.5 * (TAU * hz * i as f64 / f64::from(RATE_HZ)).sin()) as f32).collect()
}

/// A stream for a test.
pub(in super::super) fn stream(seed: u64) -> Stream {
    Seeds::new(seed).stream("test", &[])
}

/// The frequency with the most energy, to about 0.1 Hz for a tone of a second: the highest bin of the middle half, then a
/// direct Fourier sum around it.
pub(in super::super) fn loudest_hz(x: &[f32]) -> f64 {
    let middle = &x[x.len() / 4..x.len() * 3 / 4];
    let n = middle.len() as f64;
    let hann = |i: usize| 0.5 - 0.5 * (TAU * i as f64 / n).cos();
    let windowed: Vec<f64> = middle.iter().enumerate().map(|(i, v)| f64::from(*v) * hann(i)).collect();
    let plan = fft::forward(middle.len());
    let mut bins = plan.make_output_vec();
    plan.process(&mut windowed.iter().map(|v| *v as f32).collect::<Vec<_>>(), &mut bins).unwrap();
    let coarse = (1..bins.len()).max_by(|a, b| bins[*a].norm_sqr().total_cmp(&bins[*b].norm_sqr())).unwrap() as f64;
    let power = |bin: f64| {
        let turn = |i: usize| (TAU * bin * i as f64 / n).sin_cos();
        let add = |(re, im): (f64, f64), (i, v): (usize, &f64)| (re + v * turn(i).1, im + v * turn(i).0);
        let (re, im) = windowed.iter().enumerate().fold((0.0, 0.0), add);
        re * re + im * im
    };
    let fine = (-10..=10).map(|i| coarse + f64::from(i) / 10.0).map(|bin| (bin, power(bin)));
    let (bin, _) = fine.max_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
    bin * f64::from(RATE_HZ) / n
}

/// Gain in dB of `process` for a tone of `hz`, once it has settled.
pub(in super::super) fn gain_db_at(hz: f64, process: impl Fn(&mut [f32])) -> f64 {
    let before = tone(hz, 16_000);
    let mut after = before.clone();
    process(&mut after);
    20.0 * (rms(&after[8000..]) / rms(&before[8000..])).log10()
}
