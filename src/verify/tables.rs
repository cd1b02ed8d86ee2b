//! What the comparisons of recorded tables have in common.

use super::stages::{Difference, Stage};
use std::collections::BTreeMap;

/// The rows of a CSV file below its header.
pub(super) fn rows(text: &str) -> Vec<Vec<String>> {
    let reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let cells = |row: csv::StringRecord| row.iter().map(str::to_owned).collect();
    reader.into_records().filter_map(Result::ok).map(cells).collect()
}

/// The same by their first cell.
pub(super) fn by_name(text: &str) -> BTreeMap<String, Vec<String>> {
    rows(text).into_iter().filter_map(|row| Some((row.first()?.clone(), row))).collect()
}

/// Rows of both tables of which `what` says that they differ; `None`: they do not.
pub(super) fn changed(a: &str, b: &str, what: impl Fn(&[String], &[String]) -> Option<String>) -> Vec<String> {
    let (a, b) = (by_name(a), by_name(b));
    let both = a.iter().filter_map(|(name, a)| Some((name, a, b.get(name)?)));
    both.filter_map(|(name, a, b)| Some(format!("`{name}` {}", what(a, b)?))).collect()
}

/// Rows that are in one of two tables alone.
pub(super) fn unmatched(a: &str, b: &str) -> Vec<String> {
    let (a, b) = (by_name(a), by_name(b));
    let only = |x: &BTreeMap<String, Vec<String>>, y: &BTreeMap<String, Vec<String>>, side: &str| -> Vec<String> {
        x.keys().filter(|name| !y.contains_key(*name)).map(|name| format!("`{name}` is only in the {side}")).collect()
    };
    [only(&a, &b, "first"), only(&b, &a, "second")].concat()
}

/// A difference made of several lines: the first of them, and how many there are.
pub(super) fn several(stage: Stage, thing: &str, lines: &[String]) -> Option<Difference> {
    let first = lines.first()?;
    let what = match lines.len() {
        1 => first.clone(),
        2 => format!("{first}, and one more {thing} differs"),
        count => format!("{first}, and {} more {thing}s differ", count - 1),
    };
    Some(Difference { stage, what })
}
