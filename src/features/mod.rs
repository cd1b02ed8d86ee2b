//! Features: from a clip's samples to what a network is fed.
//!
//! A [`Feature`] is a kind and its settings; [`Feature::extract`] turns mono samples into [`Frames`], [bins, frames].
//! [`extract_all`] and [`Extractor`] compute several at once and share the Fourier transform between them. Definitions are
//! librosa's, and the tests hold them against its arrays. From there [`Length`] says how many frames a network sees,
//! [`assemble`] pads, crops and stacks features into one input, and a [`Scaler`], fitted to training rows only, scales it.
//!
//! One kind is not computed: `external` stands for arrays made elsewhere, which `data/` finds and reads.
//!
//! To add one: write `src/features/<name>.rs` with a `settings!` table, its `Compute` (bins, framing, problems, floor) and its
//! `Kernel` (the computation), then add a line to the list of [`Feature`]. The tests over all kinds cover it on arrival; add its librosa call to `scripts/make_golden.py`. Where
//! a feature's numbers change, raise [`VERSION`], or caches go on serving the old ones.

mod cache;
mod decibel;
mod delta;
mod error;
mod extract;
mod floor;
mod frames;
mod frames_csv;
mod framing;
#[cfg(test)]
mod golden_tests;
mod length;
mod mel_filters;
mod placement;
mod resize;
mod scaler;
mod stack;
mod stft;
#[cfg(test)]
mod tests;
mod used_length;
mod views;

pub use cache::{Cache, Key, Stats, key};
pub use decibel::{Decibels, Reference};
pub use delta::{Deltas, delta};
pub use energy::EnergyScale;
pub use error::FeatureError;
pub use external::{Lies, TimeAxis};
pub use extract::{Extractor, extract_all};
pub use f0::Unvoiced;
pub use floor::{Floor, Level};
pub use frames::Frames;
pub use frames_csv::write_csv;
pub use framing::{Framing, PadMode};
pub use length::Length;
pub use log_mel::Levels;
pub use mel_filters::{MelBands, MelFilters, MelNorm, hz_to_mel, mel_to_hz};
pub use placement::{Crop, Lie, Pad, Place, Share};
pub use scaler::{
    ClipStandard, MinMax, NoScaling, Over, Per, Scale, Scaler, SpeakerRows, SpeakerStandard, Standard, TrainingRows,
};
pub use stack::{Shape, Stack, assemble};
pub use stft::{Spectra, SpectrumKinds, Stft, StftSettings, periodic_hann};
pub use used_length::UsedLength;
pub use views::{View, Views};

use crate::kind::Kinds;
use extract::{Compute, Define};

/// Part of every cache key: raised when a feature's numbers change.
pub const VERSION: u32 = 1;

crate::kinds! {
    /// What is computed of a clip: one entry of a spec's `features`.
    pub enum Feature("feature") as Define {
        /// Zero-crossing rate, one bin.
        "zcr" => zcr::Zcr,
        /// Short-time energy, linear or in dB, one bin.
        "energy" => energy::Energy,
        /// Root mean square, one bin.
        "rms" => rms::Rms,
        /// Mel spectrogram, linear.
        "mel" => mel::Mel,
        /// Mel spectrogram in dB.
        "log-mel" => log_mel::LogMel,
        /// Mel-frequency cepstral coefficients, with deltas where asked for.
        "mfcc" => mfcc::Mfcc,
        /// Middle of the spectrum in Hz, one bin.
        "spectral-centroid" => spectral_centroid::SpectralCentroid,
        /// Spread of the spectrum in Hz, one bin.
        "spectral-bandwidth" => spectral_bandwidth::SpectralBandwidth,
        /// Frequency below which most of the spectrum lies, one bin.
        "spectral-rolloff" => spectral_rolloff::SpectralRolloff,
        /// How much the spectrum is like noise, one bin.
        "spectral-flatness" => spectral_flatness::SpectralFlatness,
        /// Peaks against valleys in octave bands, in dB.
        "spectral-contrast" => spectral_contrast::SpectralContrast,
        /// Power by pitch class.
        "chroma" => chroma::Chroma,
        /// Fundamental frequency in Hz, one bin.
        "f0" => f0::F0,
        /// Arrays made elsewhere, one a clip: embeddings, openSMILE's functionals, spectrograms.
        "external" => external::External,
    }
}

impl Feature {
    /// The feature of one clip of mono samples in [-1, 1].
    ///
    /// # Errors
    /// Settings with problems, an empty clip, a sample that is not finite, or fewer frames than a delta needs.
    pub fn extract(&self, samples: &[f32], sample_rate_hz: u32) -> Result<Frames, FeatureError> {
        let mut all = extract_all(std::slice::from_ref(self), samples, sample_rate_hz)?;
        Ok(all.remove(0))
    }

    /// The feature made ready for many clips at one sample rate.
    ///
    /// # Errors
    /// [`FeatureError::Settings`] where the settings have problems.
    pub fn prepare(&self, sample_rate_hz: u32) -> Result<Extractor, FeatureError> {
        Extractor::new(std::slice::from_ref(self), sample_rate_hz)
    }

    /// How it is computed.
    fn computed(&self) -> Result<&dyn Compute, FeatureError> {
        self.kind().computed().ok_or(FeatureError::NotComputed { feature: self.name() })
    }

    /// Whether it is read from arrays made elsewhere instead of computed from samples.
    pub fn is_external(&self) -> bool {
        self.external().is_some()
    }

    /// Whether it is one vector a clip, as only arrays made elsewhere can be.
    pub fn is_vector(&self) -> bool {
        // Asked of settings out of range, too: only of arrays no hop is divided by.
        self.is_external() && self.frames(1 << 20) == Some(1)
    }

    /// The settings of arrays made elsewhere.
    pub fn external(&self) -> Option<&External> {
        match self {
            Self::External(external) => Some(external),
            _ => None,
        }
    }

    /// The feature as what is asked for: without where its arrays lie.
    pub fn question(&self) -> Self {
        match self {
            Self::External(external) => Self::External(external.question()),
            computed => computed.clone(),
        }
    }

    /// Rows of its frames; 0 of arrays that were not looked at yet.
    pub fn bins(&self) -> usize {
        self.kind().bins().unwrap_or(0)
    }

    /// Whether [`Feature::bins`] is known.
    pub fn is_known(&self) -> bool {
        self.kind().bins().is_some()
    }

    /// The same feature, of `bins` bins where only its arrays tell.
    pub fn or_of_bins(&self, bins: usize) -> Self {
        match self {
            Self::External(external) if !self.is_known() => {
                Self::External(External { bins: Some(bins), ..external.clone() })
            }
            known => known.clone(),
        }
    }

    /// What each row is called, for tables: `zcr`, `log-mel_0`, `mfcc_delta_3`, ...
    pub fn bin_names(&self) -> Vec<String> {
        self.kind().bin_names(self.name())
    }

    /// How many frames a clip of that many samples has; 0 for an empty one, which cannot be extracted; none where only its
    /// array tells.
    pub fn frames(&self, samples: usize) -> Option<usize> {
        self.kind().frames(samples)
    }

    /// The number of frames of every clip, where it is the same.
    fn fixed_frames(&self) -> Option<usize> {
        self.external()?.fixed_frames()
    }

    /// Samples between two frames; none where that is not known.
    pub fn hop_length(&self) -> Option<usize> {
        self.kind().hop_length()
    }

    /// One value a bin: what a frame of digital silence would be in this clip. `frames` are the clip's own.
    ///
    /// 0 for linear features; for levels in dB what silence becomes next to the clip's maximum. Estimated for mfcc of a clip
    /// without a silent frame, 0 (a flat spectrum) for spectral-contrast.
    pub fn floor(&self, frames: &Frames) -> Vec<f32> {
        self.kind().floor_of(frames)
    }

    /// What each of `bins` bins gains where the level of the clip rises by 1 dB; nothing where that is no single number: of
    /// features that are not in dB, and of deltas. Arrays made elsewhere, if over time, are taken for levels in their own unit.
    pub fn gain_of_level(&self, bins: usize) -> Vec<f32> {
        self.kind().gain_of_level(bins)
    }

    /// Whether its bins are bands of frequency, from low to high. Arrays made elsewhere, if over time, are taken for such.
    pub fn has_bands(&self) -> bool {
        self.kind().has_bands()
    }

    /// How [`Feature::floor`] follows from a clip.
    pub fn floor_rule(&self) -> Floor {
        self.kind().floor()
    }
}
