//! Which of a corpus's clips an experiment uses, and under which labels.

use super::{Clip, CorpusError, error::Problems};
use std::collections::{BTreeMap, BTreeSet};

crate::settings! {
    /// Which clips are used. In this order: clips to leave out go, labels are renamed, labels that are not kept go, clips
    /// that do not pass the filter go.
    pub struct Selection {
        /// New names of labels: `{ calm = "neutral" }` merges calm clips into neutral ones.
        pub labels: BTreeMap<String, String> = BTreeMap::new();
        /// The labels to keep, in the order of the network's outputs; empty: all of them, in alphabetical order.
        pub keep: Vec<String> = Vec::new();
        /// Values to keep, by column: `{ sex = ["female"], intensity = ["strong", "high"] }`. A clip must pass all of
        /// them. `label` (after renaming), `speaker` and `id` count as columns.
        pub filter: BTreeMap<String, Vec<String>> = BTreeMap::new();
        /// Ids of clips to leave out, such as duplicates; `serlab corpus doctor` writes this list.
        pub leave_out: Vec<String> = Vec::new();
        /// What happens to clips that are misnamed, missing or cannot be decoded: "refuse" stops before anything is
        /// trained, "leave-out" goes on without them and says so.
        pub broken: Broken = Broken::Refuse;
    }
    check: ranges;
}

crate::choices! {
    /// What happens to broken clips.
    pub enum Broken {
        /// They are an error; all are listed.
        "refuse" => Refuse,
        /// They are left out, and counted.
        "leave-out" => LeaveOut,
    }
}

/// The clips of an experiment.
#[derive(Debug, Clone, PartialEq)]
pub struct Selected {
    /// The clips, in the order they came, with their new labels.
    pub clips: Vec<Clip>,
    /// The labels, in the order of the network's outputs: as kept, else alphabetical.
    pub labels: Vec<String>,
    /// Why clips were left out, and how many.
    pub left_out: Vec<(String, usize)>,
}

/// Applies a selection.
///
/// # Errors
/// When a label that is renamed or kept, or a column or value that is filtered for, belongs to no clip; when a kept label
/// has no clip left; when nothing is left. All of them at once, each with the names there are.
pub fn select(clips: Vec<Clip>, selection: &Selection) -> Result<Selected, CorpusError> {
    let mut problems = Vec::new();
    if !selection.leave_out.is_empty() {
        let all = values(&clips, "id");
        for id in selection.leave_out.iter().filter(|id| !all.contains(id.as_str())) {
            problems.push(format!("clips.leave_out: {}", unknown("id", id, &all)));
        }
    }
    let before = values(&clips, "label");
    for label in selection.labels.keys().filter(|label| !before.contains(label.as_str())) {
        problems.push(format!("clips.labels: {}", unknown("label", label, &before)));
    }
    let mut clips = clips;
    for clip in &mut clips {
        if let Some(new) = selection.labels.get(&clip.label) {
            clip.label.clone_from(new);
        }
    }
    let there = values(&clips, "label");
    for label in selection.keep.iter().filter(|label| !there.contains(label.as_str())) {
        problems.push(format!("clips.keep: {}", unknown("label", label, &there)));
    }
    for (i, label) in selection.keep.iter().enumerate() {
        if selection.keep[..i].contains(label) {
            problems.push(format!("clips.keep: `{label}` is listed twice"));
        }
    }
    for (column, wanted) in &selection.filter {
        let found = values(&clips, column);
        if found.is_empty() {
            let columns = columns(&clips);
            problems.push(format!("clips.filter: {}", unknown("column", column, &columns)));
            continue;
        }
        if wanted.is_empty() {
            problems.push(format!("clips.filter.{column}: no value is wanted; name some, or leave the column out"));
        }
        for value in wanted.iter().filter(|value| !found.contains(value.as_str())) {
            problems.push(format!("clips.filter.{column}: {}", unknown("value", value, &found)));
        }
    }
    if !problems.is_empty() {
        return Err(refused(problems));
    }
    let mut left_out: BTreeMap<String, usize> = BTreeMap::new();
    let total = clips.len();
    let leave_out: BTreeSet<&str> = selection.leave_out.iter().map(String::as_str).collect();
    clips.retain(|clip| match reason(clip, selection, &leave_out) {
        None => true,
        Some(reason) => {
            *left_out.entry(reason).or_default() += 1;
            false
        }
    });
    let left = values(&clips, "label");
    if clips.is_empty() {
        let reasons: Vec<String> = left_out.iter().map(|(reason, n)| format!("{reason}: {n}")).collect();
        let reasons = if reasons.is_empty() { "the corpus is empty".to_owned() } else { reasons.join("; ") };
        problems.push(format!("clips: none of {total} clips is left ({reasons}); widen clips.filter or clips.keep"));
    }
    for label in selection.keep.iter().filter(|label| !clips.is_empty() && !left.contains(label.as_str())) {
        problems.push(format!("clips.keep: no clip of `{label}` passes clips.filter; widen it or drop the label"));
    }
    if !problems.is_empty() {
        return Err(refused(problems));
    }
    let labels = match selection.keep.as_slice() {
        [] => left.into_iter().map(str::to_owned).collect(),
        keep => keep.to_vec(),
    };
    Ok(Selected { clips, labels, left_out: left_out.into_iter().collect() })
}

fn refused(problems: Vec<String>) -> CorpusError {
    CorpusError::Selection(Problems::new("the selection of clips does not fit the corpus", problems))
}

/// Why a clip is left out, if it is.
fn reason(clip: &Clip, selection: &Selection, leave_out: &BTreeSet<&str>) -> Option<String> {
    if leave_out.contains(clip.id.as_str()) {
        return Some("named in clips.leave_out".to_owned());
    }
    if !selection.keep.is_empty() && !selection.keep.contains(&clip.label) {
        return Some(format!("label {} is not kept", clip.label));
    }
    let fails = |(column, wanted): &(&String, &Vec<String>)| {
        !clip.column(column).is_some_and(|value| wanted.iter().any(|w| w == value))
    };
    let (column, _) = selection.filter.iter().find(fails)?;
    Some(match clip.column(column) {
        Some(value) if !matches!(column.as_str(), "id") => format!("{column} is {value}"),
        Some(_) => format!("{column} is another"),
        None => format!("no {column}"),
    })
}

/// The values that clips have in a column.
fn values<'a>(clips: &'a [Clip], column: &str) -> BTreeSet<&'a str> {
    each_once(clips.iter().filter_map(|clip| clip.column(column)))
}

/// The columns that clips have.
fn columns(clips: &[Clip]) -> BTreeSet<&str> {
    let own = ["id", "label", "speaker"].into_iter();
    each_once(own.chain(clips.iter().flat_map(|clip| clip.columns.keys().map(String::as_str))))
}

/// Few values of many clips, one by one: collected, all of them would first be put in order.
fn each_once<'a>(values: impl Iterator<Item = &'a str>) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    for value in values {
        found.insert(value);
    }
    found
}

/// "no clip has ...", with the nearest name and some of those there are.
fn unknown(what: &str, name: &str, there: &BTreeSet<&str>) -> String {
    const LISTED: usize = 20;
    let shown: Vec<&str> = there.iter().copied().take(LISTED).collect();
    let more = if there.len() > LISTED { format!(" and {} more", there.len() - LISTED) } else { String::new() };
    let guess = nearest(name, there.iter().copied()).map_or_else(String::new, |n| format!("did you mean `{n}`? "));
    format!("no clip has the {what} `{name}`; {guess}there are {}{more}", shown.join(", "))
}

/// The candidate nearest to a misspelt word, if one is near: at most a third of its letters changed.
pub(super) fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let distance = |c: &str| strsim::osa_distance(&word.to_lowercase(), &c.to_lowercase());
    let near = candidates.map(|c| (distance(c), c)).min()?;
    (near.0 <= (word.chars().count() / 3).max(1)).then_some(near.1)
}

#[cfg(test)]
mod tests {
    use super::super::Source;
    use super::*;

    fn clips() -> Vec<Clip> {
        let rows = [("a", "calm", "female"), ("b", "neutral", "male"), ("c", "happy", "female"), ("d", "sad", "male")];
        let clip = |(id, label, sex): (&str, &str, &str)| Clip {
            id: id.to_owned(),
            source: Source::File(id.into()),
            label: label.to_owned(),
            speaker: format!("{id}1"),
            columns: [("sex".to_owned(), sex.to_owned())].into(),
        };
        rows.into_iter().map(clip).collect()
    }

    fn selection(text: &str) -> Selection {
        toml::from_str(text).unwrap()
    }

    fn ids(selected: &Selected) -> Vec<&str> {
        selected.clips.iter().map(|c| c.id.as_str()).collect()
    }

    #[test]
    fn by_default_everything_is_kept_and_labels_are_alphabetical() {
        let selected = select(clips(), &Selection::default()).unwrap();
        assert_eq!(ids(&selected), ["a", "b", "c", "d"]);
        assert_eq!(selected.labels, ["calm", "happy", "neutral", "sad"]);
        assert!(selected.left_out.is_empty());
    }

    #[test]
    fn labels_are_renamed_then_kept_then_filtered() {
        let wanted =
            "labels = { calm = \"neutral\" }\nkeep = [\"neutral\", \"happy\"]\nfilter = { sex = [\"female\"] }";
        let selected = select(clips(), &selection(wanted)).unwrap();
        assert_eq!(ids(&selected), ["a", "c"]);
        assert_eq!(selected.clips[0].label, "neutral");
        assert_eq!(selected.labels, ["neutral", "happy"], "in the order they are kept");
        let left_out = [("label sad is not kept".to_owned(), 1), ("sex is male".to_owned(), 1)];
        assert_eq!(selected.left_out, left_out);
    }

    #[test]
    fn clips_are_left_out_by_id() {
        let selected = select(clips(), &selection("leave_out = [\"b\", \"d\"]")).unwrap();
        assert_eq!((ids(&selected), selected.left_out[0].1), (vec!["a", "c"], 2));
        let said = select(clips(), &selection("leave_out = [\"nope\"]")).unwrap_err().to_string();
        assert!(said.contains("clips.leave_out: no clip has the id `nope`"), "{said}");
    }

    #[test]
    fn every_name_that_no_clip_has_is_reported_with_a_guess() {
        let wanted =
            "labels = { clam = \"neutral\" }\nkeep = [\"hapy\"]\nfilter = { sexx = [\"male\"], sex = [\"femal\"] }";
        let said = select(clips(), &selection(wanted)).unwrap_err().to_string();
        for part in [
            "`clam`; did you mean `calm`?",
            "`hapy`; did you mean `happy`?",
            "`sexx`; did you mean `sex`?",
            "`femal`; did you mean `female`?",
        ] {
            assert!(said.contains(part), "{said}");
        }
    }

    #[test]
    fn a_selection_that_leaves_nothing_is_refused() {
        let said =
            select(clips(), &selection("filter = { sex = [\"male\"], label = [\"calm\"] }")).unwrap_err().to_string();
        assert!(said.contains("none of 4 clips is left (label is happy: 1"), "{said}");
        let said =
            select(clips(), &selection("keep = [\"sad\", \"happy\"]\nfilter = { sex = [\"male\"] }")).unwrap_err();
        assert!(said.to_string().contains("no clip of `happy` passes clips.filter"), "{said}");
    }

    #[test]
    fn settings_read_back_as_written() {
        let wanted = selection("broken = \"leave-out\"\nkeep = [\"sad\"]");
        assert_eq!(wanted.broken, Broken::LeaveOut);
        assert_eq!(selection(&toml::to_string(&wanted).unwrap()), wanted);
    }
}
