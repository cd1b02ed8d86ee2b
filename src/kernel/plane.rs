//! How images lie in memory while they are convolved.
//!
//! A convolution needs no matrix of patches. Images are copied once into zero-padded planes of a common row pitch;
//! then every tap of the kernel is the same plane read at a fixed distance, and a run of outputs is a run of inputs
//! moved by that distance. What lies between the end of one row's outputs and the start of the next is computed too
//! and thrown away; zeros at the right end of a row serve as those at the left of the next one, which keeps that small.
//!
//! A stride splits the padded image into phases: [stride y] x [stride x] planes, in each of which neighbours are one
//! stride apart. Small images (1D networks) lie side by side so that runs are long.

use std::ops::Range;

/// Floats that may be read beyond the last plane: a tile reads whole runs.
const SLACK: usize = 64;
/// Runs at least this long are worth their last, partly used tile.
const LONG_RUN: usize = 480;

/// Which values of an image a plane holds: row r, column c of it is row `from[0] + r * step[0]`,
/// column `from[1] + c * step[1]` of the image, or 0 outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct View {
    /// First row and column of the image; negative where zeros come first.
    pub(super) from: [isize; 2],
    /// Rows and columns of the image from one value to the next.
    pub(super) step: [usize; 2],
}

impl View {
    /// Those of `count` values along `axis` that lie inside an image of `size`.
    fn inside(&self, axis: usize, count: usize, size: usize) -> Range<usize> {
        let (from, step) = (self.from[axis], self.step[axis] as isize);
        let first = (-from).max(0).unsigned_abs().div_ceil(self.step[axis]);
        let beyond = (size as isize - from + step - 1).max(0) / step;
        let end = count.min(beyond.unsigned_abs());
        first.min(end)..end
    }
}

/// Planes of several images: ordered by channel, then view, then image.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    views: Vec<View>,
    image: [usize; 2],
    /// Outputs of one image: rows and columns.
    pub(super) out: [usize; 2],
    rows: usize,
    columns: usize,
    pitch: usize,
    /// Most images that lie side by side.
    pub(super) images: usize,
    channels: usize,
    channel: usize,
}

/// Neighbouring outputs of one image that are neighbours in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Segment {
    /// Where in the run.
    pub(super) at: usize,
    /// How many.
    pub(super) len: usize,
    /// Which image, row and first column.
    pub(super) image: usize,
    /// Row of the output.
    pub(super) row: usize,
    /// First column of the output.
    pub(super) column: usize,
}

impl Layout {
    /// Planes for `channels` of images [h, w], seen in each of `views`, from which `out` [rows, columns] outputs are
    /// computed with taps that reach up to `reach` rows and columns further; of up to `batch` images.
    pub(super) fn new(
        views: Vec<View>,
        image: [usize; 2],
        out: [usize; 2],
        reach: [usize; 2],
        channels: usize,
        batch: usize,
    ) -> Self {
        let [rows, columns] = [out[0] + reach[0], out[1] + reach[1]];
        let shared = views.iter().map(|v| {
            let inside = v.inside(1, columns, image[1]);
            inside.start.min(columns - inside.end)
        });
        // Outputs are a whole row apart all the same.
        let pitch = columns - shared.min().unwrap_or(0).min(reach[1]);
        let images = LONG_RUN.div_ceil(rows * pitch).min(batch).max(1);
        let channel = views.len() * images * rows * pitch;
        // Planes a power of two apart would all compete for the same few lines of the cache.
        let channel = if channel.is_multiple_of(256) { channel + 16 } else { channel };
        Self { views, image, out, rows, columns, pitch, images, channels, channel }
    }

    /// Floats that a buffer for these planes holds.
    pub(super) fn len(&self) -> usize {
        self.channels * self.channel + self.pitch + SLACK
    }

    /// How far a tap lies from the first value of a run: in `channel`, seen in `view`, `shift` rows and columns on.
    pub(super) fn offset(&self, channel: usize, view: usize, shift: [usize; 2]) -> usize {
        channel * self.channel + view * self.images * self.rows * self.pitch + shift[0] * self.pitch + shift[1]
    }

    /// Length of the run that covers all outputs of `images`.
    pub(super) fn run(&self, images: usize) -> usize {
        ((images - 1) * self.rows + self.out[0] - 1) * self.pitch + self.out[1]
    }

    /// Copies `images` [image][channel][h][w] into `planes`; image i starts at `i * stride`. Zeros around them are
    /// there from the start and stay.
    pub(super) fn fill(&self, planes: &mut [f32], images: &[f32], count: usize, stride: usize) {
        assert!(planes.len() == self.len() && count <= self.images, "the buffer was made for this layout");
        let [h, w] = self.image;
        for (v, view) in self.views.iter().enumerate() {
            let (rows, columns) = (view.inside(0, self.rows, h), view.inside(1, self.pitch.min(self.columns), w));
            let from_column = view.from[1] + (columns.start * view.step[1]) as isize;
            if rows.is_empty() || columns.is_empty() {
                continue;
            }
            for channel in 0..self.channels {
                for i in 0..count {
                    let image = &images[i * stride + channel * h * w..][..h * w];
                    let plane = self.offset(channel, v, [i * self.rows, 0]);
                    for r in rows.clone() {
                        let y = view.from[0] + (r * view.step[0]) as isize;
                        let row = &image[y.unsigned_abs() * w + from_column.unsigned_abs()..(y.unsigned_abs() + 1) * w];
                        let to = &mut planes[plane + r * self.pitch..][columns.clone()];
                        if view.step[1] == 1 {
                            to.copy_from_slice(&row[..to.len()]);
                        } else {
                            for (t, f) in to.iter_mut().zip(row.iter().step_by(view.step[1])) {
                                *t = *f;
                            }
                        }
                    }
                }
            }
        }
    }

    /// The outputs among positions `range` of a run over `images`, in order; positions count from `range.start`.
    pub(super) fn segments(&self, range: Range<usize>, images: usize, segments: &mut Vec<Segment>) {
        segments.clear();
        let mut q = range.start;
        while q < range.end {
            let (line, column) = (q / self.pitch, q % self.pitch);
            let (image, row) = (line / self.rows, line % self.rows);
            if image >= images {
                break;
            }
            let len = self.out[1].saturating_sub(column).min(range.end - q);
            if row < self.out[0] && len > 0 {
                segments.push(Segment { at: q - range.start, len, image, row, column });
            }
            q = (line + 1) * self.pitch;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_knows_which_values_lie_inside() {
        let view = View { from: [-3, 1], step: [2, 1] };
        assert_eq!(view.inside(0, 10, 6), 2..5, "rows -3 -1 1 3 5 7 of 6");
        assert_eq!(view.inside(1, 4, 9), 0..4);
        assert_eq!(View { from: [-9, 0], step: [1, 1] }.inside(0, 4, 5), 4..4);
        assert!(View { from: [7, 0], step: [1, 1] }.inside(0, 4, 5).is_empty());
    }

    #[test]
    fn rows_share_their_padding() {
        // A 3 x 3 kernel with padding 1 on a 2 x 4 image: rows of 4 + 1, not 4 + 2.
        let view = View { from: [-1, -1], step: [1, 1] };
        let layout = Layout::new(vec![view], [2, 4], [2, 4], [2, 2], 1, 1);
        let mut planes = vec![0.0; layout.len()];
        layout.fill(&mut planes, &[1., 2., 3., 4., 5., 6., 7., 8.], 1, 8);
        let rows = [0., 0., 0., 0., 0., 0., 1., 2., 3., 4., 0., 5., 6., 7., 8., 0., 0., 0., 0., 0.];
        assert_eq!(planes[..20], rows);
        let mut segments = Vec::new();
        layout.segments(2..9, 1, &mut segments);
        let first = Segment { at: 0, len: 2, image: 0, row: 0, column: 2 };
        assert_eq!(segments, [first, Segment { at: 3, len: 4, image: 0, row: 1, column: 0 }]);
        assert_eq!(layout.run(1), 9);
    }
}
