//! Dense layers and the head: from one vector an example to a logit a class.

use super::LayerInfo;
use super::choices::ActivationName;
use super::dropout::dropout;
use super::init::Parameters;
use crate::kernel;
use crate::seed::Stream;
use burn::module::{Module, Param};
use burn::tensor::Tensor;

/// A dense layer. The weight is [out, in], as PyTorch keeps it.
#[derive(Module, Debug)]
pub struct Dense {
    weight: Param<Tensor<2>>,
    bias: Param<Tensor<1>>,
}

impl Dense {
    /// Weight by the network's initialiser, bias 0.
    pub(super) fn init(inputs: usize, outputs: usize, parameters: &mut Parameters<'_>) -> Self {
        Self {
            weight: parameters.weight([outputs, inputs], inputs, outputs),
            bias: parameters.constant([outputs], 0.0),
        }
    }

    /// Weight and bias 0, to be solved for.
    pub(super) fn zero(inputs: usize, outputs: usize, parameters: &mut Parameters<'_>) -> Self {
        Self { weight: parameters.constant([outputs, inputs], 0.0), bias: parameters.constant([outputs], 0.0) }
    }

    /// Weight and bias, to be replaced.
    pub(super) fn parameters_mut(&mut self) -> (&mut Param<Tensor<2>>, &mut Param<Tensor<1>>) {
        (&mut self.weight, &mut self.bias)
    }

    /// `x` [n, in] -> [n, out].
    pub(super) fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        x.matmul(self.weight.val().transpose()) + self.bias.val().unsqueeze()
    }

    /// What `serlab plan` says of such a layer.
    pub(super) fn describe(name: String, what: String, inputs: usize, outputs: usize) -> LayerInfo {
        LayerInfo { name, what, output_shape: vec![outputs], parameters: (inputs + 1) * outputs }
    }
}

/// The end of every network: hidden dense layers with activation and dropout, then one logit a class.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct HeadPlan {
    /// Widths of the hidden layers.
    pub hidden: Vec<usize>,
    /// Their nonlinearity.
    pub activation: ActivationName,
    /// Dropout after each of them; before the output where there is none.
    pub dropout: f64,
}

/// The layers of a [`HeadPlan`].
#[derive(Module, Debug)]
pub struct Head {
    hidden: Vec<Dense>,
    output: Dense,
    #[module(skip)]
    plan: HeadPlan,
}

impl HeadPlan {
    /// The layers for vectors of `inputs` values.
    pub(super) fn init(&self, inputs: usize, classes: usize, parameters: &mut Parameters<'_>) -> Head {
        let mut width = inputs;
        let mut hidden = Vec::with_capacity(self.hidden.len());
        for &outputs in &self.hidden {
            hidden.push(Dense::init(width, outputs, parameters));
            width = outputs;
        }
        Head { hidden, output: Dense::init(width, classes, parameters), plan: self.clone() }
    }

    /// Adds the layers that [`HeadPlan::init`] makes.
    pub(super) fn describe(&self, inputs: usize, classes: usize, layers: &mut Vec<LayerInfo>) {
        let mut width = inputs;
        for (i, &outputs) in self.hidden.iter().enumerate() {
            layers.push(Dense::describe(format!("head.hidden.{i}"), "dense".to_owned(), width, outputs));
            width = outputs;
        }
        layers.push(Dense::describe("head.output".to_owned(), "dense, logits".to_owned(), width, classes));
    }
}

impl Head {
    /// `x` [n, inputs] -> logits [n, classes].
    pub(super) fn forward(&self, mut x: Tensor<2>, masks: &mut Option<&mut Stream>) -> Tensor<2> {
        if self.hidden.is_empty() {
            x = dropout(x, self.plan.dropout, 2, masks);
        }
        for layer in &self.hidden {
            let [n, width] = [x.dims()[0], layer.bias.dims()[0]];
            let y = layer.forward(x).reshape([n, width, 1, 1]);
            let activation = self.plan.activation.into();
            let y = kernel::tail(y, None, activation, kernel::Order::NormFirst, None, masks.is_some());
            x = dropout(y.reshape([n, width]), self.plan.dropout, 2, masks);
        }
        self.output.forward(x)
    }
}
