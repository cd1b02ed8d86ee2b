//! Dense layers and the head: from one vector an example to a logit a class.

use super::LayerInfo;
use super::choices::{ActivationName, GlobalPool};
use super::dropout::dropout;
use super::init::Parameters;
use super::pooling::{self, Pooling};
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

crate::settings! {
    /// The end of a network: hidden dense layers with activation and dropout, then one logit a class.
    pub struct HeadSettings {
        /// Widths of the dense layers before the output.
        pub head: Vec<usize> = vec![128], in 1..=65536;
        /// Dropout after each dense layer of the head.
        pub dropout: f64 = 0.2, in 0.0..=0.95;
    }
    check: ranges;
}

crate::settings! {
    /// A pool over all positions, and a head.
    pub struct PooledHead {
        include pub dense: HeadSettings;
        /// Over all positions (frames, or bins and frames), before the head: "average", "max", "average-max", "statistics",
        /// "attention" or "flatten".
        pub global_pool: GlobalPool = GlobalPool::Average;
    }
    check: ranges;
}

/// The layers of a [`HeadSettings`].
#[derive(Module, Debug)]
pub struct Head {
    hidden: Vec<Dense>,
    output: Dense,
    /// Without hidden layers it comes before the output.
    dropout: f64,
    #[module(skip)]
    activation: ActivationName,
}

impl HeadSettings {
    /// The layers for vectors of `inputs` values.
    pub(super) fn init(
        &self,
        inputs: usize,
        classes: usize,
        activation: ActivationName,
        parameters: &mut Parameters<'_>,
    ) -> Head {
        let mut width = inputs;
        let mut hidden = Vec::with_capacity(self.head.len());
        for &outputs in &self.head {
            hidden.push(Dense::init(width, outputs, parameters));
            width = outputs;
        }
        Head { hidden, output: Dense::init(width, classes, parameters), dropout: self.dropout, activation }
    }

    /// Adds the layers that [`Self::init`] makes.
    pub(super) fn describe(&self, inputs: usize, classes: usize, layers: &mut Vec<LayerInfo>) {
        let mut width = inputs;
        for (i, &outputs) in self.head.iter().enumerate() {
            layers.push(Dense::describe(format!("head.hidden.{i}"), "dense".to_owned(), width, outputs));
            width = outputs;
        }
        layers.push(Dense::describe("head.output".to_owned(), "dense, logits".to_owned(), width, classes));
    }
}

impl PooledHead {
    /// The layers for images of this shape, [channels, height, width]. Order of draws: pool, head.
    pub(super) fn init(
        &self,
        [channels, height, width]: [usize; 3],
        classes: usize,
        activation: ActivationName,
        parameters: &mut Parameters<'_>,
    ) -> (Pooling, Head) {
        let pooling = Pooling::init(self.global_pool, channels, parameters);
        let inputs = pooling::width(self.global_pool, channels, height * width);
        (pooling, self.dense.init(inputs, classes, activation, parameters))
    }

    /// Adds the layers that [`Self::init`] makes.
    pub(super) fn describe(&self, [channels, height, width]: [usize; 3], classes: usize, layers: &mut Vec<LayerInfo>) {
        let inputs = pooling::describe(self.global_pool, channels, height * width, layers);
        self.dense.describe(inputs, classes, layers);
    }
}

impl Head {
    /// `x` [n, inputs] -> logits [n, classes].
    pub(super) fn forward(&self, mut x: Tensor<2>, masks: &mut Option<&mut Stream>) -> Tensor<2> {
        if self.hidden.is_empty() {
            x = dropout(x, self.dropout, 2, masks);
        }
        for layer in &self.hidden {
            let [n, width] = [x.dims()[0], layer.bias.dims()[0]];
            let y = layer.forward(x).reshape([n, width, 1, 1]);
            let activation = self.activation.into();
            let y = kernel::tail(y, None, activation, kernel::Order::NormFirst, None, masks.is_some());
            x = dropout(y.reshape([n, width]), self.dropout, 2, masks);
        }
        self.output.forward(x)
    }
}
