//! Is a recorded result true? A run is held against its record by being run again.
//!
//! [`verify`] rebuilds the plan of a sealed run from its `config.toml`, runs it into a temporary folder without any cache, and
//! compares what comes out byte for byte. Where it differs it names the first [`Stage`] that does: everything later follows
//! from it. [`first_difference`] does the comparing, and [`explain`] tells in what else two runs differ.
//!
//! To add a stage: a variant of [`Stage`] and its place in the list of `stages.rs`; what a run hands on there is written down
//! by `run/stages.rs`.

mod explain;
mod origin;
mod stages;
mod tables;
#[cfg(test)]
mod tests;

pub use explain::{Explanation, explain};
pub use stages::{Difference, Stage, first_difference};

use crate::data::DataError;
use crate::features::Cache;
use crate::record::{Build, FileName, Foreign, GitState, RecordError, StoredRun};
use crate::run::{CheckpointEvery, Compute, Context, Outcome, RunError, execute};
use crate::spec::SpecErrors;
use crate::train::Observer;
use std::path::Path;

/// What a run is verified with.
pub struct RerunContext<'a> {
    /// Where the network computes.
    pub compute: &'a Compute,
    /// Settings that say where things are now, as of `--set`: `corpus.ravdess.root=...`.
    pub sets: &'a [String],
    /// This program.
    pub build: &'a Build,
    /// Seconds since any fixed moment.
    pub clock: &'a (dyn Fn() -> f64 + Sync),
    /// Whether to stop.
    pub stop: &'a (dyn Fn() -> bool + Sync),
}

/// What came of it.
#[derive(Debug)]
pub struct Verification {
    /// The first stage that differs; none where every byte is the same.
    pub difference: Option<Difference>,
    /// In what this program and machine differ from those of the record: they may be why.
    pub circumstances: Vec<String>,
}

/// Why a run could not be verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// This version does not understand the settings of the record.
    #[error("the record's settings cannot be read by this version of serlab:\n{0}")]
    Settings(#[from] SpecErrors),
    /// What was given beside the record is no setting, or not of the kind that may be given.
    #[error("{0}")]
    Given(String),
    /// The corpus is not where it was.
    #[error("{source}{}", moved(at))]
    Corpus {
        /// Why it cannot be read.
        source: DataError,
        /// The keys of the settings that say where it is.
        at: Vec<String>,
    },
    /// The run fails when it is run again.
    #[error("run again it fails: {0}")]
    Run(#[from] RunError),
    /// A file of the record.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// It was asked to stop.
    #[error("stopped before the end; nothing can be said")]
    Stopped,
}

/// How to say where a corpus is now, whose record names its files as they were called then.
fn moved(at: &[String]) -> String {
    let sets: Vec<String> = at.iter().map(|key| format!("--set {key}=PLACE")).collect();
    if sets.is_empty() {
        return String::new();
    }
    let says = if sets.len() == 1 { "says" } else { "say" };
    format!("\nthe record names its files as they were called then; {} {says} where they are now", sets.join(" and "))
}

/// Runs a sealed run again from its record alone and compares every byte.
///
/// # Errors
/// See [`VerifyError`].
pub fn verify(
    stored: &StoredRun,
    again: &RerunContext<'_>,
    listener: &mut dyn Observer,
) -> Result<Verification, VerifyError> {
    let provenance = stored.provenance()?;
    let circumstances = provenance.as_ref().map_or_else(Vec::new, |then| explain::circumstances(then, again));
    let found = |difference| Ok(Verification { difference, circumstances: circumstances.clone() });
    let plan = match origin::plan(stored, again.sets)? {
        Ok(plan) => plan,
        Err(difference) => return found(Some(difference)),
    };
    let temporary = tempfile::tempdir().map_err(RecordError::io("create", &std::env::temp_dir()))?;
    let spec = FileName::Spec.path();
    let spec_text = std::fs::read_to_string(stored.dir.join(spec)).unwrap_or_default();
    let context = Context {
        runs: temporary.path(),
        // Not even a whole entry is believed: it may have been made by other code.
        cache: &Cache::open(None),
        scratch: None,
        compute: again.compute,
        spec_text: &spec_text,
        git: &GitState::default(),
        build: again.build,
        command_line: &[],
        checkpoints: CheckpointEvery::default(),
        foreign: Foreign::Refuse,
        clock: again.clock,
        stop: again.stop,
    };
    match execute(&plan, &context, listener)? {
        Outcome::Sealed(made, _) => found(first_difference(&stored.dir, &made)?),
        Outcome::Stopped => Err(VerifyError::Stopped),
    }
}

/// The text of a file, empty where there is none.
fn text(folder: &Path, file: FileName) -> Result<String, RecordError> {
    let path = folder.join(file.path());
    match std::fs::read(&path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        read => Ok(String::from_utf8_lossy(&read.map_err(RecordError::io("read", &path))?).into_owned()),
    }
}
