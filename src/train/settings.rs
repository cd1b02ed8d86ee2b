//! The `[train]` table of a spec, and what can only be checked across its settings.

use super::{GradientClip, Loss, Optimizer, Schedule, WeightAverage};
use crate::evaluate::Metric;
use crate::kind::{Choice, Context, Described, Node, Problem, text_or_list};
use crate::settings;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The settings that matter where a network is solved for at once instead of trained in epochs: what a row of each class counts,
/// and the metric of validation rows that picks the point of a grid.
pub const AT_ONCE: [&str; 2] = ["class_weights", "select"];

settings! {
    /// How a network is trained. Of one that is solved for at once (`linear`, `svm`) only `class_weights` and, in a grid, `select`
    /// say anything.
    pub struct Train {
        /// Passes over the training rows, at most; early stopping may end sooner.
        pub epochs: usize = 50, in 1..=100_000;
        /// Examples a step. The last batch of an epoch may be smaller, see `drop_last`.
        pub batch_size: usize = 32, in 1..=65_536;
        /// How gradients change the weights.
        pub optimizer: Optimizer = Optimizer::Adam(Default::default());
        /// How the learning rate changes while training.
        pub schedule: Schedule = Schedule::Constant(Default::default());
        /// What is minimised.
        pub loss: Loss = Loss::CrossEntropy(Default::default());
        /// Weight of each class in the loss: `"none"`, `"balanced"` (n / (classes * n of the class), counted on training
        /// rows), or a list with one weight a class, in the order of the labels.
        pub class_weights: ClassWeights = ClassWeights::None;
        /// Ends the training once validation stops improving; `"none"` trains all epochs.
        pub early_stopping: Option<EarlyStopping> = Some(EarlyStopping::default());
        /// Validation metric that picks the best epoch; the first of equals wins. Without validation rows it is the last.
        pub select: Metric = Metric::Uar;
        /// Whether the network is given back as it was after the best epoch, else as it was after the last.
        pub restore_best: bool = true;
        /// Limits gradients before each step; `"none"` leaves them as they are.
        pub gradient_clip: Option<GradientClip> = None;
        /// Puts the mean of the weights over the training in the place of the last ones; `"none"`: the last ones. Takes a pass more over the
        /// training rows an epoch.
        pub average: Option<WeightAverage> = None;
        /// Whether loss and metrics of the training rows as they are, without augmentation and dropout, are measured after each
        /// epoch (`unaugmented_...` in `epochs.csv`), so that over- and underfitting can be told apart. Takes a pass more an epoch.
        pub measure_training: bool = false;
        /// Whether the training rows are put in a new random order each epoch.
        pub shuffle: bool = true;
        /// Whether an incomplete last batch is left out. Worth it with batch normalisation and a remainder of one or two
        /// rows, whose statistics are poor; the left-out rows differ each epoch where `shuffle` is on. A remainder of one row
        /// is refused where a batch norm would see a single value of it.
        pub drop_last: bool = false;
    }
    check: ranges;
}

settings! {
    /// Stops after `patience` epochs in a row that bring no improvement, as Keras counts them.
    pub struct EarlyStopping {
        /// Epochs in a row without improvement after which training ends.
        pub patience: usize = 10, in 1..=100_000;
        /// What a value must exceed the best one by to count as an improvement, in the metric's own unit.
        pub min_delta: f64 = 0.0, in 0.0..;
        /// The validation metric that is watched.
        pub metric: Metric = Metric::Uar;
    }
    check: ranges;
}

/// Weight of each class in the loss.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum ClassWeights {
    /// Every row counts the same.
    #[default]
    None,
    /// n / (k * n_c) for a class with n_c of the n training rows, k the number of classes that occur (scikit-learn's
    /// `compute_class_weight("balanced")`): every class has the same weight in sum.
    Balanced,
    /// One weight a class, in the order of the labels.
    Explicit(Vec<f64>),
}

/// The names that class weights can have.
const WEIGHTINGS: &[Choice] = &[
    Choice { name: "none", doc: "Every row counts the same.", also: &[] },
    Choice { name: "balanced", doc: "Every class has the same weight in sum.", also: &[] },
];

impl Described for ClassWeights {
    fn node() -> Node {
        Node::AnyOf(vec![Node::list(Node::Number), Node::Choice(WEIGHTINGS)])
    }
    fn problems(&self, _: &Context) -> Vec<Problem> {
        let Self::Explicit(weights) = self else { return Vec::new() };
        let wrong = weights.iter().find(|w| !w.is_finite() || **w <= 0.0);
        wrong.map(|w| Problem::new("", format!("{w} is out of range; allowed: above 0"))).into_iter().collect()
    }
}

impl Serialize for ClassWeights {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::None => serializer.serialize_str("none"),
            Self::Balanced => serializer.serialize_str("balanced"),
            Self::Explicit(weights) => weights.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for ClassWeights {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let named = |name: &str| match name {
            "none" => Ok(Self::None),
            "balanced" => Ok(Self::Balanced),
            _ => Err(Error::unknown_variant(name, &["none", "balanced"])),
        };
        text_or_list(deserializer, "`none`, `balanced` or a list with one weight a class", named, Self::Explicit)
    }
}

impl Train {
    /// What does not fit the rows that there are, keys relative to the table: `training` and `validation` rows of
    /// `classes` classes.
    pub fn misfits(&self, training: usize, validation: usize, classes: usize) -> Vec<Problem> {
        let watchers = if validation == 0 { self.watchers() } else { Vec::new() };
        [self.unfilled(training), self.unweighted(classes)].into_iter().flatten().chain(watchers).collect()
    }

    /// The same for a network that is solved for at once.
    pub fn misfits_at_once(&self, _training: usize, _validation: usize, classes: usize) -> Vec<Problem> {
        self.unweighted(classes).into_iter().collect()
    }

    /// The settings that watch validation rows, as problems for a training that has none.
    pub fn watchers(&self) -> Vec<Problem> {
        let watches = |instead: &str| {
            format!("watches validation rows and there are none; give the split a validation part or {instead}")
        };
        let stop = self
            .early_stopping
            .as_ref()
            .map(|_| Problem::new("early_stopping", watches("set `train.early_stopping = \"none\"`")));
        let plateau = self
            .schedule
            .plateau()
            .map(|_| Problem::new("schedule", format!("`plateau` {}", watches("name another schedule"))));
        stop.into_iter().chain(plateau).collect()
    }

    /// Too few training rows for one whole batch where incomplete ones are left out.
    fn unfilled(&self, training: usize) -> Option<Problem> {
        let message = || {
            format!(
                "{training} training rows do not fill one batch of {}, and incomplete ones are left out; lower \
                 `train.batch_size` or set `train.drop_last = false`",
                self.batch_size
            )
        };
        (self.drop_last && training < self.batch_size).then(|| Problem::new("drop_last", message()))
    }

    /// Not one weight a class.
    pub fn unweighted(&self, classes: usize) -> Option<Problem> {
        let ClassWeights::Explicit(weights) = &self.class_weights else { return None };
        let message = || format!("{} for {classes} classes; give one a class, in the labels' order", weights.len());
        (weights.len() != classes).then(|| Problem::new("class_weights", message()))
    }

    /// Rows of the smallest batch of an epoch over so many training rows: 0 where all that there is is left out.
    pub fn smallest_batch(&self, training: usize) -> usize {
        match training % self.batch_size {
            0 => self.batch_size.min(training),
            _ if self.drop_last && training < self.batch_size => 0,
            _ if self.drop_last => self.batch_size,
            rest => rest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::Kinds;

    fn found(train: &Train) -> Vec<Problem> {
        train.problems(&Context { sample_rate_hz: 16_000, epochs: train.epochs })
    }

    fn said(text: &str) -> Vec<String> {
        let train: Train = toml::from_str(text).unwrap();
        found(&train).into_iter().map(|p| format!("{}: {}", p.key, p.message)).collect()
    }

    #[test]
    fn an_empty_table_is_the_defaults_and_survives_a_round_trip() {
        let train: Train = toml::from_str("").unwrap();
        assert_eq!(train, Train::default());
        assert!(found(&train).is_empty());
        let again: Train = toml::from_str(&toml::to_string(&train).unwrap()).unwrap();
        assert_eq!(again, train);
    }

    #[test]
    fn every_kind_of_every_list_reads_back_and_has_sound_defaults() {
        let lists = [
            ("optimizer", Optimizer::NAMES),
            ("schedule", Schedule::NAMES),
            ("loss", Loss::NAMES),
            ("gradient_clip", GradientClip::NAMES),
            ("average", WeightAverage::NAMES),
        ];
        for (key, name) in lists.iter().flat_map(|(key, names)| names.iter().map(move |n| (key, n))) {
            let train: Train = toml::from_str(&format!("{key}.{name} = {{}}")).unwrap();
            assert_eq!(found(&train), [], "{key}.{name}");
            let again: Train = toml::from_str(&toml::to_string(&train).unwrap()).unwrap();
            assert_eq!(again, train, "{key}.{name}");
        }
    }

    #[test]
    fn an_ablation_turns_optional_parts_off_with_none() {
        let text = "early_stopping = \"none\"\ngradient_clip = \"none\"\nclass_weights = \"none\"";
        let train: Train = toml::from_str(text).unwrap();
        assert_eq!((train.early_stopping, train.gradient_clip), (None, None));
    }

    #[test]
    fn problems_of_nested_tables_carry_the_whole_key() {
        let text = "epochs = 0\noptimizer.adam = { beta_1 = 1.5 }\nloss.focal = { gamma = -1 }\n\
                    early_stopping = { patience = 0 }\ngradient_clip.norm = { max = 0 }\nclass_weights = [1.0, -2.0]";
        let keys: Vec<String> = said(text).iter().map(|s| s.split(':').next().unwrap().to_owned()).collect();
        assert_eq!(
            keys,
            [
                "epochs",
                "optimizer.adam.beta_1",
                "loss.focal.gamma",
                "class_weights",
                "early_stopping.patience",
                "gradient_clip.norm.max"
            ]
        );
    }

    #[test]
    fn the_smallest_batch_is_the_last_one_unless_it_is_whole_or_left_out() {
        let smallest = |text: &str, rows: usize| toml::from_str::<Train>(text).unwrap().smallest_batch(rows);
        assert_eq!([0, 1, 3, 4, 5, 8].map(|rows| smallest("batch_size = 4", rows)), [0, 1, 3, 4, 1, 4]);
        let whole = "batch_size = 4\ndrop_last = true";
        assert_eq!([0, 3, 4, 5, 8].map(|rows| smallest(whole, rows)), [0, 0, 4, 4, 4]);
        assert_eq!(smallest("batch_size = 1\ndrop_last = true", 9), 1);
    }

    #[test]
    fn everything_that_misses_validation_rows_is_said_at_once() {
        let text = "schedule.warm-up = { epochs = 1, then.plateau = {} }\nclass_weights = [1.0]\ndrop_last = true";
        let train: Train = toml::from_str(text).unwrap();
        let keys = |problems: Vec<Problem>| problems.into_iter().map(|p| p.key).collect::<Vec<_>>();
        assert_eq!(keys(train.misfits(31, 0, 2)), ["drop_last", "class_weights", "early_stopping", "schedule"]);
        assert_eq!(keys(train.misfits(32, 1, 1)), [""; 0]);
    }

    #[test]
    fn class_weights_are_a_name_or_a_list() {
        for (text, expected) in [
            ("class_weights = \"balanced\"", ClassWeights::Balanced),
            ("class_weights = [1.0, 2.5]", ClassWeights::Explicit(vec![1.0, 2.5])),
        ] {
            assert_eq!(toml::from_str::<Train>(text).unwrap().class_weights, expected);
        }
        let error = toml::from_str::<Train>("class_weights = \"balancd\"").unwrap_err().to_string();
        assert!(error.contains("expected `none` or `balanced`"), "{error}");
    }
}
