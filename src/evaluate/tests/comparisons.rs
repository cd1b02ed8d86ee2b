//! Comparing two variants.

use super::*;

fn pair<'a>(baseline: &'a [Prediction], variant: &'a [Prediction]) -> Pair<'a> {
    Pair { baseline, variant }
}

/// Answers (speaker, 0, 0 or 1): speaker s has `right[s]` of `clips` right.
fn scores(right: &[usize], clips: usize) -> Vec<Prediction> {
    let of = |(s, &r): (usize, &usize)| (0..clips).map(move |i| (s, 0, usize::from(i >= r))).collect::<Vec<_>>();
    predictions(&right.iter().enumerate().flat_map(of).collect::<Vec<_>>())
}

#[test]
fn three_speakers_all_better_are_not_enough_by_hand() {
    let (wrong, right) = (scores(&[0, 0, 0], 1), scores(&[1, 1, 1], 1));
    let d = compare(3, Metric::Accuracy, &[pair(&wrong, &right)], &mut stream()).unwrap();
    assert_eq!((d.baseline, d.variant, d.value, d.low, d.high), (0.0, 1.0, 1.0, 1.0, 1.0));
    // Of the 2^3 exchanges only none and all are as extreme.
    assert_eq!((d.p, d.mcnemar.variant_only), (0.25, 3));
    assert!(close(d.mcnemar.p, 0.25));
    assert_eq!((d.n, d.speakers, d.seeds, d.verdict()), (3, 3, 1, Verdict::Unclear));
}

#[test]
fn many_speakers_all_better_are() {
    let (a, b) = (scores(&[5; 20], 10), scores(&[7; 20], 10));
    let d = compare(3, Metric::Accuracy, &[pair(&a, &b)], &mut stream()).unwrap();
    assert!(close(d.value, 0.2) && d.p < 0.001 && d.verdict() == Verdict::Better, "{d:?}");
    let d = compare(3, Metric::Accuracy, &[pair(&b, &a)], &mut stream()).unwrap();
    assert_eq!(d.verdict(), Verdict::Worse);
    // Of the loss less is better: the answered class has probability 0.6, a wrong one leaves 0.2 to the truth.
    let d = compare(3, Metric::Loss, &[pair(&a, &b)], &mut stream()).unwrap();
    let gain = 0.2 * (f64::from(0.2f32).ln() - f64::from(0.6f32).ln());
    assert!(close(d.value, gain) && d.verdict() == Verdict::Better, "{d:?}");
}

#[test]
fn one_outstanding_speaker_convinces_mcnemar_but_not_the_test_over_speakers() {
    let mut right = vec![10; 8];
    right[0] = 0;
    let (a, b) = (scores(&right, 20), scores(&[&[20], &right[1..]].concat(), 20));
    let d = compare(3, Metric::Accuracy, &[pair(&a, &b)], &mut stream()).unwrap();
    assert!(d.mcnemar.p < 1e-5 && d.p == 1.0 && d.low == 0.0, "{d:?}");
}

#[test]
fn several_seeds_are_averaged_and_a_clip_counts_once() {
    // Seed 0: variant better by 2 clips of 8; seed 1: worse by 1.
    let seeds = [(scores(&[1, 1], 4), scores(&[2, 2], 4)), (scores(&[3, 3], 4), scores(&[3, 2], 4))];
    let pairs: Vec<Pair> = seeds.iter().map(|(a, b)| pair(a, b)).collect();
    let d = compare(3, Metric::Accuracy, &pairs, &mut stream()).unwrap();
    assert!(close(d.value, (2.0 / 8.0 - 1.0 / 8.0) / 2.0) && close(d.baseline, 0.5), "{d:?}");
    // Clip 1 of both speakers is won in seed 0, clip 2 of the second speaker lost in seed 1.
    assert_eq!((d.mcnemar.variant_only, d.mcnemar.baseline_only), (2, 1));
    assert_eq!((d.n, d.speakers, d.seeds), (8, 2, 2));
}

#[test]
fn seeds_may_test_different_speakers() {
    let rename = |mut list: Vec<Prediction>| {
        list.iter_mut().for_each(|p| (p.clip, p.speaker) = (format!("x{}", p.clip), format!("x{}", p.speaker)));
        list
    };
    let (a, b) = (scores(&[1, 2, 3], 4), scores(&[2, 3, 4], 4));
    let (c, d) = (rename(a.clone()), rename(b.clone()));
    let d = compare(3, Metric::Uar, &[pair(&a, &b), pair(&c, &d)], &mut stream()).unwrap();
    assert_eq!((d.speakers, d.n, d.p), (6, 24, 2.0 / 64.0));
    assert!(close(d.value, 0.25) && close(d.low, 0.25) && close(d.high, 0.25));
}

#[test]
fn a_single_speaker_is_compared_by_clips() {
    let (a, b) = (scores(&[3], 8), scores(&[6], 8));
    let d = compare(3, Metric::Accuracy, &[pair(&a, &b)], &mut stream()).unwrap();
    // Three clips differ, all one way: 2 / 2^3.
    assert_eq!((d.method, d.p), (Method::ClipBootstrap, 0.25));
    assert!(d.low < d.value && d.value < d.high);
}

#[test]
fn what_cannot_be_paired_is_refused() {
    let (a, b) = (scores(&[1, 2], 2), scores(&[1, 2, 0], 2));
    let refused = |a: &[Prediction], b: &[Prediction]| {
        compare(3, Metric::Accuracy, &[pair(a, b)], &mut stream()).unwrap_err().to_string()
    };
    let said = refused(&a, &b);
    assert!(said.contains("(0 only by the baseline, 2 only by the variant, such as `c004`)"), "{said}");
    assert!(refused(&[a.clone(), a.clone()].concat(), &a).contains("clip `c000` is predicted twice"));
    let mut other = a.clone();
    other[1].truth = 2;
    assert!(refused(&a, &other).contains("clip `c001` has another speaker or label"));
    assert_eq!(refused(&[], &[]), "there is no prediction to compare");
    assert_eq!(compare(3, Metric::Uar, &[], &mut stream()), Err(PairedError::Nothing));
}

#[test]
fn comparisons_read_together_are_corrected_together() {
    let (a, b) = (scores(&[5; 6], 10), scores(&[7; 6], 10));
    let d = compare(3, Metric::Accuracy, &[pair(&a, &b)], &mut stream()).unwrap();
    assert_eq!((d.p, d.p_holm, d.verdict()), (2.0 / 64.0, 2.0 / 64.0, Verdict::Better));
    let mut both = [d.clone(), Difference { p: 0.9, ..d }];
    correct(&mut both);
    assert_eq!([both[0].p_holm, both[1].p_holm, both[0].p], [4.0 / 64.0, 0.9, 2.0 / 64.0]);
    assert_eq!(both[0].verdict(), Verdict::Unclear);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn exchanging_the_variants_mirrors_the_difference(answers in any_answers(), others in any_answers()) {
        let both: Vec<_> = answers.iter().zip(&others).collect();
        let a = predictions(&both.iter().map(|(x, _)| **x).collect::<Vec<_>>());
        let b = predictions(&both.iter().map(|(x, y)| (x.0, x.1, y.2)).collect::<Vec<_>>());
        for metric in Metric::ALL {
            let there = compare(3, metric, &[pair(&a, &b)], &mut stream()).unwrap();
            let back = compare(3, metric, &[pair(&b, &a)], &mut stream()).unwrap();
            prop_assert!((there.value + back.value).abs() < 1e-12 && (there.low + back.high).abs() < 1e-12);
            prop_assert!(there.low <= there.value && there.value <= there.high);
            prop_assert_eq!(there.p, back.p);
            let same = compare(3, metric, &[pair(&a, &a)], &mut stream()).unwrap();
            prop_assert_eq!((same.value, same.p, same.mcnemar.p), (0.0, 1.0, 1.0));
        }
    }
}
