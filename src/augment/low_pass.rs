//! High frequencies removed.

use super::dsp::biquad::Biquad;
use super::dsp::level::{draw_log, ordered};
use super::{AugmentError, Effect};
use crate::kind::{Context, Problem};
use crate::seed::Stream;

crate::settings! {
    /// A Butterworth low-pass: speech through a wall, or over an old telephone.
    pub struct LowPass {
        /// Where it is 3 dB down, in Hz, drawn from this range evenly in the logarithm; below half the sample rate.
        pub cutoff_hz: [f64; 2] = [500.0, 3500.0], in 10.0..=192_000.0;
        /// Second-order sections: each makes it 12 dB an octave steeper.
        pub sections: usize = 1, in 1..=4;
    }
    check: LowPass::check;
}

/// A problem where a filter's frequency cannot exist at the sample rate.
pub(super) fn too_high(key: &str, hz: f64, sample_rate_hz: u32) -> Option<Problem> {
    let half = f64::from(sample_rate_hz) / 2.0;
    let message = || format!("{hz} Hz is too high for audio of {sample_rate_hz} Hz; allowed: below {half} Hz");
    (hz >= half).then(|| Problem::new(key, message()))
}

impl LowPass {
    fn check(&self, around: &Context) -> Vec<Problem> {
        ordered("cutoff_hz", self.cutoff_hz)
            .into_iter()
            .chain(too_high("cutoff_hz", self.cutoff_hz[1], around.sample_rate_hz))
            .collect()
    }
}

impl Effect for LowPass {
    fn waveform(&self, samples: &mut Vec<f32>, rate_hz: u32, stream: &mut Stream) -> Result<(), AugmentError> {
        let filter = Biquad::low_pass(draw_log(self.cutoff_hz, stream), rate_hz, self.sections);
        filter.iter().for_each(|section| section.run(samples));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::dsp::probe::{RATE_HZ, gain_db_at, stream};
    use super::*;

    #[test]
    fn low_tones_pass_and_high_ones_do_not() {
        let filter = LowPass { cutoff_hz: [1000.0; 2], sections: 2 };
        let gain = |hz| {
            gain_db_at(hz, |x| {
                let mut samples = x.to_vec();
                filter.waveform(&mut samples, RATE_HZ, &mut stream(0)).unwrap();
                x.copy_from_slice(&samples);
            })
        };
        assert!(gain(200.0).abs() < 0.1 && gain(4000.0) < -48.0, "{} {}", gain(200.0), gain(4000.0));
    }

    #[test]
    fn the_cutoff_must_lie_below_half_the_sample_rate() {
        assert!(LowPass::default().check(&Context::at_rate(8000)).is_empty());
        assert_eq!(LowPass::default().check(&Context::at_rate(7000))[0].key, "cutoff_hz");
    }
}
