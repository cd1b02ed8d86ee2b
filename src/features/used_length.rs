//! How long a network's input came out, and what that cuts off.

use super::Feature;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The length of a network's input, and the clips that are longer than that.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UsedLength {
    /// Frames that each feature is brought to.
    pub frames: usize,
    /// The same in seconds; none where features differ in their hops.
    pub seconds: Option<f64>,
    /// Clips of all partitions, augmented copies aside.
    pub clips: usize,
    /// Those of them that are cropped.
    pub cropped: usize,
    /// What is cut off a cropped clip, in seconds: the mean; 0 where none is cropped; none where a hop is not known.
    pub cut_seconds_mean: Option<f64>,
    /// The most that is cut off a clip, in seconds; none where a hop is not known.
    pub cut_seconds_most: Option<f64>,
}

impl UsedLength {
    /// Of clips whose features have the given frames, one number a feature, when each is brought to `frames`.
    pub fn of<C>(frames: usize, features: &[Feature], sample_rate_hz: u32, clips: C) -> Self
    where
        C: IntoIterator<Item: IntoIterator<Item = usize>>,
    {
        let hops: Vec<Option<usize>> = features.iter().map(Feature::hop_length).collect();
        let seconds = |hop: usize| hop as f64 / f64::from(sample_rate_hz);
        // In frames where the time between them is not known: what is cropped is cropped either way.
        let cut = |lengths: C::Item| {
            let cuts = lengths.into_iter().zip(&hops);
            cuts.map(|(n, hop)| n.saturating_sub(frames) as f64 * hop.map_or(1.0, seconds)).fold(0.0, f64::max)
        };
        let cuts: Vec<f64> = clips.into_iter().map(cut).collect();
        let cropped = cuts.iter().filter(|cut| **cut > 0.0).count();
        let is_in_seconds = hops.iter().all(Option::is_some);
        let hop = hops.first().copied().flatten().filter(|first| hops.iter().all(|hop| *hop == Some(*first)));
        Self {
            frames,
            seconds: hop.map(|hop| frames as f64 * seconds(hop)),
            clips: cuts.len(),
            cropped,
            cut_seconds_mean: is_in_seconds.then(|| cuts.iter().sum::<f64>() / cropped.max(1) as f64),
            cut_seconds_most: is_in_seconds.then(|| cuts.iter().copied().fold(0.0, f64::max)),
        }
    }
}

impl fmt::Display for UsedLength {
    /// `120 frames (3.84 s), 71 of 1440 clips are cropped, by 0.31 s on average, 2.10 s at most`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.frames, if self.frames == 1 { "frame" } else { "frames" })?;
        if let Some(seconds) = self.seconds {
            write!(f, " ({seconds:.2} s)")?;
        }
        let clips = self.clips;
        match self.cropped {
            0 => return write!(f, ", none of {clips} clips is cropped"),
            1 => write!(f, ", 1 of {clips} clips is cropped")?,
            cropped => write!(f, ", {cropped} of {clips} clips are cropped")?,
        }
        match (self.cropped, self.cut_seconds_mean, self.cut_seconds_most) {
            (1, _, Some(most)) => write!(f, ", by {most:.2} s"),
            (_, Some(mean), Some(most)) => write!(f, ", by {mean:.2} s on average, {most:.2} s at most"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Rms, Zcr};
    use super::*;

    #[test]
    fn what_is_cut_off_is_counted_in_clips_and_seconds() {
        let features = [Feature::Zcr(Zcr::default()), Feature::Rms(Rms::default())];
        let of =
            |frames, clips: &[usize]| UsedLength::of(frames, &features, 16_000, clips.iter().map(|n| [*n, *n - 1]));
        let used = of(100, &[50, 100, 150, 200]);
        assert_eq!((used.clips, used.cropped, used.seconds), (4, 2, Some(3.2)));
        let said = "100 frames (3.20 s), 2 of 4 clips are cropped, by 2.40 s on average, 3.20 s at most";
        assert_eq!(used.to_string(), said);
        assert_eq!(of(199, &[200]).to_string(), "199 frames (6.37 s), 1 of 1 clips is cropped, by 0.03 s");
        assert_eq!(of(200, &[50, 200]).to_string(), "200 frames (6.40 s), none of 2 clips is cropped");
    }

    #[test]
    fn where_hops_differ_frames_are_no_single_time() {
        let features = [
            Feature::Zcr(Zcr::default()),
            Feature::Rms(Rms { framing: crate::features::Framing { hop_length: 160, ..Rms::default().framing } }),
        ];
        let used = UsedLength::of(10, &features, 16_000, [[12, 40], [5, 10]]);
        assert_eq!((used.seconds, used.cropped), (None, 1));
        assert!((used.cut_seconds_most.unwrap() - 0.3).abs() < 1e-12, "{used:?}");
    }
}
