//! The leak audit: what is in two partitions that should not be.

use super::sizes::thousands;
use super::{Fold, Item, Kinds, Partition, Protocol, Row};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What the audit looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingKind {
    /// The same clip (by id) is in two partitions.
    SharedClips,
    /// A clip and its augmented copy, or two copies of one clip, are in two partitions.
    CopiesApart,
    /// Different clips with the same audio are in two partitions.
    SharedContent,
    /// A speaker is in two partitions.
    SharedSpeakers,
    /// Augmented copies are asked for, as if they were recordings.
    EvaluatedCopies,
    /// Byte-identical clips have different labels: at least one label is wrong.
    ConflictingLabels,
    /// The same sentence is spoken in two partitions.
    SharedSentences,
    /// A class that training has is absent from the test rows.
    UntestedClasses,
}

impl FindingKind {
    /// A word or two for tables.
    pub const fn short(self) -> &'static str {
        match self {
            Self::SharedClips => "clips shared",
            Self::CopiesApart => "twins",
            Self::SharedContent => "identical audio",
            Self::SharedSpeakers => "speakers shared",
            Self::EvaluatedCopies => "copies tested",
            Self::ConflictingLabels => "conflicting labels",
            Self::SharedSentences => "sentences shared",
            Self::UntestedClasses => "classes untested",
        }
    }
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// It flatters the result: refused unless the protocol allows it, and stamped on every result where it does.
    Leak,
    /// Worth knowing, reported.
    Notice,
}

/// One thing the audit found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What it is.
    pub kind: FindingKind,
    /// How bad it is.
    pub severity: Severity,
    /// The partition learned from and the one that is asked, where it is about two.
    pub between: Option<[Partition; 2]>,
    /// How many (speakers, clips, rows, ... as the sentence says).
    pub count: usize,
    /// Of how many in the asked partition, or in all.
    pub of: usize,
    /// Up to five examples.
    pub examples: Vec<String>,
    /// The finding in words.
    pub sentence: String,
}

/// What the audit of one fold found, leaks first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Audit {
    /// All findings, leaks first.
    pub findings: Vec<Finding>,
}

impl Audit {
    /// The findings that flatter the result.
    pub fn leaks(&self) -> Vec<&Finding> {
        self.findings.iter().filter(|f| f.severity == Severity::Leak).collect()
    }

    /// The leaks that the protocol was not told to allow: with one of these the run must not go on.
    pub fn refused(&self, protocol: &Protocol) -> Vec<&Finding> {
        self.leaks().into_iter().filter(|f| !protocol.allows(f.kind)).collect()
    }

    /// What to do about a refusal, in a sentence.
    pub fn way_out(protocol: &Protocol) -> String {
        let name = protocol.name();
        match protocol {
            Protocol::Rows(_) | Protocol::File(_) => format!(
                "set `split.{name}.allow_leak = true` to measure what the leak is worth (every result is then stamped), \
                 or use `split.speakers`"
            ),
            _ => "remove the duplicates from the corpus (`serlab corpus doctor` lists them)".to_owned(),
        }
    }

    /// Short text for tables, none where nothing leaks: `LEAKS: twins (2,970 of 4,466), speakers shared (91 of 91)`.
    /// Each kind once, for the pair of partitions that matters most.
    pub fn stamp(&self) -> Option<String> {
        let mut said: BTreeMap<FindingKind, String> = BTreeMap::new();
        for finding in self.leaks() {
            let what = finding.kind.short();
            let place = match finding.between {
                Some([a, b]) if [a, b] != [Partition::Train, Partition::Test] => format!(", {a}/{b}"),
                _ => String::new(),
            };
            let counts = format!("{} of {}", thousands(finding.count), thousands(finding.of));
            said.entry(finding.kind).or_insert_with(|| format!("{what} ({counts}{place})"));
        }
        let said: Vec<String> = said.into_values().collect();
        (!said.is_empty()).then(|| format!("LEAKS: {}", said.join(", ")))
    }
}

/// The pairs to compare, learned from first; the one that matters most first.
const PAIRS: [[Partition; 2]; 3] = [
    [Partition::Train, Partition::Test],
    [Partition::Validation, Partition::Test],
    [Partition::Train, Partition::Validation],
];

/// Looks for leaks in a fold. `contents` (hash of the audio of each clip) and `sentences` (what is said in each,
/// where known) are as long as `items`; without them what they would show is not looked for.
///
/// # Panics
/// Where `contents` or `sentences` is given and is not as long as `items`.
pub fn audit(
    items: &[Item],
    contents: Option<&[[u8; 32]]>,
    sentences: Option<&[Option<String>]>,
    fold: &Fold,
) -> Audit {
    assert!(contents.is_none_or(|c| c.len() == items.len()), "one content hash a clip");
    assert!(sentences.is_none_or(|s| s.len() == items.len()), "one sentence, or none, a clip");
    let mut findings = Vec::new();
    for between in PAIRS {
        let [learned, asked] = between.map(|p| fold.partition(p));
        findings.extend(shared_clips(items, between, learned, asked));
        findings.extend(copies_apart(items, between, learned, asked));
        if let Some(contents) = contents {
            findings.extend(shared_content(items, contents, between, learned, asked));
        }
        let speaker = |r: &Row| Some(items[r.clip].speaker.to_owned());
        findings.extend(in_both(
            FindingKind::SharedSpeakers,
            Severity::Leak,
            "speakers",
            between,
            learned,
            asked,
            speaker,
        ));
        if let Some(sentences) = sentences {
            let sentence = |r: &Row| sentences[r.clip].clone();
            let kind = FindingKind::SharedSentences;
            findings.extend(in_both(kind, Severity::Notice, "sentences", between, learned, asked, sentence));
        }
    }
    findings.extend(evaluated_copies(items, fold));
    findings.extend(contents.and_then(|c| conflicting_labels(items, c, fold)));
    findings.extend(untested_classes(items, fold));
    findings.sort_by_key(|f| f.severity);
    Audit { findings }
}

/// What both partitions have of something that rows can be grouped by.
fn in_both(
    kind: FindingKind,
    severity: Severity,
    things: &str,
    between: [Partition; 2],
    learned: &[Row],
    asked: &[Row],
    thing: impl Fn(&Row) -> Option<String>,
) -> Option<Finding> {
    let [learned, asked]: [BTreeSet<String>; 2] = [learned, asked].map(|rows| rows.iter().filter_map(&thing).collect());
    let shared: Vec<&String> = asked.intersection(&learned).collect();
    let [from, to] = between;
    let sentence =
        format!("{} of {} {things} of {to} are also in {from}", thousands(shared.len()), thousands(asked.len()));
    let examples = shared.iter().take(5).map(|s| (*s).clone()).collect();
    found(kind, severity, Some(between), shared.len(), asked.len(), examples, sentence)
}

fn shared_clips(items: &[Item], between: [Partition; 2], learned: &[Row], asked: &[Row]) -> Option<Finding> {
    let key = |r: &Row| (items[r.clip].id, r.copy);
    let known: BTreeSet<(&str, u32)> = learned.iter().map(key).collect();
    let shared: BTreeSet<&str> = asked.iter().filter(|r| known.contains(&key(r))).map(|r| items[r.clip].id).collect();
    let all = asked.iter().map(|r| items[r.clip].id).collect::<BTreeSet<_>>().len();
    let [from, to] = between;
    let sentence = format!("{} of {} clips of {to} are also in {from}", thousands(shared.len()), thousands(all));
    let examples = shared.iter().take(5).map(|id| (*id).to_owned()).collect();
    found(FindingKind::SharedClips, Severity::Leak, Some(between), shared.len(), all, examples, sentence)
}

fn copies_apart(items: &[Item], between: [Partition; 2], learned: &[Row], asked: &[Row]) -> Option<Finding> {
    let mut known: BTreeMap<usize, BTreeSet<u32>> = BTreeMap::new();
    learned.iter().for_each(|r| _ = known.entry(r.clip).or_default().insert(r.copy));
    let other = |r: &&Row| known.get(&r.clip).is_some_and(|copies| copies.iter().any(|c| *c != r.copy));
    let twins: Vec<&Row> = asked.iter().filter(other).collect();
    let [from, to] = between;
    let (count, of) = (thousands(twins.len()), thousands(asked.len()));
    let sentence = format!("{count} of {of} rows of {to} have their source or another copy of it in {from}");
    let examples = twins.iter().take(5).map(|r| format!("{} (copy {})", items[r.clip].id, r.copy)).collect();
    found(FindingKind::CopiesApart, Severity::Leak, Some(between), twins.len(), asked.len(), examples, sentence)
}

fn shared_content(
    items: &[Item],
    contents: &[[u8; 32]],
    between: [Partition; 2],
    learned: &[Row],
    asked: &[Row],
) -> Option<Finding> {
    let mut known: BTreeMap<[u8; 32], BTreeSet<usize>> = BTreeMap::new();
    learned.iter().for_each(|r| _ = known.entry(contents[r.clip]).or_default().insert(r.clip));
    let clips: BTreeSet<usize> = asked.iter().map(|r| r.clip).collect();
    // A clip's own copies are another finding; here it is another clip that sounds the same.
    let twin = |&clip: &usize| known.get(&contents[clip])?.iter().find(|&&k| k != clip).map(|&k| (clip, k));
    let twins: Vec<(usize, usize)> = clips.iter().filter_map(twin).collect();
    let [from, to] = between;
    let (count, of) = (thousands(twins.len()), thousands(clips.len()));
    let sentence = format!("{count} of {of} clips of {to} have the same audio as another clip in {from}");
    let examples = twins.iter().take(5).map(|&(a, b)| format!("{} = {}", items[a].id, items[b].id)).collect();
    found(FindingKind::SharedContent, Severity::Leak, Some(between), twins.len(), clips.len(), examples, sentence)
}

fn evaluated_copies(items: &[Item], fold: &Fold) -> Option<Finding> {
    let rows = fold.test.rows();
    let copies: Vec<&Row> = rows.iter().filter(|r| r.copy > 0).collect();
    let sentence =
        format!("{} of {} rows of test are augmented copies", thousands(copies.len()), thousands(rows.len()));
    let examples = copies.iter().take(5).map(|r| format!("{} (copy {})", items[r.clip].id, r.copy)).collect();
    found(FindingKind::EvaluatedCopies, Severity::Notice, None, copies.len(), rows.len(), examples, sentence)
}

fn conflicting_labels(items: &[Item], contents: &[[u8; 32]], fold: &Fold) -> Option<Finding> {
    let clips: BTreeSet<usize> = fold.iter().map(|(_, r)| r.clip).collect();
    let mut same: BTreeMap<[u8; 32], Vec<usize>> = BTreeMap::new();
    clips.iter().for_each(|&c| same.entry(contents[c]).or_default().push(c));
    let mut groups: Vec<Vec<usize>> = same.into_values().collect();
    groups.retain(|g| g.iter().any(|&c| items[c].label != items[g[0]].label));
    groups.sort_unstable();
    let count = groups.iter().map(Vec::len).sum();
    let sentence =
        format!("{} clips in {} groups are byte-identical but have different labels", thousands(count), groups.len());
    let names = |g: &Vec<usize>| g.iter().map(|&c| items[c].id).collect::<Vec<_>>().join(" = ");
    let examples = groups.iter().take(5).map(names).collect();
    found(FindingKind::ConflictingLabels, Severity::Notice, None, count, clips.len(), examples, sentence)
}

fn untested_classes(items: &[Item], fold: &Fold) -> Option<Finding> {
    let [trained, tested]: [BTreeMap<usize, &str>; 2] = [Partition::Train, Partition::Test]
        .map(|p| fold.partition(p).iter().rev().map(|r| (items[r.clip].label, items[r.clip].id)).collect());
    let absent: Vec<String> = trained
        .iter()
        .filter(|(label, _)| !tested.contains_key(label))
        .map(|(label, id)| format!("class {label} (that of {id})"))
        .collect();
    let sentence = format!("{} of {} classes have no clip in test", absent.len(), trained.len());
    let examples = absent.iter().take(5).cloned().collect();
    found(FindingKind::UntestedClasses, Severity::Notice, None, absent.len(), trained.len(), examples, sentence)
}

/// A finding, where there is something to find.
fn found(
    kind: FindingKind,
    severity: Severity,
    between: Option<[Partition; 2]>,
    count: usize,
    of: usize,
    examples: Vec<String>,
    sentence: String,
) -> Option<Finding> {
    (count > 0).then_some(Finding { kind, severity, between, count, of, examples, sentence })
}
