//! Which parts of which recordings clips are, and which of them overlap in time.

use super::{Clip, Source};
use crate::audio::Part;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Times in lists are rounded; what overlaps by less than this, in seconds, only touches.
const LEAST_OVERLAP: f64 = 0.001;

/// A part of a recording: where it begins and ends, in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Span {
    /// The number of the recording among those of the corpus.
    pub recording: usize,
    /// Where it begins.
    pub start: f64,
    /// Where it ends; infinite where that is with the recording.
    pub end: f64,
}

/// The part of a recording that each clip is. Empty where all are whole files, or made: those share no more than their sound.
/// A file is one recording by whatever path a list calls it.
pub fn spans(clips: &[Clip]) -> Vec<Span> {
    if !clips.iter().any(|clip| matches!(clip.source, Source::Segment(_))) {
        return Vec::new();
    }
    let (mut files, mut recordings) = (BTreeMap::<&Path, usize>::new(), BTreeMap::<PathBuf, usize>::new());
    let mut made = clips.len();
    let mut spans = Vec::with_capacity(clips.len());
    for clip in clips {
        let (path, part): (&Path, Part) = match &clip.source {
            Source::File(path) => (path, Part::WHOLE),
            Source::Segment(segment) => (&segment.path, segment.part),
            Source::Synth(_) => {
                // Each recipe is a recording of its own, with a number beyond those of files.
                made += 1;
                spans.push(Span { recording: made, start: 0.0, end: f64::INFINITY });
                continue;
            }
        };
        let recording = *files.entry(path).or_insert_with(|| {
            let (next, own) = (recordings.len(), path.canonicalize().unwrap_or_else(|_| path.to_owned()));
            *recordings.entry(own).or_insert(next)
        });
        spans.push(Span { recording, start: part.start, end: part.end.unwrap_or(f64::INFINITY) });
    }
    spans
}

/// For each of the clips `asked` that overlaps one of those `known`, other than itself, one that it overlaps: pairs of numbers,
/// in the order of the first.
pub(crate) fn overlapping(spans: &[Span], known: &[usize], asked: &[usize]) -> Vec<(usize, usize)> {
    let sorted = |clips: &[usize], by: fn(&Span) -> f64| {
        let mut clips = clips.to_vec();
        let key = |clip: &usize| (spans[*clip].recording, by(&spans[*clip]));
        clips.sort_by(|a, b| key(a).0.cmp(&key(b).0).then(key(a).1.total_cmp(&key(b).1)));
        clips
    };
    let mut known = sorted(known, |span| span.start).into_iter().peekable();
    let (mut pairs, mut reach) = (Vec::new(), Reach::default());
    let asked = sorted(asked, |span| span.end);
    for of_recording in asked.chunk_by(|a, b| spans[*a].recording == spans[*b].recording) {
        let recording = spans[of_recording[0]].recording;
        while known.next_if(|clip| spans[*clip].recording < recording).is_some() {}
        reach.clear();
        for &clip in of_recording {
            let Span { start, end, .. } = spans[clip];
            let begins_before = |k: &usize| spans[*k].recording == recording && spans[*k].start + LEAST_OVERLAP < end;
            while let Some(begun) = known.next_if(begins_before) {
                reach.add(begun, begun, spans[begun].end);
            }
            pairs.extend(reach.over(start, Some(clip)).map(|other| (clip, other)));
        }
    }
    pairs.sort_unstable();
    pairs
}

/// Of the parts of one recording that have begun, the one that ends last, and the last one of another owner.
#[derive(Debug, Default)]
pub(super) struct Reach {
    last: Option<Begun>,
    of_another: Option<Begun>,
}

#[derive(Debug, Clone, Copy)]
struct Begun {
    clip: usize,
    owner: usize,
    end: f64,
}

impl Reach {
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(super) fn add(&mut self, clip: usize, owner: usize, end: f64) {
        let begun = Some(Begun { clip, owner, end });
        match self.last {
            Some(last) if end <= last.end => {
                if owner != last.owner && self.of_another.is_none_or(|other| other.end < end) {
                    self.of_another = begun;
                }
            }
            last => {
                if let Some(last) = last.filter(|last| last.owner != owner) {
                    self.of_another = Some(last);
                }
                self.last = begun;
            }
        }
    }

    /// A clip that is still going on at `start`: of another owner than `but`, where one is named.
    pub(super) fn over(&self, start: f64, but: Option<usize>) -> Option<usize> {
        let furthest = self.last.filter(|last| but != Some(last.owner)).or(self.of_another);
        furthest.filter(|begun| begun.end > start + LEAST_OVERLAP).map(|begun| begun.clip)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn span((recording, start, end): (usize, u8, u8)) -> Span {
        Span { recording, start: f64::from(start), end: f64::from(end) }
    }

    #[test]
    fn parts_that_touch_do_not_overlap() {
        let spans = [(0, 0, 2), (0, 2, 4), (1, 1, 3), (0, 1, 3)].map(span);
        assert_eq!(overlapping(&spans, &[0], &[1, 2, 3]), [(3, 0)]);
        let rounded = [Span { recording: 0, start: 0.0, end: 2.0004 }, spans[1]];
        assert_eq!(overlapping(&rounded, &[0], &[1]), []);
        assert_eq!(overlapping(&spans, &[3], &[3]), [], "a clip does not overlap itself");
    }

    proptest! {
        #[test]
        fn overlaps_are_those_that_a_look_at_every_pair_finds(
            parts in prop::collection::vec((0usize..3, 0u8..20, 1u8..6, any::<[bool; 2]>()), 0..24),
        ) {
            let spans: Vec<Span> = parts.iter().map(|(r, start, length, _)| span((*r, *start, start + length))).collect();
            let side = |s: usize| (0..parts.len()).filter(|i| parts[*i].3[s]).collect::<Vec<_>>();
            let (known, asked) = (side(0), side(1));
            let meet = |a: usize, b: usize| {
                let (a_span, b_span) = (spans[a], spans[b]);
                a != b && a_span.recording == b_span.recording && a_span.start < b_span.end && b_span.start < a_span.end
            };
            let found = overlapping(&spans, &known, &asked);
            prop_assert!(found.iter().all(|(a, k)| meet(*a, *k) && known.contains(k)));
            let expected: Vec<usize> = asked.iter().copied().filter(|a| known.iter().any(|k| meet(*a, *k))).collect();
            prop_assert_eq!(found.iter().map(|(a, _)| *a).collect::<Vec<_>>(), expected);
        }
    }
}
