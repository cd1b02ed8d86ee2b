//! One pass over a corpus's audio, for everything that is told about it.

use super::{Clip, Source};
use crate::audio::{self, Note};
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::path::Path;

/// What one clip sounds like.
#[derive(Debug, Clone, PartialEq)]
pub struct Survey {
    /// Its length in seconds.
    pub seconds: f64,
    /// Its own sample rate.
    pub sample_rate_hz: u32,
    /// The largest magnitude among its samples; 1 is full scale.
    pub peak: f32,
    /// The root mean square of its samples in dB relative to full scale; minus infinity for silence.
    pub rms_db: f64,
    /// What the decoder noted.
    pub notes: Vec<Note>,
    /// The hash of its decoded samples; see [`audio::content_hash`].
    pub hash: [u8; 32],
    /// Whether the file has the SHA-256 that the corpus's own list gives in the column `sha256`; true where there is none.
    pub is_original: bool,
}

/// Decodes every clip, in parallel; the results are in the order of the clips, a clip that cannot be decoded is its
/// error's message. `done` is called after each clip, from any thread.
pub fn survey(clips: &[Clip], done: &(dyn Fn() + Sync)) -> Vec<Result<Survey, String>> {
    let one = |clip: &Clip| {
        let result = hear(clip);
        done();
        result
    };
    clips.par_iter().map(one).collect()
}

fn hear(clip: &Clip) -> Result<Survey, String> {
    let is_original = match (&clip.source, clip.columns.get("sha256")) {
        (Source::File(path), Some(expected)) => sha256(path)?.eq_ignore_ascii_case(expected),
        _ => true,
    };
    let audio = clip.audio().map_err(|e| e.to_string())?;
    let energy: f64 = audio.samples.iter().map(|s| f64::from(*s) * f64::from(*s)).sum();
    Ok(Survey {
        seconds: audio.seconds(),
        sample_rate_hz: audio.sample_rate_hz,
        peak: audio.samples.iter().fold(0.0, |peak, s| peak.max(s.abs())),
        rms_db: 10.0 * (energy / audio.samples.len() as f64).log10(),
        hash: audio::content_hash(&audio.samples, audio.sample_rate_hz),
        notes: audio.notes,
        is_original,
    })
}

fn sha256(path: &Path) -> Result<String, String> {
    let bytes = std::fs::read(path).map_err(|e| format!("{}: cannot be read: {e}", path.display()))?;
    Ok(Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect())
}
