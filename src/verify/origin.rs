//! The plan of a run from its record: the same settings, and the corpus as it is now.

use super::stages::{Difference, Stage};
use super::{VerifyError, tables, text};
use crate::corpus::Corpus;
use crate::data::{DecodedAudioHashes, Recordings};
use crate::kind::Kinds;
use crate::plan::RunPlan;
use crate::record::{FileName, StoredRun};
use crate::spec::Cell;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// The run as it would be planned now; in the inner error, what of its question is not what it was.
pub(super) fn plan(stored: &StoredRun, sets: &[String]) -> Result<Result<RunPlan, Difference>, VerifyError> {
    let config = text(&stored.dir, FileName::Config)?;
    let path = stored.dir.join(FileName::Config.path());
    let mut cell = elsewhere(&path, &config, &stored.name.variant, sets)?;
    cell.without = stored.run_text("without").map(str::to_owned);
    let recordings = Recordings::find(&cell.setup, &DecodedAudioHashes::open(None));
    let recordings = recordings.map_err(|source| VerifyError::Corpus { source, at: said_by(&cell.setup.corpus) })?;
    if let Some(difference) = corpus(&text(&stored.dir, FileName::Inputs)?, &recordings) {
        return Ok(Err(difference));
    }
    let (recorded, now) = (&stored.name, Arc::new(recordings));
    let cell = crate::plan::resolved(Arc::new(cell), &now);
    let plan = RunPlan::new(&recorded.experiment, cell, recorded.seed, recorded.fold, now);
    // With other code the same question has another id; that is told as a circumstance.
    let same_code = stored.provenance()?.is_none_or(|then| then.serlab.code_version == crate::plan::code_version());
    if same_code && !plan.name.id.as_str().starts_with(recorded.id.as_str()) {
        let what = format!(
            "config.toml and the corpus make run {}, the record says {}: a setting, the seed, or a clip that no row uses was \
             changed after the run",
            plan.name.id.short(),
            recorded.id.short()
        );
        return Ok(Err(Difference { stage: Stage::Question, what }));
    }
    Ok(Ok(plan))
}

/// The recorded settings with `sets` over them, which may say where files are now and nothing else.
fn elsewhere(path: &Path, config: &str, variant: &str, sets: &[String]) -> Result<Cell, VerifyError> {
    let recorded = Cell::recorded(path, config, variant, &[])?;
    let given = |sets: &[String]| {
        Cell::recorded(path, config, variant, sets).map_err(|errors| VerifyError::Given(errors.to_string()))
    };
    let asked = |cell: &Cell| without_places(serde_json::to_value(&cell.setup).expect("settings are plain data"));
    let (as_recorded, mut wrong) = (asked(&recorded), Vec::new());
    for set in sets {
        if asked(&given(std::slice::from_ref(set))?) != as_recorded {
            let key = set.split_once('=').map_or(set.as_str(), |(key, _)| key.trim());
            wrong.push(format!(
                "--set {set}: `{key}` says something else than where files are now: that would be another run than the \
                 recorded one; allowed: {}",
                allowed(&recorded)
            ));
        }
    }
    if wrong.is_empty() { given(sets) } else { Err(VerifyError::Given(wrong.join("\n"))) }
}

/// The keys by which settings name files and folders.
const PLACES: [&str; 4] = ["root", "path", "folder", "table"];

/// Settings without the places of files.
fn without_places(mut settings: Value) -> Value {
    match &mut settings {
        Value::Object(table) => {
            table.retain(|key, value| !(PLACES.contains(&key.as_str()) && value.is_string()));
            table.values_mut().for_each(|value| *value = without_places(value.take()));
        }
        Value::Array(items) => items.iter_mut().for_each(|value| *value = without_places(value.take())),
        _ => {}
    }
    settings
}

/// What may be given for a run with these settings.
fn allowed(cell: &Cell) -> String {
    let corpus = said_by(&cell.setup.corpus);
    let of_corpus = if corpus.is_empty() { String::new() } else { format!("{}, ", corpus.join(", ")) };
    format!("{of_corpus}the path of a split file, folders of sounds")
}

/// The keys of the settings that say where a corpus is, as far as the record uses them.
fn said_by(corpus: &Corpus) -> Vec<String> {
    let name = corpus.name();
    let settings = serde_json::to_value(corpus).expect("settings are plain data");
    let is_said = |key: &&str| settings[name][*key].as_str().is_some_and(|value| !value.is_empty());
    PLACES.into_iter().filter(is_said).map(|key| format!("corpus.{name}.{key}")).collect()
}

/// Clips of `inputs.csv` whose file is another one now, or gone.
fn corpus(inputs: &str, recordings: &Recordings) -> Option<Difference> {
    let content = |position: usize| blake3::Hash::from(recordings.contents[position]).to_hex()[..32].to_owned();
    let positions: BTreeMap<&str, usize> =
        recordings.clips.iter().enumerate().map(|(i, clip)| (clip.id.as_str(), i)).collect();
    let mut changed = Vec::new();
    for row in tables::rows(inputs) {
        let [clip, recorded, ..] = &row[..] else { continue };
        // A copy is called after its clip, which has a row of its own or not.
        let source = || clip.rsplit_once('#').and_then(|(source, _)| positions.get(source));
        match positions.get(clip.as_str()).or_else(source).copied() {
            None => changed.push(format!("`{clip}` is not in the corpus any more")),
            Some(position) if content(position) != *recorded => changed.push(format!("`{clip}` has other bytes")),
            Some(_) => {}
        }
    }
    tables::several(Stage::Corpus, "row", &changed)
}
