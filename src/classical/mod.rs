//! The classical baselines of the field: models that are solved for at once, in f64, instead of trained epoch by epoch.
//!
//! [`logistic::fit`] and [`svm::fit`] take [`Rows`], numbers with a label each, and give back a solution that depends on nothing
//! else: not on a seed, the number of threads or a device. [`Standard`] brings the columns to one scale before. Nothing here
//! knows of networks, files or specs; `model/linear.rs` and `model/svm.rs` turn settings into a call and the solution into tensors.
//!
//! To add one: a file with its `fit`, and an architecture beside `model/linear.rs` that calls it (its `Solved`).

pub mod logistic;
mod standard;
pub mod svm;
#[cfg(test)]
mod tests;

pub use standard::Standard;

/// Rows to solve for.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    /// [rows, columns], row-major.
    pub values: &'a [f64],
    /// Values a row.
    pub columns: usize,
    /// The class of each row, below the number of classes.
    pub labels: &'a [usize],
    /// What a row of each class counts, above 0; as many as there are classes.
    pub class_weights: &'a [f64],
}

/// Why there is no solution.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SolveError {
    /// All rows are of one class.
    #[error("the training rows have a single class; at least two are needed")]
    OneClass,
    /// A value is no number.
    #[error("value {column} of training row {row} is {value}, which is no number")]
    NotFinite {
        /// The row.
        row: usize,
        /// The column.
        column: usize,
        /// The value.
        value: f64,
    },
    /// The optimum was not reached.
    #[error(
        "no optimum was reached in {steps} steps (the gradient is still {gradient:.1e} of its scale); a smaller `c` makes the \
         problem easier, and so does `standardise = true`"
    )]
    NotConverged {
        /// Steps taken.
        steps: usize,
        /// Largest component of the gradient, as a share of what its rows could add up to.
        gradient: f64,
    },
    /// It was asked to stop.
    #[error("stopped before a solution was found")]
    Stopped,
}

impl Rows<'_> {
    fn len(&self) -> usize {
        self.labels.len()
    }

    fn row(&self, i: usize) -> &[f64] {
        &self.values[i * self.columns..(i + 1) * self.columns]
    }

    /// The classes that have rows, in order.
    ///
    /// # Errors
    /// Fewer than two of them, or a value that is no number.
    fn classes_present(&self) -> Result<Vec<usize>, SolveError> {
        if let Some(at) = self.values.iter().position(|v| !v.is_finite()) {
            let (row, column) = (at / self.columns, at % self.columns);
            return Err(SolveError::NotFinite { row, column, value: self.values[at] });
        }
        let present: Vec<usize> = (0..self.class_weights.len()).filter(|c| self.labels.contains(c)).collect();
        if present.len() < 2 { Err(SolveError::OneClass) } else { Ok(present) }
    }
}

/// The sum of products. Eight sums side by side: the compiler may not reorder one sum of floats, but makes these one instruction.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let (a, b) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f64 = a.remainder().iter().zip(b.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a.zip(b) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += a * b;
        }
    }
    sums.iter().sum::<f64>() + rest
}

/// `y += factor * x`.
fn add(y: &mut [f64], factor: f64, x: &[f64]) {
    y.iter_mut().zip(x).for_each(|(y, x)| *y += factor * x);
}
