//! The tail of a block on the CPU, forward: normalisation, activation and pooling in one pass over the image.
//!
//! Written out, a value x becomes `after(scale * before(x) + shift)`: normalisation is a scale and a shift a channel,
//! and the activation is `after` it (conv, norm, activation) or `before` it (conv, activation, norm).

use super::buffers;
use super::curve::Curve;
use super::geometry::{Pool, PoolKind};
use super::isa::{Isa, for_each_isa};
use super::moments::LANES;
use rayon::prelude::*;

/// What a tail does to values, apart from its statistics.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct TailSpec {
    /// Activation before normalisation.
    pub(super) before: Curve,
    /// Activation after normalisation.
    pub(super) after: Curve,
    /// Pooling; none is a window of one value.
    pub(super) pool: Pool,
}

impl TailSpec {
    /// Whether the pool keeps one of several values.
    pub(super) fn selects(&self) -> bool {
        self.pool.kind == PoolKind::Max && self.pool.size != [1, 1]
    }

    /// Sizes for an input [n, c, h, w].
    pub(super) fn shapes(&self, [n, c, h, w]: [usize; 4]) -> TailShapes {
        TailShapes { n, c, image: [h, w], out: self.pool.output([h, w]), window: self.pool.size }
    }
}

/// Sizes of one tail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TailShapes {
    /// Images.
    pub(super) n: usize,
    /// Channels.
    pub(super) c: usize,
    /// Input image [h, w].
    pub(super) image: [usize; 2],
    /// Pooled image [oh, ow].
    pub(super) out: [usize; 2],
    /// Pooling window [kh, kw].
    pub(super) window: [usize; 2],
}

impl TailShapes {
    /// Values of an input plane.
    pub(super) fn plane(&self) -> usize {
        self.image[0] * self.image[1]
    }

    /// Values of an output plane.
    pub(super) fn pooled(&self) -> usize {
        self.out[0] * self.out[1]
    }

    /// Planes without pooling are one long row.
    pub(super) fn flat(self) -> Self {
        let long = [1, self.plane()];
        if self.window == [1, 1] { Self { image: long, out: long, ..self } } else { self }
    }
}

/// Normalisation of one channel as a line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Line {
    /// gamma / sqrt(variance + epsilon)
    pub(super) scale: f32,
    /// beta - mean * scale
    pub(super) shift: f32,
}

impl Line {
    /// Changes nothing: the tail has no normalisation.
    pub(super) const IDENTITY: Self = Self { scale: 1.0, shift: 0.0 };

    /// Normalisation by the given statistics.
    pub(super) fn new(gamma: f32, beta: f32, mean: f32, variance: f32, epsilon: f32) -> Self {
        let scale = gamma / (variance + epsilon).sqrt();
        Self { scale, shift: beta - mean * scale }
    }
}

/// What a pass that will be differentiated keeps of a selecting pool.
pub(super) struct Selected {
    /// The input value that was kept of each window [n, c, oh, ow].
    pub(super) value: Vec<f32>,
    /// Which value of the window it was, row after row.
    pub(super) index: Vec<u8>,
}

/// The tail of `x` [n, c, h, w] -> [n, c, oh, ow], by one line a channel.
pub(super) fn forward(isa: Isa, spec: &TailSpec, shapes: &TailShapes, x: &[f32], lines: &[Line]) -> Vec<f32> {
    let shapes = *shapes;
    let mut out = buffers::take(shapes.n * shapes.c * shapes.pooled());
    let planes = out.par_chunks_mut(shapes.pooled()).zip(x.par_chunks(shapes.plane())).enumerate();
    planes.for_each_init(Vec::new, |windows, (i, (out, x))| {
        let line = lines[i % shapes.c];
        match spec.pool.kind {
            _ if shapes.window == [1, 1] => plain_plane(isa, *spec, x, line, out),
            PoolKind::Max => max_plane(isa, *spec, shapes, x, line, out, windows),
            PoolKind::Average => average_plane(isa, *spec, shapes, x, line, out, windows),
        }
    });
    out
}

/// As [`forward`], for a selecting pool, with what its backward pass needs.
pub(super) fn forward_selecting(
    isa: Isa,
    spec: &TailSpec,
    shapes: &TailShapes,
    x: &[f32],
    lines: &[Line],
) -> (Vec<f32>, Selected) {
    let len = shapes.n * shapes.c * shapes.pooled();
    let (mut out, mut value, mut index) = (buffers::take(len), buffers::take(len), buffers::take_bytes(len));
    let q = shapes.pooled();
    let kept = out.par_chunks_mut(q).zip(value.par_chunks_mut(q)).zip(index.par_chunks_mut(q));
    kept.zip(x.par_chunks(shapes.plane())).enumerate().for_each_init(
        Vec::new,
        |windows, (i, (((out, value), index), x))| {
            select_plane(isa, *spec, *shapes, x, lines[i % shapes.c], out, value, index, windows);
        },
    );
    (out, Selected { value, index })
}

for_each_isa! {
    fn plain_plane(spec: TailSpec, x: &[f32], line: Line, out: &mut [f32]) {
        for (out, x) in out.iter_mut().zip(x) {
            *out = through(spec, line, *x);
        }
    }
}

for_each_isa! {
    fn average_plane(spec: TailSpec, shapes: TailShapes, x: &[f32], line: Line, out: &mut [f32], windows: &mut Vec<f32>) {
        let share = 1.0 / (shapes.window[0] * shapes.window[1]) as f32;
        for (row, out) in out.chunks_exact_mut(shapes.out[1]).enumerate() {
            let room = split_row(shapes, x, row, windows);
            for (block, out) in out.chunks_mut(LANES).enumerate() {
                let mut sum = [0.0; LANES];
                for values in windows.chunks_exact(room) {
                    let values = &values[block * LANES..][..LANES];
                    for l in 0..LANES {
                        sum[l] += through(spec, line, values[l]);
                    }
                }
                for s in &mut sum {
                    *s *= share;
                }
                write(out, sum);
            }
        }
    }
}

for_each_isa! {
    fn max_plane(spec: TailSpec, shapes: TailShapes, x: &[f32], line: Line, out: &mut [f32], windows: &mut Vec<f32>) {
        for (row, out) in out.chunks_exact_mut(shapes.out[1]).enumerate() {
            let room = split_row(shapes, x, row, windows);
            for (block, out) in out.chunks_mut(LANES).enumerate() {
                write(out, largest(spec, line, &windows[block * LANES..], room).0);
            }
        }
    }
}

for_each_isa! {
    #[expect(clippy::too_many_arguments, reason = "three results of one pass")]
    fn select_plane(spec: TailSpec, shapes: TailShapes, x: &[f32], line: Line, out: &mut [f32], value: &mut [f32], index: &mut [u8], windows: &mut Vec<f32>) {
        let columns = shapes.out[1];
        let rows = out.chunks_exact_mut(columns).zip(value.chunks_exact_mut(columns)).zip(index.chunks_exact_mut(columns));
        for (row, ((out, value), index)) in rows.enumerate() {
            let room = split_row(shapes, x, row, windows);
            let blocks = out.chunks_mut(LANES).zip(value.chunks_mut(LANES)).zip(index.chunks_mut(LANES));
            for (block, ((out, value), index)) in blocks.enumerate() {
                let (best, kept, places) = largest(spec, line, &windows[block * LANES..], room);
                let mut bytes = [0; LANES];
                for l in 0..LANES {
                    bytes[l] = places[l] as u8;
                }
                write(out, best);
                write(value, kept);
                write(index, bytes);
            }
        }
    }
}

// No closures below: the compiler would not compile them with the instruction set of the function around them.

/// A value on its way through the tail, up to the pool.
#[inline(always)]
fn through(spec: TailSpec, line: Line, x: f32) -> f32 {
    spec.after.at(line.scale * spec.before.at(x) + line.shift)
}

/// Takes one row of windows apart: the first values of all windows, then their second values, and so on, each list with
/// `room` for whole blocks of lanes, which is returned.
#[inline(always)]
fn split_row(shapes: TailShapes, x: &[f32], row: usize, windows: &mut Vec<f32>) -> usize {
    let ([height, width], columns) = (shapes.window, shapes.out[1]);
    let room = columns.next_multiple_of(LANES);
    windows.resize(height * width * room, 0.0);
    for (a, lists) in windows.chunks_exact_mut(width * room).enumerate() {
        let from = &x[(row * height + a) * shapes.image[1]..][..columns * width];
        if width == 2 {
            // The common case, in a form that compilers turn into loads of whole vectors.
            let (first, second) = lists.split_at_mut(room);
            for ((f, s), pair) in first.iter_mut().zip(second).zip(from.as_chunks::<2>().0) {
                (*f, *s) = (pair[0], pair[1]);
            }
        } else {
            for (b, list) in lists.chunks_exact_mut(room).enumerate() {
                for (to, v) in list.iter_mut().zip(from[b..].iter().step_by(width)) {
                    *to = *v;
                }
            }
        }
    }
    room
}

/// The largest value of each window; NaN wins over everything. With it the input value and its place in the window.
#[inline(always)]
fn largest(spec: TailSpec, line: Line, windows: &[f32], room: usize) -> ([f32; LANES], [f32; LANES], [u32; LANES]) {
    let (mut best, mut value, mut index) = ([0.0; LANES], [0.0; LANES], [0; LANES]);
    for (k, from) in windows.chunks(room).enumerate() {
        let from = &from[..LANES];
        for l in 0..LANES {
            let v = through(spec, line, from[l]);
            let take = (k == 0) | (v > best[l]) | v.is_nan();
            best[l] = if take { v } else { best[l] };
            value[l] = if take { from[l] } else { value[l] };
            index[l] = if take { k as u32 } else { index[l] };
        }
    }
    (best, value, index)
}

/// Writes the first lanes, as many as there is room for.
#[inline(always)]
fn write<T: Copy>(to: &mut [T], lanes: [T; LANES]) {
    match to.first_chunk_mut() {
        Some(to) => *to = lanes,
        None => to.copy_from_slice(&lanes[..to.len()]),
    }
}
