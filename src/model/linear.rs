//! `linear`: multinomial logistic regression on statistics over time.

use super::columns::{Columns, Scales, filled, scaled};
use super::head::Dense;
use super::init::Parameters;
use super::{Forward, InputShape, LayerInfo, Layout, Net, Solved, Span, TrainingColumns};
use crate::classical::{Rows, SolveError, logistic};
use crate::kind::above;
use crate::seed::Stream;
use burn::module::Module;
use burn::tensor::Tensor;

crate::settings! {
    /// Multinomial logistic regression (softmax) on statistics over time, with an L2 penalty of 1 / (2 C) on the weights: what
    /// scikit-learn's `LogisticRegression(C, solver="lbfgs")` finds. It is solved for at once, without epochs.
    pub struct Linear {
        include pub columns: Columns;
        /// C, the inverse of the strength of the penalty: the smaller, the nearer to 0 are the weights.
        pub c: f64 = 1.0, in above(0.0);
    }
    check: ranges;
}

impl Layout for Linear {
    fn describe(&self, input: InputShape, classes: usize) -> Vec<LayerInfo> {
        let mut layers = self.columns.describe(input);
        let width = self.columns.over_time.columns(input);
        layers.push(Dense::describe("output".to_owned(), "linear, logits".to_owned(), width, classes));
        layers
    }

    fn is_solved(&self) -> bool {
        true
    }

    fn build(&self, input: InputShape, classes: usize, parameters: &mut Parameters<'_>) -> Net {
        let scales = self.columns.scales(input, parameters);
        let output = Dense::zero(self.columns.over_time.columns(input), classes, parameters);
        Net::Linear(LinearNet { scales, output, settings: self.clone() })
    }
}

/// The layers of a [`Linear`].
#[derive(Module, Debug)]
pub struct LinearNet {
    scales: Option<Scales>,
    output: Dense,
    #[module(skip)]
    settings: Linear,
}

impl Forward for LinearNet {
    fn forward(&self, x: Tensor<4>, _own: &[Span], _: Option<&mut Stream>) -> Tensor<2> {
        self.output.forward(scaled(&self.settings.columns, self.scales.as_ref(), x))
    }

    fn solved(&self) -> Option<&dyn Solved> {
        Some(self)
    }
}

impl Solved for LinearNet {
    fn columns(&self, x: Tensor<4>) -> Tensor<2> {
        self.settings.columns.over_time.of(x)
    }

    fn solve(&self, training: TrainingColumns<'_>, stop: &dyn Fn() -> bool) -> Result<Net, SolveError> {
        let TrainingColumns { mut values, columns, labels, class_weights } = training;
        let mut net = self.clone();
        if let Some(scales) = &mut net.scales {
            scales.fit(&mut values);
        }
        let found = logistic::fit(Rows { values: &values, columns, labels, class_weights }, self.settings.c, stop)?;
        let (weight, bias) = net.output.parameters_mut();
        *weight = filled(weight, [class_weights.len(), columns], &found.weights);
        *bias = filled(bias, [class_weights.len()], &found.intercepts);
        Ok(Net::Linear(net))
    }
}
