//! The search for audio files in a folder, and what their names say.

use super::{Clip, CorpusError, Files, Found, Source};
use crate::audio::EXTENSIONS;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What a file's name says of its clip.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Named {
    /// One of [`LABELS`](super::LABELS).
    pub label: &'static str,
    /// Who speaks.
    pub speaker: String,
    /// Everything else.
    pub columns: BTreeMap<String, String>,
}

/// Why a file is no clip.
#[derive(Debug, Clone, PartialEq)]
pub enum Unfit {
    /// Its name does not follow the convention; the reason.
    Misnamed(String),
    /// It belongs to the corpus but is no emotional speech; the reason.
    Other(String),
}

/// Columns from pairs of name and value.
pub(super) fn columns<const N: usize>(pairs: [(&str, &str); N]) -> BTreeMap<String, String> {
    pairs.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect()
}

/// The word that a convention's code stands for.
pub(super) fn word<'a>(codes: &[(&str, &'a str)], code: &str, what: &str) -> Result<&'a str, Unfit> {
    codes.iter().find(|(c, _)| *c == code).map(|(_, word)| *word).ok_or_else(|| {
        let known: Vec<&str> = codes.iter().map(|(c, _)| *c).collect();
        Unfit::Misnamed(format!("unknown {what} `{code}`, known are {}", known.join(", ")))
    })
}

/// A setting's folder, which must be one.
pub(super) fn folder(corpus: &'static str, root: &str) -> Result<PathBuf, CorpusError> {
    if root.is_empty() {
        return Err(CorpusError::Unnamed { corpus, key: "root", what: "folder that holds the corpus" });
    }
    let root = PathBuf::from(root);
    if root.is_dir() { Ok(root) } else { Err(CorpusError::NoFolder { corpus, root }) }
}

/// All clips below `root`, of such `files`. `parse` reads a file's path relative to it, with `/` between the parts and without extension;
/// `example` is a name that follows the convention, for the message when no file does.
pub(super) fn scan(
    corpus: &'static str,
    files: Files,
    root: &Path,
    example: &str,
    parse: impl Fn(&str) -> Result<Named, Unfit>,
) -> Result<Found, CorpusError> {
    let mut found = Found::default();
    let mut named_files = Vec::new();
    let mut paths = files_below(root, &[&EXTENSIONS, &UNREAD])?;
    let is_read = |path: &PathBuf| has_extension(path, &EXTENSIONS) || has_extension(path, &ARRAYS);
    if files == Files::Any && !paths.iter().any(is_read) {
        paths.extend(files_below(root, &[&ARRAYS])?);
    }
    for path in paths {
        let relative = path.strip_prefix(root).unwrap_or(&path);
        let parts: Vec<_> = relative.iter().map(|part| part.to_string_lossy()).collect();
        let id = parts.join("/");
        if relative.to_str().is_none() {
            found.misnamed.push(format!("{id}: its name is not UTF-8"));
            continue;
        }
        if !is_read(&path) {
            let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
            found.ignored.push((id, format!("a .{ending} file; WAV, FLAC, MP3 and OGG Vorbis are read")));
            continue;
        }
        let stem = id.rsplit_once('.').map_or(id.as_str(), |(stem, _)| stem);
        match parse(stem) {
            Ok(named) => named_files.push((id, path, named)),
            Err(Unfit::Misnamed(why)) => found.misnamed.push(format!("{id}: {why}")),
            Err(Unfit::Other(why)) => found.ignored.push((id, why)),
        }
    }
    (found.clips, found.again) = once(named_files);
    if found.clips.is_empty() {
        let others = found.misnamed.len() + found.ignored.len();
        let hint = format!("expected names as {example}, found {others} other audio files");
        return Err(CorpusError::NoClips { corpus, root: root.to_owned(), hint, others });
    }
    // By id, not by path: `a-b.wav` and `a/b.wav` sort differently.
    found.clips.sort_by(|a, b| a.id.cmp(&b.id));
    found.misnamed.sort();
    found.again.sort();
    found.ignored.sort();
    Ok(found)
}

/// A clip a name: the clips, and the files that say again what another one says. In all these corpora a name says of a clip
/// all there is to say, so that two files of the same one are the same recording, however they were stored. The first stays:
/// an uncompressed file before others, then the one in fewer folders, then by id.
fn once(mut files: Vec<(String, PathBuf, Named)>) -> (Vec<Clip>, Vec<String>) {
    let compressed = |path: &Path| !has_extension(path, &["wav"]) && !has_extension(path, &["flac"]);
    files.sort_by_cached_key(|(id, path, _)| (compressed(path), id.matches('/').count(), id.clone()));
    let (mut clips, mut again, mut first) = (Vec::new(), Vec::new(), BTreeMap::new());
    for (id, path, named) in files {
        if let Some(other) = first.get(&named) {
            again.push(format!("{id}: the same clip as {other}"));
            continue;
        }
        first.insert(named.clone(), id.clone());
        let Named { label, speaker, columns } = named;
        clips.push(Clip { id, source: Source::File(path), label: label.to_owned(), speaker, columns });
    }
    (clips, again)
}

/// Those of the published names that no clip has; `name` says what a clip was published as.
pub(super) fn absent(
    found: &Found,
    name: impl Fn(&Clip) -> String,
    published: impl IntoIterator<Item = String>,
) -> Vec<String> {
    let there: BTreeSet<String> = found.clips.iter().map(name).collect();
    published.into_iter().filter(|name| !there.contains(name)).collect()
}

/// How many of so many published things are not there; none where it is none.
pub(super) fn how_many_absent(there: usize, published: usize) -> Option<usize> {
    published.checked_sub(there).filter(|absent| *absent > 0)
}

/// The code that a convention writes for a word.
pub(super) fn code<'a>(codes: &[(&'a str, &str)], word: &str) -> &'a str {
    codes.iter().find(|(_, known)| *known == word).map_or("", |(code, _)| code)
}

/// Files below `root`, sorted, by extension. Hidden files and the shadow files of macOS archives are passed over;
/// symbolic links are followed, but no folder is entered twice.
fn files_below(root: &Path, extensions: &[&[&str]]) -> Result<Vec<PathBuf>, CorpusError> {
    let unreadable = |path: &Path, source| CorpusError::Read { path: path.to_owned(), source };
    let (mut files, mut folders, mut seen) = (Vec::new(), vec![root.to_owned()], BTreeSet::new());
    while let Some(folder) = folders.pop() {
        if !seen.insert(folder.canonicalize().map_err(|e| unreadable(&folder, e))?) {
            continue;
        }
        let mut entries = Vec::new();
        for entry in std::fs::read_dir(&folder).map_err(|e| unreadable(&folder, e))? {
            entries.push(entry.map_err(|e| unreadable(&folder, e))?.path());
        }
        entries.sort();
        for path in entries {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with('.') || name == "__MACOSX" {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if extensions.iter().any(|known| has_extension(&path, known)) {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Extensions of arrays.
const ARRAYS: [&str; 1] = ["npy"];

/// Extensions of audio that is not read; of videos the sound is no clip.
const UNREAD: [&str; 14] =
    ["m4a", "aac", "mp4", "wma", "aif", "aiff", "opus", "amr", "au", "caf", "webm", "ape", "wv", "sph"];

fn has_extension(path: &Path, known: &[&str]) -> bool {
    path.extension().is_some_and(|e| known.iter().any(|known| e.eq_ignore_ascii_case(known)))
}
