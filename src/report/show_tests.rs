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
    let (_, text) = text.split_once("  training").unwrap();
    let (text, _) = text.split_once("file ").unwrap();
    insta::assert_snapshot!(text, @r"
       3 epochs, weights of epoch 2, 1234 parameters

    Test: 10 clips of 5 speakers
    metric       value (%)  95 % interval  made by
    accuracy          70.0  [39.7, 89.2]   Wilson
    accuracy          70.0  [31.6, 92.2]   over speakers
    UAR               69.4  [31.8, 91.7]   over speakers
    weighted F1       70.0  [31.6, 92.2]   over speakers
    macro F1          69.4  [32.4, 91.5]   over speakers
    UAR differs by 0.0 points from speaker to speaker (standard deviation), and by 26.9 more for the few clips of each; how runs
    differ one run cannot tell, `serlab compare exp --why` does.

    Classes (figures in percent)
    label    clips  precision  recall    F1
    anger        4       75.0    75.0  75.0
    joy          3       66.7    66.7  66.7
    sadness      3       66.7    66.7  66.7

    Confusion (clips; rows: true, columns: predicted)
             anger  joy  sadness
    anger        3    1        .
    joy          .    2        1
    sadness      1    .        2

    Most confused
    true     taken for  clips  of the class (%)
    anger    joy            1              25.0
    joy      sadness        1              33.3
    sadness  anger          1              33.3

    Files in RUN
    ");
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

#[test]
fn heads_of_the_confusion_are_cut_to_a_terminal_but_stay_apart() {
    let labels = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<String>>();
    let few = labels(&["pleasant surprise", "neutral"]);
    assert_eq!(heads(&few), few);
    let many = ["anger", "boredom", "calm", "contempt", "disgust", "excitement", "frustration", "happiness", "sadness"];
    let mut many = labels(&many);
    many.push("pleasant surprise".to_owned());
    let cut = heads(&many);
    assert_eq!((cut[0].as_str(), cut[2].as_str(), cut[9].as_str()), ("ange", "calm", "plea"));
    // Cutting stops before two would be the same.
    many[8] = "pleasant silence".to_owned();
    assert_eq!(heads(&many)[8..], ["pleasant si", "pleasant su"]);
}

#[test]
fn settings_are_shown_as_far_as_they_are_no_defaults() {
    let root = tempfile::tempdir().unwrap();
    let name = testing::name("exp", "2d", 0, None);
    let dir = crate::record::RunDir::create(root.path(), &name).unwrap();
    testing::fill(&dir, 0.5, None);
    let config = testing::config(&name, "[[features]]\n[features.zcr]\nhop_length = 256\n");
    dir.write(crate::record::FileName::Config, config.as_bytes()).unwrap();
    let run = StoredRun::read(&dir.seal(&crate::record::Status::begin(None)).unwrap(), Depth::All).unwrap();
    let text = show(&run).unwrap();
    assert!(text.contains("Settings (only what is not a default)\n  features  zcr(hop_length=256)\n"), "{text}");
}
