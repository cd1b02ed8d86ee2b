//! Two directories of result files that differ in one place.

use super::*;
use std::fs;

const FILES: [(&str, &str); 9] = [
    ("inputs.csv", "clip,content,features\na,01,11\nb,02,12\nc,03,13\n"),
    ("split.csv", "clip,source_clip,speaker,label,partition\na,a,s1,joy,train\nb,b,s2,joy,test\nc,c,s3,joy,test\n"),
    ("stages.json", r#"{"version":1,"initial_weights":"77"}"#),
    ("input.json", r#"{"version":1,"scaler":{"offset":[0.5,2.0]}}"#),
    ("steps.csv", "epoch,step,loss\n1,1,0.5\n1,2,0.25\n2,1,0.125\n"),
    ("epochs.csv", "epoch,train_loss,validation_loss\n1,0.5,0.75\n2,0.25,\n"),
    ("model.safetensors", "weights"),
    ("predictions.csv", "clip,speaker,truth,predicted,p_joy,p_fear\nb,s2,joy,joy,0.75,0.25\nc,s3,joy,fear,0.25,0.75\n"),
    ("evaluation.json", r#"{"accuracy":{"value":0.5},"confusion":[[1,1],[0,0]]}"#),
];

/// What is found where `to` stands in one of two equal directories instead of `from`.
fn found(file: &str, from: &str, to: &str) -> String {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    for folder in &folders {
        FILES.iter().for_each(|(name, text)| fs::write(folder.path().join(name), text).unwrap());
    }
    assert_eq!(first_difference(folders[0].path(), folders[1].path()).unwrap(), None);
    let path = folders[1].path().join(file);
    let changed = fs::read_to_string(&path).unwrap().replacen(from, to, 1);
    fs::write(&path, changed).unwrap();
    first_difference(folders[0].path(), folders[1].path()).unwrap().map(|d| d.to_string()).unwrap_or_default()
}

#[test]
fn the_first_stage_that_differs_is_named_with_the_place() {
    let cases = [
        ("inputs.csv", "02,12", "09,19", "the corpus: `b` has other bytes"),
        ("split.csv", "joy,test", "joy,validation", "the split: `b` is test in the first and validation in the second"),
        ("split.csv", "c,c,s3,joy,test\n", "", "the split: `c` is only in the first"),
        ("inputs.csv", "13", "14", "the features: `c` has other features"),
        ("input.json", "2.0", "2.5", "the network's input: scaler.offset[1] is 2.0 in the first and 2.5 in the second"),
        ("stages.json", "77", "78", "the initial weights: the network begins with other weights"),
        (
            "steps.csv",
            "0.25",
            "0.26",
            "training: epoch 1, step 2: the loss is 0.25 in the first and 0.26 in the second",
        ),
        ("steps.csv", "2,1,0.125\n", "", "training: only the first has epoch 2, step 1"),
        ("epochs.csv", "0.75", "0.5", "training: epoch 1: validation_loss is 0.75 in the first and 0.5 in the second"),
        ("model.safetensors", "w", "W", "the weights: the weights of the best epoch differ"),
        (
            "predictions.csv",
            "0.25,0.75",
            "0.2,0.8",
            "the predictions: `c` has probability 0.25 in the first and 0.2 in the second",
        ),
        ("evaluation.json", "[1,1]", "[2,0]", "the evaluation: confusion[0][0] is 1 in the first and 2 in the second"),
        ("steps.csv", FILES[4].1, "", "the question: the second has no steps.csv; it was made by another version"),
    ];
    for (file, from, to, expected) in cases {
        assert_eq!(found(file, from, to), expected, "{file}: {from} -> {to}");
    }
    let three = found("inputs.csv", "11\nb,02,12\nc,03,13", "01\nb,02,02\nc,03,03");
    assert_eq!(three, "the features: `a` has other features, and 2 more rows differ");
}

#[test]
fn plots_come_last() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    for (folder, text) in folders.iter().zip(["a", "b"]) {
        fs::create_dir(folder.path().join("plots")).unwrap();
        fs::write(folder.path().join("plots/curves.svg"), text).unwrap();
    }
    let difference = first_difference(folders[0].path(), folders[1].path()).unwrap().unwrap();
    assert_eq!(difference.to_string(), "the plots: plots/curves.svg differs");
}
