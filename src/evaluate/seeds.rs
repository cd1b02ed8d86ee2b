//! One figure over several seeds.

use super::student::t_quantile;
use serde::{Deserialize, Serialize};

/// What several seeds (or folds) say together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Mean of the values.
    pub mean: f64,
    /// Sample standard deviation (n - 1 in the denominator); none of a single value.
    pub sd: Option<f64>,
    /// How many values.
    pub n: usize,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
    /// Lower end of the 95 % interval of the mean, `mean - t sd / sqrt(n)` with Student's t at n - 1 degrees of freedom;
    /// none of a single value. It says what other seeds on the same clips would do, not other clips or speakers.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}

impl Summary {
    /// Sums up; none of no values.
    pub fn of(values: &[f64]) -> Option<Self> {
        if values.is_empty() {
            return None;
        }
        let (mean, sd) = mean_sd(values);
        let n = values.len();
        let half = sd.map(|sd| t_quantile(0.975, (n - 1) as f64) * sd / (n as f64).sqrt());
        Some(Self {
            mean,
            sd,
            n,
            min: values.iter().copied().fold(f64::INFINITY, f64::min),
            max: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            low: half.map(|h| mean - h),
            high: half.map(|h| mean + h),
        })
    }
}

/// Mean and sample standard deviation (n - 1 in the denominator). The mean of nothing is NaN; fewer than two values have
/// no deviation.
pub fn mean_sd(values: &[f64]) -> (f64, Option<f64>) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    (mean, (values.len() > 1).then(|| (squares / (n - 1.0)).sqrt()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_seeds_by_hand() {
        // Deviations -2 -1 0 1 2 (hundredths): sd = sqrt(10 / 4) = 1.5811, half width 2.7764 * 1.5811 / sqrt 5 = 1.9632.
        let s = Summary::of(&[0.58, 0.59, 0.60, 0.61, 0.62]).unwrap();
        assert!((s.mean - 0.60).abs() < 1e-12 && (s.sd.unwrap() - 0.015_811_388).abs() < 1e-9);
        assert!((s.low.unwrap() - 0.580_367_6).abs() < 1e-6 && (s.high.unwrap() - 0.619_632_4).abs() < 1e-6);
        assert_eq!((s.n, s.min, s.max), (5, 0.58, 0.62));
    }

    #[test]
    fn one_seed_has_no_spread_and_none_no_summary() {
        let s = Summary::of(&[0.5]).unwrap();
        assert_eq!((s.mean, s.sd, s.low, s.high), (0.5, None, None, None));
        assert_eq!(Summary::of(&[]), None);
        assert!(mean_sd(&[]).0.is_nan());
    }
}
