//! What can be wrong with a corpus.

use crate::audio::AudioError;
use std::fmt;
use std::path::{Path, PathBuf};

/// Why a corpus gives no clips.
#[derive(Debug, thiserror::Error)]
pub enum CorpusError {
    /// No folder or manifest is named in the spec.
    #[error("corpus.{corpus}.{key} is not set; name the {what}")]
    Unnamed {
        /// The corpus's kind.
        corpus: &'static str,
        /// The setting.
        key: &'static str,
        /// What it should name.
        what: &'static str,
    },
    /// The folder is not one.
    #[error("corpus.{corpus}: {} is not a folder; name the one that holds the corpus", root.display())]
    NoFolder {
        /// The corpus's kind.
        corpus: &'static str,
        /// The path.
        root: PathBuf,
    },
    /// No clip in the folder.
    #[error("corpus.{corpus}: no clip in {}; {hint}", root.display())]
    NoClips {
        /// The corpus's kind.
        corpus: &'static str,
        /// The folder.
        root: PathBuf,
        /// What was expected, and what was found instead.
        hint: String,
        /// How many audio files there are all the same, none of them a clip.
        others: usize,
    },
    /// No corpus at a path.
    #[error("{}", unrecognised(path, examples))]
    Unrecognised {
        /// The path.
        path: PathBuf,
        /// How files of known corpora are named.
        examples: String,
    },
    /// Nothing is wrong with the clips that are there, and others are not: all of them.
    #[error(transparent)]
    Missing(Problems),
    /// The file system refused.
    #[error("{}: cannot be read: {source}; check that it exists and may be read", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file system refused to write, or would have overwritten something.
    #[error("{}: cannot be written: {message}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What went wrong and what to do.
        message: String,
    },
    /// The spec selects or renames what the corpus does not have; all of it.
    #[error(transparent)]
    Selection(Problems),
    /// Several things are wrong; all of them.
    #[error(transparent)]
    Problems(#[from] Problems),
    /// A clip's audio.
    #[error(transparent)]
    Audio(#[from] AudioError),
}

impl CorpusError {
    /// Whether the spec is to be mended, not the corpus.
    pub fn is_of_the_spec(&self) -> bool {
        matches!(self, Self::Unnamed { .. } | Self::Selection(_))
    }

    /// Whether all that is wrong is that audio is not there, or not yet.
    pub fn is_absence(&self) -> bool {
        matches!(self, Self::NoFolder { .. } | Self::NoClips { others: 0, .. } | Self::Missing(_))
    }
}

/// Everything that is wrong with a corpus, a manifest or a selection, found in one pass.
#[derive(Debug, Clone, PartialEq)]
pub struct Problems {
    what: String,
    lines: Vec<String>,
}

/// How many problems a message lists; the rest are counted.
const SHOWN: usize = 100;

impl Problems {
    /// `what` in one line, then a line a problem.
    pub fn new(what: impl Into<String>, lines: Vec<String>) -> Self {
        Self { what: what.into(), lines }
    }

    /// All of them, also beyond those the message lists.
    pub fn lines(&self) -> &[String] {
        &self.lines
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        for line in self.lines.iter().take(SHOWN) {
            write!(f, "\n  {line}")?;
        }
        match self.lines.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, "\n  ... and {more} more"),
        }
    }
}

impl std::error::Error for Problems {}

/// That no corpus lies at `path`, and what to do.
fn unrecognised(path: &Path, examples: &str) -> String {
    let path_said = path.display();
    if !path.exists() {
        return format!(
            "{path_said}: there is nothing; name the folder of a corpus or a CSV file that lists its clips"
        );
    }
    format!(
        "{path_said}: no corpus is recognised, for no audio file is named like {examples}; list them in a CSV file with the columns \
         file, label and speaker, and name that"
    )
}
