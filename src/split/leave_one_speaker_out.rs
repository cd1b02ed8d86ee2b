//! `leave-one-speaker-out`: as many folds as speakers.

use super::{By, Divide, Fold, Item, LeaveOneGroupOut, SplitError, Task};
use crate::seed::Stream;

crate::settings! {
    /// Every speaker is tested alone, once; fold i tests the i-th speaker in order of name, from 0.
    pub struct LeaveOneSpeakerOut {
        /// Share of the other speakers' clips (whole speakers) set aside for choosing the best epoch; 0 for none.
        pub validation: f64 = 0.1, in 0.0..=0.9;
    }
    check: ranges;
}

impl Divide for LeaveOneSpeakerOut {
    fn fold_count(&self, items: &[Item]) -> Result<usize, SplitError> {
        Ok(By::default().groups(items)?.names.len())
    }

    fn split(&self, task: &Task, stream: &mut Stream) -> Result<Vec<Fold>, SplitError> {
        LeaveOneGroupOut { validation: self.validation, by: By::default() }.split(task, stream)
    }

    fn keeps_speakers_apart(&self) -> bool {
        true
    }

    fn never_validates(&self) -> bool {
        self.validation == 0.0
    }
}
