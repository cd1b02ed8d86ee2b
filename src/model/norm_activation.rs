//! What follows a convolution or a dense layer: batch norm and activation, in either order.

use super::LayerInfo;
use super::choices::{ActivationName, OrderName};
use super::init::Parameters;
use crate::kernel::{self, Pool};
use crate::kind::above;
use burn::nn::BatchNorm;
use burn::tensor::Tensor;

crate::settings! {
    /// How batches are normalised, and the nonlinearity.
    #[derive(Copy)]
    pub struct Normed {
        /// Share of the running statistics that a batch leaves in place (Keras' meaning; PyTorch's is 1 minus it).
        pub batch_norm_momentum: f64 = 0.9, in 0.0..=1.0;
        /// Added to the variance before its root.
        pub batch_norm_epsilon: f64 = 1e-3, in above(0.0);
        /// "relu", "leaky-relu" (slope 0.01), "gelu", "elu" or "silu".
        pub activation: ActivationName = ActivationName::Relu;
    }
    check: ranges;
}

crate::settings! {
    /// Batch normalisation and activation, in either order.
    #[derive(Copy)]
    pub struct NormActivation {
        include pub normed: Normed;
        /// Whether each convolution (of `mlp`: each hidden layer) is followed by batch normalisation.
        pub batch_norm: bool = true;
        /// "norm-first" or "activation-first".
        pub order: OrderName = OrderName::NormFirst;
    }
    check: ranges;
}

impl Normed {
    /// A norm of `channels` channels.
    pub(super) fn norm(&self, channels: usize, parameters: &mut Parameters<'_>) -> BatchNorm {
        parameters.batch_norm(channels, self.batch_norm_momentum, self.batch_norm_epsilon)
    }
}

impl NormActivation {
    /// The norm behind a layer of `channels` outputs, where there is to be one.
    pub(super) fn norm(&self, channels: usize, parameters: &mut Parameters<'_>) -> Option<BatchNorm> {
        self.batch_norm.then(|| self.normed.norm(channels, parameters))
    }

    /// What `serlab plan` says of that norm.
    pub(super) fn describe(&self, name: String, output_shape: Vec<usize>) -> Option<LayerInfo> {
        self.batch_norm.then(|| LayerInfo::batch_norm(name, output_shape))
    }

    /// `y` [n, channels, height, width], what the layer gave, through norm and activation, then pooled if at all.
    pub(super) fn forward(
        &self,
        y: Tensor<4>,
        norm: Option<&BatchNorm>,
        pool: Option<Pool>,
        training: bool,
    ) -> Tensor<4> {
        tail(y, norm, self.normed.activation.into(), self.order.into(), pool, training)
    }
}

/// [`kernel::tail`] with running statistics that include the last training step where they are used: burn keeps each step's update
/// aside until the next one.
pub(super) fn tail(
    y: Tensor<4>,
    norm: Option<&BatchNorm>,
    activation: kernel::Activation,
    order: kernel::Order,
    pool: Option<Pool>,
    training: bool,
) -> Tensor<4> {
    if let Some(norm) = norm.filter(|_| !training) {
        norm.running_mean.value_sync();
        norm.running_var.value_sync();
    }
    kernel::tail(y, norm, activation, order, pool, training)
}
