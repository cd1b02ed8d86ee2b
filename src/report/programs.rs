//! A comparison as CSV: one row a variant, with every number in a column of its own, shares as shares.

use super::compare::Comparison;
use super::differences::TESTED;
use super::figures::{Figure, METRICS};
use super::tables::word;
use super::{Cell, Shown, Table};
use crate::evaluate::Metric;

pub(super) fn csv(c: &Comparison) -> String {
    let mut columns: Vec<String> =
        ["experiment", "variant", "seeds", "folds", "runs", "left_out", "clips", "parameters"]
            .map(str::to_owned)
            .to_vec();
    for metric in METRICS {
        columns.extend(["", "_sd", "_low", "_high", "_interval"].map(|end| key(metric) + end));
    }
    for metric in TESTED {
        let ends = ["", "_low", "_high", "_p", "_p_holm", "_verdict", "_clips", "_speakers", "_seeds"];
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
                    row.extend([of.value, of.low, of.high].map(Cell::share));
                    row.extend([of.p, of.p_holm].map(|p| Cell::number(p, 3)));
                    row.push(word(d.verdict).into());
                    row.extend([of.n, of.speakers, of.seeds].map(count));
                }
                None => row.extend(std::iter::repeat_n(Cell::Empty, 9)),
            }
        }
        let against = c.differences.iter().find(|d| d.variant == v.label).map(|d| d.against.as_str());
        row.extend([against.unwrap_or_default().into(), v.stamps.join("; ").into()]);
        table.row(row);
    }
    table.csv()
}

fn key(metric: Metric) -> String {
    metric.name().replace('-', "_")
}

fn count(n: usize) -> Cell {
    Cell::Count(n as u64)
}
