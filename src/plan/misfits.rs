//! Settings that fit neither each other nor the corpus: found before anything is decoded, let alone trained.

use super::known_frames;
use crate::augment::{Stage, Step};
use crate::evaluate::Metric;
use crate::features::{Feature, Per, Scale};
use crate::kind::{Kinds, Problem};
use crate::model::InputShape;
use crate::spec::{Cell, Place, Setup};
use crate::split::{Fold, Partition, SelectedOn};
use crate::train::AT_ONCE;
use std::fmt;

/// How many rows the partitions of one run have: training, validation, test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rows([usize; 3]);

impl Rows {
    pub(super) fn of(fold: &Fold) -> Self {
        Self(Partition::ALL.map(|partition| fold.partition(partition).len()))
    }

    fn training(self) -> usize {
        self.0[0]
    }

    /// Rows that pick the best epoch.
    fn picking(self, on: SelectedOn) -> usize {
        self.0[if on == SelectedOn::Validation { 1 } else { 2 }]
    }
}

/// A problem of a variant, and where the setting was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    variant: String,
    problem: Problem,
    place: Option<Place>,
    /// How many other variants have the same problem: a grid has thousands.
    others: usize,
}

impl Misfit {
    pub(super) fn new(cell: &Cell, problem: Problem) -> Self {
        let place = cell.origin(&problem.key).and_then(|(_, _, place)| place);
        Self { variant: cell.name.clone(), problem, place, others: 0 }
    }

    /// Each problem once, in the order of the variants.
    pub(super) fn merged(all: impl IntoIterator<Item = Self>) -> Vec<Self> {
        let mut merged: Vec<Self> = Vec::new();
        for misfit in all {
            match merged.iter_mut().find(|m| (&m.problem, &m.place) == (&misfit.problem, &misfit.place)) {
                Some(known) => known.others += 1 + misfit.others,
                None => merged.push(misfit),
            }
        }
        merged
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { variant, problem: Problem { key, message }, place, others } = self;
        write!(f, "variant {variant}")?;
        if *others > 0 {
            write!(f, " and {others} more")?;
        }
        write!(f, ": {key}: {message}")?;
        place.as_ref().map_or(Ok(()), |place| write!(f, " (set at {place})"))
    }
}

/// A length that no pooling can exhaust: stands in where the real one depends on the audio.
const FRAMES_UNKNOWN: usize = 1 << 16;

/// As many bins as no pooling exhausts: stand in for those of arrays that were not looked at.
const BINS_UNKNOWN: usize = 1 << 10;

/// What keeps the runs of a cell from being trained. `classes` is `None` where the corpus is not there; `runs` has the rows of
/// each run, and none where its partitions are not known.
pub(super) fn problems(setup: &Setup, classes: Option<usize>, runs: &[Rows]) -> Vec<Problem> {
    let classes = classes.or((!setup.clips.keep.is_empty()).then_some(setup.clips.keep.len()));
    let mut found = match input(setup) {
        Err(problems) => problems,
        Ok(input) => unfit(setup, input, classes.unwrap_or(2), runs.iter().map(|rows| rows.training())),
    };
    let fewest = |of: &dyn Fn(&Rows) -> usize| runs.iter().map(of).min();
    let picking = fewest(&|rows| rows.picking(setup.fit.epoch));
    found.extend(unsolvable(setup));
    let training = match (fewest(&|rows| rows.training()), picking) {
        _ if setup.model.is_solved() => {
            classes.and_then(|classes| setup.train.unweighted(classes)).into_iter().collect()
        }
        (Some(training), Some(picking)) => setup.train.misfits(training, picking, classes.unwrap_or_default()),
        _ => {
            let watchers = if never_validates(setup) { setup.train.watchers() } else { Vec::new() };
            classes.and_then(|classes| setup.train.unweighted(classes)).into_iter().chain(watchers).collect()
        }
    };
    found.extend(training.into_iter().map(|p| p.under("train")));
    found
}

/// What keeps a model from being solved for at once: there is one look at the training rows, and no epoch in which anything could
/// be drawn anew.
fn unsolvable(setup: &Setup) -> Vec<Problem> {
    if !setup.model.is_solved() {
        return Vec::new();
    }
    let kind = setup.model.name();
    let live = setup.augment.iter().enumerate().filter(|(_, step)| !step.is_offline());
    let drawn = |(i, step): (usize, &Step)| {
        let way_out = match step.transform.stage() {
            Stage::Batch => "take it out for this model",
            Stage::Waveform | Stage::Clip | Stage::Spectrogram => {
                "set `copies` (1 or more), which adds rows that are augmented once, or take it out for this model"
            }
        };
        let message = format!(
            "`{}` is drawn anew in every epoch, and `{kind}` has none: it is solved for at once; {way_out}",
            step.transform.name()
        );
        Problem::new(format!("augment[{i}]"), message)
    };
    let is_blind = setup.train.select == Metric::Loss && !setup.model.gives_probabilities();
    let message = || format!("`{kind}` gives no probabilities, and so has no loss; name another metric");
    let moved = setup.length.drawn().into_iter().map(|key| {
        let message = format!(
            "\"random\" is drawn anew in every epoch, and `{kind}` has none: it is solved for at once; allowed: \"start\", \
             \"centre\""
        );
        Problem::new(format!("length.{key}"), message)
    });
    live.map(drawn).chain(moved).chain(is_blind.then(|| Problem::new("train.select", message()))).collect()
}

/// The settings of `[train]` that a spec writes for a model that they say nothing of.
pub(super) fn idle(cell: &Cell) -> Option<Problem> {
    if !cell.setup.model.is_solved() {
        return None;
    }
    let mut keys = cell.written_in("train");
    keys.retain(|key| !AT_ONCE.contains(&key.as_str()));
    let first = format!("train.{}", keys.first()?);
    let (kind, count) = (cell.setup.model.name(), keys.len());
    let named: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
    let say = if count == 1 { "says" } else { "say" };
    let message =
        format!("{} {say} nothing to `{kind}`, which is solved for at once, without epochs", named.join(", "));
    Some(Problem::new(first, message))
}

/// The network's input, of a stand-in's length where the audio decides; or why the features cannot be stacked.
fn input(setup: &Setup) -> Result<InputShape, Vec<Problem>> {
    // What is stacked with features of known bins may have as many.
    let bins = setup.features.iter().find(|feature| feature.is_known()).map_or(BINS_UNKNOWN, Feature::bins);
    let features: Vec<Feature> = setup.features.iter().map(|feature| feature.or_of_bins(bins)).collect();
    let unstackable = setup.stack.check(&features);
    if !unstackable.is_empty() {
        return Err(unstackable.into_iter().map(|p| p.under("stack")).collect());
    }
    let frames = known_frames(setup).unwrap_or(FRAMES_UNKNOWN);
    let shape = setup.stack.shape(&features, frames);
    let shape = shape.map_err(|e| vec![Problem::new("stack", e.to_string())])?;
    Ok(InputShape { channels: shape.channels, bins: shape.bins, frames: shape.frames })
}

/// What keeps the network of `setup` from being trained on inputs of this shape, `training` being the training rows of each
/// run, as far as they are known.
pub fn unfit(
    setup: &Setup,
    input: InputShape,
    classes: usize,
    training: impl IntoIterator<Item = usize>,
) -> Vec<Problem> {
    let kind = setup.model.name();
    let problems = setup.model.check(input, classes);
    if !problems.is_empty() {
        return problems.into_iter().map(|p| p.under(kind).under("model")).collect();
    }
    if let Some(problem) = scaled_to_nothing(setup, input) {
        return vec![problem];
    }
    let Some((norm, 1)) = setup.model.narrowest_norm(input, classes) else { return Vec::new() };
    let why = format!(
        "the batch norm `{norm}` has one value a row and channel, and a single value is its own mean: nothing of it is left"
    );
    let off = format!("`model.{kind}.batch_norm = false`");
    let message = if setup.train.batch_size == 1 {
        format!("every batch is one row; {why}. Set 2 or more, or {off}")
    } else {
        let alone = |rows: &usize| setup.train.smallest_batch(*rows) == 1;
        let Some(rows) = training.into_iter().find(alone) else { return Vec::new() };
        let batch_size = setup.train.batch_size;
        let last = format!("{rows} training rows in batches of {batch_size} leave a last batch of one row; {why}");
        let drop = if rows > 1 { "`train.drop_last = true`, another batch size" } else { "more training rows" };
        format!("{last}. Set {drop} or {off}")
    };
    vec![Problem::new("train.batch_size", message)]
}

/// That a scaler takes a clip's mean over a single value, so that every value of every input would be 0.
fn scaled_to_nothing(setup: &Setup, input: InputShape) -> Option<Problem> {
    let Scale::ClipStandard(scale) = &setup.scale else { return None };
    let InputShape { channels, bins, frames } = input;
    // How many values of a clip share a mean, from the fewest.
    let shared = [(Per::Bin, frames), (Per::Channel, bins * frames), (Per::All, channels * bins * frames)];
    let (per, _) = shared.iter().find(|(per, values)| *per == scale.per && *values == 1)?;
    let wider = shared.iter().find(|(_, values)| *values > 1).map(|(per, _)| format!("`per = \"{}\"`, ", per.name()));
    let message = format!(
        "by `{}` an input of {channels} x {bins} x {frames} (channels, bins, frames) has a single value to take a mean of, \
         and that is its own mean: every value would be 0. Set {}a longer `length` or another scaler",
        per.name(),
        wider.unwrap_or_default()
    );
    Some(Problem::new("scale.clip-standard.per", message))
}

/// What there is to say of batch norm in a cell that nothing keeps from being trained: where batches of one row occur, its
/// statistics are those of that row.
pub(super) fn note(setup: &Setup, runs: &[Rows]) -> Option<String> {
    setup.model.narrowest_norm(input(setup).ok()?, 2)?;
    if setup.train.batch_size == 1 {
        return Some("every batch is one row, so that batch norm takes its statistics from that row alone".to_owned());
    }
    let rows = runs.iter().map(|rows| rows.training()).find(|rows| setup.train.smallest_batch(*rows) == 1)?;
    let batch_size = setup.train.batch_size;
    Some(format!(
        "{rows} training rows in batches of {batch_size} leave a last batch of one row, from which alone batch norm takes \
         its statistics there; `train.drop_last = true` leaves it out"
    ))
}

/// Whether the settings alone say that no row picks the best epoch.
fn never_validates(setup: &Setup) -> bool {
    setup.split.never_validates() && setup.fit.epoch == SelectedOn::Validation
}
