//! From features of one clip to one network input: what follows what.

use super::{Feature, FeatureError, Frames, Lie, Pad};
use crate::kind::{Kinds, Problem};
use serde::{Deserialize, Serialize};
use std::ops::Range;

crate::choices! {
    /// How several features become one input.
    pub enum Stack = Channels {
        /// Each feature is one channel, [features, bins, frames]; all have the same bins.
        "channels" => Channels,
        /// Features follow each other on the bin axis, [1, sum of bins, frames]; bins may differ. For 1D networks, which read each
        /// bin as a channel.
        "bins" => Bins,
        /// Features follow each other in time, [1, bins, features * frames]; all have the same bins.
        "time" => Time,
    }
}

/// The size of a network's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// Channels.
    pub channels: usize,
    /// Rows a channel.
    pub bins: usize,
    /// Columns.
    pub frames: usize,
}

impl Shape {
    /// Values in one input: channels * bins * frames.
    pub fn values(&self) -> usize {
        self.channels * self.bins * self.frames
    }
}

impl Stack {
    /// The input's shape when each feature is brought to `frames` frames.
    ///
    /// # Errors
    /// [`FeatureError::NoFeatures`]; [`FeatureError::BinsDiffer`] where this stacking needs equal bins.
    pub fn shape(&self, features: &[Feature], frames: usize) -> Result<Shape, FeatureError> {
        let first = features.first().ok_or(FeatureError::NoFeatures)?;
        let bins = first.bins();
        if *self != Self::Bins
            && let Some(other) = features.iter().find(|f| f.bins() != bins && f.is_known() && first.is_known())
        {
            return Err(FeatureError::BinsDiffer {
                first: first.name(),
                expected: bins,
                second: other.name(),
                actual: other.bins(),
                stack: self.name(),
            });
        }
        Ok(match self {
            Self::Channels => Shape { channels: features.len(), bins, frames },
            Self::Bins => Shape { channels: 1, bins: features.iter().map(Feature::bins).sum(), frames },
            Self::Time => Shape { channels: 1, bins, frames: features.len() * frames },
        })
    }

    /// What is wrong with stacking these features: bins that differ, or hops that would put different moments into one column.
    pub fn check(&self, features: &[Feature]) -> Vec<Problem> {
        let mut problems = Vec::new();
        if let Err(error) = self.shape(features, 1) {
            problems.push(Problem::new("", error.to_string()));
        }
        let Some(first) = features.first() else { return problems };
        let differs =
            |f: &&Feature| f.hop_length().zip(first.hop_length()).is_some_and(|(hop, of_first)| hop != of_first);
        if *self != Self::Time
            && let Some(other) = features.iter().find(differs)
            && let (Some(of_first), Some(of_other)) = (first.hop_length(), other.hop_length())
        {
            let message = format!(
                "`{}` has a hop_length of {} and `{}` of {}: the same column would be a different moment; use equal hops, or \
                 stack = \"time\"",
                first.name(),
                of_first,
                other.name(),
                of_other
            );
            problems.push(Problem::new("", message));
        }
        problems
    }
}

/// Writes one clip's input to `input`, row-major [channels, bins, frames] of [`Stack::shape`], and tells which of its frames are
/// the clip's own: all but padding. Where the clip itself fills up what is free (`edge`, `repeat`), and where features follow each
/// other in time, all are.
///
/// Each feature is first cropped or padded as `lie` says on its own, then stacked.
///
/// # Errors
/// Those of [`Stack::shape`]; [`FeatureError::Size`] where frames do not fit their feature, there are none, or `input` has another
/// size.
pub fn assemble(
    features: &[Feature],
    clip: &[Frames],
    lie: Lie,
    stack: Stack,
    input: &mut [f32],
) -> Result<Range<usize>, FeatureError> {
    let (shape, frames) = (stack.shape(features, lie.frames)?, lie.frames);
    if input.len() != shape.values() {
        let what = "input to write".to_owned();
        return Err(FeatureError::Size { what, expected: shape.values(), actual: input.len() });
    }
    let mut own: Option<Range<usize>> = None;
    let mut bins_before = 0;
    for (position, (feature, clip)) in features.iter().zip(clip).enumerate() {
        let expected = feature.bins() * clip.frames;
        if clip.bins != feature.bins() || clip.data.len() != expected || clip.frames == 0 {
            let what = format!("{} of {} bins and {} frames", feature.name(), clip.bins, clip.frames);
            return Err(FeatureError::Size { what, expected: expected.max(feature.bins()), actual: clip.data.len() });
        }
        let floor = if lie.pad == Pad::Floor && clip.frames < frames { feature.floor(clip) } else { Vec::new() };
        for bin in 0..clip.bins {
            let start = match stack {
                // A channel's rows and further bins lie behind each other alike.
                Stack::Channels | Stack::Bins => (bins_before + bin) * frames,
                Stack::Time => (bin * features.len() + position) * frames,
            };
            lie.fit(clip.row(bin), &mut input[start..start + frames], floor.get(bin).copied().unwrap_or(0.0));
        }
        bins_before += clip.bins;
        let these = lie.own(clip.frames);
        own = Some(own.map_or(these.clone(), |own| own.start.min(these.start)..own.end.max(these.end)));
    }
    let is_all = stack == Stack::Time || matches!(lie.pad, Pad::Edge | Pad::Repeat);
    Ok(own.filter(|_| !is_all).unwrap_or(0..shape.frames))
}

#[cfg(test)]
mod tests {
    use super::super::{Crop, Energy, LogMel, Mfcc, Place, Reference, Rms, Zcr};
    use super::*;

    fn one(values: &[f32]) -> Frames {
        Frames { bins: 1, frames: values.len(), data: values.to_vec() }
    }

    /// The input, and which of its frames are the clip's own.
    fn stacked(
        clip: &[(Feature, Frames)],
        frames: usize,
        (pad, crop): (Pad, Crop),
        stack: Stack,
    ) -> Result<(Vec<f32>, Range<usize>), FeatureError> {
        let (features, clip): (Vec<Feature>, Vec<Frames>) = clip.iter().cloned().unzip();
        let lie = Lie { frames, pad, place: Place::Start.share(None), crop: crop.share(None) };
        let mut input = vec![f32::NAN; stack.shape(&features, frames)?.values()];
        let own = assemble(&features, &clip, lie, stack, &mut input)?;
        Ok((input, own))
    }

    fn pair() -> Vec<(Feature, Frames)> {
        vec![
            (Feature::Zcr(Zcr::default()), one(&[1.0, 2.0, 3.0])),
            (Feature::Energy(Energy::default()), one(&[4.0, 5.0, 6.0])),
        ]
    }

    #[test]
    fn channels_and_time_put_padding_in_different_places() {
        let run = |stack| stacked(&pair(), 4, (Pad::Zero, Crop::Start), stack).unwrap().0;
        let padded = [1.0, 2.0, 3.0, 0.0, 4.0, 5.0, 6.0, 0.0];
        assert_eq!(run(Stack::Channels), padded);
        assert_eq!(run(Stack::Bins), padded);
        assert_eq!(run(Stack::Time), padded);
        let kinds: Vec<Feature> = pair().into_iter().map(|(f, _)| f).collect();
        let shape = |stack: Stack| stack.shape(&kinds, 4).unwrap();
        assert_eq!(shape(Stack::Channels), Shape { channels: 2, bins: 1, frames: 4 });
        assert_eq!(shape(Stack::Bins), Shape { channels: 1, bins: 2, frames: 4 });
        assert_eq!(shape(Stack::Time), Shape { channels: 1, bins: 1, frames: 8 });
    }

    #[test]
    fn time_joins_each_bin_with_its_own() {
        let log_mel = Feature::LogMel(LogMel {
            levels: crate::features::Levels {
                mel: crate::features::Mel { n_mels: 2, ..Default::default() },
                ..Default::default()
            },
            ..LogMel::default()
        });
        let frames = |base: f32| Frames { bins: 2, frames: 2, data: (0..4).map(|i| base + i as f32).collect() };
        let both = [(log_mel.clone(), frames(0.0)), (log_mel, frames(10.0))];
        let time = stacked(&both, 2, (Pad::Zero, Crop::Start), Stack::Time).unwrap().0;
        assert_eq!(time, [0.0, 1.0, 10.0, 11.0, 2.0, 3.0, 12.0, 13.0]);
    }

    #[test]
    fn short_clips_are_padded_and_long_ones_cropped() {
        let run = |values: &[f32], pad, crop| {
            stacked(&[(Feature::Rms(Rms::default()), one(values))], 5, (pad, crop), Stack::Channels).unwrap().0
        };
        assert_eq!(run(&[1.0, 2.0], Pad::Edge, Crop::Start), [1.0, 2.0, 2.0, 2.0, 2.0]);
        assert_eq!(run(&[1.0, 2.0], Pad::Repeat, Crop::Start), [1.0, 2.0, 1.0, 2.0, 1.0]);
        let long: Vec<f32> = (0..8).map(|i| i as f32).collect();
        assert_eq!(run(&long, Pad::Floor, Crop::Start), [0.0, 1.0, 2.0, 3.0, 4.0]);
        assert_eq!(run(&long, Pad::Floor, Crop::Centre), [1.0, 2.0, 3.0, 4.0, 5.0]);
    }

    #[test]
    fn the_default_padding_of_levels_is_silence_and_not_the_loudest_value() {
        let settings = LogMel {
            levels: crate::features::Levels {
                mel: crate::features::Mel { n_mels: 1, ..Default::default() },
                r#ref: Reference::Max,
                ..Default::default()
            },
            ..LogMel::default()
        };
        let features = [(Feature::LogMel(settings), one(&[0.0, -30.0]))];
        let run = |pad| stacked(&features, 3, (pad, Crop::Start), Stack::Channels).unwrap().0;
        assert_eq!(run(Pad::Floor), [0.0, -30.0, -80.0]);
        assert_eq!(run(Pad::Zero), [0.0, -30.0, 0.0]);
    }

    #[test]
    fn what_does_not_fit_together_is_refused() {
        let features = [Feature::Zcr(Zcr::default()), Feature::Mfcc(Mfcc::default())];
        let error = Stack::Channels.shape(&features, 9).unwrap_err().to_string();
        assert!(error.contains("`zcr` has 1 bin and `mfcc` has 20"), "{error}");
        assert_eq!(Stack::Bins.shape(&features, 9).unwrap(), Shape { channels: 1, bins: 21, frames: 9 });
        let hops = [
            Feature::Zcr(Zcr::default()),
            Feature::Rms(Rms { framing: crate::features::Framing { hop_length: 160, ..Rms::default().framing } }),
        ];
        assert!(Stack::Channels.check(&hops)[0].message.contains("hop_length of 512 and `rms` of 160"));
        assert!(Stack::Time.check(&hops).is_empty());
        assert!(matches!(stacked(&[], 3, (Pad::Zero, Crop::Start), Stack::Bins), Err(FeatureError::NoFeatures)));
        let torn = [(Feature::Zcr(Zcr::default()), Frames { bins: 1, frames: 3, data: vec![1.0] })];
        let torn = stacked(&torn, 3, (Pad::Zero, Crop::Start), Stack::Channels);
        assert!(matches!(torn, Err(FeatureError::Size { expected: 3, actual: 1, .. })));
    }
    #[test]
    fn own_frames_are_those_of_the_longest_feature_and_all_where_the_clip_fills_up_the_rest() {
        let mut uneven = pair();
        uneven[1].1 = one(&[4.0, 5.0]);
        let own = |pad, stack| stacked(&uneven, 5, (pad, Crop::Start), stack).unwrap().1;
        assert_eq!([own(Pad::Zero, Stack::Channels), own(Pad::Floor, Stack::Bins)], [0..3, 0..3]);
        assert_eq!([own(Pad::Edge, Stack::Channels), own(Pad::Repeat, Stack::Bins)], [0..5, 0..5]);
        assert_eq!(own(Pad::Zero, Stack::Time), 0..10);
    }
}
