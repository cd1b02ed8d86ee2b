//! A leak bill in sentences.

use super::{Bill, ProtocolFigures, VariantBill};
use crate::evaluate::{Change, Metric};
use crate::report::table::percent;
use crate::report::tables::span;
use std::collections::BTreeSet;

/// The bill of a variant: `1d: of 87.7 points, 24.1 [20.0, 28.3] are twins, 4.2 [-1.0, 9.5] are speakers (not told apart
/// from 0); 59.4 remain on voices never heard (chance is 12.5).`
pub(super) fn sentence(bill: &VariantBill) -> String {
    let (Some(first), Some(last)) = (bill.steps.first(), bill.steps.last()) else { return String::new() };
    let points = |step: &ProtocolFigures| step.figure(Metric::Accuracy).map_or(f64::NAN, |f| f.mean);
    let (start, end) = (percent(points(first)), percent(points(last)));
    let chance = format!("(chance is {})", percent(bill.chance));
    let place = if last.stamps.is_empty() {
        "on voices never heard".to_owned()
    } else {
        format!("under `{}`, which leaks", last.protocol)
    };
    let variant = &bill.variant;
    if bill.steps.len() == 1 {
        return format!("{variant}: {start} points {place} {chance}.");
    }
    let (mut lost, mut gained) = (Vec::new(), Vec::new());
    for (step, change) in bill.steps.iter().filter_map(|s| Some((s, s.change(Metric::Accuracy)?))) {
        let price = price(step);
        if percent(-change.value).starts_with('-') {
            let gain = percent(change.value);
            let interval = span(change.low, change.high, percent);
            gained.push(format!("giving up {price} gained {gain} {interval}{}", doubt(change)));
        } else {
            lost.push(format!("{} are {price}{}", cost(change).concat(), doubt(change)));
        }
    }
    let head =
        if lost.is_empty() { format!("{start} points") } else { format!("of {start} points, {}", lost.join(", ")) };
    let parts: Vec<String> = std::iter::once(head).chain(gained).collect();
    let end = if lost.is_empty() { format!("{end} are reached") } else { format!("{end} remain") };
    format!("{variant}: {}; {end} {place} {chance}.", parts.join("; "))
}

/// What a step costs in points, and ` [its interval]`: a change turned round.
pub(super) fn cost(change: &Change) -> [String; 2] {
    [percent(-change.value), format!(" {}", span(-change.high, -change.low, percent))]
}

fn doubt(change: &Change) -> &'static str {
    match change.value.abs() > 1e-12 {
        _ if change.is_clear() => "",
        true if !change.varied() => " (nothing varied, so that it is not told apart from 0)",
        _ => " (not told apart from 0)",
    }
}

/// What a step gives up, or the protocol it goes to where that has no name.
pub(super) fn price(step: &ProtocolFigures) -> String {
    if step.price.is_empty() { format!("the step to `{}`", step.protocol) } else { step.price.clone() }
}

/// What a seed tests: `n = 864 (782 clips)`, or `n = 240 clips` where no clip is tested twice.
pub(super) fn tested(step: &ProtocolFigures) -> String {
    let (rows, clips) = (counts(&step.rows), counts(&step.clips));
    if rows == clips { format!("n = {clips} clips") } else { format!("n = {rows} ({clips} clips)") }
}

/// The same in all seeds, or from the least to the most: `280-300`.
pub(super) fn counts(counts: &[usize]) -> String {
    match (counts.iter().min(), counts.iter().max()) {
        (Some(least), Some(most)) if least != most => format!("{least}-{most}"),
        (Some(least), _) => least.to_string(),
        _ => String::new(),
    }
}

/// How the figures of the tables were made, in a few lines.
pub(super) fn captions(bill: &Bill) -> Vec<String> {
    let figures = || bill.variants.iter().flat_map(|v| &v.steps).flat_map(|s| &s.figures);
    let methods: BTreeSet<&str> = figures().map(|f| f.interval.as_str()).filter(|m| !m.is_empty()).collect();
    let methods: Vec<&str> = methods.into_iter().collect();
    let several = figures().any(|f| f.sd.is_some());
    let mean = if several { "Mean ± standard deviation over seeds" } else { "One seed" };
    let interval = match methods.as_slice() {
        [] => String::new(),
        methods => format!("; in brackets the 95 % interval {}", methods.join(" or ")),
    };
    let mut lines = vec![format!("{mean}{interval}. Rows and clips are those of a seed, speakers those of all.")];
    lines.extend(drawn(bill).map(|drawn| {
        let one_seed = one_seed(bill);
        format!("Costs: the figure above minus this one, seed by seed; 95 % interval (Student's t) {drawn}.{one_seed}")
    }));
    lines
}

/// The small print below the plot.
pub(super) fn footnote(bill: &Bill) -> String {
    let seeds: BTreeSet<&[u64]> = bill.variants.iter().map(|v| v.seeds.as_slice()).collect();
    let seeds: Vec<String> = match seeds.first() {
        Some(same) if seeds.len() == 1 => same.iter().map(u64::to_string).collect(),
        _ => Vec::new(),
    };
    let mean = match seeds.as_slice() {
        [] => "Means over the seeds that all protocols of a variant have.".to_owned(),
        [one] => format!("Seed {one} only."),
        many => format!("Means over {} seeds ({}), the same under every protocol.", many.len(), many.join(", ")),
    };
    let speakers: BTreeSet<usize> = bill.variants.iter().flat_map(|v| &v.steps).map(|s| s.speakers).collect();
    let speakers = counts(&speakers.into_iter().collect::<Vec<_>>());
    let steps = drawn(bill).map_or(String::new(), |drawn| format!("; in brackets those of the steps, {drawn}"));
    format!(
        "{mean} n is what a seed tests; all seeds together tested {speakers} speakers. Whiskers: 95 % intervals{steps}.{}",
        one_seed(bill)
    )
}

/// What is drawn anew for the intervals of the steps; none where there are no steps.
fn drawn(bill: &Bill) -> Option<String> {
    let changes = bill.variants.iter().flat_map(|v| &v.steps).flat_map(|s| &s.changes);
    let drawn: BTreeSet<String> = changes.map(|c| c.method.to_string()).collect();
    (!drawn.is_empty()).then(|| drawn.into_iter().collect::<Vec<_>>().join(" or "))
}

fn one_seed(bill: &Bill) -> &'static str {
    let alone = bill.variants.iter().any(|v| v.seeds.len() == 1 && v.steps.len() > 1);
    if alone { " One seed tells nothing of what training again would give." } else { "" }
}
