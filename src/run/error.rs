//! Why a run failed.

use super::memory::MemoryError;
use crate::data::DataError;
use crate::kind::Problem;
use crate::model::ModelError;
use crate::plan::PlanError;
use crate::record::RecordError;
use crate::report::ReportError;
use crate::train::TrainError;

/// Why a run failed.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Clips, features or augmentation.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The split.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The partitions share what they must not.
    #[error("refused before training, because it leaks:\n{}\n{way_out}", sentences.iter().map(|s| format!("  {s}")).collect::<Vec<_>>().join("\n"))]
    Leak {
        /// What leaks, a sentence each.
        sentences: Vec<String>,
        /// What can be done.
        way_out: String,
    },
    /// The network cannot be trained on inputs of this shape.
    #[error("{}", .0.iter().map(|p| format!("{}: {}", p.key, p.message)).collect::<Vec<_>>().join("\n"))]
    Shape(Vec<Problem>),
    /// Training.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// The weights.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The run directory.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The plots.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// There is not enough memory.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// Another process worked on the run.
    #[error("it failed in another process: {0}")]
    Elsewhere(String),
    /// The program or a backend gave up: a fault of its own, or a device that ran out of memory.
    #[error(
        "it broke off: {message}\n  if that is about memory: a smaller train.batch_size or network, fewer --jobs, or --device cpu; \
         else it is a fault of serlab: please report it with this message"
    )]
    Panic {
        /// What was said.
        message: String,
    },
}

impl RunError {
    /// Whether the data is at fault: missing, corrupt or leaking.
    pub fn is_about_data(&self) -> bool {
        matches!(self, Self::Data(_) | Self::Plan(_) | Self::Leak { .. })
    }

    /// Whether the run was left alone, as a process of another machine may work on it.
    pub fn is_held(&self) -> bool {
        matches!(self, Self::Record(RecordError::Held { .. } | RecordError::Foreign { .. }))
    }
}
