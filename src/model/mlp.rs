//! `mlp`: statistics of each channel and bin over time, then dense layers: the classic "functionals" baseline.

use super::dropout::dropout;
use super::head::{Dense, Head, HeadSettings};
use super::init::{Initialization, Parameters};
use super::norm_activation::NormActivation;
use super::{Forward, InputShape, LayerInfo, Layout, Net};
use crate::kind::{Context, Problem};
use crate::seed::Stream;
use burn::module::Module;
use burn::nn::BatchNorm;
use burn::tensor::{Tensor, TensorData};

crate::choices! {
    /// A figure that sums up one channel and bin over all frames. Moments are those of the frames themselves (divided by
    /// their number); z is a frame's distance from the mean in standard deviations, 0 where all frames are equal.
    pub enum Statistic {
        /// The mean.
        "mean" => Mean,
        /// The standard deviation.
        "sd" => Sd,
        /// The smallest value.
        "min" => Min,
        /// The largest value.
        "max" => Max,
        /// Largest minus smallest.
        "range" => Range,
        /// Mean of z^3: which side the tail is on.
        "skewness" => Skewness,
        /// Mean of z^4: 3 for a normal distribution, more for heavy tails.
        "kurtosis" => Kurtosis,
        /// Rise of the least-squares line from the first frame to the last.
        "slope" => Slope,
    }
}

crate::settings! {
    /// Statistics of each channel and bin over time, then dense layers.
    pub struct Mlp {
        include pub tail: NormActivation;
        include pub initialization: Initialization;
        /// Any of "mean", "sd", "min", "max", "range", "skewness", "kurtosis", "slope".
        pub statistics: Vec<Statistic> = vec![Statistic::Mean, Statistic::Sd, Statistic::Min, Statistic::Max];
        /// Widths of the dense layers before the output.
        pub hidden: Vec<usize> = vec![256, 128], in 1..=65536;
        /// Dropout after each dense layer; on the statistics where there is none.
        pub dropout: f64 = 0.2, in 0.0..=0.95;
    }
    check: Mlp::statistics_named;
}

impl Mlp {
    /// The output layer alone: the hidden ones are this network's own, as they may be normalised.
    fn head(&self) -> HeadSettings {
        HeadSettings { head: vec![], dropout: if self.hidden.is_empty() { self.dropout } else { 0.0 } }
    }

    fn inputs(&self, input: InputShape) -> usize {
        input.channels * input.bins * self.statistics.len()
    }

    fn statistics_named(&self, _: &Context) -> Vec<Problem> {
        let mut problems = vec![];
        if self.statistics.is_empty() {
            problems.push(Problem::new("statistics", "no statistic; give one or more, such as [\"mean\", \"sd\"]"));
        }
        for (i, statistic) in self.statistics.iter().enumerate() {
            if self.statistics[..i].contains(statistic) {
                let message = format!("{} is listed twice", statistic.name());
                problems.push(Problem::new("statistics", message));
            }
        }
        problems
    }
}

impl Layout for Mlp {
    fn describe(&self, input: InputShape, classes: usize) -> Vec<LayerInfo> {
        let mut width = self.inputs(input);
        let what = format!("{} statistics over time", self.statistics.len());
        let mut layers =
            vec![LayerInfo { name: "statistics".to_owned(), what, output_shape: vec![width], parameters: 0 }];
        for (i, &outputs) in self.hidden.iter().enumerate() {
            layers.push(Dense::describe(format!("hidden.{i}"), "dense".to_owned(), width, outputs));
            layers.extend(self.tail.describe(format!("norms.{i}"), vec![outputs]));
            width = outputs;
        }
        self.head().describe(width, classes, &mut layers);
        layers
    }

    fn build(&self, input: InputShape, classes: usize, parameters: &mut Parameters<'_>) -> Net {
        let mut width = self.inputs(input);
        let (mut hidden, mut norms) = (vec![], vec![]);
        for &outputs in &self.hidden {
            hidden.push(Dense::init(width, outputs, parameters));
            norms.extend(self.tail.norm(outputs, parameters));
            width = outputs;
        }
        let head = self.head().init(width, classes, self.tail.activation, parameters);
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
    fn forward(&self, x: Tensor<4>, mut masks: Option<&mut Stream>) -> Tensor<2> {
        let training = masks.is_some();
        let mut x = statistics(x.flatten(1, 2), &self.settings.statistics);
        for (i, layer) in self.hidden.iter().enumerate() {
            let y = layer.forward(x);
            let [n, width] = y.dims();
            let y = self.settings.tail.forward(y.reshape([n, width, 1, 1]), self.norms.get(i), None, training);
            x = dropout(y.reshape([n, width]), self.settings.dropout, 2, &mut masks);
        }
        self.head.forward(x, &mut masks)
    }
}

/// `x` [n, rows, frames] -> [n, rows * statistics]: all rows' first statistic, then all rows' second, ...
fn statistics(x: Tensor<3>, wanted: &[Statistic]) -> Tensor<2> {
    let frames = x.dims()[2];
    let mean = x.clone().mean_dim(2);
    let centred = x.clone() - mean.clone();
    let sd = centred.clone().square().mean_dim(2).sqrt();
    // A constant row is 0 / 1e-8 = 0, not 0 / 0.
    let z = || centred.clone() / sd.clone().add_scalar(1e-8);
    let columns = wanted.iter().map(|statistic| match statistic {
        Statistic::Mean => mean.clone(),
        Statistic::Sd => sd.clone(),
        Statistic::Min => x.clone().min_dim(2),
        Statistic::Max => x.clone().max_dim(2),
        Statistic::Range => x.clone().max_dim(2) - x.clone().min_dim(2),
        Statistic::Skewness => z().powi_scalar(3).mean_dim(2),
        Statistic::Kurtosis => z().powi_scalar(4).mean_dim(2),
        Statistic::Slope => {
            let weights = Tensor::<1>::from_data(TensorData::new(slope_weights(frames), [frames]), &x.device());
            (x.clone() * weights.unsqueeze::<3>()).sum_dim(2)
        }
    });
    Tensor::cat(columns.map(|column| column.squeeze_dim(2)).collect(), 1)
}

/// Weights whose product with the frames is the least-squares slope a frame, times the frames from first to last.
fn slope_weights(frames: usize) -> Vec<f32> {
    let centre = (frames as f64 - 1.0) / 2.0;
    let spread: f64 = (0..frames).map(|t| (t as f64 - centre).powi(2)).sum();
    let scale = if spread > 0.0 { (frames as f64 - 1.0) / spread } else { 0.0 };
    (0..frames).map(|t| ((t as f64 - centre) * scale) as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    const ALL: [Statistic; 8] = [
        Statistic::Mean,
        Statistic::Sd,
        Statistic::Min,
        Statistic::Max,
        Statistic::Range,
        Statistic::Skewness,
        Statistic::Kurtosis,
        Statistic::Slope,
    ];

    #[test]
    fn statistics_are_what_a_hand_computes() {
        // Deviations -1.5, -0.5, 0.5, 1.5: variance 1.25, fourth moment (2 * 5.0625 + 2 * 0.0625) / 4 = 2.5625.
        let x = Tensor::<3>::from_floats([[[1.0, 2.0, 3.0, 4.0], [7.0, 7.0, 7.0, 7.0]]], &Device::flex());
        let found: Vec<f32> = statistics(x, &ALL).try_into_vec_as().unwrap();
        let rising = [2.5, 1.25f32.sqrt(), 1.0, 4.0, 3.0, 0.0, 2.5625 / 1.5625, 3.0];
        let constant = [7.0, 0.0, 7.0, 7.0, 0.0, 0.0, 0.0, 0.0];
        for (i, (a, b)) in rising.into_iter().zip(constant).enumerate() {
            assert!((found[2 * i] - a).abs() < 1e-5 && (found[2 * i + 1] - b).abs() < 1e-5, "{:?}: {found:?}", ALL[i]);
        }
    }

    #[test]
    fn one_frame_has_finite_statistics() {
        let x = Tensor::<3>::from_floats([[[5.0]]], &Device::flex());
        assert_eq!(statistics(x, &ALL).try_into_vec_as::<f32>().unwrap(), [5.0, 0.0, 5.0, 5.0, 0.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn no_statistic_and_one_listed_twice_are_problems() {
        let none = Mlp { statistics: vec![], ..Mlp::default() };
        assert_eq!(none.statistics_named(&Context::default())[0].key, "statistics");
        let twice = Mlp { statistics: vec![Statistic::Mean, Statistic::Sd, Statistic::Mean], ..Mlp::default() };
        assert_eq!(twice.statistics_named(&Context::default()), [Problem::new("statistics", "mean is listed twice")]);
    }
}
