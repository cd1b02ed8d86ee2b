//! `verify` and `diff`: is a result true, and why do two differ?

use super::args::{DeviceName, Folders};
use super::exit::{Exit, Failure};
use super::progress::Display;
use super::signals::Signals;
use super::{Outcome, output, work};
use crate::evaluate::Metric;
use crate::record::{self, RunState, StoredRun};
use crate::run::{self, Compute, RunError};
use crate::split::SelectedOn;
use crate::verify::{self, RerunContext, VerifyError};

/// What is asked of `verify`.
pub struct Request {
    /// The run.
    pub selector: String,
    /// Whether to look at the seal only.
    pub quick: bool,
    /// `--set`: where things are now.
    pub sets: Vec<String>,
    /// Where to compute, if not where the run did.
    pub device: Option<DeviceName>,
    /// Where it lies.
    pub folders: Folders,
}

/// Holds a run's files against its seal and, unless `quick`, runs it again; exit 1 where anything differs.
pub fn verify(request: &Request) -> Outcome {
    let run = record::find_one(&request.folders.runs, &request.selector)?;
    match &run.state {
        RunState::Sealed if request.quick => {
            output::result(&format!("{}: every file is as it was sealed", run.name));
            Ok(Exit::Done)
        }
        RunState::Sealed => run_again(request, &run),
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

fn run_again(request: &Request, run: &StoredRun) -> Outcome {
    let kind = match request.device {
        Some(name) => work::kind(name),
        None => run.provenance()?.map(|p| run::DeviceKind::of(&p.device)).unwrap_or(run::DeviceKind::Cpu),
    };
    let compute = Compute::new(kind).map_err(|e| Failure::new(Exit::Usage, e))?;
    let signals =
        Signals::listen().map_err(|e| Failure::new(Exit::Failed, format!("cannot listen to signals: {e}")))?;
    let display = Display::new(signals.clone(), false);
    display.line(&format!("{}: as it was sealed; it is now run again, on {}", run.name, compute.name()));
    let again = RerunContext {
        compute: &compute,
        sets: &request.sets,
        build: &run::build_info(),
        clock: &work::clock(),
        stop: &|| signals.stop(),
    };
    let mut progress = display.run("again".to_owned(), SelectedOn::of(&run.config).called(), Metric::Uar);
    let found = verify::verify(run, &again, &mut progress);
    drop(progress);
    let verification = match found {
        Err(VerifyError::Stopped) => return Ok(signals.exit()),
        found => found.map_err(|e| Failure::new(exit(&e), format!("{}: {e}", run.name)))?,
    };
    let circumstances = verification.circumstances;
    let lines: String = circumstances.iter().map(|line| format!("\n  {line}")).collect();
    match verification.difference {
        None => {
            let although = if circumstances.is_empty() { "" } else { ", although" };
            output::result(&format!("{}: REPRODUCED, every byte of its result{although}{lines}", run.name));
            Ok(Exit::Done)
        }
        Some(difference) => {
            let reasons = if circumstances.is_empty() {
                "\n  program and machine are those of the record: the record or the corpus was changed".to_owned()
            } else {
                lines
            };
            let sides = "\n  (first: the record; second: the run made again)";
            let sides = if difference.what.contains(" the first") { sides } else { "" };
            output::result(&format!("{}: DIFFERS, first in {difference}{sides}{reasons}", run.name));
            Ok(Exit::No)
        }
    }
}

fn exit(error: &VerifyError) -> Exit {
    match error {
        VerifyError::Corpus { .. } => Exit::Data,
        VerifyError::Run(e) if !RunError::is_about_data(e) => Exit::Failed,
        VerifyError::Run(_) | VerifyError::Record(_) => Exit::Data,
        VerifyError::Settings(_) | VerifyError::Given(_) => Exit::Usage,
        VerifyError::Stopped => Exit::Stopped,
    }
}

/// Explains why two runs differ.
pub fn diff(selectors: [&str; 2], folders: &Folders) -> Outcome {
    let [first, second] = selectors.map(|selector| record::find_one(&folders.runs, selector));
    let (first, second) = (first?, second?);
    let explanation = verify::explain(&first, &second)?;
    let mut text = format!("first   {}  {}\nsecond  {}  {}\n", first.name, said(&first), second.name, said(&second));
    for (title, rows) in [("settings", explanation.settings), ("made with", explanation.circumstances)] {
        if rows.is_empty() {
            text += &format!("\n{title}: the same\n");
            continue;
        }
        text += &format!("\n{title}\n");
        let shown = |value: &str| if value.is_empty() { "-".to_owned() } else { value.to_owned() };
        for [name, a, b] in rows {
            text += &format!("  {name}\n    first   {}\n    second  {}\n", shown(&a), shown(&b));
        }
    }
    let results =
        explanation.difference.map_or("the same, byte for byte".to_owned(), |d| format!("differ first in {d}"));
    output::result(&format!("{text}\nresults: {results}"));
    Ok(Exit::Done)
}

/// How a run stands, with its accuracy.
fn said(run: &StoredRun) -> String {
    let accuracy = run.evaluation.as_ref().map(|e| format!(", accuracy {:.2} %", 100.0 * e.evaluation.accuracy.value));
    format!("{}{}", run.state.word(), accuracy.unwrap_or_default())
}
