//! A scene on the backends of plotters: one function draws it, whether it becomes SVG or PNG.

use super::scene::{Anchor, Scene, Shape, Text};
use super::{PlotError, text};
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ColorType, ImageEncoder as _, RgbImage, imageops};
use plotters::drawing::DrawingAreaErrorKind;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// Dots a unit while drawing. Backends take whole numbers, so this also is the precision of an SVG.
const DOTS: f64 = 6.0;
/// A pixel of a PNG is the mean of this many dots across and down, which smooths edges and the spacing of letters. A
/// plot of one column is then 1,440 pixels wide, 450 an inch at 8 cm.
const SMOOTH: u32 = 2;

/// How a backend writes text whose size and anchor it is given; both in em.
struct Writing {
    /// What plotters calls size.
    size: f64,
    /// The baseline lies this far below the point that plotters calls top.
    baseline: f64,
    /// Whether letters are placed one by one.
    letters: bool,
}

/// `plotters-svg` divides the size by 1.24 and moves the baseline by an attribute `dy`.
const SVG: Writing = Writing { size: 1.24, baseline: 0.76, letters: false };
/// On bitmaps the size is the height of a line, and the baseline lies at half of it.
const BITMAP: Writing = Writing { size: text::LINE, baseline: text::LINE / 2.0, letters: true };

impl Scene {
    /// The plot as an SVG document; the same scene gives the same bytes.
    pub fn svg(&self) -> String {
        let mut out = String::new();
        let (w, h) = self.dots();
        draw(self, SVGBackend::with_string(&mut out, (w, h)), &SVG)
            .expect("writing to memory succeeds, and the font is embedded");
        // Plotters states the size in dots, which would show the plot `DOTS` times too large; it knows no descriptions,
        // and it names the type of embedded pictures in a way that only some viewers understand.
        let dots = format!("<svg width=\"{w}\" height=\"{h}\" ");
        let units = format!("<svg width=\"{:.0}\" height=\"{:.0}\" role=\"img\" ", self.width, self.height);
        let title = format!(">\n<title>{}</title>\n", escape(&self.about));
        let out = out.replace("href=\"data:png;", "style=\"image-rendering:pixelated\" href=\"data:image/png;");
        out.replacen(&dots, &units, 1).replacen(">\n", &title, 1)
    }

    /// The plot as a PNG; the same scene gives the same bytes.
    ///
    /// # Errors
    /// If plotters cannot draw the picture, or the encoder refuses it.
    pub fn png(&self) -> Result<Vec<u8>, PlotError> {
        let (w, h) = self.dots();
        let mut dots = RgbImage::new(w, h);
        draw(self, BitMapBackend::with_buffer(&mut dots, (w, h)), &BITMAP)
            .map_err(|e| PlotError::Draw(e.to_string()))?;
        let smooth = smooth(&dots);
        let mut out = Vec::new();
        // Plots are flat: whole areas of one colour compress best as they are.
        let encoder = PngEncoder::new_with_quality(&mut out, CompressionType::Default, FilterType::NoFilter);
        encoder.write_image(&smooth, smooth.width(), smooth.height(), ColorType::Rgb8)?;
        Ok(out)
    }

    /// The size in dots: whole pixels.
    fn dots(&self) -> (u32, u32) {
        let dots = |v: f64| (v * DOTS / f64::from(SMOOTH)).ceil().max(1.0) as u32 * SMOOTH;
        (dots(self.width), dots(self.height))
    }
}

/// Every square of `SMOOTH` dots as one pixel: their mean.
fn smooth(dots: &RgbImage) -> RgbImage {
    const SIDE: usize = SMOOTH as usize;
    const AREA: u32 = SMOOTH * SMOOTH;
    let (width, height) = (dots.width() / SMOOTH, dots.height() / SMOOTH);
    let mut pixels = RgbImage::new(width, height);
    let (row_of_dots, row_of_pixels) = (3 * dots.width() as usize, 3 * width as usize);
    // Rows as slices: asked for one by one, dots took longer than all else of a plot.
    let bands = dots.as_raw().chunks_exact(row_of_dots * SIDE);
    for (pixels, band) in pixels.chunks_exact_mut(row_of_pixels).zip(bands) {
        for (x, pixel) in pixels.chunks_exact_mut(3).enumerate() {
            let mut sum = [AREA / 2; 3];
            for row in 0..SIDE {
                let at = row * row_of_dots + 3 * SIDE * x;
                for dot in band[at..at + 3 * SIDE].chunks_exact(3) {
                    sum.iter_mut().zip(dot).for_each(|(sum, channel)| *sum += u32::from(*channel));
                }
            }
            pixel.iter_mut().zip(sum).for_each(|(channel, sum)| *channel = (sum / AREA) as u8);
        }
    }
    pixels
}

fn dots(units: f64) -> i32 {
    (units * DOTS).round() as i32
}

fn point((x, y): (f64, f64)) -> (i32, i32) {
    (dots(x), dots(y))
}

/// A length that must not vanish.
fn length(units: f64) -> u32 {
    dots(units).max(1) as u32
}

fn draw<B: DrawingBackend>(
    scene: &Scene,
    backend: B,
    writing: &Writing,
) -> Result<(), DrawingAreaErrorKind<B::ErrorType>> {
    let area = backend.into_drawing_area();
    area.fill(&WHITE)?;
    for shape in &scene.shapes {
        match shape {
            Shape::Rect([x, y, w, h], colour) => {
                area.draw(&Rectangle::new([point((*x, *y)), point((x + w, y + h))], colour.filled()))?;
            }
            Shape::Line(through, width, colour, dash) => {
                let points: Vec<(i32, i32)> = through.iter().map(|p| point(*p)).collect();
                let style = colour.stroke_width(length(*width));
                match dash {
                    Some((on, off)) => {
                        area.draw(&plotters::element::DashedPathElement::new(
                            points,
                            length(*on),
                            length(*off),
                            style,
                        ))?;
                    }
                    None => area.draw(&PathElement::new(points, style))?,
                }
            }
            Shape::Disc(centre, radius, colour) => {
                area.draw(&Circle::new(point(*centre), length(*radius), colour.filled()))?;
            }
            Shape::Polygon(corners, colour) => {
                let corners: Vec<(i32, i32)> = corners.iter().map(|p| point(*p)).collect();
                area.draw(&Polygon::new(corners, colour.filled()))?;
            }
            Shape::Text(text) if writing.letters => {
                for (letter, x) in text::letters(&text.text, text.size, text.bold) {
                    area.draw(&written(text, letter, text.offset() + x, HPos::Left, writing))?;
                }
            }
            Shape::Text(text) => {
                let anchor = match text.anchor {
                    Anchor::Start => HPos::Left,
                    Anchor::Middle => HPos::Center,
                    Anchor::End => HPos::Right,
                };
                area.draw(&written(text, &text.text, 0.0, anchor, writing))?;
            }
            Shape::Image([x, y, w, h], image) => {
                let ((left, top), (right, bottom)) = (point((*x, *y)), point((x + w, y + h)));
                let (w, h) = ((right - left).max(1) as u32, (bottom - top).max(1) as u32);
                let pixels = imageops::resize(image, w, h, imageops::FilterType::Nearest).into_raw();
                let element = BitMapElement::<_>::with_owned_buffer((left, top), (w, h), pixels);
                area.draw(&element.expect("a picture has as many pixels as its size says"))?;
            }
        }
    }
    area.present()
}

/// `part` of a text, `along` its line from its place.
fn written<'a>(
    t: &'a Text,
    part: &'a str,
    along: f64,
    anchor: HPos,
    writing: &Writing,
) -> plotters::element::Text<'a, (i32, i32), &'a str> {
    let down = writing.baseline * t.size;
    // The top of a text that reads upwards is its left side.
    let (at, turn) = if t.upward {
        ((t.at.0 - down, t.at.1 - along), FontTransform::Rotate270)
    } else {
        ((t.at.0 + along, t.at.1 - down), FontTransform::None)
    };
    let style = text::font(t.size * writing.size * DOTS, t.bold).transform(turn).color(&t.colour);
    plotters::element::Text::new(part, point(at), style.pos(Pos::new(anchor, VPos::Top)))
}

/// Text as XML. Characters that XML has no way to write are replaced.
fn escape(text: &str) -> String {
    text::printable(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::super::scene::{BLUE, INK};
    use super::*;
    use image::Rgb;

    fn pixels(scene: &Scene) -> RgbImage {
        image::load_from_memory(&scene.png().unwrap()).unwrap().to_rgb8()
    }

    /// Left, top, right and bottom of what is darker than half, in units.
    fn ink(scene: &Scene) -> [f64; 4] {
        let image = pixels(scene);
        let dark: Vec<(u32, u32)> =
            image.enumerate_pixels().filter(|(_, _, p)| p.0[1] < 128).map(|(x, y, _)| (x, y)).collect();
        let unit = |v: Option<u32>| f64::from(v.unwrap()) * f64::from(SMOOTH) / DOTS;
        let (xs, ys) = (|| dark.iter().map(|p| p.0), || dark.iter().map(|p| p.1));
        [unit(xs().min()), unit(ys().min()), unit(xs().max()), unit(ys().max())]
    }

    fn near(found: [f64; 4], expected: [f64; 4]) {
        assert!(found.iter().zip(expected).all(|(f, e)| (f - e).abs() <= 0.8), "{found:?}, expected {expected:?}");
    }

    #[test]
    fn shapes_lie_where_they_were_put() {
        let mut scene = Scene::new(40.0, 20.0, "");
        scene.rect([10.0, 5.0, 20.0, 10.0], INK);
        assert_eq!(pixels(&scene).dimensions(), (120, 60));
        near(ink(&scene), [10.0, 5.0, 30.0, 15.0]);
    }

    #[test]
    fn text_stands_on_its_baseline_within_its_bounds() {
        for (anchor, left) in [(Anchor::Start, 100.0), (Anchor::Middle, 80.0), (Anchor::End, 60.0)] {
            let mut scene = Scene::new(200.0, 200.0, "");
            // 40 em units wide: the letter H is 0.752 em wide with 0.098 em of air at either side, and 0.729 em high.
            let size = 40.0 / 0.752;
            scene.text(Text::new("H", (100.0, 100.0), size, anchor));
            let air = 0.098 * size;
            near(ink(&scene), [left + air, 100.0 - 0.729 * size, left + 40.0 - air, 100.0]);
            let mut turned = Scene::new(200.0, 200.0, "");
            turned.text(Text::new("H", (100.0, 100.0), size, anchor).upward());
            let bottom = 200.0 - left;
            near(ink(&turned), [100.0 - 0.729 * size, bottom - 40.0 + air, 100.0, bottom - air]);
        }
    }

    #[test]
    fn an_svg_names_its_size_in_units_its_meaning_and_fonts() {
        let mut scene = Scene::new(48.0, 24.0, "a <b> & \u{1}");
        scene.text(Text::new("\"<a & b>\"\u{1}", (5.0, 20.0), 10.0, Anchor::Start));
        let svg = scene.svg();
        let head = "<svg width=\"48\" height=\"24\" role=\"img\" viewBox=\"0 0 288 144\" \
                    xmlns=\"http://www.w3.org/2000/svg\">\n<title>a &lt;b&gt; &amp; \u{fffd}</title>\n";
        assert!(svg.starts_with(head), "{svg}");
        assert!(svg.contains("font-family=\"DejaVu Sans, Verdana, Arial, sans-serif\""), "{svg}");
        assert!(svg.contains("\n&quot;&lt;a &amp; b&gt;&quot;\u{fffd}\n</text>"), "{svg}");
        assert!(svg.ends_with("</svg>\n"));
    }

    #[test]
    fn a_picture_keeps_its_pixels_in_both_formats() {
        let mut scene = Scene::new(10.0, 10.0, "");
        let picture = RgbImage::from_fn(2, 1, |x, _| Rgb([if x == 0 { 0 } else { 255 }, 0, 0]));
        scene.shapes.push(Shape::Image([0.0, 0.0, 10.0, 10.0], picture));
        let drawn = pixels(&scene);
        assert_eq!((drawn.get_pixel(14, 29).0, drawn.get_pixel(15, 0).0), ([0, 0, 0], [255, 0, 0]));
        let svg = scene.svg();
        assert_eq!(svg.matches("href=\"data:image/png;base64,").count(), 1, "{svg}");
    }

    #[test]
    fn a_pixel_is_the_mean_of_its_dots_rounded_up_from_a_half() {
        let dots = RgbImage::from_fn(4, 2, |x, y| Rgb([x as u8, 10 * y as u8, 255 - (x * y) as u8]));
        let found: Vec<[u8; 3]> = smooth(&dots).pixels().map(|pixel| pixel.0).collect();
        assert_eq!(found, [[1, 5, 255], [3, 5, 254]]);
    }

    #[test]
    fn the_same_scene_gives_the_same_bytes() {
        let make = || {
            let mut scene = Scene::new(100.0, 50.0, "x");
            scene.dashed((5.0, 5.0), (90.0, 40.0), 1.6, BLUE);
            scene.disc((50.0, 20.0), 6.0, BLUE);
            scene.text(Text::new("anger 41%", (50.0, 40.0), 14.0, Anchor::Middle).bold());
            (scene.svg(), scene.png().unwrap())
        };
        let first = make();
        let others: Vec<_> = std::thread::scope(|s| {
            let threads: Vec<_> = (0..3).map(|_| s.spawn(make)).collect();
            threads.into_iter().map(|t| t.join().unwrap()).collect()
        });
        assert!(others.iter().all(|other| *other == first));
    }
}
