//! Passes without training: predictions, and the figures of validation rows.

use super::batches::{Batch, feed, in_order};
use super::loss::Objective;
use super::observe::Figures;
use super::{Examples, TrainError};
use crate::evaluate::Confusion;
use crate::model::Net;
use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData, activation::softmax};
use rayon::ThreadPool;
use std::ops::ControlFlow;

/// What a network says of one example.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The class: the most probable, the first of equals.
    pub class: usize,
    /// One probability a class; none of a network that gives none.
    pub probabilities: Vec<f32>,
}

/// The answers to all examples, in order; the network runs as it will be used: no dropout, running statistics. Examples are
/// written for epoch 0. The result does not depend on `batch_size` beyond rounding.
///
/// # Errors
/// Where an example cannot be written, the network does not give one value a class, or a probability is no number.
pub fn predict(
    net: &Net,
    examples: &dyn Examples,
    batch_size: usize,
    device: &Device,
) -> Result<Vec<Answer>, TrainError> {
    let pool = pool()?;
    let classes = examples.classes();
    let mut answers: Vec<Answer> = Vec::with_capacity(examples.len());
    let net = net.valid().to_device(device);
    let has_probabilities = net.gives_probabilities();
    let _end = each_batch(&net, examples, batch_size, device, &pool, |logits, _| {
        let values = host(if has_probabilities { softmax(logits, 1) } else { logits });
        answers.extend(values.chunks_exact(classes).map(|values| Answer {
            class: largest(values),
            probabilities: if has_probabilities { values.to_vec() } else { Vec::new() },
        }));
        Ok(ControlFlow::Continue(()))
    })?;
    match answers.iter().position(|answer| answer.probabilities.iter().any(|p| !p.is_finite())) {
        Some(row) => Err(TrainError::Prediction { row }),
        None => Ok(answers),
    }
}

/// The answers to rows that were looked at several times: of each the mean of its probabilities, and the class that is largest there.
/// All views have the same rows; a single one is what it is.
pub fn mean(mut views: Vec<Vec<Answer>>) -> Vec<Answer> {
    let Some(mut first) = (if views.is_empty() { None } else { Some(views.remove(0)) }) else { return Vec::new() };
    if views.is_empty() {
        return first;
    }
    for (row, answer) in first.iter_mut().enumerate() {
        let of = |class: usize, own: f32| {
            let others: f64 = views.iter().map(|view| f64::from(view[row].probabilities[class])).sum();
            ((f64::from(own) + others) / (views.len() + 1) as f64) as f32
        };
        answer.probabilities = answer.probabilities.iter().enumerate().map(|(class, own)| of(class, *own)).collect();
        answer.class = largest(&answer.probabilities);
    }
    first
}

/// The figures of all examples; `None` where `stop` asked to give up.
pub(super) fn figures(
    net: &Net,
    examples: &dyn Examples,
    batch_size: usize,
    device: &Device,
    pool: &ThreadPool,
    objective: &Objective,
    stop: &dyn Fn() -> bool,
) -> Result<Option<Figures>, TrainError> {
    let mut tally = Tally::new(examples.classes());
    let end = each_batch(net, examples, batch_size, device, pool, |logits, batch| {
        if stop() {
            return Ok(ControlFlow::Break(()));
        }
        let targets = objective.targets(&batch.labels, None);
        let weight = targets.weight;
        let loss = match net.gives_probabilities() {
            true => f64::from(host(objective.of(logits.clone(), targets, device))[0]),
            false => f64::NAN,
        };
        tally.add(batch, &host(logits), loss, weight);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(end.is_continue().then(|| tally.figures()))
}

/// Runs `net`, which must be off autodiff, over all examples in order.
fn each_batch(
    net: &Net,
    examples: &dyn Examples,
    batch_size: usize,
    device: &Device,
    pool: &ThreadPool,
    mut take: impl FnMut(Tensor<2>, &Batch) -> Result<ControlFlow<()>, TrainError>,
) -> Result<ControlFlow<()>, TrainError> {
    std::thread::scope(|scope| {
        for batch in feed(scope, pool, examples, in_order(examples.len(), batch_size.max(1))) {
            let mut batch = batch?;
            let logits = forward(net, &mut batch, examples.classes(), device, None)?;
            if take(logits, &batch)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    })
}

/// The logits [rows, classes] of a batch, whose inputs are handed over to the device.
pub(super) fn forward(
    net: &Net,
    batch: &mut Batch,
    classes: usize,
    device: &Device,
    masks: Option<&mut crate::seed::Stream>,
) -> Result<Tensor<2>, TrainError> {
    let inputs = TensorData::new(std::mem::take(&mut batch.inputs), batch.shape);
    let logits = net.forward(Tensor::<4>::from_data(inputs, device), &batch.own, masks);
    let (expected, actual) = ([batch.labels.len(), classes], logits.dims());
    if actual == expected { Ok(logits) } else { Err(TrainError::Logits { expected, actual }) }
}

/// Gathers the figures of a pass, batch after batch.
pub(super) struct Tally {
    confusion: Confusion,
    classes: usize,
    loss: f64,
    weight: f64,
}

impl Tally {
    pub fn new(classes: usize) -> Self {
        Self { confusion: Confusion::new(classes), classes, loss: 0.0, weight: 0.0 }
    }

    /// Adds a batch with its logits, its loss, and what it counts in the mean.
    pub fn add(&mut self, batch: &Batch, logits: &[f32], loss: f64, weight: f64) {
        self.loss += loss * weight;
        self.weight += weight;
        for (row, (label, logits)) in batch.labels.iter().zip(logits.chunks_exact(self.classes)).enumerate() {
            let truth = match &batch.mix {
                Some(mix) if mix.lambda < 0.5 => batch.labels[mix.partners[row]],
                _ => *label,
            };
            self.confusion.add(truth, largest(logits));
        }
    }

    pub fn figures(&self) -> Figures {
        Figures::new(self.loss / self.weight, &self.confusion)
    }
}

/// The place of the largest value, the first of equals.
fn largest(values: &[f32]) -> usize {
    let mut best = 0;
    for (i, value) in values.iter().enumerate() {
        if *value > values[best] {
            best = i;
        }
    }
    best
}

/// The values of a tensor, on the host.
pub(super) fn host<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

/// Threads of their own for assembling batches, so that the network never waits for an example inside its own work.
pub(super) fn pool() -> Result<ThreadPool, TrainError> {
    let threads = rayon::current_num_threads();
    Ok(rayon::ThreadPoolBuilder::new().num_threads(threads).build()?)
}
