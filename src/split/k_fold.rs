//! `k-fold`: cross-validation over speakers, over groups by any columns, or over clips.

use super::lists::{List, look_up, named_twice, quoted};
use super::search::Units;
use super::stratify::{deal, draw, share};
use super::{By, Divide, FindingKind, Fold, Item, Partition, SplitError, Task, twins};
use crate::kind::{Context, Problem};
use crate::seed::Stream;

crate::settings! {
    /// Each fold is tested once while the others train. Folds are alike in clips and labels and numbered from 0, or are
    /// those that `groups` lists.
    pub struct KFold {
        /// Number of folds; left out where `groups` gives lists, for then there are as many folds as lists.
        pub folds: usize = 5, in 2..=1000;
        /// Share of each fold's training clips (whole groups, unless `by = "clips"`) set aside for choosing the best
        /// epoch; 0 for none.
        pub validation: f64 = 0.1, in 0.0..=0.9;
        /// What is kept together: a column of the corpus ("speaker", "session", ...), or a list of columns; clips that share
        /// a value in any of them are in the same fold. "clips" deals clips one by one; speakers are then shared, which
        /// `audit.allow` must name.
        pub by: By = By::default();
        /// Lists of speakers (of values of the first column of `by`), one a fold, which tests it: `[["01", "02"], ["03"]]`.
        /// Together they must name all. Empty: folds are drawn.
        pub groups: Vec<Vec<String>> = Vec::new();
    }
    check: KFold::check;
}

impl KFold {
    /// Whether clips are dealt one by one.
    pub(super) fn deals_clips(&self) -> bool {
        self.by.is_clips()
    }

    /// Lists that are too few, empty, overlap, or that nothing can be looked up in.
    fn check(&self, _: &Context) -> Vec<Problem> {
        let problem = |key: &str, message: &str| Problem::new(key, message);
        let mut problems: Vec<Problem> = Vec::new();
        if !self.deals_clips() {
            problems.extend(self.by.check());
        } else if !self.groups.is_empty() {
            problems.push(problem("groups", "lists groups, but `by = \"clips\"` makes none; name a column in `by`"));
        }
        if !self.groups.is_empty() && self.folds != Self::default().folds {
            let message = format!("is {}, and `groups` lists {} folds; leave it out", self.folds, self.groups.len());
            problems.push(problem("folds", &message));
        }
        if self.groups.len() == 1 {
            problems.push(problem("groups", "holds one list; name two or more, each fold trains on the others"));
        }
        if self.groups.iter().any(Vec::is_empty) {
            problems.push(problem("groups", "holds an empty list, whose fold would test nobody"));
        }
        problems.extend(self.listed(named_twice));
        problems
    }

    /// Calls `with` with the lists, by their names in messages.
    fn listed<T>(&self, with: impl FnOnce(&[List<'_>]) -> T) -> T {
        let names: Vec<String> = (0..self.groups.len()).map(|i| format!("groups[{i}]")).collect();
        let lists: Vec<List<'_>> =
            names.iter().zip(&self.groups).map(|(name, g)| (name.as_str(), g.as_slice())).collect();
        with(&lists)
    }

    fn drawn(&self, units: &Units, stream: &mut Stream) -> Result<Vec<Vec<usize>>, SplitError> {
        if units.names.len() < self.folds {
            return Err(SplitError::TooFewGroups {
                have: self.by.counted(units.names.len()),
                need: self.folds,
                purpose: format!("{} folds of whole {}", self.folds, self.by.things()),
                way_out: format!("set `folds` to {} or less", units.names.len().max(2)),
            });
        }
        Ok(units.divide(self.folds, stream))
    }

    fn given(&self, units: &Units) -> Result<Vec<Vec<usize>>, SplitError> {
        let tested = self.listed(|lists| look_up(units, "k-fold", lists))?;
        let mut listed = vec![false; units.names.len()];
        tested.iter().flatten().for_each(|&group| listed[group] = true);
        let values = units.values.iter().zip(&units.of_value);
        let unlisted: Vec<&str> = values.filter(|(_, group)| !listed[**group]).map(|(value, _)| *value).collect();
        if unlisted.is_empty() {
            return Ok(tested);
        }
        let names = quoted(unlisted.iter().copied());
        let way_out = "name each in one list, or leave their clips out (`clips.filter`)";
        Err(SplitError::Lists(vec![format!("split.k-fold.groups: no list has {names}; {way_out}")]))
    }

    fn by_clips(&self, task: &Task, stream: &mut Stream) -> Result<Vec<Fold>, SplitError> {
        let labels: Vec<usize> = task.items.iter().map(|i| i.label).collect();
        if labels.len() < self.folds {
            let purpose = format!("{} folds", self.folds);
            return Err(SplitError::TooFewClips { have: labels.len(), purpose });
        }
        let clips: Vec<usize> = (0..labels.len()).collect();
        let mut group = deal(&labels, self.folds, stream);
        twins::reunite(&mut group, &clips, &labels, task.known.sounds);
        (0..self.folds)
            .map(|number| {
                let mut of_clip = vec![Some(Partition::Test); labels.len()];
                let training: Vec<usize> = clips.iter().copied().filter(|&c| group[c] != number).collect();
                let strata: Vec<usize> = training.iter().map(|&c| labels[c]).collect();
                let size = share(self.validation, training.len());
                let mut part = draw(&strata, &[size], stream);
                twins::reunite(&mut part, &training, &strata, task.known.sounds);
                for (&clip, part) in training.iter().zip(part) {
                    of_clip[clip] = Some(if part == 0 { Partition::Train } else { Partition::Validation });
                }
                task.fold(Some(number as u32), &of_clip)
            })
            .collect()
    }
}

impl Divide for KFold {
    fn fold_count(&self, _: &[Item]) -> Result<usize, SplitError> {
        Ok(if self.groups.is_empty() { self.folds } else { self.groups.len() })
    }

    fn split(&self, task: &Task, stream: &mut Stream) -> Result<Vec<Fold>, SplitError> {
        if self.deals_clips() {
            return self.by_clips(task, stream);
        }
        let units = Units::of(task, &self.by)?;
        let tested = if self.groups.is_empty() { self.drawn(&units, stream)? } else { self.given(&units)? };
        let folds = tested.iter().enumerate();
        folds.map(|(number, tested)| hold_out(task, &units, number, tested, self.validation, stream)).collect()
    }

    fn leaks_by_design(&self) -> &'static [FindingKind] {
        if self.deals_clips() { &[FindingKind::SharedSpeakers] } else { &[] }
    }

    fn kept_by(&self) -> Option<&By> {
        (!self.deals_clips()).then_some(&self.by)
    }

    fn never_validates(&self) -> bool {
        self.validation == 0.0
    }
}

/// The fold that tests the given groups, with whole groups of the others set aside for validation.
pub(super) fn hold_out(
    task: &Task,
    units: &Units,
    number: usize,
    tested: &[usize],
    validation: f64,
    stream: &mut Stream,
) -> Result<Fold, SplitError> {
    let number = Some(number as u32);
    let mut of_group = vec![Some(Partition::Train); units.names.len()];
    tested.iter().for_each(|&group| of_group[group] = Some(Partition::Test));
    let training: Vec<usize> = (0..of_group.len()).filter(|&group| of_group[group] == Some(Partition::Train)).collect();
    for group in validators(units, &training, validation, number, stream)? {
        of_group[group] = Some(Partition::Validation);
    }
    task.fold(number, &units.spread(&of_group))
}

/// Groups taken out of `training` to validate, near `share` of its clips; none where the share is 0.
pub(super) fn validators(
    units: &Units,
    training: &[usize],
    validation: f64,
    fold: Option<u32>,
    stream: &mut Stream,
) -> Result<Vec<usize>, SplitError> {
    if validation == 0.0 {
        return Ok(Vec::new());
    }
    if training.len() < 2 {
        return Err(SplitError::TooFewGroups {
            have: fold.map_or_else(String::new, |n| format!("fold {n}: ")) + &units.by.counted(training.len()),
            need: 2,
            purpose: format!("train and validation with {} of their own", units.by.things()),
            way_out: "set `validation = 0` and `train.early_stopping = \"none\"`".to_owned(),
        });
    }
    let target = share(validation, units.clips(training));
    Ok(units.choose(training, &[target], stream).swap_remove(0))
}
