//! `compare`: variants side by side.

use super::args::{About, Folders, Format};
use super::exit::{Exit, Failure};
use super::{Outcome, output};
use crate::evaluate::{Looks, Question};
use crate::record::{self, StoredRun};
use crate::report::{self, Asked};
use std::collections::BTreeSet;
use std::path::Path;

/// Compares runs or experiments.
pub fn compare(
    selectors: &[String],
    baseline: Option<&str>,
    ensemble: bool,
    about: &About,
    format: Format,
    folders: &Folders,
) -> Outcome {
    let question = if about.networks { Question::Networks } else { Question::Recipes };
    let runs = selected(selectors, folders)?;
    // The looks were at recipes, and at the baseline that a comparison has by itself.
    let looks = if about.networks || baseline.is_some() { None } else { looks(&runs)? };
    let asked = Asked { baseline, question, looks: looks.as_ref(), looking: false, ensemble };
    let comparison = report::compare(&runs, &asked)?;
    output::result(&comparison.render(format.into(), about.why));
    Ok(Exit::Done)
}

/// The comparison of runs as text, as `run` ends with it.
pub fn text(runs: &[StoredRun]) -> Result<String, Failure> {
    let looks = looks(runs)?;
    let comparison = report::compare(runs, &Asked { looks: looks.as_ref(), ..Asked::default() })?;
    Ok(comparison.render(Format::Text.into(), false))
}

/// The looks that the runs' experiment was added to by, if it was; of several experiments nobody has looked at the whole.
fn looks(runs: &[StoredRun]) -> Result<Option<Looks>, Failure> {
    let folders: BTreeSet<&Path> = runs.iter().filter_map(|run| run.dir.parent()).collect();
    match folders.first() {
        Some(folder) if folders.len() == 1 => Ok(record::read_looks(folder)?),
        _ => Ok(None),
    }
}

/// The runs that are meant, each once.
fn selected(selectors: &[String], folders: &Folders) -> Result<Vec<StoredRun>, Failure> {
    let mut runs: Vec<StoredRun> = Vec::new();
    for selector in selectors {
        for run in record::find(&folders.runs, selector)? {
            if runs.iter().all(|known| known.dir != run.dir) {
                runs.push(run);
            }
        }
    }
    Ok(runs)
}
