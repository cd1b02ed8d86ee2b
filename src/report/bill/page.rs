//! A leak bill as text, Markdown and CSV.

use super::words::{captions, cost, counts};
use super::{BILLED, Bill, ProtocolFigures, VariantBill};
use crate::evaluate::{Change, Metric};
use crate::report::figures::METRICS;
use crate::report::table::percent;
use crate::report::tables::span;
use crate::report::{Cell, Shown, Table};
use std::collections::BTreeMap;

/// A part of the page.
enum Part {
    Heading(String),
    Table(Table),
    Paragraph(String),
    List(Vec<String>),
    /// Text only: an empty line. Markdown has one after each part.
    Gap,
}

/// For a terminal.
pub(super) fn text(bill: &Bill) -> String {
    let written = parts(bill).into_iter().map(|part| match part {
        Part::Heading(line) | Part::Paragraph(line) => line + "\n",
        Part::Table(table) => table.text(),
        Part::List(lines) => lines.into_iter().map(|line| format!("- {line}\n")).collect(),
        Part::Gap => "\n".to_owned(),
    });
    written.collect()
}

/// For GitHub: blocks with an empty line between them.
pub(super) fn markdown(bill: &Bill) -> String {
    let written = parts(bill).into_iter().filter_map(|part| match part {
        Part::Heading(line) => Some(format!("**{line}**\n")),
        Part::Paragraph(line) => Some(line + "\n"),
        Part::Table(table) => Some(table.markdown()),
        Part::List(lines) => Some(lines.into_iter().map(|line| format!("- {line}\n")).collect()),
        Part::Gap => None,
    });
    written.collect::<Vec<String>>().join("\n")
}

fn parts(bill: &Bill) -> Vec<Part> {
    let mut parts = vec![Part::Heading(format!("The leak bill of {}", bill.experiment))];
    parts.extend(Some(&bill.question).filter(|q| !q.is_empty()).map(|q| Part::Paragraph(q.clone())));
    for variant in &bill.variants {
        parts.extend([Part::Gap, Part::Heading(variant.variant.clone()), Part::Table(accuracies(variant))]);
        parts.push(Part::Paragraph(variant.sentence.clone()));
    }
    parts.push(Part::Gap);
    parts.extend(captions(bill).into_iter().map(Part::Paragraph));
    parts.extend([Part::Gap, Part::Heading("The same in UAR".to_owned()), Part::Table(recalls(bill))]);
    let settings = settings(bill);
    if !settings.rows.is_empty() {
        let heading = "What each step changes (in brackets what is not a kind's default)";
        parts.extend([Part::Gap, Part::Heading(heading.to_owned()), Part::Table(settings)]);
    }
    if !bill.left_out.is_empty() {
        parts.extend([Part::Gap, Part::Heading("Not in these figures".to_owned()), Part::Table(left_out(bill))]);
    }
    let lines: Vec<String> = stamps(bill).into_iter().chain(bill.notes.iter().cloned()).collect();
    if !lines.is_empty() {
        parts.extend([Part::Gap, Part::Heading("Notes".to_owned()), Part::List(lines)]);
    }
    parts
}

/// A row a protocol, and one for all steps together where there are several.
fn accuracies(variant: &VariantBill) -> Table {
    let mut table = Table::new([
        ("protocol", "protocol", Shown::Always),
        ("tested", "tested rows (clips)", Shown::Always),
        ("speakers", "speakers", Shown::Always),
        ("seeds", if folds(variant) { "seeds x folds" } else { "seeds" }, Shown::Always),
        ("accuracy", "accuracy (%)", Shown::Always),
        ("without", "without", Shown::Always),
        ("costs", "costs (points)", Shown::Always),
        ("stamp", "leak", Shown::Always),
    ]);
    for step in &variant.steps {
        let seeds = variant.seeds.len();
        table.row(vec![
            step.protocol.as_str().into(),
            Cell::Parts(vec![counts(&step.rows), format!("({})", counts(&step.clips))]),
            Cell::Count(step.speakers as u64),
            if folds(variant) { format!("{seeds} x {}", step.folds).into() } else { Cell::Count(seeds as u64) },
            figure(step, Metric::Accuracy),
            step.price.as_str().into(),
            step.change(Metric::Accuracy).map_or(Cell::Empty, costs),
            if step.stamps.is_empty() { Cell::Empty } else { "LEAK".into() },
        ]);
    }
    if let Some(total) = total(variant, Metric::Accuracy) {
        let mut row = vec![Cell::Empty; table.columns.len()];
        (row[0], row[6]) = ("all steps".into(), costs(total));
        table.row(row);
    }
    table
}

/// A row a variant and protocol; a variant is named once.
fn recalls(bill: &Bill) -> Table {
    let mut table = Table::new([
        ("variant", "variant", Shown::Always),
        ("protocol", "protocol", Shown::Always),
        ("uar", "UAR (%)", Shown::Always),
        ("without", "without", Shown::Always),
        ("costs", "costs (points)", Shown::Always),
    ]);
    for variant in &bill.variants {
        for (i, step) in variant.steps.iter().enumerate() {
            table.row(vec![
                if i == 0 { variant.variant.as_str().into() } else { Cell::Empty },
                step.protocol.as_str().into(),
                figure(step, Metric::Uar),
                step.price.as_str().into(),
                step.change(Metric::Uar).map_or(Cell::Empty, costs),
            ]);
        }
        if let Some(total) = total(variant, Metric::Uar) {
            table.row(vec![Cell::Empty, "all steps".into(), Cell::Empty, Cell::Empty, costs(total)]);
        }
    }
    table
}

/// A row a step and setting; variants that change the same share it.
fn settings(bill: &Bill) -> Table {
    let mut table = Table::new([
        ("step", "step", Shown::Always),
        ("setting", "setting", Shown::Always),
        ("before", "before", Shown::Always),
        ("after", "after", Shown::Always),
        ("variants", "variants", Shown::Always),
    ]);
    let mut rows: Vec<([String; 4], Vec<&str>)> = Vec::new();
    for variant in &bill.variants {
        for pair in variant.steps.windows(2) {
            let step = format!("{} -> {}", pair[0].protocol, pair[1].protocol);
            for setting in &pair[1].settings {
                let value = |i: usize| setting.values.get(i).cloned().flatten().unwrap_or_else(|| "-".to_owned());
                let row = [step.clone(), setting.key.clone(), value(0), value(1)];
                match rows.iter_mut().find(|(known, _)| *known == row) {
                    Some((_, variants)) => variants.push(&variant.variant),
                    None => rows.push((row, vec![&variant.variant])),
                }
            }
        }
    }
    for (row, variants) in rows {
        let all = variants.len() == bill.variants.len();
        let variants = if all { Cell::Empty } else { variants.join(", ").into() };
        table.row(row.into_iter().map(Cell::from).chain([variants]).collect());
    }
    table
}

fn left_out(bill: &Bill) -> Table {
    let columns = ["variant", "protocol", "run", "state", "why"];
    let mut table = Table::new(columns.map(|c| (c, c, Shown::Always)));
    for run in &bill.left_out {
        let cells = [&run.variant, &run.protocol, &run.run, &run.state, &run.why];
        table.row(cells.map(|cell| Cell::from(cell.as_str())).to_vec());
    }
    table
}

/// The leaks of each protocol, each once; variants are named only where a leak is not that of all. Variants of a seed share
/// their split, so mostly it is.
fn stamps(bill: &Bill) -> Vec<String> {
    let mut said: Vec<(&str, &str)> = Vec::new();
    let mut of: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for variant in &bill.variants {
        for (step, stamp) in variant.steps.iter().flat_map(|s| s.stamps.iter().map(move |stamp| (s, stamp))) {
            let key = (step.protocol.as_str(), stamp.as_str());
            if !said.contains(&key) {
                said.push(key);
            }
            of.entry(key).or_default().push(&variant.variant);
        }
    }
    let line = |key: (&str, &str)| {
        let variants = &of[&key];
        let who = if variants.len() == bill.variants.len() {
            String::new()
        } else {
            format!("{} under ", variants.join(", "))
        };
        format!("{who}{}: {}", key.0, key.1)
    };
    said.into_iter().map(line).collect()
}

/// A row a variant and protocol, with every number in a column of its own: shares as shares, differences after minus
/// before.
pub(super) fn csv(bill: &Bill) -> String {
    let mut columns: Vec<String> = ["experiment", "variant", "protocol", "without", "seeds", "folds", "runs", "rows"]
        .into_iter()
        .chain(["clips", "speakers"])
        .map(str::to_owned)
        .collect();
    let key = |metric: Metric| metric.name().replace('-', "_");
    for metric in METRICS {
        columns.extend(["", "_sd", "_low", "_high", "_interval"].map(|end| key(metric) + end));
    }
    for (metric, what) in BILLED.iter().flat_map(|m| ["difference", "total"].map(|what| (*m, what))) {
        columns.extend(["", "_low", "_high"].map(|end| format!("{}_{what}{end}", key(metric))));
    }
    columns.extend(["drawn", "chance", "stamp"].map(str::to_owned));
    let mut table = Table::new(columns.iter().map(|key| (key.as_str(), "", Shown::Always)));
    for (v, (i, step)) in bill.variants.iter().flat_map(|v| v.steps.iter().enumerate().map(move |s| (v, s))) {
        let list = |numbers: &[usize]| Cell::from(numbers.iter().map(usize::to_string).collect::<Vec<_>>().join(" "));
        let seeds: Vec<String> = v.seeds.iter().map(u64::to_string).collect();
        let mut row: Vec<Cell> = [&bill.experiment, &v.variant, &step.protocol, &step.price, &seeds.join(" ")]
            .map(|cell| Cell::from(cell.as_str()))
            .to_vec();
        row.extend([step.folds, step.runs].map(|n| Cell::Count(n as u64)));
        row.extend([list(&step.rows), list(&step.clips), Cell::Count(step.speakers as u64)]);
        for figure in METRICS.map(|m| step.figure(m)) {
            let number = |value: Option<f64>| value.map_or(Cell::Empty, Cell::share);
            row.extend([figure.map(|f| f.mean), figure.and_then(|f| f.sd)].map(number));
            row.extend([figure.and_then(|f| f.low), figure.and_then(|f| f.high)].map(number));
            row.push(figure.map(|f| f.interval.as_str()).unwrap_or_default().into());
        }
        for metric in BILLED {
            // The total stands in the last row, where it ends.
            let total = v.total(metric).filter(|_| i + 1 == v.steps.len());
            for change in [step.change(metric), total] {
                let ends = change.map(|c| [c.value, c.low, c.high].map(Cell::share));
                row.extend(ends.unwrap_or([Cell::Empty, Cell::Empty, Cell::Empty]));
            }
        }
        row.push(step.changes.first().map(|c| c.method.to_string()).unwrap_or_default().into());
        row.extend([Cell::share(v.chance), step.stamps.join("; ").into()]);
        table.row(row);
    }
    table.csv()
}

fn folds(variant: &VariantBill) -> bool {
    variant.steps.iter().any(|s| s.folds > 1)
}

/// The change over all steps, where it is not that of the only one.
fn total(variant: &VariantBill, metric: Metric) -> Option<&Change> {
    variant.total(metric).filter(|_| variant.steps.len() > 2)
}

fn costs(change: &Change) -> Cell {
    let [points, interval] = cost(change);
    Cell::Parts(vec![points, interval.trim().to_owned()])
}

fn figure(step: &ProtocolFigures, metric: Metric) -> Cell {
    let Some(figure) = step.figure(metric) else { return Cell::Empty };
    let (sign, sd) = figure.sd.map_or_else(Default::default, |sd| ("±".to_owned(), percent(sd)));
    let interval = figure.low.zip(figure.high).map_or_else(String::new, |(low, high)| span(low, high, percent));
    Cell::Parts(vec![percent(figure.mean), sign, sd, interval])
}
