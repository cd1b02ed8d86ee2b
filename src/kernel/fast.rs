//! Which calls our own kernels can serve, and how they are called.

use super::curve::Curve;
use super::isa::Isa;
use super::ops::KernelOps;
use super::shapes::Shapes;
use super::tail_flex::TailSpec;
use super::{Activation, Columns, ConvGeometry, Order, Pool, PoolKind};
use burn::backend::Dispatch;
use burn::nn::BatchNorm;
use burn::tensor::{DType, Device, Tensor};

/// Fewest channels of a group: below, most of a tile would be empty, and stock convolution is the faster one.
const FEWEST_CHANNELS: usize = 4;

/// Whether this is a tensor of 32-bit floats in the memory of a CPU that kernels are written for.
pub(super) fn served<const D: usize>(x: &Tensor<D>) -> bool {
    x.device() == Device::flex() && x.dtype() == DType::F32 && Isa::detect().is_some()
}

/// Whether [`conv`] can take this.
pub(super) fn serves_conv(x: &Tensor<4>, weight: &Tensor<4>, bias: Option<&Tensor<1>>, geometry: ConvGeometry) -> bool {
    let Some(shapes) = Shapes::new(x.dims(), weight.dims(), geometry) else { return false };
    let bias_fits = bias.is_none_or(|b| served(b) && b.dims() == [shapes.channels[1]]);
    let wide = geometry.groups == 1 || shapes.per_group().iter().all(|c| *c >= FEWEST_CHANNELS);
    served(x) && served(weight) && bias_fits && wide
}

/// [`super::conv`] by our kernels.
pub(super) fn conv(x: Tensor<4>, weight: Tensor<4>, bias: Option<Tensor<1>>, geometry: ConvGeometry) -> Tensor<4> {
    let bias = bias.unwrap_or_else(|| Tensor::zeros([weight.dims()[0]], &x.device()));
    let (x, weight, bias) = (x.into_dispatch(), weight.into_dispatch(), bias.into_dispatch());
    Tensor::from_dispatch(<Dispatch as KernelOps>::kernel_conv(x, weight, bias, geometry))
}

/// How our kernels would compute a tail.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct TailPlan {
    spec: TailSpec,
    statistics: Statistics,
}

/// Where normalisation takes mean and variance from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Statistics {
    /// There is none.
    None,
    /// The batch.
    Batch,
    /// The layer.
    Running,
}

/// How [`tail`] would compute this; none where it cannot.
pub(super) fn plan_tail(
    x: &Tensor<4>,
    norm: Option<&BatchNorm>,
    activation: Activation,
    order: Order,
    pool: Option<Pool>,
    training: bool,
) -> Option<TailPlan> {
    let curve = Curve::of(activation)?;
    let (before, after) = match order {
        Order::NormFirst => (Curve::LINE, curve),
        Order::ActivationFirst => (curve, Curve::LINE),
    };
    let pool = pool.unwrap_or(Pool { kind: PoolKind::Average, size: [1, 1] });
    let ([n, c, h, w], [kh, kw]) = (x.dims(), pool.size);
    // A kept value's place in its window is one byte.
    let places = pool.kind == PoolKind::Average || kh * kw <= 256;
    let fits = n * c > 0 && (1..=h).contains(&kh) && (1..=w).contains(&kw) && places;
    let on_graph = x.device().is_autodiff();
    let statistics = match norm {
        None => Statistics::None,
        Some(layer) if on_graph && training && layer.training.is_enabled() => Statistics::Batch,
        // Running statistics on a graph: rare, and its gradients have other formulas.
        Some(_) if on_graph => return None,
        Some(_) => Statistics::Running,
    };
    let layer_fits = norm.is_none_or(|layer| {
        let affine = [layer.gamma.val(), layer.beta.val()];
        let moments = [layer.running_mean.value_sync(), layer.running_var.value_sync()];
        affine.iter().chain(&moments).all(|t| served(t) && t.dims() == [c])
    });
    let spec = TailSpec { before, after, pool };
    (served(x) && fits && layer_fits).then_some(TailPlan { spec, statistics })
}

/// [`super::tail`] by our kernels; `norm` is what it was planned with.
pub(super) fn tail(x: Tensor<4>, norm: Option<&BatchNorm>, plan: TailPlan) -> Tensor<4> {
    let TailPlan { spec, statistics } = plan;
    match (norm, statistics) {
        (Some(layer), Statistics::Batch) => normalised_by_batch(x, layer, spec),
        (Some(layer), Statistics::Running) => {
            let affine = [layer.gamma.val(), layer.beta.val()];
            let moments = [layer.running_mean.value_sync(), layer.running_var.value_sync()];
            let ([gamma, beta], [mean, variance]) =
                (affine.map(Tensor::into_dispatch), moments.map(Tensor::into_dispatch));
            let (x, epsilon) = (x.into_dispatch(), layer.epsilon);
            let out = <Dispatch as KernelOps>::kernel_tail_fixed(x, gamma, beta, mean, variance, epsilon, spec);
            Tensor::from_dispatch(out)
        }
        (_, _) => Tensor::from_dispatch(<Dispatch as KernelOps>::kernel_tail_plain(x.into_dispatch(), spec)),
    }
}

/// Normalises by the batch and moves the layer's running statistics, as burn's own layer does.
fn normalised_by_batch(x: Tensor<4>, layer: &BatchNorm, spec: TailSpec) -> Tensor<4> {
    let device = x.device();
    let (gamma, beta) = (layer.gamma.val().into_dispatch(), layer.beta.val().into_dispatch());
    let (out, mean, variance) =
        <Dispatch as KernelOps>::kernel_tail_batch(x.into_dispatch(), gamma, beta, layer.epsilon, spec);
    let moved = |running: Tensor<1>, batch: Tensor<1>| {
        let kept = running.to_device(&device).mul_scalar(1.0 - layer.momentum);
        kept.add(batch.detach().mul_scalar(layer.momentum)).detach()
    };
    layer.running_mean.update(moved(layer.running_mean.value_sync(), Tensor::from_dispatch(mean)));
    layer.running_var.update(moved(layer.running_var.value_sync(), Tensor::from_dispatch(variance)));
    Tensor::from_dispatch(out)
}

/// The curve by which [`join`] would compute this; none where it cannot.
pub(super) fn joins(x: &Tensor<4>, other: &Tensor<4>, activation: Activation) -> Option<Curve> {
    Curve::of(activation).filter(|_| served(x) && served(other))
}

/// [`super::join`] by our kernels.
pub(super) fn join(x: Tensor<4>, other: Tensor<4>, curve: Curve, columns: &Columns) -> Tensor<4> {
    let (x, other) = (x.into_dispatch(), other.into_dispatch());
    Tensor::from_dispatch(<Dispatch as KernelOps>::kernel_join(x, other, curve, columns.clone()))
}

/// [`super::silence`] by our kernels.
pub(super) fn silence(x: Tensor<4>, columns: &Columns) -> Tensor<4> {
    Tensor::from_dispatch(<Dispatch as KernelOps>::kernel_silence(x.into_dispatch(), columns.clone()))
}
