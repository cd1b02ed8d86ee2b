//! Which runs belong together: those of one variant that differ in seed and fold alone.

use super::compare::LeftOut;
use super::flatten;
use crate::evaluate::{Network, Prediction};
use crate::record::{StoredRun, sha256};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// The runs of one variant with one configuration.
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
    /// The runs of each seed, in order of fold.
    pub(super) seeds: BTreeMap<u64, Vec<&'a StoredRun>>,
    /// The variant of which this one lacks a part, and the part.
    pub(super) ablates: Option<(String, String)>,
}

impl<'a> Group<'a> {
    /// All runs.
    pub(super) fn runs(&self) -> impl Iterator<Item = &'a StoredRun> {
        self.seeds.values().flatten().copied()
    }

    /// The leaks of its runs, each once.
    pub(super) fn stamps(&self) -> Vec<String> {
        let stamps: BTreeSet<&String> = self.runs().flat_map(|r| &r.stamps).collect();
        stamps.into_iter().cloned().collect()
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

/// Groups the runs that have results, in order of experiment and variant; the others are named with the reason.
///
/// A variant whose runs have several configurations (its spec was edited between them) makes several groups. Of runs that
/// ask the same with the same seed and fold, as after a change of the code, only the newest counts.
pub(super) fn group(runs: &[StoredRun]) -> (Vec<Group<'_>>, Vec<LeftOut>) {
    let mut left_out = Vec::new();
    let mut newest: BTreeMap<(&str, &str, String, u64, Option<u32>), &StoredRun> = BTreeMap::new();
    let configs: Vec<String> =
        runs.par_iter().map(|run| if run.has_result() { fingerprint(run) } else { String::new() }).collect();
    for (run, config) in runs.iter().zip(configs) {
        if !run.has_result() {
            left_out.push(LeftOut::of(
                run,
                run.state.word(),
                run.state.why().lines().next().unwrap_or_default().to_owned(),
            ));
            continue;
        }
        let name = &run.name;
        let key = (name.experiment.as_str(), name.variant.as_str(), config, name.seed, name.fold);
        let Some(earlier) = newest.insert(key.clone(), run) else { continue };
        if earlier.dir == run.dir {
            continue;
        }
        let (older, newer) = if earlier.moment() > run.moment() { (run, earlier) } else { (earlier, run) };
        newest.insert(key, newer);
        left_out.push(LeftOut::of(older, "superseded", format!("{} asks the same and is newer", newer.name)));
    }
    let mut groups: BTreeMap<(&str, &str, String), Vec<&StoredRun>> = BTreeMap::new();
    for ((experiment, variant, config, ..), run) in newest {
        groups.entry((experiment, variant, config)).or_default().push(run);
    }
    let experiments: BTreeSet<&str> = groups.keys().map(|k| k.0).collect();
    let mut configs: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    groups.keys().for_each(|k| *configs.entry((k.0, k.1)).or_default() += 1);
    let made = groups.iter().map(|((experiment, variant, config), runs)| {
        let mut label = if experiments.len() > 1 { format!("{experiment}/{variant}") } else { (*variant).to_owned() };
        if configs[&(*experiment, *variant)] > 1 {
            label += &format!(" (config {})", &config[..6]);
        }
        let mut seeds: BTreeMap<u64, Vec<&StoredRun>> = BTreeMap::new();
        for run in runs {
            seeds.entry(run.name.seed).or_default().push(run);
        }
        let text = |key| runs[0].run_text(key).map(str::to_owned);
        Group {
            experiment: (*experiment).to_owned(),
            variant: (*variant).to_owned(),
            label,
            config: &runs[0].config,
            seeds,
            ablates: text("ablates").zip(text("without")),
        }
    });
    let made = made.collect();
    left_out.sort_by(|a, b| a.run.cmp(&b.run));
    (made, left_out)
}

/// The configuration apart from the run's name.
fn fingerprint(run: &StoredRun) -> String {
    let flat = flatten(&run.config);
    let lines: Vec<String> = flat.iter().map(|(k, v)| format!("{k} = {v}\n")).collect();
    sha256(lines.concat().as_bytes())
}
