//! Where a clip lies in an input of another length, and what is around it.

use std::ops::Range;

crate::choices! {
    /// What fills up a clip shorter than the network's input, on the sides where `place` leaves room.
    pub enum Pad = Floor {
        /// What digital silence would be in this clip: see [`Feature::floor`](super::Feature::floor).
        "floor" => Floor,
        /// 0, whatever that means for the feature: for levels relative to the clip's maximum it is the loudest value there is.
        "zero" => Zero,
        /// The first frame again and again before the clip, the last behind it.
        "edge" => Edge,
        /// The clip again and again, as often as needed on either side.
        "repeat" => Repeat,
    }
}

crate::choices! {
    /// Which part of a clip longer than the network's input is kept.
    pub enum Crop = Start {
        /// The first frames.
        "start" => Start,
        /// The middle frames; of an odd surplus one more is cut at the end.
        "centre" | "center" => Centre,
        /// Of training rows another part in every epoch; of all other rows the middle.
        "random" => Random,
    }
}

crate::choices! {
    /// Where in the network's input a shorter clip lies.
    pub enum Place = Start {
        /// At its start.
        "start" => Start,
        /// In its middle; of an odd number of free frames one more is at the end.
        "centre" | "center" => Centre,
        /// Training rows at another place in every epoch; all other rows in the middle.
        "random" => Random,
    }
}

/// How much of what is free lies before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Share {
    /// Nothing.
    Start,
    /// Half of it, rounded down.
    Centre,
    /// That of the `nth` window, from 0, of so many that are evenly placed, the first at the start and the last at the end.
    Window {
        /// Which of them.
        nth: usize,
        /// How many there are; a single one is in the middle.
        of: usize,
    },
    /// A number in [0, 1) that was drawn: every whole number of frames is equally likely.
    Drawn(f64),
}

impl Share {
    /// In frames, of so many that are free.
    fn of(self, free: usize) -> usize {
        match self {
            Self::Start => 0,
            Self::Centre | Self::Window { of: 0 | 1, .. } => free / 2,
            Self::Window { nth, of } => (nth * free / (of - 1)).min(free),
            Self::Drawn(share) => ((share * (free + 1) as f64) as usize).min(free),
        }
    }
}

impl Crop {
    /// What is cut off before the part that is kept, with the number drawn for a row, where one is.
    pub fn share(self, drawn: Option<f64>) -> Share {
        match self {
            Self::Start => Share::Start,
            Self::Centre => Share::Centre,
            Self::Random => drawn.map_or(Share::Centre, Share::Drawn),
        }
    }
}

impl Place {
    /// What is free before the clip, with the number drawn for a row, where one is.
    pub fn share(self, drawn: Option<f64>) -> Share {
        match self {
            Self::Start => Share::Start,
            Self::Centre => Share::Centre,
            Self::Random => drawn.map_or(Share::Centre, Share::Drawn),
        }
    }
}

/// How one clip is brought to the length of an input.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lie {
    /// Frames that each feature is brought to.
    pub frames: usize,
    /// What fills up a shorter clip.
    pub pad: Pad,
    /// Where a shorter clip lies.
    pub place: Share,
    /// Which part of a longer one is kept.
    pub crop: Share,
}

impl Lie {
    /// The frames of the input that hold frames of a clip of so many.
    pub(super) fn own(&self, clip: usize) -> Range<usize> {
        let start = self.place.of(self.frames.saturating_sub(clip));
        start..start + clip.min(self.frames)
    }

    /// Brings one row of a clip to the length of `out`; `floor` is what silence is in it. `row` has at least one value.
    pub(super) fn fit(&self, row: &[f32], out: &mut [f32], floor: f32) {
        let skipped = self.crop.of(row.len().saturating_sub(out.len()));
        let Range { start, end } = self.own(row.len());
        out[start..end].copy_from_slice(&row[skipped..skipped + end - start]);
        let (before, rest) = out.split_at_mut(start);
        let after = &mut rest[end - start..];
        match self.pad {
            Pad::Floor | Pad::Zero => {
                let fill = if self.pad == Pad::Floor { floor } else { 0.0 };
                before.fill(fill);
                after.fill(fill);
            }
            Pad::Edge => {
                before.fill(row[0]);
                after.fill(row[row.len() - 1]);
            }
            Pad::Repeat => {
                before.iter_mut().rev().zip(row.iter().rev().cycle()).for_each(|(slot, value)| *slot = *value);
                after.iter_mut().zip(row.iter().cycle()).for_each(|(slot, value)| *slot = *value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fitted(row: &[f32], pad: Pad, place: Share, crop: Share) -> Vec<f32> {
        let mut out = vec![f32::NAN; 6];
        Lie { frames: 6, pad, place, crop }.fit(row, &mut out, -9.0);
        out
    }

    #[test]
    fn a_short_clip_lies_where_it_is_placed_and_both_sides_are_filled_up() {
        let placed = |pad, place| fitted(&[1.0, 2.0, 3.0], pad, place, Share::Start);
        assert_eq!(placed(Pad::Floor, Share::Start), [1.0, 2.0, 3.0, -9.0, -9.0, -9.0]);
        assert_eq!(placed(Pad::Zero, Share::Centre), [0.0, 1.0, 2.0, 3.0, 0.0, 0.0]);
        assert_eq!(placed(Pad::Edge, Share::Drawn(0.6)), [1.0, 1.0, 1.0, 2.0, 3.0, 3.0]);
        // The clip goes on in both directions: ... 3 1 2 3 1 2 ...
        assert_eq!(placed(Pad::Repeat, Share::Drawn(0.6)), [2.0, 3.0, 1.0, 2.0, 3.0, 1.0]);
        assert_eq!(fitted(&[1.0, 2.0], Pad::Repeat, Share::Drawn(0.99), Share::Start), [1.0, 2.0, 1.0, 2.0, 1.0, 2.0]);
    }

    #[test]
    fn windows_of_a_long_clip_are_evenly_placed_from_its_start_to_its_end() {
        let long: Vec<f32> = (0..16).map(|t| t as f32).collect();
        let first = |crop| fitted(&long, Pad::Floor, Share::Start, crop)[0];
        let windows = |of| (0..of).map(|nth| first(Share::Window { nth, of })).collect::<Vec<_>>();
        assert_eq!(windows(1), [5.0]);
        assert_eq!(windows(3), [0.0, 5.0, 10.0]);
        assert_eq!(windows(4), [0.0, 3.0, 6.0, 10.0]);
        assert_eq!((first(Share::Start), first(Share::Centre), first(Share::Drawn(0.0))), (0.0, 5.0, 0.0));
        assert_eq!(first(Share::Drawn(0.999)), 10.0);
    }

    #[test]
    fn what_is_drawn_reaches_every_place_equally_often_and_a_clip_of_the_input_s_length_has_one() {
        let mut places = [0; 4];
        (0..400).for_each(|i| places[Share::Drawn(f64::from(i) / 400.0).of(3)] += 1);
        assert_eq!(places, [100; 4]);
        assert_eq!(Share::Drawn(0.9).of(0), 0);
        let lie = Lie { frames: 6, pad: Pad::Floor, place: Share::Centre, crop: Share::Start };
        assert_eq!([lie.own(3), lie.own(6), lie.own(9)], [1..4, 0..6, 0..6]);
    }

    #[test]
    fn without_a_number_drawn_random_is_the_centre() {
        assert_eq!((Place::Random.share(None), Crop::Random.share(None)), (Share::Centre, Share::Centre));
        assert_eq!(Place::Random.share(Some(0.25)), Share::Drawn(0.25));
        assert_eq!((Place::Start.share(Some(0.25)), Crop::Centre.share(Some(0.25))), (Share::Start, Share::Centre));
    }
}
