//! What makes two runs the same question.

use super::code_version;
use crate::augment;
use crate::data::Recordings;
use crate::record::RunId;
use crate::spec::Setup;
use crate::split::Protocol;

/// The identity of a run: what can change its result, and nothing else.
pub(super) fn run_id(setup: &Setup, seed: u64, fold: Option<u32>, recordings: &Recordings) -> RunId {
    let mut question = serde_json::to_value(setup).expect("settings are plain data");
    let table = question.as_object_mut().expect("settings are a table");
    // The clips' content, labels and speakers stand for the corpus and the selection: a moved corpus is the same one.
    table.remove("corpus");
    table.remove("clips");
    // A permission changes no result.
    table.remove("audit");
    if let Protocol::File(file) = &setup.split {
        let content = std::fs::read(&file.path).map(|b| blake3::hash(&b).to_hex().to_string()).unwrap_or_default();
        let settings = serde_json::json!({ "file": content, "validation": file.validation });
        table.insert("split".to_owned(), settings);
    }
    // Folders of sounds enter by their content. Where one cannot be read, its path stands for it: the run will say why.
    if let Ok(key) = augment::content_key(&setup.augment) {
        table.insert("augment".to_owned(), serde_json::json!(blake3::hash(&key).to_hex().to_string()));
    }
    let question = serde_json::json!({
        "setup": question,
        "seed": seed,
        "fold": fold,
        "broken": setup.clips.broken,
        "corpus": recordings.fingerprint(),
        "versions": code_version(),
    });
    RunId::of(sorted(&question).to_string().as_bytes())
}

/// The same JSON with all keys sorted, so that the order in which settings are declared is no part of an id.
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
