//! Learning-rate schedules: which share of the optimiser's rate applies at a step.
//!
//! Epochs count from 1, steps of an epoch from 1. `constant`, `step`, `exponential` and `plateau` change between epochs,
//! `cosine`, `linear`, `one-cycle` and `warm-up` with every step.

use super::Figures;
use super::selection::ImprovementCounter;
use crate::evaluate::Metric;
use crate::kind::{Context, Problem, above_to};
use crate::{kinds, settings};
use serde::{Deserialize, Serialize};

settings! {
    /// The optimiser's rate all along.
    pub struct Constant {}
    check: ranges;
}

settings! {
    /// Multiplies the rate by `factor` after every so many epochs.
    pub struct StepDecay {
        /// Epochs between two changes.
        pub every_epochs: usize = 10, in 1..=100_000;
        /// What the rate is multiplied by.
        pub factor: f64 = 0.1, in above_to(0.0, 1.0);
    }
    check: ranges;
}

settings! {
    /// Multiplies the rate by `factor` after every epoch.
    pub struct Exponential {
        /// What the rate is multiplied by.
        pub factor: f64 = 0.95, in above_to(0.0, 1.0);
    }
    check: ranges;
}

settings! {
    /// Half a cosine from the optimiser's rate down to `min_learning_rate` (Loshchilov & Hutter 2017).
    pub struct Cosine {
        /// The rate at the end.
        pub min_learning_rate: f64 = 0.0, in 0.0..;
        /// Length of one descent in epochs, after which the rate jumps back (SGDR); `"none"`: one descent over all epochs.
        pub cycle_epochs: Option<usize> = None, in 1..=100_000;
    }
    check: ranges;
}

settings! {
    /// A straight line from the optimiser's rate down to `min_learning_rate` over all epochs.
    pub struct Linear {
        /// The rate at the end.
        pub min_learning_rate: f64 = 0.0, in 0.0..;
    }
    check: ranges;
}

settings! {
    /// Rises to the optimiser's rate and falls far below where it began, each along half a cosine, over all epochs (Smith & Topin
    /// 2018; PyTorch's `OneCycleLR` without its cycle of momentum). What is averaged or picked at the end hardly matters then: the
    /// last epochs barely move.
    pub struct OneCycle {
        /// Share of all steps in which the rate rises.
        pub rise: f64 = 0.3, in 0.0..=1.0;
        /// The first rate is the optimiser's divided by this (PyTorch's `div_factor`).
        pub start_divisor: f64 = 25.0, in 1.0..;
        /// The last rate is the first divided by this (PyTorch's `final_div_factor`).
        pub final_divisor: f64 = 1e4, in 1.0..;
    }
    check: ranges;
}

settings! {
    /// Rises in a straight line with every step, then hands over to another schedule (Goyal et al. 2017).
    pub struct WarmUp {
        /// Epochs until the optimiser's rate is reached; the schedule after it counts its own epochs from there.
        pub epochs: usize = 5, in 1..=100_000;
        /// Share of the rate to start from.
        pub start_factor: f64 = 0.0, in 0.0..=1.0;
        /// The schedule after the rise.
        pub then: Box<Schedule> = Box::new(Schedule::Cosine(Default::default()));
    }
    check: WarmUp::check;
}

settings! {
    /// Multiplies the rate by `factor` once a validation metric has not improved for `patience` epochs (Keras'
    /// `ReduceLROnPlateau`; PyTorch's waits one epoch longer).
    pub struct Plateau {
        /// What the rate is multiplied by.
        pub factor: f64 = 0.1, in above_to(0.0, 1.0);
        /// Epochs in a row without improvement after which the rate falls.
        pub patience: usize = 5, in 1..=100_000;
        /// The validation metric that is watched.
        pub metric: Metric = Metric::Uar;
        /// What a value must exceed the best one by to count as an improvement, in the metric's own unit.
        pub min_delta: f64 = 1e-4, in 0.0..;
        /// Epochs after a reduction that are not counted.
        pub cooldown: usize = 0, in 0..=100_000;
        /// The rate never falls below this.
        pub min_learning_rate: f64 = 0.0, in 0.0..;
    }
    check: ranges;
}

kinds! {
    /// How the learning rate changes while training.
    pub enum Schedule("schedule") as Pace {
        /// The same rate all along.
        "constant" => Constant(Constant),
        /// Falls by a factor every few epochs.
        "step" => Step(StepDecay),
        /// Falls by a factor every epoch.
        "exponential" => Exponential(Exponential),
        /// Half a cosine down, optionally with restarts.
        "cosine" => Cosine(Cosine),
        /// A straight line down.
        "linear" => Linear(Linear),
        /// Half a cosine up, then half a cosine down to almost nothing.
        "one-cycle" => OneCycle(OneCycle),
        /// Rises over the first epochs, then follows another schedule.
        "warm-up" => WarmUp(WarmUp),
        /// Falls by a factor when a validation metric stops improving.
        "plateau" => Plateau(Plateau),
    }
}

/// A moment in training.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepPosition {
    /// The epoch, from 1.
    pub epoch: usize,
    /// How many epochs there may be.
    pub epochs: usize,
    /// The step inside the epoch, from 1.
    pub step: usize,
    /// How many steps an epoch has.
    pub steps: usize,
}

impl StepPosition {
    /// Epochs completed before this step, with their fraction.
    fn elapsed(&self) -> f64 {
        (self.epoch - 1) as f64 + (self.step - 1) as f64 / self.steps as f64
    }
}

/// What a `plateau` schedule remembers between epochs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlateauState {
    watch: ImprovementCounter,
    cooling: usize,
    scale: f64,
}

impl Default for PlateauState {
    fn default() -> Self {
        Self { watch: ImprovementCounter::default(), cooling: 0, scale: 1.0 }
    }
}

/// What every schedule does.
trait Pace {
    /// The learning rate at a moment, `base` being the optimiser's.
    fn learning_rate(&self, base: f64, at: StepPosition, plateau: &PlateauState) -> f64;

    /// Takes up how validation went after `epoch`, from 1.
    fn observe(&self, _state: &mut PlateauState, _base: f64, _epoch: usize, _validation: &Figures) {}

    /// The plateau schedule that it is or holds.
    fn plateau(&self) -> Option<&Plateau> {
        None
    }
}

impl Schedule {
    /// The learning rate at a moment, `base` being the optimiser's.
    pub fn learning_rate(&self, base: f64, at: StepPosition, plateau: &PlateauState) -> f64 {
        self.kind().learning_rate(base, at, plateau)
    }

    /// Tells the schedule how validation went after `epoch`, from 1.
    pub fn observe(&self, state: &mut PlateauState, base: f64, epoch: usize, validation: &Figures) {
        self.kind().observe(state, base, epoch, validation);
    }

    /// The plateau schedule in it, which needs validation rows.
    pub fn plateau(&self) -> Option<&Plateau> {
        self.kind().plateau()
    }
}

/// From `base` down to `min`, of which a share is left.
fn falling(base: f64, min: f64, share: f64) -> f64 {
    min + (base - min) * share
}

impl Pace for Constant {
    fn learning_rate(&self, base: f64, _: StepPosition, _: &PlateauState) -> f64 {
        base
    }
}

impl Pace for StepDecay {
    fn learning_rate(&self, base: f64, at: StepPosition, _: &PlateauState) -> f64 {
        base * self.factor.powf(((at.epoch - 1) / self.every_epochs) as f64)
    }
}

impl Pace for Exponential {
    fn learning_rate(&self, base: f64, at: StepPosition, _: &PlateauState) -> f64 {
        base * self.factor.powf((at.epoch - 1) as f64)
    }
}

impl Pace for Cosine {
    fn learning_rate(&self, base: f64, at: StepPosition, _: &PlateauState) -> f64 {
        let cycle = self.cycle_epochs.unwrap_or(at.epochs) as f64;
        let progress = (at.elapsed() % cycle) / cycle;
        falling(base, self.min_learning_rate, 0.5 * (1.0 + (std::f64::consts::PI * progress).cos()))
    }
}

impl Pace for Linear {
    fn learning_rate(&self, base: f64, at: StepPosition, _: &PlateauState) -> f64 {
        falling(base, self.min_learning_rate, 1.0 - at.elapsed() / at.epochs as f64)
    }
}

impl Pace for OneCycle {
    fn learning_rate(&self, base: f64, at: StepPosition, _: &PlateauState) -> f64 {
        let first = base / self.start_divisor;
        // Steps count from 0 here, and the top is reached on a step, as in PyTorch.
        let step = ((at.epoch - 1) * at.steps + at.step - 1) as f64;
        let all = (at.epochs * at.steps) as f64;
        let (top, end) = (self.rise * all - 1.0, all - 1.0);
        let between = |from: f64, to: f64, share: f64| {
            to + (from - to) * 0.5 * (1.0 + (std::f64::consts::PI * share.clamp(0.0, 1.0)).cos())
        };
        if step <= top {
            return between(first, base, step / top.max(1.0));
        }
        between(base, first / self.final_divisor, (step - top) / (end - top).max(1.0))
    }
}

impl Pace for WarmUp {
    fn learning_rate(&self, base: f64, at: StepPosition, plateau: &PlateauState) -> f64 {
        if at.epoch <= self.epochs {
            let progress = ((at.epoch - 1) * at.steps + at.step) as f64 / (self.epochs * at.steps) as f64;
            return base * (self.start_factor + (1.0 - self.start_factor) * progress);
        }
        // A resumed or oddly set run may warm up for longer than it lasts; then nothing comes after.
        let epochs = at.epochs.saturating_sub(self.epochs).max(1);
        self.then.learning_rate(base, StepPosition { epoch: at.epoch - self.epochs, epochs, ..at }, plateau)
    }

    fn observe(&self, state: &mut PlateauState, base: f64, epoch: usize, validation: &Figures) {
        // The rise is not judged: its low rate at first would look like a plateau.
        if epoch > self.epochs {
            self.then.observe(state, base, epoch - self.epochs, validation);
        }
    }

    fn plateau(&self) -> Option<&Plateau> {
        self.then.plateau()
    }
}

impl Pace for Plateau {
    fn learning_rate(&self, base: f64, _: StepPosition, plateau: &PlateauState) -> f64 {
        (base * plateau.scale).max(self.min_learning_rate.min(base))
    }

    fn observe(&self, state: &mut PlateauState, base: f64, _: usize, validation: &Figures) {
        if state.cooling > 0 {
            state.cooling -= 1;
            state.watch.restart();
        }
        let improved = state.watch.improved(validation.of(self.metric), self.metric, self.min_delta);
        if improved || state.cooling > 0 {
            state.watch.restart();
        } else if state.watch.waited() >= self.patience {
            if base * state.scale > self.min_learning_rate {
                state.scale *= self.factor;
                state.cooling = self.cooldown;
            }
            state.watch.restart();
        }
    }

    fn plateau(&self) -> Option<&Plateau> {
        Some(self)
    }
}

impl WarmUp {
    fn check(&self, around: &Context) -> Vec<Problem> {
        let mut problems = Vec::new();
        if matches!(*self.then, Schedule::WarmUp(_)) {
            problems.push(Problem::new("then", "a warm-up after a warm-up; name another schedule"));
        }
        let (own, all) = (self.epochs, around.epochs);
        if own > all {
            let message = format!("{own} is more than all {all} epochs of the training; allowed: up to {all}");
            problems.push(Problem::new("epochs", message));
        }
        problems
    }
}

#[cfg(test)]
#[path = "schedule_tests.rs"]
mod tests;
