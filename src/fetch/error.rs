//! Why a corpus could not be fetched.

use std::fmt;
use std::path::{Path, PathBuf};

/// Why a corpus could not be fetched. What is on disk stays as it is: the same command goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The repository's address is not one.
    #[error("{url}: {why}; expected the address of a repository, such as {example}", example = super::GITHUB)]
    Address {
        /// What was given.
        url: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The name of a branch or commit is not one.
    #[error("{reference:?} is no name of a branch or commit; expected letters, digits, `.`, `_`, `-` and `/`")]
    Reference {
        /// What was given.
        reference: String,
    },
    /// More or fewer downloads at a time than there may be.
    #[error("{jobs} downloads at a time; expected 1 to {most}", most = super::MOST_JOBS)]
    Jobs {
        /// What was asked for.
        jobs: usize,
    },
    /// The folder cannot take the corpus.
    #[error("{}: {why}", path.display())]
    Folder {
        /// The folder or what is in its way.
        path: PathBuf,
        /// What is wrong and what to do.
        why: &'static str,
    },
    /// Another process writes to the folder.
    #[error("{}: another process is fetching to this folder; wait for it or name another folder", path.display())]
    Held {
        /// The folder.
        path: PathBuf,
    },
    /// The file system refused.
    #[error("{}: cannot be {what}: {source}; make room or mend the access", path.display())]
    Disk {
        /// The file or folder.
        path: PathBuf,
        /// `read`, `written`, ...
        what: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// The server refuses, or what it sends cannot be used; asking again would not change it.
    #[error("{url}: {why}{hint}")]
    Refused {
        /// What was asked for.
        url: String,
        /// Status and message of the server, or what is wrong with the answer.
        why: String,
        /// What to try instead, or nothing.
        hint: String,
    },
    /// The server did not get well while it was asked again and again.
    #[error("{url}: gave up after {tries} tries: {why}")]
    GaveUp {
        /// What was asked for.
        url: String,
        /// How often.
        tries: u32,
        /// What went wrong the last time.
        why: String,
    },
    /// The server asks to come back after a longer time than one waits for.
    #[error("{url}: the server asks to come back in {seconds} s")]
    Later {
        /// What was asked for.
        url: String,
        /// What it asks for.
        seconds: u64,
    },
    /// Some clips could not be fetched.
    #[error("{0}")]
    Clips(Failures),
    /// Anything of the above, once it is known which clips there are.
    #[error("{cause}\n{done} of {total} clips are there and whole; the same command goes on with the others")]
    Unfinished {
        /// What went wrong.
        cause: Box<FetchError>,
        /// Clips that are there and have the listed SHA-256.
        done: usize,
        /// Clips that the corpus has.
        total: usize,
    },
}

impl FetchError {
    /// Turns an error of the file system into one that names the file.
    pub(super) fn disk(path: &Path, what: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Disk { path: path.to_path_buf(), what, source }
    }
}

/// A clip that could not be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The file, below the folder.
    pub file: String,
    /// What went wrong the last time.
    pub why: String,
    /// How often it was tried.
    pub tries: u32,
}

/// All clips that could not be fetched, by name; at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failures(pub Vec<Failure>);

impl fmt::Display for Failures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 10;
        for (i, Failure { file, why, tries }) in self.0.iter().take(SHOWN).enumerate() {
            let line = if i == 0 { "" } else { "\n" };
            let times = if *tries == 1 { "try" } else { "tries" };
            write!(f, "{line}{file}: cannot be fetched ({tries} {times}): {why}")?;
        }
        match self.0.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, "\n... and {more} more"),
        }
    }
}
