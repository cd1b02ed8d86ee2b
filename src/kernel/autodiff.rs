//! The kernels inside burn's autodiff graph: what each forward pass keeps, and which gradients it hands on.

use super::curve::Curve;
use super::geometry::ConvGeometry;
use super::join::Columns;
use super::ops::{KernelGrads, KernelOps, Normalised};
use super::tail_flex::TailSpec;
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Autodiff, Backend};

/// Gradients of a convolution by input, weight and bias.
#[derive(Debug)]
struct ConvGrad;

impl<B: Backend + KernelGrads> Backward<B, 3> for ConvGrad {
    type State = (FloatTensor<B>, FloatTensor<B>, ConvGeometry);

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [x_node, weight_node, bias_node] = ops.parents;
        let errors = grads.consume::<B>(&ops.node);
        let (x, weight, geometry) = ops.state;
        let weights = weight_node.is_some() || bias_node.is_some();
        let (input, weights) = B::kernel_conv_backward(x, weight, errors, geometry, x_node.is_some(), weights);
        if let (Some(node), Some(grad)) = (x_node, input) {
            grads.register::<B>(node.id, grad);
        }
        if let Some([weight, bias]) = weights {
            if let Some(node) = weight_node {
                grads.register::<B>(node.id, weight);
            }
            if let Some(node) = bias_node {
                grads.register::<B>(node.id, bias);
            }
        }
    }
}

/// Gradients of a tail without normalisation by its input.
#[derive(Debug)]
struct PlainTailGrad;

impl<B: Backend + KernelGrads> Backward<B, 1> for PlainTailGrad {
    type State = (FloatTensor<B>, Option<(FloatTensor<B>, IntTensor<B>)>, TailSpec);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [node] = ops.parents;
        let errors = grads.consume::<B>(&ops.node);
        let (x, selected, spec) = ops.state;
        if let Some(node) = node {
            let (grad, _) = B::kernel_tail_backward(x, None, selected, errors, spec);
            grads.register::<B>(node.id, grad);
        }
    }
}

/// Gradients of a normalised tail by its input, gamma and beta.
#[derive(Debug)]
struct BatchTailGrad;

impl<B: Backend + KernelGrads> Backward<B, 3> for BatchTailGrad {
    type State = (FloatTensor<B>, Normalised<B>, Option<(FloatTensor<B>, IntTensor<B>)>, TailSpec);

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [x_node, gamma_node, beta_node] = ops.parents;
        let errors = grads.consume::<B>(&ops.node);
        let (x, norm, selected, spec) = ops.state;
        let (grad, affine) = B::kernel_tail_backward(x, Some(norm), selected, errors, spec);
        if let Some(node) = x_node {
            grads.register::<B>(node.id, grad);
        }
        if let Some([gamma, beta]) = affine {
            if let Some(node) = gamma_node {
                grads.register::<B>(node.id, gamma);
            }
            if let Some(node) = beta_node {
                grads.register::<B>(node.id, beta);
            }
        }
    }
}

/// Gradients of two ways that meet.
#[derive(Debug)]
struct JoinGrad;

impl<B: Backend + KernelGrads> Backward<B, 2> for JoinGrad {
    type State = (FloatTensor<B>, Curve, Columns);

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [x_node, other_node] = ops.parents;
        let errors = grads.consume::<B>(&ops.node);
        let (out, curve, columns) = ops.state;
        let grad = B::kernel_join_backward(out, errors, curve, columns);
        for node in [x_node, other_node].into_iter().flatten() {
            grads.register::<B>(node.id, grad.clone());
        }
    }
}

/// Gradient of what was silenced.
#[derive(Debug)]
struct SilenceGrad;

impl<B: Backend + KernelOps> Backward<B, 1> for SilenceGrad {
    type State = Columns;

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [node] = ops.parents;
        let errors = grads.consume::<B>(&ops.node);
        if let Some(node) = node {
            grads.register::<B>(node.id, B::kernel_silence(errors, ops.state));
        }
    }
}

impl<B: Backend + KernelOps + KernelGrads, C: CheckpointStrategy> KernelOps for Autodiff<B, C> {
    fn kernel_conv(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        geometry: ConvGeometry,
    ) -> FloatTensor<Self> {
        let prepared = ConvGrad.prepare::<C>([x.node(), weight.node(), bias.node()]).compute_bound().stateful();
        let (x, weight, bias) = (x.into_primitive(), weight.into_primitive(), bias.into_primitive());
        match prepared {
            OpsKind::Tracked(prepared) => {
                let out = B::kernel_conv(x.clone(), weight.clone(), bias, geometry);
                prepared.finish((x, weight, geometry), out)
            }
            OpsKind::UnTracked(prepared) => prepared.finish(B::kernel_conv(x, weight, bias, geometry)),
        }
    }

    fn kernel_tail_plain(x: FloatTensor<Self>, spec: TailSpec) -> FloatTensor<Self> {
        let prepared = PlainTailGrad.prepare::<C>([x.node()]).compute_bound().stateful();
        let x = x.into_primitive();
        match prepared {
            OpsKind::Tracked(prepared) => {
                let pass = B::kernel_tail_forward(x.clone(), None, spec);
                prepared.finish((x, pass.selected, spec), pass.output)
            }
            OpsKind::UnTracked(prepared) => prepared.finish(B::kernel_tail_plain(x, spec)),
        }
    }

    fn kernel_tail_fixed(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        variance: FloatTensor<Self>,
        epsilon: f64,
        spec: TailSpec,
    ) -> FloatTensor<Self> {
        let [x, gamma, beta, mean, variance] = [x, gamma, beta, mean, variance].map(|t| t.into_primitive());
        FloatTensor::<Self>::new(B::kernel_tail_fixed(x, gamma, beta, mean, variance, epsilon, spec))
    }

    fn kernel_tail_batch(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        epsilon: f64,
        spec: TailSpec,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let prepared = BatchTailGrad.prepare::<C>([x.node(), gamma.node(), beta.node()]).compute_bound().stateful();
        let (x, gamma, beta) = (x.into_primitive(), gamma.into_primitive(), beta.into_primitive());
        let (out, mean, variance) = match prepared {
            OpsKind::Tracked(prepared) => {
                let affine = [gamma, beta];
                let pass = B::kernel_tail_forward(x.clone(), Some((affine.clone(), epsilon)), spec);
                let [mean, variance] = pass.moments.expect("a normalised tail has moments");
                let norm = Normalised { affine, moments: [mean.clone(), variance.clone()], epsilon };
                (prepared.finish((x, norm, pass.selected, spec), pass.output), mean, variance)
            }
            OpsKind::UnTracked(prepared) => {
                let (out, mean, variance) = B::kernel_tail_batch(x, gamma, beta, epsilon, spec);
                (prepared.finish(out), mean, variance)
            }
        };
        (out, FloatTensor::<Self>::new(mean), FloatTensor::<Self>::new(variance))
    }

    fn kernel_join(
        x: FloatTensor<Self>,
        other: FloatTensor<Self>,
        curve: Curve,
        columns: Columns,
    ) -> FloatTensor<Self> {
        let prepared = JoinGrad.prepare::<C>([x.node(), other.node()]).compute_bound().stateful();
        let out = B::kernel_join(x.into_primitive(), other.into_primitive(), curve, columns.clone());
        match prepared {
            OpsKind::Tracked(prepared) => prepared.finish((out.clone(), curve, columns), out),
            OpsKind::UnTracked(prepared) => prepared.finish(out),
        }
    }

    fn kernel_silence(x: FloatTensor<Self>, columns: Columns) -> FloatTensor<Self> {
        let prepared = SilenceGrad.prepare::<C>([x.node()]).compute_bound().stateful();
        let out = B::kernel_silence(x.into_primitive(), columns.clone());
        match prepared {
            OpsKind::Tracked(prepared) => prepared.finish(columns, out),
            OpsKind::UnTracked(prepared) => prepared.finish(out),
        }
    }
}
