//! What the parts of a variant are worth.

use super::axis::Axis;
use super::ladder::{Ladder, Rung, estimate};
use super::scene::{BLUE, GREY, INK, Scene, VERMILION};
use crate::evaluate::Verdict;

/// One part; figures are shares in [-1, 1].
#[derive(Debug, Clone, PartialEq)]
pub struct PartFigures {
    /// Its name, as the spec has it.
    pub part: String,
    /// What it adds, and the ends of the interval of that.
    pub worth: [f64; 3],
    /// Whether it makes the variant better or worse.
    pub verdict: Verdict,
    /// Whether a run of either side leaks; the name is then marked.
    pub stamped: bool,
}

/// Draws a row a part: a diamond for what it adds in points, a line for the interval. Blue parts make the variant better, red ones worse,
/// of grey ones the runs cannot tell.
pub fn parts(rows: &[PartFigures], metric: &str, interval: &str, title: &str, stamp: Option<&str>) -> Scene {
    let points = |share: f64| 100.0 * share;
    let axis = Axis::around(rows.iter().flat_map(|r| r.worth).map(points).chain([0.0]), 6);
    let x_title = format!("what the part adds, points of {metric}");
    let ladder = Ladder {
        about: format!("What parts are worth: {title}"),
        title,
        stamp,
        key: format!("blue: better with it; red: worse; grey: unclear; line: {interval}"),
        rungs: rows.iter().map(|r| Rung::new(&r.part, signed(points(r.worth[0])), r.stamped)).collect(),
        x: axis,
        x_title: &x_title,
    };
    ladder.draw(|scene, panel, row, middle| {
        if row == 0 {
            let x = panel.at(0.0, 0.0).0;
            scene.line((x, panel.top), (x, panel.top + panel.height), 1.4, INK);
        }
        let PartFigures { worth: [worth, low, high], verdict, .. } = &rows[row];
        let colour = match verdict {
            Verdict::Better => BLUE,
            Verdict::Worse => VERMILION,
            Verdict::Unclear => GREY,
        };
        let interval = (low.is_finite() && high.is_finite()).then_some((points(*low), points(*high)));
        estimate(scene, panel, middle, points(*worth), interval, colour);
    })
}

/// With its sign and one decimal: `+3.4`, `0.0`.
fn signed(points: f64) -> String {
    let text = format!("{points:+.1}").replace('-', "\u{2212}");
    if text.ends_with("0.0") && text.chars().count() == 4 { "0.0".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_cut_off_for_1_to_20_parts_on_either_side_of_0() {
        for n in [1, 2, 8, 20] {
            let verdicts = [Verdict::Better, Verdict::Unclear, Verdict::Worse];
            let part = |i: usize| {
                let worth = 0.05 - 0.01 * i as f64;
                let end = if i == 3 { f64::NAN } else { 0.02 };
                let worth = [worth, worth - end, worth + end];
                PartFigures {
                    part: format!("model.a-rather-long-name-{i}"),
                    worth,
                    verdict: verdicts[i % 3],
                    stamped: i == 2,
                }
            };
            let rows: Vec<PartFigures> = (0..n).map(part).collect();
            let scene = parts(&rows, "UAR", "95 % interval over networks and speakers", "parts of 2d", Some("LEAK"));
            assert_eq!(scene.flaws(), [""; 0], "{n} parts");
        }
    }

    #[test]
    fn figures_have_a_sign_but_for_0() {
        assert_eq!([3.44, -0.26, 0.04, -0.04].map(signed), ["+3.4", "\u{2212}0.3", "0.0", "0.0"]);
    }
}
