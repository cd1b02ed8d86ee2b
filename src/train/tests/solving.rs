use super::*;
use crate::evaluate::Confusion;

fn train_at_once(table: &str, bench: &Bench, observer: &mut dyn Observer) -> Result<Trained, TrainError> {
    let architecture: Architecture = toml::from_str(table).unwrap();
    let job = Job {
        training: &bench.training,
        validation: bench.validation.as_ref().map(|v| v as &dyn ValidationExamples),
        settings: &bench.settings,
        augment: &bench.augment,
        seeds: Seeds::new(bench.seed),
        device: &Device::flex(),
        clock: &|| 0.0,
        resume: None,
    };
    // As a run makes it: on an autodiff device.
    let device = Device::flex().autodiff();
    let net = architecture.init(SHAPE, CLASSES, &mut Seeds::new(1).stream("init", &[]), &device);
    train(&net, job, observer)
}

#[test]
fn what_is_solved_for_has_one_row_of_figures_and_no_epochs() {
    for (table, has_loss) in [("linear = {}", true), ("svm = {}", false), ("svm = { kernel = 'linear' }", false)] {
        let bench = Bench::new("");
        let trained = train_at_once(table, &bench, &mut Silent).unwrap();
        assert_eq!((trained.ended, trained.best_epoch, trained.epochs()), (Ended::Solved, 0, 0));
        let [row] = &trained.history[..] else { panic!("{:?}", trained.history) };
        assert!(row.learning_rate.is_nan() && row.losses.is_empty() && row.best && row.epoch == 1);
        let validation = row.validation.unwrap();
        assert!(row.train.uar > 0.9 && validation.uar > 0.6, "{table}: {row:?}");
        assert_eq!((row.train.loss.is_finite(), validation.loss.is_finite()), (has_loss, has_loss));
        let rows = bench.validation.as_ref().unwrap();
        let answers = predict(&trained.net, rows, 4, &Device::flex()).unwrap();
        let confusion = Confusion::of(CLASSES, answers.iter().enumerate().map(|(i, a)| (rows.label(i), a.class)));
        assert_eq!(confusion.uar(), validation.uar);
        let probabilities = if has_loss { CLASSES } else { 0 };
        assert!(answers.iter().all(|a| a.probabilities.len() == probabilities));
    }
}

#[test]
fn no_seed_batch_size_or_setting_of_epochs_changes_a_solution() {
    for table in ["linear = {}", "svm = {}"] {
        let first = train_at_once(table, &Bench::new(""), &mut Silent).unwrap();
        let settings = "batch_size = 50\nepochs = 1\nearly_stopping.patience = 1\ndrop_last = true\nloss.focal = {}";
        let mut other = Bench { seed: 9, ..Bench::new(settings) };
        let again = train_at_once(table, &other, &mut Silent).unwrap();
        assert!(bytes(&first) == bytes(&again) && first.history[0].train.uar == again.history[0].train.uar, "{table}");
        // Nothing watches validation rows, so that none are needed.
        other.validation = None;
        let alone = train_at_once(table, &other, &mut Silent).unwrap();
        assert!(bytes(&alone) == bytes(&first) && alone.history[0].validation.is_none());
        let weighted = train_at_once(table, &Bench::new("class_weights = [1, 1, 5]"), &mut Silent).unwrap();
        assert_ne!(bytes(&weighted), bytes(&first), "{table}");
    }
}

#[test]
fn a_solution_that_is_not_wanted_any_more_is_given_up() {
    struct Stop;
    impl Observer for Stop {
        fn stop_requested(&self) -> bool {
            true
        }
    }
    let stopped = train_at_once("svm = {}", &Bench::new(""), &mut Stop).unwrap();
    assert_eq!((stopped.ended, stopped.history.len()), (Ended::Interrupted, 0));
    let error = train_at_once("linear = {}", &Bench::new("class_weights = [1, 2]"), &mut Silent).unwrap_err();
    assert!(error.to_string().contains("class_weights: 2 for 3 classes"), "{error}");
    let mut bench = Bench::new("");
    bench.training.poison = Some(f32::NAN);
    let error = train_at_once("linear = {}", &bench, &mut Silent).unwrap_err();
    assert_eq!(error.to_string(), "value 0 of training row 0 is NaN, which is no number");
}
