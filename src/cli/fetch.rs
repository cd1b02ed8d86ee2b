//! `corpus fetch`: downloads a corpus that may be downloaded freely.

use super::exit::{Exit, Failure};
use super::signals::Signals;
use super::{Outcome, output};
use crate::fetch::{
    self, CREMA_D_BYTES, CREMA_D_CLIPS, Ended, FetchError, GITHUB, Options, Progress, Report, Retry, Source,
};
use indicatif::{ProgressBar, ProgressStyle};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What was asked for.
#[derive(Debug, Clone)]
pub struct Request {
    /// The folder to fetch to.
    pub output: PathBuf,
    /// Downloads at a time.
    pub jobs: usize,
    /// Another copy of the repository.
    pub from: Option<String>,
    /// A branch or commit of it.
    pub reference: Option<String>,
}

/// How often one looks whether to stop.
const LOOK: Duration = Duration::from_millis(100);
/// How many such times a download that hangs is waited for: 5 seconds.
const LOOKS_AFTER_STOP: usize = 50;
/// Shorter waits before another try are not worth a line.
const WAIT_WORTH_A_LINE: Duration = Duration::from_secs(2);

/// Fetches CREMA-D.
pub fn fetch(request: &Request) -> Outcome {
    let base = request.from.as_deref().unwrap_or(GITHUB);
    let source = Source::new(base, request.reference.as_deref()).map_err(|e| failure(&e))?;
    let signals =
        Signals::listen().map_err(|e| Failure::new(Exit::Failed, format!("cannot listen to signals: {e}")))?;
    output::note(&terms(&source, &request.output));
    let shown = Arc::new(Shown::new(signals.clone()));
    let (sender, receiver) = mpsc::channel();
    // A thread of its own: a silent server must not keep a stop waiting. What is on disk is sound at any moment.
    let (watcher, folder) = (shown.clone(), request.output.clone());
    let options = Options { jobs: request.jobs, ..Options::default() };
    std::thread::spawn(move || sender.send(fetch::fetch(&source, &folder, &options, &*watcher)));
    let mut looks = 0;
    let ended = loop {
        match receiver.recv_timeout(LOOK) {
            Ok(ended) => break Some(ended),
            Err(RecvTimeoutError::Disconnected) => break None,
            Err(RecvTimeoutError::Timeout) if looks < LOOKS_AFTER_STOP => looks += usize::from(signals.stop()),
            Err(RecvTimeoutError::Timeout) => {
                shown.bar.finish_and_clear();
                output::note("stopped; the same command goes on from here");
                return Ok(signals.exit());
            }
        }
    };
    shown.bar.finish_and_clear();
    let report = match ended {
        Some(ended) => ended.map_err(|e| failure(&e))?,
        None => return Err(Failure::new(Exit::Failed, "the download broke down; the same command goes on from here")),
    };
    report.notes.iter().for_each(|note| output::note(note));
    if report.ended == Ended::Stopped {
        let (there, clips) = (report.kept + report.fetched, report.clips);
        output::note(&match clips {
            0 => "stopped; the same command begins anew".to_owned(),
            _ => format!("stopped; {there} of {clips} clips are there, the same command goes on from here"),
        });
        return Ok(signals.exit());
    }
    if report.clips != CREMA_D_CLIPS {
        output::note(&format!("this copy has {} clips; CREMA-D has {CREMA_D_CLIPS}", report.clips));
    }
    output::result(&summary(&report, &request.output));
    Ok(Exit::Done)
}

/// What is said before anything is downloaded.
fn terms(source: &Source, folder: &Path) -> String {
    format!(
        "CREMA-D (Cao et al. 2014) is licensed under the Open Database License 1.0, its contents under the Database \
         Contents License 1.0 (https://opendatacommons.org/licenses/odbl/1-0/).\n\
         what is not there yet of its {} is fetched, as this command asks for; serlab downloads nothing by itself\n\
         from {} to {}",
        size(CREMA_D_BYTES),
        source.base(),
        folder.display()
    )
}

/// What is there now, and what comes next.
fn summary(report: &Report, folder: &Path) -> String {
    let Report { clips, bytes, kept, fetched, retries, .. } = report;
    let folder = folder.display();
    let again = if *retries == 0 { String::new() } else { format!(" ({retries} tries were repeated)") };
    let commit = report.commit.as_ref().map(|commit| format!("commit {commit}\n")).unwrap_or_default();
    format!(
        "{clips} clips ({}) are in {folder}, each with the SHA-256 that the repository gives: {fetched} fetched, \
         {kept} were there{again}\n{commit}use them with [corpus.crema-d] root = \"{folder}\"\n\
         next: serlab corpus doctor SPEC --set corpus.crema-d.root={folder}, or serlab corpus stats",
        size(*bytes)
    )
}

/// Bytes in the unit that suits them.
fn size(bytes: u64) -> String {
    match bytes {
        100_000_000.. => format!("{:.1} GB", bytes as f64 / 1e9),
        100_000.. => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{bytes} bytes"),
    }
}

/// A bad command is told from data that could not be had.
fn failure(error: &FetchError) -> Failure {
    let exit = match error {
        FetchError::Address { .. } | FetchError::Reference { .. } | FetchError::Jobs { .. } => Exit::Usage,
        _ => Exit::Data,
    };
    Failure::new(exit, error)
}

/// A bar on a terminal, a line every tenth elsewhere.
struct Shown {
    bar: ProgressBar,
    signals: Signals,
    clips: AtomicUsize,
    done: AtomicUsize,
    bytes: AtomicI64,
    tenth: Mutex<usize>,
}

impl Shown {
    fn new(signals: Signals) -> Self {
        let bar = if output::is_terminal() { ProgressBar::no_length() } else { ProgressBar::hidden() };
        bar.set_style(style("{spinner} reading the list of clips  {bytes}"));
        let (clips, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Self { bar, signals, clips, done, bytes: AtomicI64::new(0), tenth: Mutex::new(0) }
    }

    /// Writes a line without tearing the bar.
    fn line(&self, text: &str) {
        self.bar.suspend(|| output::note(text));
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the template is valid").progress_chars("=> ")
}

impl Progress for Shown {
    fn stop(&self) -> bool {
        self.signals.stop()
    }

    fn archive(&self, bytes: u64) {
        self.bar.set_position(bytes);
    }

    fn listed(&self, clips: usize, bytes: u64) {
        self.clips.store(clips, Ordering::Relaxed);
        self.bar.set_style(style("fetching  [{bar:24}] {bytes}/{total_bytes}  {msg}  {eta} left"));
        self.bar.set_length(bytes);
        self.bar.set_position(0);
        self.bar.reset_eta();
    }

    fn bytes(&self, difference: i64) {
        let there = self.bytes.fetch_add(difference, Ordering::Relaxed) + difference;
        self.bar.set_position(there.max(0).cast_unsigned());
    }

    fn clip(&self, _name: &str, fetched: bool) {
        let (done, clips) = (self.done.fetch_add(1, Ordering::Relaxed) + 1, self.clips.load(Ordering::Relaxed));
        self.bar.set_message(format!("{done}/{clips} clips"));
        let tenth = 10 * done / clips.max(1);
        let mut told = self.tenth.lock().unwrap_or_else(PoisonError::into_inner);
        if tenth > *told {
            *told = tenth;
            // What was there before takes no time, and a bar says it better.
            if fetched && self.bar.is_hidden() {
                output::note(&format!("{} %  {done}/{clips} clips", 10 * tenth));
            }
        }
    }

    fn retry(&self, retry: &Retry) {
        if retry.wait >= WAIT_WORTH_A_LINE {
            let Retry { what, why, wait, .. } = retry;
            self.line(&format!("{what}: {why}; again in {:.0} s", wait.as_secs_f64()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn licence_and_size_are_said_before_anything_is_downloaded() {
        let text = terms(&Source::crema_d(), Path::new("data/crema-d"));
        assert!(text.contains("Open Database License 1.0") && text.contains("0.6 GB"), "{text}");
        assert!(text.ends_with("from https://github.com/CheyneyComputerScience/CREMA-D to data/crema-d"), "{text}");
    }

    #[test]
    fn sizes_have_a_unit_that_suits_them() {
        assert_eq!(size(CREMA_D_BYTES), "0.6 GB");
        assert_eq!(size(969_000), "1.0 MB");
        assert_eq!(size(4_844), "4844 bytes");
    }

    #[test]
    fn a_bad_command_is_told_from_missing_data() {
        assert_eq!(failure(&Source::new("x", None).unwrap_err()).exit, Exit::Usage);
        let gone = FetchError::Later { url: "u".to_owned(), seconds: 3 };
        assert_eq!(failure(&gone).exit, Exit::Data);
    }
}
