//! Figures over several seeds.

use super::*;

/// Speaker s has `right[s]` of ten clips right; truth 0 and 1 in turns.
fn seed(speakers: &[&str], right: &[usize]) -> Vec<Prediction> {
    let mut list = Vec::new();
    for (speaker, right) in speakers.iter().zip(right) {
        list.extend((0..10).map(|i| Prediction {
            clip: format!("{speaker}-{i}"),
            speaker: (*speaker).to_owned(),
            truth: i % 2,
            predicted: if i < *right { i % 2 } else { 2 },
            probabilities: Vec::new(),
        }));
    }
    list
}

const ALL: [Metric; 4] = [Metric::Accuracy, Metric::Uar, Metric::WeightedF1, Metric::MacroF1];

#[test]
fn a_single_seed_has_the_interval_of_its_evaluation() {
    let list = seed(&["a", "b", "c", "d"], &[2, 5, 7, 9]);
    let e = evaluate(&labels(3), &list, &mut stream());
    let found = over_seeds(3, ALL, &[list], &mut stream()).unwrap();
    assert_eq!(found, [e.accuracy_over_speakers, e.uar, e.weighted_f1, e.macro_f1]);
}

#[test]
fn two_seeds_by_hand() {
    // Two speakers and two seeds: speaker a twice and the first seed twice with probability 1/16, which is more than the 2.5 %
    // at an end, and so it is with b and the second seed.
    let seeds = [seed(&["a", "b"], &[2, 8]), seed(&["a", "b"], &[4, 10])];
    let [accuracy] = over_seeds(3, [Metric::Accuracy], &seeds, &mut stream()).unwrap();
    assert!(close(accuracy.value, 0.6) && close(accuracy.low, 0.2) && close(accuracy.high, 1.0), "{accuracy:?}");
    assert_eq!(accuracy.method, Method::SpeakerBootstrap);
}

#[test]
fn seeds_that_far_apart_leave_the_interval_within_0_and_1() {
    let seeds = [seed(&["a", "b", "c"], &[0, 1, 0]), seed(&["a", "b", "c"], &[10, 10, 9])];
    for estimate in over_seeds(3, ALL, &seeds, &mut stream()).unwrap() {
        assert!(0.0 <= estimate.low && estimate.low <= estimate.value, "{estimate:?}");
        assert!(estimate.value <= estimate.high && estimate.high <= 1.0, "{estimate:?}");
    }
}

#[test]
fn a_seed_that_loses_all_its_speakers_is_left_out_of_that_resample() {
    // Each seed tests a speaker of its own: a resample holds only one of them, or both.
    let seeds = [seed(&["a"], &[2]), seed(&["b"], &[8])];
    let [accuracy, uar] = over_seeds(3, [Metric::Accuracy, Metric::Uar], &seeds, &mut stream()).unwrap();
    assert!(close(accuracy.value, 0.5) && close(accuracy.low, 0.2) && close(accuracy.high, 0.8), "{accuracy:?}");
    assert!(!uar.low.is_nan() && !uar.high.is_nan());
}

#[test]
fn speakers_of_all_seeds_are_drawn_together_and_not_apart() {
    // Every seed answers the same: more seeds make the interval no shorter, but for the draw.
    let one = seed(&["a", "b", "c", "d", "e", "f"], &[1, 3, 4, 6, 8, 9]);
    let of = |n: usize| over_seeds(3, [Metric::Accuracy], &vec![one.clone(); n], &mut stream()).unwrap()[0];
    let near = |a: f64, b: f64| (a - b).abs() < 0.03;
    assert!(near(of(1).low, of(5).low) && near(of(1).high, of(5).high), "{:?} {:?}", of(1), of(5));
}

#[test]
fn seeds_that_differ_widen_the_interval_although_their_speakers_do_not() {
    // The mean of five seeds around 0.5 with a deviation of 0.22 has a standard error of 0.1.
    let speakers = ["a", "b", "c", "d"];
    let seeds: Vec<Vec<Prediction>> = [2, 4, 5, 6, 8].map(|right| seed(&speakers, &[right; 4])).to_vec();
    let [accuracy] = over_seeds(3, [Metric::Accuracy], &seeds, &mut stream()).unwrap();
    let half = (accuracy.high - accuracy.low) / 2.0;
    assert!(close(accuracy.value, 0.5) && (0.15..0.22).contains(&half), "{accuracy:?}");
}

#[test]
fn one_speaker_is_drawn_by_clips_and_nothing_has_no_figure() {
    let lists = vec![seed(&["a"], &[5]), seed(&["a"], &[7])];
    let [accuracy] = over_seeds(3, [Metric::Accuracy], &lists, &mut stream()).unwrap();
    assert_eq!(accuracy.method, Method::ClipBootstrap);
    assert!(accuracy.low < 0.6 && accuracy.high > 0.6, "{accuracy:?}");
    assert_eq!(over_seeds(3, ALL, &[], &mut stream()), None);
    assert_eq!(over_seeds(3, ALL, &[Vec::new()], &mut stream()), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn the_value_is_the_mean_of_the_seeds_and_the_interval_holds_it(a in any_answers(), b in any_answers()) {
        let seeds = [predictions(&a), predictions(&b)];
        let of = |list: &Vec<Prediction>, m: Metric| {
            m.of_confusion(&Confusion::of(3, list.iter().map(|p| (p.truth, p.predicted))))
        };
        let found = over_seeds(3, ALL, &seeds, &mut stream()).unwrap();
        for (metric, estimate) in ALL.into_iter().zip(found) {
            prop_assert!((estimate.value - (of(&seeds[0], metric) + of(&seeds[1], metric)) / 2.0).abs() < 1e-12);
            prop_assert!(0.0 <= estimate.low && estimate.low <= estimate.value);
            prop_assert!(estimate.value <= estimate.high && estimate.high <= 1.0);
        }
        prop_assert_eq!(found, over_seeds(3, ALL, &seeds, &mut stream()).unwrap());
    }
}
