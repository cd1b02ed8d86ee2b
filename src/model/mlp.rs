//! `mlp`: statistics of each channel and bin over time, then dense layers: the classic "functionals" baseline.

use super::dropout::dropout;
use super::head::{Dense, Head, HeadSettings};
use super::init::{Initialization, Parameters};
use super::norm_activation::NormActivation;
use super::statistics::TimeStatistics;
use super::{Forward, InputShape, LayerInfo, Layout, Net, Span};
use crate::seed::Stream;
use burn::module::Module;
use burn::nn::BatchNorm;
use burn::tensor::Tensor;

crate::settings! {
    /// Statistics of each channel and bin over time, then dense layers.
    pub struct Mlp {
        include pub tail: NormActivation;
        include pub initialization: Initialization;
        include pub over_time: TimeStatistics;
        /// Widths of the dense layers before the output.
        pub hidden: Vec<usize> = vec![256, 128], in 1..=65536;
        /// Dropout after each dense layer; on the statistics where there is none.
        pub dropout: f64 = 0.2, in 0.0..=0.95;
    }
    check: ranges;
}

impl Mlp {
    /// The output layer alone: the hidden ones are this network's own, as they may be normalised.
    fn head(&self) -> HeadSettings {
        let dropout = if self.hidden.is_empty() { self.dropout } else { 0.0 };
        HeadSettings { head: vec![], dropout, ..HeadSettings::default() }
    }
}

impl Layout for Mlp {
    fn describe(&self, input: InputShape, classes: usize) -> Vec<LayerInfo> {
        let mut width = self.over_time.columns(input);
        let mut layers = vec![self.over_time.describe(input)];
        for (i, &outputs) in self.hidden.iter().enumerate() {
            layers.push(Dense::describe(format!("hidden.{i}"), "dense".to_owned(), width, outputs));
            layers.extend(self.tail.describe(format!("norms.{i}"), vec![outputs]));
            width = outputs;
        }
        self.head().describe(width, classes, &mut layers);
        layers
    }

    fn initialization(&self) -> Initialization {
        self.initialization
    }

    fn build(&self, input: InputShape, classes: usize, parameters: &mut Parameters<'_>) -> Net {
        let mut width = self.over_time.columns(input);
        let (mut hidden, mut norms) = (vec![], vec![]);
        for &outputs in &self.hidden {
            hidden.push(Dense::init(width, outputs, parameters));
            norms.extend(self.tail.norm(outputs, parameters));
            width = outputs;
        }
        let head = self.head().init(width, classes, self.tail.normed, parameters);
        Net::Mlp(MlpNet { hidden, norms, head, settings: self.clone() })
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
    fn forward(&self, x: Tensor<4>, _own: &[Span], mut masks: Option<&mut Stream>) -> Tensor<2> {
        let training = masks.is_some();
        let mut x = self.settings.over_time.of(x);
        for (i, layer) in self.hidden.iter().enumerate() {
            let y = layer.forward(x);
            let [n, width] = y.dims();
            let y = self.settings.tail.forward(y.reshape([n, width, 1, 1]), self.norms.get(i), None, training);
            x = dropout(y.reshape([n, width]), self.settings.dropout, 2, &mut masks);
        }
        self.head.forward(x, &mut masks)
    }

    fn norms(&self) -> Vec<&BatchNorm> {
        self.norms.iter().chain(self.head.norm()).collect()
    }
}
