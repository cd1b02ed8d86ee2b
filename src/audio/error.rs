//! What can be wrong with an audio file, and what is merely odd.

use super::Part;
use std::fmt;
use std::path::PathBuf;

/// Why a file gives no audio.
#[derive(Debug, thiserror::Error)]
pub enum AudioError {
    /// The file system refused.
    #[error("{}: cannot be read: {source}; check that the file exists and may be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A folder, a pipe or a device.
    #[error("{}: is not a regular file; name an audio file", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// Larger than any clip.
    #[error("{}: {bytes} bytes, more than the {limit} that are read; cut the recording into clips", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
        /// The largest size read.
        limit: u64,
    },
    /// Unfolds to more samples than a clip has, or than a recording of its size can hold.
    #[error(
        "{}: more than {limit} samples when decoded, from {bytes} bytes; cut the recording into clips, or convert it to WAV \
         if it is as long as that", path.display()
    )]
    TooLong {
        /// The file.
        path: PathBuf,
        /// Its size in bytes.
        bytes: usize,
        /// The most samples taken.
        limit: usize,
    },
    /// A part that the recording does not have.
    #[error(
        "{}: is {seconds:.3} s long, and a clip from {} s to {} is asked of it; mend its start and end",
        path.display(), part.start, part.end.map_or_else(|| "its end".to_owned(), |end| format!("{end} s"))
    )]
    Beyond {
        /// The file.
        path: PathBuf,
        /// What is asked for.
        part: Part,
        /// The recording's length in seconds.
        seconds: f64,
    },
    /// A clip that a list cuts from a recording.
    #[error("{row}: {source}")]
    Listed {
        /// The list and the line in it.
        row: String,
        /// What is wrong.
        source: Box<AudioError>,
    },
    /// No sample in it.
    #[error("{}: holds no audio sample; fetch the file again or take it out of the corpus", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// Something else altogether, or a format that is not read.
    #[error("{}: {what}", path.display())]
    NotAudio {
        /// The file.
        path: PathBuf,
        /// What it looks like and what to do.
        what: String,
    },
    /// A header that contradicts itself or what follows it.
    #[error("{}: damaged header: {what}; fetch the file again or take it out of the corpus", path.display())]
    Header {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// A codec that is not decoded here.
    #[error("{}: {what} is not supported; convert it, for example with `ffmpeg -i IN -c:a pcm_s16le OUT.wav`", path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// The codec or feature.
        what: String,
    },
    /// The stream breaks off or its checksum is wrong.
    #[error("{}: damaged audio: {what}; fetch the file again or take it out of the corpus", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// NaN, infinite, or so large that squares overflow.
    #[error(
        "{}: sample {index} of {of} is {value}, which is no audio; export the file again as 16-bit PCM",
        path.display()
    )]
    NonFinite {
        /// The file.
        path: PathBuf,
        /// Position of the first such sample, counted from 0 in mono.
        index: usize,
        /// How many samples there are.
        of: usize,
        /// Its value.
        value: f32,
    },
    /// Rates that no resampler is built for; never from a decoded file.
    #[error("a clip of {from_hz} Hz cannot be brought to {to_hz} Hz; rates from 1000 to 768000 Hz are allowed")]
    Rate {
        /// The clip's rate.
        from_hz: u32,
        /// The rate asked for.
        to_hz: u32,
    },
    /// The file system refused to write.
    #[error("{}: cannot be written: {message}; check the folder, its permissions and the free space", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        message: String,
    },
}

/// Something odd about a file that can be lived with; `corpus doctor` reports them.
#[derive(Debug, Clone, PartialEq)]
pub enum Note {
    /// Fewer samples than the header promises; what is there is used.
    Truncated {
        /// Samples a channel that the header promises.
        declared: u64,
        /// Samples a channel that are there.
        found: u64,
    },
    /// The header gives no length (streamed, or never finished): the samples reach to the end of the file.
    LengthFromFile,
    /// Bytes after the last whole sample; they are dropped.
    OddBytes {
        /// How many.
        bytes: usize,
    },
    /// Runs of at least three samples at full scale: the recording was too loud for its converter.
    Clipped {
        /// Samples in such runs.
        samples: usize,
        /// How many samples there are.
        of: usize,
    },
    /// A float file beyond [-1, 1].
    OverFullScale {
        /// The largest magnitude.
        peak: f32,
    },
    /// Compressed packets that could not be decoded; the clip is shorter by them.
    DamagedPackets {
        /// How many.
        packets: usize,
    },
}

impl Note {
    /// Whether something of the recording is gone: such a clip is not what its label was given for.
    pub const fn is_loss(&self) -> bool {
        matches!(self, Self::Truncated { .. } | Self::DamagedPackets { .. })
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated { declared, found } => {
                write!(f, "truncated: the header promises {declared} samples, {found} are there")
            }
            Self::LengthFromFile => f.write_str("the header gives no length; read to the end of the file"),
            Self::OddBytes { bytes } => write!(f, "{bytes} bytes after the last whole sample were dropped"),
            Self::Clipped { samples, of } => {
                let percent = 100.0 * *samples as f64 / *of as f64;
                write!(f, "clipped: {samples} of {of} samples at full scale ({percent:.2} %)")
            }
            Self::OverFullScale { peak } => write!(f, "float samples reach {peak}, beyond full scale 1"),
            Self::DamagedPackets { packets } => write!(f, "{packets} damaged packets were left out"),
        }
    }
}

/// Checks the level of decoded mono samples: not finite is an error, clipped or beyond full scale a note.
/// `full_scale` is the largest positive value that the file's sample format can hold.
pub(super) fn check_levels(samples: &[f32], full_scale: f32, path: &std::path::Path) -> Result<Vec<Note>, AudioError> {
    /// Beyond any integer scale; its square is still far from overflowing an `f32`.
    const ABSURD: f32 = 4.3e9;
    // The bits of magnitudes sort as the magnitudes do, infinity and NaN last: one fast pass settles ordinary clips.
    let top = f32::from_bits(samples.iter().map(|s| s.abs().to_bits()).max().unwrap_or(0));
    if top < full_scale {
        return Ok(Vec::new());
    }
    if let Some(index) = samples.iter().position(|s| s.is_nan() || s.abs() > ABSURD) {
        return Err(AudioError::NonFinite { path: path.to_owned(), index, of: samples.len(), value: samples[index] });
    }
    let (mut run, mut clipped) = (0_usize, 0_usize);
    for sample in samples {
        run = if sample.abs() >= full_scale { run + 1 } else { 0 };
        clipped += match run {
            0..=2 => 0,
            3 => 3,
            _ => 1,
        };
    }
    let mut notes = Vec::new();
    if clipped > 0 {
        notes.push(Note::Clipped { samples: clipped, of: samples.len() });
    }
    if top > 1.0 {
        notes.push(Note::OverFullScale { peak: top });
    }
    Ok(notes)
}
