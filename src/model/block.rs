//! Convolutional blocks: convolution, batch norm and activation (in either order) once or more, then pooling and dropout.
//!
//! All images are [channels, height, width] an example; a 1D network has height 1.

use super::LayerInfo;
use super::choices::{ActivationName, DropoutUnit, Padding, PoolName};
use super::dropout::dropout;
use super::init::Parameters;
use super::norm_activation::NormActivation;
use crate::kernel::{self, ConvGeometry, Pool, PoolKind};
use crate::kind::Problem;
use crate::seed::Stream;
use burn::module::{Module, Param};
use burn::nn::BatchNorm;
use burn::tensor::Tensor;
use burn::tensor::ops::PadMode;

crate::settings! {
    /// What blocks of every number of dimensions have.
    #[derive(Copy)]
    pub struct Blocks {
        include pub tail: NormActivation;
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
    /// The nonlinearity, which a head takes over.
    pub(super) fn activation(&self) -> ActivationName {
        self.common.tail.activation
    }

    /// Zeros before and after the image.
    fn padding(&self) -> [(usize, usize); 2] {
        [0, 1].map(|i| match self.common.padding {
            Padding::Valid => (0, 0),
            Padding::Same => {
                let total = self.dilation[i] * (self.kernel[i] - 1);
                (total / 2, total - total / 2)
            }
        })
    }

    /// Geometry of convolution `j` of a block; zeros that only one side has are added before it, by [`Self::lopsided`].
    fn geometry(&self, j: usize) -> ConvGeometry {
        let stride = if j == 0 { self.stride } else { [1, 1] };
        ConvGeometry { stride, padding: self.padding().map(|p| p.0), dilation: self.dilation, groups: 1 }
    }

    /// Zeros that "same" padding adds at the end alone: 1 where the kernel's reach is even.
    fn lopsided(&self) -> [usize; 2] {
        self.padding().map(|(before, after)| after - before)
    }

    /// Image after convolution `j` of a block.
    fn convolved(&self, image: [usize; 2], j: usize) -> Option<[usize; 2]> {
        let more = self.lopsided();
        self.geometry(j).output([image[0] + more[0], image[1] + more[1]], self.kernel)
    }

    /// Image after each step of block `block`: one a convolution, then the pooled one.
    fn trace(&self, block: usize, start: [usize; 2]) -> Result<Vec<[usize; 2]>, Problem> {
        let mut images = vec![];
        let mut image = start;
        let of = self.channels.len();
        for j in 0..self.common.convolutions_per_block {
            image = self.convolved(image, j).ok_or_else(|| {
                let reach = [0, 1].map(|i| self.dilation[i] * (self.kernel[i] - 1) + 1);
                let message = format!(
                    "block {} of {of} convolves over {}, but all that is left is {}: use padding = \"same\", a smaller \
                     kernel, fewer blocks or longer input",
                    block + 1,
                    self.size(reach),
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

    fn size(&self, [height, width]: [usize; 2]) -> String {
        let count = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
        let frames = count(width, "frame");
        if self.flat { frames } else { format!("{} x {frames}", count(height, "bin")) }
    }

    /// What keeps these blocks from working on `image` [height, width].
    pub(super) fn check(&self, mut image: [usize; 2]) -> Vec<Problem> {
        if self.channels.is_empty() {
            return vec![Problem::new("channels", "no block; give one width or more, such as [64, 128]")];
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
            let shape = |image: [usize; 2]| {
                if self.flat { vec![outputs, image[1]] } else { vec![outputs, image[0], image[1]] }
            };
            for (j, &image) in images.iter().take(self.common.convolutions_per_block).enumerate() {
                let kernel = if self.flat { self.kernel[1].to_string() } else { format!("{:?}", self.kernel) };
                layers.push(LayerInfo {
                    name: format!("blocks.{b}.convolutions.{j}"),
                    what: format!("convolution {kernel}"),
                    output_shape: shape(image),
                    parameters: inputs * outputs * self.kernel[0] * self.kernel[1]
                        + usize::from(self.common.bias) * outputs,
                });
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
            for _ in 0..self.common.convolutions_per_block {
                let [kh, kw] = self.kernel;
                let weight = parameters.weight([outputs, inputs, kh, kw], inputs * kh * kw, outputs * kh * kw);
                let bias = self.common.bias.then(|| parameters.constant([outputs], 0.0));
                convolutions.push(Convolution { weight, bias });
                norms.extend(self.common.tail.norm(outputs, parameters));
                inputs = outputs;
            }
            blocks.push(Block { convolutions, norms, plan: self.clone() });
        }
        blocks
    }
}

/// The parameters of a convolution: weight [out, in, kernel height, kernel width], bias [out].
#[derive(Module, Debug)]
pub struct Convolution {
    weight: Param<Tensor<4>>,
    bias: Option<Param<Tensor<1>>>,
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
    /// `x` [n, channels, height, width] -> the same of the block's output.
    pub(super) fn forward(&self, mut x: Tensor<4>, masks: &mut Option<&mut Stream>) -> Tensor<4> {
        let training = masks.is_some();
        let (plan, common) = (&self.plan, &self.plan.common);
        let last = self.convolutions.len() - 1;
        for (j, layer) in self.convolutions.iter().enumerate() {
            let [bottom, right] = plan.lopsided();
            if bottom + right > 0 {
                x = x.pad([(0, bottom), (0, right)], PadMode::Constant(0.0));
            }
            let bias = layer.bias.as_ref().map(Param::val);
            let y = kernel::conv(x, layer.weight.val(), bias, plan.geometry(j));
            x = common.tail.forward(y, self.norms.get(j), plan.pool.filter(|_| j == last), training);
        }
        let own = if common.block_dropout_unit == DropoutUnit::Channels { 2 } else { 4 };
        dropout(x, common.block_dropout, own, masks)
    }
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
                            for block in plan.init(1, &mut parameters) {
                                x = block.forward(x, &mut None);
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
            assert_eq!(plan.convolved([1, frames], 0), Some([1, expected]));
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
