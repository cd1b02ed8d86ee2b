//! A feature as a network is fed it: a heatmap of bins by frames, or a line if there is one bin.

use super::axis::{Axis, Panel};
use super::scene::{Anchor, BLUE, COLUMN, GREY, INK, MEDIUM, SMALL, Scene, Shape, Text};
use image::{Rgb, RgbImage};
use plotters::style::colors::colormaps::ViridisRGB;

const HEIGHT: f64 = 220.0;
/// More frames than this are drawn as means of neighbours: a column of paper has no more dots.
const MOST: usize = 1200;

/// Viridis: dark violet to yellow with evenly rising lightness.
fn shade(share: f64) -> Rgb<u8> {
    let colour = ViridisRGB::get_color(share);
    Rgb([colour.0, colour.1, colour.2])
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
    scene.height = top + HEIGHT + Panel::BELOW + 6.0;
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
    scene.text(Text::new("bin", at, MEDIUM, Anchor::Middle).upward());
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
fn picture(values: &[f32], bins: usize, count: usize, share: impl Fn(f64) -> f64) -> RgbImage {
    let width = count.min(MOST);
    RgbImage::from_fn(width as u32, bins as u32, |x, y| {
        let (x, row) = (x as usize, &values[(bins - 1 - y as usize) * count..][..count]);
        let part = &row[x * count / width..(x + 1) * count / width];
        let mean = part.iter().map(|v| f64::from(*v)).sum::<f64>() / part.len() as f64;
        if mean.is_finite() { shade(share(mean)) } else { Rgb([0xAA; 3]) }
    })
}

fn bar(scene: &mut Scene, scale: &Axis, (x, top): (f64, f64)) {
    let steps = RgbImage::from_fn(1, 128, |_, y| shade(1.0 - f64::from(y) / 127.0));
    scene.shapes.push(Shape::Image([x, top, 11.0, HEIGHT], steps));
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
        assert_eq!(image.dimensions(), (2, 2));
        assert_eq!((*image.get_pixel(0, 0), *image.get_pixel(0, 1)), (shade(1.0), shade(0.0)));
    }
}
