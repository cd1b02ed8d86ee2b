//! `file`: somebody else's division, read from a CSV file.

use super::k_fold::validators;
use super::records::{self, Record};
use super::search::Units;
use super::{By, Divide, FileProblem, Fold, Item, Partition, SplitError, Task};
use crate::kind::{Context, Problem};
use crate::seed::Stream;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

crate::settings! {
    /// Partitions from a CSV file with a header: `clip` (or `id`, `file`), `partition`, and `fold` where there are several.
    /// It may be written as manifests may: any separator, line ends and slashes. The `split.csv` of a run can be used again.
    /// Clips that the file does not mention are left out and counted. Speakers that its partitions share are refused unless
    /// `audit.allow` names them.
    pub struct File {
        /// The CSV file.
        pub path: PathBuf = PathBuf::new(), needed: true;
        /// Share of the training clips (whole groups) set aside for choosing the best epoch where the file names no
        /// validation clips; 0 for none.
        pub validation: f64 = 0.0, in 0.0..=0.9;
        /// What is kept together when validation clips are set aside: a column of the corpus ("speaker", "session", ...), or
        /// a list of columns.
        pub by: By = By::default();
    }
    check: File::check;
}

/// What the file says of one fold.
#[derive(Default)]
struct Places {
    /// Where it puts the clips of the corpus that it names, by their index, and in which line it says so.
    of_clip: BTreeMap<usize, (Partition, u64)>,
    /// Clips that it names and that the selection leaves out.
    passed_over: usize,
}

/// File name endings that a list may carry and a clip's id may not.
const AUDIO: [&str; 5] = [".wav", ".flac", ".mp3", ".ogg", ".m4a"];

impl File {
    fn check(&self, _: &Context) -> Vec<Problem> {
        let named = !self.path.as_os_str().is_empty();
        let missing =
            || Problem::new("path", "no file is named; expected a CSV file with columns clip, partition[, fold]");
        (!named).then(missing).into_iter().chain(self.by.check()).collect()
    }

    /// Turns the training clips of some groups into validation clips.
    fn set_aside(
        &self,
        units: &Units,
        number: Option<u32>,
        of_clip: &mut [Option<Partition>],
        stream: &mut Stream,
    ) -> Result<(), SplitError> {
        let trains =
            |(clip, p): (usize, &Option<Partition>)| (*p == Some(Partition::Train)).then(|| units.of_clip[clip]);
        let training: BTreeSet<usize> = of_clip.iter().enumerate().filter_map(trains).collect();
        let training: Vec<usize> = training.into_iter().collect();
        let mut validates = vec![false; units.names.len()];
        validators(units, &training, self.validation, number, stream)?
            .iter()
            .for_each(|&group| validates[group] = true);
        for (clip, partition) in of_clip.iter_mut().enumerate() {
            if *partition == Some(Partition::Train) && validates[units.of_clip[clip]] {
                *partition = Some(Partition::Validation);
            }
        }
        Ok(())
    }

    /// The clips of the corpus that each fold names; all problems at once.
    fn resolve(&self, task: &Task, records: &[Record]) -> Result<BTreeMap<Option<u32>, Places>, SplitError> {
        let names = Names::of(task);
        let mut folds: BTreeMap<Option<u32>, Places> = BTreeMap::new();
        let mut problems = Vec::new();
        for record in records {
            let places = folds.entry(record.fold).or_default();
            let message = match names.find(&record.clip) {
                Found::Clip(clip) => match places.of_clip.get(&clip) {
                    None => {
                        places.of_clip.insert(clip, (record.partition, record.line));
                        continue;
                    }
                    Some((partition, line)) => {
                        let again = record.partition;
                        format!("clip `{}` is already in {partition} (line {line}), here {again}", record.clip)
                    }
                },
                Found::PassedOver => {
                    places.passed_over += 1;
                    continue;
                }
                Found::Nothing => format!("the corpus has no clip `{}`{}", record.clip, names.meant(&record.clip)),
            };
            problems.push(FileProblem { line: record.line, message });
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
        records::read(&bytes).map_err(|problems| SplitError::File { path: self.path.clone(), problems })
    }
}

impl Divide for File {
    fn fold_count(&self, _: &[Item]) -> Result<usize, SplitError> {
        Ok(self.read()?.iter().map(|r| r.fold).collect::<BTreeSet<_>>().len())
    }

    fn fold_numbers(&self, _: &[Item]) -> Result<Vec<u32>, SplitError> {
        let numbers: BTreeSet<Option<u32>> = self.read()?.iter().map(|r| r.fold).collect();
        Ok(numbers.into_iter().flatten().collect())
    }

    fn split(&self, task: &Task, stream: &mut Stream) -> Result<Vec<Fold>, SplitError> {
        let records = self.read()?;
        if records.is_empty() {
            let problems = vec![FileProblem { line: 1, message: "the file names no clip".to_owned() }];
            return Err(SplitError::File { path: self.path.clone(), problems });
        }
        let folds = self.resolve(task, &records)?;
        let units = if self.validation > 0.0 { Some(Units::of(task, &self.by)?) } else { None };
        let mut made = Vec::with_capacity(folds.len());
        for (number, places) in folds {
            // One list over all clips at a time: a file may name as many folds as it has lines.
            let mut of_clip = vec![None; task.items.len()];
            places.of_clip.into_iter().for_each(|(clip, (partition, _))| of_clip[clip] = Some(partition));
            if let Some(units) = units.as_ref().filter(|_| !of_clip.contains(&Some(Partition::Validation))) {
                self.set_aside(units, number, &mut of_clip, stream)?;
            }
            let fold = Fold { passed_over: places.passed_over, ..task.unchecked(number, &of_clip) };
            made.push(task.checked(fold)?);
        }
        Ok(made)
    }

    fn kept_by(&self) -> Option<&By> {
        Some(&self.by)
    }

    /// `by` is about validation clips; who is tested the file says.
    fn keeps_speakers_apart(&self) -> bool {
        false
    }
}

/// The clips of the corpus by name.
struct Names<'a> {
    index: BTreeMap<&'a str, usize>,
    passed_over: &'a [String],
    items: &'a [Item<'a>],
    /// Ids by their last part in small letters; made when the first is asked for.
    alike: OnceCell<BTreeMap<String, &'a str>>,
}

enum Found {
    Clip(usize),
    /// The corpus has it, but it is not used here.
    PassedOver,
    Nothing,
}

impl<'a> Names<'a> {
    fn of(task: &Task<'a>) -> Self {
        let index = task.items.iter().enumerate().map(|(i, item)| (item.id, i)).collect();
        Self { index, passed_over: task.known.passed_over, items: task.items, alike: OnceCell::new() }
    }

    /// The clip that a list names: by its id, with or without the ending of its file; where the list says where the file
    /// lies (`/data/corpus/a/b.wav`), by the longest end of that path that is an id.
    fn find(&self, name: &str) -> Found {
        let from_root = name.starts_with('/') || name.as_bytes().get(1..3) == Some(b":/");
        let ends = name.match_indices('/').map(|(at, _)| &name[at + 1..]).filter(|_| from_root);
        for name in std::iter::once(name).chain(ends) {
            for name in [Some(name), AUDIO.iter().find_map(|end| name.strip_suffix(end))].into_iter().flatten() {
                if let Some(&clip) = self.index.get(name) {
                    return Found::Clip(clip);
                }
                if self.passed_over.binary_search_by(|id| id.as_str().cmp(name)).is_ok() {
                    return Found::PassedOver;
                }
            }
        }
        Found::Nothing
    }

    /// ", did you mean `x`?" where a clip has that name in another case or folder. Ids differ by one letter from clip to clip,
    /// so the nearest would mislead.
    fn meant(&self, name: &str) -> String {
        let base = |name: &str| {
            let base = name.rsplit('/').next().unwrap_or_default();
            AUDIO.iter().find_map(|end| base.strip_suffix(end)).unwrap_or(base).to_lowercase()
        };
        let alike = self.alike.get_or_init(|| self.items.iter().map(|item| (base(item.id), item.id)).collect());
        alike.get(&base(name)).map_or_else(String::new, |id| format!(", did you mean `{id}`?"))
    }
}
