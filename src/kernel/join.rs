//! Where two ways of a network meet, on the CPU: their sum through an activation, in one pass; and zeros wherever a row is padded.

use super::curve::Curve;
use super::isa::{Isa, for_each_isa};
use rayon::prelude::*;
use std::ops::Range;
use std::sync::Arc;

/// Which columns of each row of a batch count; all of them where nothing is told apart.
#[derive(Debug, Clone, Default)]
pub struct Columns(Option<Arc<[Range<usize>]>>);

impl Columns {
    /// A range a row.
    pub fn new(ranges: impl IntoIterator<Item = Range<usize>>) -> Self {
        Self(Some(ranges.into_iter().collect()))
    }

    /// The range of each row, where they are told apart.
    pub fn ranges(&self) -> Option<&[Range<usize>]> {
        self.0.as_deref()
    }
}

/// What is done to the images [n, c, h, w] of a batch, row by row: one task an image, whatever the number of threads.
fn by_row(x: &mut [f32], [n, c, h, w]: [usize; 4], task: impl Fn(usize, &mut [f32]) + Sync) {
    debug_assert_eq!(x.len(), n * c * h * w);
    x.par_chunks_mut(c * h * w).enumerate().for_each(|(row, x)| task(row, x));
}

/// Zeros in all columns of `x` [n, c, h, w] that do not count.
pub(super) fn silence(x: &mut [f32], shape: [usize; 4], columns: &Columns) {
    let Some(ranges) = columns.ranges() else { return };
    by_row(x, shape, |row, x| silence_row(x, shape[3], &ranges[row]));
}

fn silence_row(x: &mut [f32], width: usize, own: &Range<usize>) {
    if *own == (0..width) {
        return;
    }
    for line in x.chunks_exact_mut(width) {
        line[..own.start].fill(0.0);
        line[own.end..].fill(0.0);
    }
}

/// `x` [n, c, h, w] becomes curve(x + other), 0 in columns that do not count.
pub(super) fn forward(isa: Isa, x: &mut [f32], other: &[f32], shape: [usize; 4], curve: Curve, columns: &Columns) {
    let size = shape[1] * shape[2] * shape[3];
    by_row(x, shape, |row, x| {
        add(isa, x, &other[row * size..][..size], curve);
        if let Some(ranges) = columns.ranges() {
            silence_row(x, shape[3], &ranges[row]);
        }
    });
}

/// `errors` [n, c, h, w], the gradient of [`forward`]'s output `out`, becomes that of the sum.
pub(super) fn backward(isa: Isa, errors: &mut [f32], out: &[f32], shape: [usize; 4], curve: Curve, columns: &Columns) {
    let size = shape[1] * shape[2] * shape[3];
    by_row(errors, shape, |row, errors| {
        pull(isa, errors, &out[row * size..][..size], curve);
        if let Some(ranges) = columns.ranges() {
            silence_row(errors, shape[3], &ranges[row]);
        }
    });
}

for_each_isa! {
    fn add(x: &mut [f32], other: &[f32], curve: Curve) {
        for (x, other) in x.iter_mut().zip(other) {
            *x = curve.at(*x + *other);
        }
    }
}

for_each_isa! {
    /// The slope of a curve is known from its value: both lines keep the sign.
    fn pull(errors: &mut [f32], out: &[f32], curve: Curve) {
        for (e, out) in errors.iter_mut().zip(out) {
            *e *= curve.slope_at(*out);
        }
    }
}
