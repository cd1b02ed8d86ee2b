//! What a training says of itself while it runs. Observers listen; nothing they do changes a result.

use super::TrainError;
use super::checkpoint::Checkpoint;
use super::standing::TrainingState;
use crate::evaluate::{Confusion, Metric};
use serde::{Deserialize, Serialize};
use std::error::Error;

/// Why an observer failed, e.g. a full disk.
pub type ObserverError = Box<dyn Error + Send + Sync>;

/// Loss and metrics of one pass over a set of rows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Mean loss over rows, weighted by class as in training; NaN of a network without probabilities.
    pub loss: f64,
    /// Share of rows predicted right, 0 to 1.
    pub accuracy: f64,
    /// Unweighted average recall, 0 to 1.
    pub uar: f64,
    /// F1 averaged over classes by their size, 0 to 1.
    pub weighted_f1: f64,
    /// F1 averaged over classes, 0 to 1.
    pub macro_f1: f64,
}

impl Figures {
    /// The metrics of a confusion matrix beside a loss.
    pub fn new(loss: f64, confusion: &Confusion) -> Self {
        Self {
            loss,
            accuracy: confusion.accuracy(),
            uar: confusion.uar(),
            weighted_f1: confusion.weighted_f1(),
            macro_f1: confusion.macro_f1(),
        }
    }

    /// The value of a metric; for `loss` that of the loss trained with, whichever it is.
    pub fn of(&self, metric: Metric) -> f64 {
        match metric {
            Metric::Accuracy => self.accuracy,
            Metric::Uar => self.uar,
            Metric::WeightedF1 => self.weighted_f1,
            Metric::MacroF1 => self.macro_f1,
            Metric::Loss => self.loss,
        }
    }
}

/// One epoch as a row of a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EpochRow {
    /// The epoch, from 1.
    pub epoch: usize,
    /// The learning rate of its last step; NaN where there was none.
    pub learning_rate: f64,
    /// Figures of the training rows, gathered from the passes that trained: with dropout, augmentation and weights that
    /// changed in between. Mixed rows count as the label with the larger share. Of a network that was solved for, those of the
    /// solution.
    pub train: Figures,
    /// Figures of the validation rows after the epoch, as the network will be used.
    pub validation: Option<Figures>,
    /// Figures of the training rows after the epoch, as the network will be used; where they were asked for.
    pub unaugmented: Option<Figures>,
    /// Whether it is the best epoch so far; the last row that says so is the one kept.
    pub best: bool,
    /// The loss of each step; none where there were no steps.
    pub losses: Vec<f64>,
}

/// What a training is about to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrainingOutline {
    /// The first epoch to come, from 1; later than 1 where training resumes.
    pub first_epoch: usize,
    /// Epochs at most; 0 where the network is solved for at once.
    pub epochs: usize,
    /// Steps an epoch.
    pub steps: usize,
    /// Training rows.
    pub training_rows: usize,
    /// Validation rows.
    pub validation_rows: usize,
}

/// The state after an epoch, written to bytes only if asked for.
#[derive(Debug)]
pub struct Snapshot<'a> {
    pub(super) standing: &'a TrainingState,
    pub(super) identity: &'a str,
    pub(super) stopping: bool,
}

impl Snapshot<'_> {
    /// The last epoch that is complete in it; 0 before the first.
    pub fn epoch(&self) -> usize {
        self.standing.epoch
    }

    /// Whether training was asked to stop: no later state will come, so this one is to be kept.
    pub fn is_stopping(&self) -> bool {
        self.stopping
    }

    /// Builds the checkpoint, from which training resumes as if it had never stopped.
    ///
    /// # Errors
    /// Where the network or the optimiser's state cannot be written.
    pub fn checkpoint(&self) -> Result<Checkpoint, TrainError> {
        self.standing.to_checkpoint(self.identity)
    }
}

/// Listens to a training. Every method may be left out.
pub trait Observer {
    /// Training begins or resumes.
    fn started(&mut self, _outline: &TrainingOutline) {}
    /// A step is done: `step` of `steps` in `epoch`, all from 1, with the batch's loss.
    fn step(&mut self, _epoch: usize, _step: usize, _steps: usize, _loss: f64) {}
    /// An epoch is complete.
    ///
    /// # Errors
    /// End the training.
    fn epoch(&mut self, _row: &EpochRow) -> Result<(), ObserverError> {
        Ok(())
    }
    /// The state after an epoch, offered after [`Self::epoch`] and once more when training is asked to stop.
    ///
    /// # Errors
    /// End the training.
    fn checkpoint(&mut self, _state: &Snapshot<'_>) -> Result<(), ObserverError> {
        Ok(())
    }
    /// Something that a person should know although the training goes on, such as a checkpoint that could not be used.
    fn note(&mut self, _what: &str) {}
    /// Whether training should stop, asked before every step. The epoch that is under way is given up and the state
    /// after the last complete one is offered to [`Self::checkpoint`].
    fn stop_requested(&self) -> bool {
        false
    }
}

/// Listens to nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_reads_back_bit_by_bit() {
        let train = Figures { loss: 1.5, accuracy: 0.25, uar: 0.2, weighted_f1: 0.3, macro_f1: 0.1 };
        let (validation, unaugmented) =
            (Some(Figures { loss: 2.0, ..train }), Some(Figures { uar: 1.0 / 3.0, ..train }));
        let losses = vec![0.1 + 0.2, 1e-300];
        let row = EpochRow { epoch: 3, learning_rate: 1e-3, train, validation, unaugmented, best: true, losses };
        for row in [row.clone(), EpochRow { validation: None, unaugmented: None, ..row }] {
            let text = serde_json::to_string(&row).unwrap();
            assert_eq!(serde_json::from_str::<EpochRow>(&text).unwrap(), row);
        }
    }
}
