//! Where the figure of a second run would lie, 95 times of 100, by source of noise.

use super::super::interval::Z95;
use super::super::variance::satterthwaite;
use super::super::{Estimate, Estimated, FEWEST_NETWORKS, Prediction, t_quantile};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Half the width of an interval from which on it says little, as a share: ten points.
const VAGUE: f64 = 0.10;

/// What may make two figures of the same thing differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Noise {
    /// Everything that another run has of its own: initial weights, order of batches, test clips, and other speakers where the
    /// split keeps speakers apart.
    Runs,
    /// Other clips of the same speakers in the test set.
    Clips,
    /// Other speakers in the test set.
    Speakers,
}

impl fmt::Display for Noise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Runs => "runs",
            Self::Clips => "clips",
            Self::Speakers => "speakers",
        })
    }
}

/// Where the figure of one more run would lie with a probability of 95 %, as far as one source of noise goes. Its ends
/// are shares in [0, 1].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PredictionInterval {
    /// The source.
    pub noise: Noise,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl PredictionInterval {
    fn new(noise: Noise, low: f64, high: f64) -> Self {
        Self { noise, low: low.clamp(0.0, 1.0), high: high.clamp(0.0, 1.0) }
    }

    /// Half its length.
    pub fn half_width(&self) -> f64 {
        0.5 * (self.high - self.low)
    }

    /// The share of what lies from chance level, 1 / `classes`, to 1 that it holds.
    pub fn share_above_chance(&self, classes: usize) -> f64 {
        let chance = 1.0 / classes.max(2) as f64;
        (self.high - self.low.max(chance)).max(0.0) / (1.0 - chance)
    }

    /// Whether it is too wide to contradict a figure that lies in it, so that this says nothing: it holds more than half of what
    /// lies from chance level to 1.
    pub fn is_too_wide(&self, classes: usize) -> bool {
        self.share_above_chance(classes) > 0.5
    }

    /// Whether it is so wide that lying in it means little.
    pub fn is_vague(&self) -> bool {
        self.half_width() > VAGUE
    }

    /// For one more seed, from the variances that the seeds there are show: `figure ± t sqrt(V + V1)`, V being the variance of their
    /// mean and V1 that of a single seed, by its networks, its speakers and its clips. The published figure rests on `theirs`
    /// clips where a seed here has `ours`. Without `other_speakers` both tested the same ones, so that their luck is shared. Takes
    /// figures as normally distributed; with common test clips and speakers it is `mean ± t(0.975, m - 1) sd sqrt(1 + 1/m)`
    /// (Hahn & Meeker 1991, "Statistical Intervals: A Guide for Practitioners", ch. 4). None of fewer than
    /// [`FEWEST_NETWORKS`] networks.
    pub fn one_more_run(found: &Estimated, ours: f64, theirs: f64, other_speakers: bool) -> Option<Self> {
        let value = found.estimate.value;
        if found.networks < FEWEST_NETWORKS || value.is_nan() {
            return None;
        }
        let one = &found.one_seed;
        // Clips are among what shows between networks, and so are known no better.
        let by_clips = one.clips * ours / theirs;
        let by_networks =
            (found.standard_error.powi(2) - one.of_speakers).max(0.0) + one.networks + one.cells + by_clips;
        let by_speakers = if other_speakers { one.of_speakers + one.speakers } else { 0.0 };
        let variance = by_networks + by_speakers;
        let of = |variance: f64, degrees: f64| if variance > 0.0 { variance * variance / degrees } else { 0.0 };
        let shares = of(by_networks, one.network_degrees) + of(by_speakers, one.speaker_degrees);
        let half = t_quantile(0.95, satterthwaite(variance, shares, 0.0)) * variance.sqrt();
        Some(Self::new(Noise::Runs, value - half, value + half))
    }

    /// For the share of `theirs` clips that come out right where `share` of `ours` did: every share that the test of
    /// two proportions with pooled variance, q with `(p - q)² <= z² P (1 - P) (1/ours + 1/theirs)`, `P = (ours p +
    /// theirs q) / (ours + theirs)`, does not tell from ours. Both sampling errors are in it; for a second set without
    /// end it is Wilson's interval. Takes clips as independent.
    ///
    /// Krishnamoorthy & Peng (2011), "Improved closed-form prediction intervals for binomial and Poisson
    /// distributions", Journal of Statistical Planning and Inference 141, 1709-1718 (joint sampling). Clips need not be
    /// a whole number, see [`effective_clips`].
    ///
    /// # Panics
    /// Where one of the sizes is not above 0.
    pub fn another_test_set(share: f64, ours: f64, theirs: f64) -> Self {
        assert!(ours > 0.0 && theirs > 0.0, "sizes of {ours} and {theirs} clips");
        // P = a + b q makes the condition a quadratic one in q.
        let both = ours + theirs;
        let (a, b) = (ours * share / both, theirs / both);
        let factor = Z95 * Z95 * both / (ours * theirs);
        let square = 1.0 + factor * b * b;
        let half_linear = share + 0.5 * factor * b * (1.0 - 2.0 * a);
        let constant = share * share - factor * a * (1.0 - a);
        let root = (half_linear * half_linear - square * constant).max(0.0).sqrt();
        // At 0 and 1 one end is exactly the share; rounding must not push it past.
        let low = ((half_linear - root) / square).min(share);
        let high = ((half_linear + root) / square).max(share);
        Self::new(Noise::Clips, low, high)
    }

    /// For a second test set of `theirs` clips, from the interval that a figure has over `ours` clips. The
    /// figure of the second set errs as well, the more so the smaller it is: each end is moved to sqrt(1 + ours/theirs)
    /// times its distance from the figure, as the errors of two means add up.
    pub fn another_test_of(estimate: &Estimate, noise: Noise, ours: f64, theirs: f64) -> Self {
        let Estimate { value, low, high, .. } = *estimate;
        let both = (1.0 + ours / theirs).sqrt();
        Self::new(noise, value - both * (value - low), value + both * (high - value))
    }
}

/// What the clips of several seeds' tests are worth together, as a number of different ones: `(Σ t)² / Σ t²`, t being
/// how often a clip was tested (Kish 1965, "Survey Sampling", 11.7). Seeds that test the same n clips are worth n, for
/// the answers to one clip resemble each other; seeds without a clip in common are worth the sum. 0 of nothing.
pub fn effective_clips(seeds: &[Vec<Prediction>]) -> f64 {
    let mut times: BTreeMap<&str, f64> = BTreeMap::new();
    for p in seeds.iter().flatten() {
        *times.entry(p.clip.as_str()).or_default() += 1.0;
    }
    let (sum, squares) = times.values().fold((0.0, 0.0), |(sum, squares), t| (sum + t, squares + t * t));
    if squares > 0.0 { sum * sum / squares } else { 0.0 }
}

/// Different speakers in the tests of all seeds.
pub fn speakers_tested(seeds: &[Vec<Prediction>]) -> usize {
    seeds.iter().flatten().map(|p| p.speaker.as_str()).collect::<BTreeSet<_>>().len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::{Method, wilson};
    use crate::seed::Seeds;
    use proptest::prelude::*;

    fn close(interval: PredictionInterval, low: f64, high: f64) {
        assert!((interval.low - low).abs() < 5e-5 && (interval.high - high).abs() < 5e-5, "{interval:?}");
    }

    #[test]
    fn two_test_sets_of_2233_clips_by_hand() {
        // By the plain formula 0.592 ± 1.96 sqrt(p (1 - p) 2 / 2233) = 2.8826 points; here a little nearer to a half.
        let interval = PredictionInterval::another_test_set(0.592, 2233.0, 2233.0);
        close(interval, 0.563_026, 0.620_658);
        // A second set of 100 clips, none right of 50: 0 up to K b / (1 + K b²), K = 3.8415 * 150 / 5000, b = 2/3.
        close(PredictionInterval::another_test_set(0.0, 50.0, 100.0), 0.0, 0.073_086);
    }

    #[test]
    fn a_second_test_set_is_taken_to_err_as_well() {
        let estimate = Estimate { value: 0.6, low: 0.57, high: 0.62, method: Method::Speakers };
        let of = |ours, theirs| PredictionInterval::another_test_of(&estimate, Noise::Speakers, ours, theirs);
        close(of(1000.0, 1000.0), 0.6 - 0.03 * 2f64.sqrt(), 0.6 + 0.02 * 2f64.sqrt());
        close(of(1000.0, 1e12), 0.57, 0.62);
        close(of(1000.0, 1.0), 0.0, 1.0);
    }

    #[test]
    fn an_interval_is_too_wide_where_it_could_contradict_little() {
        let of = |low, high| PredictionInterval::new(Noise::Runs, low, high);
        for (low, high, classes, wide) in [
            (0.0, 1.0, 6, true),
            (0.50, 0.91, 6, false), // 41 of 83.3 points
            (0.50, 0.92, 6, true),
            (0.0, 0.30, 6, false),  // around chance: all that is well above it is contradicted
            (0.60, 0.84, 2, false), // 24 of 50 points
            (0.60, 0.86, 2, true),
            (0.0, 0.04, 6, false),
        ] {
            assert_eq!(of(low, high).is_too_wide(classes), wide, "[{low}, {high}] of {classes} classes");
        }
    }

    #[test]
    fn clips_tested_again_count_less() {
        let clips = |names: &[&str]| -> Vec<Prediction> {
            let one = |clip: &&str| Prediction {
                clip: (*clip).to_owned(),
                speaker: "1".into(),
                truth: 0,
                predicted: 0,
                probabilities: vec![1.0],
            };
            names.iter().map(one).collect()
        };
        assert_eq!(effective_clips(&[clips(&["a", "b"]), clips(&["a", "b"])]), 2.0);
        assert_eq!(effective_clips(&[clips(&["a", "b"]), clips(&["c", "d"])]), 4.0);
        // 4² / (4 + 1 + 1).
        assert_eq!(effective_clips(&[clips(&["a", "b"]), clips(&["a", "c"])]), 16.0 / 6.0);
        assert_eq!((effective_clips(&[]), speakers_tested(&[clips(&["a", "b"])])), (0.0, 1));
    }

    #[test]
    fn nineteen_second_test_sets_of_twenty_lie_inside() {
        let mut stream = Seeds::new(3).stream("test sets", &[]);
        for (p, ours, theirs) in [(0.6, 500, 300), (0.9, 200, 800), (0.3, 400, 100)] {
            let mut right = |n: u32| f64::from((0..n).map(|_| u32::from(stream.chance(p))).sum::<u32>()) / f64::from(n);
            let inside = (0..4000).filter(|_| {
                let (one, other) = (right(ours), right(theirs));
                let interval = PredictionInterval::another_test_set(one, ours.into(), theirs.into());
                (interval.low..=interval.high).contains(&other)
            });
            let share = inside.count() as f64 / 4000.0;
            assert!((share - 0.95).abs() < 0.013, "{p} {ours} {theirs}: {share}");
        }
    }

    proptest! {
        #[test]
        fn the_interval_over_clips_holds_the_share_is_symmetric_and_tends_to_wilsons(
            n in 1u64..5000, part in 0.0f64..=1.0, theirs in 1.0f64..5000.0,
        ) {
            let k = (part * n as f64).floor() as u64;
            let (p, ours) = (k as f64 / n as f64, n as f64);
            let of = PredictionInterval::another_test_set(p, ours, theirs);
            prop_assert!(0.0 <= of.low && of.low <= p && p <= of.high && of.high <= 1.0);
            let mirrored = PredictionInterval::another_test_set(1.0 - p, ours, theirs);
            prop_assert!((of.low - (1.0 - mirrored.high)).abs() < 1e-9);
            let (low, high) = wilson(k, n, Z95);
            let limit = PredictionInterval::another_test_set(p, ours, 1e12);
            prop_assert!((limit.low - low).abs() < 1e-6 && (limit.high - high).abs() < 1e-6);
            prop_assert!(of.low <= low + 1e-9 && of.high >= high - 1e-9);
        }
    }
}
