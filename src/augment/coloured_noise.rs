//! Noise of a colour: pink, brown, blue, ...

use super::dsp::level::{add_at_snr, draw, ordered};
use super::dsp::{fft, gauss};
use super::{AugmentError, Effect};
use crate::kind::{Context, Problem};
use crate::seed::Stream;

crate::settings! {
    /// Gaussian noise whose power spectrum is 1 / f^exponent above 20 Hz and flat below (Timmer & Koenig 1995).
    pub struct ColouredNoise {
        /// The exponent, drawn from this range: 0 white, 1 pink, 2 brown, -1 blue, -2 violet.
        pub exponent: [f64; 2] = [0.0, 2.0], in -4.0..=4.0;
        /// Signal-to-noise ratio in dB, drawn from this range. A silent clip stays silent.
        pub snr_db: [f64; 2] = [10.0, 30.0], in -60.0..=120.0;
    }
    check: ColouredNoise::check;
}

/// Below this the spectrum is flat: the lowest bins would otherwise hold nearly all of a brown noise's power, where no one
/// hears it and every feature is pushed about by it.
const LOWEST_HZ: f64 = 20.0;

impl ColouredNoise {
    fn check(&self, _: &Context) -> Vec<Problem> {
        [ordered("exponent", self.exponent), ordered("snr_db", self.snr_db)].into_iter().flatten().collect()
    }
}

impl Effect for ColouredNoise {
    fn waveform(&self, samples: &mut Vec<f32>, rate_hz: u32, stream: &mut Stream) -> Result<(), AugmentError> {
        let (exponent, snr_db) = (draw(self.exponent, stream), draw(self.snr_db, stream));
        let noise = coloured(samples.len(), exponent, rate_hz, stream);
        add_at_snr(samples, &noise, snr_db);
        Ok(())
    }
}

/// Noise of `n` samples; its level is arbitrary.
fn coloured(n: usize, exponent: f64, rate_hz: u32, stream: &mut Stream) -> Vec<f32> {
    let size = n.next_power_of_two().max(16);
    let mut parts = vec![0.0; size + 2];
    gauss::fill(&mut parts, stream);
    let hz = f64::from(rate_hz) / size as f64;
    // Amplitudes relative to those at 1 kHz, so that no exponent leaves the range of f32.
    let amplitude = |bin: usize| ((bin as f64 * hz).max(LOWEST_HZ) / 1000.0).powf(-exponent / 2.0) as f32;
    let bin = |(k, pair): (usize, &[f32])| fft::Bin::new(pair[0], pair[1]) * amplitude(k);
    let mut bins: Vec<fft::Bin> = parts.chunks_exact(2).enumerate().map(bin).collect();
    // No constant offset: it is no sound.
    bins[0] = fft::Bin::new(0.0, 0.0);
    let mut noise = vec![0.0; size];
    fft::back(&mut bins, &mut noise);
    noise.truncate(n);
    noise
}

#[cfg(test)]
mod tests {
    use super::super::dsp::biquad::Biquad;
    use super::super::dsp::level::rms;
    use super::super::dsp::probe::{RATE_HZ, stream, tone};
    use super::*;

    #[test]
    fn an_octave_higher_the_power_has_fallen_as_the_exponent_says() {
        for exponent in [-1.0, 0.0, 1.0, 2.0] {
            let noise = coloured(60_000, exponent, RATE_HZ, &mut stream(3));
            let density = |hz: f64| {
                let mut band = noise.clone();
                // Two narrow filters of one octave share: their bandwidth in Hz doubles with the octave.
                (0..2).for_each(|_| Biquad::band_pass(hz, 0.3, RATE_HZ).run(&mut band));
                rms(&band).powi(2) / hz
            };
            let slope = (density(2000.0) / density(500.0)).log2() / 2.0;
            assert!((slope + exponent).abs() < 0.15, "exponent {exponent}: {slope}");
        }
    }

    #[test]
    fn the_ratio_asked_for_is_reached() {
        let x = tone(300.0, 30_001);
        let mut y = x.clone();
        let noise = ColouredNoise { exponent: [1.0; 2], snr_db: [12.0; 2] };
        noise.waveform(&mut y, RATE_HZ, &mut stream(1)).unwrap();
        let difference: Vec<f32> = y.iter().zip(&x).map(|(a, b)| a - b).collect();
        assert!((20.0 * (rms(&x) / rms(&difference)).log10() - 12.0).abs() < 0.01);
    }
}
