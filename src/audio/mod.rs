//! Audio files become mono `f32` samples in [-1, 1] at one sample rate.
//!
//! [`decode`] reads a file at its own rate: WAV through a parser of our own (it reads what real corpora hold and refuses
//! what lies about itself), FLAC, MP3 and OGG Vorbis through symphonia, told apart by content and not by their names.
//! [`AudioSettings::prepare`] brings a clip to the experiment's rate and trims its silence. Whatever is odd but usable
//! about a file is a [`Note`]; whatever is not usable is an [`AudioError`] that names the file and the way out.
//!
//! To add one: a container or codec gets a file here (as `wav.rs`) with a function from bytes to [`Audio`], a line in
//! `decode_bytes` in this file, and its first bytes in `sniff.rs`; its extension goes to [`EXTENSIONS`].

mod compressed;
mod error;
mod flac;
mod g711;
mod part;
mod prepare;
mod resample;
mod sniff;
mod trim;
mod vorbis;
mod wav;
mod write;

#[cfg(test)]
mod tests;

pub use error::{AudioError, Note};
pub use part::Part;
pub use prepare::AudioSettings;
pub use resample::resample;
pub use trim::trim;
pub use write::write_wav;

use sniff::Container;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Extensions, in lower case, of the files that corpora are searched for.
pub const EXTENSIONS: [&str; 4] = ["wav", "flac", "mp3", "ogg"];

/// Sample rates that are taken for real, in Hz. Outside them a header is damaged, not unusual.
pub const SAMPLE_RATES_HZ: std::ops::RangeInclusive<u32> = 1_000..=768_000;

/// The largest file read, in bytes: nine hours of 16 kHz 16-bit mono. A clip is seconds long; more is a mistake.
const MAX_FILE_BYTES: u64 = 1 << 30;

/// The most samples a compressed file may unfold to: an hour at 37 kHz, 512 MiB of `f32`.
const MAX_SAMPLES: usize = 1 << 27;

/// The most samples that a byte of a compressed file may stand for, beyond the first [`FREE_SAMPLES`]: MP3 at its least,
/// 8 kbit/s at 24 kHz, has 24. Some bytes of FLAC can ask for millions of zeros.
const SAMPLES_A_BYTE: usize = 64;

/// What a file of any size may unfold to: silence packs as tightly as it likes. Almost nine minutes at 16 kHz, 32 MiB.
const FREE_SAMPLES: usize = 1 << 23;

/// One decoded clip.
#[derive(Debug, Clone, PartialEq)]
pub struct Audio {
    /// Mono samples in [-1, 1], the mean of the channels. Integers of b bits are divided by 2^(b-1). Float files may
    /// go beyond full scale; they are kept as they are, with a [`Note::OverFullScale`].
    pub samples: Vec<f32>,
    /// Samples a second.
    pub sample_rate_hz: u32,
    /// What is odd about the file but does not stand in the way.
    pub notes: Vec<Note>,
}

impl Audio {
    /// Its length in seconds.
    pub fn seconds(&self) -> f64 {
        self.samples.len() as f64 / f64::from(self.sample_rate_hz)
    }
}

/// Decodes an audio file at its own sample rate to mono.
///
/// # Errors
/// When the file cannot be read, is no audio of a known kind, is damaged, holds no sample or one that is not finite.
pub fn decode(path: &Path) -> Result<Audio, AudioError> {
    decode_part(path, Part::WHOLE)
}

/// Decodes a part of an audio file at its own sample rate to mono.
///
/// # Errors
/// As [`decode`], and when the part reaches beyond the file.
pub fn decode_part(path: &Path, part: Part) -> Result<Audio, AudioError> {
    let unreadable = |source| AudioError::Read { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(AudioError::NotAFile { path: path.to_owned() });
    }
    if metadata.len() > MAX_FILE_BYTES {
        return Err(AudioError::TooLarge { path: path.to_owned(), bytes: metadata.len(), limit: MAX_FILE_BYTES });
    }
    let mut bytes = Vec::with_capacity(metadata.len() as usize);
    file.by_ref().take(MAX_FILE_BYTES).read_to_end(&mut bytes).map_err(unreadable)?;
    part_of(&bytes, path, part)
}

/// Decodes the bytes of an audio file; `name` is the file that messages name.
///
/// # Errors
/// As [`decode`].
pub fn decode_bytes(bytes: &[u8], name: &Path) -> Result<Audio, AudioError> {
    part_of(bytes, name, Part::WHOLE)
}

fn part_of(bytes: &[u8], name: &Path, part: Part) -> Result<Audio, AudioError> {
    let audio = match sniff::container(bytes, name)? {
        Container::Wav => wav::decode(bytes, name, part)?,
        Container::Compressed(extension) => compressed::decode(bytes, name, extension, part)?,
    };
    if audio.samples.is_empty() {
        return Err(AudioError::Empty { path: name.to_owned() });
    }
    Ok(audio)
}

/// The hash of what a clip sounds like: BLAKE3 over rate and samples. Two files with the same one are the same clip,
/// whatever their names, containers and metadata.
pub fn content_hash(samples: &[f32], sample_rate_hz: u32) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_derive_key("serlab 2026 decoded audio");
    hasher.update(&sample_rate_hz.to_le_bytes());
    let mut block = [0_u8; 16_384];
    for chunk in samples.chunks(block.len() / 4) {
        for (to, sample) in block.chunks_exact_mut(4).zip(chunk) {
            to.copy_from_slice(&sample.to_le_bytes());
        }
        hasher.update(&block[..chunk.len() * 4]);
    }
    *hasher.finalize().as_bytes()
}
