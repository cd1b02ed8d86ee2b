//! WAV: RIFF with its common deviations (odd chunks, streamed and unfinished lengths, RF64), PCM, float and G.711.
//!
//! Nothing is believed that the file's size contradicts, and memory follows the bytes that are there, never a header.

use super::error::check_levels;
use super::{Audio, AudioError, Note, Part, g711};
use std::path::Path;

/// How one sample is stored.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Encoding {
    U8,
    S16,
    S24,
    S32,
    F32,
    F64,
    ALaw,
    MuLaw,
}

/// The `fmt ` chunk, checked.
#[derive(Debug)]
struct Format {
    encoding: Encoding,
    channels: usize,
    sample_rate_hz: u32,
}

/// Bytes 2..16 of the GUIDs that WAVE_FORMAT_EXTENSIBLE makes of ordinary format tags.
const GUID_TAIL: [u8; 14] = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71];

/// Lengths from here on that reach past the end of the file are what tools write that cannot seek back
/// (0xFFFFFFFF ffmpeg, 0x7FFFF000 sox), not the mark of an interrupted download.
const STREAMED: u64 = 0x7FFF_0000;

/// Decodes a part of the bytes of a WAV file to mono.
pub(super) fn decode(bytes: &[u8], path: &Path, part: Part) -> Result<Audio, AudioError> {
    let header = |what: String| AudioError::Header { path: path.to_owned(), what };
    if bytes.get(8..12) != Some(b"WAVE") {
        return Err(header("RIFF, but not a WAVE file".to_owned()));
    }
    let (mut format, mut data, mut long_size) = (None, None, None);
    let mut at = 12;
    while let Some(id) = bytes.get(at..at + 4) {
        let Some(size) = u32_at(bytes, at + 4) else { break };
        let body = &bytes[at + 8..];
        match id {
            b"fmt " if format.is_none() => format = Some(parse_format(&body[..body.len().min(size as usize)], path)?),
            b"ds64" => long_size = u64_at(body, 8),
            b"data" => {
                data = Some((body, size));
                // What follows the samples (tags, cue points) is of no interest once the format is known.
                if format.is_some() {
                    break;
                }
            }
            _ => {}
        }
        at = next_chunk(bytes, at + 8, size as usize);
    }
    let format = format.ok_or_else(|| header("no format chunk".to_owned()))?;
    let Some((body, size)) = data else {
        return Err(header("no data chunk".to_owned()));
    };
    // Once, and not for each of a million empty data chunks: it may look through all that follows.
    let (body, length) = samples_of(body, size, long_size);
    let frame_bytes = format.encoding.bytes() * format.channels;
    let frames = body.len() / frame_bytes;
    let mut notes = Vec::new();
    match length {
        Length::FromFile => notes.push(Note::LengthFromFile),
        // Of a part that is there nothing is missing.
        Length::Truncated(declared) if part.is_whole() => {
            notes.push(Note::Truncated { declared: declared / frame_bytes as u64, found: frames as u64 });
        }
        Length::Declared | Length::Truncated(_) => {}
    }
    let odd = body.len() % frame_bytes;
    if odd > 0 && part.is_whole() {
        notes.push(Note::OddBytes { bytes: odd });
    }
    let range = part.range(frames, format.sample_rate_hz, path)?;
    let samples = format.encoding.to_mono(&body[range.start * frame_bytes..range.end * frame_bytes], format.channels);
    notes.extend(check_levels(&samples, format.encoding.full_scale(), path)?);
    Ok(Audio { samples, sample_rate_hz: format.sample_rate_hz, notes })
}

/// Where the length of the samples came from.
#[derive(Debug)]
enum Length {
    Declared,
    FromFile,
    Truncated(u64),
}

/// The bytes of a data chunk, given what its header says and what is really there.
fn samples_of(body: &[u8], size: u32, long_size: Option<u64>) -> (&[u8], Length) {
    let declared = match long_size {
        Some(long) if size == u32::MAX => long,
        _ => u64::from(size),
    };
    let there = body.len() as u64;
    if declared == 0 && !body.is_empty() && !is_chunks(body) {
        return (body, Length::FromFile); // a recorder that never came to fill in the length
    }
    match usize::try_from(declared) {
        Ok(declared) if declared <= body.len() => (&body[..declared], Length::Declared),
        _ if declared >= STREAMED && (long_size.is_none() || declared == u64::from(u32::MAX)) => {
            (body, Length::FromFile)
        }
        _ => {
            debug_assert!(declared > there);
            (body, Length::Truncated(declared))
        }
    }
}

/// Whether `rest` is a chain of well-formed chunks up to its end, and so not samples.
fn is_chunks(rest: &[u8]) -> bool {
    let mut at = 0;
    while at < rest.len() {
        let (Some(id), Some(size)) = (rest.get(at..at + 4), u32_at(rest, at + 4)) else { return false };
        let end = at as u64 + 8 + u64::from(size);
        if !is_id(id) || end > rest.len() as u64 {
            return false;
        }
        at = next_chunk(rest, at + 8, size as usize);
    }
    true
}

/// The position of the chunk after a body of `size` bytes at `body`. Odd bodies are followed by a pad byte; some
/// writers forget it, so where a chunk name stands exactly there instead, it is believed.
fn next_chunk(bytes: &[u8], body: usize, size: usize) -> usize {
    let end = body.saturating_add(size).min(bytes.len());
    let named = |at: usize| bytes.get(at..at.saturating_add(4)).is_some_and(is_id);
    if size % 2 == 1 && (!named(end) || named(end + 1)) { end + 1 } else { end }
}

fn is_id(id: &[u8]) -> bool {
    id.iter().all(|b| (0x20..0x7F).contains(b))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}
fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}
fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

/// Reads and checks a `fmt ` chunk.
fn parse_format(chunk: &[u8], path: &Path) -> Result<Format, AudioError> {
    let header = |what: String| AudioError::Header { path: path.to_owned(), what };
    let short = || header(format!("a format chunk of {} bytes; it has at least 16", chunk.len()));
    let mut tag = u16_at(chunk, 0).ok_or_else(short)?;
    let channels = usize::from(u16_at(chunk, 2).ok_or_else(short)?);
    let sample_rate_hz = u32_at(chunk, 4).ok_or_else(short)?;
    let block = usize::from(u16_at(chunk, 12).ok_or_else(short)?);
    let bits = usize::from(u16_at(chunk, 14).ok_or_else(short)?);
    if tag == 0xFFFE {
        let guid = chunk.get(24..40).ok_or_else(|| header("an extensible format without its GUID".to_owned()))?;
        if guid[2..] != GUID_TAIL {
            return Err(AudioError::Unsupported { path: path.to_owned(), what: "an unknown extensible format".into() });
        }
        tag = u16::from_le_bytes([guid[0], guid[1]]);
    }
    if !matches!(tag, 1 | 3 | 6 | 7) {
        return Err(AudioError::Unsupported { path: path.to_owned(), what: codec_name(tag) });
    }
    if !(1..=256).contains(&channels) {
        return Err(header(format!("{channels} channels; from 1 to 256 are allowed")));
    }
    if !super::SAMPLE_RATES_HZ.contains(&sample_rate_hz) {
        return Err(header(format!("a sample rate of {sample_rate_hz} Hz; from 1000 to 768000 Hz are allowed")));
    }
    // 12 or 20 valid bits stand at the top of 2 or 3 bytes, the rest are zeros.
    let container = bits.div_ceil(8);
    // Whichever of the two lies, one of the readings is noise: a block of 4 bytes for 2 reads every second sample.
    if block != 0 && block != container * channels {
        let takes = container * channels;
        let channels = if channels == 1 { "1 channel".to_owned() } else { format!("{channels} channels") };
        return Err(header(format!("{block} bytes a block, but {channels} of {bits} bits take {takes}")));
    }
    let encoding = match (tag, container) {
        (1, 1) => Encoding::U8,
        (1, 2) => Encoding::S16,
        (1, 3) => Encoding::S24,
        (1, 4) => Encoding::S32,
        (3, 4) => Encoding::F32,
        (3, 8) => Encoding::F64,
        (6, 1) => Encoding::ALaw,
        (7, 1) => Encoding::MuLaw,
        _ => {
            let what = format!("{} of {container} bytes a sample", codec_name(tag));
            return Err(AudioError::Unsupported { path: path.to_owned(), what });
        }
    };
    Ok(Format { encoding, channels, sample_rate_hz })
}

/// The name of a WAVE format tag (RFC 2361), for messages.
fn codec_name(tag: u16) -> String {
    let name = match tag {
        0x0001 => "PCM",
        0x0002 => "Microsoft ADPCM",
        0x0003 => "float PCM",
        0x0006 => "A-law",
        0x0007 => "mu-law",
        0x0011 => "IMA ADPCM",
        0x0031 => "GSM 6.10",
        0x0050 => "MPEG audio in WAV",
        0x0055 => "MP3 in WAV",
        0x00FF => "AAC in WAV",
        0x0161..=0x0163 => "Windows Media audio",
        0x2000 => "AC-3",
        0x566F => "Vorbis in WAV",
        _ => "an unknown codec",
    };
    format!("{name} (WAV format tag 0x{tag:02X})")
}

impl Encoding {
    /// Bytes a sample.
    fn bytes(self) -> usize {
        match self {
            Self::U8 | Self::ALaw | Self::MuLaw => 1,
            Self::S16 => 2,
            Self::S24 => 3,
            Self::S32 | Self::F32 => 4,
            Self::F64 => 8,
        }
    }

    /// The largest positive value a sample can take (for floats: what counts as full scale).
    fn full_scale(self) -> f32 {
        match self {
            Self::U8 => 127.0 / 128.0,
            Self::S16 => 32767.0 / 32768.0,
            Self::ALaw => 32256.0 / 32768.0,
            Self::MuLaw => 32124.0 / 32768.0,
            Self::S24 | Self::S32 | Self::F32 | Self::F64 => 0.999_999,
        }
    }

    /// Whole frames to mono: one conversion a format, chosen once a file.
    fn to_mono(self, body: &[u8], channels: usize) -> Vec<f32> {
        match self {
            Self::U8 => mono(body, channels, |[b]| (f32::from(b) - 128.0) / 128.0),
            Self::S16 => mono(body, channels, |b| f32::from(i16::from_le_bytes(b)) / 32768.0),
            Self::S24 => mono(body, channels, |[a, b, c]| (i32::from_le_bytes([0, a, b, c]) >> 8) as f32 / 8_388_608.0),
            Self::S32 => mono(body, channels, |b| (f64::from(i32::from_le_bytes(b)) / 2_147_483_648.0) as f32),
            Self::F32 => mono(body, channels, f32::from_le_bytes),
            Self::F64 => mono(body, channels, |b| f64::from_le_bytes(b) as f32),
            Self::ALaw => mono(body, channels, |[b]| g711::a_law(b)),
            Self::MuLaw => mono(body, channels, |[b]| g711::mu_law(b)),
        }
    }
}

/// The mean of the channels of each frame; `N` bytes a sample.
fn mono<const N: usize>(body: &[u8], channels: usize, sample: impl Fn([u8; N]) -> f32) -> Vec<f32> {
    let (samples, rest) = body.as_chunks::<N>();
    debug_assert!(rest.is_empty(), "the body holds whole frames");
    if channels == 1 {
        return samples.iter().map(|b| sample(*b)).collect();
    }
    let mean = |frame: &[[u8; N]]| (frame.iter().map(|b| f64::from(sample(*b))).sum::<f64>() / channels as f64) as f32;
    samples.chunks_exact(channels).map(mean).collect()
}
