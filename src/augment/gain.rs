//! Loudness.

use super::dsp::level::{draw, ordered, ratio_of_db, scale};
use super::{AugmentError, Effect};
use crate::kind::{Context, Problem};
use crate::seed::Stream;

crate::settings! {
    /// Multiplies the clip by 10^(gain_db / 20). Samples may leave [-1, 1]; nothing is clipped.
    pub struct Gain {
        /// The gain in dB, drawn from this range; below 0 is quieter.
        pub gain_db: [f64; 2] = [-12.0, 12.0], in -120.0..=60.0;
    }
    check: Gain::check;
}

impl Gain {
    fn check(&self, _: &Context) -> Vec<Problem> {
        ordered("gain_db", self.gain_db).into_iter().collect()
    }
}

impl Effect for Gain {
    fn waveform(&self, samples: &mut Vec<f32>, _rate_hz: u32, stream: &mut Stream) -> Result<(), AugmentError> {
        scale(samples, ratio_of_db(draw(self.gain_db, stream)));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::dsp::probe::{RATE_HZ, stream};
    use super::*;

    #[test]
    fn twenty_decibels_are_a_factor_of_ten() {
        for (gain_db, factor) in [(20.0, 10.0), (0.0, 1.0), (-40.0, 0.01)] {
            let mut x = vec![0.5, -0.25, 0.0];
            Gain { gain_db: [gain_db; 2] }.waveform(&mut x, RATE_HZ, &mut stream(0)).unwrap();
            assert_eq!(x, [0.5 * factor, -0.25 * factor, 0.0]);
        }
    }
}
