//! Comparing two recipes, and two networks.

use super::*;

/// Speaker s has `right[s]` of `clips` right; the truth is always class 0.
fn scores(right: &[usize], clips: usize) -> Vec<Prediction> {
    let of = |(s, &r): (usize, &usize)| (0..clips).map(move |i| (s, 0, usize::from(i >= r))).collect::<Vec<_>>();
    predictions(&right.iter().enumerate().flat_map(of).collect::<Vec<_>>())
}

fn networks(lists: &[Vec<Prediction>]) -> Vec<Network<'_>> {
    lists.iter().zip(0..).map(|(answers, seed)| Network { seed, fold: None, answers }).collect()
}

fn compared(metric: Metric, a: &[Vec<Prediction>], b: &[Vec<Prediction>], question: Question) -> Difference {
    compare(3, metric, &networks(a), &networks(b), question).unwrap()
}

fn renamed(mut list: Vec<Prediction>, by: &str) -> Vec<Prediction> {
    list.iter_mut().for_each(|p| (p.clip, p.speaker) = (format!("{by}{}", p.clip), format!("{by}{}", p.speaker)));
    list
}

#[test]
fn two_networks_on_three_speakers_by_hand() {
    // Differences of 10, 20 and 30 points: mean 20, standard error 10 / sqrt 3, t = 3.464 with 2 degrees of freedom.
    let d = compared(Metric::Accuracy, &[scores(&[1, 2, 3], 10)], &[scores(&[2, 4, 6], 10)], Question::Recipes);
    assert_eq!((d.question, d.method), (Question::Networks, Method::Speakers), "one network is no recipe");
    assert!(close(d.value, 0.2) && close(d.standard_error, 0.1 / 3f64.sqrt()) && close(d.degrees.unwrap(), 2.0));
    assert!((d.p - 0.074_18).abs() < 1e-5, "{}", d.p);
    assert!((d.high - 0.2 - 4.302_65 * d.standard_error).abs() < 1e-6 && close(d.low + d.high, 0.4));
    assert_eq!((d.n, d.speakers, d.seeds, d.networks), (30, 3, [1, 1], [1, 1]));
    assert!(!d.level_holds, "three speakers are too few");
}

#[test]
fn recipes_on_the_same_clips_by_hand() {
    // Every speaker of a network has as many right: 40 and 60 %, then 50 and 90 %. Nothing varies but the networks: variances 0.02
    // and 0.08 of the networks, each over two of them, 0.05 in all.
    let lists = |right: [usize; 2]| right.map(|r| scores(&[r; 4], 10)).to_vec();
    let d = compared(Metric::Accuracy, &lists([4, 6]), &lists([5, 9]), Question::Recipes);
    assert_eq!((d.question, d.method), (Question::Recipes, Method::NetworksAndSpeakers));
    assert!(close(d.value, 0.2) && (d.standard_error - 0.05f64.sqrt()).abs() < 1e-9);
    // Welch's degrees of freedom: 0.05² / (0.01² + 0.04²) = 1.47.
    let expected = 0.05f64.powi(2) / (0.01f64.powi(2) + 0.04f64.powi(2));
    assert!((d.degrees.unwrap() - expected).abs() < 1e-9, "{d:?}");
    assert!((d.components.network - 0.05f64.sqrt() * 1.0).abs() < 0.1 && d.components.speaker < 1e-6, "{d:?}");
    // These very networks are 20 points apart on every speaker.
    let d = compared(Metric::Accuracy, &lists([4, 6]), &lists([5, 9]), Question::Networks);
    assert_eq!((d.question, d.p), (Question::Networks, 0.125), "where no speaker differs the sign test is left");
}

#[test]
fn folds_of_one_seed_are_students_t_of_the_folds() {
    // Four folds with speakers of their own, differences of 0, 10, 20 and 30 points.
    let fold = |i: usize, right: usize| renamed(scores(&[right, right], 10), &i.to_string());
    let (a, b): (Vec<_>, Vec<_>) = (0..4).map(|i| (fold(i, 4), fold(i, 4 + i))).unzip();
    let folds = |lists: &[Vec<Prediction>]| -> Vec<(Option<u32>, Vec<Prediction>)> {
        lists.iter().cloned().zip(0..).map(|(list, fold)| (Some(fold), list)).collect()
    };
    let (a, b) = (folds(&a), folds(&b));
    let of = |lists: &'static [(Option<u32>, Vec<Prediction>)]| -> Vec<Network<'static>> {
        lists.iter().map(|(fold, answers)| Network { seed: 0, fold: *fold, answers }).collect()
    };
    let (a, b) = (of(Box::leak(a.into_boxed_slice())), of(Box::leak(b.into_boxed_slice())));
    let d = compare(3, Metric::Accuracy, &a, &b, Question::Recipes).unwrap();
    // Deviation 12.91 points over four folds: standard error 6.455, three degrees of freedom.
    assert!(close(d.value, 0.15) && (d.standard_error - 0.064_549_7).abs() < 1e-6, "{d:?}");
    assert!((d.degrees.unwrap() - 3.0).abs() < 1e-9);
    assert_eq!((d.seeds, d.networks, d.n), ([1, 1], [4, 4], 80));
}

#[test]
fn a_recipe_better_by_far_is_found_and_told_from_a_worse_one() {
    let lists = |right: usize| -> Vec<Vec<Prediction>> {
        let of = |r: usize| (0..12).map(|s| right + (s * s + r * s + r * right) % 5).collect::<Vec<_>>();
        (0..3).map(|r| scores(&of(r), 20)).collect()
    };
    let (a, b) = (lists(8), lists(12));
    let d = compared(Metric::Accuracy, &a, &b, Question::Recipes);
    assert!(d.value > 0.15 && d.p < 0.01 && d.verdict() == Verdict::Better && d.level_holds, "{d:?}");
    assert_eq!(d.settled_by, Settle::Settled);
    assert!(d.smallest_found < d.value);
    assert_eq!(compared(Metric::Accuracy, &b, &a, Question::Recipes).verdict(), Verdict::Worse);
    // Of the loss less is better: the answered class has probability 0.6, a wrong one leaves 0.2 to the truth.
    let gain = d.value * (f64::from(0.2f32).ln() - f64::from(0.6f32).ln());
    let d = compared(Metric::Loss, &a, &b, Question::Recipes);
    assert!((d.value - gain).abs() < 1e-9 && d.verdict() == Verdict::Better, "{d:?}");
}

#[test]
fn what_a_comparison_has_too_few_of_for_its_level_is_named() {
    let lacks = |question, networks: usize, speakers: usize| {
        let lists: Vec<_> = (0..networks).map(|i| scores(&vec![4 + i; speakers], 10)).collect();
        compared(Metric::Accuracy, &lists, &lists, question).lacks()
    };
    let said = |text: &str| Some(text.to_owned());
    assert_eq!(lacks(Question::Recipes, 3, 9), None);
    assert_eq!(lacks(Question::Recipes, 2, 9), said("2 networks a side (fewer than 3)"));
    assert_eq!(lacks(Question::Recipes, 3, 8), said("8 speakers (fewer than 9)"));
    assert_eq!(lacks(Question::Recipes, 2, 5), said("2 networks a side (fewer than 3) and 5 speakers (fewer than 9)"));
    // Networks that are taken as they are may be few.
    assert_eq!(lacks(Question::Networks, 2, 9), None);
}

#[test]
fn luck_of_training_is_no_difference_of_recipes_however_many_clips_agree() {
    // Two networks a side, 30 points apart, on 40 speakers who all agree: the networks differ, of the recipes nothing is known.
    let lists = |right: [usize; 2]| right.map(|r| scores(&[r; 40], 10)).to_vec();
    let (a, b) = (lists([4, 7]), lists([5, 8]));
    let recipes = compared(Metric::Accuracy, &a, &b, Question::Recipes);
    assert!(recipes.p > 0.5 && recipes.verdict() == Verdict::Unclear, "{recipes:?}");
    let networks = compared(Metric::Accuracy, &a, &b, Question::Networks);
    assert!(networks.p < 1e-6 && networks.verdict() == Verdict::Better, "{networks:?}");
    let Settle::More { seeds: Some(seeds), .. } = recipes.settled_by else { panic!("{recipes:?}") };
    assert!((40..90).contains(&seeds), "(2.8 * 30 / 10)² = 70 networks a side: {seeds}");
}

#[test]
fn networks_of_the_same_test_need_no_partner_and_others_do() {
    let lists = |right: &[usize]| -> Vec<Vec<Prediction>> { right.iter().map(|r| scores(&[*r, 5, 6], 10)).collect() };
    let (a, b) = (lists(&[3, 4, 5]), lists(&[6, 7]));
    let other: Vec<Network<'_>> = networks(&b).into_iter().map(|n| Network { seed: n.seed + 90, ..n }).collect();
    let d = compare(3, Metric::Uar, &networks(&a), &other, Question::Recipes).unwrap();
    assert_eq!((d.seeds, d.networks), ([3, 2], [3, 2]));
    // Where each seed tests other clips, seeds must meet.
    let rotating = |lists: Vec<Vec<Prediction>>| -> Vec<Vec<Prediction>> {
        lists.into_iter().zip(["x", "y", "z"]).map(|(list, by)| renamed(list, by)).collect()
    };
    let (a, b) = (rotating(lists(&[3, 4, 5])), rotating(lists(&[6, 7, 8])));
    assert_eq!(compared(Metric::Uar, &a, &b, Question::Recipes).networks, [3, 3]);
    let other: Vec<Network<'_>> = networks(&b).into_iter().map(|n| Network { seed: n.seed + 90, ..n }).collect();
    assert_eq!(compare(3, Metric::Uar, &networks(&a), &other, Question::Recipes), Err(CompareError::Unpaired));
}

#[test]
fn a_single_speaker_is_compared_by_clips() {
    let d = compared(Metric::Accuracy, &[scores(&[3], 8)], &[scores(&[6], 8)], Question::Networks);
    assert_eq!((d.method, d.speakers), (Method::Clips, 1));
    assert!(d.low < d.value && d.value < d.high);
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let (a, b) = (scores(&[1, 2], 2), scores(&[1, 2, 0], 2));
    let refused = |a: &[Prediction], b: &[Prediction]| {
        let [a, b] = [a, b].map(|answers| [Network { seed: 0, fold: None, answers }]);
        compare(3, Metric::Accuracy, &a, &b, Question::Networks).unwrap_err().to_string()
    };
    let said = refused(&a, &b);
    assert!(said.contains("(0 only by the baseline, 2 only by the variant, such as `c004`)"), "{said}");
    assert!(refused(&[a.clone(), a.clone()].concat(), &a).contains("clip `c000` is predicted twice"));
    let mut other = a.clone();
    other[1].truth = 2;
    assert!(refused(&a, &other).contains("clip `c001` has another speaker or label"));
    assert_eq!(refused(&[], &[]), "there is no prediction to compare");
    let folds = [0, 1].map(|fold| Network { seed: 0, fold: Some(fold), answers: &a });
    let twice = compare(3, Metric::Accuracy, &folds, &folds, Question::Recipes);
    assert_eq!(twice, Err(CompareError::Twice { clip: "c000".into() }), "two folds of a seed test the same clip");
}

#[test]
fn comparisons_read_together_are_corrected_together() {
    let lists = |right: usize| (0..3).map(|r| scores(&[right, right + 1, right + r], 20)).collect::<Vec<_>>();
    let d = compared(Metric::Accuracy, &lists(5), &lists(12), Question::Recipes);
    let mut both = [Difference { p: 0.03, ..d.clone() }, Difference { p: 0.9, ..d }];
    correct(&mut both, SIGNIFICANT);
    assert_eq!([both[0].p_holm, both[1].p_holm, both[0].p], [0.06, 0.9, 0.03]);
    assert_eq!(both[0].verdict(), Verdict::Unclear);
    correct(&mut both[..1], SIGNIFICANT);
    assert_eq!(both[0].verdict(), Verdict::Better);
    correct(&mut both[..1], 0.01);
    assert_eq!(both[0].verdict(), Verdict::Unclear, "a look has a level of its own");
}

#[test]
fn holm_by_hand() {
    let adjusted = holm(&[0.01, 0.04, 0.03, 0.005]);
    for (a, expected) in adjusted.iter().zip([0.03, 0.06, 0.06, 0.02]) {
        assert!((a - expected).abs() < 1e-15, "{adjusted:?}");
    }
    assert_eq!(holm(&[]), Vec::<f64>::new());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn corrected_ps_are_larger_and_keep_their_order(p in prop::collection::vec(0.0f64..=1.0, 1..9)) {
        let adjusted = holm(&p);
        for i in 0..p.len() {
            prop_assert!(adjusted[i] >= p[i] && adjusted[i] <= 1.0);
            for j in 0..p.len() {
                prop_assert!(p[i] > p[j] || adjusted[i] <= adjusted[j]);
            }
        }
    }

    #[test]
    fn exchanging_the_variants_mirrors_the_difference(
        truths in any_answers(), seeds in prop::collection::vec(any::<u64>(), 4),
    ) {
        // Four networks that answer the same clips in their own ways.
        let answered = |seed: u64| -> Vec<Prediction> {
            let mut stream = Seeds::new(seed).stream("answers", &[]);
            predictions(&truths.iter().map(|&(s, t, _)| (s, t, stream.below(3))).collect::<Vec<_>>())
        };
        let lists: Vec<Vec<Prediction>> = seeds.into_iter().map(answered).collect();
        let (a, b) = lists.split_at(2);
        for (metric, question) in Metric::ALL.into_iter().flat_map(|m| [(m, Question::Recipes), (m, Question::Networks)]) {
            let there = compared(metric, a, b, question);
            let back = compared(metric, b, a, question);
            prop_assert!((there.value + back.value).abs() < 1e-12);
            prop_assert!((there.low + back.high).abs() < 1e-9 * (1.0 + there.low.abs()), "{:?} {:?}", there, back);
            prop_assert!(there.low <= there.value && there.value <= there.high);
            prop_assert!((there.p - back.p).abs() < 1e-9 && (0.0..=1.0).contains(&there.p));
            prop_assert!(there.smallest_found >= 0.0);
            let same = compared(metric, a, a, question);
            prop_assert!(same.value == 0.0 && same.p > 0.999);
        }
    }
}
