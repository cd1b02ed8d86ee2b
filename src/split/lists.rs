//! Lists of speakers, or of other groups, that a spec gives by name.

use super::SplitError;
use super::error::suggestion;
use super::search::Units;
use crate::kind::Problem;
use std::collections::{BTreeMap, BTreeSet};

/// A list and the setting that holds it.
pub(super) type List<'a> = (&'a str, &'a [String]);

/// Problems that are told in full; looking for what was meant takes a look at all names there are.
const TOLD: usize = 20;

/// Names that more than one list has.
pub(super) fn named_twice(lists: &[List<'_>]) -> Vec<Problem> {
    let mut first: BTreeMap<&str, usize> = BTreeMap::new();
    let mut problems = Vec::new();
    for (number, (setting, names)) in lists.iter().enumerate() {
        for name in *names {
            let earlier = *first.entry(name).or_insert(number);
            if earlier != number {
                let message = format!("`{name}` is in {} too; it belongs to one partition", lists[earlier].0);
                problems.push(Problem::new(*setting, message));
            }
        }
    }
    problems
}

/// The groups that each list names by values of the first column of `by`, each group once.
///
/// # Errors
/// Names that no clip has, all at once, and groups of which only a part is named.
pub(super) fn look_up(units: &Units, protocol: &str, lists: &[List<'_>]) -> Result<Vec<Vec<usize>>, SplitError> {
    let (mut unknown, mut found) = (Vec::new(), Vec::new());
    for (setting, names) in lists {
        let mut values = BTreeSet::new();
        for name in *names {
            match units.values.binary_search(&name.as_str()) {
                Ok(value) => drop(values.insert(value)),
                Err(_) => unknown.push((*setting, name)),
            }
        }
        found.push(values);
    }
    if !unknown.is_empty() {
        let noun = units.by.noun();
        let told = |(setting, name): &(&str, &String)| {
            let hint = suggestion(name, units.values.iter().copied());
            format!("split.{protocol}.{setting}: unknown {noun} `{name}`{hint}")
        };
        let mut said: Vec<String> = unknown.iter().take(TOLD).map(told).collect();
        said.extend((unknown.len() > TOLD).then(|| format!("... and {} more", unknown.len() - TOLD)));
        let known = units.values.iter().map(|&value| value.to_owned()).collect();
        let noun = if units.by.is_speaker() { "speakers".to_owned() } else { format!("values of `{noun}`") };
        return Err(SplitError::UnknownNames { unknown: said, noun, known });
    }
    let groups: Vec<BTreeSet<usize>> =
        found.iter().map(|values| values.iter().map(|&v| units.of_value[v]).collect()).collect();
    let mut torn = Vec::new();
    for (((setting, _), values), groups) in lists.iter().zip(&found).zip(&groups) {
        let is_torn = |value: &usize| groups.contains(&units.of_value[*value]) && !values.contains(value);
        let apart: Vec<usize> = (0..units.values.len()).filter(is_torn).collect();
        if !apart.is_empty() {
            let (apart, things) = (quoted(apart.iter().map(|&value| units.values[value])), units.by.things());
            let message = format!("what it names hangs together with {apart} ({things}); name these in the list, too");
            torn.push(format!("split.{protocol}.{setting}: {message}"));
        }
    }
    if !torn.is_empty() {
        return Err(SplitError::Lists(torn));
    }
    Ok(groups.into_iter().map(|groups| groups.into_iter().collect()).collect())
}

/// Names in quotes; beyond twenty they are counted.
pub(super) fn quoted<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    let more = names.len().saturating_sub(TOLD);
    let mut said: Vec<String> = names.take(TOLD).map(|name| format!("`{name}`")).collect();
    said.extend((more > 0).then(|| format!("... and {more} more")));
    said.join(", ")
}
