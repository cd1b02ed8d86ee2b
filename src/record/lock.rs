//! One process works on one run.
//!
//! `.lock` is locked through the operating system, which lets go when the process dies, however it dies. `.holder.json`
//! beside it says who holds it, for messages and because a lock does not always reach the other machines of a shared
//! disk: a holder of another machine is believed to live until somebody says otherwise. Some network disks know no locks at
//! all; there the note alone counts, and its process of this machine is looked for among those that run.

use super::{RecordError, atomic, clock};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

const LOCK: &str = ".lock";
const HOLDER: &str = ".holder.json";

/// Who works on a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The machine.
    pub host: String,
    /// The process on that machine.
    pub pid: u32,
}

impl Holder {
    /// This process.
    pub fn this() -> Self {
        Self { host: clock::host().to_owned(), pid: std::process::id() }
    }

    fn read(directory: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(directory.join(HOLDER)).ok()?).ok()
    }

    /// Whether it is another process of this machine that runs, as far as the system tells.
    fn runs_here(&self) -> bool {
        self.host == clock::host()
            && self.pid != std::process::id()
            && Path::new("/proc").join(self.pid.to_string()).exists()
    }
}

/// Whether a file system has no locks, as some network disks.
fn knows_no_locks(e: &io::Error) -> bool {
    // ENOLCK, ENOSYS and EOPNOTSUPP of Linux; ENOTSUP and ENOLCK of macOS.
    e.kind() == io::ErrorKind::Unsupported || matches!(e.raw_os_error(), Some(37 | 38 | 95 | 45 | 77))
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {} on {}", self.pid, self.host)
    }
}

/// What to do about a run that a process of another machine held and did not let go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Foreign {
    /// Leave it: the process may still run.
    #[default]
    Refuse,
    /// Take it over: the user knows that it does not.
    TakeOver,
}

/// A held lock; dropping it lets go.
#[derive(Debug)]
pub(super) struct Lock {
    directory: PathBuf,
    // Held open: closing the file is what unlocks it.
    _file: File,
}

impl Lock {
    /// Takes the lock of a run directory; that of a dead process of this machine is taken over.
    ///
    /// # Errors
    /// [`RecordError::Held`], [`RecordError::Foreign`], or the file system's reason.
    pub(super) fn take(directory: &Path, foreign: Foreign) -> Result<Self, RecordError> {
        let path = directory.join(LOCK);
        let opened = File::options().create(true).truncate(false).write(true).open(&path);
        let file = opened.map_err(RecordError::io("open", &path))?;
        // Whoever lists runs looks at the lock for a moment; that must not turn a worker away.
        for attempt in 0..5 {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if attempt < 4 => std::thread::sleep(Duration::from_millis(20)),
                Err(TryLockError::WouldBlock) => {
                    let unknown = Holder { host: "an unknown machine".to_owned(), pid: 0 };
                    let holder = Holder::read(directory).unwrap_or(unknown);
                    return Err(RecordError::Held { path: directory.to_path_buf(), holder });
                }
                Err(TryLockError::Error(e)) if knows_no_locks(&e) => {
                    Self::refuse_running(directory)?;
                    break;
                }
                Err(TryLockError::Error(e)) => return Err(RecordError::io("lock", &path)(e)),
            }
        }
        if let Some(holder) = Holder::read(directory)
            && holder.host != clock::host()
            && foreign == Foreign::Refuse
        {
            return Err(RecordError::Foreign { path: directory.to_path_buf(), holder });
        }
        let holder = serde_json::to_vec(&Holder::this()).expect("a holder is plain data");
        atomic::write(&directory.join(HOLDER), &holder)?;
        Ok(Self { directory: directory.to_path_buf(), _file: file })
    }

    /// Without a lock: an error where the note names another process that runs.
    fn refuse_running(directory: &Path) -> Result<(), RecordError> {
        match Holder::read(directory).filter(Holder::runs_here) {
            Some(holder) => Err(RecordError::Held { path: directory.to_path_buf(), holder }),
            None => Ok(()),
        }
    }

    /// Who works on the run right now, as far as can be told from here.
    pub(super) fn holder(directory: &Path) -> Option<Holder> {
        let holder = Holder::read(directory)?;
        if holder.host != clock::host() {
            return Some(holder);
        }
        let file = File::open(directory.join(LOCK)).ok()?;
        let works = match file.try_lock_shared() {
            Err(TryLockError::Error(e)) if knows_no_locks(&e) => holder.runs_here(),
            tried => matches!(tried, Err(TryLockError::WouldBlock)),
        };
        works.then_some(holder)
    }

    /// Lets go and leaves no trace, for a run that is sealed: nobody may work on it again.
    pub(super) fn finish(directory: &Path) {
        let _ = fs::remove_file(directory.join(HOLDER));
        let _ = fs::remove_file(directory.join(LOCK));
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // The lock file stays: removing it would let a third process lock a new file while a second waits for the old.
        let _ = fs::remove_file(self.directory.join(HOLDER));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_who_holds_the_run() {
        let dir = tempfile::tempdir().unwrap();
        let first = Lock::take(dir.path(), Foreign::Refuse).unwrap();
        assert_eq!(Lock::holder(dir.path()), Some(Holder::this()));
        let error = Lock::take(dir.path(), Foreign::TakeOver).unwrap_err().to_string();
        assert!(error.contains(&format!("process {} on {}", std::process::id(), clock::host())), "{error}");
        drop(first);
        assert_eq!(Lock::holder(dir.path()), None);
        Lock::take(dir.path(), Foreign::Refuse).unwrap();
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn where_there_are_no_locks_the_note_counts_while_its_process_runs() {
        assert!(
            knows_no_locks(&io::Error::from_raw_os_error(37)) && !knows_no_locks(&io::Error::from_raw_os_error(13))
        );
        let dir = tempfile::tempdir().unwrap();
        let leave = |pid: u32| {
            let holder = Holder { host: clock::host().to_owned(), pid };
            fs::write(dir.path().join(HOLDER), serde_json::to_vec(&holder).unwrap()).unwrap();
        };
        // Process 1 runs as long as the machine does; no process has the last number there is.
        leave(1);
        assert!(matches!(Lock::refuse_running(dir.path()), Err(RecordError::Held { holder, .. }) if holder.pid == 1));
        for pid in [u32::MAX, std::process::id()] {
            leave(pid);
            Lock::refuse_running(dir.path()).unwrap();
        }
    }

    #[test]
    fn a_dead_holder_of_this_machine_is_taken_over_and_one_of_another_only_when_told() {
        let dir = tempfile::tempdir().unwrap();
        let leave = |host: &str| {
            let holder = Holder { host: host.to_owned(), pid: 1 };
            fs::write(dir.path().join(HOLDER), serde_json::to_vec(&holder).unwrap()).unwrap();
        };
        leave(clock::host());
        assert_eq!(Lock::holder(dir.path()), None);
        drop(Lock::take(dir.path(), Foreign::Refuse).unwrap());
        leave("another-machine");
        assert_eq!(Lock::holder(dir.path()).unwrap().host, "another-machine");
        assert!(matches!(Lock::take(dir.path(), Foreign::Refuse), Err(RecordError::Foreign { .. })));
        Lock::take(dir.path(), Foreign::TakeOver).unwrap();
    }
}
