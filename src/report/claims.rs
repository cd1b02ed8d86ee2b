//! Published claims held against the runs of the variants they are about.
//!
//! A claim that GRIM refuses is impossible, whatever was run; so is one of speakers apart on a number of clips that no whole
//! speakers have, provided that all clips were in use. Of the others the runs say nothing where they were tested
//! in another way: under another split, or on another number of clips. Where they were tested alike, the claim is
//! reproduced if it lies in an interval in which one more run would lie (see [`PredictionInterval`]): from three trained networks
//! on by all that another run has of its own, its training, its speakers and its clips together; with fewer by what can be told:
//!
//! - clips, for accuracy;
//! - speakers, widened by the error that the published figure has as well. An accuracy under a split that leaks is not held
//!   against it: where the same speakers are in training and test, a second test set has no other voices. For UAR and F1 it
//!   is all there is, for they are no share of all clips.
//!
//! The verdict names the widest interval that holds the figure, or the widest of all if none does. An interval that could
//! contradict little (see [`PredictionInterval::is_too_wide`]) reproduces nothing: where no other holds the figure, it cannot be
//! told.

mod evidence;
#[cfg(test)]
mod made;
mod page;
mod programs;
mod speakers;
mod words;

use super::compare::LeftOut;
use super::{Figure, Format, document};
use crate::evaluate::{Claim, Noise, NotWhole, PredictionInterval, Ruling, WholeSpeakers, claim_with_nulls};
use crate::record::StoredRun;
use crate::split::Protocol;
use evidence::Evidence;
use rayon::prelude::*;
use serde::Serialize;

/// A claim and the runs that it is held against.
#[derive(Debug, Clone, Copy)]
pub struct Claimed<'a> {
    /// What was published.
    pub claim: &'a Claim,
    /// The variant as it was run, grid point included.
    pub cell: &'a str,
    /// Every run of it there is, in whatever state; only sealed ones are used. Verdicts rest on `predictions.csv`, so
    /// they are to be read with [`Depth::All`](crate::record::Depth::All).
    pub runs: &'a [StoredRun],
    /// The clips of the corpus by speaker, in each way in which they may have been used; none where they are not known.
    pub corpora: &'a [WholeSpeakers],
    /// The split of the runs; none where it is not known.
    pub split: Option<&'a Protocol>,
}

/// What came of holding a claim against runs. Shares are in [0, 1].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JudgedClaim {
    /// The variant as it was run, grid point included.
    pub cell: String,
    /// What was published.
    #[serde(serialize_with = "claim_with_nulls")]
    pub claim: Claim,
    /// What came of it; none where there are no figures to judge by.
    pub verdict: Option<Ruling>,
    /// The reasons, most important first.
    pub why: Vec<String>,
    /// That the published number of clips cannot be whole speakers of the corpus, where it cannot.
    pub not_whole_speakers: Option<NotWhole>,
    /// Whether the verdict is so only if all clips of the corpus were in use.
    pub provided_all_clips: bool,
    /// The interval that the verdict rests on, where it rests on one.
    pub judged_by: Option<PredictionInterval>,
    /// Every interval that was asked, the widest first; none without a ruling on the value.
    pub intervals: Vec<PredictionInterval>,
    /// What the runs show, as [`compare`](super::compare()) tells it.
    pub figure: Option<Figure>,
    /// Their split protocol.
    pub protocol: Option<String>,
    /// Their seeds.
    pub seeds: Vec<u64>,
    /// Trained networks that the figure rests on.
    pub networks: usize,
    /// Folds of each seed; 1 without folds.
    pub folds: usize,
    /// Test clips of each seed, its folds together, in order of seed.
    pub clips: Vec<usize>,
    /// Different speakers in the tests of all seeds.
    pub speakers: usize,
    /// Leaks of the runs, which must be printed beside the verdict.
    pub stamps: Vec<String>,
    /// Runs that take no part.
    pub left_out: usize,
}

/// Claims with their verdicts, ready to be written in any [`Format`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Claims {
    /// How many are reproduced.
    pub reproduced: usize,
    /// Of how many it cannot be told: the runs are too few or too different to contradict a figure.
    pub cannot_tell: usize,
    /// Every claim, in the order given.
    pub judged: Vec<JudgedClaim>,
    /// Runs that take no part: unfinished, failed, changed after sealing, superseded, of a seed that lacks a fold.
    pub left_out: Vec<LeftOut>,
}

impl Claims {
    /// Whether every claim is reproduced; not so where there is none.
    pub fn all_reproduced(&self) -> bool {
        !self.judged.is_empty() && self.reproduced == self.judged.len()
    }

    /// Writes the claims.
    pub fn render(&self, format: Format) -> String {
        match format {
            Format::Text => page::text(self),
            Format::Markdown => page::markdown(self),
            Format::Csv => programs::csv(self),
            Format::Json => document("claims", serde_json::to_value(self).expect("claims are plain data")),
        }
    }
}

/// Holds each claim against its runs. What is wrong with runs becomes a reason without a verdict, so that one variant
/// never hides the others.
pub fn claims(claimed: &[Claimed<'_>]) -> Claims {
    let (judged, left_out): (Vec<JudgedClaim>, Vec<Vec<LeftOut>>) = claimed.par_iter().map(judge).unzip();
    let mut left_out = left_out.concat();
    left_out.sort_by(|a, b| a.run.cmp(&b.run));
    left_out.dedup();
    let count = |ruling| judged.iter().filter(|j| j.verdict == Some(ruling)).count();
    let (reproduced, cannot_tell) = (count(Ruling::Reproduced), count(Ruling::CannotTell));
    Claims { reproduced, cannot_tell, judged, left_out }
}

fn judge(claimed: &Claimed<'_>) -> (JudgedClaim, Vec<LeftOut>) {
    let claim = claimed.claim;
    let (evidence, left_out) = evidence::of(claimed);
    let mut judged = JudgedClaim {
        cell: claimed.cell.to_owned(),
        claim: claim.clone(),
        verdict: None,
        why: Vec::new(),
        not_whole_speakers: speakers::rule_out(claimed),
        provided_all_clips: false,
        judged_by: None,
        intervals: Vec::new(),
        figure: None,
        protocol: None,
        seeds: Vec::new(),
        networks: 0,
        folds: 0,
        clips: Vec::new(),
        speakers: 0,
        stamps: Vec::new(),
        left_out: left_out.len(),
    };
    let evidence = evidence.inspect(|e| e.tell(&mut judged));
    (judged.verdict, judged.why) = if let Some(impossible) = claim.impossible() {
        (Some(Ruling::Impossible), words::impossible(&impossible, claim, &judged.clips))
    } else {
        match evidence {
            Err(why) => (None, vec![why]),
            Ok(evidence) => {
                let differs = words::differences(&judged, evidence.unusable);
                if differs.is_empty() { rule(&mut judged, &evidence) } else { (Some(Ruling::ProtocolDiffers), differs) }
            }
        }
    };
    if let Some(found) = judged.not_whole_speakers {
        speakers::weigh(&mut judged, &found, claimed.split);
    }
    (judged, left_out)
}

/// The verdict on the value, with its reasons; the intervals are noted in `judged`.
fn rule(judged: &mut JudgedClaim, evidence: &Evidence) -> (Option<Ruling>, Vec<String>) {
    let claim = &judged.claim;
    let mut intervals = evidence.intervals(claim);
    intervals.sort_by(|a, b| b.half_width().total_cmp(&a.half_width()));
    let holding = || intervals.iter().filter(|i| claim.lies_in(i.low, i.high));
    let telling = holding().find(|i| !i.is_too_wide(evidence.classes)).copied();
    let (verdict, holding) = match (telling, holding().next().copied()) {
        (Some(telling), _) => (Ruling::Reproduced, Some(telling)),
        (None, Some(wide)) => (Ruling::CannotTell, Some(wide)),
        (None, None) => (Ruling::NotReproduced, None),
    };
    let Some(by) = holding.or(intervals.first().copied()) else {
        return (None, vec![format!("{} of its runs has no interval", claim.metric)]);
    };
    (judged.intervals, judged.judged_by) = (intervals, Some(by));
    (Some(verdict), words::ruling(judged, &by, (verdict == Ruling::CannotTell).then_some(evidence.classes)))
}

/// Sources of noise in the order in which they are named.
const SOURCES: [Noise; 3] = [Noise::Runs, Noise::Clips, Noise::Speakers];

#[cfg(test)]
#[path = "claims_tests.rs"]
mod tests;
