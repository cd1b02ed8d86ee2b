//! `audit`: what the partitions of a spec's runs share, before anything is trained.

use super::args::Sets;
use super::exit::Exit;
use super::plan::{by_list, load, preview};
use super::{Outcome, output};
use crate::plan::{self, Outlook, PlanError, Preview, RunPlan, of_each_fold};
use crate::split::{Audit, Finding, FindingKind, Fold};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

/// Audits the partitions of every run; exit 3 where a leak would be refused. Settings that keep the runs from being trained
/// change nothing of what partitions share: they are told behind it, with the exit code that they have everywhere.
pub fn audit(path: &Path, sets: &Sets, cache: &Path) -> Outcome {
    let (spec, cells) = load(path, sets)?;
    let Preview { plan, absent, misfits } = preview(&spec, cells, cache)?;
    let same_cell = |a: &RunPlan, b: &RunPlan| Arc::ptr_eq(&a.cell, &b.cell);
    let audited: Result<Vec<(String, bool)>, PlanError> = plan.runs.chunk_by(same_cell).map(cell).collect();
    if let Ok(audited) = &audited {
        let said: String = audited.iter().map(|(said, _)| said.as_str()).collect();
        output::result(&(absent.as_ref().map(by_list).unwrap_or_default() + &said));
    }
    if !misfits.is_empty() {
        return Err(PlanError::Settings(misfits).into());
    }
    let refused = audited?.iter().any(|(_, refused)| *refused);
    Ok(if refused { Exit::Data } else { Exit::Done })
}

/// What the audits of a variant's runs say, and whether one is refused.
fn cell(runs: &[RunPlan]) -> Result<(String, bool), PlanError> {
    let one = |run: &RunPlan, fold: &Fold| plan::audit(run.setup(), &run.recordings, fold);
    let audits: Vec<Audit> = of_each_fold(runs, one)?;
    let setup = runs[0].setup();
    let all_places: Vec<Place> = runs.iter().map(|run| (run.name.seed, run.name.fold)).collect();
    let which = |wanted: &dyn Fn(&Audit) -> bool| -> String {
        let there = all_places.iter().zip(&audits).filter(|(_, audit)| wanted(audit)).map(|(place, _)| *place);
        places(&there.collect::<Vec<Place>>(), &all_places)
    };
    // All findings of all runs, as of one.
    let all = Audit { findings: audits.iter().flat_map(|audit| audit.findings.iter().cloned()).collect() };
    let is_refused = |audit: &Audit| !audit.refused(&setup.audit).is_empty();
    let (unheard, clips) = (runs[0].recordings.unheard_clips(), runs[0].recordings.clips.len());
    let is_doubtful = !unheard.is_empty() || all.findings.iter().any(may_hide_a_leak);
    let verdict = match (is_refused(&all), all.stamp()) {
        _ if unheard.len() == clips => {
            let text = format!("{}: NOT AUDITED: none of its {clips} clips can be decoded\n", runs[0].cell.name);
            return Ok((text, true));
        }
        (true, _) => format!("REFUSED{}", which(&is_refused)),
        (false, Some(_)) => {
            let leaks = which(&|audit| !audit.leaks().is_empty());
            format!("allowed by the spec, and stamped on every result{leaks}")
        }
        (false, None) if is_doubtful => "no leak that is certain, but see below".to_owned(),
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
    if !unheard.is_empty() {
        let (count, examples) = (unheard.len(), unheard[..unheard.len().min(5)].join(", "));
        text.push_str(&format!(
            "  {count} of {clips} clips cannot be decoded, so that it is not known whether they sound like others: {examples}\n"
        ));
    }
    Outlook::of(runs)?.remarks.left_out().iter().for_each(|remark| text.push_str(&format!("  {remark}\n")));
    if is_refused(&all) {
        text.push_str(&format!("  {}\n", all.way_out(&setup.audit, &setup.split)));
    }
    Ok((text, is_refused(&all)))
}

/// Whether a finding leaves in doubt that nothing leaks, or that the classes are what they seem.
fn may_hide_a_leak(finding: &Finding) -> bool {
    matches!(finding.kind, FindingKind::LookalikeSpeakers | FindingKind::LookalikeLabels)
}

/// A run of a variant: its seed and, where there are several, its fold.
type Place = (u64, Option<u32>);

/// Which of `all` runs these are: ` (seed 1)`, ` (folds 0-3, 7)`, ` (seed 0: folds 1, 2; seed 1: fold 4)`; nothing where it is
/// all of them.
fn places(here: &[Place], all: &[Place]) -> String {
    if here.is_empty() || here.len() == all.len() {
        return String::new();
    }
    let by_seed = |places: &[Place]| -> BTreeMap<u64, BTreeSet<u64>> {
        let mut seeds: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
        places.iter().for_each(|(seed, fold)| seeds.entry(*seed).or_default().extend(fold.map(u64::from)));
        seeds
    };
    let (seeds, all) = (by_seed(here), by_seed(all));
    if seeds.values().all(BTreeSet::is_empty) {
        return format!(" ({})", numbered("seed", &seeds.keys().copied().collect()));
    }
    let of_each: BTreeSet<&BTreeSet<u64>> = seeds.values().collect();
    match of_each.first().filter(|_| of_each.len() == 1 && seeds.len() == all.len()) {
        Some(folds) => format!(" ({})", numbered("fold", folds)),
        None => {
            let said = |(seed, folds): (&u64, &BTreeSet<u64>)| format!("seed {seed}: {}", numbered("fold", folds));
            format!(" ({})", seeds.iter().map(said).collect::<Vec<_>>().join("; "))
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
    fn runs_are_told_by_seed_and_fold_unless_it_is_all_of_them() {
        let of = |seeds: &[u64], folds: &[u32]| -> Vec<Place> {
            seeds.iter().flat_map(|s| folds.iter().map(|f| (*s, Some(*f)))).collect()
        };
        let all = of(&[0, 1], &[0, 1, 2]);
        assert_eq!([places(&all, &all), places(&[], &all)], ["", ""]);
        assert_eq!(places(&of(&[0, 1], &[0, 2]), &all), " (folds 0, 2)");
        assert_eq!(places(&of(&[1], &[0, 1, 2]), &all), " (seed 1: folds 0-2)");
        assert_eq!(places(&[(0, Some(1)), (1, Some(2))], &all), " (seed 0: fold 1; seed 1: fold 2)");
        assert_eq!(places(&[(1, None), (2, None)], &[(0, None), (1, None), (2, None)]), " (seeds 1, 2)");
    }

    #[test]
    fn numbers_in_a_row_are_told_by_their_ends() {
        assert_eq!(numbered("fold", &[3].into()), "fold 3");
        assert_eq!(numbered("fold", &[0, 1, 2, 3, 5, 7, 8].into()), "folds 0-3, 5, 7, 8");
    }
}
