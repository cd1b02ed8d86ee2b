//! The colours of plots.

use plotters::style::RGBColor;
use plotters::style::colors::colormaps::{ColorMap as _, DerivedColorMap};

/// Text, axes.
pub(super) const INK: RGBColor = RGBColor(0x22, 0x22, 0x22);
/// Secondary text, ticks.
pub(super) const GREY: RGBColor = RGBColor(0x66, 0x66, 0x66);
/// Grid lines.
pub(super) const FAINT: RGBColor = RGBColor(0xE2, 0xE2, 0xE2);
/// Background.
pub(super) const PAPER: RGBColor = RGBColor(0xFF, 0xFF, 0xFF);
/// Warnings, such as the stamp of a leak.
pub(super) const ALARM: RGBColor = RGBColor(0xA8, 0x1E, 0x00);
/// First series: blue of the palette by Okabe and Ito (2008), told apart by all common kinds of colour vision.
pub(super) const BLUE: RGBColor = RGBColor(0x00, 0x72, 0xB2);
/// Second series: vermilion of the same palette.
pub(super) const VERMILION: RGBColor = RGBColor(0xD5, 0x5E, 0x00);
/// Third series: bluish green of the same palette.
pub(super) const GREEN: RGBColor = RGBColor(0x00, 0x9E, 0x73);

/// The colour at `share` (0 to 1, else the nearer end) of the way through `colours`; NaN counts as 0.
pub(super) fn between(colours: &[RGBColor], share: f64) -> RGBColor {
    DerivedColorMap::new(colours).get_color(if share.is_nan() { 0.0 } else { share })
}

/// Relative luminance, 0 (black) to 1 (white), by the formula of WCAG 2.
pub(super) fn luminance(colour: RGBColor) -> f64 {
    let linear = |c: u8| {
        let c = f64::from(c) / 255.0;
        if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(colour.0) + 0.7152 * linear(colour.1) + 0.0722 * linear(colour.2)
}

/// Ink or paper, whichever has more contrast on `colour`.
pub(super) fn text_on(colour: RGBColor) -> RGBColor {
    let l = luminance(colour) + 0.05;
    if l / (luminance(INK) + 0.05) > 1.05 / l { INK } else { PAPER }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_light_on_dark_and_dark_on_light() {
        assert_eq!(text_on(RGBColor(0, 0, 80)), PAPER);
        assert_eq!(text_on(RGBColor(240, 240, 255)), INK);
        assert!((luminance(PAPER) - 1.0).abs() < 1e-9 && luminance(RGBColor(0, 0, 0)) == 0.0);
    }

    #[test]
    fn a_map_goes_through_its_colours() {
        let map = [RGBColor(0, 0, 0), RGBColor(100, 0, 0), RGBColor(100, 200, 0)];
        let at = [0.0, 0.25, 0.5, 0.75, 1.0, 7.0, f64::NAN].map(|share| between(&map, share));
        let expected = [map[0], RGBColor(50, 0, 0), map[1], RGBColor(100, 100, 0), map[2], map[2], map[0]];
        assert_eq!(at, expected);
    }
}
