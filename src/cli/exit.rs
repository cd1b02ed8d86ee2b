//! Exit codes: the contract with scripts, in one place.

use crate::corpus::CorpusError;
use crate::data::DataError;
use crate::plan::PlanError;
use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// The honest answer is no: verification differs, a claim is not reproduced.
    No = 1,
    /// A bad command or spec.
    Usage = 2,
    /// Data missing, corrupt or leaking.
    Data = 3,
    /// A run failed.
    Failed = 4,
    /// Stopped with state saved.
    Stopped = 75,
    /// Interrupted by the keyboard.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command could not do what it was asked: an exit code and what to tell.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// The message; may have several lines.
    pub message: String,
}

impl Failure {
    /// A failure with a message.
    pub fn new(exit: Exit, message: impl ToString) -> Self {
        Self { exit, message: message.to_string() }
    }
}

/// Turns the errors of the rooms into exit codes.
macro_rules! failure {
    ($($error:ty => $exit:expr),+ $(,)?) => {$(
        impl From<$error> for Failure {
            fn from(e: $error) -> Self {
                Self::new($exit, e)
            }
        }
    )+};
}

failure! {
    crate::spec::SpecErrors => Exit::Usage,
    crate::audio::AudioError => Exit::Data,
    crate::record::RecordError => Exit::Data,
    crate::report::ReportError => Exit::Usage,
}

impl From<CorpusError> for Failure {
    fn from(e: CorpusError) -> Self {
        let exit = if e.is_of_the_spec() { Exit::Usage } else { Exit::Data };
        Self::new(exit, e)
    }
}

impl From<DataError> for Failure {
    fn from(e: DataError) -> Self {
        match e {
            DataError::Corpus(e) => e.into(),
            e => Self::new(Exit::Data, e),
        }
    }
}

impl From<PlanError> for Failure {
    fn from(e: PlanError) -> Self {
        match e {
            PlanError::Data(e) => e.into(),
            PlanError::Settings(_) => Self::new(Exit::Usage, e),
            PlanError::Split { ref source, .. } if source.is_of_the_spec() => Self::new(Exit::Usage, e),
            PlanError::Split { .. } | PlanError::Sounds { .. } | PlanError::Changed { .. } => Self::new(Exit::Data, e),
        }
    }
}
