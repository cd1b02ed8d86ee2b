//! The leak bill for a talk: what is left of a figure under each protocol, and what every step of honesty took away.

use super::axis::{Axis, Panel};
use super::colour::{between, text_on};
use super::scene::{ALARM, Anchor, BLUE, FAINT, GREY, INK, PAPER, Scene, Shape, Text, VERMILION};
use super::text;
use plotters::style::RGBColor;

/// A variant on a bill.
#[derive(Debug, Clone, PartialEq)]
pub struct BillVariant {
    /// Its name.
    pub name: String,
    /// What guessing gets right, in [0, 1].
    pub chance: f64,
    /// A row a protocol, from the least to the most honest.
    pub rows: Vec<BillRow>,
}

/// A variant under one protocol. Figures are shares in [0, 1].
#[derive(Debug, Clone, PartialEq)]
pub struct BillRow {
    /// The protocol.
    pub protocol: String,
    /// How much it tests, in words.
    pub tested: String,
    /// The figure.
    pub value: f64,
    /// Its interval, where there is one.
    pub interval: Option<(f64, f64)>,
    /// What the protocol above had and this one has not.
    pub price: String,
    /// This figure minus the one above, and the ends of its interval; none for the first row.
    pub change: Option<[f64; 3]>,
    /// Whether the protocol leaks; it is then marked, and its bar is pale.
    pub leaks: bool,
}

/// A slide of 16 to 9; text of 15 units is then 18 points where a slide is 13.3 inches wide.
const WIDTH: f64 = 800.0;
const HEIGHT: f64 = 450.0;
const TITLE: f64 = 21.0;
const NAME: f64 = 17.0;
const LABEL: f64 = 15.0;
const NOTE: f64 = 11.5;
/// Air at the sides.
const SIDE: f64 = 18.0;
/// Air between two variants.
const GAP: f64 = 12.0;
/// The widest that names and prices may be before they are wrapped.
const WIDEST: f64 = 190.0;

/// A colour a leak, of the palette by Okabe and Ito (2008): vermilion, orange, purple, green, sky. Blue is what is left.
const LEAKS: [RGBColor; 5] = [
    VERMILION,
    RGBColor(0xE6, 0x9F, 0x00),
    RGBColor(0xCC, 0x79, 0xA7),
    RGBColor(0x00, 0x9E, 0x73),
    RGBColor(0x56, 0xB4, 0xE9),
];

/// What is written left and right of a row.
struct Sides {
    protocol: Vec<String>,
    price: Vec<String>,
    interval: String,
    /// Whether the interval of the step leaves out 0.
    clear: bool,
}

/// Draws a group of bars a variant, a bar a protocol. Beside the bar of an honest protocol stands in a colour of its own what
/// it has less than the bar above; where it has more, that part of the bar is shown in a tint of the colour. Whiskers are
/// the intervals of the figures, `metric` is the title of the axis, `note` the small print.
pub fn bill(variants: &[BillVariant], metric: &str, title: &str, note: &str) -> Scene {
    let mut scene = Scene::new(WIDTH, 10.0, format!("Leak bill: {title}"));
    let prices = prices(variants);
    let sides: Vec<Vec<Sides>> = variants.iter().map(|v| v.rows.iter().map(sides).collect()).collect();
    let all = || sides.iter().flatten();
    let notes = || variants.iter().flat_map(|v| &v.rows).map(|r| r.tested.as_str());
    let wide = |lines: &[String]| text::widest(lines.iter().map(String::as_str), LABEL, true);
    let left = all().map(|s| wide(&s.protocol)).fold(text::widest(notes(), NOTE, false), f64::max) + SIDE + 10.0;
    let intervals = text::widest(all().map(|s| s.interval.as_str()), NOTE, false);
    let right = all().map(|s| wide(&s.price)).fold(intervals, f64::max) + SIDE + 12.0;

    let mut top = 8.0;
    for line in text::wrap(title, TITLE, true, WIDTH - 2.0 * SIDE) {
        top += TITLE * 1.25;
        scene.text(Text::new(line, (WIDTH / 2.0, top), TITLE, Anchor::Middle).bold());
    }
    top += 12.0;
    let small = text::wrap(note, NOTE, false, WIDTH - 2.0 * SIDE);
    let below = 46.0 + small.len() as f64 * NOTE * 1.35 + 10.0;
    let names: Vec<Vec<String>> =
        variants.iter().map(|v| text::wrap(&v.name, NAME, true, WIDTH - left - SIDE)).collect();
    let heads = names.iter().map(|n| head(n)).sum::<f64>() + GAP * variants.len().saturating_sub(1) as f64;
    let count = all().count().max(1) as f64;
    let lines = all().map(|s| s.protocol.len().max(s.price.len())).max().unwrap_or(1) as f64;
    let least = lines * LABEL * 1.2 + NOTE * 1.3 + 3.0;
    let row = ((HEIGHT - top - below - heads) / count).clamp(least, least.max(62.0));
    let height = heads + row * count;
    scene.height = top + height + below;

    let x = axis(variants);
    let panel = Panel { left, top, width: WIDTH - left - right, height, x, y: Axis::between(0.0, 1.0, 1) };
    let mut y = top;
    for (group, ((variant, sides), name)) in variants.iter().zip(&sides).zip(&names).enumerate() {
        y += if group > 0 { GAP } else { 0.0 };
        for (i, line) in name.iter().enumerate() {
            scene.text(Text::new(line, (left, y + NAME * (1.2 * i as f64 + 1.0)), NAME, Anchor::Start).bold());
        }
        y += head(name);
        let bars = y;
        let places = || (0..sides.len()).map(|i| (bars + row * i as f64, row));
        y += row * sides.len() as f64;
        grid(&mut scene, &panel, (bars, y));
        let before = |i: usize| i.checked_sub(1).map(|b| variant.rows[b].value);
        let colour = |of: &BillRow| LEAKS[prices.iter().position(|p| *p == of.price).unwrap_or(0) % LEAKS.len()];
        for (i, (of, place)) in variant.rows.iter().zip(places()).enumerate() {
            bar(&mut scene, &panel, place, of, before(i), colour(of));
        }
        let x = panel.at(variant.chance * 100.0, 0.0).0;
        scene.dashed((x, bars - 3.0), (x, y), 1.8, INK);
        for (i, ((of, side), place)) in variant.rows.iter().zip(sides).zip(places()).enumerate() {
            labels(&mut scene, &panel, place, of, (before(i), side), colour(of));
        }
    }
    base(&mut scene, &panel, variants, metric);
    for (i, line) in small.iter().enumerate() {
        let at = (SIDE, top + height + 46.0 + NOTE * (1.35 * i as f64 + 1.0));
        scene.text(Text::new(line, at, NOTE, Anchor::Start).colour(GREY));
    }
    scene
}

/// Height of the lines that name a variant.
fn head(name: &[String]) -> f64 {
    name.len() as f64 * NAME * 1.2 + 8.0
}

/// The prices of the whole bill in the order of their steps: a leak has one colour in all variants.
fn prices(variants: &[BillVariant]) -> Vec<&str> {
    let mut prices: Vec<&str> = Vec::new();
    for row in variants.iter().flat_map(|v| &v.rows).filter(|r| r.change.is_some()) {
        if !prices.contains(&row.price.as_str()) {
            prices.push(&row.price);
        }
    }
    prices
}

/// A difference of shares in points, always with its sign.
fn signed(share: f64) -> String {
    let text = format!("{:+.1}", 100.0 * share);
    if text.ends_with("0.0") && text.len() == 4 { "0.0".to_owned() } else { text.replace('-', "\u{2212}") }
}

fn sides(row: &BillRow) -> Sides {
    let protocol = if row.leaks { format!("{} (LEAK)", row.protocol) } else { row.protocol.clone() };
    let finite = row.change.filter(|c| c.iter().all(|v| v.is_finite()));
    let clear = finite.is_some_and(|[_, low, high]| low > 1e-12 || high < -1e-12);
    let (price, interval) = match finite {
        Some([value, low, high]) => {
            let doubt = if clear { "" } else { " unclear" };
            (format!("{} {}", signed(value), row.price), format!("[{}, {}]{doubt}", signed(low), signed(high)))
        }
        None => (String::new(), String::new()),
    };
    let wrap = |text: &str| text::wrap(text, LABEL, true, WIDEST);
    Sides { protocol: wrap(&protocol), price: wrap(&price), interval, clear }
}

/// From 0 to what holds every figure with its interval.
fn axis(variants: &[BillVariant]) -> Axis {
    let rows = variants.iter().flat_map(|v| &v.rows);
    let ends = rows.flat_map(|r| r.interval.map(|i| i.1).into_iter().chain([r.value]));
    let ends = ends.chain(variants.iter().map(|v| v.chance)).filter(|v| v.is_finite());
    let highest = ends.fold(0.1, f64::max).min(1.0) * 100.0;
    Axis::between(0.0, (highest / 10.0 - 1e-9).ceil() * 10.0, 6)
}

fn grid(scene: &mut Scene, panel: &Panel, (top, bottom): (f64, f64)) {
    for tick in &panel.x.ticks {
        let x = panel.at(*tick, 0.0).0;
        scene.line((x, top), (x, bottom), 1.0, FAINT);
    }
}

fn bar(scene: &mut Scene, panel: &Panel, (y, row): (f64, f64), of: &BillRow, before: Option<f64>, colour: RGBColor) {
    if !of.value.is_finite() {
        return;
    }
    let at = |share: f64| panel.at((share * 100.0).clamp(panel.x.low, panel.x.high), 0.0).0;
    let (top, high) = (y + 3.0, row - 6.0);
    let (start, end) = (at(0.0), at(of.value));
    let fill = if of.leaks { between(&[BLUE, PAPER], 0.6) } else { BLUE };
    scene.rect([start, top, end - start, high], fill);
    if let Some(before) = before.filter(|b| b.is_finite()).map(at) {
        if before > end {
            scene.rect([end, top, before - end, high], colour);
        } else if before < end {
            scene.rect([before, top, end - before, high], between(&[colour, PAPER], 0.45));
        }
        // From the end of the bar above.
        scene.line((before, y - 3.0), (before, top + high), 1.0, INK);
    }
    let middle = top + high / 2.0;
    if let Some((low, up)) = of.interval.filter(|(l, h)| l.is_finite() && h.is_finite()) {
        let (low, up) = (at(low), at(up));
        // First an outline, so that it shows on every colour.
        for (width, cap, colour) in [(4.4, 7.2, PAPER), (2.0, 6.0, INK)] {
            scene.line((low, middle), (up, middle), width, colour);
            for end in [low, up] {
                scene.line((end, middle - cap), (end, middle + cap), width, colour);
            }
        }
    }
    let figure = format!("{:.1}", of.value * 100.0);
    let width = text::width(&figure, NAME, true);
    let free = of.interval.map_or(end, |(low, _)| at(low).min(end)) - 8.0;
    let place = if free - width > start + 4.0 { free } else { start + 4.0 + width };
    let figure = Text::new(figure, (place, middle + 0.36 * NAME), NAME, Anchor::End).bold().colour(text_on(fill));
    scene.text(figure);
}

fn labels(
    scene: &mut Scene,
    panel: &Panel,
    (y, row): (f64, f64),
    of: &BillRow,
    (before, side): (Option<f64>, &Sides),
    colour: RGBColor,
) {
    let mut block = |lines: &[String], small: &str, x: f64, anchor: Anchor, ink: RGBColor, bold: bool| {
        let note = if small.is_empty() { 0.0 } else { NOTE * 1.3 };
        let mut line = y + (row - lines.len() as f64 * LABEL * 1.2 - note) / 2.0;
        // On paper, so that no grid line strikes the words through.
        let mut write = |words: Text| {
            let [left, top, right, bottom] = words.bounds();
            scene.rect([left - 2.0, top, right - left + 4.0, bottom - top], PAPER);
            scene.text(words);
        };
        for words in lines.iter().filter(|l| !l.is_empty()) {
            line += LABEL * 1.2;
            write(Text { bold, ..Text::new(words, (x, line - 0.2 * LABEL), LABEL, anchor).colour(ink) });
        }
        if !small.is_empty() {
            write(Text::new(small, (x, line + NOTE), NOTE, anchor).colour(GREY));
        }
    };
    let ink = if of.leaks { ALARM } else { INK };
    block(&side.protocol, &of.tested, panel.left - 10.0, Anchor::End, ink, true);
    let ink = if side.clear { between(&[colour, INK], 0.4) } else { GREY };
    // Right of all that is drawn of the row.
    let ends = [Some(of.value), before, of.interval.map(|(_, high)| high)];
    let end = ends.into_iter().flatten().filter(|v| v.is_finite()).fold(0.0, f64::max);
    let end = panel.at((end * 100.0).min(panel.x.high), 0.0).0;
    block(&side.price, &side.interval, end + 12.0, Anchor::Start, ink, side.clear);
}

/// The axis with its title, and the level of chance.
fn base(scene: &mut Scene, panel: &Panel, variants: &[BillVariant], metric: &str) {
    let (right, bottom) = (panel.left + panel.width, panel.top + panel.height);
    scene.line((panel.left, bottom), (right, bottom), 1.4, INK);
    for tick in &panel.x.ticks {
        let x = panel.at(*tick, 0.0).0;
        scene.line((x, bottom), (x, bottom + 4.0), 1.4, INK);
        let label = Text::new(panel.x.label(*tick), (x, bottom + 5.0 + LABEL), LABEL, Anchor::Middle);
        scene.text(label.colour(GREY));
    }
    let y = bottom + 8.0 + 2.1 * LABEL;
    let mut chances: Vec<String> = variants.iter().map(|v| format!("{:.1}", v.chance * 100.0)).collect();
    chances.dedup();
    let metric = format!("{metric} (%)");
    let chance = format!("chance ({})", chances.join(", "));
    let (first, second) = (text::width(&metric, LABEL, false), text::width(&chance, LABEL, false));
    let start = panel.left + (panel.width - first - second - 72.0) / 2.0;
    scene.text(Text::new(metric, (start, y), LABEL, Anchor::Start));
    let key = start + first + 28.0;
    let dashes = vec![(key, y - 5.0), (key + 36.0, y - 5.0)];
    scene.shapes.push(Shape::Line(dashes, 1.8, INK, Some((5.0, 4.0))));
    scene.text(Text::new(chance, (key + 44.0, y), LABEL, Anchor::Start));
}

#[cfg(test)]
#[path = "bill_tests.rs"]
mod tests;
