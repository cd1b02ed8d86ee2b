//! The training loop.

use super::averaging::Statistics;
use super::batches::{Batch, Order, feed};
use super::checkpoint::Checkpoint;
use super::clip::Limit;
use super::loss::Objective;
use super::observe::{EpochRow, Figures, Observer, Snapshot, TrainingOutline};
use super::predict::{Tally, figures, forward, host, pool};
use super::schedule::StepPosition;
use super::selection::{Best, replaces};
use super::standing::TrainingState;
use super::updates::all_finite;
use super::{
    ExampleError, Examples, Train, TrainError, TrainingExamples, VALIDATION_LOSS, ValidationExamples, prepare, solve,
};
use crate::augment;
use crate::model::Net;
use crate::seed::{Seeds, Stream, streams};
use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor};
use rayon::ThreadPool;
use std::sync::mpsc::Receiver;

/// What is trained, on what and how.
pub struct Job<'a> {
    /// The rows the network learns from.
    pub training: &'a dyn TrainingExamples,
    /// The rows that pick the best epoch, stop the training and lower the rate. They change no weight otherwise.
    pub validation: Option<&'a dyn ValidationExamples>,
    /// The `[train]` table.
    pub settings: &'a Train,
    /// The augmentations. Those of the batch stage (mixup) are applied here, those of other stages by `training`.
    pub augment: &'a [augment::Step],
    /// The run's random streams; `shuffle`, `dropout` and `mixup` are drawn from.
    pub seeds: Seeds,
    /// Where the network computes.
    pub device: &'a Device,
    /// Seconds since any fixed moment, only ever used for [`Timing`].
    pub clock: &'a dyn Fn() -> f64,
    /// The state to go on from.
    pub resume: Option<Checkpoint>,
}

/// How a training came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// All epochs were trained.
    Completed,
    /// There were none: the parameters were solved for at once.
    Solved,
    /// Validation stopped improving.
    StoppedEarly,
    /// An observer asked to stop; the state after the last complete epoch was offered to it.
    Interrupted,
}

/// A trained network with its history.
#[derive(Debug)]
pub struct Trained {
    /// The network as it was after the best epoch (after the last where `restore_best` is off), off autodiff; of an average the mean.
    pub net: Net,
    /// The best epoch, from 1; 0 where none is complete, and where there are none.
    pub best_epoch: usize,
    /// One row an epoch, those before a resumption included; a single one of a network that was solved for.
    pub history: Vec<EpochRow>,
    /// How it ended.
    pub ended: Ended,
    /// Where the time went, since the start or the resumption.
    pub timing: Timing,
}

/// Seconds spent on each stage. Batches are assembled while the network trains: only what it had to wait for counts.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Timing {
    /// Waiting for a training batch.
    pub input_seconds: f64,
    /// Forward passes and losses.
    pub forward_seconds: f64,
    /// Backward passes.
    pub backward_seconds: f64,
    /// Optimiser steps.
    pub optimizer_seconds: f64,
    /// Passes that train nothing: over the validation rows, and those that averaging and measuring want over the training rows.
    pub validation_seconds: f64,
    /// Observers that keep rows and checkpoints.
    pub saving_seconds: f64,
    /// All of it.
    pub total_seconds: f64,
}

impl Trained {
    /// Epochs trained; 0 of a network that was solved for.
    pub fn epochs(&self) -> usize {
        if self.ended == Ended::Solved { 0 } else { self.history.len() }
    }
}

/// Trains a network, telling an observer. One that is [solved for](Net::solved) is, in one go: there are no epochs, and of the
/// settings only the class weights matter.
///
/// The result depends only on the network's weights, the rows, the settings, the augmentations and the seeds (and, in the last
/// bits, the device): not on the number of threads, on when it was stopped and resumed, or on who listened.
///
/// The last batch of an epoch may hold a single row, where [`Train::drop_last`] is off. Batch normalisation of a single
/// position a channel then sees a variance of 0, and nothing but its shift comes out: whoever plans a training refuses that
/// ([`Train::smallest_batch`], [`Architecture::narrowest_norm`](crate::model::Architecture::narrowest_norm)).
///
/// # Errors
/// Settings or rows that cannot be trained on, an example that cannot be written, a loss or weight that is no number, a
/// checkpoint of another training, an observer that fails.
pub fn train(net: &Net, mut job: Job<'_>, observer: &mut dyn Observer) -> Result<Trained, TrainError> {
    let begun = (job.clock)();
    if let Some(solved) = net.solved() {
        return solve::solve(net, solved, &job, observer);
    }
    let resume = job.resume.take();
    let pool = pool()?;
    let session = Session::new(&job, &pool)?;
    let optimizer = &job.settings.optimizer;
    let mut standing = match resume {
        None => TrainingState::fresh(net, optimizer, &session.device),
        Some(c) => TrainingState::from_checkpoint(c, &session.identity, net, optimizer, &session.device)?,
    };
    let mut timing = Timing::default();
    observer.started(&session.outline(&standing));
    let ended = std::thread::scope(|scope| {
        let epochs = standing.epoch + 1..=job.settings.epochs;
        let order = session.order;
        let batches = feed(scope, &pool, job.training, epochs.flat_map(move |epoch| order.requests(epoch)));
        session.run(&mut standing, &batches, observer, &mut timing)
    })?;
    timing.total_seconds = (job.clock)() - begun;
    let used = standing.used().clone();
    let TrainingState { best, history, .. } = standing;
    let best_epoch = best.as_ref().map_or(0, |b| b.epoch);
    let net = best.filter(|_| job.settings.restore_best).map_or(used, |b| b.net);
    Ok(Trained { net, best_epoch, history, ended, timing })
}

/// What stays the same over all epochs.
struct Session<'a> {
    job: &'a Job<'a>,
    pool: &'a ThreadPool,
    /// Without and with autodiff.
    device: Device,
    autodiff: Device,
    order: Order<'a>,
    objective: Objective,
    identity: String,
}

impl<'a> Session<'a> {
    fn new(job: &'a Job<'a>, pool: &'a ThreadPool) -> Result<Self, TrainError> {
        let prepared = prepare::prepare(job, Train::misfits)?;
        let settings = job.settings;
        let order = Order {
            rows: job.training.len(),
            batch_size: settings.batch_size,
            shuffle: settings.shuffle,
            drop_last: settings.drop_last,
            augment: job.augment,
            seeds: job.seeds,
        };
        let objective = Objective::new(settings.loss.clone(), prepared.class_weights);
        let device = job.device.clone().without_autodiff();
        let autodiff = device.clone().autodiff();
        Ok(Self { job, pool, device, autodiff, order, objective, identity: prepared.identity })
    }

    fn outline(&self, standing: &TrainingState) -> TrainingOutline {
        TrainingOutline {
            first_epoch: standing.epoch + 1,
            epochs: self.job.settings.epochs,
            steps: self.order.steps(),
            training_rows: self.order.rows,
            validation_rows: self.job.validation.map_or(0, |v| v.len()),
        }
    }

    /// Epoch after epoch until the end.
    fn run(
        &self,
        standing: &mut TrainingState,
        batches: &Receiver<Result<Batch, ExampleError>>,
        observer: &mut dyn Observer,
        timing: &mut Timing,
    ) -> Result<Ended, TrainError> {
        loop {
            if standing.epoch >= self.job.settings.epochs {
                return Ok(Ended::Completed);
            }
            if self.job.settings.early_stopping.as_ref().is_some_and(|s| s.is_over(&standing.stop)) {
                return Ok(Ended::StoppedEarly);
            }
            let complete = self.epoch(standing, batches, observer, timing)?;
            let start = (self.job.clock)();
            if let (true, Some(row)) = (complete, standing.history.last()) {
                observer.epoch(row).map_err(TrainError::Observer)?;
            }
            let state = Snapshot { standing, identity: &self.identity, stopping: !complete };
            observer.checkpoint(&state).map_err(TrainError::Observer)?;
            timing.saving_seconds += (self.job.clock)() - start;
            if !complete {
                return Ok(Ended::Interrupted);
            }
        }
    }

    /// Trains one epoch; false, and `standing` as it was, where the observer asked to stop before its end.
    fn epoch(
        &self,
        standing: &mut TrainingState,
        batches: &Receiver<Result<Batch, ExampleError>>,
        observer: &mut dyn Observer,
        timing: &mut Timing,
    ) -> Result<bool, TrainError> {
        let settings = self.job.settings;
        let (epoch, steps) = (standing.epoch + 1, self.order.steps());
        let base = settings.optimizer.learning_rate();
        let mut net = standing.net.clone().train();
        let (mut updates, mut mean) = (standing.updates.clone(), standing.mean.clone());
        let mut tally = Tally::new(self.job.training.classes());
        let (mut learning_rate, mut losses) = (base, Vec::with_capacity(steps));
        for step in 1..=steps {
            if observer.stop_requested() {
                return Ok(false);
            }
            let start = (self.job.clock)();
            let mut batch =
                batches.recv().expect("the feed holds every batch of every epoch, or ends with an error")?;
            let fed = (self.job.clock)();
            let at = StepPosition { epoch, epochs: settings.epochs, step, steps };
            learning_rate = settings.schedule.learning_rate(base, at, &standing.plateau);
            let (loss, cost) = self.forward(&net, &mut batch, epoch, step, &mut tally)?;
            let passed = (self.job.clock)();
            let gradients = GradientsParams::from_grads(cost.backward(), &net);
            let returned = (self.job.clock)();
            let (limit, norm) = Limit::of(settings.gradient_clip.as_ref(), &net, &gradients);
            if norm.is_some_and(|n| !n.is_finite()) {
                return Err(TrainError::NotFinite { what: "the gradient", epoch, step });
            }
            net = updates.step(net, gradients, learning_rate, limit);
            if let Some(average) = &settings.average {
                average.observe(&mut mean, &net, at);
            }
            timing.input_seconds += fed - start;
            timing.forward_seconds += passed - fed;
            timing.backward_seconds += returned - passed;
            timing.optimizer_seconds += (self.job.clock)() - returned;
            losses.push(loss);
            observer.step(epoch, step, steps, loss);
        }
        let net = net.valid();
        if !all_finite(&net) {
            return Err(TrainError::NotFinite { what: "a weight", epoch, step: steps });
        }
        let start = (self.job.clock)();
        if let Some(mean) = &mut mean {
            let Some(whole) = self.with_statistics(&mean.net, epoch, observer)? else { return Ok(false) };
            mean.net = whole;
        }
        let used = mean.as_ref().map_or(&net, |mean| &mean.net);
        let measure = |rows: &dyn Examples| {
            let (size, stop) = (settings.batch_size, || observer.stop_requested());
            figures(used, rows, size, &self.device, self.pool, &self.objective, &stop)
        };
        let unaugmented = settings.measure_training.then(|| measure(self.job.training)).transpose()?;
        let validation = self.job.validation.map(|rows| measure(rows)).transpose()?;
        // Measured, or not asked for; nothing where the observer asked to stop meanwhile.
        let (Some(validation), Some(unaugmented)) = (unless_stopped(validation), unless_stopped(unaugmented)) else {
            return Ok(false);
        };
        timing.validation_seconds += (self.job.clock)() - start;
        if validation.is_some_and(|v| !v.loss.is_finite()) {
            return Err(TrainError::NotFinite { what: VALIDATION_LOSS, epoch, step: steps });
        }
        let best = replaces(standing.best.as_ref(), settings.select, validation.as_ref());
        if best {
            let value = validation.map(|v| v.of(settings.select));
            standing.best = Some(Best { epoch, value, net: used.clone() });
        }
        if let Some(validation) = &validation {
            settings.schedule.observe(&mut standing.plateau, base, epoch, validation);
            if let Some(stopping) = &settings.early_stopping {
                stopping.observe(&mut standing.stop, validation);
            }
        }
        let train = tally.figures();
        standing.history.push(EpochRow { epoch, learning_rate, train, validation, unaugmented, best, losses });
        (standing.epoch, standing.net, standing.mean, standing.updates) = (epoch, net, mean, updates);
        Ok(true)
    }

    /// The mean of networks with running statistics of its own, gathered over the batches of an epoch, fed once more; `None` where
    /// the observer asked to stop.
    fn with_statistics(&self, mean: &Net, epoch: usize, observer: &dyn Observer) -> Result<Option<Net>, TrainError> {
        if mean.norms().is_empty() {
            return Ok(Some(mean.valid()));
        }
        let net = mean.valid().train();
        let mut statistics = Statistics::new(&net);
        std::thread::scope(|scope| {
            let batches = feed(scope, self.pool, self.job.training, self.order.requests(epoch));
            for (step, batch) in (1..).zip(batches) {
                if observer.stop_requested() {
                    return Ok(None);
                }
                let (mut batch, mut masks) = (batch?, self.masks(epoch, step));
                statistics.add(&net, || {
                    let classes = self.job.training.classes();
                    forward(&net, &mut batch, classes, &self.autodiff, Some(&mut masks)).map(drop)
                })?;
            }
            Ok(Some(statistics.finish(&net)))
        })
    }

    /// What a training step draws its dropout from.
    fn masks(&self, epoch: usize, step: usize) -> Stream {
        self.job.seeds.stream(streams::DROPOUT, &[epoch as u64, step as u64])
    }

    /// One batch forward: its loss, and the tensor to go back from.
    fn forward(
        &self,
        net: &Net,
        batch: &mut Batch,
        epoch: usize,
        step: usize,
        tally: &mut Tally,
    ) -> Result<(f64, Tensor<1>), TrainError> {
        let mut masks = self.masks(epoch, step);
        let logits = forward(net, batch, self.job.training.classes(), &self.autodiff, Some(&mut masks))?;
        let targets = self.objective.targets(&batch.labels, batch.mix.as_ref());
        let weight = targets.weight;
        let cost = self.objective.of(logits.clone(), targets, &self.autodiff);
        let loss = f64::from(host(cost.clone())[0]);
        if !loss.is_finite() {
            return Err(TrainError::NotFinite { what: "the loss", epoch, step });
        }
        tally.add(batch, &host(logits), loss, weight);
        Ok((loss, cost))
    }
}

/// What was measured, where it was to be; `None` where that was given up half-way.
fn unless_stopped(measured: Option<Option<Figures>>) -> Option<Option<Figures>> {
    match measured {
        None => Some(None),
        Some(figures) => figures.map(Some),
    }
}
