//! How large the partitions of a fold are: for `plan`, for tables and for the record.

use super::{Fold, Item, Partition};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// The size of one partition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartitionSize {
    /// Clips as recorded.
    pub originals: usize,
    /// Augmented copies.
    pub copies: usize,
    /// Speakers.
    pub speakers: usize,
    /// Clips of each label, copies not counted, by class index.
    pub labels: Vec<usize>,
}

impl PartitionSize {
    /// Rows: originals and copies.
    pub const fn rows(&self) -> usize {
        self.originals + self.copies
    }
}

/// The sizes of a fold; shown as `4,948 (+4,948) / 261 / 2,233` (train / validation / test, copies of training clips in
/// brackets), or, where other partitions have copies, as `9,897 / 521 / 4,466, of them copies 4,930 / 252 / 2,260`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sizes {
    /// Training rows.
    pub train: PartitionSize,
    /// Validation rows.
    pub validation: PartitionSize,
    /// Test rows.
    pub test: PartitionSize,
    /// Clips in no partition.
    pub left_out: usize,
    /// Clips that a split file names and the selection of clips leaves out.
    pub passed_over: usize,
}

impl Sizes {
    /// Counts a fold of these clips.
    pub fn of(items: &[Item], fold: &Fold) -> Self {
        let classes = items.iter().map(|i| i.label + 1).max().unwrap_or(0);
        let count = |partition| {
            let rows = fold.partition(partition);
            let originals = rows.iter().filter(|r| r.copy == 0);
            let mut labels = vec![0; classes];
            originals.clone().for_each(|r| labels[items[r.clip].label] += 1);
            let originals = originals.count();
            let speakers = rows.iter().map(|r| items[r.clip].speaker).collect::<BTreeSet<_>>().len();
            PartitionSize { originals, copies: rows.len() - originals, speakers, labels }
        };
        Self {
            train: count(Partition::Train),
            validation: count(Partition::Validation),
            test: count(Partition::Test),
            left_out: fold.left_out,
            passed_over: fold.passed_over,
        }
    }

    /// The speakers of the three partitions, as `64 / 9 / 18`.
    pub fn speakers(&self) -> String {
        [&self.train, &self.validation, &self.test].map(|p| thousands(p.speakers)).join(" / ")
    }
}

impl fmt::Display for Sizes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let partitions = [&self.train, &self.validation, &self.test];
        let of = |count: fn(&PartitionSize) -> usize| partitions.map(|p| thousands(count(p)));
        let [train, validation, test] = of(|p| p.originals);
        let mixed = self.validation.copies + self.test.copies > 0;
        f.pad(&match self.train.copies {
            _ if mixed => {
                format!("{}, of them copies {}", of(PartitionSize::rows).join(" / "), of(|p| p.copies).join(" / "))
            }
            0 => format!("{train} / {validation} / {test}"),
            copies => format!("{train} (+{}) / {validation} / {test}", thousands(copies)),
        })
    }
}

/// `4948` as `4,948`.
pub(crate) fn thousands(n: usize) -> String {
    let digits = n.to_string();
    let mut shown = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::split::Row;

    #[test]
    fn thousands_have_commas() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(thousands), ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn sizes_count_originals_copies_speakers_and_labels() {
        let item = Item::new;
        let items = [item("a", 0, "x"), item("b", 1, "x"), item("c", 1, "y"), item("d", 0, "z")];
        let row = |clip, copy| Row { clip, copy };
        let fold = Fold::new(None, vec![row(0, 0), row(0, 1), row(1, 0), row(1, 1)], vec![], vec![row(2, 0)], 1);
        let sizes = Sizes::of(&items, &fold);
        assert_eq!(sizes.to_string(), "2 (+2) / 0 / 1");
        assert_eq!(sizes.speakers(), "1 / 0 / 1");
        let mixed = Fold::new(None, vec![row(0, 0), row(1, 1)], vec![], vec![row(2, 0), row(2, 1), row(1, 0)], 1);
        assert_eq!(Sizes::of(&items, &mixed).to_string(), "2 / 0 / 3, of them copies 1 / 0 / 1");
        assert_eq!((sizes.train.labels.as_slice(), sizes.train.rows(), sizes.left_out), ([1, 1].as_slice(), 4, 1));
    }
}
