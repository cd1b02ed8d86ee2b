//! `audit`: what the partitions of a spec's runs share, before anything is trained.

use super::args::Sets;
use super::exit::Exit;
use super::plan::{by_list, load, outlined};
use super::{Outcome, output};
use crate::plan::{self, Design, PlanError, RunPlan};
use crate::split::{Audit, Finding};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Audits the partitions of every run; exit 3 where a leak would be refused.
pub fn audit(path: &Path, sets: &Sets, cache: &Path) -> Outcome {
    let (spec, cells) = load(path, sets)?;
    let (plan, absent) = outlined(&spec, cells, cache)?;
    let mut text = absent.as_ref().map(by_list).unwrap_or_default();
    let mut refused = false;
    for runs in plan.runs.chunk_by(|a, b| a.cell.name == b.cell.name) {
        let (said, wrong) = cell(runs)?;
        refused |= wrong;
        text.push_str(&said);
    }
    output::result(&text);
    Ok(if refused { Exit::Data } else { Exit::Done })
}

/// What the audits of a variant's runs say, and whether one is refused.
fn cell(runs: &[RunPlan]) -> Result<(String, bool), PlanError> {
    let one = |run: &RunPlan| Ok(plan::audit(run.setup(), &run.recordings, &run.fold()?));
    let audits: Vec<Result<Audit, PlanError>> = runs.par_iter().map(one).collect();
    let audits: Vec<Audit> = audits.into_iter().collect::<Result<_, _>>()?;
    let setup = runs[0].setup();
    let which = |wanted: &dyn Fn(&Audit) -> bool| -> String {
        let there = runs.iter().zip(&audits).filter(|(_, audit)| wanted(audit)).map(|(run, _)| run);
        places(there, runs)
    };
    // All findings of all runs, as of one.
    let all = Audit { findings: audits.iter().flat_map(|audit| audit.findings.iter().cloned()).collect() };
    let is_refused = |audit: &Audit| !audit.refused(&setup.audit).is_empty();
    let verdict = match (is_refused(&all), all.stamp()) {
        (true, _) => format!("REFUSED{}", which(&is_refused)),
        (false, Some(_)) => "allowed by the spec, and stamped on every result".to_owned(),
        (false, None) => "clean".to_owned(),
    };
    let mut text = format!("{} ({}): {verdict}\n", runs[0].cell.name, output::counted(runs.len(), "run"));
    let mut told: Vec<&Finding> = Vec::new();
    for finding in &all.findings {
        if !told.iter().any(|known| known.sentence == finding.sentence) {
            told.push(finding);
        }
    }
    told.sort_by_key(|finding| finding.severity);
    for finding in told {
        let has_it = |audit: &Audit| audit.findings.iter().any(|other| other.sentence == finding.sentence);
        text.push_str(&format!("  {}{}\n", finding.sentence, which(&has_it)));
    }
    let design = Design::of(runs)?;
    design.left_out_remarks().iter().for_each(|remark| text.push_str(&format!("  {remark}\n")));
    if is_refused(&all) {
        text.push_str(&format!("  {}\n", all.way_out(&setup.audit, &setup.split)));
    }
    Ok((text, is_refused(&all)))
}

/// Which of `all` runs these are: ` (seed 1)`, ` (folds 0-3, 7)`, ` (seed 0: folds 1, 2; seed 1: fold 4)`; nothing where it is
/// all of them.
fn places<'a>(runs: impl Iterator<Item = &'a RunPlan>, all: &[RunPlan]) -> String {
    let by_seed = |runs: &mut dyn Iterator<Item = &'a RunPlan>| -> BTreeMap<u64, BTreeSet<u64>> {
        let mut seeds: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
        runs.for_each(|run| seeds.entry(run.name.seed).or_default().extend(run.name.fold.map(u64::from)));
        seeds
    };
    let here = by_seed(&mut { runs });
    let everywhere: BTreeSet<(u64, Option<u32>)> = all.iter().map(|run| (run.name.seed, run.name.fold)).collect();
    let count: usize = here.values().map(|folds| folds.len().max(1)).sum();
    if count == everywhere.len() {
        return String::new();
    }
    let seeds: BTreeSet<u64> = everywhere.iter().map(|(seed, _)| *seed).collect();
    let alike = here.values().all(|folds| Some(folds) == here.values().next());
    let folds = |folds: &BTreeSet<u64>| numbered("fold", folds);
    match here.values().next() {
        None => String::new(),
        Some(first) if first.is_empty() => format!(" ({})", numbered("seed", &here.keys().copied().collect())),
        Some(first) if alike && here.len() == seeds.len() => format!(" ({})", folds(first)),
        Some(_) => {
            let parts: Vec<String> = here.iter().map(|(seed, of)| format!("seed {seed}: {}", folds(of))).collect();
            format!(" ({})", parts.join("; "))
        }
    }
}

/// `fold 3`, `folds 0-2, 5`.
fn numbered(thing: &str, numbers: &BTreeSet<u64>) -> String {
    let numbers: Vec<u64> = numbers.iter().copied().collect();
    let run = |part: &[u64]| match part {
        [one] => one.to_string(),
        [first, second] => format!("{first}, {second}"),
        [first, .., last] => format!("{first}-{last}"),
        [] => String::new(),
    };
    let parts: Vec<String> = numbers.chunk_by(|a, b| a + 1 == *b).map(run).collect();
    let s = if numbers.len() == 1 { "" } else { "s" };
    format!("{thing}{s} {}", parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_a_row_are_told_by_their_ends() {
        assert_eq!(numbered("fold", &[3].into()), "fold 3");
        assert_eq!(numbered("fold", &[0, 1, 2, 3, 5, 7, 8].into()), "folds 0-3, 5, 7, 8");
    }
}
