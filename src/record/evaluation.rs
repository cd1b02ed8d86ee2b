//! `evaluation.json`: the figures of a run and what one must know to read them.

use crate::evaluate::Evaluation;
use serde::{Deserialize, Serialize};

/// What `evaluation.json` holds: the figures, with the audit and the training beside them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EvaluationFile {
    /// The figures, at the top level of the file.
    #[serde(flatten)]
    pub evaluation: Evaluation,
    /// What the leak audit says.
    pub audit: AuditStamp,
    /// Clips that were left out of training and test, as unreadable or without a label of the map.
    pub left_out: usize,
    /// The epoch whose weights were evaluated, from 1; none for models that are not trained in epochs.
    pub best_epoch: Option<usize>,
    /// The rows that picked it, and that `epochs.csv` and `plots/curves` are of, where these are no validation rows: `test`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch_picked_on: Option<String>,
    /// Epochs that were trained.
    pub epochs: usize,
    /// Trainable parameters of the model.
    pub parameters: u64,
}

/// The part of the audit that every result carries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
pub struct AuditStamp {
    /// What to print on every figure of a run whose partitions leak, e.g. "LEAK: 91 of 91 speakers are in train and
    /// test"; none for a clean split.
    pub stamp: Option<String>,
    /// Everything else the audit found.
    #[serde(flatten)]
    pub findings: serde_json::Map<String, serde_json::Value>,
}
