//! One division of a corpus: three lists of rows, each of a type of its own.

use super::Item;
use serde::{Deserialize, Serialize};
use std::fmt;

/// One row a network may be fed: a clip, or one of its augmented copies.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Row {
    /// Index into the list of clips that was split.
    pub clip: usize,
    /// 0 for the clip itself, 1 and up for its augmented copies.
    pub copy: u32,
}

/// The part a row plays.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Partition {
    /// Weights and scalers are fitted on it.
    Train,
    /// The best epoch is chosen on it.
    Validation,
    /// Asked once, at the end.
    Test,
}

impl Partition {
    /// All three, in order.
    pub const ALL: [Self; 3] = [Self::Train, Self::Validation, Self::Test];

    /// The name in files and messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::Test => "test",
        }
    }

    /// Reads a name; also the usual others: `training`, `val`, `valid`, `dev`, `development`, `eval`, `evaluation`,
    /// `testing`, in any case.
    pub fn of_name(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "train" | "training" => Some(Self::Train),
            "validation" | "val" | "valid" | "dev" | "development" => Some(Self::Validation),
            "test" | "testing" | "eval" | "evaluation" => Some(Self::Test),
            _ => None,
        }
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

macro_rules! partition_rows {
    ($($(#[doc = $doc:literal])* $name:ident),+) => {$(
        $(#[doc = $doc])*
        #[derive(Clone, PartialEq, Eq, Debug, Default)]
        pub struct $name(Vec<Row>);

        impl $name {
            /// The rows, in order of clip, then copy.
            pub fn rows(&self) -> &[Row] {
                &self.0
            }

            /// How many rows there are, copies included.
            pub fn len(&self) -> usize {
                self.0.len()
            }

            /// Whether there is no row.
            pub fn is_empty(&self) -> bool {
                self.0.is_empty()
            }
        }
    )+};
}

partition_rows! {
    /// Rows to fit on. A type of its own, so that a scaler cannot be fitted on anything else.
    TrainRows,
    /// Rows to choose the best epoch on. A type of its own, so that no model can be selected on the test rows.
    ValidationRows,
    /// Rows to report on, and for nothing else.
    TestRows
}

/// One division of a corpus.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fold {
    /// The fold's number where the protocol has several: from 0, or as its file says.
    pub number: Option<u32>,
    /// Rows to fit on.
    pub train: TrainRows,
    /// Rows to choose the best epoch on; empty where the protocol was given a validation share of 0.
    pub validation: ValidationRows,
    /// Rows to report on.
    pub test: TestRows,
    /// Clips that are in no partition (a `file` need not mention every clip).
    pub left_out: usize,
    /// Clips that a `file` names and the corpus has, but the selection of clips leaves out.
    pub passed_over: usize,
}

impl Fold {
    /// A fold of the given rows, which are put in order.
    pub fn new(
        number: Option<u32>,
        mut train: Vec<Row>,
        mut validation: Vec<Row>,
        mut test: Vec<Row>,
        left_out: usize,
    ) -> Self {
        [&mut train, &mut validation, &mut test].into_iter().for_each(|rows| rows.sort_unstable());
        let (train, validation, test) = (TrainRows(train), ValidationRows(validation), TestRows(test));
        Self { number, train, validation, test, left_out, passed_over: 0 }
    }

    /// The rows of one partition, for counting and writing; what fits or selects takes the typed lists.
    pub fn partition(&self, partition: Partition) -> &[Row] {
        match partition {
            Partition::Train => self.train.rows(),
            Partition::Validation => self.validation.rows(),
            Partition::Test => self.test.rows(),
        }
    }

    /// Every row with its partition: train, validation, test.
    pub fn iter(&self) -> impl Iterator<Item = (Partition, Row)> + '_ {
        Partition::ALL.into_iter().flat_map(|p| self.partition(p).iter().map(move |r| (p, *r)))
    }

    /// BLAKE3 (hex) of which clip and copy is where: equal for equal divisions, whatever made them and whatever the order
    /// of the clips.
    pub fn fingerprint(&self, items: &[Item]) -> String {
        let mut lines: Vec<(&str, u32, &str)> =
            self.iter().map(|(p, r)| (items[r.clip].id, r.copy, p.name())).collect();
        lines.sort_unstable();
        let mut hasher = blake3::Hasher::new();
        for (id, copy, partition) in lines {
            hasher.update(&(id.len() as u64).to_le_bytes());
            hasher.update(id.as_bytes());
            hasher.update(&copy.to_le_bytes());
            hasher.update(partition.as_bytes());
        }
        hasher.finalize().to_hex().to_string()
    }
}
