//! Learning curves: loss and metrics of training and validation by epoch.

use super::axis::{Axis, Panel};
use super::scene::{Anchor, BLUE, COLUMN, GREEN, GREY, MEDIUM, SMALL, Scene, Shape, Text, VERMILION};
use super::{metric_title, text};
use crate::record::Epochs;
use plotters::style::RGBColor;

const HEIGHT: f64 = 190.0;
/// Up to this many epochs each value gets a dot.
const DOTS: usize = 20;

struct Series {
    prefix: &'static str,
    colour: RGBColor,
    dash: Option<(f64, f64)>,
}

/// Training is dashed, the rows that pick the epoch solid, training without augmentation dotted, so that a grey print tells them apart.
const SERIES: [Series; 3] = [
    Series { prefix: "train_", colour: VERMILION, dash: Some((6.0, 4.0)) },
    Series { prefix: "validation_", colour: BLUE, dash: None },
    Series { prefix: "unaugmented_", colour: GREEN, dash: Some((2.0, 3.0)) },
];

/// Draws a panel for the loss and one for each metric of which `epochs` has a column `train_<metric>` or
/// `validation_<metric>`, with `unaugmented_<metric>` where there is one; the best epoch is marked. `picking` names the rows that pick it, as a legend has them: `validation`, but for
/// runs that look at others. Up to two panels stand above each other, more in two columns.
pub fn curves(epochs: &Epochs, best_epoch: Option<usize>, picking: &str, title: &str, stamp: Option<&str>) -> Scene {
    let metrics = metrics(epochs);
    let across = if metrics.len() > 2 { 2 } else { 1 };
    let down = metrics.len().div_ceil(across).max(1);
    let column = if across == 2 { 380.0 } else { COLUMN };
    let about = format!("Learning curves: {title}");
    let mut scene = Scene::new(column * across as f64, 10.0, about);
    let top = scene.heading(title, stamp);
    let top = legend(&mut scene, top, &named(epochs, picking), best_epoch) + 14.0;
    let each = HEIGHT + Panel::BELOW + 16.0;
    scene.height = top + each * down as f64 - 8.0;

    let last = epochs.rows.iter().map(|r| r[0] as usize).max().unwrap_or(1);
    let number = epochs.column("epoch").unwrap_or_default();
    // Shares have one axis, so that the metrics can be held against each other.
    let (loss, shares): (Vec<&String>, Vec<&String>) = metrics.iter().partition(|m| *m == "loss");
    let values = |of: &[&String]| -> Vec<f64> { of.iter().flat_map(|m| all(epochs, m)).collect() };
    let (loss, shares) = (Axis::around(values(&loss), 5), Axis::shares(values(&shares), 5));
    let axes: Vec<Axis> = metrics.iter().map(|m| if m == "loss" { loss.clone() } else { shares.clone() }).collect();
    // One left margin for all panels, so that the same epoch stands at the same x.
    let beside = axes.iter().map(Panel::beside).fold(0.0, f64::max);
    for (i, (metric, y)) in metrics.iter().zip(axes).enumerate() {
        let (row, place) = (i / across, i % across);
        let panel = Panel {
            left: column * place as f64 + beside,
            top: top + each * row as f64,
            width: column - beside - 20.0,
            height: HEIGHT,
            x: Axis::whole(last, 6),
            y,
        };
        panel.frame(&mut scene, "epoch", &metric_title(metric));
        if let Some(best) = best_epoch {
            let x = panel.at(best as f64, panel.y.low).0;
            scene.dashed((x, panel.top), (x, panel.top + panel.height), 1.2, GREY);
        }
        for series in &SERIES {
            let Some(values) = epochs.column(&format!("{}{metric}", series.prefix)) else { continue };
            line(&mut scene, &panel, &number, &values, series);
            if let (Some(best), "validation_") = (best_epoch, series.prefix) {
                let at = number.iter().position(|n| *n as usize == best);
                if let Some(value) = at.map(|i| values[i]).filter(|v| v.is_finite()) {
                    scene.disc(panel.at(best as f64, value), 5.5, super::scene::PAPER);
                    scene.disc(panel.at(best as f64, value), 4.2, series.colour);
                }
            }
        }
    }
    scene
}

/// What is measured: the loss first, then the metrics in the order of the columns.
fn metrics(epochs: &Epochs) -> Vec<String> {
    let mut metrics: Vec<String> = Vec::new();
    for column in &epochs.columns {
        let Some(metric) = SERIES.iter().find_map(|s| column.strip_prefix(s.prefix)) else { continue };
        if !metrics.iter().any(|m| m == metric) {
            metrics.push(metric.to_owned());
        }
    }
    metrics.sort_by_key(|m| m != "loss");
    metrics
}

/// The values of a metric in all series.
fn all(epochs: &Epochs, metric: &str) -> Vec<f64> {
    SERIES.iter().filter_map(|s| epochs.column(&format!("{}{metric}", s.prefix))).flatten().collect()
}

/// The series that a legend tells, with their names.
fn named<'a>(epochs: &Epochs, picking: &'a str) -> Vec<(&'static Series, &'a str)> {
    let is_there = |s: &Series| epochs.columns.iter().any(|column| column.starts_with(s.prefix));
    let names = ["train", picking, "unaugmented"];
    SERIES.iter().zip(names).enumerate().filter(|(i, (s, _))| *i < 2 || is_there(s)).map(|(_, named)| named).collect()
}

/// One series; a value that is not finite leaves a gap.
fn line(scene: &mut Scene, panel: &Panel, epochs: &[f64], values: &[f64], series: &Series) {
    let mut stretch = Vec::new();
    let mut stretches = Vec::new();
    for (epoch, value) in epochs.iter().zip(values) {
        if value.is_finite() {
            stretch.push(panel.at(*epoch, *value));
        } else if !stretch.is_empty() {
            stretches.push(std::mem::take(&mut stretch));
        }
    }
    stretches.push(stretch);
    for points in stretches {
        if points.len() == 1 || epochs.len() <= DOTS {
            points.iter().for_each(|p| scene.disc(*p, 3.2, series.colour));
        }
        if points.len() > 1 {
            scene.shapes.push(Shape::Line(points, 2.2, series.colour, series.dash));
        }
    }
}

/// One row above the panels, so that it never covers a curve.
fn legend(scene: &mut Scene, top: f64, series: &[(&Series, &str)], best_epoch: Option<usize>) -> f64 {
    let best = best_epoch.map(|e| format!("best epoch ({e})"));
    let lines = series.iter().map(|(series, name)| (Some(*series), *name));
    let entries: Vec<(Option<&Series>, &str)> = lines.chain(best.as_deref().map(|best| (None, best))).collect();
    let width = |name: &str| text::width(name, MEDIUM, false) + 34.0;
    let whole = entries.iter().map(|(_, name)| width(name) + 12.0).sum::<f64>() - 12.0;
    let mut x = (scene.width - whole) / 2.0;
    let y = top + MEDIUM;
    for (series, name) in entries {
        let (from, to) = ((x, y - 5.0), (x + 26.0, y - 5.0));
        match series {
            Some(s) => scene.shapes.push(Shape::Line(vec![from, to], 2.2, s.colour, s.dash)),
            None => scene.dashed((x + 20.0, y - 13.0), (x + 20.0, y + 3.0), 1.2, GREY),
        }
        scene.text(Text::new(name, (x + 33.0, y), SMALL, Anchor::Start));
        x += width(name) + 12.0;
    }
    y
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(epochs: usize, metrics: &[&str]) -> Epochs {
        let mut columns = vec!["epoch".to_owned(), "learning_rate".to_owned()];
        for prefix in ["train_", "validation_", "unaugmented_"].into_iter().take(2 + epochs % 2) {
            columns.extend(metrics.iter().map(|m| format!("{prefix}{m}")));
        }
        let row = |e: usize| {
            let mut row = vec![e as f64, 1e-3];
            row.extend((2..columns.len()).map(|c| if c == 2 { 1.8 / e as f64 } else { 1.0 - 0.8 / (e + c) as f64 }));
            row
        };
        Epochs { rows: (1..=epochs).map(row).collect(), columns }
    }

    #[test]
    fn nothing_is_cut_off_for_1_to_200_epochs_and_1_to_5_panels() {
        let all = ["loss", "accuracy", "uar", "weighted_f1", "macro_f1"];
        for n in [1, 2, 3, 10, 60, 200, 1000] {
            for m in 1..=all.len() {
                let scene = curves(
                    &example(n, &all[..m]),
                    Some(n.div_ceil(2)),
                    "validation",
                    "1d-vs-2d / 2d, seed 0",
                    Some("LEAK"),
                );
                assert_eq!(scene.flaws(), [""; 0], "{n} epochs, {m} panels");
            }
        }
    }

    #[test]
    fn a_loss_that_is_not_a_number_leaves_a_gap() {
        let mut epochs = example(30, &["loss"]);
        epochs.rows[10][2] = f64::NAN;
        let svg = curves(&epochs, None, "validation", "t", None).svg();
        assert!(!svg.contains("NaN"), "{svg}");
    }

    #[test]
    fn no_epochs_at_all_still_make_a_plot() {
        let none = Epochs { columns: vec!["epoch".into(), "train_loss".into()], rows: Vec::new() };
        assert_eq!(curves(&none, None, "validation", "t", None).flaws(), [""; 0]);
    }

    #[test]
    fn rows_that_pick_the_epoch_are_called_what_they_are() {
        for metrics in [&["loss"][..], &["loss", "uar", "accuracy"]] {
            let scene = curves(&example(20, metrics), Some(7), "test (picks the epoch)", "t", Some("LEAK"));
            assert_eq!(scene.flaws(), [""; 0]);
            assert!(scene.svg().contains("test (picks the epoch)") && !scene.svg().contains("validation"));
        }
    }
}
