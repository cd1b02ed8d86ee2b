//! Several commands on one experiment: each run is done by one of them, and all of them see all results.

use crate::plan::RunPlan;
use crate::record::{Depth, RecordError, RunState, StoredRun};
use crate::run::{Outcome, RunError};
use std::path::Path;
use std::time::Duration;

/// Between two looks at a run that another process works on.
const PATIENCE: Duration = Duration::from_millis(300);

/// Whether a run was not begun because another process of this machine works on it.
pub fn is_held(ended: &Result<Outcome, RunError>) -> bool {
    matches!(ended, Err(RunError::Record(RecordError::Held { .. })))
}

/// Whether a run was not begun because another process has sealed it meanwhile.
pub fn is_done(ended: &Result<Outcome, RunError>) -> bool {
    matches!(ended, Err(RunError::Record(RecordError::Sealed { .. })))
}

/// Waits until nobody works on `run` any more or `stop` says so; then what came of it. `None`: there is something left to do.
pub fn wait(runs: &Path, run: &RunPlan, stop: &dyn Fn() -> bool) -> Option<Result<Outcome, RunError>> {
    let dir = match run.name.directory(runs) {
        Ok(dir) => dir,
        Err(e) => return Some(Err(e.into())),
    };
    while !stop() {
        match StoredRun::read(&dir, Depth::Figures).map(|stored| stored.state) {
            Some(RunState::Sealed) => return Some(Err(RecordError::Sealed { path: dir }.into())),
            Some(RunState::Failed(why)) => return Some(Err(RunError::Elsewhere(why))),
            Some(RunState::Running(_)) => std::thread::sleep(PATIENCE),
            // Let go unfinished, or not a word written yet: whoever takes the lock now has it.
            _ => {
                std::thread::sleep(PATIENCE);
                return None;
            }
        }
    }
    Some(Ok(Outcome::Stopped))
}
