//! A comparison as CSV: one row a variant, with every number in a column of its own, shares as shares.

use super::compare::Comparison;
use super::differences::TESTED;
use super::figures::{Figure, METRICS};
use super::tables::word;
use super::{Cell, Shown, Table};
use crate::evaluate::{Metric, Question, Settle};

pub(super) fn csv(c: &Comparison) -> String {
    let mut columns: Vec<String> =
        ["experiment", "variant", "seeds", "folds", "runs", "left_out", "clips", "parameters"]
            .map(str::to_owned)
            .to_vec();
    for metric in METRICS {
        columns.extend(["", "_sd", "_low", "_high", "_interval"].map(|end| key(metric) + end));
    }
    for metric in TESTED {
        let ends = ["", "_low", "_high", "_standard_error", "_degrees", "_p", "_p_holm", "_verdict", "_of", "_held"]
            .into_iter()
            .chain(["_smallest_found", "_more_seeds", "_more_speakers", "_clips", "_speakers", "_networks"]);
        columns.extend(ends.map(|end| key(metric) + "_difference" + end));
    }
    columns.extend(["against", "stamp"].map(str::to_owned));
    let mut table = Table::new(columns.iter().map(|key| (key.as_str(), "", Shown::Always)));
    for v in &c.variants {
        let seeds: Vec<String> = v.seeds.iter().map(u64::to_string).collect();
        let mut row: Vec<Cell> = vec![v.experiment.as_str().into(), v.variant.as_str().into(), seeds.join(" ").into()];
        row.extend([v.folds, v.runs, v.left_out, v.clips].map(count));
        row.push(Cell::Count(v.parameters));
        for metric in METRICS {
            let figure = v.figure(metric);
            let of = |part: fn(&Figure) -> Option<f64>| figure.and_then(part).map_or(Cell::Empty, Cell::share);
            row.extend([of(|f| Some(f.mean)), of(|f| f.sd), of(|f| f.low), of(|f| f.high)]);
            row.push(figure.map(|f| f.interval.as_str()).unwrap_or_default().into());
        }
        for metric in TESTED {
            let found = c.differences.iter().find(|d| d.variant == v.label && d.difference.metric == metric);
            match found {
                Some(d) => {
                    let of = &d.difference;
                    row.extend([of.value, of.low, of.high, of.standard_error].map(Cell::share));
                    row.push(of.degrees.map_or(Cell::Empty, |d| Cell::number(d, 1)));
                    row.extend([of.p, of.p_holm].map(|p| Cell::number(p, 3)));
                    row.push(word(d.verdict).into());
                    row.push(if of.question == Question::Recipes { "recipes" } else { "networks" }.into());
                    row.push(if of.level_holds { "yes" } else { "no" }.into());
                    row.push(Cell::share(of.smallest_found));
                    row.extend(more(of.settled_by).map(|n| n.map_or(Cell::Empty, count)));
                    row.extend([of.n, of.speakers, of.networks[1]].map(count));
                }
                None => row.extend(std::iter::repeat_n(Cell::Empty, 16)),
            }
        }
        let against = c.differences.iter().find(|d| d.variant == v.label).map(|d| d.against.as_str());
        row.extend([against.unwrap_or_default().into(), v.stamps.join("; ").into()]);
        table.row(row);
    }
    table.csv()
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
