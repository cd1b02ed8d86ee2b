//! A run directory as a parser: one of its files is anything.

use super::{folder, says_something, write};
use serlab::evaluate::{Prediction, evaluate};
use serlab::record::{
    self, AuditStamp, Depth, EvaluationFile, FileName, RunDir, RunId, RunName, RunState, SplitRow, Status, StoredRun,
};
use std::sync::OnceLock;

/// A run directory, whole and sealed but for one file: the first byte says which, the rest is its content. Results are
/// sealed as they are, so that the reader gets to see them.
pub fn run_directory(bytes: &[u8]) {
    const FILES: [FileName; 8] = [
        FileName::Config,
        FileName::Evaluation,
        FileName::Predictions,
        FileName::Epochs,
        FileName::Split,
        FileName::Provenance,
        FileName::Status,
        FileName::Seal,
    ];
    let Some((which, content)) = bytes.split_first() else { return };
    let file = FILES[usize::from(*which) % FILES.len()];
    let runs = folder();
    let id = RunId::from_bytes(&[0xab; 32]);
    let name = RunName { experiment: "e".into(), variant: "v".into(), seed: 0, fold: None, id };
    let run = RunDir::create(runs.path(), &name).expect("a run in a folder of our own");
    for (file, whole) in whole_run() {
        run.write(*file, whole).expect("a folder of our own can be written");
    }
    let is_sealed_in = !matches!(file, FileName::Status | FileName::Seal);
    if is_sealed_in {
        run.write(file, content).expect("a folder of our own can be written");
    }
    let directory = run.seal(&Status::begin(None)).expect("nothing is missing");
    if !is_sealed_in {
        write(&directory, file.path(), content);
    }
    let Some(read) = StoredRun::read(&directory, Depth::All) else { panic!("a run that is not seen") };
    if let RunState::Tampered(files) = &read.state {
        assert!(!is_sealed_in && !files.is_empty(), "{files:?}");
    }
    assert!(!read.state.word().is_empty());
    read.predictions().err().iter().for_each(says_something);
    read.epochs().err().iter().for_each(says_something);
    read.provenance().err().iter().for_each(says_something);
    read.files();
}

/// The files of a small whole run.
fn whole_run() -> &'static [(FileName, Vec<u8>)] {
    static FILES: OnceLock<Vec<(FileName, Vec<u8>)>> = OnceLock::new();
    FILES.get_or_init(|| {
        let labels = ["anger".to_owned(), "joy".to_owned()];
        let one = |i: usize| Prediction {
            clip: format!("{i}.wav"),
            speaker: "s".to_owned(),
            truth: i % 2,
            predicted: i / 2 % 2,
            probabilities: vec![0.75, 0.25],
        };
        let predictions: Vec<Prediction> = (0..4).map(one).collect();
        let evaluation = EvaluationFile {
            evaluation: evaluate(&labels, &predictions),
            audit: AuditStamp::default(),
            left_out: 0,
            unlisted: 0,
            best_epoch: Some(1),
            epoch_picked_on: None,
            epochs: 1,
            parameters: 1,
        };
        let row = |i: usize| SplitRow {
            clip: format!("{i}.wav"),
            source: format!("{i}.wav"),
            speaker: "s".to_owned(),
            label: "joy".to_owned(),
            partition: "test".to_owned(),
        };
        let config = format!("[run]\nexperiment = \"e\"\nvariant = \"v\"\nseed = 0\nid = \"{}\"\n", "ab".repeat(32));
        vec![
            (FileName::Spec, Vec::new()),
            (FileName::Config, config.into_bytes()),
            (FileName::Split, record::split_csv(&(0..4).map(row).collect::<Vec<_>>())),
            (FileName::Predictions, record::predictions_csv(&labels, &predictions)),
            (FileName::Evaluation, record::json(&evaluation)),
            (FileName::Epochs, b"epoch,train_loss\n1,0.5\n".to_vec()),
            (FileName::Provenance, b"{}".to_vec()),
        ]
    })
}
