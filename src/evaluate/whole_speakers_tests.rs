use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn crema_d() -> WholeSpeakers {
    WholeSpeakers::of([vec![82; 86], vec![81; 2], vec![76; 3]].concat())
}

fn emodb() -> WholeSpeakers {
    WholeSpeakers::of([35, 38, 43, 49, 55, 56, 58, 61, 69, 71])
}

fn missing(corpus: &WholeSpeakers, n: u64) -> u64 {
    corpus.rule_out(n).unwrap().missing
}

#[test]
fn few_sizes_of_a_test_set_of_crema_d_are_whole_speakers() {
    let corpus = crema_d();
    assert_eq!((corpus.speakers(), corpus.clips(), corpus.sizes()), (91, 7_442, 1_042));
    for n in [372, 373, 744, 745, 1_488, 1_489, 1_856, 2_232, 2_233, 2_234] {
        assert!(!corpus.can_be(n) && corpus.rule_out(n as u64).is_some(), "{n}");
    }
    for n in [1_463, 1_470, 1_476, 1_556, 1_557, 7_442] {
        assert!(corpus.can_be(n) && corpus.rule_out(n as u64).is_none(), "{n}");
    }
}

#[test]
fn few_sizes_of_other_corpora_are_whole_speakers() {
    let sizes = |corpus: &WholeSpeakers| (1..corpus.clips()).filter(|n| corpus.can_be(*n)).collect::<Vec<usize>>();
    let ravdess = WholeSpeakers::of([60; 24]);
    assert_eq!(sizes(&ravdess), (1..24).map(|speakers| 60 * speakers).collect::<Vec<usize>>());
    assert_eq!(sizes(&WholeSpeakers::of([1_400; 2])), [1_400], "TESS");
    assert_eq!(sizes(&WholeSpeakers::of([120; 4])), [120, 240, 360], "SAVEE");
    assert_eq!((emodb().clips(), emodb().sizes()), (535, 362));
    assert_eq!([missing(&ravdess, 288), missing(&ravdess, 144)], [12, 36]);
}

#[test]
fn how_many_clips_would_have_to_be_missing_is_the_way_to_the_next_size() {
    let corpus = crema_d();
    let sizes = [372, 744, 1_116, 1_488, 1_856, 1_861, 2_232, 2_233, 2_234];
    assert_eq!(sizes.map(|n| missing(&corpus, n)), [18, 56, 12, 50, 10, 5, 44, 43, 42]);
    let expected = NotWhole { n: 1_488, speakers: 91, clips: 7_442, missing: 50, below: Some(1_476), above: 1_538 };
    assert_eq!(corpus.rule_out(1_488), Some(expected));
    let none_below = corpus.rule_out(75).unwrap();
    assert_eq!((none_below.below, none_below.above), (None, 76));
}

#[test]
fn nothing_is_said_of_sizes_that_no_test_set_has() {
    let corpus = WholeSpeakers::of([2, 0, 3]);
    assert_eq!((corpus.speakers(), corpus.clips()), (2, 5));
    assert!(!corpus.can_be(0) && !corpus.can_be(6) && corpus.can_be(5));
    assert_eq!([corpus.rule_out(0), corpus.rule_out(6), corpus.rule_out(u64::MAX)], [None; 3]);
    let nobody = WholeSpeakers::of([]);
    assert_eq!((nobody.speakers(), nobody.sizes(), nobody.can_be(0), nobody.example(0)), (0, 0, false, None));
    assert_eq!(WholeSpeakers::of([7]).sizes(), 0, "a single speaker leaves nobody to learn from");
}

#[test]
fn an_example_names_as_many_of_the_common_kind_as_it_can() {
    let corpus = crema_d();
    assert_eq!(corpus.example(1_470), Some(vec![(17, 82), (1, 76)]));
    assert_eq!(corpus.example(1_476), Some(vec![(18, 82)]));
    assert_eq!(corpus.example(1_557), Some(vec![(18, 82), (1, 81)]));
    assert_eq!(corpus.example(7_442), Some(vec![(86, 82), (3, 76), (2, 81)]));
    assert_eq!(corpus.example(1_488), None);
}

proptest! {
    #[test]
    fn sums_are_those_of_all_sets_of_speakers(counts in proptest::collection::vec(0usize..90, 0..10)) {
        let corpus = WholeSpeakers::of(counts.iter().copied());
        let of = |set: usize| counts.iter().enumerate().filter(|(i, _)| set >> i & 1 == 1).map(|(_, n)| n).sum::<usize>();
        let sums: BTreeSet<usize> = (0..1 << counts.len()).map(of).collect();
        let all: usize = counts.iter().sum();
        for n in 1..=all + 3 {
            prop_assert_eq!(corpus.can_be(n), sums.contains(&n));
            let example = corpus.example(n);
            prop_assert_eq!(example.is_some(), sums.contains(&n));
            if let Some(example) = example {
                prop_assert_eq!(example.iter().map(|(speakers, clips)| speakers * clips).sum::<usize>(), n);
                for (speakers, clips) in example {
                    prop_assert!(speakers <= counts.iter().filter(|c| **c == clips).count());
                }
            }
            let out = corpus.rule_out(n as u64);
            prop_assert_eq!(out.is_some(), n <= all && !sums.contains(&n));
        }
    }

    /// The proof of `rule_out` held against taking clips away in every way there is.
    #[test]
    fn no_fewer_missing_clips_make_a_size_possible(counts in proptest::collection::vec(1usize..6, 1..5)) {
        let corpus = WholeSpeakers::of(counts.iter().copied());
        // Every corpus that is left when clips are taken away, with how many were taken.
        let mut left: Vec<(Vec<usize>, usize)> = vec![(Vec::new(), 0)];
        for &clips in &counts {
            let taken = |(kept, gone): &(Vec<usize>, usize)| {
                (0..=clips).map(|k| ([kept.clone(), vec![k]].concat(), gone + clips - k)).collect::<Vec<_>>()
            };
            left = left.iter().flat_map(taken).collect();
        }
        for n in 1..corpus.clips() {
            let fewest = left.iter().filter(|(kept, _)| WholeSpeakers::of(kept.iter().copied()).can_be(n)).map(|(_, gone)| *gone).min();
            prop_assert_eq!(fewest, Some(corpus.rule_out(n as u64).map_or(0, |out| out.missing as usize)));
        }
    }
}
