//! `cnn-1d`: convolutions over time alone; every bin of every channel is an input channel.

use super::block::{self, Block, BlockPlan, Blocks};
use super::head::{Head, PooledHead};
use super::init::{Initialization, Parameters};
use super::own::{Masking, Own};
use super::pooling::Pooling;
use super::{Forward, InputShape, LayerInfo, Layout, Net, Span};
use crate::kind::Problem;
use crate::seed::Stream;
use burn::module::Module;
use burn::nn::BatchNorm;
use burn::tensor::Tensor;

crate::settings! {
    /// Blocks of convolutions over time, a global pool, and a dense head.
    pub struct Cnn1d {
        include pub common: Blocks;
        include pub head: PooledHead;
        include pub initialization: Initialization;
        /// Output channels of each block; as many blocks as widths.
        pub channels: Vec<usize> = vec![64, 128, 256, 512], in 1..=8192;
        /// Frames a kernel spans.
        pub kernel_size: usize = 3, in 1..=1024;
        /// Frames from one output to the next, in the first convolution of each block.
        pub stride: usize = 1, in 1..=64;
        /// Frames from one tap of a kernel to the next.
        pub dilation: usize = 1, in 1..=256;
        /// Frames a pool joins into one.
        pub pool_size: usize = 2, in 1..=256;
    }
    check: ranges;
}

impl Cnn1d {
    fn blocks(&self) -> BlockPlan {
        BlockPlan {
            common: self.common,
            channels: self.channels.clone(),
            kernel: [1, self.kernel_size],
            stride: [1, self.stride],
            dilation: [1, self.dilation],
            pool: self.common.pool.pool([1, self.pool_size]),
            flat: true,
        }
    }

    fn image(input: InputShape) -> [usize; 3] {
        [input.channels * input.bins, 1, input.frames]
    }
}

impl Layout for Cnn1d {
    fn unfit(&self, input: InputShape) -> Vec<Problem> {
        let problems = self.blocks().check([1, input.frames]);
        problems.into_iter().chain(self.head.unfit(self.common.masking)).collect()
    }

    fn describe(&self, input: InputShape, classes: usize) -> Vec<LayerInfo> {
        let mut layers = vec![];
        let image = self.blocks().describe(Self::image(input), &mut layers);
        self.head.describe(image, false, classes, &mut layers);
        layers
    }

    fn initialization(&self) -> Initialization {
        self.initialization
    }

    fn build(&self, input: InputShape, classes: usize, parameters: &mut Parameters<'_>) -> Net {
        let (plan, image) = (self.blocks(), Self::image(input));
        let blocks = plan.init(image[0], parameters);
        let (pooling, head) = self.head.init(plan.output(image), false, classes, plan.normed(), parameters);
        Net::Cnn1d(Cnn1dNet { blocks, pooling, head, masking: self.common.masking })
    }
}

/// The layers of a [`Cnn1d`].
#[derive(Module, Debug)]
pub struct Cnn1dNet {
    blocks: Vec<Block>,
    pooling: Pooling,
    head: Head,
    #[module(skip)]
    masking: Masking,
}

impl Forward for Cnn1dNet {
    fn forward(&self, x: Tensor<4>, own: &[Span], mut masks: Option<&mut Stream>) -> Tensor<2> {
        let [n, channels, bins, frames] = x.dims();
        let x = x.reshape([n, channels * bins, 1, frames]);
        let (x, own) = block::run(&self.blocks, x, Own::new(self.masking, own, frames), &mut masks);
        self.head.forward(self.pooling.forward(x, &own), &mut masks)
    }

    fn norms(&self) -> Vec<&BatchNorm> {
        block::norms(&self.blocks).chain(self.head.norm()).collect()
    }
}
