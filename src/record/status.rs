//! `status.json`: how a run stands. Times live only here and in `timing.csv`.

use super::clock;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How a run stands, by its own word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Progress {
    /// A process works on it, or was killed while it did.
    Running,
    /// It has a result.
    Sealed,
    /// It stopped with an error.
    Failed,
    /// It was stopped, its state saved, and can go on.
    Interrupted,
}

/// What `status.json` holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// How the run stands.
    pub state: Progress,
    /// Why it failed or was interrupted.
    pub why: Option<String>,
    /// Begin of the first attempt, RFC 3339 in UTC.
    pub started: String,
    /// The same in seconds since 1970.
    pub started_unix: u64,
    /// End of the last attempt; none while it runs.
    pub ended: Option<String>,
    /// The same in seconds since 1970.
    pub ended_unix: Option<u64>,
    /// Machine of the last attempt.
    pub host: String,
    /// Process of the last attempt.
    pub pid: u32,
    /// SHA-256 of each file that says how the run was asked for ([`FileName::is_origin`](super::FileName::is_origin)), in
    /// hexadecimal; of a sealed run only.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
}

impl Status {
    /// A run that begins now in this process, or goes on if it began `earlier`.
    pub fn begin(earlier: Option<&Self>) -> Self {
        let started_unix = earlier.map_or_else(clock::now, |s| s.started_unix);
        Self {
            state: Progress::Running,
            why: None,
            started: clock::rfc3339(started_unix),
            started_unix,
            ended: None,
            ended_unix: None,
            host: clock::host().to_owned(),
            pid: std::process::id(),
            files: BTreeMap::new(),
        }
    }

    /// The same run, ended now.
    pub fn end(&self, state: Progress, why: Option<String>) -> Self {
        let now = clock::now();
        Self { state, why, ended: Some(clock::rfc3339(now)), ended_unix: Some(now), ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resumed_run_keeps_its_beginning() {
        let first = Status { started_unix: 86_400, ..Status::begin(None) };
        let ended = first.end(Progress::Interrupted, Some("SIGTERM".into()));
        assert!(ended.ended_unix.is_some() && ended.why.as_deref() == Some("SIGTERM"));
        let again = Status::begin(Some(&ended));
        assert_eq!((again.started.as_str(), again.ended), ("1970-01-02T00:00:00Z", None));
        let json = serde_json::to_string(&ended).unwrap();
        assert!(json.contains("\"state\":\"interrupted\""), "{json}");
        assert_eq!(serde_json::from_str::<Status>(&json).unwrap(), ended);
    }
}
