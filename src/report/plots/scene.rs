//! What a plot is before it is a file: a list of shapes on a plane, origin top left, y downwards.
//!
//! A plot is drawn once into a [`Scene`]; [`Scene::svg`] and [`Scene::png`] then write the same shapes. Nothing depends
//! on fonts of the machine, on time or on threads, so the bytes are the same everywhere.

use super::text;

/// Width of a plot that is to stand in one column of a paper (8 cm): 15 units are then about 7 points.
pub(super) const COLUMN: f64 = 480.0;
/// Font size of tick labels and cell texts, in units.
pub(super) const SMALL: f64 = 14.0;
/// Font size of axis titles and legends, in units.
pub(super) const MEDIUM: f64 = 15.0;
/// Font size of a plot's title, in units.
pub(super) const LARGE: f64 = 17.0;

/// A colour, 8 bits a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour(pub u8, pub u8, pub u8);

/// Text, axes.
pub(super) const INK: Colour = Colour(0x22, 0x22, 0x22);
/// Secondary text, ticks.
pub(super) const GREY: Colour = Colour(0x66, 0x66, 0x66);
/// Grid lines.
pub(super) const FAINT: Colour = Colour(0xE2, 0xE2, 0xE2);
/// Background.
pub(super) const PAPER: Colour = Colour(0xFF, 0xFF, 0xFF);
/// Warnings, such as the stamp of a leak.
pub(super) const ALARM: Colour = Colour(0xA8, 0x1E, 0x00);
/// First series: blue of the palette by Okabe and Ito (2008), told apart by all common kinds of colour vision.
pub(super) const BLUE: Colour = Colour(0x00, 0x72, 0xB2);
/// Second series: vermilion of the same palette.
pub(super) const VERMILION: Colour = Colour(0xD5, 0x5E, 0x00);

impl Colour {
    /// The colour at `share` (0 to 1) of the way from this one to `to`.
    pub fn towards(self, to: Self, share: f64) -> Self {
        let mix = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * share.clamp(0.0, 1.0)).round() as u8;
        Self(mix(self.0, to.0), mix(self.1, to.1), mix(self.2, to.2))
    }

    /// Relative luminance, 0 (black) to 1 (white), by the formula of WCAG 2.
    pub fn luminance(self) -> f64 {
        let linear = |c: u8| {
            let c = f64::from(c) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2)
    }

    /// Ink or white, whichever has more contrast on this colour.
    pub fn text_on(self) -> Self {
        let l = self.luminance() + 0.05;
        if l / (INK.luminance() + 0.05) > 1.05 / l { INK } else { PAPER }
    }
}

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
    /// Rotation about `at` in degrees, clockwise.
    pub angle: f64,
    /// Its colour.
    pub colour: Colour,
}

impl Text {
    /// Upright regular text in the colour of ink.
    pub fn new(text: impl Into<String>, at: (f64, f64), size: f64, anchor: Anchor) -> Self {
        Self { text: text.into(), at, size, bold: false, anchor, angle: 0.0, colour: INK }
    }

    /// In bold.
    pub fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    /// In `colour`.
    pub fn colour(self, colour: Colour) -> Self {
        Self { colour, ..self }
    }

    /// Turned by `angle` degrees, clockwise.
    pub fn turned(self, angle: f64) -> Self {
        Self { angle, ..self }
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

    /// The smallest upright box around the text: left, top, right, bottom.
    pub fn bounds(&self) -> [f64; 4] {
        let (left, width) = (self.offset(), text::width(&self.text, self.size, self.bold));
        let (sin, cos) = self.angle.to_radians().sin_cos();
        let (up, down) = (-0.76 * self.size, 0.24 * self.size);
        let corners = [(left, up), (left + width, up), (left, down), (left + width, down)]
            .map(|(x, y)| (self.at.0 + x * cos - y * sin, self.at.1 + x * sin + y * cos));
        corners.iter().fold([f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY], |b, c| {
            [b[0].min(c.0), b[1].min(c.1), b[2].max(c.0), b[3].max(c.1)]
        })
    }
}

/// One thing drawn.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// A filled rectangle: left, top, width, height.
    Rect([f64; 4], Colour),
    /// A line through points, with a width and, if dashed, the lengths of dash and gap.
    Line(Vec<(f64, f64)>, f64, Colour, Option<(f64, f64)>),
    /// A filled circle: centre and radius.
    Disc((f64, f64), f64, Colour),
    /// A filled polygon.
    Polygon(Vec<(f64, f64)>, Colour),
    /// A line of text.
    Text(Text),
    /// A picture stretched into left, top, width, height without smoothing.
    Image([f64; 4], Image),
}

/// A small picture, row by row from the top.
#[derive(Debug, Clone, PartialEq)]
pub struct Image {
    /// Pixels a row.
    pub width: usize,
    /// `width * height` pixels.
    pub pixels: Vec<Colour>,
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
    /// What is drawn; the first shape is the white plane.
    pub shapes: Vec<Shape>,
}

impl Scene {
    /// An empty white plane.
    pub fn new(width: f64, height: f64, about: impl Into<String>) -> Self {
        let shapes = vec![Shape::Rect([0.0, 0.0, width, height], PAPER)];
        Self { width, height, about: about.into(), shapes }
    }

    /// Makes the plane `height` high: most plots know it only once their heading is set.
    pub fn set_height(&mut self, height: f64) {
        self.height = height;
        self.shapes[0] = Shape::Rect([0.0, 0.0, self.width, height], PAPER);
    }

    /// A straight line.
    pub fn line(&mut self, from: (f64, f64), to: (f64, f64), width: f64, colour: Colour) {
        self.shapes.push(Shape::Line(vec![from, to], width, colour, None));
    }

    /// A dashed straight line.
    pub fn dashed(&mut self, from: (f64, f64), to: (f64, f64), width: f64, colour: Colour) {
        self.shapes.push(Shape::Line(vec![from, to], width, colour, Some((5.0, 4.0))));
    }

    /// A text.
    pub fn text(&mut self, text: Text) {
        self.shapes.push(Shape::Text(text));
    }

    /// A filled rectangle: left, top, width, height.
    pub fn rect(&mut self, at: [f64; 4], colour: Colour) {
        self.shapes.push(Shape::Rect(at, colour));
    }

    /// A filled circle.
    pub fn disc(&mut self, centre: (f64, f64), radius: f64, colour: Colour) {
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
                // Boxes around slanted texts overlap without the texts doing so.
                let upright = t.angle % 90.0 == 0.0 && u.angle % 90.0 == 0.0;
                let (wide, high) = (b[2].min(c[2]) - b[0].max(c[0]), b[3].min(c[3]) - b[1].max(c[1]));
                if upright && wide > 0.5 && high > 1.5 {
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
    fn text_is_light_on_dark_and_dark_on_light() {
        assert_eq!(Colour(0, 0, 80).text_on(), PAPER);
        assert_eq!(Colour(240, 240, 255).text_on(), INK);
        assert!((PAPER.luminance() - 1.0).abs() < 1e-9 && Colour(0, 0, 0).luminance() == 0.0);
        assert_eq!(Colour(0, 100, 200).towards(Colour(100, 0, 200), 0.5), Colour(50, 50, 200));
    }

    #[test]
    fn a_text_turned_by_90_degrees_stands_upright() {
        let t = Text::new("recall", (50.0, 50.0), 10.0, Anchor::Start);
        let flat = t.bounds();
        let tall = t.turned(-90.0).bounds();
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
