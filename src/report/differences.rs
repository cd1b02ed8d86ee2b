//! Differences between variants: recipes, or these very networks.

use super::compare::Asked;
use super::group::{Answers, Group};
use crate::evaluate::{self, Difference, Looks, Metric, Question, SIGNIFICANT, Verdict, correct};
use rayon::prelude::*;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

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
    /// Better, worse or unclear at the corrected p.
    pub verdict: Verdict,
    /// The number of seeds with which it was settled, where seeds were added until it was; the verdict is then that of the time.
    pub settled_with: Option<usize>,
    /// Whether a run of either side leaks.
    pub stamped: bool,
}

/// Holds each group of `others` against `baseline`, in all metrics of [`TESTED`], and corrects the p values together.
/// What cannot be compared, and what a comparison cannot say, is told in the notes.
pub(super) fn differences(
    baseline: &Group<'_>,
    others: &[&Group<'_>],
    asked: &Asked<'_>,
) -> (Vec<VariantDifference>, Vec<String>) {
    let mut labels = Vec::new();
    let answers = if others.is_empty() { return Default::default() } else { baseline.answers(&mut labels) };
    let answers = answers.map_err(|why| vec![format!("nothing is held against {}: {why}", baseline.label)]);
    let of = match &answers {
        Ok(answers) => |other: &&Group<'_>| difference(answers, &labels, other, asked.question),
        Err(notes) => return (Vec::new(), notes.clone()),
    };
    let tested: Vec<Result<Vec<Difference>, String>> = others.par_iter().map(of).collect();
    let (mut found, mut notes, mut sides) = (Vec::new(), Vec::new(), Vec::new());
    for (other, tested) in others.iter().zip(tested) {
        match tested {
            Ok(differences) => {
                sides.extend(differences.iter().map(|_| *other));
                found.extend(differences);
            }
            Err(why) => notes.push(format!("{} is not held against {}: {why}", other.label, baseline.label)),
        }
    }
    correct(&mut found, asked.looks.map_or(SIGNIFICANT, Looks::level));
    let row = |(difference, other): (Difference, &Group<'_>)| {
        // Looks at runs that asked something else say nothing of these.
        let looked_at = |looks: &Looks, group: &Group<'_>| group.key().is_none_or(|key| looks.were_at(key));
        let looks = asked.looks.filter(|looks| looked_at(looks, baseline) && looked_at(looks, other));
        let settled = looks.and_then(|l| {
            // Where it is known what was looked at, what else lies there does not matter.
            let name = |group: &Group<'_>| if l.asks.is_empty() { group.label.clone() } else { group.variant.clone() };
            l.settled(&name(other), &name(baseline), difference.metric)
        });
        VariantDifference {
            variant: other.label.clone(),
            against: baseline.label.clone(),
            verdict: match settled {
                Some((_, verdict)) => verdict,
                // What no look has settled, a later look at other runs does not.
                None if looks.is_some() && !asked.looking => Verdict::Unclear,
                None => difference.verdict(),
            },
            difference,
            settled_with: settled.map(|(seeds, _)| seeds),
            stamped: !other.stamps().is_empty() || !baseline.stamps().is_empty(),
        }
    };
    let rows: Vec<VariantDifference> = found.into_iter().zip(sides).map(row).collect();
    notes.extend(cautions(&rows, asked));
    (rows, notes)
}

/// What the design of a comparison does not allow to say.
fn cautions(rows: &[VariantDifference], asked: &Asked<'_>) -> Vec<String> {
    let named = |of: &dyn Fn(&VariantDifference) -> bool| -> Vec<&str> {
        let names: BTreeSet<&str> = rows.iter().filter(|row| of(row)).map(|row| row.variant.as_str()).collect();
        names.into_iter().collect()
    };
    let mut notes = Vec::new();
    let networks = named(&|row| row.difference.question != asked.question);
    if let Some(row) = rows.first().filter(|_| !networks.is_empty()) {
        notes.push(format!(
            "{} and {}: one trained network on a side says nothing of what training again would give: the row is of these very \
             networks, not of recipes; k-fold or more seeds tell of recipes",
            networks.join(", "),
            row.against
        ));
    }
    let mut lacking: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for row in rows {
        if let Some(what) = row.difference.lacks() {
            lacking.entry(what).or_default().insert(&row.variant);
        }
    }
    notes.extend(lacking.into_iter().map(|(what, variants)| {
        let variants: Vec<&str> = variants.into_iter().collect();
        format!("{}: with {what} the 5 % of p and the 95 % of intervals cannot be held", variants.join(", "))
    }));
    for row in rows.iter().filter(|row| row.difference.without_partner != [0, 0]) {
        let [baseline, variant] = row.difference.without_partner;
        let note = format!(
            "{} and {}: {baseline} and {variant} of their networks have no partner of the same seed and fold, and do not count in \
             the difference",
            row.against, row.variant
        );
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
    notes
}

fn difference(
    baseline: &Answers,
    labels: &[String],
    other: &Group<'_>,
    question: Question,
) -> Result<Vec<Difference>, String> {
    let mut known = labels.to_vec();
    let answers = other.answers(&mut known)?;
    let same = known.len() == labels.len() && other.runs().all(|run| run.labels() == labels.len());
    if !same {
        return Err("they have different labels".to_owned());
    }
    let compared = |metric: &Metric| {
        evaluate::compare(known.len(), *metric, &baseline.networks(), &answers.networks(), question)
            .map_err(|e| e.to_string())
    };
    TESTED.iter().map(compared).collect()
}
