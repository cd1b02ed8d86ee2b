//! `leave-one-speaker-out`: as many folds as speakers.

use super::k_fold::hold_out;
use super::search::Voices;
use super::{Fold, SplitError, Task};
use crate::seed::Stream;

crate::settings! {
    /// Every speaker is tested alone, once; fold i tests the i-th speaker in order of name, from 0.
    pub struct LeaveOneSpeakerOut {
        /// Share of the other speakers' clips (whole speakers) set aside for choosing the best epoch; 0 for none.
        pub validation: f64 = 0.1, in 0.0..=0.9;
    }
    check: ranges;
}

impl LeaveOneSpeakerOut {
    pub(super) fn split(&self, task: &Task, stream: &mut Stream) -> Result<Vec<Fold>, SplitError> {
        let voices = Voices::of(task.items, task.classes);
        let speakers = voices.names.len();
        if speakers < 2 {
            return Err(SplitError::TooFewSpeakers {
                place: String::new(),
                have: speakers,
                need: 2,
                purpose: "training on other speakers than the tested one".to_owned(),
                way_out: "use `split.clips` (known voices, stamped on every result)".to_owned(),
            });
        }
        (0..speakers).map(|s| hold_out(task, &voices, s, &[s], self.validation, stream)).collect()
    }
}
