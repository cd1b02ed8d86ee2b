//! A content-addressed cache of features on disk: one small file an entry, named by what it was computed from.
//!
//! A cache may be missing, unwritable, full, damaged or shared by several processes; the worst that comes of it is that
//! features are computed again. Each entry carries its key, its shapes and a checksum; what does not fit together is
//! removed and counts as a miss. Nothing is written outside the cache's folder, and no link inside it is followed.
//!
//! ```text
//! <folder>/<2 hex of the key>/<62 hex>     magic, version, key, count; bins, frames (each u64 LE); f32 LE values; BLAKE3
//! <folder>/tmp/                            entries being written
//! ```

use super::Frames;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

const MAGIC: [u8; 8] = *b"serlab\0F";
/// Of the file's layout. What the values mean belongs into the key.
const VERSION: u32 = 1;
/// Magic, version, key, number of arrays.
const HEADER: usize = 8 + 4 + 32 + 4;
const CHECKSUM: usize = 32;
/// No entry is larger; what claims to be is damaged.
const MAX_BYTES: u64 = 1 << 30;
/// Temporary files this much older than a new one were left behind by a process that is gone.
const ABANDONED: Duration = Duration::from_secs(6 * 60 * 60);

/// What an entry was computed from, as a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key([u8; 32]);

impl Key {
    fn to_hex(self) -> String {
        blake3::Hash::from(self.0).to_hex().to_string()
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.to_hex())
    }
}

/// The key of everything that a result depends on: audio content, settings, code version, ... Each part is hashed with its
/// length, so that no two different lists of parts have the same key.
pub fn key(parts: &[&[u8]]) -> Key {
    let mut hasher = blake3::Hasher::new_derive_key("serlab 2026 feature cache key");
    hasher.update(&(parts.len() as u64).to_le_bytes());
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
    }
    Key(*hasher.finalize().as_bytes())
}

/// What a cache has done so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Entries found and whole.
    pub hits: u64,
    /// Entries not found, or found and not whole.
    pub misses: u64,
    /// Entries found damaged, foreign or of another version, and removed; part of the misses.
    pub rebuilt: u64,
    /// Bytes written.
    pub written_bytes: u64,
}

/// A cache of features, usable from many threads and by many processes at once.
#[derive(Debug)]
pub struct Cache {
    dir: Option<PathBuf>,
    /// Cleared by the first write that fails.
    writes: AtomicBool,
    warning: Mutex<Option<String>>,
    hits: AtomicU64,
    misses: AtomicU64,
    rebuilt: AtomicU64,
    written: AtomicU64,
}

impl Cache {
    /// The cache in `dir`, which is made where it is missing. `None`: no cache. A folder that cannot be used gives a cache
    /// that finds what is readable and keeps nothing, with a [`warning`](Self::warning).
    pub fn open(dir: Option<&Path>) -> Self {
        let cache = Self {
            dir: dir.map(Path::to_owned),
            writes: AtomicBool::new(dir.is_some()),
            warning: Mutex::new(None),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
            rebuilt: AtomicU64::new(0),
            written: AtomicU64::new(0),
        };
        if let Some(dir) = dir
            && let Err(error) = make_ready(dir)
        {
            cache.stop_writing(&error);
        }
        cache
    }

    /// The entry of `key`, if it is there and whole.
    pub fn get(&self, key: &Key) -> Option<Vec<Frames>> {
        let found = self.dir.as_ref().and_then(|dir| {
            let path = entry_path(dir, key);
            let bytes = read(&path)?;
            let frames = bytes.as_deref().and_then(|bytes| decode(key, bytes));
            if frames.is_none() {
                self.rebuilt.fetch_add(1, Ordering::Relaxed);
                // Where it cannot be removed it is found damaged again next time: slower, never wrong.
                let _ = fs::remove_file(&path);
            }
            frames
        });
        let counter = if found.is_some() { &self.hits } else { &self.misses };
        counter.fetch_add(1, Ordering::Relaxed);
        found
    }

    /// Keeps `frames` under `key`. The first failure ends all writing, with a [`warning`](Self::warning).
    pub fn put(&self, key: &Key, frames: &[Frames]) {
        let Some(dir) = &self.dir else { return };
        if !self.writes.load(Ordering::Relaxed) {
            return;
        }
        let bytes = encode(key, frames);
        match write(dir, &entry_path(dir, key), &bytes) {
            Ok(()) => {
                self.written.fetch_add(bytes.len() as u64, Ordering::Relaxed);
            }
            Err(error) => self.stop_writing(&error),
        }
    }

    /// What is wrong with the cache, for the caller to print once: further calls give `None`.
    pub fn warning(&self) -> Option<String> {
        self.warning.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// What it has done so far.
    pub fn stats(&self) -> Stats {
        let [hits, misses, rebuilt, written_bytes] =
            [&self.hits, &self.misses, &self.rebuilt, &self.written].map(|counter| counter.load(Ordering::Relaxed));
        Stats { hits, misses, rebuilt, written_bytes }
    }

    fn stop_writing(&self, error: &io::Error) {
        let (Some(dir), true) = (&self.dir, self.writes.swap(false, Ordering::Relaxed)) else { return };
        let message = format!(
            "the feature cache {} cannot be written ({error}); features are computed without it: make room, or choose \
             another folder with --cache",
            dir.display()
        );
        *self.warning.lock().unwrap_or_else(PoisonError::into_inner) = Some(message);
    }
}

fn entry_path(dir: &Path, key: &Key) -> PathBuf {
    let hex = key.to_hex();
    dir.join(&hex[..2]).join(&hex[2..])
}

fn tmp_dir(dir: &Path) -> PathBuf {
    dir.join("tmp")
}

/// Makes the folder, tries a write and sweeps what dead processes left behind.
fn make_ready(dir: &Path) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    let tmp = tmp_dir(dir);
    make_own_folder(&tmp)?;
    let mut probe = temporary(&tmp)?;
    probe.write_all(&MAGIC)?;
    // The file system's own time: a new file's age is 0, whatever this machine's clock says.
    let now = probe.as_file().metadata()?.modified()?;
    for entry in fs::read_dir(&tmp)?.flatten() {
        let age = entry.metadata().and_then(|m| m.modified()).map(|then| now.duration_since(then).unwrap_or_default());
        if age.is_ok_and(|age| age > ABANDONED) {
            let _ = fs::remove_file(entry.path());
        }
    }
    Ok(())
}

/// Makes a folder inside the cache; a link in its place would lead elsewhere and is refused.
fn make_own_folder(folder: &Path) -> io::Result<()> {
    match fs::create_dir(folder) {
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists && is_own_folder(folder) => Ok(()),
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
            Err(io::Error::new(e.kind(), format!("{} is not a folder of the cache's own", folder.display())))
        }
        made => made,
    }
}

fn is_own_folder(folder: &Path) -> bool {
    fs::symlink_metadata(folder).is_ok_and(|m| m.is_dir())
}

fn temporary(tmp: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        // A cache can be shared by users; the default would be readable by its writer alone.
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(tmp)
}

/// Writes beside and renames: another process sees the whole entry or none.
fn write(dir: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().expect("an entry lies in one of the 256 folders");
    make_own_folder(folder)?;
    let tmp = tmp_dir(dir);
    make_own_folder(&tmp)?;
    let mut file = temporary(&tmp)?;
    file.write_all(bytes)?;
    // Not synced to disk: after a power failure the checksum tells, and the entry is computed again.
    file.persist(path).map(drop).map_err(|e| e.error)
}

/// The bytes at `path`: `None` where there is no entry, `Some(None)` where there is something that is none.
fn read(path: &Path) -> Option<Option<Vec<u8>>> {
    if !path.parent().is_some_and(is_own_folder) {
        return None;
    }
    let metadata = fs::symlink_metadata(path).ok()?;
    if !metadata.is_file() || metadata.len() > MAX_BYTES {
        return Some(None);
    }
    let mut bytes = Vec::with_capacity(metadata.len() as usize + 1);
    // Bounded by what the size said: a file that grows meanwhile fails its checks instead of filling the memory.
    let read = File::open(path).and_then(|file| file.take(metadata.len() + 1).read_to_end(&mut bytes));
    match read {
        Ok(_) => Some(Some(bytes)),
        // Removed meanwhile by another process, or not ours to read.
        Err(_) => None,
    }
}

fn encode(key: &Key, frames: &[Frames]) -> Vec<u8> {
    let values: usize = frames.iter().map(|f| f.data.len()).sum();
    let mut bytes = Vec::with_capacity(HEADER + frames.len() * 16 + values * 4 + CHECKSUM);
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    bytes.extend_from_slice(&key.0);
    bytes.extend_from_slice(&(frames.len() as u32).to_le_bytes());
    for f in frames {
        debug_assert_eq!(f.data.len(), f.bins * f.frames, "frames are [bins, frames]");
        bytes.extend_from_slice(&(f.bins as u64).to_le_bytes());
        bytes.extend_from_slice(&(f.frames as u64).to_le_bytes());
    }
    for f in frames {
        bytes.extend(f.data.iter().flat_map(|v| v.to_le_bytes()));
    }
    let checksum = blake3::hash(&bytes);
    bytes.extend_from_slice(checksum.as_bytes());
    bytes
}

/// The arrays of an entry, or `None` if anything about it is not as [`encode`] writes it for this key.
fn decode(key: &Key, bytes: &[u8]) -> Option<Vec<Frames>> {
    let (body, checksum) = bytes.split_at_checked(bytes.len().checked_sub(CHECKSUM)?)?;
    let (header, rest) = body.split_at_checked(HEADER)?;
    let expected = [&MAGIC[..], &VERSION.to_le_bytes(), &key.0].concat();
    if header[..HEADER - 4] != expected || blake3::hash(body).as_bytes() != checksum {
        return None;
    }
    let count = u32::from_le_bytes(header[HEADER - 4..].try_into().ok()?) as usize;
    let (shapes, mut values) = rest.split_at_checked(count.checked_mul(16)?)?;
    let mut arrays = Vec::with_capacity(count);
    for shape in shapes.chunks_exact(16) {
        let size = |at: usize| usize::try_from(u64::from_le_bytes(shape[at..at + 8].try_into().ok()?)).ok();
        let (bins, frames) = (size(0)?, size(8)?);
        let (own, others) = values.split_at_checked(bins.checked_mul(frames)?.checked_mul(4)?)?;
        let data = own.chunks_exact(4).map(|v| f32::from_le_bytes([v[0], v[1], v[2], v[3]])).collect();
        arrays.push(Frames { bins, frames, data });
        values = others;
    }
    values.is_empty().then_some(arrays)
}

#[cfg(test)]
#[path = "cache_tests.rs"]
mod tests;
