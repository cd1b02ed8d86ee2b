//! What a figure loses from one split protocol to a more honest one: the arithmetic of the leak bill.
//!
//! Two protocols test different rows of a corpus, so clips cannot be paired. But the voices are the same people and the
//! seeds the same numbers, so seeds can: the change is the mean over the seeds of the figure after minus the figure before, and
//! a speaker who is easy or hard under both leaves the difference. Its variance over seeds and speakers is that of the difference
//! of two recipes whose networks tested other speakers, a pair being what one seed trained under both protocols. With one seed
//! only speakers are drawn, and nothing is known of other seeds.

use super::cells::{Cells, Network, Side, Units};
use super::compare::{around, student};
use super::variance::{given, linked};
use super::{Method, Metric};
use serde::Serialize;
use std::collections::BTreeSet;

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
    /// Standard error of `value`; 0 where neither speakers nor networks differed.
    pub standard_error: f64,
    /// What is drawn anew: speakers (or the clips of a single one), and networks where there are several seeds.
    pub method: Method,
    /// Speakers that either protocol tested.
    pub speakers: usize,
    /// Seeds of both; where it is 1 the networks are taken as they are.
    pub seeds: usize,
}

impl Change {
    /// Whether the interval leaves out 0, so that the change is told apart from none. Where nothing varied there is no interval, and
    /// nothing is told apart.
    pub fn is_clear(&self) -> bool {
        // Sums in another order may miss 0 in the last digits.
        self.varied() && (self.low > 1e-12 || self.high < -1e-12)
    }

    /// Whether speakers or networks differed at all, so that there is an error to hold the change against.
    pub fn varied(&self) -> bool {
        self.standard_error > 1e-12
    }
}

/// The change of the metrics from one protocol to another; see the module's text. Both hold the networks of the same seeds;
/// `classes` is the number of labels.
///
/// Where both protocols together tested one speaker only, clips are drawn instead of speakers; predictions of one `clip` are
/// drawn together. None where a protocol has no prediction.
///
/// # Panics
/// Where a class index is not below `classes`, or the protocols do not have the same seeds.
pub fn change<const M: usize>(
    classes: usize,
    metrics: [Metric; M],
    before: &[Network<'_>],
    after: &[Network<'_>],
) -> Option<[Change; M]> {
    let seeds = |networks: &[Network<'_>]| networks.iter().map(|n| n.seed).collect::<BTreeSet<u64>>();
    let all: Vec<u64> = seeds(before).into_iter().collect();
    assert_eq!(seeds(before), seeds(after), "both protocols have the same seeds");
    let numbers = [before, after].map(|networks| {
        networks.iter().map(|n| all.binary_search(&n.seed).expect("every seed was collected")).collect::<Vec<usize>>()
    });
    let mut changes = Vec::new();
    for metric in metrics {
        let [b, a] = [Side::of(metric, classes, before)?, Side::of(metric, classes, after)?];
        let units = Units::of(&[&b, &a]);
        let cells = Cells::of(&[(-1.0, &b), (1.0, &a)], &units, |side, place| numbers[side][place]);
        let (variance, method) = match all.len() {
            1 => (given(&cells), units.method),
            _ => (linked(&cells), units.method.with_networks()),
        };
        let value = a.figure - b.figure;
        let (_, half) = student(value, &variance, units.len());
        let (low, high) = around(metric, value, half);
        let people: BTreeSet<&str> = b.answers.iter().chain(&a.answers).map(|(_, p, _)| p.speaker.as_str()).collect();
        changes.push(Change {
            metric,
            before: b.figure,
            after: a.figure,
            value,
            low,
            high,
            standard_error: variance.value.sqrt(),
            method,
            speakers: people.len(),
            seeds: all.len(),
        });
    }
    Some(std::array::from_fn(|m| changes[m]))
}

#[cfg(test)]
#[path = "bill_tests.rs"]
mod tests;
