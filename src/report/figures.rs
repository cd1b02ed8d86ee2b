//! The figures of a variant: mean, spread and interval over its seeds.

use super::group::Group;
use super::validation::Validation;
use crate::evaluate::{Components, Confusion, Estimated, Evaluation, Metric, Question, Summary, estimate};
use crate::record::StoredRun;
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
    /// Lower end of the 95 % interval of [`estimate()`]: what to expect of other speakers, and of the recipe trained again. None where
    /// predictions cannot be read.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// What is drawn anew for the interval; empty where there is none.
    pub interval: String,
    /// Standard error of the mean.
    pub standard_error: Option<f64>,
    /// Its degrees of freedom.
    pub degrees: Option<f64>,
    /// By how much figures differ, by source.
    pub components: Option<Components>,
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
    /// What picked the epochs; none where that cannot be told.
    pub validation: Option<Validation>,
    /// Whether it is a point of a grid.
    pub in_grid: bool,
    /// What must be printed beside the figures.
    pub stamps: Vec<String>,
}

impl VariantSummary {
    /// The figure of a metric.
    pub fn figure(&self, metric: Metric) -> Option<&Figure> {
        self.figures.iter().find(|f| f.metric == metric)
    }

    /// What is known of a group, and what must be told of it.
    pub(super) fn of(group: &Group<'_>, left_out: usize, question: Question) -> (Self, Option<String>) {
        let first = group.seeds.values().next().map_or(&[][..], Vec::as_slice);
        let (estimates, note) = match estimates(group, question) {
            Ok(estimates) => (estimates, None),
            Err(why) => ([None; METRICS.len()], Some(format!("{} has no intervals: {why}", group.label))),
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
            figures: figures(group, &estimates),
            validation: None,
            in_grid: group.grid_of().is_some(),
            stamps: group.stamps(),
        };
        (summary, note)
    }
}

fn evaluation(run: &StoredRun) -> Option<&Evaluation> {
    run.evaluation.as_ref().map(|file| &file.evaluation)
}

/// What the predictions say of each of the [`METRICS`].
fn estimates(group: &Group<'_>, question: Question) -> Result<[Option<Estimated>; METRICS.len()], String> {
    let mut labels = Vec::new();
    let answers = group.answers(&mut labels)?;
    let networks = answers.networks();
    Ok(METRICS.map(|metric| estimate(labels.len(), metric, &networks, question)))
}

fn figures(group: &Group<'_>, estimates: &[Option<Estimated>; METRICS.len()]) -> Vec<Figure> {
    let figure = |(metric, found): (&Metric, &Option<Estimated>)| {
        let values: Vec<f64> = group.seeds.values().map(|runs| value(*metric, runs)).collect();
        let summary = Summary::of(&values)?;
        let found = found.filter(|e| !e.estimate.low.is_nan());
        Some(Figure {
            metric: *metric,
            mean: summary.mean,
            sd: summary.sd,
            min: summary.min,
            max: summary.max,
            low: found.map(|e| e.estimate.low.min(summary.mean)),
            high: found.map(|e| e.estimate.high.max(summary.mean)),
            interval: found.map(|e| e.estimate.method.to_string()).unwrap_or_default(),
            standard_error: found.map(|e| e.standard_error),
            degrees: found.and_then(|e| e.degrees),
            components: found.map(|e| e.components),
            values,
        })
    };
    METRICS.iter().zip(estimates).filter_map(figure).collect()
}

/// The value of a seed: from the confusion of all its folds together.
fn value(metric: Metric, runs: &[&StoredRun]) -> f64 {
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
