//! Pitch without time.

use super::dsp::level::{draw, ordered};
use super::dsp::{resample::resample, vocoder::stretch};
use super::{AugmentError, Effect};
use crate::kind::{Context, Problem};
use crate::seed::Stream;

crate::settings! {
    /// Raises or lowers the pitch at the same length, as librosa's `effects.pitch_shift` does: a phase vocoder stretches
    /// the clip by 2^(semitones / 12), resampling brings it back to its length.
    pub struct Pitch {
        /// Semitones (a twelfth of an octave) up, drawn from this range; below 0 is down.
        pub semitones: [f64; 2] = [-4.0, 4.0], in -24.0..=24.0;
        /// Samples in a window of the phase vocoder; windows are a quarter of it apart. A multiple of 4.
        pub n_fft: usize = 2048, in 16..=65536;
    }
    check: Pitch::check;
}

impl Pitch {
    fn check(&self, _: &Context) -> Vec<Problem> {
        ordered("semitones", self.semitones).into_iter().chain(super::stretch::quarters(self.n_fft)).collect()
    }
}

impl Effect for Pitch {
    fn waveform(&self, samples: &mut Vec<f32>, _rate_hz: u32, stream: &mut Stream) -> Result<(), AugmentError> {
        let faster = (draw(self.semitones, stream) / 12.0).exp2();
        if faster != 1.0 {
            *samples = resample(&stretch(samples, 1.0 / faster, self.n_fft), 1.0 / faster, samples.len());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::dsp::level::rms;
    use super::super::dsp::probe::{RATE_HZ, loudest_hz, stream, tone};
    use super::*;

    fn shifted(semitones: f64, x: &[f32]) -> Vec<f32> {
        let mut y = x.to_vec();
        let pitch = Pitch { semitones: [semitones; 2], ..Pitch::default() };
        pitch.waveform(&mut y, RATE_HZ, &mut stream(0)).unwrap();
        y
    }

    #[test]
    fn an_octave_doubles_the_frequency_and_keeps_length_and_level() {
        let x = tone(440.0, 32_000);
        for (semitones, hz) in [(12.0, 880.0), (-12.0, 220.0), (4.0, 554.37), (-7.0, 293.66)] {
            let y = shifted(semitones, &x);
            assert_eq!(y.len(), x.len());
            assert!((loudest_hz(&y) - hz).abs() < 1.0, "{semitones}: {} Hz", loudest_hz(&y));
            let level = rms(&y[8000..24_000]) / rms(&x);
            assert!((0.86..1.02).contains(&level), "{semitones}: {level}");
        }
    }

    #[test]
    fn no_semitones_leave_every_byte() {
        let x = tone(440.0, 5000);
        assert_eq!(shifted(0.0, &x), x);
    }

    #[test]
    fn even_a_single_sample_survives_two_octaves() {
        for n in [1, 5, 300] {
            for semitones in [-24.0, 24.0] {
                let y = shifted(semitones, &tone(500.0, n));
                assert!(y.len() == n && y.iter().all(|v| v.is_finite()));
            }
        }
    }
}
