//! `list` and `show`: what lies in the folder of runs.

use super::args::Folders;
use super::exit::Exit;
use super::{Outcome, output};
use crate::record::{self, StoredRun};
use crate::report;
use std::path::Path;

/// All runs.
pub fn list(json: bool, folders: &Folders) -> Outcome {
    let runs = record::runs(&folders.runs)?;
    if runs.is_empty() && !json {
        let runs = folders.runs.display();
        output::note(&format!("no runs in {runs}; `serlab run SPEC` makes some, --runs names another folder"));
        return Ok(Exit::Done);
    }
    let format = if json { report::Format::Json } else { report::Format::Text };
    output::result(&report::list(&runs).render(format, "runs"));
    Ok(Exit::Done)
}

/// One run, or an experiment: all its runs together.
pub fn show(selector: &str, json: bool, folders: &Folders) -> Outcome {
    let found = record::find(&folders.runs, selector)?;
    let together = |run: &StoredRun| run.name.is_among(selector) || Path::new(selector).is_dir();
    let text = match found.as_slice() {
        // The start of several ids, or a name that several runs have, means one of them, and not all together.
        several if several.len() == 1 || !several.iter().all(together) => {
            let run = record::find_one(&folders.runs, selector)?;
            if json { report::show_json(&run)? } else { report::show(&run)? }
        }
        all if json => report::show_experiment_json(all)?,
        all => report::show_experiment(all)?,
    };
    output::result(&text);
    Ok(Exit::Done)
}
