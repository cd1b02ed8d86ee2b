//! Time without pitch.

use super::dsp::level::{draw, ordered};
use super::dsp::vocoder;
use super::{AugmentError, Effect};
use crate::kind::{Context, Problem};
use crate::seed::Stream;

crate::settings! {
    /// Makes the clip faster (shorter) or slower (longer) at the same pitch, with a phase vocoder, as librosa's
    /// `effects.time_stretch` does.
    pub struct Stretch {
        /// How many times as fast, drawn from this range; above 1 is shorter.
        pub rate: [f64; 2] = [0.8, 1.2], in 0.1..=10.0;
        /// Samples in a window of the phase vocoder; windows are a quarter of it apart. A multiple of 4.
        pub n_fft: usize = 2048, in 16..=65536;
    }
    check: Stretch::check;
}

/// A problem where the windows cannot lie a quarter of their length apart.
pub(super) fn quarters(n_fft: usize) -> Option<Problem> {
    let message = || format!("{n_fft} is not a multiple of 4; the windows lie a quarter of it apart");
    (!n_fft.is_multiple_of(4)).then(|| Problem::new("n_fft", message()))
}

impl Stretch {
    fn check(&self, _: &Context) -> Vec<Problem> {
        ordered("rate", self.rate).into_iter().chain(quarters(self.n_fft)).collect()
    }
}

impl Effect for Stretch {
    fn waveform(&self, samples: &mut Vec<f32>, _rate_hz: u32, stream: &mut Stream) -> Result<(), AugmentError> {
        let rate = draw(self.rate, stream);
        if rate != 1.0 {
            *samples = vocoder::stretch(samples, rate, self.n_fft);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::dsp::probe::{RATE_HZ, loudest_hz, stream, tone};
    use super::*;

    #[test]
    fn twice_as_fast_is_half_as_long_at_the_same_pitch() {
        let mut x = tone(440.0, 32_000);
        Stretch { rate: [2.0; 2], ..Stretch::default() }.waveform(&mut x, RATE_HZ, &mut stream(0)).unwrap();
        assert_eq!(x.len(), 16_000);
        assert!((loudest_hz(&x) - 440.0).abs() < 1.0);
    }

    #[test]
    fn the_rate_stays_in_its_range() {
        for seed in 0..20 {
            let mut x = tone(440.0, 10_000);
            Stretch::default().waveform(&mut x, RATE_HZ, &mut stream(seed)).unwrap();
            assert!((8333..=12_500).contains(&x.len()), "{}", x.len());
        }
    }

    #[test]
    fn windows_must_divide_into_quarters() {
        assert_eq!(Stretch { n_fft: 1022, ..Stretch::default() }.check(&Context::at_rate(RATE_HZ))[0].key, "n_fft");
    }
}
