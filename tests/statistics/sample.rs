//! Answers that recipes of known worth would give: what the statistics are held against.
//!
//! An answer is right with the probability `1 / (1 + exp(-x))`, where x adds up, in logits,
//!
//! ```text
//! class + speaker (sd 0.5) + clip (sd 1.3)                         the same for all recipes
//!   + speaker by recipe (d) + speaker by network (h) + network (g)   drawn for each recipe anew
//!   + what the recipe is better by
//! ```
//!
//! and two recipes of equal worth differ in nothing but the luck of their draws. The luck of a network, g, is shared by
//! all its test clips. Wrong answers are those of the next class.
//!
//! Every draw has a random stream of its own, so that neither the number of draws nor that of threads changes one.

use super::corpus::{CLASSES, Clips, Corpus, Design, Split, Test};
use serlab::evaluate::{Network, Prediction};
use serlab::seed::Seeds;
use std::fmt;
use std::ops::Range;

/// Corpora that take turns where their speakers are not all alike.
const CORPORA: u64 = 8;

/// How easy each class is.
pub const EASE: [f64; CLASSES] = [0.4, -0.2, 0.1, -0.6, 0.6, -0.3];

/// By how much speakers and clips differ.
pub const SPEAKER: f64 = 0.5;
pub const CLIP: f64 = 1.3;

/// Standard deviations in logits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effects {
    /// d: what a speaker is to a recipe.
    pub recipe: f64,
    /// h: what a speaker is to a network, beyond that.
    pub network: f64,
    /// g: the luck of a network.
    pub luck: f64,
}

/// One of the recipes.
#[derive(Debug, Clone, Copy)]
pub struct Recipe {
    /// What it is better by, in logits.
    pub better: f64,
    /// How many times the luck of the others its networks have.
    pub luck: f64,
    /// Its own split, where it is not that of the design.
    pub split: Option<Split>,
}

impl Recipe {
    /// One as good as all others.
    pub const PLAIN: Self = Self { better: 0.0, luck: 1.0, split: None };
}

/// All that a draw needs to know.
#[derive(Debug)]
pub struct World {
    pub design: Design,
    pub effects: Effects,
    pub corpora: Vec<Corpus>,
}

/// The answers of one recipe.
pub struct Answers(Vec<(u64, Option<u32>, Vec<Prediction>)>);

impl Answers {
    /// Its networks whose seed is one of these.
    pub fn of_seeds(&self, seeds: Range<u64>) -> Vec<Network<'_>> {
        let of = self.0.iter().filter(|(seed, ..)| seeds.contains(seed));
        of.map(|(seed, fold, answers)| Network { seed: *seed, fold: *fold, answers }).collect()
    }

    /// All its networks.
    pub fn networks(&self) -> Vec<Network<'_>> {
        self.of_seeds(0..u64::MAX)
    }
}

impl World {
    pub fn new(design: Design, effects: Effects) -> Self {
        let alike = matches!(design.clips, Clips::Each(_));
        let corpora = (0..if alike { 1 } else { CORPORA }).map(|which| Corpus::of(&design, which)).collect();
        Self { design, effects, corpora }
    }

    /// The answers of these recipes to the same people, in the draw of this number.
    pub fn draw(&self, number: u64, recipes: &[Recipe]) -> Vec<Answers> {
        let Effects { recipe: d, network: h, luck: g } = self.effects;
        let stream = &mut Seeds::new(0).stream(&format!("{} {}", self.design, self.effects), &[number]);
        let corpus = &self.corpora[(number % self.corpora.len() as u64) as usize];
        let speakers: Vec<f64> = corpus.of_speaker.iter().map(|_| SPEAKER * stream.normal()).collect();
        let ease = |(s, p): &(usize, Prediction)| EASE[p.truth] + speakers[*s];
        let ease: Vec<f64> = corpus.rows.iter().map(|row| ease(row) + CLIP * stream.normal()).collect();
        let common = corpus.tests(self.design.split, self.design.seeds, stream);
        let of_recipe = |recipe: &Recipe| {
            let own = recipe.split.map(|split| corpus.tests(split, self.design.seeds, stream));
            let likes: Vec<f64> = speakers.iter().map(|_| recipe.better + d * stream.normal()).collect();
            let of_network = |(seed, fold, rows): &Test| {
                let luck = g * recipe.luck * stream.normal();
                let (mut last, mut more) = (usize::MAX, 0.0);
                let answer = |&row: &usize| {
                    let (s, template) = &corpus.rows[row];
                    if *s != last {
                        (last, more) = (*s, likes[*s] + luck + h * stream.normal());
                    }
                    let mut answer = template.clone();
                    let right = stream.chance(logistic(ease[row] + more));
                    answer.predicted = if right { answer.truth } else { (answer.truth + 1) % CLASSES };
                    answer
                };
                (*seed, *fold, rows.iter().map(answer).collect())
            };
            Answers(own.as_ref().unwrap_or(&common).iter().map(of_network).collect())
        };
        recipes.iter().map(of_recipe).collect()
    }
}

pub fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

impl fmt::Display for Effects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} | {} | {}", self.recipe, self.network, self.luck)
    }
}
