//! Made runs for tests: of any number of clips and speakers, with as many clips right as asked for.

use crate::evaluate::{Prediction, evaluate};
use crate::record::{AuditStamp, EvaluationFile, FileName, Progress, RunDir, Status, predictions_csv, testing};
use std::path::{Path, PathBuf};

pub(super) const LEAK: &str = "LEAK: 91 of 91 speakers are in train and test";

/// What a made run is of.
#[derive(Clone, Copy)]
pub(super) struct Made {
    pub(super) variant: &'static str,
    pub(super) split: &'static str,
    pub(super) clips: usize,
    pub(super) speakers: usize,
    pub(super) stamp: Option<&'static str>,
}

pub(super) const LEAKING: Made = Made { variant: "2d", split: "clips", clips: 2233, speakers: 91, stamp: Some(LEAK) };
pub(super) const SMALL: Made = Made { variant: "2d", split: "speakers", clips: 200, speakers: 9, stamp: None };

/// Predictions of six classes, `right` of them right and spread evenly over speakers and classes.
fn predictions(made: &Made, seed: u64, fold: Option<u32>, right: usize) -> (Vec<String>, Vec<Prediction>) {
    let labels = ["anger", "disgust", "fear", "happiness", "neutral", "sadness"].map(str::to_owned).to_vec();
    let one = |i: usize| {
        let truth = i % 6;
        // Every number below `clips` comes once, for 7919 is a prime and no number of clips here is a multiple of it.
        let predicted = if i * 7919 % made.clips < right { truth } else { (truth + 1) % 6 };
        let mut probabilities = vec![0.1; 6];
        probabilities[predicted] = 0.5;
        // A split by speakers tests others with each seed.
        let whose = if made.split == "speakers" { format!("{seed}-") } else { String::new() };
        let clip = format!("{whose}{}-{i}", fold.unwrap_or(0));
        Prediction { clip, speaker: format!("{whose}{}", i % made.speakers), truth, predicted, probabilities }
    };
    (labels, (0..made.clips).map(one).collect())
}

pub(super) fn make(root: &Path, made: Made, seed: u64, fold: Option<u32>, right: usize) -> PathBuf {
    let name = testing::name("exp", made.variant, seed, fold);
    let dir = RunDir::create(root, &name).unwrap();
    testing::fill(&dir, 0.5, None);
    let (labels, predictions) = predictions(&made, seed, fold, right);
    let file = EvaluationFile {
        evaluation: evaluate(&labels, &predictions),
        audit: AuditStamp { stamp: made.stamp.map(str::to_owned), findings: Default::default() },
        left_out: 0,
        unlisted: 0,
        best_epoch: Some(2),
        epoch_picked_on: None,
        epochs: 3,
        parameters: 1234,
    };
    let split = format!("[split.{}]\n", made.split);
    dir.write(FileName::Config, testing::config(&name, &split).as_bytes()).unwrap();
    dir.write(FileName::Predictions, &predictions_csv(&labels, &predictions)).unwrap();
    dir.write_json(FileName::Evaluation, &file).unwrap();
    dir.seal(&Status::begin(None)).unwrap()
}

pub(super) fn fail(root: &Path, made: Made, seed: u64, fold: Option<u32>, why: &str) {
    let dir = RunDir::create(root, &testing::name("exp", made.variant, seed, fold)).unwrap();
    testing::fill(&dir, 1.0, None);
    let split = format!("[split.{}]\n", made.split);
    dir.write(FileName::Config, testing::config(dir.name(), &split).as_bytes()).unwrap();
    dir.status(&Status::begin(None).end(Progress::Failed, Some(why.to_owned()))).unwrap();
}
