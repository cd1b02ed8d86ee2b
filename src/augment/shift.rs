//! A clip moved in time.

use super::dsp::level::{draw, ordered};
use super::either::Given;
use super::{AugmentError, Effect};
use crate::kind::{Context, Problem};
use crate::seed::Stream;

either! {
    /// Moves the clip in time within its own length.
    pub struct Shift {
        /// By how much, as a share of the clip's length, drawn from this range; above 0 is later.
        pub fraction: [f64; 2] = [-0.5, 0.5], in -1.0..=1.0;
        /// Instead of `fraction`: by how many samples.
        or pub samples: [i64; 2], in -100_000_000.0..=100_000_000.0;
        /// Whether what leaves at one end comes in at the other; otherwise silence comes in.
        pub rollover: bool = true;
    }
    check: Shift::check;
}

impl Shift {
    fn check(&self, _: &Context) -> Vec<Problem> {
        let samples = self.samples.map(|range| range.map(|v| v as f64));
        let ranges = [("fraction", self.fraction), ("samples", samples)];
        ranges.into_iter().filter_map(|(key, range)| ordered(key, range?)).collect()
    }
}

impl Effect for Shift {
    fn waveform(&self, samples: &mut Vec<f32>, _rate_hz: u32, stream: &mut Stream) -> Result<(), AugmentError> {
        let n = samples.len() as i64;
        let by = match self.given() {
            Given::First(fraction) => (draw(fraction, stream) * n as f64).round() as i64,
            // Both ends of a range of whole numbers can be drawn.
            Given::Second([low, high]) => low + stream.below(high.abs_diff(low) as usize + 1) as i64,
        };
        if self.rollover {
            samples.rotate_right(by.rem_euclid(n) as usize);
        } else if by >= 0 {
            let by = by.min(n) as usize;
            samples.copy_within(..n as usize - by, by);
            samples[..by].fill(0.0);
        } else {
            let by = by.unsigned_abs().min(n as u64) as usize;
            samples.copy_within(by.., 0);
            samples[n as usize - by..].fill(0.0);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::dsp::probe::{RATE_HZ, stream};
    use super::*;

    fn moved(by: i64, rollover: bool) -> Vec<f32> {
        let mut x = vec![1.0, 2.0, 3.0, 4.0];
        let shift = Shift { fraction: None, samples: Some([by; 2]), rollover };
        shift.waveform(&mut x, RATE_HZ, &mut stream(0)).unwrap();
        x
    }

    #[test]
    fn what_leaves_comes_back_or_becomes_silence() {
        assert_eq!(moved(1, true), [4.0, 1.0, 2.0, 3.0]);
        assert_eq!(moved(-1, true), [2.0, 3.0, 4.0, 1.0]);
        assert_eq!(moved(-9, true), [2.0, 3.0, 4.0, 1.0]);
        assert_eq!(moved(1, false), [0.0, 1.0, 2.0, 3.0]);
        assert_eq!(moved(-3, false), [4.0, 0.0, 0.0, 0.0]);
        assert_eq!(moved(9, false), [0.0; 4]);
    }

    #[test]
    fn a_fraction_is_of_the_clips_length() {
        let mut x: Vec<f32> = (0..100).map(|v| v as f32).collect();
        Shift { fraction: Some([0.25; 2]), ..Shift::default() }.waveform(&mut x, RATE_HZ, &mut stream(0)).unwrap();
        assert_eq!((x[25], x[0]), (0.0, 75.0));
    }

    #[test]
    fn both_ends_of_a_range_of_samples_are_drawn() {
        let shift = Shift { fraction: None, samples: Some([-1, 1]), rollover: true };
        let first = |seed| {
            let mut x = vec![1.0, 2.0, 3.0];
            shift.waveform(&mut x, RATE_HZ, &mut stream(seed)).unwrap();
            x[0] as usize
        };
        let mut seen = [0; 4];
        (0..300).for_each(|seed| seen[first(seed)] += 1);
        assert!(seen[1..].iter().all(|n| *n > 60), "{seen:?}");
    }
}
