use super::*;

fn error(bench: &Bench) -> String {
    bench.train(None, &mut Silent).unwrap_err().to_string()
}

#[test]
fn a_loss_that_is_no_number_is_reported_with_epoch_and_step() {
    let mut bench = Bench::new("");
    bench.training.poison = Some(f32::NAN);
    let e = bench.train(None, &mut Silent).unwrap_err();
    assert!(matches!(e, TrainError::NotFinite { what: "the loss", epoch: 1, step: 1 }), "{e}");
    assert!(e.to_string().contains("epoch 1, step 1; try a lower learning rate"), "{e}");
}

#[test]
fn a_training_that_diverges_never_ends_as_a_result() {
    let e = Bench::new("optimizer.sgd.learning_rate = 1e30").train(None, &mut Silent).unwrap_err();
    assert!(matches!(e, TrainError::NotFinite { .. }), "{e}");
}

#[test]
fn a_validation_loss_that_is_no_number_is_reported() {
    let mut bench = Bench::new("");
    bench.validation.as_mut().unwrap().poison = Some(f32::NAN);
    assert!(error(&bench).starts_with("the validation loss became NaN"), "{}", error(&bench));
}

#[test]
fn a_prediction_that_is_no_number_names_the_row() {
    let rows = Toy { poison: Some(f32::NAN), ..Toy::new(3, 4) };
    let e = predict(&net(1), &rows, 2, &Device::flex()).unwrap_err();
    assert!(matches!(e, TrainError::Prediction { row: 0 }), "{e}");
}

#[test]
fn a_row_that_cannot_be_fed_is_named() {
    let mut bench = Bench::new("");
    bench.training.missing = Some(17);
    assert_eq!(error(&bench), "row 17 cannot be fed to the network: not there");
    let mut bench = Bench::new("");
    bench.validation.as_mut().unwrap().missing = Some(20);
    assert_eq!(error(&bench), "row 20 cannot be fed to the network: not there");
}

#[test]
fn what_cannot_be_trained_says_why_and_what_to_do() {
    let bench = |more: &str, change: fn(&mut Bench)| {
        let mut bench = Bench::new(more);
        change(&mut bench);
        error(&bench)
    };
    let nothing: fn(&mut Bench) = |_| {};
    let cases = [
        (bench("epochs = 0", nothing), "epochs: 0 is out of range"),
        (bench("class_weights = [1.0]", nothing), "class_weights: 1 for 3 classes"),
        (bench("", |b| b.training.rows = 0), "there are no training rows"),
        (bench("", |b| b.validation = Some(Toy::new(1, 0))), "there are no validation rows"),
        (bench("drop_last = true", |b| b.training.rows = 7), "7 training rows do not fill one batch of 8"),
        (bench("early_stopping = {}", |b| b.validation = None), "set `train.early_stopping = \"none\"`"),
        (bench("schedule.plateau = {}", |b| b.validation = None), "schedule: `plateau` watches validation rows"),
    ];
    for (said, expected) in cases {
        assert!(said.contains(expected), "{said}");
    }
}

struct Full;

impl Observer for Full {
    fn epoch(&mut self, _: &EpochRow) -> Result<(), ObserverError> {
        Err("no space left in epochs.csv".into())
    }
}

#[test]
fn an_observer_that_fails_ends_the_training_with_its_reason() {
    let e = Bench::new("").train(None, &mut Full).unwrap_err();
    assert_eq!(e.to_string(), "training was ended by what keeps its record: no space left in epochs.csv");
}

#[test]
fn a_network_with_another_number_of_classes_is_an_error() {
    let mut stream = Seeds::new(1).stream("init", &[]);
    let net: Architecture = toml::from_str("cnn-2d = { channels = [2] }").unwrap();
    let net = net.init(SHAPE, 5, &mut stream, &Device::flex());
    let e = predict(&net, &Toy::new(1, 4), 4, &Device::flex()).unwrap_err();
    assert!(matches!(e, TrainError::Logits { expected: [4, 3], actual: [4, 5] }), "{e}");
}
