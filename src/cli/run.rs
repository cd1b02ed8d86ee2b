//! `run`: executes what is not sealed yet, then compares the variants.

use super::args::{Folders, Work};
use super::exit::{Exit, Failure};
use super::work::{Ended, execute_plan, failed, flag, hint, stored};
use super::{Outcome, compare, output, plan};
use crate::glob;
use crate::plan::{Plan, RunPlan};
use crate::record::RunName;
use crate::words::in_shell;
use std::collections::BTreeSet;
use std::path::Path;

/// Executes the runs of a spec, of which `only` may choose some.
pub fn run(path: &Path, work: &Work, only: Option<&str>) -> Outcome {
    let (spec, plan) = plan::load_plan(path, &work.sets, &work.folders.cache)?;
    let fits = |r: &&RunPlan| {
        only.is_none_or(|pattern| glob::matches(pattern, &plan::label(r)) || glob::matches(pattern, &r.cell.name))
    };
    let wanted: Vec<&RunPlan> = plan.runs.iter().filter(fits).collect();
    if wanted.is_empty() {
        let names: Vec<String> = plan.runs.iter().take(5).map(plan::label).collect();
        let message = format!("no run fits --only {}; there are {}, ...", only.unwrap_or_default(), names.join(", "));
        return Err(Failure::new(Exit::Usage, message));
    }
    plan::silence(path, wanted.iter().copied()).iter().for_each(|line| output::note(line));
    match execute_plan(work, &spec, &wanted)? {
        Ended::Stopped(exit) => Ok(exit),
        Ended::Through(failures) => {
            // What the spec asks now, whatever else lies under the experiment's name.
            let asked = stored(&work.folders.runs, &plan.runs);
            let compared = compare::text(&asked);
            if let Ok(table) = &compared {
                output::result(table);
                hint(work, &asked);
            }
            if !failures.is_empty() {
                return Err(failed(&failures, wanted.len()));
            }
            compared?;
            output::result(&format!("{}{}", others(&plan, &work.folders), what_next(work, &plan.experiment)));
            Ok(Exit::Done)
        }
    }
}

/// Says how many runs lie under the experiment's name that the spec does not ask for; nothing where there are none.
fn others(plan: &Plan, folders: &Folders) -> String {
    let ours: BTreeSet<String> = plan.runs.iter().map(|run| run.name.folder()).collect();
    let entries = std::fs::read_dir(folders.runs.join(&plan.experiment)).into_iter().flatten().flatten();
    let others =
        entries.filter(|entry| RunName::from_directory(&entry.path()).is_some_and(|n| !ours.contains(&n.folder())));
    match others.count() {
        0 => String::new(),
        count => format!(
            "{} of other settings, seeds or files {} in no figure above; serlab compare {} shows them apart\n",
            output::counted(count, "run"),
            if count == 1 { "is" } else { "are" },
            in_shell(&plan.experiment)
        ),
    }
}

/// What to look at after a run.
pub(super) fn what_next(work: &Work, experiment: &str) -> String {
    let runs = &work.folders.runs;
    let list = flag("--runs", runs, "runs");
    format!(
        "plots: {}/{experiment}/*/plots\nnext: serlab compare {}{list} --format markdown, or serlab show latest{list}",
        runs.display(),
        in_shell(experiment)
    )
}
