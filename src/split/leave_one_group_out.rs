//! `leave-one-group-out`: as many folds as there are speakers, sessions, or whatever is kept together.

use super::k_fold::hold_out;
use super::search::Units;
use super::{By, Divide, Fold, Item, SplitError, Task};
use crate::kind::{Context, Problem};
use crate::seed::Stream;

crate::settings! {
    /// Every group is tested alone, once; fold i tests the i-th group in order of name, from 0.
    pub struct LeaveOneGroupOut {
        /// Share of the other groups' clips (whole groups) set aside for choosing the best epoch; 0 for none.
        pub validation: f64 = 0.1, in 0.0..=0.9;
        /// What a group is: a column of the corpus ("session", "sentence", ...), or a list of columns; clips that share a
        /// value in any of them are in the same group. Speakers that groups share are refused unless `audit.allow` names them.
        pub by: By = By::default();
    }
    check: LeaveOneGroupOut::check;
}

impl LeaveOneGroupOut {
    fn check(&self, _: &Context) -> Vec<Problem> {
        self.by.check().into_iter().collect()
    }
}

impl Divide for LeaveOneGroupOut {
    fn fold_count(&self, items: &[Item]) -> Result<usize, SplitError> {
        Ok(self.by.groups(items)?.names.len())
    }

    fn split(&self, task: &Task, stream: &mut Stream) -> Result<Vec<Fold>, SplitError> {
        let units = Units::of(task, &self.by)?;
        let groups = units.names.len();
        if groups < 2 {
            return Err(SplitError::TooFewGroups {
                have: self.by.counted(groups),
                need: 2,
                purpose: format!("training on other {} than the tested one", self.by.things()),
                way_out: "use `split.clips` (known voices, stamped on every result)".to_owned(),
            });
        }
        (0..groups).map(|group| hold_out(task, &units, group, &[group], self.validation, stream)).collect()
    }

    fn kept_by(&self) -> Option<&By> {
        Some(&self.by)
    }

    fn never_validates(&self) -> bool {
        self.validation == 0.0
    }
}
