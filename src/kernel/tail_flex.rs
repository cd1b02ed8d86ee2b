//! The tail of a block on the CPU, forward: normalisation, activation and pooling in one pass over the image.
//!
//! Written out, a value x becomes `after(scale * before(x) + shift)`: normalisation is a scale and a shift a channel,
//! and the activation is `after` it (conv, norm, activation) or `before` it (conv, activation, norm).

use super::curve::Curve;
use super::geometry::{Pool, PoolKind};
use super::isa::{Isa, for_each_isa};
use rayon::prelude::*;

/// Partial sums of a reduction; fixed, so that its result is the same with every instruction set.
pub const LANES: usize = 16;
/// Values summed in 32 bits before they are added up in 64.
const CHUNK: usize = 64 * LANES;

/// What a tail does to values, apart from its statistics.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TailSpec {
    /// Activation before normalisation.
    pub before: Curve,
    /// Activation after normalisation.
    pub after: Curve,
    /// Pooling; none is a window of one value.
    pub pool: Pool,
}

impl TailSpec {
    /// Whether the pool keeps one of several values.
    pub fn selects(&self) -> bool {
        self.pool.kind == PoolKind::Max && self.pool.size != [1, 1]
    }

    /// Sizes for an input [n, c, h, w].
    pub fn shapes(&self, [n, c, h, w]: [usize; 4]) -> TailShapes {
        TailShapes { n, c, image: [h, w], out: self.pool.output([h, w]), window: self.pool.size }
    }
}

/// Sizes of one tail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TailShapes {
    /// Images.
    pub n: usize,
    /// Channels.
    pub c: usize,
    /// Input image [h, w].
    pub image: [usize; 2],
    /// Pooled image [oh, ow].
    pub out: [usize; 2],
    /// Pooling window [kh, kw].
    pub window: [usize; 2],
}

impl TailShapes {
    /// Values of an input plane.
    pub fn plane(&self) -> usize {
        self.image[0] * self.image[1]
    }

    /// Values of an output plane.
    pub fn pooled(&self) -> usize {
        self.out[0] * self.out[1]
    }

    /// Planes without pooling are one long row.
    pub fn flat(self) -> Self {
        let long = [1, self.plane()];
        if self.window == [1, 1] { Self { image: long, out: long, ..self } } else { self }
    }
}

/// Normalisation of one channel as a line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    /// gamma / sqrt(variance + epsilon)
    pub scale: f32,
    /// beta - mean * scale
    pub shift: f32,
}

impl Line {
    /// Changes nothing: the tail has no normalisation.
    pub const IDENTITY: Self = Self { scale: 1.0, shift: 0.0 };

    /// Normalisation by the given statistics.
    pub fn new(gamma: f32, beta: f32, mean: f32, variance: f32, epsilon: f32) -> Self {
        let scale = gamma / (variance + epsilon).sqrt();
        Self { scale, shift: beta - mean * scale }
    }
}

/// Mean and biased variance of each channel of `before(x)`, over images and positions.
pub fn statistics(isa: Isa, x: &[f32], shapes: &TailShapes, before: Curve) -> (Vec<f32>, Vec<f32>) {
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
pub fn fold(lanes: [f32; LANES]) -> f64 {
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

/// What a pass that will be differentiated keeps of a selecting pool.
pub struct Selected {
    /// The input value that was kept of each window [n, c, oh, ow].
    pub value: Vec<f32>,
    /// Which value of the window it was, row after row.
    pub index: Vec<u8>,
}

/// The tail of `x` [n, c, h, w] -> [n, c, oh, ow], by one line a channel.
pub fn forward(isa: Isa, spec: &TailSpec, shapes: &TailShapes, x: &[f32], lines: &[Line]) -> Vec<f32> {
    let shapes = shapes.flat();
    let mut out = vec![0.0; shapes.n * shapes.c * shapes.pooled()];
    out.par_chunks_mut(shapes.pooled()).zip(x.par_chunks(shapes.plane())).enumerate().for_each(|(i, (out, x))| {
        let line = lines[i % shapes.c];
        match spec.pool.kind {
            PoolKind::Max => max_plane(isa, *spec, shapes, x, line, out),
            PoolKind::Average => average_plane(isa, *spec, shapes, x, line, out),
        }
    });
    out
}

/// As [`forward`], for a selecting pool, with what its backward pass needs.
pub fn forward_selecting(
    isa: Isa,
    spec: &TailSpec,
    shapes: &TailShapes,
    x: &[f32],
    lines: &[Line],
) -> (Vec<f32>, Selected) {
    let len = shapes.n * shapes.c * shapes.pooled();
    let (mut out, mut value, mut index) = (vec![0.0; len], vec![0.0; len], vec![0; len]);
    let q = shapes.pooled();
    let kept = out.par_chunks_mut(q).zip(value.par_chunks_mut(q)).zip(index.par_chunks_mut(q));
    kept.zip(x.par_chunks(shapes.plane())).enumerate().for_each(|(i, (((out, value), index), x))| {
        select_plane(isa, *spec, *shapes, x, lines[i % shapes.c], out, value, index);
    });
    (out, Selected { value, index })
}

/// Widths of a pooling window that loops are compiled for, so that their reads become whole vectors.
macro_rules! with_width {
    ($width:expr, $function:ident($($arg:expr),*)) => {
        match $width {
            1 => $function::<1>($($arg),*),
            2 => $function::<2>($($arg),*),
            3 => $function::<3>($($arg),*),
            4 => $function::<4>($($arg),*),
            _ => $function::<0>($($arg),*),
        }
    };
}
pub(super) use with_width;

for_each_isa! {
    fn max_plane(spec: TailSpec, shapes: TailShapes, x: &[f32], line: Line, out: &mut [f32]) {
        with_width!(shapes.window[1], max_rows(spec, shapes, x, line, out))
    }
}

for_each_isa! {
    fn average_plane(spec: TailSpec, shapes: TailShapes, x: &[f32], line: Line, out: &mut [f32]) {
        with_width!(shapes.window[1], average_rows(spec, shapes, x, line, out))
    }
}

for_each_isa! {
    #[expect(clippy::too_many_arguments, reason = "three results of one pass")]
    fn select_plane(spec: TailSpec, shapes: TailShapes, x: &[f32], line: Line, out: &mut [f32], value: &mut [f32], index: &mut [u8]) {
        with_width!(shapes.window[1], select_rows(spec, shapes, x, line, out, value, index))
    }
}

/// A value on its way through the tail, up to the pool.
#[inline(always)]
fn through(spec: TailSpec, line: Line, x: f32) -> f32 {
    spec.after.at(line.scale * spec.before.at(x) + line.shift)
}

/// `WIDTH` is the window's width, or 0 where it is not known to the compiler.
#[inline(always)]
fn max_rows<const WIDTH: usize>(spec: TailSpec, shapes: TailShapes, x: &[f32], line: Line, out: &mut [f32]) {
    let width = if WIDTH == 0 { shapes.window[1] } else { WIDTH };
    for (oy, out) in out.chunks_exact_mut(shapes.out[1]).enumerate() {
        for a in 0..shapes.window[0] {
            let row = &x[(oy * shapes.window[0] + a) * shapes.image[1]..][..out.len() * width];
            for b in 0..width {
                for (j, best) in out.iter_mut().enumerate() {
                    let v = through(spec, line, row[j * width + b]);
                    // The first value of a window starts it; NaN wins over everything.
                    let take = (a + b == 0) | (v > *best) | v.is_nan();
                    *best = if take { v } else { *best };
                }
            }
        }
    }
}

#[inline(always)]
fn average_rows<const WIDTH: usize>(spec: TailSpec, shapes: TailShapes, x: &[f32], line: Line, out: &mut [f32]) {
    let width = if WIDTH == 0 { shapes.window[1] } else { WIDTH };
    let share = 1.0 / (shapes.window[0] * width) as f32;
    for (oy, out) in out.chunks_exact_mut(shapes.out[1]).enumerate() {
        for a in 0..shapes.window[0] {
            let row = &x[(oy * shapes.window[0] + a) * shapes.image[1]..][..out.len() * width];
            for b in 0..width {
                for (j, sum) in out.iter_mut().enumerate() {
                    *sum += through(spec, line, row[j * width + b]);
                }
            }
        }
        for sum in out.iter_mut() {
            *sum *= share;
        }
    }
}

#[inline(always)]
fn select_rows<const WIDTH: usize>(
    spec: TailSpec,
    shapes: TailShapes,
    x: &[f32],
    line: Line,
    out: &mut [f32],
    value: &mut [f32],
    index: &mut [u8],
) {
    let width = if WIDTH == 0 { shapes.window[1] } else { WIDTH };
    let columns = shapes.out[1];
    let rows = out.chunks_exact_mut(columns).zip(value.chunks_exact_mut(columns)).zip(index.chunks_exact_mut(columns));
    for (oy, ((out, value), index)) in rows.enumerate() {
        let (value, index) = (&mut value[..out.len()], &mut index[..out.len()]);
        for a in 0..shapes.window[0] {
            let row = &x[(oy * shapes.window[0] + a) * shapes.image[1]..][..out.len() * width];
            for b in 0..width {
                let k = (a * width + b) as u8;
                for j in 0..out.len() {
                    let from = row[j * width + b];
                    let v = through(spec, line, from);
                    let take = (k == 0) | (v > out[j]) | v.is_nan();
                    out[j] = if take { v } else { out[j] };
                    value[j] = if take { from } else { value[j] };
                    index[j] = if take { k } else { index[j] };
                }
            }
        }
    }
}
