//! From positions to one vector an example: the layer between the convolutions (or the recurrence) and the head.

use super::LayerInfo;
use super::choices::GlobalPool;
use super::init::Parameters;
use burn::module::{Module, Param};
use burn::tensor::{Tensor, activation::softmax};

/// Global pooling over positions; only attention has a parameter.
#[derive(Module, Debug)]
pub struct Pooling {
    /// The vector that scores positions, [channels].
    attention: Option<Param<Tensor<1>>>,
    #[module(skip)]
    kind: GlobalPool,
}

impl Pooling {
    /// Pooling of `channels` channels.
    pub(super) fn init(kind: GlobalPool, channels: usize, parameters: &mut Parameters<'_>) -> Self {
        let attention = (kind == GlobalPool::Attention).then(|| parameters.weight([channels], channels, 1));
        Self { attention, kind }
    }

    /// `x` [n, channels, positions] -> [n, [`width`]].
    pub(super) fn forward(&self, x: Tensor<3>) -> Tensor<2> {
        match self.kind {
            GlobalPool::Average => mean(x),
            GlobalPool::Max => x.max_dim(2).squeeze_dim(2),
            GlobalPool::AverageMax => Tensor::cat(vec![mean(x.clone()), x.max_dim(2).squeeze_dim(2)], 1),
            GlobalPool::Statistics => {
                let centre = x.clone().mean_dim(2);
                let variance = mean((x - centre.clone()).square());
                // The root of 0 has no slope; 1e-5 keeps the gradient of a silent channel finite.
                Tensor::cat(vec![centre.squeeze_dim(2), variance.add_scalar(1e-5).sqrt()], 1)
            }
            GlobalPool::Attention => {
                let vector = self.attention.as_ref().expect("attention pooling is built with its vector").val();
                let scores = (x.clone() * vector.unsqueeze_dims::<3>(&[0, 2])).sum_dim(1);
                (x * softmax(scores, 2)).sum_dim(2).squeeze_dim(2)
            }
            GlobalPool::Flatten => x.flatten(1, 2),
        }
    }
}

fn mean(x: Tensor<3>) -> Tensor<2> {
    x.mean_dim(2).squeeze_dim(2)
}

/// Length of the vector that `channels` x `positions` values are pooled into.
pub(super) fn width(kind: GlobalPool, channels: usize, positions: usize) -> usize {
    match kind {
        GlobalPool::Average | GlobalPool::Max | GlobalPool::Attention => channels,
        GlobalPool::AverageMax | GlobalPool::Statistics => 2 * channels,
        GlobalPool::Flatten => channels * positions,
    }
}

/// Adds the layer to the list; returns its [`width`].
pub(super) fn describe(kind: GlobalPool, channels: usize, positions: usize, layers: &mut Vec<LayerInfo>) -> usize {
    let what = match kind {
        GlobalPool::Average => "global average",
        GlobalPool::Max => "global max",
        GlobalPool::AverageMax => "global average and max",
        GlobalPool::Statistics => "global mean and standard deviation",
        GlobalPool::Attention => "attention",
        GlobalPool::Flatten => "flatten",
    };
    let width = width(kind, channels, positions);
    let parameters = if kind == GlobalPool::Attention { channels } else { 0 };
    layers.push(LayerInfo { name: "pooling".to_owned(), what: what.to_owned(), output_shape: vec![width], parameters });
    width
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Initializer;
    use crate::seed::Seeds;
    use burn::tensor::Device;

    fn pooled(kind: GlobalPool) -> Vec<f32> {
        let device = Device::flex();
        let mut stream = Seeds::new(1).stream("init", &[]);
        let mut parameters = Parameters::new(Initializer::GlorotUniform, &mut stream, &device);
        let mut layer = Pooling::init(kind, 2, &mut parameters);
        // Scores 0 and ln 3 at the two positions: weights 1/4 and 3/4.
        layer.attention = layer.attention.map(|_| parameters.values([2], vec![0.0, 3f32.ln() / 2.0]));
        let x = Tensor::<3>::from_floats([[[1.0, 5.0], [0.0, 2.0]]], &device);
        layer.forward(x).try_into_vec_as().unwrap()
    }

    #[test]
    fn pools_are_what_a_hand_computes() {
        assert_eq!(pooled(GlobalPool::Average), [3.0, 1.0]);
        assert_eq!(pooled(GlobalPool::Max), [5.0, 2.0]);
        assert_eq!(pooled(GlobalPool::AverageMax), [3.0, 1.0, 5.0, 2.0]);
        assert_eq!(pooled(GlobalPool::Flatten), [1.0, 5.0, 0.0, 2.0]);
        let expected = [3.0, 1.0, 2.0, 1.0];
        assert!(pooled(GlobalPool::Statistics).iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-4));
        assert!(pooled(GlobalPool::Attention).iter().zip([4.0, 1.5]).all(|(a, b)| (a - b).abs() < 1e-6));
    }
}
