//! The sizes of one convolution, and what follows from them for the planes of its inputs.

use super::geometry::ConvGeometry;
use super::plane::{Layout, View};

/// Sizes of one convolution, all of them checked against each other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shapes {
    /// Images.
    pub(super) n: usize,
    /// Input and output channels of all groups.
    pub(super) channels: [usize; 2],
    /// Input image [h, w].
    pub(super) image: [usize; 2],
    /// Kernel [kh, kw].
    pub(super) kernel: [usize; 2],
    /// Output image [oh, ow].
    pub(super) out: [usize; 2],
    /// Stride, padding, dilation, groups.
    pub(super) geometry: ConvGeometry,
}

impl Shapes {
    /// The sizes of `x` [n, ci, h, w] under `weight` [co, ci / groups, kh, kw]; none where they do not fit together
    /// or something is empty.
    pub(super) fn new(x: [usize; 4], weight: [usize; 4], geometry: ConvGeometry) -> Option<Self> {
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
    pub(super) fn per_group(&self) -> [usize; 2] {
        self.channels.map(|c| c / self.geometry.groups)
    }

    /// Taps of the kernel, in the order of the weights: row and column.
    pub(super) fn taps(&self) -> impl Iterator<Item = [usize; 2]> + use<> {
        let [rows, columns] = self.kernel;
        (0..rows).flat_map(move |i| (0..columns).map(move |j| [i, j]))
    }

    /// A tap's phase of the stride and its shift inside that phase.
    pub(super) fn phase(&self, tap: [usize; 2]) -> ([usize; 2], [usize; 2]) {
        let ConvGeometry { stride, dilation, .. } = self.geometry;
        let reach = [tap[0] * dilation[0], tap[1] * dilation[1]];
        ([reach[0] % stride[0], reach[1] % stride[1]], [reach[0] / stride[0], reach[1] / stride[1]])
    }

    /// The furthest shift of any tap.
    fn reach(&self) -> [usize; 2] {
        self.taps().map(|t| self.phase(t).1).fold([0, 0], |m, s| [m[0].max(s[0]), m[1].max(s[1])])
    }

    /// Planes of one group's inputs, and where in them each weight (channel, tap) finds its values.
    pub(super) fn inputs(&self) -> (Layout, Vec<usize>) {
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
