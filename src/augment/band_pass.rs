//! Only a band of frequencies kept.

use super::dsp::biquad::Biquad;
use super::dsp::level::{draw, draw_log, ordered};
use super::{AugmentError, Effect, low_pass};
use crate::kind::{Context, Problem};
use crate::seed::Stream;

crate::settings! {
    /// A second-order band-pass with a gain of 1 at its centre.
    pub struct BandPass {
        /// The centre in Hz, drawn from this range evenly in the logarithm; below half the sample rate.
        pub center_hz: [f64; 2] = [300.0, 3000.0], in 10.0..=192_000.0;
        /// Octaves between the two points where it is 3 dB down, drawn from this range.
        pub octaves: [f64; 2] = [1.0, 3.0], in 0.05..=10.0;
    }
    check: BandPass::check;
}

impl BandPass {
    fn check(&self, around: &Context) -> Vec<Problem> {
        [ordered("center_hz", self.center_hz), ordered("octaves", self.octaves)]
            .into_iter()
            .flatten()
            .chain(low_pass::too_high("center_hz", self.center_hz[1], around.sample_rate_hz))
            .collect()
    }
}

impl Effect for BandPass {
    fn waveform(&self, samples: &mut Vec<f32>, rate_hz: u32, stream: &mut Stream) -> Result<(), AugmentError> {
        let (center_hz, octaves) = (draw_log(self.center_hz, stream), draw(self.octaves, stream));
        Biquad::band_pass(center_hz, octaves, rate_hz).run(samples);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::dsp::level::rms;
    use super::super::dsp::probe::{RATE_HZ, stream, tone};
    use super::*;

    #[test]
    fn the_centre_passes_and_what_is_far_from_it_does_not() {
        let filter = BandPass { center_hz: [1000.0; 2], octaves: [1.0; 2] };
        let gain = |hz| {
            let (before, mut x) = (tone(hz, 16_000), tone(hz, 16_000));
            filter.waveform(&mut x, RATE_HZ, &mut stream(0)).unwrap();
            rms(&x[8000..]) / rms(&before[8000..])
        };
        assert!((gain(1000.0) - 1.0).abs() < 0.01);
        assert!(gain(100.0) < 0.1 && gain(7000.0) < 0.1);
    }
}
