//! The kernels as operations of burn's Flex backend.
//!
//! [`KernelOps`] is what burn's dispatch knows (a backend extension); [`KernelGrads`] is what only the backward pass
//! calls, on the backend underneath autodiff.

use super::buffers;
use super::curve::Curve;
use super::geometry::ConvGeometry;
use super::isa::Isa;
use super::join::{self, Columns};
use super::shapes::Shapes;
use super::tail_flex::{self, Line, Selected, TailSpec};
use super::tail_grad::{self, Batch, Kept};
use super::{conv_flex, conv_input, conv_weight, moments};
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Backend, DType, Flex, backend_extension};
use burn::tensor::{Bytes, Shape};
use burn_flex::{FlexTensor, Layout};

/// The forward passes.
#[backend_extension(Flex, Autodiff)]
pub(super) trait KernelOps: Backend {
    /// `x` [n, ci, h, w], `weight` [co, ci / groups, kh, kw], `bias` [co] -> [n, co, oh, ow].
    fn kernel_conv(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        geometry: ConvGeometry,
    ) -> FloatTensor<Self>;

    /// A tail without normalisation: `x` [n, c, h, w] -> [n, c, oh, ow].
    fn kernel_tail_plain(x: FloatTensor<Self>, spec: TailSpec) -> FloatTensor<Self>;

    /// A tail normalised by given statistics. Not differentiated: its gradients would be 0.
    fn kernel_tail_fixed(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        variance: FloatTensor<Self>,
        epsilon: f64,
        spec: TailSpec,
    ) -> FloatTensor<Self>;

    /// A tail normalised by the batch's own statistics: its output, mean and biased variance.
    fn kernel_tail_batch(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        epsilon: f64,
        spec: TailSpec,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);

    /// curve(x + other), 0 in columns that do not count: [n, c, h, w] all three.
    fn kernel_join(x: FloatTensor<Self>, other: FloatTensor<Self>, curve: Curve, columns: Columns)
    -> FloatTensor<Self>;

    /// `x` [n, c, h, w] with zeros in columns that do not count.
    fn kernel_silence(x: FloatTensor<Self>, columns: Columns) -> FloatTensor<Self>;
}

/// Normalisation by the batch's own statistics, as kept for the backward pass.
#[derive(Debug, Clone)]
pub(super) struct Normalised<B: Backend> {
    /// Scale and shift of each channel.
    pub(super) affine: [FloatTensor<B>; 2],
    /// The batch's mean and biased variance.
    pub(super) moments: [FloatTensor<B>; 2],
    /// Added to the variance.
    pub(super) epsilon: f64,
}

/// A tail with what its backward pass needs.
pub(super) struct TailPass<B: Backend> {
    /// The output.
    pub(super) output: FloatTensor<B>,
    /// The batch's mean and variance, where it was normalised.
    pub(super) moments: Option<[FloatTensor<B>; 2]>,
    /// Values and places kept by a selecting pool.
    pub(super) selected: Option<(FloatTensor<B>, IntTensor<B>)>,
}

/// The backward passes, and the forward pass that keeps what they need.
pub(super) trait KernelGrads: Backend {
    /// Gradients of input (only where asked for, as the first layer needs none), weight and bias.
    fn kernel_conv_backward(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        errors: FloatTensor<Self>,
        geometry: ConvGeometry,
        input: bool,
        weights: bool,
    ) -> (Option<FloatTensor<Self>>, Option<[FloatTensor<Self>; 2]>);

    /// The tail, normalised by the batch's own statistics where `affine` (gamma and beta) and epsilon are given.
    fn kernel_tail_forward(
        x: FloatTensor<Self>,
        norm: Option<([FloatTensor<Self>; 2], f64)>,
        spec: TailSpec,
    ) -> TailPass<Self>;

    /// Gradients of the input, gamma and beta.
    fn kernel_tail_backward(
        x: FloatTensor<Self>,
        norm: Option<Normalised<Self>>,
        selected: Option<(FloatTensor<Self>, IntTensor<Self>)>,
        errors: FloatTensor<Self>,
        spec: TailSpec,
    ) -> (FloatTensor<Self>, Option<[FloatTensor<Self>; 2]>);

    /// The gradient of what was joined, the same for both, from `out` and its gradient.
    fn kernel_join_backward(
        out: FloatTensor<Self>,
        errors: FloatTensor<Self>,
        curve: Curve,
        columns: Columns,
    ) -> FloatTensor<Self>;
}

/// A contiguous tensor of the given values.
fn tensor(values: Vec<f32>, shape: impl Into<Shape>) -> FlexTensor {
    FlexTensor::new(Bytes::from_elems(values), Layout::contiguous(shape.into()), DType::F32)
}

/// The tensor as one that holds its values in order and nothing else; itself where it does already, so that it can be
/// written in place where nobody else holds it.
fn contiguous(t: FlexTensor) -> FlexTensor {
    let size = t.layout().shape().num_elements() * size_of::<f32>();
    let is_already = t.is_contiguous() && t.layout().start_offset() == 0 && t.bytes().len() == size;
    if is_already { t } else { t.to_contiguous() }
}

/// The values of a tensor made by [`contiguous`].
fn values(t: &FlexTensor) -> &[f32] {
    t.as_slice().expect("callers pass 32-bit floats only")
}

fn dims(t: &FlexTensor) -> [usize; 4] {
    let shape = t.layout().shape();
    std::array::from_fn(|i| shape[i])
}

fn isa() -> Isa {
    Isa::detect().expect("callers ask first")
}

fn conv_shapes(x: &FlexTensor, weight: &FlexTensor, geometry: ConvGeometry) -> Shapes {
    Shapes::new(dims(x), dims(weight), geometry).expect("callers check the shapes")
}

/// The tail's output, with what a selecting pool keeps where `keep` asks for it.
fn run_tail(x: &FlexTensor, spec: &TailSpec, lines: &[Line], keep: bool) -> (FlexTensor, Option<Selected>) {
    let shapes = spec.shapes(dims(x));
    let to = [shapes.n, shapes.c, shapes.out[0], shapes.out[1]];
    if keep && spec.selects() {
        let (out, selected) = tail_flex::forward_selecting(isa(), spec, &shapes, values(x), lines);
        (tensor(out, to), Some(selected))
    } else {
        (tensor(tail_flex::forward(isa(), spec, &shapes, values(x), lines), to), None)
    }
}

/// The tail of a batch: statistics first where `norm` gives gamma, beta and epsilon.
fn batch_tail(x: &FlexTensor, norm: Option<([FlexTensor; 2], f64)>, spec: &TailSpec, keep: bool) -> TailPass<Flex> {
    let c = dims(x)[1];
    let Some(([gamma, beta], epsilon)) = norm else {
        let (output, selected) = run_tail(x, spec, &vec![Line::IDENTITY; c], keep);
        return TailPass { output, moments: None, selected: selected.map(keep_selected) };
    };
    let (gamma, beta) = (contiguous(gamma), contiguous(beta));
    let (mean, variance) = moments::statistics(isa(), values(x), &spec.shapes(dims(x)), spec.before);
    let (gamma, beta, epsilon) = (values(&gamma), values(&beta), epsilon as f32);
    let lines = Batch { gamma, beta, mean: &mean, variance: &variance, epsilon }.lines();
    let (output, selected) = run_tail(x, spec, &lines, keep);
    let moments = Some([tensor(mean, [c]), tensor(variance, [c])]);
    TailPass { output, moments, selected: selected.map(keep_selected) }
}

fn keep_selected(Selected { value, index }: Selected) -> (FlexTensor, FlexTensor) {
    let len = [value.len()];
    let index = FlexTensor::new(Bytes::from_elems(index), Layout::contiguous(len.into()), DType::U8);
    (tensor(value, len), index)
}

impl KernelOps for Flex {
    fn kernel_conv(x: FlexTensor, weight: FlexTensor, bias: FlexTensor, geometry: ConvGeometry) -> FlexTensor {
        let (x, weight, bias) = (contiguous(x), contiguous(weight), contiguous(bias));
        let shapes = conv_shapes(&x, &weight, geometry);
        let out = conv_flex::forward(isa(), &shapes, values(&x), values(&weight), Some(values(&bias)));
        buffers::give(x);
        tensor(out, [shapes.n, shapes.channels[1], shapes.out[0], shapes.out[1]])
    }

    fn kernel_tail_plain(x: FlexTensor, spec: TailSpec) -> FlexTensor {
        let x = contiguous(x);
        let output = batch_tail(&x, None, &spec, false).output;
        buffers::give(x);
        output
    }

    fn kernel_tail_fixed(
        x: FlexTensor,
        gamma: FlexTensor,
        beta: FlexTensor,
        mean: FlexTensor,
        variance: FlexTensor,
        epsilon: f64,
        spec: TailSpec,
    ) -> FlexTensor {
        let [gamma, beta, mean, variance] = [gamma, beta, mean, variance].map(contiguous);
        let [gamma, beta, mean, variance] = [&gamma, &beta, &mean, &variance].map(values);
        let lines = Batch { gamma, beta, mean, variance, epsilon: epsilon as f32 }.lines();
        let x = contiguous(x);
        let (output, _) = run_tail(&x, &spec, &lines, false);
        buffers::give(x);
        output
    }

    fn kernel_tail_batch(
        x: FlexTensor,
        gamma: FlexTensor,
        beta: FlexTensor,
        epsilon: f64,
        spec: TailSpec,
    ) -> (FlexTensor, FlexTensor, FlexTensor) {
        let x = contiguous(x);
        let pass = batch_tail(&x, Some(([gamma, beta], epsilon)), &spec, false);
        buffers::give(x);
        let [mean, variance] = pass.moments.expect("a normalised tail has moments");
        (pass.output, mean, variance)
    }

    fn kernel_join(x: FlexTensor, other: FlexTensor, curve: Curve, columns: Columns) -> FlexTensor {
        let (mut x, other) = (contiguous(x), contiguous(other));
        let shape = dims(&x);
        join::forward(isa(), x.storage_mut(), values(&other), shape, curve, &columns);
        buffers::give(other);
        x
    }

    fn kernel_silence(x: FlexTensor, columns: Columns) -> FlexTensor {
        let mut x = contiguous(x);
        let shape = dims(&x);
        join::silence(x.storage_mut(), shape, &columns);
        x
    }
}

impl KernelGrads for Flex {
    fn kernel_conv_backward(
        x: FlexTensor,
        weight: FlexTensor,
        errors: FlexTensor,
        geometry: ConvGeometry,
        input: bool,
        weights: bool,
    ) -> (Option<FlexTensor>, Option<[FlexTensor; 2]>) {
        let (x, weight, errors) = (contiguous(x), contiguous(weight), contiguous(errors));
        let shapes = conv_shapes(&x, &weight, geometry);
        let weights = weights.then(|| {
            let (dw, db) = conv_weight::backward_weight(isa(), &shapes, values(&x), values(&errors));
            [tensor(dw, dims(&weight)), tensor(db, [shapes.channels[1]])]
        });
        let input = input
            .then(|| tensor(conv_input::backward_input(isa(), &shapes, values(&weight), values(&errors)), dims(&x)));
        buffers::give(x);
        buffers::give(errors);
        (input, weights)
    }

    fn kernel_tail_forward(x: FlexTensor, norm: Option<([FlexTensor; 2], f64)>, spec: TailSpec) -> TailPass<Flex> {
        batch_tail(&contiguous(x), norm, &spec, true)
    }

    fn kernel_tail_backward(
        x: FlexTensor,
        norm: Option<Normalised<Flex>>,
        selected: Option<(FlexTensor, FlexTensor)>,
        errors: FlexTensor,
        spec: TailSpec,
    ) -> (FlexTensor, Option<[FlexTensor; 2]>) {
        let (mut x, errors) = (contiguous(x), contiguous(errors));
        let shapes = spec.shapes(dims(&x));
        let norm = norm.map(|n| (n.affine.map(contiguous), n.moments, n.epsilon as f32));
        let batch = norm.as_ref().map(|([gamma, beta], [mean, variance], epsilon)| Batch {
            gamma: values(gamma),
            beta: values(beta),
            mean: values(mean),
            variance: values(variance),
            epsilon: *epsilon,
        });
        let kept = selected
            .as_ref()
            .map(|(value, index)| Kept { value: values(value), index: index.as_slice().expect("indices are bytes") });
        // In place where the graph was the last to hold the input, else in a copy.
        let grads = tail_grad::backward(isa(), &spec, &shapes, x.storage_mut(), kept, batch.as_ref(), values(&errors));
        if let Some((value, index)) = selected {
            buffers::give(value);
            buffers::give_bytes(index);
        }
        buffers::give(errors);
        let grads = norm.is_some().then(|| [grads.0, grads.1].map(|g| tensor(g, [shapes.c])));
        (x, grads)
    }

    fn kernel_join_backward(out: FlexTensor, errors: FlexTensor, curve: Curve, columns: Columns) -> FlexTensor {
        let (out, mut errors) = (contiguous(out), contiguous(errors));
        let shape = dims(&errors);
        join::backward(isa(), errors.storage_mut(), values(&out), shape, curve, &columns);
        buffers::give(out);
        errors
    }
}
