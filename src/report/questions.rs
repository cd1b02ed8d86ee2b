//! What runs ask, as far as it tells them apart: the settings, and what the files hold that these name.

use super::flatten;
use crate::record::{Asks, StoredRun, sha256};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// What runs of one variant may differ in, seed and fold apart: a hash of each, empty where there is none; the code as it is. They
/// tell questions apart in words and decide nothing: settings that are written in another way may well ask the same.
#[derive(Debug, Clone, Default)]
struct Aspects {
    config: String,
    corpus: String,
    split: String,
    sounds: String,
    code: String,
}

impl Aspects {
    /// Each with its name in labels and in sentences.
    fn each(&self) -> [(&'static str, &'static str, &str); 5] {
        [
            ("config", "settings", &self.config),
            ("corpus", "what the corpus holds", &self.corpus),
            ("split", "what the split file holds", &self.split),
            ("sounds", "what folders of sounds hold", &self.sounds),
            ("code", "the version of the code", &self.code),
        ]
    }
}

/// What a run asks. Runs of the same question may be averaged; of the same but for the code, the newer takes the place of the older.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// Hash of the question without the code.
    pub(super) question: String,
    /// Both in one hash, where the record tells them; as [`Looks`](crate::evaluate::Looks) know them.
    pub(super) key: Option<String>,
    aspects: Aspects,
}

impl Asked {
    /// The version of the code.
    pub(super) fn code(&self) -> &str {
        &self.aspects.code
    }
}

/// What each run with a result asks. Runs made before records told it are taken to ask what a run of their variant asks that
/// has the same settings, corpus and code, where there is one such question and no other file is part of it, and else something of
/// their own.
pub(super) fn asked(runs: &[&StoredRun]) -> Vec<Asked> {
    let mut all: Vec<Asked> = runs.par_iter().map(|run| one(run)).collect();
    let mut known = BTreeMap::<_, BTreeSet<(String, Option<String>)>>::new();
    let place = |run: &StoredRun, asked: &Asked| {
        let Aspects { config, corpus, code, .. } = asked.aspects.clone();
        [run.name.experiment.clone(), run.name.variant.clone(), config, corpus, code]
    };
    let tell = runs.iter().zip(&all).filter(|(run, _)| run.asks.is_some());
    let names_no_file = |asked: &Asked| asked.aspects.split.is_empty() && asked.aspects.sounds.is_empty();
    for (run, asked) in tell.filter(|(_, asked)| names_no_file(asked)) {
        known.entry(place(run, asked)).or_default().insert((asked.question.clone(), asked.key.clone()));
    }
    for (run, asked) in runs.iter().zip(&mut all).filter(|(run, _)| run.asks.is_none()) {
        if let Some([only]) = known.get(&place(run, asked)).map(|q| q.iter().collect::<Vec<_>>()).as_deref() {
            (asked.question, asked.key) = (*only).clone();
        }
    }
    all
}

fn one(run: &StoredRun) -> Asked {
    let provenance = || run.provenance().ok().flatten();
    let (question, corpus, split, sounds, code) = match &run.asks {
        Some(Asks { question, corpus, split, sounds, code }) => {
            let text = |part: &Option<String>| part.clone().unwrap_or_default();
            (Some(question.clone()), corpus.clone(), text(split), text(sounds), code.clone())
        }
        None => match provenance() {
            // With folds, or where a share is set aside, each run has rows of its own.
            Some(p) => {
                let file = run.config.get("split").and_then(|s| s.get("file"));
                let aside = file.and_then(|f| f.get("validation")).and_then(toml::Value::as_float).unwrap_or(0.0);
                let same = file.is_some() && run.name.fold.is_none() && aside == 0.0;
                let split = if same { p.split_fingerprint } else { String::new() };
                (None, p.corpus_fingerprint, split, String::new(), p.serlab.code_version)
            }
            None => Default::default(),
        },
    };
    let config = settings(&run.config, !corpus.is_empty(), !split.is_empty());
    let question = question.unwrap_or_else(|| sha256(format!("{config} {corpus} {split}").as_bytes()));
    let aspects = Aspects { config, corpus, split, sounds, code };
    Asked { question, key: run.asks.as_ref().map(Asks::key), aspects }
}

/// A hash of the settings; paths of what is known by its content are left out.
fn settings(config: &toml::Table, corpus: bool, split: bool) -> String {
    let by_content = |key: &str| (corpus && key.starts_with("corpus.")) || (split && key == "split.file.path");
    let lines = flatten(config).into_iter().filter(|(key, _)| !by_content(key));
    sha256(lines.map(|(key, value)| format!("{key} = {value}\n")).collect::<String>().as_bytes())
}

/// What tells each question from the others of its variant, as a label has it: `split 1a2b3c`. Empty for a single one.
pub(super) fn distinctions(of_variant: &[&Asked]) -> Vec<String> {
    if of_variant.len() < 2 {
        return vec![String::new(); of_variant.len()];
    }
    let differ = differing(of_variant);
    let short = |hash: &str| hash.chars().take(6).collect::<String>();
    let told = |asked: &&Asked| {
        let aspects = asked.aspects.each();
        let part = |&aspect: &usize| match aspects[aspect] {
            (name, _, "") => format!("{name} unknown"),
            ("code", _, code) => code.to_owned(),
            (name, _, hash) => format!("{name} {}", short(hash)),
        };
        let parts: Vec<String> = differ.iter().map(part).collect();
        if parts.is_empty() { format!("question {}", short(&asked.question)) } else { parts.join(", ") }
    };
    of_variant.iter().map(told).collect()
}

/// In what questions differ, in words.
pub(super) fn differences(of_variant: &[&Asked]) -> String {
    let Some(first) = of_variant.first() else { return String::new() };
    let words: Vec<&str> = differing(of_variant).into_iter().map(|aspect| first.aspects.each()[aspect].1).collect();
    if words.is_empty() { "what they ask".to_owned() } else { words.join(" and ") }
}

/// The aspects, by their places, in which not all are alike.
fn differing(of_variant: &[&Asked]) -> Vec<usize> {
    let Some(first) = of_variant.first().map(|asked| asked.aspects.each()) else { return Vec::new() };
    let differ = |place: &usize| of_variant.iter().any(|asked| asked.aspects.each()[*place].2 != first[*place].2);
    (0..first.len()).filter(differ).collect()
}
