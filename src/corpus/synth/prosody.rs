//! How emotions are spoken: what a label does to pitch, tempo, loudness, voice quality and articulation.
//!
//! Directions and rough sizes follow the reviews of vocal expression (Scherer 2003, Speech Communication 40;
//! Juslin and Laukka 2003, Psychological Bulletin 129): anger and joy high, wide, loud and bright; fear high, fast and
//! breathy; sadness low, narrow, slow, soft and dull; disgust low and slow; boredom and calm close to neutral.

use super::Recipe;
use crate::seed::{Stream, streams};

/// A way of speaking, as differences from a neutral one.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Prosody {
    /// Mean pitch, in semitones.
    pub pitch: f64,
    /// Width of pitch movements, natural logarithm of a factor.
    pub range: f64,
    /// Pitch at the end against the start, in semitones.
    pub slope: f64,
    /// Tempo, natural logarithm of a factor.
    pub tempo: f64,
    /// Loudness, in dB.
    pub level: f64,
    /// Spectral tilt above 1 kHz, in dB.
    pub tilt: f64,
    /// Breath noise, natural logarithm of a factor.
    pub breath: f64,
    /// Depth of a 5.5 Hz tremor of the pitch, in semitones.
    pub tremor: f64,
    /// Irregularity of the periods, natural logarithm of a factor.
    pub rough: f64,
    /// All formants (spread or rounded lips), natural logarithm of a factor.
    pub lips: f64,
    /// The first formant (an open or a narrow mouth), natural logarithm of a factor.
    pub mouth: f64,
    /// Articulation: how far vowels lie from the neutral one, natural logarithm of a factor.
    pub clarity: f64,
}

const N: usize = 12;

impl Prosody {
    const fn of(v: [f64; N]) -> Self {
        let [pitch, range, slope, tempo, level, tilt, breath, tremor, rough, lips, mouth, clarity] = v;
        Self { pitch, range, slope, tempo, level, tilt, breath, tremor, rough, lips, mouth, clarity }
    }

    fn values(&self) -> [f64; N] {
        let Self { pitch, range, slope, tempo, level, tilt, breath, tremor, rough, lips, mouth, clarity } = *self;
        [pitch, range, slope, tempo, level, tilt, breath, tremor, rough, lips, mouth, clarity]
    }

    fn plus(&self, other: &Self, factor: f64) -> Self {
        let (a, b) = (self.values(), other.values());
        Self::of(std::array::from_fn(|i| a[i] + factor * b[i]))
    }

    /// Normally distributed around neutral, with these standard deviations.
    fn draw(&self, stream: &mut Stream) -> Self {
        Self::of(self.values().map(|deviation| deviation * stream.normal()))
    }
}

/// What each label does when it is acted with ordinary strength.
pub(super) const PROFILES: [(&str, Prosody); 9] = [
    //                       pitch range slope tempo level tilt breath tremor rough lips  mouth clarity
    ("angry", Prosody::of([3.5, 0.35, -1.5, 0.08, 4.0, 8.0, -0.6, 0.0, 0.5, 0.00, 0.12, 0.20])),
    ("bored", Prosody::of([-1.5, -0.60, -0.5, -0.14, -3.0, -3.5, 0.2, 0.0, 0.1, -0.01, -0.04, -0.30])),
    ("calm", Prosody::of([-1.0, -0.25, 0.0, -0.08, -3.0, -3.0, 0.5, 0.0, -0.3, 0.00, 0.00, 0.00])),
    ("disgust", Prosody::of([-2.5, 0.00, -2.5, -0.13, -0.5, 2.5, -0.2, 0.0, 1.1, -0.06, -0.12, 0.00])),
    ("fearful", Prosody::of([5.5, -0.30, 1.0, 0.12, 0.0, -0.5, 1.1, 0.9, 0.3, 0.01, -0.06, -0.15])),
    ("happy", Prosody::of([4.0, 0.55, 2.0, 0.04, 2.5, 2.5, 0.1, 0.0, -0.2, 0.08, 0.04, 0.15])),
    ("neutral", Prosody::of([0.0; N])),
    ("sad", Prosody::of([-1.0, -0.55, -0.5, -0.14, -4.0, -7.0, 0.9, 0.2, 0.0, -0.02, -0.06, -0.25])),
    ("surprised", Prosody::of([5.0, 0.70, 5.0, -0.02, 1.5, 1.5, 0.3, 0.0, -0.1, -0.02, 0.10, 0.10])),
];

/// How far a speaker's manner of acting one label lies from the common one.
const MANNER: Prosody = Prosody::of([0.9, 0.12, 0.7, 0.05, 1.5, 1.0, 0.2, 0.10, 0.20, 0.008, 0.02, 0.05]);

/// How far one take lies from another.
const TAKE: Prosody = Prosody::of([0.9, 0.15, 0.8, 0.07, 3.5, 0.9, 0.2, 0.08, 0.2, 0.008, 0.02, 0.05]);

/// One take's way of speaking.
#[derive(Debug, Clone, Copy)]
pub(super) struct Take {
    /// The way of speaking.
    pub prosody: Prosody,
    /// How strongly the label was acted; 1 is ordinary.
    pub intensity: f64,
}

impl Take {
    /// The intensity as corpora write it.
    pub fn intensity_word(&self) -> &'static str {
        match self.intensity {
            i if i < 0.8 => "low",
            i if i < 1.15 => "medium",
            _ => "high",
        }
    }
}

/// Draws how a clip is spoken: the label's profile, as strongly as this take and this speaker act, in this speaker's
/// manner, with the chance of the take. One take in sixteen is hardly acted at all, as in every acted corpus.
pub(super) fn take(recipe: &Recipe) -> Take {
    let seeds = recipe.seeds();
    let mut stream = seeds.stream(&[streams::SYNTH_TAKE, recipe.label.as_str()].concat(), &recipe.own());
    let strength = stream.between(0.7, 1.4);
    let intensity = if stream.chance(1.0 / 16.0) { 0.3 * strength } else { strength };
    let speaker = [recipe.speaker as u64];
    let temper = (0.2 * recipe.variation * seeds.stream(streams::SYNTH_TEMPER, &speaker).normal()).exp();
    let manner = MANNER.draw(&mut seeds.stream(&[streams::SYNTH_MANNER, recipe.label.as_str()].concat(), &speaker));
    let profile = PROFILES.iter().find(|(label, _)| *label == recipe.label).map(|(_, p)| *p).unwrap_or_default();
    let prosody = Prosody::default()
        .plus(&profile, intensity * temper * recipe.expressiveness)
        .plus(&manner, recipe.variation * recipe.expressiveness.min(1.0))
        .plus(&TAKE.draw(&mut stream), recipe.variation);
    Take { prosody, intensity }
}
