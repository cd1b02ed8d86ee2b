//! SpecAugment (Park et al. 2019, "SpecAugment: A Simple Data Augmentation Method for Automatic Speech Recognition").

use super::{Effect, Stage};
use crate::features::{Feature, Frames};
use crate::kind::{Context, Problem};
use crate::seed::Stream;

crate::choices! {
    /// What masked values become.
    pub enum Fill {
        /// What silence is in that bin.
        "floor" => Floor,
        /// The mean of the whole array before masking.
        "mean" => Mean,
        /// Zero.
        "zero" => Zero,
    }
}

crate::settings! {
    /// Masks bands of bins and stretches of frames. Widths are drawn from 0 up to the one given, both ends included.
    pub struct SpecAugment {
        /// How many bands of bins are masked.
        pub freq_masks: usize = 2, in 0..=1000;
        /// Widest band: below 1 a share of all bins, otherwise a number of bins.
        pub freq_width: f64 = 0.2, in 0.0..=1e6;
        /// How many stretches of frames are masked.
        pub time_masks: usize = 2, in 0..=1000;
        /// Longest stretch: below 1 a share of all frames, otherwise a number of frames.
        pub time_width: f64 = 0.1, in 0.0..=1e6;
        /// Upper limit of each stretch as a share of all frames (p in the paper), for widths given as numbers.
        pub time_share: f64 = 1.0, in 0.0..=1.0;
        /// What masked values become: "floor" (what silence is in that bin), "mean" (of the whole array) or "zero".
        pub fill: Fill = Fill::Floor;
        /// Whether all features of a clip are masked alike, in the same frames and, where they have equally many, the same bins;
        /// else each for itself, and what one lacks another may show. Worth it where features are channels of one image, such as
        /// levels and their deltas.
        pub shared: bool = false;
    }
    check: SpecAugment::check;
}

impl SpecAugment {
    fn check(&self, _: &Context) -> Vec<Problem> {
        let broken = |(key, width): (&str, f64)| {
            let message =
                || format!("{width} is no number of whole steps; below 1 it is a share, from 1 on a whole number");
            (width > 1.0 && width.fract() != 0.0).then(|| Problem::new(key, message()))
        };
        [("freq_width", self.freq_width), ("time_width", self.time_width)].into_iter().filter_map(broken).collect()
    }
}

impl Effect for SpecAugment {
    fn stage(&self) -> Stage {
        if self.shared { Stage::Clip } else { Stage::Spectrogram }
    }

    fn clip(&self, features: &[Feature], frames: &mut [Frames], stream: &mut Stream) {
        let same = stream.clone();
        for (feature, frames) in features.iter().zip(frames) {
            *stream = same.clone();
            let fills = self.fills(frames, &feature.floor(frames));
            // Frames first: bins, of which each feature may have another number, draw after them.
            self.mask_frames(frames, &fills, stream);
            self.mask_bins(frames, &fills, stream);
        }
    }

    fn spectrogram(&self, frames: &mut Frames, floor: &[f32], stream: &mut Stream) {
        let fills = self.fills(frames, floor);
        self.mask_bins(frames, &fills, stream);
        self.mask_frames(frames, &fills, stream);
    }
}

impl SpecAugment {
    /// What a masked value of each bin becomes.
    fn fills(&self, frames: &Frames, floor: &[f32]) -> Vec<f32> {
        let mean = frames.data.iter().map(|v| f64::from(*v)).sum::<f64>() / frames.data.len().max(1) as f64;
        let fill = |bin: usize| match self.fill {
            Fill::Floor => floor.get(bin).or(floor.last()).copied().unwrap_or(0.0),
            Fill::Mean => mean as f32,
            Fill::Zero => 0.0,
        };
        (0..frames.bins).map(fill).collect()
    }

    fn mask_bins(&self, frames: &mut Frames, fills: &[f32], stream: &mut Stream) {
        let (bins, width) = (frames.bins, frames.frames);
        for _ in 0..self.freq_masks {
            let (start, length) = mask(steps(self.freq_width, bins), bins, stream);
            let masked = frames.data[start * width..(start + length) * width].chunks_exact_mut(width.max(1));
            masked.zip(&fills[start..]).for_each(|(line, fill)| line.fill(*fill));
        }
    }

    fn mask_frames(&self, frames: &mut Frames, fills: &[f32], stream: &mut Stream) {
        let width = frames.frames;
        let longest = steps(self.time_width, width).min((self.time_share * width as f64) as usize);
        for _ in 0..self.time_masks {
            let (start, length) = mask(longest, width, stream);
            for (line, fill) in frames.data.chunks_exact_mut(width.max(1)).zip(fills) {
                line[start..start + length].fill(*fill);
            }
        }
    }
}

/// A width as a number of steps out of `all`.
fn steps(width: f64, all: usize) -> usize {
    let steps = if width < 1.0 { width * all as f64 } else { width };
    (steps as usize).min(all)
}

/// Start and length of a mask of up to `longest` steps that lies within `all`.
fn mask(longest: usize, all: usize, stream: &mut Stream) -> (usize, usize) {
    let length = stream.below(longest + 1);
    (stream.below(all - length + 1), length)
}

#[cfg(test)]
mod tests {
    use super::super::dsp::probe::stream;
    use super::*;
    use crate::features::{Deltas, LogMel, Zcr};

    fn ones(bins: usize, frames: usize) -> Frames {
        Frames { bins, frames, data: vec![1.0; bins * frames] }
    }

    /// Bins, then frames, that are wholly masked with 0.
    fn masked(settings: &SpecAugment, seed: u64) -> (Vec<usize>, Vec<usize>) {
        let mut x = ones(40, 100);
        settings.spectrogram(&mut x, &[], &mut stream(seed));
        let value = |bin: usize, frame: usize| x.data[bin * 100 + frame];
        let bins = (0..40).filter(|b| (0..100).all(|f| value(*b, f) == 0.0)).collect();
        let frames: Vec<usize> = (0..100).filter(|f| (0..40).all(|b| value(b.to_owned(), *f) == 0.0)).collect();
        (bins, frames)
    }

    fn is_one_run(places: &[usize]) -> bool {
        places.windows(2).all(|w| w[1] == w[0] + 1)
    }

    #[test]
    fn features_that_share_masks_miss_the_same_frames_and_others_do_not() {
        let features = [
            Feature::LogMel(LogMel::default()),
            Feature::LogMel(LogMel { deltas: Deltas { delta_order: 1, ..Deltas::default() }, ..LogMel::default() }),
            Feature::Zcr(Zcr::default()),
        ];
        let shared = SpecAugment { fill: Fill::Zero, shared: true, ..Default::default() };
        let (mut widest, mut narrowest) = (0, 100);
        for seed in 0..50 {
            let mut clip = [ones(128, 100), ones(128, 100), ones(1, 100)];
            shared.clip(&features, &mut clip, &mut stream(seed));
            assert_eq!(clip[0], clip[1]);
            let missing = |frame: usize| (0..128).all(|bin| clip[0].data[bin * 100 + frame] == 0.0);
            // The single bin of the third may be masked as a whole.
            let all = clip[2].data.iter().all(|value| *value == 0.0);
            let same = (0..100).all(|frame| missing(frame) == (clip[2].data[frame] == 0.0));
            assert!(all || same, "seed {seed}");
            let frames = (0..100).filter(|frame| missing(*frame)).count();
            (widest, narrowest) = (widest.max(frames), narrowest.min(frames));
        }
        assert!(widest > narrowest);
        assert_eq!((shared.stage(), SpecAugment::default().stage()), (Stage::Clip, Stage::Spectrogram));
    }

    #[test]
    fn a_mask_is_one_run_no_wider_than_allowed_and_of_every_width() {
        let settings =
            SpecAugment { freq_masks: 1, freq_width: 4.0, time_masks: 1, time_width: 0.05, ..Default::default() };
        let (mut widths, mut lengths) = ([0; 5], [0; 6]);
        for seed in 0..600 {
            let (bins, frames) = masked(&settings, seed);
            assert!(is_one_run(&bins) && is_one_run(&frames), "{bins:?} {frames:?}");
            widths[bins.len()] += 1;
            lengths[frames.len()] += 1;
        }
        assert!(widths.iter().chain(&lengths).all(|n| *n > 60), "{widths:?} {lengths:?}");
    }

    #[test]
    fn masked_values_become_what_fill_says() {
        let all = |fill| SpecAugment { freq_masks: 60, freq_width: 1.0, time_masks: 0, fill, ..Default::default() };
        let run = |fill| {
            let mut x = Frames { bins: 2, frames: 2, data: vec![1.0, 2.0, 3.0, 6.0] };
            all(fill).spectrogram(&mut x, &[-80.0, -70.0], &mut stream(1));
            x.data
        };
        assert_eq!(run(Fill::Floor), [-80.0, -80.0, -70.0, -70.0]);
        assert_eq!(run(Fill::Mean), [3.0; 4]);
        assert_eq!(run(Fill::Zero), [0.0; 4]);
    }

    #[test]
    fn a_width_beyond_the_array_and_the_papers_p_are_held_to_the_array() {
        for seed in 0..50 {
            let wide = SpecAugment { freq_width: 500.0, time_width: 500.0, time_share: 0.2, ..Default::default() };
            let (_, frames) = masked(&SpecAugment { freq_masks: 0, time_masks: 1, ..wide.clone() }, seed);
            assert!(frames.len() <= 20);
            wide.spectrogram(&mut ones(1, 1), &[], &mut stream(seed));
        }
    }

    #[test]
    fn a_width_between_two_whole_numbers_is_a_problem() {
        let keys = |w: f64| SpecAugment { freq_width: w, ..Default::default() }.check(&Context::at_rate(16_000)).len();
        assert_eq!([keys(0.3), keys(1.0), keys(27.0), keys(2.5)], [0, 0, 0, 1]);
    }
}
