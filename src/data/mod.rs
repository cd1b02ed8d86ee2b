//! From a plan to the rows a network is fed: recordings, their features in mapped files, tables of rows.
//!
//! Which rows may be used for what is a matter of types: [`Table`] carries its partition, only `Table<Train>` is
//! augmented and may fit a scaler, only `Table<Validation>` may select an epoch.

mod arrays;
mod audio_hashes;
mod extract;
mod meter;
mod recordings;
mod scratch;
mod store;
mod table;

pub use arrays::Arrays;
pub use audio_hashes::DecodedAudioHashes;
pub use extract::{Extraction, RowSource};
pub use meter::{Meter, Work};
pub use recordings::Recordings;
pub(crate) use recordings::needs_audio;
pub use store::{FrameStore, FrameStoreWriter};
pub use table::{Table, Tables, Test, Train, Validation, Viewed};

use crate::arrays::ArrayError;
use crate::audio::AudioError;
use crate::augment::AugmentError;
use crate::corpus::CorpusError;
use crate::features::FeatureError;

/// What can be wrong with data.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// The corpus as a whole.
    #[error(transparent)]
    Corpus(#[from] CorpusError),
    /// A file cannot be read.
    #[error(transparent)]
    Audio(#[from] AudioError),
    /// Arrays made elsewhere cannot be read.
    #[error(transparent)]
    Array(#[from] ArrayError),
    /// The array of a clip cannot be used.
    #[error("{clip}: {why}")]
    OfClip {
        /// The clip.
        clip: String,
        /// Why.
        why: String,
    },
    /// A file holds less than it promises.
    #[error("{clip}: {note}")]
    Incomplete {
        /// The clip.
        clip: String,
        /// What is missing.
        note: String,
    },
    /// A feature cannot be computed from a clip.
    #[error("{clip}: {source}")]
    Feature {
        /// The clip.
        clip: String,
        /// Why.
        source: FeatureError,
    },
    /// A clip cannot be augmented; a folder of sounds is not the clip's fault.
    #[error("{}{source}", if source.is_about_sounds() { String::new() } else { format!("{clip}: ") })]
    Augment {
        /// The clip.
        clip: String,
        /// Why.
        source: AugmentError,
    },
    /// Clips that cannot be used, all of them.
    #[error("{} of {total} clips cannot be used:\n{}\nRepair or remove them, or set clips.broken = \"leave-out\" to go on without them (they are counted in every result).", lines.len(), listed(lines))]
    Broken {
        /// How many clips there are.
        total: usize,
        /// A line for each.
        lines: Vec<String>,
    },
    /// The folder for intermediate files.
    #[error("cannot write an intermediate file: {source}; choose another folder with --cache or TMPDIR")]
    Scratch {
        /// Why.
        source: std::io::Error,
    },
    /// Features and network input do not fit.
    #[error("{0}")]
    Shape(String),
    /// It was asked to stop before all rows were there.
    #[error("stopped before all features were computed")]
    Stopped,
}

/// Lines of a message: the first of them, and how many more there are.
const MOST_LINES: usize = 50;

fn listed(lines: &[String]) -> String {
    let mut text: Vec<String> = lines.iter().take(MOST_LINES).map(|l| format!("  {l}")).collect();
    if lines.len() > MOST_LINES {
        text.push(format!("  ... and {} more", lines.len() - MOST_LINES));
    }
    text.join("\n")
}
