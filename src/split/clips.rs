//! `clips`: clips drawn at random, whoever speaks.

use super::stratify::{check_shares, draw, sizes};
use super::{Divide, FindingKind, Fold, Partition, SplitError, Task, twins};
use crate::kind::{Context, Problem};
use crate::seed::Stream;

crate::settings! {
    /// Clips drawn at random. Sizes are exact: `ceil(share * n)` for test and for validation, the rest trains.
    pub struct Clips {
        /// Share of all clips that is tested.
        pub test: f64 = 0.2, in crate::kind::above_to(0.0, 0.95);
        /// Share of all clips (not of what test leaves) for choosing the best epoch; 0 for none.
        pub validation: f64 = 0.1, in 0.0..=0.95;
        /// Whether each partition keeps the label proportions of the corpus.
        pub stratify: bool = true;
    }
    check: Clips::check;
}

impl Clips {
    fn check(&self, _: &Context) -> Vec<Problem> {
        check_shares(self.test, self.validation)
    }
}

impl Divide for Clips {
    fn split(&self, task: &Task, stream: &mut Stream) -> Result<Vec<Fold>, SplitError> {
        let clips: Vec<usize> = (0..task.items.len()).collect();
        let sizes = sizes(self.test, self.validation, clips.len())?;
        let strata: Vec<usize> = task.items.iter().map(|i| if self.stratify { i.label } else { 0 }).collect();
        let mut group = draw(&strata, &sizes, stream);
        twins::reunite(&mut group, &clips, &strata, task.known.sounds);
        let named = |g: &usize| Some([Partition::Train, Partition::Test, Partition::Validation][*g]);
        let of_clip: Vec<Option<Partition>> = group.iter().map(named).collect();
        Ok(vec![task.fold(None, &of_clip)?])
    }

    fn leaks_by_design(&self) -> &'static [FindingKind] {
        &[FindingKind::SharedSpeakers]
    }

    fn never_validates(&self) -> bool {
        self.validation == 0.0
    }
}
