//! `list`, `show` and `verify`: what lies in the folder of runs.

use super::args::Folders;
use super::exit::{Exit, Failure};
use super::{Outcome, output};
use crate::record::{self, RunState};
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

/// Holds a run's files against its seal; exit 1 where they differ.
pub fn verify(selector: &str, folders: &Folders) -> Outcome {
    let run = record::find_one(&folders.runs, selector)?;
    match &run.state {
        RunState::Sealed => {
            output::result(&format!("{}: every file is as it was sealed", run.name));
            Ok(Exit::Done)
        }
        RunState::Tampered(files) => {
            let lines: Vec<String> = files.iter().map(|t| format!("  {}: {}", t.file, t.why)).collect();
            output::result(&format!("{}: TAMPERED\n{}", run.name, lines.join("\n")));
            Ok(Exit::No)
        }
        state => {
            let message = format!("{}: {} ({}); only sealed runs can be verified", run.name, state.word(), state.why());
            Err(Failure::new(Exit::Usage, message))
        }
    }
}
