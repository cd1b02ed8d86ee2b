//! What runs ask, as far as it tells them apart: the settings, and what the files hold that these name.

use super::flatten;
use crate::record::{Asks, StoredRun, sha256};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// What runs of one variant may differ in, seed and fold apart: the name in labels, and in sentences.
const ASPECTS: [(&str, &str); 5] = [
    ("config", "settings"),
    ("corpus", "what the corpus holds"),
    ("split", "what the split file holds"),
    ("sounds", "what folders of sounds hold"),
    ("code", "the version of the code"),
];

/// What a run asks. Runs of the same question may be averaged; of the same but for the code, the newer takes the place of the older.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Asked {
    /// Hash of the question without the code.
    pub(super) question: String,
    /// The version of the code.
    pub(super) code: String,
    /// Both in one hash, where the record tells them; as [`Looks`](crate::evaluate::Looks) know them.
    pub(super) key: Option<String>,
    /// A hash for each of [`ASPECTS`], empty where there is none; the code as it is.
    aspects: [String; ASPECTS.len()],
}

/// What each run with a result asks. Runs made before records told it are taken to ask what a run of their variant asks that
/// has the same settings, corpus and code, where there is one such question and no other file is part of it, and else something of
/// their own.
pub(super) fn asked(runs: &[&StoredRun]) -> Vec<Asked> {
    let mut all: Vec<Asked> = runs.par_iter().map(|run| one(run)).collect();
    let mut known = BTreeMap::<_, BTreeSet<(String, Option<String>)>>::new();
    let place = |run: &StoredRun, asked: &Asked| {
        let [config, corpus, _, _, code] = asked.aspects.clone();
        [run.name.experiment.clone(), run.name.variant.clone(), config, corpus, code]
    };
    let tell = runs.iter().zip(&all).filter(|(run, _)| run.asks.is_some());
    for (run, asked) in tell.filter(|(_, asked)| asked.aspects[2].is_empty() && asked.aspects[3].is_empty()) {
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
    Asked {
        question,
        code: code.clone(),
        key: run.asks.as_ref().map(Asks::key),
        aspects: [config, corpus, split, sounds, code],
    }
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
        let part = |&aspect: &usize| match (ASPECTS[aspect].0, asked.aspects[aspect].as_str()) {
            (name, "") => format!("{name} unknown"),
            ("code", code) => code.to_owned(),
            (name, hash) => format!("{name} {}", short(hash)),
        };
        let parts: Vec<String> = differ.iter().map(part).collect();
        if parts.is_empty() { format!("question {}", short(&asked.question)) } else { parts.join(", ") }
    };
    of_variant.iter().map(told).collect()
}

/// In what questions differ, in words.
pub(super) fn differences(of_variant: &[&Asked]) -> String {
    let words: Vec<&str> = differing(of_variant).into_iter().map(|aspect| ASPECTS[aspect].1).collect();
    if words.is_empty() { "what they ask".to_owned() } else { words.join(" and ") }
}

fn differing(of_variant: &[&Asked]) -> Vec<usize> {
    let differ = |aspect: &usize| of_variant.iter().any(|a| a.aspects[*aspect] != of_variant[0].aspects[*aspect]);
    (0..ASPECTS.len()).filter(differ).collect()
}
