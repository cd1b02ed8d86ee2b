//! Small whole runs for tests of the record and of the report.

use super::*;
use crate::evaluate::{Evaluation, Prediction, evaluate};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// A name whose id follows from the rest.
pub(crate) fn name(experiment: &str, variant: &str, seed: u64, fold: Option<u32>) -> RunName {
    let id = RunId::of(format!("{experiment}/{variant}/{seed}/{fold:?}").as_bytes());
    RunName { experiment: experiment.into(), variant: variant.into(), seed, fold, id }
}

/// Ten predictions of three classes, the first `right` of them right.
pub(crate) fn predictions(right: usize) -> (Vec<String>, Vec<Prediction>) {
    let labels = vec!["anger".to_owned(), "joy".to_owned(), "sadness".to_owned()];
    let one = |i: usize| {
        let truth = i % 3;
        let predicted = if i < right { truth } else { (truth + 1) % 3 };
        let mut probabilities = vec![0.1; 3];
        probabilities[predicted] = 0.8;
        Prediction { clip: format!("clip-{i}.wav"), speaker: format!("s{}", i % 5), truth, predicted, probabilities }
    };
    (labels, (0..10).map(one).collect())
}

/// Their evaluation; made once for each `right`.
pub(crate) fn evaluation(right: usize) -> Evaluation {
    static DONE: [OnceLock<Evaluation>; 11] = [const { OnceLock::new() }; 11];
    let (labels, predictions) = predictions(right);
    DONE[right].get_or_init(|| evaluate(&labels, &predictions)).clone()
}

/// `config.toml` of a run, with settings of its own.
pub(crate) fn config(name: &RunName, more: &str) -> String {
    let fold = name.fold.map(|f| format!("fold = {f}\n")).unwrap_or_default();
    format!(
        "[run]\nexperiment = \"{}\"\nvariant = \"{}\"\nseed = {}\n{fold}id = \"{}\"\n{more}",
        name.experiment, name.variant, name.seed, name.id
    )
}

/// Writes every result file of a small run with about this accuracy.
pub(crate) fn fill(dir: &RunDir, accuracy: f64, stamp: Option<&str>) {
    let right = (accuracy * 10.0).round() as usize;
    let (labels, predictions) = predictions(right);
    let file = EvaluationFile {
        evaluation: evaluation(right),
        audit: AuditStamp { stamp: stamp.map(str::to_owned), findings: Default::default() },
        left_out: 0,
        unlisted: 0,
        best_epoch: Some(2),
        epoch_picked_on: None,
        epochs: 3,
        parameters: 1234,
    };
    let mut epochs = Epochs::new(["epoch", "learning_rate", "train_loss", "validation_loss", "validation_uar"]);
    epochs.rows = (1..=3).map(|e| vec![f64::from(e), 1e-3, 1.0 / f64::from(e), 1.1 / f64::from(e), 0.5]).collect();
    let row = SplitRow {
        clip: "clip-0.wav".into(),
        source: "clip-0.wav".into(),
        speaker: "s0".into(),
        label: "anger".into(),
        partition: "test".into(),
    };
    dir.write(FileName::Spec, b"name = \"exp\"\n").unwrap();
    dir.write(FileName::Config, config(dir.name(), "").as_bytes()).unwrap();
    dir.write(FileName::Split, &split_csv(&[row])).unwrap();
    dir.write(FileName::Predictions, &predictions_csv(&labels, &predictions)).unwrap();
    dir.write_json(FileName::Evaluation, &file).unwrap();
    dir.restore_epochs(&epochs).unwrap();
    dir.write(FileName::Plot(PlotName::Curves, PlotFormat::Svg), b"<svg/>").unwrap();
}

/// A sealed run on disk.
pub(crate) fn sealed_run(root: &Path, name: &RunName, accuracy: f64, stamp: Option<&str>) -> PathBuf {
    let dir = RunDir::create(root, name).unwrap();
    fill(&dir, accuracy, stamp);
    dir.seal(&Status::begin(None)).unwrap()
}

/// A thousand sealed runs are made by copying one, without waiting for the disk.
pub(crate) fn copy_run(from: &Path, root: &Path, name: &RunName) {
    let to = name.directory(root).unwrap();
    fs::create_dir_all(&to).unwrap();
    for file in FileName::ALL.iter().filter(|f| !matches!(f, FileName::Plot(..) | FileName::Status | FileName::Seal)) {
        if let Ok(bytes) = fs::read(from.join(file.path())) {
            fs::write(to.join(file.path()), bytes).unwrap();
        }
    }
    fs::write(to.join(FileName::Config.path()), config(name, "")).unwrap();
    let status =
        Status { files: super::seal::origins(&to).unwrap(), ..Status::begin(None).end(Progress::Sealed, None) };
    fs::write(to.join(FileName::Status.path()), json(&status)).unwrap();
    fs::write(to.join(FileName::Seal.path()), json(&Seal::of(&to, &name.id).unwrap())).unwrap();
}
