//! What is refused, and in which words.

use super::*;

fn refusal(items: &[Item], text: &str) -> String {
    split(items, Known::default(), 1, &protocol(text), &mut stream(0)).unwrap_err().to_string()
}

#[test]
fn nothing_cannot_be_split() {
    assert_eq!(refusal(&[], "clips = {}"), "there is no clip to split");
}

#[test]
fn too_few_speakers_are_counted_and_a_way_out_is_named() {
    let corpus = Corpus::of(&[10, 10], 2);
    let items = corpus.items();
    assert_eq!(
        refusal(&items, "speakers = {}"),
        "2 speaker(s), but train, validation and test with speakers of their own need at least 3; set `validation = 0` and \
         `train.early_stopping = \"none\"`, name fewer fixed speakers, or use `split.clips` (known voices, stamped on every result)"
    );
    assert!(split(&items, Known::default(), 0, &protocol("speakers = { validation = 0 }"), &mut stream(0)).is_ok());
    assert_eq!(
        refusal(&items, "k-fold = {}"),
        "2 speaker(s), but 5 folds of whole speakers need at least 5; set `folds` to 2 or less"
    );
    assert_eq!(
        refusal(&items, "leave-one-speaker-out = {}"),
        "fold 0: 1 speaker(s), but train and validation with speakers of their own need at least 2; set `validation = 0` and \
         `train.early_stopping = \"none\"`"
    );
}

#[test]
fn a_class_that_only_the_tested_have_is_an_error_with_its_fold() {
    let mut corpus = Corpus::of(&[6, 6, 6], 2);
    corpus.0.iter_mut().filter(|c| c.0 == "s01_002").for_each(|c| c.1 = 2);
    assert_eq!(
        refusal(&corpus.items(), "leave-one-speaker-out = { validation = 0 }"),
        "fold 1: class 2 (that of clip `s01_002`; 1 clip(s) in the corpus) has no clip in train but is in test; map it to \
         another label, leave it out, or use another split"
    );
    let labels = ["angry", "happy", "sad"].map(str::to_owned);
    let known = Known { labels: &labels, ..Known::default() };
    let apart = protocol("leave-one-speaker-out = { validation = 0 }");
    let said = split(&corpus.items(), known, 1, &apart, &mut stream(0)).unwrap_err().to_string();
    assert!(said.starts_with("fold 1: class `sad` (that of clip `s01_002`;"), "a label is called by its name: {said}");
    // Where speakers are drawn, the one who has the class is kept for training.
    let items = corpus.items();
    for seed in 0..5 {
        let fold = &split(&items, Known::default(), 0, &protocol("speakers = {}"), &mut stream(seed)).unwrap()[0];
        assert!(fold.train.rows().iter().any(|r| items[r.clip].speaker == "s01"));
    }
}

#[test]
fn shares_that_leave_nothing_are_refused_before_anything_is_drawn() {
    let corpus = Corpus::of(&[3], 1);
    let said = refusal(&corpus.items(), "clips = { test = 0.6, validation = 0.4 }");
    assert!(said.starts_with("split.clips: validation: test 0.6 and validation 0.4 together leave nothing"), "{said}");
    let said = refusal(&corpus.items(), "clips = { test = 0.5, validation = 0.3 }");
    assert_eq!(
        said,
        "3 clip(s) are too few for 2 to test and 1 to validate with one left to train on; lower the shares or the number \
         of folds"
    );
    let said = refusal(&corpus.items(), "clips = { test = 0.0 }");
    assert!(said.contains("test: 0 is out of range; allowed: above 0, at most 0.95"), "{said}");
}

#[test]
fn unknown_speakers_are_named_all_at_once_with_the_nearest() {
    let corpus = Corpus::of(&[6; 4], 2);
    let said =
        refusal(&corpus.items(), "speakers = { test_speakers = [\"s1\", \"s02\"], validation_speakers = [\"bob\"] }");
    assert_eq!(
        said,
        "split.speakers.test_speakers: unknown speaker `s1`, did you mean `s01`?; \
         split.speakers.validation_speakers: unknown speaker `bob`; the corpus has 4 speakers: s00, s01, s02, s03"
    );
    let twice = protocol("speakers = { test_speakers = [\"s01\"], validation_speakers = [\"s01\"] }").check();
    assert_eq!(twice[0].message, "`s01` is in test_speakers too; it belongs to one partition");
}

#[test]
#[expect(clippy::disallowed_methods, reason = "how long it takes is what is tested")]
fn forty_thousand_names_in_two_lists_are_checked_and_looked_up_in_no_time() {
    let names: Vec<String> = (0..40_000).map(|i| format!("speaker {i:05}")).collect();
    let (test, validation) = names.split_at(20_000);
    let lists =
        Speakers { test_speakers: test.to_vec(), validation_speakers: validation.to_vec(), ..Speakers::default() };
    let begun = std::time::Instant::now();
    assert_eq!(Protocol::Speakers(lists.clone()).check(), []);
    let corpus = Corpus::of(&[1, 1, 1], 1);
    let said = made(&corpus.items(), 0, &Protocol::Speakers(lists), 0).unwrap_err().to_string();
    assert!(said.contains("unknown speaker `speaker 00019`; ... and 39980 more; the corpus has 3 speakers"), "{said}");
    let same = Speakers { test_speakers: names.clone(), validation_speakers: names, ..Speakers::default() };
    assert_eq!(Protocol::Speakers(same).check().len(), 40_000);
    // By pairs it took 22 seconds.
    assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
}
