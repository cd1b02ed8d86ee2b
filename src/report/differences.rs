//! Paired differences between variants: the same clips, the same seeds.

use super::group::{Group, Pooled};
use crate::evaluate::{self, Difference, Method, Metric, Pair, SIGNIFICANT, Verdict, correct, smallest_p};
use crate::seed::Seeds;
use rayon::prelude::*;
use serde::Serialize;
use std::collections::BTreeSet;

/// The metrics that are tested: each more one makes every test of the table weaker, so only the two that the field reports.
pub(super) const TESTED: [Metric; 2] = [Metric::Uar, Metric::Accuracy];

/// How a variant differs from the baseline in one metric.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VariantDifference {
    /// The variant.
    pub variant: String,
    /// What it is held against.
    pub against: String,
    /// The difference, variant minus baseline, with interval and p values; `p_holm` is corrected for all differences of
    /// its table.
    #[serde(flatten)]
    pub difference: Difference,
    /// Better, worse or unclear at the corrected p of 0.05.
    pub verdict: Verdict,
    /// Whether a run of either side leaks.
    pub stamped: bool,
}

/// Holds each group of `others` against `baseline`, in all metrics of [`TESTED`], and corrects the p values together.
/// What cannot be compared is told in the notes.
pub(super) fn differences(baseline: &Group<'_>, others: &[&Group<'_>]) -> (Vec<VariantDifference>, Vec<String>) {
    let pairs: Vec<Result<Vec<Difference>, String>> =
        others.par_iter().map(|other| difference(baseline, other)).collect();
    let (mut found, mut notes, mut sides) = (Vec::new(), Vec::new(), Vec::new());
    for (other, pair) in others.iter().zip(pairs) {
        match pair {
            Ok(differences) => {
                sides.extend(differences.iter().map(|_| *other));
                found.extend(differences);
            }
            Err(why) => notes.push(format!("{} is not held against {}: {why}", other.label, baseline.label)),
        }
    }
    correct(&mut found);
    notes.extend(too_few(&found, &baseline.label));
    let row = |(difference, other): (Difference, &Group<'_>)| VariantDifference {
        variant: other.label.clone(),
        against: baseline.label.clone(),
        verdict: difference.verdict(),
        difference,
        stamped: !other.stamps().is_empty() || !baseline.stamps().is_empty(),
    };
    (found.into_iter().zip(sides).map(row).collect(), notes)
}

/// What cannot be shown, whatever the differences: a test over few speakers has few outcomes.
fn too_few(differences: &[Difference], baseline: &str) -> Option<String> {
    let by_speakers = differences.iter().filter(|d| d.method == Method::SpeakerBootstrap).map(|d| d.speakers);
    let speakers = by_speakers.max()?;
    let smallest = (smallest_p(speakers) * differences.len() as f64).min(1.0);
    (smallest >= SIGNIFICANT).then(|| {
        format!(
            "{speakers} speakers in common with {baseline} are too few: over {} comparisons no corrected p can be below \
             {smallest:.3}, however large a difference; test more speakers (`k-fold` tests all)",
            differences.len()
        )
    })
}

fn difference(baseline: &Group<'_>, other: &Group<'_>) -> Result<Vec<Difference>, String> {
    let mut pooled: Vec<(Pooled, Pooled)> = Vec::new();
    for seed in baseline.seeds.keys().filter(|s| other.seeds.contains_key(s)) {
        let folds: BTreeSet<_> = baseline.folds(*seed).intersection(&other.folds(*seed)).copied().collect();
        if !folds.is_empty() {
            pooled.push((baseline.predictions(*seed, &folds)?, other.predictions(*seed, &folds)?));
        }
    }
    let Some(((labels, _), _)) = pooled.first() else {
        return Err("they have no seed and fold in common".to_owned());
    };
    if pooled.iter().any(|((b, _), (v, _))| b != labels || v != labels) {
        return Err("they have different labels".to_owned());
    }
    let pairs: Vec<Pair> = pooled.iter().map(|((_, b), (_, v))| Pair { baseline: b, variant: v }).collect();
    TESTED
        .iter()
        .map(|metric| {
            // A stream of its own for each, so that a result does not depend on what else is compared.
            let name =
                format!("compare {}/{} {}/{}", baseline.experiment, baseline.variant, other.experiment, other.variant);
            let mut stream = Seeds::new(0).stream(&name, &[*metric as u64]);
            evaluate::compare(labels.len(), *metric, &pairs, &mut stream).map_err(|e| e.to_string())
        })
        .collect()
}
