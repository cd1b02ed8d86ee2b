//! Where the time of a run went: for `timing.csv` and for the last line of `run`.

use crate::data::{Meter, Work};
use crate::train::Timing;

/// Seconds of each stage. The stages that the run itself waits for add up to `total`, nearly; those of the threads that make
/// rows overlap with them and with each other.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Times {
    /// Before training: clips found, decoded, their features computed or read from the cache, tables built.
    pub prepare: f64,
    /// Waiting for training rows.
    pub input: f64,
    /// Forward passes over training rows, and their loss.
    pub forward: f64,
    /// Backward passes.
    pub backward: f64,
    /// Changing the weights.
    pub optimizer: f64,
    /// Passes over validation and test rows, figures and their intervals.
    pub evaluate: f64,
    /// Writing checkpoints, results and plots.
    pub record: f64,
    /// From beginning to end.
    pub total: f64,
    /// Decoding, over all threads.
    pub decode: f64,
    /// Augmenting, over all threads.
    pub augment: f64,
    /// Computing features, over all threads.
    pub features: f64,
    /// Reading and writing the cache of features, over all threads.
    pub cache: f64,
}

impl Times {
    /// What training and the threads that made its rows were busy with.
    pub(super) fn of(training: &Timing, meter: &Meter<'_>) -> Self {
        Self {
            input: training.input_seconds,
            forward: training.forward_seconds,
            backward: training.backward_seconds,
            optimizer: training.optimizer_seconds,
            evaluate: training.validation_seconds,
            record: training.saving_seconds,
            decode: meter.seconds(Work::Decode),
            augment: meter.seconds(Work::Augment),
            features: meter.seconds(Work::Features),
            cache: meter.seconds(Work::Cache),
            ..Self::default()
        }
    }

    /// The stages that a run waits for, in order.
    const fn waited(&self) -> [(&'static str, f64); 7] {
        [
            ("prepare", self.prepare),
            ("input", self.input),
            ("forward", self.forward),
            ("backward", self.backward),
            ("optimizer", self.optimizer),
            ("evaluate", self.evaluate),
            ("record", self.record),
        ]
    }

    /// What the threads that make rows do, in order.
    const fn worked(&self) -> [(&'static str, f64); 4] {
        [("decode", self.decode), ("augment", self.augment), ("features", self.features), ("cache", self.cache)]
    }

    /// `timing.csv`: stage, seconds, and whether the run waited for them or they are summed over threads.
    pub fn csv(&self) -> Vec<String> {
        let waited = self.waited().into_iter().chain([("total", self.total)]).map(|(s, t)| (s, t, "waited"));
        let worked = self.worked().into_iter().map(|(s, t)| (s, t, "threads"));
        waited.chain(worked).map(|(stage, seconds, of)| format!("{stage},{seconds:.3},{of}")).collect()
    }

    /// The times of several runs together.
    #[must_use]
    pub fn and(self, other: &Self) -> Self {
        let Self { prepare, input, forward, backward, optimizer, evaluate, record, total, decode, .. } = *other;
        Self {
            prepare: self.prepare + prepare,
            input: self.input + input,
            forward: self.forward + forward,
            backward: self.backward + backward,
            optimizer: self.optimizer + optimizer,
            evaluate: self.evaluate + evaluate,
            record: self.record + record,
            total: self.total + total,
            decode: self.decode + decode,
            augment: self.augment + other.augment,
            features: self.features + other.features,
            cache: self.cache + other.cache,
        }
    }

    /// One line: shares of the time that the run waited for, and the seconds of the threads that made rows.
    pub fn brief(&self) -> String {
        let share = |(stage, seconds): &(&str, f64)| format!("{stage} {:.0} %", 100.0 * seconds / self.total.max(1e-9));
        let shares: Vec<String> = self.waited().iter().filter(|(_, s)| *s >= 0.005 * self.total).map(share).collect();
        let threads: Vec<String> =
            self.worked().iter().filter(|(_, s)| *s >= 0.05).map(|(stage, s)| format!("{stage} {s:.1} s")).collect();
        let threads = if threads.is_empty() {
            String::new()
        } else {
            format!("; making rows, over threads: {}", threads.join(", "))
        };
        format!("{:.1} s: {}{threads}", self.total, shares.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_of_the_whole_and_small_ones_are_left_out() {
        let one = Times {
            prepare: 1.0,
            forward: 2.0,
            backward: 4.98,
            record: 0.02,
            total: 8.0,
            decode: 0.5,
            ..Times::default()
        };
        assert_eq!(
            one.brief(),
            "8.0 s: prepare 12 %, forward 25 %, backward 62 %; making rows, over threads: decode 0.5 s"
        );
        let two = one.and(&one);
        assert_eq!((two.total, two.backward, two.decode), (16.0, 9.96, 1.0));
        assert_eq!(one.csv()[0], "prepare,1.000,waited");
        assert_eq!(one.csv()[8], "decode,0.500,threads");
    }
}
