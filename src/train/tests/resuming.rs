use super::*;
use crate::kind::Kinds;

/// Keeps every checkpoint as bytes, and asks to stop after some steps.
#[derive(Default)]
pub(super) struct Keeper {
    pub(super) kept: Vec<Vec<u8>>,
    rows: Vec<EpochRow>,
    steps_left: Option<usize>,
    stopped: bool,
}

impl Observer for Keeper {
    fn step(&mut self, _: usize, _: usize, _: usize, _: f64) {
        self.steps_left = self.steps_left.map(|n| n.saturating_sub(1));
    }
    fn epoch(&mut self, row: &EpochRow) -> Result<(), ObserverError> {
        self.rows.push(row.clone());
        Ok(())
    }
    fn checkpoint(&mut self, state: &Snapshot<'_>) -> Result<(), ObserverError> {
        self.kept.push(state.checkpoint()?.to_bytes()?);
        self.stopped |= state.is_stopping();
        Ok(())
    }
    fn stop_requested(&self) -> bool {
        self.steps_left == Some(0)
    }
}

fn same(a: &Trained, b: &Trained) -> bool {
    bytes(a) == bytes(b) && a.history == b.history && a.best_epoch == b.best_epoch && a.ended == b.ended
}

const STATEFUL: &str = "schedule.plateau = { patience = 1, factor = 0.5 }\nearly_stopping = { patience = 4 }\n\
                        gradient_clip.norm = { max = 0.5 }";

#[test]
fn resuming_after_any_epoch_gives_the_same_bytes() {
    let averages = ["average.ema.decay = 0.8\nmeasure_training = true", "average.swa.from = 0.4\nrestore_best = false"];
    for more in averages.into_iter().chain([""]) {
        resumes_to_the_same_bytes(&Bench::new(&format!("{STATEFUL}\n{more}")).with_mixup());
    }
}

fn resumes_to_the_same_bytes(bench: &Bench) {
    let mut keeper = Keeper::default();
    let whole = bench.train(None, &mut keeper).unwrap();
    assert!(same(&whole, &bench.trained()), "keeping checkpoints changed the result");
    assert_eq!(keeper.rows, whole.history);
    for (i, kept) in keeper.kept.iter().enumerate() {
        let checkpoint = Checkpoint::from_bytes(kept).unwrap();
        assert_eq!((checkpoint.epoch(), checkpoint.history()), (i + 1, &whole.history[..=i]));
        let mut rest = Keeper::default();
        let resumed = bench.train(Some(checkpoint), &mut rest).unwrap();
        assert!(same(&resumed, &whole), "after epoch {}", i + 1);
        assert_eq!(rest.kept, keeper.kept[i + 1..]);
    }
}

#[test]
fn the_state_of_every_optimizer_survives_a_checkpoint() {
    let momentum = "optimizer.sgd = { momentum = 0.9, nesterov = true }";
    let centered = "optimizer.rmsprop = { momentum = 0.9, centered = true }";
    let amsgrad = "optimizer.adam = { amsgrad = true }";
    let kinds = Optimizer::NAMES.iter().map(|name| format!("optimizer.{name} = {{}}"));
    for text in kinds.chain([momentum, centered, amsgrad].map(str::to_owned)) {
        let bench = Bench::new(&format!("epochs = 3\n{text}"));
        let mut keeper = Keeper::default();
        let whole = bench.train(None, &mut keeper).unwrap();
        let checkpoint = Checkpoint::from_bytes(&keeper.kept[1]).unwrap();
        assert!(same(&bench.train(Some(checkpoint), &mut Silent).unwrap(), &whole), "{text}");
    }
}

#[test]
fn a_stop_in_the_middle_of_an_epoch_goes_back_to_its_start() {
    let bench = Bench::new(STATEFUL).with_mixup();
    let whole = bench.trained();
    // 7 steps an epoch: before the first step, inside the first epoch, between two epochs, inside the fourth.
    for (steps, epoch) in [(0, 0), (3, 0), (7, 0), (8, 1), (26, 3)] {
        let mut keeper = Keeper { steps_left: Some(steps), ..Default::default() };
        let stopped = bench.train(None, &mut keeper).unwrap();
        assert_eq!((stopped.ended, stopped.history.len()), (Ended::Interrupted, epoch), "{steps}");
        assert!(keeper.stopped);
        let checkpoint = Checkpoint::from_bytes(keeper.kept.last().unwrap()).unwrap();
        assert_eq!(checkpoint.epoch(), epoch);
        assert!(same(&bench.train(Some(checkpoint), &mut Silent).unwrap(), &whole), "{steps}");
    }
}

#[test]
fn a_checkpoint_of_a_finished_training_trains_nothing() {
    for more in
        ["epochs = 2", "optimizer.sgd.learning_rate = 1e-30\nearly_stopping = { patience = 1, min_delta = 0.9 }"]
    {
        let bench = Bench::new(more);
        let mut keeper = Keeper::default();
        let whole = bench.train(None, &mut keeper).unwrap();
        let checkpoint = Checkpoint::from_bytes(keeper.kept.last().unwrap()).unwrap();
        let mut again = Keeper::default();
        assert!(same(&bench.train(Some(checkpoint), &mut again).unwrap(), &whole));
        assert!(again.rows.is_empty() && again.kept.is_empty());
    }
}

#[test]
fn a_checkpoint_of_another_training_is_refused() {
    let mut keeper = Keeper::default();
    Bench::new("").train(None, &mut keeper).unwrap();
    let checkpoint = || Some(Checkpoint::from_bytes(&keeper.kept[0]).unwrap());
    let mut seed = Bench::new("");
    seed.seed = 8;
    let mut rows = Bench::new("");
    rows.training = Toy::new(1, 51);
    for other in [seed, rows, Bench::new("epochs = 7"), Bench::new("").with_mixup()] {
        let error = other.train(checkpoint(), &mut Silent).unwrap_err();
        assert!(matches!(error, TrainError::ForeignCheckpoint), "{error}");
    }
}
