//! What a network's answers are worth: figures with intervals, and fair comparisons between recipes.
//!
//! [`evaluate`] turns test predictions into an [`Evaluation`]: accuracy, unweighted average recall, F1, per-class figures
//! and the confusion matrix. [`estimate`] says where the figure of a recipe lies, [`compare()`] whether two recipes differ on the
//! same clips, [`change`] what a more honest split costs, [`possible`] whether a published figure can come from a test set
//! of a given size, [`WholeSpeakers`] whether that test set can be whole speakers, and [`PredictionInterval`] whether one more
//! run might have had it.
//!
//! Two things are drawn anew in all of them ([`Question`]): clips of one speaker resemble each other, so the units are speakers,
//! and a recipe trained again is better or worse on all clips at once, so trained networks are units, too. `variance.rs` has the
//! one variance that all intervals and p values rest on. Where there is one speaker only (a fold of `leave-one-speaker-out`)
//! clips take their place, and the [`Method`] says so.
//!
//! To add one (a metric): add it to [`Metric`] in `metric.rs` (its name, unit, direction and formula over a
//! [`Confusion`]), the formula itself to `confusion.rs` with an example by hand, what one answer adds to it to `influence.rs`, and,
//! if every run should report it, a field to [`Evaluation`] here. Comparisons and summaries take any metric.

mod bill;
mod cells;
mod claim;
mod compare;
mod confusion;
mod grim;
mod influence;
mod interval;
mod metric;
mod multiple;
mod seeds;
mod sequential;
mod settle;
mod student;
#[cfg(test)]
mod tests;
mod variance;
mod whole_speakers;

pub use bill::{Change, change};
pub use cells::Network;
pub use claim::{
    Claim, Fit, Impossible, Noise, PredictionInterval, Ruling, claim_with_nulls, effective_clips, speakers_tested,
};
pub use compare::{
    CompareError, Components, Difference, FEWEST_NETWORKS, FEWEST_SPEAKERS, Question, SIGNIFICANT, Verdict, compare,
    too_few,
};
pub use confusion::{ClassFigures, Confused, Confusion};
pub use grim::{decimals_written, possible};
pub use interval::{Estimate, Method, wilson};
pub use metric::{Direction, Metric};
pub use multiple::{correct, holm};
pub use seeds::{Estimated, Summary, estimate, mean_sd};
pub use sequential::{Look, Looks, Settled, schedule};
pub use settle::Settle;
pub use student::{t_quantile, t_two_sided};
pub use whole_speakers::{NotWhole, WholeSpeakers};

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// One test clip's answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// The clip's id.
    pub clip: String,
    /// Who speaks.
    pub speaker: String,
    /// The right class.
    pub truth: usize,
    /// The class answered.
    pub predicted: usize,
    /// One probability a class; they sum to 1. None where the model gives answers only (`svm`): what needs them has no value then.
    pub probabilities: Vec<f32>,
}

/// Everything reported of one run's test predictions. All shares are in [0, 1].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Names of the classes, by index.
    pub labels: Vec<String>,
    /// Clips.
    pub n: usize,
    /// Speakers.
    pub speakers: usize,
    /// Share of clips answered right, with the Wilson interval, which takes clips as independent.
    pub accuracy: Estimate,
    /// The same share with the interval over speakers: what to expect of other speakers.
    pub accuracy_over_speakers: Estimate,
    /// Unweighted average recall: mean recall of the classes that the test clips have.
    pub uar: Estimate,
    /// Mean F1 of the classes, weighted by their clips.
    pub weighted_f1: Estimate,
    /// Plain mean F1 of the classes that occur among truths or answers.
    pub macro_f1: Estimate,
    /// Figures of each class.
    pub classes: Vec<ClassFigures>,
    /// Clips by `[truth][predicted]`.
    pub confusion: Vec<Vec<u64>>,
    /// The largest off-diagonal cells, largest first, ten at most.
    pub most_confused: Vec<Confused>,
}

/// Evaluates test predictions. Intervals are at 95 %, over speakers, the network being given.
///
/// Classes that no clip has are left out of `uar`, as in scikit-learn's `balanced_accuracy_score`. Without predictions
/// every figure is NaN.
///
/// # Panics
/// Where a class index is not below `labels.len()`.
pub fn evaluate(labels: &[String], predictions: &[Prediction]) -> Evaluation {
    let confusion = Confusion::of(labels.len(), predictions.iter().map(|p| (p.truth, p.predicted)));
    let network = [Network { seed: 0, fold: None, answers: predictions }];
    let over_speakers = |metric: Metric| match estimate(labels.len(), metric, &network, Question::Networks) {
        Some(found) => found.estimate,
        None => Estimate { value: f64::NAN, low: f64::NAN, high: f64::NAN, method: Method::Clips },
    };
    let speakers: BTreeSet<&str> = predictions.iter().map(|p| p.speaker.as_str()).collect();
    Evaluation {
        labels: labels.to_vec(),
        n: predictions.len(),
        speakers: speakers.len(),
        accuracy: Estimate::wilson(confusion.right(), confusion.n()),
        accuracy_over_speakers: over_speakers(Metric::Accuracy),
        uar: over_speakers(Metric::Uar),
        weighted_f1: over_speakers(Metric::WeightedF1),
        macro_f1: over_speakers(Metric::MacroF1),
        classes: confusion.classes(labels),
        most_confused: confusion.most_confused(labels, 10),
        confusion: confusion.rows(),
    }
}
