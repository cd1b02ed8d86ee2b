//! Frames between frames and bins between bins, by linear interpolation.

use super::Frames;

/// A clip squeezed to fewer frames than this has nothing left to recognise; shorter ones are not squeezed at all.
const FEWEST_FRAMES: usize = 8;

impl Frames {
    /// Stretches time: the clip has `factor` times as many frames after, rounded, and at least 8, or as many as before where
    /// those are fewer. The first frame stays the first and the last the last; those between lie on straight lines between
    /// their neighbours. [bins, frames] -> [bins, other frames]; units stay. `factor` is above 0.
    pub fn stretch(&mut self, factor: f64) {
        let wanted = (self.frames as f64 * factor).round() as usize;
        let frames = wanted.max(self.frames.min(FEWEST_FRAMES));
        // A single frame has no neighbour to lie between: it stays the only one.
        if frames == self.frames || self.frames < 2 {
            return;
        }
        let (last, step) = (self.frames - 1, (self.frames - 1) as f64 / (frames - 1).max(1) as f64);
        let between: Vec<(usize, f32)> = (0..frames).map(|t| neighbours(t as f64 * step, last)).collect();
        let mut data = Vec::with_capacity(self.bins * frames);
        for row in self.data.chunks_exact(self.frames) {
            data.extend(between.iter().map(|&(i, weight)| row[i] * (1.0 - weight) + row[i + 1] * weight));
        }
        *self = Self { bins: self.bins, frames, data };
    }

    /// Warps the bins: bin b becomes what was at b * `factor` before, between two bins their mean by distance, beyond the last
    /// bin the last. [bins, frames] -> the same; a feature of one bin stays as it is.
    pub fn warp(&mut self, factor: f64) {
        let Some(last) = self.bins.checked_sub(1).filter(|last| *last > 0) else { return };
        let mut data = Vec::with_capacity(self.data.len());
        for bin in 0..self.bins {
            let (i, weight) = neighbours(bin as f64 * factor, last);
            let both = self.row(i).iter().zip(self.row(i + 1));
            data.extend(both.map(|(low, high)| low * (1.0 - weight) + high * weight));
        }
        self.data = data;
    }
}

/// The place before `at` and the share of the one behind it, in 0..=last.
fn neighbours(at: f64, last: usize) -> (usize, f32) {
    let at = at.clamp(0.0, last as f64);
    let before = (at as usize).min(last - 1);
    (before, (at - before as f64) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(bins: usize, frames: usize) -> Frames {
        let value = |i: usize| (1000 * (i / frames) + i % frames) as f32;
        Frames { bins, frames, data: (0..bins * frames).map(value).collect() }
    }

    #[test]
    fn a_line_over_time_stays_a_line_between_the_same_ends() {
        for (factor, frames) in [(1.5, 30), (0.5, 10), (0.1, 8), (2.0, 40)] {
            let mut x = ramp(3, 20);
            x.stretch(factor);
            assert_eq!((x.bins, x.frames, x.data.len()), (3, frames, 3 * frames));
            for bin in 0..3 {
                for (t, value) in x.row(bin).iter().enumerate() {
                    let expected = (1000 * bin) as f64 + t as f64 * 19.0 / (frames - 1) as f64;
                    assert!((f64::from(*value) - expected).abs() < 1e-3, "{value} {expected}");
                }
            }
        }
    }

    #[test]
    fn few_frames_become_no_fewer_and_one_stays_one() {
        for (frames, factor, after) in [(1, 0.2, 1), (1, 3.0, 1), (3, 0.2, 3), (9, 0.2, 8), (2, 2.0, 4), (20, 1.0, 20)]
        {
            let mut x = ramp(2, frames);
            x.stretch(factor);
            assert_eq!(x.frames, after);
            if after == frames {
                assert_eq!(x, ramp(2, frames));
            }
        }
    }

    #[test]
    fn a_bin_becomes_what_was_at_its_place_times_the_factor() {
        let by = |factor| {
            let mut x = Frames { bins: 4, frames: 2, data: vec![0.0, 1.0, 10.0, 11.0, 20.0, 21.0, 30.0, 31.0] };
            x.warp(factor);
            x.data
        };
        assert_eq!(by(0.5), [0.0, 1.0, 5.0, 6.0, 10.0, 11.0, 15.0, 16.0]);
        assert_eq!(by(1.5), [0.0, 1.0, 15.0, 16.0, 30.0, 31.0, 30.0, 31.0]);
        assert_eq!(by(1.0), [0.0, 1.0, 10.0, 11.0, 20.0, 21.0, 30.0, 31.0]);
        let mut single = ramp(1, 5);
        single.warp(0.5);
        assert_eq!(single, ramp(1, 5));
    }
}
