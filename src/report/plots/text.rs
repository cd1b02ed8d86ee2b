//! The measure of text, in the embedded DejaVu Sans: no font of the machine is looked at.

use ab_glyph::{Font, FontRef};
use std::sync::LazyLock;

static REGULAR: LazyLock<FontRef<'static>> = LazyLock::new(|| embedded(dejavu::sans::regular()));
static BOLD: LazyLock<FontRef<'static>> = LazyLock::new(|| embedded(dejavu::sans::bold()));

fn embedded(bytes: &'static [u8]) -> FontRef<'static> {
    FontRef::try_from_slice(bytes).expect("the embedded DejaVu font is a valid font")
}

/// The embedded face.
pub(super) fn font(bold: bool) -> &'static FontRef<'static> {
    if bold { &BOLD } else { &REGULAR }
}

/// Calls `visit` with each character's glyph and the pen's x in em, and answers the whole advance in em.
pub(super) fn walk(text: &str, bold: bool, mut visit: impl FnMut(ab_glyph::GlyphId, f64)) -> f64 {
    let font = font(bold);
    let em = f64::from(font.units_per_em().expect("DejaVu states its units per em"));
    let (mut pen, mut before) = (0.0, None);
    for c in text.chars() {
        let glyph = font.glyph_id(c);
        if let Some(before) = before {
            pen += f64::from(font.kern_unscaled(before, glyph)) / em;
        }
        visit(glyph, pen);
        pen += f64::from(font.h_advance_unscaled(glyph)) / em;
        before = Some(glyph);
    }
    pen
}

/// Width of `text` at em size `size`.
pub(super) fn width(text: &str, size: f64, bold: bool) -> f64 {
    walk(text, bold, |_, _| ()) * size
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
