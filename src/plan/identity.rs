//! What makes two runs the same question.

use super::code_version;
use super::division::{by, division};
use crate::augment;
use crate::data::Recordings;
use crate::features::Feature;
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
    pub(super) fn of(setup: &Setup, recordings: &Recordings, fingerprint: &str) -> Self {
        // All keys sorted, so that the order in which settings are declared is no part of an id.
        let text = |value: &Value| sorted(value).to_string();
        let (broken, corpus) = (text(&json!(setup.clips.broken)), text(&fingerprint.into()));
        let (file, sounds) = (split_file(setup).map(|(_, content)| content.unwrap_or_default()), sounds(setup));
        let settings = text(&settings(setup, recordings, file.as_deref()));
        let versions = text(&code_version().into());
        let question = sha256(format!(r#"{{"broken":{broken},"corpus":{corpus},"setup":{settings}}}"#).as_bytes());
        let corpus_is = fingerprint.to_owned();
        Self {
            before: format!(r#"{{"broken":{broken},"corpus":{corpus},"fold":"#),
            after: format!(r#","setup":{settings},"versions":{versions}}}"#),
            asks: Arc::new(Asks { question, corpus: corpus_is, split: file, sounds, code: code_version() }),
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

/// The settings that can change a result; `file` is the content of the file that splits the clips.
fn settings(setup: &Setup, recordings: &Recordings, file: Option<&str>) -> Value {
    let mut question = serde_json::to_value(setup).expect("settings are plain data");
    let table = question.as_object_mut().expect("settings are a table");
    // The clips' content, labels and speakers stand for the corpus and the selection: a moved corpus is the same one.
    table.remove("corpus");
    table.remove("clips");
    // So it does for arrays made elsewhere.
    let asked: Vec<Feature> = setup.features.iter().map(Feature::question).collect();
    table.insert("features".to_owned(), json!(asked));
    // A permission changes no result.
    table.remove("audit");
    let mut split = division(&setup.split, recordings);
    if let Protocol::File(of) = &setup.split {
        split = json!({ "file": file.unwrap_or_default(), "validation": of.validation });
        by(&setup.split, recordings).into_iter().for_each(|by| split["by"] = by);
    }
    table.insert("split".to_owned(), split);
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

#[cfg(test)]
mod tests {
    use crate::data::DecodedAudioHashes;
    use crate::plan::{Plan, PlanError, plan};
    use crate::spec::Spec;
    use std::path::Path;

    /// The plan of a small spec in `folder`, with whatever else it asks.
    fn planned(folder: &Path, more: &str) -> Plan {
        let path = folder.join("spec.toml");
        let common = "seeds = [0, 1]\ntrain.early_stopping = \"none\"\nfeatures = [{ zcr = {} }]\nmodel.mlp = {}\ncorpus.synth = { speakers = 4, repetitions = 1 }\n";
        std::fs::write(&path, format!("{common}{more}")).unwrap();
        let spec = Spec::load(&path, &[], &[]).unwrap();
        plan(&spec, spec.cells().unwrap(), &DecodedAudioHashes::open(None)).unwrap()
    }

    #[test]
    fn seed_and_fold_are_no_part_of_what_is_asked_and_settings_are() {
        let folder = tempfile::tempdir().unwrap();
        let first = planned(folder.path(), "split.k-fold = { folds = 2 }");
        assert_eq!(first.runs.len(), 4);
        assert!(first.runs.iter().all(|run| run.asks == first.runs[0].asks));
        assert!(first.runs.windows(2).all(|both| both[0].name.id != both[1].name.id));
        let other = planned(folder.path(), "split.k-fold = { folds = 2 }\ntrain.epochs = 3");
        assert_ne!(other.runs[0].asks.question, first.runs[0].asks.question);
        assert_eq!(other.runs[0].asks.corpus, first.runs[0].asks.corpus);
    }

    #[test]
    fn a_split_file_is_known_by_what_it_holds_and_may_not_change_after_the_plan() {
        let folder = tempfile::tempdir().unwrap();
        let clips = planned(folder.path(), "split.speakers = {}").runs[0].recordings.clone();
        let write = |name: &str, tested: &str| {
            let part = |speaker: &str| if speaker == tested { "test" } else { "train" };
            let lines: String = clips.clips.iter().map(|c| format!("{},{}\n", c.id, part(&c.speaker))).collect();
            std::fs::write(folder.path().join(name), format!("clip,partition\n{lines}")).unwrap();
        };
        let asked = |name: &str| {
            let path = folder.path().join(name).display().to_string();
            planned(folder.path(), &format!("split.file = {{ path = {path:?} }}")).runs.remove(0)
        };
        let [first, last] = [&clips.clips[0], &clips.clips[clips.clips.len() - 1]].map(|clip| clip.speaker.clone());
        write("a.csv", &first);
        write("b.csv", &first);
        let (a, b) = (asked("a.csv"), asked("b.csv"));
        assert_eq!((&a.asks, &a.name.id), (&b.asks, &b.name.id), "a moved file is the same");
        assert!(a.fold().is_ok());
        write("a.csv", &last);
        assert!(matches!(a.fold(), Err(PlanError::Changed { .. })));
        assert!(asked("a.csv").fold().is_ok() && asked("a.csv").asks.question != b.asks.question);
    }
}
