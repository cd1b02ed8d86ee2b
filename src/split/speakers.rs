//! `speakers`: whole speakers go to one partition each.

use super::error::suggestion;
use super::search::Voices;
use super::stratify::{check_shares, share};
use super::{Fold, Partition, SplitError, Task};
use crate::kind::Problem;
use crate::seed::Stream;

crate::settings! {
    /// Whole speakers a partition, near the wished sizes and label proportions. Lists of speakers fix what they name.
    pub struct Speakers {
        /// Share of all clips that should be tested; the nearest that whole speakers allow.
        pub test: f64 = 0.2, in crate::kind::above_to(0.0, 0.95);
        /// Share of all clips for choosing the best epoch; 0 for none.
        pub validation: f64 = 0.1, in 0.0..=0.95;
        /// Exactly these speakers are tested, whatever `test` says; empty: they are drawn.
        pub test_speakers: Vec<String> = Vec::new();
        /// Exactly these speakers validate, whatever `validation` says; empty: they are drawn.
        pub validation_speakers: Vec<String> = Vec::new();
    }
}

impl Speakers {
    /// Shares that leave nothing, and speakers named twice.
    pub(super) fn check(&self) -> Vec<Problem> {
        let drawn = |share: f64, fixed: &[String]| if fixed.is_empty() { share } else { 0.0 };
        let mut problems =
            check_shares(drawn(self.test, &self.test_speakers), drawn(self.validation, &self.validation_speakers));
        for name in self.validation_speakers.iter().filter(|n| self.test_speakers.contains(n)) {
            let message = format!("speaker `{name}` is in test_speakers too; a speaker belongs to one partition");
            problems.push(Problem::new("validation_speakers", message));
        }
        problems
    }

    pub(super) fn split(&self, task: &Task, stream: &mut Stream) -> Result<Vec<Fold>, SplitError> {
        let voices = Voices::of(task.items, task.classes);
        let [fixed_test, fixed_validation] = self.fixed(&voices)?;
        let free: Vec<usize> =
            (0..voices.names.len()).filter(|s| !fixed_test.contains(s) && !fixed_validation.contains(s)).collect();

        let n = task.items.len();
        let mut wished = Vec::new();
        if fixed_test.is_empty() {
            wished.push((Partition::Test, share(self.test, n)));
        }
        if fixed_validation.is_empty() && self.validation > 0.0 {
            wished.push((Partition::Validation, share(self.validation, n)));
        }
        if free.len() <= wished.len() {
            return Err(self.too_few(voices.names.len(), voices.names.len() - free.len() + wished.len() + 1));
        }
        let targets: Vec<usize> = wished.iter().map(|(_, clips)| *clips).collect();
        let sets = voices.choose(&free, &targets, stream);

        let mut of_speaker = vec![Some(Partition::Train); voices.names.len()];
        fixed_test.iter().for_each(|&s| of_speaker[s] = Some(Partition::Test));
        fixed_validation.iter().for_each(|&s| of_speaker[s] = Some(Partition::Validation));
        for ((partition, _), set) in wished.iter().zip(&sets) {
            set.iter().for_each(|&s| of_speaker[s] = Some(*partition));
        }
        let of_clip: Vec<Option<Partition>> = voices.of_clip.iter().map(|&s| of_speaker[s]).collect();
        Ok(vec![task.fold(None, &of_clip)?])
    }

    /// The indices of the named speakers; every unknown name at once.
    fn fixed(&self, voices: &Voices) -> Result<[Vec<usize>; 2], SplitError> {
        let mut unknown = Vec::new();
        let mut look_up = |setting: &str, names: &[String]| -> Vec<usize> {
            let mut found = Vec::new();
            for name in names {
                match voices.names.binary_search(&name.as_str()) {
                    Ok(index) => found.push(index),
                    Err(_) => {
                        let hint = suggestion(name, voices.names.iter().copied());
                        unknown.push(format!("split.speakers.{setting}: unknown speaker `{name}`{hint}"));
                    }
                }
            }
            found
        };
        let fixed =
            [look_up("test_speakers", &self.test_speakers), look_up("validation_speakers", &self.validation_speakers)];
        if unknown.is_empty() {
            return Ok(fixed);
        }
        Err(SplitError::UnknownSpeakers { unknown, known: voices.names.iter().map(|&n| n.to_owned()).collect() })
    }

    fn too_few(&self, have: usize, need: usize) -> SplitError {
        let validates = self.validation > 0.0 || !self.validation_speakers.is_empty();
        let (purpose, way_out) = if validates {
            (
                "train, validation and test with speakers of their own",
                "set `validation = 0` and `train.early_stopping = \"none\"`, name fewer fixed speakers, or",
            )
        } else {
            ("train and test with speakers of their own", "name fewer fixed speakers, or")
        };
        let way_out = format!("{way_out} use `split.clips` (known voices, stamped on every result)");
        SplitError::TooFewSpeakers { place: String::new(), have, need, purpose: purpose.to_owned(), way_out }
    }
}
