//! The searches of the audit, one function each.

use super::{Finding, FindingKind};
use crate::corpus::{Span, overlapping};
use crate::lookalike;
use crate::split::fit::{Fit, FittedOn, SelectedOn};
use crate::split::groups::Groups;
use crate::split::sizes::thousands;
use crate::split::{Fold, Item, Known, Partition, Row};
use std::collections::BTreeSet;

/// Pairs of names that a sentence holds at most.
const SHOWN: usize = 3;

/// Sets of speakers, two or more each, whose names look alike.
pub(super) fn alike_in_name(speakers: &Groups<'_>) -> Vec<Vec<usize>> {
    let place = |name: &&str| speakers.names.binary_search(name).expect("it is one of them");
    let sets = lookalike::alike(speakers.names.iter().copied());
    sets.iter().map(|set| set.iter().map(place).collect()).collect()
}

/// Two partitions: the one that is learned from, or chosen by, and the one that is asked.
pub(super) struct Pair<'a> {
    pub(super) between: [Partition; 2],
    pub(super) learned: &'a [Row],
    pub(super) asked: &'a [Row],
}

impl Pair<'_> {
    /// For each group whether the partitions have a clip of it.
    fn have(&self, groups: &Groups<'_>) -> [Vec<bool>; 2] {
        [self.learned, self.asked].map(|rows| {
            let mut there = vec![false; groups.names.len()];
            rows.iter().filter_map(|row| groups.of_clip[row.clip]).for_each(|group| there[group] = true);
            there
        })
    }

    /// What both partitions have of something that clips can be grouped by.
    pub(super) fn in_both(&self, kind: FindingKind, things: &str, groups: &Groups<'_>) -> Option<Finding> {
        let [learned, asked] = self.have(groups);
        let in_both = || (0..groups.names.len()).filter(|&group| learned[group] && asked[group]);
        let counts = [in_both().count(), asked.iter().filter(|there| **there).count()];
        let sentence = self.also(counts[0], counts[1], things);
        let examples = in_both().map(|group| groups.names[group].to_owned());
        Finding::new(kind, Some(self.between), counts, examples, sentence)
    }

    pub(super) fn shared_clips(&self, ids: &Groups<'_>) -> Option<Finding> {
        let keys = |rows: &[Row]| {
            let mut keys: Vec<(usize, u32)> =
                rows.iter().filter_map(|r| Some((ids.of_clip[r.clip]?, r.copy))).collect();
            keys.sort_unstable();
            keys
        };
        let (known, asked) = (keys(self.learned), keys(self.asked));
        let once = |mut clips: Vec<usize>| {
            clips.dedup();
            clips
        };
        let shared = once(asked.iter().filter(|key| known.binary_search(key).is_ok()).map(|(id, _)| *id).collect());
        let counts = [shared.len(), once(asked.iter().map(|(id, _)| *id).collect()).len()];
        let sentence = self.also(counts[0], counts[1], "clips");
        let examples = shared.into_iter().map(|id| ids.names[id].to_owned());
        Finding::new(FindingKind::SharedClips, Some(self.between), counts, examples, sentence)
    }

    pub(super) fn twins(&self, items: &[Item]) -> Option<Finding> {
        // Rows are in order of clip: those of one clip lie together.
        let of_clip = |clip: usize| {
            let start = self.learned.partition_point(|r| r.clip < clip);
            self.learned[start..].iter().take_while(move |r| r.clip == clip)
        };
        let other = |r: &&Row| of_clip(r.clip).any(|known| known.copy != r.copy);
        let twins: Vec<&Row> = self.asked.iter().filter(other).collect();
        let [from, to] = self.between;
        let (count, of) = (thousands(twins.len()), thousands(self.asked.len()));
        let sentence = format!("{count} of {of} rows of {to} have their source or another copy of it in {from}");
        let counts = [twins.len(), self.asked.len()];
        Finding::new(FindingKind::Twins, Some(self.between), counts, twins.iter().map(|r| named(items, r)), sentence)
    }

    /// `alike` holds the sets of clips that are the same by what was compared.
    pub(super) fn shared_audio(&self, items: &[Item], alike: &[Vec<usize>], known: Known) -> Option<Finding> {
        let (spans, what) = (known.spans, known.compared());
        let (learned, asked) = (clips(items, [self.learned]), clips(items, [self.asked]));
        let mut twins: Vec<(usize, usize)> = Vec::new();
        for set in alike {
            let known: Vec<usize> = set.iter().copied().filter(|&clip| learned[clip]).take(2).collect();
            // A clip's own copies are another finding; here it is another clip that sounds the same.
            let twin = |&clip: &usize| known.iter().find(|&&k| k != clip).map(|&k| (clip, k));
            twins.extend(set.iter().filter(|&&clip| asked[clip]).filter_map(twin));
        }
        twins.sort_unstable();
        let same: BTreeSet<usize> = twins.iter().map(|(clip, _)| *clip).collect();
        let mut parts =
            if spans.is_empty() { Vec::new() } else { overlapping(spans, &there(&learned), &there(&asked)) };
        parts.retain(|(clip, _)| !same.contains(clip));
        let [from, to] = self.between;
        let counts = [twins.len() + parts.len(), there(&asked).len()];
        let (count, of) = (thousands(counts[0]), thousands(counts[1]));
        let sentence = match (twins.len(), parts.len()) {
            (_, 0) => format!("{count} of {of} clips of {to} have the same {what} as another clip in {from}"),
            (0, _) => {
                format!("{count} of {of} clips of {to} have audio of a clip in {from}, which they overlap in one file")
            }
            (_, parts) => format!(
                "{count} of {of} clips of {to} have audio of another clip in {from}: {} overlap it in one file, the others \
                 are the same",
                thousands(parts)
            ),
        };
        let example =
            |sign: &'static str| move |&(a, b): &(usize, usize)| format!("{} {sign} {}", items[a].id, items[b].id);
        let examples = twins.iter().map(example("=")).chain(parts.iter().map(example("overlaps")));
        Finding::new(FindingKind::SharedAudio, Some(self.between), counts, examples, sentence)
    }

    /// Other parts of the same recordings: no audio is shared, but the room, the microphone and the day are.
    pub(super) fn shared_recordings(&self, items: &[Item], spans: &[Span]) -> Option<Finding> {
        if spans.is_empty() {
            return None;
        }
        let recordings = |rows: &[Row]| rows.iter().map(|row| spans[row.clip].recording).collect::<BTreeSet<usize>>();
        let (learned, asked) = (recordings(self.learned), recordings(self.asked));
        let shared: BTreeSet<usize> = learned.intersection(&asked).copied().collect();
        let [from, to] = self.between;
        let counts = [shared.len(), asked.len()];
        let (count, of) = (thousands(counts[0]), thousands(counts[1]));
        let sentence = format!("{count} of {of} recordings of {to} are also in {from}, with clips of other speakers");
        let clips = self.asked.iter().filter(|row| row.copy == 0 && shared.contains(&spans[row.clip].recording));
        let examples = clips.map(|row| items[row.clip].id.to_owned());
        Finding::new(FindingKind::SharedRecordings, Some(self.between), counts, examples, sentence)
    }

    /// Speakers of the asked partition that may be another one of the other, by the look of their names.
    pub(super) fn lookalikes(&self, speakers: &Groups<'_>, alike: &[Vec<usize>]) -> Option<Finding> {
        let [learned, asked] = self.have(speakers);
        let mut pairs: Vec<(usize, usize)> = Vec::new();
        for set in alike {
            let other =
                |&one: &usize| set.iter().find(|&&known| known != one && learned[known]).map(|&known| (one, known));
            pairs.extend(set.iter().filter(|&&speaker| asked[speaker]).filter_map(other));
        }
        let [from, to] = self.between;
        let quoted = |&(a, b): &(usize, usize)| format!("`{}` = `{}`", speakers.names[a], speakers.names[b]);
        let examples: Vec<String> = pairs.iter().map(quoted).collect();
        let counts = [pairs.len(), asked.iter().filter(|there| **there).count()];
        let more = if pairs.len() > SHOWN { ", ..." } else { "" };
        let sentence = format!(
            "{} of {} speakers of {to} may also be in {from}, their names look alike: {}{more}",
            counts[0],
            counts[1],
            examples[..pairs.len().min(SHOWN)].join(", ")
        );
        Finding::new(FindingKind::LookalikeSpeakers, Some(self.between), counts, examples, sentence)
    }

    fn also(&self, count: usize, of: usize, things: &str) -> String {
        let [from, to] = self.between;
        format!("{} of {} {things} of {to} are also in {from}", thousands(count), thousands(of))
    }
}

/// For each clip whether one of its rows is among these.
fn clips<'r>(items: &[Item], rows: impl IntoIterator<Item = &'r [Row]>) -> Vec<bool> {
    let mut there = vec![false; items.len()];
    rows.into_iter().flatten().for_each(|r| there[r.clip] = true);
    there
}

/// The clips that are there, in order.
fn there(clips: &[bool]) -> Vec<usize> {
    (0..clips.len()).filter(|&clip| clips[clip]).collect()
}

/// Classes that may be one, by the look of their labels.
pub(super) fn alike_labels(known: Known) -> Option<Finding> {
    let sets = lookalike::alike(known.labels.iter().map(String::as_str));
    let quoted = |set: &Vec<&str>| {
        set.iter().map(|label| format!("`{}`", lookalike::spelt(label))).collect::<Vec<String>>().join(" = ")
    };
    let examples: Vec<String> = sets.iter().map(quoted).collect();
    let counts = [sets.iter().map(Vec::len).sum(), known.labels.len()];
    let sentence = format!(
        "{} of {} labels may be others written in another way, and are classes of their own: {}; merge them with `clips.labels`",
        counts[0],
        counts[1],
        examples.join(", ")
    );
    Finding::new(FindingKind::LookalikeLabels, None, counts, examples, sentence)
}

fn named(items: &[Item], row: &Row) -> String {
    format!("{} (copy {})", items[row.clip].id, row.copy)
}

/// What is fitted or chosen with a look at the test rows.
pub(super) fn misfits(fit: &Fit, fold: &Fold) -> Vec<Finding> {
    let parts = [("the scaler", fit.scaler), ("the length", fit.length), ("class weights", fit.class_weights)];
    let fitted: Vec<&str> = parts.into_iter().filter(|(_, on)| *on == FittedOn::All).map(|(what, _)| what).collect();
    let rows = fold.test.len();
    let tested = [rows, rows];
    let sentence = format!("fitted on the rows of all partitions: {}", fitted.join(", "));
    let fitted_count = if fitted.is_empty() { [0, rows] } else { tested };
    let selected = if fit.epoch == SelectedOn::Test { tested } else { [0, rows] };
    let picked = "the best epoch is picked on the test rows";
    [
        Finding::new(FindingKind::FittedOnTest, None, fitted_count, fitted.iter().map(|f| (*f).to_owned()), sentence),
        Finding::new(FindingKind::SelectedOnTest, None, selected, [], picked),
    ]
    .into_iter()
    .flatten()
    .collect()
}

pub(super) fn transductive(items: &[Item], known: Known, fold: &Fold) -> Option<Finding> {
    let speakers: BTreeSet<&str> = fold.test.rows().iter().map(|row| items[row.clip].speaker).collect();
    let count = if known.scaled_by_speaker { speakers.len() } else { 0 };
    let sentence = format!(
        "transductive: inputs of {} of test are scaled by statistics of all their own clips, without labels",
        if count == 1 { "1 speaker".to_owned() } else { format!("{} speakers", thousands(count)) }
    );
    let named = speakers.iter().map(|speaker| (*speaker).to_owned());
    Finding::new(FindingKind::Transductive, None, [count, speakers.len()], named, sentence)
}

pub(super) fn evaluated_copies(items: &[Item], fold: &Fold) -> Option<Finding> {
    let rows = fold.test.rows();
    let copies: Vec<&Row> = rows.iter().filter(|r| r.copy > 0).collect();
    let counts = [copies.len(), rows.len()];
    let sentence = format!("{} of {} rows of test are augmented copies", thousands(counts[0]), thousands(counts[1]));
    Finding::new(FindingKind::EvaluatedCopies, None, counts, copies.iter().map(|r| named(items, r)), sentence)
}

pub(super) fn conflicting_labels(items: &[Item], alike: &[Vec<usize>], known: Known, fold: &Fold) -> Option<Finding> {
    let clips = clips(items, Partition::ALL.map(|p| fold.partition(p)));
    let in_fold = |set: &Vec<usize>| set.iter().copied().filter(|&c| clips[c]).collect::<Vec<usize>>();
    let mut groups: Vec<Vec<usize>> = alike.iter().map(in_fold).collect();
    groups.retain(|g| g.iter().any(|&c| items[c].label != items[g[0]].label));
    groups.sort_unstable();
    let count = groups.iter().map(Vec::len).sum();
    let total = clips.iter().filter(|there| **there).count();
    let groups_said = if groups.len() == 1 { "1 group".to_owned() } else { format!("{} groups", groups.len()) };
    let what = known.compared();
    let sentence = format!("{} clips in {groups_said} have the same {what} but different labels", thousands(count));
    let names = |g: &Vec<usize>| g.iter().map(|&c| items[c].id).collect::<Vec<_>>().join(" = ");
    Finding::new(FindingKind::ConflictingLabels, None, [count, total], groups.iter().map(names), sentence)
}

pub(super) fn untested_classes(items: &[Item], known: Known, fold: &Fold) -> Option<Finding> {
    let tested: BTreeSet<usize> = fold.test.rows().iter().map(|row| items[row.clip].label).collect();
    let classes: BTreeSet<usize> = items.iter().map(|item| item.label).collect();
    let absent: Vec<String> = classes.difference(&tested).map(|&class| known.class(class)).collect();
    let counts = [absent.len(), classes.len()];
    let names = absent.join(", ");
    let sentence = format!(
        "{} of {} classes have no clip in test ({names}): UAR is over the other {}",
        counts[0],
        counts[1],
        tested.len()
    );
    Finding::new(FindingKind::UntestedClasses, None, counts, absent, sentence)
}
