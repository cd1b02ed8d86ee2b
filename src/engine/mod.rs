//! Where runs execute: workers of this process take them from one list, in order.
//!
//! What a run computes does not depend on which worker takes it or on what runs beside it: all its randomness is its own.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Does every task on `workers` threads, each taking the next one that is free; results in the order of the tasks.
///
/// `stop` is asked before each task; tasks that are not begun then have no result.
pub fn work<T: Sync, R: Send>(
    tasks: &[T],
    workers: usize,
    stop: &(dyn Fn() -> bool + Sync),
    perform: &(dyn Fn(&T) -> R + Sync),
) -> Vec<Option<R>> {
    let next = AtomicUsize::new(0);
    let results: Vec<Mutex<Option<R>>> = tasks.iter().map(|_| Mutex::new(None)).collect();
    let worker = || {
        while !stop() {
            let i = next.fetch_add(1, Ordering::Relaxed);
            let Some(task) = tasks.get(i) else { return };
            let result = perform(task);
            *results[i].lock().expect("no task panics while it holds its result") = Some(result);
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..workers.min(tasks.len()) {
            scope.spawn(worker);
        }
        worker();
    });
    results.into_iter().map(|r| r.into_inner().expect("no task panics while it holds its result")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicBool;

    #[test]
    fn every_task_is_done_once_whatever_the_number_of_workers() {
        let tasks: Vec<usize> = (0..50).collect();
        for workers in [1, 2, 7, 100] {
            let done = work(&tasks, workers, &|| false, &|t| t * 2);
            assert!(done.iter().enumerate().all(|(i, r)| *r == Some(i * 2)));
        }
    }

    #[test]
    fn nothing_is_begun_after_a_stop() {
        let stopped = AtomicBool::new(false);
        let perform = |t: &usize| {
            stopped.store(*t == 2, Ordering::Relaxed);
            *t
        };
        let done = work(&[0, 1, 2, 3, 4], 1, &|| stopped.load(Ordering::Relaxed), &perform);
        assert_eq!(done, [Some(0), Some(1), Some(2), None, None]);
    }
}
