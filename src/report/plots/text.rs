//! The measure of text, in the embedded DejaVu Sans: no font of the machine is looked at.

use ab_glyph::{Font as _, FontRef};
use plotters::style::{FontDesc, FontFamily, FontStyle, register_font};
use std::sync::LazyLock;

/// The name under which the embedded font is registered. An SVG names it, too, and has its viewer try these fonts in
/// turn: all are about as wide as DejaVu, in which the plot was measured, or narrower.
const FAMILY: &str = "DejaVu Sans, Verdana, Arial, sans-serif";

/// Height of a line of DejaVu Sans in em, (ascent 1901 + descent 483) / 2048: what size means where plotters measures.
pub(super) const LINE: f64 = 2384.0 / 2048.0;

static REGISTERED: LazyLock<()> = LazyLock::new(|| {
    for (style, bytes) in [(FontStyle::Normal, dejavu::sans::regular()), (FontStyle::Bold, dejavu::sans::bold())] {
        assert!(register_font(FAMILY, style, bytes).is_ok(), "the embedded DejaVu font is a valid font");
    }
});

/// The embedded font at what plotters calls `size`.
pub(super) fn font(size: f64, bold: bool) -> FontDesc<'static> {
    LazyLock::force(&REGISTERED);
    FontDesc::new(FontFamily::Name(FAMILY), size, if bold { FontStyle::Bold } else { FontStyle::Normal })
}

/// Width of `text` at em size `size`.
pub(super) fn width(text: &str, size: f64, bold: bool) -> f64 {
    // Plotters measures in whole dots: at 2,048 an em these are the units of the font itself.
    const EM: f64 = 2048.0;
    let ((left, _), (right, _)) =
        font(EM * LINE, bold).layout_box(text).expect("the embedded font is registered before it is asked for");
    f64::from(right - left) / EM * size
}

/// The letters of `text` with the x at which the ink of each begins, at em size `size`. Plotters' bitmaps let the ink
/// begin where the letter does and lose the air on its left, which tears words apart; drawn one by one they keep it.
pub(super) fn letters(text: &str, size: f64, bold: bool) -> Vec<(&str, f64)> {
    static FACES: LazyLock<[FontRef<'static>; 2]> = LazyLock::new(|| {
        [dejavu::sans::regular(), dejavu::sans::bold()]
            .map(|bytes| FontRef::try_from_slice(bytes).expect("the embedded DejaVu font is a valid font"))
    });
    let face = &FACES[usize::from(bold)];
    let em = f64::from(face.units_per_em().expect("DejaVu states its units an em"));
    let ends = text.char_indices().map(|(i, c)| (c, i, i + c.len_utf8()));
    ends.map(|(c, from, to)| {
        let air = f64::from(face.h_side_bearing_unscaled(face.glyph_id(c))) / em * size;
        let letter = &text[from..to];
        (letter, width(&text[..to], size, bold) - width(letter, size, bold) + air)
    })
    .collect()
}

/// `text` with U+FFFD for characters that neither fonts nor XML can show.
pub(super) fn printable(text: &str) -> String {
    text.replace(|c: char| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}'), "\u{fffd}")
}

/// Breaks `text` into lines no wider than `room`: at spaces, else after `-`, `_`, `/`, `.`, `,`, else anywhere.
pub(super) fn wrap(text: &str, size: f64, bold: bool, room: f64) -> Vec<String> {
    let fits = |s: &str| width(s.trim_end(), size, bold) <= room;
    let mut lines = Vec::new();
    let mut line = String::new();
    for piece in pieces(text) {
        if fits(&format!("{line}{piece}")) {
            line += piece;
            continue;
        }
        if !line.trim().is_empty() {
            lines.push(std::mem::take(&mut line).trim().to_owned());
        }
        line.clear();
        for c in piece.chars() {
            if !line.is_empty() && !fits(&format!("{line}{c}")) {
                lines.push(std::mem::take(&mut line));
            }
            line.push(c);
        }
    }
    if !line.trim().is_empty() || lines.is_empty() {
        lines.push(line.trim().to_owned());
    }
    lines
}

/// The parts of a text between which a line may break; joined they are the text.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    for (i, c) in text.char_indices() {
        if c.is_whitespace() || matches!(c, '-' | '_' | '/' | ',' | '.') {
            pieces.push(&text[start..i + c.len_utf8()]);
            start = i + c.len_utf8();
        }
    }
    pieces.push(&text[start..]);
    pieces
}

/// The widest of several texts at em size `size`.
pub(super) fn widest<'a>(texts: impl IntoIterator<Item = &'a str>, size: f64, bold: bool) -> f64 {
    texts.into_iter().map(|t| width(t, size, bold)).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn width_grows_with_the_text_and_with_the_size() {
        assert_eq!(width("", 10.0, false), 0.0);
        assert!(width("anger", 10.0, false) < width("anger!", 10.0, false));
        assert!((width("anger", 20.0, false) - 2.0 * width("anger", 10.0, false)).abs() < 1e-9);
        assert!(width("anger", 10.0, true) > width("anger", 10.0, false));
        let dash = width("\u{2014}", 10.0, false);
        assert!((dash - 10.0).abs() < 0.01, "an em dash is one em wide, not {dash}");
    }

    #[test]
    fn lines_fit_and_hold_every_letter_of_the_text() {
        for text in
            ["pleasant surprise", "a", "", "Donaudampfschifffahrtsgesellschaft", "very-long_name/with many breaks"]
        {
            let lines = wrap(text, 10.0, false, 60.0);
            assert!(lines.iter().all(|l| width(l, 10.0, false) <= 60.0), "{lines:?}");
            let without_spaces = |s: &str| s.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            assert_eq!(without_spaces(&lines.concat()), without_spaces(text));
        }
    }
}
