//! One convolution: what its kernel covers, and its parameters.
//!
//! All images are [channels, height, width] an example; a 1D network has height 1.

use super::LayerInfo;
use super::choices::Padding;
use super::init::Parameters;
use super::own::Own;
use crate::kernel::{self, ConvGeometry};
use burn::module::{Module, Param};
use burn::tensor::Tensor;
use burn::tensor::ops::PadMode;

/// What a kernel covers. Pairs are [height, width].
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Reach {
    /// Size of the kernel.
    pub size: [usize; 2],
    /// Steps from one output to the next.
    pub stride: [usize; 2],
    /// Steps between the taps.
    pub dilation: [usize; 2],
    /// What lies beyond the edge.
    pub padding: Padding,
}

impl Reach {
    /// A kernel of this size and stride, without gaps, over zeros beyond the edge.
    pub(super) fn same(size: [usize; 2], stride: [usize; 2]) -> Self {
        Self { size, stride, dilation: [1, 1], padding: Padding::Same }
    }

    /// Values from its first tap to its last.
    pub(super) fn span(&self) -> [usize; 2] {
        [0, 1].map(|i| self.dilation[i] * (self.size[i] - 1) + 1)
    }

    /// Zeros before and after the image.
    fn zeros(&self) -> [(usize, usize); 2] {
        self.span().map(|span| match self.padding {
            Padding::Valid => (0, 0),
            Padding::Same => ((span - 1) / 2, span / 2),
        })
    }

    /// Zeros that only one side has are added before the convolution, by [`Self::lopsided`].
    fn geometry(&self) -> ConvGeometry {
        ConvGeometry { stride: self.stride, padding: self.zeros().map(|p| p.0), dilation: self.dilation, groups: 1 }
    }

    /// Zeros that "same" padding adds at the end alone: 1 where the kernel's reach is even.
    fn lopsided(&self) -> [usize; 2] {
        self.zeros().map(|(before, after)| after - before)
    }

    /// The image behind it; none where the kernel does not fit.
    pub(super) fn output(&self, image: [usize; 2]) -> Option<[usize; 2]> {
        let more = self.lopsided();
        self.geometry().output([image[0] + more[0], image[1] + more[1]], self.size)
    }

    /// The own frames behind it, of `outputs`.
    pub(super) fn own(&self, own: &Own, outputs: usize) -> Own {
        match self.padding {
            Padding::Same => own.strided(self.stride[1], outputs),
            Padding::Valid => own.windowed(self.span()[1], self.stride[1], outputs),
        }
    }
}

/// A convolution: weight [out, in, kernel height, kernel width], bias [out].
#[derive(Module, Debug)]
pub struct Convolution {
    weight: Param<Tensor<4>>,
    bias: Option<Param<Tensor<1>>>,
    #[module(skip)]
    reach: Reach,
}

impl Convolution {
    /// Weight by the network's initialiser, bias 0 where there is one.
    pub(super) fn init(
        [inputs, outputs]: [usize; 2],
        reach: Reach,
        has_bias: bool,
        parameters: &mut Parameters<'_>,
    ) -> Self {
        let [kh, kw] = reach.size;
        let weight = parameters.weight([outputs, inputs, kh, kw], inputs * kh * kw, outputs * kh * kw);
        Self { weight, bias: has_bias.then(|| parameters.constant([outputs], 0.0)), reach }
    }

    /// `x` [n, in, height, width] -> [n, out, ...], of [`Reach::output`]'s size.
    pub(super) fn forward(&self, mut x: Tensor<4>) -> Tensor<4> {
        let [bottom, right] = self.reach.lopsided();
        if bottom + right > 0 {
            x = x.pad([(0, bottom), (0, right)], PadMode::Constant(0.0));
        }
        kernel::conv(x, self.weight.val(), self.bias.as_ref().map(Param::val), self.reach.geometry())
    }

    /// [`Self::forward`], and the own frames of what it gives.
    pub(super) fn masked(&self, x: Tensor<4>, own: &Own) -> (Tensor<4>, Own) {
        let y = self.forward(x);
        let own = self.reach.own(own, y.dims()[3]);
        (y, own)
    }

    /// What `serlab plan` says of such a layer, whose output is `image`; without its height where the network is `flat`.
    pub(super) fn describe(
        name: String,
        [inputs, outputs]: [usize; 2],
        reach: Reach,
        has_bias: bool,
        image: [usize; 2],
        flat: bool,
    ) -> LayerInfo {
        let [kh, kw] = reach.size;
        let kernel = if flat { kw.to_string() } else { format!("{:?}", reach.size) };
        LayerInfo {
            name,
            what: format!("convolution {kernel}"),
            output_shape: shape(outputs, image, flat),
            parameters: inputs * outputs * kh * kw + usize::from(has_bias) * outputs,
        }
    }
}

/// An image of so many channels as `serlab plan` writes it.
pub(super) fn shape(channels: usize, [height, width]: [usize; 2], flat: bool) -> Vec<usize> {
    if flat { vec![channels, width] } else { vec![channels, height, width] }
}

/// `12 bins x 7 frames`, or frames alone where the network is `flat`.
pub(super) fn size_in_words([height, width]: [usize; 2], flat: bool) -> String {
    let count = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    let frames = count(width, "frame");
    if flat { frames } else { format!("{} x {frames}", count(height, "bin")) }
}
