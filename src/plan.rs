//! From a spec to the runs that it asks for: every cell for every seed and fold, each with an id of its own.
//!
//! The id is a hash of the question: the settings that can change a result, the content of the clips, and the version
//! of the code that computes results. Paths, names, comments and the order of keys are not part of it.

mod bill;
mod check;
mod design;
mod division;
mod identity;
mod misfits;
mod outlook;
mod remarks;

pub use bill::{BILLED, BillError, BillStep, bill_steps};
pub use check::check;
pub use design::Design;
pub use misfits::{Misfit, unfit};
pub use outlook::Outlook;
pub use remarks::Remarks;

use crate::augment::AugmentError;
use crate::corpus::{Corpus, Selection};
use crate::data::{DataError, DecodedAudioHashes, Recordings};
use crate::model::InputShape;
use crate::record::{Asks, RunName};
use crate::seed::{Seeds, streams};
use crate::spec::{Cell, Outline, Setup, Spec};
use crate::split::{Audit, Fold, SplitError};
use crate::{augment, features};
use check::{Looked, look};
use identity::Question;
use rayon::prelude::*;
use std::path::PathBuf;
use std::sync::Arc;

/// Raised when the code computes other results for the same settings.
pub const RESULTS_VERSION: u32 = 2;

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
    /// What it asks apart from seed and fold.
    pub asks: Arc<Asks>,
    /// How many folds its seed has; 1 without folds.
    pub folds: usize,
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
    /// What to know before they are trained.
    pub notes: Vec<Misfit>,
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
    /// Noises or impulse responses that are not there.
    #[error("variant {variant}: {source}")]
    Sounds {
        /// The variant.
        variant: String,
        /// Why.
        source: AugmentError,
    },
    /// A file was written after the run's id was made from it.
    #[error(
        "variant {variant}: {} has changed since the runs were planned; give the command again for the file as it is now",
        path.display()
    )]
    Changed {
        /// The variant.
        variant: String,
        /// The file.
        path: PathBuf,
    },
    /// Settings that fit neither each other nor the corpus.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Settings(Vec<Misfit>),
}

impl RunPlan {
    /// The run of one cell with one seed and, of a protocol that has several, one fold; its id follows from these.
    pub fn new(experiment: &str, cell: Arc<Cell>, seed: u64, fold: Option<u32>, recordings: Arc<Recordings>) -> Self {
        let question = Question::of(&cell.setup, &recordings, &recordings.fingerprint());
        // Where they cannot be counted, the run cannot be divided either, and says why.
        let folds = cell.setup.split.fold_count(&recordings.items()).unwrap_or(1);
        Self::asking(&question, experiment, cell, (seed, fold, folds), recordings)
    }

    fn asking(
        question: &Question,
        experiment: &str,
        cell: Arc<Cell>,
        (seed, fold, folds): (u64, Option<u32>, usize),
        recordings: Arc<Recordings>,
    ) -> Self {
        let (experiment, variant, id) = (experiment.to_owned(), cell.name.clone(), question.run_id(seed, fold));
        let (name, asks) = (RunName { experiment, variant, seed, fold, id }, question.asks.clone());
        Self { name, cell, asks, folds, recordings }
    }

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
        let mut folds = self.divide()?;
        let place = self.place_in(&folds)?;
        Ok(folds.swap_remove(place))
    }

    /// All folds of this run's seed: clips cannot be divided for one of them alone.
    fn divide(&self) -> Result<Vec<Fold>, PlanError> {
        let folds = folds(&self.cell, &self.recordings, self.seeds())?;
        // The id is that of the file as it was then; hours may have passed.
        if let Some((path, now)) = identity::split_file(self.setup())
            && self.asks.split != Some(now.unwrap_or_default())
        {
            return Err(PlanError::Changed { variant: self.cell.name.clone(), path: path.to_owned() });
        }
        Ok(folds)
    }

    /// Where this run's own fold is among those of its seed.
    fn place_in(&self, folds: &[Fold]) -> Result<usize, PlanError> {
        let wanted = self.name.fold.unwrap_or(0) as usize;
        if wanted < folds.len() {
            return Ok(wanted);
        }
        let source = SplitError::NoSuchFold { fold: wanted, folds: folds.len() };
        Err(PlanError::Split { variant: self.cell.name.clone(), source })
    }
}

/// What `of` says of each run of one cell and its fold. The clips are divided once a seed, for all folds together: divided for each
/// fold anew, a corpus of many speakers, each tested alone, takes minutes.
///
/// # Errors
/// A split that does not fit the corpus.
pub fn of_each_fold<T: Send>(runs: &[RunPlan], of: impl Fn(&RunPlan, &Fold) -> T + Sync) -> Result<Vec<T>, PlanError> {
    let mut all = Vec::with_capacity(runs.len());
    for of_seed in runs.chunk_by(|a, b| a.name.seed == b.name.seed) {
        let folds = of_seed[0].divide()?;
        let each = |run: &RunPlan| Ok(of(run, &folds[run.place_in(&folds)?]));
        all.extend(of_seed.par_iter().map(each).collect::<Result<Vec<T>, PlanError>>()?);
    }
    Ok(all)
}

/// Whether a seed divides the clips of two cells into the same rows.
pub fn split_alike(a: (&Setup, &Arc<Recordings>), b: (&Setup, &Arc<Recordings>)) -> bool {
    Arc::ptr_eq(a.1, b.1) && a.0.split == b.0.split && copies(a.0) == copies(b.0)
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

/// Looks for leaks between the partitions of a fold: by ids, speakers, sentences and what clips sound like, and by what is
/// fitted on which rows.
pub fn audit(setup: &Setup, recordings: &Recordings, fold: &Fold) -> Audit {
    crate::split::audit(&recordings.items(), recordings.known(), fold, &setup.fit)
}

/// The folds of a cell for one seed.
fn folds(cell: &Cell, recordings: &Recordings, seeds: Seeds) -> Result<Vec<Fold>, PlanError> {
    let setup = &cell.setup;
    let stream = &mut seeds.stream(streams::SPLIT, &[]);
    crate::split::split(&recordings.items(), recordings.known(), copies(setup), &setup.split, stream)
        .map_err(|source| PlanError::Split { variant: cell.name.clone(), source })
}

/// Offline copies of each training clip.
fn copies(setup: &Setup) -> u32 {
    setup.augment.iter().map(|step| step.copies).sum()
}

/// Recordings of the corpora that cells name, each found once.
struct Found<'a> {
    find: &'a dyn Fn(&Corpus, &Selection) -> Result<Recordings, DataError>,
    known: Vec<(Corpus, Selection, Fingerprinted)>,
}

/// Recordings with their fingerprint, which takes a while for a large corpus.
#[derive(Clone)]
struct Fingerprinted {
    recordings: Arc<Recordings>,
    fingerprint: Arc<str>,
}

impl Found<'_> {
    fn of(&mut self, setup: &Setup) -> Result<Fingerprinted, DataError> {
        let same = |(corpus, clips, _): &&(Corpus, Selection, _)| *corpus == setup.corpus && *clips == setup.clips;
        if let Some((_, _, recordings)) = self.known.iter().find(same) {
            return Ok(recordings.clone());
        }
        let recordings = Arc::new((self.find)(&setup.corpus, &setup.clips)?);
        let found = Fingerprinted { fingerprint: recordings.fingerprint().into(), recordings };
        self.known.push((setup.corpus.clone(), setup.clips.clone(), found.clone()));
        Ok(found)
    }
}

/// Plans all runs of a spec's cells. Files are identified by content; only those that `heard` does not know are decoded.
///
/// # Errors
/// A corpus that cannot be found or read; settings that do not fit; folders of sounds that cannot be read.
pub fn plan(
    spec: &Spec,
    cells: impl IntoIterator<Item = impl Into<Arc<Cell>>>,
    heard: &DecodedAudioHashes,
) -> Result<Plan, PlanError> {
    let plan = plan_of(spec, cells, &|corpus, clips| Recordings::find(corpus, clips, heard))?;
    for run in plan.runs.chunk_by(|a, b| Arc::ptr_eq(&a.cell, &b.cell)).map(|runs| &runs[0]) {
        let unheard = |source| PlanError::Sounds { variant: run.cell.name.clone(), source };
        augment::content_key(&run.setup().augment).map_err(unheard)?;
    }
    Ok(plan)
}

/// What a plan would be by the names that corpora were published with: rows and parameters, but no ids, for those follow
/// from the audio. `None` where the names are not known.
pub fn outlined(spec: &Spec, cells: &[Arc<Cell>]) -> Option<Result<Plan, PlanError>> {
    cells.iter().all(|cell| cell.setup.corpus.published().is_some()).then(|| {
        plan_of(spec, cells.iter().cloned(), &|corpus, clips| {
            Recordings::published(corpus, clips).expect("all of these corpora have a published list")
        })
    })
}

fn plan_of(
    spec: &Spec,
    cells: impl IntoIterator<Item = impl Into<Arc<Cell>>>,
    find: &dyn Fn(&Corpus, &Selection) -> Result<Recordings, DataError>,
) -> Result<Plan, PlanError> {
    let mut found = Found { find, known: Vec::new() };
    let mut with_recordings = |cell: Arc<Cell>| found.of(&cell.setup).map(|found| (cell, found));
    let cells: Vec<_> = cells.into_iter().map(|cell| with_recordings(cell.into())).collect::<Result<_, _>>()?;
    let held: Vec<(&Cell, Option<&Arc<Recordings>>)> =
        cells.iter().map(|(cell, found)| (&**cell, Some(&found.recordings))).collect();
    let looks = look(&spec.outline, &held);
    let notes = Looked::notes_or_misfits(&looks)?;
    // A corpus that cannot be split is left to the runs, of which others may do.
    Looked::missplit(looks).map_or(Ok(()), Err)?;
    let runs: Vec<Result<Vec<RunPlan>, PlanError>> =
        cells.into_par_iter().map(|(cell, found)| runs_of(&spec.outline, &cell, &found)).collect();
    // The first error of all, not the first that some thread came upon.
    let runs = runs.into_iter().collect::<Result<Vec<_>, _>>()?.concat();
    Ok(Plan { experiment: spec.outline.name.clone(), runs, notes })
}

/// The runs of one cell: its seeds, for each its folds.
fn runs_of(outline: &Outline, cell: &Arc<Cell>, found: &Fingerprinted) -> Result<Vec<RunPlan>, PlanError> {
    let Fingerprinted { recordings, fingerprint } = found;
    let question = Question::of(&cell.setup, recordings, fingerprint);
    let folds = cell.setup.split.fold_count(&recordings.items());
    let folds = folds.map_err(|source| PlanError::Split { variant: cell.name.clone(), source })?;
    let run = |seed: u64, fold: usize| {
        let fold = (folds > 1).then_some(fold as u32);
        RunPlan::asking(&question, &outline.name, cell.clone(), (seed, fold, folds), recordings.clone())
    };
    let seeds = outline.seeds_of(&cell.variant).into_iter();
    Ok(seeds.flat_map(|seed| (0..folds).map(move |fold| (seed, fold))).map(|(s, f)| run(s, f)).collect())
}
