//! Whether recipes of equal worth are called different one time of twenty, and intervals hold the truth nineteen times.

use super::corpus::{CLASSES, Design};
use super::designs::{self, EFFECTS, common, error, folds, of_luck, rotate, shares};
use super::sample::{Answers, Effects, Recipe, World};
use super::tables::{head, monte_carlo, percent};
use serlab::evaluate::{Difference, Metric, Question, SIGNIFICANT, Verdict, compare, correct, estimate};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// Most false positives, and the coverage of intervals, that are wished.
const FALSE: f64 = 0.06;
const COVERED: RangeInclusive<f64> = 0.93..=0.975;

/// The metrics that are looked at.
pub const METRICS: [Metric; 2] = [Metric::Accuracy, Metric::Uar];

/// What is counted of a design, each for accuracy and UAR.
#[derive(Debug, Clone, Copy)]
pub struct Level {
    /// Recipes of equal worth called different.
    pub called: [f64; 2],
    /// Intervals of the difference that hold 0.
    pub difference: [f64; 2],
    /// Intervals of a figure that hold the true one.
    pub figure: [f64; 2],
    /// Draws in which the difference says that its level holds.
    pub holds: f64,
}

/// Two recipes by the one question that there is in these tables.
pub fn difference(metric: Metric, answers: &[Answers], variant: usize) -> Difference {
    let [baseline, variant] = [0, variant].map(|i| answers[i].networks());
    compare(CLASSES, metric, &baseline, &variant, Question::Recipes).expect("both were tested on the same clips")
}

/// The level of one design with two recipes of equal worth.
pub fn level(world: &World, recipes: [Recipe; 2], draws: u64) -> Level {
    let truths = METRICS.map(|metric| world.truth(metric, &recipes[1]));
    let found = shares(world, draws, |world, draw| {
        let answers = world.draw(draw, &recipes);
        let [a, u] = [0, 1].map(|m| {
            let found = difference(METRICS[m], &answers, 1);
            let figure = estimate(CLASSES, METRICS[m], &answers[1].networks(), Question::Recipes);
            let figure = figure.expect("there are answers").estimate;
            let called = found.verdict() != Verdict::Unclear;
            let inside = [found.low <= 0.0 && found.high >= 0.0, figure.low <= truths[m] && truths[m] <= figure.high];
            (called, inside, found.level_holds)
        });
        [a.0, u.0, a.1[0], u.1[0], a.1[1], u.1[1], a.2]
    });
    let pair = |i: usize| [found[i], found[i + 1]];
    Level { called: pair(0), difference: pair(2), figure: pair(4), holds: found[6] }
}

/// A row of the table, and its values under their names.
struct Row {
    design: Design,
    effects: Effects,
    kind: String,
    draws: u64,
    level: Level,
}

impl Row {
    fn of(design: Design, effects: Effects, recipes: [Recipe; 2], wished: u64) -> Self {
        let kind = if recipes[0].luck == recipes[1].luck { "" } else { ", unequal luck" };
        let (kind, draws) = (format!("{}{kind}", design.kind()), design.draws(wished));
        let row = Self { design, effects, kind, draws, level: level(&World::new(design, effects), recipes, draws) };
        println!("{}", row.line());
        row
    }

    fn line(&self) -> String {
        let Self { design, effects, kind, draws, level } = self;
        let Design { speakers, seeds, .. } = design;
        let values = percent(&[level.called, level.difference, level.figure].concat(), 1);
        let (holds, inside) = (100.0 * level.holds, if design.inside() { "yes" } else { "" });
        let of = format!("{kind} | {speakers} | {} | {seeds} | {effects} | {draws}", design.most_clips());
        format!("| {of} | {values} | {holds:.0} | {inside} |")
    }

    /// By how many Monte Carlo errors it is outside of what is wished, at the worst.
    fn beyond(&self) -> f64 {
        let over = |share: &f64| (share - FALSE) / error(FALSE, self.draws);
        let (low, high) = (*COVERED.start(), *COVERED.end());
        let out = |c: &f64| ((low - c) / error(low, self.draws)).max((c - high) / error(high, self.draws));
        let level = &self.level;
        let covered = level.difference.iter().chain(&level.figure).map(out);
        level.called.iter().map(over).chain(covered).fold(f64::NEG_INFINITY, f64::max)
    }
}

/// False positives and coverage of all designs, and what they come to.
pub fn levels(wished: u64) {
    let text = format!(
        "Two recipes of equal worth. `called`: per cent called different at {SIGNIFICANT} (wished: 6 at most); `holds \
         0` and `holds truth`: per cent of 95 % intervals of the difference and of a figure that do (wished: 93 to \
         97.5); each of accuracy and UAR. S speakers, n clips each, R seeds; d, h and g as in `sample.rs`. With one \
         network a side the answer is to networks as they are. `said to hold`: per cent of draws that say so of their \
         level. `inside`: from three networks a side on, and nine speakers to draw from. {}",
        monte_carlo(0.05, wished)
    );
    let columns = "called acc | uar | holds 0 acc | uar | holds truth acc | uar | said to hold | inside";
    head("Levels", &text, &format!("design | S | n | R | d | h | g | draws | {columns}"));
    let mut rows = Vec::new();
    for design in designs::even().into_iter().chain(designs::uneven()) {
        rows.extend(EFFECTS.map(|effects| Row::of(design, effects, [Recipe::PLAIN; 2], wished)));
    }
    for (design, luck) in designs::LUCKY.into_iter().flat_map(|design| [(design, 0.15), (design, 0.3)]) {
        let recipes = [0.0, 2f64.sqrt()].map(|luck| Recipe { luck, ..Recipe::PLAIN });
        rows.push(Row::of(design, of_luck(luck), recipes, wished));
    }
    rows.retain(|row| row.design.inside());
    summary(&rows);
}

/// Ranges and means inside, and the rows that leave what is wished.
fn summary(rows: &[Row]) {
    let mut kinds: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        kinds.entry(&row.kind).or_default().push(row);
        kinds.entry("all").or_default().push(row);
    }
    let text = "Lowest, mean (weighted by draws) and highest, per cent, of accuracy and UAR together.";
    head("Levels inside", text, "design | rows | called | holds 0 | holds truth");
    for (kind, rows) in kinds {
        let range = |of: fn(&Level) -> [f64; 2]| {
            let values = || rows.iter().flat_map(|row| of(&row.level).map(|v| (100.0 * v, row.draws as f64)));
            let (sum, all) = values().fold((0.0, 0.0), |(sum, all), (v, n)| (sum + v * n, all + n));
            let ends = values().fold((f64::INFINITY, 0.0f64), |(low, high), (v, _)| (low.min(v), high.max(v)));
            format!("{:.1} **{:.2}** {:.1}", ends.0, sum / all, ends.1)
        };
        let [called, zero, truth] = [range(|l| l.called), range(|l| l.difference), range(|l| l.figure)];
        println!("| {kind} | {} | {called} | {zero} | {truth} |", rows.len());
    }
    println!(
        "\nRows inside that are more than two Monte Carlo errors beyond what is wished (the worst of the six shares):\n"
    );
    for row in rows.iter().filter(|row| row.beyond() > 2.0) {
        println!("{} beyond {:.1}", row.line(), row.beyond());
    }
}

/// Whether any recipe of a table is called different after Holm's correction.
pub fn family(world: &World, variants: usize, draws: u64) -> f64 {
    let recipes = vec![Recipe::PLAIN; variants + 1];
    let [any] = shares(world, draws, |world, draw| {
        let answers = world.draw(draw, &recipes);
        let pairs = (1..=variants).flat_map(|v| METRICS.map(|metric| (metric, v)));
        let mut table: Vec<Difference> = pairs.map(|(metric, v)| difference(metric, &answers, v)).collect();
        correct(&mut table, SIGNIFICANT);
        [table.iter().any(|d| d.verdict() != Verdict::Unclear)]
    });
    any
}

/// Tables of several variants.
pub fn families(wished: u64) {
    let draws = wished.div_ceil(4);
    let text = format!(
        "Per cent of tables with any false positive after Holm's correction, both metrics of all variants in one \
         table. {}",
        monte_carlo(0.05, draws)
    );
    let columns = "design | S | n | R | d | h | g | draws | 2 variants | 5 | 10 | 20";
    head("Tables of several variants", &text, columns);
    let designs = [common(9, 12, 3), common(24, 12, 3), rotate(5, 24, 12, 5), folds(24, 12, 1)];
    for (design, luck) in designs.into_iter().flat_map(|design| [(design, 0.0), (design, 0.15), (design, 0.3)]) {
        let world = World::new(design, of_luck(luck));
        let found = percent(&[2, 5, 10, 20].map(|variants| family(&world, variants, draws)), 1);
        println!("| {design} | {} | {draws} | {found} |", world.effects);
    }
}
