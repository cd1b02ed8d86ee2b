//! Peaks cut off.

use super::dsp::level::{draw, ordered, peak};
use super::either::Given;
use super::{AugmentError, Effect};
use crate::kind::{Context, Problem};
use crate::seed::Stream;

either! {
    /// Limits every sample to [-t, t], as an overdriven microphone or converter does.
    pub struct Clipping {
        /// The share of samples beyond t in percent, drawn from this range: t is that quantile of the absolute samples.
        pub percentile: [f64; 2] = [0.0, 20.0], in 0.0..=99.0;
        /// Instead of `percentile`: t as a share of the clip's largest absolute sample.
        or pub threshold: [f64; 2], in 0.001..=1.0;
    }
    check: Clipping::check;
}

impl Clipping {
    fn check(&self, _: &Context) -> Vec<Problem> {
        let ranges = [("percentile", self.percentile), ("threshold", self.threshold)];
        ranges.into_iter().filter_map(|(key, range)| ordered(key, range?)).collect()
    }
}

impl Effect for Clipping {
    fn waveform(&self, samples: &mut Vec<f32>, _rate_hz: u32, stream: &mut Stream) -> Result<(), AugmentError> {
        let limit = match self.given() {
            Given::First(percentile) => quantile(samples, 1.0 - draw(percentile, stream) / 100.0),
            Given::Second(threshold) => peak(samples) * draw(threshold, stream) as f32,
        };
        // A clip that is mostly digital silence has the quantile 0; to cut there would leave nothing.
        if limit > 0.0 {
            samples.iter_mut().for_each(|v| *v = v.clamp(-limit, limit));
        }
        Ok(())
    }
}

/// The absolute sample that a share `q` of all does not exceed.
fn quantile(samples: &[f32], q: f64) -> f32 {
    let mut sizes: Vec<f32> = samples.iter().map(|v| v.abs()).collect();
    let at = (q * (sizes.len() - 1) as f64).round() as usize;
    *sizes.select_nth_unstable_by(at, f32::total_cmp).1
}

#[cfg(test)]
mod tests {
    use super::super::dsp::probe::{RATE_HZ, stream, tone};
    use super::*;

    #[test]
    fn the_share_asked_for_is_cut() {
        let mut x = tone(37.0, 20_000);
        Clipping { percentile: Some([30.0; 2]), threshold: None }.waveform(&mut x, RATE_HZ, &mut stream(0)).unwrap();
        let limit = peak(&x);
        let cut = x.iter().filter(|v| v.abs() == limit).count() as f64 / x.len() as f64;
        assert!((cut - 0.3).abs() < 0.01, "{cut}");
    }

    #[test]
    fn a_threshold_is_a_share_of_the_maximum() {
        let mut x = vec![0.8, -0.5, 0.1];
        Clipping { percentile: None, threshold: Some([0.5; 2]) }.waveform(&mut x, RATE_HZ, &mut stream(0)).unwrap();
        assert_eq!(x, [0.4, -0.4, 0.1]);
    }

    #[test]
    fn a_clip_of_mostly_silence_is_not_erased() {
        let mut x = vec![0.0; 100];
        x[7] = 0.5;
        Clipping { percentile: Some([50.0; 2]), threshold: None }.waveform(&mut x, RATE_HZ, &mut stream(0)).unwrap();
        assert_eq!(x[7], 0.5);
    }
}
