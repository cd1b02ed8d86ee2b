//! Counts of answers by unit and seed, summed over thousands of resamples.
//!
//! Accuracy, UAR and F1 of any number of answers follow from three counts a class: how often it was the truth (its
//! `support`), how often it was then also answered (`right`), and how often it was `answered` at all. They are kept as f64:
//! whole numbers below 2^53, of which every sum is exact, so that a figure is to the last bit that of the
//! [`Confusion`](super::Confusion) matrix of the same answers.

use super::super::Metric;

/// A row of numbers for each unit and seed that have clips in common.
#[derive(Debug)]
pub(in super::super) struct Counts {
    /// Numbers a row.
    width: usize,
    seeds: usize,
    /// Where the rows of each unit begin; one more for the end of the last.
    starts: Vec<usize>,
    /// The seed of each row.
    seed_of: Vec<usize>,
    /// The rows, one after another, in order of unit, then seed.
    numbers: Vec<f64>,
}

impl Counts {
    /// Counts seed after seed: `count` is given the seed and a table of zeros, `width` numbers a unit, to add to.
    pub(in super::super) fn of([units, seeds, width]: [usize; 3], mut count: impl FnMut(usize, &mut [f64])) -> Self {
        let mut rows: Vec<Vec<(usize, Vec<f64>)>> = vec![Vec::new(); units];
        let mut table = vec![0.0; units * width];
        for seed in 0..seeds {
            table.fill(0.0);
            count(seed, &mut table);
            let counted = table.chunks_exact(width).enumerate().filter(|(_, row)| row.iter().any(|n| *n != 0.0));
            counted.for_each(|(unit, row)| rows[unit].push((seed, row.to_vec())));
        }
        let mut counts = Self { width, seeds, starts: vec![0], seed_of: Vec::new(), numbers: Vec::new() };
        for rows in rows {
            for (seed, row) in rows {
                counts.seed_of.push(seed);
                counts.numbers.extend(row);
            }
            counts.starts.push(counts.seed_of.len());
        }
        counts
    }

    /// The rows of a unit, each with its seed.
    pub(in super::super) fn rows(&self, unit: usize) -> impl Iterator<Item = (usize, &[f64])> {
        let rows = self.starts[unit]..self.starts[unit + 1];
        let numbers = self.numbers[rows.start * self.width..rows.end * self.width].chunks_exact(self.width);
        self.seed_of[rows].iter().copied().zip(numbers)
    }

    /// How many seeds there are.
    pub(in super::super) fn seed_count(&self) -> usize {
        self.seeds
    }

    /// How many units there are.
    pub(in super::super) fn units(&self) -> usize {
        self.starts.len() - 1
    }

    /// A row of zeros a seed.
    pub(in super::super) fn zeros(&self) -> Vec<f64> {
        vec![0.0; self.seeds * self.width]
    }

    /// The sums of each seed that is taken at all, row after row, with unit i taken `times[i]` times; written to `sums`, as
    /// long as [`zeros`](Self::zeros).
    pub(in super::super) fn sum(&self, times: &[u64], seed_times: &[u64], sums: &mut [f64]) {
        sums.fill(0.0);
        for (unit, &times) in times.iter().enumerate().filter(|(_, times)| **times > 0) {
            for (seed, row) in self.rows(unit).filter(|(seed, _)| seed_times[*seed] > 0) {
                add(&mut sums[seed * self.width..][..self.width], row, times);
            }
        }
    }

    /// The rows of `sums`.
    pub(in super::super) fn seeds<'s>(&self, sums: &'s [f64]) -> impl Iterator<Item = &'s [f64]> {
        sums.chunks_exact(self.width)
    }
}

/// Adds a row `times` times.
pub(in super::super) fn add(sum: &mut [f64], row: &[f64], times: u64) {
    let times = times as f64;
    sum.iter_mut().zip(row).for_each(|(sum, number)| *sum += number * times);
}

/// The metric of answers of which `support`, `right` and `answered` are counted by class; F1 alone looks at `answered`.
/// NaN for the loss, which needs probabilities, and where there is no clip.
pub(in super::super) fn figure(metric: Metric, support: &[f64], right: &[f64], answered: &[f64]) -> f64 {
    let classes = 0..support.len();
    let ratio = |part: f64, whole: f64| if whole == 0.0 { 0.0 } else { part / whole };
    let f1 = |c: usize| ratio(2.0 * right[c], support[c] + answered[c]);
    let n = || support.iter().sum::<f64>();
    match metric {
        Metric::Accuracy => right.iter().sum::<f64>() / n(),
        Metric::Uar => mean(classes.filter(|&c| support[c] > 0.0).map(|c| ratio(right[c], support[c]))),
        Metric::WeightedF1 => classes.map(|c| support[c] * f1(c)).sum::<f64>() / n(),
        Metric::MacroF1 => mean(classes.filter(|&c| support[c] + answered[c] > 0.0).map(f1)),
        Metric::Loss => f64::NAN,
    }
}

/// NaN of nothing.
fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, n) = values.fold((0.0, 0u32), |(sum, n), v| (sum + v, n + 1));
    sum / f64::from(n)
}

#[cfg(test)]
mod tests {
    use super::super::super::Confusion;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rows_are_summed_by_seed_as_often_as_their_unit_is_drawn() {
        // Unit 0 is in both seeds, unit 1 in the second alone, unit 2 in none.
        let counts = Counts::of([3, 2, 2], |seed, table| {
            table[0] += 1.0 + seed as f64;
            table[3] += seed as f64;
        });
        assert_eq!(counts.rows(1).collect::<Vec<_>>(), [(1, &[0.0, 1.0][..])]);
        let mut sums = counts.zeros();
        counts.sum(&[2, 3, 5], &[1, 1], &mut sums);
        assert_eq!(sums, [2.0, 0.0, 4.0, 3.0]);
        counts.sum(&[1, 1, 0], &[0, 2], &mut sums);
        assert_eq!(counts.seeds(&sums).collect::<Vec<_>>(), [[0.0, 0.0], [2.0, 1.0]], "a seed is weighted later");
    }

    proptest! {
        #[test]
        fn figures_are_to_the_bit_those_of_the_confusion_matrix(
            answers in prop::collection::vec((0usize..5, 0usize..5), 0..60),
        ) {
            let confusion = Confusion::of(6, answers.iter().copied());
            let mut counts = [[0.0; 6]; 3];
            for &(truth, predicted) in &answers {
                counts[0][truth] += 1.0;
                counts[1][truth] += f64::from(u8::from(truth == predicted));
                counts[2][predicted] += 1.0;
            }
            for metric in Metric::ALL {
                let [support, right, answered] = &counts;
                let found = figure(metric, support, right, answered);
                let expected = metric.of_confusion(&confusion);
                prop_assert!(found.to_bits() == expected.to_bits() || found.is_nan() && expected.is_nan());
            }
        }
    }
}
