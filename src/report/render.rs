//! A comparison as text, Markdown and CSV.

use super::ablation::Ablation;
use super::compare::Comparison;
use super::differences::TESTED;
use super::figures::{Figure, METRICS, VariantSummary};
use super::table::number;
use super::{Cell, Shown, Table};
use crate::evaluate::{Metric, Verdict};

/// One part of the page: its heading, and a table or lines.
struct Section {
    heading: String,
    table: Option<Table>,
    lines: Vec<String>,
}

pub(super) fn text(c: &Comparison) -> String {
    let mut out = String::new();
    for section in sections(c) {
        if !out.is_empty() {
            out.push('\n');
        }
        if !section.heading.is_empty() {
            out += &format!("{}\n", section.heading);
        }
        out += &section.table.map(|t| t.text()).unwrap_or_default();
        section.lines.iter().for_each(|line| out += &format!("{line}\n"));
    }
    out
}

pub(super) fn markdown(c: &Comparison) -> String {
    let mut out = String::new();
    for section in sections(c) {
        if !out.is_empty() {
            out.push('\n');
        }
        if !section.heading.is_empty() {
            out += &format!("**{}**\n\n", section.heading);
        }
        out += &section.table.map(|t| t.markdown()).unwrap_or_default();
        if out.ends_with("|\n") && !section.lines.is_empty() {
            out.push('\n');
        }
        section.lines.iter().for_each(|line| out += &format!("- {}\n", line.trim_start()));
    }
    out
}

/// One row a variant, with every number in a column of its own.
pub(super) fn csv(c: &Comparison) -> String {
    let mut columns: Vec<(String, Shown)> =
        ["experiment", "variant", "seeds", "folds", "runs", "left_out", "clips", "parameters"]
            .map(|key| (key.to_owned(), Shown::Always))
            .to_vec();
    for metric in METRICS {
        let key = metric.name().replace('-', "_");
        columns.extend(["", "_sd", "_low", "_high", "_interval"].map(|end| (format!("{key}{end}"), Shown::Always)));
    }
    for metric in TESTED {
        let key = metric.name().replace('-', "_");
        let ends = ["difference", "difference_low", "difference_high", "p", "p_holm", "verdict"];
        columns.extend(ends.map(|end| (format!("{key}_{end}"), Shown::Always)));
    }
    columns.extend(["against", "stamp"].map(|key| (key.to_owned(), Shown::Always)));
    let mut table = Table::new(columns.iter().map(|(key, shown)| (key.as_str(), "", *shown)));
    for v in &c.variants {
        let seeds: Vec<String> = v.seeds.iter().map(u64::to_string).collect();
        let mut row: Vec<Cell> = vec![v.experiment.as_str().into(), v.variant.as_str().into(), seeds.join(" ").into()];
        row.extend([v.folds, v.runs, v.left_out, v.clips].map(|n| Cell::Count(n as u64)));
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
                    row.extend([of.value, of.low, of.high, of.p, of.p_holm].map(Cell::share));
                    row.push(word(d.verdict).into());
                }
                None => row.extend(std::iter::repeat_n(Cell::Empty, 6)),
            }
        }
        let against = c.differences.iter().find(|d| d.variant == v.label).map(|d| d.against.as_str());
        row.extend([against.unwrap_or_default().into(), v.stamps.join("; ").into()]);
        table.row(row);
    }
    table.csv()
}

fn sections(c: &Comparison) -> Vec<Section> {
    let mut sections = vec![
        Section { heading: String::new(), table: Some(means(&c.variants)), lines: Vec::new() },
        Section { heading: "95 % intervals".to_owned(), table: Some(intervals(&c.variants)), lines: Vec::new() },
    ];
    if !c.differences.is_empty() {
        let against = c.baseline.as_deref().unwrap_or_default();
        sections.push(Section {
            heading: format!("Difference from {against}, paired over the same clips and seeds"),
            table: Some(differences(c)),
            lines: vec![TESTS.to_owned()],
        });
    }
    for ablation in &c.ablations {
        sections.push(Section {
            heading: format!("What each part of {} is worth (full minus without)", ablation.full),
            table: Some(parts(ablation)),
            lines: vec![TESTS.to_owned()],
        });
    }
    if !c.settings.is_empty() {
        sections.push(Section {
            heading: "Settings that differ".to_owned(),
            table: Some(settings(c)),
            lines: Vec::new(),
        });
    }
    if !c.left_out.is_empty() {
        let mut table = Table::new([
            ("run", "run", Shown::Always),
            ("state", "state", Shown::Always),
            ("why", "why", Shown::Always),
        ]);
        for run in &c.left_out {
            table.row(vec![run.run.as_str().into(), run.state.as_str().into(), run.why.as_str().into()]);
        }
        let heading = "Not in these figures".to_owned();
        sections.push(Section { heading, table: Some(table), lines: Vec::new() });
    }
    let stamps = c.variants.iter().flat_map(|v| v.stamps.iter().map(move |s| format!("{}: {s}", v.label)));
    let lines: Vec<String> = stamps.chain(c.notes.iter().cloned()).collect();
    if !lines.is_empty() {
        sections.push(Section { heading: "Notes".to_owned(), table: None, lines });
    }
    sections
}

/// What stands under every table of tests.
const TESTS: &str = "95 % bootstrap interval and permutation test over speakers; p corrected for all rows (Holm).";

fn means(variants: &[VariantSummary]) -> Table {
    let mut columns = vec![("variant", "variant", Shown::Always), ("seeds", "seeds", Shown::Always)];
    columns.extend([("folds", "folds", Shown::Always), ("left_out", "left out", Shown::Always)]);
    columns.extend(METRICS.map(|m| (m.name(), title(m), Shown::Always)));
    columns.extend([("parameters", "parameters", Shown::Always), ("stamp", "leak", Shown::Always)]);
    let mut table = Table::new(columns);
    for v in variants {
        let some = |n: usize, unless: usize| if n > unless { Cell::Count(n as u64) } else { Cell::Empty };
        let mut row =
            vec![v.label.as_str().into(), Cell::Count(v.seeds.len() as u64), some(v.folds, 1), some(v.left_out, 0)];
        row.extend(METRICS.map(|m| match v.figure(m) {
            Some(Figure { mean, sd: Some(sd), .. }) => format!("{} ± {}", number(*mean, 3), number(*sd, 3)).into(),
            Some(Figure { mean, .. }) => Cell::share(*mean),
            None => Cell::Empty,
        }));
        row.extend([Cell::Count(v.parameters), stamp(!v.stamps.is_empty())]);
        table.row(row);
    }
    table
}

fn intervals(variants: &[VariantSummary]) -> Table {
    let mut columns = vec![("variant", "variant", Shown::Always)];
    columns.extend(METRICS.map(|m| (m.name(), title(m), Shown::Always)));
    columns.extend([("interval", "made by", Shown::Always), ("stamp", "leak", Shown::Always)]);
    let mut table = Table::new(columns);
    for v in variants {
        let mut row: Vec<Cell> = vec![v.label.as_str().into()];
        row.extend(METRICS.map(|m| match v.figure(m).map(|f| (f.low, f.high)) {
            Some((Some(low), Some(high))) => span(low, high, false),
            _ => Cell::Empty,
        }));
        let method = v.figures.first().map(|f| f.interval.as_str()).unwrap_or_default();
        row.extend([method.into(), stamp(!v.stamps.is_empty())]);
        table.row(row);
    }
    table
}

fn differences(c: &Comparison) -> Table {
    let mut table = Table::new([
        ("variant", "variant", Shown::Always),
        ("metric", "metric", Shown::Always),
        ("difference", "difference", Shown::Always),
        ("interval", "95 % interval", Shown::Always),
        ("p", "p", Shown::Always),
        ("p_holm", "p (Holm)", Shown::Always),
        ("verdict", "verdict", Shown::Always),
        ("seeds", "seeds", Shown::Always),
        ("speakers", "speakers", Shown::Always),
        ("stamp", "leak", Shown::Always),
    ]);
    for d in &c.differences {
        let of = &d.difference;
        table.row(vec![
            d.variant.as_str().into(),
            title(of.metric).into(),
            signed(of.value).into(),
            span(of.low, of.high, true),
            p(of.p).into(),
            p(of.p_holm).into(),
            word(d.verdict).into(),
            Cell::Count(of.seeds as u64),
            Cell::Count(of.speakers as u64),
            stamp(d.stamped),
        ]);
    }
    table
}

fn parts(ablation: &Ablation) -> Table {
    let mut table = Table::new([
        ("metric", "metric", Shown::Always),
        ("part", "part", Shown::Always),
        ("without", "without it", Shown::Always),
        ("worth", "worth", Shown::Always),
        ("interval", "95 % interval", Shown::Always),
        ("p_holm", "p (Holm)", Shown::Always),
        ("verdict", "the part", Shown::Always),
        ("stamp", "leak", Shown::Always),
    ]);
    for part in &ablation.parts {
        let verdict = match part.verdict {
            Verdict::Better => "helps",
            Verdict::Worse => "hurts",
            Verdict::Unclear => "unclear",
        };
        table.row(vec![
            title(part.metric).into(),
            part.part.as_str().into(),
            Cell::share(part.without),
            signed(part.worth).into(),
            span(part.low, part.high, true),
            p(part.p_holm).into(),
            verdict.into(),
            stamp(part.stamped),
        ]);
    }
    table
}

fn settings(c: &Comparison) -> Table {
    let labels = c.variants.iter().map(|v| (v.label.as_str(), v.label.as_str(), Shown::Always));
    let mut table = Table::new(std::iter::once(("setting", "setting", Shown::Always)).chain(labels));
    for setting in &c.settings {
        let values = setting.values.iter().map(|v| v.as_deref().unwrap_or("-").into());
        table.row(std::iter::once(Cell::from(setting.key.as_str())).chain(values).collect());
    }
    table
}

/// How a metric is called at the head of a column.
pub(super) const fn title(metric: Metric) -> &'static str {
    match metric {
        Metric::Accuracy => "accuracy",
        Metric::Uar => "UAR",
        Metric::WeightedF1 => "weighted F1",
        Metric::MacroF1 => "macro F1",
        Metric::Loss => "loss",
    }
}

const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Better => "better",
        Verdict::Worse => "worse",
        Verdict::Unclear => "unclear",
    }
}

fn stamp(leaks: bool) -> Cell {
    if leaks { "LEAK".into() } else { Cell::Empty }
}

fn signed(value: f64) -> String {
    let text = number(value, 3);
    if value > 0.0 && !text.starts_with("0.000") { format!("+{text}") } else { text }
}

fn span(low: f64, high: f64, sign: bool) -> Cell {
    let one = |v: f64| if sign { signed(v) } else { number(v, 3) };
    if low.is_nan() || high.is_nan() { Cell::Empty } else { format!("[{}, {}]", one(low), one(high)).into() }
}

fn p(p: f64) -> String {
    match p {
        p if p.is_nan() => String::new(),
        p if p < 0.0005 => "< 0.001".to_owned(),
        p => number(p, 3),
    }
}
