//! `crnn`: 2D convolutions, then a recurrent network over time.

use super::block::{self, Block, Blocks2d};
use super::head::{Head, HeadSettings};
use super::init::{Initialization, Parameters};
use super::own::{Masking, Own};
use super::pooling::Pooling;
use super::recurrent::{self, Recurrence, Recurrent};
use super::{Forward, InputShape, LayerInfo, Layout, Net, Span};
use crate::kind::Problem;
use crate::seed::Stream;
use burn::module::Module;
use burn::nn::BatchNorm;
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
            Some(pool) => {
                let states = [width, 1, frames];
                layers.push(pool.describe(states));
                width = pool.width(states);
            }
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
        let image = [states, 1, frames];
        let width = pool.map_or(states, |pool| pool.width(image));
        Net::Crnn(CrnnNet {
            blocks: plan.init(input.channels, parameters),
            recurrent: recurrence.init(channels * bins, parameters),
            pooling: pool.map(|pool| pool.init(image, parameters)),
            head: self.head.init(width, classes, plan.normed(), parameters),
            recurrent_dropout: recurrence.recurrent_dropout,
            masking: self.blocks.common.masking,
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
    #[module(skip)]
    masking: Masking,
}

impl Forward for CrnnNet {
    fn forward(&self, x: Tensor<4>, own: &[Span], mut masks: Option<&mut Stream>) -> Tensor<2> {
        let own = Own::new(self.masking, own, x.dims()[3]);
        let (x, own) = block::run(&self.blocks, x, own, &mut masks);
        let [n, channels, bins, frames] = x.dims();
        let steps = x.permute([3, 0, 1, 2]).reshape([frames, n, channels * bins]);
        let states = recurrent::run(&self.recurrent, self.recurrent_dropout, steps, &own, &mut masks);
        let pooled = match &self.pooling {
            Some(pooling) => pooling.forward(states.permute([1, 2, 0]).unsqueeze_dim(2), &own),
            None => self.recurrent.last().expect("there is at least one recurrent layer").last(states),
        };
        self.head.forward(pooled, &mut masks)
    }

    fn norms(&self) -> Vec<&BatchNorm> {
        block::norms(&self.blocks).chain(self.head.norm()).collect()
    }
}
