//! Rows under each other with a name on the left, a figure on the right, and one axis below.

use super::axis::{Axis, Panel};
use super::scene::{ALARM, Anchor, COLUMN, FAINT, GREY, INK, SMALL, Scene, Shape, Text};
use super::text;
use plotters::style::RGBColor;

/// Height of a row.
const ROW: f64 = 46.0;

/// One row.
pub(super) struct Rung {
    name: String,
    figure: String,
    stamped: bool,
}

impl Rung {
    /// A row called `name` with `figure` at its end; one that leaks is marked.
    pub(super) fn new(name: &str, figure: String, stamped: bool) -> Self {
        Self { name: if stamped { format!("{name} (LEAK)") } else { name.to_owned() }, figure, stamped }
    }
}

/// All rows, and what stands around them.
pub(super) struct Ladder<'a> {
    /// What the plot is, for those who cannot see it.
    pub about: String,
    pub title: &'a str,
    pub stamp: Option<&'a str>,
    /// What the marks are.
    pub key: String,
    pub rungs: Vec<Rung>,
    pub x: Axis,
    pub x_title: &'a str,
}

impl Ladder<'_> {
    /// Draws the rows; `mark` is called with the number of each and its middle.
    pub(super) fn draw(self, mark: impl Fn(&mut Scene, &Panel, usize, f64)) -> Scene {
        let names: Vec<Vec<String>> = self.rungs.iter().map(|r| text::wrap(&r.name, SMALL, false, 150.0)).collect();
        let left = names.iter().flatten().map(|l| text::width(l, SMALL, false)).fold(40.0, f64::max) + 20.0;
        let right = text::widest(self.rungs.iter().map(|r| r.figure.as_str()), SMALL, true) + 22.0;
        let width = (left + right + 200.0).max(COLUMN);
        let mut scene = Scene::new(width, 10.0, self.about);
        let mut top = scene.heading(self.title, self.stamp);
        for line in text::wrap(&self.key, SMALL, false, width - 24.0) {
            top += SMALL * 1.25;
            scene.text(Text::new(line, (width / 2.0, top), SMALL, Anchor::Middle).colour(GREY));
        }
        top += 12.0;
        let lines = names.iter().map(Vec::len).max().unwrap_or(1) as f64;
        let row = ROW.max(lines * SMALL * 1.2 + 8.0);
        let height = row * self.rungs.len() as f64;
        scene.height = top + height + Panel::BELOW + 6.0;
        let panel = Panel { left, top, width: width - left - right, height, x: self.x, y: Axis::between(0.0, 1.0, 1) };
        for tick in &panel.x.ticks {
            let x = panel.at(*tick, 0.0).0;
            scene.line((x, top), (x, top + height), 1.0, FAINT);
        }
        for (i, (rung, name)) in self.rungs.iter().zip(&names).enumerate() {
            let middle = top + row * (i as f64 + 0.5);
            if i > 0 {
                let y = top + row * i as f64;
                scene.line((left, y), (left + panel.width, y), 0.6, FAINT);
            }
            for (j, line) in name.iter().enumerate() {
                let y = middle + (j as f64 - (name.len() - 1) as f64 / 2.0) * SMALL * 1.15 + 0.36 * SMALL;
                let text = Text::new(line, (left - 9.0, y), SMALL, Anchor::End);
                scene.text(if rung.stamped { text.colour(ALARM) } else { text });
            }
            mark(&mut scene, &panel, i, middle);
            let at = (left + panel.width + 10.0, middle + 0.36 * SMALL);
            scene.text(Text::new(&rung.figure, at, SMALL, Anchor::Start).bold());
        }
        panel.x_axis(&mut scene, self.x_title);
        scene.line((left, top), (left, top + height), 1.2, INK);
        scene
    }
}

/// A diamond at `value` with its interval, at height `y`.
pub(super) fn estimate(
    scene: &mut Scene,
    panel: &Panel,
    y: f64,
    value: f64,
    interval: Option<(f64, f64)>,
    colour: RGBColor,
) {
    if let Some((low, high)) = interval {
        let (low, high) = (panel.at(low, 0.0).0, panel.at(high, 0.0).0);
        scene.line((low, y), (high, y), 2.4, INK);
        for end in [low, high] {
            scene.line((end, y - 5.0), (end, y + 5.0), 2.0, INK);
        }
    }
    if value.is_finite() {
        let x = panel.at(value, 0.0).0;
        let corners = vec![(x - 6.5, y), (x, y - 6.5), (x + 6.5, y), (x, y + 6.5)];
        scene.shapes.push(Shape::Polygon(corners, colour));
    }
}
