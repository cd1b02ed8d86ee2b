//! Zero-crossing rate.

use super::FeatureError;
use super::Frames;
use super::extract::{Compute, Input, Kernel, checked};
use super::framing::{Framing, PadMode};
use std::borrow::Cow;

crate::settings! {
    /// Zero-crossing rate: the share of a frame's samples whose sign differs from the sample before, in [0, 1)
    /// (librosa `zero_crossing_rate`). High for fricatives and noise, low for voiced speech.
    pub struct Zcr {
        include pub framing: Framing = Framing { pad_mode: PadMode::Edge, ..Framing::default() };
    }
    check: checked;
}

/// Samples up to this size count as 0, and 0 as positive (librosa `zero_crossings`).
const THRESHOLD: f32 = 1e-10;

impl Zcr {
    /// The rate of each frame in f64: crossings / frame_length. A frame's first sample never counts as a crossing.
    pub fn rates(&self, samples: &[f32]) -> Vec<f64> {
        // Repeated edge samples cross nothing, so that they need not be there.
        let (samples, framing) = match self.framing.pad_mode {
            PadMode::Edge => (Cow::Borrowed(samples), self.framing()),
            _ => self.framing().padded(samples),
        };
        // The f32 nearest to 1e-10 lies just above it, so "at most minus that" is "below -1e-10" exactly.
        let negative: Vec<u8> = samples.iter().map(|x| u8::from(*x <= -THRESHOLD)).collect();
        // crossings[i]: between sample i and i + 1.
        let crossings: Vec<u8> = negative.iter().zip(negative.iter().skip(1)).map(|(a, b)| a ^ b).collect();
        (0..framing.count(samples.len()))
            .map(|t| {
                let (first, end) = framing.inside(t, samples.len());
                count(&crossings[first..end.saturating_sub(1).max(first)]) as f64 / self.framing.frame_length as f64
            })
            .collect()
    }
}

/// Sums bytes of 0 or 1, in pieces that cannot overflow a byte, which is what makes it sixteen samples a step.
fn count(ones: &[u8]) -> usize {
    ones.chunks(240).map(|piece| usize::from(piece.iter().sum::<u8>())).sum()
}

impl Compute for Zcr {
    fn framing(&self) -> Framing {
        self.framing
    }
    fn kernel(&self, _sample_rate_hz: u32) -> Box<dyn Kernel> {
        Box::new(self.clone())
    }
}

impl Kernel for Zcr {
    fn compute(&self, clip: &Input<'_>) -> Result<Frames, FeatureError> {
        Ok(Frames::one_bin(self.rates(clip.samples).into_iter().map(|r| r as f32).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crossings_of_an_alternating_signal_are_all_but_the_first_sample() {
        let samples: Vec<f32> = (0..64).map(|i| if i % 2 == 0 { 1.0 } else { -1.0 }).collect();
        let zcr = Zcr {
            framing: crate::features::Framing {
                frame_length: 16,
                hop_length: 16,
                center: false,
                ..Zcr::default().framing
            },
        };
        assert_eq!(zcr.rates(&samples), [15.0 / 16.0; 4]);
        // Centred: the first frame holds 8 repeated samples and 8 of the clip, 7 crossings.
        assert_eq!(
            Zcr { framing: crate::features::Framing { center: true, ..zcr.framing } }.rates(&samples)[0],
            7.0 / 16.0
        );
    }

    #[test]
    fn zero_and_all_that_is_next_to_it_is_positive() {
        let zcr = Zcr {
            framing: crate::features::Framing {
                frame_length: 16,
                hop_length: 16,
                center: false,
                ..Zcr::default().framing
            },
        };
        let mut samples = [0.0f32; 16];
        samples[3] = -1e-10;
        samples[5] = -9e-11;
        samples[7] = 1.0;
        // f32's 1e-10 is a little more than 1e-10, so sample 3 alone is negative: one crossing to it, one back.
        assert_eq!(zcr.rates(&samples), [2.0 / 16.0]);
    }

    #[test]
    fn counting_goes_past_a_byte() {
        assert_eq!(count(&[1; 1000]), 1000);
    }
}
