//! Optimisers: their settings, and burn's implementation of each.
//!
//! Gradients go in after clipping. `weight_decay` of `adam`, `sgd` and `rmsprop` is an L2 penalty added to the gradient;
//! of `adamw` it shrinks the weight itself. Defaults are Keras' where both Keras and PyTorch have one, as the learning
//! rates published for speech-emotion networks mostly assume them; the exceptions say so.

use crate::kind::{Context, Problem, above};
use crate::{kinds, settings};
use burn::optim::decay::WeightDecayConfig;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{AdamConfig, AdamWConfig, DynOptimizer, RmsPropConfig, SgdConfig};
use std::sync::Arc;

/// The largest decay rate of a running mean: below 1, or the mean would never move.
const ALMOST_ONE: f64 = 0.999_999;

settings! {
    /// Which parameters are decayed.
    #[derive(Copy, Eq)]
    pub struct Decay {
        /// Whether `weight_decay` also pulls at parameters of one dimension: biases, and scales and shifts of norms. Recipes for
        /// residual networks leave those alone (He et al. 2019, "Bag of Tricks").
        pub decay_norms_and_biases: bool = true;
    }
    check: ranges;
}

settings! {
    /// Adam (Kingma & Ba 2015).
    pub struct Adam {
        include pub decayed: Decay;
        /// Learning rate before the schedule.
        pub learning_rate: f64 = 1e-3, in above(0.0);
        /// Decay of the running mean of the gradient.
        pub beta_1: f64 = 0.9, in 0.0..=ALMOST_ONE;
        /// Decay of the running mean of the squared gradient.
        pub beta_2: f64 = 0.999, in 0.0..=ALMOST_ONE;
        /// Added to the denominator after bias correction (PyTorch's place; PyTorch's default is 1e-8).
        pub epsilon: f64 = 1e-7, in above(0.0);
        /// L2 penalty, added to the gradient as `weight_decay * weight`.
        pub weight_decay: f64 = 0.0, in 0.0..;
        /// Divides by the largest second moment so far instead of the current one (AMSGrad, Reddi et al. 2018).
        pub amsgrad: bool = false;
    }
    check: ranges;
}

settings! {
    /// Adam with decoupled weight decay (Loshchilov & Hutter 2019).
    pub struct AdamW {
        include pub decayed: Decay;
        /// Learning rate before the schedule.
        pub learning_rate: f64 = 1e-3, in above(0.0);
        /// Decay of the running mean of the gradient.
        pub beta_1: f64 = 0.9, in 0.0..=ALMOST_ONE;
        /// Decay of the running mean of the squared gradient.
        pub beta_2: f64 = 0.999, in 0.0..=ALMOST_ONE;
        /// Added to the denominator after bias correction.
        pub epsilon: f64 = 1e-7, in above(0.0);
        /// Share of the weight taken away each step, times the learning rate (PyTorch's default; Keras has 0.004).
        pub weight_decay: f64 = 0.01, in 0.0..;
        /// Divides by the largest second moment so far instead of the current one (AMSGrad).
        pub amsgrad: bool = false;
    }
    check: ranges;
}

settings! {
    /// Stochastic gradient descent, with or without momentum.
    pub struct Sgd {
        include pub decayed: Decay;
        /// Learning rate before the schedule.
        pub learning_rate: f64 = 0.01, in above(0.0);
        /// Share of the previous update that is kept, undampened: v = momentum * v + g; 0 is plain descent.
        pub momentum: f64 = 0.0, in 0.0..=ALMOST_ONE;
        /// Looks one momentum step ahead: g + momentum * v is applied (Sutskever et al. 2013). Needs momentum.
        pub nesterov: bool = false;
        /// L2 penalty, added to the gradient as `weight_decay * weight`.
        pub weight_decay: f64 = 0.0, in 0.0..;
    }
    check: Sgd::check;
}

settings! {
    /// RMSprop (Hinton's lecture 6e, 2012).
    pub struct RmsProp {
        include pub decayed: Decay;
        /// Learning rate before the schedule.
        pub learning_rate: f64 = 1e-3, in above(0.0);
        /// Decay of the running mean of the squared gradient (Keras' `rho`; PyTorch's default is 0.99).
        pub decay: f64 = 0.9, in 0.0..=ALMOST_ONE;
        /// Share of the previous update that is kept; 0 is none.
        pub momentum: f64 = 0.0, in 0.0..=ALMOST_ONE;
        /// Added to the denominator, outside the root.
        pub epsilon: f64 = 1e-7, in above(0.0);
        /// Divides by the gradient's running standard deviation instead of its root mean square.
        pub centered: bool = false;
        /// L2 penalty, added to the gradient as `weight_decay * weight`.
        pub weight_decay: f64 = 0.0, in 0.0..;
    }
    check: ranges;
}

kinds! {
    /// How gradients change the weights.
    pub enum Optimizer("optimizer") as Descent {
        /// Adam: a step a parameter from running means of gradient and squared gradient.
        "adam" => Adam(Adam),
        /// Adam with decoupled weight decay, the usual choice for transformers.
        "adamw" => AdamW(AdamW),
        /// Stochastic gradient descent, optionally with (Nesterov) momentum.
        "sgd" => Sgd(Sgd),
        /// RMSprop: gradients divided by their running root mean square.
        "rmsprop" => RmsProp(RmsProp),
    }
}

impl Sgd {
    fn check(&self, _: &Context) -> Vec<Problem> {
        let is_wrong = self.nesterov && self.momentum == 0.0;
        let message = "needs momentum above 0; set `momentum`, e.g. 0.9";
        is_wrong.then(|| Problem::new("nesterov", message)).into_iter().collect()
    }
}

/// What every optimiser does.
trait Descent {
    /// The learning rate that a schedule starts from.
    fn learning_rate(&self) -> f64;
    /// Which parameters are decayed.
    fn decay(&self) -> Decay;
    /// burn's implementation with these settings, with weight decay or without; burn computes in f32.
    fn build(&self, decays: bool) -> Arc<dyn DynOptimizer>;
}

impl Optimizer {
    /// The learning rate that a schedule starts from.
    pub fn learning_rate(&self) -> f64 {
        self.kind().learning_rate()
    }

    /// burn's implementation with these settings, for parameters of so many dimensions; burn computes in f32.
    pub(super) fn build(&self, dimensions: usize) -> Arc<dyn DynOptimizer> {
        let kind = self.kind();
        kind.build(dimensions > 1 || kind.decay().decay_norms_and_biases)
    }
}

impl Descent for Adam {
    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }
    fn decay(&self) -> Decay {
        self.decayed
    }
    fn build(&self, decays: bool) -> Arc<dyn DynOptimizer> {
        let config = AdamConfig::new().with_beta_1(self.beta_1 as f32).with_beta_2(self.beta_2 as f32);
        let config = config.with_epsilon(self.epsilon as f32).with_amsgrad(self.amsgrad);
        Arc::new(config.with_weight_decay(penalty(self.weight_decay, decays)).build())
    }
}

impl Descent for AdamW {
    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }
    fn decay(&self) -> Decay {
        self.decayed
    }
    fn build(&self, decays: bool) -> Arc<dyn DynOptimizer> {
        let config = AdamWConfig::new().with_beta_1(self.beta_1 as f32).with_beta_2(self.beta_2 as f32);
        let config = config.with_epsilon(self.epsilon as f32).with_amsgrad(self.amsgrad);
        Arc::new(config.with_weight_decay(if decays { self.weight_decay as f32 } else { 0.0 }).build())
    }
}

impl Descent for Sgd {
    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }
    fn decay(&self) -> Decay {
        self.decayed
    }
    fn build(&self, decays: bool) -> Arc<dyn DynOptimizer> {
        // burn dampens by 0.1 unless told otherwise; Keras and PyTorch do not.
        let momentum = MomentumConfig::new().with_dampening(0.0).with_nesterov(self.nesterov);
        let momentum = (self.momentum > 0.0).then(|| momentum.with_momentum(self.momentum));
        Arc::new(SgdConfig::new().with_momentum(momentum).with_weight_decay(penalty(self.weight_decay, decays)).build())
    }
}

impl Descent for RmsProp {
    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }
    fn decay(&self) -> Decay {
        self.decayed
    }
    fn build(&self, decays: bool) -> Arc<dyn DynOptimizer> {
        let config = RmsPropConfig::new().with_alpha(self.decay as f32).with_momentum(self.momentum as f32);
        let config = config.with_epsilon(self.epsilon as f32).with_centered(self.centered);
        Arc::new(config.with_weight_decay(penalty(self.weight_decay, decays)).build())
    }
}

fn penalty(weight_decay: f64, decays: bool) -> Option<WeightDecayConfig> {
    (decays && weight_decay > 0.0).then(|| WeightDecayConfig::new(weight_decay as f32))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::Described;
    use burn::tensor::{Device, Tensor};

    /// Weights after steps with the given gradients, rate 0.1, starting at 1.
    fn walk(optimizer: &Optimizer, gradients: &[f32]) -> Vec<f32> {
        let device = Device::flex();
        let rule = optimizer.build(2);
        let (mut weight, mut state) = (Tensor::<1>::ones([1], &device), None);
        let mut path = Vec::new();
        for g in gradients {
            let gradient = Tensor::<1>::from_floats([*g], &device);
            let (next, kept) = rule.step_dyn(1, 0.1, weight.into_bridge(), gradient.into_bridge(), state);
            (weight, state) = (Tensor::from_bridge(next), kept);
            path.push(weight.to_data().try_to_vec::<f32>().unwrap()[0]);
        }
        path
    }

    fn close(path: &[f32], expected: &[f32]) {
        assert!(path.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6), "{path:?} {expected:?}");
    }

    #[test]
    fn the_first_steps_are_those_computed_by_hand() {
        // The first step of Adam is the rate times the gradient's sign; so is the second where the gradient stays.
        close(&walk(&Optimizer::Adam(Adam::default()), &[2.0, 2.0]), &[0.9, 0.8]);
        // 1 * (1 - 0.1 * 0.01) - 0.1
        close(&walk(&Optimizer::AdamW(AdamW::default()), &[2.0]), &[0.899]);
        // The gradient is 2 + 0.5 * 1.
        close(&walk(&Optimizer::Sgd(Sgd { weight_decay: 0.5, ..Default::default() }), &[2.0]), &[0.75]);
        // v = 2, then 0.9 * 2 + 1 = 2.8: 1 - 0.2 - 0.28. Dampened by 0.1 it would end at 0.53.
        close(&walk(&Optimizer::Sgd(Sgd { momentum: 0.9, ..Default::default() }), &[2.0, 1.0]), &[0.8, 0.52]);
        // g + 0.9 v: 2 + 1.8 = 3.8, then 1 + 0.9 * 2.8 = 3.52.
        let nesterov = Sgd { momentum: 0.9, nesterov: true, ..Default::default() };
        close(&walk(&Optimizer::Sgd(nesterov), &[2.0, 1.0]), &[0.62, 0.268]);
        // 2 / sqrt(0.1 * 4) = 3.162278
        close(&walk(&Optimizer::RmsProp(RmsProp::default()), &[2.0]), &[0.683_772_2]);
    }

    #[test]
    fn norms_and_biases_are_spared_where_that_is_asked_for() {
        let spared = Decay { decay_norms_and_biases: false };
        let adamw = Optimizer::AdamW(AdamW { weight_decay: 0.5, decayed: spared, ..Default::default() });
        let sgd = Optimizer::Sgd(Sgd { weight_decay: 0.5, decayed: spared, ..Default::default() });
        let step = |optimizer: &Optimizer, dimensions: usize| {
            let device = Device::flex();
            let one = || Tensor::<2>::ones([1, 1], &device);
            let rule = optimizer.build(dimensions);
            let (next, _) = rule.step_dyn(2, 0.1, one().into_bridge(), (one() * 2.0).into_bridge(), None);
            Tensor::<2>::from_bridge(next).into_scalar::<f32>()
        };
        // 1 * (1 - 0.1 * 0.5) - 0.1 for a matrix, 1 - 0.1 for a vector; 1 - 0.1 (2 + 0.5), and 1 - 0.1 * 2.
        for (optimizer, dimensions, expected) in [(&adamw, 2, 0.85), (&adamw, 1, 0.9), (&sgd, 4, 0.75), (&sgd, 1, 0.8)]
        {
            let found = step(optimizer, dimensions);
            assert!((found - expected).abs() < 1e-6, "{optimizer:?}, {dimensions} dimensions: {found}");
        }
        let all = Optimizer::AdamW(AdamW { weight_decay: 0.5, ..Default::default() });
        assert!((step(&all, 1) - 0.85).abs() < 1e-6);
    }

    #[test]
    fn nesterov_without_momentum_is_a_problem() {
        let sgd = Optimizer::Sgd(Sgd { nesterov: true, ..Default::default() });
        assert_eq!(sgd.problems(&Context::at_rate(16_000))[0].key, "sgd.nesterov");
    }
}
