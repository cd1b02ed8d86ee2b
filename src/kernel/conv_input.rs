//! The gradient of a convolution's input on the CPU: a convolution of the gradient of its output.

use super::buffers;
use super::conv_flex::{Filter, pack};
use super::geometry::ConvGeometry;
use super::isa::Isa;
use super::plane::{Layout, View};
use super::shapes::Shapes;
use rayon::prelude::*;

/// The gradient of the input from `errors` [n, co, oh, ow], the gradient of the output -> [n, ci, h, w].
///
/// Each phase of the stride is a convolution of the errors with those taps, turned around, that meet it.
pub(super) fn backward_input(isa: Isa, shapes: &Shapes, weight: &[f32], errors: &[f32]) -> Vec<f32> {
    let ([ci, co], [outputs, inputs]) = (shapes.channels, shapes.per_group());
    let (plane, errors_size) = (shapes.image.iter().product::<usize>(), shapes.out.iter().product::<usize>());
    let groups = shapes.geometry.groups;
    let filters: Vec<Vec<Filter>> =
        (0..groups).map(|g| phases(shapes).into_iter().map(|p| p.filter(shapes, weight, g)).collect()).collect();
    let strides = [co * errors_size, ci * plane];
    let mut out = buffers::take(shapes.n * strides[1]);
    // Every phase is of about the same size; where they differ in how many images fit, the fewest decide.
    let images = filters[0].iter().map(|f| f.layout.images).min().unwrap_or(1);
    // What no phase writes receives nothing: where phases meet no tap, as under a kernel smaller than its stride.
    let written: usize = filters[0].iter().map(|f| f.layout.out.iter().product::<usize>()).sum();
    let tasks = out.par_chunks_mut(images * strides[1]).zip(errors.par_chunks(images * strides[0]));
    tasks.for_each_init(
        || filters[0].iter().map(Filter::scratch).collect::<Vec<_>>(),
        |scratch, (to, from)| {
            let count = from.len() / strides[0];
            if written < plane {
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
