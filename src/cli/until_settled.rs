//! `run --until-settled`: adds seeds until every difference is settled, at looks that are fixed beforehand.

use super::args::{Format, Work};
use super::exit::{Exit, Failure};
use super::run::what_next;
use super::work::{Ended, execute_plan, failed, hint, stored};
use super::{Outcome, output, plan};
use crate::evaluate::{FEWEST_NETWORKS, Look, Looks, Question, Settled, Verdict, schedule};
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
    if let [variant] = spec.outline.variant_names()[..]
        && first.runs.iter().all(|run| run.cell.name == variant)
    {
        return wrong(format!("there is no difference to settle: `{variant}` is the only variant"));
    }
    let begin = seeds.len().max(FEWEST_NETWORKS.div_ceil(fewest_folds(&first)));
    if begin > cap {
        return wrong(format!("it begins with {begin} seeds, more than --most-seeds {cap}"));
    }
    let folder = work.folders.runs.join(&first.experiment);
    let asks: BTreeSet<String> = first.runs.iter().map(|run| run.asks.key()).collect();
    let before = record::read_looks(&folder)?;
    if before.as_ref().is_some_and(|looks| !looks.asks.is_empty() && looks.asks != asks) {
        let message = "its looks were at other settings, clips, splits or sounds, or with another version of the code; give the \
                       experiment another name";
        return wrong(message.to_owned());
    }
    let before = before.map(|looks| (looks.cap, looks.looks)).unwrap_or((cap, Vec::new()));
    if before.0 != cap || before.1.first().is_some_and(|look| look.seeds != begin) {
        let message = "its looks were fixed before the first, with";
        return wrong(format!("{message} --most-seeds {}; a new experiment may have others", before.0));
    }
    let mut looks = Looks { cap, asks, looks: Vec::new() };
    let (mut open, mut told): (Option<BTreeSet<String>>, String) = (None, String::new());
    for (i, look) in schedule(begin, cap).into_iter().enumerate() {
        spec.outline.seeds = with_more(&seeds, look.seeds);
        let plan = planned(&spec, work)?;
        let still_open = |r: &&RunPlan| open.as_ref().is_none_or(|open| open.contains(&r.cell.name));
        let wanted: Vec<&RunPlan> = plan.runs.iter().filter(still_open).collect();
        let failures = match execute_plan(work, &spec, &wanted)? {
            Ended::Stopped(exit) => return Ok(exit),
            Ended::Through(failures) => failures,
        };
        if !failures.is_empty() {
            return Err(failed(&failures, wanted.len()));
        }
        let (count, level) = (look.seeds, look.level);
        looks.looks.push(Look { settled: before.1.get(i).map(|b| b.settled.clone()).unwrap_or_default(), ..look });
        // A look is at its own seeds, whatever else lies there.
        let runs = stored(&work.folders.runs, &plan.runs);
        let asked = Asked { looks: Some(&looks), looking: before.1.get(i).is_none(), ..Asked::default() };
        let comparison = report::compare(&runs, &asked)?;
        let rows = rows(&comparison);
        if rows.is_empty() {
            return wrong(format!("there is no difference of recipes to settle{}", because(&comparison)));
        }
        let unclear: Vec<&Settled> = rows.iter().filter(|row| row.verdict == Verdict::Unclear).collect();
        output::note(&format!(
            "look with {}: {} of {} differences settled (level {level:.4})",
            output::counted(count, "seed"),
            rows.len() - unclear.len(),
            rows.len()
        ));
        open = Some(unclear.iter().flat_map(|row| [row.variant.clone(), row.against.clone()]).collect());
        let known = |row: &&Settled| looks.settled(&row.variant, &row.against, row.metric).is_some();
        let new: Vec<Settled> =
            rows.iter().filter(|row| row.verdict != Verdict::Unclear && !known(row)).cloned().collect();
        told = comparison.render(Format::Text.into(), false);
        if let Some(look) = looks.looks.last_mut() {
            look.settled.extend(new);
        }
        if looks.looks.len() > before.1.len() {
            record::write_looks(&folder, &looks)?;
        }
        if open.as_ref().is_some_and(BTreeSet::is_empty) {
            break;
        }
    }
    output::result(&told);
    hint(work, &stored(&work.folders.runs, &planned(&spec, work)?.runs));
    output::result(&what_next(work, &first.experiment));
    Ok(Exit::Done)
}

/// The fewest folds that a variant has.
fn fewest_folds(plan: &Plan) -> usize {
    let variants = plan.runs.chunk_by(|a, b| a.cell.name == b.cell.name);
    let folds = |runs: &[RunPlan]| runs.iter().map(|r| r.name.fold).collect::<BTreeSet<_>>().len();
    variants.map(folds).min().unwrap_or(1)
}

/// Every difference of recipes in a comparison, by the names of its variants.
fn rows(comparison: &Comparison) -> Vec<Settled> {
    let row = |d: &report::VariantDifference| Settled {
        variant: d.variant.clone(),
        against: d.against.clone(),
        metric: d.difference.metric,
        verdict: d.verdict,
    };
    let parts = comparison.ablations.iter().flat_map(|a| &a.differences);
    let recipes = |d: &&report::VariantDifference| d.difference.question == Question::Recipes;
    comparison.differences.iter().chain(parts).filter(recipes).map(row).collect()
}

/// Why a comparison has no difference, where it says so; how seeds were added is no reason.
fn because(comparison: &Comparison) -> String {
    match comparison.notes.iter().find(|note| !note.starts_with(report::SEEDS_WERE_ADDED)) {
        Some(note) => format!(": {note}"),
        None => String::new(),
    }
}

/// The spec's seeds, and the smallest others until there are `count`.
fn with_more(seeds: &[u64], count: usize) -> Vec<u64> {
    let others = (0..).filter(|seed| !seeds.contains(seed));
    seeds.iter().copied().chain(others).take(count).collect()
}

fn planned(spec: &Spec, work: &Work) -> Result<Plan, Failure> {
    plan::planned(spec, spec.cells()?, &work.folders.cache)
}
