//! Writes a training down while it runs: epochs, steps, checkpoints, times.

use super::{RunError, Times};
use crate::record::{Epochs, FileName, RecordError, RunDir, float, write_atomic};
use crate::train::{Checkpoint, EpochRow, Figures, Observer, ObserverError, Snapshot, TrainingOutline};
use std::path::PathBuf;

/// The newest checkpoint and the one before it, in case the newest is damaged.
const FILES: [&str; 2] = ["state.bin", "previous.bin"];

const STEPS_HEADER: &str = "epoch,step,loss";

/// How often the state of a training is saved; a run that is asked to stop saves it at once. No choice changes a result.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum CheckpointEvery {
    /// After the first epoch that ends this many seconds after the last checkpoint.
    Seconds(f64),
    /// After so many epochs.
    Epochs(usize),
}

impl Default for CheckpointEvery {
    fn default() -> Self {
        Self::Seconds(60.0)
    }
}

/// An observer that keeps the run directory up to date and passes everything on to a listener.
pub struct Journal<'a> {
    dir: &'a RunDir,
    clock: &'a (dyn Fn() -> f64 + Sync),
    listener: &'a mut dyn Observer,
    every: CheckpointEvery,
    /// Whether the training rows are measured as they are, too.
    measured: bool,
    /// When the last checkpoint was saved, in seconds and in epochs.
    saved: (f64, usize),
}

impl<'a> Journal<'a> {
    /// A journal of the run in `dir`, whose training rows are `measured` as they are, or not.
    pub fn new(
        dir: &'a RunDir,
        clock: &'a (dyn Fn() -> f64 + Sync),
        every: CheckpointEvery,
        measured: bool,
        listener: &'a mut dyn Observer,
    ) -> Self {
        Self { dir, clock, listener, every, measured, saved: (clock(), 0) }
    }

    /// The state to go on from, with the tables of epochs and steps as they were then; `None` to start from the beginning.
    pub fn resume(&mut self) -> Result<Option<Checkpoint>, RunError> {
        let checkpoint = self.newest()?;
        let history = checkpoint.as_ref().map_or(&[][..], |c| c.history());
        match self.dir.epochs() {
            Ok(Some((_, Some(torn)))) => self.listener.note(&format!("epochs.csv: {torn}")),
            Err(damage @ RecordError::Damaged { .. }) => {
                self.listener.note(&format!("{damage}; it was written anew up to epoch {}", history.len()));
            }
            Err(e) => return Err(e.into()),
            Ok(_) => {}
        }
        self.dir.restore_epochs(&epoch_table(history, self.measured))?;
        let steps: Vec<String> = history.iter().flat_map(step_rows).collect();
        let lines = [vec![STEPS_HEADER.to_owned()], steps].concat().join("\n") + "\n";
        self.dir.write(FileName::Steps, lines.as_bytes())?;
        if let Some(checkpoint) = &checkpoint {
            self.saved.1 = checkpoint.epoch();
            self.dir.log(&serde_json::json!({ "event": "resumed", "epoch": checkpoint.epoch() }))?;
        }
        Ok(checkpoint)
    }

    /// The newest checkpoint that is whole.
    fn newest(&mut self) -> Result<Option<Checkpoint>, RunError> {
        let folder = self.dir.checkpoint()?;
        for name in FILES {
            let path = folder.join(name);
            let bytes = match std::fs::read(&path) {
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => continue,
                read => read.map_err(RecordError::io("read", &path))?,
            };
            match Checkpoint::from_bytes(&bytes) {
                Ok(checkpoint) => return Ok(Some(checkpoint)),
                Err(e) => {
                    // Out of the way, or the next checkpoint would push it over the one that is whole.
                    std::fs::rename(&path, folder.join("refused.bin")).map_err(RecordError::io("rename", &path))?;
                    let why = e.to_string();
                    self.listener.note(&format!("checkpoint {name} refused: {why}"));
                    self.dir.log(&serde_json::json!({ "event": "checkpoint refused", "file": name, "why": why }))?;
                }
            }
        }
        Ok(None)
    }

    /// Where the time went.
    pub fn timing(&self, times: &Times) -> Result<(), RunError> {
        Ok(self.dir.append_rows(FileName::Timing, Some("stage,seconds,of"), &times.csv())?)
    }

    fn is_due(&self, epoch: usize) -> bool {
        let (seconds, saved) = self.saved;
        match self.every {
            CheckpointEvery::Seconds(every) => (self.clock)() - seconds >= every,
            CheckpointEvery::Epochs(every) => epoch >= saved + every,
        }
    }
}

impl Observer for Journal<'_> {
    fn started(&mut self, outline: &TrainingOutline) {
        self.listener.started(outline);
    }

    fn step(&mut self, epoch: usize, step: usize, steps: usize, loss: f64) {
        self.listener.step(epoch, step, steps, loss);
    }

    fn epoch(&mut self, row: &EpochRow) -> Result<(), ObserverError> {
        self.dir.append_rows(FileName::Steps, Some(STEPS_HEADER), &step_rows(row).collect::<Vec<_>>())?;
        let header = columns(self.measured).join(",");
        self.dir.append_row(FileName::Epochs, Some(&header), &Epochs::line(&numbers(row, self.measured)))?;
        self.listener.epoch(row)
    }

    fn checkpoint(&mut self, state: &Snapshot<'_>) -> Result<(), ObserverError> {
        let epoch = state.epoch();
        if epoch == 0 || !(state.is_stopping() || self.is_due(epoch)) {
            return Ok(());
        }
        self.saved = ((self.clock)(), epoch);
        let folder = self.dir.checkpoint()?;
        let [newest, previous]: [PathBuf; 2] = FILES.map(|name| folder.join(name));
        if newest.exists() {
            std::fs::rename(&newest, &previous)?;
        }
        write_atomic(&newest, &state.checkpoint()?.to_bytes()?)?;
        Ok(())
    }

    fn note(&mut self, what: &str) {
        self.listener.note(what);
    }

    fn stop_requested(&self) -> bool {
        self.listener.stop_requested()
    }
}

/// `epochs.csv` as a table; with the training rows as they are, where these are `measured`.
pub fn epoch_table(history: &[EpochRow], measured: bool) -> Epochs {
    let rows = history.iter().map(|row| numbers(row, measured)).collect();
    Epochs { rows, ..Epochs::new(columns(measured)) }
}

/// The rows of `steps.csv` of one epoch.
fn step_rows(row: &EpochRow) -> impl Iterator<Item = String> {
    row.losses.iter().zip(1..).map(|(loss, step)| format!("{},{step},{}", row.epoch, float(*loss)))
}

/// The columns of `epochs.csv`.
fn columns(measured: bool) -> Vec<String> {
    let figures = ["loss", "accuracy", "uar", "weighted_f1", "macro_f1"];
    let of = |part: &'static str| figures.iter().map(move |figure| format!("{part}_{figure}"));
    let front = ["epoch".to_owned(), "learning_rate".to_owned()].into_iter();
    let unaugmented = measured.then(|| of("unaugmented")).into_iter().flatten();
    front.chain(of("train")).chain(of("validation")).chain(unaugmented).collect()
}

/// A row of `epochs.csv`; NaN, an empty cell, where there were no such rows, no steps or no probabilities.
fn numbers(row: &EpochRow, measured: bool) -> Vec<f64> {
    let figures = |f: &Figures| [f.loss, f.accuracy, f.uar, f.weighted_f1, f.macro_f1];
    let or_none = |f: &Option<Figures>| f.as_ref().map_or([f64::NAN; 5], figures);
    let front = [row.epoch as f64, row.learning_rate].into_iter();
    let unaugmented = measured.then(|| or_none(&row.unaugmented)).into_iter().flatten();
    front.chain(figures(&row.train)).chain(or_none(&row.validation)).chain(unaugmented).collect()
}
