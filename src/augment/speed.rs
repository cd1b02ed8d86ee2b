//! Time and pitch together.

use super::dsp::level::{draw, ordered};
use super::dsp::resample::resample;
use super::{AugmentError, Effect};
use crate::kind::{Context, Problem};
use crate::seed::Stream;

crate::settings! {
    /// Plays the clip faster and higher or slower and lower, as a tape does: resampling alone (Ko et al. 2015, who use
    /// 0.9, 1.0 and 1.1).
    pub struct Speed {
        /// How many times as fast, drawn from this range; above 1 is shorter and higher.
        pub rate: [f64; 2] = [0.9, 1.1], in 0.1..=10.0;
    }
    check: Speed::check;
}

impl Speed {
    fn check(&self, _: &Context) -> Vec<Problem> {
        ordered("rate", self.rate).into_iter().collect()
    }
}

impl Effect for Speed {
    fn waveform(&self, samples: &mut Vec<f32>, _rate_hz: u32, stream: &mut Stream) -> Result<(), AugmentError> {
        let rate = draw(self.rate, stream);
        if rate != 1.0 {
            let length = (samples.len() as f64 / rate).round().max(1.0) as usize;
            *samples = resample(samples, 1.0 / rate, length);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::dsp::probe::{RATE_HZ, loudest_hz, stream, tone};
    use super::*;

    #[test]
    fn length_falls_and_pitch_rises_by_the_rate() {
        for rate in [0.5, 0.9, 1.1, 2.0] {
            let mut x = tone(440.0, 32_000);
            Speed { rate: [rate; 2] }.waveform(&mut x, RATE_HZ, &mut stream(0)).unwrap();
            assert_eq!(x.len(), (32_000.0 / rate).round() as usize);
            assert!((loudest_hz(&x) - 440.0 * rate).abs() < 1.0, "rate {rate}: {} Hz", loudest_hz(&x));
        }
    }
}
