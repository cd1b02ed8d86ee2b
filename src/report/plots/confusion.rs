//! The confusion matrix: counts and shares of the true class in each cell.

use super::scene::{Anchor, COLUMN, GREY, INK, MEDIUM, SMALL, Scene, Shape, Text};
use super::{colour, text};
use image::{Rgb, RgbImage};
use plotters::style::RGBColor;

/// Ends and middle of the map of shares: lightness falls evenly, so it reads in grey and with any colour vision.
const MAP: [RGBColor; 4] =
    [RGBColor(0xFF, 0xFF, 0xFF), RGBColor(0xA6, 0xC8, 0xE4), RGBColor(0x3C, 0x7F, 0xBE), RGBColor(0x0A, 0x2A, 0x5C)];

/// Height of a cell, and its least width.
const CELL: f64 = 44.0;

/// The colour of a share from 0 to 1.
fn shade(share: f64) -> RGBColor {
    colour::between(&MAP, share)
}

/// Draws `counts[truth][predicted]`, rows and columns in the order of `labels`.
///
/// A cell holds the count and, below it, its share of the row in percent: what of the true class went there. The shade
/// follows the share, so that rare classes read as well as common ones. A row without clips shows counts alone.
pub fn confusion(labels: &[String], counts: &[Vec<u64>], title: &str, stamp: Option<&str>) -> Scene {
    let names: Vec<Vec<String>> = labels.iter().map(|l| text::wrap(l, SMALL, false, 130.0)).collect();
    let widest = names.iter().flatten().map(|l| text::width(l, SMALL, false)).fold(0.0, f64::max);
    let most = counts.iter().flatten().max().copied().unwrap_or(0);
    let needed = text::width(&most.to_string(), SMALL, true).max(text::width("100%", SMALL, false)) + 10.0;
    let k = labels.len().max(1) as f64;
    let left = widest + 44.0;
    let bar = 66.0;
    let lines = names.iter().map(Vec::len).max().unwrap_or(1) as f64;
    let least = needed.max(CELL).max(lines * SMALL * 1.15 + 4.0);
    let cell = ((COLUMN - left - bar) / k).clamp(least, least.max(84.0));
    // Names wider than their column are written upwards.
    let flat = widest <= cell - 6.0;
    let below = if flat { lines * SMALL * 1.2 + 12.0 } else { widest + 18.0 };
    let width = (left + cell * k + bar).max(300.0);
    let mut scene = Scene::new(width, 10.0, format!("Confusion matrix: {title}"));
    let top = scene.heading(title, stamp) + 2.0;
    let bottom = top + CELL * k;
    scene.height = bottom + below + MEDIUM + 12.0;

    for (row, counts) in counts.iter().enumerate() {
        let total: u64 = counts.iter().sum();
        for (column, count) in counts.iter().enumerate() {
            let share = if total == 0 { 0.0 } else { *count as f64 / total as f64 };
            let (x, y) = (left + cell * column as f64, top + CELL * row as f64);
            let shade = shade(share);
            let ink = colour::text_on(shade);
            scene.rect([x, y, cell, CELL], shade);
            let middle = x + cell / 2.0;
            let count = Text::new(count.to_string(), (middle, y + 19.0), SMALL, Anchor::Middle).colour(ink);
            scene.text(if row == column { count.bold() } else { count });
            if total > 0 {
                let percent = format!("{:.0}%", share * 100.0);
                scene.text(Text::new(percent, (middle, y + 36.0), SMALL, Anchor::Middle).colour(ink));
            }
        }
    }
    grid(&mut scene, (left, top), (cell, CELL), labels.len());
    row_labels(&mut scene, &names, (left, top));
    column_labels(&mut scene, &names, (left, bottom), cell, flat);
    let middle = (left + cell * k / 2.0, scene.height - 10.0);
    scene.text(Text::new("predicted emotion", middle, MEDIUM, Anchor::Middle));
    let side = (10.0 + MEDIUM, top + CELL * k / 2.0);
    scene.text(Text::new("true emotion", side, MEDIUM, Anchor::Middle).upward());
    colour_bar(&mut scene, (left + cell * k + 14.0, top), CELL * k);
    scene
}

fn grid(scene: &mut Scene, (left, top): (f64, f64), (wide, high): (f64, f64), k: usize) {
    let (right, bottom) = (left + wide * k as f64, top + high * k as f64);
    for i in 0..=k {
        let (x, y) = (left + wide * i as f64, top + high * i as f64);
        let (weight, colour) = if i == 0 || i == k { (1.2, INK) } else { (0.6, RGBColor(0xC8, 0xC8, 0xC8)) };
        scene.line((x, top), (x, bottom), weight, colour);
        scene.line((left, y), (right, y), weight, colour);
    }
}

fn row_labels(scene: &mut Scene, names: &[Vec<String>], (left, top): (f64, f64)) {
    for (i, lines) in names.iter().enumerate() {
        let middle = top + CELL * (i as f64 + 0.5);
        for (j, line) in lines.iter().enumerate() {
            let y = middle + (j as f64 - (lines.len() - 1) as f64 / 2.0) * SMALL * 1.15 + 0.36 * SMALL;
            scene.text(Text::new(line, (left - 8.0, y), SMALL, Anchor::End));
        }
    }
}

fn column_labels(scene: &mut Scene, names: &[Vec<String>], (left, bottom): (f64, f64), cell: f64, flat: bool) {
    for (i, lines) in names.iter().enumerate() {
        let middle = left + cell * (i as f64 + 0.5);
        for (j, line) in lines.iter().enumerate() {
            let down = j as f64 * SMALL * 1.15;
            scene.text(if flat {
                Text::new(line, (middle, bottom + 8.0 + SMALL + down), SMALL, Anchor::Middle)
            } else {
                let first = middle - (lines.len() - 1) as f64 / 2.0 * SMALL * 1.15 + 0.36 * SMALL;
                Text::new(line, (first + down, bottom + 8.0), SMALL, Anchor::End).upward()
            });
        }
    }
}

fn colour_bar(scene: &mut Scene, (x, top): (f64, f64), height: f64) {
    let steps = RgbImage::from_fn(1, 128, |_, y| {
        let colour = shade(1.0 - f64::from(y) / 127.0);
        Rgb([colour.0, colour.1, colour.2])
    });
    scene.shapes.push(Shape::Image([x, top, 11.0, height], steps));
    for (from, to) in [((x, top), (x + 11.0, top)), ((x, top + height), (x + 11.0, top + height))] {
        scene.line(from, to, 0.8, GREY);
    }
    scene.line((x, top), (x, top + height), 0.8, GREY);
    scene.line((x + 11.0, top), (x + 11.0, top + height), 0.8, GREY);
    for (share, label) in [(1.0, "100%"), (0.5, "50%"), (0.0, "0%")] {
        let y = top + height * (1.0 - share);
        let y = y.clamp(top + 0.4 * SMALL, top + height - 0.3 * SMALL) + 0.36 * SMALL;
        scene.text(Text::new(label, (x + 15.0, y), 12.0, Anchor::Start).colour(GREY));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_map_only_gets_darker() {
        let steps: Vec<f64> = (0..=50).map(|i| colour::luminance(shade(f64::from(i) / 50.0))).collect();
        assert!(steps.windows(2).all(|w| w[1] < w[0]));
        assert_eq!(shade(f64::NAN), MAP[0]);
    }

    #[test]
    fn nothing_is_cut_off_for_2_to_12_classes_with_long_names() {
        let long = ["neutral", "pleasant surprise", "contempt/disdain", "happiness", "x", "Überraschung", "anger_high"];
        for k in 2..=12 {
            let labels: Vec<String> = (0..k).map(|i| format!("{}{}", long[i % long.len()], i / long.len())).collect();
            let counts: Vec<Vec<u64>> =
                (0..k).map(|i| (0..k).map(|j| ((i * 7 + j * 3) * 97 % 1400) as u64).collect()).collect();
            let scene = confusion(&labels, &counts, "2d, seeds 0-4", Some("LEAK: 91 of 91 speakers in train and test"));
            assert_eq!(scene.flaws(), [""; 0], "{k} classes");
            assert!(scene.texts().any(|t| t.text.contains("LEAK")));
        }
    }

    #[test]
    fn a_class_without_clips_has_counts_but_no_shares() {
        let scene = confusion(&["a".into(), "b".into()], &[vec![3, 1], vec![0, 0]], "t", None);
        let texts: Vec<&str> = scene.texts().map(|t| t.text.as_str()).collect();
        assert!(texts.contains(&"75%") && texts.contains(&"25%"));
        assert_eq!(texts.iter().filter(|t| **t == "0%").count(), 1, "only the bar's own label");
    }
}
