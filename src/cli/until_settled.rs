//! `run --until-settled`: adds seeds until every difference is settled, at looks that are fixed beforehand.

use super::args::Work;
use super::exit::{Exit, Failure};
use super::run::what_next;
use super::work::{Ended, carry_out, failed};
use super::{Outcome, compare, output, plan};
use crate::evaluate::{FEWEST_NETWORKS, Looks, Settled, Verdict, schedule};
use crate::plan::{Plan, RunPlan};
use crate::record;
use crate::report::{self, Asked, Comparison};
use crate::spec::Spec;
use std::collections::BTreeSet;
use std::path::Path;

/// Executes a spec with ever more seeds, up to `cap` of them. The record of the looks lies beside the runs; given again, the
/// command goes through the same looks and trains what is missing.
pub fn run(path: &Path, work: &Work, cap: usize) -> Outcome {
    let (mut spec, first) = plan::load_plan(path, &work.sets, &work.folders.cache)?;
    let wrong = |message: String| Err(Failure::new(Exit::Usage, format!("{}: {message}", path.display())));
    if spec.outline.variants.values().any(|variant| variant.get("seeds").is_some()) {
        return wrong("a variant has seeds of its own, to which --until-settled cannot add".to_owned());
    }
    let seeds = spec.outline.seeds.clone();
    let folds = first.runs.iter().map(|r| r.name.fold).collect::<BTreeSet<_>>().len();
    let begin = seeds.len().max(FEWEST_NETWORKS.div_ceil(folds.max(1)));
    if begin > cap {
        return wrong(format!("it begins with {begin} seeds, more than --most-seeds {cap}"));
    }
    let folder = work.folders.runs.join(&first.experiment);
    let mut looks = Looks { cap, looks: Vec::new() };
    let mut open: Option<BTreeSet<String>> = None;
    for look in schedule(begin, cap) {
        spec.outline.seeds = with_more(&seeds, look.seeds);
        let (count, level) = (look.seeds, look.level);
        looks.looks.push(look);
        let plan = planned(&spec, work)?;
        let wanted: Vec<&RunPlan> =
            plan.runs.iter().filter(|r| open.as_ref().is_none_or(|open| open.contains(&r.cell.name))).collect();
        match carry_out(work, &spec, &wanted)? {
            Ended::Stopped(exit) => return Ok(exit),
            Ended::Through(failures) if !failures.is_empty() => return Err(failed(&failures, wanted.len())),
            Ended::Through(_) => {}
        }
        let runs = compare::selected(std::slice::from_ref(&plan.experiment), &work.folders)?;
        let comparison = report::compare(&runs, &Asked { looks: Some(&looks), ..Asked::default() })?;
        let rows = rows(&comparison);
        let new = rows.iter().filter(|row| {
            row.verdict != Verdict::Unclear && looks.settled(&row.variant, &row.against, row.metric).is_none()
        });
        let new: Vec<Settled> = new.cloned().collect();
        let unclear: Vec<&Settled> = rows.iter().filter(|row| row.verdict == Verdict::Unclear).collect();
        output::note(&format!(
            "look with {}: {} of {} differences settled (level {level:.4})",
            output::counted(count, "seed"),
            rows.len() - unclear.len(),
            rows.len()
        ));
        open = Some(unclear.iter().flat_map(|row| [row.variant.clone(), row.against.clone()]).collect());
        if let Some(look) = looks.looks.last_mut() {
            look.settled = new;
        }
        record::write_looks(&folder, &looks)?;
        if open.as_ref().is_some_and(BTreeSet::is_empty) {
            break;
        }
    }
    output::result(&compare::text(&first.experiment, &work.folders)?);
    output::result(&what_next(work, &first.experiment));
    Ok(Exit::Done)
}

/// Every difference of a comparison, by the names of its variants.
fn rows(comparison: &Comparison) -> Vec<Settled> {
    let row = |d: &report::VariantDifference| Settled {
        variant: d.variant.clone(),
        against: d.against.clone(),
        metric: d.difference.metric,
        verdict: d.verdict,
    };
    let parts = comparison.ablations.iter().flat_map(|a| &a.differences);
    comparison.differences.iter().chain(parts).map(row).collect()
}

/// The spec's seeds, and the smallest others until there are `count`.
fn with_more(seeds: &[u64], count: usize) -> Vec<u64> {
    let others = (0..).filter(|seed| !seeds.contains(seed));
    seeds.iter().copied().chain(others).take(count).collect()
}

fn planned(spec: &Spec, work: &Work) -> Result<Plan, Failure> {
    plan::planned(spec, spec.cells()?, &work.folders.cache)
}
