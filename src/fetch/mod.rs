//! Fetching a corpus for people with internet: `serlab corpus fetch crema-d`. Nothing else in serlab opens a
//! connection.
//!
//! CREMA-D lies in a Git repository whose large files are kept by Git LFS. [`fetch`] reads the repository's archive
//! once, for the pointers to its clips and its small tables, asks Git LFS where the clips can be downloaded, and
//! downloads those that are not there yet, several at a time. Each is checked against the SHA-256 in its pointer before
//! it gets its name; what broke off is taken up again, and a fetch that was stopped or killed goes on when it is called
//! again.
//!
//! [`Source`] is where from, [`Options`] how patiently, [`Progress`] who watches. `web` decides what a status means,
//! `patience` how long one waits, `crew` what is tried again.

mod archive;
mod batch;
mod clip;
mod clock;
mod downloader;
mod error;
mod fault;
mod folder;
mod listing;
mod options;
mod pointer;
mod retry;
mod source;
mod web;

#[cfg(test)]
mod tests;

pub use error::{Failure, Failures, FetchError};
pub use options::{MOST_JOBS, Options, Progress, Retry};
pub use source::{GITHUB, MIRROR, Source};

use downloader::{Downloader, insist};
use fault::{Fault, Nature};
use folder::{Folder, Written};
use listing::Listing;
use retry::RetryPolicy;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use web::Web;

/// How many clips CREMA-D has.
pub const CREMA_D_CLIPS: usize = 7_442;
/// How many bytes they have together.
pub const CREMA_D_BYTES: u64 = 605_899_936;
/// An archive without the clips themselves takes a few MB, one with all films about 4 GB.
const LARGEST_DOWNLOAD: u64 = 8 << 30;

/// How a fetch ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Every clip is there and has the listed SHA-256.
    Complete,
    /// [`Progress::stop`] asked for it; the same call goes on.
    Stopped,
}

/// What a fetch did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// How it ended.
    pub ended: Ended,
    /// Clips that the corpus has; 0 where it was stopped before that was known.
    pub clips: usize,
    /// Bytes that they have together.
    pub bytes: u64,
    /// Clips that were there before.
    pub kept: usize,
    /// Clips that were fetched.
    pub fetched: usize,
    /// How often something was tried again.
    pub retries: usize,
    /// The commit, where the server told it.
    pub commit: Option<String>,
    /// What a person should know: files that were passed over or left as they were.
    pub notes: Vec<String>,
}

/// Fetches CREMA-D to the folder `output`: `AudioWAV/*.wav`, the repository's tables, and `index.csv` with the SHA-256
/// of every clip. Nothing outside `output` is written, whatever the server sends.
///
/// What is there and right is kept, so that a second call downloads nothing, not even the list of clips: that is kept
/// in `.fetch.json`, by address and branch. Without that file the list is fetched anew.
///
/// # Errors
/// [`FetchError`]; what was fetched until then stays, and the same call goes on from there.
pub fn fetch(source: &Source, output: &Path, options: &Options, progress: &dyn Progress) -> Result<Report, FetchError> {
    options.check()?;
    let folder = Folder::open(output)?;
    let web = Web::new(options, source.is_https());
    let watched = Counting::new(progress);
    let patience = RetryPolicy::new(options, &watched);
    let crew = Downloader { web: &web, source, folder: &folder, patience: &patience };
    let mut report = Report {
        ended: Ended::Stopped,
        clips: 0,
        bytes: 0,
        kept: 0,
        fetched: 0,
        retries: 0,
        commit: None,
        notes: Vec::new(),
    };
    let result = download_all(&crew, &watched, &mut report);
    (report.kept, report.fetched) = watched.counts();
    report.retries = patience.retries();
    match result {
        Ok(ended) => Ok(Report { ended, ..report }),
        Err(cause) if report.clips > 0 => {
            let (done, total) = (report.kept + report.fetched, report.clips);
            Err(FetchError::Unfinished { cause: Box::new(cause), done, total })
        }
        Err(error) => Err(error),
    }
}

/// The list, then the clips. A list that was kept does for all clips but those that only an archive has.
fn download_all(crew: &Downloader, watched: &Counting, report: &mut Report) -> Result<Ended, FetchError> {
    let folder = crew.folder;
    let does = |kept: &Listing| kept.clips.iter().all(|clip| !clip.in_archive || folder.seems_there(clip));
    let listing = match folder.list(crew.source).filter(does) {
        Some(kept) => kept,
        None => match read(crew, report)? {
            Some(listing) => listing,
            None => return Ok(Ended::Stopped),
        },
    };
    (report.clips, report.bytes) = (listing.clips.len(), listing.bytes());
    report.commit.clone_from(&listing.commit);
    if folder.put_index(&listing)? == Written::Kept {
        report.notes.push("index.csv is another one than ours would be and was left as it is".to_owned());
    }
    watched.listed(report.clips, report.bytes);
    match crew.look(&listing.clips) {
        Ok(open) => crew.fetch(&open)?,
        Err(Fault { nature: Nature::Disk(error), .. }) => return Err(*error),
        Err(_) => return Ok(Ended::Stopped),
    }
    let (kept, fetched) = watched.counts();
    Ok(if kept + fetched == report.clips { Ended::Complete } else { Ended::Stopped })
}

/// The list and the tables from the repository's archive; `None` where it was stopped.
fn read(crew: &Downloader, report: &mut Report) -> Result<Option<Listing>, FetchError> {
    let Downloader { web, source, folder, patience } = crew;
    let url = source.archive_url();
    let read = insist(&url, source, patience, || {
        patience.progress.archive(0);
        let answer = web.get(&url, &[])?;
        match answer.status {
            200 => archive::read(answer.stream(LARGEST_DOWNLOAD, patience), folder, patience.progress),
            _ => Err(answer.fault(patience)),
        }
    });
    let contents = match read {
        Ok(contents) => contents,
        Err(None) => return Ok(None),
        Err(Some(error)) => return Err(error),
    };
    for (name, content) in contents.tables.values() {
        if folder.put_table(name, content)? == Written::Kept {
            report.notes.push(format!("{name} is another one than the repository's and was left as it is"));
        }
    }
    report.notes.extend_from_slice(&contents.notes);
    let listing = contents.into_listing(source);
    folder.put_list(&listing)?;
    Ok(Some(listing))
}

/// Passes on what happens, and counts the clips.
struct Counting<'a> {
    progress: &'a dyn Progress,
    kept: AtomicUsize,
    fetched: AtomicUsize,
}

impl<'a> Counting<'a> {
    fn new(progress: &'a dyn Progress) -> Self {
        Self { progress, kept: AtomicUsize::new(0), fetched: AtomicUsize::new(0) }
    }

    fn counts(&self) -> (usize, usize) {
        (self.kept.load(Ordering::Relaxed), self.fetched.load(Ordering::Relaxed))
    }
}

impl Progress for Counting<'_> {
    fn stop(&self) -> bool {
        self.progress.stop()
    }
    fn archive(&self, bytes: u64) {
        self.progress.archive(bytes);
    }
    fn listed(&self, clips: usize, bytes: u64) {
        self.progress.listed(clips, bytes);
    }
    fn bytes(&self, difference: i64) {
        self.progress.bytes(difference);
    }
    fn clip(&self, name: &str, fetched: bool) {
        if fetched { &self.fetched } else { &self.kept }.fetch_add(1, Ordering::Relaxed);
        self.progress.clip(name, fetched);
    }
    fn retry(&self, retry: &Retry) {
        self.progress.retry(retry);
    }
}
