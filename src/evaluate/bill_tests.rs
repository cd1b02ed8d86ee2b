use super::super::{Prediction, Question, estimate};
use super::*;
use proptest::prelude::*;

/// Each speaker has so many of ten clips right; truth 0 and 1 in turns, class 2 is never right.
fn seed(speakers: &[(&str, usize)]) -> Vec<Prediction> {
    let ten = |(speaker, right): &(&str, usize)| {
        let (speaker, right) = ((*speaker).to_owned(), *right);
        (0..10).map(move |i| Prediction {
            clip: format!("{speaker}-{i}"),
            speaker: speaker.clone(),
            truth: i % 2,
            predicted: if i < right { i % 2 } else { 2 },
            probabilities: Vec::new(),
        })
    };
    speakers.iter().flat_map(ten).collect()
}

fn networks(seeds: &[Vec<Prediction>]) -> Vec<Network<'_>> {
    seeds.iter().zip(0..).map(|(answers, seed)| Network { seed, fold: None, answers }).collect()
}

fn accuracy(before: &[Vec<Prediction>], after: &[Vec<Prediction>]) -> Change {
    change(3, [Metric::Accuracy], &networks(before), &networks(after)).unwrap()[0]
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-9
}

#[test]
fn one_seed_and_two_speakers_by_hand() {
    // Losses of 50 and 30 points: -40, standard error 10, and t with one degree of freedom.
    let found = accuracy(&[seed(&[("a", 10), ("b", 6)])], &[seed(&[("a", 5), ("b", 3)])]);
    assert!(near(found.value, -0.4) && (found.high - 0.870_62).abs() < 1e-4 && found.low == -1.0, "{found:?}");
    assert_eq!((found.method, found.speakers, found.seeds), (Method::Speakers, 2, 1));
    assert!(near(found.before, 0.8) && near(found.after, 0.4) && !found.is_clear());
}

#[test]
fn easy_and_hard_voices_leave_the_difference() {
    let (before, after) = ([seed(&[("a", 10), ("b", 4), ("c", 7)])], [seed(&[("a", 8), ("b", 2), ("c", 5)])]);
    let found = accuracy(&before, &after);
    assert!(near(found.value, -0.2) && near(found.low, -0.2) && near(found.high, -0.2), "{found:?}");
    let alone = estimate(3, Metric::Accuracy, &networks(&before), Question::Networks).unwrap().estimate;
    assert!(alone.high - alone.low > 0.3, "the figure itself is not known as well: {alone:?}");
}

#[test]
fn seeds_are_held_against_each_other() {
    let voices = |right| seed(&[("a", right), ("b", right)]);
    // Both seeds lose the same, however different they are.
    let found = accuracy(&[voices(8), voices(4)], &[voices(6), voices(2)]);
    assert!(near(found.value, -0.2) && near(found.low, -0.2) && near(found.high, -0.2), "{found:?}");
    assert_eq!((found.seeds, found.method), (2, Method::NetworksAndSpeakers));
    // Losses of 20 and 60 points by seed: -40, standard error 20.
    let found = accuracy(&[voices(8), voices(8)], &[voices(6), voices(2)]);
    assert!(near(found.value, -0.4) && found.low == -1.0 && !found.is_clear(), "{found:?}");
}

#[test]
fn a_change_without_any_variance_is_not_told_apart_from_none() {
    let voices = |right| seed(&[("a", right), ("b", right)]);
    let found = accuracy(&[voices(8), voices(8)], &[voices(4), voices(4)]);
    assert!(near(found.low, -0.4) && near(found.high, -0.4), "{found:?}");
    assert!(!found.varied() && !found.is_clear(), "{found:?}");
}

#[test]
fn protocols_that_test_other_people_are_held_against_each_other_all_the_same() {
    let before = [seed(&[("a", 9), ("b", 8)]), seed(&[("a", 9), ("c", 8)]), seed(&[("d", 9), ("b", 9)])];
    let after = [seed(&[("e", 4), ("b", 5)]), seed(&[("f", 4)]), seed(&[("a", 4), ("d", 5)])];
    let found = accuracy(&before, &after);
    assert!(found.is_clear() && found.value < -0.3 && found.speakers == 6, "{found:?}");
}

#[test]
fn of_one_speaker_clips_are_taken() {
    let found = accuracy(&[seed(&[("a", 9)])], &[seed(&[("a", 4)])]);
    assert_eq!((found.method, found.speakers), (Method::Clips, 1));
    assert!(found.low < -0.5 && -0.5 < found.high, "{found:?}");
    let two = accuracy(&vec![seed(&[("a", 9)]); 2], &vec![seed(&[("a", 4)]); 2]);
    assert_eq!(two.method, Method::NetworksAndClips);
}

#[test]
fn copies_of_a_clip_are_one() {
    // Every clip twice, both answered alike: no more is known than of each once.
    let once = [seed(&[("a", 6)])];
    let twice = [[seed(&[("a", 6)]), seed(&[("a", 6)])].concat()];
    let found = accuracy(&once, &twice);
    assert!(near(found.value, 0.0) && near(found.low, 0.0) && near(found.high, 0.0), "{found:?}");
}

#[test]
fn without_predictions_there_is_no_change() {
    let some = vec![seed(&[("a", 6)])];
    let none: Vec<Vec<Prediction>> = vec![Vec::new()];
    for (before, after) in [(&none, &some), (&some, &none), (&Vec::new(), &Vec::new())] {
        assert_eq!(change(3, [Metric::Accuracy], &networks(before), &networks(after)), None);
    }
}

/// Answers of up to three seeds under a protocol: each tests some of five speakers, the first always.
fn any_protocol(seeds: usize) -> impl Strategy<Value = Vec<Vec<Prediction>>> {
    const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];
    let speaker = |i: usize| {
        let tested = if i == 0 { Just(true).boxed() } else { any::<bool>().boxed() };
        (Just(NAMES[i]), tested, 0usize..=10)
    };
    let speakers = [0, 1, 2, 3, 4].map(speaker);
    let tested = |all: [(&'static str, bool, usize); 5]| {
        let heard: Vec<(&str, usize)> = all.into_iter().filter(|s| s.1).map(|s| (s.0, s.2)).collect();
        seed(&heard)
    };
    prop::collection::vec(speakers.prop_map(tested), seeds)
}

fn any_pair() -> impl Strategy<Value = (Vec<Vec<Prediction>>, Vec<Vec<Prediction>>)> {
    (1usize..=3).prop_flat_map(|seeds| (any_protocol(seeds), any_protocol(seeds)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn the_same_protocol_costs_nothing((protocol, _) in any_pair()) {
        let networks = networks(&protocol);
        for c in change(3, [Metric::Accuracy, Metric::Uar], &networks, &networks).unwrap() {
            prop_assert!(near(c.value, 0.0) && near(c.low, 0.0) && near(c.high, 0.0) && !c.is_clear(), "{:?}", c);
        }
    }

    #[test]
    fn a_change_is_the_difference_of_the_figures_and_its_interval_holds_it((before, after) in any_pair()) {
        let metrics = [Metric::Accuracy, Metric::Uar];
        let (before, after) = (networks(&before), networks(&after));
        let figure = |networks: &[Network<'_>], m| estimate(3, m, networks, Question::Networks).unwrap().estimate.value;
        let there = change(3, metrics, &before, &after).unwrap();
        let back = change(3, metrics, &after, &before).unwrap();
        for ((metric, there), back) in metrics.into_iter().zip(there).zip(back) {
            prop_assert!(near(there.before, figure(&before, metric)) && near(there.after, figure(&after, metric)));
            prop_assert!(near(there.value, there.after - there.before));
            prop_assert!(there.low <= there.value && there.value <= there.high);
            prop_assert!((there.low + back.high).abs() < 1e-6 * (1.0 + there.low.abs()), "{:?} {:?}", there, back);
        }
    }
}
