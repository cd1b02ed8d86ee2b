//! `linear` and `svm` beside scikit-learn: what `scripts/check_classical.py` wrote of rows that it made up, and of any table that
//! SERLAB_CLASSICAL names.

use burn::tensor::Device;
use serlab::model::{Architecture, InputShape};
use serlab::seed::Seeds;
use serlab::train::{
    ExampleError, Examples, Job, Silent, Train, TrainingExamples, ValidationExamples, predict, train,
};

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
    fn write(&self, i: usize, _: u64, out: &mut [f32]) -> Result<(), ExampleError> {
        out.copy_from_slice(&self.rows[i]);
        Ok(())
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
#[ignore = "needs a table that scripts/check_classical.py wrote, named by SERLAB_CLASSICAL"]
fn answers_are_those_of_scikit_learn_on_a_table() {
    let path = std::env::var("SERLAB_CLASSICAL").expect("SERLAB_CLASSICAL names a file of scripts/check_classical.py");
    for (name, same, other) in compared(&std::fs::read_to_string(path).unwrap()) {
        println!("{:6.2} % the same: {name}{}", 100.0 * same, if other.is_empty() { "" } else { "; margins of the others: " });
        assert!(same >= 0.99, "{name}: {other:?}");
    }
}
