//! Residual blocks: two convolutions beside a way straight through (He et al. 2016, "Deep Residual Learning for Image Recognition";
//! with activations before the convolutions, "Identity Mappings in Deep Residual Networks"), behind a stem.
//!
//! All images are [channels, height, width] an example; a 1D network has height 1.

use super::LayerInfo;
use super::convolution::{Convolution, Reach, shape, size_in_words};
use super::dropout::drop_path;
use super::init::Parameters;
use super::norm_activation::{Normed, tail};
use super::own::{Masking, Own};
use super::squeeze::Squeeze;
use crate::kernel::{self, Activation, Columns, Order};
use crate::kind::Problem;
use crate::seed::Stream;
use burn::module::Module;
use burn::nn::BatchNorm;
use burn::tensor::Tensor;

crate::settings! {
    /// What residual blocks of every number of dimensions have.
    #[derive(Copy)]
    pub struct ResidualBlocks {
        include pub normed: Normed;
        include pub masking: Masking;
        /// Whether there is a way past the convolutions of each block. Without, a block is two convolutions.
        pub residual: bool = true;
        /// Whether norm and activation come before the convolutions of a block instead of behind them, so that nothing stands in the
        /// straight way.
        pub pre_activation: bool = false;
        /// Squeeze-and-excitation (Hu et al. 2018) at the end of each block: each channel is weighted by two dense layers that see the
        /// means of all, the first of them so many times narrower than the block; "none" for none.
        pub squeeze_excitation: Option<usize> = None, in 1..=1024;
        /// Drop path (stochastic depth, Huang et al. 2016): the probability that an example passes the last block's convolutions by
        /// while training; that of the blocks before rises to it in equal steps.
        pub drop_path: f64 = 0.0, in 0.0..=0.95;
    }
    check: ResidualBlocks::check;
}

impl ResidualBlocks {
    fn check(&self, _: &crate::kind::Context) -> Vec<Problem> {
        let is_wrong = !self.residual && self.drop_path > 0.0;
        let message = "there is no way past the convolutions that would be left where residual = false; set it to 0";
        is_wrong.then(|| Problem::new("drop_path", message)).into_iter().collect()
    }
}

/// A stem and residual blocks, whatever architecture they are part of. Pairs are [height, width].
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ResidualPlan {
    pub common: ResidualBlocks,
    /// Output channels and reach of the stem.
    pub stem: (usize, Reach),
    /// Output channels of each block.
    pub channels: Vec<usize>,
    /// Size of the kernels.
    pub kernel: [usize; 2],
    /// Stride of the first convolution of each block; the second has stride 1.
    pub strides: Vec<[usize; 2]>,
    /// Whether the network is 1D: shapes are then written without their height.
    pub flat: bool,
}

/// What a block is made of.
#[derive(Debug, Clone, Copy, PartialEq)]
struct BlockPlan {
    common: ResidualBlocks,
    channels: [usize; 2],
    kernel: [usize; 2],
    stride: [usize; 2],
    /// Probability of its convolutions being passed by.
    drop_path: f64,
}

impl BlockPlan {
    fn reaches(&self) -> [Reach; 2] {
        [self.stride, [1, 1]].map(|stride| Reach::same(self.kernel, stride))
    }

    /// The convolution of the straight way, where what comes in has another shape than what goes out.
    fn projection(&self) -> Option<Reach> {
        let [inputs, outputs] = self.channels;
        let changes = inputs != outputs || self.stride != [1, 1];
        (self.common.residual && changes).then(|| Reach::same([1, 1], self.stride))
    }

    /// Channels of the norm of convolution `j`.
    fn normed(&self, j: usize) -> usize {
        self.channels[if self.common.pre_activation { j } else { 1 }]
    }
}

impl ResidualPlan {
    fn blocks(&self) -> impl Iterator<Item = BlockPlan> {
        let last = self.channels.len().max(2) - 1;
        let mut inputs = self.stem.0;
        self.channels.iter().zip(&self.strides).enumerate().map(move |(b, (&outputs, &stride))| {
            let channels = [std::mem::replace(&mut inputs, outputs), outputs];
            let share = if self.channels.len() == 1 { 1.0 } else { b as f64 / last as f64 };
            let drop_path = share * self.common.drop_path;
            BlockPlan { common: self.common, channels, kernel: self.kernel, stride, drop_path }
        })
    }

    /// What keeps these blocks from working on `image` [height, width].
    pub(super) fn check(&self, image: [usize; 2]) -> Vec<Problem> {
        if image[1] == 1 {
            let message = "convolves over time, but this input is one vector a clip (1 frame); use mlp, linear or svm";
            return vec![Problem::new("", message)];
        }
        if self.channels.is_empty() {
            return vec![Problem::new("channels", "no block; give one width or more, such as [32, 64]")];
        }
        let (blocks, strides) = (self.channels.len(), self.strides.len());
        if blocks != strides {
            let message = format!("{strides} strides for {blocks} blocks; give one a block");
            return vec![Problem::new("strides", message)];
        }
        // "Same" padding fits every image; one that is smaller than a stride is a mistake all the same.
        let mut image = image;
        for (name, stride) in std::iter::once(("stem_stride".to_owned(), self.stem.1.stride))
            .chain(self.strides.iter().enumerate().map(|(i, stride)| (format!("strides[{i}]"), *stride)))
        {
            if (0..2).any(|i| stride[i] > image[i]) {
                let (stride, left) = (size_in_words(stride, self.flat), size_in_words(image, self.flat));
                let message = format!("a stride of {stride}, but all that is left is {left}: use a smaller one");
                return vec![Problem::new(&name, message)];
            }
            image = [0, 1].map(|i| image[i].div_ceil(stride[i]));
        }
        vec![]
    }

    /// [channels, height, width] after all blocks, for an input that passes [`Self::check`].
    pub(super) fn output(&self, input: [usize; 3]) -> [usize; 3] {
        self.describe(input, &mut vec![])
    }

    /// Adds the layers that [`Self::init`] makes; returns the last shape.
    pub(super) fn describe(&self, input: [usize; 3], layers: &mut Vec<LayerInfo>) -> [usize; 3] {
        let flat = self.flat;
        let convolve = |name: String, channels, reach: Reach, image: [usize; 2], layers: &mut Vec<LayerInfo>| {
            let image = reach.output(image).unwrap_or(image);
            layers.push(Convolution::describe(name, channels, reach, false, image, flat));
            image
        };
        let norm = |name: String, channels, image, layers: &mut Vec<LayerInfo>| {
            layers.push(LayerInfo::batch_norm(name, shape(channels, image, flat)));
        };
        let (outputs, reach) = self.stem;
        let pre = self.common.pre_activation;
        let mut image = convolve("body.stem".to_owned(), [input[0], outputs], reach, [input[1], input[2]], layers);
        if !pre {
            norm("body.stem_norm".to_owned(), outputs, image, layers);
        }
        let mut channels = outputs;
        for (b, block) in self.blocks().enumerate() {
            let ([inputs, outputs], start) = (block.channels, image);
            for (j, reach) in block.reaches().into_iter().enumerate() {
                let from = if j == 0 { inputs } else { outputs };
                if pre {
                    norm(format!("body.blocks.{b}.norms.{j}"), block.normed(j), image, layers);
                }
                image = convolve(format!("body.blocks.{b}.convolutions.{j}"), [from, outputs], reach, image, layers);
                if !pre {
                    norm(format!("body.blocks.{b}.norms.{j}"), block.normed(j), image, layers);
                }
            }
            if let Some(ratio) = block.common.squeeze_excitation {
                layers.push(Squeeze::describe(format!("body.blocks.{b}.squeeze"), outputs, ratio));
            }
            if let Some(reach) = block.projection() {
                convolve(format!("body.blocks.{b}.projection"), block.channels, reach, start, layers);
                if !pre {
                    norm(format!("body.blocks.{b}.projection_norm"), outputs, image, layers);
                }
            }
            channels = outputs;
        }
        if pre {
            norm("body.last_norm".to_owned(), channels, image, layers);
        }
        [channels, image[0], image[1]]
    }

    /// The layers for an input of `inputs` channels. Order of draws: that of [`Self::describe`].
    pub(super) fn init(&self, inputs: usize, parameters: &mut Parameters<'_>) -> Residual {
        let (outputs, reach) = self.stem;
        let (pre, normed) = (self.common.pre_activation, self.common.normed);
        let stem = Convolution::init([inputs, outputs], reach, false, parameters);
        let stem_norm = (!pre).then(|| normed.norm(outputs, parameters));
        let blocks: Vec<ResidualBlock> = self.blocks().map(|block| ResidualBlock::init(block, parameters)).collect();
        let last = self.channels.last().copied().unwrap_or(outputs);
        let last_norm = pre.then(|| normed.norm(last, parameters));
        Residual { stem, stem_norm, blocks, last_norm, common: self.common }
    }
}

/// A stem and its residual blocks.
#[derive(Module, Debug)]
pub struct Residual {
    stem: Convolution,
    stem_norm: Option<BatchNorm>,
    blocks: Vec<ResidualBlock>,
    last_norm: Option<BatchNorm>,
    #[module(skip)]
    common: ResidualBlocks,
}

impl Residual {
    /// Whether padding counts.
    pub(super) fn masking(&self) -> Masking {
        self.common.masking
    }

    /// All norms.
    pub(super) fn norms(&self) -> impl Iterator<Item = &BatchNorm> {
        let of_blocks = self.blocks.iter().flat_map(|block| block.norms.iter().chain(&block.projection_norm));
        self.stem_norm.iter().chain(of_blocks).chain(&self.last_norm)
    }

    /// `x` [n, channels, height, width], of which `own` frames count -> the same behind the last block.
    pub(super) fn forward(&self, x: Tensor<4>, own: Own, masks: &mut Option<&mut Stream>) -> (Tensor<4>, Own) {
        let (training, activation) = (masks.is_some(), self.common.normed.activation.into());
        let activate = |x, norm: Option<&BatchNorm>| match norm {
            Some(norm) => tail(x, Some(norm), activation, Order::NormFirst, None, training),
            None => x,
        };
        let (x, mut own) = self.stem.masked(own.silence(x), &own);
        let mut x = own.silence(activate(x, self.stem_norm.as_ref()));
        for block in &self.blocks {
            (x, own) = block.forward(x, own, masks);
        }
        (own.silence(activate(x, self.last_norm.as_ref())), own)
    }
}

/// One block: its convolutions and, where its shape changes, the projection beside them.
#[derive(Module, Debug)]
pub struct ResidualBlock {
    convolutions: Vec<Convolution>,
    norms: Vec<BatchNorm>,
    squeeze: Option<Squeeze>,
    projection: Option<Convolution>,
    projection_norm: Option<BatchNorm>,
    #[module(skip)]
    plan: BlockPlan,
}

impl ResidualBlock {
    fn init(plan: BlockPlan, parameters: &mut Parameters<'_>) -> Self {
        let (normed, pre) = (plan.common.normed, plan.common.pre_activation);
        let [inputs, outputs] = plan.channels;
        let (mut convolutions, mut norms) = (vec![], vec![]);
        for (j, reach) in plan.reaches().into_iter().enumerate() {
            let from = if j == 0 { inputs } else { outputs };
            if pre {
                norms.push(normed.norm(plan.normed(j), parameters));
            }
            convolutions.push(Convolution::init([from, outputs], reach, false, parameters));
            if !pre {
                norms.push(normed.norm(plan.normed(j), parameters));
            }
        }
        let squeeze = plan.common.squeeze_excitation.map(|ratio| Squeeze::init(outputs, ratio, parameters));
        let projection = plan.projection().map(|reach| Convolution::init(plan.channels, reach, false, parameters));
        let projection_norm = (projection.is_some() && !pre).then(|| normed.norm(outputs, parameters));
        Self { convolutions, norms, squeeze, projection, projection_norm, plan }
    }

    fn forward(&self, x: Tensor<4>, own: Own, masks: &mut Option<&mut Stream>) -> (Tensor<4>, Own) {
        if self.plan.common.pre_activation { self.before(x, own, masks) } else { self.behind(x, own, masks) }
    }

    /// Activations behind the convolutions: activation(branch + straight way).
    fn behind(&self, x: Tensor<4>, own: Own, masks: &mut Option<&mut Stream>) -> (Tensor<4>, Own) {
        let (training, activation) = (masks.is_some(), self.plan.common.normed.activation.into());
        let tail = |y, norm, activation| tail(y, Some(norm), activation, Order::NormFirst, None, training);
        let (y, mid) = self.convolutions[0].masked(x.clone(), &own);
        let y = mid.silence(tail(y, &self.norms[0], activation));
        let y = tail(
            self.convolutions[1].forward(y),
            &self.norms[1],
            if self.adds() { Activation::None } else { activation },
        );
        let y = self.squeezed(y, &mid);
        if !self.adds() {
            return (mid.silence(y), mid);
        }
        let straight = match (&self.projection, &self.projection_norm) {
            (Some(projection), Some(norm)) => tail(projection.forward(x), norm, Activation::None),
            _ => x,
        };
        let y = drop_path(y, self.plan.drop_path, masks);
        (kernel::join(y, straight, activation, &mid.columns()), mid)
    }

    /// Activations before the convolutions: branch + straight way.
    fn before(&self, x: Tensor<4>, own: Own, masks: &mut Option<&mut Stream>) -> (Tensor<4>, Own) {
        let (training, activation) = (masks.is_some(), self.plan.common.normed.activation.into());
        let tail = |y, norm| tail(y, Some(norm), activation, Order::NormFirst, None, training);
        let given = own.silence(tail(x.clone(), &self.norms[0]));
        let (y, mid) = self.convolutions[0].masked(given.clone(), &own);
        let y = self.convolutions[1].forward(mid.silence(tail(y, &self.norms[1])));
        let y = self.squeezed(y, &mid);
        if !self.adds() {
            return (y, mid);
        }
        let straight = self.projection.as_ref().map_or(x, |projection| projection.forward(given));
        let y = drop_path(y, self.plan.drop_path, masks);
        (kernel::join(y, straight, Activation::None, &Columns::default()), mid)
    }

    fn adds(&self) -> bool {
        self.plan.common.residual
    }

    fn squeezed(&self, y: Tensor<4>, own: &Own) -> Tensor<4> {
        self.squeeze.as_ref().map_or(y.clone(), |squeeze| squeeze.forward(y, own))
    }
}
