//! The designs that are simulated, and how often.

use super::corpus::{Clips, Design, Split};
use super::sample::{Effects, World};
use rayon::prelude::*;
use serlab::evaluate::{FEWEST_NETWORKS, FEWEST_SPEAKERS};

/// From networks that differ by nothing to such as differ by 5 points of accuracy.
pub const EFFECTS: [Effects; 4] = [effects(0.0, 0.0, 0.0), of_luck(0.0), of_luck(0.15), of_luck(0.3)];

/// Answers a side and draw that are still simulated as often as wished; twice as many are half as often.
const MOST_ANSWERS: f64 = 6_000.0;

const fn effects(recipe: f64, network: f64, luck: f64) -> Effects {
    Effects { recipe, network, luck }
}

/// Networks with this luck on all their clips, and with likes and dislikes of speakers.
pub const fn of_luck(luck: f64) -> Effects {
    effects(0.3, 0.2, luck)
}

/// Everybody tested by every network.
pub const fn common(speakers: usize, clips: usize, seeds: u64) -> Design {
    Design { split: Split::Common, speakers, clips: Clips::Each(clips), seeds }
}

/// So many speakers a seed.
pub const fn rotate(tested: usize, speakers: usize, clips: usize, seeds: u64) -> Design {
    Design { split: Split::Rotate(tested), ..common(speakers, clips, seeds) }
}

/// Five folds.
pub const fn folds(speakers: usize, clips: usize, seeds: u64) -> Design {
    Design { split: Split::KFold(5), ..common(speakers, clips, seeds) }
}

/// All designs whose speakers have as many clips in the same classes.
pub fn even() -> Vec<Design> {
    let mut designs = Vec::new();
    for (speakers, clips) in [5, 9, 24, 91].into_iter().flat_map(|s| [(s, 12), (s, 60)]) {
        designs.extend([1, 2, 3, 5, 10].map(|seeds| common(speakers, clips, seeds)));
    }
    for (tested, speakers, clips) in [(2, 10, 34), (5, 24, 60), (18, 91, 60)] {
        designs.extend([2, 3, 5, 10].map(|seeds| rotate(tested, speakers, clips, seeds)));
    }
    for (speakers, clips) in [(10, 34), (24, 60), (91, 60)] {
        designs.extend([1, 2, 3, 5, 10].map(|seeds| folds(speakers, clips, seeds)));
    }
    designs
}

/// Designs whose speakers are unequal, or lack classes.
pub fn uneven() -> Vec<Design> {
    let of = |clips: Clips| {
        [
            common(9, 0, 3),
            common(24, 0, 3),
            common(24, 0, 5),
            rotate(2, 10, 0, 5),
            rotate(5, 24, 0, 3),
            rotate(5, 24, 0, 5),
        ]
        .into_iter()
        .chain([folds(10, 0, 3), folds(24, 0, 1), folds(24, 0, 3)])
        .map(move |design| Design { clips, ..design })
    };
    of(Clips::Unequal(34)).chain(of(Clips::Gaps(34))).collect()
}

/// Designs of two recipes of which one has all the luck.
pub const LUCKY: [Design; 8] = [
    common(9, 12, 3),
    common(24, 12, 3),
    common(24, 60, 3),
    common(24, 12, 10),
    rotate(5, 24, 60, 3),
    rotate(5, 24, 60, 10),
    folds(24, 60, 1),
    folds(24, 60, 3),
];

impl Design {
    /// Networks of a recipe.
    pub fn networks(&self) -> usize {
        self.seeds as usize * if let Split::KFold(folds) = self.split { folds } else { 1 }
    }

    /// Whether the level is to hold: three networks a side, nine speakers to draw from.
    pub fn inside(&self) -> bool {
        self.networks() >= FEWEST_NETWORKS && self.speakers >= FEWEST_SPEAKERS
    }

    /// How often it is drawn where `wished` draws are wished: less often where it has many answers, but not below a
    /// quarter.
    pub fn draws(&self, wished: u64) -> u64 {
        let tested = if let Split::Rotate(tested) = self.split { tested } else { self.speakers };
        let share = MOST_ANSWERS / (tested * self.most_clips()) as f64 / self.seeds as f64;
        (wished as f64 * share.clamp(0.25, 1.0)).ceil() as u64
    }
}

/// How often each of some things was so in these draws.
pub fn shares<const N: usize>(world: &World, draws: u64, of: impl Fn(&World, u64) -> [bool; N] + Sync) -> [f64; N] {
    let add = |a: [u64; N], b: [u64; N]| std::array::from_fn(|i| a[i] + b[i]);
    let counts = (0..draws).into_par_iter().map(|draw| of(world, draw).map(u64::from)).reduce(|| [0; N], add);
    counts.map(|count| count as f64 / draws as f64)
}

/// The Monte Carlo error of a share.
pub fn error(share: f64, draws: u64) -> f64 {
    (share * (1.0 - share) / draws as f64).sqrt()
}
