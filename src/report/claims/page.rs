//! Claims for readers, as text and as Markdown.

use super::super::table::number;
use super::super::tables::title;
use super::super::{Cell, Shown, Table};
use super::words::{basis, points, published, span};
use super::{Claims, JudgedClaim};
use crate::evaluate::Ruling;
use std::collections::BTreeSet;

/// For a terminal: a block a claim, what is not in the figures, and how many are reproduced.
pub(super) fn text(claims: &Claims) -> String {
    let mut blocks: Vec<String> = claims.judged.iter().map(block).collect();
    blocks.extend(caption(claims).map(|c| c + "\n"));
    if !claims.left_out.is_empty() {
        blocks.push("Not in these figures\n".to_owned() + &left_out(claims).text());
    }
    blocks.push(summary(claims) + "\n");
    blocks.join("\n")
}

/// For GitHub: a table, the reasons of each verdict, what is not in the figures, and how many are reproduced.
pub(super) fn markdown(claims: &Claims) -> String {
    let mut blocks = Vec::new();
    if !claims.judged.is_empty() {
        blocks.push(table(claims).markdown());
        blocks.extend(caption(claims).map(|c| c + "\n"));
        blocks.push("**Reasons**\n".to_owned());
        blocks.push(claims.judged.iter().map(reasons).collect());
    }
    if !claims.left_out.is_empty() {
        blocks.extend(["**Not in these figures**\n".to_owned(), left_out(claims).markdown()]);
    }
    blocks.push(summary(claims) + "\n");
    blocks.join("\n")
}

/// `2d, accuracy: REPRODUCED under a split that leaks: ...`.
fn headline(judged: &JudgedClaim) -> String {
    let why = judged.why.first().map(String::as_str).unwrap_or_default();
    format!("{}, {}: {}: {why}", judged.cell, title(judged.claim.metric), verdict(judged))
}

/// The verdict, with what must be known beside it.
fn verdict(judged: &JudgedClaim) -> String {
    let word = judged.verdict.map_or("no verdict", Ruling::word);
    // What is impossible is so whatever the runs do.
    if judged.provided_all_clips {
        return format!("{word} provided that all clips were in use");
    }
    let leaks = !judged.stamps.is_empty() && !matches!(judged.verdict, None | Some(Ruling::Impossible));
    if leaks { format!("{word} under a split that leaks") } else { word.to_owned() }
}

/// The lines below a headline, by what they tell.
fn facts(judged: &JudgedClaim) -> Vec<(&'static str, String)> {
    let claim = &judged.claim;
    let clips = claim.n.map(|n| format!(" of {n} clips")).unwrap_or_default();
    let source = if claim.source.is_empty() { String::new() } else { format!(" ({})", claim.source) };
    let mut facts = vec![("published", format!("{}{clips}, split `{}`{source}", published(claim), claim.protocol))];
    if let Some(ours) = ours(judged) {
        let figures: Vec<String> = ours.into_iter().filter(|p| !p.is_empty()).collect();
        let split = judged.protocol.as_deref().unwrap_or("?");
        facts.push(("ours", format!("{} %, {}, split `{split}`", figures.join(" "), basis(judged))));
    }
    facts.extend(judged.why.iter().skip(1).map(|why| ("why", why.clone())));
    facts.extend(judged.stamps.iter().map(|stamp| ("leak", stamp.clone())));
    facts
}

/// The same aligned, each kind of line named once.
fn block(judged: &JudgedClaim) -> String {
    let mut table = Table::new([("what", "", Shown::Always), ("value", "", Shown::Always)]);
    let mut above = "";
    for (what, line) in facts(judged) {
        table.row(vec![format!("  {}", if what == above { "" } else { what }).into(), line.into()]);
        above = what;
    }
    plain(&headline(judged)) + "\n" + &table.text()
}

/// Mean, sign, deviation and interval of the runs, in percent.
fn ours(judged: &JudgedClaim) -> Option<Vec<String>> {
    let figure = judged.figure.as_ref()?;
    let points = |share: f64| points(share, &judged.claim);
    let sd = figure.sd.map(points);
    let interval = figure.low.zip(figure.high).map(|(low, high)| format!("[{}, {}]", points(low), points(high)));
    let sign = sd.as_ref().map_or("", |_| "±").to_owned();
    Some(vec![points(figure.mean), sign, sd.unwrap_or_default(), interval.unwrap_or_default()])
}

/// A row a claim.
fn table(claims: &Claims) -> Table {
    let mut table = Table::new([
        ("variant", "variant", Shown::Always),
        ("metric", "metric", Shown::Always),
        ("published", "published (%)", Shown::Always),
        ("ours", "ours (%)", Shown::Always),
        ("verdict", "verdict", Shown::Always),
        ("interval", "one more run (%)", Shown::Always),
        ("over", "over", Shown::Always),
        ("split", "split", Shown::Always),
        ("clips", "clips", Shown::Always),
        ("stamp", "leak", Shown::Always),
        ("source", "source", Shown::Always),
    ]);
    for judged in &claims.judged {
        let claim = &judged.claim;
        let by = judged.judged_by.as_ref();
        table.row(vec![
            judged.cell.as_str().into(),
            title(claim.metric).into(),
            number(100.0 * claim.value, claim.decimals() as usize).into(),
            ours(judged).map_or(Cell::Empty, Cell::Parts),
            judged.verdict.map_or("no verdict", Ruling::word).into(),
            by.map_or(Cell::Empty, |i| span(i, claim).trim_end_matches(" %").into()),
            by.map_or(Cell::Empty, |i| i.noise.to_string().into()),
            claim.protocol.as_str().into(),
            claim.n.map_or(Cell::Empty, Cell::Count),
            if judged.stamps.is_empty() { Cell::Empty } else { "LEAK".into() },
            claim.source.as_str().into(),
        ]);
    }
    table
}

/// The reasons of a claim as an entry of a list; both figures are in the table.
fn reasons(judged: &JudgedClaim) -> String {
    let more = facts(judged).into_iter().filter(|(what, _)| matches!(*what, "why" | "leak"));
    let more: String = more.map(|(_, line)| format!("  - {}\n", plain(&line))).collect();
    format!("- {}\n{more}", plain(&headline(judged)))
}

/// What stands after "ours".
fn caption(claims: &Claims) -> Option<String> {
    let figures = || claims.judged.iter().filter_map(|j| j.figure.as_ref());
    figures().next()?;
    let methods: BTreeSet<&str> = figures().map(|f| f.interval.as_str()).filter(|m| !m.is_empty()).collect();
    let methods: Vec<&str> = methods.into_iter().collect();
    let several = figures().any(|f| f.sd.is_some());
    let mean = if several { "mean ± standard deviation over seeds" } else { "one seed" };
    Some(match methods.as_slice() {
        [] => format!("Ours: {mean}."),
        methods => format!("Ours: {mean}; in brackets the 95 % interval of that {}.", methods.join(" or ")),
    })
}

fn left_out(claims: &Claims) -> Table {
    let columns = [("run", "run", Shown::Always), ("state", "state", Shown::Always), ("why", "why", Shown::Always)];
    let mut table = Table::new(columns);
    for run in &claims.left_out {
        table.row(vec![run.run.as_str().into(), run.state.as_str().into(), run.why.as_str().into()]);
    }
    table
}

fn summary(claims: &Claims) -> String {
    let untold = match claims.cannot_tell {
        0 => String::new(),
        untold => format!(", of {untold} these runs cannot tell"),
    };
    match claims.judged.len() {
        0 => "no claims to hold against runs".to_owned(),
        1 => format!("{} of 1 claim reproduced{untold}", claims.reproduced),
        count => format!("{} of {count} claims reproduced{untold}", claims.reproduced),
    }
}

/// Without characters that would write elsewhere on a terminal or break a line.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
