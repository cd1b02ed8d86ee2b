//! Writes a training down while it runs: epochs, checkpoints, times.

use super::{RunError, Times};
use crate::record::{Epochs, FileName, RunDir, write_atomic};
use crate::train::{Checkpoint, EpochRow, Figures, Observer, ObserverError, Outline, Snapshot};
use std::path::PathBuf;

/// Seconds between two checkpoints; a run that is asked to stop writes one at once.
pub const CHECKPOINT_SECONDS: f64 = 60.0;

/// The newest checkpoint and the one before it, in case the newest is damaged.
const FILES: [&str; 2] = ["state.bin", "previous.bin"];

/// An observer that keeps the run directory up to date and passes everything on to a listener.
pub struct Journal<'a> {
    dir: &'a RunDir,
    clock: &'a (dyn Fn() -> f64 + Sync),
    listener: &'a mut dyn Observer,
    saved: f64,
}

impl<'a> Journal<'a> {
    /// A journal of the run in `dir`.
    pub fn new(dir: &'a RunDir, clock: &'a (dyn Fn() -> f64 + Sync), listener: &'a mut dyn Observer) -> Self {
        Self { dir, clock, listener, saved: clock() }
    }

    /// The state to go on from, with `epochs.csv` as it was then; `None` to start from the beginning.
    pub fn resume(&mut self) -> Result<Option<Checkpoint>, RunError> {
        let folder = self.dir.checkpoint()?;
        for name in FILES {
            let Ok(bytes) = std::fs::read(folder.join(name)) else { continue };
            match Checkpoint::from_bytes(&bytes) {
                Ok(checkpoint) => {
                    self.dir.restore_epochs(&epoch_table(checkpoint.history()))?;
                    let event = serde_json::json!({ "event": "resumed", "epoch": checkpoint.epoch() });
                    self.dir.log(&event)?;
                    return Ok(Some(checkpoint));
                }
                Err(e) => {
                    let event =
                        serde_json::json!({ "event": "checkpoint refused", "file": name, "why": e.to_string() });
                    self.dir.log(&event)?;
                }
            }
        }
        self.dir.restore_epochs(&epoch_table(&[]))?;
        Ok(None)
    }

    /// Where the time went.
    pub fn timing(&self, times: &Times) -> Result<(), RunError> {
        for row in times.csv() {
            self.dir.append_row(FileName::Timing, Some("stage,seconds,of"), &row)?;
        }
        Ok(())
    }
}

impl Observer for Journal<'_> {
    fn started(&mut self, outline: &Outline) {
        self.listener.started(outline);
    }

    fn step(&mut self, epoch: usize, step: usize, steps: usize, loss: f64) {
        self.listener.step(epoch, step, steps, loss);
    }

    fn epoch(&mut self, row: &EpochRow) -> Result<(), ObserverError> {
        let header = columns().join(",");
        self.dir.append_row(FileName::Epochs, Some(&header), &Epochs::line(&numbers(row)))?;
        self.listener.epoch(row)
    }

    fn checkpoint(&mut self, state: &Snapshot<'_>) -> Result<(), ObserverError> {
        let now = (self.clock)();
        if state.epoch() == 0 || (!state.is_stopping() && now - self.saved < CHECKPOINT_SECONDS) {
            return Ok(());
        }
        self.saved = now;
        let folder = self.dir.checkpoint()?;
        let [newest, previous]: [PathBuf; 2] = FILES.map(|name| folder.join(name));
        if newest.exists() {
            std::fs::rename(&newest, &previous)?;
        }
        write_atomic(&newest, &state.checkpoint()?.to_bytes()?)?;
        Ok(())
    }

    fn stop_requested(&self) -> bool {
        self.listener.stop_requested()
    }
}

/// `epochs.csv` as a table.
pub fn epoch_table(history: &[EpochRow]) -> Epochs {
    Epochs { rows: history.iter().map(numbers).collect(), ..Epochs::new(columns()) }
}

/// The columns of `epochs.csv`.
fn columns() -> Vec<String> {
    let figures = ["loss", "accuracy", "uar", "weighted_f1", "macro_f1"];
    let of = |part: &'static str| figures.iter().map(move |figure| format!("{part}_{figure}"));
    ["epoch".to_owned(), "learning_rate".to_owned()].into_iter().chain(of("train")).chain(of("validation")).collect()
}

/// A row of `epochs.csv`; NaN, an empty cell, where there were no validation rows.
fn numbers(row: &EpochRow) -> Vec<f64> {
    let figures = |f: &Figures| [f.loss, f.accuracy, f.uar, f.weighted_f1, f.macro_f1];
    let validation = row.validation.as_ref().map_or([f64::NAN; 5], figures);
    [row.epoch as f64, row.learning_rate].into_iter().chain(figures(&row.train)).chain(validation).collect()
}
