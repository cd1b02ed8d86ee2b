//! Shapes: how a convolution and a pool map one image onto the next.

/// Stride, padding, dilation and groups of a convolution; arrays are [height, width].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConvGeometry {
    /// Steps between neighbouring outputs, at least 1.
    pub stride: [usize; 2],
    /// Zeros added on both sides of the image.
    pub padding: [usize; 2],
    /// Steps between neighbouring taps of the kernel, at least 1.
    pub dilation: [usize; 2],
    /// Independent groups of channels; divides input and output channels.
    pub groups: usize,
}

impl Default for ConvGeometry {
    fn default() -> Self {
        Self { stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 1 }
    }
}

impl ConvGeometry {
    /// Stride 1 and as much padding as keeps the image's size under a kernel of odd `kernel` size; under an even one
    /// the image shrinks by one, as zeros are added on both sides alike.
    pub fn same(kernel: [usize; 2]) -> Self {
        Self { padding: kernel.map(|k| k.saturating_sub(1) / 2), ..Self::default() }
    }

    /// Size [oh, ow] of the output for an `image` of [h, w] under a `kernel` of [kh, kw]; none where no kernel fits.
    pub fn output(&self, image: [usize; 2], kernel: [usize; 2]) -> Option<[usize; 2]> {
        let along = |i: usize| {
            let reach = self.dilation[i] * kernel[i].checked_sub(1)? + 1;
            Some((image[i] + 2 * self.padding[i]).checked_sub(reach)? / self.stride[i] + 1)
        };
        Some([along(0)?, along(1)?])
    }
}

/// What a pool keeps of its window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PoolKind {
    /// The largest value; NaN where there is one.
    Max,
    /// The mean.
    Average,
}

/// Non-overlapping pooling: windows of `size` [height, width] side by side, a remainder is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pool {
    /// What is kept of a window.
    pub kind: PoolKind,
    /// Window and stride, at least 1.
    pub size: [usize; 2],
}

impl Pool {
    /// Size of the pooled `image` [h, w].
    pub fn output(&self, image: [usize; 2]) -> [usize; 2] {
        [image[0] / self.size[0], image[1] / self.size[1]]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_padding_keeps_the_size_under_odd_kernels() {
        for k in [1, 3, 5, 7] {
            assert_eq!(ConvGeometry::same([1, k]).output([1, 11], [1, k]), Some([1, 11]));
        }
    }

    #[test]
    fn stride_and_dilation_shrink_the_output() {
        let g = ConvGeometry { stride: [2, 3], padding: [1, 0], dilation: [1, 2], groups: 1 };
        // Height: (7 + 2 - 3) / 2 + 1 = 4. Width: the kernel reaches 5, (10 - 5) / 3 + 1 = 2.
        assert_eq!(g.output([7, 10], [3, 3]), Some([4, 2]));
        assert_eq!(g.output([7, 4], [3, 3]), None);
    }

    #[test]
    fn a_pool_drops_the_remainder() {
        assert_eq!(Pool { kind: PoolKind::Max, size: [2, 3] }.output([5, 5]), [2, 1]);
    }
}
