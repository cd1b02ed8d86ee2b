//! What can be checked of a spec's cells without reading audio.

use super::{Found, PlanError, folds, known_frames};
use crate::corpus::CorpusError;
use crate::data::{DataError, Recordings};
use crate::kind::Problem;
use crate::model::InputShape;
use crate::seed::Seeds;
use crate::spec::{Cell, Setup, Spec};
use std::sync::Arc;

/// That labels have clips, that features fit networks and
/// that the protocol fits the corpus. Returns what there is to say of a sound spec.
///
/// A corpus that is not on this machine is no mistake of the spec: what needs it is left unchecked, and said to be.
pub fn check(spec: &Spec, cells: &[Cell]) -> Result<String, PlanError> {
    let mut found = Found { find: &Recordings::list, known: Vec::new() };
    let mut absent = None;
    let mut runs = 0;
    for cell in cells {
        let recordings = match found.of(&cell.setup) {
            Ok(found) => found.recordings,
            Err(DataError::Corpus(e @ (CorpusError::NoFolder { .. } | CorpusError::Read { .. }))) => {
                absent = Some(e);
                match Recordings::published(&cell.setup.corpus, &cell.setup.clips) {
                    Some(published) => Arc::new(published?),
                    None => {
                        check_shape(cell, CLASSES_UNKNOWN)?;
                        continue;
                    }
                }
            }
            Err(e) => return Err(e.into()),
        };
        check_shape(cell, recordings.labels.len())?;
        let seeds = spec.outline.seeds_of(&cell.variant);
        runs += folds(cell, &recordings, Seeds::new(seeds[0]))?.len() * seeds.len();
    }
    let variants = counted(cells.len(), "variant");
    Ok(match absent {
        None => format!("{variants}, {}, no mistakes", counted(runs, "run")),
        Some(e) => format!("{variants}, no mistakes; what needs the corpus was not checked ({e})"),
    })
}

fn counted(count: usize, thing: &str) -> String {
    if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") }
}

/// Holds features, length and network against each other, as far as that can be done without audio.
pub(super) fn check_shape(cell: &Cell, classes: usize) -> Result<(), PlanError> {
    let problems = shape_problems(&cell.setup, classes);
    if problems.is_empty() { Ok(()) } else { Err(PlanError::Shape { variant: cell.name.clone(), problems }) }
}

/// Stands in for the number of classes where the corpus is not there.
const CLASSES_UNKNOWN: usize = 2;

/// A length that no pooling can exhaust: stands in where the real one depends on the audio.
const FRAMES_UNKNOWN: usize = 1 << 16;

/// What keeps the features from being stacked or the network from taking them.
fn shape_problems(setup: &Setup, classes: usize) -> Vec<Problem> {
    let frames = known_frames(setup).unwrap_or(FRAMES_UNKNOWN);
    let unstackable = setup.stack.check(&setup.features);
    if !unstackable.is_empty() {
        return unstackable.into_iter().map(|p| p.under("stack")).collect();
    }
    match setup.stack.shape(&setup.features, frames) {
        Err(e) => vec![Problem::new("stack", e.to_string())],
        Ok(shape) => {
            let input = InputShape { channels: shape.channels, bins: shape.bins, frames: shape.frames };
            let kind = crate::kind::Kinds::name(&setup.model);
            setup.model.check(input, classes).into_iter().map(|p| p.under(kind).under("model")).collect()
        }
    }
}
