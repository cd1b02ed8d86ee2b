//! `resnet-1d`: residual convolutions over time alone; every bin of every channel is an input channel.

use super::convolution::Reach;
use super::head::{Head, PooledHead};
use super::init::{Initialization, Parameters};
use super::own::Own;
use super::pooling::Pooling;
use super::residual::{Residual, ResidualBlocks, ResidualPlan};
use super::{Forward, InputShape, LayerInfo, Layout, Net, Span};
use crate::kind::Problem;
use crate::seed::Stream;
use burn::module::Module;
use burn::nn::BatchNorm;
use burn::tensor::Tensor;

crate::settings! {
    /// A stem, residual blocks over time, a global pool, and a dense head.
    pub struct Resnet1d {
        include pub common: ResidualBlocks;
        include pub head: PooledHead;
        include pub initialization: Initialization;
        /// Output channels of the stem, a convolution before the first block.
        pub stem_channels: usize = 64, in 1..=8192;
        /// Frames the stem's kernel spans.
        pub stem_kernel_size: usize = 5, in 1..=1024;
        /// Frames from one output of the stem to the next.
        pub stem_stride: usize = 1, in 1..=64;
        /// Output channels of each block; as many blocks as widths.
        pub channels: Vec<usize> = vec![64, 96, 128], in 1..=8192;
        /// Frames a kernel of the blocks spans.
        pub kernel_size: usize = 5, in 1..=1024;
        /// Frames from one output to the next, in the first convolution of each block; as many as blocks.
        pub strides: Vec<usize> = vec![2, 2, 2], in 1..=64;
    }
    check: ranges;
}

impl Resnet1d {
    fn plan(&self) -> ResidualPlan {
        ResidualPlan {
            common: self.common,
            stem: (self.stem_channels, Reach::same([1, self.stem_kernel_size], [1, self.stem_stride])),
            channels: self.channels.clone(),
            kernel: [1, self.kernel_size],
            strides: self.strides.iter().map(|stride| [1, *stride]).collect(),
            flat: true,
        }
    }

    fn image(input: InputShape) -> [usize; 3] {
        [input.channels * input.bins, 1, input.frames]
    }
}

impl Layout for Resnet1d {
    fn unfit(&self, input: InputShape) -> Vec<Problem> {
        let problems = self.plan().check([1, input.frames]);
        problems.into_iter().chain(self.head.unfit(self.common.masking)).collect()
    }

    fn describe(&self, input: InputShape, classes: usize) -> Vec<LayerInfo> {
        let mut layers = vec![];
        let image = self.plan().describe(Self::image(input), &mut layers);
        self.head.describe(image, false, classes, &mut layers);
        layers
    }

    fn initialization(&self) -> Initialization {
        self.initialization
    }

    fn build(&self, input: InputShape, classes: usize, parameters: &mut Parameters<'_>) -> Net {
        let (plan, image) = (self.plan(), Self::image(input));
        let body = plan.init(image[0], parameters);
        let normed = self.common.normed;
        let (pooling, head) = self.head.init(plan.output(image), false, classes, normed, parameters);
        Net::Resnet1d(Resnet1dNet { body, pooling, head })
    }
}

/// The layers of a [`Resnet1d`].
#[derive(Module, Debug)]
pub struct Resnet1dNet {
    body: Residual,
    pooling: Pooling,
    head: Head,
}

impl Forward for Resnet1dNet {
    fn forward(&self, x: Tensor<4>, own: &[Span], mut masks: Option<&mut Stream>) -> Tensor<2> {
        let [n, channels, bins, frames] = x.dims();
        let (x, own) = (x.reshape([n, channels * bins, 1, frames]), Own::new(self.body.masking(), own, frames));
        let (x, own) = self.body.forward(x, own, &mut masks);
        self.head.forward(self.pooling.forward(x, &own), &mut masks)
    }

    fn norms(&self) -> Vec<&BatchNorm> {
        self.body.norms().chain(self.head.norm()).collect()
    }
}
