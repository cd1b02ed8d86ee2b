//! Buffers, kept from one training step to the next.
//!
//! Allocators hand large memory back to the operating system, which clears every page again when it is next asked for;
//! that alone was a sixth of a step's time. Operations therefore take their outputs and their working memory from here,
//! and give back what they are the last to hold. What a buffer holds when it is taken is unspecified: whoever takes one
//! writes all of it, so nothing of an earlier step can reach a result.
//!
//! Only what was taken here is kept: a batch of inputs, say, is given back after its convolution but comes from elsewhere, and
//! the next one will, too.

use burn_flex::FlexTensor;
use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, PoisonError};

/// Smaller buffers are the allocator's business.
const SMALLEST_BYTES: usize = 1 << 14;
/// A buffer that was not wanted during this many requests is freed: the network it served is gone. Many times what a
/// step asks for.
const PATIENCE: u64 = 1 << 13;

/// A free buffer.
struct Free<T> {
    buffer: Vec<T>,
    /// How many requests there had been when it was given back.
    since: u64,
}

/// All free buffers of one type.
struct Shelf<T> {
    content: Mutex<Content<T>>,
}

struct Content<T> {
    requests: u64,
    free: Vec<Free<T>>,
    /// How many buffers of each capacity are out.
    out: BTreeMap<usize, u64>,
}

static FLOATS: Shelf<f32> = Shelf::new();
static BYTES: Shelf<u8> = Shelf::new();

impl<T: Copy + Default> Shelf<T> {
    const SMALLEST: usize = SMALLEST_BYTES / size_of::<T>();

    const fn new() -> Self {
        Self { content: Mutex::new(Content { requests: 0, free: Vec::new(), out: BTreeMap::new() }) }
    }

    /// The free buffer that fits `len` best, not larger by more than a quarter.
    fn found(&self, len: usize) -> Option<Vec<T>> {
        if len < Self::SMALLEST {
            return None;
        }
        let mut content = self.content.lock().unwrap_or_else(PoisonError::into_inner);
        let Content { requests, free, out } = &mut *content;
        *requests += 1;
        let oldest = requests.saturating_sub(PATIENCE);
        free.retain(|f| f.since >= oldest);
        let fits = free.iter().enumerate().filter(|(_, f)| (len..=len + len / 4).contains(&f.buffer.capacity()));
        let best = fits.min_by_key(|(_, f)| f.buffer.capacity()).map(|(i, _)| i);
        let found = best.map(|best| free.swap_remove(best).buffer);
        // A new one has no more room than it is asked for.
        *out.entry(found.as_ref().map_or(len, Vec::capacity)).or_default() += 1;
        found.map(|mut buffer| {
            buffer.resize(len, T::default());
            buffer
        })
    }

    fn take(&self, len: usize) -> Vec<T> {
        self.found(len).unwrap_or_else(|| vec![T::default(); len])
    }

    fn give(&self, buffer: Vec<T>) {
        if buffer.capacity() >= Self::SMALLEST {
            let mut content = self.content.lock().unwrap_or_else(PoisonError::into_inner);
            let Content { requests, free, out } = &mut *content;
            if let Some(out) = out.get_mut(&buffer.capacity()).filter(|out| **out > 0) {
                *out -= 1;
                free.push(Free { buffer, since: *requests });
            }
        }
    }

    fn release(&self) {
        self.content.lock().unwrap_or_else(PoisonError::into_inner).free = Vec::new();
    }
}

/// A buffer of `len` floats, all of which the caller writes before anyone reads them.
pub(super) fn take(len: usize) -> Vec<f32> {
    #[cfg_attr(not(test), expect(unused_mut, reason = "only tests write it"))]
    let mut buffer = FLOATS.take(len);
    // So that a test fails where a value is not written.
    #[cfg(test)]
    buffer.fill(f32::NAN);
    buffer
}

/// A buffer of `len` bytes, all of which the caller writes before anyone reads them.
pub(super) fn take_bytes(len: usize) -> Vec<u8> {
    BYTES.take(len)
}

/// Working memory: zeros at first, given back when it is dropped.
pub(super) struct Zeros(Vec<f32>);

impl Zeros {
    /// `len` zeros.
    pub(super) fn new(len: usize) -> Self {
        let mut buffer = FLOATS.take(len);
        buffer.fill(0.0);
        Self(buffer)
    }
}

impl Drop for Zeros {
    fn drop(&mut self) {
        FLOATS.give(std::mem::take(&mut self.0));
    }
}

impl Deref for Zeros {
    type Target = [f32];
    fn deref(&self) -> &[f32] {
        &self.0
    }
}

impl DerefMut for Zeros {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.0
    }
}

/// Keeps the buffer of a tensor of 32-bit floats for a later [`take`], where nobody else holds it.
pub(super) fn give(tensor: FlexTensor) {
    if tensor.bytes().len() >= SMALLEST_BYTES
        && tensor.is_unique()
        && let Ok(buffer) = tensor.into_data().try_into_vec()
    {
        FLOATS.give(buffer);
    }
}

/// Keeps the buffer of a tensor of bytes for a later [`take_bytes`], where nobody else holds it.
pub(super) fn give_bytes(tensor: FlexTensor) {
    if tensor.bytes().len() >= SMALLEST_BYTES
        && tensor.is_unique()
        && let Ok(buffer) = tensor.into_data().try_into_vec()
    {
        BYTES.give(buffer);
    }
}

/// Frees every buffer that is kept.
pub(super) fn release() {
    FLOATS.release();
    BYTES.release();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_comes_back_only_for_a_request_of_about_its_size() {
        let shelf: Shelf<f32> = Shelf::new();
        shelf.give(shelf.take(100_000));
        assert!(shelf.found(50_000).is_none());
        assert!(shelf.found(100_001).is_none());
        assert_eq!(shelf.found(90_000).map(|b| b.len()), Some(90_000));
        assert!(shelf.found(90_000).is_none());
    }

    #[test]
    fn what_comes_from_elsewhere_is_not_kept() {
        let shelf: Shelf<f32> = Shelf::new();
        shelf.give(vec![1.0; 100_000]);
        assert!(shelf.found(100_000).is_none());
        // That request is out now, so one buffer of its size may come back, and no more.
        shelf.give(vec![1.0; 100_000]);
        shelf.give(vec![1.0; 100_000]);
        assert!(shelf.found(100_000).is_some() && shelf.found(100_000).is_none());
    }

    #[test]
    fn what_nobody_wants_any_more_is_freed() {
        let shelf: Shelf<u8> = Shelf::new();
        shelf.give(shelf.take(100_000));
        for _ in 0..=PATIENCE {
            shelf.found(1 << 20);
        }
        assert!(shelf.found(100_000).is_none());
    }

    #[test]
    fn working_memory_is_zero_each_time() {
        for _ in 0..2 {
            let mut zeros = Zeros::new(77_777);
            assert!(zeros.iter().all(|v| *v == 0.0));
            zeros.fill(3.0);
        }
    }
}
