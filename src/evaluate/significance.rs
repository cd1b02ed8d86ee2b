//! Tests that do not assume a distribution, and what to do when there are several of them.

use crate::seed::Stream;
use serde::{Deserialize, Serialize};

/// Random exchanges of a permutation test that has too many for trying all.
pub const PERMUTATIONS: usize = 10_000;

/// Units up to which all 2^n exchanges are tried.
const EXACT_UP_TO: usize = 13;

/// The clips two classifiers disagree about, and how likely so lopsided a division is by chance.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct McNemar {
    /// Clips that only the baseline has right.
    pub baseline_only: u64,
    /// Clips that only the variant has right.
    pub variant_only: u64,
    /// Two-sided exact p; takes clips as independent.
    pub p: f64,
}

/// McNemar's test in its exact (binomial) form: of `b + c` clips that one of two classifiers has right and the other
/// wrong, each is as likely to fall on either side. Two-sided: `p = min(1, 2 P(X <= min(b, c)))`, X ~ Bin(b + c, 1/2).
///
/// McNemar, Q. (1947), "Note on the sampling error of the difference between correlated proportions or percentages",
/// Psychometrika 12, 153-157.
pub fn mcnemar(b: u64, c: u64) -> f64 {
    let n = b + c;
    // Terms in logarithms: 2^-n is 0 in double precision from n = 1075 on.
    let (mut term, mut tail) = (-(n as f64) * std::f64::consts::LN_2, 0.0);
    for i in 0..=b.min(c) {
        tail += term.exp();
        term += ((n - i) as f64).ln() - ((i + 1) as f64).ln();
    }
    (2.0 * tail).min(1.0)
}

/// Holm's step-down correction: adjusted p values, in the order given, that keep the chance of any false claim among all
/// of them below the level they are held against. `p_(i) -> max over j <= i of min(1, (m - j + 1) p_(j))`.
///
/// Holm, S. (1979), "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6, 65-70.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    let (mut adjusted, mut largest) = (vec![1.0; p.len()], 0.0f64);
    for (rank, index) in order.into_iter().enumerate() {
        largest = largest.max((p[index] * (p.len() - rank) as f64).min(1.0));
        adjusted[index] = largest;
    }
    adjusted
}

/// The smallest p that the permutation test over `units` can have: that of a difference to the same side in all of them.
/// 2 / 2^units where all exchanges are tried; 1 of a single unit or none.
pub fn smallest_p(units: usize) -> f64 {
    if units <= EXACT_UP_TO { (2.0 / (1u32 << units) as f64).min(1.0) } else { 1.0 / (1 + PERMUTATIONS) as f64 }
}

/// Two-sided p of a paired permutation test over `units`: under the null hypothesis both sides of a unit may be exchanged.
/// `statistic` is told which are, and none of them gives `observed`. All exchanges are tried up to 13 units (p is then
/// exact), else [`PERMUTATIONS`] random ones, `p = (1 + hits) / (1 + tried)` so that p is never 0.
///
/// Noreen (1989), "Computer-intensive methods for testing hypotheses"; Yeh (2000), "More accurate tests for the
/// statistical significance of result differences"; Phipson & Smyth (2010) for the 1 + . No p is below 2 / 2^units: with
/// four speakers nothing can be significant at 5 %.
pub(super) fn permutation(
    units: usize,
    observed: f64,
    stream: &mut Stream,
    mut statistic: impl FnMut(&[bool]) -> f64,
) -> f64 {
    // Sums in another order may differ in the last digits and are still as extreme.
    let threshold = observed.abs() - 1e-12;
    let mut exchanged = vec![false; units];
    let mut extreme = |exchanged: &[bool]| statistic(exchanged).abs() >= threshold;
    if units <= EXACT_UP_TO {
        let all = 1usize << units;
        let hits = (0..all).filter(|mask| {
            exchanged.iter_mut().enumerate().for_each(|(i, e)| *e = mask >> i & 1 == 1);
            extreme(&exchanged)
        });
        return hits.count() as f64 / all as f64;
    }
    let hits = (0..PERMUTATIONS).filter(|_| {
        exchanged.iter_mut().for_each(|e| *e = stream.bits() >> 63 == 1);
        extreme(&exchanged)
    });
    (1 + hits.count()) as f64 / (1 + PERMUTATIONS) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seeds;
    use proptest::prelude::*;

    #[test]
    fn mcnemar_by_hand() {
        assert!((mcnemar(0, 10) - 2.0 / 1024.0).abs() < 1e-15);
        // (1 + 20 + 190 + 1140 + 4845 + 15504) / 2^20 = 0.020695, twice.
        assert!((mcnemar(5, 15) - 2.0 * 21_700.0 / 1_048_576.0).abs() < 1e-12);
        assert_eq!([mcnemar(0, 0), mcnemar(7, 7), mcnemar(1, 0)], [1.0, 1.0, 1.0]);
    }

    #[test]
    fn mcnemar_holds_for_thousands_of_clips() {
        // Normal approximation with continuity correction: z = (|b - c| - 1) / sqrt(n) = 99 / 44.72 = 2.2136, p = 0.02685.
        assert!((mcnemar(950, 1050) - 0.026_85).abs() < 2e-4, "{}", mcnemar(950, 1050));
    }

    #[test]
    fn holm_by_hand() {
        let adjusted = holm(&[0.01, 0.04, 0.03, 0.005]);
        for (a, expected) in adjusted.iter().zip([0.03, 0.06, 0.06, 0.02]) {
            assert!((a - expected).abs() < 1e-15, "{adjusted:?}");
        }
        assert_eq!(holm(&[]), Vec::<f64>::new());
    }

    #[test]
    fn few_units_are_tested_exactly_and_many_at_random_to_the_same_end() {
        // Differences all 1: only no and every exchange are as extreme, 2 of 2^n.
        let sum = |e: &[bool]| e.iter().map(|e| if *e { -1.0 } else { 1.0 }).sum::<f64>();
        let mut stream = Seeds::new(0).stream("permutation", &[]);
        assert_eq!(permutation(3, 3.0, &mut stream, sum), 0.25);
        assert_eq!(permutation(1, 1.0, &mut stream, sum), 1.0);
        assert_eq!([0, 1, 3, 13].map(smallest_p), [1.0, 1.0, 0.25, 2.0 / 8192.0]);
        assert!(permutation(40, 40.0, &mut stream, sum) < 2e-4);
        // |sum| >= 4 of 16 signs: 1 - P(7, 8 or 9 heads) = 1 - (2 * 11440 + 12870) / 65536 = 0.4545.
        let p = permutation(16, 4.0, &mut stream, sum);
        assert!((p - 0.4545).abs() < 0.015, "{p}");
    }

    proptest! {
        #[test]
        fn corrected_ps_are_larger_and_keep_their_order(p in prop::collection::vec(0.0f64..=1.0, 1..9)) {
            let adjusted = holm(&p);
            for i in 0..p.len() {
                prop_assert!(adjusted[i] >= p[i] && adjusted[i] <= 1.0);
                for j in 0..p.len() {
                    prop_assert!(p[i] > p[j] || adjusted[i] <= adjusted[j]);
                }
            }
        }

        #[test]
        fn mcnemar_is_symmetric_and_a_probability(b in 0u64..300, c in 0u64..300) {
            prop_assert_eq!(mcnemar(b, c), mcnemar(c, b));
            prop_assert!(mcnemar(b, c) > 0.0 && mcnemar(b, c) <= 1.0);
        }
    }
}
