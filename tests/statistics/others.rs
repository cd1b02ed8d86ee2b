//! What is found of a true difference, what a change of protocol is held to be, and where one more run lies.

use super::corpus::{CLASSES, Design, Split};
use super::designs::{common, folds, of_luck, rotate, shares};
use super::levels::{METRICS, difference};
use super::sample::{Recipe, World};
use super::tables::{head, monte_carlo, percent};
use serlab::evaluate::{Metric, PredictionInterval, Question, Verdict, change, estimate};

const ACCURACY: Metric = Metric::Accuracy;

/// The luck of networks in these tables: none, 2.7 points of accuracy, 5.3 points.
const LUCK: [f64; 3] = [0.0, 0.15, 0.3];

/// How often a variant is called better that is so many logits better.
pub fn power(world: &World, better: f64, draws: u64) -> f64 {
    let recipes = [Recipe::PLAIN, Recipe { better, ..Recipe::PLAIN }];
    let [found] = shares(world, draws, |world, draw| {
        [difference(ACCURACY, &world.draw(draw, &recipes), 1).verdict() == Verdict::Better]
    });
    found
}

/// What is found of true differences.
pub fn powers(wished: u64) {
    let text = format!(
        "Per cent called better of variants that are 3, 5 and 10 points of accuracy better. {}",
        monte_carlo(0.5, wished.div_ceil(8))
    );
    let columns = "g = 0: 3 | 5 | 10 | g = 0.15: 3 | 5 | 10 | g = 0.3: 3 | 5 | 10";
    head("Power", &text, &format!("design | S | n | R | draws | {columns}"));
    for (speakers, draws) in [(24, wished.div_ceil(8)), (91, wished.div_ceil(20))] {
        let designs = [3, 5, 10].map(|r| common(speakers, 60, r)).into_iter();
        for design in designs.chain([1, 3, 5].map(|r| folds(speakers, 60, r))) {
            let worlds = LUCK.map(|luck| World::new(design, of_luck(luck)));
            let cells = worlds.iter().flat_map(|world| [0.03, 0.05, 0.1].map(|points| (world, points)));
            let found: Vec<f64> = cells.map(|(world, points)| power(world, world.worth(points), draws)).collect();
            println!("| {design} | {draws} | {} |", percent(&found, 0));
        }
    }
}

/// Designs of the tables below.
fn few() -> impl Iterator<Item = (Design, f64)> {
    let seeds = [3, 5, 10].into_iter().flat_map(|r| [common(24, 34, r), rotate(5, 24, 34, r)]);
    seeds.chain([1, 3].map(|r| folds(24, 34, r))).flat_map(|design| LUCK.map(|luck| (design, luck)))
}

/// Whether the smallest difference that a design finds four times of five is found so often.
pub fn smallest(wished: u64) {
    let draws = wished.div_ceil(4);
    let text = format!(
        "`smallest`: median of `smallest_found` of 200 other draws, in points of accuracy; `found`: per cent found \
         where it is the truth (wished: 80). {}",
        monte_carlo(0.8, draws)
    );
    let columns = "design | S | n | R | d | h | g | draws | smallest | found";
    head("The smallest difference that is found four times of five", &text, columns);
    for (design, luck) in few() {
        let world = World::new(design, of_luck(luck));
        let said = |draw| difference(ACCURACY, &world.draw(draw, &[Recipe::PLAIN; 2]), 1).smallest_found;
        let mut said: Vec<f64> = (draws..draws + 200).map(said).collect();
        said.sort_by(f64::total_cmp);
        let found = power(&world, world.worth(said[100]), draws);
        println!("| {design} | {} | {draws} | {} |", world.effects, percent(&[said[100], found], 1));
    }
}

/// How often the change from random clips of everybody to other speakers a seed is not told apart from none; of
/// accuracy and UAR.
pub fn unchanged(world: &World, draws: u64) -> [f64; 2] {
    let Split::Rotate(tested) = world.design.split else { unreachable!("the second protocol rotates") };
    let share = tested as f64 / world.design.speakers as f64;
    let clips = Recipe { split: Some(Split::Clips(share)), ..Recipe::PLAIN };
    shares(world, draws, |world, draw| {
        let answers = world.draw(draw, &[clips, Recipe::PLAIN]);
        let [before, after] = [0, 1].map(|i| answers[i].networks());
        change(CLASSES, METRICS, &before, &after).expect("there are answers").map(|c| !c.is_clear())
    })
}

/// Whether the change from one protocol to another holds 0 where neither is easier.
pub fn changes(wished: u64) {
    let text = format!(
        "Random clips of everybody, then 5 other speakers a seed: per cent of 95 % intervals of the change that hold \
         0. With one seed the networks are taken as they are. {}",
        monte_carlo(0.05, wished)
    );
    head(
        "The change of a protocol that costs nothing",
        &text,
        "design | S | n | R | d | h | g | draws | accuracy | uar",
    );
    let cases = [1, 3, 5, 10].into_iter().flat_map(|r| LUCK.map(|luck| (r, luck)));
    for ((seeds, luck), n) in cases.flat_map(|case| [(case, 12), (case, 60)]) {
        let world = World::new(rotate(5, 24, n, seeds), of_luck(luck));
        let draws = world.design.draws(wished);
        let held = percent(&unchanged(&world, draws), 1);
        println!("| {} | {} | {draws} | {held} |", world.design, world.effects);
    }
}

/// How often the interval for one more seed holds its accuracy: tested on the same people (or others of them), and on
/// others.
pub fn next_run(design: Design, luck: f64, draws: u64) -> [f64; 2] {
    let more = Design { seeds: design.seeds + 1, ..design };
    let rotates = matches!(design.split, Split::Rotate(_));
    shares(&World::new(more, of_luck(luck)), draws, |world, draw| {
        let [here, elsewhere] = [draw, draws + draw].map(|draw| world.draw(draw, &[Recipe::PLAIN]));
        let figure = |of: &[_], question| estimate(CLASSES, ACCURACY, of, question).expect("there are answers");
        let found = figure(&here[0].of_seeds(0..design.seeds), Question::Recipes);
        [(&here, rotates), (&elsewhere, true)].map(|(answers, others)| {
            let next = figure(&answers[0].of_seeds(design.seeds..more.seeds), Question::Networks).estimate.value;
            let interval = PredictionInterval::one_more_run(&found, 1.0, 1.0, others).expect("three networks or more");
            interval.low <= next && next <= interval.high
        })
    })
}

/// Whether the interval for one more seed holds its figure.
pub fn runs(wished: u64) {
    let text = format!(
        "Per cent of 95 % intervals that hold the accuracy of one more seed that is tested in the same way: on the \
         same people, and on other people. {}",
        monte_carlo(0.05, wished)
    );
    head("One more run", &text, "design | S | n | R | d | h | g | draws | same people | other people");
    for (design, luck) in few() {
        let draws = design.draws(wished);
        println!("| {design} | {} | {draws} | {} |", of_luck(luck), percent(&next_run(design, luck, draws), 1));
    }
}
