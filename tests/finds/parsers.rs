//! Every parser of serlab that reads what a person or another program wrote, from bytes alone.
//!
//! Each function may be handed anything: it must come back, with a value or with an error that says something. The fuzz
//! targets in `fuzz/` hand it inputs that they invent, and `tests/finds.rs` those that once broke it.

#[path = "run_directory.rs"]
mod directory;

use serlab::arrays::npy;
use serlab::audio::{self, AudioSettings};
use serlab::corpus::{Corpus, CremaD, Manifest};
use serlab::data::DecodedAudioHashes;
use serlab::features::{Cache, key};
use serlab::model::{Architecture, InputShape, Net, safetensors_metadata};
use serlab::record::{self, Epochs, RunId, RunName};
use serlab::seed::Seeds;
use serlab::spec::{Setup, Spec};
use serlab::split::{self, File, Item, Protocol};
use serlab::train::{Checkpoint, CheckpointError};
use std::path::{Component, Path, PathBuf};
use std::sync::OnceLock;

/// A parser under a name, which is that of its fuzz target and of the folder of what once broke it.
pub struct Parser {
    /// The name.
    pub name: &'static str,
    /// Reads anything.
    pub read: fn(&[u8]),
    /// Heap in bytes that it may take however short its input is: tables of a decoder, settings with their defaults.
    room: usize,
    /// Heap in bytes that it may take beyond that for each byte of input.
    bytes_a_byte: usize,
}

impl Parser {
    /// The most heap in bytes that reading `input` may take.
    pub fn most(&self, input: &[u8]) -> usize {
        self.room + self.bytes_a_byte * input.len()
    }
}

const fn parser(name: &'static str, read: fn(&[u8]), room_mib: usize, bytes_a_byte: usize) -> Parser {
    Parser { name, read, room: room_mib << 20, bytes_a_byte }
}

/// All of them.
pub static ALL: [Parser; 15] = [
    // A word of a spec may be a variant, which has all settings of its own.
    parser("spec", spec, 64, 50_000),
    parser("manifest", manifest, 8, 1_000),
    parser("crema_d", crema_d, 16, 1_000),
    parser("audio_wav", audio_wav, 8, 100),
    // What is compressed unfolds, silence to thousands of samples a byte; what bounds it is the limit on samples.
    parser("audio_compressed", audio_compressed, 64, 1 << 17),
    parser("split_file", split_file, 8, 1_000),
    parser("tables", tables, 8, 1_000),
    parser("run_directory", directory::run_directory, 8, 1_000),
    parser("run_name", run_name, 8, 1_000),
    parser("checkpoint", checkpoint, 8, 200),
    parser("checkpoint_content", checkpoint_content, 8, 200),
    parser("weights", weights, 8, 64),
    parser("feature_cache", feature_cache, 8, 64),
    parser("npy", read_npy, 8, 64),
    parser("heard", heard, 8, 64),
];

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder for temporary files")
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).expect("a folder of our own can be written");
    path
}

fn text(path: &Path) -> String {
    path.to_str().expect("a folder for temporary files with a plain name").to_owned()
}

fn says_something(error: &impl std::fmt::Display) {
    assert!(!error.to_string().trim().is_empty(), "an error that says nothing");
}

/// A spec and what is laid over it: its lines `#set KEY=VALUE` are options, `#env NAME=VALUE` variables of the environment.
pub fn spec(bytes: &[u8]) {
    let folder = folder();
    let path = write(folder.path(), "spec.toml", bytes);
    let whole = String::from_utf8_lossy(bytes);
    let lines = |mark: &'static str| whole.lines().filter_map(move |line| line.strip_prefix(mark)).take(8);
    let sets: Vec<String> = lines("#set ").map(str::to_owned).collect();
    let pairs = lines("#env ").filter_map(|line| line.split_once('='));
    let environment: Vec<(String, String)> = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let cells = Spec::load(&path, &environment, &sets).and_then(|spec| spec.cells());
    match cells {
        Err(errors) => {
            assert!(!errors.errors().is_empty(), "refused without a reason");
            errors.errors().iter().for_each(says_something);
        }
        Ok(cells) => {
            assert!(!cells.is_empty(), "a spec without any cell");
            for cell in cells.iter().take(4) {
                let resolved = toml::to_string(&cell.setup).expect("settings can be written as TOML");
                let again: Setup = toml::from_str(&resolved).expect("what was written can be read");
                assert_eq!(again, cell.setup, "{resolved}");
                assert!(cell.origin("train.epochs").is_some(), "every setting has a place");
            }
        }
    }
}

/// A manifest beside two clips.
pub fn manifest(bytes: &[u8]) {
    let folder = folder();
    for clip in ["a.wav", "b.wav"] {
        write(folder.path(), clip, b"");
    }
    let path = text(&write(folder.path(), "list.csv", bytes));
    match Corpus::Manifest(Manifest { path, ..Manifest::default() }).clips() {
        Ok(found) => {
            assert!(found.clips.windows(2).all(|pair| pair[0].id < pair[1].id), "sorted, and none twice");
            assert!(found.clips.iter().all(|clip| !clip.label.is_empty() && !clip.speaker.is_empty()));
        }
        Err(error) => says_something(&error),
    }
}

/// CREMA-D's two tables, `index.csv` and behind a NUL `VideoDemographics.csv`, beside one clip.
pub fn crema_d(bytes: &[u8]) {
    let folder = folder();
    write(folder.path(), "1001_DFA_ANG_XX.wav", b"");
    let mut parts = bytes.splitn(2, |b| *b == 0);
    for name in ["index.csv", "VideoDemographics.csv"] {
        write(folder.path(), name, parts.next().unwrap_or_default());
    }
    match Corpus::CremaD(CremaD { root: text(folder.path()) }).clips() {
        Ok(found) => assert_eq!(found.clips.len(), 1),
        Err(error) => says_something(&error),
    }
}

fn decode(bytes: &[u8], name: &str) {
    match audio::decode_bytes(bytes, Path::new(name)) {
        Ok(decoded) => {
            assert!(!decoded.samples.is_empty() && audio::SAMPLE_RATES_HZ.contains(&decoded.sample_rate_hz));
            assert!(decoded.samples.iter().all(|s| s.is_finite()));
            decoded.notes.iter().for_each(says_something);
            // At its own rate: this is about what was read, not about resampling.
            let settings = AudioSettings {
                sample_rate_hz: decoded.sample_rate_hz as usize,
                trim_db: Some(30.0),
                ..AudioSettings::default()
            };
            let kept = settings.prepare(decoded).expect("nothing is resampled");
            assert!(!kept.is_empty(), "silence is kept whole");
        }
        Err(error) => says_something(&error),
    }
}

/// A WAV file without its first twelve bytes: `RIFF`, a length, `WAVE`.
pub fn audio_wav(bytes: &[u8]) {
    decode(&[&b"RIFF\xFF\xFF\xFF\xFFWAVE"[..], bytes].concat(), "clip.wav");
}

/// A file that may be of any kind; one that shows no kind is taken for MP3.
pub fn audio_compressed(bytes: &[u8]) {
    decode(bytes, "clip.mp3");
}

/// Somebody else's division of six clips.
pub fn split_file(bytes: &[u8]) {
    let folder = folder();
    let path = write(folder.path(), "split.csv", bytes);
    let protocol = Protocol::File(File { path, ..File::default() });
    let item = |(i, id)| Item::new(id, i % 2, ["x", "y", "z"][i / 2]);
    let items: Vec<Item<'_>> = ["a", "b", "c", "d", "e", "f"].into_iter().enumerate().map(item).collect();
    let count = protocol.fold_count(&items);
    match split::split(&items, split::Known::default(), 1, &protocol, &mut Seeds::new(0).stream("split", &[])) {
        Ok(folds) => assert_eq!(folds.len(), count.expect("what can be split can be counted")),
        Err(error) => says_something(&error),
    }
}

/// The tables of a run: the first byte says which. What is read is written as it was, or at least the same once it was
/// written.
pub fn tables(bytes: &[u8]) {
    let Some((which, bytes)) = bytes.split_first() else { return };
    match which % 3 {
        0 => match record::parse_split(bytes) {
            Ok(rows) => assert_eq!(record::parse_split(&record::split_csv(&rows)), Ok(rows)),
            Err(why) => says_something(&why),
        },
        1 => match record::parse_predictions(bytes) {
            Ok((labels, predictions)) => {
                let written = record::predictions_csv(&labels, &predictions);
                let (_, again) = record::parse_predictions(&written).expect("what was written can be read");
                assert_eq!(again.len(), predictions.len());
            }
            Err(why) => says_something(&why),
        },
        _ => match Epochs::parse(&String::from_utf8_lossy(bytes)) {
            Ok((table, _)) => {
                let (again, torn) = Epochs::parse(&table.csv()).expect("what was written can be read");
                assert_eq!((again.csv(), torn), (table.csv(), None));
            }
            Err(why) => says_something(&why),
        },
    }
}

/// Names of an experiment and a variant, a slash between them, and a path that is taken for a run's: none leads out of the
/// folder of runs.
pub fn run_name(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let runs = Path::new("runs");
    let stays = |path: &Path| {
        let inner = path.strip_prefix(runs).expect("it begins with the folder of runs");
        inner.components().count() == 2 && inner.components().all(|part| matches!(part, Component::Normal(_)))
    };
    let id = RunId::from_bytes(&[0xab; 32]);
    for (at, _) in text.match_indices('/').take(8) {
        let (experiment, variant) = (text[..at].to_owned(), text[at + 1..].to_owned());
        let accepted = record::check_name(&experiment).is_ok() && record::check_name(&variant).is_ok();
        let name = RunName { experiment, variant, seed: u64::MAX, fold: Some(u32::MAX), id: id.clone() };
        match name.directory(runs) {
            Ok(path) => {
                assert!(accepted && stays(&path), "{}", path.display());
                assert!(name.folder().len() <= 255, "longer than file systems allow");
                let read = RunName::from_directory(&path).expect("a run's directory tells its name");
                assert_eq!((read.experiment, read.variant), (name.experiment, name.variant));
                assert_eq!((read.seed, read.fold, read.id.short()), (name.seed, name.fold, id.short()));
            }
            Err(error) => {
                assert!(!accepted, "{error}");
                says_something(&error);
            }
        }
    }
    if let Some(read) = RunName::from_directory(&runs.join(&*text))
        && let Ok(path) = read.directory(runs)
    {
        assert!(stays(&path), "{}", path.display());
    }
    let _ = RunId::new(text.clone().into_owned()).map(|id| id.short().len());
}

/// A checkpoint as it lies on disk.
pub fn checkpoint(bytes: &[u8]) {
    match Checkpoint::from_bytes(bytes) {
        Ok(read) => {
            let written = read.to_bytes().expect("what was read can be written");
            let again = Checkpoint::from_bytes(&written).expect("what was written can be read");
            assert_eq!(again.to_bytes().as_ref(), Ok(&written));
        }
        Err(error) => says_something(&error),
    }
}

/// What stands in a checkpoint between its front and a checksum that fits.
pub fn checkpoint_content(bytes: &[u8]) {
    const VERSION: u32 = 2;
    let length = (8 + 8 + 4 + bytes.len() + 32) as u64;
    let content = [&b"serlabck"[..], &length.to_le_bytes(), &VERSION.to_le_bytes(), bytes].concat();
    let whole = sealed(&content);
    let is_other = matches!(Checkpoint::from_bytes(&whole), Err(CheckpointError::Version { .. }));
    assert!(!is_other, "checkpoints have another version than {VERSION}, which stands here");
    checkpoint(&whole);
}

/// Bytes with their BLAKE3 behind them.
fn sealed(content: &[u8]) -> Vec<u8> {
    [content, blake3::hash(content).as_bytes()].concat()
}

/// Weights for a small network.
pub fn weights(bytes: &[u8]) {
    static NET: OnceLock<Net> = OnceLock::new();
    let net = NET.get_or_init(|| {
        let small: Architecture = toml::from_str("mlp = { hidden = [2], statistics = ['mean'] }").expect("a network");
        let input = InputShape { channels: 1, bins: 2, frames: 3 };
        small.init(input, 2, &mut Seeds::new(0).stream("init", &[]), &Default::default())
    });
    safetensors_metadata(bytes).err().iter().for_each(says_something);
    match net.clone().from_safetensors(bytes) {
        Ok(filled) => {
            let written = filled.to_safetensors(&[]).expect("what was read can be written");
            let again = net.clone().from_safetensors(&written).expect("what was written can be read");
            assert_eq!(again.to_safetensors(&[]).expect("and written again"), written);
        }
        Err(error) => says_something(&error),
    }
}

/// An entry of the feature cache; one that begins with an odd byte is what stands between the front of an entry and a checksum
/// that fits.
pub fn feature_cache(bytes: &[u8]) {
    const VERSION: u32 = 1;
    let Some((kind, content)) = bytes.split_first() else { return };
    let key = key(&[b"any"]);
    let hex = key.to_string();
    let entry = if kind % 2 == 0 {
        content.to_vec()
    } else {
        let own = blake3::Hash::from_hex(&hex).expect("a key is a hash");
        sealed(&[&b"serlab\0F"[..], &VERSION.to_le_bytes(), own.as_bytes(), content].concat())
    };
    let folder = folder();
    let cache = Cache::open(Some(folder.path()));
    std::fs::create_dir(folder.path().join(&hex[..2])).expect("a folder of our own");
    let path = folder.path().join(&hex[..2]).join(&hex[2..]);
    std::fs::write(&path, &entry).expect("a folder of our own can be written");
    match cache.get(&key) {
        Some(arrays) => {
            assert!(arrays.iter().all(|a| a.data.len() == a.bins * a.frames));
            cache.put(&key, &arrays);
            assert_eq!(std::fs::read(&path).expect("it was just written"), entry, "an entry is written in one way");
        }
        None => assert!(!path.exists(), "what is no entry is removed"),
    }
}

/// An array of NumPy's.
pub fn read_npy(bytes: &[u8]) {
    match npy::read(bytes) {
        Ok(array) => {
            assert_eq!(array.shape.iter().product::<usize>(), array.values.len());
        }
        Err(error) => says_something(&error),
    }
}

/// The list of what files sound like; one that begins with an odd byte gets a checksum that fits.
pub fn heard(bytes: &[u8]) {
    let Some((kind, content)) = bytes.split_first() else { return };
    let list = if kind % 2 == 0 { content.to_vec() } else { sealed(content) };
    let folder = folder();
    write(folder.path(), "heard-2", &list);
    DecodedAudioHashes::open(Some(folder.path())).keep();
}
