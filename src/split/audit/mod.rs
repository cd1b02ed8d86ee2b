//! The leak audit: what the test rows share with those that a network was made from.
//!
//! [`audit`] looks through a fold; what flatters a result is a [`Severity::Leak`], refused unless [`Allowed`] names its kind
//! and stamped on every result where it does. The searches are in `search.rs`, the words for what they find in `finding.rs`.

mod finding;
mod search;

pub use finding::{Finding, FindingKind, Severity};

use super::fit::Fit;
use super::groups::{self, Groups};
use super::sizes::thousands;
use super::{Fold, Item, Known, Partition, Protocol};
use crate::kind::{Context, Problem};
use search::Pair;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

crate::settings! {
    /// What the leak audit lets pass.
    pub struct Allowed {
        /// Leaks that are wanted, to measure what they are worth: "shared-clips", "twins", "shared-audio",
        /// "shared-speakers", "fitted-on-test", "selected-on-test". Every result is stamped with what it has of them.
        pub allow: Vec<FindingKind> = Vec::new();
    }
    check: Allowed::check;
}

impl Allowed {
    /// Names that are no leaks.
    fn check(&self, _: &Context) -> Vec<Problem> {
        let names: Vec<&str> = FindingKind::LEAKS.iter().map(|(name, _)| *name).collect();
        let wrong = |(i, kind): (usize, &FindingKind)| {
            let message = format!("is no leak and needs no permission; allowed: {}", names.join(", "));
            (kind.severity() != Severity::Leak).then(|| Problem::new(format!("allow[{i}]"), message))
        };
        self.allow.iter().enumerate().filter_map(wrong).collect()
    }
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

    /// The findings that change what a figure means, without flattering it.
    pub fn warnings(&self) -> Vec<&Finding> {
        self.findings.iter().filter(|f| f.severity == Severity::Warning).collect()
    }

    /// The leaks that the spec does not allow: with one of these the run must not go on.
    pub fn refused(&self, allowed: &Allowed) -> Vec<&Finding> {
        self.leaks().into_iter().filter(|f| !allowed.allow.contains(&f.kind)).collect()
    }

    /// What to do about a refusal, in a sentence.
    pub fn way_out(&self, allowed: &Allowed, protocol: &Protocol) -> String {
        let all: BTreeSet<FindingKind> =
            self.leaks().iter().map(|f| f.kind).chain(allowed.allow.iter().copied()).collect();
        let names: Vec<String> = all.iter().filter_map(|k| k.leak_name()).map(|name| format!("\"{name}\"")).collect();
        let refused: BTreeSet<FindingKind> = self.refused(allowed).iter().map(|f| f.kind).collect();
        let honest = if refused.iter().all(|k| matches!(k, FindingKind::FittedOnTest | FindingKind::SelectedOnTest)) {
            "leave `fit` as it is by default"
        } else if refused.iter().all(|k| *k == FindingKind::SharedAudio) {
            "remove the duplicates or overlaps from the corpus (`serlab corpus doctor` lists them)"
        } else if matches!(protocol, Protocol::File(_)) {
            "mend the split file, or use `split.speakers`"
        } else if protocol.kept_by().is_some_and(|by| !by.is_speaker()) {
            "keep speakers together, too (`by = [\"speaker\", ...]`)"
        } else if matches!(protocol, Protocol::Speakers(_)) {
            "mend the corpus"
        } else {
            "use `split.speakers`"
        };
        format!(
            "For an honest result {honest}. To measure what the leak is worth set `audit.allow = [{}]`: every result is \
             then stamped",
            names.join(", ")
        )
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
            let text = match finding.kind {
                FindingKind::FittedOnTest => format!("{} fitted on test", finding.examples.join(" and ")),
                FindingKind::SelectedOnTest => what.to_owned(),
                _ => format!("{what} ({counts}{place})"),
            };
            said.entry(finding.kind).or_insert(text);
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

/// Looks for leaks in a fold of `items`, and in what is fitted on it.
///
/// # Panics
/// Where sounds or parts are known, but not as many as there are `items`.
pub fn audit(items: &[Item], known: Known, fold: &Fold, fit: &Fit) -> Audit {
    known.assert_fits(items);
    let ids = Groups::of(items.iter().map(|item| Some(item.id)));
    let speakers = Groups::of(items.iter().map(|item| Some(item.speaker)));
    let alike_in_name = search::alike_in_name(&speakers);
    let sentences = Groups::of(items.iter().map(|item| item.column("sentence")));
    let alike = known.sounds.map(|sounds| groups::alike(sounds.iter().copied()));
    let mut findings = Vec::new();
    for between in PAIRS {
        let [learned, asked] = between.map(|p| fold.partition(p));
        let pair = Pair { between, learned, asked };
        findings.extend(pair.shared_clips(&ids));
        findings.extend(pair.twins(items));
        findings.extend(pair.shared_audio(items, alike.as_deref().unwrap_or_default(), known));
        let shared_speakers = pair.in_both(FindingKind::SharedSpeakers, "speakers", &speakers);
        // Of the same speaker another clip is shared anyway.
        if shared_speakers.is_none() {
            findings.extend(pair.shared_recordings(items, known.spans));
        }
        findings.extend(shared_speakers);
        findings.extend(pair.lookalikes(&speakers, &alike_in_name));
        findings.extend(pair.in_both(FindingKind::SharedSentences, "sentences", &sentences));
    }
    findings.extend(search::alike_labels(known));
    findings.extend(search::misfits(fit, fold));
    findings.extend(search::transductive(items, known, fold));
    findings.extend(search::evaluated_copies(items, fold));
    findings.extend(alike.and_then(|alike| search::conflicting_labels(items, &alike, known, fold)));
    findings.extend(search::untested_classes(items, known, fold));
    findings.sort_by_key(|f| f.severity);
    Audit { findings }
}
