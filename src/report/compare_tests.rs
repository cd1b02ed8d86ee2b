use super::*;
use crate::evaluate::{Question, Settled, Verdict, schedule};
use crate::record::{FileName, Progress, RunDir, RunName, Status, runs, testing};
use std::path::Path;

fn against(baseline: &str) -> Asked<'_> {
    Asked { baseline: Some(baseline), ..Asked::default() }
}

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
    assert_eq!(accuracy.interval, "over networks and speakers");
    assert!(accuracy.low < Some(accuracy.mean) && accuracy.high > Some(accuracy.mean) && accuracy.components.is_some());
    assert!(c.variants.iter().flat_map(|v| &v.figures).all(|f| f.low >= Some(0.0) && f.high <= Some(1.0)));
    assert_eq!((two.seeds.as_slice(), two.left_out, one.left_out), ([0, 1, 2].as_slice(), 1, 1));
    let d = c.differences.iter().find(|d| d.difference.metric == Metric::Accuracy).unwrap();
    assert!((d.difference.value - 0.4).abs() < 1e-12 && d.difference.seeds == [3, 3] && d.stamped);
    assert!(d.difference.p_holm >= d.difference.p);
    assert_eq!((c.settings.len(), c.settings_in_brief.len()), (1, 1));
    let states: Vec<&str> = c.left_out.iter().map(|l| l.state.as_str()).collect();
    assert_eq!(states, ["TAMPERED", "failed"]);
}

#[test]
fn the_text_tells_figures_tests_settings_what_is_left_out_and_leaks() {
    let root = shelf();
    insta::assert_snapshot!(compare(&runs(root.path()).unwrap(), &Asked::default()).unwrap().render(Format::Text, false), @r"
    variant  seeds  accuracy (%)             UAR (%)                  weighted F1 (%)  parameters  leak
    1d           3  43.3 ± 5.8 [27.2, 61.1]  42.6 ± 6.4 [25.5, 61.7]  43.0 ± 5.3             1234
    2d           3  83.3 ± 5.8 [39.3, 97.5]  84.3 ± 6.4 [41.7, 97.6]  83.1 ± 5.9             1234  LEAK
    Mean ± standard deviation over seeds; in brackets the 95 % interval over networks and speakers.

    Difference from 1d: the recipes trained again, on other speakers
    variant  metric    difference (points)   p      p (Holm)  verdict           finds (points)  clips  speakers  networks  leak
    2d       UAR       +41.7 [+25.7, +57.7]  0.001  0.002     better, not held  25.4               10         5         3  LEAK
    2d       accuracy  +40.0 [+23.2, +56.8]  0.001  0.002     better, not held  26.7               10         5         3  LEAK
    95 % interval and p (Student's t) over networks and speakers. Holm: corrected for all 2 rows. Finds: the smallest true difference that this design finds four times of five.

    Settings that differ (in brackets what is not a kind's default)
    setting       1d  2d
    train.epochs  5   9

    Not in these figures
    run                 state     why
    exp/1d-s9-9584b656  TAMPERED  evaluation.json: its contents have changed
    exp/2d-s3-64c457a2  failed    loss is NaN in epoch 2

    Notes
    - 2d: LEAK: 3 of 10 speakers are in train and test
    - 2d: with 5 speakers (fewer than 9) the 5 % of p and the 95 % of intervals cannot be held
    ");
}

#[test]
fn markdown_says_the_same_as_the_text() {
    let root = shelf();
    insta::assert_snapshot!(compare(&runs(root.path()).unwrap(), &against("2d")).unwrap().render(Format::Markdown, false), @r"
    | variant | seeds | accuracy (%) | UAR (%) | weighted F1 (%) | parameters | leak |
    | --- | ---: | --- | --- | --- | ---: | --- |
    | 1d | 3 | 43.3 ± 5.8 [27.2, 61.1] | 42.6 ± 6.4 [25.5, 61.7] | 43.0 ± 5.3 | 1234 |  |
    | 2d | 3 | 83.3 ± 5.8 [39.3, 97.5] | 84.3 ± 6.4 [41.7, 97.6] | 83.1 ± 5.9 | 1234 | LEAK |

    Mean ± standard deviation over seeds; in brackets the 95 % interval over networks and speakers.

    **Difference from 2d: the recipes trained again, on other speakers**

    | variant | metric | difference (points) | p | p (Holm) | verdict | finds (points) | clips | speakers | networks | leak |
    | --- | --- | --- | --- | --- | --- | --- | ---: | ---: | ---: | --- |
    | 1d | UAR | -41.7 [-57.7, -25.7] | 0.001 | 0.002 | worse, not held | 25.4 | 10 | 5 | 3 | LEAK |
    | 1d | accuracy | -40.0 [-56.8, -23.2] | 0.001 | 0.002 | worse, not held | 26.7 | 10 | 5 | 3 | LEAK |

    95 % interval and p (Student's t) over networks and speakers. Holm: corrected for all 2 rows. Finds: the smallest true difference that this design finds four times of five.

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
    - 1d: with 5 speakers (fewer than 9) the 5 % of p and the 95 % of intervals cannot be held
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
    let difference: f64 = cell(0, "accuracy_difference").parse().unwrap();
    assert!((difference + 0.4).abs() < 1e-9 && cell(1, "stamp").starts_with("LEAK"));
    let json: serde_json::Value = serde_json::from_str(&c.render(Format::Json, false)).unwrap();
    assert_eq!((&json["serlab"], &json["comparison"]["baseline"]), (&1.into(), &"2d".into()));
    assert_eq!(json["comparison"]["variants"][0]["figures"][0]["values"].as_array().unwrap().len(), 3);
    let svg = c.plot(Metric::Uar, "exp").svg();
    assert!(svg.contains("2d (LEAK)") && svg.contains("95% interval over networks and speakers"), "{svg}");
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
    let svg = c.plot(Metric::Uar, "exp").svg();
    assert!(svg.contains("points of UAR") && svg.contains("model.batch_norm") && !svg.contains("dots: seeds"), "{svg}");
    let [Ablation { full, parts, .. }] = c.ablations.as_slice() else { panic!("one ablation") };
    let uar: Vec<(&str, bool)> =
        parts.iter().filter(|p| p.metric == Metric::Uar).map(|p| (p.part.as_str(), p.worth > 0.0)).collect();
    assert_eq!(full, "2d");
    assert_eq!(uar, [("model.batch_norm", true), ("train.early_stopping", true), ("augment.noise", false)]);
    assert!(parts.iter().all(|p| p.low <= p.worth && p.worth <= p.high));
    assert!(parts.iter().all(|p| p.verdict != Verdict::Worse || p.worth < 0.0));
    assert!(parts.iter().all(|p| !p.level_holds), "two networks and five speakers");
    insta::assert_snapshot!(c.render(Format::Text, false), @r"
    variant                          seeds  accuracy (%)             UAR (%)                  weighted F1 (%)  parameters
    2d                                   2  80.0 ± 0.0 [32.3, 97.1]  80.6 ± 0.0 [31.9, 97.3]  79.7 ± 0.0             1234
    2d-without-augment.noise             2  90.0 ± 0.0 [29.2, 99.5]  91.7 ± 0.0 [36.4, 99.5]  90.0 ± 0.0             1234
    2d-without-model.batch_norm          2  30.0 ± 0.0  [7.8, 68.4]  30.6 ± 0.0  [8.3, 68.2]  30.0 ± 0.0             1234
    2d-without-train.early_stopping      2  60.0 ± 0.0 [32.1, 82.7]  61.1 ± 0.0 [31.6, 84.3]  60.0 ± 0.0             1234
    Mean ± standard deviation over seeds; in brackets the 95 % interval over networks and speakers.

    What each part of 2d is worth: with it minus without it
    metric    part                  with (%)  without (%)  worth (points)        p      p (Holm)  the part           finds (points)  would settle it  clips  speakers  networks
    UAR       model.batch_norm          80.6         30.6  +50.0 [+35.5, +64.5]  0.001  0.004     helps, not held    30.3                                10         5         2
              train.early_stopping      80.6         61.1  +19.4 [-12.4, +51.3]  0.164  0.821     unclear, not held  66.7            +20 speakers        10         5         2
              augment.noise             80.6         91.7  -11.1 [-39.5, +17.3]  0.336  1.000     unclear, not held  59.4            +49 speakers        10         5         2
    accuracy  model.batch_norm          80.0         30.0  +50.0 [+50.0, +50.0]  0.500  1.000     unclear, not held                                      10         5         2
              train.early_stopping      80.0         60.0  +20.0 [-14.0, +54.0]  0.178  0.821     unclear, not held  70.9            +21 speakers        10         5         2
              augment.noise             80.0         90.0  -10.0 [-37.8, +17.8]  0.374  1.000     unclear, not held  57.9            +59 speakers        10         5         2
    95 % interval and p (Student's t) over networks and speakers. Holm: corrected for all 6 rows. Finds: the smallest true difference that this design finds four times of five.

    Notes
    - 2d-without-augment.noise, 2d-without-model.batch_norm, 2d-without-train.early_stopping: with 2 networks a side (fewer than 3) and 5 speakers (fewer than 9) the 5 % of p and the 95 % of intervals cannot be held
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
    assert!(figure.low.unwrap() <= 0.6 && figure.interval == "over networks and speakers");
    let text = c.render(Format::Text, false);
    assert!(text.starts_with("variant  seeds x folds  ") && text.contains("\n2d       1 x 2 "), "{text}");
    assert!(text.contains("\nOne seed; in brackets the 95 % interval over networks and speakers.\n"), "{text}");
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
    assert!(matches!(compare(&[], &Asked::default()), Err(ReportError::NoRuns)));
    let bad: Vec<StoredRun> = all.iter().filter(|r| !r.has_result()).cloned().collect();
    let error = compare(&bad, &Asked::default()).unwrap_err().to_string();
    assert_eq!(error, "none of the 2 runs has a result (1 TAMPERED, 1 failed); finish or repair them first");
    let error = compare(&all, &against("3d")).unwrap_err().to_string();
    assert!(error.contains("`3d` is not among") && error.contains("`1d`, `2d`"), "{error}");
    let apart: Vec<StoredRun> =
        all.iter().filter(|r| (r.name.variant == "1d") == (r.name.seed == 0)).cloned().collect();
    let c = compare(&apart, &Asked::default()).unwrap();
    // All of them tested the same clips, so that other seeds are as good.
    assert!(c.differences.iter().all(|d| d.difference.seeds == [1, 2]), "{:?}", c.differences);
    assert!(c.differences.iter().all(|d| d.difference.question == Question::Networks));
    assert!(
        c.notes[0]
            .starts_with("2d and 1d: one trained network on a side says nothing of what training again would give")
    );
}

#[test]
fn these_networks_are_compared_where_it_is_asked_and_what_varies_is_told() {
    let root = shelf();
    let asked = Asked { question: Question::Networks, ..Asked::default() };
    let c = compare(&runs(root.path()).unwrap(), &asked).unwrap();
    assert!(
        c.differences.iter().all(|d| d.difference.question == Question::Networks && d.difference.networks == [3, 3])
    );
    let text = c.render(Format::Text, true);
    assert!(text.contains("Difference from 1d: these very networks, on other speakers\n"), "{text}");
    assert!(text.contains(", these networks, not held") && text.contains("\nWhat makes them vary\n"), "{text}");
}

#[test]
fn what_a_look_has_settled_stays_settled_and_the_rest_is_held_against_its_level() {
    let root = shelf();
    let settled =
        Settled { variant: "2d".into(), against: "1d".into(), metric: Metric::Accuracy, verdict: Verdict::Worse };
    let mut looks = Looks { cap: 12, asks: BTreeSet::new(), looks: schedule(3, 12) };
    looks.looks.truncate(2);
    looks.looks[0].settled = vec![settled];
    let c = compare(&runs(root.path()).unwrap(), &Asked { looks: Some(&looks), looking: true, ..Asked::default() })
        .unwrap();
    let of = |metric| c.differences.iter().find(|d| d.difference.metric == metric).unwrap();
    assert_eq!((of(Metric::Accuracy).verdict, of(Metric::Accuracy).settled_with), (Verdict::Worse, Some(3)));
    assert_eq!((of(Metric::Uar).difference.level, of(Metric::Uar).settled_with), (looks.looks[1].level, None));
    assert!(c.render(Format::Text, false).contains("worse (with 3 seeds)"));
    assert!(c.notes.iter().any(|n| n.contains("look 2 of at most 12 seeds")), "{:?}", c.notes);
    let later = compare(&runs(root.path()).unwrap(), &Asked { looks: Some(&looks), ..Asked::default() }).unwrap();
    let uar = later.differences.iter().find(|d| d.difference.metric == Metric::Uar).unwrap();
    assert!(uar.difference.verdict() == Verdict::Better && uar.verdict == Verdict::Unclear, "no look has settled it");
}

#[test]
fn networks_without_a_partner_are_told() {
    let root = tempfile::tempdir().unwrap();
    for fold in 0..3 {
        seal(root.path(), &testing::name("exp", "1d", 0, Some(fold)), 0.4, None, "");
        if fold < 2 {
            seal(root.path(), &testing::name("exp", "2d", 0, Some(fold)), 0.6, None, "");
        }
    }
    let c = compare(&runs(root.path()).unwrap(), &Asked::default()).unwrap();
    assert!(
        c.notes.iter().any(|n| n.contains("predicted twice") || n.contains("1 and 0 of their networks")),
        "{:?}",
        c.notes
    );
}
