//! The sign of the samples.

use super::{AugmentError, Effect};
use crate::seed::Stream;

crate::settings! {
    /// Turns the sign of every sample: inaudible, but not invisible to a network that reads samples. Usually with
    /// `probability = 0.5`.
    pub struct Polarity {}
    check: ranges;
}

impl Effect for Polarity {
    fn waveform(&self, samples: &mut Vec<f32>, _rate_hz: u32, _stream: &mut Stream) -> Result<(), AugmentError> {
        samples.iter_mut().for_each(|v| *v = -*v);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::dsp::probe::{RATE_HZ, stream};
    use super::*;

    #[test]
    fn every_sign_is_turned_and_turned_back() {
        let mut x = vec![0.5, -0.25];
        Polarity {}.waveform(&mut x, RATE_HZ, &mut stream(0)).unwrap();
        assert_eq!(x, [-0.5, 0.25]);
        Polarity {}.waveform(&mut x, RATE_HZ, &mut stream(0)).unwrap();
        assert_eq!(x, [0.5, -0.25]);
    }
}
