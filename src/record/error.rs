//! What can go wrong with a run directory.

use super::lock::Holder;
use std::io;
use std::path::{Path, PathBuf};

/// An error of the record; every message names the file and, where there is one, a way out.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The operating system refused.
    #[error("cannot {doing} {}: {source}{}", path.display(), hint(source))]
    Io {
        /// What was tried, as in "cannot write".
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// A name that cannot be a folder on every system.
    #[error("{what} `{name}` cannot name a folder: {why}")]
    Name {
        /// Which name: "experiment", "variant".
        what: &'static str,
        /// The name.
        name: String,
        /// What is wrong with it.
        why: String,
    },
    /// A link where a folder of the record belongs.
    #[error(
        "{} is a symbolic link, and results are neither written nor deleted through links; remove the link, or name \
         the folder it points to with --runs",
        path.display()
    )]
    Link {
        /// The link.
        path: PathBuf,
    },
    /// The run is finished.
    #[error("{} is sealed and is never overwritten; move it away to run it again", path.display())]
    Sealed {
        /// The run directory.
        path: PathBuf,
    },
    /// Another process works on the run.
    #[error("{} is being worked on by {holder}; it was left as it is", path.display())]
    Held {
        /// The run directory.
        path: PathBuf,
        /// Who holds it.
        holder: Holder,
    },
    /// A process of another machine held the run and did not let go.
    #[error(
        "{} was last held by {holder}, and from here nobody can tell whether that process still runs; if it does \
         not, --take-over takes the run over",
        path.display()
    )]
    Foreign {
        /// The run directory.
        path: PathBuf,
        /// Who held it.
        holder: Holder,
    },
    /// A file of the record does not hold what it should.
    #[error("{} is damaged: {why}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong, with a line number where lines matter.
        why: String,
    },
    /// A run cannot be sealed without this file.
    #[error("{} cannot be sealed: {file} is missing", path.display())]
    Incomplete {
        /// The run directory.
        path: PathBuf,
        /// The missing file.
        file: &'static str,
    },
    /// Nothing on disk is meant by a selector.
    #[error("no run under {} matches `{selector}`{suggestion}", root.display())]
    NoRun {
        /// The folder of runs.
        root: PathBuf,
        /// What was asked for.
        selector: String,
        /// Empty, or what might have been meant.
        suggestion: String,
    },
    /// A selector that means several runs where one is needed.
    #[error("`{selector}` means {} runs: {}; name one of them", names.len(), names.join(", "))]
    Several {
        /// What was asked for.
        selector: String,
        /// The runs it means.
        names: Vec<String>,
    },
}

impl RecordError {
    /// For `map_err`: the operating system refused `doing` to `path`.
    pub fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_path_buf();
        move |source| Self::Io { doing, path, source }
    }

    /// A file whose contents are wrong.
    pub fn damaged(path: &Path, why: impl Into<String>) -> Self {
        Self::Damaged { path: path.to_path_buf(), why: why.into() }
    }

    /// Whether there was no room left: such a run can go on once there is.
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Io { source, .. }
            if matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded))
    }
}

fn hint(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "; what was written before is whole, and the run resumes once there is room"
        }
        io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => "; name a writable folder with --runs",
        _ => "",
    }
}
