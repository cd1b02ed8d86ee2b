//! What one run is made of, typed: the part of a spec that a variant, a grid point or an ablation can change.

use crate::audio::AudioSettings;
use crate::augment::{Step, Transform};
use crate::corpus::{Corpus, Selection};
use crate::features::{Feature, Length, Scale, Stack};
use crate::kind::{Kinds, Problem, Settings};
use crate::model::Architecture;
use crate::split::{Allowed, Fit, Protocol};
use crate::train::{Loss, Optimizer, Schedule, Train};
use serde::{Deserialize, Serialize};

/// The settings of one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setup {
    /// Where the recordings come from.
    pub corpus: Corpus,
    /// Which of them are used, under which labels.
    #[serde(default)]
    pub clips: Selection,
    /// How they are decoded.
    #[serde(default)]
    pub audio: AudioSettings,
    /// Who is trained on and who is tested on.
    pub split: Protocol,
    /// Which leaks between them are wanted.
    #[serde(default)]
    pub audit: Allowed,
    /// Which rows are looked at beyond those that are trained on.
    #[serde(default)]
    pub fit: Fit,
    /// What a network is fed.
    pub features: Vec<Feature>,
    /// How several features become one input.
    #[serde(default)]
    pub stack: Stack,
    /// How long that input is.
    #[serde(default)]
    pub length: Length,
    /// How it is scaled.
    pub scale: Scale,
    /// What is done to training rows, in order.
    #[serde(default)]
    pub augment: Vec<Step>,
    /// The network.
    pub model: Architecture,
    /// How it is trained.
    #[serde(default)]
    pub train: Train,
}

/// The keys of [`Setup`], as `explain` and messages list them.
pub const SETUP_KEYS: [&str; 13] = [
    "corpus", "clips", "audio", "split", "audit", "fit", "features", "stack", "length", "scale", "augment", "model",
    "train",
];

impl Setup {
    /// Everything out of range or contradictory that can be known without a look at the corpus.
    pub fn problems(&self) -> Vec<Problem> {
        let kind = |key: &str, k: &dyn Fn() -> (&'static str, Vec<Problem>)| -> Vec<Problem> {
            let (name, problems) = k();
            problems.into_iter().map(|p| p.under(name).under(key)).collect()
        };
        // What is out of range is a mistake of its own; only what is in range is looked at further.
        let rate = u32::try_from(self.audio.sample_rate_hz).unwrap_or(u32::MAX).clamp(1_000, 384_000);
        let mut found = kind("corpus", &|| (self.corpus.name(), self.corpus.problems()));
        found.extend(self.clips.problems().into_iter().map(|p| p.under("clips")));
        found.extend(self.audio.problems().into_iter().map(|p| p.under("audio")));
        let split = || (self.split.name(), [self.split.problems(), self.split.check()].concat());
        found.extend(kind("split", &split));
        found.extend(self.audit.check().into_iter().map(|p| p.under("audit")));
        for (i, feature) in self.features.iter().enumerate() {
            let own = feature.problems();
            let checked = || (feature.name(), if own.is_empty() { feature.check(rate) } else { own.clone() });
            found.extend(kind(&format!("features[{i}]"), &checked));
        }
        if self.features.is_empty() {
            found.push(Problem::new("features", "the list is empty; name at least one feature"));
        }
        found.extend([self.length.problems(), self.length.check()].concat().into_iter().map(|p| p.under("length")));
        found.extend(kind("scale", &|| (self.scale.name(), self.scale.problems())));
        for (i, step) in self.augment.iter().enumerate() {
            let problems = [step.problems(), step.check(rate)].concat();
            found.extend(problems.into_iter().map(|p| p.under(&format!("augment[{i}]"))));
        }
        found.extend(kind("model", &|| (self.model.name(), self.model.problems())));
        found.extend(self.train.problems().into_iter().chain(self.train.check()).map(|p| p.under("train")));
        found
    }
}

/// The names of all kinds of all rooms.
pub fn kind_names() -> Vec<&'static str> {
    [Corpus::NAMES, Protocol::NAMES, Feature::NAMES, Scale::NAMES, Transform::NAMES, Architecture::NAMES]
        .concat()
        .into_iter()
        .chain([Optimizer::NAMES, Schedule::NAMES, Loss::NAMES].concat())
        .collect()
}
