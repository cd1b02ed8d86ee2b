//! What every single answer adds to a figure, to first order: the step from a metric to sums over clips, for which there are
//! variances.
//!
//! A figure F of n answers is written as `F = Σ w F + Σ pull`, with weights w that sum to 1 and pulls that sum to 0. Of some
//! answers that belong together (those of a speaker), `F + Σ pull / Σ w` is then their own figure: exactly so for accuracy and
//! for the loss, and for UAR where they have every class; for the others it is the first term of a Taylor series, the
//! infinitesimal jackknife (Efron 1982, "The Jackknife, the Bootstrap and Other Resampling Plans", ch. 6).

use super::{Confusion, Metric, Prediction};

/// What one answer weighs in a figure, and how far it pulls it from its mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Influence {
    /// Its share of the figure; the shares of all answers sum to 1.
    pub(super) weight: f64,
    /// What it adds; the pulls of all answers sum to 0.
    pub(super) pull: f64,
}

/// The figure of these answers, and the influence of each of them, in order. NaN of nothing.
///
/// For [`Metric::Loss`] a probability below 1e-12 counts as 1e-12, so that one clip cannot be infinite. Of answers without
/// probabilities it is NaN.
///
/// # Panics
/// Where a class index is not below `classes`.
pub(super) fn influences(metric: Metric, classes: usize, answers: &[&Prediction]) -> (f64, Vec<Influence>) {
    let confusion = Confusion::of(classes, answers.iter().map(|p| (p.truth, p.predicted)));
    let n = answers.len() as f64;
    if metric == Metric::Loss {
        let loss = |p: &&Prediction| {
            p.probabilities.get(p.truth).map_or(f64::NAN, |probability| -f64::from(*probability).max(1e-12).ln())
        };
        let mean = answers.iter().map(loss).sum::<f64>() / n;
        let each = answers.iter().map(|p| Influence { weight: 1.0 / n, pull: (loss(p) - mean) / n });
        return (mean, each.collect());
    }
    let figure = metric.of_confusion(&confusion);
    let of_class = |f: &dyn Fn(usize) -> f64| -> Vec<f64> { (0..classes).map(f).collect() };
    let (support, recall) = (of_class(&|c| confusion.support(c) as f64), of_class(&|c| confusion.recall(c)));
    let f1 = of_class(&|c| confusion.f1(c));
    let occurs = of_class(&|c| support[c] + confusion.answered(c) as f64);
    let tested = support.iter().filter(|s| **s > 0.0).count() as f64;
    let present = occurs.iter().filter(|s| **s > 0.0).count() as f64;
    // How the F1 of class c moves with an answer: d(2 tp / (support + answered)).
    let moved = |c: usize, p: &Prediction| {
        let hits = f64::from(u8::from(p.truth == c)) + f64::from(u8::from(p.predicted == c));
        let right = f64::from(u8::from(p.truth == c && p.predicted == c));
        (2.0 * right - f1[c] * hits) / occurs[c]
    };
    let pull_of = |p: &Prediction| -> Influence {
        let right = f64::from(u8::from(p.truth == p.predicted));
        let both = if p.truth == p.predicted { &[p.truth][..] } else { &[p.truth, p.predicted][..] };
        match metric {
            Metric::Accuracy => Influence { weight: 1.0 / n, pull: (right - figure) / n },
            Metric::Uar => {
                let weight = 1.0 / (tested * support[p.truth]);
                Influence { weight, pull: (right - recall[p.truth]) * weight }
            }
            Metric::WeightedF1 => {
                let moved: f64 = both.iter().map(|&c| support[c] * moved(c, p)).sum();
                Influence { weight: 1.0 / n, pull: (f1[p.truth] - figure + moved) / n }
            }
            Metric::MacroF1 => {
                let moved: f64 = both.iter().map(|&c| moved(c, p)).sum();
                Influence { weight: 1.0 / n, pull: moved / present }
            }
            Metric::Loss => unreachable!("the loss has been answered"),
        }
    };
    (figure, answers.iter().map(|p| pull_of(p)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn answers(pairs: &[(usize, usize)]) -> Vec<Prediction> {
        let one = |(i, &(truth, predicted)): (usize, &(usize, usize))| {
            let mut probabilities = vec![0.1; 4];
            probabilities[predicted] = 0.7;
            Prediction { clip: i.to_string(), speaker: "s".into(), truth, predicted, probabilities }
        };
        pairs.iter().enumerate().map(one).collect()
    }

    proptest! {
        #[test]
        fn weights_sum_to_1_and_pulls_to_0(pairs in prop::collection::vec((0usize..4, 0usize..4), 1..80)) {
            let list = answers(&pairs);
            let answers: Vec<&Prediction> = list.iter().collect();
            for metric in Metric::ALL {
                let (figure, each) = influences(metric, 4, &answers);
                let sum = |of: fn(&Influence) -> f64| each.iter().map(of).sum::<f64>();
                prop_assert!(figure.is_finite() && (sum(|i| i.weight) - 1.0).abs() < 1e-9, "{}", metric);
                prop_assert!(sum(|i| i.pull).abs() < 1e-9, "{}", metric);
            }
        }

        #[test]
        fn a_pull_is_what_the_figure_loses_where_the_answer_is_taken_away(
            pairs in prop::collection::vec((0usize..4, 0usize..4), 400..500),
        ) {
            // Of hundreds of answers one moves the figure by its pull, but for terms of the second order.
            let list = answers(&pairs);
            let all: Vec<&Prediction> = list.iter().collect();
            for metric in Metric::ALL {
                let (figure, each) = influences(metric, 4, &all);
                let (without, _) = influences(metric, 4, &all[1..]);
                prop_assert!((figure - without - each[0].pull).abs() < 1e-4, "{} {} {} {:?}", metric, figure, without, each[0]);
            }
        }
    }
}
