//! Statistics held against a simulation in which the truth is known: recipes of equal worth, networks with luck.
//!
//! The short tests look at a few designs with fixed seeds. All of them, as tables in Markdown:
//!
//! ```text
//! SERLAB_SIMULATE_DRAWS=2000 cargo test --release --test statistics -- --ignored --nocapture --test-threads 1 simulate
//! ```

mod corpus;
mod designs;
mod levels;
mod null;
mod others;
mod sample;
mod sequential;
mod tables;
mod truth;

use corpus::Design;
use designs::{common, error, folds, of_luck, rotate};
use levels::{Level, family, level};
use sample::{Recipe, World};
use std::sync::LazyLock;

const DRAWS: u64 = 400;

/// Few clips, so that they are soon drawn; the luck of networks is the one measured on RAVDESS, and twice that.
const DESIGNS: [(Design, f64); 6] = [
    (common(9, 12, 3), 0.15),
    (common(24, 12, 3), 0.3),
    (rotate(5, 24, 12, 5), 0.15),
    (rotate(2, 10, 34, 5), 0.3),
    (folds(24, 12, 1), 0.15),
    (folds(10, 12, 3), 0.3),
];

static LEVELS: LazyLock<Vec<Level>> = LazyLock::new(|| {
    DESIGNS.iter().map(|&(design, luck)| level(&World::new(design, of_luck(luck)), [Recipe::PLAIN; 2], DRAWS)).collect()
});

fn mean(of: impl Iterator<Item = f64> + Clone) -> f64 {
    of.clone().sum::<f64>() / of.count() as f64
}

// The bounds in these tests are what is wished, 6 % and 93 to 97.5 %, and three Monte Carlo errors: 3.6 points (6 %),
// 3.8 (93 %) and 2.3 (97.5 %) with 400 draws, and of the mean of six designs, 2,400 draws, 1.5, 1.6 and 1.0. Of the two
// metrics of a draw one knows nearly what the other does, so that they are counted as one.

#[test]
fn recipes_of_equal_worth_are_called_different_in_at_most_6_percent() {
    for ((design, luck), level) in DESIGNS.iter().zip(LEVELS.iter()) {
        let most = 0.06 + 3.0 * error(0.06, DRAWS);
        assert!(level.called.iter().all(|share| *share <= most), "{design}, {luck}: {level:?}");
    }
    let all = mean(LEVELS.iter().flat_map(|level| level.called));
    assert!(all <= 0.06 + 3.0 * error(0.06, 6 * DRAWS), "{all}");
}

#[test]
fn intervals_of_differences_and_figures_hold_the_truth_nineteen_times_of_twenty() {
    let wished =
        |share: f64, draws: u64| (0.93 - 3.0 * error(0.93, draws)..=0.975 + 3.0 * error(0.975, draws)).contains(&share);
    for ((design, luck), level) in DESIGNS.iter().zip(LEVELS.iter()) {
        let mut both = level.difference.into_iter().chain(level.figure);
        assert!(both.all(|share| wished(share, DRAWS)), "{design}, {luck}: {level:?}");
    }
    for of in [|level: &Level| level.difference, |level: &Level| level.figure] {
        let all = mean(LEVELS.iter().flat_map(of));
        assert!(wished(all, 6 * DRAWS), "{all}");
    }
}

#[test]
fn a_difference_of_ten_points_is_found() {
    // Nearly always with these, so that a test that never calls anything different does not pass.
    for design in [common(24, 34, 5), folds(24, 34, 3)] {
        let world = World::new(design, of_luck(0.15));
        let found = others::power(&world, world.worth(0.1), 60);
        assert!(found >= 0.8, "{design}: {found}");
    }
}

#[test]
fn holm_keeps_the_family() {
    // Four variants in two metrics: uncorrected, one table of seven has a false positive. Of 300 tables, 6 % and 4.1
    // points.
    for design in [common(9, 12, 3), folds(24, 12, 1)] {
        let any = family(&World::new(design, of_luck(0.15)), 4, 300);
        assert!(any <= 0.06 + 3.0 * error(0.06, 300), "{design}: {any}");
    }
}

#[test]
fn a_change_of_protocol_that_costs_nothing_is_not_clear() {
    for luck in [0.15, 0.3] {
        let held = others::unchanged(&World::new(rotate(5, 24, 12, 5), of_luck(luck)), DRAWS);
        assert!(held.iter().all(|share| *share >= 0.93 - 3.0 * error(0.93, DRAWS)), "{luck}: {held:?}");
    }
}

#[test]
fn one_more_run_lies_in_its_interval() {
    for (design, luck) in [DESIGNS[1], DESIGNS[2], DESIGNS[4]] {
        let held = others::next_run(design, luck, DRAWS);
        assert!(held.iter().all(|share| *share >= 0.93 - 3.0 * error(0.93, DRAWS)), "{design}, {luck}: {held:?}");
    }
}

#[test]
fn adding_seeds_until_a_difference_is_settled_keeps_the_level() {
    for design in sequential::designs() {
        let (called, _) = sequential::settled(design, 0.15, 0.0, 200);
        assert!(called <= 0.05 + 3.0 * error(0.05, 200), "{design}: {called}");
    }
    let (found, seeds) = sequential::settled(sequential::designs()[0], 0.15, 0.15, 60);
    assert!(found > 0.9 && seeds < 9.0, "fifteen points are found before the cap: {found} with {seeds} seeds");
}

#[test]
#[ignore = "takes many minutes; `just simulate`"]
fn simulate_levels() {
    println!("\n# Levels, simulated\n");
    levels::levels(wished());
}

#[test]
#[ignore = "takes many minutes; `just simulate`"]
fn simulate_power_and_the_rest() {
    let draws = wished();
    println!("\n# Power and more, simulated\n");
    levels::families(draws);
    others::powers(draws);
    others::changes(draws);
    others::runs(draws);
    others::smallest(draws);
    sequential::sequential(draws);
}

#[expect(clippy::disallowed_methods, reason = "how long one is willing to wait is no setting of an experiment")]
fn wished() -> u64 {
    std::env::var("SERLAB_SIMULATE_DRAWS").ok().map_or(2_000, |n| n.parse().expect("a number of draws"))
}
