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
    /// A protocol of a leak bill has nothing to average.
    #[error("`{variant}` has no result under `{protocol}` ({states}); run or repair it, or leave the protocol out")]
    NoStep {
        /// The variant.
        variant: String,
        /// The protocol.
        protocol: String,
        /// How its runs stand.
        states: String,
    },
    /// The protocols of a leak bill have no seed in common.
    #[error(
        "the protocols of `{variant}` have results of different seeds ({seeds}); run the same seeds under all of them"
    )]
    NoCommonSeed {
        /// The variant.
        variant: String,
        /// Which protocol has which.
        seeds: String,
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
