//! Multinomial logistic regression.
//!
//! With weights W [classes, columns] and intercepts b, a row x has logits z = W x + b and probabilities softmax(z). Minimised is
//!
//!   sum_i w_i (-ln softmax(z_i)_{y_i}) + |W|^2 / (2 C)
//!
//! w_i being the weight of the row's class: what scikit-learn's `LogisticRegression(C, solver="lbfgs")` minimises. With two classes
//! that fits one vector (the difference of the two), whose penalty is twice that of the pair; so it is here.
//!
//! The method is Newton's, each step solved by conjugate gradients as far as it is worth (Nash 2000, "A survey of
//! truncated-Newton methods"), with the diagonal of the Hessian as preconditioner, and halved until it descends (Armijo). The
//! problem is convex, so there is one optimum; only the mean of the intercepts is free, and taken as 0.

use super::{Rows, SolveError, add, dot};
use rayon::prelude::*;

/// A fitted regression.
#[derive(Debug, Clone, PartialEq)]
pub struct Logistic {
    /// [classes, columns], row-major; 0 for a class without rows.
    pub weights: Vec<f64>,
    /// One a class; [`NEVER`] for a class without rows.
    pub intercepts: Vec<f64>,
}

/// The intercept of a class that has no row: in f32 its probability is 0 whatever the others say.
pub const NEVER: f64 = -1e4;

/// The optimum is reached where no component of the gradient is above this share of what the rows could make it.
const TOLERANCE: f64 = 1e-9;

/// Newton steps, a few of which are enough, and conjugate gradient steps for each.
const STEPS: [usize; 2] = [200, 1000];

/// Rows whose sums are taken together. They are the same however many threads there are, and so is the result.
const GROUP: usize = 128;

/// Fits `rows`; the smaller `c`, the stronger the penalty. `stop` is asked before every step.
///
/// # Errors
/// Rows of a single class or with values that are no numbers; no optimum; stopped.
pub fn fit(rows: Rows<'_>, c: f64, stop: &dyn Fn() -> bool) -> Result<Logistic, SolveError> {
    let present = rows.classes_present()?;
    let place = |class: usize| present.iter().position(|p| *p == class).expect("every label is of a class with rows");
    let problem = Objective {
        rows,
        labels: rows.labels.iter().map(|label| place(*label)).collect(),
        weights: rows.labels.iter().map(|label| rows.class_weights[*label]).collect(),
        classes: present.len(),
        penalty: if present.len() == 2 { 2.0 / c } else { 1.0 / c },
    };
    let solution = problem.minimise(stop)?;
    let (classes, width) = (rows.class_weights.len(), rows.columns);
    let mut fitted = Logistic { weights: vec![0.0; classes * width], intercepts: vec![NEVER; classes] };
    let mean = solution.chunks_exact(width + 1).map(|class| class[width]).sum::<f64>() / present.len() as f64;
    for (class, own) in present.iter().zip(solution.chunks_exact(width + 1)) {
        fitted.weights[class * width..(class + 1) * width].copy_from_slice(&own[..width]);
        fitted.intercepts[*class] = own[width] - mean;
    }
    Ok(fitted)
}

/// What is minimised. Parameters are one vector: for each class its weights, then its intercept.
struct Objective<'a> {
    rows: Rows<'a>,
    labels: Vec<usize>,
    weights: Vec<f64>,
    classes: usize,
    penalty: f64,
}

/// The objective at a point.
struct Point {
    value: f64,
    gradient: Vec<f64>,
    /// Of each row and class.
    probabilities: Vec<f64>,
}

impl Objective<'_> {
    fn size(&self) -> usize {
        self.classes * (self.rows.columns + 1)
    }

    /// The logits of a row.
    fn logits(&self, at: &[f64], x: &[f64], logits: &mut [f64]) {
        for (logit, class) in logits.iter_mut().zip(at.chunks_exact(x.len() + 1)) {
            *logit = dot(&class[..x.len()], x) + class[x.len()];
        }
    }

    /// The sum of what `add` adds for each row to a vector of parameters and to a number.
    fn sum(&self, add: impl Fn(usize, &mut [f64], &mut f64) + Sync) -> (Vec<f64>, f64) {
        let groups: Vec<(Vec<f64>, f64)> = (0..self.rows.len().div_ceil(GROUP))
            .into_par_iter()
            .map(|group| {
                let (mut vector, mut number) = (vec![0.0; self.size()], 0.0);
                let rows = group * GROUP..((group + 1) * GROUP).min(self.rows.len());
                rows.for_each(|row| add(row, &mut vector, &mut number));
                (vector, number)
            })
            .collect();
        groups.into_iter().fold((vec![0.0; self.size()], 0.0), |(mut sum, number), (vector, more)| {
            sum.iter_mut().zip(vector).for_each(|(sum, v)| *sum += v);
            (sum, number + more)
        })
    }

    /// Adds `factors[class] * (x, 1)` to each class of `vector`.
    fn spread(vector: &mut [f64], factors: &[f64], x: &[f64]) {
        for (class, factor) in vector.chunks_exact_mut(x.len() + 1).zip(factors) {
            add(&mut class[..x.len()], *factor, x);
            class[x.len()] += factor;
        }
    }

    /// `visit` with every weight, intercepts left out: they are not penalised.
    fn penalised<'v>(&self, vector: &'v [f64]) -> impl Iterator<Item = &'v [f64]> {
        let width = self.rows.columns;
        vector.chunks_exact(width + 1).map(move |class| &class[..width])
    }

    fn add_penalty(&self, to: &mut [f64], of: &[f64]) {
        let width = self.rows.columns;
        for (to, of) in to.chunks_exact_mut(width + 1).zip(of.chunks_exact(width + 1)) {
            add(&mut to[..width], self.penalty, &of[..width]);
        }
    }

    fn value(&self, at: &[f64]) -> f64 {
        let (_, loss) = self.sum(|row, _, loss| {
            let mut z = vec![0.0; self.classes];
            self.logits(at, self.rows.row(row), &mut z);
            *loss += self.weights[row] * (log_sum_exp(&z) - z[self.labels[row]]);
        });
        loss + 0.5 * self.penalty * self.penalised(at).map(|w| dot(w, w)).sum::<f64>()
    }

    fn point(&self, at: &[f64]) -> Point {
        let classes = self.classes;
        let mut probabilities = vec![0.0; self.rows.len() * classes];
        probabilities.par_chunks_exact_mut(classes).enumerate().for_each(|(row, z)| {
            self.logits(at, self.rows.row(row), z);
            let total = log_sum_exp(z);
            z.iter_mut().for_each(|z| *z = (*z - total).exp());
        });
        let (mut gradient, _) = self.sum(|row, gradient, _| {
            let weight = self.weights[row];
            let mut factors: Vec<f64> = probabilities[row * classes..][..classes].iter().map(|p| weight * p).collect();
            factors[self.labels[row]] -= weight;
            Self::spread(gradient, &factors, self.rows.row(row));
        });
        self.add_penalty(&mut gradient, at);
        Point { value: self.value(at), gradient, probabilities }
    }

    /// The Hessian times `v`: the sum of w_i (diag(p) - p p^T) (V x_i) x_i^T, and the penalty.
    fn hessian_times(&self, point: &Point, v: &[f64]) -> Vec<f64> {
        let classes = self.classes;
        let (mut product, _) = self.sum(|row, product, _| {
            let p = &point.probabilities[row * classes..][..classes];
            let mut u = vec![0.0; classes];
            self.logits(v, self.rows.row(row), &mut u);
            let mean: f64 = u.iter().zip(p).map(|(u, p)| u * p).sum();
            u.iter_mut().zip(p).for_each(|(u, p)| *u = self.weights[row] * p * (*u - mean));
            Self::spread(product, &u, self.rows.row(row));
        });
        self.add_penalty(&mut product, v);
        product
    }

    /// The diagonal of the Hessian, kept off 0.
    fn diagonal(&self, point: &Point) -> Vec<f64> {
        let (classes, width) = (self.classes, self.rows.columns);
        let (mut diagonal, _) = self.sum(|row, diagonal, _| {
            let p = &point.probabilities[row * classes..][..classes];
            for (class, p) in diagonal.chunks_exact_mut(width + 1).zip(p) {
                let factor = self.weights[row] * p * (1.0 - p);
                class.iter_mut().zip(self.rows.row(row)).for_each(|(d, x)| *d += factor * x * x);
                class[width] += factor;
            }
        });
        for class in diagonal.chunks_exact_mut(width + 1) {
            class[..width].iter_mut().for_each(|d| *d += self.penalty);
            class[width] = class[width].max(f64::MIN_POSITIVE.sqrt());
        }
        diagonal
    }

    /// The largest that each component of the gradient could be.
    fn scale(&self) -> Vec<f64> {
        let (scale, _) = self.sum(|row, scale, _| {
            for class in scale.chunks_exact_mut(self.rows.columns + 1) {
                class.iter_mut().zip(self.rows.row(row)).for_each(|(s, x)| *s += self.weights[row] * x.abs());
                class[self.rows.columns] += self.weights[row];
            }
        });
        scale
    }

    fn minimise(&self, stop: &dyn Fn() -> bool) -> Result<Vec<f64>, SolveError> {
        let scale = self.scale();
        let mut at = vec![0.0; self.size()];
        let mut gradient = f64::INFINITY;
        for _ in 0..STEPS[0] {
            if stop() {
                return Err(SolveError::Stopped);
            }
            let point = self.point(&at);
            // A column of zeros has a scale of 0, and a gradient of 0.
            let share = |(g, s): (&f64, &f64)| if *s > 0.0 { g.abs() / s } else { 0.0 };
            gradient = point.gradient.iter().zip(&scale).map(share).fold(0.0, f64::max);
            if gradient <= TOLERANCE {
                return Ok(at);
            }
            // The nearer the optimum, the more exactly a step is solved for: convergence is then quadratic.
            let step = self.newton_step(&point, gradient.sqrt().min(0.1), stop);
            at = self.descend(&at, &point, &step);
        }
        Err(SolveError::NotConverged { steps: STEPS[0], gradient })
    }

    /// The solution of H step = -gradient, up to a residual of `accuracy` times the gradient.
    fn newton_step(&self, point: &Point, accuracy: f64, stop: &dyn Fn() -> bool) -> Vec<f64> {
        let diagonal = self.diagonal(point);
        let conditioned = |r: &[f64]| -> Vec<f64> { r.iter().zip(&diagonal).map(|(r, d)| r / d).collect() };
        let mut step = vec![0.0; self.size()];
        let mut residual: Vec<f64> = point.gradient.iter().map(|g| -g).collect();
        let mut conditioned_residual = conditioned(&residual);
        let mut direction = conditioned_residual.clone();
        let mut square = dot(&residual, &conditioned_residual);
        let enough = square * accuracy * accuracy;
        for _ in 0..STEPS[1] {
            let product = self.hessian_times(point, &direction);
            let curvature = dot(&direction, &product);
            if curvature <= 0.0 || square <= enough || stop() {
                break;
            }
            let length = square / curvature;
            add(&mut step, length, &direction);
            add(&mut residual, -length, &product);
            conditioned_residual = conditioned(&residual);
            let next = dot(&residual, &conditioned_residual);
            let turn = next / square;
            direction.iter_mut().zip(&conditioned_residual).for_each(|(d, z)| *d = z + turn * *d);
            square = next;
        }
        step
    }

    /// `at` and as much of `step` as makes the objective smaller.
    fn descend(&self, at: &[f64], point: &Point, step: &[f64]) -> Vec<f64> {
        let slope = dot(&point.gradient, step);
        // Next to the optimum the gain drowns in the rounding of the value; the whole step is the right one there.
        let rounding = 1e-12 * point.value.abs();
        let mut length = 1.0;
        loop {
            let mut next = at.to_vec();
            add(&mut next, length, step);
            if self.value(&next) <= point.value + 1e-4 * length * slope + rounding || length < 1e-12 {
                return next;
            }
            length *= 0.5;
        }
    }
}

/// ln sum exp z, without overflow.
fn log_sum_exp(z: &[f64]) -> f64 {
    let largest = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    largest + z.iter().map(|z| (z - largest).exp()).sum::<f64>().ln()
}
