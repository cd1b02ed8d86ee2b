//! Sizes that no set of whole speakers has.

use super::*;

/// What is said of a claim on a test set of a corpus of 24 speakers with 60 clips, which has not been run.
fn of_ravdess(claim: &Claim, split: Option<&str>) -> JudgedClaim {
    let split: Option<Protocol> = split.map(|text| toml::from_str(text).unwrap());
    let corpora = [WholeSpeakers::of([60; 24])];
    let mut all = claims(&[Claimed { corpora: &corpora, split: split.as_ref(), ..held(claim, "2d", &[]) }]);
    all.judged.pop().unwrap()
}

#[test]
fn a_claim_of_speakers_apart_on_a_size_that_no_speakers_have_is_impossible_provided_that_all_clips_were_in_use() {
    for (protocol, split) in [
        ("speakers", None),
        ("leave-one-speaker-out", Some("clips = {}")),
        ("k-fold", Some("k-fold = {}")),
        ("k-fold", Some("k-fold = { by = [\"speaker\", \"sentence\"] }")),
    ] {
        let judged = of_ravdess(&claim(Metric::Uar, 0.9896, Some(288), protocol), split);
        assert!(judged.verdict == Some(Ruling::Impossible) && judged.provided_all_clips, "{protocol}: {judged:?}");
    }
    let claim = accuracy(0.9896, 288, "speakers");
    let corpora = [WholeSpeakers::of([60; 24])];
    let all = claims(&[Claimed { corpora: &corpora, ..held(&claim, "2d", &[]) }]);
    insta::assert_snapshot!(all.render(Format::Text), @r"
    2d, accuracy: IMPOSSIBLE provided that all clips were in use: 288 clips cannot be whole speakers of the corpus (24 speakers, 1440 clips)
      published  98.96 % of 288 clips, split `speakers`
      why        either speakers were shared between training and test, against the split `speakers`, or at least 12 clips left out; 240 and 300 are the nearest sizes that can be

    0 of 1 claim reproduced
    ");
    insta::assert_snapshot!(all.render(Format::Markdown), @r"
    | variant | metric | published (%) | verdict | split | clips |
    | --- | --- | --- | --- | --- | ---: |
    | 2d | accuracy | 98.96 | IMPOSSIBLE | speakers | 288 |

    **Reasons**

    - 2d, accuracy: IMPOSSIBLE provided that all clips were in use: 288 clips cannot be whole speakers of the corpus (24 speakers, 1440 clips)
      - either speakers were shared between training and test, against the split `speakers`, or at least 12 clips left out; 240 and 300 are the nearest sizes that can be

    0 of 1 claim reproduced
    ");
    let csv = all.render(Format::Csv);
    assert!(
        csv.lines().next().unwrap().ends_with(",whole_speakers_missing") && csv.trim_end().ends_with(",12"),
        "{csv}"
    );
    let json: serde_json::Value = serde_json::from_str(&all.render(Format::Json)).unwrap();
    let found = &json["claims"]["judged"][0];
    assert_eq!(
        (found["provided_all_clips"].as_bool(), found["not_whole_speakers"]["missing"].as_u64()),
        (Some(true), Some(12))
    );
}

#[test]
fn a_size_that_no_speakers_have_goes_with_shared_speakers_and_changes_no_verdict() {
    let why = |protocol: &str, split: Option<&str>, n: u64| {
        let judged = of_ravdess(&claim(Metric::Uar, 0.9896, Some(n), protocol), split);
        assert!(judged.verdict.is_none() && !judged.provided_all_clips, "{protocol}: {judged:?}");
        judged.why[1..].join("\n")
    };
    let cannot = "288 clips cannot be whole speakers of the corpus (24 speakers, 1440 clips): ";
    assert_eq!(why("clips", None, 288), format!("{cannot}consistent with the split `clips`"));
    assert_eq!(
        why("k-fold", Some("k-fold.by = \"clips\""), 288),
        format!("{cannot}consistent with the split `k-fold`")
    );
    let untold = format!("{cannot}speakers were shared between training and test, or at least 12 clips left out");
    assert_eq!(why("k-fold", None, 288), untold, "by speakers or by clips");
    assert_eq!(why("k-fold", Some("speakers = {}"), 288), untold);
    assert_eq!(why("file", Some("file.path = \"a.csv\""), 288), untold);
    assert_eq!(why("speakers", Some("speakers.by = \"sentence\""), 288), untold);
    assert_eq!(why("rows", None, 576), "", "copies are counted");
    assert_eq!([why("speakers", None, 300), why("speakers", None, 1_440), why("speakers", None, 4_466)], ["", "", ""]);
}

#[test]
fn a_size_is_ruled_out_only_if_no_list_of_clips_gives_it() {
    let claim = accuracy(0.5, 118, "speakers");
    let (all, some) = (WholeSpeakers::of([60; 24]), WholeSpeakers::of([vec![60; 22], vec![59; 2]].concat()));
    let verdict = |corpora: &[WholeSpeakers]| {
        let held = Claimed { corpora, ..held(&claim, "2d", &[]) };
        claims(&[held]).judged[0].not_whole_speakers.map(|found| found.missing)
    };
    assert_eq!(verdict(std::slice::from_ref(&all)), Some(2));
    assert_eq!(verdict(&[all.clone(), some.clone()]), None);
    let other = WholeSpeakers::of([119, 60]);
    assert_eq!(verdict(&[all, other]), Some(1), "the one that lacks the fewest");
    assert_eq!(verdict(&[]), None);
}

#[test]
fn what_is_impossible_by_its_figure_is_so_without_a_proviso() {
    let judged = of_ravdess(&accuracy(0.9812, 288, "speakers"), None);
    assert!(judged.verdict == Some(Ruling::Impossible) && !judged.provided_all_clips);
    assert!(judged.why[0].starts_with("no number of 288 clips right gives 98.12 %"), "{:?}", judged.why);
    assert!(judged.why.iter().any(|why| why.starts_with("288 clips cannot be whole speakers")), "{:?}", judged.why);
}
