//! How patiently a corpus is fetched, and who watches.

use super::FetchError;
use std::time::Duration;

/// The most downloads at a time.
pub const MOST_JOBS: usize = 32;

/// How a corpus is fetched.
#[derive(Debug, Clone)]
pub struct Options {
    /// Downloads at a time, 1 to [`MOST_JOBS`].
    pub jobs: usize,
    /// How often a download is tried before it is given up, at least once.
    pub tries: u32,
    /// The wait after a first failure; it doubles with each further one.
    pub first_wait: Duration,
    /// The longest wait between two tries.
    pub longest_wait: Duration,
    /// The longest wait that a server may ask for (`Retry-After`); where it asks for more, the fetch ends.
    pub longest_asked_wait: Duration,
    /// How long a connection may take to come about.
    pub connect_timeout: Duration,
    /// How long an answer may take to begin.
    pub answer_timeout: Duration,
    /// How long one tries, at least twice, while no server has answered anything yet: most often there is no way to it.
    pub unreached: Duration,
    /// How long a connection may be silent. Over a time as long, at least `least_bytes_per_second` must come.
    pub silence: Duration,
    /// What is slower than this counts as broken and is taken up again.
    pub least_bytes_per_second: u64,
}

impl Default for Options {
    /// Four at a time; ten tries with waits from half a second to a minute, about two minutes together; a quarter of a minute
    /// where nobody answers.
    fn default() -> Self {
        Self {
            jobs: 4,
            tries: 10,
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(60),
            longest_asked_wait: Duration::from_secs(600),
            connect_timeout: Duration::from_secs(8),
            answer_timeout: Duration::from_secs(30),
            unreached: Duration::from_secs(15),
            silence: Duration::from_secs(30),
            least_bytes_per_second: 200,
        }
    }
}

impl Options {
    /// Whether the settings make sense.
    pub(super) fn check(&self) -> Result<(), FetchError> {
        if (1..=MOST_JOBS).contains(&self.jobs) { Ok(()) } else { Err(FetchError::Jobs { jobs: self.jobs }) }
    }
}

/// Why something is tried again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retry {
    /// What failed: an address or a clip's file.
    pub what: String,
    /// What went wrong.
    pub why: String,
    /// How often it was tried so far.
    pub tried: u32,
    /// How long one waits before the next try.
    pub wait: Duration,
}

/// Whoever watches a fetch; called from several threads. It cannot change what is fetched, only end it.
pub trait Progress: Sync {
    /// Whether to stop. Asked for between two pieces of a file and during waits.
    fn stop(&self) -> bool {
        false
    }
    /// So many bytes of the repository's archive were read, all together; 0 at the beginning of each try.
    fn archive(&self, _bytes: u64) {}
    /// The corpus has so many clips with so many bytes.
    fn listed(&self, _clips: usize, _bytes: u64) {}
    /// So many more bytes of clips are there; negative where bytes that were told before turned out to be wrong.
    fn bytes(&self, _difference: i64) {}
    /// A clip is there and has the listed SHA-256: `fetched` now, or before.
    fn clip(&self, _name: &str, _fetched: bool) {}
    /// Something failed and will be tried again.
    fn retry(&self, _retry: &Retry) {}
}

/// Nobody watches.
impl Progress for () {}
