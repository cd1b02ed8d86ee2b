//! Finding groups for partitions: whole groups (speakers, or what else is kept together), sizes and label proportions as
//! near to the wish as they go.
//!
//! Assigning whole groups to reach given sizes is a bin-packing problem; the best of many random draws is near enough,
//! differs from seed to seed, and is the same for the same stream. The cost of a draw is the chi-squared distance of its
//! label counts and sizes from the wished ones. Draws that would leave a class out of training lose against all others.

use super::groups::Joined;
use super::{By, Partition, SplitError, Task};
use crate::seed::Stream;
use std::cmp::Ordering;

/// Random draws of which the best is kept.
const DRAWS: usize = 500;

/// The groups that are kept together, in order of name, with their label counts.
pub(super) struct Units<'a> {
    /// By what they are kept together.
    pub(super) by: &'a By,
    /// Their names.
    pub(super) names: Vec<&'a str>,
    /// The group of each clip.
    pub(super) of_clip: Vec<usize>,
    /// The values of the first column of `by`, in order, and the group of each.
    pub(super) values: Vec<&'a str>,
    pub(super) of_value: Vec<usize>,
    /// Clips of each label, a group.
    counts: Vec<Vec<usize>>,
    /// Clips a group.
    totals: Vec<usize>,
}

impl<'a> Units<'a> {
    /// # Errors
    /// A column that a clip lacks.
    pub(super) fn of(task: &Task<'a>, by: &'a By) -> Result<Self, SplitError> {
        let Joined { names, of_clip, values, of_value } = by.groups(task.items)?;
        let (mut counts, mut totals) = (vec![vec![0; task.classes]; names.len()], vec![0; names.len()]);
        for (item, &group) in task.items.iter().zip(&of_clip) {
            counts[group][item.label] += 1;
            totals[group] += 1;
        }
        Ok(Self { by, names, of_clip, values, of_value, counts, totals })
    }

    /// Where each clip goes, by where its group goes.
    pub(super) fn spread(&self, of_group: &[Option<Partition>]) -> Vec<Option<Partition>> {
        self.of_clip.iter().map(|&group| of_group[group]).collect()
    }

    /// Clips of these groups together.
    pub(super) fn clips(&self, groups: &[usize]) -> usize {
        groups.iter().map(|&s| self.totals[s]).sum()
    }

    /// For each target (in clips) a set of groups `among` the given ones, and last the groups that are left. No set is
    /// empty: `among` must hold more groups than there are targets.
    pub(super) fn choose(&self, among: &[usize], targets: &[usize], stream: &mut Stream) -> Vec<Vec<usize>> {
        assert!(among.len() > targets.len(), "{} groups for {} sets", among.len(), targets.len() + 1);
        let mut wished: Vec<f64> = targets.iter().map(|&t| t as f64).collect();
        wished.push((self.clips(among) as f64 - wished.iter().sum::<f64>()).max(1.0));
        let all = self.label_counts(among);
        let smallest = among.iter().map(|&group| self.totals[group]).min().unwrap_or_default();
        let mut order = among.to_vec();
        let mut sets = vec![Vec::new(); targets.len() + 1];
        let mut counts = vec![vec![0; all.len()]; targets.len() + 1];
        let mut best: Option<(Key, Vec<Vec<usize>>)> = None;
        for _ in 0..DRAWS {
            stream.shuffle(&mut order);
            self.fill(&order, targets, smallest, &mut sets);
            self.count(&sets, &all, &mut counts);
            let train = counts.last().expect("the rest is always there");
            let unlearned = train.iter().zip(&all).filter(|(t, a)| **t == 0 && **a > 0).count();
            let key = (unlearned, cost(&counts, &wished, &all));
            // The first of equals stays.
            if best.as_ref().is_none_or(|(lowest, _)| by_key(&key, lowest).is_lt()) {
                best = Some((key, sets.clone()));
            }
        }
        best.expect("there is at least one draw").1
    }

    /// Takes groups in the given order as long as each brings the set nearer to its target; the last set has what is left.
    /// `smallest` is the size of the smallest group.
    ///
    /// Hundreds of draws for each of hundreds of folds: what a draw does for every group must be little.
    fn fill(&self, order: &[usize], targets: &[usize], smallest: usize, sets: &mut [Vec<usize>]) {
        let (left, sets) = sets.split_last_mut().expect("there is a set for the rest");
        left.clear();
        left.extend_from_slice(order);
        for (number, (set, &target)) in sets.iter_mut().zip(targets).enumerate() {
            set.clear();
            // One group must remain for every set still to come.
            let mut spare = left.len() - (targets.len() - number);
            let (mut size, mut looked_at, mut kept) = (0usize, 0, 0);
            let is_nearer = |size: usize, more: usize| (size + more).abs_diff(target) < size.abs_diff(target);
            while looked_at < left.len() {
                // Where not even the smallest brings the set nearer, none does.
                if spare == 0 || !(set.is_empty() || is_nearer(size, smallest)) {
                    break;
                }
                let group = left[looked_at];
                looked_at += 1;
                if set.is_empty() || is_nearer(size, self.totals[group]) {
                    (size, spare) = (size + self.totals[group], spare - 1);
                    set.push(group);
                } else {
                    left[kept] = group;
                    kept += 1;
                }
            }
            left.drain(kept..looked_at);
        }
    }

    /// The labels of each set, of which the last has all that is in no other.
    fn count(&self, sets: &[Vec<usize>], all: &[usize], counts: &mut [Vec<usize>]) {
        let (rest, counts) = counts.split_last_mut().expect("there is a set for the rest");
        rest.copy_from_slice(all);
        for (counts, set) in counts.iter_mut().zip(sets) {
            counts.fill(0);
            for group in set {
                let of_group = counts.iter_mut().zip(rest.iter_mut()).zip(&self.counts[*group]);
                of_group.for_each(|((here, rest), count)| (*here, *rest) = (*here + count, *rest - count));
            }
        }
    }

    /// Divides all groups into `sets`, none empty, alike in clips and labels: the largest groups first, each to the
    /// set that gains most by it (as scikit-learn's `StratifiedGroupKFold` does), best of many orders.
    pub(super) fn divide(&self, sets: usize, stream: &mut Stream) -> Vec<Vec<usize>> {
        assert!(sets > 0 && sets <= self.names.len(), "{sets} sets of {} groups", self.names.len());
        let mut order: Vec<usize> = (0..self.names.len()).collect();
        let all = self.label_counts(&order);
        let wished = vec![self.of_clip.len() as f64 / sets as f64; sets];
        let draws = (0..DRAWS / 5).map(|_| {
            stream.shuffle(&mut order);
            order.sort_by_key(|&s| std::cmp::Reverse(self.totals[s]));
            self.deal(&order, sets, &wished, &all)
        });
        best(draws, |sets| {
            let counts: Vec<Vec<usize>> = sets.iter().map(|s| self.label_counts(s)).collect();
            // A class that one set alone has cannot be trained when that set is tested.
            let alone = (0..all.len()).filter(|&l| counts.iter().filter(|c| c[l] > 0).count() == 1).count();
            (alone, cost(&counts, &wished, &all))
        })
    }

    fn deal(&self, order: &[usize], into: usize, wished: &[f64], all: &[usize]) -> Vec<Vec<usize>> {
        let mut sets = vec![Vec::new(); into];
        let mut counts = vec![vec![0; all.len()]; into];
        for (turn, &group) in order.iter().enumerate() {
            let empty = sets.iter().filter(|s| s.is_empty()).count();
            let must_fill = order.len() - turn <= empty;
            let gain = |s: &usize| {
                let with: Vec<usize> = counts[*s].iter().zip(&self.counts[group]).map(|(a, b)| a + b).collect();
                distance(&with, wished[*s], all) - distance(&counts[*s], wished[*s], all)
            };
            let set = (0..into)
                .filter(|&s| !must_fill || sets[s].is_empty())
                .map(|s| (gain(&s), s))
                .min_by(|a, b| a.0.total_cmp(&b.0))
                .map(|(_, s)| s)
                .expect("there is a set to fill");
            sets[set].push(group);
            counts[set].iter_mut().zip(&self.counts[group]).for_each(|(a, b)| *a += b);
        }
        sets
    }

    fn label_counts(&self, groups: &[usize]) -> Vec<usize> {
        let mut counts = vec![0; self.counts[0].len()];
        for &group in groups {
            counts.iter_mut().zip(&self.counts[group]).for_each(|(a, b)| *a += b);
        }
        counts
    }
}

/// What is wrong with a draw: labels that are nowhere to be learned, then how far it is from the wish.
type Key = (usize, f64);

fn by_key(a: &Key, b: &Key) -> Ordering {
    a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
}

/// The draw with the lowest key; the first of equals.
fn best(draws: impl Iterator<Item = Vec<Vec<usize>>>, key: impl Fn(&[Vec<usize>]) -> Key) -> Vec<Vec<usize>> {
    draws
        .map(|sets| (key(&sets), sets))
        .min_by(|(a, _), (b, _)| by_key(a, b))
        .map(|(_, sets)| sets)
        .expect("there is at least one draw")
}

fn cost(counts: &[Vec<usize>], wished: &[f64], all: &[usize]) -> f64 {
    counts.iter().zip(wished).map(|(c, &w)| distance(c, w, all)).sum()
}

/// Sum of (observed - expected)^2 / expected over the labels and the size of one set.
fn distance(counts: &[usize], wished: f64, all: &[usize]) -> f64 {
    let n: usize = all.iter().sum();
    let squared = |observed: usize, expected: f64| {
        // Not powi: its last digit may differ between builds, and with it the choice.
        let off = observed as f64 - expected;
        off * off / expected
    };
    let labels = counts.iter().zip(all).filter(|(_, a)| **a > 0);
    squared(counts.iter().sum(), wished) + labels.map(|(&c, &a)| squared(c, wished * a as f64 / n as f64)).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seeds;
    use proptest::prelude::*;

    /// Groups with these label counts.
    fn units<'a>(by: &'a By, counts: Vec<Vec<usize>>) -> Units<'a> {
        let totals: Vec<usize> = counts.iter().map(|labels| labels.iter().sum()).collect();
        let of_clip = totals.iter().enumerate().flat_map(|(group, &total)| vec![group; total]).collect();
        Units { by, names: vec![""; totals.len()], of_clip, values: Vec::new(), of_value: Vec::new(), counts, totals }
    }

    /// What `choose` did before it was fast: every draw makes its sets anew, and each is counted by itself.
    fn chosen_slowly(units: &Units, among: &[usize], targets: &[usize], stream: &mut Stream) -> Vec<Vec<usize>> {
        let mut wished: Vec<f64> = targets.iter().map(|&t| t as f64).collect();
        wished.push((units.clips(among) as f64 - wished.iter().sum::<f64>()).max(1.0));
        let all = units.label_counts(among);
        let mut order = among.to_vec();
        let fill = |order: &[usize]| {
            let mut left = order.to_vec();
            let mut sets = Vec::new();
            for (number, &target) in targets.iter().enumerate() {
                let mut spare = left.len() - (targets.len() - number);
                let (mut set, mut rest, mut size) = (Vec::new(), Vec::new(), 0usize);
                for group in left {
                    let with = size + units.totals[group];
                    if spare > 0 && (set.is_empty() || with.abs_diff(target) < size.abs_diff(target)) {
                        (size, spare) = (with, spare - 1);
                        set.push(group);
                    } else {
                        rest.push(group);
                    }
                }
                sets.push(set);
                left = rest;
            }
            sets.push(left);
            sets
        };
        let draws = (0..DRAWS).map(|_| {
            stream.shuffle(&mut order);
            fill(&order)
        });
        best(draws, |sets| {
            let counts: Vec<Vec<usize>> = sets.iter().map(|s| units.label_counts(s)).collect();
            let train = counts.last().unwrap();
            let unlearned = train.iter().zip(&all).filter(|(t, a)| **t == 0 && **a > 0).count();
            (unlearned, cost(&counts, &wished, &all))
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_fast_draw_takes_the_groups_that_the_slow_one_took(
            counts in prop::collection::vec(prop::collection::vec(0usize..9, 3), 4..30),
            targets in prop::collection::vec(1usize..60, 1..3),
            seed in 0u64..1000,
        ) {
            // No group is without a clip.
            let counts = counts.into_iter().map(|mut c| { c[0] += usize::from(c.iter().all(|n| *n == 0)); c }).collect();
            let by = By::default();
            let units = units(&by, counts);
            let among: Vec<usize> = (0..units.totals.len()).filter(|group| group % 7 != 3).collect();
            let stream = || Seeds::new(seed).stream("split", &[]);
            let (mut fast, mut slow) = (stream(), stream());
            prop_assert_eq!(
                units.choose(&among, &targets, &mut fast),
                chosen_slowly(&units, &among, &targets, &mut slow)
            );
            prop_assert_eq!(fast.bits(), slow.bits(), "what is drawn next");
        }
    }
}
