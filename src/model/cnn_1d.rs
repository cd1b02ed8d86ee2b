//! `cnn-1d`: convolutions over time alone; every bin of every channel is an input channel.

use super::block::{Block, BlockPlan};
use super::choices::{ActivationName, DropoutUnit, GlobalPool, OrderName, Padding, PoolName};
use super::head::{Head, HeadPlan};
use super::init::{Initializer, NormPlan, Parameters};
use super::pooling::{self, Pooling};
use super::{Forward, InputShape, LayerInfo, Layout, Net};
use crate::kind::{Problem, above};
use crate::seed::Stream;
use burn::module::Module;
use burn::tensor::Tensor;

crate::settings! {
    /// Blocks of convolutions over time, a global pool, and a dense head.
    pub struct Cnn1d {
        /// Output channels of each block; as many blocks as widths.
        pub channels: Vec<usize> = vec![64, 128, 256, 512], in 1..=8192;
        /// Frames a kernel spans.
        pub kernel_size: usize = 3, in 1..=1024;
        /// "same" (zeros beyond the edge: the length stays) or "valid" (no zeros: it shrinks).
        pub padding: Padding = Padding::Same;
        /// Frames from one output to the next, in the first convolution of each block.
        pub stride: usize = 1, in 1..=64;
        /// Frames from one tap of a kernel to the next.
        pub dilation: usize = 1, in 1..=256;
        /// Convolutions a block, each with its own norm and activation; pooling comes after the last.
        pub convolutions_per_block: usize = 1, in 1..=8;
        /// Whether convolutions add a bias.
        pub bias: bool = true;
        /// Whether each convolution is followed by batch normalisation.
        pub batch_norm: bool = true;
        /// Share of the running statistics that a batch leaves in place (Keras' meaning; PyTorch's is 1 minus it).
        pub batch_norm_momentum: f64 = 0.9, in 0.0..=1.0;
        /// Added to the variance before its root.
        pub batch_norm_epsilon: f64 = 1e-3, in above(0.0);
        /// "relu", "leaky-relu" (slope 0.01), "gelu", "elu" or "silu".
        pub activation: ActivationName = ActivationName::Relu;
        /// "norm-first" or "activation-first".
        pub order: OrderName = OrderName::NormFirst;
        /// How a block shortens: "max", "average" or "none".
        pub pool: PoolName = PoolName::Max;
        /// Frames a pool joins into one.
        pub pool_size: usize = 2, in 1..=256;
        /// Dropout at the end of each block.
        pub block_dropout: f64 = 0.0, in 0.0..=0.95;
        /// What it drops: "channels" (whole ones) or "values".
        pub block_dropout_unit: DropoutUnit = DropoutUnit::Channels;
        /// Over time, before the head: "average", "max", "average-max", "statistics", "attention" or "flatten".
        pub global_pool: GlobalPool = GlobalPool::Average;
        /// Widths of the dense layers before the output.
        pub head: Vec<usize> = vec![128], in 1..=65536;
        /// Dropout after each dense layer of the head.
        pub dropout: f64 = 0.2, in 0.0..=0.95;
        /// How weights are drawn: "glorot-", "he-" or "lecun-", each "uniform" or "normal". Biases start at 0.
        pub init: Initializer = Initializer::GlorotUniform;
    }
    check: ranges;
}

impl Cnn1d {
    fn blocks(&self) -> BlockPlan {
        BlockPlan {
            channels: self.channels.clone(),
            kernel: [1, self.kernel_size],
            stride: [1, self.stride],
            dilation: [1, self.dilation],
            padding: self.padding,
            convolutions_per_block: self.convolutions_per_block,
            bias: self.bias,
            norm: NormPlan::new(self.batch_norm, self.batch_norm_momentum, self.batch_norm_epsilon),
            activation: self.activation,
            order: self.order,
            pool: self.pool.pool([1, self.pool_size]),
            dropout: self.block_dropout,
            dropout_unit: self.block_dropout_unit,
            flat: true,
        }
    }

    fn head(&self) -> HeadPlan {
        HeadPlan { hidden: self.head.clone(), activation: self.activation, dropout: self.dropout }
    }

    fn image(input: InputShape) -> [usize; 3] {
        [input.channels * input.bins, 1, input.frames]
    }
}

impl Layout for Cnn1d {
    fn unfit(&self, input: InputShape) -> Vec<Problem> {
        self.blocks().check([1, input.frames])
    }

    fn describe(&self, input: InputShape, classes: usize) -> Vec<LayerInfo> {
        let mut layers = vec![];
        let [channels, _, frames] = self.blocks().describe(Self::image(input), &mut layers);
        let width = pooling::describe(self.global_pool, channels, frames, &mut layers);
        self.head().describe(width, classes, &mut layers);
        layers
    }

    fn initializer(&self) -> Initializer {
        self.init
    }

    fn build(&self, input: InputShape, classes: usize, parameters: &mut Parameters<'_>) -> Net {
        let image = Self::image(input);
        let [channels, _, frames] = self.blocks().output(image);
        Net::Cnn1d(Cnn1dNet {
            blocks: self.blocks().init(image[0], parameters),
            pooling: Pooling::init(self.global_pool, channels, parameters),
            head: self.head().init(pooling::width(self.global_pool, channels, frames), classes, parameters),
        })
    }
}

/// The layers of a [`Cnn1d`].
#[derive(Module, Debug)]
pub struct Cnn1dNet {
    blocks: Vec<Block>,
    pooling: Pooling,
    head: Head,
}

impl Forward for Cnn1dNet {
    fn forward(&self, x: Tensor<4>, mut masks: Option<&mut Stream>) -> Tensor<2> {
        let [n, channels, bins, frames] = x.dims();
        let mut x = x.reshape([n, channels * bins, 1, frames]);
        for block in &self.blocks {
            x = block.forward(x, &mut masks);
        }
        self.head.forward(self.pooling.forward(x.flatten(2, 3)), &mut masks)
    }
}
