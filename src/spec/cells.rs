//! Variants, grid points and ablations, resolved: one typed [`Setup`] for each.

use super::error::{MOST_MISTAKES, Place, SpecError, SpecErrors};
use super::layers::{Layer, Merged, Origin};
use super::load::{Override, Spec};
use super::outline::{Ablation, GRID, LIKE, Outline, SEEDS};
use super::path::{self, KeyPath, Segment};
use super::read::read;
use super::setup::Setup;
use super::tree::{self, EXTENDS};
use crate::kind::Settings;
use crate::record::check_name;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use toml::{Table, Value};

/// The values of the grid's keys.
type Point = Vec<(String, Value)>;

/// One cell of an experiment: what is the same for all its seeds and folds.
#[derive(Debug, Clone)]
pub struct Cell {
    /// The variant's full name: with the grid's values, with what is left out.
    pub name: String,
    /// The variant as the spec names it.
    pub variant: String,
    /// Values of the grid.
    pub point: Point,
    /// The part that an ablation leaves out.
    pub without: Option<String>,
    /// The settings.
    pub setup: Setup,
    /// Where an ablation is asked for.
    dropped: Option<Place>,
    /// What the settings were merged from: less to keep than the result, of which a grid would make thousands.
    layers: Arc<[Layer]>,
}

impl Cell {
    /// The full name of a key, its value and where that was written; no place where it is the default. `None` where the
    /// settings have no such key. What an ablation changed comes from where that is asked for.
    pub fn origin(&self, key: &str) -> Option<(String, Value, Option<Place>)> {
        let merged = Merged::new(self.layers.to_vec());
        if let Some(place) = &self.dropped {
            let (whole, _) = read::<Setup>((*merged.table).clone(), &Table::new());
            let at = |setup: &Setup| {
                let table = Table::try_from(setup).ok()?;
                let path = tree::resolve(&table, &KeyPath::parse(key));
                Some((path::get(&table, &path)?.clone(), path))
            };
            let (here, before) = (at(&self.setup), whole.as_ref().and_then(at));
            if here.as_ref().map(|h| &h.0) != before.as_ref().map(|b| &b.0) {
                return here.map(|(value, path)| (path.to_string(), value, Some(place.clone())));
            }
        }
        let path = tree::resolve(&merged.table, &KeyPath::parse(key));
        if let Some(value) = path::get(&merged.table, &path) {
            return Some((path.to_string(), value.clone(), Some(merged.place(&path)?)));
        }
        let whole = Table::try_from(&self.setup).ok()?;
        Some((path.to_string(), path::get(&whole, &path)?.clone(), None))
    }
}

impl Cell {
    /// The keys of the table at `path` that are written somewhere, not left to their defaults; in order of name.
    pub fn written_in(&self, path: &str) -> Vec<String> {
        let merged = Merged::new(self.layers.to_vec());
        let table = path::get(&merged.table, &KeyPath::parse(path)).and_then(Value::as_table);
        let mut keys: Vec<String> = table.into_iter().flat_map(|table| table.keys().cloned()).collect();
        keys.sort();
        keys
    }
}

impl Spec {
    /// For a key that says which runs there are: its full name, its value and where that was written, as [`Cell::origin`] tells it of
    /// others. Seeds are told of each variant, whose name comes first.
    pub fn outline_origins(&self, key: &str) -> Vec<(Option<String>, String, Value, Option<Place>)> {
        let path = KeyPath::parse(key);
        let first = path.first_key().filter(|key| tree::is_of_outline(key)).map(str::to_owned);
        let Some(first) = first else { return Vec::new() };
        let told = |path: KeyPath| match path::get(&self.whole.table, &path) {
            Some(value) => Some((path.to_string(), value.clone(), self.whole.place(&path))),
            None => {
                let default = Outline::entries().into_iter().find(|entry| entry.name == first)?.default()?;
                (path.0.len() == 1).then(|| (path.to_string(), default, None))
            }
        };
        if key != SEEDS {
            return told(path).into_iter().map(|(full, value, place)| (None, full, value, place)).collect();
        }
        let own = |variant: &str| {
            let seeds = |name: &&str| told(KeyPath::default().key("variants").key(*name).key(SEEDS));
            self.outline.chain(variant).0.iter().find_map(seeds).or_else(|| told(path.clone()))
        };
        let of = |name: &str| own(name).map(|(full, value, place)| (Some(name.to_owned()), full, value, place));
        self.outline.variant_names().into_iter().filter_map(of).collect()
    }

    /// Every variant at every point of the grid, each followed by its ablations; or every mistake of the spec.
    pub fn cells(&self) -> Result<Vec<Cell>, SpecErrors> {
        let mut cells = Vec::new();
        let mut errors = Vec::new();
        // Where there are too many, the outline's mistakes say so; the settings are looked at all the same.
        let are_too_many = self.outline.has_too_many_cells();
        let points = if are_too_many { vec![Vec::new()] } else { self.outline.points() };
        let mut lacking: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let names = self.outline.variant_names().into_iter().filter(|name| !self.outline.has_wrong_like(name));
        for variant in names {
            if errors.len() >= MOST_MISTAKES {
                break;
            }
            let drops = if are_too_many { Vec::new() } else { self.drops(variant, &mut errors) };
            let base = Arc::new(self.variant(variant, &mut errors));
            let lacks = Setup::REQUIRED.iter().filter(|(key, must)| *must && !base.table.contains_key(*key));
            lacks.for_each(|(key, _)| lacking.entry(key).or_default().push(variant));
            self.overruled(&base, &mut errors);
            // What is wrong with all cells is wrong again in each: so many at a time, and no more than anyone reads.
            for points in points.chunks(MOST_MISTAKES) {
                if errors.len() >= MOST_MISTAKES {
                    break;
                }
                let at = |point: &Point| self.cells_at(variant, &base, point, &drops);
                for (found, wrong) in points.par_iter().map(at).collect::<Vec<_>>() {
                    cells.extend(found);
                    errors.extend(wrong);
                }
            }
        }
        // Where some variants have a key and others lack it, that it is missing says too little.
        for error in &mut errors {
            let Some(without) = lacking.get(error.key.as_str()) else { continue };
            if error.message.starts_with(tree::IS_MISSING) && without.len() < self.outline.variant_names().len() {
                let variants: Vec<String> = without.iter().map(|name| format!("`{name}`")).collect();
                let of = format!(
                    "{} in {} {}",
                    tree::IS_MISSING,
                    if without.len() == 1 { "variant" } else { "variants" },
                    variants.join(", ")
                );
                error.message = error.message.replacen(tree::IS_MISSING, &of, 1);
            }
        }
        if errors.is_empty() { Ok(cells) } else { Err(SpecErrors::new(errors)) }
    }

    /// A variant at one point of the grid, and its ablations.
    fn cells_at(
        &self,
        variant: &str,
        base: &Arc<Merged>,
        point: &Point,
        drops: &[String],
    ) -> (Vec<Cell>, Vec<SpecError>) {
        let (root, mut errors) = (KeyPath::default(), Vec::new());
        let layers = self.at_point(base, point, &mut errors);
        let merged = Merged::new(layers.clone());
        let Some(setup) = self.setup(&merged, &mut errors) else { return (Vec::new(), errors) };
        let name = cell_name(variant, point);
        // The variant's own name is the outline's matter.
        if let (false, Err(why)) = (point.is_empty(), check_name(&name)) {
            let at = root.key("grid").key(point.last().map_or("", |(key, _)| key));
            let message = format!("the name `{name}` that its values make cannot name a folder: {why}");
            errors.push(self.error(&self.whole, &at, message));
        }
        let (variant, point) = (variant.to_owned(), point.clone());
        let whole = Cell { name, variant, point, without: None, setup, dropped: None, layers: layers.into() };
        let mut cells = Vec::new();
        // Of settings with a mistake nothing can be left out either; the mistake is told once.
        let drops = if errors.is_empty() { drops } else { &[] };
        for (i, part) in drops.iter().enumerate() {
            match without(&merged.table, &whole.setup, part) {
                Ok(setup) => {
                    let name = format!("{}-without-{part}", whole.name);
                    let dropped = self.whole.place(&drop_of(&whole.variant, i));
                    cells.push(Cell { name, without: Some(part.clone()), setup, dropped, ..whole.clone() });
                }
                Err(message) => {
                    let path = drop_of(&whole.variant, i);
                    errors.push(self.error(&self.whole, &path, message));
                }
            }
        }
        cells.insert(0, whole);
        (cells, errors)
    }

    fn error(&self, merged: &Merged, path: &KeyPath, message: impl Into<String>) -> SpecError {
        let place = merged.place(path).unwrap_or_else(|| Place::whole(self.path.display().to_string()));
        SpecError::new(place, path.to_string(), message)
    }

    /// The parts that the spec leaves out of `variant`, one at a time.
    fn drops(&self, variant: &str, errors: &mut Vec<SpecError>) -> Vec<String> {
        let Some(table) = self.outline.ablate.get(variant).and_then(Value::as_table) else { return Vec::new() };
        let (ablation, mistakes) = read::<Ablation>(table.clone(), &Table::new());
        let at = KeyPath::default().key("ablate").key(variant);
        errors.extend(mistakes.into_iter().map(|m| self.error(&self.whole, &m.path.under(&at), m.message)));
        ablation.map(|a| a.drop).unwrap_or_default()
    }

    /// The spec's common settings, the variant's own, the environment and the options, merged.
    fn variant(&self, name: &str, errors: &mut Vec<SpecError>) -> Merged {
        let root = KeyPath::default();
        let mut common = (*self.whole.table).clone();
        common.retain(|key, _| tree::is_of_setup(key));
        let mut layers = vec![Layer { table: common.into(), origin: Origin::Part(self.whole.clone(), root.clone()) }];
        // The one that it is like comes first, itself last; a circle is a mistake of the outline.
        for name in self.outline.chain(name).0.into_iter().rev() {
            let Some(Value::Table(own)) = self.outline.variants.get(name) else { continue };
            let at = root.key("variants").key(name);
            let mut own = own.clone();
            let misplaced = |k: &&String| *k == EXTENDS || (*k != SEEDS && tree::is_of_outline(k));
            for key in own.keys().filter(misplaced) {
                errors.push(self.error(
                    &self.whole,
                    &at.key(key.clone()),
                    "belongs to the whole spec, not to a variant",
                ));
            }
            own.retain(|key, _| !tree::is_of_outline(key) && key != EXTENDS && key != LIKE);
            layers.push(Layer { table: own.into(), origin: Origin::Part(self.whole.clone(), at) });
        }
        let mut merged = Merged::new(layers.clone());
        for change in &self.overrides {
            match change.layer_over(&merged.table) {
                Some(layer) => {
                    layers.push(layer);
                    merged = Merged::new(layers.clone());
                }
                None if change.from_environment => {}
                None => {
                    let message = "names an entry of a list that is not there";
                    errors.push(SpecError::new(Place::whole(change.name.clone()), change.key.to_string(), message));
                }
            }
        }
        merged
    }

    /// Options and variables that the grid overrules: nobody would see that they say nothing.
    fn overruled(&self, base: &Arc<Merged>, errors: &mut Vec<SpecError>) {
        for change in &self.overrides {
            let path = tree::resolve(&base.table, &change.key);
            // One that a later option overrules is as it should be, and roots of several corpora may lie in the environment.
            let is_corpus = change.from_environment && path.first_key() == Some("corpus");
            if is_corpus || !path::get(&base.table, &path).is_some_and(|value| holds(value, &change.value)) {
                continue;
            }
            for (key, values) in &self.outline.grid {
                let of_grid = tree::resolve(&base.table, &KeyPath::parse(key));
                if !may_meet(&of_grid, &path) {
                    continue;
                }
                let at = |value: &Value| {
                    let point = [(key.clone(), value.clone())];
                    let merged = Merged::new(self.at_point(base, &point, &mut Vec::new()));
                    path::get(&merged.table, &path).cloned()
                };
                let found: Vec<Option<Value>> = values.as_array().into_iter().flatten().map(at).collect();
                let is_changed = |found: &Option<Value>| match found {
                    Some(value) => !holds(value, &change.value),
                    // Of another kind; whoever named the kind means those points that have it.
                    None => path != change.key,
                };
                if !found.iter().any(is_changed) && found.iter().any(Option::is_some) || found.is_empty() {
                    continue;
                }
                let way_out = match (&change.value, of_grid == path) {
                    (value, true) => format!("--set '{GRID}.\"{key}\"=[{value}]'"),
                    _ => format!("--set '{GRID}.\"{key}\"=[...]'"),
                };
                let message = format!(
                    "the grid has `{key}`, so that this would say nothing; to change what the grid takes: {way_out}"
                );
                errors.push(SpecError::new(Place::whole(change.name.clone()), change.key.to_string(), message));
                break;
            }
        }
    }

    /// The layers of a variant at one point of the grid.
    fn at_point(&self, base: &Arc<Merged>, point: &[(String, Value)], errors: &mut Vec<SpecError>) -> Vec<Layer> {
        let root = KeyPath::default();
        let mut layers = vec![Layer { table: base.table.clone(), origin: Origin::Part(base.clone(), root.clone()) }];
        for (key, value) in point {
            let change = Override {
                key: KeyPath::parse(key),
                value: value.clone(),
                name: String::new(),
                from_environment: false,
            };
            let at = root.key("grid").key(key.clone());
            match change.layer_over(&base.table) {
                Some(layer) => {
                    layers.push(Layer { table: layer.table, origin: Origin::Part(self.whole.clone(), at) });
                }
                None => errors.push(self.error(&self.whole, &at, "names an entry of a list that is not there")),
            }
        }
        layers
    }

    fn setup(&self, merged: &Merged, errors: &mut Vec<SpecError>) -> Option<Setup> {
        let (setup, mistakes) = read::<Setup>((*merged.table).clone(), stand_ins());
        errors.extend(mistakes.iter().map(|m| self.error(merged, &m.path, tree::with_hint(&m.path, &m.message))));
        let setup = setup?;
        for problem in setup.mistakes() {
            let path = KeyPath::parse(&problem.key);
            if !mistakes.iter().any(|m| stands_in(&m.path, &path)) {
                errors.push(self.error(merged, &path, problem.message));
            }
        }
        Some(setup)
    }
}

/// The place of a part that a variant's ablations leave out.
fn drop_of(variant: &str, part: usize) -> KeyPath {
    KeyPath::default().key("ablate").key(variant).key("drop").index(part)
}

/// Whether what is written at one of two places can change what is written at the other: where one lies in the other, or both in
/// different kinds of one room.
fn may_meet(one: &KeyPath, other: &KeyPath) -> bool {
    let common = one.0.iter().zip(&other.0).take_while(|(a, b)| a == b).count();
    if common == one.0.len() || common == other.0.len() {
        return true;
    }
    common > 0 && tree::at(&KeyPath(one.0[..common].to_vec())).is_some_and(|spot| spot.room().is_some())
}

/// Whether `value` is what was written, with whatever other keys its tables have.
fn holds(value: &Value, written: &Value) -> bool {
    match (value, written) {
        (Value::Table(value), Value::Table(written)) => {
            written.iter().all(|(key, written)| value.get(key).is_some_and(|value| holds(value, written)))
        }
        _ => value == written,
    }
}

/// Whether the value at `path` is not the spec's own, because what `mistake` is about was left out to go on: another kind
/// took its place, or the entries of its list have moved.
fn stands_in(mistake: &KeyPath, path: &KeyPath) -> bool {
    let list = mistake.0.iter().position(|s| matches!(s, Segment::Index(_))).map(|i| KeyPath(mistake.0[..i].to_vec()));
    let parent = mistake.parent();
    let is_kind = tree::at(&parent).is_some_and(|spot| spot.room().is_some());
    let replaced = if is_kind { parent } else { mistake.clone() };
    path.0.starts_with(&list.unwrap_or(replaced).0)
}

/// Lets the reader go on where a required key is missing or unreadable. Made once: each default is taken from a whole table of
/// defaults, and a grid reads thousands of cells.
fn stand_ins() -> &'static Table {
    static STAND_INS: OnceLock<Table> = OnceLock::new();
    STAND_INS.get_or_init(|| {
        let required = Setup::entries().into_iter().filter(|entry| entry.required);
        required.filter_map(|entry| Some((entry.name.to_owned(), entry.default()?))).collect()
    })
}

/// `2d` at a grid point is `2d-batch_size=16`; the whole key is used where its last part is not unique.
fn cell_name(variant: &str, point: &[(String, Value)]) -> String {
    let last = |key: &str| KeyPath::parse(key).last_key().unwrap_or(key).to_owned();
    point.iter().fold(variant.to_owned(), |name, (key, value)| {
        let unique = point.iter().filter(|(k, _)| last(k) == last(key)).count() == 1;
        let key = if unique { last(key) } else { key.clone() };
        format!("{name}-{key}={}", short(value))
    })
}

/// A grid's value as part of a name: what a file system would not take becomes `_`.
fn short(value: &Value) -> String {
    let text = match value {
        Value::String(s) => s.clone(),
        Value::Array(items) => items.iter().map(short).collect::<Vec<_>>().join("x"),
        Value::Table(t) => t.keys().cloned().collect::<Vec<_>>().join("+"),
        other => other.to_string(),
    };
    text.chars().map(|c| if c.is_ascii_alphanumeric() || "+-.=".contains(c) { c } else { '_' }).collect()
}

/// The settings without one part: a list's entry removed, or a key switched off.
fn without(table: &Table, whole: &Setup, part: &str) -> Result<Setup, String> {
    let place = tree::resolve(table, &KeyPath::parse(part));
    let try_table = |changed: Table| -> Option<Setup> {
        let (setup, mistakes) = read::<Setup>(changed, &Table::new());
        setup.filter(|s| mistakes.is_empty() && s.mistakes().is_empty() && s != whole)
    };
    if let Some(Segment::Index(_)) = place.parent().0.last() {
        let mut changed = table.clone();
        path::remove(&mut changed, &place.parent());
        return try_table(changed).ok_or_else(|| format!("`{part}` cannot be left out: nothing valid is left"));
    }
    let off = ["false", "\"none\"", "{ none = {} }", "{ constant = {} }", "0", "0.0", "[]"];
    off.iter()
        .find_map(|value| {
            let value = toml::from_str::<Table>(&format!("v = {value}")).ok()?.remove("v")?;
            let mut changed = table.clone();
            path::set(&mut changed, &place, value).then(|| try_table(changed)).flatten()
        })
        .ok_or_else(|| {
            let known = path::get(table, &place).is_some();
            let why =
                if known { "it is off already or has no off value" } else { "there is no such key or list entry" };
            format!("`{part}` cannot be left out: {why}")
        })
}
