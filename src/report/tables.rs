//! The tables of a comparison for readers: shares in percent, differences in points.

use super::ablation::Ablation;
use super::compare::Comparison;
use super::figures::{Figure, VariantSummary};
use super::table::{number, percent};
use super::validation::Validation;
use super::{Cell, Shown, Table};
use crate::evaluate::{Components, Metric, Question, Settle, Verdict};
use std::collections::BTreeSet;

/// The widest text that a table of settings may have before rows and columns are exchanged.
const WIDEST: usize = 100;

/// A row a variant: mean, deviation and interval of what the field reports; of the points of a grid also what picks among them.
pub(super) fn figures(variants: &[VariantSummary]) -> Table {
    let folds = variants.iter().any(|v| v.folds > 1);
    let picking = picking_title(variants);
    let mut table = Table::new([
        ("variant", "variant", Shown::Always),
        ("seeds", if folds { "seeds x folds" } else { "seeds" }, Shown::Always),
        ("validation", picking.as_str(), Shown::Always),
        ("picked", "picked", Shown::Always),
        ("accuracy", "accuracy (%)", Shown::Always),
        ("uar", "UAR (%)", Shown::Always),
        ("weighted-f1", "weighted F1 (%)", Shown::Always),
        ("parameters", "parameters", Shown::Always),
        ("stamp", "leak", Shown::Always),
    ]);
    for v in variants {
        let seeds = v.seeds.len();
        let validation = v.validation.as_ref().filter(|_| v.in_grid);
        table.row(vec![
            v.label.as_str().into(),
            if folds { format!("{seeds} x {}", v.folds).into() } else { Cell::Count(seeds as u64) },
            validation.map_or(Cell::Empty, |f| mean_sd(f.mean, f.sd, |value| Validation::shown(f.metric, value))),
            if validation.is_some_and(|f| f.picked) { "yes".into() } else { Cell::Empty },
            v.figure(Metric::Accuracy).map_or(Cell::Empty, |f| figure(f, true)),
            v.figure(Metric::Uar).map_or(Cell::Empty, |f| figure(f, true)),
            v.figure(Metric::WeightedF1).map_or(Cell::Empty, |f| figure(f, false)),
            Cell::Count(v.parameters),
            stamp(!v.stamps.is_empty()),
        ]);
    }
    table
}

/// What stands above the figures that pick among the points of a grid.
fn picking_title(variants: &[VariantSummary]) -> String {
    let found = || variants.iter().filter(|v| v.in_grid).filter_map(|v| v.validation.as_ref());
    let Some(first) = found().next() else { return String::new() };
    let rows = if found().all(|f| f.rows == first.rows) { first.rows.called() } else { "rows that pick the epoch" };
    match first.metric {
        metric if found().any(|f| f.metric != metric) => format!("{rows}, what picks it"),
        Metric::Loss => format!("{rows} loss"),
        metric => format!("{rows} {} (%)", title(metric)),
    }
}

/// What the figures of the table are, in a line.
pub(super) fn figures_caption(variants: &[VariantSummary]) -> String {
    let figures = || variants.iter().flat_map(|v| &v.figures);
    let methods: BTreeSet<&str> = figures().map(|f| f.interval.as_str()).filter(|m| !m.is_empty()).collect();
    let methods: Vec<&str> = methods.into_iter().collect();
    let several = figures().any(|f| f.sd.is_some());
    let mean = if several { "Mean ± standard deviation over seeds" } else { "One seed" };
    match methods.as_slice() {
        [] => format!("{mean}."),
        methods => format!("{mean}; in brackets the 95 % interval {}.", methods.join(" or ")),
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
        ("finds", "finds (points)", Shown::Always),
        ("settled_by", "would settle it", Shown::Always),
        ("clips", "clips", Shown::Always),
        ("speakers", "speakers", Shown::Always),
        ("networks", "networks", Shown::Always),
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
            ruled(word(d.verdict), of.question, of.level_holds, d.settled_with),
            finds(of.smallest_found),
            settle(d.verdict, of.settled_by, of.smallest_found),
            Cell::Count(of.n as u64),
            Cell::Count(of.speakers as u64),
            networks(of.networks),
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
        ("finds", "finds (points)", Shown::Always),
        ("settled_by", "would settle it", Shown::Always),
        ("clips", "clips", Shown::Always),
        ("speakers", "speakers", Shown::Always),
        ("networks", "networks", Shown::Always),
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
            ruled(verdict, part.question, part.level_holds, part.settled_with),
            finds(part.smallest_found),
            settle(part.verdict, part.settled_by, part.smallest_found),
            Cell::Count(part.n as u64),
            Cell::Count(part.speakers as u64),
            networks(part.networks),
            stamp(part.stamped),
        ]);
    }
    table
}

/// How a table of `rows` tests was made, in a line.
pub(super) fn tests_caption(methods: impl Iterator<Item = crate::evaluate::Method>, rows: usize) -> String {
    let methods: BTreeSet<String> = methods.map(|m| m.to_string()).collect();
    let methods: Vec<String> = methods.into_iter().collect();
    let all = if rows > 1 { format!(" Holm: corrected for all {rows} rows.") } else { String::new() };
    format!(
        "95 % interval and p (Student's t) {}.{all} Finds: the smallest true difference that this design finds four times of five.",
        methods.join(" or ")
    )
}

/// What makes figures and differences vary: a row a variant and metric, standard deviations in points.
pub(super) fn sources(c: &Comparison) -> Table {
    let mut table = Table::new([
        ("variant", "variant", Shown::Always),
        ("metric", "metric", Shown::Always),
        ("of", "of", Shown::Always),
        ("speaker", "speaker", Shown::Always),
        ("network", "network", Shown::Always),
        ("speaker_by_network", "speaker x network", Shown::Always),
        ("clips", "clips", Shown::Always),
        ("standard_error", "standard error", Shown::Always),
        ("degrees", "degrees of freedom", Shown::Always),
    ]);
    // Of networks that are taken as they are nothing is known of others.
    let mut row = |variant: &str, metric, of: String, c: &Components, again: bool, error: f64, degrees: Option<f64>| {
        let if_again = |sd: f64| if again { Cell::share(sd) } else { Cell::Empty };
        let mut cells = vec![variant.into(), title(metric).into(), of.into(), Cell::share(c.speaker)];
        cells.extend([c.network, c.speaker_by_network].map(if_again));
        cells.extend([c.clips, error].map(Cell::share));
        cells.push(degrees.map_or(Cell::Empty, |d| number(d, 1).into()));
        table.row(cells);
    };
    for v in &c.variants {
        for f in super::differences::TESTED.iter().filter_map(|m| v.figure(*m)) {
            if let (Some(components), Some(error)) = (&f.components, f.standard_error) {
                let again = f.interval.starts_with("over networks");
                row(&v.label, f.metric, "figure".to_owned(), components, again, error, f.degrees);
            }
        }
    }
    for (d, of) in c.differences.iter().map(|d| (d, &d.difference)) {
        let again = of.question == Question::Recipes;
        let what = format!("difference from {}", d.against);
        row(&d.variant, of.metric, what, &of.components, again, of.standard_error, of.degrees);
    }
    table
}

/// What the columns of [`sources`] are.
pub(super) const SOURCES_CAPTION: &str = "Standard deviations in points: between speakers; between networks of one recipe, on all \
    test clips at once; between networks on one speaker, beyond that; what is left for the few clips of a speaker. More speakers \
    make the first matter less, more networks the second.";

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

/// A verdict with what must be said beside it: that it is of two networks only, or that its level is not known to hold.
fn ruled(word: &str, question: Question, holds: bool, settled_with: Option<usize>) -> Cell {
    let networks = if question == Question::Networks { ", these networks" } else { "" };
    let held = if holds { "" } else { ", not held" };
    let settled = settled_with.map(|seeds| format!(" (with {seeds} seeds)")).unwrap_or_default();
    format!("{word}{settled}{networks}{held}").into()
}

fn finds(smallest: f64) -> Cell {
    match smallest {
        // Where nothing varied, nothing is known of what would be found.
        s if s < 1e-9 => Cell::Empty,
        s if s <= 1.0 => percent(s).into(),
        _ => "> 100".into(),
    }
}

/// What would settle a difference that is unclear.
fn settle(verdict: Verdict, by: Settle, smallest: f64) -> Cell {
    let more = |count: Option<usize>, what: &str| {
        let count = count?;
        Some(format!("+{count} {what}{}", if count == 1 { "" } else { "s" }))
    };
    match by {
        _ if verdict != Verdict::Unclear || smallest < 1e-9 => Cell::Empty,
        Settle::Settled => Cell::Empty,
        Settle::More { seeds, speakers } => {
            let ways: Vec<String> = [more(seeds, "seed"), more(speakers, "speaker")].into_iter().flatten().collect();
            if ways.is_empty() { "nothing in reach".into() } else { ways.join(" or ").into() }
        }
    }
}

/// Networks a side: one number where both have as many.
fn networks([baseline, variant]: [usize; 2]) -> Cell {
    if baseline == variant { Cell::Count(variant as u64) } else { format!("{baseline} and {variant}").into() }
}

/// Mean, deviation and, if asked for, interval.
fn figure(figure: &Figure, interval: bool) -> Cell {
    let mut cell = mean_sd(figure.mean, figure.sd, percent);
    if let (Cell::Parts(parts), true, Some((low, high))) = (&mut cell, interval, figure.low.zip(figure.high)) {
        parts.push(span(low, high, percent));
    }
    cell
}

fn mean_sd(mean: f64, sd: Option<f64>, shown: impl Fn(f64) -> String) -> Cell {
    if mean.is_nan() {
        return Cell::Empty;
    }
    let sd = sd.map(&shown);
    Cell::Parts(vec![shown(mean), sd.as_ref().map_or("", |_| "±").to_owned(), sd.unwrap_or_default()])
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
