//! From controls to samples: glottal pulses and breath through a cascade of resonators (after Klatt 1980, JASA 67),
//! friction beside it, then the microphone.

use super::Recipe;
use super::prosody::{self, Prosody};
use super::speech::{self, CONTROL_HZ, Control, FORMANTS};
use super::voice::{Channel, Voice};
use crate::seed::{Stream, streams};
use std::f64::consts::{PI, TAU};

/// Renders a recipe to 16-bit steps in [-1, 1].
pub(super) fn render(recipe: &Recipe) -> Vec<f32> {
    let rate = recipe.sample_rate_hz as f64;
    let voice = Voice::of(recipe);
    let prosody = prosody::take(recipe).prosody;
    let seeds = recipe.seeds();
    let mut stream = seeds.stream(&[streams::SYNTH_SOUND, recipe.label.as_str()].concat(), &recipe.own());
    let controls = speech::plan(&seeds, recipe.sentence, recipe.seconds, &voice, &prosody, &mut stream);
    let silence = [0.1 + 0.15 * stream.uniform(), 0.1 + 0.15 * stream.uniform()].map(|s| (s * rate) as usize);
    let speech = speak(&controls, &voice, &prosody, rate, &mut stream);
    let level = 10_f64.powf((voice.level_db + prosody.level) / 20.0);
    record(&speech, silence, &voice.channel, level, 10_f64.powf(voice.level_db / 20.0), rate, &mut stream)
}

/// White noise of about unit variance: the sum of four uniform numbers, from one draw.
fn hiss(stream: &mut Stream) -> f64 {
    let bits = stream.bits();
    let sum: u64 = (0..4).map(|i| bits >> (16 * i) & 0xFFFF).sum();
    (sum as f64 / 65_536.0 - 2.0) * 3_f64.sqrt()
}

/// A resonator of two poles with gain 1 at 0 Hz.
#[derive(Debug, Clone, Copy, Default)]
struct Resonator {
    a: f64,
    b: f64,
    c: f64,
    y: [f64; 2],
}

impl Resonator {
    fn tune(&mut self, hz: f64, bandwidth_hz: f64, rate: f64) {
        let hz = hz.min(0.47 * rate);
        let radius = (-PI * bandwidth_hz / rate).exp();
        self.c = -radius * radius;
        self.b = 2.0 * radius * (TAU * hz / rate).cos();
        self.a = 1.0 - self.b - self.c;
    }

    fn step(&mut self, x: f64) -> f64 {
        let y = self.a * x + self.b * self.y[0] + self.c * self.y[1];
        self.y = [y, self.y[0]];
        y
    }
}

/// Everything below 1 kHz as it is, what lies above with a gain.
#[derive(Debug, Clone, Copy)]
struct Shelf {
    pole: f64,
    gain: f64,
    low: f64,
}

impl Shelf {
    fn new(db: f64, rate: f64) -> Self {
        Self { pole: 1.0 - (-TAU * 1_000.0 / rate).exp(), gain: 10_f64.powf(db / 20.0), low: 0.0 }
    }

    fn step(&mut self, x: f64) -> f64 {
        self.low += self.pole * (x - self.low);
        self.low + self.gain * (x - self.low)
    }
}

/// The glottal source: the derivative of Rosenberg's (1971) flow pulse, one period after the other.
#[derive(Debug)]
struct Glottis {
    phase: f64,
    strength: f64,
    period: f64,
}

impl Glottis {
    /// One sample, and how far the glottis is open (0 or 1). The closure is a step, which is rounded over two samples
    /// (polyBLEP) to keep it from aliasing.
    fn step(&mut self, hz: f64, rate: f64, open: f64, fall: f64, jitter: f64, stream: &mut Stream) -> (f64, f64) {
        let advance = hz * self.period / rate;
        self.phase += advance;
        if self.phase >= 1.0 {
            self.phase -= 1.0;
            self.period = (1.0 + jitter * stream.normal()).clamp(0.8, 1.25);
            self.strength = (1.0 + 3.0 * jitter * stream.normal()).clamp(0.5, 1.5);
        }
        let (rise, t) = (open - fall, self.phase);
        // In units of the steepest slope, at the closure.
        let slope = if t < rise {
            fall / rise * (PI * t / rise).sin()
        } else if t < open {
            -(0.5 * PI * (t - rise) / fall).sin()
        } else {
            0.0
        };
        let after = (t - open) / advance;
        let rounding = match after {
            a if (-1.0..0.0).contains(&a) => 0.5 * (a + 1.0) * (a + 1.0),
            a if (0.0..1.0).contains(&a) => -0.5 * (1.0 - a) * (1.0 - a),
            _ => 0.0,
        };
        (self.strength * (slope + rounding), if t < open { 1.0 } else { 0.0 })
    }
}

/// Speech without its surroundings, of no particular level.
fn speak(controls: &[Control], voice: &Voice, prosody: &Prosody, rate: f64, stream: &mut Stream) -> Vec<f64> {
    let step = rate / CONTROL_HZ;
    let length = (controls.len() as f64 * step) as usize;
    let breath = 0.05 * voice.breath * prosody.breath.exp();
    let open = (voice.open + 0.06 * prosody.breath).clamp(0.4, 0.85);
    // The brighter the voice, the faster the glottis closes.
    let fall = (0.16 * (-0.05 * (prosody.tilt + voice.tilt_db)).exp()).clamp(0.06, 0.3);
    let jitter = voice.jitter * prosody.rough.exp();
    let mut tilt = Shelf::new(voice.tilt_db + prosody.tilt, rate);
    let mut glottis = Glottis { phase: 0.0, strength: 1.0, period: 1.0 };
    let mut tract = [Resonator::default(); FORMANTS];
    let mut friction = Resonator::default();
    let mut out = Vec::with_capacity(length);
    let mut tuned = usize::MAX;
    for i in 0..length {
        let at = i as f64 / step;
        let frame = at as usize;
        let now = &controls[frame];
        let next = &controls[(frame + 1).min(controls.len() - 1)];
        if frame != tuned {
            tuned = frame;
            for ((resonator, hz), width) in tract.iter_mut().zip(now.formants).zip(now.bandwidths) {
                resonator.tune(hz, width, rate);
            }
            friction.tune(now.friction.1, 0.25 * now.friction.1, rate);
        }
        let between = |a: f64, b: f64| a + (b - a) * (at - frame as f64);
        let pitch = between(now.pitch_hz, next.pitch_hz);
        let (pulse, is_open) = glottis.step(pitch, rate, open, fall, jitter, stream);
        let noise = hiss(stream);
        let strength = between(now.voice, next.voice);
        let source = strength * (tilt.step(pulse) + breath * (0.4 + 0.6 * is_open) * noise);
        let voiced = tract.iter_mut().fold(source, |x, resonator| resonator.step(x));
        // The resonator's gain at its own frequency is undone, so that friction is as loud at every place.
        let loudness = now.friction.0 * 0.05 * friction.a.recip().min(1.0);
        out.push(voiced + friction.step(loudness * noise));
    }
    out
}

/// The microphone: reflection, resonance, tilt, low cut, level and noise, with silence before and after.
fn record(
    speech: &[f64],
    [before, after]: [usize; 2],
    channel: &Channel,
    level: f64,
    usual_level: f64,
    rate: f64,
    stream: &mut Stream,
) -> Vec<f32> {
    let mut sound = vec![0.0; before];
    sound.extend_from_slice(speech);
    sound.resize(before + speech.len() + after, 0.0);
    let delay = (channel.echo.0 * rate) as usize;
    for i in (delay..sound.len()).rev() {
        sound[i] += channel.echo.1 * sound[i - delay];
    }
    let mut tilt = Shelf::new(channel.tilt_db, rate);
    let mut peak = Resonator::default();
    peak.tune(channel.peak.0, channel.peak.0, rate);
    let peak_gain = 10_f64.powf(channel.peak.1 / 20.0) - 1.0;
    let cut = (-TAU * channel.low_cut_hz / rate).exp();
    let (mut last_in, mut last_out) = (0.0, 0.0);
    for x in &mut sound {
        let tilted = tilt.step(*x);
        let shaped = tilted + peak_gain * 0.5 * peak.step(tilted);
        last_out = cut * (last_out + shaped - last_in);
        last_in = shaped;
        *x = last_out;
    }
    let energy: f64 = sound.iter().map(|x| x * x).sum();
    let gain = level / (energy / speech.len().max(1) as f64).sqrt().max(1e-9);
    let colour = channel.noise_colour;
    // A one-pole low-pass of white noise has variance (1 - colour) / (1 + colour) when fed (1 - colour) of it.
    let noise_gain = usual_level * 10_f64.powf(-channel.snr_db / 20.0) * ((1.0 + colour) / (1.0 - colour)).sqrt();
    let mut dark = 0.0;
    let steps = sound.iter().map(|x| {
        dark += (1.0 - colour) * (hiss(stream) - dark);
        // Loud peaks are rounded off, as by a careful engineer, and never clip.
        let x = gain * x + noise_gain * dark;
        let limited = if x.abs() < 0.7 { x } else { x.signum() * (0.7 + 0.28 * ((x.abs() - 0.7) / 0.28).tanh()) };
        ((limited * 32_768.0).round() / 32_768.0) as f32
    });
    steps.collect()
}
