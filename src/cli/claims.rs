//! `claims`: whether test sets of published sizes can be whole speakers; needs no audio.

use super::args::Sets;
use super::exit::{Exit, Failure};
use super::{Outcome, output, plan};
use crate::corpus::{Clip, Corpus, Selection};
use crate::data::Recordings;
use crate::evaluate::{NotWhole, WholeSpeakers};
use crate::kind::Kinds;
use crate::plan::RunPlan;
use crate::report;
use crate::spec::{Setup, nearest};
use crate::split::thousands;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// Says of each size whether it can be that of whole speakers; done only where all can.
pub fn claims(corpus: &str, sizes: &[u64], sets: &Sets, as_json: bool) -> Outcome {
    let counted = counted(corpus, sets)?;
    let wrong: Vec<String> = counted.iter().flat_map(|of| sizes.iter().filter_map(|n| of.out_of_range(*n))).collect();
    if !wrong.is_empty() {
        return Err(Failure::new(Exit::Usage, wrong.join("\n")));
    }
    let asked = || counted.iter().flat_map(|of| sizes.iter().map(move |n| (of, *n)));
    if as_json {
        output::result(&report::document("sizes", asked().map(|(of, n)| of.json(n)).collect()));
    } else {
        let mut text: String = asked().map(|(of, n)| of.sentence(n) + "\n").collect();
        counted.iter().filter(|of| sizes.iter().any(|n| of.is_some_of(*n))).for_each(|of| text.push_str(&of.caution()));
        output::result(&text);
    }
    let no = asked().any(|(of, n)| of.whole.rule_out(n).is_some());
    Ok(if no { Exit::No } else { Exit::Done })
}

/// A corpus, or what a spec uses of one.
struct Counted {
    name: String,
    whole: WholeSpeakers,
}

/// What is asked about: a corpus as it was published, by name, or what the variants of a spec use.
fn counted(corpus: &str, sets: &Sets) -> Result<Vec<Counted>, Failure> {
    let published = |name: &str| Corpus::of_name(name).and_then(|kind| kind.published_clips());
    if let Some(clips) = published(corpus) {
        if let Some(set) = sets.sets.first() {
            let message =
                format!("--set {set}: {corpus} is asked for as it was published; name a spec to set something in");
            return Err(Failure::new(Exit::Usage, message));
        }
        return Ok(vec![Counted { name: corpus.to_owned(), whole: WholeSpeakers::of(clips.into_values()) }]);
    }
    let path = Path::new(corpus);
    if path.is_file() {
        return of_spec(path, sets);
    }
    let known: Vec<&str> = Corpus::NAMES.iter().copied().filter(|name| published(name).is_some()).collect();
    let names = known.join(", ");
    let message = if Corpus::NAMES.contains(&corpus) {
        format!("`{corpus}` has no clips of its own; name a spec file that says which, or one of {names}")
    } else {
        let meant = nearest(corpus, known).map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
        format!("`{corpus}` is neither a spec file nor a corpus whose clips are known without it ({names}){meant}")
    };
    Err(Failure::new(Exit::Usage, message))
}

/// What the variants of a spec use, each corpus and selection once.
fn of_spec(path: &Path, sets: &Sets) -> Result<Vec<Counted>, Failure> {
    let (_, cells) = plan::load(path, sets)?;
    let mut different: Vec<(String, &Setup)> = Vec::new();
    for cell in &cells {
        let same = |(_, other): &(String, &Setup)| other.corpus == cell.setup.corpus && other.clips == cell.setup.clips;
        if !different.iter().any(same) {
            different.push((cell.name.clone(), &cell.setup));
        }
    }
    let several = different.len() > 1;
    let counted = |(cell, setup): (String, &Setup)| {
        let variant = if several { format!(", variant {cell}") } else { String::new() };
        let name = format!("{} in {}{variant}", setup.corpus.name(), path.display());
        Ok(Counted { name, whole: of_setup(setup)? })
    };
    different.into_iter().map(counted).collect()
}

/// The clips that a setup uses; where the corpus is not whole here, by what is known of it as it was published.
fn of_setup(setup: &Setup) -> Result<WholeSpeakers, Failure> {
    let (corpus, selection) = (&setup.corpus, &setup.clips);
    let absent = match Recordings::list(corpus, selection) {
        Ok(listed) => return Ok(of_clips(&listed.clips)),
        Err(e) => e,
    };
    let whole = match Recordings::published(corpus, selection) {
        Some(listed) => of_clips(&listed?.clips),
        None => match corpus.published_clips().filter(|_| takes_all(selection)) {
            Some(clips) => WholeSpeakers::of(clips.into_values()),
            None => return Err(absent.into()),
        },
    };
    output::note(plan::by_list(&absent).trim_end());
    Ok(whole)
}

fn of_clips(clips: &[Clip]) -> WholeSpeakers {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    clips.iter().for_each(|clip| *counts.entry(&clip.speaker).or_default() += 1);
    WholeSpeakers::of(counts.into_values())
}

/// Whether a selection takes all clips but those it leaves out by name.
fn has_no_filter(selection: &Selection) -> bool {
    selection.keep.is_empty() && selection.filter.is_empty()
}

fn takes_all(selection: &Selection) -> bool {
    has_no_filter(selection) && selection.leave_out.is_empty()
}

/// The clips that whoever published a claim may have had: those of the runs, those with the ones that the spec leaves out by
/// name, and, where nothing else is selected, those of the corpus as it was published. Where files are missing here, none of
/// theirs need have been: such a list does not count.
pub fn may_have_been(run: &RunPlan) -> Vec<WholeSpeakers> {
    let setup = run.setup();
    let mut found = Vec::new();
    let mut of_list = |listed: &Recordings| found.extend(listed.broken.is_empty().then(|| of_clips(&listed.clips)));
    of_list(&run.recordings);
    if !setup.clips.leave_out.is_empty() {
        let all = Selection { leave_out: Vec::new(), ..setup.clips.clone() };
        Recordings::list(&setup.corpus, &all).iter().for_each(&mut of_list);
    }
    if has_no_filter(&setup.clips) {
        found.extend(setup.corpus.published_clips().map(|clips| WholeSpeakers::of(clips.into_values())));
    }
    found
}

impl Counted {
    /// `crema-d (91 speakers, 7,442 clips)`.
    fn described(&self) -> String {
        format!(
            "{} ({} speakers, {} clips)",
            self.name,
            thousands(self.whole.speakers()),
            thousands(self.whole.clips())
        )
    }

    fn out_of_range(&self, n: u64) -> Option<String> {
        let clips = self.whole.clips();
        match usize::try_from(n) {
            Ok(0) => Some("--n 0: a test set has at least one clip; say how many, such as --n 288".to_owned()),
            Ok(n) if n <= clips => None,
            _ => Some(format!(
                "--n {n}: {} has no more than {} clips; ask for the test clips of one run, without augmented copies",
                self.name,
                thousands(clips)
            )),
        }
    }

    /// Whether `n` is the size of some whole speakers, not of all.
    fn is_some_of(&self, n: u64) -> bool {
        n < self.whole.clips() as u64 && self.whole.rule_out(n).is_none()
    }

    fn sentence(&self, n: u64) -> String {
        let (size, of) = (thousands(n as usize), self.described());
        let clips = if n == 1 { "clip" } else { "clips" };
        match self.whole.rule_out(n) {
            Some(found) => format!("{size} {clips} cannot be whole speakers of {of}: {}", self.what_then(&found)),
            None if !self.is_some_of(n) => {
                format!(
                    "{size} {clips} are all speakers of {of}, as where each is tested once, in one of several folds"
                )
            }
            None => {
                let example = self.whole.example(n as usize).unwrap_or_default();
                let speakers: usize = example.iter().map(|(speakers, _)| speakers).sum();
                let parts: Vec<String> =
                    example.iter().map(|(count, each)| format!("{count} x {}", thousands(*each))).collect();
                let parts = parts.join(" + ");
                format!("{size} {clips} can be whole speakers of {of}, such as {speakers} with {parts} clips")
            }
        }
    }

    fn what_then(&self, found: &NotWhole) -> String {
        let missing = output::counted(found.missing as usize, "clip");
        let all = if found.above == found.clips { " (all speakers)" } else { "" };
        let above = thousands(found.above as usize) + all;
        let nearest = match found.below {
            Some(below) => format!("the nearest sizes that can be are {} and {above}", thousands(below as usize)),
            None => format!("the smallest size that can be is {above}"),
        };
        format!("speakers were shared between training and test, or at least {missing} left out; {nearest}")
    }

    /// What a size that can be does not show.
    fn caution(&self) -> String {
        let (some, all) = (thousands(self.whole.sizes()), thousands(self.whole.clips() - 1));
        let of = &self.name;
        format!(
            "That a size can be does not show that speakers were kept apart: so can {some} of the {all} sizes of {of}\n"
        )
    }

    fn json(&self, n: u64) -> Value {
        let found = self.whole.rule_out(n);
        let example = self.whole.example(n as usize).map(|parts| {
            parts
                .into_iter()
                .map(|(speakers, clips)| json!({ "speakers": speakers, "clips": clips }))
                .collect::<Value>()
        });
        json!({
            "corpus": self.name,
            "speakers": self.whole.speakers(),
            "clips": self.whole.clips(),
            "possible_sizes": self.whole.sizes(),
            "n": n,
            "possible": found.is_none(),
            "example": example,
            "missing": found.map_or(0, |found| found.missing),
            "below": found.and_then(|found| found.below),
            "above": found.map(|found| found.above),
        })
    }
}
