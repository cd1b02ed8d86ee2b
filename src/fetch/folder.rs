//! The output: the only place where anything is written.

use super::FetchError;
use super::listing::{CLIPS, Clip, Listing};
use sha2::{Digest, Sha256};
use std::fs::{self, File, TryLockError};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

/// Held while a process fetches.
const LOCK: &str = ".fetch.lock";
/// What the corpus has, from the last archive.
const LIST: &str = ".fetch.json";
/// A longer list is not ours.
const LONGEST_LIST: u64 = 64 << 20;
/// The list that the corpus reader knows, and the columns that ours has.
const INDEX: &str = "index.csv";
const COLUMNS: &str = "file,sha256";
/// The end of the name of a file that is still to be finished.
const PART: &str = "part";

/// The folder, held by this process.
pub(super) struct Folder {
    root: PathBuf,
    // Held open: closing it lets go.
    _lock: File,
}

/// What became of a file that is not a clip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// It is there now, or was there with the same content.
    Same,
    /// Another one is there and stays.
    Kept,
}

/// How a clip's file stands.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum LocalFile {
    /// It is there and right.
    Whole,
    /// It was complete but for its name; now it is there and right.
    Finished,
    /// It is to be fetched; so many bytes of it may be there.
    Open(u64),
}

impl Folder {
    /// Makes the folder and takes its lock.
    ///
    /// # Errors
    /// Where another process holds it, where its clips would go elsewhere through a link, or the disk's own reason.
    pub fn open(root: &Path) -> Result<Self, FetchError> {
        let clips = root.join(CLIPS);
        if fs::symlink_metadata(&clips).is_ok_and(|meta| meta.is_symlink()) {
            let why = "is a link to another folder; name the folder in which the clips are to lie";
            return Err(FetchError::Folder { path: clips, why });
        }
        fs::create_dir_all(&clips).map_err(FetchError::disk(&clips, "made"))?;
        let path = root.join(LOCK);
        let lock = File::options().create(true).truncate(false).write(true).open(&path);
        let lock = lock.map_err(FetchError::disk(&path, "opened"))?;
        match lock.try_lock() {
            Err(TryLockError::WouldBlock) => return Err(FetchError::Held { path: root.to_path_buf() }),
            // Some shared disks know no locks. A second process would then only fetch twice.
            Ok(()) | Err(TryLockError::Error(_)) => {}
        }
        Ok(Self { root: root.to_path_buf(), _lock: lock })
    }

    /// The clip's file.
    pub fn clip(&self, clip: &Clip) -> PathBuf {
        self.root.join(CLIPS).join(&clip.name)
    }

    /// Where the clip is collected until it is whole.
    pub fn part(&self, clip: &Clip) -> PathBuf {
        self.part_of(&clip.name)
    }

    /// As [`Self::part`], for a clip of which only the name is known.
    pub fn part_of(&self, name: &str) -> PathBuf {
        self.root.join(CLIPS).join(format!("{name}.{PART}"))
    }

    /// Whether there is a file of the clip's length, finished or not; its hash is not looked at.
    pub fn seems_there(&self, clip: &Clip) -> bool {
        let fits = |path: PathBuf| fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.len() == clip.bytes);
        fits(self.clip(clip)) || fits(self.part(clip))
    }

    /// Looks at a clip's file. A wrong one is removed: whoever reads the folder must not take it for the clip.
    pub fn standing(&self, clip: &Clip) -> Result<LocalFile, FetchError> {
        let (path, part) = (self.clip(clip), self.part(clip));
        match fs::metadata(&path) {
            Ok(meta) if meta.is_file() && meta.len() == clip.bytes && sha256(&path)? == clip.sha256 => {
                remove(&part)?;
                return Ok(LocalFile::Whole);
            }
            // A link that leads nowhere is not found, but in the way.
            _ => remove(&path)?,
        }
        let there = fs::symlink_metadata(&part);
        match there {
            Ok(meta) if meta.is_file() && meta.len() < clip.bytes => Ok(LocalFile::Open(meta.len())),
            Ok(meta) if meta.is_file() && meta.len() == clip.bytes && sha256(&part)? == clip.sha256 => {
                self.finish(clip)?;
                Ok(LocalFile::Finished)
            }
            _ => remove(&part).map(|()| LocalFile::Open(0)),
        }
    }

    /// Gives a complete file its name. It is not synced to the disk: a file that a power cut tore has another hash, and
    /// is fetched again.
    pub fn finish(&self, clip: &Clip) -> Result<(), FetchError> {
        let path = self.clip(clip);
        fs::rename(self.part(clip), &path).map_err(FetchError::disk(&path, "written"))
    }

    /// Writes a table of the corpus; a file of the user's by the same name stays.
    pub fn put_table(&self, name: &str, content: &[u8]) -> Result<Written, FetchError> {
        let path = self.root.join(name);
        match fs::read(&path) {
            Ok(there) => Ok(if there == content { Written::Same } else { Written::Kept }),
            Err(e) if e.kind() == ErrorKind::NotFound => self.write(&path, content),
            Err(e) => Err(FetchError::disk(&path, "read")(e)),
        }
    }

    /// Writes `index.csv` with file and hash of every clip, for `serlab corpus doctor`. One that tells more stays.
    pub fn put_index(&self, listing: &Listing) -> Result<Written, FetchError> {
        let path = self.root.join(INDEX);
        let lines: String = listing.clips.iter().map(|clip| format!("{},{}\n", clip.name, clip.sha256)).collect();
        let content = format!("{COLUMNS}\n{lines}");
        match fs::read(&path) {
            Ok(there) if there == content.as_bytes() => Ok(Written::Same),
            Ok(there) if there.split(|b| *b == b'\n').next() != Some(COLUMNS.as_bytes()) => Ok(Written::Kept),
            Err(e) if e.kind() != ErrorKind::NotFound => Err(FetchError::disk(&path, "read")(e)),
            _ => self.write(&path, content.as_bytes()),
        }
    }

    /// The list of the last archive, if it is there, readable, and all its tables are.
    pub fn list(&self, source: &super::Source) -> Option<Listing> {
        let mut bytes = Vec::new();
        File::open(self.root.join(LIST)).ok()?.take(LONGEST_LIST).read_to_end(&mut bytes).ok()?;
        let listing: Listing = serde_json::from_slice(&bytes).ok()?;
        let complete = listing.is_of(source) && listing.tables.iter().all(|name| self.root.join(name).is_file());
        complete.then_some(listing)
    }

    /// Keeps the list for the next time.
    pub fn put_list(&self, listing: &Listing) -> Result<(), FetchError> {
        let path = self.root.join(LIST);
        let content = serde_json::to_vec(listing).expect("a list is plain data");
        self.write(&path, &content).map(|_| ())
    }

    /// Writes a file so that it is either the old one or the new one.
    fn write(&self, path: &Path, content: &[u8]) -> Result<Written, FetchError> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let part = path.with_file_name(format!("{name}.{PART}"));
        remove(&part)?;
        let written = File::create_new(&part).and_then(|mut file| file.write_all(content));
        written.and_then(|()| fs::rename(&part, path)).map_err(FetchError::disk(path, "written"))?;
        Ok(Written::Same)
    }
}

/// Removes a file or a link, not what it leads to; that it is not there is as good.
pub(super) fn remove(path: &Path) -> Result<(), FetchError> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(FetchError::disk(path, "removed")(e)),
        _ => Ok(()),
    }
}

/// The SHA-256 of a file, in lower-case hexadecimal digits.
fn sha256(path: &Path) -> Result<String, FetchError> {
    let mut hasher = Sha256::new();
    let read = File::open(path).and_then(|mut file| feed(&mut hasher, &mut file));
    read.map_err(FetchError::disk(path, "read"))?;
    Ok(hex(hasher))
}

/// Gives all of a file to a hasher.
pub(super) fn feed(hasher: &mut Sha256, file: &mut impl Read) -> std::io::Result<u64> {
    let (mut buffer, mut length) = (vec![0; 1 << 16], 0);
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(length),
            Ok(n) => {
                hasher.update(&buffer[..n]);
                length += n as u64;
            }
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
}

/// A hash in lower-case hexadecimal digits.
pub(super) fn hex(hasher: Sha256) -> String {
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
