//! Variants side by side: mean, interval and every single seed of a metric.

use super::axis::{Axis, Panel};
use super::scene::{ALARM, Anchor, BLUE, COLUMN, FAINT, GREY, INK, PAPER, SMALL, Scene, Shape, Text};
use super::{colour, text};

/// One variant in a comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct VariantFigures {
    /// Its name.
    pub name: String,
    /// The metric of each of its seeds.
    pub seeds: Vec<f64>,
    /// Their mean.
    pub mean: f64,
    /// Interval about the mean, where there is one.
    pub interval: Option<(f64, f64)>,
    /// Whether one of its runs leaks; the name is then marked.
    pub stamped: bool,
}

const ROW: f64 = 46.0;

/// Draws a row a variant: dots for the seeds, a diamond for the mean, a line for the interval. `metric` is the title of
/// the x axis, `interval` says what the line is ("95% t interval over seeds").
pub fn variants(rows: &[VariantFigures], metric: &str, interval: &str, title: &str, stamp: Option<&str>) -> Scene {
    let name = |v: &VariantFigures| if v.stamped { format!("{} (LEAK)", v.name) } else { v.name.clone() };
    let names: Vec<Vec<String>> = rows.iter().map(|v| text::wrap(&name(v), SMALL, false, 150.0)).collect();
    let left = names.iter().flatten().map(|l| text::width(l, SMALL, false)).fold(40.0, f64::max) + 20.0;
    let figures: Vec<String> = rows.iter().map(|v| format!("{:.3}", v.mean)).collect();
    let right = text::widest(figures.iter().map(String::as_str), SMALL, true) + 22.0;
    let width = (left + right + 200.0).max(COLUMN);
    let mut scene = Scene::new(width, 10.0, format!("Comparison of variants: {title}"));
    let mut top = scene.heading(title, stamp);
    let key = format!("diamond: mean; line: {interval}; dots: seeds");
    for line in text::wrap(&key, SMALL, false, width - 24.0) {
        top += SMALL * 1.25;
        scene.text(Text::new(line, (width / 2.0, top), SMALL, Anchor::Middle).colour(GREY));
    }
    top += 12.0;
    let lines = names.iter().map(Vec::len).max().unwrap_or(1) as f64;
    let row = ROW.max(lines * SMALL * 1.2 + 8.0);
    let height = row * rows.len() as f64;
    scene.height = top + height + Panel::BELOW + 6.0;
    let ends = rows.iter().flat_map(|v| v.interval.into_iter().flat_map(|(l, h)| [l, h]).chain([v.mean]));
    let x = Axis::shares(rows.iter().flat_map(|v| v.seeds.iter().copied()).chain(ends), 5);
    let panel = Panel { left, top, width: width - left - right, height, x, y: Axis::between(0.0, 1.0, 1) };
    for tick in &panel.x.ticks {
        let x = panel.at(*tick, 0.0).0;
        scene.line((x, top), (x, top + height), 1.0, FAINT);
    }
    for (i, variant) in rows.iter().enumerate() {
        let middle = top + row * (i as f64 + 0.5);
        if i > 0 {
            let y = top + row * i as f64;
            scene.line((left, y), (left + panel.width, y), 0.6, FAINT);
        }
        for (j, line) in names[i].iter().enumerate() {
            let y = middle + (j as f64 - (names[i].len() - 1) as f64 / 2.0) * SMALL * 1.15 + 0.36 * SMALL;
            let text = Text::new(line, (left - 9.0, y), SMALL, Anchor::End);
            scene.text(if variant.stamped { text.colour(ALARM) } else { text });
        }
        mark(&mut scene, &panel, variant, middle);
        let at = (left + panel.width + 10.0, middle + 0.36 * SMALL);
        scene.text(Text::new(&figures[i], at, SMALL, Anchor::Start).bold());
    }
    panel.x_axis(&mut scene, metric);
    scene.line((left, top), (left, top + height), 1.2, INK);
    scene
}

/// The dots lie below the mean, each a little lower or higher than its neighbour, so that equal seeds stay countable.
fn mark(scene: &mut Scene, panel: &Panel, variant: &VariantFigures, middle: f64) {
    let clamp = |v: f64| v.clamp(panel.x.low, panel.x.high);
    for (i, seed) in variant.seeds.iter().filter(|s| s.is_finite()).enumerate() {
        let y = middle + 10.0 + [0.0, 4.0, -4.0][i % 3];
        scene.disc((panel.at(clamp(*seed), 0.0).0, y), 3.0, colour::between(&[BLUE, PAPER], 0.35));
    }
    let y = middle - 7.0;
    if let Some((low, high)) = variant.interval {
        let (low, high) = (panel.at(clamp(low), 0.0).0, panel.at(clamp(high), 0.0).0);
        scene.line((low, y), (high, y), 2.4, INK);
        for end in [low, high] {
            scene.line((end, y - 5.0), (end, y + 5.0), 2.0, INK);
        }
    }
    if variant.mean.is_finite() {
        let x = panel.at(variant.mean, 0.0).0;
        let corners = vec![(x - 6.5, y), (x, y - 6.5), (x + 6.5, y), (x, y + 6.5)];
        scene.shapes.push(Shape::Polygon(corners, BLUE));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_cut_off_for_1_to_20_variants() {
        for n in [1, 2, 5, 20] {
            let rows: Vec<VariantFigures> = (0..n)
                .map(|i| VariantFigures {
                    name: if i % 2 == 0 { format!("2d-without-augment.noise-{i}") } else { format!("v{i}") },
                    seeds: vec![0.5 + 0.01 * i as f64, 0.52, 0.52],
                    mean: 0.51,
                    interval: (i % 3 != 0).then_some((0.4, 0.95)),
                    stamped: i == 1,
                })
                .collect();
            let scene = variants(&rows, "UAR", "95% t interval over seeds", "a comparison", None);
            assert_eq!(scene.flaws(), [""; 0], "{n} variants");
        }
    }
}
