//! The one place that knows every name in a run directory.
//!
//! `runs/<experiment>/<variant>-s<seed>[-f<fold>]-<8 hex of the run id>/`, and inside it the files of [`FileName`].

use super::RecordError;
use std::fmt;
use std::path::{Path, PathBuf};

/// Folder of plots inside a run.
pub const PLOTS: &str = "plots";
/// Folder of checkpoints inside a run.
pub const CHECKPOINT: &str = "checkpoint";
/// A name may not be longer, so that a path of a run fits every file system.
pub const LONGEST_NAME: usize = 100;

/// The hash of the question a run answers, as 8 to 64 hexadecimal digits in lower case.
///
/// The plan makes whole ids of 64 digits; the shorter ones come from the names of directories whose record is lost.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RunId(String);

impl RunId {
    /// An id from its digits; `None` if they are not 8 to 64 hexadecimal digits in lower case.
    pub fn new(hex: impl Into<String>) -> Option<Self> {
        let hex = hex.into();
        let digits = hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        (digits && (8..=64).contains(&hex.len())).then_some(Self(hex))
    }

    /// The id of a question written out as bytes: their SHA-256.
    pub fn of(question: &[u8]) -> Self {
        Self(super::sha256(question))
    }

    /// The id whose 64 digits are these 32 bytes.
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self(bytes.iter().map(|b| format!("{b:02x}")).collect())
    }

    /// The first 8 digits, which stand in the directory's name.
    pub fn short(&self) -> &str {
        &self.0[..8]
    }

    /// All digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a run is called.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RunName {
    /// The experiment, which is the spec's name.
    pub experiment: String,
    /// The variant, grid point and ablation included.
    pub variant: String,
    /// The seed.
    pub seed: u64,
    /// The fold, for protocols that have several.
    pub fold: Option<u32>,
    /// The hash of what is asked.
    pub id: RunId,
}

impl RunName {
    /// Name of the run's own folder.
    pub fn folder(&self) -> String {
        format!("{}-{}", self.label(), self.id.short())
    }

    /// What it is called within its experiment: variant, seed and fold, without the id.
    pub fn label(&self) -> String {
        let fold = self.fold.map(|f| format!("-f{f}")).unwrap_or_default();
        format!("{}-s{}{fold}", self.variant, self.seed)
    }

    /// Whether `selector` is the name of the experiment or of the variant: what means all its runs together.
    pub fn is_among(&self, selector: &str) -> bool {
        let variant = selector.strip_prefix(self.experiment.as_str()).and_then(|rest| rest.strip_prefix('/'));
        [self.experiment.as_str(), &self.variant].contains(&selector) || variant == Some(&self.variant)
    }

    /// The run's directory under the folder of all runs.
    ///
    /// # Errors
    /// A name of which [`check_name`] says that it cannot be a folder.
    pub fn directory(&self, runs: &Path) -> Result<PathBuf, RecordError> {
        for (what, name) in [("experiment", &self.experiment), ("variant", &self.variant)] {
            check_name(name).map_err(|why| RecordError::Name { what, name: name.escape_debug().to_string(), why })?;
        }
        Ok(runs.join(&self.experiment).join(self.folder()))
    }

    /// The name that a directory's path tells: variant, seed, fold and the first digits of the id.
    pub fn from_directory(directory: &Path) -> Option<Self> {
        let experiment = directory.parent()?.file_name()?.to_str()?.to_owned();
        let (rest, id) = directory.file_name()?.to_str()?.rsplit_once('-')?;
        let id = RunId::new(id).filter(|i| i.as_str().len() == 8)?;
        let (before, last) = rest.rsplit_once('-')?;
        if let Some(seed) = last.strip_prefix('s') {
            return Some(Self { experiment, variant: before.to_owned(), seed: number(seed)?, fold: None, id });
        }
        let fold = u32::try_from(number(last.strip_prefix('f')?)?).ok()?;
        let (variant, seed) = before.rsplit_once('-')?;
        let seed = number(seed.strip_prefix('s')?)?;
        Some(Self { experiment, variant: variant.to_owned(), seed, fold: Some(fold), id })
    }
}

impl fmt::Display for RunName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.experiment, self.folder())
    }
}

fn number(digits: &str) -> Option<u64> {
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

/// Whether `name` (of an experiment or a variant) can be a folder on Linux, macOS and Windows and means nothing else.
///
/// # Errors
/// What is wrong and what is allowed, to be put behind the name.
pub fn check_name(name: &str) -> Result<(), String> {
    const RESERVED: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];
    if name.is_empty() {
        return Err("it is empty".to_owned());
    }
    let length = name.chars().count();
    // Bytes count too: file systems allow 255 of them, and seed, fold and id follow the name.
    if length > LONGEST_NAME || name.len() > 2 * LONGEST_NAME {
        return Err(format!("it has {length} characters; at most {LONGEST_NAME} are allowed"));
    }
    if let Some(c) = name.chars().find(|c| is_unsafe(*c)) {
        return Err(format!("it holds {c:?}; letters, digits, spaces, `.`, `_`, `-`, `+`, `=`, `,` are safe"));
    }
    if name.starts_with(['.', ' ', '-']) {
        return Err("it starts with a dot, a space or a hyphen".to_owned());
    }
    if name.ends_with(['.', ' ']) {
        return Err("it ends with a dot or a space, which Windows drops".to_owned());
    }
    let stem = name.split('.').next().unwrap_or(name).trim_end().to_lowercase();
    let port = stem.strip_prefix("com").or_else(|| stem.strip_prefix("lpt"));
    let is_port =
        port.is_some_and(|p| matches!(p, "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "¹" | "²" | "³"));
    if RESERVED.contains(&stem.as_str()) || is_port {
        return Err("Windows keeps this name for a device".to_owned());
    }
    Ok(())
}

/// Separators and wildcards of the three systems, control characters, and characters that reverse or hide text.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
        || matches!(c, '\u{2028}' | '\u{2029}')
}

/// A plot of a run; each is written as SVG and as PNG.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlotName {
    /// Learning curves.
    Curves,
    /// The confusion matrix.
    Confusion,
    /// Recall by class.
    Recall,
}

/// How a plot is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlotFormat {
    /// Vector graphics.
    Svg,
    /// Pixels.
    Png,
}

/// A file of a run directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileName {
    /// The spec as written.
    Spec,
    /// The resolved configuration, enough to run again.
    Config,
    /// Where, with what and from which code the run was made.
    Provenance,
    /// Uncommitted changes of the working tree.
    DirtyPatch,
    /// Running, sealed, failed or interrupted.
    Status,
    /// Clip, source clip, speaker, label, partition.
    Split,
    /// Hashes of what each row was made from and of its features.
    Inputs,
    /// How a clip becomes the network's input, with what was fitted to training rows.
    NetInput,
    /// Hashes of what training begins with.
    Stages,
    /// One row an epoch.
    Epochs,
    /// One row a step: its loss.
    Steps,
    /// Seconds an epoch, and other times.
    Timing,
    /// One row a test clip.
    Predictions,
    /// Figures with intervals.
    Evaluation,
    /// Weights of the best epoch.
    Model,
    /// Events.
    Log,
    /// Hashes of the result files.
    Seal,
    /// A plot.
    Plot(PlotName, PlotFormat),
}

impl FileName {
    /// Every file.
    pub const ALL: [Self; 23] = [
        Self::Spec,
        Self::Config,
        Self::Provenance,
        Self::DirtyPatch,
        Self::Status,
        Self::Split,
        Self::Inputs,
        Self::NetInput,
        Self::Stages,
        Self::Epochs,
        Self::Steps,
        Self::Timing,
        Self::Predictions,
        Self::Evaluation,
        Self::Model,
        Self::Log,
        Self::Seal,
        Self::Plot(PlotName::Curves, PlotFormat::Svg),
        Self::Plot(PlotName::Curves, PlotFormat::Png),
        Self::Plot(PlotName::Confusion, PlotFormat::Svg),
        Self::Plot(PlotName::Confusion, PlotFormat::Png),
        Self::Plot(PlotName::Recall, PlotFormat::Svg),
        Self::Plot(PlotName::Recall, PlotFormat::Png),
    ];

    /// Path inside the run directory, with `/` on every system.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Spec => "spec.toml",
            Self::Config => "config.toml",
            Self::Provenance => "provenance.json",
            Self::DirtyPatch => "dirty.patch",
            Self::Status => "status.json",
            Self::Split => "split.csv",
            Self::Inputs => "inputs.csv",
            Self::NetInput => "input.json",
            Self::Stages => "stages.json",
            Self::Epochs => "epochs.csv",
            Self::Steps => "steps.csv",
            Self::Timing => "timing.csv",
            Self::Predictions => "predictions.csv",
            Self::Evaluation => "evaluation.json",
            Self::Model => "model.safetensors",
            Self::Log => "log.jsonl",
            Self::Seal => "seal.json",
            Self::Plot(PlotName::Curves, PlotFormat::Svg) => "plots/curves.svg",
            Self::Plot(PlotName::Curves, PlotFormat::Png) => "plots/curves.png",
            Self::Plot(PlotName::Confusion, PlotFormat::Svg) => "plots/confusion.svg",
            Self::Plot(PlotName::Confusion, PlotFormat::Png) => "plots/confusion.png",
            Self::Plot(PlotName::Recall, PlotFormat::Svg) => "plots/recall.svg",
            Self::Plot(PlotName::Recall, PlotFormat::Png) => "plots/recall.png",
        }
    }

    /// Whether the file is part of the result, and so of the seal: the same question gives the same bytes on every
    /// machine and with any number of threads. The other files tell how it was asked and how the answer was reached.
    pub const fn is_result(self) -> bool {
        match self {
            Self::Split
            | Self::Inputs
            | Self::NetInput
            | Self::Stages
            | Self::Epochs
            | Self::Steps
            | Self::Predictions
            | Self::Evaluation
            | Self::Model
            | Self::Plot(..) => true,
            Self::Status | Self::Timing | Self::Log | Self::Seal => false,
            Self::Spec | Self::Config | Self::Provenance | Self::DirtyPatch => false,
        }
    }

    /// Whether the file says how the question was asked: comments, paths and machines may differ where the answer does not,
    /// so it is no part of the seal, but it may not change once the run is sealed. `status.json` has its hash.
    pub const fn is_origin(self) -> bool {
        matches!(self, Self::Spec | Self::Config | Self::Provenance | Self::DirtyPatch)
    }

    /// Whether a run cannot be sealed without the file. Not every model is trained in epochs or has weights to store.
    pub const fn is_needed(self) -> bool {
        matches!(self, Self::Spec | Self::Config | Self::Split | Self::Predictions | Self::Evaluation)
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.path())
    }
}

#[cfg(test)]
#[path = "layout_tests.rs"]
mod tests;
