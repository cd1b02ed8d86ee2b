//! One figure over several seeds: mean, deviation, and an interval over speakers and seeds.
//!
//! [`Summary`] tells how much the seeds differ. [`over_seeds`] gives the interval of their mean:
//!
//! 1. The figure is the metric of each seed's predictions (all folds of a seed in one list), averaged over the seeds.
//! 2. Speakers are drawn with replacement, as many as all seeds tested together, and seeds, as many as there are. A speaker is
//!    one unit: they bring all their clips in all seeds, because the answers to one voice resemble each other, whichever network
//!    gives them. A seed drawn twice counts twice in the mean.
//! 3. Step 1 is repeated on each resample; a seed none of whose speakers were drawn is left out of that resample's mean.
//! 4. The interval runs from the 2.5 % to the 97.5 % quantile.
//!
//! So it covers other speakers, and other trainings and draws of the split, as far as a handful of seeds can tell of them; see
//! [`resample_crossed`](super::bootstrap) for what is known of such intervals. It never leaves the range of the metric. One made
//! from the seeds alone (Student's t) would say nothing of other speakers, and with two seeds leaves [0, 1].
//!
//! Efron & Tibshirani (1993), "An Introduction to the Bootstrap", ch. 8 and 13; Field & Welsh (2007), "Bootstrapping
//! clustered data", JRSS B 69, 369-390; Owen (2007), "The pigeonhole bootstrap"; on what makes results vary: Bouthillier et al.
//! (2021), "Accounting for variance in machine learning benchmarks", MLSys 3.

use super::bootstrap::{Counts, Names, Unit, figure, interval, resample_crossed};
use super::{Confusion, Estimate, Method, Metric, Prediction};
use crate::seed::Stream;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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

/// Metrics, mean over the seeds, with 95 % intervals over speakers and seeds; see the module's text. `seeds` holds one list of test
/// predictions a seed, its folds together; `classes` is the number of labels. All metrics are taken of the same resamples.
/// Where there is one speaker only, clips are drawn, and the [`Method`] says so. None without any prediction; seeds without
/// predictions do not count.
///
/// The loss is no figure of a confusion matrix: NaN.
///
/// # Panics
/// Where a class index is not below `classes`.
pub fn over_seeds<const M: usize>(
    classes: usize,
    metrics: [Metric; M],
    seeds: &[Vec<Prediction>],
    stream: &mut Stream,
) -> Option<[Estimate; M]> {
    let all = || seeds.iter().flatten();
    let speakers = Names::of(all().map(|p| p.speaker.as_str()));
    let (method, names) = match speakers.len() {
        0 => return None,
        1 => (Method::ClipBootstrap, Names::of(all().map(|p| p.clip.as_str()))),
        _ => (Method::SpeakerBootstrap, speakers),
    };
    // A row: support, right, answered.
    let counts = Counts::of([names.len(), seeds.len(), 3 * classes], |seed, table| {
        let mut unit = 0;
        for p in &seeds[seed] {
            assert!(p.truth < classes && p.predicted < classes, "class {} or {}", p.truth, p.predicted);
            unit = names.place(method.unit_of(p), unit);
            let row = &mut table[3 * classes * unit..][..3 * classes];
            row[p.truth] += 1.0;
            row[classes + p.truth] += f64::from(u8::from(p.truth == p.predicted));
            row[2 * classes + p.predicted] += 1.0;
        }
    });
    let mut sums = counts.zeros();
    let mut figures = |times: &[u64], seed_times: &[u64]| -> Option<[f64; M]> {
        counts.sum(times, seed_times, &mut sums);
        let (mut totals, mut counted) = ([0.0; M], 0);
        for (row, &seed_times) in counts.seeds(&sums).zip(seed_times).filter(|(_, times)| **times > 0) {
            let (support, answers) = row.split_at(classes);
            let (right, answered) = answers.split_at(classes);
            if support.iter().any(|n| *n > 0.0) {
                counted += seed_times;
                let of = |metric| seed_times as f64 * figure(metric, support, right, answered);
                totals.iter_mut().zip(metrics).for_each(|(total, metric)| *total += of(metric));
            }
        }
        (counted > 0).then(|| totals.map(|total| total / counted as f64))
    };
    let once = |n: usize| vec![1; n];
    let values = figures(&once(names.len()), &once(seeds.len()))?;
    let resampled = resample_crossed(names.len(), seeds.len(), stream, figures);
    let mut estimates = values.into_iter().zip(resampled).map(|(value, values)| {
        let (low, high) = interval(value, values);
        Estimate { value, low, high, method }
    });
    Some(std::array::from_fn(|_| estimates.next().expect("one estimate a metric")))
}

/// The units of these predictions by name, each with its number.
pub(super) fn unit_names<'a>(method: Method, lists: &[&'a [Prediction]]) -> BTreeMap<&'a str, usize> {
    let mut names: BTreeMap<&str, usize> = lists.iter().copied().flatten().map(|p| (method.unit_of(p), 0)).collect();
    names.values_mut().enumerate().for_each(|(i, number)| *number = i);
    names
}

/// What each unit answered in each seed: `[seed][unit]`.
pub(super) fn crossed(
    method: Method,
    names: &BTreeMap<&str, usize>,
    classes: usize,
    seeds: &[Vec<Prediction>],
) -> Vec<Vec<Unit>> {
    let of = |predictions: &Vec<Prediction>| {
        let mut units = vec![Unit::default(); names.len()];
        for p in predictions {
            assert!(p.truth < classes && p.predicted < classes, "class {} or {}", p.truth, p.predicted);
            units[names[method.unit_of(p)]].count(p.truth * classes + p.predicted);
        }
        units
    };
    seeds.iter().map(of).collect()
}

/// The metrics, mean over the seeds, with unit i taken `times[i]` times and seed s `seed_times[s]` times. None where no seed
/// that was drawn has a unit that was.
pub(super) fn mean_figures<const M: usize>(
    seeds: &[Vec<Unit>],
    classes: usize,
    metrics: [Metric; M],
    times: &[u64],
    seed_times: &[u64],
) -> Option<[f64; M]> {
    let (mut sums, mut counted) = ([0.0; M], 0);
    let mut drawn = Confusion::new(classes);
    for (units, &seed_times) in seeds.iter().zip(seed_times).filter(|(_, t)| **t > 0) {
        drawn.clear();
        units.iter().zip(times).filter(|(_, t)| **t > 0).for_each(|(unit, times)| unit.add_to(&mut drawn, *times));
        if drawn.n() > 0 {
            counted += seed_times;
            let add = |(sum, metric): (&mut f64, Metric)| *sum += seed_times as f64 * metric.of_confusion(&drawn);
            sums.iter_mut().zip(metrics).for_each(add);
        }
    }
    (counted > 0).then(|| sums.map(|sum| sum / counted as f64))
}

#[cfg(test)]
mod tests {
    use super::super::{Pair, compare};
    use super::*;
    use crate::seed::Seeds;

    #[test]
    fn five_seeds_by_hand() {
        // Deviations -2 -1 0 1 2 (hundredths): sd = sqrt(10 / 4) = 1.5811.
        let s = Summary::of(&[0.58, 0.59, 0.60, 0.61, 0.62]).unwrap();
        assert!((s.mean - 0.60).abs() < 1e-12 && (s.sd.unwrap() - 0.015_811_388).abs() < 1e-9);
        assert_eq!((s.n, s.min, s.max), (5, 0.58, 0.62));
    }

    /// Twelve speakers, of whom each seed tests ten; every answer is drawn.
    fn drawn(seeds: usize) -> Vec<Vec<Prediction>> {
        let mut stream = Seeds::new(4).stream("answers", &[]);
        let mut one = |seed: usize, i: usize| Prediction {
            clip: format!("{i:03}"),
            speaker: format!("s{:02}", (i / 9 + seed) % 12),
            truth: i % 5,
            predicted: if stream.chance(0.3) { i % 5 } else { stream.below(5) },
            probabilities: Vec::new(),
        };
        (0..seeds).map(|seed| (0..90).map(|i| one(seed, i)).collect()).collect()
    }

    #[test]
    fn intervals_are_to_the_bit_those_of_confusion_matrices() {
        let metrics = [Metric::Accuracy, Metric::Uar, Metric::WeightedF1, Metric::MacroF1];
        let stream = || Seeds::new(6).stream("bootstrap", &[]);
        for seeds in [drawn(1), drawn(3)] {
            let found = over_seeds(5, metrics, &seeds, &mut stream()).unwrap();
            let lists: Vec<&[Prediction]> = seeds.iter().map(Vec::as_slice).collect();
            let names = unit_names(Method::SpeakerBootstrap, &lists);
            let units = crossed(Method::SpeakerBootstrap, &names, 5, &seeds);
            let values = resample_crossed(names.len(), seeds.len(), &mut stream(), |times, seed_times| {
                mean_figures(&units, 5, metrics, times, seed_times)
            });
            for (estimate, values) in found.iter().zip(values) {
                assert_eq!((estimate.low, estimate.high), interval(estimate.value, values));
            }
        }
    }

    #[test]
    fn figures_of_a_known_draw_stay_what_they_are() {
        let seeds = drawn(3);
        let [accuracy, uar] =
            over_seeds(5, [Metric::Accuracy, Metric::Uar], &seeds, &mut Seeds::new(6).stream("bootstrap", &[]))
                .unwrap();
        assert_eq!(
            (accuracy.value, accuracy.low, accuracy.high),
            (0.49259259259259264, 0.3726862874779541, 0.5993265993265994)
        );
        assert_eq!((uar.value, uar.low, uar.high), (0.4925925925925925, 0.37327368750530515, 0.599057903257459));
        let others: Vec<Vec<Prediction>> = drawn(6).split_off(3);
        let same = |(a, b): (&Vec<Prediction>, &Vec<Prediction>)| -> Vec<Prediction> {
            a.iter().zip(b).map(|(a, b)| Prediction { predicted: b.predicted, ..a.clone() }).collect()
        };
        let others: Vec<Vec<Prediction>> = seeds.iter().zip(&others).map(same).collect();
        let pairs: Vec<Pair> =
            seeds.iter().zip(&others).map(|(baseline, variant)| Pair { baseline, variant }).collect();
        let d = compare(5, Metric::Uar, &pairs, &mut Seeds::new(6).stream("compare", &[])).unwrap();
        assert_eq!(
            (d.value, d.low, d.high, d.p),
            (-0.03333333333333327, -0.17955151126107022, 0.11772609870636185, 0.517578125)
        );
        assert_eq!((d.mcnemar.baseline_only, d.mcnemar.variant_only), (30, 28));
    }

    #[test]
    fn one_seed_has_no_spread_and_none_no_summary() {
        let s = Summary::of(&[0.5]).unwrap();
        assert_eq!((s.mean, s.sd), (0.5, None));
        assert_eq!(Summary::of(&[]), None);
        assert!(mean_sd(&[]).0.is_nan());
    }
}
