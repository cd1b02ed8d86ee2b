//! Whether a test set of a published size can be made of whole speakers.
//!
//! Where no speaker is in both training and test, the test set's size is the sum of the clips of some speakers. Speakers have
//! much the same number of clips, so that few sizes are such sums: RAVDESS has 60 clips a speaker, and a test set of 288 clips
//! (20 %) cannot be whole speakers. As the GRIM test does ([`possible`](super::possible())), this asks of a publication no more than
//! a number that it gives. A size that is a sum shows nothing.

use serde::Serialize;
use std::collections::BTreeMap;

/// The sizes that sets of whole speakers of a corpus can have.
///
/// ```
/// # use serlab::evaluate::WholeSpeakers;
/// let ravdess = WholeSpeakers::of([60; 24]);
/// assert!(ravdess.can_be(300));
/// assert_eq!(ravdess.rule_out(288).unwrap().missing, 12);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct WholeSpeakers {
    /// Numbers of clips and how many speakers have so many, the commonest first.
    alike: Vec<(usize, usize)>,
    clips: usize,
    sums: Sums,
}

/// Why a test set of `n` clips cannot be whole speakers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct NotWhole {
    /// The size in question, in clips.
    pub n: u64,
    /// The speakers of the corpus.
    pub speakers: u64,
    /// Its clips.
    pub clips: u64,
    /// How many clips would have to be missing from the corpus at least, of whichever speakers, for some whole ones to have n.
    pub missing: u64,
    /// The next smaller size of some whole speakers; none where n is less than what any speaker has.
    pub below: Option<u64>,
    /// The next larger one: n and what would have to be missing.
    pub above: u64,
}

impl WholeSpeakers {
    /// Of how many clips each speaker has; speakers without clips do not count.
    pub fn of(clips_per_speaker: impl IntoIterator<Item = usize>) -> Self {
        let mut alike: BTreeMap<usize, usize> = BTreeMap::new();
        clips_per_speaker
            .into_iter()
            .filter(|clips| *clips > 0)
            .for_each(|clips| *alike.entry(clips).or_default() += 1);
        let mut alike: Vec<(usize, usize)> = alike.into_iter().collect();
        alike.sort_by_key(|(clips, speakers)| (std::cmp::Reverse(*speakers), *clips));
        let clips = alike.iter().map(|(clips, speakers)| clips * speakers).sum();
        let mut sums = Sums::none_of(clips);
        alike.iter().for_each(|(clips, speakers)| sums.add(*clips, *speakers));
        Self { alike, clips, sums }
    }

    /// How many speakers there are.
    pub fn speakers(&self) -> usize {
        self.alike.iter().map(|(_, speakers)| speakers).sum()
    }

    /// How many clips they have together.
    pub fn clips(&self) -> usize {
        self.clips
    }

    /// Whether some whole speakers have `n` clips together, or all of them, as where each is tested once in one of several
    /// folds. Not so for 0, and for more clips than there are.
    pub fn can_be(&self, n: usize) -> bool {
        n > 0 && self.sums.has(n)
    }

    /// How many of the sizes from 1 to all clips but one are those of some whole speakers.
    pub fn sizes(&self) -> usize {
        // 0 and all are sums as well.
        self.sums.count() - 1 - usize::from(self.clips > 0)
    }

    /// Speakers who have `n` clips together, as pairs of how many speakers and how many clips each of them has: mostly those
    /// that have as many clips as most. None where [`Self::can_be`] says no.
    pub fn example(&self, n: usize) -> Option<Vec<(usize, usize)>> {
        if !self.can_be(n) {
            return None;
        }
        let mut sums = vec![Sums::none_of(self.clips)];
        for (clips, speakers) in &self.alike {
            let mut more = sums[sums.len() - 1].clone();
            more.add(*clips, *speakers);
            sums.push(more);
        }
        let (mut left, mut example) = (n, Vec::new());
        for ((clips, speakers), without) in self.alike.iter().zip(&sums).rev() {
            let fits = |count: &usize| left.checked_sub(count * clips).is_some_and(|rest| without.has(rest));
            let count = (0..=*speakers).find(fits).expect("the sum was reached with so many at most");
            left -= count * clips;
            example.extend((count > 0).then_some((count, *clips)));
        }
        example.reverse();
        Some(example)
    }

    /// Why `n` clips cannot be whole speakers. None where they can, for 0, and for more clips than there are, of which nothing
    /// can be said.
    ///
    /// How many clips would have to be missing at least is the distance to the next larger sum. *Enough:* let the speakers S
    /// have s >= n clips; without s - n of them S has n. *Necessary:* let m clips be missing, and n be what is left of whole
    /// speakers S. Before, S had n and those of the m that were theirs, which is a sum of whole speakers from n to n + m; so m
    /// is at least the distance from n to the next sum.
    pub fn rule_out(&self, n: u64) -> Option<NotWhole> {
        let size = usize::try_from(n).ok().filter(|size| (1..=self.clips).contains(size) && !self.sums.has(*size))?;
        let above =
            (size..=self.clips).find(|sum| self.sums.has(*sum)).expect("all speakers together are a sum") as u64;
        let below = (1..size).rev().find(|sum| self.sums.has(*sum)).map(|sum| sum as u64);
        let (speakers, clips) = (self.speakers() as u64, self.clips as u64);
        Some(NotWhole { n, speakers, clips, missing: above - n, below, above })
    }
}

/// Numbers up to a bound, as bits: those that are sums.
#[derive(Debug, Clone, PartialEq)]
struct Sums(Vec<u64>);

impl Sums {
    /// Of nothing: 0 only, with room for numbers up to `most`.
    fn none_of(most: usize) -> Self {
        let mut words = vec![0; most / 64 + 1];
        words[0] = 1;
        Self(words)
    }

    fn has(&self, number: usize) -> bool {
        self.0.get(number / 64).is_some_and(|word| word >> (number % 64) & 1 == 1)
    }

    fn count(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Takes up up to `times` summands of this size. Any number of them is a sum of some of 1, 2, 4, ... and a rest.
    fn add(&mut self, summand: usize, times: usize) {
        let (mut left, mut part) = (times, 1);
        while left > 0 {
            let taken = part.min(left);
            self.shift_in(summand * taken);
            left -= taken;
            part *= 2;
        }
    }

    /// Takes up all sums with `by` added.
    fn shift_in(&mut self, by: usize) {
        let (words, bits) = (by / 64, by % 64);
        for i in (words..self.0.len()).rev() {
            let high = self.0[i - words] << bits;
            // Shifting by 64 is no shift.
            let low = if bits == 0 || i == words { 0 } else { self.0[i - words - 1] >> (64 - bits) };
            self.0[i] |= high | low;
        }
    }
}

#[cfg(test)]
#[path = "whole_speakers_tests.rs"]
mod tests;
