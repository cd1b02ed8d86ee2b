//! What is known of an optimum without solving for it, and solutions known by hand. `tests/classical.rs` has scikit-learn's.

use super::svm::{Kernel, Svm};
use super::*;
use crate::seed::Seeds;

const GO_ON: &dyn Fn() -> bool = &|| false;
const COLUMNS: usize = 4;

/// Overlapping clouds: so many rows of each class, the centre of a class on the diagonal.
fn clouds(counts: &[usize]) -> (Vec<f64>, Vec<usize>) {
    let mut stream = Seeds::new(5).stream("clouds", &[]);
    let labels: Vec<usize> = counts.iter().enumerate().flat_map(|(class, n)| vec![class; *n]).collect();
    let values = labels.iter().flat_map(|label| vec![*label as f64; COLUMNS]).map(|at| at + stream.normal()).collect();
    (values, labels)
}

fn rows<'a>((values, labels): &'a (Vec<f64>, Vec<usize>), class_weights: &'a [f64]) -> Rows<'a> {
    Rows { values, columns: COLUMNS, labels, class_weights }
}

fn near(a: &[f64], b: &[f64], within: f64) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() <= within)
}

mod logistic_regression {
    use super::*;

    /// The gradient of the objective, written down as it is defined: weights, then intercepts.
    fn gradient(rows: Rows<'_>, at: &logistic::Logistic, penalty: f64) -> Vec<f64> {
        let classes = rows.class_weights.len();
        let mut weights: Vec<f64> = at.weights.iter().map(|w| penalty * w).collect();
        let mut intercepts = vec![0.0; classes];
        for (i, label) in rows.labels.iter().enumerate() {
            let x = rows.row(i);
            let logit = |c: usize| dot(&at.weights[c * COLUMNS..(c + 1) * COLUMNS], x) + at.intercepts[c];
            let total: f64 = (0..classes).map(|c| logit(c).exp()).sum();
            for c in 0..classes {
                let truth = if c == *label { 1.0 } else { 0.0 };
                let factor = rows.class_weights[*label] * (logit(c).exp() / total - truth);
                add(&mut weights[c * COLUMNS..(c + 1) * COLUMNS], factor, x);
                intercepts[c] += factor;
            }
        }
        [weights, intercepts].concat()
    }

    #[test]
    fn the_gradient_is_0_at_the_optimum() {
        let data = clouds(&[40, 30, 20]);
        for (c, weights) in [(0.01, [1.0; 3]), (1.0, [0.5, 2.0, 1.0]), (100.0, [1.0; 3]), (1e6, [1.0, 3.0, 1.0])] {
            let rows = rows(&data, &weights);
            let found = logistic::fit(rows, c, GO_ON).unwrap();
            let largest = gradient(rows, &found, 1.0 / c).into_iter().fold(0.0, |a: f64, g| a.max(g.abs()));
            assert!(largest < 1e-6, "C {c}: {largest}");
            assert!(found.intercepts.iter().sum::<f64>().abs() < 1e-9, "{found:?}");
        }
    }

    #[test]
    fn of_two_classes_the_difference_is_the_one_vector_that_a_binomial_regression_fits() {
        let (data, c) = (clouds(&[30, 20]), 0.7);
        let found = logistic::fit(rows(&data, &[1.0, 1.0]), c, GO_ON).unwrap();
        let w: Vec<f64> = (0..COLUMNS).map(|i| found.weights[COLUMNS + i] - found.weights[i]).collect();
        let b = found.intercepts[1] - found.intercepts[0];
        // The gradient of sum ln(1 + exp(-y (w x + b))) + |w|^2 / (2 C), y being -1 or 1.
        let (mut of_w, mut of_b): (Vec<f64>, f64) = (w.iter().map(|w| w / c).collect(), 0.0);
        for (x, label) in data.0.chunks_exact(COLUMNS).zip(&data.1) {
            let factor = 1.0 / (1.0 + (-dot(&w, x) - b).exp()) - *label as f64;
            add(&mut of_w, factor, x);
            of_b += factor;
        }
        assert!(near(&of_w, &[0.0; COLUMNS], 1e-6) && of_b.abs() < 1e-6, "{of_w:?} {of_b}");
    }

    #[test]
    fn the_order_of_rows_and_the_names_of_classes_change_nothing() {
        let data = clouds(&[30, 20, 25]);
        let found = logistic::fit(rows(&data, &[1.0, 2.0, 3.0]), 1.0, GO_ON).unwrap();
        let turned: Vec<f64> = data.0.chunks_exact(COLUMNS).rev().flatten().copied().collect();
        let labels: Vec<usize> = data.1.iter().rev().map(|label| 2 - label).collect();
        let again = logistic::fit(rows(&(turned, labels), &[3.0, 2.0, 1.0]), 1.0, GO_ON).unwrap();
        let renamed: Vec<f64> = again.weights.chunks_exact(COLUMNS).rev().flatten().copied().collect();
        assert!(near(&found.weights, &renamed, 1e-6), "{found:?} {again:?}");
    }

    #[test]
    fn a_weight_of_2_is_every_row_of_the_class_twice() {
        let data = clouds(&[30, 20, 25]);
        let weighted = logistic::fit(rows(&data, &[1.0, 2.0, 1.0]), 1.0, GO_ON).unwrap();
        let (mut values, mut labels) = data.clone();
        for (x, _) in data.0.chunks_exact(COLUMNS).zip(&data.1).filter(|(_, label)| **label == 1) {
            values.extend(x);
            labels.push(1);
        }
        let twice = logistic::fit(rows(&(values, labels), &[1.0; 3]), 1.0, GO_ON).unwrap();
        assert!(near(&weighted.weights, &twice.weights, 1e-6));
    }

    #[test]
    fn columns_of_any_size_and_separable_classes_have_an_optimum() {
        let (mut values, labels) = clouds(&[20, 20, 20]);
        for (row, label) in values.chunks_exact_mut(COLUMNS).zip(&labels) {
            row[0] = 100.0 * *label as f64;
            row[1] *= 1e5;
            row[2] = 0.0;
        }
        let data = (values, labels);
        let found = logistic::fit(rows(&data, &[1.0; 3]), 1e3, GO_ON).unwrap();
        let answer = |x: &[f64]| {
            let logit = |c: usize| dot(&found.weights[c * COLUMNS..(c + 1) * COLUMNS], x) + found.intercepts[c];
            (0..3).fold(0, |best, c| if logit(c) > logit(best) { c } else { best })
        };
        assert!(data.0.chunks_exact(COLUMNS).zip(&data.1).all(|(x, label)| answer(x) == *label));
    }

    #[test]
    fn a_class_without_rows_is_never_the_answer() {
        let data = clouds(&[20, 0, 20]);
        let found = logistic::fit(rows(&data, &[1.0; 3]), 1.0, GO_ON).unwrap();
        assert_eq!((&found.weights[COLUMNS..2 * COLUMNS], found.intercepts[1]), (&[0.0; COLUMNS][..], logistic::NEVER));
    }
}

mod support_vectors {
    use super::*;

    fn kernel_of(kernel: Kernel, a: &[f64], b: &[f64]) -> f64 {
        match kernel {
            Kernel::Linear => dot(a, b),
            Kernel::Rbf { gamma } => (-gamma * a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>()).exp(),
        }
    }

    /// The decision of each pair for `x`.
    fn decisions(rows: Rows<'_>, found: &Svm, kernel: Kernel, x: &[f64]) -> Vec<f64> {
        let alike: Vec<f64> = found.support.iter().map(|row| kernel_of(kernel, rows.row(*row), x)).collect();
        let pairs = found.coefficients.chunks_exact(found.support.len()).zip(&found.intercepts);
        pairs.map(|(own, intercept)| dot(own, &alike) + intercept).collect()
    }

    #[test]
    fn four_points_on_a_line_have_the_margin_that_a_hand_draws() {
        // Between -1 and 1 lies the widest margin: w = -1 towards class 0, two support vectors of alpha 1/2, nothing else.
        let (values, labels) = ([-2.0, -1.0, 1.0, 2.0], [0, 0, 1, 1]);
        let rows = Rows { values: &values, columns: 1, labels: &labels, class_weights: &[1.0, 1.0] };
        let found = svm::fit(rows, 1.0, Kernel::Linear, GO_ON).unwrap();
        assert_eq!(found.support, [1, 2]);
        assert!(near(&found.coefficients, &[0.5, -0.5], 1e-12) && found.intercepts[0].abs() < 1e-12, "{found:?}");
        assert!(near(&decisions(rows, &found, Kernel::Linear, &[3.0]), &[-3.0], 1e-12));
    }

    #[test]
    fn every_row_is_on_its_side_of_the_margin_or_pays_its_price() {
        let data = clouds(&[25, 20, 15]);
        let (weights, c) = ([1.0, 2.0, 0.5], 0.8);
        let rows = rows(&data, &weights);
        for kernel in [Kernel::Linear, Kernel::Rbf { gamma: 0.25 }] {
            let found = svm::fit(rows, c, kernel, GO_ON).unwrap();
            for (pair, (i, j)) in svm::pairs(3).enumerate() {
                let own = &found.coefficients[pair * found.support.len()..][..found.support.len()];
                assert!(own.iter().sum::<f64>().abs() < 1e-9, "coefficients of both sides balance");
                for (row, label) in data.1.iter().enumerate().filter(|(_, label)| [i, j].contains(label)) {
                    let sign = if *label == i { 1.0 } else { -1.0 };
                    let at = found.support.iter().position(|s| *s == row);
                    let alpha = sign * at.map_or(0.0, |at| own[at]);
                    let most = c * weights[*label];
                    assert!((-1e-12..=most + 1e-12).contains(&alpha), "{alpha} of at most {most}");
                    // Karush, Kuhn and Tucker: inside the margin alpha is at its most, beyond it 0, to the solver's tolerance.
                    let beyond = sign * decisions(rows, &found, kernel, rows.row(row))[pair] - 1.0;
                    let holds = (alpha > 1e-9 || beyond > -2e-3) && (alpha < most - 1e-9 || beyond < 2e-3);
                    assert!(holds, "row {row}: alpha {alpha}, {beyond} beyond the margin");
                }
            }
        }
    }

    #[test]
    fn against_a_class_without_rows_every_other_wins() {
        let data = clouds(&[10, 0, 10]);
        let rows = rows(&data, &[1.0; 3]);
        let found = svm::fit(rows, 1.0, Kernel::Linear, GO_ON).unwrap();
        let decided = decisions(rows, &found, Kernel::Linear, rows.row(0));
        assert_eq!((decided[0], decided[2]), (1.0, -1.0), "(0, 1) and (1, 2)");
    }

    #[test]
    fn gamma_by_scale_is_one_over_columns_times_variance() {
        assert!((svm::scale_gamma(&[1.0, 3.0, 1.0, 3.0], 2) - 0.5).abs() < 1e-15);
        assert_eq!(svm::scale_gamma(&[2.0; 4], 2), 1.0);
    }
}

#[test]
fn threads_change_no_bit() {
    let data = clouds(&[150, 100, 80, 90]);
    let both = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let rows = rows(&data, &[1.0; 4]);
        pool.install(|| (logistic::fit(rows, 1.0, GO_ON), svm::fit(rows, 1.0, Kernel::Rbf { gamma: 0.1 }, GO_ON)))
    };
    assert_eq!(both(1), both(3));
}

#[test]
fn what_cannot_be_solved_is_told() {
    let fits = |rows: Rows<'_>, stop: &dyn Fn() -> bool| {
        [logistic::fit(rows, 1.0, stop).err(), svm::fit(rows, 1.0, Kernel::Linear, stop).err()]
    };
    let one = clouds(&[0, 9]);
    assert_eq!(fits(rows(&one, &[1.0; 2]), GO_ON), [Some(SolveError::OneClass), Some(SolveError::OneClass)]);
    let mut broken = clouds(&[3, 3]);
    broken.0[6] = f64::INFINITY;
    let error = SolveError::NotFinite { row: 1, column: 2, value: f64::INFINITY };
    assert_eq!(fits(rows(&broken, &[1.0; 2]), GO_ON), [Some(error.clone()), Some(error)]);
    let sound = clouds(&[9, 9]);
    let stopped = Some(SolveError::Stopped);
    assert_eq!(fits(rows(&sound, &[1.0; 2]), &|| true), [stopped.clone(), stopped]);
}

#[test]
fn columns_are_standardised_by_their_number_and_a_constant_is_only_centred() {
    // 0.1 as f32, summed in f64, has a mean that is off by rounding; two neighbouring f32 values differ by no more than that.
    let tenth = f64::from(0.1f32);
    let next = f64::from(0.1f32.next_up());
    let values = [1.0, tenth, tenth, 3.0, tenth, next, 5.0, tenth, tenth];
    let Standard { mean, deviation } = Standard::fit(&values, 3);
    assert!(near(&mean, &[3.0, tenth, tenth], 1e-8));
    assert!(near(&deviation, &[(8.0f64 / 3.0).sqrt(), 1.0, 1.0], 1e-12), "{deviation:?}");
}
