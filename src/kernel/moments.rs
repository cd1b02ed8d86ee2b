//! Mean and variance of the channels of a batch.

use super::curve::Curve;
use super::isa::{Isa, for_each_isa};
use super::tail_flex::TailShapes;
use rayon::prelude::*;

/// Partial sums of a reduction; fixed, so that its result is the same with every instruction set.
pub(super) const LANES: usize = 16;
/// Values summed in 32 bits before they are added up in 64.
pub(super) const CHUNK: usize = 64 * LANES;

/// Mean and biased variance of each channel of `before(x)`, over images and positions.
pub(super) fn statistics(isa: Isa, x: &[f32], shapes: &TailShapes, before: Curve) -> (Vec<f32>, Vec<f32>) {
    let (plane, c) = (shapes.plane(), shapes.c);
    let channel = |channel: usize| {
        // Sums around a value of the channel: squares of large means would swallow a small variance.
        let around = before.at(x[channel * plane]);
        let mut sums = [0.0; 2];
        for image in 0..shapes.n {
            add_moments(isa, &x[(image * c + channel) * plane..][..plane], before, around, &mut sums);
        }
        let m = (shapes.n * plane) as f64;
        let mean = sums[0] / m;
        let variance = sums[1] / m - mean * mean;
        // Not `max`, which would swallow NaN.
        let variance = if variance < 0.0 { 0.0 } else { variance };
        ((f64::from(around) + mean) as f32, variance as f32)
    };
    (0..c).into_par_iter().map(channel).unzip()
}

/// The sum of the lanes, in a fixed order.
#[inline(always)]
pub(super) fn fold(lanes: [f32; LANES]) -> f64 {
    lanes.iter().map(|v| f64::from(*v)).sum()
}

for_each_isa! {
    /// Adds the sums of `before(x) - around` and of its square to `sums`.
    fn add_moments(x: &[f32], before: Curve, around: f32, sums: &mut [f64; 2]) {
        for chunk in x.chunks(CHUNK) {
            let (mut first, mut second) = ([0.0f32; LANES], [0.0f32; LANES]);
            let (rows, rest) = chunk.as_chunks::<LANES>();
            for row in rows {
                for l in 0..LANES {
                    let d = before.at(row[l]) - around;
                    first[l] += d;
                    second[l] += d * d;
                }
            }
            for (l, v) in rest.iter().enumerate() {
                let d = before.at(*v) - around;
                first[l] += d;
                second[l] += d * d;
            }
            sums[0] += fold(first);
            sums[1] += fold(second);
        }
    }
}
