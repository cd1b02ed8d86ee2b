//! Waiting: between tries, where a server asks for it, and never longer than somebody still wants the files.

use super::fault::{Fault, Nature};
use super::{Options, Progress, Retry, clock};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a wait goes on without looking whether it is still wanted.
const BLINK: Duration = Duration::from_millis(20);

/// What all threads of a fetch share: settings, the watcher, and until when the server wants to be left alone.
pub(super) struct RetryPolicy<'a> {
    pub options: &'a Options,
    pub progress: &'a dyn Progress,
    over: AtomicBool,
    quiet_until: Mutex<Option<Instant>>,
    retries: AtomicUsize,
}

impl<'a> RetryPolicy<'a> {
    pub fn new(options: &'a Options, progress: &'a dyn Progress) -> Self {
        let (over, retries) = (AtomicBool::new(false), AtomicUsize::new(0));
        Self { options, progress, over, quiet_until: Mutex::new(None), retries }
    }

    /// Ends all waits and downloads, in all threads.
    pub fn end(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    /// Whether somebody still wants the files.
    pub fn check(&self) -> Result<(), Fault> {
        let over = self.over.load(Ordering::Relaxed) || self.progress.stop();
        if over { Err(Fault::stopped()) } else { Ok(()) }
    }

    /// How often something was tried again.
    pub fn retries(&self) -> usize {
        self.retries.load(Ordering::Relaxed)
    }

    /// Waits until the server may be asked something: nobody calls while it wants to be left alone.
    pub fn turn(&self) -> Result<(), Fault> {
        loop {
            self.check()?;
            let until = *self.quiet_until.lock().unwrap_or_else(PoisonError::into_inner);
            match until.map(|until| until.saturating_duration_since(clock::instant())) {
                Some(left) if !left.is_zero() => std::thread::sleep(left.min(BLINK)),
                _ => return Ok(()),
            }
        }
    }

    /// Tells of a failed try and waits before the next one; `salt` spreads the waits of many threads.
    /// Gives the fault back where the server asks for a longer wait than one is ready for.
    pub fn again(&self, what: &str, fault: Fault, tried: u32, salt: u8) -> Result<(), Fault> {
        let wait = match fault.nature {
            Nature::Asked(wait) if wait > self.options.longest_asked_wait => return Err(fault),
            Nature::Asked(wait) => {
                self.quiet(wait);
                wait
            }
            _ => self.pause(tried, salt),
        };
        self.retries.fetch_add(1, Ordering::Relaxed);
        self.progress.retry(&Retry { what: what.to_owned(), why: fault.why, tried, wait });
        let end = clock::instant() + wait;
        loop {
            self.check()?;
            match end.saturating_duration_since(clock::instant()) {
                Duration::ZERO => return Ok(()),
                left => std::thread::sleep(left.min(BLINK)),
            }
        }
    }

    /// All threads wait where one was asked to: the next ones would only be told the same.
    fn quiet(&self, wait: Duration) {
        let until = clock::instant() + wait;
        let mut quiet = self.quiet_until.lock().unwrap_or_else(PoisonError::into_inner);
        *quiet = Some(quiet.map_or(until, |known| known.max(until)));
    }

    /// Doubles with each try up to the longest wait; of that, half to all of it by `salt`. No chance is needed for it:
    /// the salt comes from the file's hash.
    fn pause(&self, tried: u32, salt: u8) -> Duration {
        let doubled = self.options.first_wait.saturating_mul(1_u32 << tried.saturating_sub(1).min(20));
        doubled.min(self.options.longest_wait).mul_f64(0.5 + f64::from(salt) / 510.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_one() {
        let options = Options::default();
        let patience = RetryPolicy::new(&options, &());
        let waits = |salt| -> Vec<u128> { (1..=9).map(|tried| patience.pause(tried, salt).as_millis()).collect() };
        assert_eq!(waits(0), [250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
        assert_eq!(waits(255), [500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
        assert!(patience.pause(u32::MAX, 255) <= options.longest_wait);
    }

    #[test]
    fn a_wait_ends_when_nobody_wants_the_files_any_more() {
        let options = Options { first_wait: Duration::from_secs(3600), ..Options::default() };
        let patience = RetryPolicy::new(&options, &());
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| patience.again("a", Fault::passing("b"), 1, 0));
            patience.end();
            assert!(matches!(waiting.join().unwrap(), Err(Fault { nature: Nature::Stopped, .. })));
        });
    }

    #[test]
    fn a_server_that_asks_for_too_long_a_wait_is_not_waited_for() {
        let options = Options::default();
        let patience = RetryPolicy::new(&options, &());
        let asked = |seconds| Fault { why: String::new(), nature: Nature::Asked(Duration::from_secs(seconds)) };
        assert!(matches!(patience.again("a", asked(u64::MAX), 1, 0), Err(Fault { nature: Nature::Asked(_), .. })));
        assert!(patience.turn().is_ok());
        assert!(patience.again("a", asked(0), 1, 0).is_ok());
    }

    #[test]
    fn everybody_waits_where_one_was_asked_to() {
        let options = Options { longest_asked_wait: Duration::from_secs(1), ..Options::default() };
        let patience = RetryPolicy::new(&options, &());
        let asked = Fault { why: String::new(), nature: Nature::Asked(Duration::from_millis(100)) };
        let begun = clock::instant();
        std::thread::scope(|scope| {
            let one = scope.spawn(|| patience.again("a", asked, 1, 0));
            while patience.retries() == 0 {
                std::thread::yield_now();
            }
            patience.turn().unwrap();
            assert!(begun.elapsed() >= Duration::from_millis(100));
            one.join().unwrap().unwrap();
        });
    }
}
