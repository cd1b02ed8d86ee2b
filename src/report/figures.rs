//! The figures of a variant: mean, spread and interval over its seeds.

use super::group::Group;
use crate::evaluate::{Confusion, Estimate, Evaluation, Metric, Summary, evaluate};
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
    /// Lower end of the 95 % interval.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// How the interval was made: Student's t over seeds, or, for a single seed, that of its predictions.
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

    pub(super) fn of(group: &Group<'_>, left_out: usize) -> Self {
        let first = group.seeds.values().next().map_or(&[][..], Vec::as_slice);
        Self {
            label: group.label.clone(),
            experiment: group.experiment.clone(),
            variant: group.variant.clone(),
            seeds: group.seeds.keys().copied().collect(),
            folds: group.seeds.values().map(Vec::len).max().unwrap_or(0),
            runs: group.runs().count(),
            left_out,
            clips: first.iter().filter_map(|r| evaluation(r)).map(|e| e.n).sum(),
            parameters: first.first().and_then(|r| r.evaluation.as_ref()).map_or(0, |e| e.parameters),
            figures: figures(group),
            stamps: group.stamps(),
        }
    }
}

fn evaluation(run: &StoredRun) -> Option<&Evaluation> {
    run.evaluation.as_ref().map(|file| &file.evaluation)
}

fn figures(group: &Group<'_>) -> Vec<Figure> {
    let single = (group.seeds.len() == 1).then(|| group.seeds.keys().next()).flatten();
    let single = single.and_then(|seed| one_seed(group, *seed));
    METRICS
        .iter()
        .filter_map(|metric| {
            let values: Vec<f64> = group.seeds.values().map(|runs| value(*metric, runs)).collect();
            let summary = Summary::of(&values)?;
            let estimate = single.as_ref().map(|e| estimate(e, *metric));
            let interval = match &estimate {
                Some(estimate) => estimate.method.to_string(),
                None if values.len() > 1 => "t over seeds".to_owned(),
                None => String::new(),
            };
            Some(Figure {
                metric: *metric,
                mean: summary.mean,
                sd: summary.sd,
                min: summary.min,
                max: summary.max,
                low: estimate.as_ref().map(|e| e.low).or(summary.low),
                high: estimate.as_ref().map(|e| e.high).or(summary.high),
                interval,
                values,
            })
        })
        .collect()
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

/// What the predictions of a single seed say of themselves; of several folds it is worked out from all of them.
fn one_seed(group: &Group<'_>, seed: u64) -> Option<Evaluation> {
    let runs = &group.seeds[&seed];
    if let [run] = runs.as_slice() {
        return evaluation(run).cloned();
    }
    let (labels, predictions) = group.predictions(seed, &group.folds(seed)).ok()?;
    Some(evaluate(&labels, &predictions, &mut Seeds::new(0).stream("compare: one seed", &[])))
}

fn estimate(evaluation: &Evaluation, metric: Metric) -> Estimate {
    match metric {
        Metric::Uar => evaluation.uar,
        Metric::WeightedF1 => evaluation.weighted_f1,
        Metric::MacroF1 => evaluation.macro_f1,
        // The interval over speakers, as the others have it, rather than Wilson's.
        Metric::Accuracy | Metric::Loss => evaluation.accuracy_over_speakers,
    }
}
