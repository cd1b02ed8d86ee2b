//! The arithmetic our networks spend their time in: convolution, the tail of a block (batch normalisation, activation,
//! pooling), and what residual and masked networks do between them.
//!
//! [`conv`], [`tail`], [`join`] and [`silence`] take and give ordinary burn tensors and take part in autodiff. On burn's Flex (CPU) backend
//! they run kernels of our own; on every other backend, and for every case no kernel covers, they are burn's stock
//! operations. A caller never has to know which of the two ran: shapes, gradients and running statistics are the same,
//! values agree to rounding, and the result depends neither on the number of threads nor on the vector instructions of
//! the machine.
//!
//! | file | holds |
//! |---|---|
//! | `fast`, `stock` | which calls our kernels serve; the same of burn's operations |
//! | `ops`, `autodiff` | the kernels as operations of burn, and their place in its graph |
//! | `geometry`, `shapes`, `plane` | sizes; how images lie in memory while they are convolved |
//! | `conv_flex`, `conv_input`, `conv_weight` | convolution and its two gradients |
//! | `tail_flex`, `tail_grad`, `moments`, `curve` | the tail, its gradients, its statistics, its activations |
//! | `join` | sums of two ways; zeros in padded columns |
//! | `tile`, `isa`, `buffers` | innermost loops; vector instructions; memory kept between steps |
//!
//! To add an activation: a variant of [`Activation`] here and a line in `stock::activate`; where it is made of two
//! straight lines, one in `curve` too, else the parts around it are fused and it is burn's own. To add a pool: a
//! variant of [`PoolKind`] in `geometry`, a line in `stock::pooled`, a plane function in `tail_flex` and its gradient in
//! `tail_grad`. `tests/` compares every kernel with `stock`: add the new kind to the lists there.

mod autodiff;
mod buffers;
mod conv_flex;
mod conv_input;
mod conv_weight;
mod curve;
mod fast;
mod geometry;
mod isa;
mod join;
mod moments;
mod ops;
mod plane;
mod shapes;
mod stock;
mod tail_flex;
mod tail_grad;
mod tile;

pub use geometry::{ConvGeometry, Pool, PoolKind};
pub use join::Columns;

use burn::nn::BatchNorm;
use burn::tensor::Tensor;

/// What is applied to each value between convolution and pooling.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Activation {
    /// The value itself.
    None,
    /// max(x, 0).
    Relu,
    /// x where x >= 0, else the given slope times x (Maas et al. 2013).
    LeakyRelu(f32),
    /// x Phi(x), Phi the normal distribution function; the exact form, not the tanh one (Hendrycks & Gimpel 2016).
    Gelu,
    /// x where x > 0, else exp(x) - 1 (Clevert et al. 2016, alpha = 1).
    Elu,
    /// x sigmoid(x), also called swish (Elfwing et al. 2018).
    Silu,
}

/// Which of normalisation and activation comes first in a block; pooling is last either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Convolution, batch normalisation, activation, pooling (Ioffe & Szegedy 2015).
    NormFirst,
    /// Convolution, activation, batch normalisation, pooling: common in Keras notebooks.
    ActivationFirst,
}

/// 2D convolution (cross-correlation, as in every deep-learning library) with zero padding.
///
/// `x` [n, ci, h, w], `weight` [co, ci / groups, kh, kw], `bias` [co] -> [n, co, oh, ow], where
/// `oh = (h + 2 padding - dilation (kh - 1) - 1) / stride + 1`, rounded down; `ow` likewise
/// ([`ConvGeometry::output`]). 1D networks use h = kh = 1.
///
/// # Panics
/// Where the shapes do not fit together or the kernel is larger than the padded input.
pub fn conv(x: Tensor<4>, weight: Tensor<4>, bias: Option<Tensor<1>>, geometry: ConvGeometry) -> Tensor<4> {
    if fast::serves_conv(&x, &weight, bias.as_ref(), geometry) {
        fast::conv(x, weight, bias, geometry)
    } else {
        stock::conv(x, weight, bias, geometry)
    }
}

/// The part of a block after the convolution: normalisation and activation in the given order, then pooling.
///
/// `x` [n, c, h, w] -> [n, c, h / pool, w / pool], rounded down; [n, c, h, w] without pooling.
///
/// Normalisation uses the batch's own mean and variance, and moves the running ones, where `training` is true, `x` is on
/// an autodiff device and the layer is not frozen; else it uses the running ones. `momentum` is burn's: the share of the
/// *new* value (`running = (1 - momentum) running + momentum batch`; Keras' 0.99 is 0.01 here). The running variance
/// is the biased one, as in burn and Keras (PyTorch's is unbiased).
///
/// # Panics
/// Where the layer has another number of channels than `x`, or the pool is larger than the image.
pub fn tail(
    x: Tensor<4>,
    norm: Option<&BatchNorm>,
    activation: Activation,
    order: Order,
    pool: Option<Pool>,
    training: bool,
) -> Tensor<4> {
    match fast::plan_tail(&x, norm, activation, order, pool, training) {
        Some(plan) => fast::tail(x, norm, plan),
        // What is left to burn is kept as small as possible: the activation, or the whole.
        None if fast::plan_tail(&x, norm, Activation::None, order, None, training).is_some() => {
            in_steps(x, norm, activation, order, pool, training)
        }
        None => stock::tail(x, norm, activation, order, pool, training),
    }
}

/// A tail whose activation is burn's, and the rest ours.
fn in_steps(
    x: Tensor<4>,
    norm: Option<&BatchNorm>,
    activation: Activation,
    order: Order,
    pool: Option<Pool>,
    training: bool,
) -> Tensor<4> {
    let plain = |x, norm, pool| match fast::plan_tail(&x, norm, Activation::None, order, pool, training) {
        Some(plan) => fast::tail(x, norm, plan),
        None => stock::tail(x, norm, Activation::None, order, pool, training),
    };
    match (order, norm) {
        (Order::NormFirst, Some(_)) => plain(stock::activate(plain(x, norm, None), activation), None, pool),
        _ => plain(stock::activate(x, activation), norm, pool),
    }
}

/// Where two ways of a network meet: activation(x + other), and 0 in columns that do not count. Both [n, c, h, w].
///
/// # Panics
/// Where the shapes differ, or `columns` has another number of rows.
pub fn join(x: Tensor<4>, other: Tensor<4>, activation: Activation, columns: &Columns) -> Tensor<4> {
    assert_eq!(x.dims(), other.dims(), "two ways that meet have the same shape");
    match fast::joins(&x, &other, activation) {
        Some(curve) => fast::join(x, other, curve, columns),
        None => stock::join(x, other, activation, columns),
    }
}

/// `x` [n, c, h, w] with zeros in columns that do not count, which then get no gradient, either.
///
/// # Panics
/// Where `columns` has another number of rows.
pub fn silence(x: Tensor<4>, columns: &Columns) -> Tensor<4> {
    match columns.ranges() {
        None => x,
        Some(_) if fast::served(&x) => fast::silence(x, columns),
        Some(_) => stock::silence(x, columns),
    }
}

/// Frees the memory that is kept from one step to the next on the CPU. Worth calling when a training is over; the next
/// one takes what it needs again.
pub fn release_memory() {
    buffers::release();
}

#[cfg(test)]
mod tests;
