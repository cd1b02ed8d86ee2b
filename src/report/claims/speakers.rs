//! Whether the test set of a claim can be whole speakers, and what follows where it cannot.

use super::{Claim, Claimed, JudgedClaim};
use crate::evaluate::{NotWhole, Ruling};
use crate::kind::Kinds;
use crate::split::{FindingKind, Protocol};

/// What the split that a claim names says of speakers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Speakers {
    /// None is in both training and test.
    Apart,
    /// They are in both.
    Shared,
    /// Either may be.
    Untold,
}

/// The split of the runs where it is of the kind that the claim names; else the kind alone, of which only two cannot be meant
/// in another way.
fn speakers(claim: &Claim, own: Option<&Protocol>) -> Speakers {
    let own = own.filter(|own| own.name() == claim.protocol);
    let named = Protocol::of_name(&claim.protocol);
    let Some(protocol) = own.or(named.as_ref()) else { return Speakers::Untold };
    let by_name = matches!(protocol, Protocol::Speakers(_) | Protocol::LeaveOneSpeakerOut(_));
    if protocol.leaks_by_design().contains(&FindingKind::SharedSpeakers) {
        Speakers::Shared
    } else if protocol.keeps_speakers_apart() && (own.is_some() || by_name) {
        Speakers::Apart
    } else {
        Speakers::Untold
    }
}

/// Why the published number of clips cannot be whole speakers; of several lists of clips, by all of them, and by the one that
/// lacks the fewest. Of `rows` nothing is said: copies are counted there.
pub(super) fn rule_out(claimed: &Claimed<'_>) -> Option<NotWhole> {
    let n =
        claimed.claim.n.filter(|_| !matches!(Protocol::of_name(&claimed.claim.protocol), Some(Protocol::Rows(_))))?;
    let by_each: Option<Vec<NotWhole>> = claimed.corpora.iter().map(|corpus| corpus.rule_out(n)).collect();
    by_each?.into_iter().min_by_key(|found| found.missing)
}

/// Takes the finding into account: a claim of speakers apart is impossible with it, to others it is a reason more.
pub(super) fn weigh(judged: &mut JudgedClaim, found: &NotWhole, own: Option<&Protocol>) {
    let NotWhole { n, speakers: of, clips, missing, below, above } = *found;
    let split = &judged.claim.protocol;
    let s = if missing == 1 { "" } else { "s" };
    let cannot = format!("{n} clips cannot be whole speakers of the corpus ({of} speakers, {clips} clips)");
    match speakers(&judged.claim, own) {
        Speakers::Shared => judged.why.push(format!("{cannot}: consistent with the split `{split}`")),
        Speakers::Untold => judged.why.push(format!(
            "{cannot}: speakers were shared between training and test, or at least {missing} clip{s} left out"
        )),
        Speakers::Apart => {
            let sizes = match below {
                Some(below) => format!("{below} and {above} are the nearest sizes that can be"),
                None => format!("{above} is the smallest size that can be"),
            };
            let shared = format!(
                "either speakers were shared between training and test, against the split `{split}`, or at least {missing} \
                 clip{s} left out; {sizes}"
            );
            if judged.verdict == Some(Ruling::Impossible) {
                judged.why.extend([cannot, shared]);
            } else {
                (judged.verdict, judged.why) = (Some(Ruling::Impossible), vec![cannot, shared]);
                (judged.judged_by, judged.intervals) = (None, Vec::new());
                judged.provided_all_clips = true;
            }
        }
    }
}
