//! White Gaussian noise.

use super::dsp::gauss;
use super::dsp::level::{add_at_snr, draw, ordered, peak};
use super::either::Given;
use super::{AugmentError, Effect};
use crate::kind::{Context, Problem};
use crate::seed::Stream;

either! {
    /// White Gaussian noise, as loud as the ratio to the clip's own level or to its maximum says.
    pub struct Noise {
        /// Signal-to-noise ratio in dB, drawn from this range: 20 log10(rms(clip) / rms(noise)), reached exactly. A
        /// silent clip stays silent.
        pub snr_db: [f64; 2] = [10.0, 30.0], in -60.0..=120.0;
        /// Instead of `snr_db`: standard deviation of the noise as a share of the clip's largest absolute sample.
        or pub amplitude: [f64; 2], in 0.0..=10.0;
    }
    check: Noise::check;
}

impl Noise {
    fn check(&self, _: &Context) -> Vec<Problem> {
        let ranges = [("snr_db", self.snr_db), ("amplitude", self.amplitude)];
        ranges.into_iter().filter_map(|(key, range)| ordered(key, range?)).collect()
    }
}

impl Effect for Noise {
    fn waveform(&self, samples: &mut Vec<f32>, _rate_hz: u32, stream: &mut Stream) -> Result<(), AugmentError> {
        let level = match self.given() {
            Given::First(range) | Given::Second(range) => draw(range, stream),
        };
        let mut noise = vec![0.0; samples.len()];
        gauss::fill(&mut noise, stream);
        match self.given() {
            Given::First(_) => add_at_snr(samples, &noise, level),
            Given::Second(_) => {
                let deviation = level as f32 * peak(samples);
                samples.iter_mut().zip(&noise).for_each(|(v, n)| *v += deviation * n);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::dsp::level::rms;
    use super::super::dsp::probe::{RATE_HZ, stream, tone};
    use super::*;

    fn added(noise: &Noise) -> (Vec<f32>, Vec<f32>) {
        let x = tone(300.0, 40_000);
        let mut y = x.clone();
        noise.waveform(&mut y, RATE_HZ, &mut stream(1)).unwrap();
        let difference = y.iter().zip(&x).map(|(a, b)| a - b).collect();
        (x, difference)
    }

    #[test]
    fn the_ratio_asked_for_is_reached() {
        for snr_db in [-10.0, 0.0, 15.0, 40.0] {
            let (x, noise) = added(&Noise { snr_db: Some([snr_db; 2]), amplitude: None });
            let got = 20.0 * (rms(&x) / rms(&noise)).log10();
            assert!((got - snr_db).abs() < 0.01, "{got} dB for {snr_db} dB");
        }
    }

    #[test]
    fn an_amplitude_is_a_share_of_the_maximum() {
        let (x, noise) = added(&Noise { snr_db: None, amplitude: Some([0.1; 2]) });
        assert!((rms(&noise) / f64::from(peak(&x)) - 0.1).abs() < 0.002);
    }

    #[test]
    fn the_noise_is_white() {
        let (_, noise) = added(&Noise::default());
        let neighbours: f64 =
            noise.windows(2).map(|w| f64::from(w[0]) * f64::from(w[1])).sum::<f64>() / noise.len() as f64;
        assert!((neighbours / rms(&noise).powi(2)).abs() < 0.02);
    }
}
