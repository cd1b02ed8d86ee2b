//! Two variants on the same clips: is one better, by how much, and how sure is that?
//!
//! A comparison is made of one [`Pair`] of prediction lists a seed (predictions of several folds of one seed belong into
//! one list). The procedure:
//!
//! 1. In each pair the metric of both variants is taken on the same clips; the difference (variant - baseline) is averaged
//!    over the seeds. Where all seeds test the same clips and the metric is accuracy, this is the mean over clips of the
//!    difference in how many seeds have the clip right.
//! 2. Its interval is the clustered percentile bootstrap: speakers are drawn with replacement, each with all its clips of
//!    all seeds and both variants, and so are seeds; step 1 is repeated (Efron & Tibshirani 1993; Field & Welsh 2007; Owen
//!    2007).
//! 3. Its p value is a paired permutation test with speakers as units: both variants' answers to a speaker, in all seeds,
//!    are exchanged together (Noreen 1989; Yeh 2000).
//! 4. McNemar's exact test is told beside it for one seed; with several, a clip counts for the variant that has it right
//!    in more seeds, and ties count for neither. It takes clips as independent, so it is the more optimistic of the two.
//! 5. [`correct`] adjusts the p values of all comparisons of a table for their number (Holm 1979).
//!
//! The interval is about other speakers and other seeds; the p value is about other speakers, with these trained networks.

use super::bootstrap::{Unit, interval, resample_crossed};
use super::significance::{holm, mcnemar, permutation};
use super::{Confusion, Direction, McNemar, Method, Metric, Prediction};
use crate::seed::Stream;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Two variants' predictions of the same clips, with the same seed.
#[derive(Debug, Clone, Copy)]
pub struct Pair<'a> {
    /// What is compared with.
    pub baseline: &'a [Prediction],
    /// What is compared.
    pub variant: &'a [Prediction],
}

/// Why two variants cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PairedError {
    /// There is nothing to compare.
    #[error("there is no prediction to compare")]
    Nothing,
    /// A list predicts a clip twice.
    #[error(
        "clip `{clip}` is predicted twice by one variant; give the folds of one seed together, and each seed apart"
    )]
    Twice {
        /// The clip.
        clip: String,
    },
    /// The variants were tested on different clips.
    #[error(
        "the variants were tested on different clips ({baseline_only} only by the baseline, {variant_only} only by the \
         variant, such as `{example}`), so they cannot be compared in pairs; use the same split and seeds for both"
    )]
    DifferentClips {
        /// Clips that the variant lacks.
        baseline_only: usize,
        /// Clips that the baseline lacks.
        variant_only: usize,
        /// One of them.
        example: String,
    },
    /// The variants do not agree about what is right.
    #[error("clip `{clip}` has another speaker or label in the two variants; they were not run on the same corpus")]
    DifferentTruth {
        /// The clip.
        clip: String,
    },
}

/// What can be said of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The variant is better.
    Better,
    /// The variant is worse.
    Worse,
    /// It could be chance.
    Unclear,
}

/// How a variant differs from a baseline in one metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// The metric.
    pub metric: Metric,
    /// The baseline's figure, mean over the seeds.
    #[serde(rename = "baseline_value")]
    pub baseline: f64,
    /// The variant's.
    #[serde(rename = "variant_value")]
    pub variant: f64,
    /// Variant minus baseline.
    pub value: f64,
    /// Lower end of the 95 % interval of the difference.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// What was drawn and exchanged as a whole: speakers, or the clips of a single speaker.
    pub method: Method,
    /// Two-sided p of the permutation test.
    pub p: f64,
    /// The same corrected for the number of comparisons by [`correct`]; until then equal to `p`.
    pub p_holm: f64,
    /// McNemar's test over clips.
    pub mcnemar: McNemar,
    /// Clips, each counted once.
    pub n: usize,
    /// Speakers.
    pub speakers: usize,
    /// Seeds.
    pub seeds: usize,
}

/// A difference is called one where its corrected p is below this.
pub const SIGNIFICANT: f64 = 0.05;

impl Difference {
    /// Better or worse where the corrected p is below [`SIGNIFICANT`], else unclear.
    pub fn verdict(&self) -> Verdict {
        match self.metric.direction() {
            _ if self.p_holm.is_nan() || self.p_holm >= SIGNIFICANT => Verdict::Unclear,
            Direction::Higher if self.value > 0.0 => Verdict::Better,
            Direction::Lower if self.value < 0.0 => Verdict::Better,
            _ => Verdict::Worse,
        }
    }
}

/// Corrects the p values of comparisons that are read together for their number.
pub fn correct(differences: &mut [Difference]) {
    let adjusted = holm(&differences.iter().map(|d| d.p).collect::<Vec<f64>>());
    differences.iter_mut().zip(adjusted).for_each(|(d, p)| d.p_holm = p);
}

/// Answers to one unit's clips by one variant in one seed.
#[derive(Debug, Clone, Default)]
struct Answers {
    counts: Unit,
    loss: f64,
}

/// One seed: the answers to each unit, baseline and variant.
type Seed = Vec<[Answers; 2]>;

/// Compares a variant with a baseline; see the module's text for the procedure. `classes` is the number of labels.
///
/// For [`Metric::Loss`] a probability below 1e-12 counts as 1e-12, so that one clip cannot be infinite.
///
/// # Errors
/// See [`PairedError`].
///
/// # Panics
/// Where a class index is not below `classes`, or a clip has fewer probabilities than `classes` and the loss is compared.
pub fn compare(classes: usize, metric: Metric, pairs: &[Pair], stream: &mut Stream) -> Result<Difference, PairedError> {
    let matched: Vec<Vec<[&Prediction; 2]>> = pairs.iter().map(matched).collect::<Result<_, _>>()?;
    let every = || matched.iter().flatten();
    let speakers: BTreeSet<&str> = every().map(|[b, _]| b.speaker.as_str()).collect();
    let clips: BTreeSet<&str> = every().map(|[b, _]| b.clip.as_str()).collect();
    let (method, names) = match speakers.len() {
        0 => return Err(PairedError::Nothing),
        1 => (Method::ClipBootstrap, &clips),
        _ => (Method::SpeakerBootstrap, &speakers),
    };
    let units: BTreeMap<&str, usize> = names.iter().enumerate().map(|(i, n)| (*n, i)).collect();

    let mut seeds: Vec<Seed> = vec![vec![<[Answers; 2]>::default(); units.len()]; matched.len()];
    let mut right: BTreeMap<&str, i64> = BTreeMap::new();
    for (seed, pair) in seeds.iter_mut().zip(&matched) {
        for both in pair {
            for (answers, p) in seed[units[method.unit_of(both[0])]].iter_mut().zip(both) {
                assert!(
                    p.truth < classes && p.predicted < classes,
                    "class {} or {} of {classes}",
                    p.truth,
                    p.predicted
                );
                answers.counts.count(p.truth * classes + p.predicted);
                if metric == Metric::Loss {
                    answers.loss -= f64::from(p.probabilities[p.truth]).max(1e-12).ln();
                }
            }
            let [b, v] = both.map(|p| i64::from(p.truth == p.predicted));
            *right.entry(&both[0].clip).or_default() += v - b;
        }
    }

    let once = vec![1; units.len()];
    let none = vec![false; units.len()];
    let every_seed = vec![1; seeds.len()];
    let whole = |exchanged: &[bool]| {
        figures(&seeds, classes, metric, &once, &every_seed, exchanged).expect("some clip is answered by both")
    };
    let [baseline, variant] = whole(&none);
    let minus = |[b, v]: [f64; 2]| v - b;
    let [values] = resample_crossed(units.len(), seeds.len(), stream, |times, seed_times| {
        figures(&seeds, classes, metric, times, seed_times, &none).map(|both| [minus(both)])
    });
    let value = variant - baseline;
    let (low, high) = interval(value, values);
    let p = permutation(units.len(), value, stream, |e| minus(whole(e)));
    let [baseline_only, variant_only] =
        [-1, 1].map(|sign| right.values().filter(|r| r.signum() == sign).count() as u64);
    Ok(Difference {
        metric,
        baseline,
        variant,
        value,
        low,
        high,
        method,
        p,
        p_holm: p,
        mcnemar: McNemar { baseline_only, variant_only, p: mcnemar(baseline_only, variant_only) },
        n: clips.len(),
        speakers: speakers.len(),
        seeds: pairs.len(),
    })
}

/// The metric of baseline and variant, mean over the seeds, with unit i taken `times[i]` times, its two sides swapped where
/// `exchanged[i]`, and seed s taken `seed_times[s]` times. A seed that has none of the units taken is left out of the mean;
/// None where that are all.
fn figures(
    seeds: &[Seed],
    classes: usize,
    metric: Metric,
    times: &[u64],
    seed_times: &[u64],
    exchanged: &[bool],
) -> Option<[f64; 2]> {
    let (mut sums, mut counted) = ([0.0; 2], 0);
    let mut confusions = [Confusion::new(classes), Confusion::new(classes)];
    for (seed, &seed_times) in seeds.iter().zip(seed_times).filter(|(_, t)| **t > 0) {
        confusions.iter_mut().for_each(Confusion::clear);
        let mut losses = [0.0; 2];
        for ((unit, &times), &swap) in seed.iter().zip(times).zip(exchanged).filter(|((_, t), _)| **t > 0) {
            for side in 0..2 {
                let answers = &unit[side ^ usize::from(swap)];
                answers.counts.add_to(&mut confusions[side], times);
                losses[side] += answers.loss * times as f64;
            }
        }
        let n = confusions[0].n();
        if n == 0 {
            continue;
        }
        counted += seed_times;
        for side in 0..2 {
            let figure = match metric {
                Metric::Loss => losses[side] / n as f64,
                _ => metric.of_confusion(&confusions[side]),
            };
            sums[side] += seed_times as f64 * figure;
        }
    }
    (counted > 0).then(|| sums.map(|s| s / counted as f64))
}

/// Both predictions of each clip, in order of clip.
fn matched<'a>(pair: &Pair<'a>) -> Result<Vec<[&'a Prediction; 2]>, PairedError> {
    let baseline = by_clip(pair.baseline)?;
    let variant = by_clip(pair.variant)?;
    let missing = |a: &BTreeMap<&'a str, &Prediction>, b: &BTreeMap<&str, &Prediction>| -> Vec<&'a str> {
        a.keys().filter(|c| !b.contains_key(*c)).copied().collect()
    };
    let [baseline_only, variant_only] = [missing(&baseline, &variant), missing(&variant, &baseline)];
    if let Some(example) = baseline_only.first().or(variant_only.first()) {
        return Err(PairedError::DifferentClips {
            baseline_only: baseline_only.len(),
            variant_only: variant_only.len(),
            example: (*example).to_owned(),
        });
    }
    let both = baseline.into_values().zip(variant.into_values());
    both.map(|(b, v)| {
        let same = b.truth == v.truth && b.speaker == v.speaker;
        if same { Ok([b, v]) } else { Err(PairedError::DifferentTruth { clip: b.clip.clone() }) }
    })
    .collect()
}

fn by_clip(predictions: &[Prediction]) -> Result<BTreeMap<&str, &Prediction>, PairedError> {
    let mut clips = BTreeMap::new();
    for p in predictions {
        if clips.insert(p.clip.as_str(), p).is_some() {
            return Err(PairedError::Twice { clip: p.clip.clone() });
        }
    }
    Ok(clips)
}
