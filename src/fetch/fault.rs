//! What went wrong with one try, and what it means for the next one.

use super::FetchError;
use std::time::Duration;

/// One try that failed.
#[derive(Debug)]
pub(super) struct Fault {
    /// What went wrong, for a person.
    pub why: String,
    /// What follows.
    pub nature: Nature,
}

/// What follows from a failed try.
#[derive(Debug)]
pub(super) enum Nature {
    /// It may go better next time.
    Passing,
    /// It may go better, but no server has answered yet, and perhaps none can be reached.
    Unreached,
    /// It may go better, and the server says when to come back.
    Asked(Duration),
    /// The server refuses this one object. A new address may help; that is tried a few times.
    Refused,
    /// Asking again does not help.
    Lasting,
    /// Nobody wants it any more.
    Stopped,
    /// The disk, not the network.
    Disk(Box<FetchError>),
}

impl Fault {
    pub fn passing(why: impl Into<String>) -> Self {
        Self { why: why.into(), nature: Nature::Passing }
    }

    pub fn refused(why: impl Into<String>) -> Self {
        Self { why: why.into(), nature: Nature::Refused }
    }

    pub fn lasting(why: impl Into<String>) -> Self {
        Self { why: why.into(), nature: Nature::Lasting }
    }

    pub fn stopped() -> Self {
        Self { why: "stopped".to_owned(), nature: Nature::Stopped }
    }
}

impl From<FetchError> for Fault {
    fn from(error: FetchError) -> Self {
        Self { why: error.to_string(), nature: Nature::Disk(Box::new(error)) }
    }
}
