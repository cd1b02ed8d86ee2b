//! Who is learned from and who is asked: from a list of clips to disjoint training, validation and test rows.
//!
//! A [`Protocol`] says how a corpus is divided, [`split`] divides it into one or more [`Fold`]s, [`audit`] looks for what
//! would flatter the result (shared speakers, identical audio, copies apart from their source), and [`Sizes`] counts
//! what came out. The honest protocols keep speakers apart; those that do not are refused unless the spec allows it by name
//! ([`Allowed`]), and every result then says so. [`Fit`] says which rows are looked at beyond those a network learns from.
//!
//! Sizes follow scikit-learn's `train_test_split`: a share of n is `ceil(share * n)`; all shares are of the whole corpus
//! unless a setting says otherwise. Augmented copies (numbers 1 and up) belong to training rows only, except in `rows`,
//! which exists to show what happens otherwise.
//!
//! To add one: write `src/split/<kind>.rs` with its `settings!` table and its `split` method (start from `clips.rs`), then
//! name it in the `mod` list, the `kinds!` list and the `match`es of `Protocol` in this file. If it shares something
//! between partitions on purpose, say so in `leaks_by_design`. The tests in `tests/mod.rs` loop over all kinds.

mod audit;
mod clips;
mod error;
mod file;
mod fit;
mod fold;
mod groups;
mod k_fold;
mod leave_one_speaker_out;
mod rows;
mod search;
mod sizes;
mod speakers;
mod stratify;
#[cfg(test)]
mod tests;
mod twins;

pub use audit::{Allowed, Audit, Finding, FindingKind, Known, Severity, audit};
pub use clips::Clips;
pub use error::{FileProblem, SplitError};
pub use file::File;
pub use fit::{Fit, FittedOn, SelectedOn};
pub use fold::{Fold, Partition, Row, TestRows, TrainRows, ValidationRows};
pub use k_fold::{GroupBy, KFold};
pub use leave_one_speaker_out::LeaveOneSpeakerOut;
pub use rows::Rows;
pub use sizes::{PartitionSize, Sizes};
pub use speakers::Speakers;

use crate::kind::{Context, Kinds};
use crate::seed::Stream;
use std::collections::BTreeSet;

/// What a split needs to know of one clip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item<'a> {
    /// The clip's name, unique in the corpus.
    pub id: &'a str,
    /// Class index, from 0.
    pub label: usize,
    /// Who speaks.
    pub speaker: &'a str,
}

crate::kinds! {
    /// How a corpus is divided into training, validation and test rows.
    pub enum Protocol("split protocol") {
        /// Whole speakers go to one partition each, near the wished sizes and label proportions: the default, and what a
        /// result on unknown voices needs.
        "speakers" => Speakers(Speakers),
        /// Clips are drawn at random; every speaker is likely in all partitions, so results say how well *known* voices
        /// are read. Needs `audit.allow = ["shared-speakers"]`.
        "clips" => Clips(Clips),
        /// Clips and their augmented copies are mixed first and drawn at random, so that a test row's twin is often in
        /// training: a mistake found in published work, kept to measure what it is worth. Needs `audit.allow = ["twins",
        /// "shared-speakers"]`.
        "rows" => Rows(Rows),
        /// Cross-validation: every clip is tested once, in one of several folds of whole speakers (or of clips).
        "k-fold" => KFold(KFold),
        /// One fold a speaker, who is tested alone.
        "leave-one-speaker-out" => LeaveOneSpeakerOut(LeaveOneSpeakerOut),
        /// The partitions are read from a CSV file with columns `clip` (or `id`), `partition` and, where there are several
        /// folds, `fold`.
        "file" => File(File),
    }
}

impl Protocol {
    /// How many folds [`split`] returns for these clips.
    ///
    /// # Errors
    /// Only `file` can fail here: its CSV cannot be read.
    pub fn fold_count(&self, items: &[Item]) -> Result<usize, SplitError> {
        match self {
            Self::Speakers(_) | Self::Clips(_) | Self::Rows(_) => Ok(1),
            Self::KFold(k) => Ok(k.folds),
            Self::LeaveOneSpeakerOut(_) => Ok(items.iter().map(|i| i.speaker).collect::<BTreeSet<_>>().len()),
            Self::File(f) => f.fold_count(),
        }
    }

    /// The leaks that come with the protocol by its very design. For `file` the audit decides.
    pub fn leaks_by_design(&self) -> &'static [FindingKind] {
        match self {
            Self::Clips(_) => &[FindingKind::SharedSpeakers],
            Self::KFold(k) if k.by == GroupBy::Clips => &[FindingKind::SharedSpeakers],
            Self::Rows(_) => &[FindingKind::Twins, FindingKind::SharedSpeakers],
            Self::Speakers(_) | Self::KFold(_) | Self::LeaveOneSpeakerOut(_) | Self::File(_) => &[],
        }
    }
}

/// What every protocol works on.
struct Task<'a> {
    items: &'a [Item<'a>],
    /// Hash of the audio of each clip, where known.
    sounds: Option<&'a [[u8; 32]]>,
    copies: u32,
    classes: usize,
}

impl Task<'_> {
    /// The honest fold: clip i goes where `partition_of[i]` says (`None`: left out), copies only to training rows.
    fn fold(&self, number: Option<u32>, partition_of: &[Option<Partition>]) -> Result<Fold, SplitError> {
        let (mut train, mut validation, mut test, mut left_out) = (Vec::new(), Vec::new(), Vec::new(), 0);
        for (clip, partition) in partition_of.iter().enumerate() {
            match partition {
                Some(Partition::Train) => train.extend((0..=self.copies).map(|copy| Row { clip, copy })),
                Some(Partition::Validation) => validation.push(Row { clip, copy: 0 }),
                Some(Partition::Test) => test.push(Row { clip, copy: 0 }),
                None => left_out += 1,
            }
        }
        self.checked(Fold::new(number, train, validation, test, left_out))
    }

    /// Refuses a fold that nothing can be learned from or asked of.
    fn checked(&self, fold: Fold) -> Result<Fold, SplitError> {
        let place = fold.number.map_or_else(String::new, |n| format!("fold {n}: "));
        for partition in [Partition::Train, Partition::Test] {
            if fold.partition(partition).is_empty() {
                return Err(SplitError::EmptyPartition { place, partition, clips: self.items.len() });
            }
        }
        let mut trained = vec![false; self.classes];
        fold.train.rows().iter().for_each(|r| trained[self.items[r.clip].label] = true);
        for partition in [Partition::Test, Partition::Validation] {
            let untrained = |r: &&Row| !trained[self.items[r.clip].label];
            if let Some(row) = fold.partition(partition).iter().find(untrained) {
                let item = &self.items[row.clip];
                let clips = self.items.iter().filter(|i| i.label == item.label).count();
                let example = item.id.to_owned();
                return Err(SplitError::ClassNotInTrain { place, label: item.label, clips, partition, example });
            }
        }
        Ok(fold)
    }
}

/// Divides `items`, one a clip, by `protocol`; `copies` is the number of offline augmented copies of each training clip.
///
/// `sounds` (hash of the decoded audio of each clip) lets the protocols that draw clips one by one keep clips of the same
/// audio in one partition: they are exchanged against others of the same label, sizes stay what they are. Without it the
/// sizes are the same. The result depends on nothing but the arguments; rows are in order of clip, then copy.
///
/// # Errors
/// See [`SplitError`]: settings out of range, too few speakers or clips, a class that training would not see, a file that
/// does not fit the corpus.
///
/// # Panics
/// Where `sounds` is given and is not as long as `items`.
pub fn split(
    items: &[Item],
    sounds: Option<&[[u8; 32]]>,
    copies: u32,
    protocol: &Protocol,
    stream: &mut Stream,
) -> Result<Vec<Fold>, SplitError> {
    assert!(sounds.is_none_or(|s| s.len() == items.len()), "one hash a clip");
    let problems = protocol.inside(&Context::default());
    if !problems.is_empty() {
        return Err(SplitError::Settings { protocol: protocol.name(), problems });
    }
    let Some(classes) = items.iter().map(|i| i.label + 1).max() else {
        return Err(SplitError::NoClips);
    };
    let task = Task { items, sounds, copies, classes };
    match protocol {
        Protocol::Speakers(p) => p.split(&task, stream),
        Protocol::Clips(p) => p.split(&task, stream),
        Protocol::Rows(p) => p.split(&task, stream),
        Protocol::KFold(p) => p.split(&task, stream),
        Protocol::LeaveOneSpeakerOut(p) => p.split(&task, stream),
        Protocol::File(p) => p.split(&task, stream),
    }
}
