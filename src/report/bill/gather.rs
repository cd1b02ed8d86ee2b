//! Which runs a leak bill counts, with their predictions; the others are named.

use super::{Account, Step, UncountedRun};
use crate::evaluate::{Network, Prediction};
use crate::record::{EvaluationFile, StoredRun};
use crate::report::group::{folds, labelled, lacks};
use crate::report::{ReportError, differing};
use std::collections::{BTreeMap, BTreeSet};

/// The results of one protocol.
pub(super) struct Tested<'a> {
    /// The protocol.
    pub(super) step: &'a Step,
    /// What each seed has; never empty.
    pub(super) seeds: BTreeMap<u64, SeedRuns<'a>>,
}

/// The runs of one seed in order of fold, and their predictions together. Classes are numbered alike in the whole account,
/// and the copies of a clip bear its name.
#[derive(Default)]
pub(super) struct SeedRuns<'a> {
    pub(super) runs: Vec<&'a StoredRun>,
    pub(super) predictions: Vec<Prediction>,
}

impl<'a> Tested<'a> {
    /// Its first run.
    pub(super) fn first(&self) -> &'a StoredRun {
        self.seeds.values().find_map(|s| s.runs.first()).expect("a protocol without results is refused")
    }

    /// The configuration of its first run.
    pub(super) fn config(&self) -> &'a toml::Table {
        &self.first().config
    }

    /// What each seed trained, its folds together, in order of seed.
    pub(super) fn networks(&self) -> Vec<Network<'_>> {
        self.seeds.iter().map(|(seed, s)| Network { seed: *seed, fold: None, answers: &s.predictions }).collect()
    }
}

/// The results of each protocol of the account. `labels` takes up the names of the classes, `left_out` the runs without a
/// result and those that are not there although another seed or protocol has them.
pub(super) fn tested<'a>(
    account: &'a Account,
    labels: &mut Vec<String>,
    left_out: &mut Vec<UncountedRun>,
) -> Result<Vec<Tested<'a>>, ReportError> {
    let asked: BTreeSet<u64> = account.steps.iter().flat_map(|s| &s.runs).map(|r| r.name.seed).collect();
    account.steps.iter().map(|step| one(account, step, &asked, labels, left_out)).collect()
}

fn one<'a>(
    account: &Account,
    step: &'a Step,
    asked: &BTreeSet<u64>,
    labels: &mut Vec<String>,
    left_out: &mut Vec<UncountedRun>,
) -> Result<Tested<'a>, ReportError> {
    let mut states: BTreeMap<String, usize> = BTreeMap::new();
    let mut leave = |run: String, state: &str, why: String| {
        *states.entry(state.to_owned()).or_default() += 1;
        let (variant, protocol) = (account.variant.clone(), step.protocol.clone());
        left_out.push(UncountedRun { variant, protocol, run, state: state.to_owned(), why });
    };
    let mut newest: BTreeMap<(u64, Option<u32>), &StoredRun> = BTreeMap::new();
    for run in &step.runs {
        if !run.has_result() {
            let why = run.state.why();
            leave(run.name.to_string(), run.state.word(), why.lines().next().unwrap_or_default().to_owned());
            continue;
        }
        let Some(earlier) = newest.insert((run.name.seed, run.name.fold), run) else { continue };
        let (older, newer) =
            if earlier.last_active_unix() > run.last_active_unix() { (run, earlier) } else { (earlier, run) };
        newest.insert((run.name.seed, run.name.fold), newer);
        if older.dir != newer.dir {
            leave(older.name.to_string(), "superseded", format!("{} is newer", newer.name));
        }
    }
    let folds = folds(&step.runs);
    for (seed, fold) in asked.iter().flat_map(|seed| folds.iter().map(move |fold| (*seed, *fold))) {
        if !step.runs.iter().any(|r| (r.name.seed, r.name.fold) == (seed, fold)) {
            let fold = fold.map(|f| format!(", fold {f}")).unwrap_or_default();
            leave(format!("seed {seed}{fold}"), "missing", "it was not run".to_owned());
        }
    }
    let mut seeds: BTreeMap<u64, SeedRuns<'a>> = BTreeMap::new();
    for ((seed, _), run) in newest {
        match predictions(run, labels) {
            Ok(mut predictions) => {
                let of = seeds.entry(seed).or_default();
                of.runs.push(run);
                of.predictions.append(&mut predictions);
            }
            Err(why) => leave(run.name.to_string(), "damaged", why),
        }
    }
    // As in a comparison: a seed that lacks a fold counts only where no seed is whole.
    let torn: BTreeMap<u64, String> =
        seeds.iter().filter_map(|(seed, of)| Some((*seed, lacks(&of.runs, &folds)?))).collect();
    if torn.len() < seeds.len() {
        for (seed, folds) in torn {
            let runs = seeds.remove(&seed).map(|of| of.runs).unwrap_or_default();
            let why = format!("seed {seed} has no result of {folds}");
            runs.iter().for_each(|run| leave(run.name.to_string(), "incomplete", why.clone()));
        }
    }
    if seeds.is_empty() {
        let states: Vec<String> = states.iter().map(|(state, count)| format!("{count} {state}")).collect();
        let states = if states.is_empty() { "it was not run".to_owned() } else { states.join(", ") };
        return Err(ReportError::NoStep { variant: account.variant.clone(), protocol: step.protocol.clone(), states });
    }
    Ok(Tested { step, seeds })
}

fn predictions(run: &StoredRun, labels: &mut Vec<String>) -> Result<Vec<Prediction>, String> {
    let mut predictions = labelled(run, labels)?;
    if predictions.is_empty() {
        return Err("predictions.csv has no row".to_owned());
    }
    predictions.iter_mut().for_each(|p| p.clip.truncate(source(&p.clip).len()));
    Ok(predictions)
}

/// The clip that a row of `predictions.csv` was made from: augmented copies bear their number, from 1, behind `#`.
fn source(row: &str) -> &str {
    match row.rsplit_once('#') {
        Some((clip, copy))
            if copy.bytes().all(|b| b.is_ascii_digit()) && !copy.is_empty() && !copy.starts_with('0') =>
        {
            clip
        }
        _ => row,
    }
}

/// Leaves each protocol the seeds that all of them have, and answers these; the notes tell which seeds do not count, and
/// runs of one protocol that are not set alike.
pub(super) fn common_seeds(
    account: &Account,
    steps: &mut [Tested<'_>],
    notes: &mut Vec<String>,
) -> Result<Vec<u64>, ReportError> {
    let variant = &account.variant;
    let every: BTreeSet<u64> = steps.iter().flat_map(|s| s.seeds.keys().copied()).collect();
    let lacking = |seed: &u64| -> Vec<String> {
        let without = steps.iter().filter(|s| !s.seeds.contains_key(seed));
        without.map(|s| format!("`{}`", s.step.protocol)).collect()
    };
    let common: Vec<u64> = every.iter().copied().filter(|seed| lacking(seed).is_empty()).collect();
    if common.is_empty() {
        let seeds = |s: &Tested<'_>| {
            let seeds: Vec<String> = s.seeds.keys().map(u64::to_string).collect();
            format!("`{}`: {}", s.step.protocol, seeds.join(", "))
        };
        let seeds: Vec<String> = steps.iter().map(seeds).collect();
        return Err(ReportError::NoCommonSeed { variant: variant.clone(), seeds: seeds.join("; ") });
    }
    let apart = every.iter().map(|seed| (seed, lacking(seed))).filter(|(_, lacking)| !lacking.is_empty());
    notes.extend(apart.map(|(seed, lacking)| {
        format!("{variant}: seed {seed} counts under no protocol, for it has no result under {}", lacking.join(", "))
    }));
    for step in steps {
        step.seeds.retain(|seed, _| common.contains(seed));
        let runs = || step.seeds.values().flat_map(|s| &s.runs);
        let configs: Vec<&toml::Table> = runs().map(|r| &r.config).collect();
        let keys: Vec<String> = differing(&configs).into_iter().map(|d| format!("`{}`", d.key)).collect();
        if !keys.is_empty() {
            let protocol = &step.step.protocol;
            notes.push(format!("{variant} under `{protocol}`: its runs are not set alike, see {}", keys.join(", ")));
        }
        let unused = runs().filter_map(|r| r.evaluation.as_ref()).map(EvaluationFile::unusable).max().unwrap_or(0);
        let note = format!("{variant}: {unused} clips could not be used and are in no figure");
        if unused > 0 && !notes.contains(&note) {
            notes.push(note);
        }
    }
    Ok(common)
}

#[cfg(test)]
mod tests {
    use super::source;

    #[test]
    fn copies_are_the_clip_that_they_were_made_from() {
        let rows = ["a.wav", "a.wav#1", "a#b.wav#12", "a#b.wav", "take #", "take#07"];
        assert_eq!(rows.map(source), ["a.wav", "a.wav", "a#b.wav", "a#b.wav", "take #", "take#07"]);
    }
}
