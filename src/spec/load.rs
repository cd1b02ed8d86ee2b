//! From files, environment and options to one merged spec.

use super::document::Document;
use super::error::{MOST_MISTAKES, Place, SpecError, SpecErrors, article};
use super::layers::{Layer, Merged, Origin};
use super::outline::{GRID, Outline, PUBLISHED};
use super::path::{self, DEEPEST, KeyPath, Segment};
use super::read::{Mistake, read};
use super::tree::{self, EXTENDS};
use crate::evaluate::Claim;
use crate::kind::Settings;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use toml::{Table, Value};

/// No spec is larger, in bytes: what is, is another file, or one without an end.
const LARGEST: u64 = 16 << 20;

/// A spec as loaded: what was written, merged, and which runs it outlines.
#[derive(Debug, Clone)]
pub struct Spec {
    /// The file.
    pub path: PathBuf,
    /// Its text as written.
    pub text: String,
    /// Which runs there are.
    pub outline: Outline,
    pub(super) whole: Arc<Merged>,
    /// Environment first, then `--set`: laid over every variant.
    pub(super) overrides: Vec<Override>,
}

/// One key given outside the spec's files.
#[derive(Debug, Clone)]
pub(super) struct Override {
    pub(super) key: KeyPath,
    pub(super) value: Value,
    pub(super) name: String,
    pub(super) from_environment: bool,
}

impl Spec {
    /// Loads a spec with what it extends.
    ///
    /// `environment` holds variables without their `SERLAB_` prefix (`TRAIN__EPOCHS`, two underscores a level), `sets`
    /// the texts of `--set` (`train.epochs=3`). The mistakes of files and outline are returned all together; those of
    /// the settings come from [`Spec::cells`].
    pub fn load(path: &Path, environment: &[(String, String)], sets: &[String]) -> Result<Self, SpecErrors> {
        let (spec, mut errors) = Self::read(path, environment, sets);
        match spec {
            Some(spec) if errors.is_empty() => Ok(spec),
            spec => {
                // The settings may have mistakes of their own: one pass names them all.
                errors.extend(spec.iter().filter_map(|spec| spec.cells().err()).flat_map(|e| e.errors().to_vec()));
                Err(SpecErrors::new(errors))
            }
        }
    }

    /// The spec, also with mistakes in its outline: for looking on, never for running. None where it cannot be read so far.
    pub fn with_mistakes(path: &Path, environment: &[(String, String)], sets: &[String]) -> Option<Self> {
        let mut spec = Self::read(path, environment, sets).0?;
        spec.outline.forget_repeated();
        Some(spec)
    }

    /// The spec, where it can be read, and what is wrong with files, options and outline.
    fn read(path: &Path, environment: &[(String, String)], sets: &[String]) -> (Option<Self>, Vec<SpecError>) {
        let mut files = Files::default();
        files.read(path);
        let is_partial = files.is_partial();
        let Files { documents: files, mut errors, .. } = files;
        if !errors.is_empty() && !is_partial {
            return (None, errors);
        }
        let text = files.last().map(|d| d.text.clone()).unwrap_or_default();
        let mut layers = Vec::new();
        for document in files {
            let mut table = document.table.clone();
            table.remove(EXTENDS);
            layers.push(Layer { table: table.into(), origin: Origin::File(document) });
        }
        let mut overrides = Vec::new();
        for found in environment.iter().map(|(k, v)| from_environment(k, v)).chain(sets.iter().map(|s| from_set(s))) {
            match found {
                Ok(found) => overrides.push(found),
                Err(error) => errors.push(error),
            }
        }
        let about_runs = |o: &Override| o.key.first_key().is_some_and(tree::is_of_outline);
        let (outline_overrides, overrides): (Vec<_>, Vec<_>) = overrides.into_iter().partition(about_runs);
        let mut whole = Merged::new(layers.clone());
        for mut o in outline_overrides {
            if let Err(message) = o.name_a_variant(&whole.table) {
                errors.push(SpecError::new(Place::whole(o.name), o.key.to_string(), message));
                continue;
            }
            match o.layer_over(&whole.table) {
                Some(layer) => {
                    layers.push(layer);
                    whole = Merged::new(layers.clone());
                }
                None => {
                    let message = "names an entry of a list that is not there";
                    errors.push(SpecError::new(Place::whole(o.name), o.key.to_string(), message));
                }
            }
        }
        let whole = Arc::new(whole);
        let mut own: Table = (*whole.table).clone();
        own.retain(|key, _| tree::is_of_outline(key));
        let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        own.entry("name").or_insert(Value::String(stem));
        let lacking = stand_in_claims(&mut own);
        let (outline, mut mistakes) = read::<Outline>(own, &Table::new());
        // What stands in is no mistake of its own.
        let is_written = |m: &Mistake| !lacking.iter().any(|(key, _)| m.path == *key);
        mistakes.extend(outline.iter().flat_map(Outline::mistakes).filter(is_written));
        mistakes.extend(lacking.into_iter().map(|(_, mistake)| mistake));
        for key in whole.table.keys().filter(|key| tree::root().entry(key).is_none()).take(MOST_MISTAKES) {
            errors.push(unknown_key(&whole, key));
        }
        let file = path.display().to_string();
        let place = |p: &KeyPath| whole.place(p).unwrap_or_else(|| Place::whole(file.clone()));
        errors.extend(mistakes.into_iter().map(|m| SpecError::new(place(&m.path), m.path.to_string(), m.message)));
        let spec = outline.map(|outline| Self { path: path.to_owned(), text, outline, whole, overrides });
        if !is_partial {
            return (spec, errors);
        }
        // Of a spec that lacks a file, no more can be told than what is wrong whatever stands in that file.
        errors.extend(spec.iter().filter_map(|spec| spec.cells().err()).flat_map(|e| e.errors().to_vec()));
        let stays =
            |e: &SpecError| e.key == EXTENDS || e.message.starts_with("unknown ") || e.message.starts_with("invalid ");
        (None, errors.into_iter().filter(stays).collect())
    }
}

/// Lets the reader go on where a published claim lacks a key that it must have. The places that are filled, each with the mistake.
fn stand_in_claims(outline: &mut Table) -> Vec<(KeyPath, Mistake)> {
    let mut lacking = Vec::new();
    let Some(Value::Array(claims)) = outline.get_mut(PUBLISHED) else { return lacking };
    let required: Vec<_> = Claim::entries().into_iter().filter(|entry| entry.required).collect();
    for (i, claim) in claims.iter_mut().enumerate() {
        let Value::Table(claim) = claim else { continue };
        for entry in &required {
            if let (false, Some(stand_in)) = (claim.contains_key(entry.name), entry.default()) {
                claim.insert(entry.name.to_owned(), stand_in);
                let path = KeyPath::default().key(PUBLISHED).index(i);
                let mistake = Mistake { path: path.clone(), message: format!("`{}` must be given", entry.name) };
                lacking.push((path.key(entry.name), mistake));
            }
        }
    }
    lacking
}

fn unknown_key(whole: &Merged, key: &str) -> SpecError {
    let path = KeyPath::default().key(key);
    let allowed = tree::root().names();
    let meant = super::error::nearest(key, allowed.iter().copied());
    let meant = meant.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
    let place = whole.place(&path).unwrap_or_else(|| Place::whole("spec"));
    let message = format!("unknown key; allowed: {}{meant}", allowed.join(", "));
    SpecError::new(place, key, tree::with_hint(&path, &message))
}

/// The files of a spec as they are read.
#[derive(Default)]
struct Files {
    /// Those read, each after everything that it extends, so that later ones win.
    documents: Vec<Arc<Document>>,
    /// Every file met, by its true path.
    met: BTreeSet<PathBuf>,
    /// Those being read: each extends the next.
    trail: Vec<PathBuf>,
    errors: Vec<SpecError>,
}

impl Files {
    /// Whether something is wrong, and all of it is that what a file extends cannot be read in its turn.
    fn is_partial(&self) -> bool {
        !self.errors.is_empty() && !self.documents.is_empty() && self.errors.iter().all(|e| e.key == EXTENDS)
    }

    /// Reads a file and what it extends. One that is extended in several ways is read once, the first time, so that what
    /// stands in between keeps its say.
    fn read(&mut self, path: &Path) {
        let name = path.display().to_string();
        let text = match text_of(path) {
            Ok(text) => text,
            Err(message) => return self.errors.push(SpecError::new(Place::whole(name), "", message)),
        };
        let document = match Document::parse(&name, &text) {
            Ok(document) => document,
            Err(found) => return self.errors.extend(found),
        };
        let key = KeyPath::default().key(EXTENDS);
        let wrong = |message: String| {
            let place = document.place(&key).unwrap_or_else(|| Place::whole(name.clone()));
            SpecError::new(place, EXTENDS, message)
        };
        let bases: Vec<&str> = match document.table.get(EXTENDS) {
            None => Vec::new(),
            Some(Value::String(base)) => vec![base],
            Some(Value::Array(bases)) if bases.iter().all(Value::is_str) => {
                bases.iter().filter_map(Value::as_str).collect()
            }
            Some(other) => {
                let kind = article(other.type_str());
                self.errors.push(wrong(format!("{kind} stands here; allowed: a file name or a list of them")));
                return;
            }
        };
        let own = true_path(path);
        self.met.insert(own.clone());
        self.trail.push(own);
        let folder = path.parent().unwrap_or(Path::new(""));
        for base in bases.into_iter().map(|b| folder.join(b)) {
            let its_own = true_path(&base);
            if self.trail.contains(&its_own) {
                self.errors.push(wrong(format!("{} extends itself", base.display())));
            } else if base.is_dir() {
                self.errors.push(wrong(format!("{} is a folder; name a file", base.display())));
            } else if !base.is_file() {
                self.errors.push(wrong(format!("no file {} (the name is relative to this file)", base.display())));
            } else if self.trail.len() > DEEPEST {
                self.errors.push(wrong(format!("more than {DEEPEST} files, each extending the next")));
            } else if !self.met.contains(&its_own) {
                self.read(&base);
            }
        }
        self.trail.pop();
        self.documents.push(Arc::new(document));
    }
}

/// A file's path without links and `..`; as it is where there is no such file.
fn true_path(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// The text of a file, or what keeps it from being one.
fn text_of(path: &Path) -> Result<String, String> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes));
    read.map_err(|e| format!("cannot be read: {e}"))?;
    if bytes.len() as u64 > LARGEST {
        return Err(format!("is longer than {} MiB, which no spec is", LARGEST >> 20));
    }
    String::from_utf8(bytes).map_err(|_| "is not UTF-8 text".to_owned())
}

/// A value as TOML would read it; what is no TOML value is a string (`--set corpus.ravdess.root=data`).
fn value_of(text: &str) -> Value {
    Document::parse("", &format!("v = {text}"))
        .ok()
        .map(|d| d.table)
        .filter(|t| t.len() == 1)
        .and_then(|mut t| t.remove("v"))
        .unwrap_or_else(|| Value::String(text.to_owned()))
}

pub(super) fn from_set(text: &str) -> Result<Override, SpecError> {
    let name = format!("--set {text}");
    let key = text.split_once('=').map(|(key, value)| (KeyPath::parse(key.trim()), value));
    match key.filter(|(key, _)| key.first_key().is_some()) {
        Some((key, value)) => given(key, value.trim(), name, false),
        None => Err(SpecError::new(Place::whole(name), "", "is not KEY=VALUE, such as train.epochs=3")),
    }
}

/// `CORPUS__CREMA_D__ROOT` is `corpus.crema-d.root`: names of kinds get their hyphens back.
fn from_environment(variable: &str, text: &str) -> Result<Override, SpecError> {
    let kind = |word: &str| {
        let hyphened = word.replace('_', "-");
        if tree::kind_names().contains(hyphened.as_str()) { hyphened } else { word.to_owned() }
    };
    let lower = variable.to_lowercase();
    let segment = |(i, word): (usize, &str)| match word.parse() {
        Ok(index) if i > 0 => Segment::Index(index),
        _ => Segment::Key(kind(word)),
    };
    let key = KeyPath(lower.split("__").enumerate().map(segment).collect());
    given(key, text, format!("environment variable SERLAB_{variable}"), true)
}

/// What is laid over the spec, where `key` can be one of its keys.
fn given(key: KeyPath, value: &str, name: String, from_environment: bool) -> Result<Override, SpecError> {
    if key.is_too_deep() {
        return Err(SpecError::new(Place::whole(name), "", "has a longer key than any setting"));
    }
    let key = of_grid(key);
    Ok(Override { key, value: value_of(value), name, from_environment })
}

/// A key below `grid` is one key, whether it is quoted or not: `grid.train.epochs` is `grid."train.epochs"`.
fn of_grid(key: KeyPath) -> KeyPath {
    match key.0.as_slice() {
        [Segment::Key(grid), below @ ..] if grid == GRID && below.len() > 1 && !below[0].is_dotted() => {
            KeyPath::default().key(GRID).key(KeyPath(below.to_vec()).to_string())
        }
        _ => key,
    }
}

impl Override {
    /// The layer that lays this value over `table`; `None` where the key names a list entry that is not there, or
    /// where an environment variable is about another corpus than the spec's.
    pub(super) fn layer_over(&self, table: &Table) -> Option<Layer> {
        let place = tree::resolve(table, &self.key);
        if self.from_environment && self.is_of_another_corpus(table, &place) {
            return None;
        }
        let mut changed = table.clone();
        if !path::set(&mut changed, &place, self.value.clone()) {
            return None;
        }
        let whole = place.0.iter().position(|s| matches!(s, Segment::Index(_))).unwrap_or(place.0.len());
        let outer = KeyPath(place.0[..whole].to_vec());
        let mut layer = Table::new();
        path::set(&mut layer, &outer, path::get(&changed, &outer)?.clone());
        Some(Layer { table: layer.into(), origin: Origin::Named(self.name.clone()) })
    }

    /// Refuses what is about a variant that the spec has not: a slip of the pen would make another one. The environment knows no
    /// capitals and no hyphens; the name becomes that of the one variant that is meant.
    fn name_a_variant(&mut self, table: &Table) -> Result<(), String> {
        let Some(Segment::Key(named)) = self.key.0.get(1).filter(|_| self.key.first_key() == Some("variants")) else {
            return Ok(());
        };
        let variants: Vec<&String> =
            table.get("variants").and_then(Value::as_table).into_iter().flat_map(Table::keys).collect();
        let plain = |name: &str| name.to_lowercase().replace('-', "_");
        let exactly = variants.iter().find(|name| **name == named);
        let like: Vec<&&String> = variants.iter().filter(|name| plain(name) == plain(named)).collect();
        match (exactly, like.as_slice()) {
            (Some(_), _) => Ok(()),
            (None, [only]) if self.from_environment => {
                self.key.0[1] = Segment::Key((**only).clone());
                Ok(())
            }
            (None, [_, _, ..]) if self.from_environment => {
                let like: Vec<&str> = like.iter().map(|name| name.as_str()).collect();
                Err(format!("may be any of {}, which the environment cannot tell apart; use --set", like.join(", ")))
            }
            _ if variants.is_empty() => Err(format!("no variant `{named}`; the spec has no variants")),
            _ => {
                let names: Vec<&str> = variants.iter().map(|name| name.as_str()).collect();
                let meant = super::error::nearest(named, names.iter().copied());
                let meant = meant.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
                Err(format!("no variant `{named}`; allowed: {}{meant}", names.join(", ")))
            }
        }
    }

    /// Whether it is about a corpus that this spec does not use: people keep the roots of several in their environment.
    fn is_of_another_corpus(&self, table: &Table, place: &KeyPath) -> bool {
        let chosen = table.get("corpus").and_then(Value::as_table);
        match (place.first_key(), place.0.get(1), chosen) {
            (Some("corpus"), Some(Segment::Key(named)), Some(chosen)) => {
                !chosen.is_empty() && !chosen.contains_key(named)
            }
            _ => false,
        }
    }
}

#[cfg(test)]
#[path = "load_tests.rs"]
mod tests;
