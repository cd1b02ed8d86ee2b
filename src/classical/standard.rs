//! Mean and deviation of columns.

/// What columns are standardised by: x becomes (x - mean) / deviation, as scikit-learn's `StandardScaler` has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Standard {
    /// The mean of each column.
    pub mean: Vec<f64>,
    /// The standard deviation of each column, by the number of rows; 1 where a column has none, so that it is only centred.
    pub deviation: Vec<f64>,
}

impl Standard {
    /// Fitted to `values` [rows, columns], row-major, at least one row.
    ///
    /// A deviation that rounding alone could make of equal f32 values counts as none: divided by it, a constant column would
    /// become noise.
    pub fn fit(values: &[f64], columns: usize) -> Self {
        let rows = (values.len() / columns) as f64;
        let sums = |of: &dyn Fn(usize, f64) -> f64| {
            let mut sums = vec![0.0; columns];
            for row in values.chunks_exact(columns) {
                sums.iter_mut().zip(row).enumerate().for_each(|(i, (sum, value))| *sum += of(i, *value));
            }
            sums
        };
        let mean: Vec<f64> = sums(&|_, value| value).into_iter().map(|sum| sum / rows).collect();
        let squares = sums(&|i, value| (value - mean[i]).powi(2));
        let mut largest = vec![0.0f64; columns];
        for row in values.chunks_exact(columns) {
            largest.iter_mut().zip(row).for_each(|(largest, value)| *largest = largest.max(value.abs()));
        }
        let deviation = |(squares, largest): (f64, f64)| {
            let deviation = (squares / rows).sqrt();
            if deviation > f64::from(f32::EPSILON) * largest { deviation } else { 1.0 }
        };
        let deviation = squares.into_iter().zip(largest).map(deviation).collect();
        Self { mean, deviation }
    }
}
