//! Against a server of our own that misbehaves in every way a real one was ever seen to.

mod faults;
mod hostile;
mod resuming;
mod server;

use super::{FetchError, Options, Progress, Report, Retry, Source, fetch};
use server::{Server, sha256};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;

/// Short waits, everything else as people have it.
fn hasty() -> Options {
    Options {
        jobs: 8,
        first_wait: Duration::from_millis(1),
        longest_wait: Duration::from_millis(20),
        answer_timeout: Duration::from_secs(5),
        silence: Duration::from_millis(300),
        ..Options::default()
    }
}

fn source(server: &Server) -> Source {
    Source::new(&server.url(), None).unwrap()
}

/// Fetches with nobody watching.
fn quietly(server: &Server, output: &Path) -> Result<Report, FetchError> {
    fetch(&source(server), output, &hasty(), &())
}

/// Every file below `output/AudioWAV` with its content.
fn files(output: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(output.join("AudioWAV")).unwrap();
    let file = |path: std::path::PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        (name, std::fs::read(path).unwrap())
    };
    entries.map(|entry| file(entry.unwrap().path())).collect()
}

/// Asserts that the output holds exactly these clips.
fn assert_whole(output: &Path, clips: &[(String, Vec<u8>)]) {
    let files = files(output);
    assert_eq!(files.keys().collect::<Vec<_>>(), clips.iter().map(|(name, _)| name).collect::<Vec<_>>());
    for (name, bytes) in clips {
        assert_eq!(sha256(&files[name]), sha256(bytes), "{name}");
    }
}

/// Notes what it is told, and stops after so many clips.
#[derive(Default)]
struct Watcher {
    stop_after: Option<usize>,
    clips: AtomicUsize,
    fetched: AtomicUsize,
    bytes: AtomicI64,
    total: AtomicI64,
    stopped: AtomicBool,
    retries: Mutex<Vec<Retry>>,
}

impl Progress for Watcher {
    fn stop(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }
    fn listed(&self, _: usize, bytes: u64) {
        self.total.store(bytes.cast_signed(), Ordering::Relaxed);
    }
    fn bytes(&self, difference: i64) {
        self.bytes.fetch_add(difference, Ordering::Relaxed);
    }
    fn clip(&self, _: &str, fetched: bool) {
        self.fetched.fetch_add(usize::from(fetched), Ordering::Relaxed);
        let clips = self.clips.fetch_add(1, Ordering::Relaxed) + 1;
        self.stopped.fetch_or(self.stop_after.is_some_and(|after| clips >= after), Ordering::Relaxed);
    }
    fn retry(&self, retry: &Retry) {
        self.retries.lock().unwrap().push(retry.clone());
    }
}
