//! What the runs of a variant can show, known before anything is trained.

use super::{PlanError, RunPlan};
use crate::evaluate::{FEWEST_NETWORKS, FEWEST_SPEAKERS};
use serde::Serialize;
use std::collections::BTreeSet;
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
}

impl Design {
    /// The design of the runs of one variant.
    ///
    /// # Errors
    /// A split that does not fit the corpus.
    pub fn of(runs: &[RunPlan]) -> Result<Self, PlanError> {
        let seeds: BTreeSet<u64> = runs.iter().map(|run| run.name.seed).collect();
        let mut tested: BTreeSet<&str> = BTreeSet::new();
        for run in runs {
            let fold = run.fold()?;
            tested.extend(fold.test.rows().iter().map(|row| run.recordings.clips[row.clip].speaker.as_str()));
        }
        let all =
            |run: &RunPlan| run.recordings.clips.iter().map(|c| c.speaker.as_str()).collect::<BTreeSet<_>>().len();
        Ok(Self {
            seeds: seeds.len(),
            folds: runs.len() / seeds.len().max(1),
            speakers: tested.len(),
            of: runs.first().map_or(0, all),
        })
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
