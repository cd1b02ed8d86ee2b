//! Variants side by side: mean, interval and every single seed of a metric.

use super::axis::{Axis, Panel};
use super::colour;
use super::ladder::{Ladder, Rung, estimate};
use super::scene::{BLUE, PAPER, Scene};

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

/// Draws a row a variant: dots for the seeds, a diamond for the mean, a line for the interval. `metric` is the title of
/// the x axis, `interval` says what the line is ("95% t interval over seeds").
pub fn variants(rows: &[VariantFigures], metric: &str, interval: &str, title: &str, stamp: Option<&str>) -> Scene {
    let ends = rows.iter().flat_map(|v| v.interval.into_iter().flat_map(|(l, h)| [l, h]).chain([v.mean]));
    let ladder = Ladder {
        about: format!("Comparison of variants: {title}"),
        title,
        stamp,
        key: format!("diamond: mean; line: {interval}; dots: seeds"),
        rungs: rows.iter().map(|v| Rung::new(&v.name, format!("{:.3}", v.mean), v.stamped)).collect(),
        x: Axis::shares(rows.iter().flat_map(|v| v.seeds.iter().copied()).chain(ends), 5),
        x_title: metric,
    };
    ladder.draw(|scene, panel, row, middle| mark(scene, panel, &rows[row], middle))
}

/// The dots lie below the mean, each a little lower or higher than its neighbour, so that equal seeds stay countable.
fn mark(scene: &mut Scene, panel: &Panel, variant: &VariantFigures, middle: f64) {
    let clamp = |v: f64| v.clamp(panel.x.low, panel.x.high);
    for (i, seed) in variant.seeds.iter().filter(|s| s.is_finite()).enumerate() {
        let y = middle + 10.0 + [0.0, 4.0, -4.0][i % 3];
        scene.disc((panel.at(clamp(*seed), 0.0).0, y), 3.0, colour::between(&[BLUE, PAPER], 0.35));
    }
    let interval = variant.interval.map(|(low, high)| (clamp(low), clamp(high)));
    estimate(scene, panel, middle - 7.0, variant.mean, interval, BLUE);
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
