//! What the rows that pick the epoch say of a variant, and which point of a grid they pick.

use super::group::Group;
use super::table::{number, percent};
use super::tables::title;
use crate::evaluate::{Metric, Summary};
use crate::record::StoredRun;
use serde::Serialize;
use std::collections::BTreeMap;

/// The figure that picked the epoch, at the epoch that it picked.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Validation {
    /// The metric that picks: `train.select`.
    pub metric: Metric,
    /// The rows that pick: `validation`, or `test` where `fit.epoch` says so.
    pub rows: String,
    /// Mean over the seeds; a seed's value is the mean over its folds.
    pub mean: f64,
    /// Sample standard deviation over the seeds; none of a single one.
    pub sd: Option<f64>,
    /// The value of each seed, in order of seed.
    pub values: Vec<f64>,
    /// Whether it is the best of its grid.
    pub picked: bool,
}

impl Validation {
    /// The figure of a group; none where a run has no such rows, or no epochs.
    pub(super) fn of(group: &Group<'_>) -> Option<Self> {
        let metric = Metric::of_name(group.config.get("train")?.get("select")?.as_str()?)?;
        let seed = |runs: &Vec<&StoredRun>| -> Option<f64> {
            let values: Vec<f64> = runs.iter().map(|run| at_best(run, metric)).collect::<Option<_>>()?;
            Summary::of(&values).map(|s| s.mean)
        };
        let values: Vec<f64> = group.seeds.values().map(seed).collect::<Option<_>>()?;
        let Summary { mean, sd, .. } = Summary::of(&values)?;
        let rows = picking(group.config).to_owned();
        Some(Self { metric, rows, mean, sd, values, picked: false })
    }

    /// A value in the unit that readers see.
    pub(super) fn shown(metric: Metric, value: f64) -> String {
        if metric == Metric::Loss { number(value, 4) } else { percent(value) }
    }
}

/// The rows that pick the epoch under these settings.
pub(super) fn picking(config: &toml::Table) -> &str {
    config.get("fit").and_then(|fit| fit.get("epoch")?.as_str()).unwrap_or("validation")
}

/// How those rows are called beside their figures.
pub(super) fn called(rows: &str) -> String {
    if rows == "validation" { rows.to_owned() } else { format!("{rows} (picks the epoch)") }
}

fn at_best(run: &StoredRun, metric: Metric) -> Option<f64> {
    let best = run.evaluation.as_ref()?.best_epoch?;
    let column = run.epochs().ok()??.column(&format!("validation_{}", metric.name().replace('-', "_")))?;
    column.get(best.checked_sub(1)?).copied().filter(|value| value.is_finite())
}

/// Marks the best point of each grid, the first of equal ones. Says of each what was picked, or why nothing was; answers with the
/// places of those that were picked, in order.
pub(super) fn pick(groups: &[Group<'_>], found: &mut [Option<Validation>]) -> (Vec<usize>, Vec<String>) {
    let mut grids: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    for (place, group) in groups.iter().enumerate().filter(|(_, g)| g.ablates.is_none()) {
        if let Some(variant) = group.grid_of() {
            grids.entry((&group.experiment, variant)).or_default().push(place);
        }
    }
    let (mut picked, mut notes) = (Vec::new(), Vec::new());
    for ((_, variant), places) in grids.into_iter().filter(|(_, places)| places.len() > 1) {
        let of = |place: &usize| found[*place].as_ref().map(|v| (v.metric, v.rows.as_str(), v.mean));
        let known: Vec<_> = places.iter().filter_map(of).collect();
        let Some(&(metric, rows, _)) = known.first() else {
            notes.push(format!("{variant}: no point of its grid is picked, for there are no validation rows"));
            continue;
        };
        let why_not = if known.iter().any(|(_, rows, _)| *rows != "validation") {
            Some(format!("{rows} rows pick the epoch"))
        } else if known.len() < places.len() {
            Some("some of its points have no validation rows".to_owned())
        } else {
            let same = known.iter().all(|(m, ..)| *m == metric);
            (!same).then(|| "its points pick the epoch by different metrics".to_owned())
        };
        if let Some(why) = why_not {
            notes.push(format!("{variant}: no point of its grid is picked, for {why}"));
            continue;
        }
        let mean = |place: usize| found[place].as_ref().map_or(f64::NAN, |v| v.mean);
        let better = |best: usize, place: &usize| if metric.better(mean(*place), mean(best)) { *place } else { best };
        let best = places[1..].iter().fold(places[0], better);
        let value = Validation::shown(metric, mean(best));
        let unit = if metric == Metric::Loss { "" } else { " %" };
        notes.push(format!(
            "{variant}: of {} points of its grid, validation picks {} (mean validation {} {value}{unit})",
            places.len(),
            groups[best].label,
            title(metric)
        ));
        found[best].iter_mut().for_each(|v| v.picked = true);
        picked.push(best);
    }
    picked.sort_unstable();
    (picked, notes)
}
