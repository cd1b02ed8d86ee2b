use super::*;
use crate::evaluate::Verdict;
use crate::record::{FileName, Progress, RunDir, RunName, Status, runs, testing};
use std::path::Path;

fn seal(root: &Path, name: &RunName, accuracy: f64, stamp: Option<&str>, settings: &str) {
    let dir = RunDir::create(root, name).unwrap();
    testing::fill(&dir, accuracy, stamp);
    dir.write(FileName::Config, testing::config(name, settings).as_bytes()).unwrap();
    dir.seal(&crate::record::Status::begin(None)).unwrap();
}

/// Two variants with three seeds, the second leaking, and runs without results.
fn shelf() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for seed in 0..3 {
        let better = 0.1 * f64::from(seed as u32 % 2);
        seal(root.path(), &testing::name("exp", "1d", seed, None), 0.4 + better, None, "[train]\nepochs = 5\n");
        let leak = Some("LEAK: 3 of 10 speakers are in train and test");
        seal(root.path(), &testing::name("exp", "2d", seed, None), 0.8 + better, leak, "[train]\nepochs = 9\n");
    }
    let failed = RunDir::create(root.path(), &testing::name("exp", "2d", 3, None)).unwrap();
    testing::fill(&failed, 1.0, None);
    failed.status(&Status::begin(None).end(Progress::Failed, Some("loss is NaN in epoch 2".into()))).unwrap();
    let tampered = testing::sealed_run(root.path(), &testing::name("exp", "1d", 9, None), 1.0, None);
    std::fs::write(tampered.join("evaluation.json"), "{}").unwrap();
    root
}

#[test]
fn variants_are_averaged_over_seeds_and_tested_in_pairs() {
    let root = shelf();
    let c = compare(&runs(root.path()).unwrap(), &Asked::default()).unwrap();
    assert_eq!(c.baseline.as_deref(), Some("1d"));
    let [one, two] = c.variants.as_slice() else { panic!("two variants") };
    let accuracy = one.figure(Metric::Accuracy).unwrap();
    assert_eq!(accuracy.values, [0.4, 0.5, 0.4]);
    assert!((accuracy.mean - 1.3 / 3.0).abs() < 1e-12 && (accuracy.sd.unwrap() - 0.057_735).abs() < 1e-5);
    // Five speakers with two clips each, nearly the same in all seeds: the most that a resample has is half right.
    assert_eq!(accuracy.interval, "bootstrap over speakers");
    assert_eq!((accuracy.low.map(|v| (v * 10.0).round()), accuracy.high), (Some(3.0), Some(0.5)), "{accuracy:?}");
    assert!(c.variants.iter().flat_map(|v| &v.figures).all(|f| f.low >= Some(0.0) && f.high <= Some(1.0)));
    assert_eq!((two.seeds.as_slice(), two.left_out, one.left_out), ([0, 1, 2].as_slice(), 1, 1));
    let d = c.differences.iter().find(|d| d.difference.metric == Metric::Accuracy).unwrap();
    assert!((d.difference.value - 0.4).abs() < 1e-12 && d.difference.seeds == 3 && d.stamped);
    assert!(d.difference.p_holm >= d.difference.p);
    assert_eq!((c.settings.len(), c.settings_in_brief.len()), (1, 1));
    let states: Vec<&str> = c.left_out.iter().map(|l| l.state.as_str()).collect();
    assert_eq!(states, ["TAMPERED", "failed"]);
}

#[test]
fn the_text_tells_figures_tests_settings_what_is_left_out_and_leaks() {
    let root = shelf();
    insta::assert_snapshot!(compare(&runs(root.path()).unwrap(), &Asked::default()).unwrap().render(Format::Text, false), @r"
    variant  seeds  accuracy (%)              UAR (%)                   weighted F1 (%)  parameters  leak
    1d           3  43.3 ± 5.8  [30.0, 50.0]  42.6 ± 6.4  [23.3, 60.0]  43.0 ± 5.3             1234
    2d           3  83.3 ± 5.8 [60.0, 100.0]  84.3 ± 6.4 [60.0, 100.0]  83.1 ± 5.9             1234  LEAK
    Mean ± standard deviation over seeds; in brackets the 95 % interval (bootstrap over speakers and seeds).

    Difference from 1d, on the same clips with the same seeds
    variant  metric    difference (points)   p      p (Holm)  verdict  clips  speakers  seeds  leak
    2d       UAR       +41.7 [+24.4, +57.8]  0.062  0.125     unclear     10         5      3  LEAK
    2d       accuracy  +40.0 [+23.3, +50.0]  0.062  0.125     unclear     10         5      3  LEAK
    95 % bootstrap interval over speakers and seeds, paired permutation test over speakers; Holm: corrected for all 2 rows.

    Settings that differ (in brackets what is not a kind's default)
    setting       1d  2d
    train.epochs  5   9

    Not in these figures
    run                 state     why
    exp/1d-s9-9584b656  TAMPERED  evaluation.json: its contents have changed
    exp/2d-s3-64c457a2  failed    loss is NaN in epoch 2

    Notes
    - 2d: LEAK: 3 of 10 speakers are in train and test
    - 5 speakers in common with 1d are too few: over 2 comparisons no corrected p can be below 0.125, however large a difference; test more speakers (`k-fold` tests all)
    ");
}

#[test]
fn markdown_says_the_same_as_the_text() {
    let root = shelf();
    insta::assert_snapshot!(compare(&runs(root.path()).unwrap(), &against("2d")).unwrap().render(Format::Markdown, false), @r"
    | variant | seeds | accuracy (%) | UAR (%) | weighted F1 (%) | parameters | leak |
    | --- | ---: | --- | --- | --- | ---: | --- |
    | 1d | 3 | 43.3 ± 5.8 [30.0, 50.0] | 42.6 ± 6.4 [23.3, 60.0] | 43.0 ± 5.3 | 1234 |  |
    | 2d | 3 | 83.3 ± 5.8 [60.0, 100.0] | 84.3 ± 6.4 [60.0, 100.0] | 83.1 ± 5.9 | 1234 | LEAK |

    Mean ± standard deviation over seeds; in brackets the 95 % interval (bootstrap over speakers and seeds).

    **Difference from 2d, on the same clips with the same seeds**

    | variant | metric | difference (points) | p | p (Holm) | verdict | clips | speakers | seeds | leak |
    | --- | --- | --- | --- | --- | --- | ---: | ---: | ---: | --- |
    | 1d | UAR | -41.7 [-58.9, -24.4] | 0.062 | 0.125 | unclear | 10 | 5 | 3 | LEAK |
    | 1d | accuracy | -40.0 [-50.0, -20.0] | 0.062 | 0.125 | unclear | 10 | 5 | 3 | LEAK |

    95 % bootstrap interval over speakers and seeds, paired permutation test over speakers; Holm: corrected for all 2 rows.

    **Settings that differ (in brackets what is not a kind's default)**

    | setting | 1d | 2d |
    | --- | --- | --- |
    | train.epochs | 5 | 9 |

    **Not in these figures**

    | run | state | why |
    | --- | --- | --- |
    | exp/1d-s9-9584b656 | TAMPERED | evaluation.json: its contents have changed |
    | exp/2d-s3-64c457a2 | failed | loss is NaN in epoch 2 |

    **Notes**

    - 2d: LEAK: 3 of 10 speakers are in train and test
    - 5 speakers in common with 2d are too few: over 2 comparisons no corrected p can be below 0.125, however large a difference; test more speakers (`k-fold` tests all)
    ");
}

#[test]
fn csv_and_json_hold_every_number_in_full() {
    let root = shelf();
    let c = compare(&runs(root.path()).unwrap(), &against("2d")).unwrap();
    let csv = c.render(Format::Csv, false);
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let header = reader.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let cell = |row: usize, key: &str| rows[row][header.iter().position(|h| h == key).unwrap()].to_owned();
    assert_eq!(cell(0, "accuracy"), c.variants[0].figure(Metric::Accuracy).unwrap().mean.to_string());
    assert_eq!((cell(0, "against").as_str(), cell(1, "against").as_str()), ("2d", ""));
    assert!(cell(0, "accuracy_difference").starts_with("-0.4") && cell(1, "stamp").starts_with("LEAK"));
    let json: serde_json::Value = serde_json::from_str(&c.render(Format::Json, false)).unwrap();
    assert_eq!((&json["serlab"], &json["comparison"]["baseline"]), (&1.into(), &"2d".into()));
    assert_eq!(json["comparison"]["variants"][0]["figures"][0]["values"].as_array().unwrap().len(), 3);
    let svg = c.plot(Metric::Uar, "exp").svg();
    assert!(svg.contains("2d (LEAK)") && svg.contains("95% interval (bootstrap over speakers)"), "{svg}");
    assert!(header.iter().any(|h| h == "macro_f1_low") && !c.render(Format::Text, false).contains("macro"));
}

#[test]
fn ablations_are_ranked_by_what_the_part_is_worth() {
    let root = tempfile::tempdir().unwrap();
    for seed in 0..2 {
        seal(root.path(), &testing::name("exp", "2d", seed, None), 0.8, None, "");
        for (part, accuracy) in [("augment.noise", 0.9), ("model.batch_norm", 0.3), ("train.early_stopping", 0.6)] {
            let name = testing::name("exp", &format!("2d-without-{part}"), seed, None);
            seal(root.path(), &name, accuracy, None, &format!("ablates = \"2d\"\nwithout = \"{part}\"\n"));
        }
    }
    let c = compare(&runs(root.path()).unwrap(), &Asked::default()).unwrap();
    assert!(c.differences.is_empty() && c.baseline.is_none());
    let [Ablation { full, parts }] = c.ablations.as_slice() else { panic!("one ablation") };
    let uar: Vec<(&str, bool)> =
        parts.iter().filter(|p| p.metric == Metric::Uar).map(|p| (p.part.as_str(), p.worth > 0.0)).collect();
    assert_eq!(full, "2d");
    assert_eq!(uar, [("model.batch_norm", true), ("train.early_stopping", true), ("augment.noise", false)]);
    assert!(parts.iter().all(|p| p.low <= p.worth && p.worth <= p.high));
    assert!(parts.iter().all(|p| p.verdict != Verdict::Worse || p.worth < 0.0));
    insta::assert_snapshot!(c.render(Format::Text, false), @r"
    variant                          seeds  accuracy (%)              UAR (%)                   weighted F1 (%)  parameters
    2d                                   2  80.0 ± 0.0 [60.0, 100.0]  80.6 ± 0.0 [53.3, 100.0]  79.7 ± 0.0             1234
    2d-without-augment.noise             2  90.0 ± 0.0 [70.0, 100.0]  91.7 ± 0.0 [75.0, 100.0]  90.0 ± 0.0             1234
    2d-without-model.batch_norm          2  30.0 ± 0.0  [10.0, 50.0]  30.6 ± 0.0   [6.7, 50.0]  30.0 ± 0.0             1234
    2d-without-train.early_stopping      2  60.0 ± 0.0  [50.0, 80.0]  61.1 ± 0.0  [40.0, 85.0]  60.0 ± 0.0             1234
    Mean ± standard deviation over seeds; in brackets the 95 % interval (bootstrap over speakers and seeds).

    What each part of 2d is worth: with it minus without it
    metric    part                  with (%)  without (%)  worth (points)        p      p (Holm)  the part  clips  speakers  seeds
    UAR       model.batch_norm          80.6         30.6  +50.0 [+35.0, +65.0]  0.062  0.375     unclear      10         5      2
              train.early_stopping      80.6         61.1  +19.4   [0.0, +40.0]  0.500  1.000     unclear      10         5      2
              augment.noise             80.6         91.7  -11.1   [-33.3, 0.0]  1.000  1.000     unclear      10         5      2
    accuracy  model.batch_norm          80.0         30.0  +50.0 [+50.0, +50.0]  0.062  0.375     unclear      10         5      2
              train.early_stopping      80.0         60.0  +20.0   [0.0, +40.0]  0.500  1.000     unclear      10         5      2
              augment.noise             80.0         90.0  -10.0   [-30.0, 0.0]  1.000  1.000     unclear      10         5      2
    95 % bootstrap interval over speakers and seeds, paired permutation test over speakers; Holm: corrected for all 6 rows.

    Notes
    - 5 speakers in common with 2d are too few: over 6 comparisons no corrected p can be below 0.375, however large a difference; test more speakers (`k-fold` tests all)
    ");
}

#[test]
fn folds_of_a_seed_are_one_test() {
    let root = tempfile::tempdir().unwrap();
    for fold in 0..2 {
        seal(root.path(), &testing::name("exp", "2d", 0, Some(fold)), 0.4 + 0.4 * f64::from(fold), None, "");
    }
    let c = compare(&runs(root.path()).unwrap(), &Asked::default()).unwrap();
    let figure = c.variants[0].figure(Metric::Accuracy).unwrap();
    assert!((figure.mean - 0.6).abs() < 1e-12 && figure.values.len() == 1);
    assert_eq!((c.variants[0].folds, c.variants[0].clips, figure.sd), (2, 20, None));
    assert!(figure.low.unwrap() <= 0.6 && figure.interval.contains("bootstrap"));
    let text = c.render(Format::Text, false);
    assert!(text.starts_with("variant  seeds x folds  ") && text.contains("\n2d       1 x 2 "), "{text}");
    assert!(text.contains("\nOne seed; in brackets the 95 % interval (bootstrap over speakers).\n"), "{text}");
}

#[test]
fn a_single_run_has_the_interval_that_was_recorded_with_it() {
    let root = tempfile::tempdir().unwrap();
    seal(root.path(), &testing::name("exp", "2d", 0, None), 0.7, None, "");
    let c = compare(&runs(root.path()).unwrap(), &Asked::default()).unwrap();
    let (figure, recorded) = (c.variants[0].figure(Metric::Uar).unwrap(), testing::evaluation(7).uar);
    assert_eq!((figure.mean, figure.low, figure.high), (recorded.value, Some(recorded.low), Some(recorded.high)));
}

#[test]
fn seeds_whose_labels_come_in_another_order_are_put_together_by_name() {
    let interval = |turned: bool| {
        let root = tempfile::tempdir().unwrap();
        seal(root.path(), &testing::name("exp", "2d", 0, None), 0.7, None, "");
        let dir = RunDir::create(root.path(), &testing::name("exp", "2d", 1, None)).unwrap();
        testing::fill(&dir, 0.6, None);
        if turned {
            let (mut labels, mut predictions) = testing::predictions(6);
            labels.reverse();
            predictions.iter_mut().for_each(|p| (p.truth, p.predicted) = (2 - p.truth, 2 - p.predicted));
            dir.write(FileName::Predictions, &crate::record::predictions_csv(&labels, &predictions)).unwrap();
        }
        dir.seal(&crate::record::Status::begin(None)).unwrap();
        let c = compare(&runs(root.path()).unwrap(), &Asked::default()).unwrap();
        c.variants[0].figure(Metric::Accuracy).map(|f| (f.mean, f.low, f.high)).unwrap()
    };
    assert_eq!(interval(true), interval(false));
    assert!(interval(true).1.is_some());
}

#[test]
fn many_settings_of_many_variants_are_told_a_row_a_variant() {
    let root = tempfile::tempdir().unwrap();
    for variant in ["a-long-name", "another-long-name", "a-third-long-name", "a-fourth-long-name"] {
        let settings = format!("[train]\nnote = \"{variant} has quite a long setting\"\n");
        seal(root.path(), &testing::name("exp", variant, 0, None), 0.7, None, &settings);
    }
    let text = compare(&runs(root.path()).unwrap(), &Asked::default()).unwrap().render(Format::Text, false);
    assert!(text.contains("variant             train.note\na-fourth-long-name  \"a-fourth-long-name has"), "{text}");
}

#[test]
fn an_edited_spec_makes_two_groups_and_a_rerun_supersedes() {
    let root = tempfile::tempdir().unwrap();
    let name =
        |salt: u8| RunName { id: crate::record::RunId::from_bytes(&[salt; 32]), ..testing::name("exp", "2d", 0, None) };
    seal(root.path(), &name(1), 0.4, None, "[train]\nepochs = 5\n");
    seal(root.path(), &name(2), 0.6, None, "[train]\nepochs = 9\n");
    seal(root.path(), &name(3), 0.8, None, "[train]\nepochs = 9\n");
    let c = compare(&runs(root.path()).unwrap(), &Asked::default()).unwrap();
    assert_eq!(c.variants.len(), 2);
    assert!(c.variants.iter().all(|v| v.label.starts_with("2d (config ")), "{:?}", c.variants);
    assert_eq!(c.left_out.iter().map(|l| l.state.as_str()).collect::<Vec<_>>(), ["superseded"]);
    assert!(c.notes.iter().any(|n| n.contains("2 configurations")), "{:?}", c.notes);
}

#[test]
fn what_cannot_be_compared_is_an_error_or_a_note() {
    let root = shelf();
    let all = runs(root.path()).unwrap();
    assert!(matches!(compare(&[], None), Err(ReportError::NoRuns)));
    let bad: Vec<StoredRun> = all.iter().filter(|r| !r.has_result()).cloned().collect();
    let error = compare(&bad, None).unwrap_err().to_string();
    assert_eq!(error, "none of the 2 runs has a result (1 TAMPERED, 1 failed); finish or repair them first");
    let error = compare(&all, Some("3d")).unwrap_err().to_string();
    assert!(error.contains("`3d` is not among") && error.contains("`1d`, `2d`"), "{error}");
    let apart: Vec<StoredRun> =
        all.iter().filter(|r| (r.name.variant == "1d") == (r.name.seed == 0)).cloned().collect();
    let c = compare(&apart, None).unwrap();
    assert_eq!(c.notes, ["2d is not held against 1d: they have no seed and fold in common"]);
}
