//! A silence inside a clip.

use super::dsp::level::{draw, ordered};
use super::{AugmentError, Effect};
use crate::kind::{Context, Problem};
use crate::seed::Stream;

crate::settings! {
    /// Silences one stretch of the clip, at a random place.
    pub struct TimeMask {
        /// Length of the silence as a share of the clip's, drawn from this range.
        pub fraction: [f64; 2] = [0.01, 0.2], in 0.0..=1.0;
        /// Seconds of fade inside each end of the silence, so that its edges do not click; at most half of it.
        pub fade_seconds: f64 = 0.005, in 0.0..=1.0;
    }
    check: TimeMask::check;
}

impl TimeMask {
    fn check(&self, _: &Context) -> Vec<Problem> {
        ordered("fraction", self.fraction).into_iter().collect()
    }
}

impl Effect for TimeMask {
    fn waveform(&self, samples: &mut Vec<f32>, rate_hz: u32, stream: &mut Stream) -> Result<(), AugmentError> {
        let n = samples.len();
        let length = ((draw(self.fraction, stream) * n as f64).round() as usize).min(n);
        let start = stream.below(n - length + 1);
        let fade = ((self.fade_seconds * f64::from(rate_hz)).round() as usize).min(length / 2);
        for (i, v) in samples[start..start + length].iter_mut().enumerate() {
            // Samples to the nearer edge: inside the fade some of the sound is left.
            let depth = i.min(length - 1 - i);
            *v *= if depth < fade { 1.0 - (depth + 1) as f32 / (fade + 1) as f32 } else { 0.0 };
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::dsp::probe::{RATE_HZ, stream};
    use super::*;

    #[test]
    fn one_stretch_of_the_length_asked_for_is_silent_and_the_rest_untouched() {
        for seed in 0..20 {
            let mut x = vec![1.0; 1000];
            let mask = TimeMask { fraction: [0.1; 2], fade_seconds: 0.0 };
            mask.waveform(&mut x, RATE_HZ, &mut stream(seed)).unwrap();
            let first = x.iter().position(|v| *v == 0.0).unwrap();
            assert!(x[first..first + 100].iter().all(|v| *v == 0.0));
            assert_eq!(x.iter().filter(|v| **v == 1.0).count(), 900);
        }
    }

    #[test]
    fn the_fade_lies_inside_the_mask_and_rises_to_both_ends() {
        let mut x = vec![1.0; 1000];
        let mask = TimeMask { fraction: [0.2; 2], fade_seconds: 10.0 / f64::from(RATE_HZ) };
        mask.waveform(&mut x, RATE_HZ, &mut stream(2)).unwrap();
        assert_eq!(x.iter().filter(|v| **v == 1.0).count(), 800);
        assert_eq!(x.iter().filter(|v| **v == 0.0).count(), 180);
        let first = x.iter().position(|v| *v < 1.0).unwrap();
        assert!(x[first..=first + 10].windows(2).all(|w| w[0] > w[1]));
        assert!((x[first] - x[first + 199]).abs() < 1e-6);
    }
}
