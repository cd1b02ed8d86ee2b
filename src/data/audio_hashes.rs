//! What files sound like: the hash of decoded samples, and whether they are silence, by the hash of a file's bytes.
//!
//! Two files may hold the same audio in other bytes (a tag, another container, lossless compression), and only the samples
//! tell. Decoding a corpus takes seconds, so what was heard once is kept in one file of the cache: pairs of hashes with a
//! mark, and a checksum over them. A file that is not whole is passed over and written anew.

use crate::audio;
use crate::corpus::{Clip, Source};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

type Hash = [u8; 32];

/// What a clip sounds like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sound {
    /// The hash of its decoded audio.
    pub hash: Hash,
    /// Whether it is silent; see [`audio::SILENT_PEAK`].
    pub is_silent: bool,
    /// Whether it could be decoded at all.
    pub is_heard: bool,
}

const HASH: usize = 32;
/// Bytes an entry: the hash of the file, that of the sound, 1 for silence.
const ENTRY: usize = 2 * HASH + 1;
const FILE: &str = "heard-2";

/// What was heard so far.
#[derive(Debug)]
pub struct DecodedAudioHashes {
    path: Option<PathBuf>,
    known: BTreeMap<Hash, Sound>,
    new: Mutex<BTreeMap<Hash, Sound>>,
}

impl DecodedAudioHashes {
    /// What the cache in `folder` knows; without a folder, nothing is known or kept.
    pub fn open(folder: Option<&Path>) -> Self {
        let path = folder.map(|f| f.join(FILE));
        let bytes = path.as_ref().and_then(|p| std::fs::read(p).ok()).unwrap_or_default();
        Self { path, known: read(&bytes).unwrap_or_default(), new: Mutex::default() }
    }

    /// What a clip sounds like; `content` is the hash of its file. A clip that cannot be decoded has its content's hash:
    /// extraction will say what is wrong with it.
    pub fn sound(&self, clip: &Clip, content: Hash) -> Sound {
        let unheard = Sound { hash: content, is_silent: false, is_heard: false };
        // Recipes that differ are rendered to other samples.
        if matches!(clip.source, Source::Synth(_)) {
            return Sound { is_heard: true, ..unheard };
        }
        if let Some(sound) = self.known.get(&content) {
            return *sound;
        }
        let Ok(audio) = clip.audio() else { return unheard };
        let hash = audio::content_hash(&audio.samples, audio.sample_rate_hz);
        let sound = Sound { hash, is_silent: audio.is_silent(), is_heard: true };
        self.new.lock().unwrap_or_else(PoisonError::into_inner).insert(content, sound);
        sound
    }

    /// Keeps what was heard since it was opened. A cache that cannot be written costs time and nothing else.
    pub fn keep(&self) {
        let new = self.new.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(path) = self.path.as_ref().filter(|_| !new.is_empty()) else { return };
        // What another process has kept meanwhile stays.
        let mut all = std::fs::read(path).ok().and_then(|bytes| read(&bytes)).unwrap_or_default();
        all.extend(self.known.iter().chain(new.iter()).map(|(content, sound)| (*content, *sound)));
        let folder = path.parent().unwrap_or(Path::new("."));
        let written = std::fs::create_dir_all(folder)
            .and_then(|()| tempfile::NamedTempFile::new_in(folder))
            .and_then(|mut file| file.write_all(&write(&all)).map(|()| file));
        if let Ok(file) = written {
            let _ = file.persist(path);
        }
    }
}

fn write(known: &BTreeMap<Hash, Sound>) -> Vec<u8> {
    let entry = |(content, sound): (&Hash, &Sound)| [&content[..], &sound.hash, &[u8::from(sound.is_silent)]].concat();
    let mut bytes: Vec<u8> = known.iter().flat_map(entry).collect();
    bytes.extend_from_slice(blake3::hash(&bytes).as_bytes());
    bytes
}

/// What was heard, or nothing where the file is not what [`write`] made.
fn read(bytes: &[u8]) -> Option<BTreeMap<Hash, Sound>> {
    let (entries, checksum) = bytes.split_at_checked(bytes.len().checked_sub(HASH)?)?;
    if blake3::hash(entries).as_bytes() != checksum || !entries.len().is_multiple_of(ENTRY) {
        return None;
    }
    let hash = |part: &[u8]| -> Hash { part.try_into().expect("a hash has 32 bytes") };
    let entry = |entry: &[u8]| {
        let is_silent = entry[2 * HASH] == 1;
        let sound = Sound { hash: hash(&entry[HASH..2 * HASH]), is_silent, is_heard: true };
        (hash(&entry[..HASH]), sound)
    };
    Some(entries.chunks_exact(ENTRY).map(entry).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn clip(path: &Path) -> Clip {
        Clip {
            id: path.display().to_string(),
            source: Source::File(path.to_owned()),
            label: "happy".to_owned(),
            speaker: "1".to_owned(),
            columns: BTreeMap::new(),
        }
    }

    #[test]
    fn the_same_samples_in_other_bytes_sound_the_same_and_are_heard_once() {
        let folder = tempfile::tempdir().unwrap();
        let [one, two] = ["one.wav", "two.wav"].map(|name| folder.path().join(name));
        let samples: Vec<f32> = (0..800).map(|i| (i as f32 / 10.0).sin()).collect();
        audio::write_wav(&one, &samples, 16_000).unwrap();
        // A chunk that players pass over.
        let mut bytes = std::fs::read(&one).unwrap();
        bytes.extend_from_slice(b"LIST\x04\0\0\0INFO");
        let size = (bytes.len() as u32 - 8).to_le_bytes();
        bytes[4..8].copy_from_slice(&size);
        std::fs::write(&two, bytes).unwrap();

        let cache = folder.path().join("cache");
        let heard = DecodedAudioHashes::open(Some(&cache));
        let [a, b] = [&one, &two].map(|path| clip(path).content().unwrap());
        assert_ne!(a, b);
        assert_eq!(heard.sound(&clip(&one), a), heard.sound(&clip(&two), b));
        heard.keep();

        let again = DecodedAudioHashes::open(Some(&cache));
        std::fs::remove_file(&two).unwrap();
        assert_eq!(again.sound(&clip(&two), b), heard.sound(&clip(&one), a), "it need not be decoded again");
        let unheard = Sound { hash: [9; 32], is_silent: false, is_heard: false };
        assert_eq!(again.sound(&clip(&two), [9; 32]), unheard, "what cannot be decoded is told by its bytes");
    }

    #[test]
    fn silence_is_known_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("silent.wav");
        audio::write_wav(&path, &[0.0; 800], 16_000).unwrap();
        let heard = DecodedAudioHashes::open(Some(folder.path()));
        assert!(heard.sound(&clip(&path), [1; 32]).is_silent);
        heard.keep();
        std::fs::remove_file(&path).unwrap();
        assert!(DecodedAudioHashes::open(Some(folder.path())).sound(&clip(&path), [1; 32]).is_silent);
    }

    #[test]
    fn a_damaged_file_is_not_believed() {
        let sound = |hash| Sound { hash: [hash; 32], is_silent: hash == 4, is_heard: true };
        let known = BTreeMap::from([([1; 32], sound(2)), ([3; 32], sound(4))]);
        let whole = write(&known);
        assert_eq!(read(&whole), Some(known));
        for at in [0, 40, whole.len() - 1] {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            assert_eq!(read(&damaged), None);
        }
        assert_eq!([read(&[]), read(&whole[..50])], [None, None]);
    }

    proptest! {
        #[test]
        fn what_was_heard_reads_back_and_arbitrary_bytes_are_passed_over(
            known in proptest::collection::btree_map(any::<Hash>(), (any::<Hash>(), any::<bool>()), 0..4),
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let _ = read(&bytes);
            let sealed = [&bytes[..], blake3::hash(&bytes).as_bytes()].concat();
            prop_assert_eq!(read(&sealed).is_some(), bytes.len() % 65 == 0);
            let sound = |(hash, is_silent)| Sound { hash, is_silent, is_heard: true };
            let known = known.into_iter().map(|(content, heard)| (content, sound(heard))).collect();
            prop_assert_eq!(read(&write(&known)), Some(known));
        }
    }
}
