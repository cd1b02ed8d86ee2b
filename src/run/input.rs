//! `input.json`: how a clip becomes the input of the run's network, with all that was fitted to training rows, so that the
//! weights can be used without serlab. `docs/input.md` says how it is read.

use crate::audio::AudioSettings;
use crate::data::Tables;
use crate::features::{Crop, Feature, Floor, Pad, Place, Scale, Scaler, Stack, UsedLength, Views};
use crate::model::InputShape;
use crate::spec::Setup;
use serde::Serialize;
use std::collections::BTreeMap;

/// Raised when the file is to be read in another way.
const VERSION: u32 = 2;

/// What `input.json` holds.
#[derive(Debug, Serialize)]
pub struct InputFile<'a> {
    /// Format of the file.
    version: u32,
    /// How a file becomes samples.
    audio: &'a AudioSettings,
    /// What is computed from these, in order.
    features: Vec<FeatureInput>,
    /// How the features become one array.
    stack: Stack,
    /// The size of that array: channels, bins, frames.
    shape: [usize; 3],
    /// The frames of each feature, and what that cuts off.
    length: &'a UsedLength,
    /// Which part of longer clips is kept; of training rows another in every epoch, where the run's `length.crop` is random.
    crop: Crop,
    /// Where shorter clips lie in that array; training rows elsewhere in every epoch, where `length.place` is random.
    place: Place,
    /// How test rows are looked at: the mean of the probabilities of all views is the answer.
    views: &'a Views,
    /// How that array is scaled.
    scaler: ScalerInput<'a>,
    /// What the network's outputs stand for, in order.
    labels: &'a [String],
}

/// One feature.
#[derive(Debug, Serialize)]
struct FeatureInput {
    /// The kind with its settings, but of arrays made elsewhere not where they lie.
    feature: Feature,
    /// Names of its bins, in order.
    bins: Vec<String>,
    /// What shorter clips are filled up with.
    padding: Padding,
}

/// What a clip shorter than the input is filled up with.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Padding {
    /// A value a bin.
    Value(Floor),
    /// Frames of the clip itself.
    Frames {
        /// "edge" or "repeat".
        rule: Pad,
    },
}

/// x becomes (x - offset) / divisor + low, in f64. Offsets and divisors are as many, each for equally many values in a row.
#[derive(Debug, Serialize)]
struct ScalerInput<'a> {
    /// The kind with its settings.
    scale: &'a Scale,
    /// What is taken away: the training rows' means or minima.
    offset: &'a [f64],
    /// What the rest is divided by: their deviations or ranges.
    divisor: &'a [f64],
    /// What is added in the end.
    low: f64,
    /// Offset and divisor of each speaker, where each has some of his own.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    speakers: &'a BTreeMap<String, (Vec<f64>, Vec<f64>)>,
}

impl<'a> InputFile<'a> {
    /// Of the tables that the run's network was fed from.
    pub fn of(setup: &'a Setup, tables: &'a Tables<'_>, labels: &'a [String]) -> Self {
        let feature = |feature: &Feature| {
            let padding = match setup.length.pad {
                Pad::Floor => Padding::Value(feature.floor_rule()),
                Pad::Zero => Padding::Value(Floor::Fixed { values: vec![0.0; feature.bins()] }),
                rule @ (Pad::Edge | Pad::Repeat) => Padding::Frames { rule },
            };
            FeatureInput { feature: feature.question(), bins: feature.bin_names(), padding }
        };
        let InputShape { channels, bins, frames } = tables.shape();
        Self {
            version: VERSION,
            audio: &setup.audio,
            features: setup.features.iter().map(feature).collect(),
            stack: setup.stack,
            shape: [channels, bins, frames],
            length: &tables.length,
            crop: if setup.length.crop == Crop::Random { Crop::Centre } else { setup.length.crop },
            place: if setup.length.place == Place::Random { Place::Centre } else { setup.length.place },
            views: &setup.views,
            scaler: ScalerInput::of(tables.scaler()),
            labels,
        }
    }
}

impl<'a> ScalerInput<'a> {
    fn of(scaler: &'a Scaler) -> Self {
        let (offset, divisor, low) = scaler.statistics();
        Self { scale: scaler.scale(), offset, divisor, low, speakers: scaler.speakers() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::{LogMel, Shape, TrainingRows, Zcr};

    #[test]
    fn every_number_reads_back_to_the_bit() {
        let rows = [[0.1f32, 0.3, 1e-7, 3.0], [0.2, 0.7, 2e-7, 5.0]];
        let shape = Shape { channels: 1, bins: 2, frames: 2 };
        let rows = TrainingRows::new(shape, rows.iter().map(|row| (&row[..], 0..shape.frames))).unwrap();
        let scaler = Scaler::fit(Scale::default(), rows).unwrap();
        let text = serde_json::to_string(&ScalerInput::of(&scaler)).unwrap();
        let (offset, divisor, low) = scaler.statistics();
        let read: serde_json::Value = serde_json::from_str(&text).unwrap();
        let numbers = |key: &str| -> Vec<f64> {
            let texts = read[key].as_array().unwrap().iter().map(ToString::to_string);
            texts.map(|text| text.parse().unwrap()).collect()
        };
        assert_eq!((numbers("offset"), numbers("divisor"), low), (offset.to_vec(), divisor.to_vec(), 0.0));
        assert_eq!(read["scale"], serde_json::json!({ "standard": { "per": "bin", "over": "input" } }));
    }

    #[test]
    fn padding_is_told_as_numbers_or_as_frames_of_the_clip() {
        let text = |padding: &Padding| serde_json::to_string(padding).unwrap();
        let zcr = Padding::Value(Feature::Zcr(Zcr::default()).floor_rule());
        assert_eq!(text(&zcr), r#"{"rule":"fixed","values":[0.0]}"#);
        let log_mel = text(&Padding::Value(Feature::LogMel(LogMel::default()).floor_rule()));
        assert!(log_mel.starts_with(r#"{"rule":"level","silence":-100.0"#), "{log_mel}");
        assert_eq!(text(&Padding::Frames { rule: Pad::Edge }), r#"{"rule":"edge"}"#);
    }
}
