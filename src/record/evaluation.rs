//! `evaluation.json`: the figures of a run and what one must know to read them.

use crate::evaluate::Evaluation;
use crate::split::{Audit, Severity};
use serde::{Deserialize, Serialize};

/// What `evaluation.json` holds: the figures, with the audit and the training beside them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EvaluationFile {
    /// The figures, at the top level of the file.
    #[serde(flatten)]
    pub evaluation: Evaluation,
    /// What the leak audit says.
    pub audit: AuditStamp,
    /// Clips of the corpus that were left out of training and test: unusable ones, and those that a split file does not list.
    pub left_out: usize,
    /// Those of them that the split file does not list.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unlisted: usize,
    /// The epoch whose weights were evaluated, from 1; none for models that are not trained in epochs.
    pub best_epoch: Option<usize>,
    /// The rows that picked it, and that `epochs.csv` and `plots/curves` are of, where these are no validation rows: `test`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch_picked_on: Option<String>,
    /// Epochs that were trained; 0 of a network that was solved for at once.
    pub epochs: usize,
    /// Trainable parameters of the model.
    pub parameters: u64,
}

impl EvaluationFile {
    /// Clips that could not be used: misnamed, missing, or unreadable.
    pub fn unusable(&self) -> usize {
        self.left_out.saturating_sub(self.unlisted)
    }

    /// What one must know to read the figures, a sentence each: clips that are left out, and what the audit warns of.
    pub fn remarks(&self) -> Vec<String> {
        let count = |clips: usize, what: &str| (clips > 0).then(|| format!("{} {what}", counted(clips)));
        let left_out =
            [count(self.unusable(), "could not be used"), count(self.unlisted, "not listed by the split file")];
        let warnings = self.audit.read().findings.into_iter().filter(|finding| finding.severity == Severity::Warning);
        left_out.into_iter().flatten().chain(warnings.map(|finding| finding.sentence)).collect()
    }
}

fn counted(clips: usize) -> String {
    if clips == 1 { "1 clip".to_owned() } else { format!("{clips} clips") }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(count: &usize) -> bool {
    *count == 0
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

impl AuditStamp {
    /// The audit as it was written; one without findings where they are not of this version.
    fn read(&self) -> Audit {
        serde_json::from_value(self.findings.clone().into()).unwrap_or_default()
    }
}
