//! Which rows are looked at while a network is made, beyond those it learns from.

use super::{FindingKind, Fold, Partition, Row};

crate::choices! {
    /// The rows that something is fitted to.
    pub enum FittedOn = Train {
        /// Training rows alone.
        "train" => Train,
        /// The rows of all partitions: the test rows have been seen before they are asked.
        "all" => All,
    }
}

impl FittedOn {
    /// The rows of a fold.
    pub fn rows(self, fold: &Fold) -> Vec<Row> {
        match self {
            Self::Train => fold.train.rows().to_vec(),
            Self::All => fold.iter().map(|(_, row)| row).collect(),
        }
    }
}

crate::choices! {
    /// The rows that pick the best epoch.
    pub enum SelectedOn = Validation {
        /// Validation rows.
        "validation" => Validation,
        /// Test rows: the result is then the best of as many looks at them as there are epochs.
        "test" => Test,
    }
}

impl SelectedOn {
    /// The partition.
    pub const fn partition(self) -> Partition {
        match self {
            Self::Validation => Partition::Validation,
            Self::Test => Partition::Test,
        }
    }

    /// The rows that a resolved configuration names; validation rows where it names none.
    pub fn of(config: &toml::Table) -> Self {
        let named = config.get("fit").and_then(|fit| fit.get("epoch")).cloned();
        named.and_then(|name| name.try_into().ok()).unwrap_or_default()
    }

    /// How the rows are called beside their figures, which else would be taken for what they are not.
    pub const fn called(self) -> &'static str {
        match self {
            Self::Validation => "validation",
            Self::Test => "test (picks the epoch)",
        }
    }
}

crate::settings! {
    /// What is fitted on which rows. Anything but the defaults is a leak: a mistake found in published work, kept so that
    /// its worth can be measured, refused unless `audit.allow` names it.
    pub struct Fit {
        /// Rows whose statistics scale the inputs: "train" or "all".
        pub scaler: FittedOn = FittedOn::Train;
        /// Rows that a length given as `percentile` is taken of: "train" or "all".
        pub length: FittedOn = FittedOn::Train;
        /// Rows counted for `class_weights = "balanced"`: "train" or "all".
        pub class_weights: FittedOn = FittedOn::Train;
        /// Rows that pick the best epoch, end training early and lower the learning rate: "validation" or "test".
        pub epoch: SelectedOn = SelectedOn::Validation;
    }
    check: ranges;
}

impl Fit {
    /// The leaks that it is, whatever the rows are.
    pub fn leaks(&self) -> Vec<FindingKind> {
        let fitted = [self.scaler, self.length, self.class_weights].contains(&FittedOn::All);
        let selected = self.epoch == SelectedOn::Test;
        let kinds = [(fitted, FindingKind::FittedOnTest), (selected, FindingKind::SelectedOnTest)];
        kinds.into_iter().filter(|(is_so, _)| *is_so).map(|(_, kind)| kind).collect()
    }
}
