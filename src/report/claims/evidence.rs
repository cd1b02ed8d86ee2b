//! What the runs of a cell show of the metric that a claim is about.

use super::super::VariantSummary;
use super::super::compare::LeftOut;
use super::super::group::{Group, group};
use super::{Claimed, JudgedClaim};
use crate::evaluate::{
    Claim, Estimated, FEWEST_NETWORKS, Metric, Noise, PredictionInterval, Question, effective_clips, estimate,
    speakers_tested,
};
use crate::record::{EvaluationFile, StoredRun};
use std::collections::BTreeMap;

/// The sealed runs of a cell, seeds whole.
#[derive(Debug)]
pub(super) struct Evidence {
    summary: VariantSummary,
    metric: Metric,
    /// What the metric is of the recipe trained again, or of these networks where there are too few.
    found: Option<Estimated>,
    protocol: Option<String>,
    /// Test clips of each seed.
    clips: Vec<usize>,
    speakers: usize,
    /// Labels.
    pub(super) classes: usize,
    /// What they are worth together as different clips.
    effective: f64,
    /// Clips of the corpus that no run could use.
    pub(super) unusable: usize,
}

/// What the runs show, or why they show nothing; and those that take no part.
pub(super) fn of(claimed: &Claimed<'_>) -> (Result<Evidence, String>, Vec<LeftOut>) {
    let (mut groups, left_out) = group(claimed.runs);
    if groups.len() > 1 {
        let count = groups.len();
        return (Err(format!("its runs have {count} configurations; hold the runs of one against it")), left_out);
    }
    let Some(group) = groups.pop() else { return (Err(no_result(claimed.runs)), left_out) };
    if !group.whole {
        return (Err("no seed has a result of each of its folds".to_owned()), left_out);
    }
    (read(&group, claimed.claim.metric, left_out.len()), left_out)
}

fn read(group: &Group<'_>, metric: Metric, left_out: usize) -> Result<Evidence, String> {
    let mut labels = Vec::new();
    let answers = group.answers(&mut labels)?;
    let seeds = answers.by_seed();
    let (summary, _) = VariantSummary::of(group, left_out, Question::Recipes);
    let networks = answers.networks();
    let question = if networks.len() < FEWEST_NETWORKS { Question::Networks } else { Question::Recipes };
    let found = estimate(labels.len(), metric, &networks, question);
    let clips: Vec<usize> = seeds.iter().map(Vec::len).collect();
    if clips.contains(&0) {
        return Err("a run has no predictions".to_owned());
    }
    let unusable = group.runs().filter_map(|r| r.evaluation.as_ref()).map(EvaluationFile::unusable).max().unwrap_or(0);
    Ok(Evidence {
        summary,
        metric,
        found,
        protocol: protocol(group.config),
        clips,
        speakers: speakers_tested(&seeds),
        classes: labels.len(),
        effective: effective_clips(&seeds),
        unusable,
    })
}

impl Evidence {
    /// Writes what the runs show into a judgement.
    pub(super) fn tell(&self, judged: &mut JudgedClaim) {
        judged.figure = self.summary.figure(self.metric).cloned();
        judged.protocol = self.protocol.clone();
        judged.seeds = self.summary.seeds.clone();
        judged.networks = self.networks();
        judged.folds = self.summary.folds;
        judged.clips = self.clips.clone();
        judged.speakers = self.speakers;
        judged.stamps = self.summary.stamps.clone();
    }

    /// How many networks it rests on.
    pub(super) fn networks(&self) -> usize {
        self.found.map_or(0, |found| found.networks)
    }

    /// Where one more run would lie: by all that it has of its own, or, where the networks are too few to tell that, by each
    /// source of noise that can be told.
    pub(super) fn intervals(&self, claim: &Claim) -> Vec<PredictionInterval> {
        let Some(found) = self.found.filter(|found| !found.estimate.value.is_nan()) else { return Vec::new() };
        // A published test set of unknown size is taken to be like ours.
        let mean = self.clips.iter().sum::<usize>() as f64 / self.clips.len() as f64;
        let theirs = claim.n.map_or(mean, |n| n as f64);
        // Where the same speakers are in training and test, a second test set has no other voices.
        let other_speakers = self.summary.stamps.is_empty();
        if let Some(run) = PredictionInterval::one_more_run(&found, mean, theirs, other_speakers) {
            return vec![run];
        }
        let accuracy = self.metric == Metric::Accuracy;
        let mut intervals = Vec::new();
        if accuracy {
            intervals.push(PredictionInterval::another_test_set(found.estimate.value, self.effective, theirs));
        }
        // The units are clips where there is one speaker only.
        let noise = if self.speakers == 1 { Noise::Clips } else { Noise::Speakers };
        if (noise == Noise::Speakers && other_speakers) || !accuracy {
            intervals.push(PredictionInterval::another_test_of(&found.estimate, noise, self.effective, theirs));
        }
        intervals
    }
}

/// The kind that the `split` table names.
fn protocol(config: &toml::Table) -> Option<String> {
    config.get("split")?.as_table()?.keys().next().cloned()
}

fn no_result(runs: &[StoredRun]) -> String {
    let mut states: BTreeMap<&str, usize> = BTreeMap::new();
    for run in runs {
        *states.entry(run.state.word()).or_default() += 1;
    }
    let states: Vec<String> = states.iter().map(|(state, count)| format!("{count} {state}")).collect();
    match runs.len() {
        0 => "it has not been run".to_owned(),
        1 => format!("its run has no result ({})", states.join(", ")),
        count => format!("none of its {count} runs has a result ({})", states.join(", ")),
    }
}
