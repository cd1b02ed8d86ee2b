//! What the settings of a configuration are where nobody says anything: so that tables can leave that out.

use crate::audio::AudioSettings;
use crate::augment::Transform;
use crate::corpus::{Corpus, Selection};
use crate::features::{Feature, Length, Scale, Stack};
use crate::kind::Kinds;
use crate::model::Architecture;
use crate::split::{Allowed, Fit, Protocol};
use crate::train::{GradientClip, Loss, Optimizer, Schedule, Train};
use serde::Serialize;
use toml::{Table, Value};

/// A place of a configuration where a kind, or a list of them, is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Room {
    Corpus,
    Split,
    Features,
    Scale,
    Augment,
    Model,
    Optimizer,
    Schedule,
    Loss,
    GradientClip,
}

impl Room {
    /// All places by their dotted key.
    pub(super) const ALL: [(&'static str, Self); 10] = [
        ("corpus", Self::Corpus),
        ("split", Self::Split),
        ("features", Self::Features),
        ("scale", Self::Scale),
        ("augment", Self::Augment),
        ("model", Self::Model),
        ("train.optimizer", Self::Optimizer),
        ("train.schedule", Self::Schedule),
        ("train.loss", Self::Loss),
        ("train.gradient_clip", Self::GradientClip),
    ];

    /// The place with this dotted key.
    pub(super) fn at(key: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == key).map(|(_, room)| *room)
    }
}

/// The settings of a kind as it is without a word said about them; none of a kind that does not exist.
pub(super) fn default_table(room: Room, kind: &str) -> Option<Table> {
    match room {
        Room::Corpus => of::<Corpus>(kind),
        Room::Split => of::<Protocol>(kind),
        Room::Features => of::<Feature>(kind),
        Room::Scale => of::<Scale>(kind),
        Room::Augment => of::<Transform>(kind),
        Room::Model => of::<Architecture>(kind),
        Room::Optimizer => of::<Optimizer>(kind),
        Room::Schedule => of::<Schedule>(kind),
        Room::Loss => of::<Loss>(kind),
        Room::GradientClip => of::<GradientClip>(kind),
    }
}

fn of<K: Kinds + Serialize>(kind: &str) -> Option<Table> {
    match toml_of(&K::of_name(kind)?)? {
        Value::Table(mut table) => table.remove(kind)?.as_table().cloned(),
        _ => None,
    }
}

/// What stands under a top-level key that names no kind; none of keys that must be given, or are not known.
pub(super) fn default_value(key: &str) -> Option<Value> {
    match key {
        "clips" => toml_of(&Selection::default()),
        "audio" => toml_of(&AudioSettings::default()),
        "audit" => toml_of(&Allowed::default()),
        "fit" => toml_of(&Fit::default()),
        "stack" => toml_of(&Stack::default()),
        "length" => toml_of(&Length::default()),
        "train" => toml_of(&Train::default()),
        "augment" => Some(Value::Array(Vec::new())),
        _ => None,
    }
}

fn toml_of(settings: &impl Serialize) -> Option<Value> {
    Value::try_from(settings).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_table_of_defaults() {
        fn all<K: Kinds>(room: Room) {
            for kind in K::NAMES {
                assert!(default_table(room, kind).is_some(), "{room:?} {kind}");
            }
            assert_eq!(default_table(room, "no-such-kind"), None);
        }
        all::<Corpus>(Room::Corpus);
        all::<Protocol>(Room::Split);
        all::<Feature>(Room::Features);
        all::<Scale>(Room::Scale);
        all::<Transform>(Room::Augment);
        all::<Architecture>(Room::Model);
        all::<Optimizer>(Room::Optimizer);
        all::<Schedule>(Room::Schedule);
        all::<Loss>(Room::Loss);
        all::<GradientClip>(Room::GradientClip);
    }

    #[test]
    fn every_key_without_a_kind_has_a_default() {
        for key in ["clips", "audio", "audit", "fit", "stack", "length", "train", "augment"] {
            assert!(default_value(key).is_some(), "{key}");
        }
        assert_eq!(default_value("corpus"), None);
    }
}
