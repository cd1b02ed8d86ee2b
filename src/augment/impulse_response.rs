//! Rooms, telephones and loudspeakers by their impulse responses.

use super::bank::{self, Bank};
use super::dsp::fft::convolve;
use super::dsp::level::{rms, scale};
use super::{AugmentError, Effect};
use crate::kind::{Context, Problem};
use crate::seed::Stream;
use std::path::PathBuf;

crate::settings! {
    /// Convolves the clip with an impulse response drawn from a folder. The direct sound (the response's largest sample)
    /// stays where the voice was, and the clip's root mean square stays what it was.
    pub struct ImpulseResponse {
        /// The folder; audio files in and below it are drawn with equal chances.
        pub folder: PathBuf = PathBuf::new(), needed: true;
        /// Whether the clip keeps its length; otherwise the reverberation rings out after it.
        pub keep_length: bool = true;
    }
    check: ImpulseResponse::check;
}

impl ImpulseResponse {
    fn check(&self, _: &Context) -> Vec<Problem> {
        bank::unnamed(&self.folder).into_iter().collect()
    }
}

impl Effect for ImpulseResponse {
    fn waveform(&self, samples: &mut Vec<f32>, rate_hz: u32, stream: &mut Stream) -> Result<(), AugmentError> {
        let bank = Bank::of(&self.folder)?;
        let response = bank.sound(stream.below(bank.len()), rate_hz)?;
        let largest = response.iter().enumerate().max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()));
        let Some((direct, _)) = largest.filter(|(_, v)| **v != 0.0) else { return Ok(()) };
        let mut wet = convolve(samples, &response);
        wet.drain(..direct);
        if self.keep_length {
            wet.truncate(samples.len());
        }
        let (before, after) = (rms(samples), rms(&wet[..samples.len()]));
        // A clip that the response removes (a click in its last samples) has no level to bring back.
        if after > before * 1e-9 {
            scale(&mut wet, before / after);
            *samples = wet;
        }
        Ok(())
    }

    fn folder_mut(&mut self) -> Option<&mut PathBuf> {
        Some(&mut self.folder)
    }
}

#[cfg(test)]
mod tests {
    use super::super::dsp::probe::{RATE_HZ, stream, tone};
    use super::*;
    use crate::audio::write_wav;

    fn in_room(response: &[f32], keep_length: bool, x: &[f32]) -> Vec<f32> {
        let dir = tempfile::tempdir().unwrap();
        write_wav(&dir.path().join("room.wav"), response, RATE_HZ).unwrap();
        let mut y = x.to_vec();
        let room = ImpulseResponse { folder: dir.path().to_owned(), keep_length };
        room.waveform(&mut y, RATE_HZ, &mut stream(0)).unwrap();
        y
    }

    #[test]
    fn an_impulse_changes_nothing_however_late_it_comes() {
        let x = tone(300.0, 5000);
        for response in [vec![0.5], [vec![0.0; 700], vec![-0.5]].concat()] {
            let y = in_room(&response, true, &x);
            let sign = if response.len() > 1 { -1.0 } else { 1.0 };
            assert!(x.iter().zip(&y).all(|(a, b)| (a - sign * b).abs() < 1e-5));
        }
    }

    #[test]
    fn an_echo_follows_its_sound() {
        let mut x = vec![0.0; 1000];
        x[100] = 1.0;
        let mut response = vec![0.0; 301];
        (response[0], response[300]) = (0.8, 0.4);
        let y = in_room(&response, true, &x);
        assert!((y[400] / y[100] - 0.5).abs() < 1e-3, "{} {}", y[400], y[100]);
        assert!((rms(&y) / rms(&x) - 1.0).abs() < 1e-3);
        assert_eq!((y.len(), in_room(&response, false, &x).len()), (1000, 1300));
    }

    #[test]
    fn a_silent_clip_is_left_alone_and_a_folder_of_silent_responses_refused() {
        assert_eq!(in_room(&[0.5, 0.2], true, &[0.0; 50]), [0.0; 50]);
        let dir = tempfile::tempdir().unwrap();
        write_wav(&dir.path().join("room.wav"), &[0.0; 10], RATE_HZ).unwrap();
        let room = ImpulseResponse { folder: dir.path().to_owned(), keep_length: true };
        let refused = room.waveform(&mut tone(300.0, 500), RATE_HZ, &mut stream(0)).unwrap_err();
        assert!(refused.to_string().contains("are silent"), "{refused}");
    }
}
