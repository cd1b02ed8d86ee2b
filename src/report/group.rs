//! Which runs belong together: those of one variant that differ in seed and fold alone, and ask the same.

use super::compare::LeftOut;
use super::questions::{Asked, asked, distinctions};
use crate::evaluate::{Network, Prediction};
use crate::record::StoredRun;
use std::collections::{BTreeMap, BTreeSet};

/// The runs of one variant that ask the same.
#[derive(Debug)]
pub(super) struct Group<'a> {
    /// The experiment.
    pub(super) experiment: String,
    /// The variant.
    pub(super) variant: String,
    /// What tells it from the other groups of a comparison.
    pub(super) label: String,
    /// The configuration, that of its first run.
    pub(super) config: &'a toml::Table,
    /// What its runs ask; none where others saw to it that they ask the same.
    pub(super) asked: Option<Asked>,
    /// The runs of each seed, in order of fold. Seeds are whole, but for a group of which none is.
    pub(super) seeds: BTreeMap<u64, Vec<&'a StoredRun>>,
    /// What seeds lack that lack a fold: `seed 1 has no result of fold 2`. Empty where all are whole.
    pub(super) torn: Vec<String>,
    /// Whether the seeds are whole.
    pub(super) whole: bool,
    /// The variant of which this one lacks a part, and the part.
    pub(super) ablates: Option<(String, String)>,
}

impl<'a> Group<'a> {
    /// All runs.
    pub(super) fn runs(&self) -> impl Iterator<Item = &'a StoredRun> {
        self.seeds.values().flatten().copied()
    }

    /// The hash of what its runs ask, where their records tell it.
    pub(super) fn key(&self) -> Option<&str> {
        self.asked.as_ref()?.key.as_deref()
    }

    /// The variant of whose grid it is a point.
    pub(super) fn grid_of(&self) -> Option<&'a str> {
        self.config.get("run")?.get("grid_of")?.as_str()
    }

    /// The leaks of its runs, each once.
    pub(super) fn stamps(&self) -> Vec<String> {
        let stamps: BTreeSet<&String> = self.runs().flat_map(|r| &r.stamps).collect();
        stamps.into_iter().cloned().collect()
    }

    /// Takes out the seeds of which a fold is missing, for their clips are not the whole test; they stay where there is no other. `others`
    /// are runs without a result.
    fn leave_torn_seeds(&mut self, others: &[&StoredRun]) -> Vec<LeftOut> {
        let question = self.asked.as_ref().map(|asked| &asked.question);
        let ours = |run: &&&StoredRun| {
            let same = (&run.name.experiment, &run.name.variant) == (&self.experiment, &self.variant);
            same && run.asks.as_ref().is_none_or(|asks| Some(&asks.question) == question)
        };
        let folds = folds(self.runs().chain(others.iter().filter(ours).copied()));
        let torn = |(seed, runs): (&u64, &Vec<&StoredRun>)| Some((*seed, lacks(runs, &folds)?));
        let torn: BTreeMap<u64, String> = self.seeds.iter().filter_map(torn).collect();
        if torn.is_empty() {
            return Vec::new();
        }
        let told = |(seed, folds): (&u64, &String)| format!("seed {seed} has no result of {folds}");
        self.torn = torn.iter().map(told).collect();
        self.whole = torn.len() < self.seeds.len();
        if !self.whole {
            return Vec::new();
        }
        let mut left_out = Vec::new();
        for (seed, why) in torn.keys().zip(&self.torn) {
            let runs = self.seeds.remove(seed).unwrap_or_default();
            left_out.extend(runs.into_iter().map(|run| LeftOut::of(run, "incomplete", why.clone())));
        }
        left_out
    }

    /// What must be told of seeds that lack folds.
    pub(super) fn torn_note(&self) -> Option<String> {
        let then = if self.whole {
            "what it has of other folds counts in no figure"
        } else {
            "no seed is whole, so that figures are of what was tested"
        };
        (!self.torn.is_empty()).then(|| format!("{}: {}; {then}", self.label, self.torn.join(", ")))
    }

    /// The answers of all its runs; `labels` takes up the names of their classes.
    pub(super) fn answers(&self, labels: &mut Vec<String>) -> Result<Answers, String> {
        let of = |run: &StoredRun, labels: &mut Vec<String>| Ok((run.name.seed, run.name.fold, labelled(run, labels)?));
        Ok(Answers(self.runs().map(|run| of(run, labels)).collect::<Result<_, String>>()?))
    }
}

/// The answers of several runs, each with its seed and fold.
#[derive(Debug)]
pub(super) struct Answers(Vec<(u64, Option<u32>, Vec<Prediction>)>);

impl Answers {
    /// The networks that gave them.
    pub(super) fn networks(&self) -> Vec<Network<'_>> {
        self.0.iter().map(|(seed, fold, answers)| Network { seed: *seed, fold: *fold, answers }).collect()
    }

    /// The answers of each seed, its folds together.
    pub(super) fn by_seed(&self) -> Vec<Vec<Prediction>> {
        let mut seeds: BTreeMap<u64, Vec<Prediction>> = BTreeMap::new();
        self.0.iter().for_each(|(seed, _, answers)| seeds.entry(*seed).or_default().extend_from_slice(answers));
        seeds.into_values().collect()
    }
}

/// The answers of a run, its classes numbered as in `labels`, which takes up those that it has not: runs whose labels come in
/// another order are made alike by their names.
pub(super) fn labelled(run: &StoredRun, labels: &mut Vec<String>) -> Result<Vec<Prediction>, String> {
    let (names, mut predictions) = run.predictions().map_err(|e| e.to_string())?;
    let mut places = Vec::new();
    for name in names {
        let known = labels.iter().position(|label| *label == name);
        places.push(known.unwrap_or(labels.len()));
        if known.is_none() {
            labels.push(name);
        }
    }
    predictions.iter_mut().for_each(|p| (p.truth, p.predicted) = (places[p.truth], places[p.predicted]));
    Ok(predictions)
}

/// Groups the runs that have results, in order of experiment, variant and what they ask; the others are named with the reason.
///
/// A variant whose runs do not all ask the same (its spec was edited between them, or a file that it names) makes several groups.
/// Of runs that ask the same with the same seed and fold, as after a change of the code, only the newest counts. A seed of which a
/// fold is missing counts only where no seed is whole.
pub(super) fn group(runs: &[StoredRun]) -> (Vec<Group<'_>>, Vec<LeftOut>) {
    let (sound, others): (Vec<&StoredRun>, Vec<&StoredRun>) = runs.iter().partition(|run| run.has_result());
    let why = |run: &StoredRun| run.state.why().lines().next().unwrap_or_default().to_owned();
    let mut left_out: Vec<LeftOut> = others.iter().map(|run| LeftOut::of(run, run.state.word(), why(run))).collect();
    // By what is asked alone: the settings of one question may be written in many ways, and name its files by other paths.
    let mut groups = BTreeMap::<_, Vec<(&StoredRun, Asked)>>::new();
    for (run, asked) in newest(&sound, &mut left_out) {
        let (question, code) = (asked.question.clone(), asked.code().to_owned());
        let variant = (run.name.experiment.as_str(), run.name.variant.as_str());
        groups.entry((variant, question, code)).or_default().push((run, asked));
    }
    let several = groups.keys().map(|k| k.0.0).collect::<BTreeSet<_>>().len() > 1;
    let mut made: Vec<Group<'_>> = Vec::new();
    for (((experiment, variant), ..), mut of_question) in groups {
        of_question.sort_by_key(|(run, _)| (run.name.seed, run.name.fold));
        let (runs, asked): (Vec<&StoredRun>, Vec<Asked>) = of_question.into_iter().unzip();
        let label = if several { format!("{experiment}/{variant}") } else { variant.to_owned() };
        let text = |key| runs[0].run_text(key).map(str::to_owned);
        let mut group = Group {
            experiment: experiment.to_owned(),
            variant: variant.to_owned(),
            label,
            config: &runs[0].config,
            asked: asked.into_iter().next(),
            seeds: by_seed(&runs),
            torn: Vec::new(),
            whole: true,
            ablates: text("ablates").zip(text("without")),
        };
        left_out.extend(group.leave_torn_seeds(&others));
        made.push(group);
    }
    for of_variant in made.chunk_by_mut(|a, b| (&a.experiment, &a.variant) == (&b.experiment, &b.variant)) {
        let asked: Vec<&Asked> = of_variant.iter().filter_map(|g| g.asked.as_ref()).collect();
        let told = distinctions(&asked);
        let told = of_variant.iter_mut().zip(told).filter(|(_, told)| !told.is_empty());
        told.for_each(|(group, told)| group.label += &format!(" ({told})"));
    }
    left_out.sort_by(|a, b| a.run.cmp(&b.run));
    (made, left_out)
}

/// The runs that count, with what they ask; those that a newer one has superseded are named.
fn newest<'a>(runs: &[&'a StoredRun], left_out: &mut Vec<LeftOut>) -> Vec<(&'a StoredRun, Asked)> {
    let mut newest = BTreeMap::<_, (&'a StoredRun, Asked)>::new();
    for (run, asked) in runs.iter().copied().zip(asked(runs)) {
        let name = &run.name;
        let key = (name.experiment.as_str(), name.variant.as_str(), asked.question.clone(), name.seed, name.fold);
        let (older, newer) = match newest.remove(&key) {
            None => {
                newest.insert(key, (run, asked));
                continue;
            }
            Some(earlier) if earlier.0.last_active_unix() > run.last_active_unix() => (run, earlier),
            Some((earlier, _)) => (earlier, (run, asked)),
        };
        if older.dir != newer.0.dir {
            left_out.push(LeftOut::of(older, "superseded", format!("{} asks the same and is newer", newer.0.name)));
        }
        newest.insert(key, newer);
    }
    newest.into_values().collect()
}

/// The runs of each seed, in the order given.
fn by_seed<'a>(runs: &[&'a StoredRun]) -> BTreeMap<u64, Vec<&'a StoredRun>> {
    let mut seeds: BTreeMap<u64, Vec<&StoredRun>> = BTreeMap::new();
    runs.iter().for_each(|run| seeds.entry(run.name.seed).or_default().push(run));
    seeds
}

/// The folds that each seed must have: as many as a record tells, else those that any of the runs has.
pub(super) fn folds<'a>(runs: impl IntoIterator<Item = &'a StoredRun>) -> BTreeSet<Option<u32>> {
    let runs: Vec<&StoredRun> = runs.into_iter().collect();
    match runs.iter().find_map(|run| run.folds()) {
        Some(count) => (0..count).map(Some).collect(),
        None => runs.iter().map(|run| run.name.fold).collect(),
    }
}

/// Which of `folds` a seed lacks: `fold 2`, `folds 2, 4`; nothing where it is whole.
pub(super) fn lacks(runs: &[&StoredRun], folds: &BTreeSet<Option<u32>>) -> Option<String> {
    let has: BTreeSet<Option<u32>> = runs.iter().map(|r| r.name.fold).collect();
    let missing: Vec<String> = folds.difference(&has).flatten().map(u32::to_string).collect();
    let s = if missing.len() == 1 { "" } else { "s" };
    (!missing.is_empty()).then(|| format!("fold{s} {}", missing.join(", ")))
}

#[cfg(test)]
#[path = "group_tests.rs"]
mod tests;
