//! `file`: somebody else's division, read from a CSV file.

use super::error::suggestion;
use super::k_fold::validators;
use super::search::Voices;
use super::{FileProblem, Fold, Partition, SplitError, Task};
use crate::kind::{Context, Problem};
use crate::seed::Stream;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

crate::settings! {
    /// Partitions from a CSV file with a header: `clip` (or `id`, `file`), `partition`, and `fold` where there are several.
    /// The `split.csv` of a run can be used again. Clips that the file does not mention are left out and counted.
    /// Speakers that its partitions share are refused unless `audit.allow` names them.
    pub struct File {
        /// The CSV file.
        pub path: PathBuf = PathBuf::new();
        /// Share of the training clips (whole speakers) set aside for choosing the best epoch where the file names no
        /// validation clips; 0 for none.
        pub validation: f64 = 0.0, in 0.0..=0.9;
    }
    check: File::check;
}

/// One line of the file.
struct Record {
    line: u64,
    clip: String,
    partition: Partition,
    fold: Option<u32>,
}

/// Where a fold puts the clips it names, by their index, and in which line it says so.
type Places = BTreeMap<usize, (Partition, u64)>;

/// Where the columns are.
#[derive(Default)]
struct Columns {
    clip: Option<usize>,
    partition: Option<usize>,
    fold: Option<usize>,
    copy: Option<usize>,
    source: Option<usize>,
}

const CLIP: [&str; 3] = ["clip", "id", "file"];
const PARTITION: [&str; 3] = ["partition", "split", "subset"];
/// File name endings that a list may carry and a clip's id may not.
const AUDIO: [&str; 5] = [".wav", ".flac", ".mp3", ".ogg", ".m4a"];

impl File {
    fn check(&self, _: &Context) -> Vec<Problem> {
        let named = !self.path.as_os_str().is_empty();
        let missing =
            || Problem::new("path", "no file is named; expected a CSV file with columns clip, partition[, fold]");
        (!named).then(missing).into_iter().collect()
    }

    pub(super) fn fold_count(&self) -> Result<usize, SplitError> {
        Ok(self.read()?.iter().map(|r| r.fold).collect::<BTreeSet<_>>().len())
    }

    pub(super) fn split(&self, task: &Task, stream: &mut Stream) -> Result<Vec<Fold>, SplitError> {
        let records = self.read()?;
        if records.is_empty() {
            let problems = vec![FileProblem { line: 1, message: "the file names no clip".to_owned() }];
            return Err(SplitError::File { path: self.path.clone(), problems });
        }
        let folds = self.resolve(task, &records)?;
        let voices = Voices::of(task.items, task.classes);
        let mut made = Vec::with_capacity(folds.len());
        for (number, places) in folds {
            // One list over all clips at a time: a file may name as many folds as it has lines.
            let mut of_clip = vec![None; task.items.len()];
            places.into_iter().for_each(|(clip, (partition, _))| of_clip[clip] = Some(partition));
            if self.validation > 0.0 && !of_clip.contains(&Some(Partition::Validation)) {
                self.set_aside(&voices, number, &mut of_clip, stream)?;
            }
            made.push(task.fold(number, &of_clip)?);
        }
        Ok(made)
    }

    /// Turns the training clips of some speakers into validation clips.
    fn set_aside(
        &self,
        voices: &Voices,
        number: Option<u32>,
        of_clip: &mut [Option<Partition>],
        stream: &mut Stream,
    ) -> Result<(), SplitError> {
        let trains =
            |(clip, p): (usize, &Option<Partition>)| (*p == Some(Partition::Train)).then(|| voices.of_clip[clip]);
        let training: BTreeSet<usize> = of_clip.iter().enumerate().filter_map(trains).collect();
        let training: Vec<usize> = training.into_iter().collect();
        let chosen = validators(voices, &training, self.validation, number, stream)?;
        for (clip, partition) in of_clip.iter_mut().enumerate() {
            if *partition == Some(Partition::Train) && chosen.contains(&voices.of_clip[clip]) {
                *partition = Some(Partition::Validation);
            }
        }
        Ok(())
    }

    /// The clips of the corpus that each fold names; all problems at once.
    fn resolve(&self, task: &Task, records: &[Record]) -> Result<BTreeMap<Option<u32>, Places>, SplitError> {
        let index: BTreeMap<&str, usize> = task.items.iter().enumerate().map(|(i, item)| (item.id, i)).collect();
        let lower: BTreeMap<String, &str> = task.items.iter().map(|i| (i.id.to_lowercase(), i.id)).collect();
        let mut folds: BTreeMap<Option<u32>, Places> = BTreeMap::new();
        let mut problems = Vec::new();
        for record in records {
            let stem = AUDIO.iter().find_map(|end| record.clip.strip_suffix(end));
            let found = index.get(record.clip.as_str()).or_else(|| stem.and_then(|s| index.get(s)));
            let Some(&clip) = found else {
                // Ids differ by one letter from clip to clip, so the nearest would mislead; case and folder do not.
                let base = record.clip.rsplit(['/', '\\']).next().unwrap_or_default();
                let base = AUDIO.iter().find_map(|end| base.strip_suffix(end)).unwrap_or(base).to_lowercase();
                let hint = lower.get(&base).map_or_else(String::new, |id| format!(", did you mean `{id}`?"));
                let message = format!("the corpus has no clip `{}`{hint}", record.clip);
                problems.push(FileProblem { line: record.line, message });
                continue;
            };
            let places = folds.entry(record.fold).or_default();
            if let Some((partition, line)) = places.get(&clip) {
                let again = record.partition;
                let message = format!("clip `{}` is already in {partition} (line {line}), here {again}", record.clip);
                problems.push(FileProblem { line: record.line, message });
            } else {
                places.insert(clip, (record.partition, record.line));
            }
        }
        if !problems.is_empty() {
            return Err(SplitError::File { path: self.path.clone(), problems });
        }
        Ok(folds)
    }

    /// The lines of the file, without a look at the corpus; all problems at once.
    fn read(&self) -> Result<Vec<Record>, SplitError> {
        let unreadable = |source| SplitError::Unreadable { path: self.path.clone(), source };
        let bytes = std::fs::read(&self.path).map_err(unreadable)?;
        let mut problems = Vec::new();
        let records = parse(&bytes, &mut problems);
        if problems.is_empty() {
            return Ok(records);
        }
        problems.sort_by_key(|p| p.line);
        Err(SplitError::File { path: self.path.clone(), problems })
    }
}

fn parse(bytes: &[u8], problems: &mut Vec<FileProblem>) -> Vec<Record> {
    let mut problem = |line, message: String| problems.push(FileProblem { line, message });
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.trim_start_matches('\u{feff}'),
        Err(e) => {
            let line = bytes[..e.valid_up_to()].iter().filter(|b| **b == b'\n').count() as u64 + 1;
            problem(line, "not UTF-8; save the file as UTF-8".to_owned());
            return Vec::new();
        }
    };
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(text.as_bytes());
    let header = reader.headers().cloned().unwrap_or_default();
    let columns = columns(&header, &mut problem);
    let (Some(clip), Some(partition)) = (columns.clip, columns.partition) else { return Vec::new() };

    let mut lines = Lines { text: text.as_bytes(), byte: 0, line: 1 };
    let mut records = Vec::new();
    for row in reader.records() {
        let row = match row {
            Ok(row) => row,
            Err(e) => {
                problem(e.position().map_or(0, |p| lines.at(p)), e.to_string());
                continue;
            }
        };
        let line = row.position().map_or(0, |p| lines.at(p));
        if row.len() != header.len() {
            problem(line, format!("{} field(s), but the header has {}", row.len(), header.len()));
            continue;
        }
        let Some(place) = Partition::of_name(&row[partition]) else {
            let hint = suggestion(&row[partition], ["train", "validation", "test"]);
            problem(line, format!("unknown partition `{}`, expected train, validation or test{hint}", &row[partition]));
            continue;
        };
        let fold = columns.fold.map(|c| row[c].parse::<u32>().map_err(|_| row[c].to_owned()));
        if let Some(Err(text)) = &fold {
            problem(line, format!("fold `{text}` is not a number from 0 up"));
            continue;
        }
        if row[clip].is_empty() {
            problem(line, "no clip is named".to_owned());
            continue;
        }
        let copied = columns.copy.is_some_and(|c| !["", "0"].contains(&&row[c]))
            || columns.source.is_some_and(|c| !row[c].is_empty() && row[c] != row[clip]);
        match place {
            _ if !copied => {
                let fold = fold.and_then(Result::ok);
                records.push(Record { line, clip: row[clip].to_owned(), partition: place, fold });
            }
            // Copies of training clips are made anew, as the spec's augmentation says.
            Partition::Train => {}
            _ => problem(
                line,
                format!("an augmented copy in {place}; only training clips have copies, use `split.rows`"),
            ),
        }
    }
    records
}

/// Counts lines up to a record, from 1, in one pass. To the reader a record after CR LF begins at the LF; to a person it
/// begins on the line after.
struct Lines<'a> {
    text: &'a [u8],
    byte: usize,
    line: u64,
}

impl Lines<'_> {
    fn at(&mut self, position: &csv::Position) -> u64 {
        let is_break = |b: &u8| matches!(b, b'\r' | b'\n');
        let start = (position.byte() as usize).clamp(self.byte, self.text.len());
        let start = start + self.text[start..].iter().take_while(|b| is_break(b)).count();
        self.line += self.text[self.byte..start].iter().filter(|b| **b == b'\n').count() as u64;
        self.byte = start;
        self.line
    }
}

/// Finds the columns by name. Others are left alone (lists often carry speaker or label), unless they look misspelt.
fn columns(header: &csv::StringRecord, problem: &mut impl FnMut(u64, String)) -> Columns {
    let mut columns = Columns::default();
    let known = CLIP.iter().chain(&PARTITION).chain(&["fold", "copy", "source", "source_clip"]).copied();
    for (number, name) in header.iter().enumerate() {
        let lower = name.to_ascii_lowercase();
        let slot = match lower.as_str() {
            n if CLIP.contains(&n) => &mut columns.clip,
            n if PARTITION.contains(&n) => &mut columns.partition,
            "fold" => &mut columns.fold,
            "copy" => &mut columns.copy,
            "source" | "source_clip" => &mut columns.source,
            _ => {
                if let Some(near) = known.clone().find(|k| strsim::osa_distance(k, &lower) == 1) {
                    problem(1, format!("unknown column `{name}`, did you mean `{near}`?"));
                }
                continue;
            }
        };
        if slot.replace(number).is_some() {
            problem(1, format!("column `{name}` has the same meaning as an earlier one"));
        }
    }
    for (names, found) in [(CLIP, columns.clip), (PARTITION, columns.partition)] {
        if found.is_none() {
            problem(1, format!("no column `{}` (or `{}`, `{}`)", names[0], names[1], names[2]));
        }
    }
    columns
}
