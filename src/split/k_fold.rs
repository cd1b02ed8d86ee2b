//! `k-fold`: cross-validation over speakers, or over clips.

use super::search::Voices;
use super::stratify::{deal, draw, share};
use super::{Fold, Partition, SplitError, Task, twins};
use crate::seed::Stream;
use serde::{Deserialize, Serialize};

/// What is kept together when folds are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GroupBy {
    /// All clips of a speaker are in the same fold.
    #[default]
    Speakers,
    /// Clips are dealt one by one; speakers are shared, which `audit.allow` must name.
    Clips,
}

crate::settings! {
    /// Each fold is tested once while the others train. Folds are alike in clips and labels and numbered from 0.
    pub struct KFold {
        /// Number of folds.
        pub folds: usize = 5, in 2..=1000;
        /// Share of each fold's training clips (whole speakers where `by = "speakers"`) set aside for choosing the best
        /// epoch; 0 for none.
        pub validation: f64 = 0.1, in 0.0..=0.9;
        /// Whether whole speakers or single clips are dealt: `speakers` or `clips`.
        pub by: GroupBy = GroupBy::Speakers;
    }
}

impl KFold {
    pub(super) fn split(&self, task: &Task, stream: &mut Stream) -> Result<Vec<Fold>, SplitError> {
        match self.by {
            GroupBy::Speakers => self.by_speakers(task, stream),
            GroupBy::Clips => self.by_clips(task, stream),
        }
    }

    fn by_speakers(&self, task: &Task, stream: &mut Stream) -> Result<Vec<Fold>, SplitError> {
        let voices = Voices::of(task.items, task.classes);
        if voices.names.len() < self.folds {
            return Err(SplitError::TooFewSpeakers {
                place: String::new(),
                have: voices.names.len(),
                need: self.folds,
                purpose: format!("{} folds of whole speakers", self.folds),
                way_out: format!("set `folds` to {} or less", voices.names.len().max(2)),
            });
        }
        let groups = voices.divide(self.folds, stream);
        let folds = groups.iter().enumerate();
        folds.map(|(number, tested)| hold_out(task, &voices, number, tested, self.validation, stream)).collect()
    }

    fn by_clips(&self, task: &Task, stream: &mut Stream) -> Result<Vec<Fold>, SplitError> {
        let labels: Vec<usize> = task.items.iter().map(|i| i.label).collect();
        if labels.len() < self.folds {
            let purpose = format!("{} folds", self.folds);
            return Err(SplitError::TooFewClips { have: labels.len(), purpose });
        }
        let clips: Vec<usize> = (0..labels.len()).collect();
        let mut group = deal(&labels, self.folds, stream);
        twins::reunite(&mut group, &clips, &labels, task.sounds);
        (0..self.folds)
            .map(|number| {
                let mut of_clip = vec![Some(Partition::Test); labels.len()];
                let training: Vec<usize> = clips.iter().copied().filter(|&c| group[c] != number).collect();
                let strata: Vec<usize> = training.iter().map(|&c| labels[c]).collect();
                let size = share(self.validation, training.len());
                let mut part = draw(&strata, &[size], stream);
                twins::reunite(&mut part, &training, &strata, task.sounds);
                for (&clip, part) in training.iter().zip(part) {
                    of_clip[clip] = Some(if part == 0 { Partition::Train } else { Partition::Validation });
                }
                task.fold(Some(number as u32), &of_clip)
            })
            .collect()
    }
}

/// The fold that tests the given speakers, with whole speakers of the others set aside for validation.
pub(super) fn hold_out(
    task: &Task,
    voices: &Voices,
    number: usize,
    tested: &[usize],
    validation: f64,
    stream: &mut Stream,
) -> Result<Fold, SplitError> {
    let training: Vec<usize> = (0..voices.names.len()).filter(|s| !tested.contains(s)).collect();
    let number = Some(number as u32);
    let mut of_speaker = vec![Some(Partition::Train); voices.names.len()];
    tested.iter().for_each(|&s| of_speaker[s] = Some(Partition::Test));
    for speaker in validators(voices, &training, validation, number, stream)? {
        of_speaker[speaker] = Some(Partition::Validation);
    }
    let of_clip: Vec<Option<Partition>> = voices.of_clip.iter().map(|&s| of_speaker[s]).collect();
    task.fold(number, &of_clip)
}

/// Speakers taken out of `training` to validate, near `share` of its clips; none where the share is 0.
pub(super) fn validators(
    voices: &Voices,
    training: &[usize],
    validation: f64,
    fold: Option<u32>,
    stream: &mut Stream,
) -> Result<Vec<usize>, SplitError> {
    if validation == 0.0 {
        return Ok(Vec::new());
    }
    if training.len() < 2 {
        return Err(SplitError::TooFewSpeakers {
            place: fold.map_or_else(String::new, |n| format!("fold {n}: ")),
            have: training.len(),
            need: 2,
            purpose: "train and validation with speakers of their own".to_owned(),
            way_out: "set `validation = 0` and `train.early_stopping = \"none\"`".to_owned(),
        });
    }
    let target = share(validation, voices.clips(training));
    Ok(voices.choose(training, &[target], stream).swap_remove(0))
}
