//! Claims as CSV: one row a claim, with every number in a column of its own, shares as shares.

use super::super::{Cell, Figure, Shown, Table};
use super::{Claims, SOURCES};
use crate::evaluate::Ruling;

pub(super) fn csv(claims: &Claims) -> String {
    let mut columns: Vec<String> = [
        "variant",
        "metric",
        "published",
        "published_decimals",
        "published_clips",
        "published_split",
        "source",
        "verdict",
        "mean",
        "sd",
        "low",
        "high",
        "interval",
        "judged_over",
        "judged_low",
        "judged_high",
    ]
    .map(str::to_owned)
    .to_vec();
    columns.extend(SOURCES.iter().flat_map(|noise| ["low", "high"].map(|end| format!("over_{noise}_{end}"))));
    let last = [
        "split",
        "seeds",
        "folds",
        "clips_min",
        "clips_max",
        "speakers",
        "left_out",
        "stamp",
        "why",
        "whole_speakers_missing",
    ];
    columns.extend(last.map(str::to_owned));
    let mut table = Table::new(columns.iter().map(|key| (key.as_str(), "", Shown::Always)));
    for j in &claims.judged {
        let (claim, figure, by) = (&j.claim, j.figure.as_ref(), j.judged_by.as_ref());
        let of = |part: fn(&Figure) -> Option<f64>| figure.and_then(part).map_or(Cell::Empty, Cell::share);
        let mut row: Vec<Cell> = vec![
            j.cell.as_str().into(),
            claim.metric.name().into(),
            Cell::share(claim.value),
            Cell::Count(claim.decimals().into()),
            claim.n.map_or(Cell::Empty, Cell::Count),
            claim.protocol.as_str().into(),
            claim.source.as_str().into(),
            j.verdict.map(Ruling::word).unwrap_or_default().into(),
            of(|f| Some(f.mean)),
            of(|f| f.sd),
            of(|f| f.low),
            of(|f| f.high),
            figure.map(|f| f.interval.as_str()).unwrap_or_default().into(),
            by.map_or(Cell::Empty, |i| i.noise.to_string().into()),
            by.map_or(Cell::Empty, |i| Cell::share(i.low)),
            by.map_or(Cell::Empty, |i| Cell::share(i.high)),
        ];
        for noise in SOURCES {
            let found = j.intervals.iter().find(|i| i.noise == noise);
            row.push(found.map_or(Cell::Empty, |i| Cell::share(i.low)));
            row.push(found.map_or(Cell::Empty, |i| Cell::share(i.high)));
        }
        let seeds: Vec<String> = j.seeds.iter().map(u64::to_string).collect();
        row.push(j.protocol.as_deref().unwrap_or_default().into());
        row.push(seeds.join(" ").into());
        row.push(count(j.folds));
        row.push(j.clips.iter().min().map_or(Cell::Empty, |c| count(*c)));
        row.push(j.clips.iter().max().map_or(Cell::Empty, |c| count(*c)));
        row.extend([count(j.speakers), count(j.left_out)]);
        row.extend([j.stamps.join("; ").into(), j.why.join("; ").into()]);
        row.push(j.not_whole_speakers.map_or(Cell::Empty, |found| Cell::Count(found.missing)));
        table.row(row);
    }
    table.csv()
}

fn count(n: usize) -> Cell {
    Cell::Count(n as u64)
}
