//! What one must know of the rows of a variant's runs to read their figures.

use super::RunPlan;
use super::outlook::Tested;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Clips that are left out, and labels that are not tested.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remarks {
    /// Runs.
    pub runs: usize,
    /// Whether they have different folds.
    pub folds: bool,
    /// Clips used.
    pub clips: usize,
    /// Clips that are in no partition of a run, for its split file does not list them: the most of any run.
    pub left_out: usize,
    /// Clips that the split file lists and the selection of clips leaves out: the most of any run.
    pub passed_over: usize,
    /// Labels that some runs do not test, each with the number of these runs.
    pub untested: BTreeMap<String, usize>,
}

impl Remarks {
    /// What there is to say of the runs of one variant, of which is known what each tests.
    pub(super) fn of(runs: &[RunPlan], rows: &[Tested]) -> Self {
        let clips = runs.first().map_or(0, |run| run.recordings.clips.len());
        let folds = runs.iter().any(|run| run.name.fold.is_some());
        let untested = BTreeMap::new();
        let mut remarks = Self { runs: runs.len(), folds, clips, left_out: 0, passed_over: 0, untested };
        for (run, rows) in runs.iter().zip(rows) {
            let recordings = &run.recordings;
            let tested: BTreeSet<usize> = rows.clips.iter().map(|clip| recordings.classes[*clip]).collect();
            let absent = recordings.labels.iter().enumerate().filter(|(class, _)| !tested.contains(class));
            absent.for_each(|(_, label)| *remarks.untested.entry(label.clone()).or_default() += 1);
            remarks.left_out = remarks.left_out.max(rows.left_out);
            remarks.passed_over = remarks.passed_over.max(rows.passed_over);
        }
        remarks
    }

    /// All of it, a sentence each.
    pub fn sentences(&self) -> Vec<String> {
        let untested = self.untested.iter().map(|(label, &runs)| match runs {
            _ if runs == self.runs => format!("`{label}` is not tested: UAR is over the other labels"),
            _ => format!("`{label}` is not tested in {runs} of {} runs: their UAR is over the other labels", self.runs),
        });
        self.left_out().into_iter().chain(untested).collect()
    }

    /// The part of it that is about clips that are left out.
    pub fn left_out(&self) -> Vec<String> {
        let up_to = if self.folds { "up to " } else { "" };
        let Self { left_out, passed_over, clips, .. } = self;
        let unlisted = || format!("{up_to}{left_out} of {clips} clips are left out: the split file does not list them");
        let passed = || format!("{up_to}{passed_over} clips that the split file lists are left out by `clips`");
        let said = [(*left_out > 0).then(unlisted), (*passed_over > 0).then(passed)];
        said.into_iter().flatten().collect()
    }
}
