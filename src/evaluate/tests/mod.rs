//! Figures by hand, against known tools' examples, and properties.

mod comparisons;
mod several_seeds;

use super::*;
use crate::seed::Seeds;
use proptest::prelude::*;

/// Predictions of (speaker, truth, predicted); the class answered has probability 0.6, the others 0.2.
pub(super) fn predictions(answers: &[(usize, usize, usize)]) -> Vec<Prediction> {
    let one = |(i, &(speaker, truth, predicted)): (usize, &(usize, usize, usize))| Prediction {
        clip: format!("c{i:03}"),
        speaker: format!("s{speaker}"),
        truth,
        predicted,
        probabilities: (0..3).map(|c| if c == predicted { 0.6 } else { 0.2 }).collect(),
    };
    answers.iter().enumerate().map(one).collect()
}

pub(super) fn labels(n: usize) -> Vec<String> {
    (0..n).map(|i| ["ANG", "HAP", "SAD", "NEU"][i].to_owned()).collect()
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-12
}

#[test]
fn the_examples_of_scikit_learns_manual() {
    // f1_score: macro 0.26..., weighted 0.26...; class 0 has 2 tp, 1 fp, 0 fn: 4 / 5, the others 0.
    let c = Confusion::of(3, [0, 1, 2, 0, 1, 2].into_iter().zip([0, 2, 1, 0, 0, 1]));
    assert!(close(c.macro_f1(), 0.8 / 3.0) && close(c.weighted_f1(), 0.8 / 3.0));
    assert!(close(c.precision(0), 2.0 / 3.0) && close(c.recall(0), 1.0));
    // balanced_accuracy_score: 0.625 = (3 / 4 + 1 / 2) / 2.
    let c = Confusion::of(2, [0, 1, 0, 0, 1, 0].into_iter().zip([0, 1, 0, 0, 0, 1]));
    assert!(close(c.uar(), 0.625) && close(c.accuracy(), 4.0 / 6.0));
}

#[test]
fn an_unequal_matrix_by_hand() {
    // Truth 0: 6 right, 2 as 1. Truth 1: 1 as 0, 1 right. Recalls 3/4 and 1/2; F1 12/15 and 2/5.
    let answers = [(0, 6), (1, 2)].into_iter().flat_map(|(p, n)| vec![(0, p); n]).chain([(1, 0), (1, 1)]);
    let c = Confusion::of(2, answers);
    assert!(close(c.accuracy(), 0.7) && close(c.uar(), 0.625));
    assert!(close(c.f1(0), 0.8) && close(c.f1(1), 0.4));
    assert!(close(c.macro_f1(), 0.6) && close(c.weighted_f1(), 0.72));
}

#[test]
fn classes_absent_from_the_truth_are_left_out_of_uar() {
    // Class 2 is answered once but never right; class 3 does not occur at all.
    let c = Confusion::of(4, [(0, 0), (0, 2), (1, 1), (1, 1)]);
    assert!(close(c.uar(), (0.5 + 1.0) / 2.0));
    // F1: 2/3, 1, 0 (answered, so counted), and nothing for class 3.
    assert!(close(c.macro_f1(), (2.0 / 3.0 + 1.0) / 3.0));
    assert_eq!((c.precision(3), c.recall(3), c.f1(3)), (0.0, 0.0, 0.0));
}

#[test]
fn wilson_intervals_are_those_of_the_literature() {
    // Newcombe (1998), "Two-sided confidence intervals for the single proportion", table I, method 3.
    let table = [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)];
    for (k, n, low, high) in table {
        let (l, h) = wilson(k, n, interval::Z95);
        assert!((l - low).abs() < 5e-5 && (h - high).abs() < 5e-5, "{k}/{n}: {l} {h}");
    }
    assert_eq!(wilson(0, 0, 1.96), (0.0, 1.0));
    assert_eq!(wilson(20, 20, 1.96).1, 1.0);
    // The half-widths to expect of CREMA-D's usual test and validation sizes.
    let half = |k, n| (wilson(k, n, interval::Z95).1 - wilson(k, n, interval::Z95).0) / 2.0;
    assert!((half(1322, 2233) - 0.020).abs() < 0.001 && (half(154, 261) - 0.058).abs() < 0.002);
}

#[test]
fn an_evaluation_reports_everything_and_reads_back() {
    let answers = [(0, 0, 0), (0, 0, 1), (1, 0, 1), (1, 1, 1), (2, 1, 0), (2, 2, 2), (2, 2, 1), (0, 2, 1)];
    let e = evaluate(&labels(3), &predictions(&answers));
    assert_eq!((e.n, e.speakers), (8, 3));
    assert_eq!(e.confusion, [[1, 2, 0], [1, 1, 0], [0, 2, 1]]);
    assert!(close(e.accuracy.value, 3.0 / 8.0) && close(e.uar.value, (1.0 / 3.0 + 0.5 + 1.0 / 3.0) / 3.0));
    let first = &e.most_confused[0];
    assert_eq!((first.truth.as_str(), first.predicted.as_str(), first.count), ("ANG", "HAP", 2));
    assert!(close(first.share, 2.0 / 3.0) && e.most_confused.len() == 3);
    assert_eq!(e.most_confused[1].truth, "SAD", "of equal cells the first class comes first");
    assert_eq!(e.classes.iter().map(|c| c.support).collect::<Vec<_>>(), [3, 2, 3]);
    assert_eq!((e.accuracy.method, e.uar.method), (Method::Wilson, Method::Speakers));
    let json = serde_json::to_string(&e).unwrap();
    assert!(json.contains(r#""method":"speakers""#));
    assert_eq!(serde_json::from_str::<Evaluation>(&json).unwrap(), e);
    let older = json.replace("speakers\"}", "speaker-bootstrap\"}");
    assert_eq!(
        serde_json::from_str::<Evaluation>(&older).unwrap().uar.method,
        Method::Speakers,
        "as it was once written"
    );
}

#[test]
fn one_speaker_is_taken_by_clips_and_nothing_is_nan() {
    let answers: Vec<(usize, usize, usize)> = (0..30).map(|i| (0, i % 3, i % 2)).collect();
    let e = evaluate(&labels(3), &predictions(&answers));
    assert_eq!((e.uar.method, e.speakers), (Method::Clips, 1));
    assert!(e.uar.low < e.uar.value && e.uar.value < e.uar.high);

    let nothing = evaluate(&labels(3), &[]);
    assert!(nothing.accuracy.value.is_nan() && nothing.uar.low.is_nan());
    let read: Evaluation = serde_json::from_str(&serde_json::to_string(&nothing).unwrap()).unwrap();
    assert!(read.uar.value.is_nan(), "NaN is written as null and read again");
}

#[test]
fn speakers_who_differ_widen_the_interval() {
    // Ten speakers, five all right and five all wrong, 40 clips each: clips alone would look certain.
    let answers: Vec<(usize, usize, usize)> = (0..400).map(|i| (i / 40, 0, usize::from(i / 40 % 2 == 0))).collect();
    let e = evaluate(&labels(3), &predictions(&answers));
    let width = |e: &Estimate| e.high - e.low;
    assert!(width(&e.accuracy) < 0.1 && width(&e.accuracy_over_speakers) > 0.4);
}

fn any_answers() -> impl Strategy<Value = Vec<(usize, usize, usize)>> {
    prop::collection::vec((0usize..6, 0usize..3, 0usize..3), 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn intervals_contain_the_value_and_figures_are_shares(answers in any_answers()) {
        let e = evaluate(&labels(3), &predictions(&answers));
        for x in [e.accuracy, e.accuracy_over_speakers, e.uar, e.weighted_f1, e.macro_f1] {
            prop_assert!(0.0 <= x.low && x.low <= x.value && x.value <= x.high && x.high <= 1.0 + 1e-12, "{:?}", x);
        }
        prop_assert_eq!(e.confusion.iter().flatten().sum::<u64>(), answers.len() as u64);
    }

    #[test]
    fn figures_do_not_depend_on_the_names_of_the_classes_or_the_order_of_clips(answers in any_answers()) {
        let pairs: Vec<(usize, usize)> = answers.iter().map(|&(_, t, p)| (t, p)).collect();
        let c = Confusion::of(3, pairs.iter().copied());
        let turned = Confusion::of(3, pairs.iter().rev().map(|&(t, p)| ((t + 1) % 3, (p + 1) % 3)));
        for m in Metric::ALL.into_iter().filter(|m| *m != Metric::Loss) {
            prop_assert!((m.of_confusion(&c) - m.of_confusion(&turned)).abs() < 1e-12, "{}", m);
        }
        // Accuracy is also the mean recall weighted by the clips, and precision and recall change places.
        let weighted: f64 = (0..3).map(|i| c.recall(i) * c.support(i) as f64).sum();
        prop_assert!((c.accuracy() - weighted / c.n() as f64).abs() < 1e-12);
        let transposed = Confusion::of(3, pairs.iter().map(|&(t, p)| (p, t)));
        for i in 0..3 {
            prop_assert_eq!(c.precision(i), transposed.recall(i));
            prop_assert!((c.f1(i) - transposed.f1(i)).abs() < 1e-12);
        }
    }

    #[test]
    fn parts_counted_apart_are_the_whole(answers in any_answers(), cut in 0usize..60) {
        let pairs: Vec<(usize, usize)> = answers.iter().map(|&(_, t, p)| (t, p)).collect();
        let (a, b) = pairs.split_at(cut.min(pairs.len()));
        let mut together = Confusion::of(3, a.iter().copied());
        together.merge(&Confusion::of(3, b.iter().copied()));
        prop_assert_eq!(together, Confusion::of(3, pairs));
    }

    #[test]
    fn wilson_holds_the_share_and_narrows_with_n(k in 0u64..500, more in 0u64..500) {
        let n = k + more;
        prop_assume!(n > 0);
        let (low, high) = wilson(k, n, 1.96);
        let share = k as f64 / n as f64;
        prop_assert!(0.0 <= low && low <= share && share <= high && high <= 1.0);
        let (low4, high4) = wilson(4 * k, 4 * n, 1.96);
        prop_assert!(high4 - low4 < high - low);
    }
}
