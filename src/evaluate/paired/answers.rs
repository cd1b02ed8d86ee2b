//! Both variants' answers, unit by unit, for the thousands of resamples and exchanges that a comparison is made of.

use super::super::bootstrap::{Counts, Names, add, figure};
use super::super::{Method, Metric, Prediction};

/// What a metric of both variants follows from. A row holds what both sides share (the truths), then what is the
/// baseline's, then what is the variant's.
#[derive(Debug)]
pub(super) struct Answers {
    metric: Metric,
    pub(super) counts: Counts,
    /// Numbers that both sides share.
    shared: usize,
    /// Numbers a side.
    own: usize,
}

impl Answers {
    /// Counts the matched answers of all seeds.
    ///
    /// # Panics
    /// Where a class index is not below `classes`, or the loss is asked for and a clip has too few probabilities.
    pub(super) fn of(
        metric: Metric,
        classes: usize,
        method: Method,
        names: &Names<'_>,
        seeds: &[Vec<[&Prediction; 2]>],
    ) -> Self {
        // Accuracy and loss do not tell classes apart; UAR does not ask how often a class was answered.
        let (shared, own) = match metric {
            Metric::Accuracy | Metric::Loss => (1, 1),
            Metric::Uar => (classes, classes),
            Metric::WeightedF1 | Metric::MacroF1 => (classes, 2 * classes),
        };
        let width = shared + 2 * own;
        let counts = Counts::of([names.len(), seeds.len(), width], |seed, table| {
            let mut unit = 0;
            for both in &seeds[seed] {
                unit = names.place(method.unit_of(both[0]), unit);
                let row = &mut table[width * unit..][..width];
                row[if shared == 1 { 0 } else { both[0].truth }] += 1.0;
                for (side, p) in row[shared..].chunks_exact_mut(own).zip(both) {
                    let (truth, predicted) = (p.truth, p.predicted);
                    assert!(truth < classes && predicted < classes, "class {truth} or {predicted} of {classes}");
                    let right = f64::from(u8::from(truth == predicted));
                    match metric {
                        Metric::Loss => side[0] -= f64::from(p.probabilities[truth]).max(1e-12).ln(),
                        Metric::Accuracy => side[0] += right,
                        Metric::Uar => side[truth] += right,
                        Metric::WeightedF1 | Metric::MacroF1 => {
                            side[truth] += right;
                            side[classes + predicted] += 1.0;
                        }
                    }
                }
            }
        });
        Self { metric, counts, shared, own }
    }

    /// The metric of baseline and variant, mean over the seeds, with unit i taken `times[i]` times, its two sides swapped where
    /// `exchanged[i]`, and seed s taken `seed_times[s]` times. A seed that has none of the units taken is left out of the mean;
    /// None where that are all. `sums` is room to work in, as [`Counts::zeros`] gives it.
    pub(super) fn figures(
        &self,
        times: &[u64],
        seed_times: &[u64],
        exchanged: &[bool],
        sums: &mut [f64],
    ) -> Option<[f64; 2]> {
        sums.fill(0.0);
        let width = self.shared + 2 * self.own;
        for (unit, (&times, &swap)) in times.iter().zip(exchanged).enumerate().filter(|(_, (t, _))| **t > 0) {
            for (seed, row) in self.counts.rows(unit).filter(|(seed, _)| seed_times[*seed] > 0) {
                let sum = &mut sums[width * seed..][..width];
                if swap {
                    let (shared, sides) = row.split_at(self.shared);
                    let (baseline, variant) = sides.split_at(self.own);
                    add(sum, shared, times);
                    add(&mut sum[self.shared..], variant, times);
                    add(&mut sum[self.shared + self.own..], baseline, times);
                } else {
                    add(sum, row, times);
                }
            }
        }
        let (mut totals, mut counted) = ([0.0; 2], 0);
        for (row, &seed_times) in self.counts.seeds(sums).zip(seed_times) {
            let (support, sides) = row.split_at(self.shared);
            if support.iter().all(|n| *n == 0.0) {
                continue;
            }
            counted += seed_times;
            for (total, side) in totals.iter_mut().zip(sides.chunks_exact(self.own)) {
                let figure = match self.metric {
                    Metric::Loss => side[0] / support[0],
                    metric => {
                        let (right, answered) = side.split_at(self.shared);
                        figure(metric, support, right, answered)
                    }
                };
                *total += seed_times as f64 * figure;
            }
        }
        (counted > 0).then(|| totals.map(|total| total / counted as f64))
    }

    /// What each unit brings to the difference, where the difference is the sum of such shares: of accuracy and UAR, as long
    /// as every unit is taken once.
    pub(super) fn shares(&self) -> Option<Vec<f64>> {
        if !matches!(self.metric, Metric::Accuracy | Metric::Uar) {
            return None;
        }
        let mut sums = self.counts.zeros();
        let units = self.counts.units();
        self.counts.sum(&vec![1; units], &vec![1; self.counts.seed_count()], &mut sums);
        // For each seed what one more right answer to a clip of each class is worth.
        let worth = |row: &[f64]| -> Vec<f64> {
            let support = &row[..self.shared];
            let classes = support.iter().filter(|n| **n > 0.0).count() as f64;
            support.iter().map(|n| if *n > 0.0 { 1.0 / (n * classes) } else { 0.0 }).collect()
        };
        let worth: Vec<Vec<f64>> = self.counts.seeds(&sums).map(worth).collect();
        let seeds = worth.iter().filter(|w| w.iter().any(|w| *w > 0.0)).count() as f64;
        let share = |unit: usize| {
            let of = |(seed, row): (usize, &[f64])| {
                let (baseline, variant) = row[self.shared..].split_at(self.own);
                let gains = variant.iter().zip(baseline).map(|(v, b)| v - b);
                gains.zip(&worth[seed]).map(|(gain, worth)| gain * worth).sum::<f64>()
            };
            self.counts.rows(unit).map(of).sum::<f64>() / seeds
        };
        Some((0..units).map(share).collect())
    }
}

/// Nearer to the observed difference than this, an exchange is worked out in full: sums of shares may be off by 1e-12.
const TOO_NEAR: f64 = 1e-9;

/// The difference after an exchange as the sum of the units' shares, if it is clearly more or less extreme than `observed`:
/// then nothing but that counts in a permutation test. Thousands of exchanges are settled by this.
pub(super) fn surely(shares: &[f64], exchanged: &[bool], observed: f64) -> Option<f64> {
    let sum: f64 = shares.iter().zip(exchanged).map(|(share, swap)| if *swap { -share } else { *share }).sum();
    ((sum.abs() - observed.abs()).abs() > TOO_NEAR).then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::super::super::Confusion;
    use super::*;
    use crate::seed::{Seeds, Stream};

    const NAMES: [&str; 4] = ["s0", "s1", "s2", "s3"];

    /// Two seeds of four speakers with unequal classes and numbers of clips; the second seed lacks a speaker.
    fn seeds(stream: &mut Stream) -> Vec<Vec<[Prediction; 2]>> {
        let mut one = |seed: usize, i: usize| {
            let truth = stream.below(3);
            [(); 2].map(|()| Prediction {
                clip: format!("{i:03}"),
                speaker: NAMES[i / 7 % (4 - seed)].to_owned(),
                truth,
                predicted: stream.below(3),
                probabilities: vec![0.2, 0.3, 0.5],
            })
        };
        (0..2).map(|seed| (0..30).map(|i| one(seed, i)).collect()).collect()
    }

    fn matched(seeds: &[Vec<[Prediction; 2]>]) -> Vec<Vec<[&Prediction; 2]>> {
        seeds.iter().map(|seed| seed.iter().map(|[b, v]| [b, v]).collect()).collect()
    }

    /// The same the long way round: clip by clip into confusion matrices.
    fn by_clips(
        metric: Metric,
        seeds: &[Vec<[&Prediction; 2]>],
        [times, seed_times]: [&[u64]; 2],
        exchanged: &[bool],
    ) -> [f64; 2] {
        let mut totals = [0.0; 2];
        for (seed, &seed_times) in seeds.iter().zip(seed_times).filter(|(_, times)| **times > 0) {
            for (side, total) in totals.iter_mut().enumerate() {
                let mut confusion = Confusion::new(3);
                for both in seed {
                    let unit = NAMES.iter().position(|name| *name == both[0].speaker).unwrap();
                    let p = both[side ^ usize::from(exchanged[unit])];
                    (0..times[unit]).for_each(|_| confusion.add(p.truth, p.predicted));
                }
                *total += seed_times as f64 * metric.of_confusion(&confusion);
            }
        }
        totals.map(|total| total / seed_times.iter().sum::<u64>() as f64)
    }

    #[test]
    fn figures_are_to_the_bit_those_of_confusion_matrices() {
        let mut stream = Seeds::new(3).stream("answers", &[]);
        let owned = seeds(&mut stream);
        let matched = matched(&owned);
        for metric in [Metric::Accuracy, Metric::Uar, Metric::WeightedF1, Metric::MacroF1] {
            let answers = Answers::of(metric, 3, Method::SpeakerBootstrap, &Names::of(NAMES), &matched);
            let mut sums = answers.counts.zeros();
            for seed_times in [[1, 1], [2, 0], [0, 2]] {
                let times: Vec<u64> = (0..4).map(|_| 1 + stream.below(3) as u64).collect();
                let exchanged: Vec<bool> = (0..4).map(|_| stream.chance(0.5)).collect();
                let found = answers.figures(&times, &seed_times, &exchanged, &mut sums).unwrap();
                assert_eq!(found, by_clips(metric, &matched, [&times, &seed_times], &exchanged), "{metric}");
            }
            // Speaker 3 is in the first seed alone.
            assert_eq!(answers.figures(&[0, 0, 0, 4], &[0, 2], &[false; 4], &mut sums), None);
        }
    }

    #[test]
    fn shares_add_up_to_the_difference_after_any_exchange() {
        let owned = seeds(&mut Seeds::new(3).stream("answers", &[]));
        for metric in [Metric::Accuracy, Metric::Uar] {
            let answers = Answers::of(metric, 3, Method::SpeakerBootstrap, &Names::of(NAMES), &matched(&owned));
            let shares = answers.shares().unwrap();
            let mut sums = answers.counts.zeros();
            for mask in 0..16 {
                let exchanged: Vec<bool> = (0..4).map(|i| mask >> i & 1 == 1).collect();
                let [b, v] = answers.figures(&[1; 4], &[1; 2], &exchanged, &mut sums).unwrap();
                let quick = surely(&shares, &exchanged, 2.0).unwrap();
                assert!((quick - (v - b)).abs() < 1e-14, "{metric} {mask}: {quick} {}", v - b);
                assert_eq!(surely(&shares, &exchanged, v - b), None, "too near to be sure");
            }
        }
        let loss = Answers::of(Metric::Loss, 3, Method::SpeakerBootstrap, &Names::of(NAMES), &matched(&owned));
        assert!(loss.shares().is_none());
    }
}
