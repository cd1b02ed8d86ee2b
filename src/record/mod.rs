//! The record: everything a run leaves on disk, and reading it back.
//!
//! [`RunDir`] is a run directory while a run is under way: it is locked, every whole file is written atomically, rows are
//! appended, and at the end the hashes of all result files are written into `seal.json`. [`StoredRun`] is a run as it lies
//! on disk; [`runs`] and [`find`] read them. [`Provenance`] says from which code and on which machine a run was made.
//!
//! Result files are the same bytes whenever the same question is asked. Whatever may differ between machines or days
//! (times, hosts, threads) stays out of them, and so out of the seal.
//!
//! To add a file to the run directory: give it a variant, a path and its answers to `is_result` and `is_needed` in
//! `layout.rs`, and add it to `FileName::ALL`. Nothing else knows a file name.

mod asks;
mod atomic;
mod clock;
mod epochs;
mod error;
mod evaluation;
mod git;
mod layout;
mod lock;
mod looks;
mod provenance;
mod rows;
mod run_dir;
mod seal;
mod status;
mod store;
mod stored;
#[cfg(test)]
pub(crate) mod testing;

pub use asks::Asks;
pub use atomic::write as write_atomic;
pub use clock::{host, now, rfc3339};
pub use epochs::Epochs;
pub use error::RecordError;
pub use evaluation::{AuditStamp, EvaluationFile};
pub use git::{GitState, git_state};
pub use layout::{CHECKPOINT, FileName, LONGEST_NAME, PLOTS, PlotFormat, PlotName, RunId, RunName, check_name};
pub use lock::{Foreign, Holder};
pub use looks::{read_looks, write_looks};
pub use provenance::{Build, Machine, PROVENANCE_VERSION, Provenance};
pub use rows::{SplitRow, csv_bytes, float, parse_predictions, parse_split, predictions_csv, split_csv};
pub use run_dir::{RunDir, json};
pub use seal::{Depth, SEAL_VERSION, Seal, Tampering, Verdict, sha256, verify_seal};
pub use status::{Progress, Status};
pub use store::{find, find_one, runs};
pub use stored::{RunState, StoredRun};
