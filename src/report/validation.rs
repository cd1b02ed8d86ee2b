//! What the rows that pick the epoch say of a variant, and which point of a grid they pick.

use super::group::Group;
use super::table::{number, percent};
use super::tables::title;
use crate::evaluate::{Metric, Summary};
use crate::record::StoredRun;
use crate::split::SelectedOn;
use serde::Serialize;
use std::collections::BTreeMap;

/// The figure that picked the epoch, at the epoch that it picked.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Validation {
    /// The metric that picks: `train.select`.
    pub metric: Metric,
    /// The rows that pick.
    pub rows: SelectedOn,
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
        let rows = SelectedOn::of(group.config);
        Some(Self { metric, rows, mean, sd, values, picked: false })
    }

    /// A value in the unit that readers see.
    pub(super) fn shown(metric: Metric, value: f64) -> String {
        if metric == Metric::Loss { number(value, 4) } else { percent(value) }
    }
}

fn at_best(run: &StoredRun, metric: Metric) -> Option<f64> {
    // Of a network that was solved for there is one row, and no epoch.
    let best = run.evaluation.as_ref()?.best_epoch.unwrap_or(1);
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
        let of = |place: &usize| found[*place].as_ref().map(|v| (v.metric, v.rows, v.mean));
        let known: Vec<_> = places.iter().filter_map(of).collect();
        let Some(&(metric, ..)) = known.first() else {
            notes.push(format!("{variant}: no point of its grid is picked, for there are no validation rows"));
            continue;
        };
        let why_not = if known.iter().any(|(_, rows, _)| *rows == SelectedOn::Test) {
            Some("test rows pick the epoch".to_owned())
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

#[cfg(test)]
mod tests {
    use crate::evaluate::{Looks, schedule};
    use crate::record::{Epochs, FileName, RunDir, Status, runs, testing};
    use crate::report::{Asked, Comparison, Format, compare};
    use std::path::Path;

    /// A point of a grid with two seeds: what validation says at the best epoch, the second, and the test accuracy.
    fn point(root: &Path, value: &str, validation: [f64; 2], test: f64, more: &str) {
        for (seed, validation) in validation.into_iter().enumerate() {
            let name = testing::name("exp", &format!("2d-rate={value}"), seed as u64, None);
            let dir = RunDir::create(root, &name).unwrap();
            testing::fill(&dir, test, None);
            let mut epochs = Epochs::new(["epoch", "validation_loss", "validation_uar"]);
            // Epochs that were not picked say nothing.
            epochs.rows =
                [0.99, validation, 0.01].iter().zip(1..).map(|(v, e)| vec![f64::from(e), 1.0 - v, *v]).collect();
            dir.restore_epochs(&epochs).unwrap();
            let settings = format!("grid_of = \"2d\"\ngrid.\"rate\" = {value}\n{more}");
            dir.write(FileName::Config, testing::config(&name, &settings).as_bytes()).unwrap();
            dir.seal(&Status::begin(None)).unwrap();
        }
    }

    const UAR: &str = "[train]\nselect = \"uar\"\n";

    fn compared(root: &Path, asked: &Asked<'_>) -> Comparison {
        compare(&runs(root).unwrap(), asked).unwrap()
    }

    /// The third point is the best on test, the second on validation.
    fn grid() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        point(root.path(), "1", [0.3, 0.4], 0.5, UAR);
        point(root.path(), "2", [0.5, 0.75], 0.6, UAR);
        point(root.path(), "3", [0.5, 0.5], 0.9, UAR);
        root
    }

    #[test]
    fn a_grid_shows_validation_and_holds_its_points_against_the_one_that_validation_picks() {
        let root = grid();
        let c = compared(root.path(), &Asked::default());
        assert_eq!(c.baseline.as_deref(), Some("2d-rate=2"));
        let said = "2d: of 3 points of its grid, validation picks 2d-rate=2 (mean validation UAR 62.5 %)";
        assert!(c.notes.iter().any(|n| n == said), "{:?}", c.notes);
        assert!(c.notes.iter().any(|n| n.starts_with("the others are held against 2d-rate=2")), "{:?}", c.notes);
        let text = c.render(Format::Text, false);
        assert!(text.starts_with("variant    seeds  validation UAR (%)  picked  accuracy (%)"), "{text}");
        assert!(text.contains("\n2d-rate=2      2  62.5 ± 17.7         yes "), "{text}");
        let csv = c.render(Format::Csv, false);
        assert!(csv.contains("validation,uar,0.625,0.1767766952966369,yes"), "{csv}");
        let named = compared(root.path(), &Asked { baseline: Some("2d-rate=1"), ..Asked::default() });
        assert_eq!(named.baseline.as_deref(), Some("2d-rate=1"));
    }

    #[test]
    fn of_equal_points_the_first_is_picked_and_of_losses_the_smallest() {
        let root = tempfile::tempdir().unwrap();
        let loss = "[train]\nselect = \"loss\"\n";
        point(root.path(), "1", [0.3, 0.3], 0.5, loss);
        point(root.path(), "2", [0.6, 0.6], 0.6, loss);
        point(root.path(), "3", [0.6, 0.6], 0.9, loss);
        let c = compared(root.path(), &Asked::default());
        assert_eq!(c.baseline.as_deref(), Some("2d-rate=2"));
        assert!(c.notes.iter().any(|n| n.ends_with("picks 2d-rate=2 (mean validation loss 0.4000)")), "{:?}", c.notes);
    }

    #[test]
    fn where_test_rows_pick_the_epoch_they_are_called_so_and_pick_no_point() {
        let root = tempfile::tempdir().unwrap();
        let on_test = format!("[fit]\nepoch = \"test\"\n{UAR}");
        point(root.path(), "1", [0.3, 0.4], 0.5, &on_test);
        point(root.path(), "2", [0.6, 0.7], 0.6, &on_test);
        let c = compared(root.path(), &Asked::default());
        assert_eq!(c.baseline.as_deref(), Some("2d-rate=1"));
        assert!(
            c.notes.iter().any(|n| n == "2d: no point of its grid is picked, for test rows pick the epoch"),
            "{:?}",
            c.notes
        );
        let text = c.render(Format::Text, false);
        assert!(text.contains("test (picks the epoch) UAR (%)") && !text.contains("validation"), "{text}");
    }

    #[test]
    fn the_point_that_looks_were_held_against_does_not_change_with_more_seeds() {
        let root = grid();
        let looks = Looks { cap: 12, asks: Default::default(), looks: schedule(3, 12) };
        let c = compared(root.path(), &Asked { looks: Some(&looks), looking: true, ..Asked::default() });
        assert_eq!(c.baseline.as_deref(), Some("2d-rate=1"));
    }
}
