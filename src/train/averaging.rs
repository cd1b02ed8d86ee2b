//! The mean of weights over a training, in the place of the last ones.
//!
//! With averaging, the network that is validated, picked and given back is the mean. Its batch norms have seen none of its
//! weights, so their running statistics are gathered anew after each epoch (Izmailov et al. 2018, 3.3).

use super::TrainError;
use super::schedule::StepPosition;
use crate::model::Net;
use crate::{kinds, settings};
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, RunningState};
use burn::nn::BatchNorm;
use burn::tensor::Tensor;

settings! {
    /// Exponential moving average (Polyak & Juditsky 1992): after every step the mean moves towards the weights by a small share.
    pub struct Ema {
        /// What the mean keeps of itself in a step; less in the first ones, (1 + n) / (10 + n) at most, so that the weights from
        /// before the training are soon forgotten.
        pub decay: f64 = 0.995, in 0.0..=0.999_999;
    }
    check: ranges;
}

settings! {
    /// Stochastic weight averaging (Izmailov et al. 2018): the plain mean of the weights after each of the last epochs. Worth it where
    /// the learning rate does not fall to nothing.
    pub struct Swa {
        /// Share of all epochs after which averaging begins; until then the weights are what they are.
        pub from: f64 = 0.75, in 0.0..=0.99;
    }
    check: ranges;
}

kinds! {
    /// How weights are averaged over the training.
    pub enum WeightAverage("weight averaging") as Averaging {
        /// A running mean that forgets, after every step.
        "ema" => Ema(Ema),
        /// The plain mean of the last epochs.
        "swa" => Swa(Swa),
    }
}

/// What every way of averaging does.
trait Averaging {
    /// What the weights after the step at `at` count in the mean, of which `counted` went in before; nothing where they do not.
    fn share(&self, at: StepPosition, counted: u64) -> Option<f64>;
}

impl Averaging for Ema {
    fn share(&self, _: StepPosition, counted: u64) -> Option<f64> {
        let counted = counted as f64;
        Some(1.0 - self.decay.min((1.0 + counted) / (10.0 + counted)))
    }
}

impl Averaging for Swa {
    fn share(&self, at: StepPosition, counted: u64) -> Option<f64> {
        let has_begun = at.epoch as f64 > self.from * at.epochs as f64;
        (has_begun && at.step == at.steps).then(|| 1.0 / (counted + 1) as f64)
    }
}

/// The mean so far.
#[derive(Debug, Clone)]
pub(super) struct Mean {
    /// Its weights, off autodiff.
    pub net: Net,
    /// How many networks went in.
    pub counted: u64,
}

impl WeightAverage {
    /// Takes up the weights after a step.
    pub(super) fn observe(&self, mean: &mut Option<Mean>, net: &Net, at: StepPosition) {
        let counted = mean.as_ref().map_or(0, |mean| mean.counted);
        let Some(share) = self.kind().share(at, counted) else { return };
        let net = match mean {
            None => net.valid(),
            Some(mean) => blend(&mean.net, net, share),
        };
        *mean = Some(Mean { net, counted: counted + 1 });
    }
}

/// `mean` with each value moved by a share of its way to that of `net`.
fn blend(mean: &Net, net: &Net, share: f64) -> Net {
    struct Values(Vec<Tensor<1>>);
    impl ModuleVisitor for Values {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.0.push(param.val().reshape([-1]));
        }
    }
    struct Move {
        towards: std::vec::IntoIter<Tensor<1>>,
        share: f64,
    }
    impl ModuleMapper for Move {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            let (id, own, mapper) = param.consume();
            let other = self.towards.next().expect("both networks have the same parameters").reshape(own.shape());
            let moved = own.clone() + (other - own).mul_scalar(self.share);
            Param::from_mapped_value(id, moved, mapper)
        }
    }
    let mut values = Values(Vec::new());
    net.valid().visit(&mut values);
    // Running statistics are changed in place: those of a copy, as others may hold this network.
    mean.valid().map(&mut Move { towards: values.0.into_iter(), share })
}

/// Running statistics gathered anew: of each batch norm the plain mean over all batches, of their means and of their variances.
pub(super) struct Statistics {
    sums: Vec<Option<[Tensor<1>; 2]>>,
    batches: usize,
}

impl Statistics {
    /// Before the first batch.
    pub fn new(net: &Net) -> Self {
        Self { sums: vec![None; net.norms().len()], batches: 0 }
    }

    /// Takes up a batch that `pass` runs through the network, in training.
    pub fn add(&mut self, net: &Net, pass: impl FnOnce() -> Result<(), TrainError>) -> Result<(), TrainError> {
        for state in net.norms().into_iter().flat_map(running) {
            state.update(state.value_sync().zeros_like());
        }
        pass()?;
        self.batches += 1;
        for (norm, sums) in net.norms().into_iter().zip(&mut self.sums) {
            let own = running(norm).map(|state| state.value_sync());
            *sums = Some(match sums.take() {
                None => own,
                Some([mean, variance]) => {
                    let [own_mean, own_variance] = own;
                    [mean + own_mean, variance + own_variance]
                }
            });
        }
        Ok(())
    }

    /// The network with these statistics, off autodiff.
    pub fn finish(self, net: &Net) -> Net {
        for (norm, sums) in net.norms().into_iter().zip(self.sums) {
            // Of zeros, a batch leaves its own statistics times the momentum.
            let share = self.batches as f64 * norm.momentum;
            for (state, sum) in running(norm).into_iter().zip(sums.into_iter().flatten()) {
                state.update(sum.div_scalar(share));
            }
        }
        net.valid()
    }
}

/// The running mean and the running variance of a batch norm.
fn running(norm: &BatchNorm) -> [&RunningState<Tensor<1>>; 2] {
    [&norm.running_mean, &norm.running_var]
}
