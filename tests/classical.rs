//! `linear` and `svm` beside scikit-learn: what `scripts/check_classical.py` wrote of rows that it made up, and of any table that
//! SERLAB_CLASSICAL names. And in runs, through the real binary.

mod common;

use burn::tensor::Device;
use common::{Folder, serlab};
use serlab::model::{Architecture, InputShape, Span};
use serlab::seed::Seeds;
use serlab::train::{ExampleError, Examples, Job, Silent, Train, TrainingExamples, ValidationExamples, predict, train};

#[derive(serde::Deserialize)]
struct Table {
    rows: Vec<Vec<f32>>,
    labels: Vec<usize>,
}

#[derive(serde::Deserialize)]
struct Theirs {
    model: Architecture,
    class_weights: String,
    predicted: Vec<usize>,
    /// How far each answer is from another one.
    margin: Vec<f64>,
}

#[derive(serde::Deserialize)]
struct Reference {
    training: Table,
    test: Table,
    answers: Vec<Theirs>,
}

impl Examples for Table {
    fn len(&self) -> usize {
        self.rows.len()
    }
    fn shape(&self) -> InputShape {
        InputShape { channels: 1, bins: self.rows[0].len(), frames: 1 }
    }
    fn label(&self, i: usize) -> usize {
        self.labels[i]
    }
    fn classes(&self) -> usize {
        1 + self.labels.iter().max().expect("there are rows")
    }
    fn write(&self, i: usize, _: u64, out: &mut [f32]) -> Result<Span, ExampleError> {
        out.copy_from_slice(&self.rows[i]);
        Ok(Span::whole(self.shape().frames))
    }
}

impl TrainingExamples for Table {}
impl ValidationExamples for Table {}

/// Our answers to the test rows.
fn ours(reference: &Reference, theirs: &Theirs) -> Vec<usize> {
    let Reference { training, test, .. } = reference;
    let settings: Train = toml::from_str(&format!("class_weights = \"{}\"", theirs.class_weights)).unwrap();
    let (seeds, device) = (Seeds::new(0), Device::flex());
    let net = theirs.model.init(training.shape(), training.classes(), &mut seeds.stream("init", &[]), &device);
    let job = Job {
        training,
        validation: None,
        settings: &settings,
        augment: &[],
        seeds,
        device: &device,
        clock: &|| 0.0,
        resume: None,
    };
    let trained = train(&net, job, &mut Silent).unwrap();
    let answers = predict(&trained.net, test, 32, &device).unwrap();
    answers.into_iter().map(|answer| answer.class).collect()
}

/// For each model the share of answers that are the same, and the margins of those that are not.
fn compared(text: &str) -> Vec<(String, f64, Vec<f64>)> {
    let reference: Reference = serde_json::from_str(text).unwrap();
    let one = |theirs: &Theirs| {
        let ours = ours(&reference, theirs);
        assert_eq!(ours.len(), theirs.predicted.len());
        let other = ours.iter().zip(&theirs.predicted).zip(&theirs.margin).filter(|((a, b), _)| a != b);
        let other: Vec<f64> = other.map(|(_, margin)| *margin).collect();
        let name = format!("{}, class weights {}", serde_json::to_string(&theirs.model).unwrap(), theirs.class_weights);
        (name, 1.0 - other.len() as f64 / ours.len() as f64, other)
    };
    reference.answers.iter().map(one).collect()
}

#[test]
fn answers_are_those_of_scikit_learn() {
    let all = compared(include_str!("classical.json"));
    assert_eq!(all.len(), 18);
    for (name, same, other) in all {
        // Solvers stop at a tolerance, and the weights of a network are f32.
        assert!(other.iter().all(|margin| *margin < 2e-3), "{name}: {same}, margins {other:?}");
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a table may lie anywhere")]
#[ignore = "needs a table that scripts/check_classical.py wrote, named by SERLAB_CLASSICAL"]
fn answers_are_those_of_scikit_learn_on_a_table() {
    let path = std::env::var("SERLAB_CLASSICAL").expect("SERLAB_CLASSICAL names a file of scripts/check_classical.py");
    for (name, same, other) in compared(&std::fs::read_to_string(path).unwrap()) {
        println!(
            "{:6.2} % the same: {name}{}",
            100.0 * same,
            if other.is_empty() { "" } else { "; margins of the others: " }
        );
        assert!(same >= 0.99, "{name}: {other:?}");
    }
}

const SPEC: &str = r#"
features = [{ mfcc = { n_mfcc = 8, n_mels = 24, n_fft = 1024 } }]
corpus.synth = { speakers = 6, repetitions = 1 }
split.k-fold = { folds = 2, validation = 0.25 }
length.frames = 64
train.class_weights = "balanced"

[grid]
"model.c" = [0.1, 1]

[variants.linear]
model.linear = { statistics = ["mean", "sd"] }
augment = [{ noise = {}, copies = 1 }]

[variants.svm]
model.svm = {}
"#;

#[test]
fn classical_models_are_runs_like_any_other() {
    let folder = Folder::new();
    folder.write("classical.toml", SPEC);
    let planned = serlab(&folder).args(["plan", "classical.toml"]).run();
    assert!(planned.out.contains("as many parameters as its solution needs"), "{}", planned.all());
    let ran = serlab(&folder).args(["run", "classical.toml", "--jobs", "2"]).run();
    assert_eq!(ran.code, 0, "{}", ran.all());
    assert!(ran.err.contains("linear-c=1-s0-f0: solved; training loss "), "{}", ran.err);
    assert!(ran.err.contains("svm-c=1-s0-f0: solved; training uar "), "{}", ran.err);
    assert!(ran.all().contains("validation picks"), "validation picks a point of each grid: {}", ran.out);
    let seals = folder.seals();
    assert_eq!(seals.len(), 8);

    for run in folder.runs() {
        let read = |file: &str| std::fs::read_to_string(run.join(file)).unwrap();
        let (name, epochs) = (run.file_name().unwrap().to_str().unwrap().to_owned(), read("epochs.csv"));
        let row: Vec<&str> = epochs.lines().nth(1).unwrap().split(',').collect();
        let is_svm = name.starts_with("svm");
        assert_eq!((epochs.lines().count(), row[0], row[1], row[2].is_empty()), (2, "1", "", is_svm), "{epochs}");
        assert_eq!(read("steps.csv"), "epoch,step,loss\n");
        let probabilities = read("predictions.csv").lines().nth(1).unwrap().split(',').skip(4).all(str::is_empty);
        assert_eq!(probabilities, is_svm, "{name}");
        let evaluation: serde_json::Value = serde_json::from_str(&read("evaluation.json")).unwrap();
        assert_eq!((&evaluation["best_epoch"], &evaluation["epochs"]), (&serde_json::Value::Null, &0.into()));
        assert!(evaluation["parameters"].as_u64().unwrap() > 100, "{}", evaluation["parameters"]);
        assert!(run.join("plots/confusion.svg").is_file() && !run.join("plots/curves.svg").exists());
        let shown = serlab(&folder).arg("show").arg(&run).run();
        assert!(shown.code == 0 && shown.out.contains("solved at once, "), "{}", shown.all());
        let verified = serlab(&folder).arg("verify").arg(&run).run();
        assert_eq!(verified.code, 0, "{}", verified.all());
    }
    for format in ["text", "json", "csv", "markdown"] {
        let compared = serlab(&folder).args(["compare", "classical", "--format", format]).run();
        assert_eq!(compared.code, 0, "{}", compared.all());
    }
    let listed = serlab(&folder).arg("list").run();
    assert_eq!(listed.code, 0, "{}", listed.all());
    // One that lost its seal, as by a kill before the end, is solved for again: to the same bytes.
    let lost = folder.runs().remove(3);
    std::fs::remove_file(lost.join("seal.json")).unwrap();
    let again = serlab(&folder).args(["run", "classical.toml"]).run();
    assert!(again.code == 0 && again.err.contains("7 done, 1 to do"), "{}", again.all());
    assert_eq!(folder.seals(), seals);
}
