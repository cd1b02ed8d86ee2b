//! From files, environment and options to one merged spec.

use super::document::Document;
use super::error::{Place, SpecError, SpecErrors, article};
use super::layers::{Layer, Merged, Origin};
use super::outline::{OUTLINE_KEYS, Outline};
use super::path::{self, KeyPath, Segment};
use super::read::read;
use super::setup::{SETUP_KEYS, kind_names};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use toml::{Table, Value};

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
        let mut files = Vec::new();
        let mut errors = Vec::new();
        read_with_extends(path, &mut Vec::new(), &mut files, &mut errors);
        if !errors.is_empty() {
            return Err(SpecErrors::new(errors));
        }
        let text = files.last().map(|d| d.text.clone()).unwrap_or_default();
        let mut layers = vec![Layer { table: defaults().table.clone(), origin: Origin::File(defaults()) }];
        for document in files {
            let mut table = document.table.clone();
            table.remove("extends");
            layers.push(Layer { table, origin: Origin::File(document) });
        }
        let mut overrides: Vec<Override> = environment.iter().map(|(k, v)| from_environment(k, v)).collect();
        for set in sets {
            match from_set(set) {
                Ok(found) => overrides.push(found),
                Err(error) => errors.push(error),
            }
        }
        let about_runs = |o: &Override| o.key.first_key().is_some_and(|k| OUTLINE_KEYS.contains(&k));
        let (outline_overrides, overrides): (Vec<_>, Vec<_>) = overrides.into_iter().partition(about_runs);
        for o in outline_overrides {
            layers.push(o.layer_over(&Table::new()).expect("a fresh table takes any key that is no index"));
        }
        let whole = Arc::new(Merged::new(layers));
        let mut own: Table = whole.table.clone();
        own.retain(|key, _| OUTLINE_KEYS.contains(&key));
        let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        own.entry("name").or_insert(Value::String(stem));
        let (outline, mut mistakes) = read::<Outline>(own, &Table::new());
        mistakes.extend(outline.iter().flat_map(Outline::mistakes));
        let known = |key: &str| OUTLINE_KEYS.contains(&key) || SETUP_KEYS.contains(&key);
        for key in whole.table.keys().filter(|k| !known(k)) {
            errors.push(unknown_key(&whole, key));
        }
        let file = path.display().to_string();
        let place = |p: &KeyPath| whole.place(p).unwrap_or_else(|| Place::whole(file.clone()));
        errors.extend(mistakes.into_iter().map(|m| SpecError::new(place(&m.path), m.path.to_string(), m.message)));
        match outline {
            Some(outline) if errors.is_empty() => Ok(Self { path: path.to_owned(), text, outline, whole, overrides }),
            Some(outline) => {
                // The settings may have mistakes of their own: one pass names them all.
                let spec = Self { path: path.to_owned(), text, outline, whole, overrides };
                errors.extend(spec.cells().err().iter().flat_map(|e| e.errors().to_vec()));
                Err(SpecErrors::new(errors))
            }
            None => Err(SpecErrors::new(errors)),
        }
    }
}

pub(super) fn defaults() -> Arc<Document> {
    Arc::new(Document::parse("defaults.toml", super::DEFAULTS).expect("the embedded defaults are valid TOML"))
}

fn unknown_key(whole: &Merged, key: &str) -> SpecError {
    let path = KeyPath::default().key(key);
    let allowed: Vec<&str> = OUTLINE_KEYS.iter().chain(&SETUP_KEYS).chain(&["extends"]).copied().collect();
    let meant = super::error::nearest(key, allowed.iter().copied());
    let meant = meant.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
    let place = whole.place(&path).unwrap_or_else(|| Place::whole("spec"));
    SpecError::new(place, key, format!("unknown key; allowed: {}{meant}", allowed.join(", ")))
}

/// Reads a file after everything that it extends, so that later documents win.
fn read_with_extends(
    path: &Path,
    trail: &mut Vec<PathBuf>,
    files: &mut Vec<Arc<Document>>,
    errors: &mut Vec<SpecError>,
) {
    let name = path.display().to_string();
    let text = match std::fs::read(path).map(String::from_utf8) {
        Ok(Ok(text)) => text,
        Ok(Err(_)) => return errors.push(SpecError::new(Place::whole(name), "", "is not UTF-8 text")),
        Err(e) => return errors.push(SpecError::new(Place::whole(name), "", format!("cannot be read: {e}"))),
    };
    let document = match Document::parse(&name, &text) {
        Ok(document) => document,
        Err(found) => return errors.extend(found),
    };
    let key = KeyPath::default().key("extends");
    let mut wrong = |message: String| {
        let place = document.place(&key).unwrap_or_else(|| Place::whole(name.clone()));
        errors.push(SpecError::new(place, "extends", message));
    };
    let bases: Vec<String> = match document.table.get("extends") {
        None => Vec::new(),
        Some(Value::String(base)) => vec![base.clone()],
        Some(Value::Array(bases)) if bases.iter().all(Value::is_str) => {
            bases.iter().filter_map(|b| b.as_str().map(str::to_owned)).collect()
        }
        Some(other) => {
            return wrong(format!("{} stands here; allowed: a file name or a list of them", article(other.type_str())));
        }
    };
    trail.push(path.to_owned());
    let folder = path.parent().unwrap_or(Path::new(""));
    let bases: Vec<PathBuf> = bases.iter().map(|b| folder.join(b)).collect();
    for base in &bases {
        if trail.contains(base) {
            wrong(format!("{} extends itself", base.display()));
        } else if !base.is_file() {
            wrong(format!("no file {} (the name is relative to this file)", base.display()));
        }
    }
    let readable: Vec<PathBuf> = bases.into_iter().filter(|b| b.is_file() && !trail.contains(b)).collect();
    for base in readable {
        read_with_extends(&base, trail, files, errors);
    }
    trail.pop();
    files.push(Arc::new(document));
}

/// A value as TOML would read it; what is no TOML value is a string (`--set corpus.ravdess.root=data`).
fn value_of(text: &str) -> Value {
    toml::from_str::<Table>(&format!("v = {text}"))
        .ok()
        .filter(|t| t.len() == 1)
        .and_then(|mut t| t.remove("v"))
        .unwrap_or_else(|| Value::String(text.to_owned()))
}

fn from_set(text: &str) -> Result<Override, SpecError> {
    let name = format!("--set {text}");
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() && matches!(KeyPath::parse(key.trim()).0[0], Segment::Key(_)) => {
            Ok(Override {
                key: KeyPath::parse(key.trim()),
                value: value_of(value.trim()),
                name,
                from_environment: false,
            })
        }
        _ => Err(SpecError::new(Place::whole(name), "", "is not KEY=VALUE, such as train.epochs=3")),
    }
}

/// `CORPUS__CREMA_D__ROOT` is `corpus.crema-d.root`: names of kinds get their hyphens back.
fn from_environment(variable: &str, text: &str) -> Override {
    let kind = |word: &str| {
        let hyphened = word.replace('_', "-");
        if kind_names().contains(&hyphened.as_str()) { hyphened } else { word.to_owned() }
    };
    let key = variable.to_lowercase().split("__").fold(KeyPath::default(), |at, word| match word.parse() {
        Ok(index) if !at.0.is_empty() => at.index(index),
        _ => at.key(kind(word)),
    });
    let name = format!("environment variable SERLAB_{variable}");
    Override { key, value: value_of(text), name, from_environment: true }
}

impl Override {
    /// The layer that lays this value over `table`; `None` where the key names a list entry that is not there, or
    /// where an environment variable is about another corpus than the spec's.
    pub(super) fn layer_over(&self, table: &Table) -> Option<Layer> {
        let place = path::resolve(table, &self.key);
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
        Some(Layer { table: layer, origin: Origin::Named(self.name.clone()) })
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
