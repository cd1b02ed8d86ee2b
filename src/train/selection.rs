//! Which epoch is the best, and when to stop looking for a better one.

use super::{EarlyStopping, Figures};
use crate::evaluate::{Direction, Metric};
use serde::{Deserialize, Serialize};

/// Whether `value` beats `best` by more than `min_delta`, in the metric's own direction.
pub fn better(metric: Metric, value: f64, best: f64, min_delta: f64) -> bool {
    match metric.direction() {
        Direction::Higher => metric.better(value, best + min_delta),
        Direction::Lower => metric.better(value, best - min_delta),
    }
}

/// Counts the epochs since a metric last improved.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ImprovementCounter {
    best: Option<f64>,
    waited: usize,
}

impl ImprovementCounter {
    /// Takes the newest value; true where it is better than every one before by more than `min_delta`. The first one is.
    pub fn improved(&mut self, value: f64, metric: Metric, min_delta: f64) -> bool {
        let improved = self.best.is_none_or(|best| better(metric, value, best, min_delta));
        if improved {
            self.best = Some(value);
            self.waited = 0;
        } else {
            self.waited += 1;
        }
        improved
    }

    /// Epochs in a row without improvement.
    pub fn waited(&self) -> usize {
        self.waited
    }

    /// Starts counting again from here; the best value stays.
    pub fn restart(&mut self) {
        self.waited = 0;
    }
}

impl EarlyStopping {
    /// Takes the newest validation figures into account.
    pub(super) fn observe(&self, watch: &mut ImprovementCounter, validation: &Figures) {
        watch.improved(validation.of(self.metric), self.metric, self.min_delta);
    }

    /// Whether training should end.
    pub(super) fn is_over(&self, watch: &ImprovementCounter) -> bool {
        watch.waited() >= self.patience
    }
}

/// The best epoch so far.
#[derive(Debug, Clone)]
pub(super) struct Best<N> {
    /// Its number, from 1.
    pub epoch: usize,
    /// Its value of the selecting metric; none without validation rows.
    pub value: Option<f64>,
    /// The network after it.
    pub net: N,
}

/// Whether an epoch with these validation figures replaces the best one so far. Without validation rows the newest does.
pub(super) fn replaces<N>(best: Option<&Best<N>>, metric: Metric, validation: Option<&Figures>) -> bool {
    match (best.and_then(|b| b.value), validation) {
        (Some(best), Some(figures)) => better(metric, figures.of(metric), best, 0.0),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(uar: f64, loss: f64) -> Figures {
        Figures { loss, accuracy: 0.0, uar, weighted_f1: 0.0, macro_f1: 0.0 }
    }

    /// The epoch, from 1, after which training ends.
    fn stops_after(stopping: &EarlyStopping, uar: &[f64]) -> Option<usize> {
        let mut watch = ImprovementCounter::default();
        uar.iter()
            .position(|value| {
                stopping.observe(&mut watch, &figures(*value, 0.0));
                stopping.is_over(&watch)
            })
            .map(|i| i + 1)
    }

    #[test]
    fn early_stopping_ends_after_patience_epochs_without_improvement() {
        let stopping = EarlyStopping { patience: 2, min_delta: 0.0, metric: Metric::Uar };
        assert_eq!(stops_after(&stopping, &[0.2, 0.3, 0.3, 0.3]), Some(4));
        assert_eq!(stops_after(&stopping, &[0.2, 0.1, 0.3, 0.2, 0.1]), Some(5));
        assert_eq!(stops_after(&stopping, &[0.2, 0.3, 0.4, 0.4]), None);
    }

    #[test]
    fn a_gain_of_min_delta_or_less_is_no_improvement() {
        let stopping = EarlyStopping { patience: 2, min_delta: 0.25, metric: Metric::Uar };
        assert_eq!(stops_after(&stopping, &[0.25, 0.5, 0.5]), Some(3));
        assert_eq!(stops_after(&stopping, &[0.25, 0.75, 0.75]), None);
    }

    #[test]
    fn the_first_of_equal_epochs_is_the_best_and_loss_counts_downwards() {
        let best = Best { epoch: 1, value: Some(0.5), net: () };
        assert!(!replaces(Some(&best), Metric::Uar, Some(&figures(0.5, 0.0))));
        assert!(replaces(Some(&best), Metric::Uar, Some(&figures(0.6, 9.0))));
        assert!(replaces(Some(&best), Metric::Loss, Some(&figures(0.0, 0.4))));
        assert!(!replaces(Some(&best), Metric::Loss, Some(&figures(0.9, 0.6))));
    }

    #[test]
    fn without_validation_the_newest_epoch_is_the_best() {
        let best = Best { epoch: 1, value: None, net: () };
        assert!(replaces(Some(&best), Metric::Uar, None));
        assert!(replaces::<()>(None, Metric::Uar, None));
    }
}
