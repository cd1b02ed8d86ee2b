//! Sentences: sequences of sounds, and their targets for the vocal tract over time.

use super::prosody::Prosody;
use super::voice::Voice;
use crate::seed::{Seeds, Stream, streams};

/// Number of vowels.
pub(super) const VOWELS: usize = 9;
/// Formants that move.
pub(super) const FORMANTS: usize = 4;
/// Control frames a second.
pub(super) const CONTROL_HZ: f64 = 200.0;

/// The first three formants of vowels of men, in Hz, rounded (Peterson and Barney 1952).
const VOWEL_HZ: [[f64; 3]; VOWELS] = [
    [270.0, 2290.0, 3010.0], // heed
    [390.0, 1990.0, 2550.0], // hid
    [530.0, 1840.0, 2480.0], // head
    [660.0, 1720.0, 2410.0], // had
    [730.0, 1090.0, 2440.0], // hod
    [570.0, 840.0, 2410.0],  // hawed
    [440.0, 1020.0, 2240.0], // hood
    [300.0, 870.0, 2240.0],  // who'd
    [640.0, 1190.0, 2390.0], // hud
];

/// The vowel in the middle, towards which careless speech drifts.
const NEUTRAL_HZ: [f64; 3] = [500.0, 1500.0, 2500.0];

/// One sound.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Sound {
    Vowel {
        which: usize,
        stressed: bool,
    },
    /// Noise around a frequency in Hz, with or without the voice.
    Fricative {
        hz: f64,
        gain: f64,
        voiced: bool,
    },
    /// A closure, then a burst around a frequency.
    Plosive {
        hz: f64,
        voiced: bool,
    },
    Nasal {
        second_hz: f64,
    },
    /// A vowel-like consonant.
    Glide {
        formants: [f64; 3],
    },
}

const CONSONANTS: [Sound; 14] = [
    Sound::Fricative { hz: 6_000.0, gain: 0.9, voiced: false }, // s
    Sound::Fricative { hz: 3_200.0, gain: 1.0, voiced: false }, // sh
    Sound::Fricative { hz: 5_000.0, gain: 0.3, voiced: false }, // f
    Sound::Fricative { hz: 5_500.0, gain: 0.4, voiced: true },  // z
    Sound::Plosive { hz: 1_200.0, voiced: false },              // p
    Sound::Plosive { hz: 4_500.0, voiced: false },              // t
    Sound::Plosive { hz: 2_000.0, voiced: false },              // k
    Sound::Plosive { hz: 3_800.0, voiced: true },               // d
    Sound::Plosive { hz: 1_800.0, voiced: true },               // g
    Sound::Nasal { second_hz: 1_100.0 },                        // m
    Sound::Nasal { second_hz: 1_500.0 },                        // n
    Sound::Glide { formants: [350.0, 1_300.0, 2_600.0] },       // l
    Sound::Glide { formants: [330.0, 1_250.0, 1_600.0] },       // r
    Sound::Glide { formants: [290.0, 700.0, 2_200.0] },         // w
];

/// What the vocal tract does in one control frame.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Control {
    /// Formant frequencies, in Hz.
    pub formants: [f64; FORMANTS],
    /// Their bandwidths, in Hz.
    pub bandwidths: [f64; FORMANTS],
    /// Strength of the voice, from 0 to about 1.
    pub voice: f64,
    /// Strength of friction noise, and its frequency in Hz.
    pub friction: (f64, f64),
    /// Pitch, in Hz.
    pub pitch_hz: f64,
}

/// The sounds of a sentence, the same for every speaker: syllables of a consonant and a vowel, some closed, about five a
/// second.
fn sentence(seeds: &Seeds, number: usize, seconds: f64) -> Vec<Sound> {
    let mut stream = seeds.stream(streams::SYNTH_SENTENCE, &[number as u64]);
    let syllables = ((seconds - 0.35) / 0.2).round().max(1.0) as usize;
    let mut sounds = Vec::new();
    for syllable in 0..syllables {
        let stressed = syllable % 2 == number % 2 || stream.chance(0.2);
        if syllable > 0 || stream.chance(0.8) {
            sounds.push(CONSONANTS[stream.below(CONSONANTS.len())]);
        }
        sounds.push(Sound::Vowel { which: stream.below(VOWELS), stressed });
        if stream.chance(0.3) {
            sounds.push(CONSONANTS[stream.below(CONSONANTS.len())]);
        }
    }
    sounds
}

impl Sound {
    /// Its usual length in seconds, before the tempo.
    fn seconds(self) -> f64 {
        match self {
            Self::Vowel { stressed: true, .. } => 0.14,
            Self::Vowel { stressed: false, .. } => 0.09,
            Self::Fricative { .. } => 0.09,
            Self::Plosive { .. } => 0.07,
            Self::Nasal { .. } | Self::Glide { .. } => 0.065,
        }
    }

    /// The control at `at`, from 0 to 1, within the sound.
    fn control(self, at: f64, voice: &Voice, prosody: &Prosody) -> Control {
        let clarity = prosody.clarity.exp();
        let (lips, mouth) = (prosody.lips.exp() * voice.tract, prosody.mouth.exp());
        let shaped = |hz: [f64; 3], accent: [f64; 3], width: [f64; 3], strength: f64, friction: (f64, f64)| {
            let clear = |i: usize| NEUTRAL_HZ[i] + clarity * (hz[i] - NEUTRAL_HZ[i]);
            let formant = |i: usize| clear(i).max(200.0) * accent[i] * lips * if i == 0 { mouth } else { 1.0 };
            Control {
                formants: [formant(0), formant(1), formant(2), 3_500.0 * lips],
                bandwidths: [width[0], width[1], width[2], 220.0].map(|w| w * voice.bandwidth),
                voice: strength,
                friction,
                pitch_hz: 0.0,
            }
        };
        let (plain, oral) = ([1.0; 3], [70.0, 100.0, 150.0]);
        match self {
            Self::Vowel { which, stressed } => {
                let strength = if stressed { 1.0 } else { 0.75 };
                shaped(VOWEL_HZ[which], voice.accent[which], oral, strength, (0.0, 4_000.0))
            }
            Self::Fricative { hz, gain, voiced } => {
                let strength = if voiced { 0.3 } else { 0.0 };
                shaped([350.0, 1_600.0, 2_500.0], plain, [100.0, 150.0, 200.0], strength, (gain, hz * voice.tract))
            }
            Self::Plosive { hz, voiced } => {
                let burst = if (0.65..0.9).contains(&at) { 1.0 } else { 0.0 };
                let strength = if voiced { 0.12 } else { 0.0 };
                shaped([300.0, 1_500.0, 2_500.0], plain, [120.0, 160.0, 200.0], strength, (burst, hz * voice.tract))
            }
            Self::Nasal { second_hz } => {
                shaped([260.0, second_hz, 2_300.0], plain, [90.0, 300.0, 350.0], 0.45, (0.0, 4_000.0))
            }
            Self::Glide { formants } => shaped(formants, plain, [80.0, 120.0, 170.0], 0.6, (0.0, 4_000.0)),
        }
    }
}

/// The controls of a whole sentence, in frames of 1 / [`CONTROL_HZ`] seconds, smoothed as a tongue moves; without the
/// silence around it.
pub(super) fn plan(
    seeds: &Seeds,
    number: usize,
    seconds: f64,
    voice: &Voice,
    prosody: &Prosody,
    stream: &mut Stream,
) -> Vec<Control> {
    let sounds = sentence(seeds, number, seconds);
    // Neutral speech at an ordinary tempo fills the clip but for the silence around it.
    let natural: f64 = sounds.iter().map(|s| s.seconds()).sum();
    let stretch = (seconds - 0.35).max(0.15) / natural / (voice.tempo * prosody.tempo.exp());
    let mut controls = Vec::new();
    let mut accents = Vec::new();
    for sound in &sounds {
        let frames = sound.seconds() * stretch * (0.08 * stream.normal()).exp() * CONTROL_HZ;
        let frames = (frames.round() as usize).max(2);
        if let Sound::Vowel { stressed: true, .. } = sound {
            accents.push((controls.len() + frames / 2, 1.0 + 0.3 * stream.normal()));
        }
        controls.extend((0..frames).map(|i| sound.control((i as f64 + 0.5) / frames as f64, voice, prosody)));
    }
    smooth(&mut controls);
    let count = controls.len();
    let range = voice.range * prosody.range.exp();
    let wobble = stream.between(0.0, 1.0);
    for (i, control) in controls.iter_mut().enumerate() {
        let at = i as f64 / count as f64;
        let bump = |(middle, height): &(usize, f64)| {
            let distance = (i as f64 - *middle as f64) / (0.09 * CONTROL_HZ * stretch);
            height * (-0.5 * distance * distance).exp()
        };
        let accent: f64 = accents.iter().map(bump).sum();
        let tremor = prosody.tremor.max(0.0) * (std::f64::consts::TAU * (5.5 * i as f64 / CONTROL_HZ + wobble)).sin();
        // Three semitones down over a sentence and three up on an accent: ordinary declarative speech.
        let semitones = prosody.pitch + (prosody.slope - 3.0) * (at - 0.5) + 3.0 * range * (accent - 0.5) + tremor;
        control.pitch_hz = (voice.pitch_hz * (semitones / 12.0).exp2()).clamp(50.0, 600.0);
        control.voice *= 1.0 - 0.35 * at;
    }
    controls
}

/// Moving averages: formants take 45 ms, the voice 25 ms; friction starts and ends at once.
fn smooth(controls: &mut [Control]) {
    let raw = controls.to_vec();
    for (i, control) in controls.iter_mut().enumerate() {
        let around = |reach: usize| &raw[i.saturating_sub(reach)..(i + reach + 1).min(raw.len())];
        let mean = |reach: usize, of: &dyn Fn(&Control) -> f64| {
            let frames = around(reach);
            frames.iter().map(of).sum::<f64>() / frames.len() as f64
        };
        control.formants = std::array::from_fn(|f| mean(4, &|c| c.formants[f]));
        control.bandwidths = std::array::from_fn(|f| mean(4, &|c| c.bandwidths[f]));
        control.voice = mean(2, &|c| c.voice);
    }
}
