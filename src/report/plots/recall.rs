//! Recall of each class with its interval.

use super::axis::{Axis, Panel};
use super::scene::{Anchor, BLUE, COLUMN, FAINT, GREY, INK, PAPER, SMALL, Scene, Text, VERMILION};
use super::{colour, text};

/// The recall of one class.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassRecall {
    /// The class.
    pub label: String,
    /// Share of the clips of the class that were recognised; NaN where there are none.
    pub recall: f64,
    /// Lower end of its interval.
    pub low: f64,
    /// Upper end of its interval.
    pub high: f64,
    /// Clips of the class.
    pub support: u64,
}

const ROW: f64 = 34.0;

/// Draws a bar a class with its interval (`interval` says which, e.g. "95% Wilson"), the UAR, which is the mean of the
/// bars, and the level of chance, one over the number of classes.
pub fn recall(classes: &[ClassRecall], uar: f64, interval: &str, title: &str, stamp: Option<&str>) -> Scene {
    let names: Vec<Vec<String>> = classes.iter().map(|c| text::wrap(&c.label, SMALL, false, 130.0)).collect();
    let left = names.iter().flatten().map(|l| text::width(l, SMALL, false)).fold(40.0, f64::max) + 22.0;
    let values: Vec<String> =
        classes
            .iter()
            .map(|c| {
                if c.support == 0 {
                    "no clips".to_owned()
                } else {
                    format!("{:.0}%  n={}", c.recall * 100.0, c.support)
                }
            })
            .collect();
    let right = text::widest(values.iter().map(String::as_str), SMALL, false) + 18.0;
    let width = (left + right + 190.0).max(COLUMN);
    let mut scene = Scene::new(width, 10.0, format!("Recall by class: {title}"));
    let top = legend(&mut scene, title, stamp, classes.len(), uar) + 10.0;
    let height = ROW * classes.len() as f64 + 8.0;
    scene.height = top + height + Panel::BELOW + 6.0;
    let x = Axis::between(0.0, 100.0, 5);
    let panel = Panel { left, top, width: width - left - right, height, x, y: Axis::between(0.0, 1.0, 1) };
    for tick in &panel.x.ticks {
        let x = panel.at(*tick, 0.0).0;
        scene.line((x, top), (x, top + height), 1.0, FAINT);
    }
    for (i, class) in classes.iter().enumerate() {
        let middle = top + 4.0 + ROW * (i as f64 + 0.5);
        for (j, line) in names[i].iter().enumerate() {
            let y = middle + (j as f64 - (names[i].len() - 1) as f64 / 2.0) * SMALL * 1.15 + 0.36 * SMALL;
            scene.text(Text::new(line, (left - 9.0, y), SMALL, Anchor::End));
        }
        if class.support > 0 {
            let from = panel.at(0.0, 0.0).0;
            let bar = [from, middle - 10.0, panel.at(class.recall * 100.0, 0.0).0 - from, 20.0];
            scene.rect(bar, colour::between(&[BLUE, PAPER], 0.45));
            let (low, high) = (panel.at(class.low * 100.0, 0.0).0, panel.at(class.high * 100.0, 0.0).0);
            scene.line((low, middle), (high, middle), 1.8, INK);
            for end in [low, high] {
                scene.line((end, middle - 5.0), (end, middle + 5.0), 1.8, INK);
            }
        }
        let at = (left + panel.width + 10.0, middle + 0.36 * SMALL);
        scene.text(Text::new(&values[i], at, SMALL, Anchor::Start));
    }
    for (value, colour) in [(1.0 / classes.len().max(1) as f64, GREY), (uar, VERMILION)] {
        if value.is_finite() {
            let x = panel.at(value * 100.0, 0.0).0;
            scene.dashed((x, top), (x, top + height), 1.6, colour);
        }
    }
    panel.x_axis(&mut scene, &format!("recall (%), {interval} interval"));
    scene.line((left, top), (left, top + height), 1.2, INK);
    scene
}

fn legend(scene: &mut Scene, title: &str, stamp: Option<&str>, classes: usize, uar: f64) -> f64 {
    let y = scene.heading(title, stamp) + SMALL;
    let entries = [
        (format!("UAR {:.1}%", uar * 100.0), VERMILION),
        (format!("chance {:.1}%", 100.0 / classes.max(1) as f64), GREY),
    ];
    let widths: Vec<f64> = entries.iter().map(|(t, _)| text::width(t, SMALL, false) + 46.0).collect();
    let mut x = (scene.width - widths.iter().sum::<f64>()) / 2.0;
    for ((text, colour), width) in entries.into_iter().zip(widths) {
        scene.dashed((x, y - 5.0), (x + 24.0, y - 5.0), 1.6, colour);
        scene.text(Text::new(text, (x + 30.0, y), SMALL, Anchor::Start));
        x += width;
    }
    y
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_cut_off_whatever_the_classes() {
        for k in [1, 2, 6, 8, 12] {
            let classes: Vec<ClassRecall> = (0..k)
                .map(|i| ClassRecall {
                    label: if i % 2 == 0 { "pleasant surprise (strong)".into() } else { format!("sad{i}") },
                    recall: if i == 3 { f64::NAN } else { i as f64 / k as f64 },
                    low: 0.0,
                    high: 1.0,
                    support: if i == 3 { 0 } else { 1271 },
                })
                .collect();
            let scene = recall(&classes, 0.5, "95% Wilson", "2d", Some("LEAK: the same speakers train and test"));
            assert_eq!(scene.flaws(), [""; 0], "{k} classes");
            assert!(!scene.svg().contains("NaN"));
        }
    }
}
