//! Adding seeds until a difference is settled, without finding one sooner or later by looking often enough.
//!
//! How many looks there will be is settled before the first: seeds grow by half from look to look up to a cap. Each look has a
//! level of its own, and the levels sum to [`SIGNIFICANT`], so that the chance of ever calling equal recipes different is no more
//! than that, however the looks depend on each other (Bonferroni). They are spent as Lan and DeMets (1983, "Discrete
//! sequential boundaries for clinical trials", Biometrika 70, 659-663) spend like Pocock: `α ln (1 + (e - 1) t)` by the time that a share t
//! of the seeds is there. Within a look a table is corrected by Holm, and what a look has settled stays settled. AdaStop
//! (Mathieu et al. 2023) asks the same of reinforcement learning by permutations.

use super::{Metric, SIGNIFICANT, Verdict};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::f64::consts::E;

/// What was looked at, and when: the record of a sequential comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Looks {
    /// The most seeds.
    pub cap: usize,
    /// What the runs ask that were looked at, a hash for each variant: looks say nothing of others. Records of older versions do not
    /// tell.
    #[serde(default)]
    pub asks: BTreeSet<String>,
    /// The looks so far.
    pub looks: Vec<Look>,
}

/// One look.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Look {
    /// Seeds that there were.
    pub seeds: usize,
    /// What p values, corrected for their table, were held against.
    pub level: f64,
    /// What it settled.
    pub settled: Vec<Settled>,
}

/// A difference that a look has settled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settled {
    /// The variant.
    pub variant: String,
    /// What it is held against.
    pub against: String,
    /// In what.
    pub metric: Metric,
    /// Better or worse.
    pub verdict: Verdict,
}

impl Looks {
    /// The level of the last look; [`SIGNIFICANT`] before the first.
    pub fn level(&self) -> f64 {
        self.looks.last().map_or(SIGNIFICANT, |look| look.level)
    }

    /// Whether runs that ask this were looked at.
    pub fn were_at(&self, asks: &str) -> bool {
        self.asks.is_empty() || self.asks.contains(asks)
    }

    /// The look that settled a difference, with its verdict.
    pub fn settled(&self, variant: &str, against: &str, metric: Metric) -> Option<(usize, Verdict)> {
        self.looks.iter().find_map(|look| {
            let same = |s: &&Settled| (s.variant.as_str(), s.against.as_str(), s.metric) == (variant, against, metric);
            look.settled.iter().find(same).map(|s| (look.seeds, s.verdict))
        })
    }
}

/// The looks of a comparison that begins with `first` seeds and ends with `cap`: seeds and level of each, none settled yet.
///
/// # Panics
/// Where `first` is 0 or above `cap`.
pub fn schedule(first: usize, cap: usize) -> Vec<Look> {
    assert!(0 < first && first <= cap, "from {first} to {cap} seeds");
    let grown = |seeds: &usize| Some((seeds + seeds.div_ceil(2)).min(cap)).filter(|_| *seeds < cap);
    let spent = |seeds: usize| SIGNIFICANT * (1.0 + (E - 1.0) * seeds as f64 / cap as f64).ln();
    let mut before = 0.0;
    std::iter::successors(Some(first), grown)
        .map(|seeds| {
            let level = spent(seeds) - before;
            before = spent(seeds);
            Look { seeds, level, settled: Vec::new() }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn three_to_twelve_seeds_by_hand() {
        let found = schedule(3, 12);
        assert_eq!(found.iter().map(|l| l.seeds).collect::<Vec<_>>(), [3, 5, 8, 12]);
        // 0.05 ln (1 + 1.71828 / 4) = 0.01787.
        assert!((found[0].level - 0.017_87).abs() < 1e-5, "{found:?}");
    }

    proptest! {
        #[test]
        fn the_levels_sum_to_the_whole(first in 1usize..20, more in 0usize..80) {
            let found = schedule(first, first + more);
            prop_assert!((found.iter().map(|l| l.level).sum::<f64>() - SIGNIFICANT).abs() < 1e-12);
            prop_assert!(found.windows(2).all(|both| both[0].seeds < both[1].seeds));
            prop_assert_eq!(found.last().unwrap().seeds, first + more);
        }
    }
}
