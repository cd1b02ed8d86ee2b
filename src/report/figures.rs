//! The figures of a variant: mean, spread and interval over its seeds.

use super::group::Group;
use super::validation::Validation;
use crate::evaluate::{
    ClassFigures, Components, Confused, Confusion, Estimated, Evaluation, Metric, Question, Summary, estimate,
};
use crate::record::StoredRun;
use serde::Serialize;

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

/// Which classes are taken for which, all folds and seeds together: a clip counts once for each network that was asked.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pooled {
    /// Names of the classes.
    pub labels: Vec<String>,
    /// Answers by `[truth][predicted]`.
    pub confusion: Vec<Vec<u64>>,
    /// Figures of each class.
    pub classes: Vec<ClassFigures>,
    /// The largest off-diagonal cells, largest first, ten at most.
    pub most_confused: Vec<Confused>,
}

impl Pooled {
    fn of(group: &Group<'_>) -> Self {
        let (labels, confusion) = pooled(group.runs());
        Self::new(labels, &confusion)
    }

    /// What this matrix says.
    pub(super) fn new(labels: Vec<String>, confusion: &Confusion) -> Self {
        Self {
            classes: confusion.classes(&labels),
            most_confused: confusion.most_confused(&labels, 10),
            confusion: confusion.rows(),
            labels,
        }
    }
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
    /// What the answers of all its runs confuse.
    pub pooled: Pooled,
    /// What picked the epochs; none where that cannot be told.
    pub validation: Option<Validation>,
    /// The part that it lacks, where it is an ablation.
    pub without: Option<String>,
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
            pooled: Pooled::of(group),
            validation: None,
            without: group.ablates.as_ref().map(|(_, part)| part.clone()),
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
        // The folds of a seed are one test of all their clips.
        let value = |runs: &Vec<&StoredRun>| metric.of_confusion(&pooled(runs.iter().copied()).1);
        let values: Vec<f64> = group.seeds.values().map(value).collect();
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

/// The confusion of all these runs together: their clips counted once a run.
fn pooled<'a>(runs: impl IntoIterator<Item = &'a StoredRun>) -> (Vec<String>, Confusion) {
    let evaluations: Vec<&Evaluation> = runs.into_iter().filter_map(evaluation).collect();
    // Classes by name, so that folds whose labels come in another order are added rightly.
    let mut labels: Vec<String> = Vec::new();
    for label in evaluations.iter().flat_map(|e| &e.labels) {
        if !labels.contains(label) {
            labels.push(label.clone());
        }
    }
    let mut together = Confusion::new(labels.len());
    for evaluation in evaluations {
        let place = |label: &String| labels.iter().position(|l| l == label).expect("every label was taken up");
        let places: Vec<usize> = evaluation.labels.iter().map(place).collect();
        for (truth, row) in evaluation.confusion.iter().enumerate() {
            for (predicted, count) in row.iter().enumerate() {
                (0..*count).for_each(|_| together.add(places[truth], places[predicted]));
            }
        }
    }
    (labels, together)
}
