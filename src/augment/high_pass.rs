//! Low frequencies removed.

use super::dsp::biquad::Biquad;
use super::dsp::level::{draw_log, ordered};
use super::{AugmentError, Effect, low_pass};
use crate::kind::{Context, Problem};
use crate::seed::Stream;

crate::settings! {
    /// A Butterworth high-pass: a small loudspeaker, or a microphone's rumble filter.
    pub struct HighPass {
        /// Where it is 3 dB down, in Hz, drawn from this range evenly in the logarithm; below half the sample rate.
        pub cutoff_hz: [f64; 2] = [50.0, 800.0], in 10.0..=192_000.0;
        /// Second-order sections: each makes it 12 dB an octave steeper.
        pub sections: usize = 1, in 1..=4;
    }
    check: HighPass::check;
}

impl HighPass {
    fn check(&self, around: &Context) -> Vec<Problem> {
        ordered("cutoff_hz", self.cutoff_hz)
            .into_iter()
            .chain(low_pass::too_high("cutoff_hz", self.cutoff_hz[1], around.sample_rate_hz))
            .collect()
    }
}

impl Effect for HighPass {
    fn waveform(&self, samples: &mut Vec<f32>, rate_hz: u32, stream: &mut Stream) -> Result<(), AugmentError> {
        let filter = Biquad::high_pass(draw_log(self.cutoff_hz, stream), rate_hz, self.sections);
        filter.iter().for_each(|section| section.run(samples));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::dsp::level::rms;
    use super::super::dsp::probe::{RATE_HZ, stream, tone};
    use super::*;

    #[test]
    fn a_constant_offset_and_low_tones_are_removed() {
        let filter = HighPass { cutoff_hz: [1000.0; 2], sections: 2 };
        for (mut x, most_db) in [(vec![0.5; 16_000], -120.0), (tone(250.0, 16_000), -47.0)] {
            let before = rms(&x[8000..]);
            filter.waveform(&mut x, RATE_HZ, &mut stream(0)).unwrap();
            assert!(20.0 * ((rms(&x[8000..]) + 1e-30) / before).log10() < most_db);
        }
    }
}
