//! The first stage at which two runs part.

use super::{tables, text};
use crate::record::{Epochs, FileName, RecordError, float};
use serde_json::Value;
use std::fmt;
use std::path::Path;

/// The stages of a run, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Settings, seed and code: what was asked.
    Question,
    /// The recordings.
    Corpus,
    /// Which row is in which partition.
    Split,
    /// What was computed from the recordings.
    Features,
    /// How the features become an input: its length, what it is filled up with, its scaling.
    Input,
    /// The network before the first step.
    InitialWeights,
    /// The steps and epochs.
    Training,
    /// The network after the best epoch.
    Weights,
    /// What it answered to the test rows.
    Predictions,
    /// The figures.
    Evaluation,
    /// The pictures of them.
    Plots,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Question => "the question",
            Self::Corpus => "the corpus",
            Self::Split => "the split",
            Self::Features => "the features",
            Self::Input => "the network's input",
            Self::InitialWeights => "the initial weights",
            Self::Training => "training",
            Self::Weights => "the weights",
            Self::Predictions => "the predictions",
            Self::Evaluation => "the evaluation",
            Self::Plots => "the plots",
        })
    }
}

/// Where two runs part, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The stage.
    pub stage: Stage,
    /// In what they differ there: the clip, the epoch, the step.
    pub what: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.stage, self.what)
    }
}

/// Where the results in two run directories part first; `None` where all their result files are the same.
///
/// # Errors
/// A file that cannot be read.
pub fn first_difference(first: &Path, second: &Path) -> Result<Option<Difference>, RecordError> {
    type Compare = fn(&str, &str) -> Option<Difference>;
    let stages: [(FileName, Compare); 11] = [
        (FileName::Inputs, corpus),
        (FileName::Split, split),
        (FileName::Inputs, features),
        (FileName::NetInput, |a, b| json(Stage::Input, FileName::NetInput, a, b)),
        (FileName::Stages, initial_weights),
        (FileName::Steps, steps),
        (FileName::Epochs, epochs),
        (FileName::Model, |_, _| some(Stage::Weights, "the weights of the best epoch differ")),
        (FileName::Predictions, predictions),
        (FileName::Evaluation, |a, b| json(Stage::Evaluation, FileName::Evaluation, a, b)),
        (FileName::Stages, |_, _| some(Stage::Features, "stages.json differs")),
    ];
    for (file, compare) in stages {
        let (a, b) = (text(first, file)?, text(second, file)?);
        if a == b {
            continue;
        }
        if a.is_empty() || b.is_empty() {
            let which = if a.is_empty() { "first" } else { "second" };
            return Ok(some(Stage::Question, &format!("the {which} has no {file}; it was made by another version")));
        }
        if let Some(difference) = compare(&a, &b) {
            return Ok(Some(difference));
        }
    }
    plots(first, second)
}

fn some(stage: Stage, what: &str) -> Option<Difference> {
    Some(Difference { stage, what: what.to_owned() })
}

/// Clip, content, features: other content.
fn corpus(a: &str, b: &str) -> Option<Difference> {
    let other = |a: &[String], b: &[String]| (a.get(1) != b.get(1)).then(|| "has other bytes".to_owned());
    tables::several(Stage::Corpus, "row", &tables::changed(a, b, other))
}

/// Clip, source, speaker, label, partition.
fn split(a: &str, b: &str) -> Option<Difference> {
    let mut lines = tables::changed(a, b, |a, b| {
        let at = (1..a.len().max(b.len())).rev().find(|&i| a.get(i) != b.get(i))?;
        let cell = |row: &[String]| row.get(at).cloned().unwrap_or_default();
        Some(format!("is {} in the first and {} in the second", cell(a), cell(b)))
    });
    lines.extend(tables::unmatched(a, b));
    let order = || Some(Difference { stage: Stage::Split, what: "the rows are in another order".to_owned() });
    tables::several(Stage::Split, "row", &lines).or_else(order)
}

fn features(a: &str, b: &str) -> Option<Difference> {
    let other = |a: &[String], b: &[String]| (a.get(2) != b.get(2)).then(|| "has other features".to_owned());
    tables::several(Stage::Features, "row", &tables::changed(a, b, other))
}

fn initial_weights(a: &str, b: &str) -> Option<Difference> {
    let hash = |text: &str| Some(serde_json::from_str::<Value>(text).ok()?.get("initial_weights")?.clone());
    (hash(a) != hash(b))
        .then(|| Difference { stage: Stage::InitialWeights, what: "the network begins with other weights".to_owned() })
}

/// Epoch, step, loss.
fn steps(a: &str, b: &str) -> Option<Difference> {
    let (a, b) = (tables::rows(a), tables::rows(b));
    let at = a.iter().zip(&b).position(|(a, b)| a != b);
    let name = |row: &[String]| match row {
        [epoch, step, ..] => format!("epoch {epoch}, step {step}"),
        _ => "a row that is none".to_owned(),
    };
    let loss = |row: &[String]| row.get(2).cloned().unwrap_or_default();
    let what = match at {
        Some(at) if name(&a[at]) == name(&b[at]) => {
            format!("{}: the loss is {} in the first and {} in the second", name(&a[at]), loss(&a[at]), loss(&b[at]))
        }
        Some(at) => format!("{} in the first is {} in the second", name(&a[at]), name(&b[at])),
        None => {
            let (longer, which) = if a.len() > b.len() { (&a, "first") } else { (&b, "second") };
            format!("only the {which} has {}", name(longer.get(a.len().min(b.len()))?))
        }
    };
    Some(Difference { stage: Stage::Training, what })
}

fn epochs(a: &str, b: &str) -> Option<Difference> {
    let what = match (Epochs::parse(a), Epochs::parse(b)) {
        (Ok((a, _)), Ok((b, _))) => {
            let same = |a: &f64, b: &f64| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan();
            let cells = a.rows.iter().zip(&b.rows).enumerate().flat_map(|(epoch, (x, y))| {
                x.iter().zip(y).zip(&a.columns).map(move |((x, y), column)| (epoch + 1, column, *x, *y))
            });
            let differs = cells.into_iter().find(|(_, _, x, y)| !same(x, y));
            differs.map_or("the epochs differ".to_owned(), |(epoch, column, x, y)| {
                format!("epoch {epoch}: {column} is {} in the first and {} in the second", float(x), float(y))
            })
        }
        (Err(why), _) | (_, Err(why)) => format!("epochs.csv: {why}"),
    };
    Some(Difference { stage: Stage::Training, what })
}

/// Clip, speaker, truth, predicted, probabilities.
fn predictions(a: &str, b: &str) -> Option<Difference> {
    let mut lines = tables::changed(a, b, |a, b| {
        let at = (1..a.len().max(b.len())).find(|&i| a.get(i) != b.get(i))?;
        let column = ["speaker", "truth", "answer"].get(at - 1).copied().unwrap_or("probability");
        let cell = |row: &[String]| row.get(at).cloned().unwrap_or_default();
        Some(format!("has {column} {} in the first and {} in the second", cell(a), cell(b)))
    });
    lines.extend(tables::unmatched(a, b));
    let order = || Some(Difference { stage: Stage::Predictions, what: "the rows are in another order".to_owned() });
    tables::several(Stage::Predictions, "row", &lines).or_else(order)
}

/// Two JSON documents that are not the same.
fn json(stage: Stage, file: FileName, a: &str, b: &str) -> Option<Difference> {
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
    let what = key_that_differs("", &read(a), &read(b)).unwrap_or_else(|| format!("{file} differs"));
    Some(Difference { stage, what })
}

/// The first key, in order, whose values are not the same, with both.
fn key_that_differs(at: &str, a: &Value, b: &Value) -> Option<String> {
    let under = |key: &str| if at.is_empty() { key.to_owned() } else { format!("{at}.{key}") };
    let missing = Value::Null;
    match (a, b) {
        (Value::Object(x), Value::Object(y)) => {
            let keys = x.keys().chain(y.keys().filter(|key| !x.contains_key(*key)));
            keys.into_iter().find_map(|key| {
                key_that_differs(&under(key), x.get(key).unwrap_or(&missing), y.get(key).unwrap_or(&missing))
            })
        }
        (Value::Array(x), Value::Array(y)) if x.len() == y.len() => {
            x.iter().zip(y).enumerate().find_map(|(i, (x, y))| key_that_differs(&format!("{at}[{i}]"), x, y))
        }
        _ => (a != b).then(|| format!("{at} is {a} in the first and {b} in the second")),
    }
}

fn plots(first: &Path, second: &Path) -> Result<Option<Difference>, RecordError> {
    let read = |folder: &Path, file: FileName| std::fs::read(folder.join(file.path())).ok();
    let differing = FileName::ALL.into_iter().filter(|f| matches!(f, FileName::Plot(..)));
    let differing = differing.filter(|f| read(first, *f) != read(second, *f));
    let lines: Vec<String> = differing.map(|file| format!("{file} differs")).collect();
    Ok(tables::several(Stage::Plots, "file", &lines))
}
