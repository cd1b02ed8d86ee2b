//! Voices: what stays the same in all that a speaker says, and the room and microphone he is recorded with.

use super::Recipe;
use super::speech::VOWELS;
use crate::seed::streams;

/// A speaker.
#[derive(Debug, Clone)]
pub(super) struct Voice {
    /// Neutral mean pitch, in Hz.
    pub pitch_hz: f64,
    /// Width of pitch movements, a factor.
    pub range: f64,
    /// Factor on all formants: the shorter the vocal tract, the higher.
    pub tract: f64,
    /// A factor on each of the first three formants of each vowel: the speaker's accent.
    pub accent: [[f64; 3]; VOWELS],
    /// Factor on formant bandwidths.
    pub bandwidth: f64,
    /// Spectral tilt above 1 kHz, in dB.
    pub tilt_db: f64,
    /// Breath noise, a factor.
    pub breath: f64,
    /// Irregularity of the periods (jitter), a share of the period.
    pub jitter: f64,
    /// Share of the period in which the glottis is open.
    pub open: f64,
    /// Tempo, a factor.
    pub tempo: f64,
    /// Loudness at the microphone, in dB of full scale.
    pub level_db: f64,
    /// The recording.
    pub channel: Channel,
}

/// A microphone in a room.
#[derive(Debug, Clone)]
pub(super) struct Channel {
    /// Where the low end is cut, in Hz.
    pub low_cut_hz: f64,
    /// Tilt above 1 kHz, in dB.
    pub tilt_db: f64,
    /// A broad resonance: its frequency in Hz and its gain in dB.
    pub peak: (f64, f64),
    /// One early reflection: its delay in seconds and its gain.
    pub echo: (f64, f64),
    /// Level of the speech above the noise, in dB, for a take of ordinary loudness.
    pub snr_db: f64,
    /// Colour of the noise: 0 white, towards 1 ever darker.
    pub noise_colour: f64,
}

/// Every second speaker is a woman.
pub(super) fn is_female(speaker: usize) -> bool {
    speaker % 2 == 1
}

impl Voice {
    /// The voice of the recipe's speaker. Pitch and tract lengths are those of adults: 118 and 205 Hz in the mean, tracts
    /// of women a sixth shorter (Peterson and Barney 1952).
    pub fn of(recipe: &Recipe) -> Self {
        let mut stream = recipe.seeds().stream(streams::SYNTH_VOICE, &[recipe.speaker as u64]);
        let mut spread = |mean: f64, deviation: f64| mean + deviation * stream.normal();
        let (pitch, tract) = if is_female(recipe.speaker) { (205.0, 1.16) } else { (118.0, 1.0) };
        let pitch_hz = pitch * spread(0.0, 0.10).clamp(-0.25, 0.25).exp();
        let tract = tract * spread(0.0, 0.035).exp();
        let accent = std::array::from_fn(|_| std::array::from_fn(|_| spread(0.0, 0.03).exp()));
        Self {
            pitch_hz,
            range: spread(0.0, 0.2).exp(),
            tract,
            accent,
            bandwidth: spread(0.0, 0.15).exp(),
            tilt_db: spread(0.0, 1.5),
            breath: spread(0.0, 0.3).exp(),
            jitter: 0.008 * spread(0.0, 0.3).exp(),
            open: spread(0.6, 0.04).clamp(0.45, 0.75),
            tempo: spread(0.0, 0.09).exp(),
            level_db: spread(-26.0, 3.0),
            channel: Channel {
                low_cut_hz: 100.0 * spread(0.0, 0.3).exp(),
                tilt_db: spread(0.0, 1.5),
                peak: (1_500.0 * spread(0.0, 0.5).exp(), spread(0.0, 2.0)),
                echo: (spread(0.010, 0.003).clamp(0.003, 0.02), spread(0.2, 0.08).clamp(0.0, 0.4)),
                snr_db: spread(recipe.snr_db, 4.0),
                noise_colour: spread(0.6, 0.25).clamp(0.0, 0.95),
            },
        }
    }
}
