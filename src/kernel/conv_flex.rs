//! Convolution on the CPU: the forward pass and the gradient of the input, which is a convolution too.

use super::buffers::{self, Zeros};
use super::geometry::ConvGeometry;
use super::isa::Isa;
use super::plane::{Layout, Segment, View};
use super::tile::{self, COLUMNS, ROWS, Tile};
use rayon::prelude::*;

/// Terms of the sum that are taken before the next tile: their inputs and weights stay in the nearest cache.
const DEPTH: usize = 288;

/// Sizes of one convolution, all of them checked against each other.
#[derive(Debug, Clone, Copy)]
pub struct Shapes {
    /// Images.
    pub n: usize,
    /// Input and output channels of all groups.
    pub channels: [usize; 2],
    /// Input image [h, w].
    pub image: [usize; 2],
    /// Kernel [kh, kw].
    pub kernel: [usize; 2],
    /// Output image [oh, ow].
    pub out: [usize; 2],
    /// Stride, padding, dilation, groups.
    pub geometry: ConvGeometry,
}

impl Shapes {
    /// The sizes of `x` [n, ci, h, w] under `weight` [co, ci / groups, kh, kw]; none where they do not fit together
    /// or something is empty.
    pub fn new(x: [usize; 4], weight: [usize; 4], geometry: ConvGeometry) -> Option<Self> {
        let ([n, ci, h, w], [co, per_group, kh, kw]) = (x, weight);
        let groups = geometry.groups;
        let fit = groups > 0 && per_group * groups == ci && co.is_multiple_of(groups);
        let steps = geometry.stride.iter().chain(&geometry.dilation).all(|s| *s > 0);
        let full = [n, ci, h, w, co, per_group, kh, kw].iter().all(|d| *d > 0);
        if !(fit && steps && full) {
            return None;
        }
        let (image, kernel) = ([h, w], [kh, kw]);
        let out = geometry.output(image, kernel)?;
        Some(Self { n, channels: [ci, co], image, kernel, out, geometry })
    }

    /// Input and output channels of one group.
    pub fn per_group(&self) -> [usize; 2] {
        self.channels.map(|c| c / self.geometry.groups)
    }

    /// Taps of the kernel, in the order of the weights: row and column.
    pub fn taps(&self) -> impl Iterator<Item = [usize; 2]> + use<> {
        let [rows, columns] = self.kernel;
        (0..rows).flat_map(move |i| (0..columns).map(move |j| [i, j]))
    }

    /// A tap's phase of the stride and its shift inside that phase.
    fn phase(&self, tap: [usize; 2]) -> ([usize; 2], [usize; 2]) {
        let ConvGeometry { stride, dilation, .. } = self.geometry;
        let reach = [tap[0] * dilation[0], tap[1] * dilation[1]];
        ([reach[0] % stride[0], reach[1] % stride[1]], [reach[0] / stride[0], reach[1] / stride[1]])
    }

    /// The furthest shift of any tap.
    fn reach(&self) -> [usize; 2] {
        self.taps().map(|t| self.phase(t).1).fold([0, 0], |m, s| [m[0].max(s[0]), m[1].max(s[1])])
    }

    /// Planes of one group's inputs, and where in them each weight (channel, tap) finds its values.
    pub fn inputs(&self) -> (Layout, Vec<usize>) {
        let ConvGeometry { stride, padding, .. } = self.geometry;
        let mut phases: Vec<[usize; 2]> = self.taps().map(|t| self.phase(t).0).collect();
        phases.sort_unstable();
        phases.dedup();
        let from = |phase: usize, axis: usize| phase as isize - padding[axis] as isize;
        let views = phases.iter().map(|p| View { from: [from(p[0], 0), from(p[1], 1)], step: stride }).collect();
        let [channels, _] = self.per_group();
        let layout = Layout::new(views, self.image, self.out, self.reach(), channels, self.n);
        let offsets = (0..channels).flat_map(|c| {
            let (layout, phases) = (&layout, &phases);
            self.taps().map(move |tap| {
                let (phase, shift) = self.phase(tap);
                let view = phases.binary_search(&phase).expect("every tap's phase is listed");
                layout.offset(c, view, shift)
            })
        });
        let offsets = offsets.collect();
        (layout, offsets)
    }
}

/// What one thread keeps between images.
struct Scratch {
    planes: Zeros,
    tiles: Vec<Tile>,
    segments: Vec<Segment>,
}

/// One convolution with stride 1 over planes: `outputs` sums of `weights` over the values at `offsets`.
struct Filter {
    layout: Layout,
    offsets: Vec<usize>,
    outputs: usize,
    /// [block of outputs][offset][output of the block]
    weights: Vec<f32>,
    /// Where outputs go in an image of width `width`: row r, column c to `origin + r * step[0] * width + c * step[1]`.
    origin: [usize; 2],
    step: [usize; 2],
    width: usize,
}

impl Filter {
    fn scratch(&self) -> Scratch {
        let tiles = vec![[0.0; ROWS * COLUMNS]; self.outputs.div_ceil(ROWS)];
        Scratch { planes: Zeros::new(self.layout.len()), tiles, segments: Vec::new() }
    }

    /// Convolves `count` images of one group; images in `from` and `to` lie `strides` apart, channels of `to` `plane`.
    #[expect(clippy::too_many_arguments, reason = "two buffers with their steps, and what to do with them")]
    fn run(
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
fn pack(outputs: usize, terms: usize, weight: impl Fn(usize, usize) -> f32) -> Vec<f32> {
    let mut packed = Vec::with_capacity(outputs.next_multiple_of(ROWS) * terms);
    for block in (0..outputs).step_by(ROWS) {
        for term in 0..terms {
            packed.extend((block..block + ROWS).map(|o| if o < outputs { weight(o, term) } else { 0.0 }));
        }
    }
    packed
}

/// `x` [n, ci, h, w] under `weight` [co, ci / groups, kh, kw] -> [n, co, oh, ow]; in parallel over images.
pub fn forward(isa: Isa, shapes: &Shapes, x: &[f32], weight: &[f32], bias: Option<&[f32]>) -> Vec<f32> {
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

/// The gradient of the input from `errors` [n, co, oh, ow], the gradient of the output -> [n, ci, h, w].
///
/// Each phase of the stride is a convolution of the errors with those taps, turned around, that meet it.
pub fn backward_input(isa: Isa, shapes: &Shapes, weight: &[f32], errors: &[f32]) -> Vec<f32> {
    let ([ci, co], [outputs, inputs]) = (shapes.channels, shapes.per_group());
    let (plane, errors_size) = (shapes.image.iter().product::<usize>(), shapes.out.iter().product::<usize>());
    let groups = shapes.geometry.groups;
    let filters: Vec<Vec<Filter>> =
        (0..groups).map(|g| phases(shapes).into_iter().map(|p| p.filter(shapes, weight, g)).collect()).collect();
    let strides = [co * errors_size, ci * plane];
    let mut out = buffers::take(shapes.n * strides[1]);
    // Every phase is of about the same size; where they differ in how many images fit, the fewest decide.
    let images = filters[0].iter().map(|f| f.layout.images).min().unwrap_or(1);
    let tasks = out.par_chunks_mut(images * strides[1]).zip(errors.par_chunks(images * strides[0]));
    tasks.for_each_init(
        || filters[0].iter().map(Filter::scratch).collect::<Vec<_>>(),
        |scratch, (to, from)| {
            let count = from.len() / strides[0];
            if shapes.geometry.stride != [1, 1] {
                // Phases that meet no tap, and what a stride leaves over, receive nothing.
                to.fill(0.0);
            }
            for (g, filters) in filters.iter().enumerate() {
                let from = &from[g * inputs * errors_size..];
                let to = &mut to[g * outputs * plane..];
                for (filter, scratch) in filters.iter().zip(scratch.iter_mut()) {
                    filter.run(isa, scratch, from, to, count, strides, plane, None);
                }
            }
        },
    );
    out
}

/// One phase of the stride as seen by the gradient of the input.
struct Phase {
    /// First row and column of the input in this phase, and how many there are.
    origin: [usize; 2],
    size: [usize; 2],
    /// Row and column of the padded phase that `origin` is.
    first: [usize; 2],
    /// Taps that meet this phase, with their shifts.
    taps: Vec<([usize; 2], [usize; 2])>,
}

/// The phases that hold any input and meet any tap.
fn phases(shapes: &Shapes) -> Vec<Phase> {
    let ConvGeometry { stride, padding, .. } = shapes.geometry;
    let mut phases = Vec::new();
    for a in 0..stride[0] {
        for b in 0..stride[1] {
            let taps: Vec<_> = shapes
                .taps()
                .map(|t| (t, shapes.phase(t)))
                .filter(|(_, (p, _))| *p == [a, b])
                .map(|(t, (_, s))| (t, s))
                .collect();
            // Row r of the phase is row r * stride + phase - padding of the input.
            let first =
                [padding[0].saturating_sub(a).div_ceil(stride[0]), padding[1].saturating_sub(b).div_ceil(stride[1])];
            let origin = [first[0] * stride[0] + a - padding[0], first[1] * stride[1] + b - padding[1]];
            let size = [0, 1].map(|i| shapes.image[i].saturating_sub(origin[i]).div_ceil(stride[i]));
            if !taps.is_empty() && size[0] > 0 && size[1] > 0 {
                phases.push(Phase { origin, size, first, taps });
            }
        }
    }
    phases
}

impl Phase {
    fn filter(&self, shapes: &Shapes, weight: &[f32], group: usize) -> Filter {
        let [outputs, inputs] = shapes.per_group();
        let reach = self.taps.iter().fold([0, 0], |m: [usize; 2], (_, s)| [m[0].max(s[0]), m[1].max(s[1])]);
        let from = [0, 1].map(|i| self.first[i] as isize - reach[i] as isize);
        let view = View { from, step: [1, 1] };
        let layout = Layout::new(vec![view], shapes.out, self.size, reach, inputs, shapes.n);
        let terms: Vec<(usize, [usize; 2], [usize; 2])> =
            (0..inputs).flat_map(|c| self.taps.iter().map(move |(t, s)| (c, *t, *s))).collect();
        let offsets = terms.iter().map(|(c, _, s)| layout.offset(*c, 0, [reach[0] - s[0], reach[1] - s[1]])).collect();
        let [rows, columns] = shapes.kernel;
        let weights = pack(outputs, terms.len(), |o, k| {
            let (c, [i, j], _) = terms[k];
            weight[((group * inputs + c) * outputs + o) * rows * columns + i * columns + j]
        });
        let (origin, step, width) = (self.origin, shapes.geometry.stride, shapes.image[1]);
        Filter { layout, offsets, outputs, weights, origin, step, width }
    }
}
