//! From samples to frames: what every feature must say of itself, and the extractor that shares work between features.

use super::floor::Floor;
use super::framing::Framing;
use super::stft::{Spectra, SpectrumKinds, Stft, StftSettings};
use super::{Feature, FeatureError, Frames};
use crate::kind::{Context, Kinds, Problem};
use std::cell::RefCell;
use std::sync::Arc;

/// What every feature says of itself.
pub(super) trait Define {
    /// Rows of its output; none where its arrays tell and were not looked at yet.
    fn bins(&self) -> Option<usize>;
    /// How many frames a clip of that many samples has; none where its array tells.
    fn frames(&self, samples: usize) -> Option<usize>;
    /// Samples between two frames; none where that is not known.
    fn hop_length(&self) -> Option<usize>;
    /// What a frame of silence is in a clip.
    fn floor(&self) -> Floor;
    /// The same for one clip.
    fn floor_of(&self, clip: &Frames) -> Vec<f32>;
    /// Names of its bins, given the kind's name.
    fn bin_names(&self, kind: &str) -> Vec<String>;
    /// How it is computed of a clip's samples; none of what was computed elsewhere.
    fn computed(&self) -> Option<&dyn Compute>;
    /// What each of `bins` bins gains where the level of the clip rises by 1 dB; nothing where that is no single number.
    fn gain_of_level(&self, bins: usize) -> Vec<f32>;
    /// Whether its bins are bands of frequency, from low to high.
    fn has_bands(&self) -> bool;
}

/// What a feature that is computed here says of itself; one implementation beside each table of settings.
pub(super) trait Compute {
    /// Rows of its output.
    fn bins(&self) -> usize {
        1
    }
    /// How it cuts a clip.
    fn framing(&self) -> Framing;
    /// The transform it reads, where it reads one.
    fn stft(&self) -> Option<(StftSettings, SpectrumKinds)> {
        None
    }
    /// Problems across its settings, or with the sample rate.
    fn check(&self, _sample_rate_hz: u32) -> Vec<Problem> {
        Vec::new()
    }
    /// What a frame of silence is in a clip; 0 in every bin unless said otherwise.
    fn floor(&self) -> Floor {
        Floor::zero(self.bins())
    }
    /// The same for one clip; only for a feature whose rule is an estimate of its own.
    fn floor_of(&self, clip: &Frames) -> Vec<f32> {
        self.floor().of(clip)
    }
    /// Names of its bins, given the kind's name.
    fn bin_names(&self, kind: &str) -> Vec<String> {
        numbered(kind, self.bins())
    }
    /// What each bin gains where the level of the clip rises by 1 dB; nothing unless it is in dB.
    fn gain_of_level(&self) -> Vec<f32> {
        Vec::new()
    }
    /// Whether its bins are bands of frequency, from low to high.
    fn has_bands(&self) -> bool {
        false
    }
    /// Everything computed once for these settings: filters, tables, plans. Called without problems only.
    fn kernel(&self, sample_rate_hz: u32) -> Box<dyn Kernel>;
}

impl<T: Compute> Define for T {
    fn bins(&self) -> Option<usize> {
        Some(Compute::bins(self))
    }
    fn frames(&self, samples: usize) -> Option<usize> {
        Some(self.framing().count(samples))
    }
    fn hop_length(&self) -> Option<usize> {
        Some(self.framing().hop_length)
    }
    fn floor(&self) -> Floor {
        Compute::floor(self)
    }
    fn floor_of(&self, clip: &Frames) -> Vec<f32> {
        Compute::floor_of(self, clip)
    }
    fn bin_names(&self, kind: &str) -> Vec<String> {
        Compute::bin_names(self, kind)
    }
    fn computed(&self) -> Option<&dyn Compute> {
        Some(self)
    }
    fn gain_of_level(&self, _bins: usize) -> Vec<f32> {
        Compute::gain_of_level(self)
    }
    fn has_bands(&self) -> bool {
        Compute::has_bands(self)
    }
}

/// [`Compute::check`], as [`settings!`](crate::settings) asks for it.
pub(super) fn checked(settings: &impl Compute, around: &Context) -> Vec<Problem> {
    settings.check(around.sample_rate_hz)
}

/// Names of bins: that of the feature, with a number where there are several.
pub(super) fn numbered(kind: &str, bins: usize) -> Vec<String> {
    match bins {
        1 => vec![kind.to_owned()],
        bins => (0..bins).map(|b| format!("{kind}_{b}")).collect(),
    }
}

/// A feature made ready to be computed for many clips.
pub(super) trait Kernel: Send + Sync {
    /// The feature of one clip.
    fn compute(&self, clip: &Input<'_>) -> Result<Frames, FeatureError>;
}

/// What a kernel is handed of a clip.
pub(super) struct Input<'a> {
    /// The samples, at least one, all finite.
    pub samples: &'a [f32],
    spectra: Option<&'a Spectra>,
}

impl Input<'_> {
    /// The transform that the feature asked for in [`Compute::stft`].
    pub(super) fn spectra(&self) -> &Spectra {
        self.spectra.expect("a kernel reads spectra only where its feature asked for a transform")
    }
}

/// Features made ready for one sample rate: plans, windows and filters are computed once, and features with the same
/// transform settings share one transform a clip.
///
/// It holds no state between clips, so threads may share it.
pub struct Extractor {
    features: Vec<Feature>,
    sample_rate_hz: u32,
    transforms: Vec<(Stft, SpectrumKinds)>,
    /// For each feature its kernel and the transform it reads.
    kernels: Vec<(Box<dyn Kernel>, Option<usize>)>,
}

impl Extractor {
    /// Prepares `features` for clips at `sample_rate_hz`.
    ///
    /// # Errors
    /// [`FeatureError::Settings`] where a setting is out of range or cannot work at this sample rate;
    /// [`FeatureError::NotComputed`] for a feature that is read, not computed.
    pub fn new(features: &[Feature], sample_rate_hz: u32) -> Result<Self, FeatureError> {
        let mut transforms: Vec<(Stft, SpectrumKinds)> = Vec::new();
        let mut kernels = Vec::with_capacity(features.len());
        for feature in features {
            refuse_problems(feature, sample_rate_hz)?;
            let computed = feature.computed()?;
            let transform = computed.stft().map(|(settings, wanted)| {
                let known = transforms.iter().position(|(stft, _)| *stft.settings() == settings);
                let index = known.unwrap_or_else(|| {
                    transforms.push((Stft::new(settings), SpectrumKinds::default()));
                    transforms.len() - 1
                });
                transforms[index].1.magnitude |= wanted.magnitude;
                transforms[index].1.power |= wanted.power;
                index
            });
            kernels.push((computed.kernel(sample_rate_hz), transform));
        }
        Ok(Self { features: features.to_vec(), sample_rate_hz, transforms, kernels })
    }

    /// The features, in the order of the results.
    pub fn features(&self) -> &[Feature] {
        &self.features
    }

    /// The sample rate it was prepared for, in Hz.
    pub fn sample_rate_hz(&self) -> u32 {
        self.sample_rate_hz
    }

    /// Every feature of one clip of mono samples in [-1, 1], in order.
    ///
    /// # Errors
    /// [`FeatureError::EmptyClip`], [`FeatureError::NotFinite`], [`FeatureError::TooShortToReflect`], or
    /// [`FeatureError::TooFewFrames`] where deltas need more.
    pub fn extract(&self, samples: &[f32]) -> Result<Vec<Frames>, FeatureError> {
        if samples.is_empty() {
            return Err(FeatureError::EmptyClip);
        }
        if !all_finite(samples) {
            let index = samples.iter().position(|x| !x.is_finite()).unwrap_or(0);
            return Err(FeatureError::NotFinite { index, value: samples[index] });
        }
        self.features.iter().try_for_each(|feature| feature.computed()?.framing().fits(samples.len()))?;
        let mut spectra = SPECTRA.take();
        spectra.resize_with(self.transforms.len().max(spectra.len()), Spectra::default);
        for ((stft, wanted), spectra) in self.transforms.iter().zip(&mut spectra) {
            stft.spectra_into(samples, *wanted, spectra);
        }
        let frames = self
            .kernels
            .iter()
            .map(|(kernel, transform)| kernel.compute(&Input { samples, spectra: transform.map(|i| &spectra[i]) }))
            .collect();
        SPECTRA.set(spectra);
        frames
    }
}

impl std::fmt::Debug for Extractor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Extractor")
            .field("features", &self.features)
            .field("sample_rate_hz", &self.sample_rate_hz)
            .finish_non_exhaustive()
    }
}

fn refuse_problems(feature: &Feature, sample_rate_hz: u32) -> Result<(), FeatureError> {
    let problems = match sample_rate_hz {
        0 => vec![Problem::new("", "the sample rate is 0 Hz, expected a positive one")],
        rate => feature.inside(&Context::at_rate(rate)),
    };
    if problems.is_empty() {
        return Ok(());
    }
    let problems: Vec<String> = problems.into_iter().map(|p| format!("{}: {}", p.key, p.message)).collect();
    Err(FeatureError::Settings { feature: feature.name(), sample_rate_hz, problems: problems.join("; ") })
}

/// x * 0 is 0 for every finite x and NaN for all others, which needs no branch a sample.
fn all_finite(samples: &[f32]) -> bool {
    let (eights, rest) = samples.as_chunks::<8>();
    let mut sums = [0.0f32; 8];
    for eight in eights {
        for (sum, x) in sums.iter_mut().zip(eight) {
            *sum += x * 0.0;
        }
    }
    sums.iter().chain(rest).all(|x| x.is_finite())
}

/// Extractors a thread keeps: a run uses one or two lists of features.
const KEPT: usize = 4;

thread_local! {
    /// Memory for spectra, the largest thing an extraction needs: asking the system for it anew costs as much as filling it.
    static SPECTRA: RefCell<Vec<Spectra>> = const { RefCell::new(Vec::new()) };
    static EXTRACTORS: RefCell<Vec<Arc<Extractor>>> = const { RefCell::new(Vec::new()) };
}

/// Every feature of one clip of mono samples in [-1, 1], in order; features with equal transform settings share it.
///
/// The thread keeps the last few extractors, so calling this for clip after clip prepares nothing twice. Who holds an
/// [`Extractor`] of their own saves the look-up.
///
/// # Errors
/// Those of [`Extractor::new`] and [`Extractor::extract`].
pub fn extract_all(features: &[Feature], samples: &[f32], sample_rate_hz: u32) -> Result<Vec<Frames>, FeatureError> {
    let kept = EXTRACTORS.with_borrow(|kept| {
        kept.iter().find(|e| e.sample_rate_hz == sample_rate_hz && e.features == features).map(Arc::clone)
    });
    let extractor = match kept {
        Some(extractor) => extractor,
        None => {
            let extractor = Arc::new(Extractor::new(features, sample_rate_hz)?);
            EXTRACTORS.with_borrow_mut(|kept| {
                kept.truncate(KEPT - 1);
                kept.insert(0, Arc::clone(&extractor));
            });
            extractor
        }
    };
    extractor.extract(samples)
}
