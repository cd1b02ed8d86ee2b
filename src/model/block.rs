//! Convolutional blocks: convolution, batch norm and activation (in either order) once or more, then pooling and dropout.
//!
//! All images are [channels, height, width] an example; a 1D network has height 1.

use super::LayerInfo;
use super::choices::{DropoutUnit, Padding, PoolName};
use super::convolution::{Convolution, Reach, shape, size_in_words};
use super::dropout::dropout;
use super::init::Parameters;
use super::norm_activation::{NormActivation, Normed};
use super::own::{Masking, Own};
use crate::kernel::{Pool, PoolKind};
use crate::kind::Problem;
use crate::seed::Stream;
use burn::module::Module;
use burn::nn::BatchNorm;
use burn::tensor::Tensor;

crate::settings! {
    /// What blocks of every number of dimensions have.
    #[derive(Copy)]
    pub struct Blocks {
        include pub tail: NormActivation;
        include pub masking: Masking;
        /// "same" (zeros beyond the edge: the size stays) or "valid" (no zeros: it shrinks).
        pub padding: Padding = Padding::Same;
        /// Convolutions a block, each with its own norm and activation; pooling comes after the last.
        pub convolutions_per_block: usize = 1, in 1..=8;
        /// Whether convolutions add a bias.
        pub bias: bool = true;
        /// How a block shrinks: "max", "average" or "none".
        pub pool: PoolName = PoolName::Max;
        /// Dropout at the end of each block.
        pub block_dropout: f64 = 0.0, in 0.0..=0.95;
        /// What it drops: "channels" (whole ones) or "values".
        pub block_dropout_unit: DropoutUnit = DropoutUnit::Channels;
    }
    check: ranges;
}

crate::settings! {
    /// Blocks over bins and frames.
    pub struct Blocks2d {
        include pub common: Blocks;
        /// Output channels of each block; as many blocks as widths.
        pub channels: Vec<usize> = vec![64, 128, 256, 512], in 1..=8192;
        /// Bins and frames a kernel spans.
        pub kernel_size: [usize; 2] = [3, 3], in 1..=1024;
        /// Bins and frames from one output to the next, in the first convolution of each block.
        pub stride: [usize; 2] = [1, 1], in 1..=64;
        /// Bins and frames from one tap of a kernel to the next.
        pub dilation: [usize; 2] = [1, 1], in 1..=256;
        /// Bins and frames a pool joins into one; [4, 1] keeps every frame.
        pub pool_size: [usize; 2] = [2, 2], in 1..=256;
    }
    check: ranges;
}

impl Blocks2d {
    /// The blocks.
    pub(super) fn plan(&self) -> BlockPlan {
        BlockPlan {
            common: self.common,
            channels: self.channels.clone(),
            kernel: self.kernel_size,
            stride: self.stride,
            dilation: self.dilation,
            pool: self.common.pool.pool(self.pool_size),
            flat: false,
        }
    }
}

/// A stack of blocks, whatever architecture it is part of. Pairs are [height, width].
#[derive(Debug, Clone, PartialEq)]
pub(super) struct BlockPlan {
    /// What does not depend on the number of dimensions.
    pub common: Blocks,
    /// Output channels of each block.
    pub channels: Vec<usize>,
    /// Size of the kernels.
    pub kernel: [usize; 2],
    /// Stride of the first convolution of each block; the others have stride 1.
    pub stride: [usize; 2],
    /// Steps between the taps of a kernel.
    pub dilation: [usize; 2],
    /// Pooling at the end of a block, if any.
    pub pool: Option<Pool>,
    /// Whether the network is 1D: shapes are then written without their height.
    pub flat: bool,
}

impl BlockPlan {
    /// Norm and nonlinearity, which a head takes over.
    pub(super) fn normed(&self) -> Normed {
        self.common.tail.normed
    }

    /// What the kernel of convolution `j` of a block covers.
    fn reach(&self, j: usize) -> Reach {
        let stride = if j == 0 { self.stride } else { [1, 1] };
        Reach { size: self.kernel, stride, dilation: self.dilation, padding: self.common.padding }
    }

    /// Image after each step of block `block`: one a convolution, then the pooled one.
    fn trace(&self, block: usize, start: [usize; 2]) -> Result<Vec<[usize; 2]>, Problem> {
        let mut images = vec![];
        let mut image = start;
        let of = self.channels.len();
        for j in 0..self.common.convolutions_per_block {
            let reach = self.reach(j);
            image = reach.output(image).ok_or_else(|| {
                let message = format!(
                    "block {} of {of} convolves over {}, but all that is left is {}: use padding = \"same\", a smaller \
                     kernel, fewer blocks or longer input",
                    block + 1,
                    self.size(reach.span()),
                    self.size(image),
                );
                Problem::new("kernel_size", message)
            })?;
            images.push(image);
        }
        if let Some(pool) = self.pool {
            let pooled = pool.output(image);
            if pooled.contains(&0) {
                let message = format!(
                    "block {} of {of} pools over {}, but all that is left is {}: use fewer blocks, a smaller pool_size, \
                     pool = \"none\" or longer input",
                    block + 1,
                    self.size(pool.size),
                    self.size(image),
                );
                return Err(Problem::new("pool_size", message));
            }
            images.push(pooled);
        }
        Ok(images)
    }

    fn size(&self, image: [usize; 2]) -> String {
        size_in_words(image, self.flat)
    }

    /// What keeps these blocks from working on `image` [height, width].
    pub(super) fn check(&self, mut image: [usize; 2]) -> Vec<Problem> {
        if self.channels.is_empty() {
            return vec![Problem::new("channels", "no block; give one width or more, such as [64, 128]")];
        }
        if image[1] == 1 {
            let message = "convolves over time, but this input is one vector a clip (1 frame); use mlp, linear or svm";
            return vec![Problem::new("", message)];
        }
        for block in 0..self.channels.len() {
            match self.trace(block, image) {
                Ok(images) => image = images.last().copied().unwrap_or(image),
                Err(problem) => return vec![problem],
            }
        }
        vec![]
    }

    /// [channels, height, width] after all blocks, for an input that passes [`Self::check`].
    pub(super) fn output(&self, input: [usize; 3]) -> [usize; 3] {
        self.describe(input, &mut vec![])
    }

    /// Adds the layers that [`Self::init`] makes; returns the last shape.
    pub(super) fn describe(&self, input: [usize; 3], layers: &mut Vec<LayerInfo>) -> [usize; 3] {
        let [mut inputs, height, width] = input;
        let mut image = [height, width];
        for (b, &outputs) in self.channels.iter().enumerate() {
            let images = self.trace(b, image).unwrap_or_default();
            let shape = |image: [usize; 2]| shape(outputs, image, self.flat);
            for (j, &image) in images.iter().take(self.common.convolutions_per_block).enumerate() {
                let (name, channels) = (format!("blocks.{b}.convolutions.{j}"), [inputs, outputs]);
                let bias = self.common.bias;
                layers.push(Convolution::describe(name, channels, self.reach(j), bias, image, self.flat));
                layers.extend(self.common.tail.describe(format!("blocks.{b}.norms.{j}"), shape(image)));
                inputs = outputs;
            }
            image = images.last().copied().unwrap_or(image);
            if let Some(pool) = self.pool {
                let kind = if pool.kind == PoolKind::Max { "max" } else { "average" };
                let size = if self.flat { pool.size[1].to_string() } else { format!("{:?}", pool.size) };
                layers.push(LayerInfo {
                    name: format!("blocks.{b}.pool"),
                    what: format!("{kind} pool {size}"),
                    output_shape: shape(image),
                    parameters: 0,
                });
            }
        }
        [inputs, image[0], image[1]]
    }

    /// The blocks for an input of `inputs` channels. Order of draws: block by block, convolution by convolution.
    pub(super) fn init(&self, mut inputs: usize, parameters: &mut Parameters<'_>) -> Vec<Block> {
        let mut blocks = Vec::with_capacity(self.channels.len());
        for &outputs in &self.channels {
            let (mut convolutions, mut norms) = (vec![], vec![]);
            for j in 0..self.common.convolutions_per_block {
                let (channels, bias) = ([inputs, outputs], self.common.bias);
                convolutions.push(Convolution::init(channels, self.reach(j), bias, parameters));
                norms.extend(self.common.tail.norm(outputs, parameters));
                inputs = outputs;
            }
            blocks.push(Block { convolutions, norms, plan: self.clone() });
        }
        blocks
    }
}

/// One block.
#[derive(Module, Debug)]
pub struct Block {
    convolutions: Vec<Convolution>,
    norms: Vec<BatchNorm>,
    #[module(skip)]
    plan: BlockPlan,
}

impl Block {
    /// `x` [n, channels, height, width], silent where it is not own -> the same of the block's output.
    pub(super) fn forward(&self, mut x: Tensor<4>, own: &mut Own, masks: &mut Option<&mut Stream>) -> Tensor<4> {
        let training = masks.is_some();
        let (plan, common) = (&self.plan, &self.plan.common);
        let last = self.convolutions.len() - 1;
        for (j, layer) in self.convolutions.iter().enumerate() {
            let (y, behind) = layer.masked(x, own);
            let pool = plan.pool.filter(|_| j == last);
            let y = common.tail.forward(y, self.norms.get(j), pool, training);
            *own = pool.map_or(behind.clone(), |pool| behind.windowed(pool.size[1], pool.size[1], y.dims()[3]));
            x = own.silence(y);
        }
        let own = if common.block_dropout_unit == DropoutUnit::Channels { 2 } else { 4 };
        dropout(x, common.block_dropout, own, masks)
    }
}

/// The norms of all blocks.
pub(super) fn norms(blocks: &[Block]) -> impl Iterator<Item = &BatchNorm> {
    blocks.iter().flat_map(|block| &block.norms)
}

/// Runs `x`, of which `own` frames count, through all blocks; what comes out, and which of its frames count.
pub(super) fn run(blocks: &[Block], x: Tensor<4>, mut own: Own, masks: &mut Option<&mut Stream>) -> (Tensor<4>, Own) {
    let x = blocks.iter().fold(own.silence(x), |x, block| block.forward(x, &mut own, masks));
    (x, own)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Initializer;
    use crate::seed::Seeds;
    use burn::tensor::Device;

    fn plan() -> BlockPlan {
        Blocks2d { channels: vec![3, 5], ..Blocks2d::default() }.plan()
    }

    #[test]
    fn shapes_are_foretold_for_every_geometry() {
        let device = Device::flex();
        let mut tried = 0;
        for kernel in [[1, 1], [3, 3], [2, 4], [5, 3]] {
            for stride in [[1, 1], [2, 1], [2, 3]] {
                for dilation in [[1, 1], [2, 1]] {
                    for padding in [Padding::Same, Padding::Valid] {
                        for pool in [None, plan().pool] {
                            let convolutions_per_block = 1 + tried % 2;
                            let common = Blocks { padding, convolutions_per_block, ..Blocks::default() };
                            let plan = BlockPlan { common, kernel, stride, dilation, pool, ..plan() };
                            tried += 1;
                            if !plan.check([17, 14]).is_empty() {
                                continue;
                            }
                            let mut stream = Seeds::new(0).stream("init", &[]);
                            let mut parameters = Parameters::new(Initializer::HeNormal, &mut stream, &device);
                            let mut x = Tensor::<4>::ones([2, 1, 17, 14], &device);
                            let mut own = Own::new(Masking::default(), &[], 14);
                            for block in plan.init(1, &mut parameters) {
                                x = block.forward(x, &mut own, &mut None);
                            }
                            assert_eq!(x.dims()[1..], plan.output([1, 17, 14]), "{plan:?}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn same_padding_divides_by_the_stride_and_rounds_up() {
        for (kernel, stride, frames, expected) in [(3, 1, 10, 10), (4, 1, 10, 10), (3, 2, 9, 5), (4, 2, 10, 5)] {
            let plan = BlockPlan { kernel: [1, kernel], stride: [1, stride], ..plan() };
            assert_eq!(plan.reach(0).output([1, frames]), Some([1, expected]));
        }
    }

    #[test]
    fn a_pool_or_kernel_that_does_not_fit_is_named_with_its_block_and_size() {
        let deep = BlockPlan { channels: vec![8; 4], ..plan() };
        assert_eq!(
            deep.check([40, 12])[0],
            Problem::new(
                "pool_size",
                "block 4 of 4 pools over 2 bins x 2 frames, but all that is left is 5 bins x 1 frame: use fewer blocks, a \
                 smaller pool_size, pool = \"none\" or longer input"
            )
        );
        let valid = BlockPlan {
            common: Blocks { padding: Padding::Valid, ..Blocks::default() },
            kernel: [1, 9],
            flat: true,
            pool: None,
            ..plan()
        };
        assert!(
            valid.check([1, 12])[0]
                .message
                .contains("block 2 of 2 convolves over 9 frames, but all that is left is 4 frames")
        );
        assert_eq!(BlockPlan { channels: vec![], ..plan() }.check([9, 9])[0].key, "channels");
    }
}
