//! Writing WAV files.

use super::AudioError;
use std::path::Path;

/// Writes mono 16-bit PCM: each sample is multiplied by 32768, rounded and limited to the 16-bit range, so that what
/// was decoded from 16-bit audio is written back bit for bit.
///
/// # Errors
/// When the file cannot be written.
pub fn write_wav(path: &Path, samples: &[f32], sample_rate_hz: u32) -> Result<(), AudioError> {
    let failed = |e: hound::Error| AudioError::Write { path: path.to_owned(), message: e.to_string() };
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: sample_rate_hz,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec).map_err(failed)?;
    for &sample in samples {
        // `as` saturates, and turns NaN into 0.
        writer.write_sample((sample * 32768.0).round() as i16).map_err(failed)?;
    }
    writer.finalize().map_err(failed)
}
