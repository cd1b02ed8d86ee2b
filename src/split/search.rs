//! Finding speakers for partitions: whole speakers, sizes and label proportions as near to the wish as they go.
//!
//! Assigning whole speakers to reach given sizes is a bin-packing problem; the best of many random draws is near enough,
//! differs from seed to seed, and is the same for the same stream. The cost of a draw is the chi-squared distance of its
//! label counts and sizes from the wished ones. Draws that would leave a class out of training lose against all others.

use super::Item;
use super::groups::Groups;
use crate::seed::Stream;

/// Random draws of which the best is kept.
const DRAWS: usize = 500;

/// The speakers of a corpus, in order of name, with their label counts.
pub(super) struct Voices<'a> {
    pub(super) names: Vec<&'a str>,
    /// The speaker of each clip.
    pub(super) of_clip: Vec<usize>,
    /// Clips of each label, a speaker.
    counts: Vec<Vec<usize>>,
    /// Clips a speaker.
    pub(super) totals: Vec<usize>,
}

impl<'a> Voices<'a> {
    pub(super) fn of(items: &[Item<'a>], classes: usize) -> Self {
        let Groups { names, of_clip } = Groups::of(items.iter().map(|i| Some(i.speaker)));
        let of_clip: Vec<usize> = of_clip.into_iter().flatten().collect();
        let (mut counts, mut totals) = (vec![vec![0; classes]; names.len()], vec![0; names.len()]);
        for (item, &speaker) in items.iter().zip(&of_clip) {
            counts[speaker][item.label] += 1;
            totals[speaker] += 1;
        }
        Self { names, of_clip, counts, totals }
    }

    /// Clips of these speakers together.
    pub(super) fn clips(&self, speakers: &[usize]) -> usize {
        speakers.iter().map(|&s| self.totals[s]).sum()
    }

    /// For each target (in clips) a set of speakers `among` the given ones, and last the speakers that are left. No set is
    /// empty: `among` must hold more speakers than there are targets.
    pub(super) fn choose(&self, among: &[usize], targets: &[usize], stream: &mut Stream) -> Vec<Vec<usize>> {
        assert!(among.len() > targets.len(), "{} speakers for {} sets", among.len(), targets.len() + 1);
        let mut wished: Vec<f64> = targets.iter().map(|&t| t as f64).collect();
        wished.push((self.clips(among) as f64 - wished.iter().sum::<f64>()).max(1.0));
        let all = self.label_counts(among);
        let mut order = among.to_vec();
        let draws = (0..DRAWS).map(|_| {
            stream.shuffle(&mut order);
            self.fill(&order, targets)
        });
        best(draws, |sets| {
            let counts: Vec<Vec<usize>> = sets.iter().map(|s| self.label_counts(s)).collect();
            let train = counts.last().expect("the rest is always there");
            let unlearned = train.iter().zip(&all).filter(|(t, a)| **t == 0 && **a > 0).count();
            (unlearned, cost(&counts, &wished, &all))
        })
    }

    /// Takes speakers in the given order as long as each brings the set nearer to its target.
    fn fill(&self, order: &[usize], targets: &[usize]) -> Vec<Vec<usize>> {
        let mut left = order.to_vec();
        let mut sets = Vec::with_capacity(targets.len() + 1);
        for (number, &target) in targets.iter().enumerate() {
            // One speaker must remain for every set still to come.
            let mut spare = left.len() - (targets.len() - number);
            let (mut set, mut rest, mut size) = (Vec::new(), Vec::new(), 0usize);
            for speaker in left {
                let with = size + self.totals[speaker];
                if spare > 0 && (set.is_empty() || with.abs_diff(target) < size.abs_diff(target)) {
                    (size, spare) = (with, spare - 1);
                    set.push(speaker);
                } else {
                    rest.push(speaker);
                }
            }
            sets.push(set);
            left = rest;
        }
        sets.push(left);
        sets
    }

    /// Divides all speakers into `groups`, none empty, alike in clips and labels: the largest speakers first, each to the
    /// group that gains most by it (as scikit-learn's `StratifiedGroupKFold` does), best of many orders.
    pub(super) fn divide(&self, groups: usize, stream: &mut Stream) -> Vec<Vec<usize>> {
        assert!(groups > 0 && groups <= self.names.len(), "{groups} groups of {} speakers", self.names.len());
        let mut order: Vec<usize> = (0..self.names.len()).collect();
        let all = self.label_counts(&order);
        let wished = vec![self.of_clip.len() as f64 / groups as f64; groups];
        let draws = (0..DRAWS / 5).map(|_| {
            stream.shuffle(&mut order);
            order.sort_by_key(|&s| std::cmp::Reverse(self.totals[s]));
            self.deal(&order, groups, &wished, &all)
        });
        best(draws, |sets| {
            let counts: Vec<Vec<usize>> = sets.iter().map(|s| self.label_counts(s)).collect();
            // A class that one group alone has cannot be trained when that group is tested.
            let alone = (0..all.len()).filter(|&l| counts.iter().filter(|c| c[l] > 0).count() == 1).count();
            (alone, cost(&counts, &wished, &all))
        })
    }

    fn deal(&self, order: &[usize], groups: usize, wished: &[f64], all: &[usize]) -> Vec<Vec<usize>> {
        let mut sets = vec![Vec::new(); groups];
        let mut counts = vec![vec![0; all.len()]; groups];
        for (turn, &speaker) in order.iter().enumerate() {
            let empty = sets.iter().filter(|s| s.is_empty()).count();
            let must_fill = order.len() - turn <= empty;
            let gain = |g: &usize| {
                let with: Vec<usize> = counts[*g].iter().zip(&self.counts[speaker]).map(|(a, b)| a + b).collect();
                distance(&with, wished[*g], all) - distance(&counts[*g], wished[*g], all)
            };
            let group = (0..groups)
                .filter(|&g| !must_fill || sets[g].is_empty())
                .map(|g| (gain(&g), g))
                .min_by(|a, b| a.0.total_cmp(&b.0))
                .map(|(_, g)| g)
                .expect("there is a group to fill");
            sets[group].push(speaker);
            counts[group].iter_mut().zip(&self.counts[speaker]).for_each(|(a, b)| *a += b);
        }
        sets
    }

    fn label_counts(&self, speakers: &[usize]) -> Vec<usize> {
        let mut counts = vec![0; self.counts[0].len()];
        for &speaker in speakers {
            counts.iter_mut().zip(&self.counts[speaker]).for_each(|(a, b)| *a += b);
        }
        counts
    }
}

/// The draw with the lowest key; the first of equals.
fn best(draws: impl Iterator<Item = Vec<Vec<usize>>>, key: impl Fn(&[Vec<usize>]) -> (usize, f64)) -> Vec<Vec<usize>> {
    draws
        .map(|sets| (key(&sets), sets))
        .min_by(|(a, _), (b, _)| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)))
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
