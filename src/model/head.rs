//! Dense layers and the head: from one vector an example to a logit a class.

use super::LayerInfo;
use super::choices::{ActivationName, GlobalPool};
use super::dropout::dropout;
use super::init::Parameters;
use super::norm_activation::{Normed, tail};
use super::own::Masking;
use super::pooling::{Attention, PoolPlan, Pooling};
use crate::kernel;
use crate::kind::Problem;
use crate::seed::Stream;
use burn::module::{Module, Param};
use burn::nn::BatchNorm;
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
        /// Whether the head begins with batch normalisation of what comes into it (as x-vectors' does, Snyder et al. 2018).
        pub head_norm: bool = false;
        /// Dropout after each dense layer of the head.
        pub dropout: f64 = 0.2, in 0.0..=0.95;
    }
    check: ranges;
}

crate::settings! {
    /// A pool over all positions, and a head.
    pub struct PooledHead {
        include pub dense: HeadSettings;
        include pub attention: Attention;
        /// Over all positions (frames, or bins and frames), before the head: "average", "max", "average-max", "statistics",
        /// "attention", "attentive-statistics" or "flatten".
        pub global_pool: GlobalPool = GlobalPool::Average;
    }
    check: ranges;
}

crate::settings! {
    /// A pool over bins and frames, or over frames alone, and a head.
    pub struct PooledHead2d {
        include pub pooled: PooledHead;
        /// Whether bins stay apart, as channels do, and the pool is over frames alone: what a network has found at a low frequency is
        /// then told from the same at a high one. The head's input is as many times longer as there are bins left.
        pub keep_bins: bool = false;
    }
    check: ranges;
}

/// The layers of a [`HeadSettings`].
#[derive(Module, Debug)]
pub struct Head {
    norm: Option<BatchNorm>,
    hidden: Vec<Dense>,
    output: Dense,
    /// Without hidden layers it comes before the output.
    dropout: f64,
    #[module(skip)]
    activation: ActivationName,
}

impl HeadSettings {
    /// The layers for vectors of `inputs` values.
    pub(super) fn init(&self, inputs: usize, classes: usize, normed: Normed, parameters: &mut Parameters<'_>) -> Head {
        let norm = self.head_norm.then(|| normed.norm(inputs, parameters));
        let mut width = inputs;
        let mut hidden = Vec::with_capacity(self.head.len());
        for &outputs in &self.head {
            hidden.push(Dense::init(width, outputs, parameters));
            width = outputs;
        }
        let output = Dense::init(width, classes, parameters);
        Head { norm, hidden, output, dropout: self.dropout, activation: normed.activation }
    }

    /// Adds the layers that [`Self::init`] makes.
    pub(super) fn describe(&self, inputs: usize, classes: usize, layers: &mut Vec<LayerInfo>) {
        if self.head_norm {
            layers.push(LayerInfo::batch_norm("head.norm".to_owned(), vec![inputs]));
        }
        let mut width = inputs;
        for (i, &outputs) in self.head.iter().enumerate() {
            layers.push(Dense::describe(format!("head.hidden.{i}"), "dense".to_owned(), width, outputs));
            width = outputs;
        }
        layers.push(Dense::describe("head.output".to_owned(), "dense, logits".to_owned(), width, classes));
    }
}

impl PooledHead {
    fn pool(&self, keep_bins: bool) -> PoolPlan {
        PoolPlan { kind: self.global_pool, attention: self.attention, keep_bins }
    }

    /// The layers for images of this shape, [channels, height, width]. Order of draws: pool, head.
    pub(super) fn init(
        &self,
        image: [usize; 3],
        keep_bins: bool,
        classes: usize,
        normed: Normed,
        parameters: &mut Parameters<'_>,
    ) -> (Pooling, Head) {
        let pool = self.pool(keep_bins);
        let pooling = pool.init(image, parameters);
        (pooling, self.dense.init(pool.width(image), classes, normed, parameters))
    }

    /// Adds the layers that [`Self::init`] makes.
    pub(super) fn describe(&self, image: [usize; 3], keep_bins: bool, classes: usize, layers: &mut Vec<LayerInfo>) {
        let pool = self.pool(keep_bins);
        layers.push(pool.describe(image));
        self.dense.describe(pool.width(image), classes, layers);
    }

    /// What keeps it from working in a network that is masked.
    pub(super) fn unfit(&self, masking: Masking) -> Option<Problem> {
        let is_wrong = masking.masked && self.global_pool == GlobalPool::Flatten;
        let message = "\"flatten\" has a place for every frame, padded or not, and cannot pass over any; use another pool or \
                       masked = false";
        is_wrong.then(|| Problem::new("global_pool", message))
    }
}

impl Head {
    /// The norm it begins with, where there is one.
    pub(super) fn norm(&self) -> Option<&BatchNorm> {
        self.norm.as_ref()
    }

    /// `x` [n, inputs] -> logits [n, classes].
    pub(super) fn forward(&self, mut x: Tensor<2>, masks: &mut Option<&mut Stream>) -> Tensor<2> {
        if self.norm.is_some() {
            let [n, width] = x.dims();
            let (none, order) = (kernel::Activation::None, kernel::Order::NormFirst);
            let y = tail(x.reshape([n, width, 1, 1]), self.norm.as_ref(), none, order, None, masks.is_some());
            x = y.reshape([n, width]);
        }
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
