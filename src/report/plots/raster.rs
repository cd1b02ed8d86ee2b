//! A scene as PNG: every shape becomes a polygon whose exact coverage of each pixel is blended over what lies below.

use super::scene::{Colour, Image, Scene, Shape, Text};
use super::{PlotError, text};
use ab_glyph::{Font, OutlineCurve};
use ab_glyph_rasterizer::{Point, Rasterizer, point};
use std::f64::consts::TAU;

/// Pixels a unit: a plot of one column is then 1,440 pixels wide, 450 dots an inch at 8 cm.
pub(super) const SCALE: f64 = 3.0;

impl Scene {
    /// The plot as a PNG of `SCALE` pixels a unit; the same scene gives the same bytes.
    pub fn png(&self) -> Result<Vec<u8>, PlotError> {
        let (w, h) = ((self.width * SCALE).ceil() as usize, (self.height * SCALE).ceil() as usize);
        let mut canvas = Canvas { width: w, height: h, rgb: vec![255; w * h * 3], rasterizer: Rasterizer::new(0, 0) };
        for shape in &self.shapes {
            canvas.draw(shape);
        }
        // A plot is made for 8 cm a column; the resolution tells page layout programs so.
        encode(&canvas.rgb, w, h, Some((super::scene::COLUMN * SCALE / 0.08) as u32))
    }
}

/// RGB pixels as PNG.
pub(super) fn encode(rgb: &[u8], width: usize, height: usize, dots_a_metre: Option<u32>) -> Result<Vec<u8>, PlotError> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, width as u32, height as u32);
    encoder.set_color(png::ColorType::Rgb);
    // Plots are flat: whole areas of one colour compress best as they are.
    encoder.set_filter(png::FilterType::NoFilter);
    encoder.set_compression(png::Compression::Default);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_pixel_dims(dots_a_metre.map(|d| png::PixelDimensions { xppu: d, yppu: d, unit: png::Unit::Meter }));
    let mut writer = encoder.write_header()?;
    writer.write_image_data(rgb)?;
    writer.finish()?;
    Ok(out)
}

struct Canvas {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
    rasterizer: Rasterizer,
}

impl Canvas {
    fn draw(&mut self, shape: &Shape) {
        match shape {
            Shape::Rect([x, y, w, h], colour) => {
                self.fill(&[vec![(*x, *y), (x + w, *y), (x + w, y + h), (*x, y + h)]], *colour);
            }
            Shape::Polygon(corners, colour) => self.fill(std::slice::from_ref(corners), *colour),
            Shape::Disc(centre, radius, colour) => self.fill(&[disc(*centre, *radius)], *colour),
            Shape::Line(points, width, colour, dash) => {
                let strokes = dash.map_or_else(|| vec![points.clone()], |dash| dashes(points, dash));
                for stroke in strokes {
                    self.fill(&thick(&stroke, *width), *colour);
                }
            }
            Shape::Text(text) => self.text(text),
            Shape::Image(at, image) => self.image(*at, image),
        }
    }

    /// Fills the union of closed outlines, given in units.
    fn fill(&mut self, outlines: &[Vec<(f64, f64)>], colour: Colour) {
        for outline in outlines {
            let points: Vec<Point> =
                outline.iter().map(|(x, y)| point((x * SCALE) as f32, (y * SCALE) as f32)).collect();
            let edges: Vec<(Point, Point)> =
                points.iter().zip(points.iter().cycle().skip(1)).map(|(a, b)| (*a, *b)).collect();
            self.cover(&edges, colour);
        }
    }

    /// Fills the inside of edges, given in pixels.
    fn cover(&mut self, edges: &[(Point, Point)], colour: Colour) {
        let ends = || edges.iter().flat_map(|(a, b)| [a, b]);
        let low = |f: fn(&Point) -> f32| ends().map(f).fold(f32::INFINITY, f32::min).floor().max(0.0);
        let high =
            |f: fn(&Point) -> f32, most: usize| ends().map(f).fold(f32::NEG_INFINITY, f32::max).ceil().min(most as f32);
        let (left, top) = (low(|p| p.x), low(|p| p.y));
        let (right, bottom) = (high(|p| p.x, self.width), high(|p| p.y, self.height));
        if !(right > left && bottom > top) {
            return;
        }
        let (w, h) = ((right - left) as usize, (bottom - top) as usize);
        self.rasterizer.reset(w, h);
        for (a, b) in edges {
            self.rasterizer.draw_line(point(a.x - left, a.y - top), point(b.x - left, b.y - top));
        }
        let (left, top, stride, rgb) = (left as usize, top as usize, self.width, &mut self.rgb);
        self.rasterizer.for_each_pixel_2d(|x, y, share| {
            if share > 0.0 {
                let at = ((top + y as usize) * stride + left + x as usize) * 3;
                let below = Colour(rgb[at], rgb[at + 1], rgb[at + 2]);
                let mixed = below.towards(colour, f64::from(share.min(1.0)));
                rgb[at..at + 3].copy_from_slice(&[mixed.0, mixed.1, mixed.2]);
            }
        });
    }

    fn text(&mut self, t: &Text) {
        let font = text::font(t.bold);
        let em = f64::from(font.units_per_em().expect("DejaVu states its units per em"));
        let (sin, cos) = t.angle.to_radians().sin_cos();
        let start = t.offset();
        let mut edges = Vec::new();
        text::walk(&t.text, t.bold, |glyph, pen| {
            let Some(outline) = font.outline(glyph) else { return };
            let place = |p: ab_glyph::Point| {
                let x = start + (pen + f64::from(p.x) / em) * t.size;
                let y = -f64::from(p.y) / em * t.size;
                let (x, y) = (t.at.0 + x * cos - y * sin, t.at.1 + x * sin + y * cos);
                point((x * SCALE) as f32, (y * SCALE) as f32)
            };
            for curve in outline.curves {
                match curve {
                    OutlineCurve::Line(a, b) => edges.push((place(a), place(b))),
                    OutlineCurve::Quad(a, b, c) => flatten(&[place(a), place(b), place(c)], &mut edges),
                    OutlineCurve::Cubic(a, b, c, d) => {
                        flatten(&[place(a), place(b), place(c), place(d)], &mut edges);
                    }
                }
            }
        });
        if !edges.is_empty() {
            self.cover(&edges, t.colour);
        }
    }

    fn image(&mut self, [x, y, w, h]: [f64; 4], image: &Image) {
        let rows = image.pixels.len() / image.width.max(1);
        let span = |from: f64, size: f64, most: usize| {
            ((from * SCALE).round().max(0.0) as usize)..((((from + size) * SCALE).round()) as usize).min(most)
        };
        let (across, down) = (span(x, w, self.width), span(y, h, self.height));
        for (i, row) in down.clone().enumerate() {
            for (j, column) in across.clone().enumerate() {
                let c = image.pixels[i * rows / down.len() * image.width + j * image.width / across.len()];
                let at = (row * self.width + column) * 3;
                self.rgb[at..at + 3].copy_from_slice(&[c.0, c.1, c.2]);
            }
        }
    }
}

/// A Bezier curve as 8 straight edges: at these sizes no eye tells the difference.
fn flatten(control: &[Point], edges: &mut Vec<(Point, Point)>) {
    let at = |share: f32| {
        let mut points = control.to_vec();
        while points.len() > 1 {
            points = points
                .windows(2)
                .map(|p| point(p[0].x + (p[1].x - p[0].x) * share, p[0].y + (p[1].y - p[0].y) * share))
                .collect();
        }
        points[0]
    };
    let mut before = control[0];
    for i in 1..=8 {
        let next = at(i as f32 / 8.0);
        edges.push((before, next));
        before = next;
    }
}

fn disc((x, y): (f64, f64), radius: f64) -> Vec<(f64, f64)> {
    (0..48).map(|i| TAU * f64::from(i) / 48.0).map(|a| (x + radius * a.cos(), y + radius * a.sin())).collect()
}

/// A line with a width as outlines: one rectangle a piece, and a disc at each bend.
fn thick(points: &[(f64, f64)], width: f64) -> Vec<Vec<(f64, f64)>> {
    let half = width / 2.0;
    let mut outlines = Vec::new();
    for pair in points.windows(2) {
        let ((ax, ay), (bx, by)) = (pair[0], pair[1]);
        let length = (bx - ax).hypot(by - ay);
        if length > 0.0 {
            let (nx, ny) = (-(by - ay) / length * half, (bx - ax) / length * half);
            outlines.push(vec![(ax + nx, ay + ny), (bx + nx, by + ny), (bx - nx, by - ny), (ax - nx, ay - ny)]);
        }
    }
    if points.len() > 2 {
        outlines.extend(points[1..points.len() - 1].iter().map(|p| disc(*p, half)));
    }
    outlines
}

/// Cuts a line into dashes.
fn dashes(points: &[(f64, f64)], (on, off): (f64, f64)) -> Vec<Vec<(f64, f64)>> {
    let (mut dashes, mut dash, mut left, mut drawing) = (Vec::new(), vec![points[0]], on, true);
    for pair in points.windows(2) {
        let (mut at, end) = (pair[0], pair[1]);
        loop {
            let length = (end.0 - at.0).hypot(end.1 - at.1);
            if length <= left {
                left -= length;
                dash.push(end);
                break;
            }
            at = (at.0 + (end.0 - at.0) * left / length, at.1 + (end.1 - at.1) * left / length);
            dash.push(at);
            if drawing {
                dashes.push(std::mem::take(&mut dash));
            }
            drawing = !drawing;
            left = if drawing { on } else { off };
            dash = vec![at];
        }
    }
    if drawing && dash.len() > 1 {
        dashes.push(dash);
    }
    dashes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rectangle_covers_exactly_its_pixels() {
        let mut scene = Scene::new(4.0, 2.0, "");
        scene.rect([1.0, 0.0, 1.0, 1.0], Colour(0, 0, 0));
        let decoder = png::Decoder::new(std::io::Cursor::new(scene.png().unwrap()));
        let mut reader = decoder.read_info().unwrap();
        let mut rgb = vec![0; reader.output_buffer_size()];
        let info = reader.next_frame(&mut rgb).unwrap();
        assert_eq!((info.width, info.height), (12, 6));
        let black = rgb.chunks(3).filter(|p| p == &[0, 0, 0]).count();
        let white = rgb.chunks(3).filter(|p| p == &[255, 255, 255]).count();
        assert_eq!((black, white), (9, 63));
        assert_eq!(rgb[3 * 3], 0, "the pixel at (3, 0) is black");
    }

    #[test]
    fn dashes_have_the_asked_lengths() {
        let cut = dashes(&[(0.0, 0.0), (12.0, 0.0)], (5.0, 4.0));
        assert_eq!(cut, [vec![(0.0, 0.0), (5.0, 0.0)], vec![(9.0, 0.0), (12.0, 0.0)]]);
    }
}
