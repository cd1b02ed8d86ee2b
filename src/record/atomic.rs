//! Writing a file so that it is either the old one or the new one, whatever happens meanwhile.

use super::RecordError;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// How temporary files start and end; [`sweep`] removes what a killed process left of them.
const BEFORE: &str = ".tmp-";

/// Writes `bytes` to `path`: into a temporary file of the same folder, to the disk, then renamed over `path`, then the
/// folder to the disk. A link at `path` is replaced, not followed.
///
/// # Errors
/// [`RecordError::Io`] with `path`; the temporary file is then gone and the file at `path` is as it was.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), RecordError> {
    // Another process may sweep the temporary file away as a dead one's, while it tidies a run that has just been sealed.
    const SWEPT: usize = 100;
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut written = write_once(path, bytes);
    for _ in 0..SWEPT {
        match &written {
            Err(e) if e.kind() == ErrorKind::NotFound && folder.is_dir() => written = write_once(path, bytes),
            _ => break,
        }
    }
    written.map_err(RecordError::io("write", path))?;
    sync_folder(folder)
}

fn write_once(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let temporary = temporary(path);
    let written = File::options()
        .write(true)
        .create_new(true)
        .open(&temporary)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&temporary, path));
    // Room for what comes next matters more than a second error.
    written.inspect_err(|_| {
        let _ = fs::remove_file(&temporary);
    })
}

/// A name that no other process or thread uses, in the same folder: renaming works only within a file system.
fn temporary(path: &Path) -> PathBuf {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    path.with_file_name(format!("{BEFORE}{}-{count}", std::process::id()))
}

/// Makes a rename survive a power cut. Windows has no such call and needs none.
pub(super) fn sync_folder(folder: &Path) -> Result<(), RecordError> {
    if cfg!(unix) {
        // A name alone lies in the folder that one is in.
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        File::open(folder).and_then(|f| f.sync_all()).map_err(RecordError::io("sync", folder))?;
    }
    Ok(())
}

/// Removes temporary files from `folder`; for whoever holds the lock of the run. A missing folder has none.
pub(super) fn sweep(folder: &Path) -> Result<(), RecordError> {
    let entries = match fs::read_dir(folder) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(RecordError::io("read", folder))?,
    };
    for entry in entries {
        let entry = entry.map_err(RecordError::io("read", folder))?;
        if entry.file_name().to_string_lossy().starts_with(BEFORE) {
            match fs::remove_file(entry.path()) {
                // It has just got its name, or another process that sweeps was faster.
                Err(e) if e.kind() == ErrorKind::NotFound => {}
                removed => removed.map_err(RecordError::io("remove", &entry.path()))?,
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_process_sweeps_away_meanwhile_is_written_all_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.json");
        // A run is tidied once or twice, not for ever.
        std::thread::scope(|scope| {
            let sweeper = scope.spawn(|| {
                (0..50).try_for_each(|_| {
                    std::thread::sleep(std::time::Duration::from_millis(1));
                    sweep(dir.path())
                })
            });
            let written: Result<Vec<()>, RecordError> = (0..50u8).map(|i| write(&path, &[i])).collect();
            assert!(written.is_ok() && sweeper.join().unwrap().is_ok(), "{written:?}");
        });
        assert_eq!(fs::read(&path).unwrap(), [49]);
    }

    #[test]
    fn a_file_is_replaced_whole_and_nothing_else_is_left() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.json");
        write(&path, b"long old contents").unwrap();
        write(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_failed_write_names_the_path_and_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("folder");
        fs::create_dir(&path).unwrap();
        fs::write(path.join("x"), "").unwrap();
        let error = write(&path, b"new").unwrap_err().to_string();
        assert!(error.contains(&path.display().to_string()), "{error}");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_replaced_and_its_target_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let (target, link) = (dir.path().join("target"), dir.path().join("link"));
        fs::write(&target, "precious").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        write(&link, b"new").unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"precious");
        assert!(!fs::symlink_metadata(&link).unwrap().is_symlink());
    }

    #[test]
    fn sweeping_removes_only_temporary_files() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(".tmp-77-0"), "torn").unwrap();
        fs::write(dir.path().join("keep"), "").unwrap();
        sweep(dir.path()).unwrap();
        sweep(&dir.path().join("missing")).unwrap();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
