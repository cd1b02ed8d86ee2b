//! Exit codes: the contract with scripts, in one place.

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
    crate::data::DataError => Exit::Data,
    crate::corpus::CorpusError => Exit::Data,
    crate::audio::AudioError => Exit::Data,
    crate::split::SplitError => Exit::Data,
    crate::record::RecordError => Exit::Data,
    crate::report::ReportError => Exit::Usage,
}

impl From<crate::plan::PlanError> for Failure {
    fn from(e: crate::plan::PlanError) -> Self {
        let exit = match e {
            crate::plan::PlanError::Shape { .. } => Exit::Usage,
            crate::plan::PlanError::Data(_)
            | crate::plan::PlanError::Split { .. }
            | crate::plan::PlanError::Changed { .. } => Exit::Data,
        };
        Self::new(exit, e)
    }
}
