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

mod answers;

use super::bootstrap::{Names, interval, resample_crossed};
use super::significance::{holm, mcnemar, permutation};
use super::{Direction, McNemar, Method, Metric, Prediction};
use crate::seed::Stream;
use answers::{Answers, surely};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

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
    let speakers = Names::of(every().map(|[b, _]| b.speaker.as_str()));
    // How many more seeds the variant has each clip right in than the baseline.
    let right = |p: &Prediction| i64::from(p.truth == p.predicted);
    let mut gains: Vec<(&str, i64)> = every().map(|[b, v]| (b.clip.as_str(), right(v) - right(b))).collect();
    gains.sort_by_key(|(clip, _)| *clip);
    let gains: Vec<(&str, i64)> =
        gains.chunk_by(|a, b| a.0 == b.0).map(|of| (of[0].0, of.iter().map(|(_, gain)| gain).sum())).collect();
    let heard = speakers.len();
    let (method, names) = match heard {
        0 => return Err(PairedError::Nothing),
        1 => (Method::ClipBootstrap, Names::of(gains.iter().map(|(clip, _)| *clip))),
        _ => (Method::SpeakerBootstrap, speakers),
    };
    let answers = Answers::of(metric, classes, method, &names, &matched);

    let none = vec![false; names.len()];
    let (once, every_seed) = (vec![1; names.len()], vec![1; matched.len()]);
    let mut sums = answers.counts.zeros();
    let mut whole = |exchanged: &[bool]| {
        answers.figures(&once, &every_seed, exchanged, &mut sums).expect("some clip is answered by both")
    };
    let minus = |[b, v]: [f64; 2]| v - b;
    let [baseline, variant] = whole(&none);
    let value = variant - baseline;
    let mut drawn = answers.counts.zeros();
    let [values] = resample_crossed(names.len(), matched.len(), stream, |times, seed_times| {
        answers.figures(times, seed_times, &none, &mut drawn).map(|both| [minus(both)])
    });
    let (low, high) = interval(value, values);
    let shares = answers.shares();
    let p = permutation(names.len(), value, stream, |exchanged| {
        let quick = shares.as_ref().and_then(|shares| surely(shares, exchanged, value));
        quick.unwrap_or_else(|| minus(whole(exchanged)))
    });
    let [baseline_only, variant_only] =
        [-1, 1].map(|sign| gains.iter().filter(|(_, gain)| gain.signum() == sign).count() as u64);
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
        n: gains.len(),
        speakers: heard,
        seeds: pairs.len(),
    })
}

/// Both predictions of each clip, in order of clip.
fn matched<'a>(pair: &Pair<'a>) -> Result<Vec<[&'a Prediction; 2]>, PairedError> {
    let baseline = by_clip(pair.baseline)?;
    let variant = by_clip(pair.variant)?;
    let missing = |a: &[&'a Prediction], b: &[&Prediction]| -> Vec<&'a str> {
        let lacks = |p: &&&Prediction| b.binary_search_by(|other| other.clip.cmp(&p.clip)).is_err();
        a.iter().filter(lacks).map(|p| p.clip.as_str()).collect()
    };
    if baseline.len() != variant.len() || baseline.iter().zip(&variant).any(|(b, v)| b.clip != v.clip) {
        let [baseline_only, variant_only] = [missing(&baseline, &variant), missing(&variant, &baseline)];
        let example = baseline_only.first().or(variant_only.first()).copied().unwrap_or_default();
        return Err(PairedError::DifferentClips {
            baseline_only: baseline_only.len(),
            variant_only: variant_only.len(),
            example: example.to_owned(),
        });
    }
    let both = baseline.into_iter().zip(variant);
    both.map(|(b, v)| {
        let same = b.truth == v.truth && b.speaker == v.speaker;
        if same { Ok([b, v]) } else { Err(PairedError::DifferentTruth { clip: b.clip.clone() }) }
    })
    .collect()
}

/// The predictions in order of clip, as files mostly have them.
fn by_clip(predictions: &[Prediction]) -> Result<Vec<&Prediction>, PairedError> {
    let mut clips: Vec<&Prediction> = predictions.iter().collect();
    if clips.is_sorted_by(|a, b| a.clip < b.clip) {
        return Ok(clips);
    }
    let mut known = BTreeSet::new();
    match predictions.iter().find(|p| !known.insert(&p.clip)) {
        Some(p) => Err(PairedError::Twice { clip: p.clip.clone() }),
        None => {
            clips.sort_by(|a, b| a.clip.cmp(&b.clip));
            Ok(clips)
        }
    }
}
