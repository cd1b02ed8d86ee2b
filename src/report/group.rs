//! Which runs belong together: those of one variant that differ in seed and fold alone.

use super::compare::LeftOut;
use super::flatten;
use crate::evaluate::Prediction;
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

    /// The labels and predictions of a seed, those folds together that `folds` names.
    pub(super) fn predictions(&self, seed: u64, folds: &BTreeSet<Option<u32>>) -> Result<Pooled, String> {
        let runs = self.seeds.get(&seed).into_iter().flatten().filter(|r| folds.contains(&r.name.fold));
        let mut pooled: Option<Pooled> = None;
        for run in runs {
            let (labels, mut predictions) = run.predictions().map_err(|e| e.to_string())?;
            match &mut pooled {
                None => pooled = Some((labels, predictions)),
                Some((known, _)) if *known != labels => {
                    return Err(format!("the folds of seed {seed} have different labels"));
                }
                Some((_, all)) => all.append(&mut predictions),
            }
        }
        pooled.ok_or_else(|| format!("there is no run of seed {seed}"))
    }

    /// The number of labels, and the predictions of each seed, its folds together. Runs whose labels come in another order
    /// are made alike by the labels' names.
    pub(super) fn all_predictions(&self) -> Result<(usize, Vec<Vec<Prediction>>), String> {
        let mut names: Vec<String> = Vec::new();
        let mut seeds = Vec::new();
        for runs in self.seeds.values() {
            let mut together = Vec::new();
            for run in runs {
                let (labels, mut predictions) = run.predictions().map_err(|e| e.to_string())?;
                let mut places = Vec::new();
                for label in labels {
                    let known = names.iter().position(|name| *name == label);
                    places.push(known.unwrap_or(names.len()));
                    if known.is_none() {
                        names.push(label);
                    }
                }
                for p in &mut predictions {
                    (p.truth, p.predicted) = (places[p.truth], places[p.predicted]);
                }
                together.append(&mut predictions);
            }
            seeds.push(together);
        }
        Ok((names.len(), seeds))
    }

    /// The folds of a seed.
    pub(super) fn folds(&self, seed: u64) -> BTreeSet<Option<u32>> {
        self.seeds.get(&seed).into_iter().flatten().map(|r| r.name.fold).collect()
    }
}

/// Labels, and the predictions of several folds together.
pub(super) type Pooled = (Vec<String>, Vec<Prediction>);

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
