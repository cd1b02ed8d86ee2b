//! What a figure loses from one split protocol to a more honest one: the arithmetic of the leak bill.
//!
//! Two protocols test different rows of a corpus, so clips cannot be paired. But the voices are the same people and the
//! seeds the same numbers, so both can be drawn together:
//!
//! 1. The figure of a protocol is the metric of each seed's predictions (its folds in one list), averaged over the seeds;
//!    the change is the figure after minus the figure before.
//! 2. A resample draws speakers with replacement, as many as both protocols tested, and seeds with replacement, as many as
//!    there are. Both draws hold for both protocols: a voice that is easy or hard under both, and a seed that is lucky or
//!    unlucky under both, leave the difference. Drawing seeds anew matters most where a seed decides who is tested: with a
//!    few voices a seed, the draw of the voices moves the figure more than anything else.
//! 3. Step 1 is repeated on the resample: a speaker drawn twice counts twice in every seed, a seed drawn twice counts twice
//!    in the mean. A seed none of whose speakers were drawn is left out of that protocol's mean; a resample that leaves a
//!    protocol without any is drawn again.
//! 4. The interval runs from the 2.5 % to the 97.5 % quantile.
//!
//! What is known of such intervals is told in [`resample_crossed`](super::bootstrap). With one seed only speakers are drawn,
//! and nothing is known of other seeds.

use super::bootstrap::{Unit, interval, resample_crossed, speakers};
use super::seeds::{crossed, mean_figures, unit_names};
use super::{Method, Metric, Prediction};
use crate::seed::Stream;
use serde::Serialize;

/// How a figure changes from one protocol to the next, with its 95 % interval. All are shares in [0, 1], or differences of
/// such shares.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Change {
    /// The metric.
    pub metric: Metric,
    /// The figure under the first protocol, mean over the seeds.
    pub before: f64,
    /// The figure under the second.
    pub after: f64,
    /// After minus before: negative where the second protocol costs something.
    pub value: f64,
    /// Lower end of the interval of `value`.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// What was drawn as a whole beside the seeds: speakers, or the clips of a single speaker.
    pub method: Method,
    /// Speakers that either protocol tested.
    pub speakers: usize,
    /// Seeds of both; where it is 1 no seeds were drawn.
    pub seeds: usize,
}

impl Change {
    /// Whether the interval leaves out 0, so that the change is told apart from none.
    pub fn is_clear(&self) -> bool {
        // Sums in another order may miss 0 in the last digits.
        self.low > 1e-12 || self.high < -1e-12
    }

    /// What was drawn to make the interval: `speakers and seeds`.
    pub fn drawn(&self) -> &'static str {
        match (self.method, self.seeds) {
            (Method::ClipBootstrap, 1) => "clips of one speaker",
            (Method::ClipBootstrap, _) => "clips of one speaker, and seeds",
            (_, 1) => "speakers",
            _ => "speakers and seeds",
        }
    }
}

/// The change of the metrics from one protocol to another; see the module's text. Both hold one list of test predictions a
/// seed, the same seeds in the same order; `classes` is the number of labels. All metrics are taken of the same resamples.
///
/// Where both protocols together tested one speaker only, clips are drawn instead of speakers; predictions of one `clip` are
/// drawn together. None where a protocol has no prediction. The loss is no figure of a confusion matrix: NaN.
///
/// # Panics
/// Where a class index is not below `classes`, or the protocols do not have the same number of seeds.
pub fn change<const M: usize>(
    classes: usize,
    metrics: [Metric; M],
    before: &[Vec<Prediction>],
    after: &[Vec<Prediction>],
    stream: &mut Stream,
) -> Option<[Change; M]> {
    assert_eq!(before.len(), after.len(), "both protocols have the same seeds");
    let sides = [before, after];
    if sides.iter().any(|seeds| seeds.iter().all(Vec::is_empty)) {
        return None;
    }
    let all = || sides.into_iter().flatten().flatten();
    let heard = speakers(all()).len();
    let method = if heard > 1 { Method::SpeakerBootstrap } else { Method::ClipBootstrap };
    let lists: Vec<&[Prediction]> = sides.into_iter().flatten().map(Vec::as_slice).collect();
    let names = unit_names(method, &lists);
    let units: [Vec<Vec<Unit>>; 2] = sides.map(|seeds| crossed(method, &names, classes, seeds));
    let both = |times: &[u64], seed_times: &[u64]| {
        let of = |side: usize| mean_figures(&units[side], classes, metrics, times, seed_times);
        Some([of(0)?, of(1)?])
    };
    let [befores, afters] = both(&vec![1; names.len()], &vec![1; before.len()])?;
    let values: [Vec<f64>; M] = resample_crossed(names.len(), before.len(), stream, |times, seed_times| {
        let [before, after] = both(times, seed_times)?;
        Some(std::array::from_fn(|m| after[m] - before[m]))
    });
    let mut values = values.into_iter();
    Some(std::array::from_fn(|m| {
        let value = afters[m] - befores[m];
        let (low, high) = interval(value, values.next().expect("one list a metric"));
        let (metric, before, after) = (metrics[m], befores[m], afters[m]);
        Change { metric, before, after, value, low, high, method, speakers: heard, seeds: sides[0].len() }
    }))
}

#[cfg(test)]
#[path = "bill_tests.rs"]
mod tests;
