//! `crnn`: 2D convolutions, then a recurrent network over time.

use super::block::{Block, BlockPlan};
use super::choices::{ActivationName, DropoutUnit, GlobalPool, OrderName, Padding, PoolName, TimePool};
use super::head::{Head, HeadPlan};
use super::init::{Initializer, NormPlan, Parameters};
use super::pooling::{self, Pooling};
use super::recurrent::{self, Cell, Recurrent, RecurrentPlan};
use super::{Forward, InputShape, LayerInfo, Layout, Net};
use crate::kind::{Problem, above};
use crate::seed::Stream;
use burn::module::Module;
use burn::tensor::Tensor;

crate::settings! {
    /// Blocks of convolutions over bins and time, a GRU or LSTM over time, a pool over time, and a dense head. Pairs are
    /// [bins, frames]; an input of one bin needs kernel_size and pool_size of [1, ...].
    pub struct Crnn {
        /// Output channels of each block; as many blocks as widths.
        pub channels: Vec<usize> = vec![32, 64, 128], in 1..=8192;
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
        /// Bins and frames a pool joins into one; [4, 1] keeps every frame for the recurrence.
        pub pool_size: [usize; 2] = [2, 2], in 1..=256;
        /// Dropout at the end of each block.
        pub block_dropout: f64 = 0.0, in 0.0..=0.95;
        /// What it drops: "channels" (whole ones) or "values".
        pub block_dropout_unit: DropoutUnit = DropoutUnit::Channels;
        /// The recurrent cell: "gru" or "lstm".
        pub cell: Cell = Cell::Gru;
        /// Values of the recurrent state, of each direction.
        pub hidden_size: usize = 128, in 1..=8192;
        /// Recurrent layers, one on top of the other.
        pub layers: usize = 1, in 1..=8;
        /// Whether the recurrence also runs backwards in time.
        pub bidirectional: bool = true;
        /// Dropout between recurrent layers.
        pub recurrent_dropout: f64 = 0.0, in 0.0..=0.95;
        /// Over time, before the head: "average", "max", "last", "statistics" or "attention".
        pub time_pool: TimePool = TimePool::Average;
        /// Widths of the dense layers before the output.
        pub head: Vec<usize> = vec![128], in 1..=65536;
        /// Dropout after each dense layer of the head.
        pub dropout: f64 = 0.2, in 0.0..=0.95;
        /// How weights are drawn: "glorot-", "he-" or "lecun-", each "uniform" or "normal". Biases start at 0, recurrent
        /// weights are orthogonal.
        pub init: Initializer = Initializer::GlorotUniform;
    }
    check: ranges;
}

impl Crnn {
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

    fn recurrence(&self) -> RecurrentPlan {
        RecurrentPlan {
            cell: self.cell,
            hidden: self.hidden_size,
            layers: self.layers,
            bidirectional: self.bidirectional,
            dropout: self.recurrent_dropout,
        }
    }

    fn head(&self) -> HeadPlan {
        HeadPlan { hidden: self.head.clone(), activation: self.activation, dropout: self.dropout }
    }

    /// The pool over time; none where the last states are taken.
    fn time_pool(&self) -> Option<GlobalPool> {
        match self.time_pool {
            TimePool::Average => Some(GlobalPool::Average),
            TimePool::Max => Some(GlobalPool::Max),
            TimePool::Statistics => Some(GlobalPool::Statistics),
            TimePool::Attention => Some(GlobalPool::Attention),
            TimePool::Last => None,
        }
    }
}

impl Layout for Crnn {
    fn unfit(&self, input: InputShape) -> Vec<Problem> {
        let mut problems = self.blocks().check([input.bins, input.frames]);
        if input.bins == 1 && problems.iter().any(|problem| problem.key == "pool_size") && self.pool_size[0] > 1 {
            let message = format!(
                "this input has 1 bin a channel, which cannot be pooled by {}: use [1, {}]",
                self.pool_size[0], self.pool_size[1],
            );
            problems = vec![Problem::new("pool_size", message)];
        }
        problems
    }

    fn describe(&self, input: InputShape, classes: usize) -> Vec<LayerInfo> {
        let mut layers = vec![];
        let image = [input.channels, input.bins, input.frames];
        let [channels, bins, frames] = self.blocks().describe(image, &mut layers);
        let recurrence = self.recurrence();
        recurrence.describe(channels * bins, frames, &mut layers);
        let mut width = recurrence.width();
        match self.time_pool() {
            Some(kind) => width = pooling::describe(kind, width, frames, &mut layers),
            None => layers.push(LayerInfo {
                name: "pooling".to_owned(),
                what: "last state".to_owned(),
                output_shape: vec![width],
                parameters: 0,
            }),
        }
        self.head().describe(width, classes, &mut layers);
        layers
    }

    fn initializer(&self) -> Initializer {
        self.init
    }

    fn build(&self, input: InputShape, classes: usize, parameters: &mut Parameters<'_>) -> Net {
        let [channels, bins, frames] = self.blocks().output([input.channels, input.bins, input.frames]);
        let recurrence = self.recurrence();
        let states = recurrence.width();
        let width = self.time_pool().map_or(states, |kind| pooling::width(kind, states, frames));
        Net::Crnn(CrnnNet {
            blocks: self.blocks().init(input.channels, parameters),
            recurrent: recurrence.init(channels * bins, parameters),
            pooling: self.time_pool().map(|kind| Pooling::init(kind, states, parameters)),
            head: self.head().init(width, classes, parameters),
            recurrent_dropout: self.recurrent_dropout,
        })
    }
}

/// The layers of a [`Crnn`].
#[derive(Module, Debug)]
pub struct CrnnNet {
    blocks: Vec<Block>,
    recurrent: Vec<Recurrent>,
    pooling: Option<Pooling>,
    head: Head,
    recurrent_dropout: f64,
}

impl Forward for CrnnNet {
    fn forward(&self, mut x: Tensor<4>, mut masks: Option<&mut Stream>) -> Tensor<2> {
        for block in &self.blocks {
            x = block.forward(x, &mut masks);
        }
        let [n, channels, bins, frames] = x.dims();
        let steps = x.permute([3, 0, 1, 2]).reshape([frames, n, channels * bins]);
        let states = recurrent::run(&self.recurrent, self.recurrent_dropout, steps, &mut masks);
        let pooled = match &self.pooling {
            Some(pooling) => pooling.forward(states.permute([1, 2, 0])),
            None => self.recurrent.last().expect("there is at least one recurrent layer").last(states),
        };
        self.head.forward(pooled, &mut masks)
    }
}
