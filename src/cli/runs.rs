//! `list` and `show`: what lies in the folder of runs.

use super::args::Folders;
use super::exit::Exit;
use super::{Outcome, output};
use crate::record;
use crate::report;

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

/// One run.
pub fn show(selector: &str, json: bool, folders: &Folders) -> Outcome {
    let run = record::find_one(&folders.runs, selector)?;
    output::result(&if json { report::show_json(&run)? } else { report::show(&run)? });
    Ok(Exit::Done)
}
