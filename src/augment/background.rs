//! Recorded noise behind the voice.

use super::bank::{self, Bank};
use super::dsp::level::{add_at_snr, draw, ordered};
use super::{AugmentError, Effect};
use crate::kind::{Context, Problem};
use crate::seed::Stream;
use std::path::PathBuf;

crate::settings! {
    /// Adds a recording drawn from a folder: a random part of a long one, a short one over and over.
    pub struct Background {
        /// The folder; audio files in and below it are drawn with equal chances.
        pub folder: PathBuf = PathBuf::new(), needed: true;
        /// Signal-to-noise ratio in dB, drawn from this range. A silent clip, and one that meets a silent part of a noise,
        /// stays as it is.
        pub snr_db: [f64; 2] = [5.0, 25.0], in -60.0..=120.0;
    }
    check: Background::check;
}

impl Background {
    fn check(&self, _: &Context) -> Vec<Problem> {
        ordered("snr_db", self.snr_db).into_iter().chain(bank::unnamed(&self.folder)).collect()
    }
}

impl Effect for Background {
    fn waveform(&self, samples: &mut Vec<f32>, rate_hz: u32, stream: &mut Stream) -> Result<(), AugmentError> {
        let bank = Bank::of(&self.folder)?;
        let snr_db = draw(self.snr_db, stream);
        let sound = bank.sound(stream.below(bank.len()), rate_hz)?;
        // Long enough: any whole part of it. Too short: from any of its samples on, beginning again at its end.
        let starts = if sound.len() >= samples.len() { sound.len() - samples.len() + 1 } else { sound.len() };
        let start = stream.below(starts);
        let noise: Vec<f32> = sound.iter().cycle().skip(start).take(samples.len()).copied().collect();
        add_at_snr(samples, &noise, snr_db);
        Ok(())
    }

    fn folder_mut(&mut self) -> Option<&mut PathBuf> {
        Some(&mut self.folder)
    }
}

#[cfg(test)]
mod tests {
    use super::super::dsp::level::rms;
    use super::super::dsp::probe::{RATE_HZ, stream, tone};
    use super::*;
    use crate::audio::write_wav;

    fn added(noise: &[f32], clip: usize) -> (Vec<f32>, Vec<f32>) {
        let dir = tempfile::tempdir().unwrap();
        write_wav(&dir.path().join("noise.wav"), noise, RATE_HZ).unwrap();
        let background = Background { folder: dir.path().to_owned(), snr_db: [6.0; 2] };
        let x = tone(200.0, clip);
        let mut y = x.clone();
        background.waveform(&mut y, RATE_HZ, &mut stream(4)).unwrap();
        let difference = y.iter().zip(&x).map(|(a, b)| a - b).collect();
        (x, difference)
    }

    #[test]
    fn a_long_noise_gives_a_part_at_the_ratio_asked_for() {
        let (x, noise) = added(&tone(1500.0, 40_000), 10_000);
        assert!((20.0 * (rms(&x) / rms(&noise)).log10() - 6.0).abs() < 0.01);
    }

    #[test]
    fn a_short_noise_is_repeated_without_a_gap() {
        let (x, noise) = added(&[0.5, -0.5, 0.25], 3000);
        assert!((20.0 * (rms(&x) / rms(&noise)).log10() - 6.0).abs() < 0.01);
        assert!(noise.windows(4).all(|w| (w[0] - w[3]).abs() < 1e-5 && w[0] != 0.0));
    }

    #[test]
    fn a_silent_noise_beside_another_changes_nothing_and_alone_it_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let background = Background { folder: dir.path().to_owned(), snr_db: [6.0; 2] };
        let noisy = |seed| {
            let mut y = tone(200.0, 3000);
            background.waveform(&mut y, RATE_HZ, &mut stream(seed)).map(|()| y)
        };
        write_wav(&dir.path().join("a.wav"), &[0.0; 100], RATE_HZ).unwrap();
        assert!(noisy(0).unwrap_err().to_string().contains("are silent and would change nothing"));
        write_wav(&dir.path().join("b.wav"), &[0.5, -0.5], RATE_HZ).unwrap();
        let same = (0..20).filter(|seed| noisy(*seed).unwrap() == tone(200.0, 3000)).count();
        assert!((1..20).contains(&same), "{same}");
    }
}
