//! Clips listed in a CSV file: the way to bring one's own corpus.

use super::columns::{Cells, Table};
use super::error::Problems;
use super::{Clip, CorpusError, Found, Source};
use rayon::iter::Either;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

crate::settings! {
    /// A CSV file with a line a clip: its file, its label, its speaker, and any further columns (sex, sentence, ...),
    /// which can be used to select clips and to break results down.
    pub struct Manifest {
        /// The CSV file: UTF-8, separated by commas, semicolons or tabs, names of columns in the first line.
        pub path: String = String::new();
        /// The folder that the files' paths start from; empty: the manifest's own.
        pub root: String = String::new();
        /// The name of the column that holds the clip's path.
        pub file: String = "file".to_owned();
        /// The name of the column that holds the label.
        pub label: String = "label".to_owned();
        /// The name of the column that holds the speaker.
        pub speaker: String = "speaker".to_owned();
    }
}

impl Manifest {
    /// All clips of the list, or everything that is wrong with it.
    pub(super) fn find(&self) -> Result<Found, CorpusError> {
        if self.path.is_empty() {
            let what = "CSV file that lists the clips";
            return Err(CorpusError::Unnamed { corpus: "manifest", key: "path", what });
        }
        let path = Path::new(&self.path);
        let table = Table::read(path)?;
        let root = match self.root.as_str() {
            "" => path.parent().map(Path::to_owned).unwrap_or_default(),
            root => PathBuf::from(root),
        };
        let (mut clips, mut problems) = self.rows(&table, &root);
        problems.extend(table.problems);
        if !problems.is_empty() {
            problems.sort_by_key(|problem| line_of(problem)); // stable: in order of lines
            let lines: Vec<String> = problems.iter().map(|p| format!("{}:{p}", path.display())).collect();
            let what = format!("{}: {} problems; mend the list", path.display(), lines.len());
            return Err(CorpusError::Problems(Problems::new(what, lines)));
        }
        if clips.is_empty() {
            let hint = "it has a header but no line below it".to_owned();
            return Err(CorpusError::NoClips { corpus: "manifest", root: path.to_owned(), hint });
        }
        clips.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(Found { clips, ..Found::default() })
    }

    fn rows(&self, table: &Table, root: &Path) -> (Vec<Clip>, Vec<String>) {
        let mut problems = Vec::new();
        if table.header.is_empty() {
            if table.problems.is_empty() {
                problems.push("1: the file is empty".to_owned());
            }
            return (Vec::new(), problems);
        }
        let mut column = |name: &str| {
            let position = table.position(name);
            if position.is_none() {
                let there = table.header.join(", ");
                problems.push(format!("1: no column `{name}`; there are {there}"));
            }
            position
        };
        let (Some(file), Some(label), Some(speaker)) = (column(&self.file), column(&self.label), column(&self.speaker))
        else {
            return (Vec::new(), problems);
        };
        let mut named = BTreeSet::new();
        let twice = table.header.iter().filter(|name| !named.insert(*name));
        problems.extend(twice.map(|name| format!("1: column `{name}` is there twice")));
        let ids: Vec<String> = table.rows().map(|(_, cells)| tidy(cells.at(file))).collect();
        let listed = listed_again(table, &ids, file);
        let row = |(row, ((line, cells), id)): (usize, ((usize, Cells<'_>), String))| {
            let lacks = |(at, name): &(usize, &String)| cells.at(*at).is_empty().then(|| format!("{line}: no {name}"));
            let needed = [(file, &self.file), (label, &self.label), (speaker, &self.speaker)];
            let mut wrong: Vec<String> = needed.iter().filter_map(lacks).collect();
            let path = root.join(&id);
            match listed.get(&row) {
                _ if cells.at(file).is_empty() => {}
                Some(earlier) => wrong.push(format!("{line}: `{id}` is listed already in line {earlier}")),
                None if !path.is_file() => wrong.push(format!("{line}: there is no file {}", path.display())),
                None => {}
            }
            if !wrong.is_empty() {
                return Either::Right(wrong);
            }
            let rest = table.header.iter().zip(cells.iter()).enumerate();
            let columns = rest
                .filter(|(i, (_, cell))| ![file, label, speaker].contains(i) && !cell.is_empty())
                .map(|(_, (name, cell))| (name.clone(), cell.to_owned()))
                .collect();
            let (label, speaker) = (cells.at(label).to_owned(), cells.at(speaker).to_owned());
            Either::Left(Clip { id, source: Source::File(path), label, speaker, columns })
        };
        let (clips, wrong): (Vec<Clip>, Vec<Vec<String>>) = table.rows().zip(ids).enumerate().partition_map(row);
        problems.extend(wrong.into_iter().flatten());
        (clips, problems)
    }
}

/// The rows whose file an earlier row has, each with the line of the last one before it.
fn listed_again(table: &Table, ids: &[String], file: usize) -> BTreeMap<usize, usize> {
    if ids.is_sorted_by(|a, b| a < b) {
        return BTreeMap::new();
    }
    let mut named: Vec<(&String, usize, usize)> = table
        .rows()
        .enumerate()
        .filter(|(_, (_, cells))| !cells.at(file).is_empty())
        .map(|(row, (line, _))| (&ids[row], row, line))
        .collect();
    named.par_sort_unstable();
    let again = named.windows(2).filter(|pair| pair[0].0 == pair[1].0);
    again.map(|pair| (pair[1].1, pair[0].2)).collect()
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

/// The line number that a problem starts with.
fn line_of(problem: &str) -> usize {
    problem.split(':').next().and_then(|line| line.parse().ok()).unwrap_or(0)
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

    #[test]
    fn columns_that_are_there_twice_are_named_among_very_many() {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("list.csv");
        let many: String = (0..100_000).map(|i| format!(",c{i}")).collect();
        std::fs::write(&list, format!("file,label,speaker{many},c7\n")).unwrap();
        let path = list.to_str().unwrap().to_owned();
        let said = Manifest { path, ..Manifest::default() }.find().unwrap_err().to_string();
        assert!(said.ends_with("list.csv:1: column `c7` is there twice"), "{said}");
    }

    #[test]
    fn a_file_listed_three_times_is_named_twice_with_the_line_before() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.wav"), "x").unwrap();
        let list = folder.path().join("list.csv");
        std::fs::write(&list, "file,label,speaker\nb.wav,x,1\na.wav,x,1\n./a.wav,x,\n,x,1\na.wav,x,1\n").unwrap();
        let path = list.to_str().unwrap().to_owned();
        let said = Manifest { path: path.clone(), ..Manifest::default() }.find().unwrap_err().to_string();
        let lines: Vec<String> = said.lines().skip(1).map(|l| l.trim().replace(&path, "list")).collect();
        let missing = format!("list:2: there is no file {}", folder.path().join("b.wav").display());
        let expected = [
            missing.as_str(),
            "list:4: no speaker",
            "list:4: `a.wav` is listed already in line 3",
            "list:5: no file",
            "list:6: `a.wav` is listed already in line 4",
        ];
        assert_eq!(lines, expected, "{said}");
    }
}
