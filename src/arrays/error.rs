//! What can be wrong with an array or a table.

use std::path::{Path, PathBuf};
use thiserror::Error;

/// An error of this room. Messages name the file, and where it is one of many the array in it.
#[derive(Debug, Error)]
pub enum ArrayError {
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file that this reader cannot use.
    #[error("{file}: {why}")]
    Unreadable {
        /// The file, or the array in an archive.
        file: String,
        /// Why, and what would help.
        why: String,
    },
    /// An array's size contradicts its shape.
    #[error("an array of shape {shape:?} has {expected} values, but there are {actual}")]
    Size {
        /// The shape.
        shape: Vec<usize>,
        /// Values it asks for.
        expected: usize,
        /// Values there are.
        actual: usize,
    },
}

impl ArrayError {
    /// Of a file that cannot be used.
    pub(super) fn unreadable(path: &Path, why: impl Into<String>) -> Self {
        Self::Unreadable { file: path.display().to_string(), why: why.into() }
    }

    /// Of a file that the system does not give.
    pub(super) fn io(path: &Path, source: std::io::Error) -> Self {
        Self::Io { path: path.to_owned(), source }
    }
}
