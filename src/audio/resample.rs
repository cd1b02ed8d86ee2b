//! Sample-rate conversion.

use super::AudioError;
use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler};

/// The shortest FFT block on the slower side, in samples: the longer the block, the steeper the anti-aliasing filter.
/// At 512 it passes up to 97 % of the lower Nyquist frequency.
const BLOCK: usize = 512;

/// A whole clip at another sample rate: band-limited interpolation over FFT blocks in f64, aligned in time with its
/// input (sample i of the output lies at i / `to_hz` seconds) and `ceil(len * to_hz / from_hz)` samples long.
/// Equal rates return the samples unchanged.
///
/// # Errors
/// When a rate lies outside [`SAMPLE_RATES_HZ`](super::SAMPLE_RATES_HZ).
pub fn resample(samples: Vec<f32>, from_hz: u32, to_hz: u32) -> Result<Vec<f32>, AudioError> {
    if from_hz == to_hz || samples.is_empty() {
        return Ok(samples);
    }
    let refused = || AudioError::Rate { from_hz, to_hz };
    if !(super::SAMPLE_RATES_HZ.contains(&from_hz) && super::SAMPLE_RATES_HZ.contains(&to_hz)) {
        return Err(refused());
    }
    let divisor = gcd(from_hz, to_hz);
    let (from, to) = ((from_hz / divisor) as usize, (to_hz / divisor) as usize);
    // An even number of smallest blocks, so that half a block, the filter's delay, is a whole number of samples on
    // both sides; an odd one would shift the clip by half a sample.
    let blocks = BLOCK.div_ceil(from.min(to)).next_multiple_of(2);
    let input: Vec<f64> = samples.iter().map(|s| f64::from(*s)).collect();
    let input = InterleavedSlice::new(&input, 1, samples.len()).map_err(|_| refused())?;
    let mut resampler =
        Fft::<f64>::new(from_hz as usize, to_hz as usize, from * blocks, 1, FixedSync::Both).map_err(|_| refused())?;
    let mut output = resampler.process_all(&input, samples.len(), None).map_err(|_| refused())?.take_data();
    // The exact count: rubato's own comes from a float ratio.
    output.resize((samples.len() * to).div_ceil(from), 0.0);
    Ok(output.into_iter().map(|s| s as f32).collect())
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    fn sine(hz: f64, rate: u32, length: usize) -> Vec<f32> {
        (0..length).map(|i| (TAU * hz * i as f64 / f64::from(rate)).sin() as f32).collect()
    }

    #[test]
    fn a_sine_stays_the_same_sine_in_frequency_level_and_phase() {
        for (from, to) in [(48_000, 16_000), (44_100, 16_000), (8_000, 16_000), (16_000, 22_050), (16_000, 15_999)] {
            let length = from as usize / 2;
            let out = resample(sine(440.0, from, length), from, to).unwrap();
            assert_eq!(out.len(), (length * to as usize).div_ceil(from as usize));
            let expected = sine(440.0, to, out.len());
            // Away from the ends, where the filter sees the silence around the clip.
            let edge = out.len() / 5;
            let middle = edge..out.len() - edge;
            let worst =
                out[middle.clone()].iter().zip(&expected[middle]).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(worst < 2e-5, "{from} to {to}: {worst}");
        }
    }

    #[test]
    fn what_lies_above_the_new_nyquist_frequency_is_gone() {
        let out = resample(sine(10_000.0, 48_000, 24_000), 48_000, 16_000).unwrap();
        let peak = out[1_600..6_400].iter().fold(0.0_f32, |p, s| p.max(s.abs()));
        assert!(peak < 1e-5, "{peak}");
    }

    #[test]
    fn equal_rates_change_nothing_and_short_clips_keep_their_length() {
        let x = vec![0.1, -0.2, 0.3];
        assert_eq!(resample(x.clone(), 16_000, 16_000).unwrap(), x);
        assert_eq!(resample(x, 48_000, 16_000).unwrap().len(), 1);
        assert_eq!(resample(vec![0.5], 8_000, 16_000).unwrap().len(), 2);
        assert!(resample(vec![0.5], 1, 16_000).unwrap_err().to_string().contains("1 Hz cannot be brought to 16000"));
    }
}
