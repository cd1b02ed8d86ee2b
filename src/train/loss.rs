//! Losses, and the weight of each class in them.
//!
//! A row with logits z has log-probabilities l = log softmax(z). Against a label y it costs
//!
//! - cross-entropy: (1 - s) (-l_y) + s / k * sum_c (-l_c), s the label smoothing (Szegedy et al. 2016), k the classes;
//! - focal: -(1 - p_y)^gamma l_y (Lin et al. 2017).
//!
//! A mixed row (mixup, Zhang et al. 2018) costs lambda times the cost against its own label and the rest against its
//! partner's. The loss of a batch is the mean over rows weighted by class: sum w_y cost_y / sum w_y, as PyTorch's
//! `CrossEntropyLoss(weight)` (Keras divides by the number of rows). With smoothing *and* weights, PyTorch also weights the
//! terms of the smoothed sum one by one; here a row has one weight.

use super::ClassWeights;
use crate::augment::Mix;
use crate::{kinds, settings};
use burn::tensor::{Device, Tensor, TensorData, activation::log_softmax};

settings! {
    /// Cross-entropy over softmax probabilities.
    pub struct CrossEntropy {
        /// Share of the target spread evenly over all classes; 0 is none.
        pub label_smoothing: f64 = 0.0, in 0.0..=0.999;
    }
    check: ranges;
}

settings! {
    /// Focal loss: cross-entropy that fades out for rows that are already right.
    pub struct Focal {
        /// How fast it fades; 0 is cross-entropy.
        pub gamma: f64 = 2.0, in 0.0..=10.0;
    }
    check: ranges;
}

kinds! {
    /// What training minimises.
    pub enum Loss("loss") as Criterion {
        /// Cross-entropy, optionally with label smoothing.
        "cross-entropy" => CrossEntropy(CrossEntropy),
        /// Focal loss, for corpora whose classes differ much in size or difficulty.
        "focal" => Focal(Focal),
    }
}

/// What every loss does.
trait Criterion {
    /// Share of each target that is spread evenly over all classes.
    fn label_smoothing(&self) -> f64 {
        0.0
    }

    /// The log-probabilities, [rows, classes], times a modulating factor where the loss has one.
    fn modulate(&self, log: Tensor<2>) -> Tensor<2> {
        log
    }
}

impl Criterion for CrossEntropy {
    fn label_smoothing(&self) -> f64 {
        self.label_smoothing
    }
}

impl Criterion for Focal {
    fn modulate(&self, log: Tensor<2>) -> Tensor<2> {
        if self.gamma <= 0.0 {
            return log;
        }
        // Kept off 0: there the power's slope is infinite for gamma below 1, and infinity times 0 is no number.
        let wrong = log.clone().exp().neg().add_scalar(1.0).clamp_min(1e-7);
        log * wrong.powf_scalar(self.gamma as f32)
    }
}

/// A loss with the class weights of a training set.
#[derive(Debug, Clone)]
pub(super) struct Objective {
    loss: Loss,
    weights: Vec<f64>,
}

/// What each row of a batch is held against: one coefficient a row and class.
#[derive(Debug, Clone)]
pub(super) struct Targets {
    /// [rows, classes] row-major; the loss is minus the sum of coefficient times (modulated) log-probability.
    coefficients: Vec<f32>,
    rows: usize,
    /// Sum of the rows' weights: how much this batch counts in a mean over batches.
    pub weight: f64,
}

impl Objective {
    /// `weights` has one weight a class.
    pub fn new(loss: Loss, weights: Vec<f64>) -> Self {
        Self { loss, weights }
    }

    /// The targets of a batch with these labels.
    pub fn targets(&self, labels: &[usize], mix: Option<&Mix>) -> Targets {
        let classes = self.weights.len();
        let smoothing = self.loss.kind().label_smoothing();
        let mut exact = vec![0.0; labels.len() * classes];
        let mut weight = 0.0;
        for (row, (label, cells)) in labels.iter().zip(exact.chunks_exact_mut(classes)).enumerate() {
            let whole = [(*label, 1.0)];
            let halves = mix.map(|m| [(*label, m.lambda), (labels[m.partners[row]], 1.0 - m.lambda)]);
            for (class, share) in halves.as_ref().map_or(&whole[..], |h| &h[..]) {
                let part = share * self.weights[*class];
                weight += part;
                cells[*class] += part * (1.0 - smoothing);
                if smoothing > 0.0 {
                    cells.iter_mut().for_each(|cell| *cell += part * smoothing / classes as f64);
                }
            }
        }
        let coefficients = exact.iter().map(|c| (c / weight) as f32).collect();
        Targets { coefficients, rows: labels.len(), weight }
    }

    /// The loss of a batch, `logits` being [rows, classes]; a tensor of one value.
    pub fn of(&self, logits: Tensor<2>, targets: Targets, device: &Device) -> Tensor<1> {
        let classes = self.weights.len();
        let coefficients = TensorData::new(targets.coefficients, [targets.rows, classes]);
        let coefficients = Tensor::<2>::from_data(coefficients, device);
        let log = self.loss.kind().modulate(log_softmax(logits, 1));
        (log * coefficients).sum().neg()
    }
}

impl ClassWeights {
    /// One weight a class, `counts` being the training rows of each; `None` where another number of weights is given.
    pub fn of(&self, counts: &[usize]) -> Option<Vec<f64>> {
        match self {
            Self::None => Some(vec![1.0; counts.len()]),
            Self::Balanced => {
                let present = counts.iter().filter(|n| **n > 0).count();
                let rows: usize = counts.iter().sum();
                // A class without training rows can still occur in validation: it then counts like any row.
                let weight = |n: &usize| if *n == 0 { 1.0 } else { rows as f64 / (present * n) as f64 };
                Some(counts.iter().map(weight).collect())
            }
            Self::Explicit(weights) => (weights.len() == counts.len()).then(|| weights.clone()),
        }
    }
}

#[cfg(test)]
#[path = "loss_tests.rs"]
mod tests;
