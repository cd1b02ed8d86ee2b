//! `cnn-2d`: convolutions over bins and time, for features with a frequency axis.

use super::block::{self, Block, Blocks2d};
use super::head::{Head, PooledHead2d};
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
    /// Blocks of convolutions over bins and time, a global pool, and a dense head. Pairs are [bins, frames].
    pub struct Cnn2d {
        include pub blocks: Blocks2d;
        include pub head: PooledHead2d;
        include pub initialization: Initialization;
    }
    check: ranges;
}

impl Layout for Cnn2d {
    fn unfit(&self, input: InputShape) -> Vec<Problem> {
        if input.bins < 2 {
            let message = "a 2D network convolves over bins and frames, but this input has 1 bin a channel: use cnn-1d, \
                           or a feature with bins such as log-mel";
            return vec![Problem::new("", message)];
        }
        let problems = self.blocks.plan().check([input.bins, input.frames]);
        problems.into_iter().chain(self.head.pooled.unfit(self.blocks.common.masking)).collect()
    }

    fn describe(&self, input: InputShape, classes: usize) -> Vec<LayerInfo> {
        let mut layers = vec![];
        let image = self.blocks.plan().describe(input.image(), &mut layers);
        self.head.pooled.describe(image, self.head.keep_bins, classes, &mut layers);
        layers
    }

    fn initialization(&self) -> Initialization {
        self.initialization
    }

    fn build(&self, input: InputShape, classes: usize, parameters: &mut Parameters<'_>) -> Net {
        let plan = self.blocks.plan();
        let blocks = plan.init(input.channels, parameters);
        let (image, head) = (plan.output(input.image()), &self.head);
        let (pooling, head) = head.pooled.init(image, head.keep_bins, classes, plan.normed(), parameters);
        Net::Cnn2d(Cnn2dNet { blocks, pooling, head, masking: self.blocks.common.masking })
    }
}

/// The layers of a [`Cnn2d`].
#[derive(Module, Debug)]
pub struct Cnn2dNet {
    blocks: Vec<Block>,
    pooling: Pooling,
    head: Head,
    #[module(skip)]
    masking: Masking,
}

impl Forward for Cnn2dNet {
    fn forward(&self, x: Tensor<4>, own: &[Span], mut masks: Option<&mut Stream>) -> Tensor<2> {
        let own = Own::new(self.masking, own, x.dims()[3]);
        let (x, own) = block::run(&self.blocks, x, own, &mut masks);
        self.head.forward(self.pooling.forward(x, &own), &mut masks)
    }

    fn norms(&self) -> Vec<&BatchNorm> {
        block::norms(&self.blocks).chain(self.head.norm()).collect()
    }
}
