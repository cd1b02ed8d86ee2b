//! The whole loop on tiny problems, whose networks learn within a second.

mod averaging;
mod learning;
mod resuming;
mod solving;
mod strictness;

use super::*;
use crate::augment::Step;
use crate::model::{Architecture, InputShape, Net, Span};
use crate::seed::Seeds;
use burn::tensor::Device;

const SHAPE: InputShape = InputShape { channels: 1, bins: 6, frames: 8 };
const CLASSES: usize = 3;

/// Noise with more energy in the two bins of its class; fed with a little jitter that depends on the epoch.
pub(super) struct Toy {
    pub set: u64,
    pub rows: usize,
    pub poison: Option<f32>,
    pub missing: Option<usize>,
}

impl Toy {
    pub fn new(set: u64, rows: usize) -> Self {
        Self { set, rows, poison: None, missing: None }
    }
}

impl Examples for Toy {
    fn len(&self) -> usize {
        self.rows
    }
    fn shape(&self) -> InputShape {
        SHAPE
    }
    fn label(&self, i: usize) -> usize {
        i % CLASSES
    }
    fn classes(&self) -> usize {
        CLASSES
    }
    fn write(&self, i: usize, epoch: u64, out: &mut [f32]) -> Result<Span, ExampleError> {
        if self.missing == Some(i) {
            return Err(ExampleError { example: format!("row {i}"), source: "not there".into() });
        }
        let mut noise = Seeds::new(self.set).stream("toy", &[i as u64]);
        let mut jitter = Seeds::new(self.set).stream("jitter", &[i as u64, epoch]);
        for (place, value) in out.iter_mut().enumerate() {
            let bin = place / SHAPE.frames;
            let loud = if bin / 2 == self.label(i) { 0.7 } else { 0.0 };
            let shaken = if epoch > 0 { 0.1 * jitter.normal() } else { 0.0 };
            *value = (noise.normal() + loud + shaken) as f32;
        }
        if let Some(poison) = self.poison {
            out[0] = poison;
        }
        Ok(Span::whole(SHAPE.frames))
    }
}

impl TrainingExamples for Toy {}
impl ValidationExamples for Toy {}

/// A small network with everything that has a state or draws numbers: convolution, batch norm, dropout, dense layers.
pub(super) fn net(seed: u64) -> Net {
    let table =
        "cnn-2d = { channels = [4], global_pool = 'flatten', head = [8], dropout = 0.25, batch_norm_momentum = 0.8 }";
    let architecture: Architecture = toml::from_str(table).unwrap();
    let mut stream = Seeds::new(seed).stream("init", &[]);
    architecture.init(SHAPE, CLASSES, &mut stream, &Device::flex())
}

/// Short trainings by default: 6 epochs of 7 steps, the last of them with 2 rows.
pub(super) fn settings(more: &str) -> Train {
    let all =
        format!("epochs = 6\nbatch_size = 8\nearly_stopping = \"none\"\noptimizer.adam.learning_rate = 0.01\n{more}");
    let mut table = toml::Table::new();
    for line in all.lines() {
        // A later line replaces an earlier one of the same key, so that a test says only what differs.
        let one: toml::Table = toml::from_str(line).unwrap();
        table.extend(one);
    }
    toml::Value::Table(table).try_into().unwrap()
}

/// 50 training rows, 21 validation rows.
pub(super) struct Bench {
    pub training: Toy,
    pub validation: Option<Toy>,
    pub settings: Train,
    pub augment: Vec<Step>,
    pub seed: u64,
}

impl Bench {
    pub fn new(more: &str) -> Self {
        let validation = Some(Toy::new(2, 21));
        Self { training: Toy::new(1, 50), validation, settings: settings(more), augment: Vec::new(), seed: 7 }
    }

    pub fn with_mixup(mut self) -> Self {
        self.augment = vec![toml::from_str("mixup = { alpha = 0.4 }\nprobability = 0.7").unwrap()];
        self
    }

    pub fn train(&self, resume: Option<Checkpoint>, observer: &mut dyn Observer) -> Result<Trained, TrainError> {
        let job = Job {
            training: &self.training,
            validation: self.validation.as_ref().map(|v| v as &dyn ValidationExamples),
            settings: &self.settings,
            augment: &self.augment,
            seeds: Seeds::new(self.seed),
            device: &Device::flex(),
            clock: &|| 0.0,
            resume,
        };
        train(&net(self.seed), job, observer)
    }

    pub fn trained(&self) -> Trained {
        self.train(None, &mut Silent).unwrap()
    }
}

pub(super) fn bytes(trained: &Trained) -> Vec<u8> {
    trained.net.to_safetensors(&[]).unwrap()
}
