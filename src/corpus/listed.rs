//! The rows of a list of clips: which file, from when to when, what is felt and who speaks.

use super::{Clip, Manifest, Segment, Source};
use crate::audio::Part;
use crate::csv_text::{Cells, Table};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;

/// Where the columns are that a list is read by.
pub(super) struct Columns<'m> {
    manifest: &'m Manifest,
    file: usize,
    label: usize,
    speaker: usize,
    start: Option<usize>,
    end: Option<usize>,
}

impl<'m> Columns<'m> {
    /// Finds the columns by the names that the manifest's settings give them; the names that are not there are problems.
    pub fn find(manifest: &'m Manifest, table: &Table, problems: &mut Vec<String>) -> Option<Self> {
        let usual = Manifest::default();
        let mut column = |name: &str, needed: bool| {
            let position = table.position(name);
            if position.is_none() && needed {
                let there = table.header.join(", ");
                problems.push(format!("1: no column `{name}`; there are {there}"));
            }
            position
        };
        let [file, label, speaker] =
            [&manifest.file, &manifest.label, &manifest.speaker].map(|name| column(name, true));
        // Times that nobody asked for need not be there.
        let mut time = |name: &String, usual: &String| match name.as_str() {
            "" => Some(None),
            _ => Some(column(name, name != usual)).filter(|found| found.is_some() || name == usual),
        };
        let (start, end) = (time(&manifest.start, &usual.start), time(&manifest.end, &usual.end));
        Some(Self { manifest, file: file?, label: label?, speaker: speaker?, start: start?, end: end? })
    }

    /// Whether the column is read for more than what it says of the clip.
    pub fn has(&self, column: usize) -> bool {
        [self.file, self.label, self.speaker].contains(&column) || [self.start, self.end].contains(&Some(column))
    }

    /// Reads a row.
    pub fn row<'t>(&self, line: usize, cells: Cells<'t>) -> Row<'t> {
        let mut wrong = Vec::new();
        let needed = [
            (self.file, &self.manifest.file),
            (self.label, &self.manifest.label),
            (self.speaker, &self.manifest.speaker),
        ];
        for (column, name) in needed {
            let cell = cells.at(column);
            if cell.is_empty() {
                wrong.push(format!("{line}: no {name}"));
            } else if cell.contains(['\n', '\r']) {
                wrong.push(format!("{line}: the {name} goes over several lines; is a quote left open?"));
            }
        }
        let mut id = tidy(cells.at(self.file));
        let file = id.len();
        let mut seconds = |column: Option<usize>, key: &str, name: &String| {
            let cell = cells.at(column?);
            let number = cell.parse().ok().filter(|seconds: &f64| seconds.is_finite() && *seconds >= 0.0);
            if number.is_none() && !cell.is_empty() {
                wrong.push(format!(
                    "{line}: the {name}, `{cell}`, is no number of seconds; mend it, or set corpus.manifest.{key} = \"\" if it \
                     says something else"
                ));
            }
            // Without the sign of a negative zero.
            number.map(f64::abs)
        };
        let start = seconds(self.start, "start", &self.manifest.start).unwrap_or(0.0);
        let part = Part { start, end: seconds(self.end, "end", &self.manifest.end) };
        if let Some(end) = part.end.filter(|end| *end <= part.start) {
            wrong.push(format!("{line}: ends at {end} s, which is not after its start at {} s", part.start));
        }
        if part != Part::WHOLE {
            id.push_str(&format!("#{part}"));
        }
        Row { line, cells, id, file, part, wrong }
    }
}

/// One row.
pub(super) struct Row<'t> {
    /// Its line.
    pub line: usize,
    /// What is wrong with it, each starting with the line number.
    pub wrong: Vec<String>,
    /// The clip's id: the file's path, and behind it the times where there are some.
    pub id: String,
    cells: Cells<'t>,
    /// The length of the file's path in `id`.
    file: usize,
    part: Part,
}

impl Row<'_> {
    /// The file, as a path below the list's root; empty where none is named.
    pub fn file(&self) -> &str {
        &self.id[..self.file]
    }

    /// The clip in the file at `path`; `list` is what messages call the list.
    pub fn clip(self, path: &Path, list: &str, table: &Table, columns: &Columns<'_>) -> Clip {
        let path = path.to_owned();
        let source = if self.part == Part::WHOLE {
            Source::File(path)
        } else {
            Source::Segment(Box::new(Segment { path, part: self.part, row: format!("{list}:{}", self.line) }))
        };
        let rest = table.header.iter().zip(self.cells.iter()).enumerate();
        let facts = rest
            .filter(|(i, (_, cell))| !columns.has(*i) && !cell.is_empty())
            .map(|(_, (name, cell))| (name.clone(), cell.to_owned()))
            .collect();
        let (label, speaker) = (self.cells.at(columns.label).to_owned(), self.cells.at(columns.speaker).to_owned());
        Clip { id: self.id, source, label, speaker, columns: facts }
    }
}

/// The rows whose clip an earlier row has, each with the line of the last one before it.
pub(super) fn listed_again(rows: &[Row<'_>]) -> BTreeMap<usize, usize> {
    if rows.is_sorted_by(|a, b| a.id < b.id) {
        return BTreeMap::new();
    }
    let filled = rows.iter().enumerate().filter(|(_, row)| !row.file().is_empty());
    let mut named: Vec<(&String, usize)> = filled.map(|(number, row)| (&row.id, number)).collect();
    named.par_sort_unstable();
    let again = named.windows(2).filter(|pair| pair[0].0 == pair[1].0);
    again.map(|pair| (pair[1].1, rows[pair[0].1].line)).collect()
}

/// A path with `/` between its parts and no `.` among them, so that one file has one id.
pub(crate) fn tidy(path: &str) -> String {
    let is_break = |c| matches!(c, '/' | '\\');
    let mut tidy = String::with_capacity(path.len());
    for part in path.split(is_break).filter(|part| !part.is_empty() && *part != ".") {
        if !tidy.is_empty() || path.starts_with(is_break) {
            tidy.push('/');
        }
        tidy.push_str(part);
    }
    if tidy.is_empty() && path.starts_with(is_break) { "/".to_owned() } else { tidy }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_one_id_however_its_path_is_written() {
        for (path, id) in [
            ("a/b.wav", "a/b.wav"),
            (".\\a\\.\\b.wav", "a/b.wav"),
            ("//a///b.wav/", "/a/b.wav"),
            ("a/../b.wav", "a/../b.wav"),
            ("./", ""),
            ("/.", "/"),
            ("", ""),
        ] {
            assert_eq!(tidy(path), id);
        }
    }
}
