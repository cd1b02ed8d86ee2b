//! Training at once: a network whose parameters are solved for.

use super::batches::{feed, in_order};
use super::fit::{Ended, Job, Timing, Trained};
use super::loss::Objective;
use super::observe::{EpochRow, Figures, Observer, TrainingOutline};
use super::predict::{figures, host, pool};
use super::{CrossEntropy, Examples, Loss, Train, TrainError, prepare};
use crate::classical::SolveError;
use crate::model::{Net, Solved, TrainingColumns};
use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use rayon::ThreadPool;

/// Solves for a network's parameters on the training rows as recorded. There is a single row of figures, those of the solution.
pub(super) fn solve(
    net: &Net,
    solved: &dyn Solved,
    job: &Job<'_>,
    observer: &mut dyn Observer,
) -> Result<Trained, TrainError> {
    let begun = (job.clock)();
    let class_weights = prepare::prepare(job, Train::misfits_at_once)?.class_weights;
    let (pool, device) = (pool()?, job.device.clone().without_autodiff());
    let rows = job.training.len();
    let validation_rows = job.validation.map_or(0, |v| v.len());
    observer.started(&TrainingOutline { first_epoch: 1, epochs: 0, steps: 0, training_rows: rows, validation_rows });
    let mut timing = Timing::default();
    let stopped = |timing| {
        Ok(Trained { net: net.valid(), best_epoch: 0, history: Vec::new(), ended: Ended::Interrupted, timing })
    };

    let Some(values) = columns(solved, job.training, job.settings.batch_size, &device, &pool, observer)? else {
        return stopped(timing);
    };
    let read = (job.clock)();
    timing.input_seconds = read - begun;
    let labels: Vec<usize> = (0..rows).map(|row| job.training.label(row)).collect();
    let training =
        TrainingColumns { columns: values.len() / rows, values, labels: &labels, class_weights: &class_weights };
    let net = match solved.solve(training, &|| observer.stop_requested()) {
        Err(SolveError::Stopped) => return stopped(timing),
        solution => solution?.valid().to_device(&device),
    };
    let found = (job.clock)();
    timing.optimizer_seconds = found - read;

    let objective = Objective::new(Loss::CrossEntropy(CrossEntropy::default()), class_weights);
    let of = |examples: &dyn Examples| -> Result<Option<Figures>, TrainError> {
        let stop = || observer.stop_requested();
        figures(&net, examples, job.settings.batch_size, &device, &pool, &objective, &stop)
    };
    let Some(train) = of(job.training)? else { return stopped(timing) };
    let validation = match job.validation {
        None => None,
        Some(rows) => match of(rows)? {
            None => return stopped(timing),
            figures => figures,
        },
    };
    timing.validation_seconds = (job.clock)() - found;
    let row = EpochRow {
        epoch: 1,
        learning_rate: f64::NAN,
        train,
        validation,
        unaugmented: None,
        best: true,
        losses: Vec::new(),
    };
    observer.epoch(&row).map_err(TrainError::Observer)?;
    timing.total_seconds = (job.clock)() - begun;
    Ok(Trained { net, best_epoch: 0, history: vec![row], ended: Ended::Solved, timing })
}

/// The columns of all examples [rows, columns], row-major; `None` where the observer asked to stop.
fn columns(
    solved: &dyn Solved,
    examples: &dyn Examples,
    batch_size: usize,
    device: &Device,
    pool: &ThreadPool,
    observer: &dyn Observer,
) -> Result<Option<Vec<f64>>, TrainError> {
    let mut values = Vec::new();
    std::thread::scope(|scope| {
        for batch in feed(scope, pool, examples, in_order(examples.len(), batch_size)) {
            if observer.stop_requested() {
                return Ok(None);
            }
            let batch = batch?;
            let inputs = Tensor::<4>::from_data(TensorData::new(batch.inputs, batch.shape), device);
            values.extend(host(solved.columns(inputs)).into_iter().map(f64::from));
        }
        Ok(Some(std::mem::take(&mut values)))
    })
}
