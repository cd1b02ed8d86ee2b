//! Which corpus lies at a path.

use super::{Corpus, CorpusError, Files, Found};
use crate::kind::Kinds;
use std::path::Path;

/// Where a folder's own list of clips is looked for.
const LIST: &str = "manifest.csv";

/// The corpus at `path`, and its clips: a manifest where it is a file or a folder with a `manifest.csv`, else the kind by whose
/// convention most of the folder's audio files are named. No audio is read.
///
/// # Errors
/// Where nothing is there, no file is named by any convention, or the list or the folder cannot be read.
pub fn recognise(path: &Path) -> Result<(Corpus, Found), CorpusError> {
    let list = if path.is_dir() { path.join(LIST) } else { path.to_owned() };
    if list.is_file() {
        let corpus = corpus("manifest", "path", &list);
        return corpus.kind().find(Files::Audio).map(|found| (corpus, found));
    }
    let (mut best, mut failed): (Option<(Corpus, Found)>, Option<CorpusError>) = (None, None);
    for name in of_files() {
        let corpus = corpus(name, "root", path);
        match corpus.kind().find(Files::Audio) {
            Ok(found) if found.clips.len() > best.as_ref().map_or(0, |(_, known)| known.clips.len()) => {
                best = Some((corpus, found));
            }
            Ok(_) | Err(CorpusError::NoClips { .. }) => {}
            Err(e) => failed = Some(e),
        }
    }
    let unknown = || CorpusError::Unrecognised { path: path.to_owned(), examples: examples(path) };
    best.ok_or_else(|| failed.filter(|_| path.exists()).unwrap_or_else(unknown))
}

/// A corpus of a kind, whose `key` is this path.
fn corpus(kind: &str, key: &str, path: &Path) -> Corpus {
    let table = toml::Table::from_iter([(key.to_owned(), path.display().to_string().into())]);
    let named = toml::Table::from_iter([(kind.to_owned(), table.into())]);
    named.try_into().expect("a corpus of files has its place and defaults")
}

/// The kinds whose files are named by a convention.
fn of_files() -> impl Iterator<Item = &'static &'static str> {
    Corpus::NAMES.iter().filter(|name| !["manifest", "synth"].contains(name))
}

/// How files of these kinds are named.
fn examples(path: &Path) -> String {
    let example = |name: &&str| format!("{} ({name})", corpus(name, "root", path).kind().example());
    of_files().map(example).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        folder
    }

    #[test]
    fn the_kind_by_which_most_files_are_named_is_taken() {
        let names =
            ["Actor_01/03-01-01-01-01-01-01.wav", "03-01-06-01-02-01-12.wav", "1001_DFA_ANG_XX.wav", "notes.wav"];
        let (corpus, found) = recognise(folder(&names).path()).unwrap();
        assert_eq!((corpus.name(), found.clips.len()), ("ravdess", 2));
        let (corpus, _) = recognise(folder(&names[2..]).path()).unwrap();
        assert_eq!(corpus.name(), "crema-d");
    }

    #[test]
    fn a_list_is_a_manifest_beside_its_clips_or_named_itself() {
        let folder = folder(&["a.wav", "03-01-01-01-01-01-01.wav"]);
        let list = folder.path().join(LIST);
        fs::write(&list, "file,label,speaker\na.wav,happy,x\n").unwrap();
        for path in [folder.path(), &list] {
            let (corpus, found) = recognise(path).unwrap();
            assert_eq!((corpus.name(), found.clips.len()), ("manifest", 1));
        }
    }

    #[test]
    fn what_no_corpus_is_called_like_is_told_with_what_would_be() {
        let said = |path: &Path| recognise(path).unwrap_err().to_string();
        let other = folder(&["one.wav"]);
        let text = said(other.path());
        assert!(text.contains("no corpus is recognised") && text.contains("03-01-06-01-02-01-12"), "{text}");
        assert!(text.contains("list them in a CSV file"), "{text}");
        let gone = other.path().join("gone");
        assert!(said(&gone).contains("there is nothing"), "{}", said(&gone));
    }
}
