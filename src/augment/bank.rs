//! Folders of sounds: noises and impulse responses, listed once and decoded once a process.

use super::AugmentError;
use crate::audio::{self, EXTENSIONS};
use crate::kind::Problem;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// Samples of all banks that stay in memory, 256 MiB. What is beyond is decoded again each time it is drawn.
const SAMPLES_KEPT: usize = 64 << 20;

/// Folders below a folder are searched down to this depth.
const DEPTH: usize = 16;

/// Mono samples, shared by the threads that need them.
type Sound = Arc<Vec<f32>>;

/// The audio files in and below one folder, in the order of their relative paths. A change of the folder is not noticed
/// within a process: what was drawn in the first epoch can be drawn in the last.
pub(super) struct Bank {
    folder: PathBuf,
    /// Relative to the folder.
    files: Vec<PathBuf>,
    /// By place in `files` and sample rate in Hz.
    decoded: Mutex<BTreeMap<(usize, u32), Sound>>,
    fingerprint: OnceLock<String>,
}

static BANKS: Mutex<BTreeMap<PathBuf, Arc<Bank>>> = Mutex::new(BTreeMap::new());
static KEPT: AtomicUsize = AtomicUsize::new(0);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A map that a panicking thread held is still a map: entries are whole or absent.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Bank {
    /// The bank of `folder`.
    pub(super) fn of(folder: &Path) -> Result<Arc<Self>, AugmentError> {
        if let Some(bank) = lock(&BANKS).get(folder) {
            return Ok(Arc::clone(bank));
        }
        let mut files = Vec::new();
        list(folder, Path::new(""), DEPTH, &mut files)
            .map_err(|source| AugmentError::Folder { path: folder.to_owned(), source })?;
        if files.is_empty() {
            return Err(AugmentError::NoSounds { path: folder.to_owned(), expected: &EXTENSIONS });
        }
        files.sort();
        refuse_silence(folder, &files)?;
        let (decoded, fingerprint) = (Mutex::new(BTreeMap::new()), OnceLock::new());
        let bank = Arc::new(Self { folder: folder.to_owned(), files, decoded, fingerprint });
        Ok(Arc::clone(lock(&BANKS).entry(folder.to_owned()).or_insert(bank)))
    }

    /// How many sounds there are; never 0.
    pub(super) fn len(&self) -> usize {
        self.files.len()
    }

    /// Sound `index` as mono samples at `rate_hz`; not empty.
    pub(super) fn sound(&self, index: usize, rate_hz: u32) -> Result<Sound, AugmentError> {
        if let Some(sound) = lock(&self.decoded).get(&(index, rate_hz)) {
            return Ok(Arc::clone(sound));
        }
        let unusable = |source| AugmentError::Sound { folder: self.folder.clone(), source: Box::new(source) };
        let clip = audio::decode(&self.folder.join(&self.files[index])).map_err(unusable)?;
        let samples = audio::resample(clip.samples, clip.sample_rate_hz, rate_hz).map_err(unusable)?;
        let sound = Arc::new(samples);
        if KEPT.fetch_add(sound.len(), Ordering::Relaxed) + sound.len() <= SAMPLES_KEPT {
            lock(&self.decoded).insert((index, rate_hz), Arc::clone(&sound));
        } else {
            KEPT.fetch_sub(sound.len(), Ordering::Relaxed);
        }
        Ok(sound)
    }
}

/// An error where every file can be decoded and none holds a sound: what is drawn from it would change nothing. A file that
/// cannot be decoded is told when it is drawn.
fn refuse_silence(folder: &Path, files: &[PathBuf]) -> Result<(), AugmentError> {
    let is_silent = |file: &PathBuf| audio::decode(&folder.join(file)).is_ok_and(|sound| sound.is_silent());
    if files.iter().all(is_silent) {
        return Err(AugmentError::Silent { path: folder.to_owned(), files: files.len() });
    }
    Ok(())
}

/// What identifies the sounds of a folder wherever it lies: BLAKE3 over names and bytes of its files.
pub(super) fn fingerprint(folder: &Path) -> Result<String, AugmentError> {
    let bank = Bank::of(folder)?;
    if let Some(known) = bank.fingerprint.get() {
        return Ok(known.clone());
    }
    let mut all = blake3::Hasher::new_derive_key("serlab 2026 folder of sounds");
    for file in &bank.files {
        let path = bank.folder.join(file);
        let mut content = blake3::Hasher::new();
        let mut reader = fs::File::open(&path).map_err(|source| AugmentError::Folder { path: path.clone(), source })?;
        content.update_reader(&mut reader).map_err(|source| AugmentError::Folder { path: path.clone(), source })?;
        // The parts of a path, whatever the system writes between them.
        for part in file.iter() {
            let name = part.as_encoded_bytes();
            all.update(&(name.len() as u64).to_le_bytes()).update(name);
        }
        all.update(&u64::MAX.to_le_bytes()).update(content.finalize().as_bytes());
    }
    Ok(bank.fingerprint.get_or_init(|| format!("blake3:{}", all.finalize().to_hex())).clone())
}

/// Collects the audio files below `folder`/`inside`. Hidden ones are passed over: systems leave such beside the real ones.
fn list(folder: &Path, inside: &Path, depth: usize, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder.join(inside))? {
        let entry = entry?;
        let (name, path) = (entry.file_name(), inside.join(entry.file_name()));
        if name.as_encoded_bytes().starts_with(b".") {
            continue;
        }
        // Linked files count, linked folders do not: those can run in circles.
        if entry.file_type()?.is_dir() {
            if depth > 0 {
                list(folder, &path, depth - 1, files)?;
            }
        } else if is_audio(&path) && folder.join(&path).is_file() {
            files.push(path);
        }
    }
    Ok(())
}

fn is_audio(path: &Path) -> bool {
    let extension = path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase);
    extension.is_some_and(|e| EXTENSIONS.contains(&e.as_str()))
}

/// The problem of a folder of sounds that is not named.
pub(super) fn unnamed(folder: &Path) -> Option<Problem> {
    let is_empty = folder.as_os_str().is_empty();
    is_empty.then(|| Problem::new("folder", "is empty; name a folder with audio files"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(names: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (i, name) in names.iter().enumerate() {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            audio::write_wav(&path, &vec![0.1 * (i + 1) as f32; 800], 8000).unwrap();
        }
        dir
    }

    #[test]
    fn sounds_are_found_at_any_depth_in_order_and_come_at_the_rate_asked_for() {
        let dir = folder(&["b.wav", "a/z.WAV", ".hidden.wav", "a/notes.txt"]);
        let bank = Bank::of(dir.path()).unwrap();
        assert_eq!(bank.files, [Path::new("a/z.WAV"), Path::new("b.wav")]);
        assert_eq!(bank.sound(0, 8000).unwrap().len(), 800);
        assert_eq!(bank.sound(1, 16_000).unwrap().len(), 1600);
        assert!(Arc::ptr_eq(&bank.sound(1, 16_000).unwrap(), &bank.sound(1, 16_000).unwrap()));
    }

    #[test]
    fn a_fingerprint_follows_content_and_names_but_not_the_place() {
        let print = |names: &[&str]| fingerprint(folder(names).path()).unwrap();
        assert_eq!(print(&["a.wav", "b.wav"]), print(&["a.wav", "b.wav"]));
        assert_ne!(print(&["a.wav", "b.wav"]), print(&["b.wav", "a.wav"]));
        assert_ne!(print(&["a.wav"]), print(&["c.wav"]));
        assert_ne!(print(&["a/b.wav"]), print(&["ab.wav"]));
    }

    #[test]
    fn a_folder_of_silence_is_named_and_one_sound_among_it_is_enough() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["a.wav", "b.wav"] {
            audio::write_wav(&dir.path().join(name), &[0.0; 800], 8000).unwrap();
        }
        let said = Bank::of(dir.path()).err().unwrap().to_string();
        let expected = format!("all 2 audio files in and below {} are silent", dir.path().display());
        assert!(said.contains(&expected), "{said}");
        audio::write_wav(&dir.path().join("c.wav"), &[0.1; 800], 8000).unwrap();
        assert_eq!(Bank::of(dir.path()).unwrap().len(), 3);
    }

    #[test]
    fn a_folder_without_sounds_and_a_sound_without_audio_are_named() {
        let said = |result: Result<Arc<Bank>, AugmentError>| result.err().unwrap().to_string();
        let missing = said(Bank::of(Path::new("/nowhere/at/all")));
        assert!(missing.contains("/nowhere/at/all") && missing.contains("check `folder`"), "{missing}");
        let empty = tempfile::tempdir().unwrap();
        assert!(said(Bank::of(empty.path())).contains("expected files ending in one of wav, flac"));
        let broken = tempfile::tempdir().unwrap();
        fs::write(broken.path().join("x.wav"), "no audio").unwrap();
        let error = Bank::of(broken.path()).unwrap().sound(0, 16_000).unwrap_err().to_string();
        assert!(error.contains("x.wav") && error.contains("take it out of the folder"), "{error}");
    }
}
