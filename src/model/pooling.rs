//! From positions to one vector an example: the layer between the convolutions (or the recurrence) and the head.

use super::LayerInfo;
use super::choices::GlobalPool;
use super::init::Parameters;
use super::own::Own;
use crate::kernel::{self, ConvGeometry};
use burn::module::{Module, Param};
use burn::tensor::{Tensor, activation::softmax};

/// Added to a variance before its root: the root of 0 has no slope, and a silent channel's gradient stays finite.
const LEAST_VARIANCE: f32 = 1e-5;

crate::settings! {
    /// What attentive statistics are made with.
    #[derive(Copy, Eq)]
    pub struct Attention {
        /// Values between the two products that score channels and positions for "attentive-statistics"; of no meaning for other
        /// pools.
        pub attention_size: usize = 64, in 1..=8192;
    }
    check: ranges;
}

/// A pool that is to be built.
#[derive(Clone, Copy, Debug)]
pub(super) struct PoolPlan {
    pub kind: GlobalPool,
    pub attention: Attention,
    /// Whether bins are told apart as channels are, and only frames are positions.
    pub keep_bins: bool,
}

/// Global pooling over positions; only attention has parameters.
#[derive(Module, Debug)]
pub struct Pooling {
    /// The vector that scores positions, [channels].
    attention: Option<Param<Tensor<1>>>,
    /// What scores channels and positions.
    scores: Option<Scores>,
    #[module(skip)]
    plan: PoolPlan,
}

/// A score a channel and position: second tanh(first x + bias). Weights [out, in], bias [out]. A second bias would add the same to all
/// positions of a channel, which softmax takes away again.
#[derive(Module, Debug)]
pub struct Scores {
    first: Param<Tensor<2>>,
    first_bias: Param<Tensor<1>>,
    second: Param<Tensor<2>>,
}

impl Scores {
    fn init(channels: usize, size: usize, parameters: &mut Parameters<'_>) -> Self {
        Self {
            first: parameters.weight([size, channels], channels, size),
            first_bias: parameters.constant([size], 0.0),
            second: parameters.weight([channels, size], size, channels),
        }
    }

    /// `x` [n, channels, positions] -> scores of the same shape.
    fn of(&self, x: Tensor<3>) -> Tensor<3> {
        let at_each = |x: Tensor<4>, weight: &Param<Tensor<2>>, bias: Option<Tensor<1>>| {
            let geometry = ConvGeometry { stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 1 };
            kernel::conv(x, weight.val().unsqueeze_dims(&[2, 3]), bias, geometry)
        };
        let hidden = at_each(x.unsqueeze_dim(2), &self.first, Some(self.first_bias.val())).tanh();
        at_each(hidden, &self.second, None).squeeze_dim(2)
    }
}

impl PoolPlan {
    /// Channels and positions of an image [channels, height, width].
    fn pooled(self, [channels, height, width]: [usize; 3]) -> [usize; 2] {
        if self.keep_bins { [channels * height, width] } else { [channels, height * width] }
    }

    /// Pooling of images of this shape, [channels, height, width].
    pub(super) fn init(self, image: [usize; 3], parameters: &mut Parameters<'_>) -> Pooling {
        let ([channels, _], size) = (self.pooled(image), self.attention.attention_size);
        let attention = (self.kind == GlobalPool::Attention).then(|| parameters.weight([channels], channels, 1));
        let scores = (self.kind == GlobalPool::AttentiveStatistics).then(|| Scores::init(channels, size, parameters));
        Pooling { attention, scores, plan: self }
    }

    /// Length of the vector that an image is pooled into.
    pub(super) fn width(self, image: [usize; 3]) -> usize {
        let [channels, positions] = self.pooled(image);
        match self.kind {
            GlobalPool::Average | GlobalPool::Max | GlobalPool::Attention => channels,
            GlobalPool::AverageMax | GlobalPool::Statistics | GlobalPool::AttentiveStatistics => 2 * channels,
            GlobalPool::Flatten => channels * positions,
        }
    }

    /// What `serlab plan` says of it.
    pub(super) fn describe(self, image: [usize; 3]) -> LayerInfo {
        let ([channels, _], size) = (self.pooled(image), self.attention.attention_size);
        let (what, parameters) = match self.kind {
            GlobalPool::Average => ("global average", 0),
            GlobalPool::Max => ("global max", 0),
            GlobalPool::AverageMax => ("global average and max", 0),
            GlobalPool::Statistics => ("global mean and standard deviation", 0),
            GlobalPool::Attention => ("attention", channels),
            GlobalPool::AttentiveStatistics => {
                ("attentive mean and standard deviation", size * (channels + 1) + channels * size)
            }
            GlobalPool::Flatten => ("flatten", 0),
        };
        let what = format!("{what}{}", if self.keep_bins { " over time" } else { "" });
        LayerInfo { name: "pooling".to_owned(), what, output_shape: vec![self.width(image)], parameters }
    }
}

impl Pooling {
    /// `x` [n, channels, height, width] -> [n, [`PoolPlan::width`]], over own positions.
    pub(super) fn forward(&self, x: Tensor<4>, own: &Own) -> Tensor<2> {
        let x: Tensor<3> = if self.plan.keep_bins { x.flatten(1, 2) } else { x.flatten(2, 3) };
        let max = |x: Tensor<3>| own.confine(x).max_dim(2).squeeze_dim(2);
        match self.plan.kind {
            GlobalPool::Average => mean(x, own).squeeze_dim(2),
            GlobalPool::Max => max(x),
            GlobalPool::AverageMax => Tensor::cat(vec![mean(x.clone(), own).squeeze_dim(2), max(x)], 1),
            GlobalPool::Statistics => {
                let centre = mean(x.clone(), own);
                let variance = mean((x - centre.clone()).square(), own);
                Tensor::cat(vec![centre.squeeze_dim(2), deviation(variance)], 1)
            }
            GlobalPool::Attention => {
                let vector = self.attention.as_ref().expect("attention pooling is built with its vector").val();
                let scores = (x.clone() * vector.unsqueeze_dims::<3>(&[0, 2])).sum_dim(1);
                (x * softmax(own.confine(scores), 2)).sum_dim(2).squeeze_dim(2)
            }
            GlobalPool::AttentiveStatistics => {
                let scores = self.scores.as_ref().expect("this pool is built with what scores").of(x.clone());
                let weights = softmax(own.confine(scores), 2);
                let centre = (x.clone() * weights.clone()).sum_dim(2);
                let variance = ((x - centre.clone()).square() * weights).sum_dim(2);
                Tensor::cat(vec![centre.squeeze_dim(2), deviation(variance)], 1)
            }
            GlobalPool::Flatten => x.flatten(1, 2),
        }
    }
}

/// The mean over own positions: [n, channels, positions] -> [n, channels, 1].
pub(super) fn mean(x: Tensor<3>, own: &Own) -> Tensor<3> {
    match own.shares(&x) {
        None => x.mean_dim(2),
        Some(shares) => (x * shares).sum_dim(2),
    }
}

/// [n, channels, 1] -> [n, channels].
fn deviation(variance: Tensor<3>) -> Tensor<2> {
    variance.squeeze_dim::<2>(2).add_scalar(LEAST_VARIANCE).sqrt()
}

#[cfg(test)]
mod tests {
    use super::super::Span;
    use super::super::own::Masking;
    use super::*;
    use crate::model::Initializer;
    use crate::seed::Seeds;
    use burn::tensor::Device;

    fn pooled(kind: GlobalPool) -> Vec<f32> {
        let alone = pooled_of(kind, &[]);
        if kind != GlobalPool::Flatten {
            assert_eq!(pooled_of(kind, &[7.0, -3.0]), alone, "{kind:?}: what a clip is padded with changes nothing");
        }
        alone
    }

    fn pooled_of(kind: GlobalPool, padding: &[f32]) -> Vec<f32> {
        let device = Device::flex();
        let mut stream = Seeds::new(1).stream("init", &[]);
        let mut parameters = Parameters::new(Initializer::GlorotUniform, &mut stream, &device);
        let mut layer = PoolPlan { kind, attention: Attention { attention_size: 3 }, keep_bins: false }
            .init([2, 1, 2], &mut parameters);
        // Scores 0 and ln 3 at the two positions: weights 1/4 and 3/4.
        layer.attention = layer.attention.map(|_| parameters.values([2], vec![0.0, 3f32.ln() / 2.0]));
        // The same scores for both channels: the first of what is hidden is tanh of the second channel.
        layer.scores = layer.scores.map(|scores| {
            let mut first = vec![0.0; 6];
            first[1] = 1.0;
            let mut second = vec![0.0; 6];
            (second[0], second[3]) = (3f32.ln() / 2f32.tanh(), 3f32.ln() / 2f32.tanh());
            Scores { first: parameters.values([3, 2], first), second: parameters.values([2, 3], second), ..scores }
        });
        let rows = [[1.0, 5.0], [0.0, 2.0]].map(|row| [row.as_slice(), padding].concat());
        let frames = rows[0].len();
        let x = Tensor::<4>::from_data(burn::tensor::TensorData::new(rows.concat(), [1, 2, 1, frames]), &device);
        let own = Own::new(Masking { masked: true }, &[Span { start: 0, frames: 2 }], frames);
        layer.forward(x, &own).try_into_vec_as().unwrap()
    }

    fn is_close(a: &[f32], b: &[f32]) -> bool {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-4)
    }

    #[test]
    fn pools_are_what_a_hand_computes() {
        assert_eq!(pooled(GlobalPool::Average), [3.0, 1.0]);
        assert_eq!(pooled(GlobalPool::Max), [5.0, 2.0]);
        assert_eq!(pooled(GlobalPool::AverageMax), [3.0, 1.0, 5.0, 2.0]);
        assert_eq!(pooled(GlobalPool::Flatten), [1.0, 5.0, 0.0, 2.0]);
        assert!(is_close(&pooled(GlobalPool::Statistics), &[3.0, 1.0, 2.0, 1.0]));
        assert!(is_close(&pooled(GlobalPool::Attention), &[4.0, 1.5]));
        let (first, second) = (3f32.sqrt(), 0.75f32.sqrt());
        assert!(is_close(&pooled(GlobalPool::AttentiveStatistics), &[4.0, 1.5, first, second]));
    }
}
