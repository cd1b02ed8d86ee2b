//! What makes two runs the same question.

use super::code_version;
use super::division::{by, division};
use crate::augment;
use crate::data::Recordings;
use crate::record::RunId;
use crate::spec::Setup;
use crate::split::Protocol;

/// What all runs of a cell ask: what can change a result, and nothing else. Seed and fold make a run's own question of it.
pub(super) struct Question {
    /// JSON up to the fold.
    before: String,
    /// JSON behind the seed.
    after: String,
}

impl Question {
    /// The question of settings about recordings with this fingerprint.
    pub(super) fn of(setup: &Setup, recordings: &Recordings, fingerprint: &str) -> Self {
        // All keys sorted, so that the order in which settings are declared is no part of an id.
        let json = |value: &serde_json::Value| sorted(value).to_string();
        let (broken, corpus) = (json(&serde_json::json!(setup.clips.broken)), json(&fingerprint.into()));
        let (setup, versions) = (json(&settings(setup, recordings)), json(&code_version().into()));
        Self {
            before: format!(r#"{{"broken":{broken},"corpus":{corpus},"fold":"#),
            after: format!(r#","setup":{setup},"versions":{versions}}}"#),
        }
    }

    /// The identity of the run with this seed and fold.
    pub(super) fn run_id(&self, seed: u64, fold: Option<u32>) -> RunId {
        let fold = fold.map_or("null".to_owned(), |fold| fold.to_string());
        RunId::of(format!("{}{fold},\"seed\":{seed}{}", self.before, self.after).as_bytes())
    }
}

/// The settings that can change a result.
fn settings(setup: &Setup, recordings: &Recordings) -> serde_json::Value {
    let mut question = serde_json::to_value(setup).expect("settings are plain data");
    let table = question.as_object_mut().expect("settings are a table");
    // The clips' content, labels and speakers stand for the corpus and the selection: a moved corpus is the same one.
    table.remove("corpus");
    table.remove("clips");
    // A permission changes no result.
    table.remove("audit");
    table.insert("split".to_owned(), division(&setup.split, recordings));
    if let Protocol::File(file) = &setup.split {
        let content = std::fs::read(&file.path).map(|b| blake3::hash(&b).to_hex().to_string()).unwrap_or_default();
        let mut settings = serde_json::json!({ "file": content, "validation": file.validation });
        by(&setup.split, recordings).into_iter().for_each(|by| settings["by"] = by);
        table.insert("split".to_owned(), settings);
    }
    // Folders of sounds enter by their content. Where one cannot be read, its path stands for it: the run will say why.
    if let Ok(key) = augment::content_key(&setup.augment) {
        table.insert("augment".to_owned(), serde_json::json!(blake3::hash(&key).to_hex().to_string()));
    }
    question
}

/// The same JSON with all keys sorted.
fn sorted(value: &serde_json::Value) -> serde_json::Value {
    match value {
        serde_json::Value::Object(map) => {
            let ordered: std::collections::BTreeMap<_, _> = map.iter().map(|(k, v)| (k.clone(), sorted(v))).collect();
            ordered.into_iter().collect()
        }
        serde_json::Value::Array(items) => items.iter().map(sorted).collect(),
        other => other.clone(),
    }
}
