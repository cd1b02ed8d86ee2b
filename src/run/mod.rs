//! The hallway: one [`RunPlan`] becomes one sealed run. The only place that sees all rooms in their order.

mod build;
mod device;
mod error;
mod files;
mod input;
mod journal;
mod memory;
mod stages;
mod times;

pub use build::build_info;
pub use device::{Compute, DeviceError, DeviceKind};
pub use error::RunError;
pub use journal::CheckpointEvery;
pub use memory::MemoryError;
pub use times::Times;

use crate::data::{DataError, Extraction, Meter, Recordings, RowSource, Tables};
use crate::evaluate::{Evaluation, Prediction, evaluate};
use crate::features::Cache;
use crate::plan::RunPlan;
use crate::record::{AuditStamp, Build, EvaluationFile, FileName, Foreign, GitState, Progress, RunDir, Status};
use crate::seed::streams;
use crate::spec::Setup;
use crate::split::{Audit, FittedOn, Fold, Row, SelectedOn};
use crate::train::{Answer, ClassWeights, Ended, Examples, Job, Observer, Train, TrainError, Trained, VALIDATION_LOSS};
use journal::Journal;
use serde_json::json;
use std::path::{Path, PathBuf};

/// What is the same for all runs of a command.
pub struct Context<'a> {
    /// The folder of all runs.
    pub runs: &'a Path,
    /// The cache of features.
    pub cache: &'a Cache,
    /// The folder for intermediate files.
    pub scratch: Option<&'a Path>,
    /// Where networks compute.
    pub compute: &'a Compute,
    /// The spec's text as written.
    pub spec_text: &'a str,
    /// The state of the repository that holds the spec.
    pub git: &'a GitState,
    /// The program.
    pub build: &'a Build,
    /// The command line.
    pub command_line: &'a [String],
    /// How often the state of a training is saved.
    pub checkpoints: CheckpointEvery,
    /// What to do about a run that a process of another machine did not let go.
    pub foreign: Foreign,
    /// Seconds since any fixed moment; reaches `timing.csv` and nothing else.
    pub clock: &'a (dyn Fn() -> f64 + Sync),
    /// Whether to stop, asked while rows are prepared; a training asks its listener.
    pub stop: &'a (dyn Fn() -> bool + Sync),
}

/// How a run ended without an error.
#[derive(Debug)]
pub enum Outcome {
    /// It has a result, here, and this is where its time went.
    Sealed(PathBuf, Times),
    /// It was asked to stop; its state is saved.
    Stopped,
}

/// Executes one run: what was interrupted goes on, what fails says why in its directory.
///
/// `listener` is told of epochs and steps and may ask to stop; nothing it does changes the result.
pub fn execute(plan: &RunPlan, context: &Context<'_>, listener: &mut dyn Observer) -> Result<Outcome, RunError> {
    // Before a directory is made or anything decoded; once more below, where clips may have been left out.
    refuse_leaks(plan, &plan.fold()?)?;
    let dir = RunDir::create_with(context.runs, &plan.name, context.foreign)?;
    let status = Status::begin(dir.last_status()?.as_ref());
    dir.status(&status)?;
    let ended = caught(|| perform(plan, context, &dir, listener));
    match ended {
        Ok(Some(times)) => Ok(Outcome::Sealed(dir.seal(&status)?, times)),
        Ok(None) | Err(RunError::Data(DataError::Stopped)) => {
            dir.status(&status.end(Progress::Interrupted, Some("asked to stop".to_owned())))?;
            Ok(Outcome::Stopped)
        }
        Err(error) => {
            // The first error is the one to tell, even where the disk is full and the status cannot be written.
            let _ = dir.status(&status.end(Progress::Failed, Some(error.to_string())));
            Err(error)
        }
    }
}

/// What `work` returns; where it panics, an error like any other, so that the runs beside it go on.
fn caught<T>(work: impl FnOnce() -> Result<T, RunError>) -> Result<T, RunError> {
    // What the panic leaves half done is dropped with the run; its directory is only ever written whole files.
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let message = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
        Err(RunError::Panic { message })
    })
}

/// All of a run but its status and its seal; where its time went, or `None` where it was asked to stop.
fn perform(
    plan: &RunPlan,
    context: &Context<'_>,
    dir: &RunDir,
    listener: &mut dyn Observer,
) -> Result<Option<Times>, RunError> {
    let begun = (context.clock)();
    let meter = Meter::new(context.clock);
    let setup = plan.setup();
    let (recordings, extraction) = usable(plan, context, &meter)?;
    let plan = &RunPlan { recordings: recordings.clone().into(), ..plan.clone() };
    let fold = plan.fold()?;
    let audit = refuse_leaks(plan, &fold)?;

    let source = RowSource::new(&recordings, setup, context.cache, plan.seeds(), &meter, context.stop)?;
    let mut writer = extraction.writer;
    for rows in [fold.train.rows(), fold.validation.rows(), fold.test.rows()] {
        source.add_copies(rows, &mut writer)?;
    }
    let store = writer.finish()?;
    let tables = Tables::new(&source, &store, &fold, setup, context.scratch)?;
    let extracted = (context.clock)();

    let split = files::split_csv(&recordings, &fold);
    let inputs = stages::inputs_csv(&recordings, &fold, &store);
    dir.write(FileName::Spec, context.spec_text.as_bytes())?;
    dir.write(FileName::Config, files::config(plan).as_bytes())?;
    dir.write(FileName::Split, &split)?;
    dir.write(FileName::Inputs, &inputs)?;
    dir.write_json(FileName::NetInput, &input::InputFile::of(setup, &tables, &recordings.labels))?;
    if let Some(patch) = &context.git.patch {
        dir.write(FileName::DirtyPatch, patch)?;
    }
    dir.write_json(FileName::Provenance, &files::provenance(plan, context, &split))?;

    let labels = &recordings.labels;
    let shape = tables.shape();
    let problems = crate::plan::unfit(setup, shape, labels.len(), [fold.train.len()]);
    if !problems.is_empty() {
        return Err(RunError::Shape(problems));
    }
    memory::check(setup, shape, labels.len(), fold.train.len(), context.compute)?;
    let device = context.compute.device();
    let net =
        setup.model.init(shape, labels.len(), &mut plan.seeds().stream(streams::INIT, &[]), &device.clone().autodiff());
    dir.write_json(FileName::Stages, &stages::Stages::of(&recordings, &split, &inputs, &net)?)?;
    let event = json!({
        "event": "rows", "train": fold.train.len(), "validation": fold.validation.len(), "test": fold.test.len(),
        "input": [shape.channels, shape.bins, shape.frames], "left_out": recordings.broken,
        "unlisted": fold.left_out, "passed_over": fold.passed_over,
    });
    dir.log(&event)?;
    if tables.length.cropped > 0 {
        listener.note(&format!("length: {}", tables.length));
    }
    let mut journal = Journal::new(dir, context.clock, context.checkpoints, setup.train.measure_training, listener);
    let job = Job {
        training: &tables.train,
        validation: (!tables.validation.is_empty()).then_some(&tables.validation),
        settings: &training_settings(setup, &recordings, &fold),
        augment: &setup.augment,
        seeds: plan.seeds(),
        device,
        clock: context.clock,
        resume: journal.resume()?,
    };
    let trained = crate::train::train(&net, job, &mut journal).map_err(|e| named(e, setup.fit.epoch))?;
    let event = json!({
        "event": "trained", "ended": format!("{:?}", trained.ended), "epochs": trained.epochs(),
        "best_epoch": trained.best_epoch,
    });
    dir.log(&event)?;
    if trained.ended == Ended::Interrupted {
        return Ok(None);
    }
    let trained_at = (context.clock)();
    let predictions = predict(&trained, &tables, &recordings, fold.test.rows(), plan, device)?;
    let evaluation = evaluate(labels, &predictions);
    let evaluated = (context.clock)();
    record(dir, plan, &fold, &trained, &predictions, evaluation, &audit)?;
    let ended = (context.clock)();
    let mut times = Times::of(&trained.timing, &meter);
    (times.prepare, times.total) = (extracted - begun, ended - begun);
    times.evaluate += evaluated - trained_at;
    times.record += ended - evaluated;
    journal.timing(&times)?;
    Ok(Some(times))
}

/// The clips that can be used, with their features: others are refused or, where the spec says so, left out.
fn usable(plan: &RunPlan, context: &Context<'_>, meter: &Meter<'_>) -> Result<(Recordings, Extraction), RunError> {
    let setup = plan.setup();
    let source = RowSource::new(&plan.recordings, setup, context.cache, plan.seeds(), meter, context.stop)?;
    let extraction = source.originals(context.scratch)?;
    if extraction.broken.is_empty() {
        return Ok(((*plan.recordings).clone(), extraction));
    }
    extraction.refuse_broken(setup.clips.broken, plan.recordings.clips.len())?;
    let recordings = plan.recordings.without(&extraction.broken);
    let again = RowSource::new(&recordings, setup, context.cache, plan.seeds(), meter, context.stop)?;
    let again = again.originals(context.scratch)?;
    Ok((recordings, again))
}

/// The same error, where test rows pick the epoch: training takes them for validation rows.
fn named(error: TrainError, picking: SelectedOn) -> TrainError {
    match (error, picking) {
        (TrainError::NotFinite { what: VALIDATION_LOSS, epoch, step }, SelectedOn::Test) => {
            TrainError::NotFinite { what: "the loss of the test rows, which pick the epoch,", epoch, step }
        }
        (error, _) => error,
    }
}

/// The `train` table, with the class weights worked out where they are counted on more than the training rows.
fn training_settings(setup: &Setup, recordings: &Recordings, fold: &Fold) -> Train {
    let mut train = setup.train.clone();
    if train.class_weights == ClassWeights::Balanced && setup.fit.class_weights == FittedOn::All {
        let mut counts = vec![0; recordings.labels.len()];
        fold.iter().for_each(|(_, row)| counts[recordings.classes[row.clip]] += 1);
        let weights = ClassWeights::Balanced.of(&counts).expect("balanced weights fit any number of classes");
        train.class_weights = ClassWeights::Explicit(weights);
    }
    train
}

fn refuse_leaks(plan: &RunPlan, fold: &Fold) -> Result<Audit, RunError> {
    let setup = plan.setup();
    let audit = crate::plan::audit(setup, &plan.recordings, fold);
    let refused: Vec<String> = audit.refused(&setup.audit).into_iter().map(|f| f.sentence.clone()).collect();
    if refused.is_empty() {
        return Ok(audit);
    }
    Err(RunError::Leak { sentences: refused, way_out: audit.way_out(&setup.audit, &setup.split) })
}

fn predict(
    trained: &Trained,
    tables: &Tables<'_>,
    recordings: &Recordings,
    rows: &[Row],
    plan: &RunPlan,
    device: &burn::tensor::Device,
) -> Result<Vec<Prediction>, RunError> {
    let batch_size = plan.setup().train.batch_size;
    let views = plan.setup().views.all().into_iter();
    let answers = views.map(|view| crate::train::predict(&trained.net, &tables.test.view(view), batch_size, device));
    let answers = crate::train::mean(answers.collect::<Result<_, _>>()?);
    Ok(rows
        .iter()
        .zip(answers)
        .map(|(row, Answer { class, probabilities })| Prediction {
            clip: files::row_name(recordings, *row),
            speaker: recordings.clips[row.clip].speaker.clone(),
            truth: recordings.classes[row.clip],
            predicted: class,
            probabilities,
        })
        .collect())
}

/// Writes the result files, plots last.
fn record(
    dir: &RunDir,
    plan: &RunPlan,
    fold: &Fold,
    trained: &Trained,
    predictions: &[Prediction],
    evaluation: Evaluation,
    audit: &Audit,
) -> Result<(), RunError> {
    let labels = &plan.recordings.labels;
    dir.write(FileName::Predictions, &crate::record::predictions_csv(labels, predictions))?;
    let metadata = [("run".to_owned(), plan.name.id.as_str().to_owned()), ("labels".to_owned(), labels.join(","))];
    dir.write(FileName::Model, &trained.net.to_safetensors(&metadata)?)?;
    let findings = serde_json::to_value(audit).ok().and_then(|v| v.as_object().cloned()).unwrap_or_default();
    let file = EvaluationFile {
        evaluation,
        audit: AuditStamp { stamp: audit.stamp(), findings },
        left_out: plan.recordings.broken.len() + fold.left_out,
        unlisted: fold.left_out,
        best_epoch: (trained.best_epoch > 0).then_some(trained.best_epoch),
        epoch_picked_on: (plan.setup().fit.epoch != SelectedOn::Validation).then(|| "test".to_owned()),
        epochs: trained.epochs(),
        parameters: trained.net.parameter_count() as u64,
    };
    dir.write_json(FileName::Evaluation, &file)?;
    for (name, bytes) in files::plots(plan, trained, &file)? {
        dir.write(name, &bytes)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_test_rows_pick_the_epoch_a_loss_that_is_no_number_is_said_to_be_theirs() {
        let said =
            |what: &'static str, picking| named(TrainError::NotFinite { what, epoch: 1, step: 2 }, picking).to_string();
        let of_test = said(VALIDATION_LOSS, SelectedOn::Test);
        assert!(of_test.starts_with("the loss of the test rows, which pick the epoch, became NaN"), "{of_test}");
        assert!(said(VALIDATION_LOSS, SelectedOn::Validation).starts_with(VALIDATION_LOSS));
        assert!(said("a weight", SelectedOn::Test).starts_with("a weight became NaN"));
    }
}
