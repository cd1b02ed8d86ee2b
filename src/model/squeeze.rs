//! Squeeze-and-excitation (Hu et al. 2018, "Squeeze-and-Excitation Networks").

use super::LayerInfo;
use super::head::Dense;
use super::init::Parameters;
use super::own::Own;
use super::pooling::mean;
use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::activation::{relu, sigmoid};

/// Weighs channels by what all of them are on average.
#[derive(Module, Debug)]
pub struct Squeeze {
    narrow: Dense,
    wide: Dense,
}

impl Squeeze {
    /// For so many channels; what lies between is `ratio` times narrower.
    pub(super) fn init(channels: usize, ratio: usize, parameters: &mut Parameters<'_>) -> Self {
        let width = Self::width(channels, ratio);
        Self { narrow: Dense::init(channels, width, parameters), wide: Dense::init(width, channels, parameters) }
    }

    fn width(channels: usize, ratio: usize) -> usize {
        (channels / ratio).max(1)
    }

    /// What `serlab plan` says of it.
    pub(super) fn describe(name: String, channels: usize, ratio: usize) -> LayerInfo {
        let width = Self::width(channels, ratio);
        let what = format!("squeeze-and-excitation by {width}");
        let parameters = (channels + 1) * width + (width + 1) * channels;
        LayerInfo { name, what, output_shape: vec![channels], parameters }
    }

    /// `x` [n, channels, height, width] -> the same, each channel times a number between 0 and 1.
    pub(super) fn forward(&self, x: Tensor<4>, own: &Own) -> Tensor<4> {
        let means = mean(x.clone().flatten(2, 3), own).squeeze_dim::<2>(2);
        let weights = sigmoid(self.wide.forward(relu(self.narrow.forward(means))));
        x * weights.unsqueeze_dims(&[2, 3])
    }
}
