//! One entry of a spec's `augment` list: a transform, how often it is applied, and whether as copies.

use super::{AugmentError, Stage, Transform};
use crate::features::{Feature, Frames};
use crate::kind::{
    Context, Described, KindSeed, Kinds, Node, Problem, Refused, Room, Settings, no_kind, no_table, unknown,
};
use crate::seed::Stream;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::fmt;
use std::path::PathBuf;

/// A transform and how it is applied. In a spec the three are one flat table:
/// `{ noise = { snr_db = [10, 30] }, probability = 0.5 }`.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What is done.
    pub transform: Transform,
    /// With which probability it is done, each time anew. Default 1.
    pub probability: f64,
    /// 0 (the default): done on the fly, in every epoch anew. n > 0: n offline copies of every training row are added, each
    /// with this step applied once; the rows themselves stay as they are.
    pub copies: u32,
}

crate::settings! {
    /// What stands beside the kind.
    pub struct Beside {
        /// With which probability the step is applied, each time anew.
        pub probability: f64 = 1.0, in 0.0..=1.0;
        /// 0: applied on the fly, in every epoch anew. n > 0: n offline copies of every training row are added with this step
        /// applied; the rows themselves stay as they are.
        pub copies: u32 = 0, in 0..=COPIES_MAX;
    }
    check: ranges;
}

/// More copies than this are a typing error, not an experiment.
const COPIES_MAX: usize = 1000;

impl From<Transform> for Step {
    fn from(transform: Transform) -> Self {
        Self { transform, probability: 1.0, copies: 0 }
    }
}

impl Step {
    /// What a spec can write for a step.
    pub fn room() -> Room {
        Room { beside: Beside::entries(), ..Transform::room() }
    }

    /// A mistake that only the two together make.
    fn misplaced_copies(&self) -> Option<Problem> {
        let is_wrong = self.copies > 0 && self.transform.stage() == Stage::Batch;
        is_wrong.then(|| {
            let message =
                format!("{} copies, but `{}` works on batches, which have none; allowed: 0", self.copies, self.name());
            Problem::new("copies", message)
        })
    }

    /// Whether the step makes offline copies instead of being applied on the fly.
    pub fn is_offline(&self) -> bool {
        self.copies > 0
    }

    /// Calls `rewrite` on every folder of sounds of this step and of those it is composed of.
    pub(super) fn rewrite_folders(
        &mut self,
        rewrite: &mut dyn FnMut(&mut PathBuf) -> Result<(), AugmentError>,
    ) -> Result<(), AugmentError> {
        let effect = self.transform.kind_mut();
        if let Some(folder) = effect.folder_mut() {
            rewrite(folder)?;
        }
        effect.members_mut().iter_mut().try_for_each(|member| member.rewrite_folders(rewrite))
    }

    /// The step on one clip's samples, with its probability.
    pub(super) fn waveform(&self, x: &mut Vec<f32>, rate_hz: u32, stream: &mut Stream) -> Result<(), AugmentError> {
        if x.is_empty() || !stream.chance(self.probability) {
            return Ok(());
        }
        let before = x.len();
        self.transform.kind().waveform(x, rate_hz, stream)?;
        debug_assert!(!x.is_empty(), "`{}` left no sample", self.name());
        match x.iter().position(|v| !v.is_finite()) {
            Some(at) => Err(AugmentError::NotFinite { kind: self.name(), before, after: x.len(), at, value: x[at] }),
            None => Ok(()),
        }
    }

    /// The step on all features of one clip, with its probability.
    pub(super) fn clip(&self, features: &[Feature], frames: &mut [Frames], stream: &mut Stream) {
        if frames.iter().all(|frames| !frames.data.is_empty()) && stream.chance(self.probability) {
            self.transform.kind().clip(features, frames, stream);
        }
    }

    /// The step on one of a clip's features, with its probability.
    pub(super) fn spectrogram(&self, frames: &mut Frames, floor: &[f32], stream: &mut Stream) {
        if !frames.data.is_empty() && stream.chance(self.probability) {
            self.transform.kind().spectrogram(frames, floor, stream);
        }
    }

    fn name(&self) -> &'static str {
        self.transform.name()
    }
}

impl Described for Step {
    fn node() -> Node {
        Node::Kind(Self::room)
    }
    fn problems(&self, around: &Context) -> Vec<Problem> {
        let mut found = Vec::new();
        Beside { probability: self.probability, copies: self.copies }.ranges(&mut found);
        found.extend(self.misplaced_copies());
        found.extend(self.transform.problems(around));
        found
    }
}

impl Serialize for Step {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        // Plain values before tables: TOML cannot write them after.
        map.serialize_entry("probability", &self.probability)?;
        map.serialize_entry("copies", &self.copies)?;
        self.transform.put(&mut map)?;
        map.end()
    }
}

impl<'de> serde::Deserialize<'de> for Step {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StepVisitor)
    }
}

struct StepVisitor;

impl<'de> Visitor<'de> for StepVisitor {
    type Value = Step;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table that names one augmentation, with `probability` and `copies` beside it")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Step, A::Error> {
        let (mut kind, mut beside) = (None, Beside::default());
        while let Some(key) = map.next_key::<String>()? {
            if Transform::NAMES.contains(&key.as_str()) {
                kind = Some(map.next_value_seed(KindSeed::new(&key, kind.as_ref()))?);
            } else if !beside.set(&key, &mut map)? {
                let allowed = [Transform::NAMES, &Beside::table().names()].concat();
                map.next_value_seed(Refused(unknown(Transform::ROOM, &key, &allowed)))?;
            }
        }
        let transform = kind.ok_or_else(|| A::Error::custom(no_kind::<Transform>()))?;
        Ok(Step { transform, probability: beside.probability, copies: beside.copies })
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Step, E> {
        Err(E::custom(no_table::<Transform>(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Step {
        toml::from_str(text).unwrap()
    }

    fn said(step: &Step) -> Vec<String> {
        step.problems(&Context::at_rate(16_000)).into_iter().map(|p| format!("{}: {}", p.key, p.message)).collect()
    }

    #[test]
    fn a_step_is_one_flat_table_and_reads_back_as_written() {
        let step = read("noise = { snr_db = [10, 30] }\nprobability = 0.5");
        assert_eq!((step.probability, step.copies), (0.5, 0));
        let text = toml::to_string(&step).unwrap();
        assert_eq!(text, "probability = 0.5\ncopies = 0\n\n[noise]\nsnr_db = [10.0, 30.0]\namplitude = \"none\"\n");
        assert_eq!(read(&text), step);
        let nested = read(
            "copies = 1\none-of = { of = [{ gain = {} }, { some-of = { of = [{ polarity = {} }], count = [1, 1] } }] }",
        );
        assert_eq!(read(&toml::to_string(&nested).unwrap()), nested);
        assert_eq!(said(&nested), Vec::<String>::new());
    }

    #[test]
    fn errors_name_the_exact_place_and_what_is_allowed() {
        let error = |text: &str| {
            let error =
                serde_path_to_error::deserialize::<_, Step>(toml::Deserializer::parse(text).unwrap()).unwrap_err();
            format!("{}: {}", error.path(), error.inner().message())
        };
        assert!(error("noise = { snr_dB = [1, 2] }").starts_with("noise.snr_dB: unknown field `snr_dB`, expected"));
        assert!(
            error("gain = {}\nprobabilty = 1")
                .starts_with("probabilty: unknown augmentation `probabilty`, expected one of")
        );
        assert!(error("gain = {}\nprobabilty = 1").ends_with("`some-of`, `probability`, `copies`"));
        assert!(error("gain = {}\npolarity = {}").contains("a second augmentation beside `gain`"));
        assert!(error("probability = 1").contains("no augmentation is named"));
        assert!(error("copies = -1\ngain = {}").starts_with("copies: "));
        assert!(error("one-of = { of = [{ gain = { db = 1 } }] }").starts_with("one-of.of[0].gain.db: unknown field"));
    }

    #[test]
    fn problems_are_found_at_every_depth() {
        let step =
            read("probability = 2\ncopies = 5000\none-of = { of = [{ gain = { gain_db = [6, -6] }, copies = 1 }] }");
        assert_eq!(
            said(&step),
            [
                "probability: 2 is out of range; allowed: from 0 to 1",
                "copies: 5000 is out of range; allowed: from 0 to 1000",
                "one-of.of[0].gain.gain_db: 6 to -6 is an empty range; the lower end comes first",
                "one-of.of[0].copies: 1 inside a composition; allowed: 0 (set `copies` beside the composition)",
            ]
        );
        assert_eq!(said(&read("background = {}")), ["background.folder: is empty; name a folder with audio files"]);
        assert!(said(&read("mixup = {}\ncopies = 2"))[0].starts_with("copies: 2 copies, but `mixup` works on batches"));
    }

    #[test]
    fn filters_above_half_the_sample_rate_are_refused_even_inside_a_composition() {
        let step = read("one-of = { of = [{ low-pass = { cutoff_hz = [100, 7000] } }] }");
        assert!(step.problems(&Context::at_rate(16_000)).is_empty());
        let problem = &step.problems(&Context::at_rate(8_000))[0];
        assert_eq!(problem.key, "one-of.of[0].low-pass.cutoff_hz");
        assert_eq!(problem.message, "7000 Hz is too high for audio of 8000 Hz; allowed: below 4000 Hz");
    }

    #[test]
    fn every_folder_of_a_composition_is_reached() {
        let mut step =
            read("some-of = { of = [{ background = { folder = \"noise\" } }, { background = { folder = \"/n\" } }] }");
        let mut folders = Vec::new();
        step.rewrite_folders(&mut |folder| {
            folders.push(folder.clone());
            Ok(())
        })
        .unwrap();
        assert_eq!(folders, ["noise", "/n"].map(PathBuf::from));
    }
}
