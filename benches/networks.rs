//! How fast serlab trains and asks networks: one JSON line a case.
//!
//! ```text
//! cargo bench --bench networks                                      # all cases
//! cargo bench --bench networks -- small-2d train --seconds 5 --threads 2
//! ```
//!
//! It is [`serlab::train::train`] and [`serlab::train::predict`] that run: batches assembled by their own thread, shuffling,
//! dropout from named streams, loss, figures and Adam included. `scripts/bench/networks.py` is the same in PyTorch.

mod measure;

use burn::tensor::Device;
use measure::{Mark, Request, Span, peak_rss_mib, rounded};
use serde_json::json;
use serlab::model::{Architecture, InputShape, Net};
use serlab::seed::Seeds;
use serlab::train::{
    Adam, Ended, ExampleError, Examples, Job, Observer, Optimizer, Train, TrainingExamples, predict, train,
};
use std::error::Error;
use std::process::Command;

/// As in the program itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const CLASSES: usize = 6;
/// Batches of random rows that are fed again and again.
const BATCHES: usize = 4;
/// Steps before the clock starts: the first ones ask the system for memory.
const WARM_UP: usize = 3;
/// Rows an epoch pretends to have, so that what happens once an epoch does not count.
const STEPS_AN_EPOCH: usize = 1000;

/// Two small networks, that of the recipe of `serlab init`, and those of `experiments/seed`.
const NETWORKS: [&str; 5] = ["small-2d", "small-1d", "recipe-2d", "seed-2d", "seed-1d"];
const MODES: [&str; 2] = ["train", "infer"];

/// A network, what it is fed, and how many rows a batch has.
fn network(name: &str) -> Option<(Architecture, InputShape, usize)> {
    let (table, [channels, bins, frames], rows) = match name {
        "small-2d" => ("cnn-2d = { channels = [32, 64, 128], dropout = 0.3 }", [1, 128, 94], 32),
        "small-1d" => ("cnn-1d = { channels = [64, 128, 256], kernel_size = 5, dropout = 0.3 }", [2, 1, 150], 64),
        "recipe-2d" => (
            "resnet-2d = { keep_bins = true, global_pool = \"attentive-statistics\", head = [], head_norm = true, dropout = 0.4 }",
            [1, 64, 224],
            32,
        ),
        "seed-2d" => ("cnn-2d = { order = \"activation-first\" }", [1, 128, 400], 32),
        "seed-1d" => ("cnn-1d = { order = \"activation-first\" }", [1, 1, 800], 128),
        _ => return None,
    };
    let architecture = toml::from_str(table).expect("the tables are well-formed");
    Some((architecture, InputShape { channels, bins, frames }, rows))
}

/// Normal noise, a few batches of it, repeated to the length wanted.
struct Noise {
    shape: InputShape,
    values: Vec<f32>,
    rows: usize,
}

impl Noise {
    fn new(shape: InputShape, batch_size: usize, rows: usize) -> Self {
        let mut stream = Seeds::new(1).stream("noise", &[]);
        let count = BATCHES * batch_size * shape.channels * shape.bins * shape.frames;
        Self { shape, values: (0..count).map(|_| stream.normal() as f32).collect(), rows }
    }
}

impl Examples for Noise {
    fn len(&self) -> usize {
        self.rows
    }
    fn shape(&self) -> InputShape {
        self.shape
    }
    fn label(&self, i: usize) -> usize {
        i % CLASSES
    }
    fn classes(&self) -> usize {
        CLASSES
    }
    fn write(&self, i: usize, _epoch: u64, out: &mut [f32]) -> Result<serlab::model::Span, ExampleError> {
        let start = i * out.len() % self.values.len();
        out.copy_from_slice(&self.values[start..start + out.len()]);
        Ok(serlab::model::Span::whole(self.shape().frames))
    }
}

impl TrainingExamples for Noise {}

/// Counts steps, and ends the training once the time is over.
struct Stopwatch {
    seconds: f64,
    steps: usize,
    begun: Option<Mark>,
    ended: Option<Mark>,
}

impl Observer for Stopwatch {
    fn step(&mut self, _epoch: usize, _step: usize, _steps: usize, _loss: f64) {
        let now = Mark::now();
        match self.begun {
            Some(_) => self.ended = Some(now),
            None if self.steps + 1 == WARM_UP => self.begun = Some(now),
            None => {}
        }
        self.steps += 1;
    }

    fn stop_requested(&self) -> bool {
        self.begun.is_some_and(|begun| self.ended.is_some() && begun.elapsed_seconds() >= self.seconds)
    }
}

/// Trains for that long; the rows trained on, and what it took.
fn trained(net: &Net, rows: &Noise, batch_size: usize, seconds: f64) -> Result<(usize, Span), Box<dyn Error>> {
    let optimizer = Optimizer::Adam(Adam { learning_rate: 1e-3, ..Default::default() });
    let settings = Train { epochs: 100_000, batch_size, optimizer, early_stopping: None, ..Default::default() };
    let mut stopwatch = Stopwatch { seconds, steps: 0, begun: None, ended: None };
    let job = Job {
        training: rows,
        validation: None,
        settings: &settings,
        augment: &[],
        seeds: Seeds::new(1),
        device: &Device::flex(),
        clock: &|| 0.0,
        resume: None,
    };
    let trained = train(net, job, &mut stopwatch)?;
    let (Ended::Interrupted, Some(begun), Some(ended)) = (trained.ended, stopwatch.begun, stopwatch.ended) else {
        return Err("the training ended before its time".into());
    };
    Ok(((stopwatch.steps - WARM_UP) * batch_size, begun.until(ended)))
}

/// Asks for probabilities for about that long; the rows asked for, and what it took.
fn asked(net: &Net, rows: &mut Noise, batch_size: usize, seconds: f64) -> Result<(usize, Span), Box<dyn Error>> {
    let mut ask = |batches: usize| {
        rows.rows = batches * batch_size;
        let begun = Mark::now();
        predict(net, rows, batch_size, &Device::flex())?;
        Ok::<_, Box<dyn Error>>((rows.rows, begun.until(Mark::now())))
    };
    ask(WARM_UP)?;
    let (_, trial) = ask(WARM_UP)?;
    // One call for the whole time: what happens once a call does not count.
    ask((WARM_UP as f64 * seconds / trial.wall_seconds).ceil().max(1.0) as usize)
}

/// One case, measured in this process.
fn case(name: &str, mode: &str, request: &Request) -> Result<(), Box<dyn Error>> {
    let known = || format!("{name} {mode} is not known; networks: {NETWORKS:?}, modes: {MODES:?}");
    let (architecture, shape, batch_size) = network(name).ok_or_else(known)?;
    let threads = request.threads.unwrap_or(2);
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
    let net = architecture.init(shape, CLASSES, &mut Seeds::new(1).stream("init", &[]), &Device::flex());
    let mut rows = Noise::new(shape, batch_size, batch_size * STEPS_AN_EPOCH);
    let (samples, span) = match mode {
        "train" => trained(&net, &rows, batch_size, request.seconds)?,
        "infer" => asked(&net, &mut rows, batch_size, request.seconds)?,
        _ => return Err(known().into()),
    };
    let samples = samples as f64;
    let line = json!({
        "program": concat!("serlab ", env!("CARGO_PKG_VERSION")),
        "network": name,
        "mode": mode,
        "threads": threads,
        "batch_size": batch_size,
        "parameters": net.parameter_count(),
        "seconds": rounded(span.wall_seconds),
        "samples_per_second": rounded(samples / span.wall_seconds),
        "cpu_seconds_per_sample": span.cpu_seconds.map(|s| rounded(s / samples)),
        "peak_rss_mib": peak_rss_mib().map(rounded),
    });
    println!("{line}");
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let request = Request::from_command_line()?;
    match &request.words[..] {
        [] => {
            // Each in a process of its own: the peak of its memory, and the number of threads, are then its alone.
            for (name, mode) in NETWORKS.iter().flat_map(|name| MODES.map(|mode| (name, mode))) {
                let (seconds, threads) = (request.seconds.to_string(), request.threads.unwrap_or(2).to_string());
                let arguments = [name, mode, "--seconds", &seconds, "--threads", &threads];
                let status = Command::new(std::env::current_exe()?).args(arguments).status()?;
                if !status.success() {
                    return Err(format!("{name} {mode}: {status}").into());
                }
            }
            Ok(())
        }
        [name, mode] => case(name, mode, &request),
        words => Err(format!("{words:?}: expected a network and a mode, or nothing for all of them").into()),
    }
}
