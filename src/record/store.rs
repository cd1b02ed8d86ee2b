//! Finding the runs on disk.

use super::layout::RunName;
use super::seal::Depth;
use super::{RecordError, StoredRun};
use rayon::prelude::*;
use std::cmp::Reverse;
use std::fs;
use std::path::{Path, PathBuf};

/// Every run under `root`, sorted by name. Only what tables show is held against the seals; see [`Depth`].
///
/// # Errors
/// A folder that cannot be read. A missing `root` has no runs.
pub fn runs(root: &Path) -> Result<Vec<StoredRun>, RecordError> {
    Ok(read_all(&directories(root)?, Depth::All))
}

/// The fewest digits that are taken for the beginning of an id: `a`, `b` and `1d` are variants.
const FEWEST_DIGITS: usize = 4;

/// The runs that `selector` means: `latest`, the path of a run or of a folder of runs, an experiment, a run by its folder or
/// without the id at its end, a variant (all of these with `EXPERIMENT/` before them or not), or four or more of the first digits
/// of a run id. The first of these that there is. All their files are held against their seals.
///
/// # Errors
/// [`RecordError::NoRun`] if it means none, with what might have been meant.
pub fn find(root: &Path, selector: &str) -> Result<Vec<StoredRun>, RecordError> {
    let path = Path::new(selector);
    if let Some(run) = StoredRun::read(path, Depth::All) {
        return Ok(vec![run]);
    }
    let all = directories(root)?;
    if selector == "latest" {
        let latest =
            read_all(&all, Depth::Figures).into_iter().max_by_key(|r| (r.last_active_unix(), Reverse(r.name.clone())));
        let dir = latest.map(|r| r.dir).ok_or_else(|| no_run(root, selector, &all))?;
        return Ok(read_all(&[dir], Depth::All));
    }
    let in_folder = |dir: &Path| dir.parent().and_then(Path::file_name).is_some_and(|e| e == selector);
    let by_folder = |dir: &Path| dir.ends_with(path);
    let named = |dir: &Path, name: fn(&RunName) -> String| {
        let is_so = |run: &RunName| {
            let name = name(run);
            let below = selector.strip_prefix(run.experiment.as_str()).and_then(|rest| rest.strip_prefix('/'));
            name == selector || below == Some(name.as_str())
        };
        RunName::from_directory(dir).is_some_and(|run| is_so(&run))
    };
    let by_label = |dir: &Path| named(dir, RunName::label);
    let by_variant = |dir: &Path| named(dir, |run| run.variant.clone());
    let digits = selector.len() >= FEWEST_DIGITS && selector.bytes().all(|b| b.is_ascii_hexdigit());
    let digits = digits.then(|| selector.to_lowercase());
    let by_id = |dir: &Path| match (&digits, RunName::from_directory(dir)) {
        (Some(digits), Some(run)) => run.id.as_str().starts_with(&digits[..digits.len().min(8)]),
        _ => false,
    };
    let tests: [&dyn Fn(&Path) -> bool; 5] = [&in_folder, &by_folder, &by_label, &by_variant, &by_id];
    for (i, test) in tests.iter().enumerate() {
        let found: Vec<PathBuf> = all.iter().filter(|dir| test(dir)).cloned().collect();
        let mut found = read_all(&found, Depth::All);
        if i == tests.len() - 1 {
            let of_whole_id = |id: &str| digits.as_ref().is_some_and(|digits| id.starts_with(digits)) || id.len() == 8;
            found.retain(|r| of_whole_id(r.name.id.as_str()));
        }
        if !found.is_empty() {
            return Ok(found);
        }
    }
    if path.is_dir() {
        // A folder of experiments, or one experiment, anywhere on disk.
        let mut below = directories(path)?;
        below.extend(folders(path)?);
        let found = read_all(&below, Depth::All);
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Err(no_run(root, selector, &all))
}

/// The one run that `selector` means; see [`find`].
///
/// # Errors
/// As [`find`], and [`RecordError::Several`] if it means more than one.
pub fn find_one(root: &Path, selector: &str) -> Result<StoredRun, RecordError> {
    let mut found = find(root, selector)?;
    match found.len() {
        1 => Ok(found.remove(0)),
        _ => {
            let names = found.iter().map(|r| r.name.to_string()).collect();
            Err(RecordError::Several { selector: selector.to_owned(), names })
        }
    }
}

fn read_all(directories: &[PathBuf], depth: Depth) -> Vec<StoredRun> {
    let mut runs: Vec<StoredRun> = directories.par_iter().filter_map(|d| StoredRun::read(d, depth)).collect();
    runs.sort_by(|a, b| (&a.name, &a.dir).cmp(&(&b.name, &b.dir)));
    runs
}

/// The folders two levels below `root`, sorted; links are not followed.
fn directories(root: &Path) -> Result<Vec<PathBuf>, RecordError> {
    let mut found = Vec::new();
    for experiment in folders(root)? {
        found.extend(folders(&experiment)?);
    }
    Ok(found)
}

fn folders(path: &Path) -> Result<Vec<PathBuf>, RecordError> {
    let entries = match fs::read_dir(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(RecordError::io("read", path))?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(RecordError::io("read", path))?;
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        if !hidden && entry.file_type().is_ok_and(|t| t.is_dir()) {
            found.push(entry.path());
        }
    }
    found.sort_unstable();
    Ok(found)
}

fn no_run(root: &Path, selector: &str, all: &[PathBuf]) -> RecordError {
    let mut names: Vec<String> =
        all.iter().filter_map(|d| Some(d.parent()?.file_name()?.to_string_lossy().into_owned())).collect();
    names.dedup();
    let near = names.iter().map(|n| (strsim::jaro_winkler(selector, n), n)).filter(|(s, _)| *s > 0.8);
    let nearest = near.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, n)| n);
    let suggestion = match nearest {
        Some(name) => format!("; did you mean `{name}`?"),
        None if names.is_empty() => "; there are no runs yet".to_owned(),
        None => {
            "; name `latest`, an experiment, a variant, a run, the first digits of a run id (four or more), or a path"
                .to_owned()
        }
    };
    RecordError::NoRun { root: root.to_path_buf(), selector: selector.to_owned(), suggestion }
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
