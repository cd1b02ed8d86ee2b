//! What makes two runs the same question.

use super::code_version;
use crate::augment;
use crate::data::Recordings;
use crate::kind::Kinds;
use crate::record::RunId;
use crate::spec::Setup;
use crate::split::{By, Protocol};

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
    table.insert("split".to_owned(), split(&setup.split, recordings));
    // Folders of sounds enter by their content. Where one cannot be read, its path stands for it: the run will say why.
    if let Ok(key) = augment::content_key(&setup.augment) {
        table.insert("augment".to_owned(), serde_json::json!(blake3::hash(&key).to_hex().to_string()));
    }
    question
}

/// How clips are divided. Settings that came after others had their ids are no part of it where they are as by default; a
/// column by which clips are kept together enters by its content, a file by its bytes.
fn split(protocol: &Protocol, recordings: &Recordings) -> serde_json::Value {
    let mut question = serde_json::json!(protocol);
    let Some(table) = question.get_mut(protocol.name()).and_then(serde_json::Value::as_object_mut) else {
        return question;
    };
    if let Some(by) = protocol.kept_by() {
        table.remove("by");
        if by.is_speaker() {
            // Written so since before there were other columns.
            table.extend(matches!(protocol, Protocol::KFold(_)).then(|| ("by".to_owned(), "speakers".into())));
        } else {
            table.insert("by".to_owned(), columns(by, recordings).into());
        }
    }
    if table.get("groups").is_some_and(|groups| *groups == serde_json::json!([])) {
        table.remove("groups");
    }
    match protocol {
        Protocol::File(file) => {
            let content = std::fs::read(&file.path).map(|b| blake3::hash(&b).to_hex().to_string()).unwrap_or_default();
            table.remove("path");
            table.insert("file".to_owned(), content.into());
            table.clone().into()
        }
        _ => question,
    }
}

/// A hash of what the clips have in columns. Where one lacks something, no run is made.
fn columns(by: &By, recordings: &Recordings) -> String {
    let mut hasher = blake3::Hasher::new();
    let items = recordings.items();
    for value in by.names().iter().flat_map(|name| items.iter().map(|item| item.column(name).unwrap_or_default())) {
        hasher.update(&(value.len() as u64).to_le_bytes()).update(value.as_bytes());
    }
    hasher.finalize().to_hex().to_string()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::{Corpus, Selection, Synth};

    #[test]
    fn settings_that_came_later_leave_ids_as_they_were_where_they_are_as_by_default() {
        let recordings = Recordings::list(&Corpus::Synth(Synth::default()), &Selection::default()).unwrap();
        let of = |text: &str| split(&toml::from_str(text).unwrap(), &recordings).to_string();
        for (text, question) in [
            ("k-fold = {}", r#"{"k-fold":{"folds":5,"validation":0.1,"by":"speakers"}}"#),
            ("k-fold.by = \"clips\"", r#"{"k-fold":{"folds":5,"validation":0.1,"by":"clips"}}"#),
            ("leave-one-speaker-out = {}", r#"{"leave-one-speaker-out":{"validation":0.1}}"#),
            (
                "speakers = {}",
                r#"{"speakers":{"test":0.2,"validation":0.1,"test_speakers":[],"validation_speakers":[]}}"#,
            ),
            ("file.path = \"nowhere.csv\"", r#"{"validation":0.0,"file":""}"#),
        ] {
            assert_eq!(of(text), question);
        }
        assert_eq!(of("k-fold.by = [\"speaker\"]"), of("k-fold = {}"));
        let by = ["k-fold.by = \"sentence\"", "k-fold.by = [\"speaker\", \"sentence\"]", "k-fold.groups = [[\"a\"]]"];
        let others = by.map(of);
        assert!(others.iter().all(|question| *question != of("k-fold = {}")) && others[0] != others[1], "{others:?}");
    }
}
