//! A corpus written to disk: WAV files and the manifest that reads them back.

use super::{Clip, CorpusError};
use crate::audio::write_wav;
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

/// The name of the list in a written corpus.
pub const MANIFEST: &str = "manifest.csv";

/// Writes every clip as a 16-bit WAV file below `folder` under its id, and last a `manifest.csv` with file, label,
/// speaker and all columns, for the `manifest` corpus. Returns the manifest's path.
///
/// # Errors
/// When `folder` holds a manifest already, an id leads outside it, two ids differ only in their extension, or a clip cannot be decoded or written.
pub fn write(clips: &[Clip], folder: &Path) -> Result<PathBuf, CorpusError> {
    let failed = |path: &Path, message: String| CorpusError::Write { path: path.to_owned(), message };
    let list = folder.join(MANIFEST);
    if list.exists() {
        return Err(failed(&list, "it exists already; name another folder".to_owned()));
    }
    let file = |clip: &Clip| Path::new(&clip.id).with_extension("wav");
    let mut names = BTreeSet::new();
    if let Some(twice) = clips.iter().find(|clip| !names.insert(file(clip))) {
        return Err(failed(&folder.join(file(twice)), "two clips would become this file".to_owned()));
    }
    let written = |clip: &Clip| -> Result<(), CorpusError> {
        let name = file(clip);
        if !name.components().all(|part| matches!(part, Component::Normal(_))) {
            return Err(failed(&name, "its id leads outside the folder".to_owned()));
        }
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(|e| failed(parent, e.to_string()))?;
        }
        let audio = clip.audio()?;
        Ok(write_wav(&path, &audio.samples, audio.sample_rate_hz)?)
    };
    // All results first, so that the error reported is the first in order and not the first in time.
    let results: Vec<Result<(), CorpusError>> = clips.par_iter().map(written).collect();
    results.into_iter().collect::<Result<(), _>>()?;

    let columns: BTreeSet<&str> = clips.iter().flat_map(|c| c.columns.keys().map(String::as_str)).collect();
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut line = |cells: Vec<&str>| writer.write_record(cells).map_err(|e| failed(&list, e.to_string()));
    line(["file", "label", "speaker"].into_iter().chain(columns.iter().copied()).collect())?;
    for clip in clips {
        let name = file(clip);
        let mut cells = vec![name.to_str().unwrap_or(&clip.id), &clip.label, &clip.speaker];
        cells.extend(columns.iter().map(|c| clip.columns.get(*c).map_or("", String::as_str)));
        line(cells)?;
    }
    let bytes = writer.into_inner().map_err(|e| failed(&list, e.to_string()))?;
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&list, bytes))
        .map_err(|e| failed(&list, e.to_string()))?;
    Ok(list)
}
