//! What the learning curves of a variant say of its training, and what to try.

use super::group::{Group, group};
use super::table::percent;
use crate::record::{Epochs, StoredRun};

/// How far training rows lie above validation rows, in UAR, before a network is said to know them by heart.
const FAR_ABOVE: f64 = 0.25;

/// The share of itself that the loss must lose from one tenth of the epochs to the next to be said to fall.
const STILL_FALLS: f64 = 0.02;

/// Fewer epochs say nothing of where a loss goes.
const FEWEST_EPOCHS: usize = 5;

/// A mean UAR of up to so many times chance is chance: a network that has learnt nothing is right by luck on few rows.
const CHANCE: f64 = 1.25;

/// A line a variant whose curves, in more than half of its runs, tell that it knows the training rows by heart, that it never left
/// chance, or that its loss still falls at the last epoch: the first of these that is so. Of networks that are solved for nothing is said.
pub fn hints(runs: &[StoredRun]) -> Vec<String> {
    let of_variant = |group: &Group<'_>| {
        let curves: Vec<Curves> = group.runs().filter_map(Curves::of).collect();
        let tells = [by_heart, never_left_chance, still_falls];
        let said = tells.iter().find_map(|tell| most(curves.iter().map(tell).collect()))?;
        Some(format!("hint: {}: {said}", group.label))
    };
    group(runs).0.iter().filter_map(of_variant).collect()
}

/// What is said of more than half of the runs, in the words of the first of them.
fn most(said: Vec<Option<String>>) -> Option<String> {
    let runs = said.len();
    let mut said = said.into_iter().flatten();
    let first = said.next()?;
    (2 * (1 + said.count()) > runs).then_some(first)
}

/// The curves of one run.
struct Curves {
    epochs: Epochs,
    /// The epoch whose network is used, from 0.
    used: usize,
    classes: usize,
    stopped_early: bool,
}

impl Curves {
    fn of(run: &StoredRun) -> Option<Self> {
        let evaluation = run.evaluation.as_ref()?;
        let best = evaluation.best_epoch?;
        let epochs = run.epochs().ok()??;
        let train = run.config.get("train")?;
        let restores = train.get("restore_best").and_then(toml::Value::as_bool).unwrap_or(true);
        let asked = train.get("epochs").and_then(toml::Value::as_integer).unwrap_or(0);
        let last = epochs.rows.len().checked_sub(1)?;
        Some(Self {
            used: if restores { best.checked_sub(1)?.min(last) } else { last },
            classes: evaluation.evaluation.labels.len(),
            stopped_early: (epochs.rows.len() as i64) < asked,
            epochs,
        })
    }

    fn column(&self, name: &str) -> Option<Vec<f64>> {
        self.epochs.column(name).filter(|values| values.iter().any(|value| value.is_finite()))
    }

    /// UAR of the training rows: as they are where that was measured, else as they were trained on.
    fn training(&self) -> Option<(Vec<f64>, &'static str)> {
        let unaugmented = self.column("unaugmented_uar").map(|values| (values, "as they are"));
        unaugmented.or_else(|| Some((self.column("train_uar")?, "as they were trained on")))
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn never_left_chance(run: &Curves) -> Option<String> {
    let of_rows = |(values, rows): (Vec<f64>, &'static str)| (mean(&values[values.len() / 2..]), rows);
    let validation = run.column("validation_uar").map(|values| (values, "validation"));
    let (uar, rows) = of_rows(validation.or_else(|| Some((run.training()?.0, "training")))?);
    let chance = 1.0 / run.classes as f64;
    (uar <= CHANCE * chance).then(|| {
        format!(
            "never left chance (UAR of {rows} rows {} % over the last half of the epochs, chance {} %); try another \
             `train.optimizer.*.learning_rate`, and see whether labels and clips belong together with `serlab corpus`",
            percent(uar),
            percent(chance)
        )
    })
}

fn by_heart(run: &Curves) -> Option<String> {
    let ((training, how), validation) = (run.training()?, run.column("validation_uar")?);
    let (training, validation) = (*training.get(run.used)?, *validation.get(run.used)?);
    (training - validation >= FAR_ABOVE).then(|| {
        format!(
            "knows its training rows by heart (UAR {} % {how}, validation {} %); try more augmentation, dropout or weight \
             decay, or fewer channels",
            percent(training),
            percent(validation)
        )
    })
}

fn still_falls(run: &Curves) -> Option<String> {
    let loss = run.column("train_loss")?;
    let tenth = (loss.len() / 10).max(1);
    if run.stopped_early || loss.len() < FEWEST_EPOCHS {
        return None;
    }
    let (before, last) = loss[loss.len() - 2 * tenth..].split_at(tenth);
    let fallen = 1.0 - mean(last) / mean(before);
    (fallen >= STILL_FALLS).then(|| {
        let over = if tenth == 1 { "in the last epoch".to_owned() } else { format!("over the last {tenth} epochs") };
        format!("its loss still falls ({} % {over}); try more `train.epochs`", percent(fallen))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A run of eight classes with these columns.
    fn run(columns: &[(&str, Vec<f64>)]) -> Curves {
        let epochs = columns[0].1.len();
        let mut table = Epochs::new(["epoch"].into_iter().chain(columns.iter().map(|(name, _)| *name)));
        let row = |e: usize| [e as f64 + 1.0].into_iter().chain(columns.iter().map(|(_, values)| values[e])).collect();
        table.rows = (0..epochs).map(row).collect();
        Curves { epochs: table, used: epochs - 1, classes: 8, stopped_early: false }
    }

    #[test]
    fn a_network_that_knows_its_training_rows_by_heart_is_told_by_them_as_they_are() {
        let validation = ("validation_uar", vec![0.5, 0.6]);
        let augmented = run(&[("train_uar", vec![0.5, 0.7]), validation.clone()]);
        assert_eq!(by_heart(&augmented), None);
        let measured = run(&[("train_uar", vec![0.5, 0.7]), validation.clone(), ("unaugmented_uar", vec![0.6, 0.987])]);
        let said = by_heart(&measured).unwrap();
        assert!(
            said.starts_with("knows its training rows by heart (UAR 98.7 % as they are, validation 60.0 %)"),
            "{said}"
        );
        assert!(
            by_heart(&run(&[("train_uar", vec![0.5, 0.9]), validation])).unwrap().contains("as they were trained on")
        );
        assert_eq!(by_heart(&run(&[("train_uar", vec![0.5, 0.9]), ("validation_uar", vec![f64::NAN; 2])])), None);
    }

    #[test]
    fn a_training_that_never_left_chance_is_told_however_long_it_was() {
        let validation = ("validation_uar", vec![0.3, 0.125, 0.15]);
        let said = never_left_chance(&run(&[("train_uar", vec![0.3, 0.3, 0.3]), validation])).unwrap();
        assert!(
            said.contains("UAR of validation rows 13.8 % over the last half of the epochs, chance 12.5 %"),
            "{said}"
        );
        let alone = |uar: f64| run(&[("train_uar", vec![0.9, 0.125, uar])]);
        assert!(never_left_chance(&alone(0.15)).unwrap().contains("UAR of training rows"));
        assert_eq!(never_left_chance(&alone(0.5)), None);
    }

    #[test]
    fn a_loss_that_still_falls_is_told_unless_the_training_was_stopped_or_short() {
        let falling =
            |epochs: usize, rate: f64| run(&[("train_loss", (0..epochs).map(|e| rate.powi(e as i32)).collect())]);
        assert!(still_falls(&falling(6, 0.9)).unwrap().starts_with("its loss still falls (10.0 % in the last epoch)"));
        assert!(still_falls(&falling(40, 0.99)).unwrap().contains("over the last 4 epochs"));
        assert_eq!(still_falls(&falling(40, 0.999)), None);
        assert_eq!(still_falls(&falling(4, 0.5)), None);
        assert_eq!(still_falls(&Curves { stopped_early: true, ..falling(40, 0.9) }), None);
    }

    #[test]
    fn what_half_of_the_runs_tell_is_not_told() {
        let told = |text: &str| Some(text.to_owned());
        assert_eq!(most(vec![told("a"), None]), None);
        assert_eq!(most(vec![None, told("b"), told("c")]), told("b"));
        assert_eq!(most(vec![]), None);
    }
}
