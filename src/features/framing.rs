//! Cutting a signal into overlapping frames, and sums over them.

use super::FeatureError;
use crate::kind::{Context, Problem};
use std::borrow::Cow;

crate::choices! {
    /// What is added at both ends of a clip so that its first and last frames are whole (numpy's `pad`).
    pub enum PadMode {
        /// Zeros.
        "constant" => Constant,
        /// The clip mirrored at its outermost samples, which are not repeated.
        "reflect" => Reflect,
        /// The outermost samples again and again.
        "edge" => Edge,
    }
}

crate::settings! {
    /// How a signal is cut into frames (librosa `util.frame`).
    #[derive(Copy, Eq)]
    pub struct Framing {
        /// Samples a frame.
        pub frame_length: usize = 2048, in 16..=65536;
        /// Samples between two frames.
        pub hop_length: usize = 512, in 1..=65536;
        /// Whether frame t is centred on sample t * hop_length; `pad_mode` says what is added at both ends for it.
        pub center: bool = true;
        /// What is added at the ends: "constant" (zeros), "reflect" (the clip mirrored, as librosa before 0.10 did) or "edge" (the
        /// outermost samples again).
        pub pad_mode: PadMode = PadMode::Constant;
    }
    check: Framing::own_check;
}

impl Framing {
    fn own_check(&self, _: &Context) -> Vec<Problem> {
        self.check("frame_length")
    }

    /// Samples added at each end.
    pub fn pad(&self) -> usize {
        if self.center { self.frame_length / 2 } else { 0 }
    }

    /// Frames of a clip: 1 + (samples + 2 pad - frame_length) / hop_length.
    ///
    /// A clip shorter than one frame has one frame (its missing end counts as silence), an empty clip none.
    pub fn count(&self, samples: usize) -> usize {
        if samples == 0 {
            return 0;
        }
        1 + (samples + 2 * self.pad()).saturating_sub(self.frame_length) / self.hop_length
    }

    /// An error where the clip is too short to be mirrored: numpy would mirror it several times, to and fro.
    pub(super) fn fits(&self, samples: usize) -> Result<(), FeatureError> {
        let pad = self.pad();
        if self.pad_mode == PadMode::Reflect && samples <= pad {
            return Err(FeatureError::TooShortToReflect { pad, actual: samples });
        }
        Ok(())
    }

    /// The clip with what is added at its ends written out, and how frames are cut from that.
    pub(super) fn padded<'a>(&self, samples: &'a [f32]) -> (Cow<'a, [f32]>, Self) {
        let (pad, n) = (self.pad(), samples.len());
        if pad == 0 || n == 0 {
            return (Cow::Borrowed(samples), *self);
        }
        // Position i counts from the first added sample, so that the clip's own begin at `pad`.
        let value = |i: usize| match self.pad_mode {
            PadMode::Constant => i.checked_sub(pad).and_then(|i| samples.get(i)).copied().unwrap_or(0.0),
            PadMode::Edge => samples[i.saturating_sub(pad).min(n - 1)],
            PadMode::Reflect => samples[mirrored(i, pad, n)],
        };
        (Cow::Owned((0..n + 2 * pad).map(value).collect()), Self { center: false, ..*self })
    }

    /// The same, but zeros are not written out: what lies outside of the clip counts as 0 already.
    pub(super) fn ready<'a>(&self, samples: &'a [f32]) -> (Cow<'a, [f32]>, Self) {
        match self.pad_mode {
            PadMode::Constant => (Cow::Borrowed(samples), *self),
            PadMode::Reflect | PadMode::Edge => self.padded(samples),
        }
    }

    /// The part of frame `t` that lies inside the clip, as `(first, end)` sample positions.
    pub fn inside(&self, t: usize, samples: usize) -> (usize, usize) {
        let start = t * self.hop_length;
        let pad = self.pad();
        let end = (start + self.frame_length).saturating_sub(pad).min(samples);
        (start.saturating_sub(pad).min(end), end)
    }

    /// Problems between these settings; `frame_key` is what the frame length is called in the table at hand.
    pub fn check(&self, frame_key: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.hop_length > self.frame_length {
            let message = format!(
                "{} is longer than a frame ({frame_key} = {}): samples between frames would be lost; allowed: 1 to {}",
                self.hop_length, self.frame_length, self.frame_length
            );
            problems.push(Problem::new("hop_length", message));
        }
        if self.pad_mode == PadMode::Reflect && !self.center {
            let message = "\"reflect\" adds nothing without `center`; leave it out, or set center = true";
            problems.push(Problem::new("pad_mode", message));
        }
        problems
    }
}

/// Where in a clip of `n` samples position `i` lies that counts from `pad` samples before it, going to and fro between the
/// first sample and the last.
fn mirrored(i: usize, pad: usize, n: usize) -> usize {
    let period = 2 * (n - 1);
    if period == 0 {
        return 0;
    }
    let at = (i + pad * (period - 1)) % period;
    at.min(period - at)
}

/// The sum of squares of every frame, in f64; samples outside the clip count as 0.
///
/// Frames overlap, so the sums are put together from blocks as long as the greatest common divisor of frame and hop,
/// each computed once. No running sum is kept: a silent frame after a loud one is exactly 0.
pub(super) fn sums_of_squares(samples: &[f32], framing: &Framing) -> Vec<f64> {
    let (samples, framing) = framing.ready(samples);
    let frames = framing.count(samples.len());
    let block = gcd(framing.frame_length, framing.hop_length);
    if block < 16 {
        return (0..frames)
            .map(|t| {
                let (first, end) = framing.inside(t, samples.len());
                sum_of_squares(&samples[first..end])
            })
            .collect();
    }
    let pad = framing.pad();
    let blocks: Vec<f64> = (0..(samples.len() + 2 * pad).div_ceil(block))
        .map(|b| {
            let end = ((b + 1) * block).saturating_sub(pad).min(samples.len());
            let first = (b * block).saturating_sub(pad).min(end);
            sum_of_squares(&samples[first..end])
        })
        .collect();
    let (length, hop) = (framing.frame_length / block, framing.hop_length / block);
    (0..frames).map(|t| blocks[t * hop..blocks.len().min(t * hop + length)].iter().sum()).collect()
}

/// Sum of squares in f64 over eight interleaved partial sums (fixed order, and the compiler can vectorise it).
fn sum_of_squares(samples: &[f32]) -> f64 {
    let (eights, rest) = samples.as_chunks::<8>();
    let mut sums = [0.0f64; 8];
    for eight in eights {
        for (sum, x) in sums.iter_mut().zip(eight) {
            let x = f64::from(*x);
            *sum += x * x;
        }
    }
    sums.iter().sum::<f64>() + rest.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>()
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn frames_are_counted_as_librosa_counts_them() {
        let centred = Framing { frame_length: 2048, hop_length: 512, center: true, pad_mode: PadMode::Constant };
        let plain = Framing { center: false, ..centred };
        // One second at 16 kHz: 1 + 16000 / 512 and 1 + (16000 - 2048) / 512.
        assert_eq!((centred.count(16_000), plain.count(16_000)), (32, 28));
        assert_eq!((centred.count(1), plain.count(1), centred.count(0)), (1, 1, 0));
    }

    #[test]
    fn clips_are_padded_as_numpy_pads_them() {
        let clip: Vec<f32> = (1..=4).map(|i| i as f32).collect();
        let pad = |pad_mode, half: usize, clip: &[f32]| {
            Framing { frame_length: 2 * half, hop_length: 1, center: true, pad_mode }.padded(clip).0.to_vec()
        };
        assert_eq!(pad(PadMode::Reflect, 3, &clip), [4.0, 3.0, 2.0, 1.0, 2.0, 3.0, 4.0, 3.0, 2.0, 1.0]);
        assert_eq!(pad(PadMode::Edge, 2, &clip), [1.0, 1.0, 1.0, 2.0, 3.0, 4.0, 4.0, 4.0]);
        assert_eq!(pad(PadMode::Constant, 1, &clip), [0.0, 1.0, 2.0, 3.0, 4.0, 0.0]);
        // np.pad([1, 2, 3], 5, mode="reflect"), and of one sample.
        let wide = [2.0, 1.0, 2.0, 3.0, 2.0, 1.0, 2.0, 3.0, 2.0, 1.0, 2.0, 3.0, 2.0];
        assert_eq!(pad(PadMode::Reflect, 5, &clip[..3]), wide);
        assert_eq!(pad(PadMode::Reflect, 2, &clip[..1]), [1.0; 5]);
    }

    #[test]
    fn reflecting_without_centring_is_a_problem() {
        let framing = Framing { frame_length: 64, hop_length: 32, center: false, pad_mode: PadMode::Reflect };
        assert_eq!(framing.check("n_fft")[0].key, "pad_mode");
    }

    #[test]
    fn a_hop_longer_than_a_frame_is_a_problem() {
        let framing = Framing { frame_length: 256, hop_length: 512, center: true, pad_mode: PadMode::Constant };
        assert_eq!(framing.check("n_fft")[0].key, "hop_length");
        assert!(Framing { hop_length: 256, ..framing }.check("n_fft").is_empty());
    }

    proptest! {
        #[test]
        fn block_sums_equal_plain_sums(
            n in 1usize..400, frame in 1usize..130, hop in 1usize..130, center: bool, seed: u32
        ) {
            let samples: Vec<f32> =
                (0..n as u32).map(|i| ((i.wrapping_mul(2_654_435_761) ^ seed) % 1000) as f32 / 500.0 - 1.0).collect();
            let framing = Framing { frame_length: frame, hop_length: hop, center, pad_mode: PadMode::Constant };
            let sums = sums_of_squares(&samples, &framing);
            prop_assert_eq!(sums.len(), framing.count(n));
            for (t, sum) in sums.iter().enumerate() {
                let plain: f64 = (0..frame)
                    .filter_map(|i| (t * hop + i).checked_sub(framing.pad()))
                    .filter_map(|i| samples.get(i))
                    .map(|x| f64::from(*x).powi(2))
                    .sum();
                prop_assert!((sum - plain).abs() <= 1e-9 * plain.max(1.0));
            }
        }
    }
}
