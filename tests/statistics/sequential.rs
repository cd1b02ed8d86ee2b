//! Adding seeds until a difference is settled: how often equal recipes are called different at any look, and how many seeds a true
//! difference takes.

use super::corpus::{CLASSES, Design};
use super::designs::{common, folds, of_luck, rotate};
use super::levels::METRICS;
use super::sample::{Recipe, World};
use super::tables::{head, monte_carlo};
use rayon::prelude::*;
use serlab::evaluate::{Question, Verdict, compare, correct, schedule};

/// The first look, and the cap.
const SEEDS: [usize; 2] = [3, 12];

/// The looks of one draw: the seeds with which a first difference in either metric was called, if one was, and those trained.
fn looks(world: &World, better: f64, draw: u64) -> (Option<usize>, usize) {
    let recipes = world.draw(draw, &[Recipe::PLAIN, Recipe { better, ..Recipe::PLAIN }]);
    let mut trained = 0;
    for look in schedule(SEEDS[0], SEEDS[1]) {
        trained = look.seeds;
        let [a, b] = [0, 1].map(|i| recipes[i].of_seeds(0..look.seeds as u64));
        let of = |metric| compare(CLASSES, metric, &a, &b, Question::Recipes).expect("they tested the same clips");
        let mut both = METRICS.map(of);
        correct(&mut both, look.level);
        if both.iter().any(|d| d.verdict() != Verdict::Unclear) {
            return (Some(look.seeds), trained);
        }
    }
    (None, trained)
}

/// The share of draws in which a difference was called, and the mean number of seeds trained.
pub fn settled(design: Design, luck: f64, points: f64, draws: u64) -> (f64, f64) {
    let world = World::new(design, of_luck(luck));
    let better = if points > 0.0 { world.worth(points) } else { 0.0 };
    let all: Vec<(Option<usize>, usize)> = (0..draws).into_par_iter().map(|draw| looks(&world, better, draw)).collect();
    let called = all.iter().filter(|(called, _)| called.is_some()).count();
    let seeds: usize = all.iter().map(|(_, seeds)| seeds).sum();
    (called as f64 / draws as f64, seeds as f64 / draws as f64)
}

/// Designs with seeds up to the cap.
pub fn designs() -> [Design; 3] {
    let most = SEEDS[1] as u64;
    [common(24, 12, most), rotate(5, 24, 34, most), folds(24, 12, most)]
}

/// `--until-settled` from 3 to 12 seeds.
pub fn sequential(wished: u64) {
    let draws = wished.div_ceil(4);
    let text = format!(
        "`run --until-settled` from {} to {} seeds, two metrics: per cent of draws in which a difference is called at any look, \
         and the mean number of seeds trained, where the true difference is 0 (wished: 5 at most), 5 and 10 points. {}",
        SEEDS[0],
        SEEDS[1],
        monte_carlo(0.05, draws)
    );
    head(
        "Until settled",
        &text,
        "design | S | n | R | g | draws | 0: called | seeds | 5: called | seeds | 10: called | seeds",
    );
    for (design, luck) in designs().into_iter().flat_map(|design| [0.0, 0.15, 0.3].map(|luck| (design, luck))) {
        let cells = [0.0, 0.05, 0.1].map(|points| {
            let (called, seeds) = settled(design, luck, points, draws);
            format!("{:.1} | {seeds:.1}", 100.0 * called)
        });
        println!("| {design} | {luck} | {draws} | {} |", cells.join(" | "));
    }
}
