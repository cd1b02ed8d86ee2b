//! A scene as SVG.

use super::raster;
use super::scene::{Anchor, Colour, Scene, Shape, Text};
use std::fmt::Write as _;

/// Fonts tried in turn by the viewer: all are as wide as DejaVu, in which the plot was measured, or narrower.
const FAMILY: &str = "DejaVu Sans, Verdana, Arial, sans-serif";

impl Scene {
    /// The plot as an SVG document; the same scene gives the same bytes.
    pub fn svg(&self) -> String {
        let (w, h) = (number(self.width), number(self.height));
        let mut out = String::new();
        let _ = write!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" \
             font-family=\"{FAMILY}\" role=\"img\">\n<title>{}</title>\n",
            escape(&self.about)
        );
        for shape in &self.shapes {
            element(&mut out, shape);
            out.push('\n');
        }
        out.push_str("</svg>\n");
        out
    }
}

// Writing to a String cannot fail, so the results of `write!` are dropped.
fn element(out: &mut String, shape: &Shape) {
    match shape {
        Shape::Rect(at, colour) => {
            let _ = write!(out, "<rect {} fill=\"{}\"/>", placed(*at), hex(*colour));
        }
        Shape::Line(through, width, colour, dash) => {
            let _ = write!(
                out,
                "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{}\"",
                points(through),
                hex(*colour),
                number(*width)
            );
            out.push_str(" stroke-linejoin=\"round\"");
            if let Some((on, off)) = dash {
                let _ = write!(out, " stroke-dasharray=\"{} {}\"", number(*on), number(*off));
            }
            out.push_str("/>");
        }
        Shape::Disc((x, y), radius, colour) => {
            let (x, y, r) = (number(*x), number(*y), number(*radius));
            let _ = write!(out, "<circle cx=\"{x}\" cy=\"{y}\" r=\"{r}\" fill=\"{}\"/>", hex(*colour));
        }
        Shape::Polygon(corners, colour) => {
            let _ = write!(out, "<polygon points=\"{}\" fill=\"{}\"/>", points(corners), hex(*colour));
        }
        Shape::Text(text) => written(out, text),
        Shape::Image(at, image) => {
            let rgb: Vec<u8> = image.pixels.iter().flat_map(|c| [c.0, c.1, c.2]).collect();
            let height = image.pixels.len() / image.width;
            let png = raster::encode(&rgb, image.width, height, None);
            let data = base64(&png.expect("a picture with pixels is written to memory"));
            let _ = write!(
                out,
                "<image {} preserveAspectRatio=\"none\" style=\"image-rendering:pixelated\" \
                 href=\"data:image/png;base64,{data}\"/>",
                placed(*at)
            );
        }
    }
}

fn written(out: &mut String, t: &Text) {
    let (x, y) = (number(t.at.0), number(t.at.1));
    let _ = write!(out, "<text x=\"{x}\" y=\"{y}\" font-size=\"{}\" fill=\"{}\"", number(t.size), hex(t.colour));
    match t.anchor {
        Anchor::Start => (),
        Anchor::Middle => out.push_str(" text-anchor=\"middle\""),
        Anchor::End => out.push_str(" text-anchor=\"end\""),
    }
    if t.bold {
        out.push_str(" font-weight=\"bold\"");
    }
    if t.angle != 0.0 {
        let _ = write!(out, " transform=\"rotate({} {x} {y})\"", number(t.angle));
    }
    let _ = write!(out, ">{}</text>", escape(&t.text));
}

fn placed([x, y, w, h]: [f64; 4]) -> String {
    format!("x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"", number(x), number(y), number(w), number(h))
}

fn points(points: &[(f64, f64)]) -> String {
    let points: Vec<String> = points.iter().map(|(x, y)| format!("{},{}", number(*x), number(*y))).collect();
    points.join(" ")
}

/// At most two decimals, which is finer than any printer; no trailing zeros and no negative zero.
fn number(value: f64) -> String {
    let rounded = (value * 100.0).round() / 100.0;
    if rounded == 0.0 { "0".to_owned() } else { rounded.to_string() }
}

fn hex(c: Colour) -> String {
    format!("#{:02x}{:02x}{:02x}", c.0, c.1, c.2)
}

/// Text as XML: markup escaped, characters that XML 1.0 has no way to write replaced.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// Base64 of RFC 4648 with padding.
pub fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let part = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
        let bits = part(0) << 16 | part(1) << 8 | part(2);
        for i in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * i) & 63) as usize];
            out.push(if i <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_matches_the_vectors_of_rfc_4648() {
        let pairs = [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")];
        for (plain, coded) in pairs {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }

    #[test]
    fn markup_and_control_characters_in_a_label_stay_text() {
        assert_eq!(escape("<a & \"b\">\u{1}"), "&lt;a &amp; &quot;b&quot;&gt;\u{fffd}");
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!([number(1.0), number(1.234_56), number(-0.001), number(0.1 + 0.2)], ["1", "1.23", "0", "0.3"]);
    }
}
