//! What a design can find, and what would settle a difference that it left unclear.

use super::variance::{Variance, satterthwaite};
use super::{Question, t_quantile};
use serde::{Deserialize, Serialize};

/// How often a difference is to be found: four times of five.
const POWER: f64 = 0.80;

/// More seeds than anybody trains.
const MOST_SEEDS: usize = 200;

/// More speakers than a corpus of acted emotion has.
const MOST_SPEAKERS: usize = 1_000;

/// What would find the difference seen, four times of five, if it were the true one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Settle {
    /// This design finds it.
    Settled,
    /// More of one of these; none where no number of them would.
    More {
        /// More seeds for both sides, with as many speakers.
        seeds: Option<usize>,
        /// More speakers, with as many seeds.
        speakers: Option<usize>,
    },
}

/// The smallest true difference that is found with a probability of [`POWER`] where p is held against `level`: `(t(1 - level / 2) +
/// t(POWER)) SE`, the usual approximation of the noncentral t by a shifted one.
pub(super) fn smallest_found(variance: &Variance, level: f64) -> f64 {
    reach(variance.value, variance.degrees, level)
}

fn reach(value: f64, degrees: f64, level: f64) -> f64 {
    (t_quantile(1.0 - level, degrees) + t_quantile(2.0 * POWER - 1.0, degrees)) * value.sqrt()
}

/// Looks for the fewest more seeds, or speakers, with which `seen` would be found. The luck of networks falls with their number,
/// that of speakers with theirs, the rest with both; degrees of freedom grow likewise.
pub(super) fn settle(
    variance: &Variance,
    seen: f64,
    level: f64,
    question: Question,
    seeds: usize,
    speakers: usize,
) -> Settle {
    let finds = |times_seeds: f64, times_speakers: f64| {
        let both = times_seeds * times_speakers;
        let of_speakers = variance.of_speakers / times_speakers;
        let of_networks = variance.of_networks / times_seeds;
        let rest = (variance.value - variance.of_speakers - variance.of_networks).max(0.0) / both;
        let by_networks = of_networks + rest;
        let degrees = |degrees: f64, times: f64| ((degrees + 1.0) * times - 1.0).max(0.5);
        let shares = by_networks.powi(2) / degrees(variance.network_degrees, times_seeds)
            + of_speakers.powi(2) / degrees(variance.speaker_degrees, times_speakers);
        let value = of_speakers + by_networks;
        // Cheap and never wrong: no t is below the normal's 1.96 and 0.84, which is the least for levels up to 5 %.
        if 2.8 * value.sqrt() > seen.abs() {
            return false;
        }
        reach(value, satterthwaite(value, shares, 0.0), level) <= seen.abs()
    };
    // Where nothing varies, or nothing is seen, nothing can be said of more.
    if seen.abs() < 1e-12 || variance.value == 0.0 {
        return Settle::More { seeds: None, speakers: None };
    }
    if reach(variance.value, variance.degrees, level) <= seen.abs() {
        return Settle::Settled;
    }
    // Not always do more find more: as the luck of networks goes, so do the degrees of freedom that they bring.
    let fewest = |have: usize, most: usize, finds: &dyn Fn(f64) -> bool| {
        (1..=most).filter(|_| have > 0).find(|more| finds((have + more) as f64 / have as f64))
    };
    let more_seeds = match question {
        Question::Recipes => fewest(seeds, MOST_SEEDS, &|times| finds(times, 1.0)),
        Question::Networks => None,
    };
    Settle::More { seeds: more_seeds, speakers: fewest(speakers, MOST_SPEAKERS, &|times| finds(1.0, times)) }
}
