//! `seal.json`: the hashes of all result files. A directory without it is not a result.
//!
//! The files that say how a result was asked for are no part of it, or the same answer would have another seal wherever a
//! comment or a path differs; their hashes are in `status.json`.

use super::layout::{FileName, PLOTS, RunId};
use super::{RecordError, Status, run_dir};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

/// Version of the format of `seal.json`.
pub const SEAL_VERSION: u32 = 1;

/// What `seal.json` holds. Two runs of the same question have the same bytes here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seal {
    /// [`SEAL_VERSION`].
    pub version: u32,
    /// The run id, whole.
    pub run: String,
    /// SHA-256 of each result file in hexadecimal, by its path inside the run.
    pub files: BTreeMap<String, String>,
}

/// One file that is not what was sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tampering {
    /// Its path inside the run.
    pub file: String,
    /// In what way it differs.
    pub why: String,
}

/// What a look at a run's seal says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// All files looked at are what was sealed.
    Sealed,
    /// These are not.
    Tampered(Vec<Tampering>),
    /// There is no seal.
    Unsealed,
}

/// Which files to hold against the seal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// All of them.
    All,
    /// The small ones that lists and tables are made of (`config.toml`, `evaluation.json`), so that a thousand runs are
    /// listed at once. For the others only that they exist.
    Figures,
}

impl Seal {
    /// The seal of the files as they are now.
    pub fn of(directory: &Path, run: &RunId) -> Result<Self, RecordError> {
        let mut files = BTreeMap::new();
        for file in result_files(directory)? {
            let path = directory.join(&file);
            files.insert(file, sha256_file(&path).map_err(RecordError::io("read", &path))?);
        }
        let missing = FileName::ALL.iter().find(|f| f.is_result() && f.is_needed() && !files.contains_key(f.path()));
        if let Some(file) = missing {
            return Err(RecordError::Incomplete { path: directory.to_path_buf(), file: file.path() });
        }
        Ok(Self { version: SEAL_VERSION, run: run.to_string(), files })
    }

    /// Reads the seal of a run, `None` if it has none.
    ///
    /// # Errors
    /// [`RecordError::Damaged`] if it is not a seal of this version.
    pub fn read(directory: &Path) -> Result<Option<Self>, RecordError> {
        let path = directory.join(FileName::Seal.path());
        let Some(bytes) = run_dir::read(&path)? else { return Ok(None) };
        let seal: Self = serde_json::from_slice(&bytes).map_err(|e| RecordError::damaged(&path, e.to_string()))?;
        if seal.version != SEAL_VERSION {
            let why = format!("its format is version {}; this serlab reads version {SEAL_VERSION}", seal.version);
            return Err(RecordError::damaged(&path, why));
        }
        Ok(Some(seal))
    }
}

/// Holds the files of a run against its seal.
///
/// # Errors
/// The path and the file system's reason if a file cannot be read. Damage to the seal itself is tampering.
pub fn verify_seal(directory: &Path, depth: Depth) -> Result<Verdict, RecordError> {
    let seal = match Seal::read(directory) {
        Ok(Some(seal)) => seal,
        Ok(None) => return Ok(Verdict::Unsealed),
        Err(RecordError::Damaged { why, .. }) => {
            return Ok(Verdict::Tampered(vec![Tampering { file: FileName::Seal.path().to_owned(), why }]));
        }
        Err(e) => return Err(e),
    };
    let mut found = Vec::new();
    let mut add = |file: &str, why: &str| found.push(Tampering { file: file.to_owned(), why: why.to_owned() });
    let origins = sealed_origins(directory)?.unwrap_or_else(|why| {
        add(FileName::Status.path(), &why);
        BTreeMap::new()
    });
    for (file, hash) in seal.files.iter().chain(&origins) {
        if !is_result_path(file) && !is_origin_path(file) {
            add(file, "the seal names a file that is no result");
            continue;
        }
        let path = directory.join(file);
        match path.symlink_metadata() {
            Err(_) => add(file, "it is missing"),
            Ok(meta) if !meta.is_file() => add(file, "it is not a file any more"),
            Ok(_) if depth == Depth::Figures && !is_figures(file) => (),
            Ok(_) => {
                if sha256_file(&path).map_err(RecordError::io("read", &path))? != *hash {
                    add(file, "its contents have changed");
                }
            }
        }
    }
    for file in result_files(directory)? {
        if !seal.files.contains_key(&file) {
            add(&file, "it was added after sealing");
        }
    }
    let name = super::RunName::from_directory(directory);
    if name.is_some_and(|n| !seal.run.starts_with(n.id.short())) {
        add(FileName::Seal.path(), "it belongs to another run");
    }
    found.sort_by(|a, b| a.file.cmp(&b.file));
    Ok(if found.is_empty() { Verdict::Sealed } else { Verdict::Tampered(found) })
}

fn is_figures(file: &str) -> bool {
    file == FileName::Config.path() || file == FileName::Evaluation.path()
}

fn is_origin_path(file: &str) -> bool {
    FileName::ALL.iter().any(|f| f.is_origin() && f.path() == file)
}

/// What `status.json` of a sealed run says of the files that say how it was asked for; in the inner error, why that cannot be
/// known.
fn sealed_origins(directory: &Path) -> Result<Result<BTreeMap<String, String>, String>, RecordError> {
    let Some(bytes) = run_dir::read(&directory.join(FileName::Status.path()))? else {
        return Ok(Err("it is missing".to_owned()));
    };
    let files = match serde_json::from_slice::<Status>(&bytes) {
        Ok(status) => status.files,
        Err(e) => return Ok(Err(e.to_string())),
    };
    let lacks = |f: &&FileName| f.is_origin() && f.is_needed() && !files.contains_key(f.path());
    Ok(match FileName::ALL.iter().find(lacks) {
        Some(file) => Err(format!("it lacks the hash of {file}")),
        None => Ok(files),
    })
}

/// The hashes of the files that say how the run in `directory` was asked for.
///
/// # Errors
/// The path and the file system's reason; [`RecordError::Incomplete`] where one is missing that cannot be.
pub(super) fn origins(directory: &Path) -> Result<BTreeMap<String, String>, RecordError> {
    let mut files = BTreeMap::new();
    for file in FileName::ALL.iter().filter(|f| f.is_origin()) {
        let path = directory.join(file.path());
        match sha256_file(&path) {
            Ok(hash) => _ = files.insert(file.path().to_owned(), hash),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound && !file.is_needed() => {}
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                return Err(RecordError::Incomplete { path: directory.to_path_buf(), file: file.path() });
            }
            Err(e) => return Err(RecordError::io("read", &path)(e)),
        }
    }
    Ok(files)
}

/// A path that may stand in a seal: one of the result files, or a file directly in the folder of plots.
fn is_result_path(file: &str) -> bool {
    let plot = file.strip_prefix(PLOTS).and_then(|f| f.strip_prefix('/'));
    FileName::ALL.iter().any(|f| f.is_result() && f.path() == file)
        || plot.is_some_and(|p| !p.is_empty() && !p.starts_with('.') && !p.contains(['/', '\\']))
}

/// The result files that lie in a directory, sorted.
fn result_files(directory: &Path) -> Result<Vec<String>, RecordError> {
    let mut files: Vec<String> = FileName::ALL
        .iter()
        .filter(|f| f.is_result() && !matches!(f, FileName::Plot(..)))
        .filter(|f| directory.join(f.path()).symlink_metadata().is_ok())
        .map(|f| f.path().to_owned())
        .collect();
    let plots = directory.join(PLOTS);
    if plots.symlink_metadata().is_ok_and(|m| m.is_dir()) {
        for entry in fs::read_dir(&plots).map_err(RecordError::io("read", &plots))? {
            let name = entry.map_err(RecordError::io("read", &plots))?.file_name();
            let path = format!("{PLOTS}/{}", name.to_string_lossy());
            // Hidden files (of file managers, network disks) are nobody's result.
            if is_result_path(&path) {
                files.push(path);
            }
        }
    }
    files.sort_unstable();
    Ok(files)
}

/// SHA-256 of bytes in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// SHA-256 of a file in hexadecimal, read piece by piece.
fn sha256_file(path: &Path) -> std::io::Result<String> {
    const PIECE: u64 = 1 << 18;
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    // No larger than the file: most of a run's files are small, and a list holds thousands of runs against their seals.
    let mut piece = vec![0; (file.metadata()?.len() + 1).min(PIECE) as usize];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(hex(&hasher.finalize())),
            n => hasher.update(&piece[..n]),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
#[path = "seal_tests.rs"]
mod tests;
