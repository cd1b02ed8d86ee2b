//! What can go wrong while clips are augmented.

use crate::audio::AudioError;
use std::path::PathBuf;

/// An augmentation that could not be done.
#[derive(Debug, thiserror::Error)]
pub enum AugmentError {
    /// A folder of noises or impulse responses that cannot be listed.
    #[error("cannot read the folder of sounds {}: {source}; check `folder`", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A folder without a single audio file.
    #[error("no audio file in or below {}; expected files ending in one of {}", path.display(), expected.join(", "))]
    NoSounds {
        /// The folder.
        path: PathBuf,
        /// The endings looked for.
        expected: &'static [&'static str],
    },
    /// A folder of which no audio file holds a sound.
    #[error("all {files} audio files in and below {} are silent and would change nothing; name another `folder`", path.display())]
    Silent {
        /// The folder.
        path: PathBuf,
        /// How many files there are.
        files: usize,
    },
    /// A sound of a folder that cannot be decoded.
    #[error("cannot use a sound of {}: {source} (or take it out of the folder)", folder.display())]
    Sound {
        /// The folder.
        folder: PathBuf,
        /// Why; it names the file.
        source: Box<AudioError>,
    },
    /// A step gave samples that are not finite.
    #[error(
        "`{kind}` turned a clip of {before} samples into {after}, of which number {at} is {value}; expected finite \
         samples: check the clip for NaN and the step's settings"
    )]
    NotFinite {
        /// The kind of the step.
        kind: &'static str,
        /// Samples before the step.
        before: usize,
        /// Samples after the step.
        after: usize,
        /// Position of the first bad sample.
        at: usize,
        /// That sample.
        value: f32,
    },
}

impl AugmentError {
    /// Whether a folder of sounds is not there, as on a machine that has none.
    pub fn is_absence(&self) -> bool {
        matches!(self, Self::Folder { source, .. } if source.kind() == std::io::ErrorKind::NotFound)
    }

    /// Whether noises or impulse responses are at fault, not the clip that was to be augmented.
    pub fn is_about_sounds(&self) -> bool {
        !matches!(self, Self::NotFinite { .. })
    }
}
