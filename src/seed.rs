//! Named random streams: every consumer of randomness draws from a stream of its own, so that a new consumer never
//! shifts the numbers of the old ones, and the order of work (threads, resumption) never matters.

use rand_chacha::ChaCha12Rng;
use rand_core::{Rng, SeedableRng};

/// The root of all randomness of a run: one seed, from which named streams are derived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seeds(u64);

impl Seeds {
    /// Streams of the given seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The seed itself.
    pub const fn root(&self) -> u64 {
        self.0
    }

    /// The stream called `name`, one for each combination of `indices` (epoch, row, copy, ...).
    ///
    /// The ChaCha key is BLAKE3 in key-derivation mode over seed, name and indices: streams are independent.
    pub fn stream(&self, name: &str, indices: &[u64]) -> Stream {
        let mut hasher = blake3::Hasher::new_derive_key("serlab 2026 named random stream");
        hasher.update(&self.0.to_le_bytes());
        hasher.update(&(name.len() as u64).to_le_bytes());
        hasher.update(name.as_bytes());
        for i in indices {
            hasher.update(&i.to_le_bytes());
        }
        Stream { rng: ChaCha12Rng::from_seed(*hasher.finalize().as_bytes()), spare: None }
    }
}

/// One stream of random numbers (ChaCha12).
#[derive(Debug, Clone)]
pub struct Stream {
    rng: ChaCha12Rng,
    spare: Option<f64>,
}

impl Stream {
    /// 64 uniform bits.
    pub fn bits(&mut self) -> u64 {
        self.rng.next_u64()
    }

    /// Uniform in [0, 1), 53 bits.
    pub fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// Uniform in [low, high); `low` where both are equal.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// Uniform integer in 0..n, without bias (Lemire's method). `n` must not be 0.
    pub fn below(&mut self, n: usize) -> usize {
        debug_assert!(n > 0, "an empty range has no member");
        let n = n as u64;
        loop {
            let wide = u128::from(self.bits()) * u128::from(n);
            if wide as u64 >= n.wrapping_neg() % n {
                return (wide >> 64) as usize;
            }
        }
    }

    /// True with probability `p`.
    pub fn chance(&mut self, p: f64) -> bool {
        self.uniform() < p
    }

    /// Standard normal (polar method of Marsaglia and Bray 1964; both values of a pair are used).
    pub fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        loop {
            let (u, v) = (self.between(-1.0, 1.0), self.between(-1.0, 1.0));
            let s = u * u + v * v;
            if s > 0.0 && s < 1.0 {
                let factor = (-2.0 * s.ln() / s).sqrt();
                self.spare = Some(v * factor);
                return u * factor;
            }
        }
    }

    /// Shuffles in place (Fisher-Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_repeatable_and_differ_by_seed_name_and_index() {
        let draw = |seed, name: &str, index| Seeds::new(seed).stream(name, &[index]).bits();
        assert_eq!(draw(1, "augment", 0), draw(1, "augment", 0));
        let others = [draw(2, "augment", 0), draw(1, "dropout", 0), draw(1, "augment", 1)];
        assert!(others.iter().all(|o| *o != draw(1, "augment", 0)));
    }

    #[test]
    fn a_name_and_its_index_cannot_be_confused() {
        let a = Seeds::new(0).stream("a", &[]).bits();
        assert_ne!(a, Seeds::new(0).stream("", &[97]).bits());
    }

    #[test]
    fn normal_numbers_have_mean_0_and_variance_1() {
        let mut stream = Seeds::new(7).stream("normal", &[]);
        let n = 200_000;
        let draws: Vec<f64> = (0..n).map(|_| stream.normal()).collect();
        let mean = draws.iter().sum::<f64>() / f64::from(n);
        let variance = draws.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / f64::from(n);
        assert!(mean.abs() < 0.01 && (variance - 1.0).abs() < 0.02, "{mean} {variance}");
    }

    #[test]
    fn below_reaches_every_value_and_no_other() {
        let mut stream = Seeds::new(3).stream("below", &[]);
        let mut seen = [0; 7];
        for _ in 0..7_000 {
            seen[stream.below(7)] += 1;
        }
        assert!(seen.iter().all(|s| (850..1150).contains(s)), "{seen:?}");
    }
}
