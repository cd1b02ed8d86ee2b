//! Convolution on the CPU, forward.

use super::buffers::{self, Zeros};
use super::isa::Isa;
use super::plane::{Layout, Segment};
use super::shapes::Shapes;
use super::tile::{self, COLUMNS, ROWS, Tile};
use rayon::prelude::*;

/// Terms of the sum that are taken before the next tile: their inputs and weights stay in the nearest cache.
const DEPTH: usize = 288;

/// What one thread keeps between images.
pub(super) struct Scratch {
    planes: Zeros,
    tiles: Vec<Tile>,
    segments: Vec<Segment>,
}

/// One convolution with stride 1 over planes: `outputs` sums of `weights` over the values at `offsets`.
pub(super) struct Filter {
    /// The planes of the inputs.
    pub(super) layout: Layout,
    /// Where each term of the sum finds its values.
    pub(super) offsets: Vec<usize>,
    /// Output channels.
    pub(super) outputs: usize,
    /// What [`pack`] made: [block of outputs][offset][output of the block].
    pub(super) weights: Vec<f32>,
    /// Where outputs go in an image of width `width`: row r, column c to `origin + r * step[0] * width + c * step[1]`.
    pub(super) origin: [usize; 2],
    /// Rows and columns of the image between neighbouring outputs.
    pub(super) step: [usize; 2],
    /// Width of that image.
    pub(super) width: usize,
}

impl Filter {
    /// Working memory for [`Filter::run`].
    pub(super) fn scratch(&self) -> Scratch {
        let tiles = vec![[0.0; ROWS * COLUMNS]; self.outputs.div_ceil(ROWS)];
        Scratch { planes: Zeros::new(self.layout.len()), tiles, segments: Vec::new() }
    }

    /// Convolves `count` images of one group; images in `from` and `to` lie `strides` apart, channels of `to` `plane`.
    #[expect(clippy::too_many_arguments, reason = "two buffers with their steps, and what to do with them")]
    pub(super) fn run(
        &self,
        isa: Isa,
        scratch: &mut Scratch,
        from: &[f32],
        to: &mut [f32],
        count: usize,
        strides: [usize; 2],
        plane: usize,
        bias: Option<&[f32]>,
    ) {
        let Scratch { planes, tiles, segments } = scratch;
        self.layout.fill(planes, from, count, strides[0]);
        let terms = self.offsets.len();
        for start in (0..self.layout.run(count)).step_by(COLUMNS) {
            self.layout.segments(start..start + COLUMNS, count, segments);
            if segments.is_empty() {
                continue;
            }
            for (b, tile) in tiles.iter_mut().enumerate() {
                for (r, row) in tile.as_chunks_mut::<COLUMNS>().0.iter_mut().enumerate() {
                    row.fill(bias.and_then(|bias| bias.get(b * ROWS + r)).copied().unwrap_or(0.0));
                }
            }
            for k in (0..terms).step_by(DEPTH) {
                let end = terms.min(k + DEPTH);
                for (tile, weights) in tiles.iter_mut().zip(self.weights.chunks(terms * ROWS)) {
                    tile::output(isa, &planes[start..], &self.offsets[k..end], &weights[k * ROWS..end * ROWS], tile);
                }
            }
            for (output, row) in tiles.iter().flat_map(|t| t.as_chunks::<COLUMNS>().0).take(self.outputs).enumerate() {
                for s in segments.iter() {
                    let y = self.origin[0] + s.row * self.step[0];
                    let x = self.origin[1] + s.column * self.step[1];
                    let to = &mut to[s.image * strides[1] + output * plane + y * self.width + x..];
                    let values = &row[s.at..s.at + s.len];
                    if self.step[1] == 1 {
                        to[..s.len].copy_from_slice(values);
                    } else {
                        for (t, v) in to.iter_mut().step_by(self.step[1]).zip(values) {
                            *t = *v;
                        }
                    }
                }
            }
        }
    }
}

/// Weights as a [`Filter`] wants them, from `weight(output, term)`; outputs are filled up with zeros.
pub(super) fn pack(outputs: usize, terms: usize, weight: impl Fn(usize, usize) -> f32) -> Vec<f32> {
    let mut packed = Vec::with_capacity(outputs.next_multiple_of(ROWS) * terms);
    for block in (0..outputs).step_by(ROWS) {
        for term in 0..terms {
            packed.extend((block..block + ROWS).map(|o| if o < outputs { weight(o, term) } else { 0.0 }));
        }
    }
    packed
}

/// `x` [n, ci, h, w] under `weight` [co, ci / groups, kh, kw] -> [n, co, oh, ow]; in parallel over images.
pub(super) fn forward(isa: Isa, shapes: &Shapes, x: &[f32], weight: &[f32], bias: Option<&[f32]>) -> Vec<f32> {
    let ([ci, co], [_, outputs]) = (shapes.channels, shapes.per_group());
    let (inputs_size, plane) = (shapes.image.iter().product::<usize>(), shapes.out.iter().product::<usize>());
    let (layout, offsets) = shapes.inputs();
    let terms = offsets.len();
    let filters: Vec<Filter> = (0..shapes.geometry.groups)
        .map(|g| Filter {
            layout: layout.clone(),
            offsets: offsets.clone(),
            outputs,
            weights: pack(outputs, terms, |o, k| weight[(g * outputs + o) * terms + k]),
            origin: [0, 0],
            step: [1, 1],
            width: shapes.out[1],
        })
        .collect();
    let strides = [ci * inputs_size, co * plane];
    let mut out = buffers::take(shapes.n * strides[1]);
    let tasks = out.par_chunks_mut(layout.images * strides[1]).zip(x.par_chunks(layout.images * strides[0]));
    tasks.for_each_init(
        || filters[0].scratch(),
        |scratch, (to, from)| {
            let count = from.len() / strides[0];
            for (g, filter) in filters.iter().enumerate() {
                let from = &from[g * (ci / filters.len()) * inputs_size..];
                let to = &mut to[g * outputs * plane..];
                let bias = bias.map(|b| &b[g * outputs..(g + 1) * outputs]);
                filter.run(isa, scratch, from, to, count, strides, plane, bias);
            }
        },
    );
    out
}
