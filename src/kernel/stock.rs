//! The same operations made of burn's stock ones: the reference, and what runs wherever no kernel of ours does.

use super::{Activation, Columns, ConvGeometry, Order, Pool, PoolKind};
use burn::nn::BatchNorm;
use burn::nn::pool::{AvgPool2dConfig, MaxPool2dConfig};
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Tensor, TensorData, activation as burn_activation, module};

/// [`super::conv`] on any backend.
pub(super) fn conv(x: Tensor<4>, weight: Tensor<4>, bias: Option<Tensor<1>>, geometry: ConvGeometry) -> Tensor<4> {
    let ConvGeometry { stride, padding, dilation, groups } = geometry;
    module::conv2d(x, weight, bias, ConvOptions::new(stride, padding, dilation, groups))
}

/// [`super::tail`] on any backend.
pub(super) fn tail(
    x: Tensor<4>,
    norm: Option<&BatchNorm>,
    activation: Activation,
    order: Order,
    pool: Option<Pool>,
    training: bool,
) -> Tensor<4> {
    let normalise = |x: Tensor<4>| match norm {
        Some(layer) => batch_norm(x, layer, training),
        None => x,
    };
    let x = match order {
        Order::NormFirst => activate(normalise(x), activation),
        Order::ActivationFirst => normalise(activate(x, activation)),
    };
    match pool {
        Some(pool) => pooled(x, pool),
        None => x,
    }
}

/// The layer's own forward pass when training; else normalisation by the running statistics, also on an autodiff
/// device, where the layer itself would take the batch's.
fn batch_norm(x: Tensor<4>, layer: &BatchNorm, training: bool) -> Tensor<4> {
    if training {
        return layer.forward(x);
    }
    let device = x.device();
    let mean = layer.running_mean.value_sync().to_device(&device);
    let variance = layer.running_var.value_sync().to_device(&device);
    module::batch_norm(x, layer.gamma.val(), layer.beta.val(), mean, variance, layer.epsilon)
}

/// One of burn's activations.
pub(super) fn activate(x: Tensor<4>, activation: Activation) -> Tensor<4> {
    match activation {
        Activation::None => x,
        Activation::Relu => burn_activation::relu(x),
        Activation::LeakyRelu(slope) => burn_activation::leaky_relu(x, f64::from(slope)),
        Activation::Gelu => burn_activation::gelu(x),
        Activation::Elu => burn_activation::elu(x, 1.0),
        Activation::Silu => burn_activation::silu(x),
    }
}

/// [`super::join`] on any backend.
pub(super) fn join(x: Tensor<4>, other: Tensor<4>, activation: Activation, columns: &Columns) -> Tensor<4> {
    silence(activate(x + other, activation), columns)
}

/// [`super::silence`] on any backend.
pub(super) fn silence(x: Tensor<4>, columns: &Columns) -> Tensor<4> {
    let Some(ranges) = columns.ranges() else { return x };
    let [n, _, _, width] = x.dims();
    let mut mask = vec![0.0f32; n * width];
    mask.chunks_exact_mut(width).zip(ranges).for_each(|(row, own)| row[own.clone()].fill(1.0));
    let mask = Tensor::<4>::from_data(TensorData::new(mask, [n, 1, 1, width]), &x.device());
    x * mask
}

fn pooled(x: Tensor<4>, Pool { kind, size }: Pool) -> Tensor<4> {
    match kind {
        PoolKind::Max => MaxPool2dConfig::new(size).with_strides(size).init().forward(x),
        PoolKind::Average => AvgPool2dConfig::new(size).with_strides(size).init().forward(x),
    }
}
