//! From a decoded clip to what the features read.

use super::{Audio, AudioError, resample, trim};
use crate::kind::above;

crate::settings! {
    /// What happens to every clip before features are taken from it.
    pub struct AudioSettings {
        /// The experiment's sample rate; clips of another rate are resampled to it.
        pub sample_rate_hz: usize = 16_000, in 1_000..=384_000;
        /// Cuts leading and trailing frames that are more than this many dB below the clip's loudest frame
        /// (librosa's `effects.trim`); "none" keeps clips whole.
        pub trim_db: Option<f64> = None, in above(0.0);
        /// Samples a frame of the level that trimming looks at.
        pub trim_frame_length: usize = 2048, in 1..=1_048_576;
        /// Samples from one such frame to the next.
        pub trim_hop_length: usize = 512, in 1..=1_048_576;
    }
    check: ranges;
}

impl AudioSettings {
    /// A clip's samples at the experiment's rate, without its silent ends. A clip that is silent throughout stays whole.
    ///
    /// # Errors
    /// When the clip's own rate lies outside [`SAMPLE_RATES_HZ`](super::SAMPLE_RATES_HZ), which no decoded file has.
    pub fn prepare(&self, audio: Audio) -> Result<Vec<f32>, AudioError> {
        let to_hz = u32::try_from(self.sample_rate_hz).unwrap_or(u32::MAX);
        let mut samples = resample(audio.samples, audio.sample_rate_hz, to_hz)?;
        if let Some(top_db) = self.trim_db {
            let speech = trim(&samples, top_db, self.trim_frame_length, self.trim_hop_length);
            samples.truncate(speech.end);
            samples.drain(..speech.start);
        }
        Ok(samples)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clip() -> Audio {
        let mut samples = vec![0.0; 48_000];
        samples.extend((0..48_000).map(|i| (i as f32 * 0.05).sin() * 0.5));
        samples.extend(vec![0.0; 48_000]);
        Audio { samples, sample_rate_hz: 48_000, notes: Vec::new() }
    }

    #[test]
    fn a_clip_is_resampled_then_trimmed() {
        let whole = AudioSettings::default().prepare(clip()).unwrap();
        assert_eq!(whole.len(), 48_000);
        let trimmed = AudioSettings { trim_db: Some(60.0), ..Default::default() }.prepare(clip()).unwrap();
        // A second of tone, and the frames that touch it.
        assert!((16_000..16_000 + 2 * 2048).contains(&trimmed.len()), "{}", trimmed.len());
        assert!(whole.windows(trimmed.len()).any(|w| w == trimmed));
    }

    #[test]
    fn preparing_twice_gives_the_same_bits() {
        let settings = AudioSettings { trim_db: Some(30.0), ..Default::default() };
        assert_eq!(settings.prepare(clip()).unwrap(), settings.prepare(clip()).unwrap());
    }
}
