//! What can go wrong with a report.

use super::plots::PlotError;
use crate::record::RecordError;

/// An error of the report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// There is nothing to report.
    #[error("there is no run to report")]
    NoRuns,
    /// No run asked for has a result.
    #[error("none of the {count} runs has a result ({states}); finish or repair them first")]
    NoResults {
        /// Runs asked for.
        count: usize,
        /// How many are in which state.
        states: String,
    },
    /// The baseline is not among the variants.
    #[error("the baseline `{baseline}` is not among the variants with results; they are {}", quoted(known))]
    UnknownBaseline {
        /// What was asked for.
        baseline: String,
        /// What there is.
        known: Vec<String>,
    },
    /// A format that does not exist.
    #[error("unknown format `{0}`, expected one of `text`, `markdown`, `csv`, `json`")]
    UnknownFormat(String),
    /// A file of a run.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// A plot.
    #[error(transparent)]
    Plot(#[from] PlotError),
}

fn quoted(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|n| format!("`{n}`")).collect();
    names.join(", ")
}
