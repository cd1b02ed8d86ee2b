//! What one run is made of, typed: the part of a spec that a variant, a grid point or an ablation can change.

use crate::audio::AudioSettings;
use crate::augment::Step;
use crate::corpus::{Corpus, Selection};
use crate::features::{Feature, Length, Scale, Stack};
use crate::kind::{Context, Described, Problem};
use crate::model::Architecture;
use crate::split::{Allowed, Fit, Protocol};
use crate::train::Train;

crate::settings! {
    /// The settings of one run.
    pub struct Setup {
        /// Where the recordings come from.
        pub corpus: Corpus = Corpus::Synth(Default::default()), required: true;
        /// Which of them are used, under which labels.
        pub clips: Selection = Selection::default();
        /// How they are decoded.
        pub audio: AudioSettings = AudioSettings::default();
        /// Who is trained on and who is tested on.
        pub split: Protocol = Protocol::Speakers(Default::default());
        /// Which leaks between them are wanted.
        pub audit: Allowed = Allowed::default();
        /// Which rows are looked at beyond those that are trained on.
        pub fit: Fit = Fit::default();
        /// What a network is fed.
        pub features: Vec<Feature> = vec![Feature::Zcr(Default::default())], required: true;
        /// How several features become one input.
        pub stack: Stack = Stack::default();
        /// How long that input is.
        pub length: Length = Length::default();
        /// How it is scaled.
        pub scale: Scale = Scale::default();
        /// What is done to training rows, in order.
        pub augment: Vec<Step> = Vec::new();
        /// The network.
        pub model: Architecture = Architecture::Cnn1d(Default::default()), required: true;
        /// How it is trained.
        pub train: Train = Train::default();
    }
    check: Setup::has_features;
}

impl Setup {
    fn has_features(&self, _: &Context) -> Vec<Problem> {
        let message = "the list is empty; name at least one feature";
        self.features.is_empty().then(|| Problem::new("features", message)).into_iter().collect()
    }

    /// Everything out of range or contradictory that can be known without a look at the corpus.
    pub fn mistakes(&self) -> Vec<Problem> {
        // What is out of range is a mistake of its own; what depends on it is looked at as if it were in range.
        let rate = u32::try_from(self.audio.sample_rate_hz).unwrap_or(u32::MAX).clamp(1_000, 384_000);
        self.problems(&Context { sample_rate_hz: rate, epochs: self.train.epochs })
    }
}
