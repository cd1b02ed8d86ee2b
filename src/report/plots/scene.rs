//! What a plot is before it is a file: a list of shapes on a plane, origin top left, y downwards.
//!
//! A plot is composed once into a [`Scene`], where its texts can be measured and checked; [`Scene::svg`] and
//! [`Scene::png`] hand the same shapes to plotters. Nothing depends on fonts of the machine, on time or on threads, so
//! the bytes are the same everywhere.

pub(super) use super::colour::{ALARM, BLUE, FAINT, GREEN, GREY, INK, PAPER, VERMILION};
use super::text;
use image::RgbImage;
use plotters::style::RGBColor;

/// Width of a plot that is to stand in one column of a paper (8 cm): 15 units are then about 7 points.
pub(super) const COLUMN: f64 = 480.0;
/// Font size of tick labels and cell texts, in units.
pub(super) const SMALL: f64 = 14.0;
/// Font size of axis titles and legends, in units.
pub(super) const MEDIUM: f64 = 15.0;
/// Font size of a plot's title, in units.
pub(super) const LARGE: f64 = 17.0;

/// Which point of a text lies at its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// The left end of the baseline.
    Start,
    /// Its middle.
    Middle,
    /// Its right end.
    End,
}

/// A line of text.
#[derive(Debug, Clone, PartialEq)]
pub struct Text {
    /// What is written.
    pub text: String,
    /// Position of the anchor on the baseline.
    pub at: (f64, f64),
    /// Em size in units.
    pub size: f64,
    /// Bold face.
    pub bold: bool,
    /// Which point of the text lies at `at`.
    pub anchor: Anchor,
    /// Whether it is turned about `at` by a quarter, so that it reads from bottom to top.
    pub upward: bool,
    /// Its colour.
    pub colour: RGBColor,
}

impl Text {
    /// Level regular text in the colour of ink.
    pub fn new(text: impl Into<String>, at: (f64, f64), size: f64, anchor: Anchor) -> Self {
        Self { text: text::printable(&text.into()), at, size, bold: false, anchor, upward: false, colour: INK }
    }

    /// In bold.
    pub fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    /// In `colour`.
    pub fn colour(self, colour: RGBColor) -> Self {
        Self { colour, ..self }
    }

    /// Reading from bottom to top.
    pub fn upward(self) -> Self {
        Self { upward: true, ..self }
    }

    /// Where the text starts, relative to its anchor.
    pub fn offset(&self) -> f64 {
        let width = text::width(&self.text, self.size, self.bold);
        match self.anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => -width / 2.0,
            Anchor::End => -width,
        }
    }

    /// The box around the text: left, top, right, bottom.
    pub fn bounds(&self) -> [f64; 4] {
        let (left, width) = (self.offset(), text::width(&self.text, self.size, self.bold));
        let (up, down) = (0.76 * self.size, 0.24 * self.size);
        let (x, y) = self.at;
        if self.upward {
            [x - up, y - left - width, x + down, y - left]
        } else {
            [x + left, y - up, x + left + width, y + down]
        }
    }
}

/// One thing drawn.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// A filled rectangle: left, top, width, height.
    Rect([f64; 4], RGBColor),
    /// A line through points, with a width and, if dashed, the lengths of dash and gap.
    Line(Vec<(f64, f64)>, f64, RGBColor, Option<(f64, f64)>),
    /// A filled circle: centre and radius.
    Disc((f64, f64), f64, RGBColor),
    /// A filled polygon.
    Polygon(Vec<(f64, f64)>, RGBColor),
    /// A line of text.
    Text(Text),
    /// A picture stretched into left, top, width, height without smoothing.
    Image([f64; 4], RgbImage),
}

/// A plot: its size, what it shows in words, and its shapes, later ones over earlier ones.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    /// Width in units.
    pub width: f64,
    /// Height in units.
    pub height: f64,
    /// What the plot shows, for readers that cannot see it (`<title>` of the SVG).
    pub about: String,
    /// What is drawn on white paper.
    pub shapes: Vec<Shape>,
}

impl Scene {
    /// An empty white plane.
    pub fn new(width: f64, height: f64, about: impl Into<String>) -> Self {
        Self { width, height, about: about.into(), shapes: Vec::new() }
    }

    /// A straight line.
    pub fn line(&mut self, from: (f64, f64), to: (f64, f64), width: f64, colour: RGBColor) {
        self.shapes.push(Shape::Line(vec![from, to], width, colour, None));
    }

    /// A dashed straight line.
    pub fn dashed(&mut self, from: (f64, f64), to: (f64, f64), width: f64, colour: RGBColor) {
        self.shapes.push(Shape::Line(vec![from, to], width, colour, Some((5.0, 4.0))));
    }

    /// A text.
    pub fn text(&mut self, text: Text) {
        self.shapes.push(Shape::Text(text));
    }

    /// A filled rectangle: left, top, width, height.
    pub fn rect(&mut self, at: [f64; 4], colour: RGBColor) {
        self.shapes.push(Shape::Rect(at, colour));
    }

    /// A filled circle.
    pub fn disc(&mut self, centre: (f64, f64), radius: f64, colour: RGBColor) {
        self.shapes.push(Shape::Disc(centre, radius, colour));
    }

    /// The title, wrapped to the width, and below it the stamp of a leak, if any; answers the y below both.
    pub fn heading(&mut self, title: &str, stamp: Option<&str>) -> f64 {
        let room = self.width - 24.0;
        let mut y = 8.0;
        for line in text::wrap(title, LARGE, true, room) {
            y += LARGE * 1.25;
            self.text(Text::new(line, (self.width / 2.0, y), LARGE, Anchor::Middle).bold());
        }
        if let Some(stamp) = stamp {
            y += 3.0;
            for line in text::wrap(stamp, SMALL, true, room) {
                y += SMALL * 1.3;
                self.text(Text::new(line, (self.width / 2.0, y), SMALL, Anchor::Middle).bold().colour(ALARM));
            }
        }
        y + 10.0
    }

    /// All texts of the plot.
    pub fn texts(&self) -> impl Iterator<Item = &Text> {
        self.shapes.iter().filter_map(|s| if let Shape::Text(t) = s { Some(t) } else { None })
    }

    /// Texts that leave the plane and pairs of texts that touch each other: empty for a plot fit to print.
    #[cfg(test)]
    pub fn flaws(&self) -> Vec<String> {
        let texts: Vec<&Text> = self.texts().collect();
        let mut flaws = Vec::new();
        for (i, t) in texts.iter().enumerate() {
            let b = t.bounds();
            if b[0] < -0.5 || b[1] < -0.5 || b[2] > self.width + 0.5 || b[3] > self.height + 0.5 {
                flaws.push(format!("{:?} leaves the plane of {} x {}: {b:?}", t.text, self.width, self.height));
            }
            for u in &texts[..i] {
                let c = u.bounds();
                let (wide, high) = (b[2].min(c[2]) - b[0].max(c[0]), b[3].min(c[3]) - b[1].max(c[1]));
                if wide > 0.5 && high > 1.5 {
                    flaws.push(format!("{:?} lies on {:?}", t.text, u.text));
                }
            }
        }
        flaws
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_reads_upwards_is_as_tall_as_it_was_wide() {
        let t = Text::new("recall", (50.0, 50.0), 10.0, Anchor::Start);
        let flat = t.bounds();
        let tall = t.upward().bounds();
        assert!((flat[2] - flat[0] - (tall[3] - tall[1])).abs() < 1e-9);
        assert!(tall[1] < 30.0 && (tall[3] - 50.0).abs() < 1e-9, "{tall:?}");
    }

    #[test]
    fn flaws_name_texts_that_are_cut_off_or_overlap() {
        let mut scene = Scene::new(100.0, 50.0, "");
        scene.text(Text::new("aaa", (50.0, 20.0), 10.0, Anchor::Start));
        assert!(scene.flaws().is_empty());
        scene.text(Text::new("bbb", (55.0, 20.0), 10.0, Anchor::Start));
        scene.text(Text::new("ccc", (99.0, 45.0), 10.0, Anchor::Start));
        assert_eq!(scene.flaws().len(), 2, "{:?}", scene.flaws());
    }
}
