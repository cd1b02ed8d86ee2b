//! Many downloads at a time.

use super::batch::{self, Link, MOST_OBJECTS};
use super::clip::{ReportedBytes, download};
use super::error::{Failure, Failures};
use super::fault::{Fault, Nature};
use super::folder::{Folder, LocalFile};
use super::listing::Clip;
use super::retry::RetryPolicy;
use super::web::Web;
use super::{FetchError, Source, clock};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How often an object is tried that the server refuses: it rarely thinks better of it.
const TRIES_OF_REFUSED: u32 = 3;
/// After so many clips in a row that could not be fetched, the others would not fare better.
const FAILURES_IN_A_ROW: usize = 3;

/// What all threads share.
pub(super) struct Downloader<'a> {
    pub web: &'a Web,
    pub source: &'a Source,
    pub folder: &'a Folder,
    pub patience: &'a RetryPolicy<'a>,
}

/// What is still to be done.
struct Work<'a> {
    queue: Mutex<Queue<'a>>,
    failures: Mutex<Vec<Failure>>,
    in_a_row: AtomicUsize,
    fatal: Mutex<Option<FetchError>>,
}

/// A clip and its address, or what the server said instead.
type Addressed<'a> = (&'a Clip, Result<Link, Fault>);

/// Clips without an address, and clips with one.
struct Queue<'a> {
    open: VecDeque<&'a Clip>,
    ready: VecDeque<Addressed<'a>>,
}

/// A lock that holds whatever a thread that panicked left: no state is ever half changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Downloader<'_> {
    /// Looks at the files of all clips and gives those that are still to be fetched.
    pub fn look<'c>(&self, clips: &'c [Clip]) -> Result<Vec<&'c Clip>, Fault> {
        let (next, found) = (AtomicUsize::new(0), Mutex::new(Ok(Vec::new())));
        let look = || {
            while let Some(clip) = clips.get(next.fetch_add(1, Ordering::Relaxed)) {
                let standing = self.patience.check().and_then(|()| Ok(self.folder.standing(clip)?));
                match standing {
                    Ok(LocalFile::Open(_)) => {
                        if let Ok(open) = &mut *lock(&found) {
                            open.push(clip);
                        }
                    }
                    Ok(standing) => {
                        self.patience.progress.bytes(clip.bytes.cast_signed());
                        self.patience.progress.clip(&clip.name, standing == LocalFile::Finished);
                    }
                    Err(fault) => {
                        *lock(&found) = Err(fault);
                        return;
                    }
                }
            }
        };
        self.all(&look);
        let mut open: Vec<&Clip> = found.into_inner().unwrap_or_else(PoisonError::into_inner)?;
        open.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(open)
    }

    /// Downloads clips. Those that fail do not hold up the others, unless nothing else comes either.
    ///
    /// # Errors
    /// When a clip could not be fetched or the disk or server leaves no hope; a stop is none.
    pub fn fetch(&self, clips: &[&Clip]) -> Result<(), FetchError> {
        let work = Work {
            queue: Mutex::new(Queue { open: clips.iter().copied().collect(), ready: VecDeque::new() }),
            failures: Mutex::default(),
            in_a_row: AtomicUsize::new(0),
            fatal: Mutex::default(),
        };
        self.all(&|| {
            while let Some((clip, link)) = self.next(&work) {
                self.one(clip, link, &work);
            }
        });
        if let Some(error) = lock(&work.fatal).take() {
            return Err(error);
        }
        let mut failures = std::mem::take(&mut *lock(&work.failures));
        failures.sort_by(|a, b| a.file.cmp(&b.file));
        if failures.is_empty() { Ok(()) } else { Err(FetchError::Clips(Failures(failures))) }
    }

    /// The same work in as many threads as there may be.
    fn all(&self, work: &(impl Fn() + Sync)) {
        std::thread::scope(|scope| {
            for _ in 0..self.patience.options.jobs {
                scope.spawn(work);
            }
        });
    }

    /// The next clip and its address. Whoever finds none asks for the next hundred, while the others wait.
    fn next<'c>(&self, work: &Work<'c>) -> Option<Addressed<'c>> {
        let mut queue = lock(&work.queue);
        if self.patience.check().is_err() {
            return None;
        }
        if queue.ready.is_empty() && !queue.open.is_empty() {
            let many = queue.open.len().min(MOST_OBJECTS);
            let clips: Vec<&Clip> = queue.open.drain(..many).collect();
            match self.links(&clips) {
                Ok(ready) => queue.ready = ready,
                Err(error) => self.give_up(work, error?),
            }
        }
        queue.ready.pop_front()
    }

    /// The addresses of clips, asked for again while that may help. `None` inside the error means a stop.
    fn links<'c>(&self, clips: &[&'c Clip]) -> Result<VecDeque<Addressed<'c>>, Option<FetchError>> {
        let url = self.source.batch_url();
        let asked =
            insist(&url, self.source, self.patience, || batch::ask(self.web, self.source, clips, self.patience));
        let mut told = asked?;
        // Two clips may be the same file: each gets the address.
        let link = |clip: &&'c Clip| {
            let told = told.get_mut(&clip.sha256);
            let link = told.map(|link| match link {
                Ok(link) => Ok(link.clone()),
                Err(fault) => Err(Fault::refused(fault.why.clone())),
            });
            (*clip, link.unwrap_or_else(|| Err(Fault::passing("the server says nothing about it"))))
        };
        Ok(clips.iter().map(link).collect())
    }

    /// Tries one clip until it is there or there is no hope.
    fn one(&self, clip: &Clip, first: Result<Link, Fault>, work: &Work) {
        let mut told = ReportedBytes::new(self.patience);
        let mut offered = Some(first);
        let (mut tried, mut refused) = (0, 0);
        let why = loop {
            tried += 1;
            let link = match offered.take() {
                // It may have expired while it waited for its turn.
                Some(Ok(link)) if !link.is_fresh() => self.link(clip),
                Some(link) => link,
                None => self.link(clip),
            };
            let (fault, link) = match link {
                Err(fault) => (fault, None),
                Ok(link) => match download(self.web, self.folder, clip, &link, &mut told) {
                    Ok(()) => {
                        work.in_a_row.store(0, Ordering::Relaxed);
                        return self.patience.progress.clip(&clip.name, true);
                    }
                    Err(fault) => (fault, Some(link)),
                },
            };
            match fault.nature {
                Nature::Stopped => return,
                Nature::Disk(error) => return self.give_up(work, *error),
                Nature::Lasting => break fault.why,
                Nature::Refused => refused += 1,
                // The connection is at fault: the address can be used again.
                Nature::Passing | Nature::Unreached | Nature::Asked(_) => offered = link.filter(Link::is_fresh).map(Ok),
            }
            if tried >= self.patience.options.tries || refused >= TRIES_OF_REFUSED {
                break fault.why;
            }
            match self.patience.again(&clip.file(), fault, tried, clip.salt().wrapping_add(tried as u8)) {
                Ok(()) => {}
                Err(Fault { nature: Nature::Asked(wait), .. }) => {
                    let url = self.source.base().to_owned();
                    return self.give_up(work, FetchError::Later { url, seconds: wait.as_secs() });
                }
                Err(_) => return,
            }
        };
        lock(&work.failures).push(Failure { file: clip.file(), why, tries: tried });
        if work.in_a_row.fetch_add(1, Ordering::Relaxed) + 1 >= FAILURES_IN_A_ROW {
            self.patience.end();
        }
    }

    /// A new address for one clip.
    fn link(&self, clip: &Clip) -> Result<Link, Fault> {
        self.patience.turn()?;
        let mut told = batch::ask(self.web, self.source, &[clip], self.patience)?;
        told.remove(&clip.sha256).unwrap_or_else(|| Err(Fault::passing("the server says nothing about it")))
    }

    /// Ends all threads with the first such error.
    fn give_up(&self, work: &Work, error: FetchError) {
        lock(&work.fatal).get_or_insert(error);
        self.patience.end();
    }
}

/// Asks again and again, for what all depends on.
///
/// # Errors
/// What is to be told, or `None` where nobody wants it any more.
pub(super) fn insist<T>(
    url: &str,
    source: &Source,
    patience: &RetryPolicy,
    mut attempt: impl FnMut() -> Result<T, Fault>,
) -> Result<T, Option<FetchError>> {
    let (mut tried, begun) = (0, clock::instant());
    loop {
        tried += 1;
        let fault = match patience.turn().and_then(|()| attempt()) {
            Ok(got) => return Ok(got),
            Err(fault) => fault,
        };
        let url = || url.to_owned();
        match fault.nature {
            Nature::Stopped => return Err(None),
            Nature::Disk(error) => return Err(Some(*error)),
            Nature::Lasting | Nature::Refused => {
                return Err(Some(FetchError::Refused { url: url(), why: fault.why, hint: source.hint() }));
            }
            Nature::Passing | Nature::Unreached | Nature::Asked(_) if tried >= patience.options.tries => {
                return Err(Some(FetchError::GaveUp { url: url(), tries: tried, why: fault.why }));
            }
            Nature::Unreached if tried > 1 && begun.elapsed() >= patience.options.unreached => {
                let why = format!("no server could be reached: {}", fault.why);
                return Err(Some(FetchError::GaveUp { url: url(), tries: tried, why }));
            }
            Nature::Passing | Nature::Unreached | Nature::Asked(_) => {}
        }
        match patience.again(&url(), fault, tried, 0) {
            Ok(()) => {}
            Err(Fault { nature: Nature::Asked(wait), .. }) => {
                return Err(Some(FetchError::Later { url: url(), seconds: wait.as_secs() }));
            }
            Err(_) => return Err(None),
        }
    }
}
