//! The plan of a run from its record: the same settings, and the corpus as it is now.

use super::stages::{Difference, Stage};
use super::{VerifyError, tables, text};
use crate::data::{DecodedAudioHashes, Recordings};
use crate::plan::RunPlan;
use crate::record::{FileName, StoredRun};
use crate::spec::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The run as it would be planned now; in the inner error, what of its question is not what it was.
pub(super) fn plan(stored: &StoredRun, sets: &[String]) -> Result<Result<RunPlan, Difference>, VerifyError> {
    let config = text(&stored.dir, FileName::Config)?;
    let path = stored.dir.join(FileName::Config.path());
    let mut cell = Cell::recorded(&path, &config, &stored.name.variant, sets)?;
    cell.without = stored.run_text("without").map(str::to_owned);
    let recordings = Recordings::find(&cell.setup, &DecodedAudioHashes::open(None))?;
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
