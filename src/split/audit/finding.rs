//! What an audit can find, and how it is told.

use crate::split::Partition;
use serde::{Deserialize, Serialize};

crate::choices! {
    /// What the audit looks for.
    pub enum FindingKind {
        /// The same clip (by id) is in two partitions.
        "shared-clips" => SharedClips,
        /// A clip and its augmented copy, or two copies of one clip, are in two partitions.
        "twins" => Twins,
        /// Different clips with the same audio, or that overlap in one file, are in two partitions.
        "shared-audio" => SharedAudio,
        /// A speaker is in two partitions.
        "shared-speakers" => SharedSpeakers,
        /// Scaler, length or class weights know the test rows.
        "fitted-on-test" => FittedOnTest,
        /// The best epoch was picked on the test rows.
        "selected-on-test" => SelectedOnTest,
        /// Augmented copies are asked for, as if they were recordings.
        "evaluated-copies" => EvaluatedCopies,
        /// Clips with the same audio have different labels: at least one label is wrong.
        "conflicting-labels" => ConflictingLabels,
        /// The same sentence is spoken in two partitions.
        "shared-sentences" => SharedSentences,
        /// A class that the corpus has is absent from the test rows.
        "untested-classes" => UntestedClasses,
        /// Speakers in two partitions have names that differ in their writing alone: they may be one.
        "lookalike-speakers" => LookalikeSpeakers,
        /// Labels differ in their writing alone: they may be one.
        "lookalike-labels" => LookalikeLabels,
        /// Other parts of one recording are in two partitions, of different speakers.
        "shared-recordings" => SharedRecordings,
        /// Inputs are scaled by statistics of each speaker's own clips: of a tested speaker all of them must be at hand.
        "transductive" => Transductive,
    }
}

impl FindingKind {
    /// Those that flatter a result, by the names that `audit.allow` takes.
    pub const LEAKS: [(&'static str, Self); 6] = [
        ("shared-clips", Self::SharedClips),
        ("twins", Self::Twins),
        ("shared-audio", Self::SharedAudio),
        ("shared-speakers", Self::SharedSpeakers),
        ("fitted-on-test", Self::FittedOnTest),
        ("selected-on-test", Self::SelectedOnTest),
    ];

    /// A word or two for tables.
    pub const fn short(self) -> &'static str {
        match self {
            Self::SharedClips => "clips shared",
            Self::Twins => "twins",
            Self::SharedAudio => "identical audio",
            Self::SharedSpeakers => "speakers shared",
            Self::FittedOnTest => "fitted on test",
            Self::SelectedOnTest => "epoch picked on test",
            Self::EvaluatedCopies => "copies tested",
            Self::ConflictingLabels => "conflicting labels",
            Self::SharedSentences => "sentences shared",
            Self::UntestedClasses => "classes untested",
            Self::LookalikeSpeakers => "speakers look alike",
            Self::LookalikeLabels => "labels look alike",
            Self::SharedRecordings => "recordings shared",
            Self::Transductive => "transductive",
        }
    }

    /// How bad it is.
    pub fn severity(self) -> Severity {
        match self {
            Self::UntestedClasses | Self::LookalikeSpeakers | Self::LookalikeLabels | Self::Transductive => {
                Severity::Warning
            }
            _ if self.leak_name().is_some() => Severity::Leak,
            _ => Severity::Notice,
        }
    }

    /// The name that `audit.allow` takes; none of what is no leak.
    pub fn leak_name(self) -> Option<&'static str> {
        Self::LEAKS.iter().find(|(_, leak)| *leak == self).map(|(name, _)| *name)
    }
}

crate::choices! {
    /// How bad it is.
    pub enum Severity {
        /// It flatters the result: refused unless the spec allows it by name, and stamped on every result where it does.
        "leak" => Leak,
        /// It may change what a figure means: said of every result.
        "warning" => Warning,
        /// Worth knowing, reported.
        "notice" => Notice,
    }
}

/// One thing the audit found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What it is.
    pub kind: FindingKind,
    /// How bad it is.
    pub severity: Severity,
    /// The partition learned from and the one that is asked, where it is about two.
    pub between: Option<[Partition; 2]>,
    /// How many (speakers, clips, rows, ... as the sentence says).
    pub count: usize,
    /// Of how many in the asked partition, or in all.
    pub of: usize,
    /// Up to five examples.
    pub examples: Vec<String>,
    /// The finding in words.
    pub sentence: String,
}

/// Examples that a finding names at most.
const EXAMPLES: usize = 5;

impl Finding {
    /// A finding, where there is something to find; of the examples the first five are kept.
    pub(super) fn new(
        kind: FindingKind,
        between: Option<[Partition; 2]>,
        [count, of]: [usize; 2],
        examples: impl IntoIterator<Item = String>,
        sentence: impl Into<String>,
    ) -> Option<Self> {
        (count > 0).then(|| Self {
            kind,
            severity: kind.severity(),
            between,
            count,
            of,
            examples: examples.into_iter().take(EXAMPLES).collect(),
            sentence: sentence.into(),
        })
    }
}
