//! `leak-bill`: the same experiment under several protocols, and what each step of honesty costs.

use super::args::{BillProtocol, Format, Work};
use super::exit::{Exit, Failure};
use super::work::{Ended, execute_plan, failed, stored};
use super::{Outcome, output, plan};
use crate::evaluate::Metric;
use crate::plan::{BillStep, RunPlan, bill_steps};
use crate::record;
use crate::report::{self, Account, Bill, Step};
use clap::ValueEnum;
use std::path::Path;

/// Runs what is missing, prints the bill and draws it.
pub fn leak_bill(path: &Path, work: &Work, protocols: &[BillProtocol], format: Format) -> Outcome {
    let (spec, cells) = plan::load(path, &work.sets)?;
    let names: Vec<String> =
        protocols.iter().filter_map(|p| Some(p.to_possible_value()?.get_name().to_owned())).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut accounts: Vec<(String, Vec<BillStep>)> = Vec::new();
    if cells.iter().any(|cell| cell.without.is_some()) {
        output::note("variants with a part left out take no part in a bill");
    }
    for cell in cells.iter().filter(|cell| cell.without.is_none()) {
        let steps = bill_steps(cell, &names).map_err(|e| Failure::new(Exit::Usage, e))?;
        accounts.push((cell.name.clone(), steps));
    }
    let all = accounts.iter().flat_map(|(_, steps)| steps).map(|step| step.cell.clone()).collect();
    let plan = plan::planned(&spec, all, &work.folders.cache)?;
    let wanted: Vec<&RunPlan> = plan.runs.iter().collect();
    let failures = match execute_plan(work, &spec, &wanted)? {
        Ended::Stopped(exit) => return Ok(exit),
        Ended::Through(failures) => failures,
    };
    if !failures.is_empty() {
        return Err(failed(&failures, wanted.len()));
    }
    let runs = &work.folders.runs;
    let step = |step: BillStep| Step {
        runs: stored(runs, plan.runs.iter().filter(|r| r.cell.name == step.cell.name)),
        protocol: step.protocol,
        price: step.price.to_owned(),
    };
    let account =
        |(variant, steps): (String, Vec<BillStep>)| Account { variant, steps: steps.into_iter().map(step).collect() };
    let accounts: Vec<Account> = accounts.into_iter().map(account).collect();
    let bill = report::bill(&plan.experiment, &spec.outline.question, &accounts)?;
    output::result(&bill.render(format.into()));
    let drawn = draw(&bill, &runs.join(&plan.experiment))?;
    if format == Format::Text {
        output::result(&drawn);
    }
    Ok(Exit::Done)
}

/// Writes the bill's plot beside the runs, and says where.
fn draw(bill: &Bill, folder: &Path) -> Result<String, Failure> {
    let scene = bill.plot(Metric::Accuracy);
    let png = scene.png().map_err(report::ReportError::from)?;
    let [svg_path, png_path] = ["svg", "png"].map(|extension| folder.join(format!("leak-bill.{extension}")));
    record::write_atomic(&svg_path, scene.svg().as_bytes())?;
    record::write_atomic(&png_path, &png)?;
    Ok(format!("plots: {} and {}", svg_path.display(), png_path.display()))
}
