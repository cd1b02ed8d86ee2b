//! What makes two runs the same question.

use super::code_version;
use crate::augment;
use crate::record::{Asks, RunId, sha256};
use crate::spec::Setup;
use crate::split::Protocol;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

/// What all runs of a cell ask: what can change a result, and nothing else. Seed and fold make a run's own question of it.
pub(super) struct Question {
    /// JSON up to the fold.
    before: String,
    /// JSON behind the seed.
    after: String,
    /// The question without seed and fold, as the record tells it.
    pub(super) asks: Arc<Asks>,
}

impl Question {
    /// The question of settings about recordings with this fingerprint.
    pub(super) fn of(setup: &Setup, fingerprint: &str) -> Self {
        // All keys sorted, so that the order in which settings are declared is no part of an id.
        let text = |value: &Value| sorted(value).to_string();
        let (broken, corpus) = (text(&json!(setup.clips.broken)), text(&fingerprint.into()));
        let (split, sounds) = (split_file(setup).map(|(_, content)| content.unwrap_or_default()), sounds(setup));
        let settings = text(&settings(setup, split.as_deref()));
        let versions = text(&code_version().into());
        let question = sha256(format!(r#"{{"broken":{broken},"corpus":{corpus},"setup":{settings}}}"#).as_bytes());
        let corpus_is = fingerprint.to_owned();
        Self {
            before: format!(r#"{{"broken":{broken},"corpus":{corpus},"fold":"#),
            after: format!(r#","setup":{settings},"versions":{versions}}}"#),
            asks: Arc::new(Asks { question, corpus: corpus_is, split, sounds, code: code_version() }),
        }
    }

    /// The identity of the run with this seed and fold.
    pub(super) fn run_id(&self, seed: u64, fold: Option<u32>) -> RunId {
        let fold = fold.map_or("null".to_owned(), |fold| fold.to_string());
        RunId::of(format!("{}{fold},\"seed\":{seed}{}", self.before, self.after).as_bytes())
    }
}

/// The file that splits the clips, with a hash of what it holds now; no hash where it cannot be read. None where clips are split
/// in another way.
pub(super) fn split_file(setup: &Setup) -> Option<(&Path, Option<String>)> {
    let Protocol::File(file) = &setup.split else { return None };
    let content = std::fs::read(&file.path).ok().map(|bytes| blake3::hash(&bytes).to_hex().to_string());
    Some((&file.path, content))
}

/// A hash of the augmentation with what its folders of sounds hold; none where it has no folder, or one that cannot be read.
fn sounds(setup: &Setup) -> Option<String> {
    let by_content = augment::content_key(&setup.augment).ok()?;
    let by_path = serde_json::to_vec(&(augment::VERSION, &setup.augment)).expect("settings are plain data");
    (by_content != by_path).then(|| blake3::hash(&by_content).to_hex().to_string())
}

/// The settings that can change a result; `split` is the content of the file that splits the clips.
fn settings(setup: &Setup, split: Option<&str>) -> Value {
    let mut question = serde_json::to_value(setup).expect("settings are plain data");
    let table = question.as_object_mut().expect("settings are a table");
    // The clips' content, labels and speakers stand for the corpus and the selection: a moved corpus is the same one.
    table.remove("corpus");
    table.remove("clips");
    // A permission changes no result.
    table.remove("audit");
    if let (Protocol::File(file), Some(content)) = (&setup.split, split) {
        table.insert("split".to_owned(), json!({ "file": content, "validation": file.validation }));
    }
    // Folders of sounds enter by their content. Where one cannot be read, its path stands for it: the run will say why.
    if let Ok(key) = augment::content_key(&setup.augment) {
        table.insert("augment".to_owned(), json!(blake3::hash(&key).to_hex().to_string()));
    }
    question
}

/// The same JSON with all keys sorted.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let ordered: std::collections::BTreeMap<_, _> = map.iter().map(|(k, v)| (k.clone(), sorted(v))).collect();
            ordered.into_iter().collect()
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        other => other.clone(),
    }
}
