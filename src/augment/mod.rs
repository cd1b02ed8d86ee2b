//! Augmentation: what is done to training rows, and to no other, so that a network sees more than was recorded.
//!
//! A spec lists [`Step`]s. Each holds one [`Transform`], the probability with which it is applied and whether it makes
//! offline copies. A transform works at one [`Stage`]: on the samples of a clip ([`waveform`]), on its features,
//! all alike ([`clip`]) or each for itself ([`spectrogram`]), or on a whole batch ([`batch`]); the stage follows from the kind.
//!
//! All randomness comes from the stream that is passed in. Each step draws from a stream of its own, named after its
//! kind: leaving one step out (an ablation) does not change what the others draw.
//!
//! To add one: write `src/augment/<kind>.rs` with its settings, its `Effect` and its tests, and add a line to the list of
//! [`Transform`]. The tests over all kinds then cover it. Raise
//! [`VERSION`] whenever the output of an existing kind changes.

#[macro_use]
mod either;

mod bank;
mod dsp;
mod error;
mod step;

#[cfg(test)]
mod tests;

pub use error::AugmentError;
pub use mixup::{Mix, batch, mixup};
pub use spec_augment::Fill;
pub use step::Step;

use crate::features::{Feature, Frames};
use crate::kind::Kinds;
use crate::seed::{Seeds, Stream};
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// Part of every cache key: raised whenever the output of a transform changes for the same settings and stream.
pub const VERSION: u32 = 1;

/// Where in the way from clip to batch a transform works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// On the samples of one clip.
    Waveform,
    /// On all features of one clip alike.
    Clip,
    /// On each feature of one clip for itself.
    Spectrogram,
    /// On the rows of one batch.
    Batch,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Waveform => "waveform",
            Self::Clip => "clip",
            Self::Spectrogram => "spectrogram",
            Self::Batch => "batch",
        })
    }
}

crate::kinds! {
    /// What can be done to training rows.
    pub enum Transform("augmentation") as Effect {
        /// Nothing: makes a twin of a clip, to measure what a copy alone is worth.
        "identity" => identity::Identity,
        /// White Gaussian noise at a signal-to-noise ratio or at a share of the clip's maximum.
        "noise" => noise::Noise,
        /// Noise whose power falls with frequency (pink, brown, ...) at a signal-to-noise ratio.
        "coloured-noise" => coloured_noise::ColouredNoise,
        /// Recorded noise from a folder, at a signal-to-noise ratio.
        "background" => background::Background,
        /// The sound of a room: convolution with an impulse response from a folder.
        "impulse-response" => impulse_response::ImpulseResponse,
        /// Louder or quieter.
        "gain" => gain::Gain,
        /// The sign of every sample turned.
        "polarity" => polarity::Polarity,
        /// Peaks cut off, as an overdriven microphone does.
        "clipping" => clipping::Clipping,
        /// Earlier or later in time.
        "shift" => shift::Shift,
        /// Higher or lower, as long as before (phase vocoder and resampling).
        "pitch" => pitch::Pitch,
        /// Faster or slower at the same pitch (phase vocoder).
        "stretch" => stretch::Stretch,
        /// Faster and higher, or slower and lower, as a tape does (resampling).
        "speed" => speed::Speed,
        /// A stretch of the clip silenced.
        "time-mask" => time_mask::TimeMask,
        /// High frequencies removed.
        "low-pass" => low_pass::LowPass,
        /// Low frequencies removed.
        "high-pass" => high_pass::HighPass,
        /// Only a band of frequencies kept.
        "band-pass" => band_pass::BandPass,
        /// Faster or slower, on the features: all of a clip stretched in time alike.
        "frame-stretch" => frame_stretch::FrameStretch,
        /// A longer or shorter vocal tract, on the features: bins warped.
        "bin-warp" => bin_warp::BinWarp,
        /// Louder or quieter, on the features: levels shifted.
        "level-shift" => level_shift::LevelShift,
        /// Bands of frequencies and stretches of time masked in the features (SpecAugment).
        "spec-augment" => spec_augment::SpecAugment,
        /// Rows of a batch blended with each other, and their labels too (mixup).
        "mixup" => mixup::MixUp,
        /// One step of a list, drawn at random.
        "one-of" => one_of::OneOf,
        /// Some steps of a list, drawn at random and applied in the order of the list.
        "some-of" => some_of::SomeOf,
    }
}

/// What every kind of [`Transform`] does; it implements only what its stage needs.
trait Effect {
    /// Where it works.
    fn stage(&self) -> Stage {
        Stage::Waveform
    }

    /// Changes the samples of one clip. `samples` is not empty before and must not be empty after.
    fn waveform(&self, _samples: &mut Vec<f32>, _rate_hz: u32, _stream: &mut Stream) -> Result<(), AugmentError> {
        Ok(())
    }

    /// Changes all features of one clip alike.
    fn clip(&self, _features: &[Feature], _frames: &mut [Frames], _stream: &mut Stream) {}

    /// Changes one feature of one clip; `floor` is what silence is in each bin.
    fn spectrogram(&self, _frames: &mut Frames, _floor: &[f32], _stream: &mut Stream) {}

    /// Why it would leave clips of these features as they are, where it would.
    fn idle(&self, _features: &[Feature]) -> Option<&'static str> {
        None
    }

    /// The folder its sounds are read from, to be rewritten.
    fn folder_mut(&mut self) -> Option<&mut PathBuf> {
        None
    }

    /// The steps it is composed of, to be rewritten.
    fn members_mut(&mut self) -> &mut [Step] {
        &mut []
    }
}

impl Transform {
    /// Where this transform works; a composition works where its first member does.
    pub fn stage(&self) -> Stage {
        self.kind().stage()
    }

    /// Why this transform would leave clips of these features as they are, where it would.
    pub fn idle(&self, features: &[Feature]) -> Option<&'static str> {
        self.kind().idle(features)
    }
}

/// Applies the waveform steps in order, each with its probability; steps of other stages are passed over.
///
/// `stream` is the clip's own. The length may change. An empty clip is left as it is.
///
/// # Errors
/// A folder of sounds that cannot be used, or a step whose output is not finite.
pub fn waveform(
    steps: &[Step],
    samples: &mut Vec<f32>,
    sample_rate_hz: u32,
    stream: &mut Stream,
) -> Result<(), AugmentError> {
    for (step, mut own) in at_stage(steps, Stage::Waveform, stream) {
        step.waveform(samples, sample_rate_hz, &mut own)?;
    }
    Ok(())
}

/// Applies the steps that change all features of a clip alike, in order, each with its probability; steps of other stages are passed
/// over, and where there are no others nothing is drawn.
///
/// `frames` are those of `features`, one by one. Their number may change, for all features in the same way. `stream` is the clip's own.
pub fn clip(steps: &[Step], features: &[Feature], frames: &mut [Frames], stream: &mut Stream) {
    if steps.iter().all(|step| step.transform.stage() != Stage::Clip) {
        return;
    }
    for (step, mut own) in at_stage(steps, Stage::Clip, stream) {
        step.clip(features, frames, &mut own);
    }
}

/// Applies the spectrogram steps in order, each with its probability; steps of other stages are passed over.
///
/// `frames` has the shape [bins, frames]. `floor` is what silence is in each bin, one value a bin (a single value stands
/// for all bins, none for 0). `stream` is the clip's own.
pub fn spectrogram(steps: &[Step], frames: &mut Frames, floor: &[f32], stream: &mut Stream) {
    for (step, mut own) in at_stage(steps, Stage::Spectrogram, stream) {
        step.spectrogram(frames, floor, &mut own);
    }
}

/// What identifies the outcome of these steps in a cache key: [`VERSION`] and every setting as JSON, folders of sounds by
/// their content instead of their path.
///
/// # Errors
/// A folder of sounds that cannot be read or holds no audio.
pub fn content_key(steps: &[Step]) -> Result<Vec<u8>, AugmentError> {
    let mut steps = steps.to_vec();
    for step in &mut steps {
        step.rewrite_folders(&mut |folder| {
            *folder = PathBuf::from(bank::fingerprint(folder)?);
            Ok(())
        })?;
    }
    let json =
        serde_json::to_vec(&(VERSION, steps)).expect("settings are numbers, texts and lists, which JSON can hold");
    Ok(json)
}

/// The steps of one stage, each with the stream that belongs to its kind and its place among the steps of that kind.
fn at_stage<'a>(steps: &'a [Step], stage: Stage, stream: &mut Stream) -> impl Iterator<Item = (&'a Step, Stream)> {
    let root = Seeds::new(stream.bits());
    let mut seen: BTreeMap<&str, u64> = BTreeMap::new();
    steps.iter().filter(move |step| step.transform.stage() == stage).map(move |step| {
        let name = step.transform.name();
        let nth = seen.entry(name).or_insert(0);
        *nth += 1;
        (step, root.stream(name, &[*nth]))
    })
}
