//! A comparison as CSV: one row a variant and what it is held against, with every number in a column of its own, shares as shares.

use super::ablation::Ablation;
use super::compare::Comparison;
use super::differences::{TESTED, VariantDifference};
use super::figures::{Figure, METRICS, VariantSummary};
use super::tables::word;
use super::{Cell, Shown, Table};
use crate::evaluate::{Metric, Question, Settle};

/// What is told of a difference in each metric.
const DIFFERENCE: [&str; 18] = [
    "",
    "_low",
    "_high",
    "_standard_error",
    "_degrees",
    "_p",
    "_p_holm",
    "_level",
    "_verdict",
    "_settled_with",
    "_of",
    "_held",
    "_smallest_found",
    "_more_seeds",
    "_more_speakers",
    "_clips",
    "_speakers",
    "_networks",
];

pub(super) fn csv(c: &Comparison) -> String {
    let columns = columns();
    let mut table = Table::new(columns.iter().map(|key| (key.as_str(), "", Shown::Always)));
    for v in &c.variants {
        let held = held(c, v);
        for (part, rows) in if held.is_empty() { vec![("", Vec::new())] } else { held } {
            let mut row = figures(v);
            TESTED
                .iter()
                .for_each(|metric| row.extend(difference(rows.iter().find(|d| d.difference.metric == *metric))));
            let against = rows.first().map(|d| d.against.as_str());
            row.extend([against.unwrap_or_default().into(), part.into(), v.stamps.join("; ").into()]);
            table.row(row);
        }
    }
    table.csv()
}

fn columns() -> Vec<String> {
    let mut columns: Vec<String> =
        ["label", "experiment", "variant", "seeds", "folds", "runs", "left_out", "clips", "parameters"]
            .map(str::to_owned)
            .to_vec();
    columns.extend(["_rows", "_metric", "", "_sd", "_picked"].map(|end| format!("validation{end}")));
    for metric in METRICS {
        columns.extend(["", "_sd", "_low", "_high", "_interval"].map(|end| key(metric) + end));
    }
    for metric in TESTED {
        columns.extend(DIFFERENCE.map(|end| key(metric) + "_difference" + end));
    }
    columns.extend(["against", "without", "stamp"].map(str::to_owned));
    columns
}

/// What a variant is held against: the part it lacks where it is an ablation, and the differences, variant minus what it is held
/// against. An ablation that is also held against the baseline comes twice.
fn held<'a>(c: &'a Comparison, v: &'a VariantSummary) -> Vec<(&'a str, Vec<&'a VariantDifference>)> {
    let of = |all: &'a [VariantDifference]| all.iter().filter(|d| d.variant == v.label).collect::<Vec<_>>();
    let ablated = |a: &'a Ablation| {
        let rows = of(&a.differences);
        (!rows.is_empty()).then_some((v.without.as_deref().unwrap_or_default(), rows))
    };
    let plain = Some(("", of(&c.differences))).filter(|(_, rows)| !rows.is_empty());
    plain.into_iter().chain(c.ablations.iter().filter_map(ablated)).collect()
}

/// The figures of a variant.
fn figures(v: &VariantSummary) -> Vec<Cell> {
    let seeds: Vec<String> = v.seeds.iter().map(u64::to_string).collect();
    let mut row: Vec<Cell> = [&v.label, &v.experiment, &v.variant].map(|name| name.as_str().into()).to_vec();
    row.push(seeds.join(" ").into());
    row.extend([v.folds, v.runs, v.left_out, v.clips].map(count));
    row.push(Cell::Count(v.parameters));
    match &v.validation {
        Some(f) => row.extend([
            f.rows.partition().name().into(),
            f.metric.name().into(),
            Cell::share(f.mean),
            f.sd.map_or(Cell::Empty, Cell::share),
            if f.picked { "yes" } else { "" }.into(),
        ]),
        None => row.extend(std::iter::repeat_n(Cell::Empty, 5)),
    }
    for metric in METRICS {
        let figure = v.figure(metric);
        let of = |part: fn(&Figure) -> Option<f64>| figure.and_then(part).map_or(Cell::Empty, Cell::share);
        row.extend([of(|f| Some(f.mean)), of(|f| f.sd), of(|f| f.low), of(|f| f.high)]);
        row.push(figure.map(|f| f.interval.as_str()).unwrap_or_default().into());
    }
    row
}

/// A cell for each of [`DIFFERENCE`].
fn difference(found: Option<&&VariantDifference>) -> Vec<Cell> {
    let Some(d) = found else { return vec![Cell::Empty; DIFFERENCE.len()] };
    let of = &d.difference;
    let mut row: Vec<Cell> = [of.value, of.low, of.high, of.standard_error].map(Cell::share).to_vec();
    row.push(of.degrees.map_or(Cell::Empty, |d| Cell::number(d, 1)));
    row.extend([of.p, of.p_holm, of.level].map(|p| Cell::number(p, 3)));
    row.push(word(d.verdict).into());
    row.push(d.settled_with.map_or(Cell::Empty, count));
    row.push(if of.question == Question::Recipes { "recipes" } else { "networks" }.into());
    row.push(if of.level_holds { "yes" } else { "no" }.into());
    row.push(Cell::share(of.smallest_found));
    row.extend(more(of.settled_by).map(|n| n.map_or(Cell::Empty, count)));
    row.extend([of.n, of.speakers, of.networks[1]].map(count));
    row
}

/// More seeds, and more speakers.
fn more(by: Settle) -> [Option<usize>; 2] {
    match by {
        Settle::Settled => [Some(0); 2],
        Settle::More { seeds, speakers } => [seeds, speakers],
    }
}

fn key(metric: Metric) -> String {
    metric.name().replace('-', "_")
}

fn count(n: usize) -> Cell {
    Cell::Count(n as u64)
}

#[cfg(test)]
#[path = "programs_tests.rs"]
mod tests;
