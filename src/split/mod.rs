//! Who is learned from and who is asked: from a list of clips to disjoint training, validation and test rows.
//!
//! A [`Protocol`] says how a corpus is divided, [`split`] divides it into one or more [`Fold`]s, [`audit`] looks for what
//! would flatter the result (shared speakers, identical audio, copies apart from their source), and [`Sizes`] counts
//! what came out. The honest protocols keep speakers apart, or groups by any columns ([`By`]); those that share speakers are
//! refused unless the spec allows it by name ([`Allowed`]), and every result then says so. [`Fit`] says which rows are looked at beyond those a network learns from.
//!
//! Sizes follow scikit-learn's `train_test_split`: a share of n is `ceil(share * n)`; all shares are of the whole corpus
//! unless a setting says otherwise. Augmented copies (numbers 1 and up) belong to training rows only, except in `rows`,
//! which exists to show what happens otherwise.
//!
//! To add one: write `src/split/<kind>.rs` with its `settings!` table and its `Divide` (start from `clips.rs`), then add a
//! line to the list of [`Protocol`]. If it shares something between partitions on purpose, say so in `leaks_by_design`. The
//! tests in `tests/mod.rs` loop over all kinds.

mod audit;
mod by;
mod error;
mod fit;
mod fold;
mod groups;
mod lists;
mod records;
mod search;
mod sizes;
mod stratify;
#[cfg(test)]
mod tests;
mod twins;

pub use audit::{Allowed, Audit, Finding, FindingKind, Severity, audit};
pub use by::By;
pub use error::{FileProblem, SplitError};
pub use fit::{Fit, FittedOn, SelectedOn};
pub use fold::{Fold, Partition, Row, TestRows, TrainRows, ValidationRows};
pub(crate) use sizes::thousands;
pub use sizes::{PartitionSize, Sizes};

use crate::corpus::Span;
use crate::kind::{Context, Kinds};
use crate::seed::Stream;
use std::collections::BTreeMap;

/// What a split needs to know of one clip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item<'a> {
    /// The clip's name, unique in the corpus.
    pub id: &'a str,
    /// Class index, from 0.
    pub label: usize,
    /// Who speaks.
    pub speaker: &'a str,
    /// What else the corpus knows of it: session, sentence, sex, ...
    pub columns: &'a BTreeMap<String, String>,
}

impl<'a> Item<'a> {
    /// A clip of which nothing else is known.
    pub fn new(id: &'a str, label: usize, speaker: &'a str) -> Self {
        static NONE: BTreeMap<String, String> = BTreeMap::new();
        Self { id, label, speaker, columns: &NONE }
    }

    /// What the clip has in a column, `id` and `speaker` among them; none where it has nothing there.
    pub fn column(&self, name: &str) -> Option<&'a str> {
        match name {
            "id" => Some(self.id),
            "speaker" => Some(self.speaker),
            _ => self.columns.get(name).map(String::as_str).filter(|value| !value.is_empty()),
        }
    }
}

/// What is known of the clips beyond the list of them; of what is not given, nothing is looked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known<'a> {
    /// A hash of each clip's decoded audio, as many as there are clips: what is the same sounds the same, whatever the file
    /// is called.
    pub sounds: Option<&'a [[u8; 32]]>,
    /// Whether inputs are scaled by the statistics of each speaker's own clips.
    pub scaled_by_speaker: bool,
    /// Whether these hashes are of arrays made elsewhere, as no audio is needed.
    pub of_arrays: bool,
    /// Which part of which recording each clip is, as many as there are clips; empty where all are whole files.
    pub spans: &'a [Span],
    /// The names of the classes, by index.
    pub labels: &'a [String],
    /// Ids of clips that the corpus has but that are not used here, sorted.
    pub passed_over: &'a [String],
}

impl Known<'_> {
    /// The label of a class in quotes; its number where no name is known.
    fn class(&self, class: usize) -> String {
        self.labels.get(class).map_or_else(|| class.to_string(), |label| format!("`{label}`"))
    }

    /// What is compared to find clips that are the same.
    fn compared(&self) -> &'static str {
        if self.of_arrays { "arrays" } else { "audio" }
    }

    fn assert_fits(&self, items: &[Item]) {
        assert!(self.sounds.is_none_or(|s| s.len() == items.len()), "one hash a clip");
        assert!(self.spans.is_empty() || self.spans.len() == items.len(), "one part a clip");
    }
}

crate::kinds! {
    /// How a corpus is divided into training, validation and test rows.
    pub enum Protocol("split protocol") as Divide {
        /// Whole speakers go to one partition each, near the wished sizes and label proportions: the default, and what a
        /// result on unknown voices needs.
        "speakers" => speakers::Speakers,
        /// Clips are drawn at random; every speaker is likely in all partitions, so results say how well *known* voices
        /// are read. Needs `audit.allow = ["shared-speakers"]`.
        "clips" => clips::Clips,
        /// Clips and their augmented copies are mixed first and drawn at random, so that a test row's twin is often in
        /// training: a mistake found in published work, kept to measure what it is worth. Needs `audit.allow = ["twins",
        /// "shared-speakers"]`.
        "rows" => rows::Rows,
        /// Cross-validation: every clip is tested once, in one of several folds of whole speakers (or of other groups, or of
        /// clips).
        "k-fold" => k_fold::KFold,
        /// One fold a speaker, who is tested alone.
        "leave-one-speaker-out" => leave_one_speaker_out::LeaveOneSpeakerOut,
        /// One fold a group of clips with the same session, sentence, ..., which is tested alone.
        "leave-one-group-out" => leave_one_group_out::LeaveOneGroupOut,
        /// The partitions are read from a CSV file with columns `clip` (or `id`), `partition` and, where there are several
        /// folds, `fold`.
        "file" => file::File,
    }
}

/// What every protocol does.
trait Divide {
    /// How many folds [`split`] returns for these clips.
    fn fold_count(&self, _items: &[Item]) -> Result<usize, SplitError> {
        Ok(1)
    }

    /// The numbers that its folds have elsewhere, in their order; as they are counted here where nothing else numbers them.
    fn fold_numbers(&self, items: &[Item]) -> Result<Vec<u32>, SplitError> {
        Ok((0..self.fold_count(items)? as u32).collect())
    }

    /// Divides the clips; the settings are without problems.
    fn split(&self, task: &Task, stream: &mut Stream) -> Result<Vec<Fold>, SplitError>;

    /// The leaks that come with it by its very design.
    fn leaks_by_design(&self) -> &'static [FindingKind] {
        &[]
    }

    /// Whether the settings alone say that there are no validation rows.
    fn never_validates(&self) -> bool {
        false
    }

    /// The columns by which clips are kept together, where a spec can say which.
    fn kept_by(&self) -> Option<&By> {
        None
    }

    /// Whether its settings alone say that no speaker is in two partitions.
    fn keeps_speakers_apart(&self) -> bool {
        self.kept_by().is_some_and(By::has_speaker)
    }
}

impl Protocol {
    /// How many folds [`split`] returns for these clips.
    ///
    /// # Errors
    /// A column that clips lack; a split file that cannot be read.
    pub fn fold_count(&self, items: &[Item]) -> Result<usize, SplitError> {
        self.kind().fold_count(items)
    }

    /// The numbers by which a split file calls its folds, in order; else 0, 1, ...
    ///
    /// # Errors
    /// As those of [`fold_count`](Self::fold_count).
    pub fn fold_numbers(&self, items: &[Item]) -> Result<Vec<u32>, SplitError> {
        self.kind().fold_numbers(items)
    }

    /// The leaks that come with the protocol by its very design. For `file`, and where groups are not those of speakers, the
    /// audit decides.
    pub fn leaks_by_design(&self) -> &'static [FindingKind] {
        self.kind().leaks_by_design()
    }

    /// The leaks that this protocol and `fit` have whatever the clips are, and that `allowed` does not name.
    pub fn refused_by_design(&self, fit: &Fit, allowed: &Allowed) -> Vec<FindingKind> {
        let all = self.leaks_by_design().iter().copied().chain(fit.leaks());
        all.filter(|leak| !allowed.allow.contains(leak)).collect()
    }

    /// Whether the settings alone say that there are no validation rows.
    pub fn never_validates(&self) -> bool {
        self.kind().never_validates()
    }

    /// The columns by which clips are kept together; none where each clip goes its own way.
    pub fn kept_by(&self) -> Option<&By> {
        self.kind().kept_by()
    }

    /// Whether the settings alone say that no speaker is in two partitions, so that each of them is whole speakers. Of `file`
    /// they do not.
    pub fn keeps_speakers_apart(&self) -> bool {
        self.kind().keeps_speakers_apart()
    }
}

/// What every protocol works on.
struct Task<'a> {
    items: &'a [Item<'a>],
    known: Known<'a>,
    copies: u32,
    classes: usize,
}

impl Task<'_> {
    /// The honest fold: clip i goes where `partition_of[i]` says (`None`: left out), copies only to training rows.
    fn fold(&self, number: Option<u32>, partition_of: &[Option<Partition>]) -> Result<Fold, SplitError> {
        self.checked(self.unchecked(number, partition_of))
    }

    fn unchecked(&self, number: Option<u32>, partition_of: &[Option<Partition>]) -> Fold {
        let (mut train, mut validation, mut test, mut left_out) = (Vec::new(), Vec::new(), Vec::new(), 0);
        for (clip, partition) in partition_of.iter().enumerate() {
            match partition {
                Some(Partition::Train) => train.extend((0..=self.copies).map(|copy| Row { clip, copy })),
                Some(Partition::Validation) => validation.push(Row { clip, copy: 0 }),
                Some(Partition::Test) => test.push(Row { clip, copy: 0 }),
                None => left_out += 1,
            }
        }
        Fold::new(number, train, validation, test, left_out)
    }

    /// Refuses a fold that nothing can be learned from or asked of.
    fn checked(&self, fold: Fold) -> Result<Fold, SplitError> {
        let place = fold.number.map_or_else(String::new, |n| format!("fold {n}: "));
        for partition in [Partition::Train, Partition::Test] {
            if fold.partition(partition).is_empty() {
                let (clips, passed_over) = (self.items.len(), fold.passed_over);
                return Err(SplitError::EmptyPartition { place, partition, clips, passed_over });
            }
        }
        let mut trained = vec![false; self.classes];
        fold.train.rows().iter().for_each(|r| trained[self.items[r.clip].label] = true);
        for partition in [Partition::Test, Partition::Validation] {
            let untrained = |r: &&Row| !trained[self.items[r.clip].label];
            if let Some(row) = fold.partition(partition).iter().find(untrained) {
                let item = &self.items[row.clip];
                let clips = self.items.iter().filter(|i| i.label == item.label).count();
                let (label, example) = (self.known.class(item.label), item.id.to_owned());
                return Err(SplitError::ClassNotInTrain { place, label, clips, partition, example });
            }
        }
        Ok(fold)
    }
}

/// Divides `items`, one a clip, by `protocol`; `copies` is the number of offline augmented copies of each training clip.
///
/// The sounds that are known let the protocols that draw clips one by one keep clips of the same audio in one partition: they
/// are exchanged against others of the same label, sizes stay what they are. Without them the sizes are the same. The result depends on nothing but the arguments; rows are in order of clip, then copy.
///
/// # Errors
/// See [`SplitError`]: settings out of range, too few speakers or clips, a class that training would not see, a file that
/// does not fit the corpus, a column that clips lack.
///
/// # Panics
/// Where sounds or parts are known, but not as many as there are `items`.
pub fn split(
    items: &[Item],
    known: Known,
    copies: u32,
    protocol: &Protocol,
    stream: &mut Stream,
) -> Result<Vec<Fold>, SplitError> {
    known.assert_fits(items);
    let problems = protocol.inside(&Context::default());
    if !problems.is_empty() {
        return Err(SplitError::Settings { protocol: protocol.name(), problems });
    }
    let Some(classes) = items.iter().map(|i| i.label + 1).max() else {
        return Err(SplitError::NoClips);
    };
    let task = Task { items, known, copies, classes };
    protocol.kind().split(&task, stream)
}
