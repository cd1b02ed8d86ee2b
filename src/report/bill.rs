//! The leak bill: one experiment under several split protocols, and what each step of honesty costs.

mod gather;
mod page;
mod words;

use super::brief::differing_in_brief;
use super::figures::{Figure, VariantSummary};
use super::group::Group;
use super::plots::{self, BillRow, BillVariant, Scene};
use super::settings::SettingDifference;
use super::{Format, ReportError, tables};
use crate::evaluate::{Change, FEWEST_NETWORKS, FEWEST_SPEAKERS, Metric, Prediction, Question, change};
use crate::record::StoredRun;
use gather::{Tested, common_seeds, tested};
use rayon::prelude::*;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The metrics whose change is told.
const BILLED: [Metric; 2] = [Metric::Accuracy, Metric::Uar];

/// A variant under one protocol.
#[derive(Debug, Clone)]
pub struct Step {
    /// The protocol, as tables name it.
    pub protocol: String,
    /// What the step before had and this one has not: "twins", "speakers", "selection on test". Empty for the first.
    pub price: String,
    /// Its runs, all seeds and folds; those without a result are named and not averaged.
    pub runs: Vec<StoredRun>,
}

/// A variant under several protocols, from the least to the most honest.
#[derive(Debug, Clone)]
pub struct Account {
    /// The variant.
    pub variant: String,
    /// Its protocols, one or more.
    pub steps: Vec<Step>,
}

/// A leak bill, ready to be written in any [`Format`] and to be drawn.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bill {
    /// The experiment.
    pub experiment: String,
    /// The question it asks; may be empty.
    pub question: String,
    /// A bill a variant, in the order given.
    pub variants: Vec<VariantBill>,
    /// Runs that are in no figure.
    pub left_out: Vec<UncountedRun>,
    /// What else must be known to read the figures.
    pub notes: Vec<String>,
}

/// The bill of one variant.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VariantBill {
    /// The variant.
    pub variant: String,
    /// What guessing gets right, in [0, 1]: one over the number of classes, however unequal they are.
    pub chance: f64,
    /// The seeds that have a result under every protocol: only they count.
    pub seeds: Vec<u64>,
    /// The protocols, from the least to the most honest.
    pub steps: Vec<ProtocolFigures>,
    /// From the first protocol to the last, in accuracy and UAR; empty where there is only one.
    pub total: Vec<Change>,
    /// The bill in a sentence.
    pub sentence: String,
}

/// A variant's figures under one protocol. Lists that go by seed are in the order of [`VariantBill::seeds`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProtocolFigures {
    /// The protocol.
    pub protocol: String,
    /// What the protocol before had and this one has not; empty for the first.
    pub price: String,
    /// The largest number of folds a seed has; 1 without folds.
    pub folds: usize,
    /// Runs that count.
    pub runs: usize,
    /// Tested rows of each seed, over all folds.
    pub rows: Vec<usize>,
    /// Different clips among the tested rows of each seed: a clip and its augmented copies are one.
    pub clips: Vec<usize>,
    /// Speakers tested, all seeds together.
    pub speakers: usize,
    /// Accuracy, UAR, weighted and macro F1 with their intervals, as a comparison has them.
    pub figures: Vec<Figure>,
    /// From the protocol before to this one, in accuracy and UAR; empty for the first.
    pub changes: Vec<Change>,
    /// Settings that are not those of the protocol before, their values before and here; empty for the first.
    pub settings: Vec<SettingDifference>,
    /// What must be printed beside the figures: leaks.
    pub stamps: Vec<String>,
}

/// A run that is in no figure of a bill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UncountedRun {
    /// The variant.
    pub variant: String,
    /// The protocol.
    pub protocol: String,
    /// The run, or the seed and fold of one that is not there.
    pub run: String,
    /// How it stands: `missing`, `failed`, `interrupted`, `running`, `TAMPERED`, `damaged`, `superseded`,
    /// `incomplete`.
    pub state: String,
    /// Why.
    pub why: String,
}

impl VariantBill {
    /// The change of a metric from the first protocol to the last.
    pub fn total(&self, metric: Metric) -> Option<&Change> {
        self.total.iter().find(|c| c.metric == metric)
    }
}

impl ProtocolFigures {
    /// The figure of a metric.
    pub fn figure(&self, metric: Metric) -> Option<&Figure> {
        self.figures.iter().find(|f| f.metric == metric)
    }

    /// The change of a metric from the protocol before.
    pub fn change(&self, metric: Metric) -> Option<&Change> {
        self.changes.iter().find(|c| c.metric == metric)
    }
}

impl Bill {
    /// Writes the bill.
    pub fn render(&self, format: Format) -> String {
        match format {
            Format::Text => page::text(self),
            Format::Markdown => page::markdown(self),
            Format::Csv => page::csv(self),
            Format::Json => {
                let body = serde_json::to_value(self).expect("a bill is plain data");
                super::document("leak-bill", body)
            }
        }
    }

    /// Draws a metric of all variants under all protocols for a talk: what is left, and what each step took away. The title
    /// is the question, or the experiment where it asks none.
    pub fn plot(&self, metric: Metric) -> Scene {
        let row = |step: &ProtocolFigures| {
            let figure = step.figure(metric)?;
            Some(BillRow {
                protocol: step.protocol.clone(),
                tested: words::tested(step),
                value: figure.mean,
                interval: figure.low.zip(figure.high),
                price: step.price.clone(),
                change: step.change(metric).map(|c| [c.value, c.low, c.high]),
                leaks: !step.stamps.is_empty(),
            })
        };
        let variants: Vec<BillVariant> = self
            .variants
            .iter()
            .map(|v| BillVariant {
                name: v.variant.clone(),
                chance: v.chance,
                rows: v.steps.iter().filter_map(row).collect(),
            })
            .collect();
        let title = if self.question.is_empty() { &self.experiment } else { &self.question };
        plots::bill(&variants, tables::title(metric), title, &words::footnote(self))
    }
}

/// Makes the bill of an experiment from the runs of its variants under each protocol.
///
/// Only seeds count that have a result under every protocol of the variant, so that each step holds the same seeds against
/// each other; the runs left out are named. Figures and their intervals are those of a comparison, changes those of
/// [`change`].
///
/// # Errors
/// No account or one without protocols; a protocol without any result; protocols without a seed in common.
pub fn bill(experiment: &str, question: &str, accounts: &[Account]) -> Result<Bill, ReportError> {
    if accounts.is_empty() || accounts.iter().any(|a| a.steps.is_empty()) {
        return Err(ReportError::NoRuns);
    }
    let mut bill = Bill {
        experiment: experiment.to_owned(),
        question: question.trim().to_owned(),
        variants: Vec::new(),
        left_out: Vec::new(),
        notes: Vec::new(),
    };
    // Collected in order, so that of several errors the first account's is told.
    for made in accounts.par_iter().map(variant_bill).collect::<Vec<_>>() {
        let (variant, left_out, notes) = made?;
        bill.variants.push(variant);
        bill.left_out.extend(left_out);
        bill.notes.extend(notes);
    }
    Ok(bill)
}

type Made = (VariantBill, Vec<UncountedRun>, Vec<String>);

fn variant_bill(account: &Account) -> Result<Made, ReportError> {
    let (mut left_out, mut notes, mut labels) = (Vec::new(), Vec::new(), Vec::new());
    let mut steps = tested(account, &mut labels, &mut left_out)?;
    let seeds = common_seeds(account, &mut steps, &mut notes)?;
    let mut figures: Vec<ProtocolFigures> = Vec::new();
    for (i, step) in steps.iter().enumerate() {
        let before = i.checked_sub(1).map(|b| &steps[b]);
        let (mut made, note) = protocol_figures(account, step);
        if let Some(before) = before {
            made.changes = changes(labels.len(), before, step);
            made.settings = differing_in_brief(&[before.config(), step.config()]);
        }
        notes.extend(note);
        figures.push(made);
    }
    let total = match steps.as_slice() {
        [first, .., last] => changes(labels.len(), first, last),
        _ => Vec::new(),
    };
    let chance = 1.0 / labels.len() as f64;
    let variant = account.variant.clone();
    let mut made = VariantBill { variant, chance, seeds, steps: figures, total, sentence: String::new() };
    made.sentence = words::sentence(&made);
    notes.extend(too_few(&made));
    Ok((made, left_out, notes))
}

/// Says where the steps rest on fewer seeds or speakers than their intervals are known to hold with.
fn too_few(bill: &VariantBill) -> Option<String> {
    let speakers = bill.total.iter().map(|c| c.speakers).min()?;
    let seeds = bill.seeds.len();
    (seeds < FEWEST_NETWORKS || speakers < FEWEST_SPEAKERS).then(|| {
        format!(
            "{}: its steps rest on few seeds ({seeds}) or speakers ({speakers}); their intervals are known to hold from \
             {FEWEST_NETWORKS} seeds and {FEWEST_SPEAKERS} speakers on",
            bill.variant
        )
    })
}

fn protocol_figures(account: &Account, of: &Tested<'_>) -> (ProtocolFigures, Option<String>) {
    let runs: BTreeMap<u64, Vec<&StoredRun>> = of.seeds.iter().map(|(seed, s)| (*seed, s.runs.clone())).collect();
    let group = Group {
        experiment: of.first().name.experiment.clone(),
        variant: account.variant.clone(),
        label: format!("{} under {}", account.variant, of.step.protocol),
        config: of.config(),
        asked: None,
        seeds: runs,
        torn: Vec::new(),
        whole: true,
        ablates: None,
    };
    let (summary, note) = VariantSummary::of(&group, 0, Question::Recipes);
    let distinct = |p: &Vec<Prediction>| p.iter().map(|p| p.clip.as_str()).collect::<BTreeSet<_>>().len();
    let lists = || of.seeds.values().map(|s| &s.predictions);
    let made = ProtocolFigures {
        protocol: of.step.protocol.clone(),
        price: of.step.price.clone(),
        folds: summary.folds,
        runs: summary.runs,
        rows: lists().map(Vec::len).collect(),
        clips: lists().map(distinct).collect(),
        speakers: lists().flatten().map(|p| p.speaker.as_str()).collect::<BTreeSet<_>>().len(),
        figures: summary.figures,
        changes: Vec::new(),
        settings: Vec::new(),
        stamps: summary.stamps,
    };
    (made, note)
}

fn changes(classes: usize, before: &Tested<'_>, after: &Tested<'_>) -> Vec<Change> {
    change(classes, BILLED, &before.networks(), &after.networks()).map(Vec::from).unwrap_or_default()
}

#[cfg(test)]
#[path = "bill_tests.rs"]
mod tests;
