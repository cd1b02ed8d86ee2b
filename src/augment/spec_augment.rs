//! SpecAugment (Park et al. 2019, "SpecAugment: A Simple Data Augmentation Method for Automatic Speech Recognition").

use super::{Effect, Stage};
use crate::features::Frames;
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
        Stage::Spectrogram
    }

    fn spectrogram(&self, frames: &mut Frames, floor: &[f32], stream: &mut Stream) {
        let (bins, width) = (frames.bins, frames.frames);
        let mean = frames.data.iter().map(|v| f64::from(*v)).sum::<f64>() / frames.data.len().max(1) as f64;
        let fill = |bin: usize| match self.fill {
            Fill::Floor => floor.get(bin).or(floor.last()).copied().unwrap_or(0.0),
            Fill::Mean => mean as f32,
            Fill::Zero => 0.0,
        };
        for _ in 0..self.freq_masks {
            let (start, length) = mask(steps(self.freq_width, bins), bins, stream);
            for bin in start..start + length {
                frames.data[bin * width..(bin + 1) * width].fill(fill(bin));
            }
        }
        let longest = steps(self.time_width, width).min((self.time_share * width as f64) as usize);
        for _ in 0..self.time_masks {
            let (start, length) = mask(longest, width, stream);
            for bin in 0..bins {
                frames.data[bin * width + start..][..length].fill(fill(bin));
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
