//! Corpora: which clips there are, what is felt in them and who speaks.
//!
//! [`Corpus`] is the list of kinds a spec can name. [`Corpus::clips`] lists a corpus without reading any audio and gives
//! [`Clip`]s; [`recognise`] finds the kind that lies at a path; [`select`] keeps those an experiment asks for; [`survey`] decodes them once, for [`Stats`] and the
//! doctor ([`examine`]). A file corpus is read from the names of its files, a [`manifest`](Manifest) from a CSV file, and
//! [`synth`](Synth) speaks itself.
//!
//! All corpora use one vocabulary, so that they can be mixed and compared: the [`LABELS`], `sex`
//! (where known) as `female` or `male`, and `sentence` for what was said.
//!
//! To add one: a corpus read from file names is a new file here with a settings table (`root`), a `parse` function for
//! one name and its `Listing`, as `savee.rs`, and a line in the list of [`Corpus`].

mod clip;
mod columns;
mod doctor;
mod error;
mod listed;
mod recognise;
mod scan;
mod select;
mod spans;
mod stats;
mod survey;
mod write;

#[cfg(test)]
mod tests;

pub(crate) use listed::tidy;
pub(crate) use spans::overlapping;

pub use clip::{Clip, Found, Segment, Source, contents, fingerprint};
pub use doctor::{Concern, Finding, Severity, advice, examine};
pub use error::{CorpusError, Problems};
pub use recognise::recognise;
pub use scan::{Named, Unfit};
pub use select::{Broken, Selected, Selection, select};
pub use spans::{Span, spans};
pub use stats::{Column, Spread, Stats, stats};
pub use survey::{Survey, survey};
pub use synth::Recipe;
pub use write::write;

use std::collections::BTreeMap;

/// The names under which emotions are listed, whatever a corpus calls them in its file names. TESS's "pleasant
/// surprise" is `surprised`, EmoDB's "Angst" is `fearful`. A manifest may use any others.
pub const LABELS: [&str; 9] = ["angry", "bored", "calm", "disgust", "fearful", "happy", "neutral", "sad", "surprised"];

crate::kinds! {
    /// Where clips come from.
    pub enum Corpus("corpus") as Listing {
        /// CREMA-D (Cao et al. 2014): 7,442 clips, 91 speakers, 12 sentences, 6 emotions, English.
        "crema-d" => pub crema_d::CremaD,
        /// RAVDESS speech (Livingstone and Russo 2018): 1,440 clips, 24 speakers, 2 sentences, 8 emotions, English.
        "ravdess" => pub ravdess::Ravdess,
        /// EmoDB (Burkhardt et al. 2005): 535 clips, 10 speakers, 10 sentences, 7 emotions, German.
        "emodb" => pub emodb::EmoDb,
        /// SAVEE (Jackson and Haq 2014): 480 clips, 4 male speakers, 7 emotions, English.
        "savee" => pub savee::Savee,
        /// TESS (Pichora-Fuller and Dupuis 2020): 2,800 clips, 2 female speakers, 200 words, 7 emotions, English.
        "tess" => pub tess::Tess,
        /// Any files, listed in a CSV file with the columns file, label and speaker.
        "manifest" => manifest::Manifest,
        /// Speech-like clips made on the spot from a source-filter model; for trying things out without any data.
        "synth" => synth::Synth,
    }
}

/// What every corpus does.
trait Listing {
    /// Lists the clips, sorted by id. No file is read but a list.
    fn find(&self, files: Files) -> Result<Found, CorpusError>;

    /// The clips that it was published with, by name alone, where such a list is known.
    fn published(&self) -> Option<Found> {
        None
    }

    /// How many clips each speaker had when it was published, where that is known without it.
    fn published_clips(&self) -> Option<BTreeMap<String, usize>> {
        Some(per_speaker(self.published()?.clips.into_iter().map(|clip| clip.speaker)))
    }

    /// The name of a file that follows its convention; empty where it has none.
    fn example(&self) -> &'static str {
        ""
    }
}

/// What the files of a corpus must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Files {
    /// Audio.
    Audio,
    /// Audio or, where there is none, arrays (`.npy`); those that a list names need not be there at all.
    Any,
}

impl Corpus {
    /// Lists the corpus's clips, sorted by id. No audio is read.
    ///
    /// # Errors
    /// When its folder or manifest cannot be read, is not named, or holds no clip; when a synthetic corpus's settings
    /// are out of range.
    pub fn clips(&self) -> Result<Found, CorpusError> {
        self.kind().find(Files::Audio)
    }

    /// Lists the corpus's clips by name, for those who need no audio: from its folder or manifest, of which no audio need be there,
    /// or where its folder is not there by the list that it was published with.
    ///
    /// # Errors
    /// As [`Corpus::clips`].
    pub fn named(&self) -> Result<Found, CorpusError> {
        match self.kind().find(Files::Any) {
            Err(e @ (CorpusError::Unnamed { .. } | CorpusError::NoFolder { .. })) => self.published().ok_or(e),
            found => found,
        }
    }

    /// The clips that the corpus was published with, by name alone; `None` where no such list is known here. For planning
    /// before the audio is there.
    pub fn published(&self) -> Option<Found> {
        self.kind().published()
    }

    /// How many clips each speaker of the corpus had when it was published, by speaker; `None` where that is not known without
    /// its files.
    pub fn published_clips(&self) -> Option<BTreeMap<String, usize>> {
        self.kind().published_clips()
    }
}

/// How often each speaker is named.
fn per_speaker(speakers: impl IntoIterator<Item = String>) -> BTreeMap<String, usize> {
    let mut clips = BTreeMap::new();
    speakers.into_iter().for_each(|speaker| *clips.entry(speaker).or_default() += 1);
    clips
}
