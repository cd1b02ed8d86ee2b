//! `mlp`: statistics of each channel and bin over time, then dense layers: the classic "functionals" baseline.

use super::choices::{ActivationName, OrderName};
use super::dropout::dropout;
use super::head::{Dense, Head, HeadPlan};
use super::init::{Initializer, NormPlan, Parameters};
use super::statistics::TimeStatistics;
use super::{Forward, InputShape, LayerInfo, Layout, Net, block};
use crate::kernel;
use crate::kind::above;
use crate::seed::Stream;
use burn::module::Module;
use burn::nn::BatchNorm;
use burn::tensor::Tensor;

crate::settings! {
    /// Statistics of each channel and bin over time, then dense layers.
    pub struct Mlp {
        include pub over_time: TimeStatistics;
        /// Widths of the dense layers before the output.
        pub hidden: Vec<usize> = vec![256, 128], in 1..=65536;
        /// Whether each of them is followed by batch normalisation.
        pub batch_norm: bool = true;
        /// Share of the running statistics that a batch leaves in place (Keras' meaning; PyTorch's is 1 minus it).
        pub batch_norm_momentum: f64 = 0.9, in 0.0..=1.0;
        /// Added to the variance before its root.
        pub batch_norm_epsilon: f64 = 1e-3, in above(0.0);
        /// "relu", "leaky-relu" (slope 0.01), "gelu", "elu" or "silu".
        pub activation: ActivationName = ActivationName::Relu;
        /// "norm-first" or "activation-first".
        pub order: OrderName = OrderName::NormFirst;
        /// Dropout after each dense layer; on the statistics where there is none.
        pub dropout: f64 = 0.2, in 0.0..=0.95;
        /// How weights are drawn: "glorot-", "he-" or "lecun-", each "uniform" or "normal". Biases start at 0.
        pub init: Initializer = Initializer::GlorotUniform;
    }
    check: ranges;
}

impl Mlp {
    fn norm(&self) -> Option<NormPlan> {
        NormPlan::new(self.batch_norm, self.batch_norm_momentum, self.batch_norm_epsilon)
    }

    /// The output layer alone: the hidden ones are this network's own, as they may be normalised.
    fn head(&self) -> HeadPlan {
        let dropout = if self.hidden.is_empty() { self.dropout } else { 0.0 };
        HeadPlan { hidden: vec![], activation: self.activation, dropout }
    }
}

impl Layout for Mlp {
    fn describe(&self, input: InputShape, classes: usize) -> Vec<LayerInfo> {
        let mut width = self.over_time.columns(input);
        let mut layers = vec![self.over_time.describe(input)];
        for (i, &outputs) in self.hidden.iter().enumerate() {
            layers.push(Dense::describe(format!("hidden.{i}"), "dense".to_owned(), width, outputs));
            if self.batch_norm {
                layers.push(LayerInfo::batch_norm(format!("norms.{i}"), vec![outputs]));
            }
            width = outputs;
        }
        self.head().describe(width, classes, &mut layers);
        layers
    }

    fn initializer(&self) -> Initializer {
        self.init
    }

    fn build(&self, input: InputShape, classes: usize, parameters: &mut Parameters<'_>) -> Net {
        let mut width = self.over_time.columns(input);
        let (mut hidden, mut norms) = (vec![], vec![]);
        for &outputs in &self.hidden {
            hidden.push(Dense::init(width, outputs, parameters));
            norms.extend(self.norm().map(|plan| parameters.batch_norm(outputs, plan)));
            width = outputs;
        }
        Net::Mlp(MlpNet { hidden, norms, head: self.head().init(width, classes, parameters), settings: self.clone() })
    }
}

/// The layers of an [`Mlp`].
#[derive(Module, Debug)]
pub struct MlpNet {
    hidden: Vec<Dense>,
    norms: Vec<BatchNorm>,
    head: Head,
    #[module(skip)]
    settings: Mlp,
}

impl Forward for MlpNet {
    fn forward(&self, x: Tensor<4>, mut masks: Option<&mut Stream>) -> Tensor<2> {
        let training = masks.is_some();
        let mut x = self.settings.over_time.of(x);
        for (i, layer) in self.hidden.iter().enumerate() {
            let y = layer.forward(x);
            let [n, width] = y.dims();
            let norm = self.norms.get(i);
            if let Some(norm) = norm.filter(|_| !training) {
                block::settle(norm);
            }
            let (activation, order) = (self.settings.activation.into(), self.settings.order.into());
            let y = kernel::tail(y.reshape([n, width, 1, 1]), norm, activation, order, None, training);
            x = dropout(y.reshape([n, width]), self.settings.dropout, 2, &mut masks);
        }
        self.head.forward(x, &mut masks)
    }
}
