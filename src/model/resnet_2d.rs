//! `resnet-2d`: residual convolutions over bins and time, for features with a frequency axis.

use super::convolution::Reach;
use super::head::{Head, PooledHead2d};
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
    /// A stem, residual blocks over bins and time, a global pool, and a dense head. Pairs are [bins, frames].
    pub struct Resnet2d {
        include pub common: ResidualBlocks;
        include pub head: PooledHead2d;
        include pub initialization: Initialization;
        /// Output channels of the stem, a convolution before the first block.
        pub stem_channels: usize = 24, in 1..=8192;
        /// Bins and frames the stem's kernel spans.
        pub stem_kernel_size: [usize; 2] = [5, 5], in 1..=1024;
        /// Bins and frames from one output of the stem to the next.
        pub stem_stride: [usize; 2] = [2, 2], in 1..=64;
        /// Output channels of each block; as many blocks as widths.
        pub channels: Vec<usize> = vec![32, 64, 96], in 1..=8192;
        /// Bins and frames a kernel of the blocks spans.
        pub kernel_size: [usize; 2] = [3, 3], in 1..=1024;
        /// Bins and frames from one output to the next, in the first convolution of each block; as many as blocks.
        pub strides: Vec<[usize; 2]> = vec![[2, 1], [2, 2], [2, 2]], in 1..=64;
    }
    check: ranges;
}

impl Resnet2d {
    fn plan(&self) -> ResidualPlan {
        ResidualPlan {
            common: self.common,
            stem: (self.stem_channels, Reach::same(self.stem_kernel_size, self.stem_stride)),
            channels: self.channels.clone(),
            kernel: self.kernel_size,
            strides: self.strides.clone(),
            flat: false,
        }
    }
}

impl Layout for Resnet2d {
    fn unfit(&self, input: InputShape) -> Vec<Problem> {
        if input.bins < 2 {
            let message = "a 2D network convolves over bins and frames, but this input has 1 bin a channel: use \
                           resnet-1d, or a feature with bins such as log-mel";
            return vec![Problem::new("", message)];
        }
        let problems = self.plan().check([input.bins, input.frames]);
        problems.into_iter().chain(self.head.pooled.unfit(self.common.masking)).collect()
    }

    fn describe(&self, input: InputShape, classes: usize) -> Vec<LayerInfo> {
        let mut layers = vec![];
        let image = self.plan().describe(input.image(), &mut layers);
        self.head.pooled.describe(image, self.head.keep_bins, classes, &mut layers);
        layers
    }

    fn initialization(&self) -> Initialization {
        self.initialization
    }

    fn build(&self, input: InputShape, classes: usize, parameters: &mut Parameters<'_>) -> Net {
        let (plan, head) = (self.plan(), &self.head);
        let body = plan.init(input.channels, parameters);
        let (image, normed) = (plan.output(input.image()), self.common.normed);
        let (pooling, head) = head.pooled.init(image, head.keep_bins, classes, normed, parameters);
        Net::Resnet2d(Resnet2dNet { body, pooling, head })
    }
}

/// The layers of a [`Resnet2d`].
#[derive(Module, Debug)]
pub struct Resnet2dNet {
    body: Residual,
    pooling: Pooling,
    head: Head,
}

impl Forward for Resnet2dNet {
    fn forward(&self, x: Tensor<4>, own: &[Span], mut masks: Option<&mut Stream>) -> Tensor<2> {
        let own = Own::new(self.body.masking(), own, x.dims()[3]);
        let (x, own) = self.body.forward(x, own, &mut masks);
        self.head.forward(self.pooling.forward(x, &own), &mut masks)
    }

    fn norms(&self) -> Vec<&BatchNorm> {
        self.body.norms().chain(self.head.norm()).collect()
    }
}
