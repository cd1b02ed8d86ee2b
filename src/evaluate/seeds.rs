//! One figure over several trained networks: mean, deviation over seeds, and an interval over networks and speakers.
//!
//! [`Summary`] tells how much the seeds differ. [`estimate`] gives the interval of their mean: where the recipe's figure lies if it
//! is trained again and tested on other speakers, by the variance of `variance.rs`. Of a single network nothing is known of others:
//! its interval is over speakers alone, and its [`Method`] says so. On what makes results vary: Bouthillier et al. (2021),
//! "Accounting for variance in machine learning benchmarks", MLSys 3.

use super::cells::{Cell, Cells, Network, Side, Units, one_test, sorted};
use super::variance::{Variance, crossed, given, linked};
use super::{Components, Estimate, Metric, Prediction, Question};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What several seeds (or folds) say together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Mean of the values.
    pub mean: f64,
    /// Sample standard deviation (n - 1 in the denominator); none of a single value.
    pub sd: Option<f64>,
    /// How many values.
    pub n: usize,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
}

impl Summary {
    /// Sums up; none of no values.
    pub fn of(values: &[f64]) -> Option<Self> {
        if values.is_empty() {
            return None;
        }
        let (mean, sd) = mean_sd(values);
        Some(Self {
            mean,
            sd,
            n: values.len(),
            min: values.iter().copied().fold(f64::INFINITY, f64::min),
            max: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        })
    }
}

/// Mean and sample standard deviation (n - 1 in the denominator). The mean of nothing is NaN; fewer than two values have
/// no deviation.
pub fn mean_sd(values: &[f64]) -> (f64, Option<f64>) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    (mean, (values.len() > 1).then(|| (squares / (n - 1.0)).sqrt()))
}

/// A figure with its interval, and what makes it vary.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimated {
    /// The figure, mean over the seeds, with its interval.
    pub estimate: Estimate,
    /// Standard error of the figure.
    pub standard_error: f64,
    /// Its degrees of freedom; no number where nothing varies.
    pub degrees: Option<f64>,
    /// By how much figures differ, by source. Of a single network only speakers are known.
    pub components: Components,
    /// Networks that it rests on.
    pub networks: usize,
    /// Speakers tested.
    pub speakers: usize,
    /// What one more seed would have, by source.
    #[serde(skip)]
    pub(super) one_seed: OneSeed,
}

/// Variances of the figure of a single seed.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct OneSeed {
    /// By the luck of its networks.
    pub(super) networks: f64,
    /// By the speakers that it tests.
    pub(super) speakers: f64,
    /// By what those speakers are to those networks.
    pub(super) cells: f64,
    /// By the few clips that each speaker has.
    pub(super) clips: f64,
    /// How much of the variance of the mean is that of its speakers.
    pub(super) of_speakers: f64,
    /// Degrees of freedom that the luck of networks is known with.
    pub(super) network_degrees: f64,
    /// Those of the luck of speakers.
    pub(super) speaker_degrees: f64,
}

/// A metric, mean over the seeds, with its 95 % interval; see the module's text. `classes` is the number of labels. With
/// [`Question::Networks`] the networks are taken as they are. None without any prediction; networks without predictions do not
/// count.
///
/// # Panics
/// Where a class index is not below `classes`.
pub fn estimate(classes: usize, metric: Metric, networks: &[Network<'_>], question: Question) -> Option<Estimated> {
    let networks: Vec<Network<'_>> = networks.iter().filter(|n| !n.answers.is_empty()).copied().collect();
    let side = Side::of(metric, classes, &networks)?;
    let units = Units::of(&[&side]);
    let cells = Cells::of(&[(1.0, &side)], &units, |_, place| place);
    let again = question == Question::Recipes && networks.len() > 1;
    let tests: Vec<Vec<&Prediction>> = networks.iter().filter(|_| again).map(|n| sorted(n.answers)).collect();
    let (variance, method) = match again {
        false => (given(&Cells::of(&[(1.0, &side)], &units, |_, _| 0)), units.method),
        true if one_test(&[&networks], &tests) => (crossed(&[&cells], &cells), units.method.with_networks()),
        true => (linked(&cells), units.method.with_networks()),
    };
    Some(Estimated {
        estimate: Estimate::student(metric, side.figure, &variance, units.len(), method),
        standard_error: variance.value.sqrt(),
        degrees: Some(variance.degrees).filter(|d| d.is_finite()),
        components: variance.parts.into(),
        networks: networks.len(),
        speakers: side.answers.iter().map(|(_, p, _)| p.speaker.as_str()).collect::<BTreeSet<_>>().len(),
        one_seed: one_seed(&cells, &networks, &variance),
    })
}

/// Variances of the figure of one seed, the mean of those at hand.
fn one_seed(cells: &Cells, networks: &[Network<'_>], variance: &Variance) -> OneSeed {
    let seeds: BTreeSet<u64> = networks.iter().map(|n| n.seed).collect();
    let count = seeds.len() as f64;
    // What a seed takes of the variance of a source: its shares, each seed's summing to 1, squared; the mean over the seeds.
    let takes = |of: &dyn Fn(&Cell) -> (usize, usize)| {
        let mut weights: BTreeMap<(u64, usize, usize), f64> = BTreeMap::new();
        for c in &cells.cells {
            let (a, b) = of(c);
            *weights.entry((networks[c.network].seed, a, b)).or_default() += c.weight;
        }
        weights.values().map(|w| (w * count).powi(2)).sum::<f64>() / count
    };
    let by_cell = takes(&|c| (c.network, c.unit));
    let parts = variance.parts;
    OneSeed {
        networks: parts.network * takes(&|c| (c.network, 0)),
        speakers: parts.speaker * takes(&|c| (c.unit, 0)),
        cells: (parts.cell - parts.clips).max(0.0) * by_cell,
        clips: parts.clips * by_cell,
        of_speakers: variance.of_speakers,
        network_degrees: variance.network_degrees,
        speaker_degrees: variance.speaker_degrees,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_seeds_by_hand() {
        // Deviations -2 -1 0 1 2 (hundredths): sd = sqrt(10 / 4) = 1.5811.
        let s = Summary::of(&[0.58, 0.59, 0.60, 0.61, 0.62]).unwrap();
        assert!((s.mean - 0.60).abs() < 1e-12 && (s.sd.unwrap() - 0.015_811_388).abs() < 1e-9);
        assert_eq!((s.n, s.min, s.max), (5, 0.58, 0.62));
    }

    #[test]
    fn one_seed_has_no_spread_and_none_no_summary() {
        let s = Summary::of(&[0.5]).unwrap();
        assert_eq!((s.mean, s.sd), (0.5, None));
        assert_eq!(Summary::of(&[]), None);
        assert!(mean_sd(&[]).0.is_nan());
    }
}
