//! C-support vector classification, one class against one, by libsvm's algorithm (Chang and Lin 2011, "LIBSVM: a library for
//! support vector machines"): the answers of scikit-learn's `SVC(C, kernel, gamma)`.
//!
//! For each pair of classes i < j there is a decision d(x) = sum_s a_s k(x_s, x) - r; above 0 it is a vote for i, else for j. The
//! class with most votes is the answer, the first of equals. A row of class c pays at most C times the class's weight.
//!
//! The solver is libsvm's own, ported; only the kernel is computed here, for rows without gaps: several times as fast as for
//! libsvm's lists of index and value.

use super::{Rows, SolveError, dot};
use libsvm_rs::cache::{Cache, Qfloat};
use libsvm_rs::qmatrix::QMatrix;
use libsvm_rs::set_quiet;
use libsvm_rs::solver::{Solver, SolverVariant};
use rayon::prelude::*;

/// How alike two rows are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kernel {
    /// x . y
    Linear,
    /// exp(-gamma |x - y|^2)
    Rbf {
        /// How fast it falls.
        gamma: f64,
    },
}

/// Decisions between all pairs of classes: (0, 1), (0, 2), ..., (1, 2), ...
#[derive(Debug, Clone, PartialEq)]
pub struct Svm {
    /// The rows that support any decision, in order.
    pub support: Vec<usize>,
    /// [pairs, support], row-major; 0 where a row does not support a pair's decision.
    pub coefficients: Vec<f64>,
    /// What is added to each sum: -r.
    pub intercepts: Vec<f64>,
}

/// libsvm's own tolerance, and scikit-learn's.
const TOLERANCE: f64 = 1e-3;

/// Memory for kernel values of one pair, in bytes; scikit-learn's. A smaller one would cost time and change nothing.
const CACHE: usize = 200 << 20;

/// All pairs of `classes` classes, in the order of decisions.
pub fn pairs(classes: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..classes).flat_map(move |i| (i + 1..classes).map(move |j| (i, j)))
}

/// scikit-learn's `gamma="scale"`: 1 / (columns * variance of all values); 1 where they do not vary.
pub fn scale_gamma(values: &[f64], columns: usize) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
    if variance > 0.0 { 1.0 / (columns as f64 * variance) } else { 1.0 }
}

/// Fits `rows`. Against a class without rows every other wins. `stop` is asked every few pairs.
///
/// # Errors
/// Rows of a single class or with values that are no numbers; stopped.
pub fn fit(rows: Rows<'_>, c: f64, kernel: Kernel, stop: &dyn Fn() -> bool) -> Result<Svm, SolveError> {
    rows.classes_present()?;
    // It would tell of every pair on standard error.
    set_quiet(true);
    let classes = rows.class_weights.len();
    let members: Vec<Vec<usize>> =
        (0..classes).map(|class| (0..rows.len()).filter(|row| rows.labels[*row] == class).collect()).collect();
    let pairs: Vec<(usize, usize)> = pairs(classes).collect();
    let mut decisions = Vec::with_capacity(pairs.len());
    for some in pairs.chunks(rayon::current_num_threads().max(1)) {
        if stop() {
            return Err(SolveError::Stopped);
        }
        decisions.par_extend(some.par_iter().map(|pair| decision(rows, &members, *pair, c, kernel)));
    }
    let mut supports = vec![false; rows.len()];
    decisions.iter().flat_map(|d: &Decision| &d.coefficients).for_each(|(row, _)| supports[*row] = true);
    let support: Vec<usize> = (0..rows.len()).filter(|row| supports[*row]).collect();
    let mut coefficients = vec![0.0; decisions.len() * support.len()];
    for (decision, own) in decisions.iter().zip(coefficients.chunks_exact_mut(support.len().max(1))) {
        for (row, coefficient) in &decision.coefficients {
            own[support.partition_point(|s| s < row)] = *coefficient;
        }
    }
    Ok(Svm { support, coefficients, intercepts: decisions.iter().map(|d| d.intercept).collect() })
}

/// Between two classes.
struct Decision {
    /// Rows with their coefficients.
    coefficients: Vec<(usize, f64)>,
    intercept: f64,
}

fn decision(rows: Rows<'_>, members: &[Vec<usize>], (i, j): (usize, usize), c: f64, kernel: Kernel) -> Decision {
    let constant = |intercept| Decision { coefficients: Vec::new(), intercept };
    match (members[i].is_empty(), members[j].is_empty()) {
        (_, true) => return constant(1.0),
        (true, false) => return constant(-1.0),
        (false, false) => {}
    }
    let both: Vec<usize> = [&members[i][..], &members[j]].concat();
    let signs: Vec<i8> = both.iter().map(|row| if rows.labels[*row] == i { 1 } else { -1 }).collect();
    let mut alphas = vec![0.0; both.len()];
    let products = Products::of(both.iter().map(|row| rows.row(*row)).collect(), signs.clone(), kernel);
    let [positive, negative] = [i, j].map(|class| c * rows.class_weights[class]);
    let (linear, shrinking) = (vec![-1.0; both.len()], true);
    let found = Solver::solve(
        SolverVariant::Standard,
        both.len(),
        Box::new(products),
        &linear,
        &signs,
        &mut alphas,
        positive,
        negative,
        TOLERANCE,
        shrinking,
    );
    let signed = both.into_iter().zip(signs.iter().zip(alphas));
    let coefficients =
        signed.filter(|(_, (_, alpha))| *alpha > 0.0).map(|(row, (sign, alpha))| (row, f64::from(*sign) * alpha));
    Decision { coefficients: coefficients.collect(), intercept: -found.rho }
}

/// libsvm's matrix Q for two classes: y_i y_j k(x_i, x_j), column by column as the solver asks for them.
struct Products<'a> {
    rows: Vec<&'a [f64]>,
    squares: Vec<f64>,
    signs: Vec<i8>,
    kernel: Kernel,
    diagonal: Vec<f64>,
    cache: Cache,
}

impl<'a> Products<'a> {
    fn of(rows: Vec<&'a [f64]>, signs: Vec<i8>, kernel: Kernel) -> Self {
        let squares: Vec<f64> = rows.iter().map(|x| dot(x, x)).collect();
        let diagonal = match kernel {
            Kernel::Linear => squares.clone(),
            Kernel::Rbf { .. } => vec![1.0; rows.len()],
        };
        let cache = Cache::new(rows.len(), CACHE);
        Self { rows, squares, signs, kernel, diagonal, cache }
    }
}

impl QMatrix for Products<'_> {
    fn get_q(&mut self, i: usize, len: usize) -> &[Qfloat] {
        let (column, known) = self.cache.get_data(i, len);
        for (j, value) in column.iter_mut().enumerate().take(len).skip(known) {
            let product = dot(self.rows[i], self.rows[j]);
            let alike = match self.kernel {
                Kernel::Linear => product,
                Kernel::Rbf { gamma } => (-gamma * (self.squares[i] + self.squares[j] - 2.0 * product)).exp(),
            };
            *value = (f64::from(self.signs[i] * self.signs[j]) * alike) as Qfloat;
        }
        &column[..len]
    }

    fn get_qd(&self) -> &[f64] {
        &self.diagonal
    }

    fn swap_index(&mut self, i: usize, j: usize) {
        self.cache.swap_index(i, j);
        self.rows.swap(i, j);
        self.squares.swap(i, j);
        self.signs.swap(i, j);
        self.diagonal.swap(i, j);
    }
}
