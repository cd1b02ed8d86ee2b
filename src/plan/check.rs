//! What can be checked of a spec's cells without reading audio.

use super::misfits::{Misfit, Rows, idle, note, problems};
use super::{Found, PlanError, copies, folds, split_alike};
use crate::augment;
use crate::corpus::CorpusError;
use crate::data::{DataError, Recordings};
use crate::kind::Problem;
use crate::seed::Seeds;
use crate::spec::{Cell, Outline, Setup, Spec};
use crate::split::Protocol;
use crate::words::counted;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// That labels have clips, that features fit networks, that settings fit the rows and that the protocol fits the corpus.
/// Returns what there is to say of a sound spec.
///
/// A corpus or a folder of sounds that is not on this machine is no mistake of the spec: what needs it is left unchecked, and
/// said to be.
///
/// # Errors
/// The first of: a selection that does not fit the corpus, a folder of sounds that is there and cannot be used, everything that does not fit, a split that cannot be made.
pub fn check(spec: &Spec, cells: &[Cell]) -> Result<String, PlanError> {
    let mut found = Found { find: &Recordings::list, known: Vec::new() };
    let mut absent: Vec<String> = Vec::new();
    let mut recordings = Vec::new();
    for cell in cells {
        recordings.push(match found.of(&cell.setup) {
            Ok(found) => Some(found.recordings),
            Err(DataError::Corpus(e @ (CorpusError::NoFolder { .. } | CorpusError::Read { .. }))) => {
                absent.push(format!("what needs the corpus was not checked ({e})"));
                Recordings::published(&cell.setup.corpus, &cell.setup.clips).transpose()?.map(Arc::new)
            }
            Err(e) => return Err(e.into()),
        });
        match augment::content_key(&cell.setup.augment) {
            Ok(_) => {}
            Err(e) if e.is_absence() => absent.push(format!("what needs the sounds was not checked ({e})")),
            Err(source) => return Err(PlanError::Sounds { variant: cell.name.clone(), source }),
        }
    }
    let held: Vec<(&Cell, Option<&Arc<Recordings>>)> =
        cells.iter().zip(recordings.iter().map(Option::as_ref)).collect();
    let looks = look(&spec.outline, &held);
    let misfits = Looked::misfits(&looks);
    if !misfits.is_empty() {
        return Err(PlanError::Settings(misfits));
    }
    let notes = Looked::notes(&looks);
    let runs = looks.iter().map(|look| look.runs).sum();
    if let Some(e) = looks.into_iter().find_map(|look| look.unsplit) {
        return Err(e);
    }
    let mut said = counted(cells.len(), "variant");
    if runs > 0 {
        said.push_str(&format!(", {}", counted(runs, "run")));
    }
    said.push_str(", no mistakes");
    let mut told = BTreeSet::new();
    absent.iter().filter(|what| told.insert(*what)).for_each(|what| said.push_str(&format!("; {what}")));
    notes.iter().for_each(|note| said.push_str(&format!("\n  note: {note}")));
    let refused = cells.iter().filter_map(|cell| Some(Misfit::new(cell, refused_leaks(&cell.setup)?)));
    Misfit::merged(refused).iter().for_each(|refused| said.push_str(&format!("\n  note: {refused}")));
    Ok(said)
}

/// That `run` will refuse the leaks that settings have whatever the clips are.
fn refused_leaks(setup: &Setup) -> Option<Problem> {
    let names: Vec<String> = setup
        .split
        .refused_by_design(&setup.fit, &setup.audit)
        .into_iter()
        .filter_map(|leak| Some(format!("\"{}\"", leak.leak_name()?)))
        .collect();
    let message = format!(
        "`run` will refuse the leaks that the settings have by design, unless they are named here: {}",
        names.join(", ")
    );
    (!names.is_empty()).then(|| Problem::new("audit.allow", message))
}

/// A protocol that mixes rows, and none to mix; where an ablation takes them away on purpose it may be so.
fn no_rows_to_mix(cell: &Cell) -> Option<Problem> {
    let is_mistaken =
        matches!(cell.setup.split, Protocol::Rows(_)) && copies(&cell.setup) == 0 && cell.without.is_none();
    let message =
        "no augmentation makes copies, so there are no rows to mix; set `copies = 1` beside one, or name `split.clips`";
    is_mistaken.then(|| Problem::new("split.rows", message.to_owned()))
}

/// What a look at one cell found.
pub(super) struct Looked {
    misfits: Vec<Misfit>,
    notes: Vec<Misfit>,
    /// Its runs; 0 where the corpus is not there or cannot be split.
    runs: usize,
    /// Why it cannot be split; said of the first of several cells that are split alike.
    unsplit: Option<PlanError>,
}

impl Looked {
    /// What there is to say of cells that fit.
    pub(super) fn notes(looks: &[Self]) -> Vec<Misfit> {
        Misfit::merged(looks.iter().flat_map(|look| &look.notes).cloned())
    }

    /// Everything that does not fit.
    pub(super) fn misfits(looks: &[Self]) -> Vec<Misfit> {
        Misfit::merged(looks.iter().flat_map(|look| &look.misfits).cloned())
    }

    /// The first split that cannot be made as the spec has it, whatever the corpus.
    pub(super) fn missplit(looks: Vec<Self>) -> Option<PlanError> {
        let mut unsplit = looks.into_iter().filter_map(|look| look.unsplit);
        unsplit.find(|e| matches!(e, PlanError::Split { source, .. } if source.is_of_the_spec()))
    }
}

/// Looks at cells and the clips of each, where those are there. Cells that are split alike are split once.
pub(super) fn look(outline: &Outline, held: &[(&Cell, Option<&Arc<Recordings>>)]) -> Vec<Looked> {
    type Held<'a> = (&'a Cell, Option<&'a Arc<Recordings>>);
    let same = |(a, of_a): &Held<'_>, (b, of_b): &Held<'_>| {
        let both = of_a.zip(*of_b);
        both.is_some_and(|(of_a, of_b)| split_alike((&a.setup, of_a), (&b.setup, of_b)))
            && outline.seeds_of(&a.variant) == outline.seeds_of(&b.variant)
    };
    let alike: Vec<&[Held<'_>]> = held.chunk_by(same).collect();
    let mut looks: Vec<Looked> = alike.par_iter().flat_map_iter(|cells| look_alike(outline, cells)).collect();
    let mut cells = Met::default();
    for ((cell, _), look) in held.iter().zip(&mut looks) {
        look.misfits.extend(cells.twin(cell).map(|problem| Misfit::new(cell, problem)));
    }
    looks
}

fn look_alike(outline: &Outline, cells: &[(&Cell, Option<&Arc<Recordings>>)]) -> Vec<Looked> {
    let (first, recordings) = cells[0];
    let mut unsplit = None;
    let rows = recordings.map(|recordings| rows(outline, first, recordings)).transpose();
    let rows = rows.unwrap_or_else(|e| {
        unsplit = Some(e);
        None
    });
    let rows = rows.unwrap_or_default();
    let look = |cell: &Cell| {
        let misfit = |problem: Problem| Misfit::new(cell, problem);
        let mut found = problems(&cell.setup, recordings.map(|r| r.labels.len()), &rows);
        found.extend(no_rows_to_mix(cell));
        let notes = note(&cell.setup, &rows).filter(|_| found.is_empty());
        let notes = notes.map(|message| Problem::new("train.batch_size", message));
        let notes = notes.into_iter().chain(idle(cell).filter(|_| found.is_empty())).map(misfit).collect();
        Looked { misfits: found.into_iter().map(misfit).collect(), notes, runs: rows.len(), unsplit: None }
    };
    let mut looks: Vec<Looked> = cells.iter().map(|(cell, _)| look(cell)).collect();
    looks[0].unsplit = unsplit;
    looks
}

/// The rows of every run of a cell: its seeds, for each its folds.
fn rows(outline: &Outline, cell: &Cell, recordings: &Recordings) -> Result<Vec<Rows>, PlanError> {
    let of = |seed| Ok(folds(cell, recordings, Seeds::new(seed))?.iter().map(Rows::of).collect::<Vec<_>>());
    Ok(outline.seeds_of(&cell.variant).into_iter().map(of).collect::<Result<Vec<_>, PlanError>>()?.concat())
}

/// The cells that were looked at so far.
#[derive(Default)]
struct Met<'a> {
    /// Names.
    names: BTreeSet<&'a str>,
    /// Names by variant and settings: two variants may well be the same, two combinations of one may not.
    settings: BTreeMap<(&'a str, String), &'a str>,
}

impl<'a> Met<'a> {
    /// What is wrong with a cell that comes to the same as one before it, or has its name.
    fn twin(&mut self, cell: &'a Cell) -> Option<Problem> {
        let settings = serde_json::to_string(&cell.setup).expect("settings are plain data");
        let first = self.settings.insert((&cell.variant, settings), &cell.name);
        let message = match (first, self.names.insert(&cell.name)) {
            (Some(first), _) => format!("its settings are those of `{first}`; the two runs would be the same"),
            (None, false) => {
                "another combination has the same name, in which a table is only its kind; vary a key inside the table, such as \
                 `train.optimizer.adam.learning_rate`"
                    .to_owned()
            }
            (None, true) => return None,
        };
        Some(Problem::new(if cell.without.is_some() { "ablate" } else { "grid" }, message))
    }
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
