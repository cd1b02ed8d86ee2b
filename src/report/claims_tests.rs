#[path = "claims_speakers_tests.rs"]
mod speakers;

use super::made::{LEAK, LEAKING, Made, SMALL, fail, make};
use super::*;
use crate::evaluate::Metric;
use crate::record::runs;
use std::path::Path;

fn claim(metric: Metric, value: f64, n: Option<u64>, protocol: &str) -> Claim {
    Claim {
        variant: "2d".into(),
        metric,
        value,
        n,
        decimals: Some(2),
        protocol: protocol.into(),
        source: String::new(),
    }
}

fn accuracy(value: f64, n: u64, protocol: &str) -> Claim {
    claim(Metric::Accuracy, value, Some(n), protocol)
}

/// A claim of whose corpus nothing is known.
fn held<'a>(claim: &'a Claim, cell: &'a str, runs: &'a [StoredRun]) -> Claimed<'a> {
    Claimed { claim, cell, runs, corpora: &[], split: None }
}

/// The runs on disk held against one claim.
fn one(root: &Path, claim: &Claim) -> JudgedClaim {
    let runs: Vec<StoredRun> = runs(root).unwrap();
    let mut all = claims(&[held(claim, "2d", &runs)]);
    all.judged.pop().unwrap()
}

/// A small variant with these numbers of 200 clips right, a seed each.
fn seeds(made: Made, right: &[usize]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for (seed, right) in right.iter().enumerate() {
        make(root.path(), made, seed as u64, None, *right);
    }
    root
}

/// What is printed of one claim, without the lines that all claims have.
fn told(judged: &JudgedClaim) -> String {
    [vec![judged.verdict.map_or("no verdict", Ruling::word).to_owned()], judged.why.clone()].concat().join("\n")
}

/// Runs of four variants and claims about them: all four verdicts, and one that cannot be given.
fn shelf() -> (tempfile::TempDir, Vec<(Claim, &'static str)>) {
    let root = tempfile::tempdir().unwrap();
    let rows = Made { variant: "2d-rows", split: "rows", clips: 4466, ..LEAKING };
    let apart = Made { variant: "2d-apart", split: "speakers", clips: 1500, speakers: 18, stamp: None };
    let made = [(LEAKING, [1300, 1322, 1340]), (rows, [3880, 3915, 3930]), (apart, [600, 622, 640])];
    for (made, right) in made {
        right.into_iter().enumerate().for_each(|(seed, k)| drop(make(root.path(), made, seed as u64, None, k)));
    }
    fail(root.path(), rows, 3, None, "loss is NaN in epoch 2");
    fail(root.path(), Made { variant: "1d", ..LEAKING }, 0, None, "out of memory");
    let from = |claim: Claim, source: &str| Claim { source: source.into(), ..claim };
    let all = vec![
        (from(accuracy(0.8766, 2233, "clips"), "README as if of the corrected split"), "2d"),
        (from(claim(Metric::Accuracy, 0.8766, None, "clips"), "README"), "2d"),
        (from(accuracy(0.5920, 2233, "clips"), "notebook, second revision"), "2d"),
        (from(accuracy(0.8766, 4466, "rows"), "README"), "2d-rows"),
        (from(accuracy(0.5920, 2233, "clips"), "notebook, second revision"), "2d-apart"),
        (claim(Metric::Uar, 0.45, Some(1500), "speakers"), "2d-apart"),
        (accuracy(0.3533, 2233, "clips"), "1d"),
    ];
    (root, all)
}

fn judged(root: &Path, list: &[(Claim, &str)]) -> Claims {
    let all = runs(root).unwrap();
    let of = |cell: &str| all.iter().filter(|r| r.name.variant == cell).cloned().collect::<Vec<_>>();
    let cells: Vec<Vec<StoredRun>> = list.iter().map(|(_, cell)| of(cell)).collect();
    let claimed: Vec<Claimed<'_>> =
        list.iter().zip(&cells).map(|((claim, cell), runs)| held(claim, cell, runs)).collect();
    claims(&claimed)
}

#[test]
fn the_text_gives_each_verdict_with_its_reasons() {
    let (root, list) = shelf();
    let all = judged(root.path(), &list);
    assert!(!all.all_reproduced() && all.reproduced == 3);
    insta::assert_snapshot!(all.render(Format::Text), @r"
    2d, accuracy: IMPOSSIBLE: no number of 2233 clips right gives 87.66 %: 1957 give 87.64 %, 1958 give 87.68 %
      published  87.66 % of 2233 clips, split `clips` (README as if of the corrected split)
      ours       59.14 ± 0.90 [57.26, 61.00] %, 3 seeds, 2233 clips, 91 speakers, split `clips`
      why        3915 of 4466 would be (2 x 2233), as where each clip has one augmented copy or the figure is a mean of 2 runs
      leak       LEAK: 91 of 91 speakers are in train and test

    2d, accuracy: NOT REPRODUCED under a split that leaks: 87.66 % is 24.04 points above [54.67, 63.62] %, the 95 % interval over runs (3 seeds, 2233 clips, 91 speakers)
      published  87.66 %, split `clips` (README)
      ours       59.14 ± 0.90 [57.26, 61.00] %, 3 seeds, 2233 clips, 91 speakers, split `clips`
      leak       LEAK: 91 of 91 speakers are in train and test

    2d, accuracy: REPRODUCED under a split that leaks: 59.20 % is inside [54.67, 63.62] %, the 95 % interval over runs (3 seeds, 2233 clips, 91 speakers)
      published  59.20 % of 2233 clips, split `clips` (notebook, second revision)
      ours       59.14 ± 0.90 [57.26, 61.00] %, 3 seeds, 2233 clips, 91 speakers, split `clips`
      leak       LEAK: 91 of 91 speakers are in train and test

    2d-rows, accuracy: REPRODUCED under a split that leaks: 87.66 % is inside [84.66, 90.37] %, the 95 % interval over runs (3 seeds, 4466 clips, 91 speakers)
      published  87.66 % of 4466 clips, split `rows` (README)
      ours       87.51 ± 0.57 [86.24, 88.68] %, 3 seeds, 4466 clips, 91 speakers, split `rows`
      leak       LEAK: 91 of 91 speakers are in train and test

    2d-apart, accuracy: PROTOCOL DIFFERS: published under the split `clips`, run under `speakers`; published of 2233 clips, run on 1500
      published  59.20 % of 2233 clips, split `clips` (notebook, second revision)
      ours       41.38 ± 1.34 [38.10, 44.73] %, 3 seeds, 1500 clips, 54 speakers, split `speakers`
      why        so these runs say nothing of 59.20 %

    2d-apart, UAR: REPRODUCED: 45.00 % is inside [36.59, 46.16] %, the 95 % interval over runs (3 seeds, 1500 clips, 54 speakers)
      published  45.00 % of 1500 clips, split `speakers`
      ours       41.38 ± 1.34 [38.10, 44.73] %, 3 seeds, 1500 clips, 54 speakers, split `speakers`

    1d, accuracy: no verdict: its run has no result (1 failed)
      published  35.33 % of 2233 clips, split `clips`

    Ours: mean ± standard deviation over seeds; in brackets the 95 % interval of that over networks and speakers.

    Not in these figures
    run                      state   why
    exp/1d-s0-c15c91d8       failed  out of memory
    exp/2d-rows-s3-924dad3d  failed  loss is NaN in epoch 2

    3 of 7 claims reproduced
    ");
}

#[test]
fn markdown_says_the_same_as_the_text() {
    let (root, list) = shelf();
    insta::assert_snapshot!(judged(root.path(), &list).render(Format::Markdown), @r"
    | variant | metric | published (%) | ours (%) | verdict | one more run (%) | over | split | clips | leak | source |
    | --- | --- | --- | --- | --- | --- | --- | --- | ---: | --- | --- |
    | 2d | accuracy | 87.66 | 59.14 ± 0.90 [57.26, 61.00] | IMPOSSIBLE |  |  | clips | 2233 | LEAK | README as if of the corrected split |
    | 2d | accuracy | 87.66 | 59.14 ± 0.90 [57.26, 61.00] | NOT REPRODUCED | [54.67, 63.62] | runs | clips |  | LEAK | README |
    | 2d | accuracy | 59.20 | 59.14 ± 0.90 [57.26, 61.00] | REPRODUCED | [54.67, 63.62] | runs | clips | 2233 | LEAK | notebook, second revision |
    | 2d-rows | accuracy | 87.66 | 87.51 ± 0.57 [86.24, 88.68] | REPRODUCED | [84.66, 90.37] | runs | rows | 4466 | LEAK | README |
    | 2d-apart | accuracy | 59.20 | 41.38 ± 1.34 [38.10, 44.73] | PROTOCOL DIFFERS |  |  | clips | 2233 |  | notebook, second revision |
    | 2d-apart | UAR | 45.00 | 41.38 ± 1.34 [38.10, 44.73] | REPRODUCED | [36.59, 46.16] | runs | speakers | 1500 |  |  |
    | 1d | accuracy | 35.33 |  | no verdict |  |  | clips | 2233 |  |  |

    Ours: mean ± standard deviation over seeds; in brackets the 95 % interval of that over networks and speakers.

    **Reasons**

    - 2d, accuracy: IMPOSSIBLE: no number of 2233 clips right gives 87.66 %: 1957 give 87.64 %, 1958 give 87.68 %
      - 3915 of 4466 would be (2 x 2233), as where each clip has one augmented copy or the figure is a mean of 2 runs
      - LEAK: 91 of 91 speakers are in train and test
    - 2d, accuracy: NOT REPRODUCED under a split that leaks: 87.66 % is 24.04 points above [54.67, 63.62] %, the 95 % interval over runs (3 seeds, 2233 clips, 91 speakers)
      - LEAK: 91 of 91 speakers are in train and test
    - 2d, accuracy: REPRODUCED under a split that leaks: 59.20 % is inside [54.67, 63.62] %, the 95 % interval over runs (3 seeds, 2233 clips, 91 speakers)
      - LEAK: 91 of 91 speakers are in train and test
    - 2d-rows, accuracy: REPRODUCED under a split that leaks: 87.66 % is inside [84.66, 90.37] %, the 95 % interval over runs (3 seeds, 4466 clips, 91 speakers)
      - LEAK: 91 of 91 speakers are in train and test
    - 2d-apart, accuracy: PROTOCOL DIFFERS: published under the split `clips`, run under `speakers`; published of 2233 clips, run on 1500
      - so these runs say nothing of 59.20 %
    - 2d-apart, UAR: REPRODUCED: 45.00 % is inside [36.59, 46.16] %, the 95 % interval over runs (3 seeds, 1500 clips, 54 speakers)
    - 1d, accuracy: no verdict: its run has no result (1 failed)

    **Not in these figures**

    | run | state | why |
    | --- | --- | --- |
    | exp/1d-s0-c15c91d8 | failed | out of memory |
    | exp/2d-rows-s3-924dad3d | failed | loss is NaN in epoch 2 |

    3 of 7 claims reproduced
    ");
}

#[test]
fn csv_and_json_hold_every_number_in_full() {
    let (root, list) = shelf();
    let all = judged(root.path(), &list);
    let csv = all.render(Format::Csv);
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let header = reader.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let cell = |row: usize, key: &str| rows[row][header.iter().position(|h| h == key).unwrap()].to_owned();
    let verdicts: Vec<String> = (0..7).map(|row| cell(row, "verdict")).collect();
    let expected = ["IMPOSSIBLE", "NOT REPRODUCED", "REPRODUCED", "REPRODUCED", "PROTOCOL DIFFERS", "REPRODUCED", ""];
    assert_eq!(verdicts, expected);
    assert_eq!([cell(2, "published"), cell(2, "published_clips"), cell(1, "published_clips")], ["0.592", "2233", ""]);
    assert_eq!(cell(2, "mean"), all.judged[2].figure.as_ref().unwrap().mean.to_string());
    assert_eq!((cell(2, "judged_over"), cell(2, "judged_low")), ("runs".into(), cell(2, "over_runs_low")));
    assert_eq!([cell(4, "judged_low"), cell(4, "over_clips_low"), cell(6, "mean"), cell(6, "clips_min")], [""; 4]);
    assert_eq!([cell(3, "stamp"), cell(3, "left_out"), cell(3, "seeds")], [LEAK, "1", "0 1 2"]);
    let json: serde_json::Value = serde_json::from_str(&all.render(Format::Json)).unwrap();
    assert_eq!((&json["serlab"], &json["claims"]["reproduced"]), (&1.into(), &3.into()));
    let (one, none) = (&json["claims"]["judged"][2], &json["claims"]["judged"][6]);
    assert_eq!((&one["verdict"], &one["judged_by"]["noise"]), (&"REPRODUCED".into(), &"runs".into()));
    assert_eq!((&one["claim"]["value"], one["figure"]["values"].as_array().unwrap().len()), (&0.592.into(), 3));
    assert!(none["verdict"].is_null() && none["figure"].is_null());
    assert_eq!(json["claims"]["left_out"].as_array().unwrap().len(), 2);
}

#[test]
fn one_and_two_networks_are_judged_as_they_are_and_say_so() {
    let one_seed = seeds(SMALL, &[120]);
    insta::assert_snapshot!(told(&one(one_seed.path(), &accuracy(0.75, 200, "speakers"))), @r"
    NOT REPRODUCED
    75.00 % is 5.63 points above [50.25, 69.37] %, the 95 % interval over clips (1 seed, 200 clips, 9 speakers)
    95 % intervals for one more run: [50.25, 69.37] % over clips and [57.00, 62.95] % over speakers
    1 trained network tells nothing of what training again would give: judged over clips and speakers alone, of these networks; 3 would tell it of the recipe
    ");
    let two_seeds = seeds(SMALL, &[110, 130]);
    insta::assert_snapshot!(told(&one(two_seeds.path(), &accuracy(0.62, 200, "speakers"))), @r"
    REPRODUCED
    62.00 % is inside [51.60, 68.21] %, the 95 % interval over clips (2 seeds, 200 clips, 18 speakers)
    95 % intervals for one more run: [51.60, 68.21] % over clips and [55.05, 64.83] % over speakers
    2 trained networks tell too little of what training again would give: judged over clips and speakers alone, of these networks; 3 would tell it of the recipe
    ");
}

#[test]
fn three_seeds_far_apart_hold_much_and_mean_little() {
    let root = seeds(SMALL, &[110, 120, 130]);
    // 0.6 ± 4.3027 sqrt(0.05² / 3 + 0.05² + 0.24 / 200) = 0.6 ± 0.29: these speakers are more alike than their clips make real ones.
    let inside = one(root.path(), &accuracy(0.38, 200, "speakers"));
    insta::assert_snapshot!(told(&inside), @r"
    CANNOT TELL
    38.00 % is inside [31.42, 88.58] %, the 95 % interval over runs (3 seeds, 200 clips, 27 speakers)
    it holds 69 % of all figures from chance level (16.7 %) to 100 %, and so contradicts too little; more runs would tell
    ");
    let by = inside.judged_by.unwrap();
    assert_eq!((inside.intervals.len(), by.noise), (1, Noise::Runs));
    assert!((by.half_width() - 0.29).abs() < 0.01, "{by:?}");
    let verdict = |value: f64, decimals: u32| {
        let claim = Claim { decimals: Some(decimals), ..claim(Metric::Accuracy, value, None, "speakers") };
        let judged = one(root.path(), &claim);
        (judged.verdict.unwrap(), judged.why.iter().any(|w| w.contains("as far as it was rounded")))
    };
    // A figure printed in whole percent may have been half a point lower.
    assert_eq!(verdict(by.high - 1e-4, 2), (Ruling::CannotTell, false));
    assert_eq!(verdict(by.high + 1e-4, 2), (Ruling::NotReproduced, false));
    assert_eq!(verdict(by.high + 0.003, 0), (Ruling::CannotTell, true));
    assert_eq!(verdict(by.low + 1e-4, 2), (Ruling::CannotTell, false));
    assert_eq!(verdict(by.low - 1e-4, 2), (Ruling::NotReproduced, false));
}

#[test]
fn seeds_alike_and_equal_ones_leave_the_luck_of_the_clips() {
    // 200 clips at 60 % have a standard error of sqrt(0.24 / 200) = 3.46 points: with 4 and 2 degrees of freedom 10 and 15 to
    // either side.
    for (right, half) in [(&[116, 118, 120, 122, 124][..], 0.10), (&[120; 3][..], 0.15)] {
        let judged = one(seeds(SMALL, right).path(), &accuracy(0.66, 200, "speakers"));
        let by = judged.judged_by.unwrap();
        assert_eq!((judged.verdict, by.noise), (Some(Ruling::Reproduced), Noise::Runs));
        assert!((by.half_width() - half).abs() < 0.012, "{judged:?}");
    }
    let far = one(seeds(SMALL, &[116, 118, 120, 122, 124]).path(), &accuracy(0.75, 200, "speakers"));
    assert_eq!(far.verdict, Some(Ruling::NotReproduced));
}

#[test]
fn folds_are_one_test_and_a_seed_that_lacks_one_does_not_count() {
    let root = tempfile::tempdir().unwrap();
    let half = Made { split: "k-fold", clips: 101, ..SMALL };
    for (seed, fold) in [(0, 1), (0, 2), (1, 1), (1, 2), (2, 1)] {
        make(root.path(), half, seed, Some(fold), 60);
    }
    fail(root.path(), half, 2, Some(2), "out of memory");
    let judged = one(root.path(), &accuracy(0.5941, 202, "k-fold"));
    assert_eq!(
        (judged.seeds.as_slice(), judged.folds, judged.clips.as_slice()),
        ([0, 1].as_slice(), 2, [202, 202].as_slice())
    );
    insta::assert_snapshot!(told(&judged), @r"
    REPRODUCED
    59.41 % is inside [51.78, 67.03] %, the 95 % interval over runs (2 seeds x 2 folds, 202 clips, 9 speakers)
    ");
    let all = runs(root.path()).unwrap();
    let claim = accuracy(0.5941, 101, "k-fold");
    let twice = claims(&[held(&claim, "2d", &all); 2]);
    let left_out: Vec<&str> = twice.left_out.iter().map(|l| l.state.as_str()).collect();
    assert_eq!((left_out, twice.judged[0].left_out), (vec!["incomplete", "failed"], 2));
    assert_eq!(twice.left_out[0].why, "seed 2 has no result of fold 2");
    let differs = "published of 101 clips, run on 202, 2 folds together";
    assert_eq!((twice.judged[0].verdict, twice.judged[0].why[0].as_str()), (Some(Ruling::ProtocolDiffers), differs));
    let lost = words::differences(&twice.judged[0], 3);
    assert_eq!(lost[0], format!("{differs}, without 3 that could not be used"));
    let torn: Vec<StoredRun> = all.into_iter().filter(|r| r.name.seed == 2).collect();
    let torn = claims(&[held(&claim, "2d", &torn)]);
    assert_eq!(told(&torn.judged[0]), "no verdict\nno seed has a result of each of its folds");
}

#[test]
fn a_uar_is_held_against_speakers_and_is_never_impossible() {
    let root = seeds(LEAKING, &[1322, 1322]);
    let judged = one(root.path(), &claim(Metric::Uar, 0.8766, Some(2233), "clips"));
    assert_eq!(judged.verdict, Some(Ruling::NotReproduced));
    assert_eq!(judged.intervals.iter().map(|i| i.noise).collect::<Vec<_>>(), [Noise::Speakers]);
    // Two networks say too little of the recipe: the interval is that of these networks.
    let (figure, by) = (judged.figure.unwrap(), judged.judged_by.unwrap());
    assert!(by.low < figure.mean && figure.mean < by.high && by.high < 0.8766, "{by:?}");
}

#[test]
fn a_test_set_of_another_size_differs_and_seeds_of_several_sizes_hold_what_lies_between() {
    let root = tempfile::tempdir().unwrap();
    for (seed, clips) in [(0, 190), (1, 200), (2, 210)] {
        make(root.path(), Made { clips, ..SMALL }, seed, None, 120);
    }
    let verdict = |n: u64| one(root.path(), &claim(Metric::Uar, 0.6, Some(n), "speakers")).verdict;
    assert_eq!([190, 205, 210].map(verdict), [Some(Ruling::Reproduced); 3]);
    assert_eq!([189, 211].map(verdict), [Some(Ruling::ProtocolDiffers); 2]);
    let differs = one(root.path(), &claim(Metric::Uar, 0.6, Some(2233), "speakers"));
    assert_eq!(
        told(&differs),
        "PROTOCOL DIFFERS\npublished of 2233 clips, run on 190 to 210\nso these runs say nothing of 60.00 %"
    );
}

#[test]
fn an_impossible_figure_is_held_against_the_size_that_the_runs_have() {
    let told_of = |clips: usize| {
        let root = tempfile::tempdir().unwrap();
        make(root.path(), Made { clips, ..SMALL }, 0, None, 50);
        told(&one(root.path(), &accuracy(0.8766, 2233, "speakers")))
    };
    assert!(told_of(154).ends_with("\n135 of 154, what these runs test, would be"), "{}", told_of(154));
    assert!(told_of(80).ends_with("\nnor does any number of the 80 that these runs test"), "{}", told_of(80));
    assert!(told_of(2233).ends_with("a mean of 2 runs"), "{}", told_of(2233));
    let nothing = accuracy(0.1234, 10, "clips");
    let all = claims(&[held(&nothing, "2d", &[])]);
    insta::assert_snapshot!(told(&all.judged[0]), @r"
    IMPOSSIBLE
    no number of 10 clips right gives 12.34 %: 1 give 10.00 %, 2 give 20.00 %
    nor does any number of 2 to 5 times as many
    ");
}

#[test]
fn without_figures_there_is_no_verdict_and_never_success() {
    let root = seeds(SMALL, &[120]);
    let own = accuracy(0.6, 200, "speakers");
    assert_eq!(one(root.path(), &own).verdict, Some(Ruling::Reproduced));
    let path = runs(root.path()).unwrap()[0].dir.clone();
    std::fs::write(path.join("evaluation.json"), "{}").unwrap();
    let tampered = one(root.path(), &own);
    assert_eq!(told(&tampered), "no verdict\nits run has no result (1 TAMPERED)");
    assert_eq!((tampered.left_out, tampered.figure), (1, None));
    fail(root.path(), SMALL, 1, None, "out of memory");
    assert_eq!(told(&one(root.path(), &own)), "no verdict\nnone of its 2 runs has a result (1 TAMPERED, 1 failed)");
    let none = claims(&[held(&own, "2d", &[])]);
    assert!(none.render(Format::Text).starts_with("2d, accuracy: no verdict: it has not been run\n"));
    assert!(!none.all_reproduced() && !claims(&[]).all_reproduced());
    assert_eq!(claims(&[]).render(Format::Text), "no claims to hold against runs\n");
}

#[test]
fn predictions_that_are_gone_and_several_configurations_are_reasons_too() {
    let root = seeds(SMALL, &[120, 122]);
    let mut all = runs(root.path()).unwrap();
    std::fs::remove_file(all[0].dir.join("predictions.csv")).unwrap();
    let own = accuracy(0.6, 200, "speakers");
    let why = |all: &[StoredRun]| told(&claims(&[held(&own, "2d", all)]).judged[0]);
    assert!(why(&all).contains("predictions.csv"), "{}", why(&all));
    all[1].config.insert("train".into(), toml::Value::Boolean(true));
    assert_eq!(why(&all), "no verdict\nits runs have 2 configurations; hold the runs of one against it");
    all[1].config.remove("split");
    let silent = why(&all[1..]);
    assert!(silent.contains("published under the split `speakers`; the runs do not name theirs"), "{silent}");
}

#[test]
fn an_interval_that_could_contradict_nothing_reproduces_nothing() {
    let few = Made { speakers: 2, ..SMALL };
    let root = seeds(few, &[20, 180]);
    for value in [0.875, 1.0, 0.5] {
        let judged = one(root.path(), &accuracy(value, 200, "speakers"));
        if value == 0.5 {
            let told = told(&judged);
            assert!(told.starts_with("REPRODUCED"), "the interval over clips could have contradicted it: {told}");
            continue;
        }
        assert_eq!(judged.verdict, Some(Ruling::CannotTell), "{}", told(&judged));
        assert!(
            judged.why.iter().any(|why| why.contains("of all figures from chance level (16.7 %) to 100 %")),
            "{}",
            told(&judged)
        );
    }
    let list = [(accuracy(0.875, 200, "speakers"), "2d")];
    let all = judged(root.path(), &list);
    assert!(!all.all_reproduced() && (all.reproduced, all.cannot_tell) == (0, 1));
    for (format, said) in [
        (Format::Text, "2d, accuracy: CANNOT TELL: 87.50 % is inside"),
        (Format::Text, "0 of 1 claim reproduced, of 1 these runs cannot tell"),
        (Format::Markdown, "| CANNOT TELL |"),
        (Format::Csv, ",CANNOT TELL,"),
        (Format::Json, "\"verdict\": \"CANNOT TELL\""),
        (Format::Json, "\"cannot_tell\": 1"),
    ] {
        let text = all.render(format);
        assert!(text.contains(said), "{text}");
    }
}
