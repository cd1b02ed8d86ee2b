use super::super::over_seeds;
use super::*;
use crate::seed::Seeds;
use proptest::prelude::*;

fn stream() -> Stream {
    Seeds::new(0).stream("test", &[])
}

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

fn accuracy(before: &[Vec<Prediction>], after: &[Vec<Prediction>]) -> Change {
    change(3, [Metric::Accuracy], before, after, &mut stream()).unwrap()[0]
}

fn is(found: Change, value: f64, low: f64, high: f64) {
    let near = |a: f64, b: f64| (a - b).abs() < 1e-12;
    assert!(near(found.value, value) && near(found.low, low) && near(found.high, high), "{found:?}");
}

#[test]
fn one_seed_and_two_speakers_by_hand() {
    // Resamples a a, a b, b b with probability 1/4, 1/2, 1/4: -0.5, -0.4, -0.3.
    let found = accuracy(&[seed(&[("a", 10), ("b", 6)])], &[seed(&[("a", 5), ("b", 3)])]);
    is(found, -0.4, -0.5, -0.3);
    assert_eq!((found.method, found.speakers, found.seeds), (Method::SpeakerBootstrap, 2, 1));
    assert!((found.before - 0.8).abs() < 1e-12 && (found.after - 0.4).abs() < 1e-12 && found.is_clear());
    assert_eq!(found.drawn(), "speakers");
}

#[test]
fn easy_and_hard_voices_leave_the_difference() {
    let (before, after) = ([seed(&[("a", 10), ("b", 4), ("c", 7)])], [seed(&[("a", 8), ("b", 2), ("c", 5)])]);
    is(accuracy(&before, &after), -0.2, -0.2, -0.2);
    let [alone] = over_seeds(3, [Metric::Accuracy], &before, &mut stream()).unwrap();
    assert!(alone.high - alone.low > 0.3, "the figure itself is not known as well: {alone:?}");
}

#[test]
fn seeds_are_drawn_together_for_both_protocols() {
    let voices = |right| seed(&[("a", right), ("b", right)]);
    // Both seeds lose the same, however different they are.
    let found = accuracy(&[voices(8), voices(4)], &[voices(6), voices(2)]);
    is(found, -0.2, -0.2, -0.2);
    assert_eq!((found.seeds, found.drawn()), (2, "speakers and seeds"));
    // Seeds 0 0, 0 1, 1 1 with probability 1/4, 1/2, 1/4: -0.2, -0.4, -0.6.
    is(accuracy(&[voices(8), voices(8)], &[voices(6), voices(2)]), -0.4, -0.6, -0.2);
}

#[test]
fn a_seed_without_a_drawn_speaker_is_left_out_and_a_resample_without_any_is_drawn_again() {
    // The second protocol tests a in the first seed and b in the second. Of a a only with seeds 0 0 and 0 1 something is left:
    // 0.8 - 1 = -0.2, the same of b b with 1 1 and 0 1; a b: 0.8 - 0.75 = 0.05 with seeds 0 0, 0.3 - 0.75 = -0.45 with 1 1.
    let both = seed(&[("a", 10), ("b", 5)]);
    let found = accuracy(&[both.clone(), both], &[seed(&[("a", 8)]), seed(&[("b", 3)])]);
    is(found, -0.2, -0.45, 0.05);
    assert!(!found.is_clear());
}

#[test]
fn protocols_that_test_other_people_are_held_against_each_other_all_the_same() {
    let found = accuracy(&[seed(&[("a", 9)]), Vec::new()], &[Vec::new(), seed(&[("b", 4)])]);
    is(found, -0.5, -0.5, -0.5);
}

#[test]
fn of_one_speaker_clips_are_drawn() {
    let found = accuracy(&[seed(&[("a", 9)])], &[seed(&[("a", 4)])]);
    assert_eq!((found.method, found.speakers, found.drawn()), (Method::ClipBootstrap, 1, "clips of one speaker"));
    assert!(found.low < -0.5 && -0.5 < found.high && found.low >= -1.0, "{found:?}");
    let two = accuracy(&vec![seed(&[("a", 9)]); 2], &vec![seed(&[("a", 4)]); 2]);
    assert_eq!(two.drawn(), "clips of one speaker, and seeds");
}

#[test]
fn copies_of_a_clip_are_drawn_together() {
    // Every clip twice, both answered alike: no more is known than of each once.
    let once = [seed(&[("a", 6)])];
    let twice = [[seed(&[("a", 6)]), seed(&[("a", 6)])].concat()];
    is(accuracy(&once, &twice), 0.0, 0.0, 0.0);
}

#[test]
fn without_predictions_there_is_no_change() {
    let some = vec![seed(&[("a", 6)])];
    let none: Vec<Vec<Prediction>> = vec![Vec::new()];
    for (before, after) in [(&none, &some), (&some, &none), (&Vec::new(), &Vec::new())] {
        assert_eq!(change(3, [Metric::Accuracy], before, after, &mut stream()), None);
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
        let found = change(3, [Metric::Accuracy, Metric::Uar], &protocol, &protocol, &mut stream()).unwrap();
        for c in found {
            prop_assert_eq!((c.value, c.low, c.high, c.is_clear()), (0.0, 0.0, 0.0, false));
        }
    }

    #[test]
    fn a_change_is_the_difference_of_the_figures_and_its_interval_holds_it((before, after) in any_pair()) {
        let metrics = [Metric::Accuracy, Metric::Uar];
        let figures = |seeds: &[Vec<Prediction>]| over_seeds(3, metrics, seeds, &mut stream()).unwrap().map(|e| e.value);
        let (b, a) = (figures(&before), figures(&after));
        let there = change(3, metrics, &before, &after, &mut stream()).unwrap();
        let back = change(3, metrics, &after, &before, &mut stream()).unwrap();
        for (m, (there, back)) in there.into_iter().zip(back).enumerate() {
            prop_assert!((there.before - b[m]).abs() < 1e-12 && (there.after - a[m]).abs() < 1e-12);
            prop_assert!((there.value - (a[m] - b[m])).abs() < 1e-12);
            prop_assert!(-1.0 <= there.low && there.low <= there.value && there.value <= there.high && there.high <= 1.0);
            prop_assert!((there.low + back.high).abs() < 1e-12 && (there.high + back.low).abs() < 1e-12);
        }
        prop_assert_eq!(there, change(3, metrics, &before, &after, &mut stream()).unwrap());
    }

    #[test]
    fn a_planted_loss_is_found(rights in prop::collection::vec([3usize..=10, 3..=10, 3..=10, 3..=10], 1..=3), lost in 1usize..=3) {
        let names = ["a", "b", "c", "d"];
        let protocol = |less: usize| -> Vec<Vec<Prediction>> {
            let of = |right: &[usize; 4]| {
                let heard: Vec<(&str, usize)> = names.into_iter().zip(right.map(|r| r - less)).collect();
                seed(&heard)
            };
            rights.iter().map(of).collect()
        };
        let found = accuracy(&protocol(0), &protocol(lost));
        let expected = -(lost as f64) / 10.0;
        prop_assert!([found.value, found.low, found.high].iter().all(|v| (v - expected).abs() < 1e-9), "{:?}", found);
        prop_assert!(found.is_clear());
    }
}
