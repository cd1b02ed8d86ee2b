//! `reproduce`: runs what is missing, then holds the results against published claims.

use super::args::{Format, Work};
use super::exit::{Exit, Failure};
use super::work::{Ended, execute_plan, failed, stored};
use super::{Outcome, claims, output, plan};
use crate::evaluate::{Claim, WholeSpeakers};
use crate::plan::{Plan, RunPlan};
use crate::record::StoredRun;
use crate::report::{self, Claimed};
use crate::run::RunError;
use crate::spec::Cell;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Prints a verdict a claim; done only where all are reproduced.
pub fn reproduce(specs: &[PathBuf], work: &Work, format: Format) -> Outcome {
    let mut planned = Vec::new();
    for path in specs {
        let (spec, plan) = plan::load_plan(path, &work.sets, &work.folders.cache)?;
        if spec.outline.published.is_empty() {
            let message = format!("{}: no [[published]] claim to hold the results against", path.display());
            return Err(Failure::new(Exit::Usage, message));
        }
        planned.push((spec, plan));
    }
    let mut held = Vec::new();
    let (mut failures, mut begun): (Vec<RunError>, usize) = (Vec::new(), 0);
    for (spec, plan) in &planned {
        let claims = &spec.outline.published;
        let wanted: Vec<&RunPlan> = plan.runs.iter().filter(|r| claims.iter().any(|c| is_about(c, r))).collect();
        match execute_plan(work, spec, &wanted)? {
            Ended::Stopped(exit) => return Ok(exit),
            Ended::Through(errors) => {
                failures.extend(errors);
                begun += wanted.len();
            }
        }
        held.extend(claims.iter().flat_map(|claim| held_against(claim, plan, &work.folders.runs)));
    }
    let claimed: Vec<Claimed> = held.iter().map(Held::claimed).collect();
    let claims = report::claims(&claimed);
    output::result(&claims.render(format.into()));
    if !failures.is_empty() {
        return Err(failed(&failures, begun));
    }
    Ok(if claims.all_reproduced() { Exit::Done } else { Exit::No })
}

/// Whether a claim is about a run: about its variant, at any point of the grid, with nothing left out.
fn is_about(claim: &Claim, run: &RunPlan) -> bool {
    run.cell.variant == claim.variant && run.cell.without.is_none()
}

/// A claim and what it is held against.
struct Held {
    claim: Claim,
    cell: Arc<Cell>,
    runs: Vec<StoredRun>,
    corpora: Vec<WholeSpeakers>,
}

impl Held {
    fn claimed(&self) -> Claimed<'_> {
        let Self { claim, cell, runs, corpora } = self;
        Claimed { claim, cell: &cell.name, runs, corpora, split: Some(&cell.setup.split) }
    }
}

/// A claim with the runs of each cell that it is about.
fn held_against(claim: &Claim, plan: &Plan, runs: &Path) -> Vec<Held> {
    let about: Vec<&RunPlan> = plan.runs.iter().filter(|r| is_about(claim, r)).collect();
    let held = |cell: &[&RunPlan]| Held {
        claim: claim.clone(),
        cell: cell[0].cell.clone(),
        runs: stored(runs, cell.iter().copied()),
        corpora: if claim.n.is_some() { claims::may_have_been(cell[0]) } else { Vec::new() },
    };
    about.chunk_by(|a, b| a.cell.name == b.cell.name).map(held).collect()
}
