//! The lines of a split file: which clip goes where, before anything is known of the corpus.

use super::error::suggestion;
use super::{FileProblem, Partition};
use crate::corpus::tidy;
use crate::csv_text::{Cells, Table};
use rayon::prelude::*;

/// One line of the file.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) line: u64,
    /// The clip as written, with `/` between the parts of its path.
    pub(super) clip: String,
    pub(super) partition: Partition,
    pub(super) fold: Option<u32>,
}

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

/// The lines of a file of these bytes, or all its problems at once, in order of line. It is read as a manifest is: with any
/// separator, line ends, and slashes.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Record>, Vec<FileProblem>> {
    let table = Table::parse(bytes);
    let mut problems: Vec<FileProblem> = table.problems.iter().map(|problem| numbered(problem)).collect();
    let mut records = Vec::new();
    if !table.header.is_empty() || problems.is_empty() {
        let columns = columns(&table.header, &mut |message| problems.push(FileProblem { line: 1, message }));
        if let (Some(clip), Some(partition)) = (columns.clip, columns.partition) {
            let record = |(line, cells): (usize, Cells<'_>)| {
                let message = |message| FileProblem { line: line as u64, message };
                record(line as u64, cells, clip, partition, &columns).map_err(message).transpose()
            };
            let made: Vec<Result<Record, FileProblem>> = table.rows().filter_map(record).collect();
            made.into_iter().for_each(|made| match made {
                Ok(record) => records.push(record),
                Err(problem) => problems.push(problem),
            });
        }
    }
    problems.sort_by_key(|problem| problem.line);
    if problems.is_empty() { Ok(records) } else { Err(problems) }
}

/// A problem of a table, which starts with its line.
fn numbered(problem: &str) -> FileProblem {
    let (line, message) = problem.split_once(": ").unwrap_or(("1", problem));
    FileProblem { line: line.parse().unwrap_or(1), message: message.to_owned() }
}

/// What a line says; nothing of copies of training clips, which are made anew, as the spec's augmentation says.
fn record(
    line: u64,
    cells: Cells<'_>,
    clip: usize,
    partition: usize,
    columns: &Columns,
) -> Result<Option<Record>, String> {
    let (name, place) = (cells.at(clip), cells.at(partition));
    let partition = Partition::of_name(place).ok_or_else(|| {
        let hint = suggestion(place, ["train", "validation", "test"]);
        format!("unknown partition `{place}`, expected train, validation or test{hint}")
    })?;
    let fold = columns.fold.map(|column| cells.at(column));
    let number = |text: &str| text.parse::<u32>().map_err(|_| format!("fold `{text}` is not a number from 0 up"));
    let fold = fold.map(number).transpose()?;
    if name.is_empty() {
        return Err("no clip is named".to_owned());
    }
    let copied = columns.copy.is_some_and(|column| !["", "0"].contains(&cells.at(column)))
        || columns.source.is_some_and(|column| !cells.at(column).is_empty() && cells.at(column) != name);
    match partition {
        _ if !copied => Ok(Some(Record { line, clip: tidy(name), partition, fold })),
        Partition::Train => Ok(None),
        _ => Err(format!("an augmented copy in {partition}; only training clips have copies, use `split.rows`")),
    }
}

/// Finds the columns by name. Others are left alone (lists often carry speaker or label), unless they look misspelt.
fn columns(header: &[String], problem: &mut impl FnMut(String)) -> Columns {
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
                    problem(format!("unknown column `{name}`, did you mean `{near}`?"));
                }
                continue;
            }
        };
        if slot.replace(number).is_some() {
            problem(format!("column `{name}` has the same meaning as an earlier one"));
        }
    }
    for (names, found) in [(CLIP, columns.clip), (PARTITION, columns.partition)] {
        if found.is_none() {
            problem(format!("no column `{}` (or `{}`, `{}`)", names[0], names[1], names[2]));
        }
    }
    columns
}
