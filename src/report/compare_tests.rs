use super::*;
use crate::evaluate::Verdict;
use crate::record::{FileName, Progress, RunDir, RunName, Status, runs, testing};
use std::path::Path;

fn seal(root: &Path, name: &RunName, accuracy: f64, stamp: Option<&str>, settings: &str) {
    let dir = RunDir::create(root, name).unwrap();
    testing::fill(&dir, accuracy, stamp);
    dir.write(FileName::Config, testing::config(name, settings).as_bytes()).unwrap();
    dir.seal().unwrap();
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
    let c = compare(&runs(root.path()).unwrap(), None).unwrap();
    assert_eq!(c.baseline.as_deref(), Some("1d"));
    let [one, two] = c.variants.as_slice() else { panic!("two variants") };
    let accuracy = one.figure(Metric::Accuracy).unwrap();
    assert_eq!(accuracy.values, [0.4, 0.5, 0.4]);
    assert!((accuracy.mean - 1.3 / 3.0).abs() < 1e-12 && (accuracy.sd.unwrap() - 0.057_735).abs() < 1e-5);
    assert_eq!(accuracy.interval, "t over seeds");
    assert_eq!((two.seeds.as_slice(), two.left_out, one.left_out), ([0, 1, 2].as_slice(), 1, 1));
    let d = c.differences.iter().find(|d| d.difference.metric == Metric::Accuracy).unwrap();
    assert!((d.difference.value - 0.4).abs() < 1e-12 && d.difference.seeds == 3 && d.stamped);
    assert!(d.difference.p_holm >= d.difference.p);
    assert_eq!(c.settings.len(), 1);
    let states: Vec<&str> = c.left_out.iter().map(|l| l.state.as_str()).collect();
    assert_eq!(states, ["TAMPERED", "failed"]);
}

#[test]
fn the_text_tells_figures_tests_settings_what_is_left_out_and_leaks() {
    let root = shelf();
    let text = compare(&runs(root.path()).unwrap(), None).unwrap().render(Format::Text);
    let mut redacted = text.clone();
    for (seed, variant) in [(9, "1d"), (3, "2d")] {
        let name = testing::name("exp", variant, seed, None);
        redacted = redacted.replace(name.id.short(), "xxxxxxxx");
    }
    let expected = "\
variant  seeds  left out  accuracy       UAR            weighted F1    macro F1       parameters  leak
1d           3         1  0.433 ± 0.058  0.426 ± 0.064  0.430 ± 0.053  0.423 ± 0.059        1234
2d           3         1  0.833 ± 0.058  0.843 ± 0.064  0.831 ± 0.059  0.837 ± 0.059        1234  LEAK
";
    assert!(redacted.starts_with(expected), "{redacted}");
    for part in [
        "95 % intervals",
        "Difference from 1d, paired over the same clips and seeds",
        "setting       1d  2d\ntrain.epochs  5   9\n",
        "exp/1d-s9-xxxxxxxx  TAMPERED  evaluation.json: its contents have changed",
        "exp/2d-s3-xxxxxxxx  failed    loss is NaN in epoch 2",
        "2d: LEAK: 3 of 10 speakers are in train and test",
    ] {
        assert!(redacted.contains(part), "{part}\n{redacted}");
    }
    let leaking = redacted.lines().filter(|l| l.starts_with("2d  ")).count();
    assert_eq!(leaking, redacted.lines().filter(|l| l.starts_with("2d  ") && l.ends_with("LEAK")).count());
}

#[test]
fn csv_and_json_hold_every_number_in_full() {
    let root = shelf();
    let c = compare(&runs(root.path()).unwrap(), Some("2d")).unwrap();
    let csv = c.render(Format::Csv);
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let header = reader.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let cell = |row: usize, key: &str| rows[row][header.iter().position(|h| h == key).unwrap()].to_owned();
    assert_eq!(cell(0, "accuracy"), c.variants[0].figure(Metric::Accuracy).unwrap().mean.to_string());
    assert_eq!((cell(0, "against").as_str(), cell(1, "against").as_str()), ("2d", ""));
    assert!(cell(0, "accuracy_difference").starts_with("-0.4") && cell(1, "stamp").starts_with("LEAK"));
    let json: serde_json::Value = serde_json::from_str(&c.render(Format::Json)).unwrap();
    assert_eq!((&json["serlab"], &json["comparison"]["baseline"]), (&1.into(), &"2d".into()));
    assert_eq!(json["comparison"]["variants"][0]["figures"][0]["values"].as_array().unwrap().len(), 3);
    let svg = c.plot(Metric::Uar, "exp").svg();
    assert!(svg.contains("2d (LEAK)") && svg.contains("95% interval (t over seeds)"), "{svg}");
    assert!(c.render(Format::Markdown).starts_with("| variant | seeds | left out |"));
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
    let c = compare(&runs(root.path()).unwrap(), None).unwrap();
    assert!(c.differences.is_empty() && c.baseline.is_none());
    let [Ablation { full, parts }] = c.ablations.as_slice() else { panic!("one ablation") };
    let uar: Vec<(&str, bool)> =
        parts.iter().filter(|p| p.metric == Metric::Uar).map(|p| (p.part.as_str(), p.worth > 0.0)).collect();
    assert_eq!(full, "2d");
    assert_eq!(uar, [("model.batch_norm", true), ("train.early_stopping", true), ("augment.noise", false)]);
    assert!(parts.iter().all(|p| p.low <= p.worth && p.worth <= p.high));
    assert!(parts.iter().all(|p| p.verdict != Verdict::Worse || p.worth < 0.0));
    let text = c.render(Format::Text);
    assert!(text.contains("What each part of 2d is worth (full minus without)"), "{text}");
}

#[test]
fn folds_of_a_seed_are_one_test() {
    let root = tempfile::tempdir().unwrap();
    for fold in 0..2 {
        seal(root.path(), &testing::name("exp", "2d", 0, Some(fold)), 0.4 + 0.4 * f64::from(fold), None, "");
    }
    let c = compare(&runs(root.path()).unwrap(), None).unwrap();
    let figure = c.variants[0].figure(Metric::Accuracy).unwrap();
    assert!((figure.mean - 0.6).abs() < 1e-12 && figure.values.len() == 1);
    assert_eq!((c.variants[0].folds, c.variants[0].clips, figure.sd), (2, 20, None));
    assert!(figure.low.unwrap() <= 0.6 && figure.interval.contains("bootstrap"));
}

#[test]
fn an_edited_spec_makes_two_groups_and_a_rerun_supersedes() {
    let root = tempfile::tempdir().unwrap();
    let name =
        |salt: u8| RunName { id: crate::record::RunId::from_bytes(&[salt; 32]), ..testing::name("exp", "2d", 0, None) };
    seal(root.path(), &name(1), 0.4, None, "[train]\nepochs = 5\n");
    seal(root.path(), &name(2), 0.6, None, "[train]\nepochs = 9\n");
    seal(root.path(), &name(3), 0.8, None, "[train]\nepochs = 9\n");
    let c = compare(&runs(root.path()).unwrap(), None).unwrap();
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
