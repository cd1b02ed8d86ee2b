//! How many frames of a clip a network sees.

use super::{Crop, Feature, FeatureError, Lie, Pad, Place};
use crate::kind::{Context, Problem, above_to};

crate::settings! {
    /// How long a network's input is, and how clips are brought to that length. Where neither `frames` nor `seconds` is given,
    /// it is `percentile` of the training clips: longer ones are cropped. The length is that of one feature: stacked in time,
    /// the input is longer.
    pub struct Length {
        /// A number of frames.
        pub frames: Option<usize> = None, in 1..=1_000_000;
        /// The frames of a clip that many seconds long.
        pub seconds: Option<f64> = None, in above_to(0.0, 3600.0);
        /// The frames of the training clip that this percentage of them does not exceed: the others are cropped, and 100 crops
        /// none of them. `frames` or `seconds` takes its place.
        pub percentile: Option<f64> = Some(DEFAULT_PERCENTILE), in above_to(0.0, 100.0);
        /// What fills up shorter clips: "floor" (silence), "zero", "edge" or "repeat".
        pub pad: Pad = Pad::Floor;
        /// Which part of longer clips is kept: "start", "centre" or "random" (of training rows another part in every epoch, of all
        /// others the middle).
        pub crop: Crop = Crop::Start;
        /// Where shorter clips lie in the input: at its "start", in its "centre" or "random" (training rows at another place in
        /// every epoch, all others in the middle).
        pub place: Place = Place::Start;
    }
    check: Length::check;
}

/// Long enough for nearly every clip, without letting one outlier decide what all are padded to.
const DEFAULT_PERCENTILE: f64 = 95.0;

impl Length {
    /// A problem where more than one length is given, or none. The default percentile beside another length is nobody's
    /// wish.
    fn check(&self, _: &Context) -> Vec<Problem> {
        let has_another = self.frames.is_some() || self.seconds.is_some();
        let is_wanted = |percentile| !has_another || percentile != DEFAULT_PERCENTILE;
        let given: Vec<&str> = [
            ("frames", self.frames.is_some()),
            ("seconds", self.seconds.is_some()),
            ("percentile", self.percentile.is_some_and(is_wanted)),
        ]
        .into_iter()
        .filter_map(|(name, is_given)| is_given.then_some(name))
        .collect();
        match given[..] {
            [] => vec![Problem::new("percentile", "no length is left; give `frames`, `seconds` or `percentile`")],
            [_] => Vec::new(),
            [_, second, ..] => {
                let given = given.join(" and ");
                let message = format!("{given} are given; give one, and \"none\" for what an extended file set");
                vec![Problem::new(second, message)]
            }
        }
    }

    /// The settings that let training rows lie elsewhere in every epoch, by name.
    pub fn drawn(&self) -> Vec<&'static str> {
        let drawn = [("place", self.place == Place::Random), ("crop", self.crop == Crop::Random)];
        drawn.into_iter().filter_map(|(name, is_drawn)| is_drawn.then_some(name)).collect()
    }

    /// How a clip is brought to so many frames; `drawn` is the number in [0, 1) drawn for a training row in its epoch.
    pub fn lie(&self, frames: usize, drawn: Option<f64>) -> Lie {
        Lie { frames, pad: self.pad, place: self.place.share(drawn), crop: self.crop.share(drawn) }
    }

    /// The number of frames that follows from the settings alone; `None` where it depends on the training clips.
    ///
    /// A length in seconds is the frames of a clip that long; where hops differ, those of the feature with the most. Where all
    /// clips have the same frames, a percentile of them is that number.
    pub fn known_frames(&self, features: &[Feature], sample_rate_hz: u32) -> Option<usize> {
        if let Some(frames) = self.frames {
            return Some(frames);
        }
        let most = |frames: &dyn Fn(&Feature) -> Option<usize>| {
            features.iter().map(frames).collect::<Option<Vec<usize>>>()?.into_iter().max()
        };
        let Some(seconds) = self.seconds else { return most(&Feature::fixed_frames) };
        let samples = (seconds * f64::from(sample_rate_hz)).round().max(1.0) as usize;
        most(&|feature| feature.frames(samples).map(|frames| frames.max(1)))
    }

    /// The number of frames each feature is brought to.
    ///
    /// `training_frames` are the frames of the training rows and of no other (of the feature that has the most): a length
    /// taken from test clips would tell the network about them. The percentile is by nearest rank, so it is the length of
    /// a row there is.
    ///
    /// # Errors
    /// [`FeatureError::Length`] where not exactly one length is given, or a percentile is taken of no rows;
    /// [`FeatureError::NoFeatures`].
    pub fn resolve(
        &self,
        features: &[Feature],
        training_frames: &[usize],
        sample_rate_hz: u32,
    ) -> Result<usize, FeatureError> {
        if let Some(problem) = self.check(&Context::at_rate(sample_rate_hz)).pop() {
            return Err(FeatureError::Length(problem.message));
        }
        if features.is_empty() {
            return Err(FeatureError::NoFeatures);
        }
        let percentile = || nearest_rank(training_frames, self.percentile?);
        self.known_frames(features, sample_rate_hz).or_else(percentile).ok_or_else(|| {
            FeatureError::Length("a percentile needs training clips, there are 0; set `frames` or `seconds`".into())
        })
    }
}

/// The smallest length that at least `percent` of all do not exceed.
fn nearest_rank(lengths: &[usize], percent: f64) -> Option<usize> {
    let mut sorted = lengths.to_vec();
    sorted.sort_unstable();
    let rank = (percent / 100.0 * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.max(1) - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::super::{Energy, Rms, Zcr};
    use super::*;

    fn features() -> Vec<Feature> {
        vec![
            Feature::Zcr(Zcr::default()),
            Feature::Energy(Energy {
                framing: crate::features::Framing { center: false, ..Energy::default().framing },
                ..Energy::default()
            }),
        ]
    }

    #[test]
    fn a_length_is_frames_or_seconds_or_a_percentile_of_the_training_clips() {
        let clips = [32, 63, 94, 126];
        let resolve = |length: Length| length.resolve(&features(), &clips, 16_000).unwrap();
        assert_eq!(resolve(Length { frames: Some(400), ..Length::default() }), 400);
        assert_eq!(resolve(Length { seconds: Some(1.0), ..Length::default() }), 32);
        assert_eq!(resolve(Length { percentile: Some(50.0), ..Length::default() }), 63);
        assert_eq!(resolve(Length::default()), 126, "of four clips the 95th percentile is the longest");
    }

    #[test]
    fn nearest_rank_is_the_length_of_a_clip() {
        let lengths: Vec<usize> = (1..=20).rev().collect();
        assert_eq!([5.0, 50.0, 95.0, 96.0, 100.0].map(|p| nearest_rank(&lengths, p).unwrap()), [1, 10, 19, 20, 20]);
        assert_eq!(nearest_rank(&[], 95.0), None);
    }

    #[test]
    fn the_feature_with_the_most_frames_decides() {
        let mixed = [
            Feature::Zcr(Zcr::default()),
            Feature::Rms(Rms { framing: crate::features::Framing { hop_length: 256, ..Rms::default().framing } }),
        ];
        let length = Length { seconds: Some(1.0), ..Length::default() };
        assert_eq!(length.resolve(&mixed, &[], 16_000).unwrap(), 63);
    }

    #[test]
    fn two_lengths_and_a_percentile_of_nothing_are_errors() {
        let both = Length { frames: Some(1), percentile: Some(5.0), ..Length::default() };
        assert_eq!(both.check(&Context::at_rate(16_000))[0].key, "percentile");
        assert!(both.resolve(&features(), &[1], 16_000).unwrap_err().to_string().contains("frames and percentile"));
        let none = Length::default().resolve(&features(), &[], 16_000).unwrap_err().to_string();
        assert!(none.contains("there are 0"), "{none}");
    }

    #[test]
    fn the_default_percentile_can_be_seen_and_another_length_takes_its_place() {
        let table = <Length as crate::kind::Settings>::table();
        assert_eq!(table.entry("percentile").unwrap().shown_default().as_deref(), Some("95.0"));
        let written = Length { frames: Some(7), ..Length::default() };
        assert!(
            written.check(&Context::default()).is_empty()
                && Length { seconds: Some(1.0), ..Length::default() }.check(&Context::default()).is_empty()
        );
        assert_eq!(written.resolve(&features(), &[1], 16_000).unwrap(), 7);
        let nothing = Length { percentile: None, ..Length::default() };
        assert_eq!(
            nothing.check(&Context::default())[0].message,
            "no length is left; give `frames`, `seconds` or `percentile`"
        );
    }

    #[test]
    fn a_table_names_only_what_it_sets() {
        let length: Length = toml::from_str("frames = 400\npad = \"zero\"\ncrop = \"center\"").unwrap();
        assert_eq!(length, Length { frames: Some(400), pad: Pad::Zero, crop: Crop::Centre, ..Length::default() });
    }
}
