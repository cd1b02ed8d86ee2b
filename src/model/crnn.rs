//! `crnn`: 2D convolutions, then a recurrent network over time.

use super::block::{Block, Blocks2d};
use super::head::{Head, HeadSettings};
use super::init::{Initialization, Parameters};
use super::pooling::{self, Pooling};
use super::recurrent::{self, Recurrence, Recurrent};
use super::{Forward, InputShape, LayerInfo, Layout, Net, Span};
use crate::kind::Problem;
use crate::seed::Stream;
use burn::module::Module;
use burn::tensor::Tensor;

crate::settings! {
    /// Blocks of convolutions over bins and time, a GRU or LSTM over time, a pool over time, and a dense head. Pairs are
    /// [bins, frames]; an input of one bin needs kernel_size and pool_size of [1, ...].
    pub struct Crnn {
        include pub blocks: Blocks2d = Blocks2d { channels: vec![32, 64, 128], ..Blocks2d::default() };
        include pub recurrence: Recurrence;
        include pub head: HeadSettings;
        include pub initialization: Initialization;
    }
    check: ranges;
}

impl Layout for Crnn {
    fn unfit(&self, input: InputShape) -> Vec<Problem> {
        let mut problems = self.blocks.plan().check([input.bins, input.frames]);
        let [bins, frames] = self.blocks.pool_size;
        if input.bins == 1 && problems.iter().any(|problem| problem.key == "pool_size") && bins > 1 {
            let message =
                format!("this input has 1 bin a channel, which cannot be pooled by {bins}: use [1, {frames}]");
            problems = vec![Problem::new("pool_size", message)];
        }
        problems
    }

    fn describe(&self, input: InputShape, classes: usize) -> Vec<LayerInfo> {
        let mut layers = vec![];
        let [channels, bins, frames] = self.blocks.plan().describe(input.image(), &mut layers);
        self.recurrence.describe(channels * bins, frames, &mut layers);
        let mut width = self.recurrence.width();
        match self.recurrence.pool() {
            Some(kind) => width = pooling::describe(kind, width, frames, &mut layers),
            None => layers.push(LayerInfo {
                name: "pooling".to_owned(),
                what: "last state".to_owned(),
                output_shape: vec![width],
                parameters: 0,
            }),
        }
        self.head.describe(width, classes, &mut layers);
        layers
    }

    fn initialization(&self) -> Initialization {
        self.initialization
    }

    fn build(&self, input: InputShape, classes: usize, parameters: &mut Parameters<'_>) -> Net {
        let (plan, recurrence) = (self.blocks.plan(), &self.recurrence);
        let [channels, bins, frames] = plan.output(input.image());
        let (states, pool) = (recurrence.width(), recurrence.pool());
        let width = pool.map_or(states, |kind| pooling::width(kind, states, frames));
        Net::Crnn(CrnnNet {
            blocks: plan.init(input.channels, parameters),
            recurrent: recurrence.init(channels * bins, parameters),
            pooling: pool.map(|kind| Pooling::init(kind, states, parameters)),
            head: self.head.init(width, classes, plan.activation(), parameters),
            recurrent_dropout: recurrence.recurrent_dropout,
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
    fn forward(&self, mut x: Tensor<4>, _own: &[Span], mut masks: Option<&mut Stream>) -> Tensor<2> {
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
