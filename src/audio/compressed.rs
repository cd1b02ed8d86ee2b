//! FLAC, MP3 and OGG Vorbis through symphonia.

use super::error::check_levels;
use super::flac::{self, End, Flac};
use super::vorbis::has_absurd_codebooks;
use super::{Audio, AudioError, FREE_SAMPLES, MAX_SAMPLES, Note, Part, SAMPLE_RATES_HZ, SAMPLES_A_BYTE};
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::well_known::CODEC_ID_FLAC;
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::MetadataOptions;
use symphonia::core::packet::Packet;
use symphonia::core::units::{Duration, Timestamp};

/// Decodes a part of a compressed file to mono. `extension` is what its first bytes say it is.
///
/// A FLAC file is held against its own checksums and length; MP3 and Vorbis, which have none, lose single damaged
/// packets with a note.
pub(super) fn decode(bytes: &[u8], path: &Path, extension: &str, part: Part) -> Result<Audio, AudioError> {
    // One broken file must be one error, whatever it does to the decoder, never the end of a sweep.
    catch_unwind(AssertUnwindSafe(|| unfold(bytes, path, extension, part))).unwrap_or_else(|_| {
        let what = "the decoder gave up on it".to_owned();
        Err(AudioError::Damaged { path: path.to_owned(), what })
    })
}

/// Makes room for `more` samples, doubling what there is, but never beyond what a file may hold.
fn make_room(samples: &mut Vec<f32>, more: usize, most: usize) {
    let needed = samples.len() + more;
    if needed > samples.capacity() {
        let wanted = samples.capacity().saturating_mul(2).min(most).max(needed);
        samples.reserve_exact(wanted - samples.len());
    }
}

/// The packets of a file, one after another; `None` at its end.
type Packets<'a> = Box<dyn FnMut() -> Result<Option<Packet>, Error> + 'a>;

/// A file ready to be decoded.
struct Opened<'a> {
    decoder: Box<dyn AudioDecoder>,
    packets: Packets<'a>,
    /// Samples a channel that its head promises.
    declared: Option<u64>,
    /// Packets that are known to be gone.
    lost: usize,
}

fn decoder(parameters: &AudioCodecParameters, bytes: &Bytes<'_>) -> Result<Box<dyn AudioDecoder>, AudioError> {
    let options = AudioDecoderOptions::default().verify(bytes.is_lossless());
    symphonia::default::get_codecs().make_audio_decoder(parameters, &options).map_err(|e| match e {
        Error::Unsupported(_) => bytes.unknown_codec(),
        e => bytes.failed(e),
    })
}

/// A file and what messages call it.
struct Bytes<'a> {
    bytes: &'a [u8],
    path: &'a Path,
    extension: &'a str,
}

impl<'a> Bytes<'a> {
    fn is_lossless(&self) -> bool {
        self.extension == "flac"
    }

    fn damaged(&self, what: impl Into<String>) -> AudioError {
        AudioError::Damaged { path: self.path.to_owned(), what: what.into() }
    }

    fn failed(&self, error: Error) -> AudioError {
        match error {
            Error::Unsupported(what) => AudioError::Unsupported { path: self.path.to_owned(), what: what.to_owned() },
            e => self.damaged(e.to_string()),
        }
    }

    fn unknown_codec(&self) -> AudioError {
        let note = if self.extension == "ogg" { " (only Vorbis is read; Opus and Speex are not)" } else { "" };
        let what = format!("the codec in this {} file{note}", self.extension.to_uppercase());
        AudioError::Unsupported { path: self.path.to_owned(), what }
    }

    /// FLAC is taken apart here: symphonia's own reader loses the last frame where something follows it.
    fn open_flac(&self) -> Result<Opened<'a>, AudioError> {
        let none = || self.damaged("no FLAC stream can be found in it");
        let Flac { description, declared, frames, end } = flac::parse(self.bytes).ok_or_else(none)?;
        if end == End::Damaged {
            return Err(self.damaged("a frame does not match its checksum"));
        }
        let mut parameters = AudioCodecParameters::new();
        parameters.for_codec(CODEC_ID_FLAC).with_extra_data(description);
        let mut frames = frames.into_iter();
        let packet = |frame: &[u8]| Packet::new(0, Timestamp::default(), Duration::default(), frame);
        let packets = Box::new(move || Ok(frames.next().map(packet)));
        // Where the head promises a number of samples, that is what is told of a file that breaks off.
        let lost = usize::from(end == End::Cut && declared.is_none());
        Ok(Opened { decoder: decoder(&parameters, self)?, packets, declared, lost })
    }

    fn open(&self) -> Result<Opened<'a>, AudioError> {
        let stream = MediaSourceStream::new(Box::new(Cursor::new(self.bytes)), Default::default());
        let mut hint = Hint::new();
        hint.with_extension(self.extension);
        let mut reader = symphonia::default::get_probe()
            .probe(&hint, stream, FormatOptions::default(), MetadataOptions::default())
            .map_err(|e| match e {
                Error::Unsupported(_) => {
                    self.damaged(format!("no {} stream can be found in it", self.extension.to_uppercase()))
                }
                e => self.failed(e),
            })?;
        let track = reader.default_track(TrackType::Audio).ok_or_else(|| self.damaged("no audio track"))?;
        let Some(CodecParameters::Audio(parameters)) = &track.codec_params else {
            return Err(self.unknown_codec());
        };
        if self.extension == "ogg" && parameters.extra_data.as_deref().is_some_and(has_absurd_codebooks) {
            return Err(self.damaged("its codebooks are larger than any encoder makes them"));
        }
        let (id, declared, decoder) = (track.id, track.num_frames, decoder(parameters, self)?);
        let packets = Box::new(move || {
            loop {
                match reader.next_packet() {
                    Ok(Some(packet)) if packet.track_id != id => {}
                    Err(Error::IoError(e)) if e.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(None),
                    next => return next,
                }
            }
        });
        Ok(Opened { decoder, packets, declared, lost: 0 })
    }
}

fn unfold(bytes: &[u8], path: &Path, extension: &str, part: Part) -> Result<Audio, AudioError> {
    let file = Bytes { bytes, path, extension };
    let is_lossless = file.is_lossless();
    let Opened { mut decoder, mut packets, declared, mut lost } =
        if is_lossless { file.open_flac()? } else { file.open()? };
    let most = (bytes.len().saturating_mul(SAMPLES_A_BYTE)).clamp(FREE_SAMPLES, MAX_SAMPLES);

    let mut samples: Vec<f32> = Vec::new();
    let mut interleaved: Vec<f32> = Vec::new();
    let mut sample_rate_hz = None;
    while let Some(packet) = packets().map_err(|e| file.failed(e))? {
        let buffer = match decoder.decode(&packet) {
            Ok(buffer) => buffer,
            Err(Error::DecodeError(_) | Error::IoError(_)) if !is_lossless => {
                lost += 1;
                continue;
            }
            Err(e) => return Err(file.failed(e)),
        };
        let (rate, channels) = (buffer.spec().rate(), buffer.spec().channels().count());
        if *sample_rate_hz.get_or_insert(rate) != rate {
            return Err(file.damaged("its sample rate changes on the way"));
        }
        if channels == 0 {
            return Err(file.damaged("no channel"));
        }
        if samples.len() + buffer.frames() > most {
            return Err(AudioError::TooLong { path: path.to_owned(), bytes: bytes.len(), limit: most });
        }
        make_room(&mut samples, buffer.frames(), most);
        buffer.copy_to_vec_interleaved(&mut interleaved);
        if channels == 1 {
            samples.extend_from_slice(&interleaved);
            continue;
        }
        let mean = |frame: &[f32]| (frame.iter().map(|s| f64::from(*s)).sum::<f64>() / channels as f64) as f32;
        samples.extend(interleaved.chunks_exact(channels).map(mean));
    }

    let sample_rate_hz = sample_rate_hz.ok_or_else(|| file.damaged("not one packet could be decoded"))?;
    if !SAMPLE_RATES_HZ.contains(&sample_rate_hz) {
        return Err(file.damaged(format!("a sample rate of {sample_rate_hz} Hz; from 1000 to 768000 Hz are allowed")));
    }
    let found = samples.len() as u64;
    let mut notes = Vec::new();
    match declared {
        // Of a part that is there nothing is missing.
        Some(declared) if is_lossless && found < declared => {
            notes.extend(part.is_whole().then_some(Note::Truncated { declared, found }));
        }
        _ if decoder.finalize().verify_ok == Some(false) => {
            return Err(file.damaged("its samples do not match its own checksum"));
        }
        _ => {}
    }
    if lost > 0 {
        notes.push(Note::DamagedPackets { packets: lost });
    }
    let range = part.range(samples.len(), sample_rate_hz, path)?;
    samples.truncate(range.end);
    samples.drain(..range.start);
    notes.extend(check_levels(&samples, 0.999_96, path)?);
    Ok(Audio { samples, sample_rate_hz, notes })
}
