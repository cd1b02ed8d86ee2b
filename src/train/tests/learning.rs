use super::*;
use crate::evaluate::Confusion;
use crate::kind::Kinds;

pub(super) fn figures_of(net: &Net, rows: &Toy) -> (f64, Vec<Answer>) {
    let rows_predicted = predict(net, rows, 4, &Device::flex()).unwrap();
    let mut confusion = Confusion::new(CLASSES);
    rows_predicted.iter().enumerate().for_each(|(i, answer)| confusion.add(rows.label(i), answer.class));
    (confusion.uar(), rows_predicted)
}

#[test]
fn every_optimizer_lowers_the_loss_and_learns() {
    for name in Optimizer::NAMES {
        let rate = if *name == "sgd" { 0.3 } else { 0.02 };
        let trained = Bench::new(&format!("optimizer.{name}.learning_rate = {rate}\nepochs = 12")).trained();
        let (first, last) = (&trained.history[0], &trained.history[11]);
        assert!(last.train.loss < 0.8 * first.train.loss, "{name}: {} {}", first.train.loss, last.train.loss);
        assert!(trained.history.iter().any(|r| r.validation.unwrap().uar > 0.6), "{name}");
    }
}

#[test]
fn every_loss_and_schedule_and_clipping_trains() {
    let kinds = [
        ("loss", Loss::NAMES),
        ("schedule", Schedule::NAMES),
        ("gradient_clip", GradientClip::NAMES),
        ("average", WeightAverage::NAMES),
    ];
    for (key, name) in kinds.iter().flat_map(|(key, names)| names.iter().map(move |n| (key, n))) {
        let trained = Bench::new(&format!("{key}.{name} = {{}}")).trained();
        let losses: Vec<f64> = trained.history.iter().map(|r| r.train.loss).collect();
        assert!(losses[5] < losses[0], "{key}.{name}: {losses:?}");
    }
}

#[test]
fn the_network_of_the_best_epoch_is_given_back() {
    let bench = Bench::new("select = \"uar\"");
    let trained = bench.trained();
    let rows = &trained.history;
    let best = rows.iter().map(|r| r.validation.unwrap().uar).fold(0.0, f64::max);
    let first_best = rows.iter().find(|r| r.validation.unwrap().uar == best).unwrap().epoch;
    assert_eq!(trained.best_epoch, first_best);
    assert_eq!(rows.iter().rfind(|r| r.best).unwrap().epoch, first_best);
    assert!((figures_of(&trained.net, bench.validation.as_ref().unwrap()).0 - best).abs() < 1e-12);

    let last = Bench::new("restore_best = false").trained();
    let uar = figures_of(&last.net, bench.validation.as_ref().unwrap()).0;
    assert!((uar - rows[5].validation.unwrap().uar).abs() < 1e-12);
    assert_eq!(last.history, *rows);
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let trained = pool.install(|| Bench::new("class_weights = \"balanced\"").with_mixup().trained());
        (bytes(&trained), trained.history)
    };
    let one = run(1);
    assert!(run(2) == one && run(4) == one);
}

#[test]
fn another_seed_is_another_result() {
    let mut other = Bench::new("");
    other.seed = 8;
    assert_ne!(bytes(&other.trained()), bytes(&Bench::new("").trained()));
}

#[test]
fn validation_changes_no_weight() {
    let plain = "restore_best = false";
    let mut without = Bench::new(plain);
    without.validation = None;
    let mut other = Bench::new(plain);
    other.validation = Some(Toy::new(99, 5));
    let expected = bytes(&Bench::new(plain).trained());
    let alone = without.trained();
    assert!(bytes(&alone) == expected && bytes(&other.trained()) == expected);
    assert_eq!(alone.best_epoch, 6);
    assert!(alone.history.iter().all(|r| r.best && r.validation.is_none()));
}

#[test]
fn training_stops_once_validation_no_longer_improves() {
    let bench = Bench::new("optimizer.sgd.learning_rate = 1e-30\nearly_stopping = { patience = 2, min_delta = 0.9 }");
    let trained = bench.trained();
    assert_eq!((trained.ended, trained.history.len()), (Ended::StoppedEarly, 3));
}

#[test]
fn a_plateau_lowers_the_rate_that_the_rows_report() {
    let schedule = "schedule.plateau = { patience = 2, min_delta = 0.9, factor = 0.5 }";
    let rates: Vec<f64> = Bench::new(schedule).trained().history.iter().map(|r| r.learning_rate).collect();
    assert_eq!(rates, [0.01, 0.01, 0.01, 0.005, 0.005, 0.0025]);
}

#[test]
fn a_last_batch_of_one_row_is_trained_and_drop_last_leaves_it_out() {
    let mut bench = Bench::new("batch_size = 7");
    assert!(bench.trained().history.iter().all(|r| r.train.loss.is_finite()));
    bench.settings.drop_last = true;
    let mut steps = Counter::default();
    bench.train(None, &mut steps).unwrap();
    assert_eq!((steps.outline.unwrap().steps, steps.steps), (7, 42));
}

#[derive(Default)]
struct Counter {
    outline: Option<TrainingOutline>,
    steps: usize,
}

impl Observer for Counter {
    fn started(&mut self, outline: &TrainingOutline) {
        self.outline = Some(*outline);
    }
    fn step(&mut self, _: usize, step: usize, steps: usize, loss: f64) {
        assert!((1..=steps).contains(&step) && loss.is_finite());
        self.steps += 1;
    }
}

#[test]
fn predictions_are_probabilities_that_no_batch_size_changes() {
    let (bench, device) = (Bench::new(""), Device::flex());
    let rows = bench.validation.as_ref().unwrap();
    let net = bench.trained().net;
    let one = predict(&net, rows, 1, &device).unwrap();
    let all = predict(&net, rows, 100, &device).unwrap();
    assert_eq!(one.len(), 21);
    for (a, b) in one.iter().zip(&all) {
        let (a, b) = (&a.probabilities, &b.probabilities);
        assert!((a.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5), "{a:?} {b:?}");
    }
    use burn::module::Module;
    assert_eq!(predict(&net.train(), rows, 100, &device).unwrap(), all);
}

#[test]
fn the_clock_only_tells_where_the_time_went() {
    let ticks = std::cell::Cell::new(0.0);
    let bench = Bench::new("epochs = 2");
    let clock = || {
        ticks.set(ticks.get() + 1.0);
        ticks.get()
    };
    let job = Job {
        training: &bench.training,
        validation: bench.validation.as_ref().map(|v| v as &dyn ValidationExamples),
        settings: &bench.settings,
        augment: &[],
        seeds: Seeds::new(7),
        device: &Device::flex(),
        clock: &clock,
        resume: None,
    };
    let trained = train(&net(7), job, &mut Silent).unwrap();
    // One tick a stage and step: 14 steps, 2 validations, 2 times saving.
    let timing = trained.timing;
    assert_eq!((timing.input_seconds, timing.forward_seconds), (14.0, 14.0));
    assert_eq!((timing.backward_seconds, timing.optimizer_seconds), (14.0, 14.0));
    assert_eq!((timing.validation_seconds, timing.saving_seconds), (2.0, 2.0));
    assert!(timing.total_seconds >= 32.0);
    assert_eq!(bytes(&trained), bytes(&bench.trained()));
}
