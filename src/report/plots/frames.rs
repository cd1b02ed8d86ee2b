//! A feature as a network is fed it: a heatmap of bins by frames, or a line if there is one bin.

use super::axis::{Axis, Panel};
use super::scene::{Anchor, BLUE, COLUMN, Colour, GREY, INK, Image, MEDIUM, SMALL, Scene, Shape, Text};

/// Steps of the map of values: dark violet to yellow with evenly rising lightness.
const MAP: [Colour; 6] = [
    Colour(0x16, 0x0B, 0x39),
    Colour(0x4A, 0x1A, 0x74),
    Colour(0x95, 0x2C, 0x73),
    Colour(0xD6, 0x4B, 0x54),
    Colour(0xF6, 0x8D, 0x2E),
    Colour(0xFC, 0xF3, 0xA4),
];
const HEIGHT: f64 = 220.0;
/// More frames than this are drawn as means of neighbours: a column of paper has no more dots.
const MOST: usize = 1200;

fn shade(share: f64) -> Colour {
    let place = share.clamp(0.0, 1.0) * (MAP.len() - 1) as f64;
    let i = (place as usize).min(MAP.len() - 2);
    MAP[i].towards(MAP[i + 1], place - i as f64)
}

/// Draws `values`, `[bins, frames]` row by row with the lowest bin first, over time; a frame lasts `hop_seconds`.
///
/// # Panics
/// If `values` is not `bins` rows of one length.
pub fn frames(values: &[f32], bins: usize, hop_seconds: f64, title: &str, stamp: Option<&str>) -> Scene {
    assert!(bins > 0 && values.len().is_multiple_of(bins), "{} values are not {bins} rows", values.len());
    let count = values.len() / bins;
    let mut scene = Scene::new(COLUMN, 10.0, format!("Feature: {title}"));
    let top = scene.heading(title, stamp) + 6.0;
    scene.set_height(top + HEIGHT + Panel::BELOW + 6.0);
    let finite = || values.iter().map(|v| f64::from(*v)).filter(|v| v.is_finite());
    let x = Axis::between(0.0, (count as f64 * hop_seconds).max(1e-3), 6);
    let (low, high) = finite().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    let (low, high) = if low <= high { (low, high) } else { (0.0, 1.0) };
    if bins == 1 {
        let y = Axis::around(finite(), 5);
        let left = Panel::beside(&y);
        let panel = Panel { left, top, width: COLUMN - left - 20.0, height: HEIGHT, x, y };
        panel.frame(&mut scene, "time (s)", "value");
        let mut stretch = Vec::new();
        for (i, v) in values.iter().enumerate() {
            if v.is_finite() {
                stretch.push(panel.at((i as f64 + 0.5) * hop_seconds, f64::from(*v)));
            } else {
                draw(&mut scene, std::mem::take(&mut stretch));
            }
        }
        draw(&mut scene, stretch);
        return scene;
    }
    let y = Axis::between(0.0, bins as f64, 5);
    let left = Panel::beside(&y);
    let scale = Axis::between(low, high, 5);
    let panel = Panel { left, top, width: COLUMN - left - scale.label_width() - 46.0, height: HEIGHT, x, y };
    let image = picture(values, bins, count, |v| if high > low { (v - low) / (high - low) } else { 0.5 });
    if count > 0 {
        scene.shapes.push(Shape::Image([left, top, panel.width, HEIGHT], image));
    }
    panel.x_axis(&mut scene, "time (s)");
    scene.line((left, top), (left, top + HEIGHT), 1.2, INK);
    for tick in &panel.y.ticks {
        let at = (left - 7.0, panel.at(0.0, *tick).1 + 0.36 * SMALL);
        scene.text(Text::new(panel.y.label(*tick), at, SMALL, Anchor::End).colour(GREY));
    }
    let at = (left - panel.y.label_width() - 18.0, top + HEIGHT / 2.0);
    scene.text(Text::new("bin", at, MEDIUM, Anchor::Middle).turned(-90.0));
    bar(&mut scene, &scale, (left + panel.width + 14.0, top));
    scene
}

fn draw(scene: &mut Scene, points: Vec<(f64, f64)>) {
    match points.as_slice() {
        [] => (),
        [one] => scene.disc(*one, 2.0, BLUE),
        _ => scene.shapes.push(Shape::Line(points, 1.4, BLUE, None)),
    }
}

/// Rows from the highest bin down; values that are not finite are grey.
fn picture(values: &[f32], bins: usize, count: usize, share: impl Fn(f64) -> f64) -> Image {
    let width = count.min(MOST);
    let mut pixels = Vec::with_capacity(width * bins);
    for row in values.chunks(count.max(1)).rev() {
        for i in 0..width {
            let part = &row[i * count / width..(i + 1) * count / width];
            let mean = part.iter().map(|v| f64::from(*v)).sum::<f64>() / part.len() as f64;
            pixels.push(if mean.is_finite() { shade(share(mean)) } else { Colour(0xAA, 0xAA, 0xAA) });
        }
    }
    Image { width, pixels }
}

fn bar(scene: &mut Scene, scale: &Axis, (x, top): (f64, f64)) {
    let pixels = (0..128).rev().map(|i| shade(f64::from(i) / 127.0)).collect();
    scene.shapes.push(Shape::Image([x, top, 11.0, HEIGHT], Image { width: 1, pixels }));
    for tick in &scale.ticks {
        let y = top + HEIGHT * (1.0 - scale.share(*tick)) + 0.36 * SMALL;
        scene.text(Text::new(scale.label(*tick), (x + 16.0, y), SMALL, Anchor::Start).colour(GREY));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heatmaps_and_lines_are_whole() {
        for (bins, count) in [(1, 1), (1, 500), (2, 1), (128, 300), (40, 5000), (13, 0)] {
            let mut values: Vec<f32> = (0..bins * count).map(|i| (i as f32 * 0.37).sin() * 80.0 - 40.0).collect();
            if let Some(v) = values.first_mut() {
                *v = f32::NAN;
            }
            let scene = frames(&values, bins, 0.0116, "log-mel of 1001_DFA_ANG_XX.wav", Some("LEAK"));
            assert_eq!(scene.flaws(), [""; 0], "{bins} x {count}");
            // Base64 may spell anything; coordinates stand behind a quote, a comma or a space.
            let svg = scene.svg();
            assert!(["\"NaN", ",NaN", " NaN"].iter().all(|nan| !svg.contains(nan)), "{bins} x {count}");
            scene.png().unwrap();
        }
    }

    #[test]
    fn the_lowest_bin_is_at_the_bottom() {
        let image = picture(&[0.0, 0.0, 1.0, 1.0], 2, 2, |v| v);
        assert_eq!((image.width, image.pixels[0], image.pixels[2]), (2, MAP[5], MAP[0]));
    }
}
