//! What each part of a variant is worth: the full variant against the same without the part.

use super::differences::{TESTED, VariantDifference, differences};
use super::group::Group;
use crate::evaluate::{Method, Metric, Verdict};
use serde::Serialize;
use std::collections::BTreeMap;

/// A variant and its parts, the most valuable first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ablation {
    /// The full variant.
    pub full: String,
    /// Its parts, by worth in UAR.
    pub parts: Vec<PartWorth>,
}

/// What one part is worth in one metric.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PartWorth {
    /// The part, as the spec names it: `augment.noise`.
    pub part: String,
    /// The metric.
    pub metric: Metric,
    /// The figure of the full variant, mean over the seeds.
    pub full: f64,
    /// The same without the part.
    pub without: f64,
    /// What the part adds: full minus without. Negative where the variant is better off without it.
    pub worth: f64,
    /// Lower end of the 95 % interval of the worth.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Two-sided p of the permutation test over speakers.
    pub p: f64,
    /// The same corrected for all parts and metrics of the variant (Holm).
    pub p_holm: f64,
    /// Whether the part makes the variant better or worse, at the corrected p of 0.05.
    pub verdict: Verdict,
    /// Clips in common, each counted once.
    pub n: usize,
    /// Speakers in common.
    pub speakers: usize,
    /// Seeds in common.
    pub seeds: usize,
    /// What was drawn and exchanged as a whole.
    pub method: Method,
    /// Whether a run of either side leaks.
    pub stamped: bool,
}

/// The ablations among the groups; what cannot be compared is told in the notes.
pub(super) fn ablations(groups: &[Group<'_>]) -> (Vec<Ablation>, Vec<String>) {
    let (mut found, mut notes) = (Vec::new(), Vec::new());
    let mut lacking: BTreeMap<(&str, &str), Vec<&Group<'_>>> = BTreeMap::new();
    for group in groups {
        if let Some((full, _)) = &group.ablates {
            lacking.entry((&group.experiment, full)).or_default().push(group);
        }
    }
    for ((experiment, full), others) in lacking {
        let wholes: Vec<&Group<'_>> =
            groups.iter().filter(|g| g.experiment == experiment && g.variant == full).collect();
        let [whole] = wholes.as_slice() else {
            notes.push(match wholes.len() {
                0 => format!("{full} has no result yet, so its parts cannot be ranked"),
                _ => format!(
                    "{full} has several configurations, so its parts cannot be ranked; name the runs to compare"
                ),
            });
            continue;
        };
        let (differences, more) = differences(whole, &others);
        notes.extend(more);
        let part = |label: &str| {
            let group = others.iter().find(|g| g.label == label);
            group.and_then(|g| g.ablates.as_ref()).map(|(_, part)| part.clone()).unwrap_or_default()
        };
        let mut parts: Vec<PartWorth> = differences.iter().map(|d| worth(d, part(&d.variant))).collect();
        rank(&mut parts);
        if !parts.is_empty() {
            found.push(Ablation { full: whole.label.clone(), parts });
        }
    }
    (found, notes)
}

fn worth(d: &VariantDifference, part: String) -> PartWorth {
    let difference = &d.difference;
    PartWorth {
        part,
        metric: difference.metric,
        full: difference.baseline,
        without: difference.variant,
        worth: -difference.value,
        low: -difference.high,
        high: -difference.low,
        p: difference.p,
        p_holm: difference.p_holm,
        // The variant without it is worse: the part makes it better.
        verdict: match d.verdict {
            Verdict::Better => Verdict::Worse,
            Verdict::Worse => Verdict::Better,
            Verdict::Unclear => Verdict::Unclear,
        },
        n: difference.n,
        speakers: difference.speakers,
        seeds: difference.seeds,
        method: difference.method,
        stamped: d.stamped,
    }
}

/// By metric, in the order they are tested, and in it by worth, the largest first.
fn rank(parts: &mut [PartWorth]) {
    let place = |m: Metric| TESTED.iter().position(|t| *t == m);
    parts.sort_by(|a, b| {
        place(a.metric).cmp(&place(b.metric)).then(b.worth.total_cmp(&a.worth)).then_with(|| a.part.cmp(&b.part))
    });
}
