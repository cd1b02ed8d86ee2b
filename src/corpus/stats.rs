//! What a corpus is made of, in numbers.

use super::{Found, Survey};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A corpus in numbers. Counts of speakers, labels and columns take in all clips, lengths and rates those that could
/// be decoded.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Stats {
    /// Clips.
    pub clips: usize,
    /// Clips that could not be decoded.
    pub unreadable: usize,
    /// Clips that were listed or published, but are not there.
    pub missing: usize,
    /// Files that are no clips, by reason: songs, videos, audio in other formats.
    pub passed_over: BTreeMap<String, usize>,
    /// Clips a speaker.
    pub speakers: BTreeMap<String, usize>,
    /// Clips a label.
    pub labels: BTreeMap<String, usize>,
    /// Seconds a clip, by label.
    pub label_seconds: BTreeMap<String, Spread>,
    /// Seconds a clip.
    pub seconds: Spread,
    /// Total length in hours.
    pub hours: f64,
    /// Level (root mean square) of the clips that are not silent, in dB relative to full scale.
    pub rms_db: Spread,
    /// Clips a sample rate, in Hz.
    pub sample_rates_hz: BTreeMap<u32, usize>,
    /// Clips a value of each column that has few of them; of the others only how many values there are.
    pub columns: BTreeMap<String, Column>,
}

/// The spread of some numbers; all zero when there is none.
#[derive(Debug, Clone, Copy, PartialEq, Default, serde::Serialize)]
pub struct Spread {
    /// The smallest.
    pub min: f64,
    /// The one in the middle, the upper one of two.
    pub median: f64,
    /// Their mean.
    pub mean: f64,
    /// The largest.
    pub max: f64,
}

/// The values of a column.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Column {
    /// How many different ones.
    pub distinct: usize,
    /// Clips a value, where there are at most twenty and not every clip has its own.
    pub counts: BTreeMap<String, usize>,
}

/// The most values of a column that are listed.
const LISTED: usize = 20;

impl Spread {
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.collect();
        values.sort_by(f64::total_cmp);
        match values.as_slice() {
            [] => Self::default(),
            [min, ..] => Self {
                min: *min,
                median: values[values.len() / 2],
                mean: values.iter().sum::<f64>() / values.len() as f64,
                max: values[values.len() - 1],
            },
        }
    }
}

fn count<K: Ord>(items: impl Iterator<Item = K>) -> BTreeMap<K, usize> {
    let mut counts = BTreeMap::new();
    for item in items {
        *counts.entry(item).or_default() += 1;
    }
    counts
}

/// Counts and measures a corpus; `heard` is what [`survey`](super::survey) gave for its clips.
pub fn stats(found: &Found, heard: &[Result<Survey, String>]) -> Stats {
    let clips = &found.clips;
    let decoded = || clips.iter().zip(heard).filter_map(|(clip, h)| h.as_ref().ok().map(|h| (clip, h)));
    let labels = count(clips.iter().map(|c| c.label.clone()));
    let seconds_of = |label: &String| {
        let of_label = decoded().filter(|(c, _)| c.label == *label).map(|(_, h)| h.seconds);
        (label.clone(), Spread::of(of_label))
    };
    let mut columns: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
    for (name, value) in clips.iter().flat_map(|c| &c.columns) {
        *columns.entry(name).or_default().entry(value).or_default() += 1;
    }
    let column = |(name, counts): (&str, BTreeMap<&str, usize>)| {
        let distinct = counts.len();
        let counts = if distinct > LISTED || counts.values().all(|n| *n == 1) && distinct > 1 {
            BTreeMap::new()
        } else {
            counts
        };
        let counts = counts.into_iter().map(|(value, n)| (value.to_owned(), n)).collect();
        (name.to_owned(), Column { distinct, counts })
    };
    Stats {
        clips: clips.len(),
        unreadable: heard.iter().filter(|h| h.is_err()).count(),
        missing: found.missing.len(),
        passed_over: found.passed_over().into_iter().collect(),
        speakers: count(clips.iter().map(|c| c.speaker.clone())),
        label_seconds: labels.keys().map(seconds_of).collect(),
        labels,
        seconds: Spread::of(decoded().map(|(_, h)| h.seconds)),
        // A sum of nothing would be a negative zero.
        hours: decoded().fold(0.0, |hours, (_, h)| hours + h.seconds / 3600.0),
        rms_db: Spread::of(decoded().map(|(_, h)| h.rms_db).filter(|db| db.is_finite())),
        sample_rates_hz: count(decoded().map(|(_, h)| h.sample_rate_hz)),
        columns: columns.into_iter().map(column).collect(),
    }
}

impl Stats {
    /// The numbers as text for people.
    pub fn text(&self) -> String {
        let mut out = String::new();
        self.render(&mut out).expect("writing to a string does not fail");
        out
    }

    fn render(&self, out: &mut String) -> std::fmt::Result {
        write!(
            out,
            "{} clips, {} speakers, {} labels, {:.2} h",
            self.clips,
            self.speakers.len(),
            self.labels.len(),
            self.hours
        )?;
        match self.unreadable {
            0 => writeln!(out)?,
            n => writeln!(out, "; {n} cannot be decoded")?,
        }
        if self.missing > 0 {
            writeln!(out, "not there     {} that were listed or published", self.missing)?;
        }
        for (why, count) in &self.passed_over {
            writeln!(out, "passed over   {count}: {why}")?;
        }
        if self.unreadable == self.clips {
            writeln!(
                out,
                "no clip can be decoded, so there are no lengths, levels and rates: `serlab corpus doctor` says why"
            )?;
        } else {
            self.render_sound(out)?;
        }
        let per_speaker = Spread::of(self.speakers.values().map(|n| *n as f64));
        writeln!(out, "a speaker     {} to {} clips, median {}", per_speaker.min, per_speaker.max, per_speaker.median)?;
        self.render_classes(out)
    }

    /// What was heard.
    fn render_sound(&self, out: &mut String) -> std::fmt::Result {
        let rates: Vec<String> = self.sample_rates_hz.iter().map(|(rate, n)| format!("{rate} Hz ({n})")).collect();
        writeln!(out, "sample rates  {}", rates.join(", "))?;
        let Spread { min, median, mean, max } = self.seconds;
        writeln!(out, "seconds       {min:.2} to {max:.2}, median {median:.2}, mean {mean:.2}")?;
        let Spread { min, median, max, .. } = self.rms_db;
        writeln!(out, "level         {min:.1} to {max:.1} dBFS, median {median:.1}")
    }

    /// Labels, and the columns that the corpus has beside.
    fn render_classes(&self, out: &mut String) -> std::fmt::Result {
        let width = self.labels.keys().map(|l| l.chars().count()).max().unwrap_or(0).max(5);
        writeln!(out, "\n{:width$}  {:>6}  {:>6}  {:>12}", "label", "clips", "share", "mean seconds")?;
        for (label, n) in &self.labels {
            let share = 100.0 * *n as f64 / self.clips as f64;
            let seconds = self.label_seconds.get(label).map_or(0.0, |s| s.mean);
            writeln!(out, "{label:width$}  {n:>6}  {share:>4.1} %  {seconds:>12.2}")?;
        }
        if !self.columns.is_empty() {
            writeln!(out)?;
        }
        let width = self.columns.keys().map(|c| c.chars().count()).max().unwrap_or(0);
        for (name, column) in &self.columns {
            let values: Vec<String> = column.counts.iter().map(|(value, n)| format!("{value} ({n})")).collect();
            let said = if values.is_empty() { format!("{} values", column.distinct) } else { values.join(", ") };
            writeln!(out, "{name:width$}  {said}")?;
        }
        Ok(())
    }
}
