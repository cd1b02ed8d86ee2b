//! Axes: round ticks, and the frame of a panel with its labels.

use super::scene::{Anchor, FAINT, GREY, INK, MEDIUM, SMALL, Scene, Text};
use super::text;

/// A linear axis over `low..=high` with ticks at round numbers inside it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Axis {
    /// Value at the start of the axis.
    pub low: f64,
    /// Value at its end.
    pub high: f64,
    /// Values that get a tick.
    pub ticks: Vec<f64>,
    decimals: usize,
}

impl Axis {
    /// An axis that holds all `values`, widened to round numbers, with about `count` ticks.
    pub(super) fn around(values: impl IntoIterator<Item = f64>, count: usize) -> Self {
        let finite = values.into_iter().filter(|v| v.is_finite());
        let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
        if low > high {
            return Self::between(0.0, 1.0, count);
        }
        let spread = if high > low { high - low } else { high.abs().max(1.0) * 0.1 };
        let step = round_step(spread / count.max(1) as f64);
        Self::between((low / step).floor() * step, (high / step).ceil() * step, count)
    }

    /// An axis of shares: as [`Axis::around`], but never beyond 0 and 1.
    pub(super) fn shares(values: impl IntoIterator<Item = f64>, count: usize) -> Self {
        let axis = Self::around(values, count);
        let (low, high) = (axis.low.clamp(0.0, 1.0), axis.high.clamp(0.0, 1.0));
        if low < high { Self::between(low, high, count) } else { Self::between(0.0, 1.0, count) }
    }

    /// An axis from `low` to `high` with about `count` ticks.
    pub(super) fn between(low: f64, high: f64, count: usize) -> Self {
        let high = if high > low { high } else { low + 1.0 };
        let step = round_step((high - low) / count.max(1) as f64);
        let (first, last) = ((low / step - 1e-9).ceil() as i64, (high / step + 1e-9).floor() as i64);
        let decimals = (-step.log10() - 1e-9).ceil().max(0.0) as usize;
        Self { low, high, ticks: (first..=last).map(|i| i as f64 * step).collect(), decimals }
    }

    /// An axis of the whole numbers 1 to `last`, half a step of air at both ends of a short one.
    pub(super) fn whole(last: usize, count: usize) -> Self {
        let step = round_step((last as f64 / count.max(1) as f64).max(1.0)).max(1.0) as usize;
        let mut ticks: Vec<f64> = (1..=last / step).map(|i| (i * step) as f64).collect();
        if step > 1 {
            ticks.insert(0, 1.0);
        }
        let air = if last <= 20 { 0.5 } else { 0.0 };
        Self { low: 1.0 - air, high: (last as f64 + air).max(1.5), ticks, decimals: 0 }
    }

    /// Where `value` lies between 0 (start) and 1 (end).
    pub(super) fn share(&self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }

    /// What a tick is labelled.
    pub(super) fn label(&self, tick: f64) -> String {
        let text = format!("{tick:.*}", self.decimals);
        let negative_zero = text.starts_with('-') && text.bytes().all(|b| matches!(b, b'-' | b'0' | b'.'));
        let text = if negative_zero { text[1..].to_owned() } else { text };
        text.replace('-', "\u{2212}")
    }

    /// Width of the widest tick label.
    pub(super) fn label_width(&self) -> f64 {
        self.ticks.iter().map(|t| text::width(&self.label(*t), SMALL, false)).fold(0.0, f64::max)
    }
}

/// 1, 2 or 5 times a power of ten, at least `rough`.
fn round_step(rough: f64) -> f64 {
    let power = 10f64.powf((rough.max(1e-12)).log10().floor());
    let factor = rough / power;
    let factor = [1.0, 2.0, 5.0].into_iter().find(|f| factor <= f + 1e-9).unwrap_or(10.0);
    factor * power
}

/// A rectangle of the plane with two axes.
#[derive(Debug, Clone)]
pub(super) struct Panel {
    /// Left edge.
    pub left: f64,
    /// Upper edge.
    pub top: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
    /// From left to right.
    pub x: Axis,
    /// From bottom to top.
    pub y: Axis,
}

impl Panel {
    /// Space that the tick labels and the title of the x axis take below a panel.
    pub(super) const BELOW: f64 = 46.0;

    /// Space that the tick labels and the title of `y` take left of a panel.
    pub(super) fn beside(y: &Axis) -> f64 {
        y.label_width() + 36.0
    }

    /// The point of the plane for two values.
    pub(super) fn at(&self, x: f64, y: f64) -> (f64, f64) {
        (self.left + self.x.share(x) * self.width, self.top + (1.0 - self.y.share(y)) * self.height)
    }

    /// Draws grid, axes, ticks and titles.
    pub(super) fn frame(&self, scene: &mut Scene, x_title: &str, y_title: &str) {
        let (right, bottom) = (self.left + self.width, self.top + self.height);
        for tick in &self.y.ticks {
            let y = self.at(self.x.low, *tick).1;
            scene.line((self.left, y), (right, y), 1.0, FAINT);
            let at = (self.left - 7.0, y + 0.36 * SMALL);
            scene.text(Text::new(self.y.label(*tick), at, SMALL, Anchor::End).colour(GREY));
        }
        self.x_axis(scene, x_title);
        scene.line((self.left, self.top), (self.left, bottom), 1.2, INK);
        let at = (self.left - self.y.label_width() - 18.0, self.top + self.height / 2.0);
        scene.text(Text::new(y_title, at, MEDIUM, Anchor::Middle).upward());
    }

    /// Draws the x axis alone: line, ticks, labels, title.
    pub(super) fn x_axis(&self, scene: &mut Scene, title: &str) {
        let (right, bottom) = (self.left + self.width, self.top + self.height);
        scene.line((self.left, bottom), (right, bottom), 1.2, INK);
        let mut free = f64::NEG_INFINITY;
        for tick in &self.x.ticks {
            let x = self.at(*tick, self.y.low).0;
            let label = self.x.label(*tick);
            let half = text::width(&label, SMALL, false) / 2.0;
            scene.line((x, bottom), (x, bottom + 4.0), 1.2, INK);
            if x - half >= free {
                scene.text(Text::new(label, (x, bottom + 6.0 + SMALL), SMALL, Anchor::Middle).colour(GREY));
                free = x + half + 8.0;
            }
        }
        let at = (self.left + self.width / 2.0, bottom + Self::BELOW - 6.0);
        scene.text(Text::new(title, at, MEDIUM, Anchor::Middle));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_hold_the_values() {
        let axis = Axis::around([0.13, 1.87], 5);
        assert_eq!((axis.low, axis.high), (0.0, 2.0));
        let labels: Vec<String> = axis.ticks.iter().map(|t| axis.label(*t)).collect();
        assert_eq!(labels, ["0.0", "0.5", "1.0", "1.5", "2.0"]);
        let shares = Axis::shares([0.2, 1.0], 5);
        assert_eq!((shares.high, shares.label(0.4).as_str()), (1.0, "0.4"));
        assert_eq!(Axis::around([f64::NAN], 4), Axis::between(0.0, 1.0, 4));
    }

    #[test]
    fn an_axis_of_equal_values_still_has_a_width() {
        for v in [0.0, 3.0, -2.5, 1e-9, 1e9] {
            let axis = Axis::around([v, v], 5);
            assert!(axis.high > axis.low && axis.low <= v && v <= axis.high, "{axis:?}");
        }
    }

    #[test]
    fn whole_axes_start_at_one() {
        assert_eq!(Axis::whole(1, 6).ticks, [1.0]);
        assert_eq!(Axis::whole(60, 6).ticks, [1.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0]);
    }
}
