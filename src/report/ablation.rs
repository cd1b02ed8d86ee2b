//! What each part of a variant is worth: the full variant against the same without the part.

use super::compare::Asked;
use super::differences::{TESTED, VariantDifference, differences};
use super::group::Group;
use crate::evaluate::{Method, Metric, Question, Settle, Verdict};
use serde::Serialize;
use std::collections::BTreeMap;

/// A variant and its parts, the most valuable first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ablation {
    /// The full variant.
    pub full: String,
    /// Its parts, by worth in UAR.
    pub parts: Vec<PartWorth>,
    /// The differences behind them: the variant without the part, held against the full one.
    #[serde(skip)]
    pub differences: Vec<VariantDifference>,
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
    /// Two-sided p of Student's t.
    pub p: f64,
    /// The same corrected for all parts and metrics of the variant (Holm).
    pub p_holm: f64,
    /// Whether the part makes the variant better or worse, at the corrected p.
    pub verdict: Verdict,
    /// What the worth is of: recipes, or these networks.
    pub question: Question,
    /// The smallest worth that this design finds four times of five.
    pub smallest_found: f64,
    /// What would find the worth seen.
    pub settled_by: Settle,
    /// Whether the level of this design is known to hold.
    pub level_holds: bool,
    /// The number of seeds with which it was settled, where seeds were added until it was.
    pub settled_with: Option<usize>,
    /// Clips in common, each counted once.
    pub n: usize,
    /// Speakers in common.
    pub speakers: usize,
    /// Networks with the part and without it.
    pub networks: [usize; 2],
    /// What is drawn anew.
    pub method: Method,
    /// Whether a run of either side leaks.
    pub stamped: bool,
}

/// The ablations among the groups; what cannot be compared is told in the notes.
pub(super) fn ablations(groups: &[Group<'_>], asked: &Asked<'_>) -> (Vec<Ablation>, Vec<String>) {
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
        let (differences, more) = differences(whole, &others, asked);
        notes.extend(more);
        let part = |label: &str| {
            let group = others.iter().find(|g| g.label == label);
            group.and_then(|g| g.ablates.as_ref()).map(|(_, part)| part.clone()).unwrap_or_default()
        };
        let mut parts: Vec<PartWorth> = differences.iter().map(|d| worth(d, part(&d.variant))).collect();
        rank(&mut parts);
        if !parts.is_empty() {
            found.push(Ablation { full: whole.label.clone(), parts, differences });
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
        question: difference.question,
        smallest_found: difference.smallest_found,
        settled_by: difference.settled_by,
        level_holds: difference.level_holds,
        settled_with: d.settled_with,
        n: difference.n,
        speakers: difference.speakers,
        networks: difference.networks,
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
