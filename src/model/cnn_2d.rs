//! `cnn-2d`: convolutions over bins and time, for features with a frequency axis.

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
    /// Blocks of convolutions over bins and time, a global pool, and a dense head. Pairs are [bins, frames].
    pub struct Cnn2d {
        /// Output channels of each block; as many blocks as widths.
        pub channels: Vec<usize> = vec![64, 128, 256, 512], in 1..=8192;
        /// Bins and frames a kernel spans.
        pub kernel_size: [usize; 2] = [3, 3], in 1..=1024;
        /// "same" (zeros beyond the edge: the size stays) or "valid" (no zeros: it shrinks).
        pub padding: Padding = Padding::Same;
        /// Bins and frames from one output to the next, in the first convolution of each block.
        pub stride: [usize; 2] = [1, 1], in 1..=64;
        /// Bins and frames from one tap of a kernel to the next.
        pub dilation: [usize; 2] = [1, 1], in 1..=256;
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
        /// How a block shrinks: "max", "average" or "none".
        pub pool: PoolName = PoolName::Max;
        /// Bins and frames a pool joins into one.
        pub pool_size: [usize; 2] = [2, 2], in 1..=256;
        /// Dropout at the end of each block.
        pub block_dropout: f64 = 0.0, in 0.0..=0.95;
        /// What it drops: "channels" (whole ones) or "values".
        pub block_dropout_unit: DropoutUnit = DropoutUnit::Channels;
        /// Over bins and frames, before the head: "average", "max", "average-max", "statistics", "attention" or "flatten".
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

impl Cnn2d {
    fn blocks(&self) -> BlockPlan {
        BlockPlan {
            channels: self.channels.clone(),
            kernel: self.kernel_size,
            stride: self.stride,
            dilation: self.dilation,
            padding: self.padding,
            convolutions_per_block: self.convolutions_per_block,
            bias: self.bias,
            norm: NormPlan::new(self.batch_norm, self.batch_norm_momentum, self.batch_norm_epsilon),
            activation: self.activation,
            order: self.order,
            pool: self.pool.pool(self.pool_size),
            dropout: self.block_dropout,
            dropout_unit: self.block_dropout_unit,
            flat: false,
        }
    }

    fn head(&self) -> HeadPlan {
        HeadPlan { hidden: self.head.clone(), activation: self.activation, dropout: self.dropout }
    }
}

impl Layout for Cnn2d {
    fn unfit(&self, input: InputShape) -> Vec<Problem> {
        if input.bins < 2 {
            let message = "a 2D network convolves over bins and frames, but this input has 1 bin a channel: use cnn-1d, \
                           or a feature with bins such as log-mel";
            return vec![Problem::new("", message)];
        }
        self.blocks().check([input.bins, input.frames])
    }

    fn describe(&self, input: InputShape, classes: usize) -> Vec<LayerInfo> {
        let mut layers = vec![];
        let image = [input.channels, input.bins, input.frames];
        let [channels, bins, frames] = self.blocks().describe(image, &mut layers);
        let width = pooling::describe(self.global_pool, channels, bins * frames, &mut layers);
        self.head().describe(width, classes, &mut layers);
        layers
    }

    fn initializer(&self) -> Initializer {
        self.init
    }

    fn build(&self, input: InputShape, classes: usize, parameters: &mut Parameters<'_>) -> Net {
        let [channels, bins, frames] = self.blocks().output([input.channels, input.bins, input.frames]);
        Net::Cnn2d(Cnn2dNet {
            blocks: self.blocks().init(input.channels, parameters),
            pooling: Pooling::init(self.global_pool, channels, parameters),
            head: self.head().init(pooling::width(self.global_pool, channels, bins * frames), classes, parameters),
        })
    }
}

/// The layers of a [`Cnn2d`].
#[derive(Module, Debug)]
pub struct Cnn2dNet {
    blocks: Vec<Block>,
    pooling: Pooling,
    head: Head,
}

impl Forward for Cnn2dNet {
    fn forward(&self, mut x: Tensor<4>, mut masks: Option<&mut Stream>) -> Tensor<2> {
        for block in &self.blocks {
            x = block.forward(x, &mut masks);
        }
        self.head.forward(self.pooling.forward(x.flatten(2, 3)), &mut masks)
    }
}
