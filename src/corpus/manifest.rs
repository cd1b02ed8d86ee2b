//! Clips listed in a CSV file: the way to bring one's own corpus.

use super::columns::Table;
use super::error::Problems;
use super::{Clip, CorpusError, Found, Source};
use std::collections::BTreeMap;
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
        for (i, name) in table.header.iter().enumerate() {
            if table.position(name) != Some(i) {
                problems.push(format!("1: column `{name}` is there twice"));
            }
        }
        let (mut clips, mut lines) = (Vec::new(), BTreeMap::new());
        for (line, cells) in &table.rows {
            for (at, name) in [(file, &self.file), (label, &self.label), (speaker, &self.speaker)] {
                if cells[at].is_empty() {
                    problems.push(format!("{line}: no {name}"));
                }
            }
            if cells[file].is_empty() {
                continue;
            }
            let id = tidy(&cells[file]);
            if let Some(earlier) = lines.insert(id.clone(), *line) {
                problems.push(format!("{line}: `{id}` is listed already in line {earlier}"));
                continue;
            }
            let path = root.join(&id);
            if !path.is_file() {
                problems.push(format!("{line}: there is no file {}", path.display()));
            }
            let rest = table.header.iter().zip(cells).enumerate();
            let columns = rest
                .filter(|(i, (_, cell))| ![file, label, speaker].contains(i) && !cell.is_empty())
                .map(|(_, (name, cell))| (name.clone(), cell.clone()))
                .collect();
            let (label, speaker) = (cells[label].clone(), cells[speaker].clone());
            clips.push(Clip { id, source: Source::File(path), label, speaker, columns });
        }
        (clips, problems)
    }
}

/// A path with `/` between its parts and no `.` among them, so that one file has one id.
fn tidy(path: &str) -> String {
    let slashed = path.replace('\\', "/");
    let rooted = slashed.starts_with('/');
    let parts: Vec<&str> = slashed.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    format!("{}{}", if rooted { "/" } else { "" }, parts.join("/"))
}

/// The line number that a problem starts with.
fn line_of(problem: &str) -> usize {
    problem.split(':').next().and_then(|line| line.parse().ok()).unwrap_or(0)
}
