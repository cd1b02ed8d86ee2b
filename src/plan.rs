//! From a spec to the runs that it asks for: every cell for every seed and fold, each with an id of its own.
//!
//! The id is a hash of the question: the settings that can change a result, the content of the clips, and the version
//! of the code that computes results. Paths, names, comments and the order of keys are not part of it.

use crate::corpus::{Corpus, CorpusError, Selection};
use crate::data::{DataError, Recordings};
use crate::kind::Problem;
use crate::model::InputShape;
use crate::record::{RunId, RunName};
use crate::seed::Seeds;
use crate::spec::{Cell, Setup, Spec};
use crate::split::{Audit, Fold, Protocol, SplitError};
use crate::{augment, features};
use std::sync::Arc;

/// Raised when the code computes other results for the same settings.
pub const RESULTS_VERSION: u32 = 1;

/// The version of the code that computes results, as it goes into ids and provenance.
pub fn code_version() -> String {
    format!("results {RESULTS_VERSION}, features {}, augment {}", features::VERSION, augment::VERSION)
}

/// One run to do, or done.
#[derive(Debug, Clone)]
pub struct RunPlan {
    /// Where it is recorded.
    pub name: RunName,
    /// The cell that it belongs to.
    pub cell: Arc<Cell>,
    /// The clips of its corpus.
    pub recordings: Arc<Recordings>,
}

/// All runs of an experiment, in order.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The experiment's name.
    pub experiment: String,
    /// The runs: cells in the spec's order, for each its seeds, for each its folds.
    pub runs: Vec<RunPlan>,
}

/// Why a spec cannot be planned.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The corpus cannot be found or read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The protocol does not fit the corpus.
    #[error("variant {variant}: {source}")]
    Split {
        /// The variant.
        variant: String,
        /// Why.
        source: SplitError,
    },
    /// Features and network do not fit each other.
    #[error("variant {variant}: {}", problems.iter().map(|p| format!("{}: {}", p.key, p.message)).collect::<Vec<_>>().join("\n"))]
    Shape {
        /// The variant.
        variant: String,
        /// What does not fit.
        problems: Vec<Problem>,
    },
}

impl RunPlan {
    /// The settings.
    pub fn setup(&self) -> &Setup {
        &self.cell.setup
    }

    /// The named streams of this run. All variants of a seed share their split, and so can be compared clip by clip.
    pub fn seeds(&self) -> Seeds {
        Seeds::new(self.name.seed)
    }

    /// The rows of this run's partitions.
    pub fn fold(&self) -> Result<Fold, PlanError> {
        let wanted = self.name.fold.unwrap_or(0) as usize;
        let mut folds = folds(&self.cell, &self.recordings, self.seeds())?;
        if wanted < folds.len() {
            return Ok(folds.swap_remove(wanted));
        }
        let source = SplitError::NoSuchFold { fold: wanted, folds: folds.len() };
        Err(PlanError::Split { variant: self.cell.name.clone(), source })
    }
}

/// The input of a run's network and its number of parameters; `None` where the length follows from the audio.
pub fn parameters(run: &RunPlan) -> Option<(InputShape, usize)> {
    let setup = run.setup();
    let frames = known_frames(setup)?;
    let shape = setup.stack.shape(&setup.features, frames).ok()?;
    let input = InputShape { channels: shape.channels, bins: shape.bins, frames: shape.frames };
    let layers = setup.model.describe(input, run.recordings.labels.len());
    Some((input, layers.iter().map(|layer| layer.parameters).sum()))
}

fn known_frames(setup: &Setup) -> Option<usize> {
    setup.length.known_frames(&setup.features, setup.audio.sample_rate_hz as u32)
}

/// Looks for leaks between the partitions of a fold, by ids, speakers, sentences and the content of files.
pub fn audit(recordings: &Recordings, fold: &Fold) -> Audit {
    let sentences: Vec<Option<String>> =
        recordings.clips.iter().map(|clip| clip.columns.get("sentence").cloned()).collect();
    crate::split::audit(&recordings.items(), Some(&recordings.contents), Some(&sentences), fold)
}

/// The folds of a cell for one seed.
fn folds(cell: &Cell, recordings: &Recordings, seeds: Seeds) -> Result<Vec<Fold>, PlanError> {
    let setup = &cell.setup;
    let copies = setup.augment.iter().map(|step| step.copies).sum();
    let contents = (!recordings.contents.is_empty()).then_some(&recordings.contents[..]);
    crate::split::split(&recordings.items(), contents, copies, &setup.split, &mut seeds.stream("split", &[]))
        .map_err(|source| PlanError::Split { variant: cell.name.clone(), source })
}

/// Recordings of the corpora that cells name, each found once.
struct Found {
    find: fn(&Corpus, &Selection) -> Result<Recordings, DataError>,
    known: Vec<(Corpus, Selection, Arc<Recordings>)>,
}

impl Found {
    fn of(&mut self, setup: &Setup) -> Result<Arc<Recordings>, DataError> {
        let same = |(corpus, clips, _): &&(Corpus, Selection, _)| *corpus == setup.corpus && *clips == setup.clips;
        if let Some((_, _, recordings)) = self.known.iter().find(same) {
            return Ok(recordings.clone());
        }
        let found = Arc::new((self.find)(&setup.corpus, &setup.clips)?);
        self.known.push((setup.corpus.clone(), setup.clips.clone(), found.clone()));
        Ok(found)
    }
}

/// What can be checked of a spec's cells without reading audio: that labels have clips, that features fit networks and
/// that the protocol fits the corpus. Returns what there is to say of a sound spec.
///
/// A corpus that is not on this machine is no mistake of the spec: what needs it is left unchecked, and said to be.
pub fn check(spec: &Spec, cells: &[Cell]) -> Result<String, PlanError> {
    let mut found = Found { find: Recordings::list, known: Vec::new() };
    let mut absent = None;
    let mut runs = 0;
    for cell in cells {
        match found.of(&cell.setup) {
            Ok(recordings) => {
                check_shape(cell, recordings.labels.len())?;
                runs += folds(cell, &recordings, Seeds::new(spec.outline.seeds[0]))?.len() * spec.outline.seeds.len();
            }
            Err(DataError::Corpus(e @ (CorpusError::NoFolder { .. } | CorpusError::Read { .. }))) => {
                check_shape(cell, CLASSES_UNKNOWN)?;
                absent = Some(e);
            }
            Err(e) => return Err(e.into()),
        }
    }
    Ok(match absent {
        None => format!("{} variants, {runs} runs, no mistakes", cells.len()),
        Some(e) => format!("{} variants, no mistakes; what needs the corpus was not checked ({e})", cells.len()),
    })
}

/// Plans all runs of a spec's cells. Files are listed and identified by content, but no audio is decoded.
pub fn plan(spec: &Spec, cells: Vec<Cell>) -> Result<Plan, PlanError> {
    let mut found = Found { find: Recordings::find, known: Vec::new() };
    let mut runs = Vec::new();
    for cell in cells {
        let recordings = found.of(&cell.setup)?;
        check_shape(&cell, recordings.labels.len())?;
        let cell = Arc::new(cell);
        let folds = cell
            .setup
            .split
            .fold_count(&recordings.items())
            .map_err(|source| PlanError::Split { variant: cell.name.clone(), source })?;
        for &seed in &spec.outline.seeds {
            for fold in 0..folds {
                let fold = (folds > 1).then_some(fold as u32);
                let id = run_id(&cell.setup, seed, fold, &recordings);
                let name =
                    RunName { experiment: spec.outline.name.clone(), variant: cell.name.clone(), seed, fold, id };
                runs.push(RunPlan { name, cell: cell.clone(), recordings: recordings.clone() });
            }
        }
    }
    Ok(Plan { experiment: spec.outline.name.clone(), runs })
}

/// Holds features, length and network against each other, as far as that can be done without audio.
fn check_shape(cell: &Cell, classes: usize) -> Result<(), PlanError> {
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

/// The identity of a run: what can change its result, and nothing else.
fn run_id(setup: &Setup, seed: u64, fold: Option<u32>, recordings: &Recordings) -> RunId {
    let mut question = serde_json::to_value(setup).expect("settings are plain data");
    let table = question.as_object_mut().expect("settings are a table");
    // The clips' content, labels and speakers stand for the corpus and the selection: a moved corpus is the same one.
    table.remove("corpus");
    table.remove("clips");
    if let Protocol::File(file) = &setup.split {
        let content = std::fs::read(&file.path).map(|b| blake3::hash(&b).to_hex().to_string()).unwrap_or_default();
        let settings =
            serde_json::json!({ "file": content, "validation": file.validation, "allow_leak": file.allow_leak });
        table.insert("split".to_owned(), settings);
    }
    // Folders of sounds enter by their content. Where one cannot be read, its path stands for it: the run will say why.
    if let Ok(key) = augment::content_key(&setup.augment) {
        table.insert("augment".to_owned(), serde_json::json!(blake3::hash(&key).to_hex().to_string()));
    }
    let question = serde_json::json!({
        "setup": question,
        "seed": seed,
        "fold": fold,
        "broken": setup.clips.broken,
        "corpus": recordings.fingerprint(),
        "versions": code_version(),
    });
    RunId::of(sorted(&question).to_string().as_bytes())
}

/// The same JSON with all keys sorted, so that the order in which settings are declared is no part of an id.
fn sorted(value: &serde_json::Value) -> serde_json::Value {
    match value {
        serde_json::Value::Object(map) => {
            let ordered: std::collections::BTreeMap<_, _> = map.iter().map(|(k, v)| (k.clone(), sorted(v))).collect();
            ordered.into_iter().collect()
        }
        serde_json::Value::Array(items) => items.iter().map(sorted).collect(),
        other => other.clone(),
    }
}
