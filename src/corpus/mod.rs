//! Corpora: which clips there are, what is felt in them and who speaks.
//!
//! [`Corpus`] is the list of kinds a spec can name. [`Corpus::clips`] lists a corpus without reading any audio and gives
//! [`Clip`]s; [`select`] keeps those an experiment asks for; [`survey`] decodes them once, for [`Stats`] and the
//! doctor ([`examine`]). A file corpus is read from the names of its files, a [`manifest`](Manifest) from a CSV file, and
//! [`synth`](Synth) speaks itself.
//!
//! All corpora use one vocabulary, so that they can be mixed and compared: the [`LABELS`], `sex`
//! (where known) as `female` or `male`, and `sentence` for what was said.
//!
//! To add one: a corpus read from file names is a new file here with a settings table (`root`), a `parse` function for
//! one name and a `find` method, as `savee.rs`; then a `mod` line, a line in [`Corpus`] and its arm in the three matches
//! below, all in this file.

mod clip;
mod columns;
pub mod crema_d;
mod doctor;
pub mod emodb;
mod error;
mod listed;
mod manifest;
pub mod ravdess;
pub mod savee;
mod scan;
mod select;
mod stats;
mod survey;
mod synth;
pub mod tess;
mod write;

#[cfg(test)]
mod tests;

pub(crate) use columns::{Cells, Table};
pub(crate) use listed::tidy;

pub use clip::{Clip, Found, Segment, Source, contents, fingerprint};
pub use crema_d::CremaD;
pub use doctor::{Concern, Finding, Severity, advice, examine};
pub use emodb::EmoDb;
pub use error::{CorpusError, Problems};
pub use manifest::Manifest;
pub use ravdess::Ravdess;
pub use savee::Savee;
pub use scan::{Named, Unfit};
pub use select::{Broken, Selected, Selection, select};
pub use stats::{Column, Spread, Stats, stats};
pub use survey::{Survey, survey};
pub use synth::{Recipe, Synth};
pub use tess::Tess;
pub use write::write;

use crate::kind::Problem;

/// The names under which emotions are listed, whatever a corpus calls them in its file names. TESS's "pleasant
/// surprise" is `surprised`, EmoDB's "Angst" is `fearful`. A manifest may use any others.
pub const LABELS: [&str; 9] = ["angry", "bored", "calm", "disgust", "fearful", "happy", "neutral", "sad", "surprised"];

crate::kinds! {
    /// Where clips come from.
    pub enum Corpus("corpus") {
        /// CREMA-D (Cao et al. 2014): 7,442 clips, 91 speakers, 12 sentences, 6 emotions, English.
        "crema-d" => CremaD(CremaD),
        /// RAVDESS speech (Livingstone and Russo 2018): 1,440 clips, 24 speakers, 2 sentences, 8 emotions, English.
        "ravdess" => Ravdess(Ravdess),
        /// EmoDB (Burkhardt et al. 2005): 535 clips, 10 speakers, 10 sentences, 7 emotions, German.
        "emodb" => EmoDb(EmoDb),
        /// SAVEE (Jackson and Haq 2014): 480 clips, 4 male speakers, 7 emotions, English.
        "savee" => Savee(Savee),
        /// TESS (Pichora-Fuller and Dupuis 2020): 2,800 clips, 2 female speakers, 200 words, 7 emotions, English.
        "tess" => Tess(Tess),
        /// Any files, listed in a CSV file with the columns file, label and speaker.
        "manifest" => Manifest(Manifest),
        /// Speech-like clips made on the spot from a source-filter model; for trying things out without any data.
        "synth" => Synth(Synth),
    }
}

impl Corpus {
    /// Lists the corpus's clips, sorted by id. No audio is read.
    ///
    /// # Errors
    /// When its folder or manifest cannot be read, is not named, or holds no clip; when a synthetic corpus's settings
    /// are out of range.
    pub fn clips(&self) -> Result<Found, CorpusError> {
        match self {
            Self::CremaD(corpus) => corpus.find(),
            Self::Ravdess(corpus) => corpus.find(),
            Self::EmoDb(corpus) => corpus.find(),
            Self::Savee(corpus) => corpus.find(),
            Self::Tess(corpus) => corpus.find(),
            Self::Manifest(corpus) => corpus.find(),
            Self::Synth(corpus) => corpus.find(),
        }
    }

    /// The clips that the corpus was published with, by name alone; `None` where no such list is known here. For planning
    /// before the audio is there.
    pub fn published(&self) -> Option<Found> {
        match self {
            Self::CremaD(corpus) => Some(corpus.published()),
            Self::Synth(corpus) => corpus.find().ok(),
            Self::Ravdess(_) | Self::EmoDb(_) | Self::Savee(_) | Self::Tess(_) | Self::Manifest(_) => None,
        }
    }

    /// The settings that name a file or folder, by key, to be resolved against the spec's own folder.
    pub fn paths_mut(&mut self) -> Vec<(&'static str, &mut String)> {
        match self {
            Self::CremaD(CremaD { root })
            | Self::Ravdess(Ravdess { root })
            | Self::EmoDb(EmoDb { root })
            | Self::Savee(Savee { root })
            | Self::Tess(Tess { root }) => vec![("root", root)],
            Self::Manifest(manifest) => vec![("path", &mut manifest.path), ("root", &mut manifest.root)],
            Self::Synth(_) => Vec::new(),
        }
    }

    /// Checks beyond single ranges: a folder must be named, labels must be known.
    pub fn check(&self) -> Vec<Problem> {
        let unnamed = |root: &str, key: &str, what: &str| {
            let message = format!("is not set; name the {what}");
            if root.is_empty() { vec![Problem::new(key, message)] } else { Vec::new() }
        };
        match self {
            Self::CremaD(CremaD { root })
            | Self::Ravdess(Ravdess { root })
            | Self::EmoDb(EmoDb { root })
            | Self::Savee(Savee { root })
            | Self::Tess(Tess { root }) => unnamed(root, "root", "folder that holds the corpus"),
            Self::Manifest(manifest) => unnamed(&manifest.path, "path", "CSV file that lists the clips"),
            Self::Synth(synth) => synth.check(),
        }
    }
}
