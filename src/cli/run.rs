//! `run`: executes what is not sealed yet, then compares the variants.

use super::args::Work;
use super::exit::{Exit, Failure};
use super::work::{Ended, carry_out, failed, flag};
use super::{Outcome, compare, globs, output, plan};
use crate::plan::RunPlan;
use std::path::Path;

/// Executes the runs of a spec, of which `only` may choose some.
pub fn run(path: &Path, work: &Work, only: Option<&str>) -> Outcome {
    let (spec, plan) = plan::load_plan(path, &work.sets, &work.folders.cache)?;
    let fits =
        |r: &&RunPlan| only.is_none_or(|glob| globs::fits(glob, &plan::label(r)) || globs::fits(glob, &r.cell.name));
    let wanted: Vec<&RunPlan> = plan.runs.iter().filter(fits).collect();
    if wanted.is_empty() {
        let names: Vec<String> = plan.runs.iter().take(5).map(plan::label).collect();
        let message = format!("no run fits --only {}; there are {}, ...", only.unwrap_or_default(), names.join(", "));
        return Err(Failure::new(Exit::Usage, message));
    }
    plan::silence(path, wanted.iter().copied()).iter().for_each(|line| output::note(line));
    match carry_out(work, &spec, &wanted)? {
        Ended::Stopped(exit) => Ok(exit),
        Ended::Through(failures) => {
            let compared = compare::text(&plan.experiment, &work.folders);
            if let Ok(table) = &compared {
                output::result(table);
            }
            if !failures.is_empty() {
                return Err(failed(&failures, wanted.len()));
            }
            compared?;
            output::result(&what_next(work, &plan.experiment));
            Ok(Exit::Done)
        }
    }
}

/// What to look at after a run.
pub(super) fn what_next(work: &Work, experiment: &str) -> String {
    let runs = &work.folders.runs;
    let list = flag("--runs", runs, "runs");
    format!(
        "plots: {}/{experiment}/*/plots\nnext: serlab compare {experiment}{list} --format markdown, or serlab show latest{list}",
        runs.display()
    )
}
