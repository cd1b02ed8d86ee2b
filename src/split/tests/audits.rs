//! The leak audit on folds made by hand and on real counts.

use super::*;

fn row(clip: usize, copy: u32) -> Row {
    Row { clip, copy }
}

fn looked(corpus: &Corpus, known: Known, fold: &Fold) -> Audit {
    audit(&corpus.items(), known, fold, &Fit::default())
}

fn allowed(text: &str) -> Allowed {
    toml::from_str(text).unwrap()
}

fn found(audit: &Audit, kind: FindingKind) -> Vec<&Finding> {
    audit.findings.iter().filter(|f| f.kind == kind).collect()
}

#[test]
fn an_honest_fold_has_no_finding() {
    let corpus = Corpus::of(&[2, 2, 2], 2);
    let rows = |clips: [usize; 2]| clips.map(|c| row(c, 0)).to_vec();
    let fold = Fold::new(None, [rows([0, 1]), vec![row(0, 1), row(1, 1)]].concat(), rows([2, 3]), rows([4, 5]), 0);
    let contents: Vec<[u8; 32]> = (0..6).map(|i| [i; 32]).collect();
    let audit = looked(&corpus, Known { sounds: Some(&contents), ..Known::default() }, &fold);
    assert_eq!((audit.findings.len(), audit.stamp()), (0, None));
}

#[test]
fn shared_speakers_are_counted_against_those_asked() {
    // Speakers s00 and s01 train; s01 and s02 are tested: one of two.
    let corpus = Corpus::of(&[2, 2, 2], 1);
    let fold = Fold::new(None, vec![row(0, 0), row(2, 0)], vec![row(1, 0)], vec![row(3, 0), row(4, 0)], 1);
    let audit = looked(&corpus, Known::default(), &fold);
    let said: Vec<&str> = found(&audit, FindingKind::SharedSpeakers).iter().map(|f| f.sentence.as_str()).collect();
    assert_eq!(said, ["1 of 2 speakers of test are also in train", "1 of 1 speakers of validation are also in train"]);
    assert_eq!(audit.findings[0].examples, ["s01"]);
    assert_eq!(audit.stamp().as_deref(), Some("LEAKS: speakers shared (1 of 2)"));
    assert!(audit.refused(&allowed(r#"allow = ["shared-speakers"]"#)).is_empty());
    assert_eq!(audit.refused(&allowed("")).len(), 2);
    assert_eq!(
        audit.way_out(&allowed(""), &protocol("clips = {}")),
        "For an honest result use `split.speakers`. To measure what the leak is worth set `audit.allow = \
         [\"shared-speakers\"]`: every result is then stamped"
    );
}

#[test]
fn a_scaler_by_speaker_is_told_of_every_result_and_is_no_leak() {
    let corpus = Corpus::of(&[2, 2], 2);
    let fold = Fold::new(None, vec![row(0, 0), row(1, 0)], vec![], vec![row(2, 0), row(3, 0)], 0);
    let sentences = corpus.column("sentence", |_, _| None);
    let known = Known { scaled_by_speaker: true, ..Known::default() };
    let found = audit(&sentences.items(&corpus), known, &fold, &Fit::default());
    let told = found.findings.iter().find(|f| f.kind == FindingKind::Transductive).unwrap();
    assert_eq!(
        told.sentence,
        "transductive: inputs of 1 speaker of test are scaled by statistics of all their own clips, without labels"
    );
    assert_eq!((told.severity, found.stamp()), (Severity::Warning, None));
}

#[test]
fn twins_identical_audio_and_shared_clips_are_told_apart() {
    // Clips 0, 1, 2 of one speaker: the copy of 0 is tested, 2 sounds like 1, and 3 is on both sides.
    let corpus = Corpus::of(&[4], 2);
    let contents = [[0; 32], [1; 32], [1; 32], [3; 32]];
    let sentences =
        corpus.column("sentence", |clip, _| [Some("a"), Some("b"), Some("b"), None][clip].map(str::to_owned));
    let fold = Fold::new(None, vec![row(0, 0), row(1, 0), row(3, 0)], vec![], vec![row(0, 1), row(2, 0), row(3, 0)], 0);
    let known = Known { sounds: Some(&contents), ..Known::default() };
    let arrays = audit(&sentences.items(&corpus), Known { of_arrays: true, ..known }, &fold, &Fit::default());
    let of_arrays = arrays.findings.iter().filter(|f| f.sentence.contains("have the same arrays")).count();
    assert_eq!(of_arrays, 2, "no audio was compared");
    let audit = audit(&sentences.items(&corpus), known, &fold, &Fit::default());
    let said: Vec<&str> = audit.findings.iter().map(|f| f.sentence.as_str()).collect();
    assert_eq!(
        said,
        [
            "1 of 3 clips of test are also in train",
            "1 of 3 rows of test have their source or another copy of it in train",
            "1 of 3 clips of test have the same audio as another clip in train",
            "1 of 1 speakers of test are also in train",
            "2 of 2 sentences of test are also in train",
            "1 of 3 rows of test are augmented copies",
            "2 clips in 1 group have the same audio but different labels",
        ]
    );
    assert_eq!(
        audit.stamp().as_deref(),
        Some("LEAKS: clips shared (1 of 3), twins (1 of 3), identical audio (1 of 3), speakers shared (1 of 1)")
    );
    let speakers = allowed(r#"allow = ["shared-speakers"]"#);
    let refused: Vec<FindingKind> = audit.refused(&speakers).iter().map(|f| f.kind).collect();
    use FindingKind::{SharedAudio, SharedClips, Twins};
    assert_eq!(refused, [SharedClips, Twins, SharedAudio]);
    let json = serde_json::to_string(&audit).unwrap();
    assert!(json.contains(r#""kind":"shared-clips","severity":"leak","between":["train","test"]"#), "{json}");
    assert_eq!(serde_json::from_str::<Audit>(&json).unwrap(), audit);
}

#[test]
fn segments_of_one_recording_that_overlap_across_partitions_are_shared_audio() {
    let corpus = Corpus::of(&[1, 1, 1, 1], 1);
    let span = |recording, start, end| Span { recording, start, end };
    let spans = [span(0, 0.0, 2.5), span(0, 0.1, 2.6), span(0, 2.6, 5.0), span(1, 0.0, 2.5)];
    let known = Known { spans: &spans, ..Known::default() };
    let said = |train: &[usize], test: &[usize]| {
        let rows = |clips: &[usize]| clips.iter().map(|&clip| row(clip, 0)).collect::<Vec<_>>();
        let audit = looked(&corpus, known, &Fold::new(None, rows(train), vec![], rows(test), 0));
        let said = audit.findings.iter().map(|f| f.sentence.clone()).collect::<Vec<_>>();
        (said, audit.refused(&allowed("")).len(), audit.findings.first().map_or(vec![], |f| f.examples.clone()))
    };
    let (sentences, refused, examples) = said(&[1, 3], &[0]);
    assert_eq!(
        sentences,
        [
            "1 of 1 clips of test have audio of a clip in train, which they overlap in one file",
            "1 of 1 recordings of test are also in train, with clips of other speakers",
        ]
    );
    assert_eq!((refused, examples), (1, vec!["s00_000 overlaps s01_000".to_owned()]));
    let (sentences, refused, examples) = said(&[0, 1, 3], &[2]);
    assert_eq!(sentences, ["1 of 1 recordings of test are also in train, with clips of other speakers"]);
    assert_eq!((refused, examples), (0, vec!["s02_000".to_owned()]), "the room and the day are shared, no audio is");
    assert_eq!(said(&[0, 1, 2], &[3]).0, Vec::<String>::new());
    let sounds = [[0; 32], [1; 32], [2; 32], [0; 32]];
    let both = Known { sounds: Some(&sounds), ..known };
    let rows = |clips: &[usize]| clips.iter().map(|&clip| row(clip, 0)).collect::<Vec<_>>();
    let fold = Fold::new(None, rows(&[0, 2]), vec![], rows(&[1, 3]), 0);
    let audit = looked(&corpus, both, &fold);
    let expected =
        "2 of 2 clips of test have audio of another clip in train: 1 overlap it in one file, the others are the same";
    assert_eq!(audit.findings[0].sentence, expected);
}

#[test]
fn labels_that_differ_in_their_writing_alone_are_warned_of() {
    let corpus = Corpus::of(&[3, 3], 3);
    let rows = |clips: [usize; 3]| clips.map(|clip| row(clip, 0)).to_vec();
    let fold = Fold::new(None, rows([0, 1, 2]), vec![], rows([3, 4, 5]), 0);
    let labels = ["Happy", "happy", "sad"].map(str::to_owned);
    let audit = looked(&corpus, Known { labels: &labels, ..Known::default() }, &fold);
    let said: Vec<&str> = audit.warnings().iter().map(|f| f.sentence.as_str()).collect();
    let expected = "2 of 3 labels may be others written in another way, and are classes of their own: `Happy` = `happy`; \
                    merge them with `clips.labels`";
    assert_eq!(said, [expected]);
}

#[test]
fn the_published_leak_is_found_in_its_published_size() {
    let corpus = crema_d();
    let items = corpus.items();
    let rows = protocol("rows = { test = 0.3, validation = 0.035 }");
    let fold = &split(&items, Known::default(), 1, &rows, &mut stream(42)).unwrap()[0];
    let audit = looked(&corpus, Known::default(), fold);
    let twins = found(&audit, FindingKind::Twins)[0];
    // A test row's twin is in training with probability 9897 / 14883 = 0.665.
    let share = twins.count as f64 / twins.of as f64;
    assert!(twins.of == 4466 && (share - 9897.0 / 14883.0).abs() < 0.02, "{share}");
    let stamp = audit.stamp().unwrap();
    assert!(
        stamp.starts_with("LEAKS: twins (") && stamp.ends_with(" of 4,466), speakers shared (91 of 91)"),
        "{stamp}"
    );
    assert!(audit.refused(&allowed(r#"allow = ["twins", "shared-speakers"]"#)).is_empty());
    assert!(audit.way_out(&allowed(""), &rows).contains(r#"audit.allow = ["twins", "shared-speakers"]"#));
}

#[test]
fn classes_that_are_not_tested_are_warned_of_by_the_names_of_their_labels() {
    let corpus = Corpus::of(&[3, 3], 3);
    let fold = Fold::new(None, (0..2).map(|c| row(c, 0)).collect(), vec![], vec![row(3, 0)], 3);
    let labels = ["angry", "happy", "sad"].map(str::to_owned);
    let known = Known { labels: &labels, ..Known::default() };
    let audit = looked(&corpus, known, &fold);
    // Clip 2, the only sad one of its speaker, is not even trained on: the corpus has it all the same.
    let said = "2 of 3 classes have no clip in test (`angry`, `sad`): UAR is over the other 1";
    assert_eq!((audit.warnings()[0].sentence.as_str(), audit.warnings().len()), (said, 1));
    assert_eq!(audit.findings[0].examples, ["`angry`", "`sad`"]);
    assert_eq!(audit.stamp(), None);
    assert!(
        looked(&corpus, Known::default(), &fold).warnings()[0].sentence.contains("(0, 2)"),
        "numbers without names"
    );
}

#[test]
fn speakers_of_two_partitions_whose_names_look_alike_are_warned_of() {
    let name = |clip: usize| ["s01", "S1", "anna", "Anna ", "b", "c"][clip].to_owned();
    let corpus = Corpus((0..6).map(|clip| (format!("{clip}"), 0, name(clip))).collect());
    let rows = |clips: &[usize]| clips.iter().map(|&clip| row(clip, 0)).collect::<Vec<_>>();
    let audit = looked(&corpus, Known::default(), &Fold::new(None, rows(&[0, 4]), rows(&[2]), rows(&[1, 3, 5]), 0));
    let said: Vec<&str> = audit.warnings().iter().map(|f| f.sentence.as_str()).collect();
    let expected = [
        "1 of 3 speakers of test may also be in train, their names look alike: `S1` = `s01`",
        "1 of 3 speakers of test may also be in validation, their names look alike: `Anna ` = `anna`",
    ];
    assert_eq!((said.as_slice(), audit.stamp()), (expected.as_slice(), None));
    let together = Fold::new(None, rows(&[0, 1, 4]), rows(&[5]), rows(&[2, 3]), 0);
    assert!(looked(&corpus, Known::default(), &together).warnings().is_empty(), "in one partition they do no harm");
}

#[test]
fn what_is_fitted_or_selected_on_test_rows_is_a_leak() {
    let corpus = Corpus::of(&[2, 2], 1);
    let fold = Fold::new(None, vec![row(0, 0), row(1, 0)], vec![], vec![row(2, 0), row(3, 0)], 0);
    let of = |text: &str| audit(&corpus.items(), Known::default(), &fold, &toml::from_str(text).unwrap());
    assert_eq!(of("").findings, []);
    let all = of("scaler = \"all\"\nclass_weights = \"all\"\nlength = \"all\"\nepoch = \"test\"");
    let said: Vec<&str> = all.findings.iter().map(|f| f.sentence.as_str()).collect();
    assert_eq!(
        said,
        [
            "fitted on the rows of all partitions: the scaler, the length, class weights",
            "the best epoch is picked on the test rows"
        ]
    );
    let stamp = "LEAKS: the scaler and the length and class weights fitted on test, epoch picked on test";
    assert_eq!(all.stamp().as_deref(), Some(stamp));
    assert_eq!(all.refused(&allowed(r#"allow = ["fitted-on-test"]"#)).len(), 1);
    assert!(all.way_out(&allowed(""), &protocol("speakers = {}")).contains("leave `fit` as it is by default"));
}

#[test]
fn only_leaks_can_be_allowed() {
    let problems = allowed(r#"allow = ["twins", "shared-sentences"]"#).problems(&Context::default());
    assert_eq!(problems.len(), 1);
    assert!(problems[0].key == "allow[1]" && problems[0].message.starts_with("is no leak"), "{problems:?}");
}
