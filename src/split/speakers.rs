//! `speakers`: whole speakers, or whole groups by other columns, go to one partition each.

use super::lists::{List, look_up, named_twice};
use super::search::Units;
use super::stratify::{check_shares, share};
use super::{By, Divide, Fold, Partition, SplitError, Task};
use crate::kind::{Context, Problem};
use crate::seed::Stream;

crate::settings! {
    /// Whole speakers a partition, near the wished sizes and label proportions. Lists of speakers fix what they name.
    pub struct Speakers {
        /// Share of all clips that should be tested; the nearest that whole speakers allow.
        pub test: f64 = 0.2, in crate::kind::above_to(0.0, 0.95);
        /// Share of all clips for choosing the best epoch; 0 for none.
        pub validation: f64 = 0.1, in 0.0..=0.95;
        /// What is kept together: a column of the corpus ("speaker", "session", ...), or a list of columns; clips that share
        /// a value in any of them are in one partition. Speakers that partitions share are refused unless `audit.allow`
        /// names them.
        pub by: By = By::default();
        /// Exactly these speakers (values of the first column of `by`) are tested, whatever `test` says; empty: they are
        /// drawn.
        pub test_speakers: Vec<String> = Vec::new();
        /// Exactly these speakers (values of the first column of `by`) validate, whatever `validation` says; empty: they are
        /// drawn.
        pub validation_speakers: Vec<String> = Vec::new();
    }
    check: Speakers::check;
}

impl Speakers {
    /// Shares that leave nothing, and speakers named twice.
    fn check(&self, _: &Context) -> Vec<Problem> {
        let drawn = |share: f64, fixed: &[String]| if fixed.is_empty() { share } else { 0.0 };
        let mut problems =
            check_shares(drawn(self.test, &self.test_speakers), drawn(self.validation, &self.validation_speakers));
        problems.extend(self.by.check());
        problems.extend(named_twice(&self.lists()));
        problems
    }

    fn lists(&self) -> [List<'_>; 2] {
        [("test_speakers", &self.test_speakers), ("validation_speakers", &self.validation_speakers)]
    }

    fn too_few(&self, have: usize, need: usize) -> SplitError {
        let validates = self.validation > 0.0 || !self.validation_speakers.is_empty();
        let (partitions, way_out) = if validates {
            let no_validation =
                "set `validation = 0` and `train.early_stopping = \"none\"`, name fewer fixed speakers, or";
            ("train, validation and test", no_validation)
        } else {
            ("train and test", "name fewer fixed speakers, or")
        };
        SplitError::TooFewGroups {
            have: self.by.counted(have),
            need,
            purpose: format!("{partitions} with {} of their own", self.by.things()),
            way_out: format!("{way_out} use `split.clips` (known voices, stamped on every result)"),
        }
    }
}

impl Divide for Speakers {
    fn split(&self, task: &Task, stream: &mut Stream) -> Result<Vec<Fold>, SplitError> {
        let units = Units::of(task, &self.by)?;
        let fixed = look_up(&units, "speakers", &self.lists())?;
        let mut of_group = vec![Some(Partition::Train); units.names.len()];
        fixed[0].iter().for_each(|&group| of_group[group] = Some(Partition::Test));
        fixed[1].iter().for_each(|&group| of_group[group] = Some(Partition::Validation));
        let free: Vec<usize> = (0..of_group.len()).filter(|&group| of_group[group] == Some(Partition::Train)).collect();

        let n = task.items.len();
        let mut wished = Vec::new();
        if fixed[0].is_empty() {
            wished.push((Partition::Test, share(self.test, n)));
        }
        if fixed[1].is_empty() && self.validation > 0.0 {
            wished.push((Partition::Validation, share(self.validation, n)));
        }
        if free.len() <= wished.len() {
            return Err(self.too_few(units.names.len(), units.names.len() - free.len() + wished.len() + 1));
        }
        let targets: Vec<usize> = wished.iter().map(|(_, clips)| *clips).collect();
        let sets = units.choose(&free, &targets, stream);
        for ((partition, _), set) in wished.iter().zip(&sets) {
            set.iter().for_each(|&group| of_group[group] = Some(*partition));
        }
        Ok(vec![task.fold(None, &units.spread(&of_group))?])
    }

    fn kept_by(&self) -> Option<&By> {
        Some(&self.by)
    }

    fn never_validates(&self) -> bool {
        self.validation == 0.0 && self.validation_speakers.is_empty()
    }
}
