//! Where the threads that make rows spend their time.

use std::sync::atomic::{AtomicU64, Ordering};

/// A part of the way from a file to features.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Reading, decoding, resampling and trimming.
    Decode,
    /// Altering samples and features.
    Augment,
    /// Computing features.
    Features,
    /// Reading and writing the cache.
    Cache,
}

/// Sums up seconds of work over all threads.
pub struct Meter<'a> {
    clock: &'a (dyn Fn() -> f64 + Sync),
    nanoseconds: [AtomicU64; 4],
}

impl<'a> Meter<'a> {
    /// A meter at 0. `clock` gives seconds since any fixed moment.
    pub fn new(clock: &'a (dyn Fn() -> f64 + Sync)) -> Self {
        Self { clock, nanoseconds: std::array::from_fn(|_| AtomicU64::new(0)) }
    }

    /// Does something and adds the time it took.
    pub fn time<T>(&self, work: Work, perform: impl FnOnce() -> T) -> T {
        let begun = (self.clock)();
        let result = perform();
        let spent = 1e9 * ((self.clock)() - begun).max(0.0);
        self.nanoseconds[work as usize].fetch_add(spent as u64, Ordering::Relaxed);
        result
    }

    /// Seconds spent on a part so far, all threads together.
    pub fn seconds(&self, work: Work) -> f64 {
        self.nanoseconds[work as usize].load(Ordering::Relaxed) as f64 / 1e9
    }
}

impl std::fmt::Debug for Meter<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Meter").field(&self.nanoseconds).finish()
    }
}
