//! Named random streams: every consumer of randomness draws from a stream of its own, so that a new consumer never
//! shifts the numbers of the old ones, and the order of work (threads, resumption) never matters.
//!
//! To add a consumer: a name in [`streams`]. The bytes of a name are part of every result that is drawn from it.

use rand_chacha::ChaCha12Rng;
use rand_core::{Rng, SeedableRng};

/// The names of all streams, with what their indices are. Those of the synthetic corpus come from the recipe of a clip, all
/// others from the seed of a run; the steps of one augmentation draw from streams called after their kinds, whose root is
/// drawn from [`AUGMENT`](streams::AUGMENT) or [`COPY`](streams::COPY).
pub mod streams {
    macro_rules! names {
        ($($(#[doc = $doc:literal])* $name:ident = $text:literal;)+) => {
            $( $(#[doc = $doc])* pub const $name: &str = $text; )+

            /// All of them.
            pub const ALL: &[&str] = &[$($name),+];
        };
    }

    names! {
        /// Who is trained on and who is tested on; no index, so that all variants of a seed share their split.
        SPLIT = "split";
        /// First values of parameters; no index.
        INIT = "init";
        /// The order of the training rows: epoch.
        SHUFFLE = "shuffle";
        /// Dropout masks: epoch, step.
        DROPOUT = "dropout";
        /// Augmentation on the fly: clip, copy, epoch.
        AUGMENT = "augment";
        /// Where a training row lies in the input, or which part of it is seen: clip, copy, epoch.
        PLACE = "place";
        /// Offline copies: clip, copy.
        COPY = "copy";
        /// Mixing the rows of a batch: epoch, step.
        MIXUP = "mixup";
        /// Stands for the seed in a checkpoint; no index.
        IDENTITY = "identity";
        /// A synthetic speaker's voice: speaker.
        SYNTH_VOICE = "corpus.synth.voice";
        /// How far a synthetic speaker goes in every emotion: speaker.
        SYNTH_TEMPER = "corpus.synth.temper";
        /// How a synthetic speaker shows an emotion, which is appended: speaker.
        SYNTH_MANNER = "corpus.synth.manner.";
        /// What differs between takes of an emotion, which is appended: the clip's own numbers.
        SYNTH_TAKE = "corpus.synth.take.";
        /// Breath and noise of a clip, its emotion appended: the clip's own numbers.
        SYNTH_SOUND = "corpus.synth.sound.";
        /// The syllables of a sentence: its number.
        SYNTH_SENTENCE = "corpus.synth.sentence";
    }
}

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
            // The bound is below n, so that the division is seldom needed.
            if wide as u64 >= n || wide as u64 >= n.wrapping_neg() % n {
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
    use std::collections::BTreeSet;
    use std::path::Path;

    #[test]
    fn streams_are_repeatable_and_differ_by_seed_name_and_index() {
        let draw = |seed, name: &str, index| Seeds::new(seed).stream(name, &[index]).bits();
        assert_eq!(draw(1, "augment", 0), draw(1, "augment", 0));
        let others = [draw(2, "augment", 0), draw(1, "dropout", 0), draw(1, "augment", 1)];
        assert!(others.iter().all(|o| *o != draw(1, "augment", 0)));
    }

    #[test]
    fn every_stream_has_a_name_of_its_own_whose_first_numbers_never_change() {
        let said: Vec<String> = streams::ALL
            .iter()
            .map(|name| format!("{name} {:016x}", Seeds::new(7).stream(name, &[1]).bits()))
            .collect();
        insta::assert_snapshot!(said.join("\n"), @r"
        split acdf0057406fc298
        init a12533b06397ee01
        shuffle fffd58a5a8682493
        dropout c2beb5e71ef76706
        augment e0ea6bbd058b4aff
        place 0ee2727391e14967
        copy f369fd52ea080676
        mixup 8c0ae59ee62cab72
        identity e114d55e3fedf570
        corpus.synth.voice ec54f77db43bcd5d
        corpus.synth.temper bc425671debc24b5
        corpus.synth.manner. 61b1067ad4561094
        corpus.synth.take. cfe064fac3e85bfe
        corpus.synth.sound. d9db2e975042f845
        corpus.synth.sentence 827e03b99177207d
        ");
        assert_eq!(streams::ALL.iter().collect::<BTreeSet<_>>().len(), streams::ALL.len());
    }

    #[test]
    fn no_stream_is_named_outside_of_the_one_list() {
        let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
        let mut read = 0;
        while let Some(path) = open.pop() {
            if path.is_dir() {
                open.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
                continue;
            }
            let is_test = path.components().any(|part| part.as_os_str().to_string_lossy().contains("tests"));
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            let code = text.split("#[cfg(test)]").next().unwrap();
            // The network's rooms are handed their streams; the test helpers of `augment` are made for tests alone.
            if !is_test && !path.ends_with("dsp/probe.rs") {
                assert!(!code.contains(".stream(\"") && !code.contains(".stream(&format!"), "{}", path.display());
                read += 1;
            }
        }
        assert!(read > 200, "{read} files");
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
