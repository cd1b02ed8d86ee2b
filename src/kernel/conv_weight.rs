//! The gradients of a convolution's weights and biases on the CPU.
//!
//! Images are summed in fixed groups, and the groups in order: the result never depends on the number of threads.

use super::buffers::Zeros;
use super::isa::Isa;
use super::plane::Segment;
use super::shapes::Shapes;
use super::tile::{self, CHANNELS, TAPS};
use rayon::prelude::*;

/// Positions that are summed before the next tile: their errors stay in the nearest cache.
const RUN: usize = 192;
/// Most partial sums that are kept at once, and the most floats they may take together.
const MOST_PARTS: usize = 16;
const MOST_FLOATS: usize = 8 << 20;
/// Output channels of one task.
const SHARE: usize = 128;

/// Floats of a tile.
const TILE: usize = TAPS * CHANNELS;

/// One task's sums: tiles [block of channels][block of taps], and one sum a channel.
struct Part {
    tiles: Zeros,
    bias: Vec<[f32; CHANNELS]>,
}

/// The gradients of weight [co, ci / groups, kh, kw] and bias [co], from the input `x` [n, ci, h, w] and `errors`
/// [n, co, oh, ow], the gradient of the output.
pub(super) fn backward_weight(isa: Isa, shapes: &Shapes, x: &[f32], errors: &[f32]) -> (Vec<f32>, Vec<f32>) {
    let ([ci, co], [inputs, outputs]) = (shapes.channels, shapes.per_group());
    let (image, plane) = (shapes.image.iter().product::<usize>(), shapes.out.iter().product::<usize>());
    let (layout, offsets) = shapes.inputs();
    let terms = offsets.len();
    let tap_blocks: Vec<[usize; TAPS]> =
        offsets.chunks(TAPS).map(|c| std::array::from_fn(|i| c.get(i).copied().unwrap_or(c[0]))).collect();

    let most = (MOST_FLOATS / (co * terms)).clamp(1, MOST_PARTS);
    let per_part = shapes.n.div_ceil(most).next_multiple_of(layout.images);
    let parts = shapes.n.div_ceil(per_part);
    let shares: Vec<(usize, usize)> = (0..shapes.geometry.groups)
        .flat_map(|g| (0..outputs).step_by(SHARE).map(move |c| (g, g * outputs + c)))
        .collect();

    let task = |planes: &mut Zeros, part: usize, group: usize, first: usize| {
        let channels = SHARE.min((group + 1) * outputs - first);
        let blocks = channels.div_ceil(CHANNELS);
        let mut sums =
            Part { tiles: Zeros::new(blocks * tap_blocks.len() * TILE), bias: vec![[0.0; CHANNELS]; blocks] };
        let mut turned = vec![[0.0; CHANNELS]; RUN];
        let mut segments: Vec<Segment> = Vec::new();
        let last = shapes.n.min((part + 1) * per_part);
        for start in (part * per_part..last).step_by(layout.images) {
            let count = layout.images.min(last - start);
            layout.fill(planes, &x[start * ci * image + group * inputs * image..], count, ci * image);
            let run = layout.run(count);
            for q in (0..run).step_by(RUN) {
                let len = RUN.min(run - q);
                layout.segments(q..q + len, count, &mut segments);
                for block in 0..blocks {
                    let channel = first + block * CHANNELS;
                    let here = CHANNELS.min(first + channels - channel);
                    let turned = &mut turned[..len];
                    turned.as_flattened_mut().fill(0.0);
                    for s in &segments {
                        let at = (start + s.image) * co * plane + s.row * shapes.out[1] + s.column + channel * plane;
                        turn(isa, &errors[at..], plane, here, &mut turned[s.at..s.at + s.len]);
                    }
                    add_columns(isa, turned, &mut sums.bias[block]);
                    let tiles = &mut sums.tiles[block * tap_blocks.len() * TILE..];
                    for (taps, tile) in tap_blocks.iter().zip(tiles.as_chunks_mut().0) {
                        let taps = taps.map(|o| &planes[q + o..][..len]);
                        tile::gradient(isa, &taps, turned, tile);
                    }
                }
            }
        }
        sums
    };
    let tasks: Vec<(usize, usize, usize)> =
        (0..parts).flat_map(|p| shares.iter().map(move |(g, first)| (p, *g, *first))).collect();
    let sums: Vec<Part> = tasks
        .into_par_iter()
        .map_init(|| Zeros::new(layout.len()), |planes, (part, group, first)| task(planes, part, group, first))
        .collect();

    let (mut weight, mut bias) = (vec![0.0; co * terms], vec![0.0; co]);
    for (s, (group, first)) in shares.iter().enumerate() {
        let end = ((group + 1) * outputs).min(first + SHARE);
        let rows = weight[first * terms..end * terms].par_chunks_mut(terms).zip(&mut bias[*first..end]).enumerate();
        rows.for_each(|(c, (row, bias))| {
            let (block, column) = (c / CHANNELS, c % CHANNELS);
            for part in sums.iter().skip(s).step_by(shares.len()) {
                *bias += part.bias[block][column];
                let tiles = &part.tiles[block * tap_blocks.len() * TILE..];
                for (to, tile) in row.chunks_mut(TAPS).zip(tiles.chunks_exact(TILE)) {
                    for (t, w) in to.iter_mut().enumerate() {
                        *w += tile[t * CHANNELS + column];
                    }
                }
            }
        });
    }
    (weight, bias)
}

super::isa::for_each_isa! {
    /// Turns the runs of `channels` channels, which lie `plane` apart, into a row of channels for each position.
    fn turn(errors: &[f32], plane: usize, channels: usize, turned: &mut [[f32; CHANNELS]]) {
        let len = turned.len();
        let mut channel = 0;
        // Four at a time, so that what is written together lies together.
        while channel + 4 <= channels {
            let a = &errors[channel * plane..][..len];
            let b = &errors[(channel + 1) * plane..][..len];
            let c = &errors[(channel + 2) * plane..][..len];
            let d = &errors[(channel + 3) * plane..][..len];
            let blocks = turned.as_chunks_mut::<4>();
            let rows = a.as_chunks::<4>().0.iter().zip(b.as_chunks::<4>().0).zip(c.as_chunks::<4>().0).zip(d.as_chunks::<4>().0);
            for (to, (((a, b), c), d)) in blocks.0.iter_mut().zip(rows) {
                to[0][channel..channel + 4].copy_from_slice(&[a[0], b[0], c[0], d[0]]);
                to[1][channel..channel + 4].copy_from_slice(&[a[1], b[1], c[1], d[1]]);
                to[2][channel..channel + 4].copy_from_slice(&[a[2], b[2], c[2], d[2]]);
                to[3][channel..channel + 4].copy_from_slice(&[a[3], b[3], c[3], d[3]]);
            }
            for (i, to) in blocks.1.iter_mut().enumerate() {
                let q = len / 4 * 4 + i;
                to[channel..channel + 4].copy_from_slice(&[a[q], b[q], c[q], d[q]]);
            }
            channel += 4;
        }
        for channel in channel..channels {
            for (to, e) in turned.iter_mut().zip(&errors[channel * plane..]) {
                to[channel] = *e;
            }
        }
    }
}

super::isa::for_each_isa! {
    /// Adds the sum of each column of `rows` to `sums`.
    fn add_columns(rows: &[[f32; CHANNELS]], sums: &mut [f32; CHANNELS]) {
        let mut total = [0.0f32; CHANNELS];
        for row in rows {
            for (t, v) in total.iter_mut().zip(row) {
                *t += v;
            }
        }
        for (s, t) in sums.iter_mut().zip(total) {
            *s += t;
        }
    }
}
