//! Training: our own loop on burn's autodiff and optimisers; at once where a network is solved for.
//!
//! [`train`] takes a network, rows and a [`Train`] table and gives back a [`Trained`] network with one [`EpochRow`] an
//! epoch; [`predict`] asks a network for probabilities. Rows come through [`Examples`]: what to feed and its label, nothing
//! of files, speakers or partitions. The loop tells an [`Observer`] what happens and offers it the state after each epoch,
//! a [`Checkpoint`], from which training resumes to the same bytes.
//!
//! - `fit`: the loop; `prepare`: checks before it; `standing`: the state between epochs; `solve`: in the loop's place where
//!   parameters are solved for at once
//! - `batches`: shuffling, mixup, and the thread that assembles batches ahead
//! - `loss`, `clip`, `optimizer` and `updates`, `schedule`: the mathematics of a step
//! - `averaging`: the mean of weights in the place of the last ones
//! - `selection`: best epoch and early stopping; `predict`: passes without training
//! - `observe`, `checkpoint`: what leaves the room
//!
//! Kinds: optimisers `adam`, `adamw`, `sgd`, `rmsprop`; schedules `constant`, `step`, `exponential`, `cosine`, `linear`, `one-cycle`,
//! `warm-up`, `plateau`; losses `cross-entropy`, `focal`; gradient clipping `norm`, `value`;
//! weight averaging `ema`, `swa`.
//!
//! To add one: a settings table that does what its list asks (`Descent` of `optimizer.rs`, `Pace` of `schedule.rs`, `Criterion`
//! of `loss.rs`, `Clip` of `clip.rs`, `Averaging` of `averaging.rs`), and a line in that list. The tests that loop over kinds then cover it.

mod averaging;
mod batches;
mod checkpoint;
mod clip;
mod fit;
mod loss;
mod observe;
mod optimizer;
mod predict;
mod prepare;
mod schedule;
mod selection;
mod settings;
mod solve;
mod standing;
mod updates;

#[cfg(test)]
mod tests;

pub use averaging::{Ema, Swa, WeightAverage};
pub use checkpoint::{Checkpoint, CheckpointError};
pub use clip::{ClipNorm, ClipValue, GradientClip};
pub use fit::{Ended, Job, Timing, Trained, train};
pub use loss::{CrossEntropy, Focal, Loss};
pub use observe::{EpochRow, Figures, Observer, ObserverError, Silent, Snapshot, TrainingOutline};
pub use optimizer::{Adam, AdamW, Decay, Optimizer, RmsProp, Sgd};
pub use predict::{Answer, mean, predict};
pub use schedule::{
    Constant, Cosine, Exponential, Linear, OneCycle, Plateau, PlateauState, Schedule, StepDecay, StepPosition, WarmUp,
};
pub use selection::{ImprovementCounter, better};
pub use settings::{AT_ONCE, ClassWeights, EarlyStopping, Train};

use crate::classical::SolveError;
use crate::kind::Problem;
use crate::model::{InputShape, Span};
use std::error::Error;

/// Rows to feed a network: all of one shape, each with a label.
pub trait Examples: Sync {
    /// How many rows there are.
    fn len(&self) -> usize;
    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The shape of every row.
    fn shape(&self) -> InputShape;
    /// The label of row `i`, below [`Self::classes`].
    fn label(&self, i: usize) -> usize;
    /// How many classes there are.
    fn classes(&self) -> usize;
    /// Writes row `i` as it is fed in `epoch`, from 1 (0: outside of training), to `out`: [channels, bins, frames],
    /// row-major, and tells which of the frames are the row's own, and no padding. It must depend on nothing but `i` and `epoch`; many
    /// rows are written at once.
    ///
    /// # Errors
    /// Where the row cannot be had.
    fn write(&self, i: usize, epoch: u64, out: &mut [f32]) -> Result<Span, ExampleError>;
}

/// Rows a network may learn from.
pub trait TrainingExamples: Examples {}

/// Rows that may pick the best epoch. Test rows do not implement it, so that no choice can be made on them.
pub trait ValidationExamples: Examples {}

/// A row that cannot be fed.
#[derive(Debug, thiserror::Error)]
#[error("{example} cannot be fed to the network: {source}")]
pub struct ExampleError {
    /// Which one: a name a person can find.
    pub example: String,
    /// Why.
    pub source: Box<dyn Error + Send + Sync>,
}

/// What [`TrainError::NotFinite`] calls the loss of the rows that pick the epoch: those of validation, as far as training knows.
pub const VALIDATION_LOSS: &str = "the validation loss";

/// Why a training or a prediction failed.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// Settings out of range, or that do not fit the rows.
    #[error("`train` has settings that cannot be used: {}", list(.0))]
    Settings(Vec<Problem>),
    /// No rows, no classes or rows without values.
    #[error("there are no {part} rows; check the split and its shares")]
    Empty {
        /// `training` or `validation`.
        part: &'static str,
    },
    /// A label that is no class.
    #[error("{part} row {row} has label {label}, but there are {classes} classes (0 to {})", classes - 1)]
    Label {
        /// `training` or `validation`.
        part: &'static str,
        /// The row.
        row: usize,
        /// Its label.
        label: usize,
        /// How many classes there are.
        classes: usize,
    },
    /// Training and validation rows that do not go together.
    #[error("validation rows have {actual}, training rows {expected}")]
    PartsDiffer {
        /// Of the training rows.
        expected: String,
        /// Of the validation rows.
        actual: String,
    },
    /// A row that cannot be fed.
    #[error(transparent)]
    Example(#[from] ExampleError),
    /// The network does not give one value a class.
    #[error("the network gave {actual:?} values for a batch that needs {expected:?} (rows, classes)")]
    Logits {
        /// Rows and classes.
        expected: [usize; 2],
        /// What came out.
        actual: [usize; 2],
    },
    /// There is no solution.
    #[error(transparent)]
    Solve(#[from] SolveError),
    /// Training diverged.
    #[error(
        "{what} became NaN or infinite in epoch {epoch}, step {step}; try a lower learning rate, `gradient_clip.norm` or \
         a `warm-up` schedule under `train`, and check that features are scaled"
    )]
    NotFinite {
        /// What it was.
        what: &'static str,
        /// The epoch, from 1.
        epoch: usize,
        /// The step, from 1.
        step: usize,
    },
    /// A prediction is no number.
    #[error("the network's probabilities for row {row} are not numbers; its weights or the row's features are damaged")]
    Prediction {
        /// The row.
        row: usize,
    },
    /// The network cannot be written to bytes or read back.
    #[error("the network of a checkpoint cannot be written or read: {0}")]
    Network(#[source] Box<dyn Error + Send + Sync>),
    /// A checkpoint that cannot be built or read.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// A checkpoint of another training.
    #[error(
        "the checkpoint belongs to another training: version, settings, seed or rows differ; resume with the same ones, or \
         remove the folder `checkpoint` in the run's directory to start again"
    )]
    ForeignCheckpoint,
    /// An observer failed.
    #[error("training was ended by what keeps its record: {0}")]
    Observer(#[source] ObserverError),
    /// No threads to assemble batches with.
    #[error("no threads could be started to assemble batches: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
}

fn list(problems: &[Problem]) -> String {
    let said: Vec<String> = problems.iter().map(|p| format!("{}: {}", p.key, p.message)).collect();
    said.join("; ")
}
