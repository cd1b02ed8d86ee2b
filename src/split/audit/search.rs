//! The searches of the audit, one function each.

use super::{Finding, FindingKind};
use crate::split::fit::{Fit, FittedOn, SelectedOn};
use crate::split::sizes::thousands;
use crate::split::{Fold, Item, Partition, Row};
use std::collections::{BTreeMap, BTreeSet};

/// Two partitions: the one that is learned from, or chosen by, and the one that is asked.
pub(super) struct Pair<'a> {
    pub(super) between: [Partition; 2],
    pub(super) learned: &'a [Row],
    pub(super) asked: &'a [Row],
}

impl Pair<'_> {
    /// What both partitions have of something that rows can be grouped by.
    pub(super) fn in_both(
        &self,
        kind: FindingKind,
        things: &str,
        thing: impl Fn(&Row) -> Option<String>,
    ) -> Option<Finding> {
        let of = |rows: &[Row]| rows.iter().filter_map(&thing).collect::<BTreeSet<String>>();
        let (learned, asked) = (of(self.learned), of(self.asked));
        let shared: Vec<String> = asked.intersection(&learned).cloned().collect();
        let sentence = self.also(shared.len(), asked.len(), things);
        Finding::new(kind, Some(self.between), [shared.len(), asked.len()], shared, sentence)
    }

    pub(super) fn shared_clips(&self, items: &[Item]) -> Option<Finding> {
        let key = |r: &Row| (items[r.clip].id, r.copy);
        let known: BTreeSet<(&str, u32)> = self.learned.iter().map(key).collect();
        let ids = |rows: &mut dyn Iterator<Item = &Row>| rows.map(|r| items[r.clip].id).collect::<BTreeSet<&str>>();
        let shared = ids(&mut self.asked.iter().filter(|r| known.contains(&key(r))));
        let counts = [shared.len(), ids(&mut self.asked.iter()).len()];
        let sentence = self.also(counts[0], counts[1], "clips");
        let examples = shared.into_iter().map(str::to_owned);
        Finding::new(FindingKind::SharedClips, Some(self.between), counts, examples, sentence)
    }

    pub(super) fn twins(&self, items: &[Item]) -> Option<Finding> {
        let mut known: BTreeMap<usize, BTreeSet<u32>> = BTreeMap::new();
        self.learned.iter().for_each(|r| _ = known.entry(r.clip).or_default().insert(r.copy));
        let other = |r: &&Row| known.get(&r.clip).is_some_and(|copies| copies.iter().any(|c| *c != r.copy));
        let twins: Vec<&Row> = self.asked.iter().filter(other).collect();
        let [from, to] = self.between;
        let (count, of) = (thousands(twins.len()), thousands(self.asked.len()));
        let sentence = format!("{count} of {of} rows of {to} have their source or another copy of it in {from}");
        let counts = [twins.len(), self.asked.len()];
        Finding::new(FindingKind::Twins, Some(self.between), counts, twins.iter().map(|r| named(items, r)), sentence)
    }

    pub(super) fn shared_audio(&self, items: &[Item], sounds: &[[u8; 32]]) -> Option<Finding> {
        let mut known: BTreeMap<[u8; 32], BTreeSet<usize>> = BTreeMap::new();
        self.learned.iter().for_each(|r| _ = known.entry(sounds[r.clip]).or_default().insert(r.clip));
        let clips: BTreeSet<usize> = self.asked.iter().map(|r| r.clip).collect();
        // A clip's own copies are another finding; here it is another clip that sounds the same.
        let twin = |&clip: &usize| known.get(&sounds[clip])?.iter().find(|&&k| k != clip).map(|&k| (clip, k));
        let twins: Vec<(usize, usize)> = clips.iter().filter_map(twin).collect();
        let [from, to] = self.between;
        let (count, of) = (thousands(twins.len()), thousands(clips.len()));
        let sentence = format!("{count} of {of} clips of {to} have the same audio as another clip in {from}");
        let examples = twins.iter().map(|&(a, b)| format!("{} = {}", items[a].id, items[b].id));
        let counts = [twins.len(), clips.len()];
        Finding::new(FindingKind::SharedAudio, Some(self.between), counts, examples, sentence)
    }

    fn also(&self, count: usize, of: usize, things: &str) -> String {
        let [from, to] = self.between;
        format!("{} of {} {things} of {to} are also in {from}", thousands(count), thousands(of))
    }
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

pub(super) fn evaluated_copies(items: &[Item], fold: &Fold) -> Option<Finding> {
    let rows = fold.test.rows();
    let copies: Vec<&Row> = rows.iter().filter(|r| r.copy > 0).collect();
    let counts = [copies.len(), rows.len()];
    let sentence = format!("{} of {} rows of test are augmented copies", thousands(counts[0]), thousands(counts[1]));
    Finding::new(FindingKind::EvaluatedCopies, None, counts, copies.iter().map(|r| named(items, r)), sentence)
}

pub(super) fn conflicting_labels(items: &[Item], sounds: &[[u8; 32]], fold: &Fold) -> Option<Finding> {
    let clips: BTreeSet<usize> = fold.iter().map(|(_, r)| r.clip).collect();
    let mut same: BTreeMap<[u8; 32], Vec<usize>> = BTreeMap::new();
    clips.iter().for_each(|&c| same.entry(sounds[c]).or_default().push(c));
    let mut groups: Vec<Vec<usize>> = same.into_values().collect();
    groups.retain(|g| g.iter().any(|&c| items[c].label != items[g[0]].label));
    groups.sort_unstable();
    let count = groups.iter().map(Vec::len).sum();
    let groups_said = if groups.len() == 1 { "1 group".to_owned() } else { format!("{} groups", groups.len()) };
    let sentence = format!("{} clips in {groups_said} have the same audio but different labels", thousands(count));
    let names = |g: &Vec<usize>| g.iter().map(|&c| items[c].id).collect::<Vec<_>>().join(" = ");
    Finding::new(FindingKind::ConflictingLabels, None, [count, clips.len()], groups.iter().map(names), sentence)
}

pub(super) fn untested_classes(items: &[Item], fold: &Fold) -> Option<Finding> {
    let [trained, tested]: [BTreeMap<usize, &str>; 2] = [Partition::Train, Partition::Test]
        .map(|p| fold.partition(p).iter().rev().map(|r| (items[r.clip].label, items[r.clip].id)).collect());
    let absent: Vec<String> = trained
        .iter()
        .filter(|(label, _)| !tested.contains_key(label))
        .map(|(label, id)| format!("class {label} (that of {id})"))
        .collect();
    let counts = [absent.len(), trained.len()];
    let sentence = format!("{} of {} classes have no clip in test", counts[0], counts[1]);
    Finding::new(FindingKind::UntestedClasses, None, counts, absent, sentence)
}
