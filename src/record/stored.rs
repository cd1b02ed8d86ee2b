//! A run as it lies on disk.

use super::layout::{FileName, RunId, RunName};
use super::lock::{Holder, Lock};
use super::seal::{Depth, Tampering, Verdict, verify_seal};
use super::{Asks, Epochs, EvaluationFile, Progress, Provenance, RecordError, Status, rows, run_dir};
use crate::evaluate::Prediction;
use crate::features::UsedLength;
use std::path::{Path, PathBuf};

/// How a run on disk stands.
#[derive(Debug, Clone, PartialEq)]
pub enum RunState {
    /// It has a result, and its files are what was sealed.
    Sealed,
    /// It was sealed, and these files have changed since.
    Tampered(Vec<Tampering>),
    /// A process works on it.
    Running(Holder),
    /// It stopped with an error.
    Failed(String),
    /// It was stopped, or killed, and can go on.
    Interrupted(String),
    /// Its record cannot be read.
    Damaged(String),
}

impl RunState {
    /// One word for tables.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Sealed => "sealed",
            Self::Tampered(_) => "TAMPERED",
            Self::Running(_) => "running",
            Self::Failed(_) => "failed",
            Self::Interrupted(_) => "interrupted",
            Self::Damaged(_) => "damaged",
        }
    }

    /// Why there is no result; empty for a sealed run.
    pub fn why(&self) -> String {
        match self {
            Self::Sealed => String::new(),
            Self::Tampered(files) => {
                let files: Vec<String> = files.iter().map(|t| format!("{}: {}", t.file, t.why)).collect();
                files.join("; ")
            }
            Self::Running(holder) => holder.to_string(),
            Self::Failed(why) | Self::Interrupted(why) | Self::Damaged(why) => why.clone(),
        }
    }
}

/// A run as it lies on disk.
#[derive(Debug, Clone)]
pub struct StoredRun {
    /// Its directory.
    pub dir: PathBuf,
    /// What it is called.
    pub name: RunName,
    /// How it stands.
    pub state: RunState,
    /// What `status.json` says, if it can be read.
    pub status: Option<Status>,
    /// Its figures; only a sealed run has any.
    pub evaluation: Option<EvaluationFile>,
    /// The resolved configuration, `[run]` included; empty if it cannot be read.
    pub config: toml::Table,
    /// What it asks, apart from seed and fold; none where its record does not tell.
    pub asks: Option<Asks>,
    /// What must be printed beside its figures: leaks.
    pub stamps: Vec<String>,
}

impl StoredRun {
    /// Reads the run in `dir`. What is wrong with it becomes its state, so that one bad run never hides the others.
    pub fn read(dir: &Path, depth: Depth) -> Option<Self> {
        let from_path = RunName::from_directory(dir);
        let file = |f: FileName| run_dir::read(&dir.join(f.path()));
        let config = match file(FileName::Config) {
            Ok(bytes) => bytes.map(|b| toml::from_str::<toml::Table>(&String::from_utf8_lossy(&b))).transpose(),
            Err(_) => Ok(None),
        };
        let status = file(FileName::Status).ok().flatten().and_then(|b| serde_json::from_slice::<Status>(&b).ok());
        let known = matches!(config, Ok(Some(_))) || status.is_some();
        let (config, mut problem) = match config {
            Ok(config) => (config.unwrap_or_default(), None),
            Err(e) => (toml::Table::new(), Some(format!("config.toml cannot be read: {}", e.message()))),
        };
        let name = identity(&config).or(from_path.filter(|_| known || problem.is_some()))?;
        let mut state = state(dir, depth, status.as_ref());
        let mut evaluation = None;
        if state == RunState::Sealed {
            let read = file(FileName::Evaluation).map_err(|e| e.to_string()).and_then(|bytes| {
                let bytes = bytes.ok_or("evaluation.json is missing")?;
                serde_json::from_slice::<EvaluationFile>(&bytes).map_err(|e| format!("evaluation.json: {e}"))
            });
            match read {
                Ok(read) => evaluation = Some(read),
                Err(why) => problem = Some(why),
            }
        }
        if let (Some(why), RunState::Sealed | RunState::Interrupted(_)) = (problem, &state) {
            (state, evaluation) = (RunState::Damaged(why), None);
        }
        let stamps = evaluation.iter().filter_map(|e| e.audit.stamp.clone()).collect();
        let asks = Asks::of(&config);
        Some(Self { dir: dir.to_path_buf(), name, state, status, evaluation, config, asks, stamps })
    }

    /// Whether the run has figures that may be compared and averaged.
    pub fn has_result(&self) -> bool {
        self.state == RunState::Sealed && self.evaluation.is_some()
    }

    /// How many classes it tells apart; 0 without a result.
    pub fn labels(&self) -> usize {
        self.evaluation.as_ref().map_or(0, |file| file.evaluation.labels.len())
    }

    /// The `[run]` table's value for `key`, if it is a text.
    pub fn run_text(&self, key: &str) -> Option<&str> {
        self.config.get("run")?.get(key)?.as_str()
    }

    /// How many folds each seed of its question has, where its record tells: in `[run]`, or, in records that have it not there, in
    /// the settings of the one protocol that names them.
    pub fn folds(&self) -> Option<u32> {
        let told = self.config.get("run").and_then(|run| run.get("folds")?.as_integer());
        let of_settings = || {
            let k_fold = self.config.get("split")?.get("k-fold")?;
            let listed = k_fold.get("groups").and_then(|groups| groups.as_array()).map_or(0, Vec::len);
            if listed > 0 { Some(listed as i64) } else { k_fold.get("folds")?.as_integer() }
        };
        told.or_else(of_settings).map(|count| count.clamp(0, 100_000) as u32)
    }

    /// Predictions of the test clips, with the labels their numbers mean.
    ///
    /// # Errors
    /// The file and what is wrong with it.
    pub fn predictions(&self) -> Result<(Vec<String>, Vec<Prediction>), RecordError> {
        let path = self.dir.join(FileName::Predictions.path());
        let bytes = run_dir::read(&path)?.ok_or_else(|| RecordError::damaged(&path, "it is missing"))?;
        rows::parse_predictions(&bytes).map_err(|why| RecordError::damaged(&path, why))
    }

    /// The table of epochs; none for models that are not trained in epochs.
    ///
    /// # Errors
    /// The file and what is wrong with it.
    pub fn epochs(&self) -> Result<Option<Epochs>, RecordError> {
        let path = self.dir.join(FileName::Epochs.path());
        let Some(bytes) = run_dir::read(&path)? else { return Ok(None) };
        let parsed = Epochs::parse(&String::from_utf8_lossy(&bytes));
        parsed.map(|(table, _)| Some(table)).map_err(|why| RecordError::damaged(&path, why))
    }

    /// How long the network's input is and what that cuts off; `None` where the record does not tell, as that of older
    /// versions.
    pub fn length(&self) -> Option<UsedLength> {
        #[derive(serde::Deserialize)]
        struct Told {
            length: UsedLength,
        }
        let bytes = run_dir::read(&self.dir.join(FileName::NetInput.path())).ok()??;
        serde_json::from_slice::<Told>(&bytes).ok().map(|told| told.length)
    }

    /// Where and with what the run was made; `None` if the file is missing.
    ///
    /// # Errors
    /// The file and what is wrong with it.
    pub fn provenance(&self) -> Result<Option<Provenance>, RecordError> {
        let path = self.dir.join(FileName::Provenance.path());
        let Some(bytes) = run_dir::read(&path)? else { return Ok(None) };
        serde_json::from_slice(&bytes).map(Some).map_err(|e| RecordError::damaged(&path, e.to_string()))
    }

    /// Every file of the record that is there, by its path inside the run, with its size in bytes.
    pub fn files(&self) -> Vec<(String, u64)> {
        let size = |f: &FileName| Some((f.path().to_owned(), self.dir.join(f.path()).metadata().ok()?.len()));
        FileName::ALL.iter().filter_map(size).collect()
    }

    /// When it was last worked on, in seconds since 1970; 0 if unknown.
    pub fn last_active_unix(&self) -> u64 {
        self.status.as_ref().map_or(0, |s| s.ended_unix.unwrap_or(s.started_unix))
    }
}

/// The identity in the `[run]` table.
fn identity(config: &toml::Table) -> Option<RunName> {
    let run = config.get("run")?.as_table()?;
    let text = |key: &str| Some(run.get(key)?.as_str()?.to_owned());
    Some(RunName {
        experiment: text("experiment")?,
        variant: text("variant")?,
        seed: u64::try_from(run.get("seed")?.as_integer()?).ok()?,
        fold: match run.get("fold") {
            Some(fold) => Some(u32::try_from(fold.as_integer()?).ok()?),
            None => None,
        },
        id: RunId::new(text("id")?)?,
    })
}

fn state(dir: &Path, depth: Depth, status: Option<&Status>) -> RunState {
    match verify_seal(dir, depth) {
        Ok(Verdict::Sealed) => return RunState::Sealed,
        Ok(Verdict::Tampered(files)) => return RunState::Tampered(files),
        Ok(Verdict::Unsealed) => (),
        Err(e) => return RunState::Damaged(e.to_string()),
    }
    if let Some(holder) = Lock::holder(dir) {
        return RunState::Running(holder);
    }
    let why = status.and_then(|s| s.why.clone());
    match status.map(|s| s.state) {
        Some(Progress::Failed) => RunState::Failed(why.unwrap_or_else(|| "without a reason".to_owned())),
        Some(Progress::Interrupted) => RunState::Interrupted(why.unwrap_or_default()),
        Some(Progress::Sealed) => RunState::Interrupted("it ended before it was sealed".to_owned()),
        Some(Progress::Running) => RunState::Interrupted("its process is gone".to_owned()),
        None => RunState::Interrupted("it has no status".to_owned()),
    }
}
