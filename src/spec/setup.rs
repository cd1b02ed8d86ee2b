//! What one run is made of, typed: the part of a spec that a variant, a grid point or an ablation can change.

use crate::audio::AudioSettings;
use crate::augment::{Stage, Step, Transform};
use crate::corpus::{Corpus, Selection};
use crate::features::{Feature, Length, Over, Scale, Stack, Views};
use crate::kind::{Context, Described, Kinds, Problem};
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
        /// How test rows are looked at.
        pub views: Views = Views::default();
    }
    check: Setup::check;
}

impl Setup {
    fn check(&self, _: &Context) -> Vec<Problem> {
        if self.features.is_empty() {
            return vec![Problem::new("features", "the list is empty; name at least one feature")];
        }
        let mut problems = self.unviewable();
        problems.extend(self.idle_steps());
        problems.extend(self.unknown_padding());
        if !self.features.iter().any(Feature::is_external) {
            return problems;
        }
        // Arrays know nothing of samples. A copy that leaves them as they are can be made of anything.
        let changes_samples = |step: &Step| {
            step.transform.stage() == Stage::Waveform && !matches!(step.transform, Transform::Identity(_))
        };
        for (i, step) in self.augment.iter().enumerate().filter(|(_, step)| changes_samples(step)) {
            if self.features.iter().all(Feature::is_external) {
                let message = "changes samples, but all features are external: their arrays stay as they are. Augment before they \
                               are computed, or use steps on features (spec-augment, mixup, ...)";
                problems.push(Problem::new(format!("augment[{i}].{}", step.transform.name()), message));
            }
        }
        let are_vectors = self.features.iter().all(Feature::is_vector);
        let (key, is_long) = match (self.length.frames, self.length.seconds) {
            (Some(frames), _) => ("length.frames", frames > 1),
            (None, seconds) => ("length.seconds", seconds.is_some()),
        };
        if are_vectors && is_long {
            problems.push(Problem::new(key, "the features are one vector a clip, which has one frame; leave it out"));
        } else if self.length.seconds.is_some() && self.features.iter().any(|feature| feature.frames(1 << 20).is_none())
        {
            let message =
                "how long a frame of `external` is, is not known; give its `hop_length`, or `length.frames` instead";
            problems.push(Problem::new("length.seconds", message));
        }
        problems
    }

    /// Augmentations that would leave all clips as they are.
    fn idle_steps(&self) -> Vec<Problem> {
        let idle = |(i, step): (usize, &Step)| {
            let why = step.transform.idle(&self.features)?;
            Some(Problem::new(format!("augment[{i}].{}", step.transform.name()), format!("{why}; take it out")))
        };
        self.augment.iter().enumerate().filter_map(idle).collect()
    }

    /// A scaler that is to pass over padding where nobody knows which frames of the input are padding.
    fn unknown_padding(&self) -> Option<Problem> {
        let message = "features that follow each other in time have padding between them, which is not told apart; allowed: \
                       statistics of the whole \"input\", or stack = \"bins\" or \"channels\"";
        let is_unknown = self.scale.over() == Over::Clip && self.stack == Stack::Time;
        let key = if self.scale.is_by_speaker() { "" } else { ".over" };
        is_unknown.then(|| Problem::new(format!("scale.{}{key}", self.scale.name()), message))
    }

    /// What keeps test rows from being looked at more than once.
    fn unviewable(&self) -> Vec<Problem> {
        let Some(key) = self.views.asked_for() else { return Vec::new() };
        let problem = |message: &str| vec![Problem::new(key, message)];
        if !self.model.gives_probabilities() {
            let kind = self.model.name();
            return problem(&format!("`{kind}` gives no probabilities whose mean could be an answer; leave it out"));
        }
        if self.features.iter().all(Feature::is_vector) {
            return problem("the features are one vector a clip, which has no time to stretch or cut; leave it out");
        }
        Vec::new()
    }

    /// Everything out of range or contradictory that can be known without a look at the corpus.
    pub fn mistakes(&self) -> Vec<Problem> {
        // What is out of range is a mistake of its own; what depends on it is looked at as if it were in range.
        let rate = u32::try_from(self.audio.sample_rate_hz).unwrap_or(u32::MAX).clamp(1_000, 384_000);
        self.problems(&Context { sample_rate_hz: rate, epochs: self.train.epochs })
    }
}
