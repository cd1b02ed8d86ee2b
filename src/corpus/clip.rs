//! The clip, the unit of every experiment, and what a search for clips comes back with.

use super::{Broken, CorpusError, Recipe, error::Problems};
use crate::audio::{self, Audio, AudioError};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;

/// One recording of one person with one label.
#[derive(Debug, Clone, PartialEq)]
pub struct Clip {
    /// Its path relative to the corpus's folder, with `/` between the parts; no two clips of a corpus share one.
    pub id: String,
    /// Where its audio comes from.
    pub source: Source,
    /// The emotion, one of [`LABELS`](super::LABELS) or whatever a manifest says.
    pub label: String,
    /// Who speaks, as the corpus names them.
    pub speaker: String,
    /// What else the corpus knows: sex, age, sentence, intensity, ...
    pub columns: BTreeMap<String, String>,
}

/// Where a clip's audio comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// An audio file.
    File(PathBuf),
    /// A recipe, rendered on demand.
    Synth(Box<Recipe>),
}

impl Clip {
    /// Its audio, mono at its own sample rate.
    ///
    /// # Errors
    /// When its file cannot be decoded; see [`audio::decode`].
    pub fn audio(&self) -> Result<Audio, AudioError> {
        match &self.source {
            Source::File(path) => audio::decode(path),
            Source::Synth(recipe) => Ok(recipe.render()),
        }
    }

    /// The hash of its source, cheap because nothing is decoded: BLAKE3 of the file's bytes or of the recipe. It
    /// changes whenever the audio may have changed; what is cached from a clip is found again by it.
    ///
    /// # Errors
    /// When its file cannot be read.
    pub fn content(&self) -> Result<[u8; 32], AudioError> {
        let path = match &self.source {
            Source::Synth(recipe) => return Ok(recipe.content()),
            Source::File(path) => path,
        };
        let mut hasher = blake3::Hasher::new();
        File::open(path)
            .and_then(|file| hasher.update_reader(file).map(|_| ()))
            .map_err(|source| AudioError::Read { path: path.clone(), source })?;
        Ok(*hasher.finalize().as_bytes())
    }

    /// One of the clip's facts by name: `id`, `label`, `speaker` or a column.
    pub fn column(&self, name: &str) -> Option<&str> {
        match name {
            "id" => Some(&self.id),
            "label" => Some(&self.label),
            "speaker" => Some(&self.speaker),
            _ => self.columns.get(name).map(String::as_str),
        }
    }
}

/// The fingerprint of a list of clips: ids, labels, speakers and [content](Clip::content), in order. It knows no
/// absolute path and no time, so that the same corpus has the same one on every machine.
///
/// # Errors
/// When a file cannot be read: the first in order.
pub fn fingerprint(clips: &[Clip]) -> Result<[u8; 32], AudioError> {
    let contents: Vec<Result<[u8; 32], AudioError>> = clips.par_iter().map(Clip::content).collect();
    let mut hasher = blake3::Hasher::new_derive_key("serlab 2026 corpus fingerprint");
    for (clip, content) in clips.iter().zip(contents) {
        for text in [&clip.id, &clip.label, &clip.speaker] {
            hasher.update(&(text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
        }
        hasher.update(&content?);
    }
    Ok(*hasher.finalize().as_bytes())
}

/// What a search for clips found. The lists are sorted.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Found {
    /// The clips, sorted by id.
    pub clips: Vec<Clip>,
    /// Audio files whose names do not follow the corpus's convention, each with the reason.
    pub misnamed: Vec<String>,
    /// Clips that the corpus's own list names but that are not there.
    pub missing: Vec<String>,
    /// Files of the corpus that are no emotional speech (songs, video), each with the reason; never a problem.
    pub ignored: Vec<String>,
}

impl Found {
    /// The clips, if the corpus is whole or `broken` says that what is broken may be left out.
    ///
    /// # Errors
    /// With [`Broken::Refuse`] when a file is misnamed or missing: all of them in one message.
    pub fn accept(self, broken: Broken) -> Result<Vec<Clip>, CorpusError> {
        let misnamed = self.misnamed.iter().map(|m| format!("misnamed: {m}"));
        let missing = self.missing.iter().map(|m| format!("missing: {m}"));
        let problems: Vec<String> = misnamed.chain(missing).collect();
        if problems.is_empty() || broken == Broken::LeaveOut {
            return Ok(self.clips);
        }
        let (bad, good) = (problems.len(), self.clips.len());
        let what = format!(
            "{bad} files are misnamed or missing beside {good} clips; mend them, or set clips.broken = \"leave-out\" to \
             do without them"
        );
        Err(CorpusError::Problems(Problems::new(what, problems)))
    }
}
