//! `rows`: the mistake of augmenting before the split, reproduced on purpose.

use super::stratify::{check_shares, draw, sizes};
use super::{Divide, FindingKind, Fold, Row, SplitError, Task};
use crate::kind::{Context, Problem};
use crate::seed::Stream;

crate::settings! {
    /// Clips and their augmented copies in one table, rows drawn at random in the label proportions: a test row's twin is
    /// often in training. With one copy and a training share of 0.665 that holds for two test rows in three.
    pub struct Rows {
        /// Share of all rows that is tested.
        pub test: f64 = 0.2, in crate::kind::above_to(0.0, 0.95);
        /// Share of all rows (not of what test leaves) for choosing the best epoch; 0 for none.
        pub validation: f64 = 0.1, in 0.0..=0.95;
    }
    check: Rows::check;
}

impl Rows {
    fn check(&self, _: &Context) -> Vec<Problem> {
        check_shares(self.test, self.validation)
    }
}

impl Divide for Rows {
    fn split(&self, task: &Task, stream: &mut Stream) -> Result<Vec<Fold>, SplitError> {
        let clips = 0..task.items.len();
        let rows: Vec<Row> = clips.flat_map(|clip| (0..=task.copies).map(move |copy| Row { clip, copy })).collect();
        let sizes = sizes(self.test, self.validation, rows.len())?;
        let labels: Vec<usize> = rows.iter().map(|r| task.items[r.clip].label).collect();
        let group = draw(&labels, &sizes, stream);
        // Group 0 is what the draw left, 1 its first size, 2 its second.
        let of = |wanted| rows.iter().zip(&group).filter(|(_, g)| **g == wanted).map(|(r, _)| *r).collect();
        Ok(vec![task.checked(Fold::new(None, of(0), of(2), of(1), 0))?])
    }

    fn leaks_by_design(&self) -> &'static [FindingKind] {
        &[FindingKind::Twins, FindingKind::SharedSpeakers]
    }

    fn never_validates(&self) -> bool {
        self.validation == 0.0
    }
}
