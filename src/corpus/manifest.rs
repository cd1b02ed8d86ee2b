//! Clips listed in a CSV file: the way to bring one's own corpus.

use super::columns::{read, refused};
use super::listed::{Columns, Row, listed_again};
use super::{Clip, CorpusError, Files, Found, Listing};
use crate::csv_text::Table;
use rayon::iter::Either;
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

crate::settings! {
    /// A CSV file with a line a clip: its file, its label, its speaker, and any further columns (sex, sentence, ...),
    /// which can be used to select clips and to break results down. With the columns start and end a clip is a part of its
    /// file, and its id tells both: `talk.wav#1.5-3`.
    pub struct Manifest {
        /// The CSV file: UTF-8, separated by commas, semicolons or tabs, names of columns in the first line; above it comments
        /// (`#`) and `sep=;` may stand.
        pub path: String = String::new(), needed: true;
        /// The folder that the files' paths start from; empty: the manifest's own.
        pub root: String = String::new();
        /// The name of the column that holds the clip's path.
        pub file: String = "file".to_owned();
        /// The name of the column that holds the label.
        pub label: String = "label".to_owned();
        /// The name of the column that holds the speaker.
        pub speaker: String = "speaker".to_owned();
        /// The name of the column that holds where the clip begins in its file, in seconds; a file can then be listed several
        /// times. Where there is no such column, or no number in it, the clip begins with the file. Empty: no column says so.
        pub start: String = "start".to_owned();
        /// The name of the column that holds where the clip ends in its file, in seconds; without, it ends with the file.
        pub end: String = "end".to_owned();
    }
    check: ranges;
}

impl Manifest {
    /// The clips, those whose files are not there with what to say of each, and what is wrong with the rows.
    fn rows(&self, table: &Table, root: &Path, files: Files) -> (Vec<Clip>, Vec<Absent>, Vec<String>) {
        let mut problems = Vec::new();
        if table.header.is_empty() {
            if table.problems.is_empty() {
                problems.push("1: the file is empty".to_owned());
            }
            return (Vec::new(), Vec::new(), problems);
        }
        let Some(columns) = Columns::find(self, table, &mut problems) else {
            return (Vec::new(), Vec::new(), problems);
        };
        let mut named = BTreeSet::new();
        let twice = table.header.iter().filter(|name| !named.insert(*name));
        problems.extend(twice.map(|name| format!("1: column `{name}` is there twice")));
        let rows: Vec<Row<'_>> = table.rows().map(|(line, cells)| columns.row(line, cells)).collect();
        let listed = listed_again(&rows);
        let clip = |(number, mut row): (usize, Row<'_>)| {
            let (line, path) = (row.line, root.join(row.file()));
            let mut absent = None;
            match listed.get(&number) {
                _ if row.file().is_empty() => {}
                Some(earlier) => row.wrong.push(format!("{line}: `{}` is listed already in line {earlier}", row.id)),
                None if files == Files::Any || path.is_file() => {}
                None if path.is_dir() => absent = Some(format!("{line}: {} is a folder, not a file", path.display())),
                None => absent = Some(format!("{line}: there is no file {}", path.display())),
            }
            match (row.wrong.is_empty(), absent) {
                (true, None) => Either::Left(row.clip(&path, &self.path, table, &columns)),
                (_, absent) => {
                    let absent = absent.map(|said| Absent { id: row.id.clone(), said });
                    Either::Right(Unusable { absent, wrong: row.wrong })
                }
            }
        };
        let (clips, unusable): (Vec<Clip>, Vec<Unusable>) = rows.into_par_iter().enumerate().partition_map(clip);
        let mut absent = Vec::new();
        for row in unusable {
            problems.extend(row.wrong);
            absent.extend(row.absent);
        }
        (clips, absent, problems)
    }
}

impl Listing for Manifest {
    /// All clips of the list, and those whose files are not there; or everything that is wrong with it. Where none is there, or
    /// other things are wrong, files that are not there are a mistake like any other.
    fn find(&self, files: Files) -> Result<Found, CorpusError> {
        if self.path.is_empty() {
            let what = "CSV file that lists the clips";
            return Err(CorpusError::Unnamed { corpus: "manifest", key: "path", what });
        }
        let path = Path::new(&self.path);
        let table = read(path)?;
        let root = match self.root.as_str() {
            "" => path.parent().map(Path::to_owned).unwrap_or_default(),
            root => PathBuf::from(root),
        };
        let (mut clips, mut absent, mut problems) = self.rows(&table, &root, files);
        problems.extend(table.problems);
        if !problems.is_empty() || clips.is_empty() {
            problems.extend(absent.iter().map(|absent| absent.said.clone()));
        }
        if !problems.is_empty() {
            problems.sort_by_key(|problem| line_of(problem)); // stable: in order of lines
            return Err(refused(path, &problems));
        }
        if clips.is_empty() {
            let hint = "it has a header but no line below it".to_owned();
            return Err(CorpusError::NoClips { corpus: "manifest", root: path.to_owned(), hint, others: 0 });
        }
        clips.sort_by(|a, b| a.id.cmp(&b.id));
        absent.sort_by(|a, b| a.id.cmp(&b.id));
        let (missing, said) = absent.into_iter().map(|absent| (absent.id, absent.said)).unzip::<_, _, _, Vec<String>>();
        let missing_said = said.iter().map(|said| format!("{}:{said}", path.display())).collect();
        Ok(Found { clips, missing, missing_said, ..Found::default() })
    }
}

/// A row that makes no clip.
struct Unusable {
    absent: Option<Absent>,
    /// What is wrong with the row itself.
    wrong: Vec<String>,
}

/// A clip whose file is not there.
struct Absent {
    id: String,
    /// Its line and the path of the file.
    said: String,
}

/// The line number that a problem starts with.
fn line_of(problem: &str) -> usize {
    problem.split(':').next().and_then(|line| line.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_that_are_there_twice_are_named_among_very_many() {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("list.csv");
        let many: String = (0..100_000).map(|i| format!(",c{i}")).collect();
        std::fs::write(&list, format!("file,label,speaker{many},c7\n")).unwrap();
        let path = list.to_str().unwrap().to_owned();
        let said = Manifest { path, ..Manifest::default() }.find(Files::Audio).unwrap_err().to_string();
        assert!(said.ends_with("list.csv:1: column `c7` is there twice"), "{said}");
    }

    #[test]
    fn files_of_a_manifest_that_are_missing_can_be_left_out_and_are_told_by_line() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.wav"), "x").unwrap();
        std::fs::create_dir(folder.path().join("dir.wav")).unwrap();
        let list = folder.path().join("list.csv");
        let path = list.to_str().unwrap().to_owned();
        let find = |rows: &str| {
            std::fs::write(&list, format!("file,label,speaker,start\n{rows}")).unwrap();
            Manifest { path: path.clone(), ..Manifest::default() }.find(Files::Audio)
        };
        let found = find("gone.wav,x,1,1.5\na.wav,x,1,\ndir.wav,x,1,\n").unwrap();
        assert_eq!(found.missing, ["dir.wav", "gone.wav#1.5-"]);
        let at = |name: &str| folder.path().join(name).display().to_string();
        let expected = [
            format!("missing: {path}:4: {} is a folder, not a file", at("dir.wav")),
            format!("missing: {path}:2: there is no file {}", at("gone.wav")),
        ];
        assert_eq!(found.problems().collect::<Vec<_>>(), expected);
        let left = found.clone().accept(crate::corpus::Broken::LeaveOut).unwrap();
        assert_eq!((left.len(), left[0].id.as_str()), (1, "a.wav"));
        let refused = found.accept(crate::corpus::Broken::Refuse).unwrap_err().to_string();
        assert!(refused.contains(&expected[1]) && refused.contains("clips.broken = \"leave-out\""), "{refused}");
        let none = find("gone.wav,x,1,\n").unwrap_err().to_string();
        assert!(none.ends_with(&format!("list.csv:2: there is no file {}", at("gone.wav"))), "{none}");
    }

    #[test]
    fn a_file_listed_three_times_is_named_twice_with_the_line_before() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.wav"), "x").unwrap();
        let list = folder.path().join("list.csv");
        std::fs::write(&list, "file,label,speaker\nb.wav,x,1\na.wav,x,1\n./a.wav,x,\n,x,1\na.wav,x,1\n").unwrap();
        let path = list.to_str().unwrap().to_owned();
        let said = Manifest { path: path.clone(), ..Manifest::default() }.find(Files::Audio).unwrap_err().to_string();
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
