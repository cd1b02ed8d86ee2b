//! mixup: rows of a batch blended with each other (Zhang et al. 2018, "mixup: Beyond Empirical Risk Minimization").

use super::{Effect, Stage, Step, Transform, at_stage};
use crate::seed::Stream;

crate::settings! {
    /// Blends each row of a batch with another one: lambda x + (1 - lambda) x', and the targets in the same way, with
    /// lambda drawn from Beta(alpha, alpha) once a batch.
    pub struct MixUp {
        /// Shape of the Beta distribution: near 0 rows are hardly blended, 1 makes every share equally likely, large
        /// values blend half and half. The paper uses 0.1 to 0.4 for images.
        pub alpha: f64 = 0.2, in crate::kind::above_to(0.0, 1000.0);
    }
    check: ranges;
}

impl Effect for MixUp {
    fn stage(&self) -> Stage {
        Stage::Batch
    }
}

/// How the rows of one batch are blended: row i becomes lambda x[i] + (1 - lambda) x[partners[i]].
#[derive(Debug, Clone, PartialEq)]
pub struct Mix {
    /// Share of a row's own, in [0, 1].
    pub lambda: f64,
    /// The row that each is blended with: a permutation of 0..rows.
    pub partners: Vec<usize>,
}

/// What the batch steps do to a batch of `rows`, where the probability of one of them strikes; the first that does wins.
pub fn batch(steps: &[Step], rows: usize, stream: &mut Stream) -> Option<Mix> {
    at_stage(steps, Stage::Batch, stream).find_map(|(step, mut own)| match &step.transform {
        Transform::MixUp(settings) if own.chance(step.probability) => {
            let lambda = mixup(settings.alpha, &mut own);
            let mut partners: Vec<usize> = (0..rows).collect();
            own.shuffle(&mut partners);
            Some(Mix { lambda, partners })
        }
        _ => None,
    })
}

/// A blend's share lambda in [0, 1] from Beta(alpha, alpha).
///
/// Up to alpha = 1 by Jöhnk's method (1964), in logarithms because u^(1 / alpha) underflows for a small alpha; above it
/// as g / (g + g') of two Gamma(alpha) numbers.
pub fn mixup(alpha: f64, stream: &mut Stream) -> f64 {
    if alpha > 1.0 {
        let (a, b) = (gamma(alpha, stream), gamma(alpha, stream));
        return a / (a + b);
    }
    loop {
        // 1 - uniform() lies in (0, 1]: its logarithm is finite.
        let x = (1.0 - stream.uniform()).ln() / alpha;
        let y = (1.0 - stream.uniform()).ln() / alpha;
        if x.exp() + y.exp() <= 1.0 {
            let larger = x.max(y);
            let (x, y) = ((x - larger).exp(), (y - larger).exp());
            return x / (x + y);
        }
    }
}

/// A number from Gamma(shape, 1) for shape >= 1 (Marsaglia & Tsang 2000, "A simple method for generating gamma variables").
fn gamma(shape: f64, stream: &mut Stream) -> f64 {
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let x = stream.normal();
        let v = (1.0 + c * x).powi(3);
        if v > 0.0 && (1.0 - stream.uniform()).ln() < 0.5 * x * x + d - d * v + d * v.ln() {
            return d * v;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::dsp::probe::stream;
    use super::*;

    #[test]
    fn lambda_has_the_mean_and_variance_of_its_beta_distribution() {
        for alpha in [0.05, 0.2, 1.0, 4.0, 50.0] {
            let mut stream = stream(5);
            let n = 40_000;
            let draws: Vec<f64> = (0..n).map(|_| mixup(alpha, &mut stream)).collect();
            let mean = draws.iter().sum::<f64>() / f64::from(n);
            let variance = draws.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / f64::from(n);
            // Var Beta(a, a) = 1 / (4 (2a + 1)).
            let expected = 1.0 / (4.0 * (2.0 * alpha + 1.0));
            assert!((mean - 0.5).abs() < 4.0 * (expected / f64::from(n)).sqrt(), "alpha {alpha}: mean {mean}");
            assert!((variance / expected - 1.0).abs() < 0.03, "alpha {alpha}: variance {variance} for {expected}");
        }
    }

    #[test]
    fn the_smallest_alpha_gives_a_number_between_0_and_1() {
        let mut stream = stream(6);
        for _ in 0..1000 {
            assert!((0.0..=1.0).contains(&mixup(1e-6, &mut stream)));
        }
    }

    #[test]
    fn partners_are_a_permutation_and_the_probability_decides() {
        let steps: Vec<Step> = vec![toml::from_str("mixup = {}\nprobability = 0.5").unwrap()];
        let mixes: Vec<Mix> = (0..1000).filter_map(|seed| batch(&steps, 8, &mut stream(seed))).collect();
        assert!((430..570).contains(&mixes.len()), "{}", mixes.len());
        for mix in mixes {
            let mut partners = mix.partners.clone();
            partners.sort_unstable();
            assert_eq!(partners, (0..8).collect::<Vec<_>>());
        }
        assert_eq!(batch(&[], 8, &mut stream(0)), None);
    }
}
