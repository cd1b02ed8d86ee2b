//! What the runs of a variant can show, known before anything is trained.

use super::{PlanError, RunPlan};
use crate::evaluate::{FEWEST_NETWORKS, FEWEST_SPEAKERS};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// How many networks a variant trains, and on whom they are tested.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Design {
    /// Seeds.
    pub seeds: usize,
    /// Folds of each seed; 1 without folds.
    pub folds: usize,
    /// Different speakers tested, all runs together.
    pub speakers: usize,
    /// Speakers of the corpus.
    pub of: usize,
    /// Clips used.
    pub clips: usize,
    /// Clips that are in no partition of a run, for its split file does not list them: the most of any run.
    pub left_out: usize,
    /// Clips that the split file names and the selection of clips leaves out: the most of any run.
    pub passed_over: usize,
    /// Labels that some runs do not test, each with the number of these runs.
    pub untested: BTreeMap<String, usize>,
}

impl Design {
    /// The design of the runs of one variant.
    ///
    /// # Errors
    /// A split that does not fit the corpus.
    pub fn of(runs: &[RunPlan]) -> Result<Self, PlanError> {
        let seeds: BTreeSet<u64> = runs.iter().map(|run| run.name.seed).collect();
        let mut speakers: BTreeSet<&str> = BTreeSet::new();
        let mut untested: BTreeMap<String, usize> = BTreeMap::new();
        let (mut left_out, mut passed_over) = (0, 0);
        for run in runs {
            let (fold, recordings) = (run.fold()?, &run.recordings);
            let tested = || fold.test.rows().iter().map(|row| row.clip);
            speakers.extend(tested().map(|clip| recordings.clips[clip].speaker.as_str()));
            let classes: BTreeSet<usize> = tested().map(|clip| recordings.classes[clip]).collect();
            let absent = (0..recordings.labels.len()).filter(|class| !classes.contains(class));
            absent.for_each(|class| *untested.entry(recordings.labels[class].clone()).or_default() += 1);
            (left_out, passed_over) = (left_out.max(fold.left_out), passed_over.max(fold.passed_over));
        }
        let all =
            |run: &RunPlan| run.recordings.clips.iter().map(|c| c.speaker.as_str()).collect::<BTreeSet<_>>().len();
        Ok(Self {
            seeds: seeds.len(),
            folds: runs.len() / seeds.len().max(1),
            speakers: speakers.len(),
            of: runs.first().map_or(0, all),
            clips: runs.first().map_or(0, |run| run.recordings.clips.len()),
            left_out,
            passed_over,
            untested,
        })
    }

    /// What one must know of the rows to read the figures, a sentence each: clips that are left out, labels that are not
    /// tested.
    pub fn remarks(&self) -> Vec<String> {
        let networks = self.networks();
        let untested = self.untested.iter().map(|(label, &runs)| match runs {
            _ if runs == networks => format!("`{label}` is not tested: UAR is over the other labels"),
            _ => format!("`{label}` is not tested in {runs} of {networks} runs: their UAR is over the other labels"),
        });
        self.left_out_remarks().into_iter().chain(untested).collect()
    }

    /// The part of them that is about clips that are left out.
    pub fn left_out_remarks(&self) -> Vec<String> {
        let up_to = if self.folds > 1 { "up to " } else { "" };
        let mut remarks = Vec::new();
        if self.left_out > 0 {
            let Self { left_out, clips, .. } = self;
            remarks.push(format!("{up_to}{left_out} of {clips} clips are left out: the split file does not list them"));
        }
        if self.passed_over > 0 {
            remarks
                .push(format!("{up_to}{} clips that the split file lists are left out by `clips`", self.passed_over));
        }
        remarks
    }

    /// Trained networks.
    pub fn networks(&self) -> usize {
        self.seeds * self.folds
    }
}

impl fmt::Display for Design {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
        let folds = if self.folds > 1 {
            format!("{} x {}", count(self.seeds, "seed"), count(self.folds, "fold"))
        } else {
            count(self.seeds, "seed")
        };
        write!(
            f,
            "{} ({folds}), tested on {} of {} speakers: ",
            count(self.networks(), "network"),
            self.speakers,
            self.of
        )?;
        match self.networks() {
            1 => f.write_str(
                "shows what this network does on other speakers, and nothing of the recipe; k-fold or more seeds would",
            ),
            n if n < FEWEST_NETWORKS => {
                write!(f, "tells recipes apart only by far, and its level is known from {FEWEST_NETWORKS} networks on")
            }
            _ if self.speakers < FEWEST_SPEAKERS => {
                write!(
                    f,
                    "tells recipes apart, but with fewer than {FEWEST_SPEAKERS} speakers no level can be held; k-fold tests all"
                )
            }
            _ if self.speakers < self.of => f.write_str("tells recipes apart; k-fold would test every speaker"),
            _ => f.write_str("tells recipes apart on every speaker"),
        }
    }
}
