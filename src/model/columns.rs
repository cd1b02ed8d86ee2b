//! What the models that are solved for at once read: columns, brought to one scale.

use super::statistics::TimeStatistics;
use super::{InputShape, LayerInfo};
use crate::classical::Standard;
use burn::module::{Module, Param};
use burn::tensor::{Tensor, TensorData};

crate::settings! {
    /// How an input becomes the columns that a model is solved for.
    pub struct Columns {
        include pub over_time: TimeStatistics;
        /// Whether each column is brought to mean 0 and deviation 1 by the training rows; one without deviation is only centred.
        pub standardise: bool = true;
    }
    check: ranges;
}

/// Mean and deviation of each column.
#[derive(Module, Debug)]
pub struct Scales {
    mean: Param<Tensor<1>>,
    deviation: Param<Tensor<1>>,
}

impl Columns {
    /// The first layers of such a model.
    pub(super) fn describe(&self, input: InputShape) -> Vec<LayerInfo> {
        let statistics = self.over_time.describe(input);
        let (what, output_shape) = ("standardisation by training rows".to_owned(), statistics.output_shape.clone());
        let parameters = 2 * output_shape[0];
        let scales = LayerInfo { name: "scales".to_owned(), what, output_shape, parameters };
        [Some(statistics), self.standardise.then_some(scales)].into_iter().flatten().collect()
    }

    /// Scales that change nothing; none where columns stay as they are.
    pub(super) fn scales(&self, input: InputShape, parameters: &mut super::init::Parameters<'_>) -> Option<Scales> {
        let columns = [self.over_time.columns(input)];
        let mut constant = |value| parameters.constant(columns, value);
        self.standardise.then(|| Scales { mean: constant(0.0), deviation: constant(1.0) })
    }
}

/// The columns of `x` [n, channels, bins, frames] on their scale [n, columns], for a model that has one.
pub(super) fn scaled(columns: &Columns, scales: Option<&Scales>, x: Tensor<4>) -> Tensor<2> {
    let x = columns.over_time.of(x);
    match scales {
        Some(scales) => scales.forward(x),
        None => x,
    }
}

impl Scales {
    /// `x` [n, columns] -> [n, columns].
    fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        (x - self.mean.val().unsqueeze()) / self.deviation.val().unsqueeze()
    }

    /// Fits them to `values` [rows, columns], and applies them: to the bit what [`Scales::forward`] will make of them.
    pub(super) fn fit(&mut self, values: &mut [f64]) {
        let columns = self.mean.dims()[0];
        let Standard { mean, deviation } = Standard::fit(values, columns);
        let single = |values: &[f64]| values.iter().map(|v| *v as f32).collect::<Vec<_>>();
        let (m, d) = (single(&mean), single(&deviation));
        for row in values.chunks_exact_mut(columns) {
            row.iter_mut().zip(m.iter().zip(&d)).for_each(|(v, (m, d))| *v = f64::from((*v as f32 - m) / d));
        }
        self.mean = filled(&self.mean, [columns], &mean);
        self.deviation = filled(&self.deviation, [columns], &deviation);
    }
}

/// The parameter with other values, row-major, and another size.
pub(super) fn filled<const D: usize>(
    parameter: &Param<Tensor<D>>,
    shape: [usize; D],
    values: &[f64],
) -> Param<Tensor<D>> {
    let values: Vec<f32> = values.iter().map(|v| *v as f32).collect();
    parameter.clone().map(|old| Tensor::from_data(TensorData::new(values, shape), &old.device()))
}
