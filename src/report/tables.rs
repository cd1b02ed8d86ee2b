//! The tables of a comparison for readers: shares in percent, differences in points.

use super::ablation::Ablation;
use super::compare::Comparison;
use super::figures::{Figure, VariantSummary};
use super::table::{number, percent};
use super::{Cell, Shown, Table};
use crate::evaluate::{Method, Metric, Verdict};
use std::collections::BTreeSet;

/// The widest text that a table of settings may have before rows and columns are exchanged.
const WIDEST: usize = 100;

/// A row a variant: mean, deviation and interval of what the field reports.
pub(super) fn figures(variants: &[VariantSummary]) -> Table {
    let folds = variants.iter().any(|v| v.folds > 1);
    let mut table = Table::new([
        ("variant", "variant", Shown::Always),
        ("seeds", if folds { "seeds x folds" } else { "seeds" }, Shown::Always),
        ("accuracy", "accuracy (%)", Shown::Always),
        ("uar", "UAR (%)", Shown::Always),
        ("weighted-f1", "weighted F1 (%)", Shown::Always),
        ("parameters", "parameters", Shown::Always),
        ("stamp", "leak", Shown::Always),
    ]);
    for v in variants {
        let seeds = v.seeds.len();
        table.row(vec![
            v.label.as_str().into(),
            if folds { format!("{seeds} x {}", v.folds).into() } else { Cell::Count(seeds as u64) },
            v.figure(Metric::Accuracy).map_or(Cell::Empty, |f| figure(f, true)),
            v.figure(Metric::Uar).map_or(Cell::Empty, |f| figure(f, true)),
            v.figure(Metric::WeightedF1).map_or(Cell::Empty, |f| figure(f, false)),
            Cell::Count(v.parameters),
            stamp(!v.stamps.is_empty()),
        ]);
    }
    table
}

/// What the figures of the table are, in a line.
pub(super) fn figures_caption(variants: &[VariantSummary]) -> String {
    let figures = || variants.iter().flat_map(|v| &v.figures);
    let methods: BTreeSet<&str> = figures().map(|f| f.interval.as_str()).filter(|m| !m.is_empty()).collect();
    let methods: Vec<&str> = methods.into_iter().collect();
    let several = figures().any(|f| f.sd.is_some());
    let mean = if several { "Mean ± standard deviation over seeds" } else { "One seed" };
    let together = if several { " and seeds" } else { "" };
    match methods.as_slice() {
        [] => format!("{mean}."),
        methods => format!("{mean}; in brackets the 95 % interval ({}{together}).", methods.join(" or ")),
    }
}

/// A row a variant and metric: how far it is from the baseline.
pub(super) fn differences(c: &Comparison) -> Table {
    let mut table = Table::new([
        ("variant", "variant", Shown::Always),
        ("metric", "metric", Shown::Always),
        ("difference", "difference (points)", Shown::Always),
        ("p", "p", Shown::Always),
        ("p_holm", "p (Holm)", Shown::Always),
        ("verdict", "verdict", Shown::Always),
        ("clips", "clips", Shown::Always),
        ("speakers", "speakers", Shown::Always),
        ("seeds", "seeds", Shown::Always),
        ("stamp", "leak", Shown::Always),
    ]);
    for d in &c.differences {
        let of = &d.difference;
        table.row(vec![
            d.variant.as_str().into(),
            title(of.metric).into(),
            Cell::Parts(vec![signed(of.value), span(of.low, of.high, signed)]),
            p(of.p),
            p(of.p_holm),
            word(d.verdict).into(),
            Cell::Count(of.n as u64),
            Cell::Count(of.speakers as u64),
            Cell::Count(of.seeds as u64),
            stamp(d.stamped),
        ]);
    }
    table
}

/// A row a metric and part, ranked by what the part is worth.
pub(super) fn parts(ablation: &Ablation) -> Table {
    let mut table = Table::new([
        ("metric", "metric", Shown::Always),
        ("part", "part", Shown::Always),
        ("full", "with (%)", Shown::Always),
        ("without", "without (%)", Shown::Always),
        ("worth", "worth (points)", Shown::Always),
        ("p", "p", Shown::Always),
        ("p_holm", "p (Holm)", Shown::Always),
        ("verdict", "the part", Shown::Always),
        ("clips", "clips", Shown::Always),
        ("speakers", "speakers", Shown::Always),
        ("seeds", "seeds", Shown::Always),
        ("stamp", "leak", Shown::Always),
    ]);
    let mut above = None;
    for part in &ablation.parts {
        let verdict = match part.verdict {
            Verdict::Better => "helps",
            Verdict::Worse => "hurts",
            Verdict::Unclear => "unclear",
        };
        // A metric is named once, above its ranking.
        let metric = if above == Some(part.metric) { Cell::Empty } else { title(part.metric).into() };
        above = Some(part.metric);
        table.row(vec![
            metric,
            part.part.as_str().into(),
            Cell::share(part.full),
            Cell::share(part.without),
            Cell::Parts(vec![signed(part.worth), span(part.low, part.high, signed)]),
            p(part.p),
            p(part.p_holm),
            verdict.into(),
            Cell::Count(part.n as u64),
            Cell::Count(part.speakers as u64),
            Cell::Count(part.seeds as u64),
            stamp(part.stamped),
        ]);
    }
    table
}

/// How a table of `rows` tests was made, in a line.
pub(super) fn tests_caption(methods: impl Iterator<Item = Method>, several_seeds: bool, rows: usize) -> String {
    let units: BTreeSet<&str> = methods
        .map(|m| if m == Method::SpeakerBootstrap { "speakers" } else { "the clips of a single speaker" })
        .collect();
    let units: Vec<&str> = units.into_iter().collect();
    let all = if rows > 1 { format!("; Holm: corrected for all {rows} rows") } else { String::new() };
    let units = units.join(" or ");
    match several_seeds {
        true => format!("95 % bootstrap interval over {units} and seeds, paired permutation test over {units}{all}."),
        false => format!("95 % bootstrap interval and paired permutation test over {units}{all}."),
    }
}

/// In what the variants differ: a row a setting, or a row a variant where that is less wide.
pub(super) fn settings(c: &Comparison) -> Table {
    let labels = || c.variants.iter().map(|v| (v.label.as_str(), v.label.as_str(), Shown::Always));
    let value = |value: &Option<String>| Cell::from(value.as_deref().unwrap_or("-"));
    let mut table = Table::new(std::iter::once(("setting", "setting", Shown::Always)).chain(labels()));
    for setting in &c.settings_in_brief {
        let values = setting.values.iter().map(value);
        table.row(std::iter::once(Cell::from(setting.key.as_str())).chain(values).collect());
    }
    if table.text_width() <= WIDEST {
        return table;
    }
    let keys = c.settings_in_brief.iter().map(|s| (s.key.as_str(), s.key.as_str(), Shown::Always));
    let mut turned = Table::new(std::iter::once(("variant", "variant", Shown::Always)).chain(keys));
    for (i, (label, ..)) in labels().enumerate() {
        let values = c.settings_in_brief.iter().map(|s| value(&s.values[i]));
        turned.row(std::iter::once(Cell::from(label)).chain(values).collect());
    }
    if turned.text_width() < table.text_width() { turned } else { table }
}

/// Runs that take no part, with the reason.
pub(super) fn left_out(c: &Comparison) -> Table {
    let columns = [("run", "run", Shown::Always), ("state", "state", Shown::Always), ("why", "why", Shown::Always)];
    let mut table = Table::new(columns);
    for run in &c.left_out {
        table.row(vec![run.run.as_str().into(), run.state.as_str().into(), run.why.as_str().into()]);
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

/// What a verdict says of a variant.
pub(super) const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Better => "better",
        Verdict::Worse => "worse",
        Verdict::Unclear => "unclear",
    }
}

/// Mean, deviation and, if asked for, interval.
fn figure(figure: &Figure, interval: bool) -> Cell {
    if figure.mean.is_nan() {
        return Cell::Empty;
    }
    let sd = figure.sd.map(percent);
    let mut parts = vec![percent(figure.mean), sd.as_ref().map_or("", |_| "±").to_owned(), sd.unwrap_or_default()];
    if let (true, Some((low, high))) = (interval, figure.low.zip(figure.high)) {
        parts.push(span(low, high, percent));
    }
    Cell::Parts(parts)
}

fn stamp(leaks: bool) -> Cell {
    if leaks { "LEAK".into() } else { Cell::Empty }
}

/// A difference of shares in points, with its sign.
fn signed(value: f64) -> String {
    let text = percent(value);
    if value > 0.0 && text != "0.0" { format!("+{text}") } else { text }
}

/// An interval of shares; nothing where there is none.
pub(super) fn span(low: f64, high: f64, one: fn(f64) -> String) -> String {
    if low.is_nan() || high.is_nan() { String::new() } else { format!("[{}, {}]", one(low), one(high)) }
}

fn p(p: f64) -> Cell {
    match p {
        p if p.is_nan() => Cell::Empty,
        p if p < 0.0005 => "< 0.001".into(),
        p => number(p, 3).into(),
    }
}
