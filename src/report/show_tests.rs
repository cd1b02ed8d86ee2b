use super::*;
use crate::record::{Depth, GitState, Machine, testing};

fn shown(stamp: Option<&str>, change: impl Fn(&std::path::Path)) -> (String, String) {
    let root = tempfile::tempdir().unwrap();
    let path = testing::sealed_run(root.path(), &testing::name("exp", "2d", 3, None), 0.7, stamp);
    change(&path);
    let run = StoredRun::read(&path, Depth::All).unwrap();
    let text = show(&run).unwrap().replace(&path.display().to_string(), "RUN");
    let id = run.name.id.to_string();
    (text.replace(&id, "ID").replace(&id[..8], "ID8"), show_json(&run).unwrap())
}

#[test]
fn a_run_is_shown_with_figures_classes_and_confusion() {
    let (text, json) = shown(Some("LEAK: 3 of 10 speakers are in train and test"), |_| ());
    assert!(text.starts_with("exp/2d-s3-ID8  sealed\n  LEAK: 3 of 10 speakers are in train and test\n"), "{text}");
    // The clips 7, 8 and 9 are wrong: joy taken for sadness, sadness for anger, anger for joy.
    let expected = "
Classes
label    clips  precision  recall     F1
anger        4      0.750   0.750  0.750
joy          3      0.667   0.667  0.667
sadness      3      0.667   0.667  0.667

Confusion (rows: true, columns: predicted)
         anger  joy  sadness
anger        3    1        0
joy          0    2        1
sadness      1    0        2

Most confused
true     taken for  clips  of the class
anger    joy            1  25 %
joy      sadness        1  33 %
sadness  anger          1  33 %

Files in RUN
";
    assert!(text.contains(expected), "{text}");
    assert!(text.contains("Test: 10 clips of 5 speakers"), "{text}");
    assert!(text.contains("Wilson") && text.contains("bootstrap over speakers"), "{text}");
    assert!(text.contains("3 epochs, weights of epoch 2, 1234 parameters"), "{text}");
    let value: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&value["serlab"], &value["run"]["seed"]), (&1.into(), &3.into()));
    assert_eq!(value["run"]["evaluation"]["accuracy"]["value"], 0.7);
}

#[test]
fn a_tampered_run_shows_no_figures_but_what_was_changed() {
    let (text, json) = shown(None, |path| std::fs::write(path.join("predictions.csv"), "x").unwrap());
    assert!(text.starts_with("exp/2d-s3-ID8  TAMPERED\n  predictions.csv: its contents have changed\n"), "{text}");
    assert!(!text.contains("UAR"), "{text}");
    assert_eq!(serde_json::from_str::<Value>(&json).unwrap()["run"]["evaluation"], Value::Null);
}

#[test]
fn provenance_is_shown() {
    let provenance = Provenance {
        version: 1,
        serlab: Default::default(),
        git: GitState { commit: Some("abc".into()), dirty: true, ..GitState::default() },
        device: "cpu".into(),
        threads: 2,
        machine: Machine::this(),
        command_line: vec!["serlab".into(), "run".into()],
        corpus_fingerprint: "c0".into(),
        split_fingerprint: "51".into(),
    };
    let (text, _) =
        shown(None, |path| std::fs::write(path.join("provenance.json"), crate::record::json(&provenance)).unwrap());
    assert!(text.contains("abc with uncommitted changes (dirty.patch)") && text.contains("cpu, 2 threads"), "{text}");
}
