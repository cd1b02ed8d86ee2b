//! What is checked and worked out before the first epoch.

use super::fit::Job;
use super::{Examples, Train, TrainError};
use crate::kind::{Context, Described, Problem};
use crate::seed::streams;
use serde_json::json;

/// What training needs beyond its settings.
pub(super) struct Prepared {
    /// One weight a class, counted on training rows.
    pub class_weights: Vec<f64>,
    /// Hash of all that a checkpoint must agree with.
    pub identity: String,
}

/// Checks that there is something to train and that the parts fit together. `misfits` says which settings do not fit so many
/// training rows, validation rows and classes.
pub(super) fn prepare(
    job: &Job<'_>,
    misfits: fn(&Train, usize, usize, usize) -> Vec<Problem>,
) -> Result<Prepared, TrainError> {
    let (settings, training) = (job.settings, job.training);
    let around = Context { epochs: settings.epochs, ..Context::default() };
    let problems = settings.problems(&around);
    if !problems.is_empty() {
        return Err(TrainError::Settings(problems));
    }
    let counts = class_counts(training, "training")?;
    if let Some(validation) = job.validation {
        class_counts(validation, "validation")?;
        let (expected, actual) = (describe(training), describe(validation));
        if expected != actual {
            return Err(TrainError::PartsDiffer { expected, actual });
        }
    }
    let validation = job.validation.map_or(0, |rows| rows.len());
    let misfits = misfits(settings, training.len(), validation, training.classes());
    if !misfits.is_empty() {
        return Err(TrainError::Settings(misfits));
    }
    let class_weights = settings.class_weights.of(&counts).expect("one weight a class was just checked");
    Ok(Prepared { class_weights, identity: identity(job) })
}

/// Rows of each class; an error where there are none at all or a label is out of range.
fn class_counts(examples: &dyn Examples, part: &'static str) -> Result<Vec<usize>, TrainError> {
    let shape = examples.shape();
    let mut counts = vec![0; examples.classes()];
    if examples.len() * shape.channels * shape.bins * shape.frames * counts.len() == 0 {
        return Err(TrainError::Empty { part });
    }
    let classes = counts.len();
    for row in 0..examples.len() {
        let label = examples.label(row);
        *counts.get_mut(label).ok_or(TrainError::Label { part, row, label, classes })? += 1;
    }
    Ok(counts)
}

fn describe(examples: &dyn Examples) -> String {
    let shape = examples.shape();
    let sizes = format!("{} x {} x {}", shape.channels, shape.bins, shape.frames);
    format!("{sizes} values and {} classes", examples.classes())
}

/// Hash of the version, the settings, the seeds, and the shapes and labels of all rows. What the rows hold is not read.
fn identity(job: &Job<'_>) -> String {
    let labels = |examples: &dyn Examples| -> Vec<usize> { (0..examples.len()).map(|i| examples.label(i)).collect() };
    let what = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "settings": job.settings,
        "augment": job.augment,
        "seeds": job.seeds.stream(streams::IDENTITY, &[]).bits(),
        "rows": describe(job.training),
        "training": labels(job.training),
        "validation": job.validation.map(|v| labels(v)),
    });
    blake3::hash(what.to_string().as_bytes()).to_hex().to_string()
}
