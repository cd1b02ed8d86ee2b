//! What the runs of a variant can show, known before anything is trained.

use super::RunPlan;
use super::outlook::Tested;
use crate::evaluate::{FEWEST_SPEAKERS, Question, too_few};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// How many networks a variant trains, and on whom they are tested.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Design {
    /// Seeds.
    pub seeds: usize,
    /// Folds of each seed; 1 without folds.
    pub folds: usize,
    /// Different speakers tested, all runs together.
    pub speakers: usize,
    /// Speakers of the corpus.
    pub of: usize,
    /// Whether all seeds test the same clips in the same folds; otherwise each draws its own.
    pub one_split: bool,
    /// Whether speakers that are tested were learned from.
    pub known_speakers: bool,
}

impl Design {
    /// The design of the runs of one variant, of which is known what each tests.
    pub(super) fn of(runs: &[RunPlan], rows: &[Tested]) -> Self {
        let seeds: BTreeSet<u64> = runs.iter().map(|run| run.name.seed).collect();
        let known_speakers = rows.iter().any(|tested| tested.known_speakers);
        let (mut tested, mut splits) = (BTreeSet::new(), BTreeMap::<_, BTreeSet<&[usize]>>::new());
        for (run, Tested { clips, .. }) in runs.iter().zip(rows) {
            tested.extend(clips.iter().map(|clip| run.recordings.clips[*clip].speaker.as_str()));
            splits.entry(run.name.fold).or_default().insert(clips.as_slice());
        }
        let all =
            |run: &RunPlan| run.recordings.clips.iter().map(|c| c.speaker.as_str()).collect::<BTreeSet<_>>().len();
        Self {
            seeds: seeds.len(),
            folds: runs.len() / seeds.len().max(1),
            speakers: tested.len(),
            of: runs.first().map_or(0, all),
            one_split: splits.values().all(|of_fold| of_fold.len() == 1),
            known_speakers,
        }
    }

    /// Trained networks.
    pub fn networks(&self) -> usize {
        self.seeds * self.folds
    }

    /// What a comparison of such runs will say that it is of, and on what.
    fn question(&self) -> Question {
        if self.networks() > 1 { Question::Recipes } else { Question::Networks }
    }

    /// What would lend it a level, where it has none.
    fn way_out(&self) -> String {
        let mut ways = Vec::new();
        if too_few(self.question(), self.networks(), FEWEST_SPEAKERS).is_some() {
            ways.push("more seeds give more networks".to_owned());
        }
        match self.speakers {
            enough if enough >= FEWEST_SPEAKERS => {}
            _ if self.of < FEWEST_SPEAKERS => ways.push(format!("the corpus has {} speakers only", self.of)),
            some if some < self.of => ways.push(format!("k-fold tests all {} speakers", self.of)),
            _ => {}
        }
        ways.join(", and ")
    }
}

impl fmt::Display for Design {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
        let (networks, seeds) = (count(self.networks(), "network"), count(self.seeds, "seed"));
        let folds = if self.folds > 1 { format!(" x {}", count(self.folds, "fold")) } else { String::new() };
        let split = match (self.seeds, self.one_split) {
            (1, _) => "",
            (_, true) => ", one split for all seeds",
            (_, false) => ", split anew by each seed",
        };
        write!(f, "{networks} ({seeds}{folds}), tested on {} of {} speakers{split}: ", self.speakers, self.of)?;
        let others = match self.speakers {
            _ if self.known_speakers => "other clips of speakers that it learned from",
            1 => "other clips of this speaker",
            _ => "other speakers",
        };
        match self.question() {
            Question::Networks => write!(
                f,
                "shows what this network does on {others}, and nothing of the recipe; k-fold or more seeds would"
            )?,
            Question::Recipes => f.write_str("tells recipes apart")?,
        }
        match too_few(self.question(), self.networks(), self.speakers) {
            Some(what) => {
                let but = if self.question() == Question::Recipes { ", but" } else { ";" };
                write!(f, "{but} with {what} no level can be held: {}", self.way_out())
            }
            None if self.question() == Question::Networks => Ok(()),
            None if self.known_speakers => f.write_str(", on speakers that they learned from"),
            None if self.speakers < self.of => f.write_str("; k-fold would test every speaker"),
            None => f.write_str(" on every speaker"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn design(seeds: usize, folds: usize, speakers: usize, of: usize, one_split: bool) -> String {
        Design { seeds, folds, speakers, of, one_split, known_speakers: false }.to_string()
    }

    #[test]
    fn a_design_says_before_what_a_comparison_says_afterwards() {
        insta::assert_snapshot!(
            [
                design(3, 5, 24, 24, false),
                design(3, 1, 14, 24, false),
                design(3, 1, 5, 24, true),
                design(2, 1, 10, 24, false),
                design(2, 1, 5, 6, false),
                design(1, 1, 5, 24, true),
                design(1, 6, 6, 6, true),
                design(1, 1, 1, 24, true),
            ]
            .join("\n"),
            @r"
        15 networks (3 seeds x 5 folds), tested on 24 of 24 speakers, split anew by each seed: tells recipes apart on every speaker
        3 networks (3 seeds), tested on 14 of 24 speakers, split anew by each seed: tells recipes apart; k-fold would test every speaker
        3 networks (3 seeds), tested on 5 of 24 speakers, one split for all seeds: tells recipes apart, but with 5 speakers (fewer than 9) no level can be held: k-fold tests all 24 speakers
        2 networks (2 seeds), tested on 10 of 24 speakers, split anew by each seed: tells recipes apart, but with 2 networks a side (fewer than 3) no level can be held: more seeds give more networks
        2 networks (2 seeds), tested on 5 of 6 speakers, split anew by each seed: tells recipes apart, but with 2 networks a side (fewer than 3) and 5 speakers (fewer than 9) no level can be held: more seeds give more networks, and the corpus has 6 speakers only
        1 network (1 seed), tested on 5 of 24 speakers: shows what this network does on other speakers, and nothing of the recipe; k-fold or more seeds would; with 5 speakers (fewer than 9) no level can be held: k-fold tests all 24 speakers
        6 networks (1 seed x 6 folds), tested on 6 of 6 speakers: tells recipes apart, but with 6 speakers (fewer than 9) no level can be held: the corpus has 6 speakers only
        1 network (1 seed), tested on 1 of 24 speakers: shows what this network does on other clips of this speaker, and nothing of the recipe; k-fold or more seeds would; with 1 speaker (fewer than 9) no level can be held: k-fold tests all 24 speakers
        "
        );
    }

    #[test]
    fn where_speakers_are_shared_nothing_is_said_of_others() {
        let of = |seeds| Design { seeds, folds: 1, speakers: 24, of: 24, known_speakers: true, ..Design::default() };
        let one = of(1).to_string();
        assert!(one.contains("on other clips of speakers that it learned from, and nothing of the recipe"), "{one}");
        let many = of(5).to_string();
        assert!(many.ends_with("tells recipes apart, on speakers that they learned from"), "{many}");
    }

    #[test]
    fn few_networks_and_few_speakers_are_told_wherever_a_comparison_would_not_hold() {
        for (networks, speakers) in (1..5).flat_map(|n| [1, 8, 9, 24].map(|s| (n, s))) {
            let design = Design { seeds: networks, folds: 1, speakers, of: 24, ..Design::default() };
            let holds = too_few(design.question(), networks, speakers).is_none();
            assert_eq!(design.to_string().contains("no level can be held"), !holds, "{design}");
        }
    }
}
