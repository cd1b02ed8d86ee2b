//! Statistics over time: what makes one vector of an input of any length.

use super::{InputShape, LayerInfo};
use crate::kind::{Context, Problem};
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
    /// Statistics of each channel and bin over time.
    pub struct TimeStatistics {
        /// Any of "mean", "sd", "min", "max", "range", "skewness", "kurtosis", "slope". Of an input of a single frame the values
        /// themselves are taken, whatever stands here.
        pub statistics: Vec<Statistic> = vec![Statistic::Mean, Statistic::Sd, Statistic::Min, Statistic::Max];
    }
    check: TimeStatistics::named;
}

impl TimeStatistics {
    /// How many numbers become of one example.
    pub(super) fn columns(&self, input: InputShape) -> usize {
        let statistics = if input.frames == 1 { 1 } else { self.statistics.len() };
        input.channels * input.bins * statistics
    }

    /// What `serlab plan` says of them.
    pub(super) fn describe(&self, input: InputShape) -> LayerInfo {
        let what = match input.frames {
            1 => "the values of the one frame themselves, no statistics".to_owned(),
            _ => format!("{} statistics over time", self.statistics.len()),
        };
        LayerInfo { name: "statistics".to_owned(), what, output_shape: vec![self.columns(input)], parameters: 0 }
    }

    /// `x` [n, channels, bins, frames] -> [n, columns].
    pub(super) fn of(&self, x: Tensor<4>) -> Tensor<2> {
        // The deviation of a single frame is 0, and its least value is its largest.
        if x.dims()[3] == 1 { x.flatten(1, 3) } else { statistics(x.flatten(1, 2), &self.statistics) }
    }

    fn named(&self, _: &Context) -> Vec<Problem> {
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
    fn of_one_frame_its_values_themselves_are_taken() {
        let all = TimeStatistics { statistics: ALL.to_vec() };
        let input = InputShape { channels: 2, bins: 3, frames: 1 };
        assert_eq!((all.columns(input), all.columns(InputShape { frames: 2, ..input })), (6, 48));
        assert_eq!(all.describe(input).what, "the values of the one frame themselves, no statistics");
        let x = Tensor::<4>::from_floats([[[[5.0], [6.0], [7.0]], [[1.0], [2.0], [3.0]]]], &Device::flex());
        assert_eq!(all.of(x).try_into_vec_as::<f32>().unwrap(), [5.0, 6.0, 7.0, 1.0, 2.0, 3.0]);
    }

    #[test]
    fn no_statistic_and_one_listed_twice_are_problems() {
        let found = |statistics| TimeStatistics { statistics }.named(&Context::default());
        assert_eq!(found(vec![])[0].key, "statistics");
        let twice = vec![Statistic::Mean, Statistic::Sd, Statistic::Mean];
        assert_eq!(found(twice), [Problem::new("statistics", "mean is listed twice")]);
    }
}
