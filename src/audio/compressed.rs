//! FLAC, MP3 and OGG Vorbis through symphonia.

use super::error::check_levels;
use super::vorbis::has_absurd_codebooks;
use super::{Audio, AudioError, MAX_SAMPLES, Note, SAMPLE_RATES_HZ};
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::AudioDecoderOptions;
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::MetadataOptions;

/// Decodes a compressed file to mono. `extension` is what its first bytes say it is.
///
/// A FLAC file is held against its own checksum and length; MP3 and Vorbis, which have none, lose single damaged
/// packets with a note.
pub(super) fn decode(bytes: &[u8], path: &Path, extension: &str) -> Result<Audio, AudioError> {
    // One broken file must be one error, whatever it does to the decoder, never the end of a sweep.
    catch_unwind(AssertUnwindSafe(|| unfold(bytes, path, extension))).unwrap_or_else(|_| {
        let what = "the decoder gave up on it".to_owned();
        Err(AudioError::Damaged { path: path.to_owned(), what })
    })
}

fn unknown_codec(extension: &str) -> String {
    let note = if extension == "ogg" { " (only Vorbis is read; Opus and Speex are not)" } else { "" };
    format!("the codec in this {} file{note}", extension.to_uppercase())
}

/// Makes room for `more` samples, doubling what there is, but never beyond what a file may hold.
fn make_room(samples: &mut Vec<f32>, more: usize) {
    let needed = samples.len() + more;
    if needed > samples.capacity() {
        let wanted = samples.capacity().saturating_mul(2).min(MAX_SAMPLES).max(needed);
        samples.reserve_exact(wanted - samples.len());
    }
}

fn unfold(bytes: &[u8], path: &Path, extension: &str) -> Result<Audio, AudioError> {
    let damaged = |what: String| AudioError::Damaged { path: path.to_owned(), what };
    let failed = |e: Error| match e {
        Error::Unsupported(what) => AudioError::Unsupported { path: path.to_owned(), what: what.to_owned() },
        e => damaged(e.to_string()),
    };
    let stream = MediaSourceStream::new(Box::new(Cursor::new(bytes)), Default::default());
    let mut hint = Hint::new();
    hint.with_extension(extension);
    let mut reader = symphonia::default::get_probe()
        .probe(&hint, stream, FormatOptions::default(), MetadataOptions::default())
        .map_err(|e| match e {
            Error::Unsupported(_) => damaged(format!("no {} stream can be found in it", extension.to_uppercase())),
            e => failed(e),
        })?;
    let track = reader.default_track(TrackType::Audio).ok_or_else(|| damaged("no audio track".to_owned()))?;
    let Some(CodecParameters::Audio(parameters)) = &track.codec_params else {
        let what = unknown_codec(extension);
        return Err(AudioError::Unsupported { path: path.to_owned(), what });
    };
    let (id, declared) = (track.id, track.num_frames);
    if extension == "ogg" && parameters.extra_data.as_deref().is_some_and(has_absurd_codebooks) {
        return Err(damaged("its codebooks are larger than any encoder makes them".to_owned()));
    }
    let is_lossless = extension == "flac";
    let mut decoder = symphonia::default::get_codecs()
        .make_audio_decoder(parameters, &AudioDecoderOptions::default().verify(is_lossless))
        .map_err(|e| match e {
            Error::Unsupported(_) => {
                let what = unknown_codec(extension);
                AudioError::Unsupported { path: path.to_owned(), what }
            }
            e => failed(e),
        })?;

    let mut samples: Vec<f32> = Vec::new();
    let mut interleaved: Vec<f32> = Vec::new();
    let mut sample_rate_hz = None;
    let mut lost = 0;
    loop {
        let packet = match reader.next_packet() {
            Ok(Some(packet)) => packet,
            Ok(None) => break,
            Err(Error::IoError(e)) if e.kind() == std::io::ErrorKind::UnexpectedEof => break,
            Err(e) => return Err(failed(e)),
        };
        if packet.track_id != id {
            continue;
        }
        let buffer = match decoder.decode(&packet) {
            Ok(buffer) => buffer,
            Err(Error::DecodeError(_) | Error::IoError(_)) if !is_lossless => {
                lost += 1;
                continue;
            }
            Err(e) => return Err(failed(e)),
        };
        let (rate, channels) = (buffer.spec().rate(), buffer.spec().channels().count());
        if *sample_rate_hz.get_or_insert(rate) != rate {
            return Err(damaged("its sample rate changes on the way".to_owned()));
        }
        if channels == 0 {
            return Err(damaged("no channel".to_owned()));
        }
        if samples.len() + buffer.frames() > MAX_SAMPLES {
            return Err(AudioError::TooLong { path: path.to_owned(), limit: MAX_SAMPLES });
        }
        make_room(&mut samples, buffer.frames());
        buffer.copy_to_vec_interleaved(&mut interleaved);
        if channels == 1 {
            samples.extend_from_slice(&interleaved);
            continue;
        }
        let mean = |frame: &[f32]| (frame.iter().map(|s| f64::from(*s)).sum::<f64>() / channels as f64) as f32;
        samples.extend(interleaved.chunks_exact(channels).map(mean));
    }

    let sample_rate_hz = sample_rate_hz.ok_or_else(|| damaged("not one packet could be decoded".to_owned()))?;
    if !SAMPLE_RATES_HZ.contains(&sample_rate_hz) {
        return Err(damaged(format!("a sample rate of {sample_rate_hz} Hz; from 1000 to 768000 Hz are allowed")));
    }
    let found = samples.len() as u64;
    let mut notes = Vec::new();
    match declared {
        Some(declared) if is_lossless && found < declared => notes.push(Note::Truncated { declared, found }),
        _ if decoder.finalize().verify_ok == Some(false) => {
            return Err(damaged("its samples do not match its own checksum".to_owned()));
        }
        _ => {}
    }
    if lost > 0 {
        notes.push(Note::DamagedPackets { packets: lost });
    }
    notes.extend(check_levels(&samples, 0.999_96, path)?);
    Ok(Audio { samples, sample_rate_hz, notes })
}
