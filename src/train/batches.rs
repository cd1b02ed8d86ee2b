//! Batches, assembled ahead of the network on another thread.
//!
//! What a batch holds depends only on its [`Request`]: rows are written in parallel, but each into its own place, and
//! random choices were drawn when the request was made. The number of threads can therefore change nothing.

use super::{ExampleError, Examples};
use crate::augment::{self, Mix};
use crate::model::Span;
use crate::seed::{Seeds, streams};
use rayon::ThreadPool;
use rayon::prelude::*;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::Scope;

/// Batches that wait for the network at most; with one more in the making, the memory it takes is bounded.
const AHEAD: usize = 2;

/// A batch to assemble.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Request {
    /// The epoch it is fed in; 0 outside of training.
    pub epoch: u64,
    /// The examples, in order.
    pub rows: Vec<usize>,
    /// How they are mixed.
    pub mix: Option<Mix>,
}

/// A batch ready to be fed.
#[derive(Debug)]
pub(super) struct Batch {
    /// [rows, channels, bins, frames], row-major.
    pub inputs: Vec<f32>,
    /// Its shape.
    pub shape: [usize; 4],
    /// Which frames of each row are its own; of mixed rows those of either.
    pub own: Vec<Span>,
    /// Label of each row.
    pub labels: Vec<usize>,
    /// How the rows were mixed.
    pub mix: Option<Mix>,
}

/// How the training rows are cut into batches.
#[derive(Debug, Clone, Copy)]
pub(super) struct Order<'a> {
    pub rows: usize,
    pub batch_size: usize,
    pub shuffle: bool,
    pub drop_last: bool,
    /// The augmentations, of which those of the batch stage apply here.
    pub augment: &'a [augment::Step],
    pub seeds: Seeds,
}

impl<'a> Order<'a> {
    /// Batches an epoch.
    pub fn steps(&self) -> usize {
        if self.drop_last { self.rows / self.batch_size } else { self.rows.div_ceil(self.batch_size) }
    }

    /// The batches of an epoch, from 1: the same for the same seeds, whatever was trained before.
    pub fn requests(self, epoch: usize) -> impl Iterator<Item = Request> + Send + 'a {
        let epoch = epoch as u64;
        let mut rows: Vec<usize> = (0..self.rows).collect();
        if self.shuffle {
            self.seeds.stream(streams::SHUFFLE, &[epoch]).shuffle(&mut rows);
        }
        (0..self.steps()).map(move |i| {
            let end = rows.len().min((i + 1) * self.batch_size);
            let rows = rows[i * self.batch_size..end].to_vec();
            let mut stream = self.seeds.stream(streams::MIXUP, &[epoch, i as u64 + 1]);
            let mix = augment::batch(self.augment, rows.len(), &mut stream);
            Request { epoch, rows, mix }
        })
    }
}

/// All examples in their own order, as they are fed outside of training.
pub(super) fn in_order(rows: usize, batch_size: usize) -> impl Iterator<Item = Request> + Send {
    (0..rows).step_by(batch_size).map(move |start| Request {
        epoch: 0,
        rows: (start..rows.min(start + batch_size)).collect(),
        mix: None,
    })
}

/// Starts assembling the requested batches in order. Dropping the receiver ends it.
pub(super) fn feed<'scope, 'env: 'scope>(
    scope: &'scope Scope<'scope, 'env>,
    pool: &'env ThreadPool,
    examples: &'env dyn Examples,
    requests: impl Iterator<Item = Request> + Send + 'scope,
) -> Receiver<Result<Batch, ExampleError>> {
    let (sender, receiver) = sync_channel(AHEAD);
    scope.spawn(move || {
        for request in requests {
            let batch = pool.install(|| assemble(examples, request));
            let failed = batch.is_err();
            if sender.send(batch).is_err() || failed {
                return;
            }
        }
    });
    receiver
}

/// Writes the rows of a batch, and mixes them. The first row that fails, in order, is the error.
pub(super) fn assemble(examples: &dyn Examples, request: Request) -> Result<Batch, ExampleError> {
    let shape = examples.shape();
    let size = shape.channels * shape.bins * shape.frames;
    let Request { epoch, rows, mix } = request;
    let mut inputs = vec![0.0; rows.len() * size];
    let written: Vec<Result<Span, ExampleError>> =
        inputs.par_chunks_exact_mut(size).zip(&rows).map(|(out, row)| examples.write(*row, epoch, out)).collect();
    let mut own = written.into_iter().collect::<Result<Vec<Span>, _>>()?;
    if let Some(mix) = &mix {
        let whole = &inputs;
        let mut mixed = vec![0.0; inputs.len()];
        let (share, rest) = (mix.lambda as f32, (1.0 - mix.lambda) as f32);
        mixed.par_chunks_exact_mut(size).enumerate().for_each(|(i, out)| {
            let (a, b) = (&whole[i * size..][..size], &whole[mix.partners[i] * size..][..size]);
            out.iter_mut().zip(a.iter().zip(b)).for_each(|(out, (a, b))| *out = share * a + rest * b);
        });
        inputs = mixed;
        own = own.iter().zip(&mix.partners).map(|(span, partner)| span.hull(own[*partner])).collect();
    }
    let labels = rows.iter().map(|row| examples.label(*row)).collect();
    Ok(Batch { inputs, shape: [rows.len(), shape.channels, shape.bins, shape.frames], own, labels, mix })
}

#[cfg(test)]
#[path = "batches_tests.rs"]
mod tests;
