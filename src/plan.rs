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
use crate::data::{DataError, DecodedAudioHashes, Recordings, needs_audio};
use crate::features::Feature;
use crate::model::InputShape;
use crate::record::{Asks, RunName};
use crate::seed::{Seeds, streams};
use crate::spec::{Cell, Outline, Setup, Spec};
use crate::split::{Audit, Fold, Known, SplitError};
use crate::{augment, features};
use check::{Looked, look};
use identity::Question;
use rayon::prelude::*;
use std::cell::OnceCell;
use std::path::PathBuf;
use std::sync::Arc;

/// Raised when the code computes other results for the same settings.
pub const RESULTS_VERSION: u32 = 3;

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

/// The input of a run's network and its number of parameters, which a model may only have once it is solved; `None` where the
/// length follows from the audio.
pub fn parameters(run: &RunPlan) -> Option<(InputShape, Option<usize>)> {
    let setup = run.setup();
    let frames = known_frames(setup).filter(|_| setup.features.iter().all(Feature::is_known))?;
    let shape = setup.stack.shape(&setup.features, frames).ok()?;
    let input = InputShape { channels: shape.channels, bins: shape.bins, frames: shape.frames };
    Some((input, setup.model.parameter_count(input, run.recordings.labels.len())))
}

fn known_frames(setup: &Setup) -> Option<usize> {
    setup.length.known_frames(&setup.features, setup.audio.sample_rate_hz as u32)
}

/// Looks for leaks between the partitions of a fold: by ids, speakers, sentences and what clips sound like, and by what is
/// fitted on which rows.
pub fn audit(setup: &Setup, recordings: &Recordings, fold: &Fold) -> Audit {
    let known = Known { scaled_by_speaker: setup.scale.is_by_speaker(), ..recordings.known() };
    crate::split::audit(&recordings.items(), known, fold, &setup.fit)
}

/// What the audits of the runs of one variant found, all together.
///
/// # Errors
/// A split that does not fit the corpus.
pub fn audit_all(runs: &[RunPlan]) -> Result<Audit, PlanError> {
    let findings = of_each_fold(runs, |run, fold| audit(run.setup(), &run.recordings, fold).findings)?;
    let mut all = Audit { findings: findings.concat() };
    all.findings.sort_by_key(|finding| finding.severity);
    Ok(all)
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
    find: &'a dyn Fn(&Setup) -> Result<Recordings, DataError>,
    known: Vec<(Sources, Fingerprinted)>,
}

/// What recordings depend on.
#[derive(Debug, Clone, PartialEq)]
struct Sources {
    corpus: Corpus,
    clips: Selection,
    arrays: Vec<Feature>,
    needs_audio: bool,
}

impl Sources {
    fn of(setup: &Setup) -> Self {
        let Setup { corpus, clips, features, .. } = setup;
        let arrays = features.iter().filter(|feature| feature.is_external()).cloned().collect();
        Self { corpus: corpus.clone(), clips: clips.clone(), arrays, needs_audio: needs_audio(features) }
    }
}

/// Recordings with their fingerprint, which takes a while for a large corpus.
#[derive(Clone)]
struct Fingerprinted {
    recordings: Arc<Recordings>,
    fingerprint: Arc<str>,
}

impl Found<'_> {
    fn of(&mut self, setup: &Setup) -> Result<Fingerprinted, DataError> {
        let sources = Sources::of(setup);
        if let Some((_, recordings)) = self.known.iter().find(|(known, _)| *known == sources) {
            return Ok(recordings.clone());
        }
        let recordings = Arc::new((self.find)(setup)?);
        let found = Fingerprinted { fingerprint: recordings.fingerprint().into(), recordings };
        self.known.push((sources, found.clone()));
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
    let (plan, misfits) = plan_of(spec, cells, &|setup| Recordings::find(setup, heard))?;
    if !misfits.is_empty() {
        return Err(PlanError::Settings(misfits));
    }
    sounds_are_there(&plan)?;
    Ok(plan)
}

/// What can be told of a spec's runs before they can be done.
#[derive(Debug)]
pub struct Preview {
    /// The runs; where audio is absent, no id means anything, for ids follow from it.
    pub plan: Plan,
    /// Why the clips of a corpus were taken from its published list of names, where they were.
    pub absent: Option<DataError>,
    /// What keeps the runs from being trained.
    pub misfits: Vec<Misfit>,
}

/// Plans as [`plan`] does, and goes on where there is something to tell all the same: by the names that a corpus was published
/// with where its audio is absent, and with settings that do not fit. A corpus of which anything else is wrong is an error here
/// as there.
///
/// # Errors
/// As those of [`plan`], but for settings that do not fit.
pub fn preview(
    spec: &Spec,
    cells: impl IntoIterator<Item = impl Into<Arc<Cell>>>,
    heard: &DecodedAudioHashes,
) -> Result<Preview, PlanError> {
    let absent = OnceCell::new();
    let (plan, misfits) = plan_of(spec, cells, &|setup| match Recordings::find(setup, heard) {
        // Clips without audio and without arrays are not made up from a list.
        Err(DataError::Corpus(e)) if e.is_absence() && needs_audio(&setup.features) => {
            match Recordings::published(&setup.corpus, &setup.clips) {
                Some(published) => {
                    absent.get_or_init(|| e.into());
                    published
                }
                None => Err(e.into()),
            }
        }
        found => found,
    })?;
    let absent = absent.into_inner();
    if absent.is_none() && misfits.is_empty() {
        sounds_are_there(&plan)?;
    }
    Ok(Preview { plan, absent, misfits })
}

/// That the folders of sounds that runs are augmented with can be read.
fn sounds_are_there(plan: &Plan) -> Result<(), PlanError> {
    for run in plan.runs.chunk_by(|a, b| Arc::ptr_eq(&a.cell, &b.cell)).map(|runs| &runs[0]) {
        let unheard = |source| PlanError::Sounds { variant: run.cell.name.clone(), source };
        augment::content_key(&run.setup().augment).map_err(unheard)?;
    }
    Ok(())
}

/// The runs of cells, of clips as `find` finds them, and what keeps them from being trained.
fn plan_of(
    spec: &Spec,
    cells: impl IntoIterator<Item = impl Into<Arc<Cell>>>,
    find: &dyn Fn(&Setup) -> Result<Recordings, DataError>,
) -> Result<(Plan, Vec<Misfit>), PlanError> {
    let mut found = Found { find, known: Vec::new() };
    let mut with_recordings =
        |cell: Arc<Cell>| found.of(&cell.setup).map(|found| (resolved(cell, &found.recordings), found));
    let cells: Vec<_> = cells.into_iter().map(|cell| with_recordings(cell.into())).collect::<Result<_, _>>()?;
    let held: Vec<(&Cell, Option<&Arc<Recordings>>)> =
        cells.iter().map(|(cell, found)| (&**cell, Some(&found.recordings))).collect();
    let looks = look(&spec.outline, &held);
    let (notes, misfits) = (Looked::notes(&looks), Looked::misfits(&looks));
    let runs = || -> Result<Vec<RunPlan>, PlanError> {
        // A corpus that cannot be split is left to the runs, of which others may do.
        Looked::missplit(looks).map_or(Ok(()), Err)?;
        let runs: Vec<Result<Vec<RunPlan>, PlanError>> =
            cells.par_iter().map(|(cell, found)| runs_of(&spec.outline, cell, found)).collect();
        // The first error of all, not the first that some thread came upon.
        Ok(runs.into_iter().collect::<Result<Vec<_>, _>>()?.concat())
    };
    match runs() {
        Ok(runs) => Ok((Plan { experiment: spec.outline.name.clone(), runs, notes }, misfits)),
        Err(e) if misfits.is_empty() => Err(e),
        Err(_) => Err(PlanError::Settings(misfits)),
    }
}

/// The cell with what its arrays say of external features.
pub fn resolved(cell: Arc<Cell>, recordings: &Recordings) -> Arc<Cell> {
    if recordings.arrays.is_empty() {
        return cell;
    }
    let mut cell = Arc::unwrap_or_clone(cell);
    cell.setup.features = recordings.arrays.resolve(&cell.setup.features);
    Arc::new(cell)
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
