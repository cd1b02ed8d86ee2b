//! The figures of a variant: mean, spread and interval over its seeds.

use super::group::Group;
use crate::evaluate::{Confusion, Estimate, Evaluation, Metric, Summary, over_seeds};
use crate::record::StoredRun;
use crate::seed::Seeds;
use serde::Serialize;
use std::collections::BTreeMap;

/// The metrics of a comparison, in the order of its columns.
pub(super) const METRICS: [Metric; 4] = [Metric::Accuracy, Metric::Uar, Metric::WeightedF1, Metric::MacroF1];

/// One metric of a variant.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    /// The metric.
    pub metric: Metric,
    /// Mean over the seeds. A seed's value is that of all its folds together, each clip counted once.
    pub mean: f64,
    /// Sample standard deviation over the seeds; none of a single one.
    pub sd: Option<f64>,
    /// The smallest seed.
    pub min: f64,
    /// The largest seed.
    pub max: f64,
    /// Lower end of the 95 % interval: what to expect of other speakers. Of a single run it is the one recorded with it, else
    /// that of [`over_seeds`]: speakers are drawn with all their clips in all seeds. None where predictions cannot be read.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// How the interval was made; empty where there is none.
    pub interval: String,
    /// The value of each seed, in order of seed.
    pub values: Vec<f64>,
}

/// One variant of a comparison.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VariantSummary {
    /// What tells it from the other variants of the comparison.
    pub label: String,
    /// The experiment.
    pub experiment: String,
    /// The variant.
    pub variant: String,
    /// Its seeds.
    pub seeds: Vec<u64>,
    /// The largest number of folds a seed has; 1 without folds.
    pub folds: usize,
    /// Runs with results.
    pub runs: usize,
    /// Runs of the variant that were left out: unfinished, failed, changed after sealing, or superseded.
    pub left_out: usize,
    /// Test clips of a seed, over all folds; those of the first seed.
    pub clips: usize,
    /// Trainable parameters of the network, those of the first run.
    pub parameters: u64,
    /// Accuracy, UAR, weighted and macro F1.
    pub figures: Vec<Figure>,
    /// What must be printed beside the figures.
    pub stamps: Vec<String>,
}

impl VariantSummary {
    /// The figure of a metric.
    pub fn figure(&self, metric: Metric) -> Option<&Figure> {
        self.figures.iter().find(|f| f.metric == metric)
    }

    /// What is known of a group, and what must be told of it.
    pub(super) fn of(group: &Group<'_>, left_out: usize) -> (Self, Option<String>) {
        let first = group.seeds.values().next().map_or(&[][..], Vec::as_slice);
        let (estimates, note) = match estimates(group) {
            Ok(estimates) => (estimates, None),
            Err(why) => (None, Some(format!("{} has no intervals: {why}", group.label))),
        };
        let summary = Self {
            label: group.label.clone(),
            experiment: group.experiment.clone(),
            variant: group.variant.clone(),
            seeds: group.seeds.keys().copied().collect(),
            folds: group.seeds.values().map(Vec::len).max().unwrap_or(0),
            runs: group.runs().count(),
            left_out,
            clips: first.iter().filter_map(|r| evaluation(r)).map(|e| e.n).sum(),
            parameters: first.first().and_then(|r| r.evaluation.as_ref()).map_or(0, |e| e.parameters),
            figures: figures(group, estimates.as_ref()),
            stamps: group.stamps(),
        };
        (summary, note)
    }
}

fn evaluation(run: &StoredRun) -> Option<&Evaluation> {
    run.evaluation.as_ref().map(|file| &file.evaluation)
}

/// What the predictions say of all [`METRICS`] together.
fn estimates(group: &Group<'_>) -> Result<Option<[Estimate; METRICS.len()]>, String> {
    let runs: Vec<&StoredRun> = group.runs().collect();
    if let [only] = runs.as_slice() {
        return Ok(evaluation(only).map(|e| METRICS.map(|metric| estimate(e, metric))));
    }
    let (classes, predictions) = group.all_predictions()?;
    // The same stream for every variant: an interval does not depend on what else is compared.
    let mut stream = Seeds::new(0).stream("compare: speakers over seeds", &[]);
    Ok(over_seeds(classes, METRICS, &predictions, &mut stream))
}

fn figures(group: &Group<'_>, estimates: Option<&[Estimate; METRICS.len()]>) -> Vec<Figure> {
    let figure = |(i, metric): (usize, &Metric)| {
        let values: Vec<f64> = group.seeds.values().map(|runs| value(*metric, runs)).collect();
        let summary = Summary::of(&values)?;
        let estimate = estimates.map(|e| e[i]).filter(|e| !e.low.is_nan());
        Some(Figure {
            metric: *metric,
            mean: summary.mean,
            sd: summary.sd,
            min: summary.min,
            max: summary.max,
            low: estimate.map(|e| e.low.min(summary.mean)),
            high: estimate.map(|e| e.high.max(summary.mean)),
            interval: estimate.map(|e| e.method.to_string()).unwrap_or_default(),
            values,
        })
    };
    METRICS.iter().enumerate().filter_map(figure).collect()
}

/// The value of a seed: from the confusion of all its folds together.
fn value(metric: Metric, runs: &[&StoredRun]) -> f64 {
    let mut evaluations = runs.iter().filter_map(|r| evaluation(r));
    if let (Some(only), None) = (evaluations.next(), evaluations.next()) {
        return estimate(only, metric).value;
    }
    // Classes by name, so that folds whose labels come in another order are added rightly.
    let mut classes: BTreeMap<&str, usize> = BTreeMap::new();
    for evaluation in runs.iter().filter_map(|r| evaluation(r)) {
        for label in &evaluation.labels {
            let next = classes.len();
            classes.entry(label).or_insert(next);
        }
    }
    let mut together = Confusion::new(classes.len());
    for evaluation in runs.iter().filter_map(|r| evaluation(r)) {
        let of = |i: usize| classes[evaluation.labels[i].as_str()];
        for (truth, row) in evaluation.confusion.iter().enumerate() {
            for (predicted, count) in row.iter().enumerate() {
                (0..*count).for_each(|_| together.add(of(truth), of(predicted)));
            }
        }
    }
    metric.of_confusion(&together)
}

fn estimate(evaluation: &Evaluation, metric: Metric) -> Estimate {
    match metric {
        Metric::Uar => evaluation.uar,
        Metric::WeightedF1 => evaluation.weighted_f1,
        Metric::MacroF1 => evaluation.macro_f1,
        // With the interval over speakers, as the others have it, rather than Wilson's.
        Metric::Accuracy | Metric::Loss => evaluation.accuracy_over_speakers,
    }
}
