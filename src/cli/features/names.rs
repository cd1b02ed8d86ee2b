//! What the files of `features` are called: one for every clip and feature, all known before the first is written.

use crate::audio::AudioSettings;
use crate::data::Recordings;
use crate::features::Feature;
use crate::kind::Kinds;
use crate::spec::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

/// A feature that is computed of every file.
#[derive(Debug)]
pub(super) struct Wanted<'a> {
    /// The feature.
    pub feature: &'a Feature,
    /// How the samples are prepared for it.
    pub audio: &'a AudioSettings,
    /// Where the arrays of an external feature are found: the clips, and its number among those of its variant.
    pub arrays: Option<(&'a Recordings, usize)>,
    /// What a file's name ends with: `log-mel`, `log-mel-2`, `2d.log-mel`.
    name: String,
}

impl Wanted<'_> {
    /// The name of what is written for the clip called `stem`, without its extension.
    pub(super) fn file(&self, stem: &str) -> String {
        format!("{stem}.{}", self.name)
    }
}

/// The features of all variants. One that an earlier variant has already, of the same samples, is not computed twice.
pub(super) fn wanted<'a>(cells: &[(&'a Cell, Option<&'a Recordings>)]) -> Vec<Wanted<'a>> {
    let mut all: Vec<Wanted<'a>> = Vec::new();
    for (cell, recordings) in cells {
        let (features, audio) = (&cell.setup.features, &cell.setup.audio);
        let known = all.len();
        for (i, feature) in features.iter().enumerate() {
            let (earlier, own) = all.split_at(known);
            if earlier.iter().any(|w| w.feature == feature && w.audio == audio) {
                continue;
            }
            let plain = numbered(features, i);
            let is_taken = earlier.iter().any(|w| w.name == plain);
            debug_assert!(own.iter().all(|w| w.name != plain), "features of one kind are numbered");
            let name = if is_taken { format!("{}.{plain}", cell.name) } else { plain };
            let number = features[..i].iter().filter(|feature| feature.is_external()).count();
            let arrays = recordings.filter(|_| feature.is_external()).map(|recordings| (recordings, number));
            all.push(Wanted { feature, audio, arrays, name });
        }
    }
    all
}

/// The kind of feature `i`, with its position among those of its kind where there are several: `log-mel-2`.
fn numbered(features: &[Feature], i: usize) -> String {
    let kind = features[i].name();
    let of_kind = |features: &[Feature]| features.iter().filter(|f| f.name() == kind).count();
    if of_kind(features) == 1 { kind.to_owned() } else { format!("{kind}-{}", of_kind(&features[..=i])) }
}

/// What each file is called: its name without extension, or as much of its path as tells it from the others.
///
/// # Errors
/// A file that is given twice.
pub(super) fn stems(paths: &[PathBuf]) -> Result<Vec<String>, String> {
    let mut seen = BTreeSet::new();
    let plain = |path: &PathBuf| path.components().filter(|c| *c != Component::CurDir).collect::<PathBuf>();
    if let Some(path) = paths.iter().find(|path| !seen.insert(plain(path))) {
        return Err(format!("{} is given twice; name each file once", path.display()));
    }
    let parts: Vec<Vec<String>> = paths.iter().map(|path| parts(path)).collect();
    let longest = parts.iter().map(Vec::len).max().unwrap_or(0);
    let mut names: Vec<String> = parts.iter().map(|parts| last(parts, 1)).collect();
    for count in 2..=longest {
        let shared = shared(&names);
        for ((name, parts), _) in names.iter_mut().zip(&parts).zip(&shared).filter(|(_, is_shared)| **is_shared) {
            *name = last(parts, count);
        }
    }
    Ok(names)
}

/// A path as its folders, the file's name without extension, and the extension in front of these: it tells files apart only
/// where nothing else does.
fn parts(path: &Path) -> Vec<String> {
    let text = |part: &std::ffi::OsStr| part.to_string_lossy().into_owned();
    let folders = path.parent().into_iter().flat_map(Path::components);
    let folders = folders.filter_map(|component| match component {
        Component::Normal(part) => Some(text(part)),
        Component::ParentDir => Some("up".to_owned()),
        Component::RootDir => Some("root".to_owned()),
        Component::CurDir | Component::Prefix(_) => None,
    });
    let extension = path.extension().map(text);
    extension.into_iter().chain(folders).chain(path.file_stem().map(text)).collect()
}

/// The last `count` parts as one name.
fn last(parts: &[String], count: usize) -> String {
    parts[parts.len().saturating_sub(count)..].join("-")
}

/// Which names others have, too; names that differ only in case are the same file on some systems.
fn shared(names: &[String]) -> Vec<bool> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    names.iter().for_each(|name| *counts.entry(name.to_lowercase()).or_default() += 1);
    names.iter().map(|name| counts[&name.to_lowercase()] > 1).collect()
}

/// That no two outputs share a name.
///
/// # Errors
/// The first two that do.
pub(super) fn unique(stems: &[String], wanted: &[Wanted<'_>]) -> Result<(), String> {
    let files: Vec<String> = stems.iter().flat_map(|stem| wanted.iter().map(|w| w.file(stem))).collect();
    match files.iter().zip(shared(&files)).find(|(_, is_shared)| *is_shared) {
        Some((file, _)) => Err(format!(
            "two results would both be called {file}; give these files to commands of their own, each with another folder"
        )),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(paths: &[&str]) -> Result<Vec<String>, String> {
        stems(&paths.iter().map(PathBuf::from).collect::<Vec<_>>())
    }

    #[test]
    fn every_clip_has_a_name_of_its_own_and_no_longer_than_needed() {
        assert_eq!(named(&["a/x.wav", "b/y.wav"]).unwrap(), ["x", "y"]);
        assert_eq!(named(&["DC/a01.wav", "JE/a01.wav", "JE/a02.wav"]).unwrap(), ["DC-a01", "JE-a01", "a02"]);
        assert_eq!(named(&["a01.wav", "JE/a01.wav"]).unwrap(), ["wav-a01", "JE-a01"]);
        assert_eq!(named(&["d/a01.wav", "d/a01.flac"]).unwrap(), ["wav-d-a01", "flac-d-a01"]);
        assert_eq!(named(&["../d/a.wav", "d/a.wav", "/d/a.wav"]).unwrap(), ["up-d-a", "wav-d-a", "root-d-a"]);
        assert_eq!(named(&["1/d/A01.wav", "2/d/a01.wav"]).unwrap(), ["1-d-A01", "2-d-a01"]);
        assert_eq!(named(&["d/a.wav", "./d/a.wav"]).unwrap_err(), "./d/a.wav is given twice; name each file once");
    }

    #[test]
    fn features_of_one_kind_are_numbered() {
        let features: Vec<Feature> = ["log-mel", "zcr", "log-mel"].map(|k| Feature::of_name(k).unwrap()).to_vec();
        assert_eq!([0, 1, 2].map(|i| numbered(&features, i)), ["log-mel-1", "zcr", "log-mel-2"]);
    }

    #[test]
    fn two_results_of_one_name_are_refused() {
        let feature = Feature::of_name("zcr").unwrap();
        let audio = AudioSettings::default();
        let want = |name: &str| Wanted { feature: &feature, audio: &audio, arrays: None, name: name.to_owned() };
        let wanted = [want("zcr"), want("2d.zcr")];
        assert!(unique(&["x".to_owned(), "y".to_owned()], &wanted).is_ok());
        let error = unique(&["x".to_owned(), "x.2d".to_owned()], &wanted).unwrap_err();
        assert!(error.starts_with("two results would both be called x.2d.zcr;"), "{error}");
    }
}
