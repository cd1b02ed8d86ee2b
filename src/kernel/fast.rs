//! Which calls our own kernels can serve, and how they are called. Every function answers `None` where they cannot.

use super::conv_flex::Shapes;
use super::curve::Curve;
use super::isa::Isa;
use super::ops::KernelOps;
use super::tail_flex::TailSpec;
use super::{Activation, ConvGeometry, Order, Pool, PoolKind};
use burn::backend::Dispatch;
use burn::nn::BatchNorm;
use burn::tensor::{DType, Device, Tensor};

/// Fewest output channels of a group: below, most of a tile would be empty, and stock convolution is the faster one.
const FEWEST_CHANNELS: usize = 4;

/// Whether these tensors are 32-bit floats in the memory of a CPU that kernels are written for.
fn served<const D: usize>(x: &Tensor<D>) -> bool {
    x.device() == Device::flex() && x.dtype() == DType::F32 && Isa::detect().is_some()
}

/// [`super::conv`] by our kernels.
pub fn conv(x: &Tensor<4>, weight: &Tensor<4>, bias: Option<&Tensor<1>>, geometry: ConvGeometry) -> Option<Tensor<4>> {
    let shapes = Shapes::new(x.dims(), weight.dims(), geometry)?;
    let bias_fits = bias.is_none_or(|b| served(b) && b.dims() == [shapes.channels[1]]);
    let wide = geometry.groups == 1 || shapes.per_group().iter().all(|c| *c >= FEWEST_CHANNELS);
    if !(served(x) && served(weight) && bias_fits && wide) {
        return None;
    }
    let bias = bias.cloned().unwrap_or_else(|| Tensor::zeros([shapes.channels[1]], &x.device()));
    let (x, weight) = (x.clone().into_dispatch(), weight.clone().into_dispatch());
    Some(Tensor::from_dispatch(<Dispatch as KernelOps>::kernel_conv(x, weight, bias.into_dispatch(), geometry)))
}

/// [`super::tail`] by our kernels.
pub fn tail(
    x: &Tensor<4>,
    norm: Option<&BatchNorm>,
    activation: Activation,
    order: Order,
    pool: Option<Pool>,
    training: bool,
) -> Option<Tensor<4>> {
    let curve = Curve::of(activation)?;
    let (before, after) = match order {
        Order::NormFirst => (Curve::LINE, curve),
        Order::ActivationFirst => (curve, Curve::LINE),
    };
    let spec = TailSpec { before, after, pool: pool.unwrap_or(Pool { kind: PoolKind::Average, size: [1, 1] }) };
    let [n, c, h, w] = x.dims();
    let size = spec.pool.size;
    let fits = n * c > 0 && size[0] > 0 && size[1] > 0 && size[0] <= h && size[1] <= w;
    // A kept value's place in its window is one byte.
    if !(served(x) && fits && size[0] * size[1] <= 256) {
        return None;
    }
    let on_graph = x.device().is_autodiff();
    let Some(layer) = norm else {
        return Some(Tensor::from_dispatch(<Dispatch as KernelOps>::kernel_tail_plain(
            x.clone().into_dispatch(),
            spec,
        )));
    };
    let (gamma, beta) = (layer.gamma.val(), layer.beta.val());
    if !(served(&gamma) && served(&beta) && gamma.dims() == [c] && beta.dims() == [c]) {
        return None;
    }
    match on_graph {
        true if training && layer.training.is_enabled() => Some(normalised_by_batch(x, layer, spec)),
        // Running statistics on a graph: rare, and its gradients are those of other formulas.
        true => None,
        false => {
            let (mean, variance) = (layer.running_mean.value_sync(), layer.running_var.value_sync());
            if !(served(&mean) && served(&variance) && mean.dims() == [c] && variance.dims() == [c]) {
                return None;
            }
            let [gamma, beta, mean, variance] = [gamma, beta, mean, variance].map(Tensor::into_dispatch);
            let x = x.clone().into_dispatch();
            Some(Tensor::from_dispatch(<Dispatch as KernelOps>::kernel_tail_fixed(
                x,
                gamma,
                beta,
                mean,
                variance,
                layer.epsilon,
                spec,
            )))
        }
    }
}

/// Normalises by the batch and moves the layer's running statistics, as burn's own layer does.
fn normalised_by_batch(x: &Tensor<4>, layer: &BatchNorm, spec: TailSpec) -> Tensor<4> {
    let device = x.device();
    let (gamma, beta) = (layer.gamma.val().into_dispatch(), layer.beta.val().into_dispatch());
    let (out, mean, variance) =
        <Dispatch as KernelOps>::kernel_tail_batch(x.clone().into_dispatch(), gamma, beta, layer.epsilon, spec);
    let moved = |running: Tensor<1>, batch: Tensor<1>| {
        let kept = running.to_device(&device).mul_scalar(1.0 - layer.momentum);
        kept.add(batch.detach().mul_scalar(layer.momentum)).detach()
    };
    layer.running_mean.update(moved(layer.running_mean.value_sync(), Tensor::from_dispatch(mean)));
    layer.running_var.update(moved(layer.running_var.value_sync(), Tensor::from_dispatch(variance)));
    Tensor::from_dispatch(out)
}
