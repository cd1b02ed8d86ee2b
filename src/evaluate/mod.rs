//! What a network's answers are worth: figures with intervals, and fair comparisons between runs.
//!
//! [`evaluate`] turns test predictions into an [`Evaluation`]: accuracy, unweighted average recall, F1, per-class figures
//! and the confusion matrix. [`compare`] says whether two variants differ on the same clips, [`change`] what a more
//! honest split costs, [`Summary`] and [`over_seeds`] what several seeds say together, [`possible`] whether a published figure
//! can come from a test set of a given size, and [`PredictionInterval`] whether one more run might have had it.
//!
//! Clips of one speaker resemble each other, so 2,000 clips of 20 speakers tell less than 2,000 independent ones. All
//! bootstrap intervals and permutation tests here therefore draw and exchange whole speakers. Where there is one speaker
//! only (a fold of `leave-one-speaker-out`) clips are drawn instead, and the [`Method`] says so.
//!
//! To add one (a metric): add it to [`Metric`] in `metric.rs` (its name, unit, direction and formula over a
//! [`Confusion`]), the formula itself to `confusion.rs` with an example by hand, and, if every run should report it, a field
//! to [`Evaluation`] here. Comparisons and summaries take any metric.

mod bill;
mod bootstrap;
mod claim;
mod confusion;
mod grim;
mod interval;
mod metric;
mod paired;
mod seeds;
mod significance;
#[cfg(test)]
mod tests;

pub use bill::{Change, change};
pub use bootstrap::RESAMPLES;
pub use claim::{
    Claim, FEWEST_SEEDS, Fit, Impossible, Noise, PredictionInterval, Ruling, effective_clips, speakers_tested,
    t_quantile,
};
pub use confusion::{ClassFigures, Confused, Confusion};
pub use grim::{decimals_written, possible};
pub use interval::{Estimate, Method, wilson};
pub use metric::{Direction, Metric};
pub use paired::{Difference, Pair, PairedError, SIGNIFICANT, Verdict, compare, correct};
pub use seeds::{Summary, mean_sd, over_seeds};
pub use significance::{McNemar, PERMUTATIONS, holm, mcnemar, smallest_p};

use crate::seed::Stream;
use bootstrap::{Unit, interval, units};
use serde::{Deserialize, Serialize};

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
    /// One probability a class; they sum to 1.
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

/// Evaluates test predictions. Intervals are at 95 %; `stream` drives the bootstrap ([`RESAMPLES`] resamples).
///
/// Classes that no clip has are left out of `uar`, as in scikit-learn's `balanced_accuracy_score`. Without predictions
/// every figure is NaN.
///
/// # Panics
/// Where a class index is not below `labels.len()`.
pub fn evaluate(labels: &[String], predictions: &[Prediction], stream: &mut Stream) -> Evaluation {
    let confusion = Confusion::of(labels.len(), predictions.iter().map(|p| (p.truth, p.predicted)));
    let (method, units) = units(predictions, labels.len());
    let metrics = [Metric::Accuracy, Metric::Uar, Metric::WeightedF1, Metric::MacroF1];
    let resampled = bootstrap::resample(units.len(), stream, |times| {
        let drawn = together(&units, times, labels.len());
        metrics.map(|m| m.of_confusion(&drawn))
    });
    let mut estimates = metrics.iter().zip(resampled).map(|(m, values)| {
        let value = m.of_confusion(&confusion);
        let (low, high) = interval(value, values);
        Estimate { value, low, high, method }
    });
    let mut next = || estimates.next().expect("one estimate a metric");
    let [accuracy_over_speakers, uar, weighted_f1, macro_f1] = std::array::from_fn(|_| next());

    Evaluation {
        labels: labels.to_vec(),
        n: predictions.len(),
        speakers: bootstrap::speakers(predictions).len(),
        accuracy: Estimate::wilson(confusion.right(), confusion.n()),
        accuracy_over_speakers,
        uar,
        weighted_f1,
        macro_f1,
        classes: confusion.classes(labels),
        most_confused: confusion.most_confused(labels, 10),
        confusion: confusion.rows(),
    }
}

/// The confusion of a resample that holds unit i `times[i]` times.
fn together(units: &[Unit], times: &[u64], classes: usize) -> Confusion {
    let mut drawn = Confusion::new(classes);
    for (unit, &times) in units.iter().zip(times).filter(|(_, t)| **t > 0) {
        unit.add_to(&mut drawn, times);
    }
    drawn
}
