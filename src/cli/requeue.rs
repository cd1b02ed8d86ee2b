//! A batch job whose time runs out goes back into the queue.
//!
//! Slurm warns of a time limit with the signal that `sbatch --signal=B:USR2@120` names. Nothing else puts a job back: after
//! SIGTERM it may have been cancelled, and would come back to life.

use std::process::Command;

/// A job is put back at most so often, so that one that never gets anywhere ends.
const MOST: u32 = 10;

/// Puts the job that this process belongs to back into Slurm's queue; what came of it, and nothing outside of a job.
#[expect(clippy::disallowed_methods, reason = "Slurm tells a job about itself in environment variables")]
pub fn requeue() -> Option<String> {
    let job = std::env::var("SLURM_JOB_ID").ok().filter(|job| !job.is_empty())?;
    let before = std::env::var("SLURM_RESTART_COUNT").ok().and_then(|count| count.parse().ok()).unwrap_or(0_u32);
    if before >= MOST {
        return Some(format!(
            "job {job} was put back {before} times, so not again; the same command goes on from here"
        ));
    }
    let said = match Command::new("scontrol").args(["requeue", &job]).output() {
        Ok(output) if output.status.success() => {
            format!("job {job} is put back into the queue ({} of {MOST})", before + 1)
        }
        Ok(output) => format!("job {job}: scontrol requeue: {}", String::from_utf8_lossy(&output.stderr).trim()),
        Err(e) => format!("job {job}: cannot call scontrol requeue: {e}"),
    };
    Some(said)
}
