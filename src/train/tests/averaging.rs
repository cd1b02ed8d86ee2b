use super::super::averaging::Statistics;
use super::learning::figures_of;
use super::*;
use crate::kind::Kinds;
use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::Tensor;

/// All weights and running statistics, one after the other.
fn numbers(net: &Net) -> Vec<f32> {
    struct All(Vec<f32>);
    impl ModuleVisitor for All {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.0.extend(param.val().into_data().iter::<f32>());
        }
    }
    let mut all = All(Vec::new());
    net.visit(&mut all);
    all.0
}

fn running(net: &Net) -> Vec<f32> {
    let of = |tensor: Tensor<1>| tensor.into_data().iter::<f32>().collect::<Vec<f32>>();
    net.norms()
        .iter()
        .flat_map(|n| [of(n.running_mean.value_sync()), of(n.running_var.value_sync())].concat())
        .collect()
}

fn nearly(a: &[f32], b: &[f32]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 1e-5 * (1.0 + b.abs()))
}

#[test]
fn the_network_that_is_given_back_is_the_one_that_was_validated() {
    for name in WeightAverage::NAMES {
        for more in ["restore_best = false", "restore_best = true"] {
            let bench = Bench::new(&format!("average.{name} = {{}}\n{more}"));
            let trained = bench.trained();
            let row = if more.ends_with("true") { trained.best_epoch } else { trained.history.len() };
            let uar = figures_of(&trained.net, bench.validation.as_ref().unwrap()).0;
            assert!((uar - trained.history[row - 1].validation.unwrap().uar).abs() < 1e-12, "{name}, {more}");
        }
    }
}

#[test]
fn averaging_changes_what_is_used_and_nothing_of_the_training() {
    let plain = Bench::new("restore_best = false").trained();
    for name in WeightAverage::NAMES {
        let averaged = Bench::new(&format!("restore_best = false\naverage.{name} = {{}}")).trained();
        assert!(!nearly(&numbers(&averaged.net), &numbers(&plain.net)), "{name}");
        for (a, b) in averaged.history.iter().zip(&plain.history) {
            assert_eq!((&a.train, &a.losses, a.learning_rate), (&b.train, &b.losses, b.learning_rate), "{name}");
        }
    }
}

#[test]
fn stochastic_weight_averaging_is_the_plain_mean_of_the_epochs_it_is_of() {
    let after = |epochs: usize| {
        let mut keeper = super::resuming::Keeper::default();
        let bench = Bench::new("restore_best = false");
        bench.train(None, &mut keeper).unwrap();
        let checkpoint = Checkpoint::from_bytes(&keeper.kept[epochs - 1]).unwrap();
        net(0).from_safetensors(&checkpoint.net).unwrap()
    };
    let averaged = Bench::new("restore_best = false\naverage.swa.from = 0.6").trained();
    // 0.6 of six epochs are 3.6: it is of the last three.
    let [fourth, fifth, sixth] = [4, 5, 6].map(|epochs| numbers(&after(epochs)));
    let mean: Vec<f32> = (0..sixth.len()).map(|i| (fourth[i] + fifth[i] + sixth[i]) / 3.0).collect();
    // All but the running statistics, which are gathered anew.
    let statistics = running(&averaged.net);
    let same = numbers(&averaged.net).iter().zip(&mean).filter(|(a, b)| (*a - *b).abs() <= 1e-5).count();
    assert!(same + statistics.len() >= mean.len(), "{same} of {} with {} statistics", mean.len(), statistics.len());
}

#[test]
fn statistics_are_the_mean_over_batches_whatever_the_momentum() {
    let gathered = |momentum: f64, batches: &[u64]| {
        let table = format!("cnn-2d = {{ channels = [4], head = [], batch_norm_momentum = {momentum} }}");
        let architecture: Architecture = toml::from_str(&table).unwrap();
        let device = Device::flex().autodiff();
        let net = architecture.init(SHAPE, CLASSES, &mut Seeds::new(1).stream("init", &[]), &device);
        let mut statistics = Statistics::new(&net);
        for batch in batches {
            let mut stream = Seeds::new(*batch).stream("batch", &[]);
            let values: Vec<f32> = (0..5 * SHAPE.bins * SHAPE.frames).map(|_| stream.normal() as f32).collect();
            let x = Tensor::<1>::from_floats(values.as_slice(), &device).reshape([5, 1, SHAPE.bins, SHAPE.frames]);
            let pass = || {
                net.forward(x, &[], Some(&mut stream));
                Ok(())
            };
            statistics.add(&net, pass).unwrap();
        }
        running(&statistics.finish(&net))
    };
    let (first, second, both) = (gathered(0.0, &[1]), gathered(0.0, &[2]), gathered(0.0, &[1, 2]));
    let mean: Vec<f32> = first.iter().zip(&second).map(|(a, b)| (a + b) / 2.0).collect();
    assert!(nearly(&both, &mean) && !nearly(&first, &second));
    assert!(nearly(&gathered(0.99, &[1, 2]), &both));
}

#[test]
fn training_rows_are_measured_as_they_are_and_change_nothing() {
    let bench = Bench::new("measure_training = true\nrestore_best = false").with_mixup();
    let (measured, plain) = (bench.trained(), Bench::new("restore_best = false").with_mixup().trained());
    assert!(bytes(&measured) == bytes(&plain));
    assert!(plain.history.iter().all(|row| row.unaugmented.is_none()));
    let last = measured.history.last().unwrap();
    assert!((figures_of(&measured.net, &bench.training).0 - last.unaugmented.unwrap().uar).abs() < 1e-12);
    assert_ne!(last.unaugmented.unwrap(), last.train);
}
