//! Scaling network inputs by statistics of the training rows.

use super::FeatureError;
use super::stack::Shape;
use crate::kind::{Context, Problem};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;

crate::choices! {
    /// Which values share one statistic.
    pub enum Per {
        /// Each bin of each channel, over all its frames.
        "bin" => Bin,
        /// Each channel.
        "channel" => Channel,
        /// Every value of the input for itself: bin and frame of each channel (a table's columns).
        "element" => Element,
        /// All values alike.
        "all" => All,
    }
}

impl Per {
    /// How many values in a row, which always lie side by side, share a statistic.
    fn run(&self, shape: &Shape) -> usize {
        match self {
            Self::Element => 1,
            Self::Bin => shape.frames,
            Self::Channel => shape.bins * shape.frames,
            Self::All => shape.values(),
        }
        .max(1)
    }
}

crate::choices! {
    /// Which values statistics are made of.
    pub enum Over = Input {
        /// All of the network's input: what clips are padded with counts.
        "input" => Input,
        /// The clips' own frames.
        "clip" => Clip,
    }
}

crate::settings! {
    /// Values stay as they are.
    pub struct NoScaling {}
    check: ranges;
}
crate::settings! {
    /// (x - mean) / deviation with mean and standard deviation of the training rows (population deviation, as scikit-learn's
    /// `StandardScaler`).
    pub struct Standard {
        /// Which values share a mean: "bin", "channel", "element" (each column of the input for itself) or "all".
        pub per: Per = Per::Bin;
        /// Of what the mean is: "input" (padding counts) or "clip" (the clips' own frames alone).
        pub over: Over = Over::Input;
    }
    check: Standard::check;
}
crate::settings! {
    /// (x - minimum) / (maximum - minimum), moved to [low, high], with the extremes of the training rows. Other rows may lie
    /// outside.
    pub struct MinMax {
        /// Which values share their extremes: "bin", "channel", "element" or "all".
        pub per: Per = Per::Bin;
        /// Of what the extremes are: "input" (padding counts) or "clip" (the clips' own frames alone).
        pub over: Over = Over::Input;
        /// What the minimum becomes.
        pub low: f64 = 0.0, in -1000.0..=1000.0;
        /// What the maximum becomes.
        pub high: f64 = 1.0, in -1000.0..=1000.0;
    }
    check: MinMax::check;
}
crate::settings! {
    /// (x - mean) / deviation with each clip's own statistics, padding included: removes loudness and, per bin, the channel
    /// of the recording. Nothing is learnt from training rows.
    pub struct ClipStandard {
        /// Which values of the clip share a mean: "bin", "channel" or "all".
        pub per: Per = Per::Bin;
    }
    check: ClipStandard::check;
}
crate::settings! {
    /// (x - mean) / deviation with the statistics of all clips of a clip's speaker, their own frames alone: removes a voice's own level
    /// and colour, and what stays is how it is used. No label is looked at and nothing is learnt from training rows, but the other clips
    /// of a tested speaker must be at hand before the first is answered: transductive, and said so of every result.
    pub struct SpeakerStandard {
        /// Which values of a speaker's clips share a mean: "bin", "channel" or "all".
        pub per: Per = Per::Bin;
    }
    check: SpeakerStandard::check;
}
crate::kinds! {
    /// How inputs are scaled.
    pub enum Scale("scaler") as Rescale {
        /// Not at all.
        "none" => NoScaling(NoScaling),
        /// To mean 0 and deviation 1 by statistics of the training rows.
        "standard" => Standard(Standard),
        /// To a range by the extremes of the training rows.
        "min-max" => MinMax(MinMax),
        /// To mean 0 and deviation 1 by each clip's own statistics.
        "clip-standard" => ClipStandard(ClipStandard),
        /// To mean 0 and deviation 1 by the statistics of each speaker's own clips.
        "speaker-standard" => SpeakerStandard(SpeakerStandard),
    }
}

impl Default for Scale {
    /// Standard, per bin.
    fn default() -> Self {
        Self::Standard(Standard::default())
    }
}

impl Scale {
    /// Of which frames its statistics are.
    pub fn over(&self) -> Over {
        self.kind().over()
    }

    /// Whether each clip is scaled by the statistics of its own speaker's clips.
    pub fn is_by_speaker(&self) -> bool {
        self.kind().whose() == Whose::Speaker
    }
}

impl Standard {
    fn check(&self, _: &Context) -> Vec<Problem> {
        nobodys(self.per, self.over).into_iter().collect()
    }
}

impl MinMax {
    fn check(&self, _: &Context) -> Vec<Problem> {
        let message = || format!("{} is not below high = {}", self.low, self.high);
        let upside_down = (self.low >= self.high).then(|| Problem::new("low", message()));
        upside_down.into_iter().chain(nobodys(self.per, self.over)).collect()
    }
}

/// That columns of the input, each with statistics for itself, may be no clip's own.
fn nobodys(per: Per, over: Over) -> Option<Problem> {
    let message = "with `per = \"element\"` each column of the input has statistics for itself, and some may be no clip's own; \
                   allowed: \"input\", or another `per`";
    (per == Per::Element && over == Over::Clip).then(|| Problem::new("over", message))
}

impl ClipStandard {
    fn check(&self, _: &Context) -> Vec<Problem> {
        let message = "each value of one clip alone has no deviation; allowed: \"bin\", \"channel\", \"all\"";
        (self.per == Per::Element).then(|| Problem::new("per", message)).into_iter().collect()
    }
}

impl SpeakerStandard {
    fn check(&self, _: &Context) -> Vec<Problem> {
        let message = "each column of the input would have statistics for itself, and some may be no clip's own; allowed: \"bin\", \
                       \"channel\", \"all\"";
        (self.per == Per::Element).then(|| Problem::new("per", message)).into_iter().collect()
    }
}

/// What is taken away from values, and what the rest is divided by: one of each a run of values that share them.
type Statistics = (Vec<f64>, Vec<f64>);

/// Whose statistics a row is scaled by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// The training rows'.
    Training,
    /// Its own.
    Clip,
    /// Those of all rows of its speaker.
    Speaker,
}

/// What every scaler does.
trait Rescale {
    /// Which values share a statistic; none where values stay as they are.
    fn per(&self) -> Option<Per>;

    /// Which values statistics are made of.
    fn over(&self) -> Over {
        Over::Input
    }

    /// The statistics of these rows, of which so many values in a row share one.
    fn statistics(&self, rows: &Rows<'_>) -> Statistics {
        moments(rows)
    }

    /// Whose statistics a row is scaled by.
    fn whose(&self) -> Whose {
        Whose::Training
    }

    /// What is added in the end.
    fn low(&self) -> f64 {
        0.0
    }
}

impl Rescale for NoScaling {
    fn per(&self) -> Option<Per> {
        None
    }
}

impl Rescale for Standard {
    fn per(&self) -> Option<Per> {
        Some(self.per)
    }
    fn over(&self) -> Over {
        self.over
    }
}

impl Rescale for MinMax {
    fn per(&self) -> Option<Per> {
        Some(self.per)
    }
    fn over(&self) -> Over {
        self.over
    }
    fn statistics(&self, rows: &Rows<'_>) -> Statistics {
        extremes(rows, self.high - self.low)
    }
    fn low(&self) -> f64 {
        self.low
    }
}

impl Rescale for ClipStandard {
    fn per(&self) -> Option<Per> {
        Some(self.per)
    }
    fn whose(&self) -> Whose {
        Whose::Clip
    }
}

impl Rescale for SpeakerStandard {
    fn per(&self) -> Option<Per> {
        Some(self.per)
    }
    fn over(&self) -> Over {
        Over::Clip
    }
    fn whose(&self) -> Whose {
        Whose::Speaker
    }
}

/// The rows that a scaler may learn from.
///
/// [`TrainingRows::new`] is the only door to [`Scaler::fit`]: whoever holds the training part of a split, and only they, makes
/// one of it. That no validation or test row comes near a scaler's statistics can so be seen at a single call.
#[derive(Debug, Clone)]
pub struct TrainingRows<'a> {
    shape: Shape,
    rows: Vec<&'a [f32]>,
    own: Vec<Range<usize>>,
}

impl<'a> TrainingRows<'a> {
    /// The training rows of a fold, each row-major [channels, bins, frames] of `shape` with those of its frames that are its own, in
    /// an order that does not vary.
    ///
    /// # Errors
    /// [`FeatureError::NoTrainingRows`]; [`FeatureError::Size`] for a row of another size.
    pub fn new(shape: Shape, rows: impl IntoIterator<Item = (&'a [f32], Range<usize>)>) -> Result<Self, FeatureError> {
        let (rows, own): (Vec<&[f32]>, Vec<Range<usize>>) = rows.into_iter().unzip();
        if rows.is_empty() {
            return Err(FeatureError::NoTrainingRows);
        }
        if let Some((i, row)) = rows.iter().enumerate().find(|(_, row)| row.len() != shape.values()) {
            let what = format!("training row {i}");
            return Err(FeatureError::Size { what, expected: shape.values(), actual: row.len() });
        }
        Ok(Self { shape, rows, own })
    }
}

/// The rows of one speaker, of whichever partition: nothing but what was said, without labels.
#[derive(Debug, Clone)]
pub struct SpeakerRows<'a> {
    /// Who.
    pub speaker: &'a str,
    /// Each row, with those of its frames that are its own.
    pub rows: Vec<(&'a [f32], Range<usize>)>,
}

/// A scaler with its statistics: fitted to training rows, applied to all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scaler {
    scale: Scale,
    shape: Shape,
    /// One a run of values: what is taken away, and what the rest is divided by. Empty where nothing is learnt.
    offsets: Vec<f64>,
    divisors: Vec<f64>,
    /// The same of each speaker, where each has some of his own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    speakers: BTreeMap<String, Statistics>,
}

impl Scaler {
    /// Learns the statistics, in f64 and in the order of the rows.
    ///
    /// A constant column is divided by 1.
    ///
    /// # Errors
    /// [`FeatureError::NotFiniteRow`].
    pub fn fit(scale: Scale, rows: TrainingRows<'_>) -> Result<Self, FeatureError> {
        all_finite(&rows.rows)?;
        let kind = scale.kind();
        let learnt = kind.per().filter(|_| kind.whose() == Whose::Training);
        let own = (kind.over() == Over::Clip).then_some((rows.shape.frames, rows.own.as_slice()));
        let of = |per: Per| kind.statistics(&Rows { rows: &rows.rows, run: per.run(&rows.shape), own });
        let (offsets, divisors) = learnt.map(of).unwrap_or_default();
        Ok(Self { scale, shape: rows.shape, offsets, divisors, speakers: BTreeMap::new() })
    }

    /// Takes the statistics of each speaker for a [scaler by speaker](Scale::is_by_speaker); rows are of `shape`.
    ///
    /// # Errors
    /// [`FeatureError::NotFiniteRow`], the row counted within its speaker.
    pub fn of_speakers<'a>(
        scale: Scale,
        shape: Shape,
        speakers: impl IntoIterator<Item = SpeakerRows<'a>>,
    ) -> Result<Self, FeatureError> {
        let mut known = BTreeMap::new();
        for SpeakerRows { speaker, rows } in speakers {
            let (rows, own): (Vec<&[f32]>, Vec<Range<usize>>) = rows.into_iter().unzip();
            all_finite(&rows)?;
            let kind = scale.kind();
            if let (Some(per), false) = (kind.per(), rows.is_empty()) {
                let of_clips = Rows { rows: &rows, run: per.run(&shape), own: Some((shape.frames, &own)) };
                known.insert(speaker.to_owned(), kind.statistics(&of_clips));
            }
        }
        Ok(Self { scale, shape, offsets: Vec::new(), divisors: Vec::new(), speakers: known })
    }

    /// How it scales.
    pub fn scale(&self) -> &Scale {
        &self.scale
    }

    /// Offsets, divisors and what is added in the end: x becomes (x - offset) / divisor + low. Each offset is that of equally
    /// many values that lie side by side; there are none where nothing was learnt.
    pub fn statistics(&self) -> (&[f64], &[f64], f64) {
        (&self.offsets, &self.divisors, self.scale.kind().low())
    }

    /// Offsets and divisors of each speaker, where each has some of his own.
    pub fn speakers(&self) -> &BTreeMap<String, (Vec<f64>, Vec<f64>)> {
        &self.speakers
    }

    /// The shape of the rows it was fitted to.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// Scales one row of a speaker, row-major [channels, bins, frames], in place.
    ///
    /// # Errors
    /// [`FeatureError::Size`] where the row, or statistics read from a file, do not have the scaler's shape;
    /// [`FeatureError::UnknownSpeaker`] where statistics are of each speaker, and none of this one.
    pub fn apply(&self, row: &mut [f32], speaker: &str) -> Result<(), FeatureError> {
        let size = |what: &str, expected, actual| FeatureError::Size { what: what.to_owned(), expected, actual };
        if row.len() != self.shape.values() {
            return Err(size("row to scale", self.shape.values(), row.len()));
        }
        let kind = self.scale.kind();
        let Some(per) = kind.per() else { return Ok(()) };
        let run = per.run(&self.shape);
        let own;
        let (offsets, divisors) = match kind.whose() {
            Whose::Training => (&self.offsets, &self.divisors),
            Whose::Clip => {
                own = kind.statistics(&Rows { rows: &[row], run, own: None });
                (&own.0, &own.1)
            }
            Whose::Speaker => {
                let known = self.speakers.get(speaker);
                let (offsets, divisors) =
                    known.ok_or_else(|| FeatureError::UnknownSpeaker { speaker: speaker.to_owned() })?;
                (offsets, divisors)
            }
        };
        for statistics in [offsets, divisors] {
            if statistics.len() != row.len().div_ceil(run) {
                return Err(size("the scaler's statistics", row.len().div_ceil(run), statistics.len()));
            }
        }
        scale_runs(row, run, offsets, divisors, kind.low());
        Ok(())
    }
}

/// That all values of some rows are numbers.
fn all_finite(rows: &[&[f32]]) -> Result<(), FeatureError> {
    let wrong = rows.iter().enumerate().find_map(|(row, values)| {
        let index = values.iter().position(|value| !value.is_finite())?;
        Some(FeatureError::NotFiniteRow { row, index, value: values[index] })
    });
    wrong.map_or(Ok(()), Err)
}

fn scale_runs(row: &mut [f32], run: usize, offsets: &[f64], divisors: &[f64], low: f64) {
    for ((values, offset), divisor) in row.chunks_mut(run).zip(offsets).zip(divisors) {
        for value in values {
            *value = ((f64::from(*value) - offset) / divisor + low) as f32;
        }
    }
}

/// Rows that statistics are made of.
struct Rows<'a> {
    rows: &'a [&'a [f32]],
    /// How many values in a row share a statistic.
    run: usize,
    /// Frames of a line, and which of them are each row's own; none where all values count.
    own: Option<(usize, &'a [Range<usize>])>,
}

impl Rows<'_> {
    /// How many statistics there are.
    fn groups(&self) -> usize {
        self.rows[0].len().div_ceil(self.run)
    }

    /// Calls `take` with the values that count, piece by piece in order, and which statistic they belong to.
    fn each(&self, mut take: impl FnMut(usize, &[f32])) {
        for (i, row) in self.rows.iter().enumerate() {
            let Some((frames, own)) = self.own else {
                row.chunks(self.run).enumerate().for_each(|(group, values)| take(group, values));
                continue;
            };
            for (line, values) in row.chunks(frames).enumerate() {
                let values = &values[own[i].clone()];
                if self.run == 1 {
                    let first = line * frames + own[i].start;
                    values.iter().enumerate().for_each(|(k, value)| take(first + k, &[*value]));
                } else {
                    take(line * frames / self.run, values);
                }
            }
        }
    }
}

/// Mean and standard deviation of each run over all rows, in two passes: the deviation of large, close values survives.
fn moments(rows: &Rows<'_>) -> Statistics {
    let mut counts = vec![0usize; rows.groups()];
    rows.each(|group, values| counts[group] += values.len());
    let each = |term: &dyn Fn(usize, &[f32]) -> f64| {
        let mut sums = vec![0.0f64; counts.len()];
        rows.each(|group, values| sums[group] += term(group, values));
        sums
    };
    let sums = each(&|_, values| values.iter().map(|v| f64::from(*v)).sum());
    // What no clip reaches has no mean; nothing is taken off it.
    let means: Vec<f64> =
        sums.iter().zip(&counts).map(|(sum, n)| if *n == 0 { 0.0 } else { sum / *n as f64 }).collect();
    let squares = each(&|group, values| values.iter().map(|v| (f64::from(*v) - means[group]).powi(2)).sum());
    let deviations = squares
        .iter()
        .zip(&means)
        .zip(&counts)
        .map(|((squares, mean), count)| {
            let count = (*count).max(1) as f64;
            let variance = squares / count;
            // What rounding alone can leave of a constant (scikit-learn's `_is_constant_feature`).
            let rounding = count * f64::EPSILON * variance + (count * mean * f64::EPSILON).powi(2);
            if variance <= rounding { 1.0 } else { variance.sqrt() }
        })
        .collect();
    (means, deviations)
}

/// Minimum of each run, and its range divided by `width`; 1 for a constant.
fn extremes(rows: &Rows<'_>, width: f64) -> Statistics {
    let (mut low, mut high) = (vec![f32::INFINITY; rows.groups()], vec![f32::NEG_INFINITY; rows.groups()]);
    rows.each(|group, values| {
        for value in values {
            low[group] = low[group].min(*value);
            high[group] = high[group].max(*value);
        }
    });
    let is_empty = |low: f32, high: f32| low > high;
    let divisors = low
        .iter()
        .zip(&high)
        .map(|(l, h)| if l == h || is_empty(*l, *h) { 1.0 } else { (f64::from(*h) - f64::from(*l)) / width });
    let lows = low.iter().zip(&high).map(|(l, h)| if is_empty(*l, *h) { 0.0 } else { f64::from(*l) });
    (lows.collect(), divisors.collect())
}

#[cfg(test)]
#[path = "scaler_tests.rs"]
mod tests;
