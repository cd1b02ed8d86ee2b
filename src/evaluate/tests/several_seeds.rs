//! Figures of recipes, over several networks.

use super::*;

/// Speaker s has `right[s]` of ten clips right; truth 0 and 1 in turns.
fn answers(speakers: &[&str], right: &[usize]) -> Vec<Prediction> {
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

fn accuracy(lists: &[Vec<Prediction>], question: Question) -> Estimated {
    let networks: Vec<Network<'_>> =
        lists.iter().zip(0..).map(|(answers, seed)| Network { seed, fold: None, answers }).collect();
    estimate(3, Metric::Accuracy, &networks, question).unwrap()
}

#[test]
fn a_single_network_has_the_interval_of_its_evaluation() {
    let list = answers(&["a", "b", "c", "d"], &[2, 5, 7, 9]);
    let e = evaluate(&labels(3), &list);
    let found = accuracy(&[list], Question::Recipes);
    assert_eq!((found.estimate, found.estimate.method), (e.accuracy_over_speakers, Method::Speakers));
    assert_eq!((found.networks, found.components.network), (1, 0.0));
}

#[test]
fn networks_that_differ_widen_the_interval_although_their_speakers_do_not() {
    // The mean of five networks around 0.5 with a deviation of 0.2236 has a standard error of 0.1 and 4 degrees of freedom.
    let lists: Vec<_> = [2, 4, 5, 6, 8].map(|right| answers(&["a", "b", "c", "d"], &[right; 4])).to_vec();
    let found = accuracy(&lists, Question::Recipes);
    assert!(close(found.estimate.value, 0.5) && (found.standard_error - 0.1).abs() < 1e-9);
    assert!((found.degrees.unwrap() - 4.0).abs() < 1e-6 && (found.components.network - 0.05f64.sqrt()).abs() < 1e-6);
    // On the scale of ln (p / (1 - p)): 2.776 * 0.1 / 0.25 = 1.1106, which is 0.752 of a share.
    assert!((found.estimate.high - 0.752_25).abs() < 1e-4, "{found:?}");
    assert!(accuracy(&lists, Question::Networks).standard_error < 1e-12, "as they are, on speakers who all agree");
}

#[test]
fn networks_that_agree_add_nothing_and_speakers_that_differ_do() {
    let one = answers(&["a", "b", "c", "d", "e", "f"], &[1, 3, 4, 6, 8, 9]);
    let (first, five) =
        (accuracy(std::slice::from_ref(&one), Question::Recipes), accuracy(&vec![one.clone(); 5], Question::Recipes));
    assert!((first.standard_error - five.standard_error).abs() < 1e-12, "{first:?} {five:?}");
    // Shares of 0.1 to 0.9: their deviation over the root of six.
    let (_, sd) = mean_sd(&[0.1, 0.3, 0.4, 0.6, 0.8, 0.9]);
    assert!((five.standard_error - sd.unwrap() / 6f64.sqrt()).abs() < 1e-12);
}

#[test]
fn seeds_that_test_other_speakers_are_taken_together() {
    let lists: Vec<_> =
        [("a", "b", 2), ("c", "d", 5), ("e", "f", 8)].map(|(x, y, right)| answers(&[x, y], &[right, right])).to_vec();
    let found = accuracy(&lists, Question::Recipes);
    // Three means of 0.2, 0.5 and 0.8: what differs between networks holds their speakers.
    assert!(close(found.estimate.value, 0.5) && (found.standard_error - 0.3 / 3f64.sqrt()).abs() < 1e-9, "{found:?}");
    assert!((found.degrees.unwrap() - 2.0).abs() < 1e-9);
}

#[test]
fn shares_at_the_end_of_their_range_keep_an_honest_interval() {
    let all_right = accuracy(&[answers(&["a", "b", "c"], &[10; 3])], Question::Networks);
    assert_eq!((all_right.estimate.value, all_right.estimate.high), (1.0, 1.0));
    assert!((all_right.estimate.low - 0.4385).abs() < 1e-4, "three speakers, Wilson: {all_right:?}");
}

#[test]
fn one_speaker_is_taken_by_clips_and_nothing_has_no_figure() {
    let found = accuracy(&[answers(&["a"], &[5]), answers(&["a"], &[7])], Question::Recipes);
    assert_eq!((found.estimate.method, found.speakers), (Method::NetworksAndClips, 1));
    assert!(found.estimate.low < 0.6 && found.estimate.high > 0.6, "{found:?}");
    assert_eq!(estimate(3, Metric::Uar, &[], Question::Recipes), None);
    assert_eq!(estimate(3, Metric::Uar, &[Network { seed: 0, fold: None, answers: &[] }], Question::Recipes), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_value_is_the_mean_of_the_seeds_and_the_interval_holds_it(a in any_answers(), b in any_answers()) {
        let lists = [predictions(&a), predictions(&b)];
        let networks: Vec<Network<'_>> =
            lists.iter().zip(0..).map(|(answers, seed)| Network { seed, fold: None, answers }).collect();
        for metric in Metric::ALL.into_iter().filter(|m| *m != Metric::Loss) {
            let of = |list: &Vec<Prediction>| {
                metric.of_confusion(&Confusion::of(3, list.iter().map(|p| (p.truth, p.predicted))))
            };
            let found = estimate(3, metric, &networks, Question::Recipes).unwrap().estimate;
            prop_assert!((found.value - (of(&lists[0]) + of(&lists[1])) / 2.0).abs() < 1e-12);
            prop_assert!(0.0 <= found.low && found.low <= found.value, "{:?}", found);
            prop_assert!(found.value <= found.high && found.high <= 1.0, "{:?}", found);
        }
    }
}
