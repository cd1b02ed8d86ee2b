//! The clip, the unit of every experiment, and what a search for clips comes back with.

use super::{Broken, CorpusError, Recipe, error::Problems};
use crate::audio::{self, Audio, AudioError, Part};
use crate::words::{counted, counted_are};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};

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
    /// A part of an audio file.
    Segment(Box<Segment>),
    /// A recipe, rendered on demand.
    Synth(Box<Recipe>),
}

/// A part of an audio file, as a list gives it.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// The file.
    pub path: PathBuf,
    /// From when to when.
    pub part: Part,
    /// The list and the line that say so, for messages.
    pub row: String,
}

impl Segment {
    fn audio(&self) -> Result<Audio, AudioError> {
        let listed = |source| AudioError::Listed { row: self.row.clone(), source: Box::new(source) };
        audio::decode_part(&self.path, self.part).map_err(listed)
    }

    /// The hash of the segment, given that of its file.
    fn content(&self, file: [u8; 32]) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_derive_key("serlab 2026 segment of a file");
        let end = self.part.end.unwrap_or(f64::INFINITY);
        hasher.update(&file).update(&self.part.start.to_le_bytes()).update(&end.to_le_bytes());
        *hasher.finalize().as_bytes()
    }
}

impl Clip {
    /// Its audio, mono at its own sample rate.
    ///
    /// # Errors
    /// When its file cannot be decoded; see [`audio::decode`].
    pub fn audio(&self) -> Result<Audio, AudioError> {
        match &self.source {
            Source::File(path) => audio::decode(path),
            Source::Segment(segment) => segment.audio(),
            Source::Synth(recipe) => Ok(recipe.render()),
        }
    }

    /// The hash of its source, cheap because nothing is decoded: BLAKE3 of the file's bytes or of the recipe; of a segment
    /// also of its times. It changes whenever the audio may have changed; what is cached from a clip is found again by it.
    ///
    /// # Errors
    /// When its file cannot be read.
    pub fn content(&self) -> Result<[u8; 32], AudioError> {
        match &self.source {
            Source::Synth(recipe) => Ok(recipe.content()),
            Source::File(path) => hash(path),
            Source::Segment(segment) => Ok(segment.content(hash(&segment.path)?)),
        }
    }

    pub(super) fn label(&self) -> &str {
        &self.label
    }

    pub(super) fn speaker(&self) -> &str {
        &self.speaker
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

/// BLAKE3 of a file's bytes.
fn hash(path: &Path) -> Result<[u8; 32], AudioError> {
    let mut hasher = blake3::Hasher::new();
    File::open(path)
        .and_then(|file| hasher.update_reader(file).map(|_| ()))
        .map_err(|source| AudioError::Read { path: path.to_owned(), source })?;
    Ok(*hasher.finalize().as_bytes())
}

/// The [content](Clip::content) of clips, in their order; a file of many segments is read once.
///
/// # Errors
/// When a file cannot be read: the first in order.
pub fn contents(clips: &[Clip]) -> Result<Vec<[u8; 32]>, AudioError> {
    let segmented = |clip: &'_ Clip| match &clip.source {
        Source::Segment(segment) => Some(segment.path.clone()),
        Source::File(_) | Source::Synth(_) => None,
    };
    let files: BTreeSet<PathBuf> = clips.iter().filter_map(segmented).collect();
    // Of a file that cannot be read the clip itself tells, below.
    let files: BTreeMap<PathBuf, [u8; 32]> =
        files.into_par_iter().filter_map(|path| hash(&path).ok().map(|hash| (path, hash))).collect();
    let content = |clip: &Clip| match &clip.source {
        Source::Segment(segment) => match files.get(&segment.path) {
            Some(file) => Ok(segment.content(*file)),
            None => clip.content(),
        },
        Source::File(_) | Source::Synth(_) => clip.content(),
    };
    let all: Vec<Result<[u8; 32], AudioError>> = clips.par_iter().map(content).collect();
    all.into_iter().collect()
}

/// The fingerprint of a list of clips: ids, labels, speakers and [content](Clip::content), in order. It knows no
/// absolute path and no time, so that the same corpus has the same one on every machine.
///
/// # Errors
/// When a file cannot be read: the first in order.
pub fn fingerprint(clips: &[Clip]) -> Result<[u8; 32], AudioError> {
    let contents = contents(clips)?;
    let mut hasher = blake3::Hasher::new_derive_key("serlab 2026 corpus fingerprint");
    for (clip, content) in clips.iter().zip(contents) {
        for text in [&clip.id, &clip.label, &clip.speaker] {
            hasher.update(&(text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
        }
        hasher.update(&content);
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
    /// Files whose names say of a clip what another file's name says, each with that other file: the same recording again,
    /// in another folder or format. They are no clips.
    pub again: Vec<String>,
    /// Clips that the corpus's own list names, or that it was published with, but that are not there.
    pub missing: Vec<String>,
    /// What there is to say of each that is missing, where a list knows more of it than its name: line and path.
    pub missing_said: Vec<String>,
    /// Files that are passed over: of the corpus but no emotional speech (songs, video), or audio in a format that is not
    /// read. Each with the reason; never a problem.
    pub ignored: Vec<(String, String)>,
}

impl Found {
    /// The clips, if the corpus is whole or `broken` says that what is broken may be left out.
    ///
    /// # Errors
    /// With [`Broken::Refuse`] when a file is misnamed, missing or there twice: all of them in one message.
    pub fn accept(self, broken: Broken) -> Result<Vec<Clip>, CorpusError> {
        let problems: Vec<String> = self.problems().collect();
        if problems.is_empty() || broken == Broken::LeaveOut {
            return Ok(self.clips);
        }
        let (bad, good) = (problems.len(), self.clips.len());
        let what = match (self.again.len(), self.misnamed.len() + self.missing.len()) {
            (again, 0) => format!(
                "{again} of {} other copies of the same clips; name the folder of one copy as root, or set \
                 clips.broken = \"leave-out\" to use the first of each",
                counted_are(again + good, "file")
            ),
            _ => format!(
                "{} misnamed, missing or there twice beside {}; mend them, or set clips.broken = \"leave-out\" to do \
                 without them",
                counted_are(bad, "file"),
                counted(good, "clip")
            ),
        };
        let error = if bad == self.missing.len() { CorpusError::Missing } else { CorpusError::Problems };
        Err(error(Problems::new(what, problems)))
    }

    /// What is wrong, a line each.
    pub fn problems(&self) -> impl Iterator<Item = String> {
        let misnamed = self.misnamed.iter().map(|m| format!("misnamed: {m}"));
        let again = self.again.iter().map(|a| format!("there twice: {a}"));
        let known = if self.missing_said.is_empty() { &self.missing } else { &self.missing_said };
        let missing = known.iter().map(|m| format!("missing: {m}"));
        misnamed.chain(again).chain(missing)
    }

    /// How many files are passed over for each reason, most first.
    pub fn passed_over(&self) -> Vec<(String, usize)> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        self.ignored.iter().for_each(|(_, why)| *counts.entry(why).or_default() += 1);
        let mut counts: Vec<(String, usize)> = counts.into_iter().map(|(why, n)| (why.to_owned(), n)).collect();
        counts.sort_by_key(|(_, n)| std::cmp::Reverse(*n)); // stable: then by reason
        counts
    }
}
