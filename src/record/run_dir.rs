//! A run directory while a run is under way.

use super::layout::{CHECKPOINT, FileName, PLOTS, RunName};
use super::lock::{Foreign, Lock};
use super::{Epochs, Progress, RecordError, Status, atomic, seal};
use serde::Serialize;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

/// A run directory that this process alone works on, until the value is dropped.
#[derive(Debug)]
pub struct RunDir {
    name: RunName,
    path: PathBuf,
    _lock: Lock,
}

impl RunDir {
    /// Makes the directory of a run, or takes over an unfinished one of the same name with all it holds.
    ///
    /// # Errors
    /// A name that cannot be a folder, a link where a folder belongs, a sealed run, a run that another process works on.
    pub fn create(runs: &Path, name: &RunName) -> Result<Self, RecordError> {
        Self::create_with(runs, name, Foreign::Refuse)
    }

    /// As [`RunDir::create`], saying what to do about a run that another machine did not let go.
    pub fn create_with(runs: &Path, name: &RunName, foreign: Foreign) -> Result<Self, RecordError> {
        let path = name.directory(runs)?;
        fs::create_dir_all(runs).map_err(RecordError::io("create", runs))?;
        let experiment = runs.join(&name.experiment);
        folder(&experiment)?;
        folder(&path)?;
        // Before the lock, so that nothing is written into a finished run, and again after it: the run may have been
        // finished while this process waited.
        let sealed = || path.join(FileName::Seal.path()).symlink_metadata().is_ok();
        if sealed() {
            return Err(RecordError::Sealed { path });
        }
        let lock = Lock::take(&path, foreign)?;
        if sealed() {
            drop(lock);
            Lock::finish(&path);
            return Err(RecordError::Sealed { path });
        }
        for swept in [path.clone(), path.join(PLOTS), path.join(CHECKPOINT)] {
            refuse_link(&swept)?;
            atomic::sweep(&swept)?;
        }
        for file in [FileName::Log, FileName::Timing] {
            cut_torn_line(&path.join(file.path()))?;
        }
        atomic::sync_folder(&experiment)?;
        Ok(Self { name: name.clone(), path, _lock: lock })
    }

    /// What the run is called.
    pub fn name(&self) -> &RunName {
        &self.name
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Path of one of its files.
    pub fn file(&self, file: FileName) -> PathBuf {
        self.path.join(file.path())
    }

    /// The folder of checkpoints, made if it is missing.
    ///
    /// # Errors
    /// A link in its place, or the file system's reason.
    pub fn checkpoint(&self) -> Result<PathBuf, RecordError> {
        let path = self.path.join(CHECKPOINT);
        folder(&path)?;
        Ok(path)
    }

    /// Writes a whole file, atomically.
    ///
    /// # Errors
    /// The path and the file system's reason; the file is then as it was.
    pub fn write(&self, file: FileName, bytes: &[u8]) -> Result<(), RecordError> {
        let path = self.file(file);
        if let FileName::Plot(..) = file {
            folder(&self.path.join(PLOTS))?;
        }
        atomic::write(&path, bytes)
    }

    /// Writes a value as readable JSON, atomically.
    ///
    /// # Errors
    /// As [`RunDir::write`].
    pub fn write_json(&self, file: FileName, value: &impl Serialize) -> Result<(), RecordError> {
        self.write(file, &json(value))
    }

    /// The contents of a file, `None` if the run does not have it.
    ///
    /// # Errors
    /// The path and the file system's reason.
    pub fn read(&self, file: FileName) -> Result<Option<Vec<u8>>, RecordError> {
        read(&self.file(file))
    }

    /// Appends one line and brings it to the disk; `header` becomes the first line of a file that does not exist or is
    /// empty. For `epochs.csv`, `steps.csv`, `timing.csv` and `log.jsonl`.
    ///
    /// # Errors
    /// The path and the file system's reason. What was appended in part is cut off again.
    pub fn append_row(&self, file: FileName, header: Option<&str>, row: &str) -> Result<(), RecordError> {
        debug_assert!(!row.contains('\n'), "a row is one line");
        self.append_rows(file, header, &[row])
    }

    /// As [`RunDir::append_row`] for several lines at once.
    ///
    /// # Errors
    /// As there.
    pub fn append_rows<R: AsRef<str>>(
        &self,
        file: FileName,
        header: Option<&str>,
        rows: &[R],
    ) -> Result<(), RecordError> {
        let path = self.file(file);
        refuse_link(&path)?;
        let append = || -> std::io::Result<()> {
            let mut out = File::options().create(true).append(true).open(&path)?;
            let before = out.metadata()?.len();
            let mut lines = String::new();
            if let (0, Some(header)) = (before, header) {
                lines = format!("{header}\n");
            }
            for row in rows {
                lines += row.as_ref();
                lines.push('\n');
            }
            let written = out.write_all(lines.as_bytes()).and_then(|()| out.sync_data());
            if written.is_err() {
                let _ = out.set_len(before);
            }
            written
        };
        append().map_err(RecordError::io("append to", &path))
    }

    /// Appends an event to `log.jsonl`. Events carry no times, so that two runs of the same thing log the same.
    ///
    /// # Errors
    /// As [`RunDir::append_row`].
    pub fn log(&self, event: &impl Serialize) -> Result<(), RecordError> {
        let line = serde_json::to_string(event).expect("an event is plain data with text keys");
        self.append_row(FileName::Log, None, &line)
    }

    /// Makes the rows of `epochs.csv` those of `epochs`: how a resumed run gets each epoch once and misses none.
    ///
    /// # Errors
    /// As [`RunDir::write`].
    pub fn restore_epochs(&self, epochs: &Epochs) -> Result<(), RecordError> {
        self.write(FileName::Epochs, epochs.csv().as_bytes())
    }

    /// The table of epochs as it lies on disk, and a note if its last line was torn; `None` if there is none yet.
    ///
    /// # Errors
    /// [`RecordError::Damaged`] with the line, for damage anywhere but in the last line.
    pub fn epochs(&self) -> Result<Option<(Epochs, Option<String>)>, RecordError> {
        let path = self.file(FileName::Epochs);
        let Some(bytes) = read(&path)? else { return Ok(None) };
        let parsed = Epochs::parse(&String::from_utf8_lossy(&bytes));
        parsed.map(Some).map_err(|why| RecordError::damaged(&path, why))
    }

    /// Says how the run stands.
    ///
    /// # Errors
    /// As [`RunDir::write`].
    pub fn status(&self, status: &Status) -> Result<(), RecordError> {
        self.write_json(FileName::Status, status)
    }

    /// How the run stood when it was last worked on; `None` for a new one or if the file makes no sense.
    ///
    /// # Errors
    /// The path and the file system's reason.
    pub fn last_status(&self) -> Result<Option<Status>, RecordError> {
        Ok(self.read(FileName::Status)?.and_then(|b| serde_json::from_slice(&b).ok()))
    }

    /// Removes one file, if it is there.
    ///
    /// # Errors
    /// The path and the file system's reason.
    pub fn remove(&self, file: FileName) -> Result<(), RecordError> {
        let path = self.file(file);
        match fs::remove_file(&path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
            removed => removed.map_err(RecordError::io("remove", &path)),
        }
    }

    /// Removes the folder of checkpoints, as after the end or for a start from the beginning. A link in its place is
    /// removed, what it points to is not.
    ///
    /// # Errors
    /// The path and the file system's reason.
    pub fn remove_checkpoint(&self) -> Result<(), RecordError> {
        remove_tree(&self.path.join(CHECKPOINT))
    }

    /// Removes all files of the record and the checkpoints, for a start from the beginning. Files that are not the
    /// record's own, such as notes, stay.
    ///
    /// # Errors
    /// The path and the file system's reason.
    pub fn remove_partial(&self) -> Result<(), RecordError> {
        refuse_link(&self.path.join(PLOTS))?;
        self.remove_checkpoint()?;
        FileName::ALL.iter().try_for_each(|file| self.remove(*file))
    }

    /// Seals the run, which stood like `status`: writes `status.json` and then `seal.json`, after which nothing of it is ever
    /// written again. What it no longer needs (checkpoints, its lock) is removed.
    ///
    /// # Errors
    /// [`RecordError::Incomplete`] if a file is missing without which there is no result.
    pub fn seal(self, status: &Status) -> Result<PathBuf, RecordError> {
        let seal = seal::Seal::of(&self.path, &self.name.id)?;
        let files = seal::origins(&self.path)?;
        self.status(&Status { files, ..status.end(Progress::Sealed, None) })?;
        atomic::write(&self.file(FileName::Seal), &json(&seal))?;
        // Not before: a process that is killed here has lost nothing.
        self.remove_checkpoint()?;
        let Self { path, _lock: lock, .. } = self;
        drop(lock);
        Lock::finish(&path);
        Ok(path)
    }

    /// Removes what a process that was killed right after sealing left in the directory of a sealed run.
    ///
    /// # Errors
    /// The path and the file system's reason.
    pub fn tidy(sealed: &Path) -> Result<(), RecordError> {
        remove_tree(&sealed.join(CHECKPOINT))?;
        atomic::sweep(sealed)?;
        Lock::finish(sealed);
        Ok(())
    }
}

/// A value as JSON with indentation and a line end, the same for the same value.
pub fn json(value: &impl Serialize) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(value).expect("files of the record are plain data with text keys");
    bytes.push(b'\n');
    bytes
}

/// The contents of a file, `None` if it does not exist.
pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>, RecordError> {
    match fs::read(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        read => read.map(Some).map_err(RecordError::io("read", path)),
    }
}

/// Removes a folder with all in it, or whatever lies in its place; what a link points to stays.
fn remove_tree(path: &Path) -> Result<(), RecordError> {
    let Ok(meta) = path.symlink_metadata() else { return Ok(()) };
    match if meta.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) } {
        // Another process that tidies up was faster.
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
        removed => removed.map_err(RecordError::io("remove", path)),
    }
}

/// Makes a folder if it is missing; a link is refused, even one to a folder.
fn folder(path: &Path) -> Result<(), RecordError> {
    refuse_link(path)?;
    match fs::create_dir(path) {
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        made => made.map_err(RecordError::io("create", path)),
    }
}

/// Cuts off a last line without an end, as a killed process leaves it, so that the next line starts on its own.
fn cut_torn_line(path: &Path) -> Result<(), RecordError> {
    refuse_link(path)?;
    let Some(bytes) = read(path)? else { return Ok(()) };
    let whole = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1);
    if whole < bytes.len() {
        let file = File::options().write(true).open(path);
        file.and_then(|f| f.set_len(whole as u64)).map_err(RecordError::io("repair", path))?;
    }
    Ok(())
}

fn refuse_link(path: &Path) -> Result<(), RecordError> {
    if path.symlink_metadata().is_ok_and(|m| m.is_symlink()) {
        return Err(RecordError::Link { path: path.to_path_buf() });
    }
    Ok(())
}

#[cfg(test)]
#[path = "run_dir_tests.rs"]
mod tests;
