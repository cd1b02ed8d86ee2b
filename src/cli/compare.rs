//! `compare`: variants side by side.

use super::args::{Folders, Format};
use super::exit::{Exit, Failure};
use super::{Outcome, output};
use crate::record::{self, StoredRun};
use crate::report;

/// Compares runs or experiments.
pub fn compare(selectors: &[String], baseline: Option<&str>, format: Format, folders: &Folders) -> Outcome {
    output::result(&rendered(selectors, baseline, format, folders)?);
    Ok(Exit::Done)
}

/// The comparison as text, as `run` ends with it.
pub fn text(selectors: &[String], folders: &Folders) -> Result<String, Failure> {
    rendered(selectors, None, Format::Text, folders)
}

fn rendered(
    selectors: &[String],
    baseline: Option<&str>,
    format: Format,
    folders: &Folders,
) -> Result<String, Failure> {
    let mut runs: Vec<StoredRun> = Vec::new();
    for selector in selectors {
        for run in record::find(&folders.runs, selector)? {
            if runs.iter().all(|known| known.dir != run.dir) {
                runs.push(run);
            }
        }
    }
    Ok(report::compare(&runs, baseline)?.render(format.into()))
}
