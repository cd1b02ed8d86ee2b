//! Layers of a spec and where each value of the merged whole came from (figment merges; a kind is replaced, not merged).

use super::document::Document;
use super::error::Place;
use super::path::{KeyPath, Segment};
use super::tree;
use crate::kind::Node;
use figment::value::{Dict, Map, Value as FigmentValue};
use figment::{Figment, Metadata, Profile, Provider};
use std::sync::{Arc, OnceLock};
use toml::{Table, Value};

/// Where a layer was written.
#[derive(Debug, Clone)]
pub enum Origin {
    /// A file; the layer's keys stand under `at` in it.
    File(Arc<Document>),
    /// Something without lines: an environment variable, an option.
    Named(String),
    /// A part of another merge: its keys stand under the path there (a variant's own table, a grid's key).
    Part(Arc<Merged>, KeyPath),
}

/// One layer of settings.
#[derive(Debug, Clone)]
pub struct Layer {
    /// Its values.
    pub table: Arc<Table>,
    /// Where they were written.
    pub origin: Origin,
}

/// Layers merged into one table.
#[derive(Debug, Clone)]
pub struct Merged {
    /// The result.
    pub table: Arc<Table>,
    layers: Vec<Layer>,
    /// Where each value came from; worked out when it is first asked for, for a grid has thousands of these.
    tagged: OnceLock<Tagged>,
}

/// Layers merged by figment, which remembers the layer of every value.
#[derive(Debug, Clone)]
struct Tagged {
    figment: Figment,
    /// The result: each value with a tag that leads to its layer.
    values: FigmentValue,
}

impl Tagged {
    fn new(layers: &[Layer]) -> Self {
        let mut figment = Figment::new();
        for (i, layer) in layers.iter().enumerate() {
            figment = figment.merge(Numbered(i, &layer.table));
        }
        let values = figment.find_value("").expect("tables merge to a table");
        Self { figment, values }
    }

    /// The number of the layer that the value at `key` came from.
    fn layer(&self, key: &str) -> Option<usize> {
        // Figment's own search for a place copies all values each time.
        self.figment.get_metadata(self.values.find_ref(key)?.tag())?.name.parse().ok()
    }
}

struct Numbered<'l>(usize, &'l Table);

impl Provider for Numbered<'_> {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.0.to_string())
    }
    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        let value = FigmentValue::serialize(self.1)?;
        Ok(Map::from([(Profile::Default, value.into_dict().unwrap_or_default())]))
    }
}

impl Merged {
    /// Merges layers, the lowest first. Tables merge key by key, everything else is replaced; where a higher layer
    /// names another kind, the lower one's table of that kind goes.
    pub fn new(mut layers: Vec<Layer>) -> Self {
        for upper in (1..layers.len()).rev() {
            let (lower, rest) = layers.split_at_mut(upper);
            for layer in lower {
                drop_replaced_kinds(&tree::Spot::root().node, Arc::make_mut(&mut layer.table), &rest[0].table);
            }
        }
        let values = Tagged::new(&layers).values;
        let mut table: Table = values.deserialize().expect("merged TOML tables are a TOML table");
        restore_order(&mut table, &layers);
        Self { table: Arc::new(table), layers, tagged: OnceLock::new() }
    }

    /// Where the value at `path` was written, or else the nearest table around it.
    pub fn place(&self, path: &KeyPath) -> Option<Place> {
        let keys: Vec<&str> = path.0.iter().map_while(plain_key).collect();
        let origin = (1..=keys.len()).rev().find_map(|n| {
            let tagged = self.tagged.get_or_init(|| Tagged::new(&self.layers));
            self.layers.get(tagged.layer(&keys[..n].join("."))?)
        })?;
        match &origin.origin {
            Origin::File(document) => document.place(path),
            Origin::Named(name) => Some(Place::whole(name.clone())),
            Origin::Part(merged, at) => merged.place(&path.under(at)).or_else(|| merged.place(at)),
        }
    }
}

fn plain_key(segment: &Segment) -> Option<&str> {
    match segment {
        Segment::Key(k) if !k.contains('.') => Some(k),
        _ => None,
    }
}

/// Removes from `lower` the tables of kinds that `upper` replaces with another kind; `node` is what stands there.
fn drop_replaced_kinds(node: &Node, lower: &mut Table, upper: &Table) {
    let mut below = |key: &str, node: &Node| {
        if let (Some(Value::Table(lower)), Some(Value::Table(upper))) = (lower.get_mut(key), upper.get(key)) {
            drop_replaced_kinds(node, lower, upper);
        }
    };
    match node.branch(Node::is_nested) {
        Node::Table(table) => table().entries.iter().for_each(|entry| below(entry.name, &entry.node)),
        Node::Named(_, of) => upper.keys().for_each(|name| below(name, of)),
        Node::Kind(room) => {
            let room = room();
            room.kinds.iter().for_each(|kind| below(kind.name, &Node::Table(kind.table)));
            let is_beside = |key: &str| room.beside.iter().any(|entry| entry.name == key);
            // A kind that there is not replaces, too: the message is then about it alone.
            if upper.keys().any(|key| !is_beside(key)) {
                lower.retain(|key, _| is_beside(key) || upper.contains_key(key));
            }
        }
        _ => {}
    }
}

/// figment sorts keys; people expect the order they wrote, highest layer first.
fn restore_order(table: &mut Table, layers: &[Layer]) {
    for key in tree::root().entries.iter().filter(|e| matches!(e.node, Node::Named(..))).map(|e| e.name) {
        let Some(Value::Table(merged)) = table.get_mut(key) else { continue };
        let mut ordered = Table::new();
        for layer in layers {
            let written = layer.table.get(key).and_then(Value::as_table);
            for name in written.into_iter().flat_map(Table::keys) {
                if let Some(value) = merged.remove(name) {
                    ordered.insert(name.clone(), value);
                }
            }
        }
        *merged = ordered;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, text: &str) -> Layer {
        let document = Document::parse(name, text).unwrap();
        Layer { table: document.table.clone().into(), origin: Origin::File(Arc::new(document)) }
    }

    #[test]
    fn a_kind_is_replaced_whole_and_settings_of_the_same_kind_merge() {
        let base = file("base.toml", "[model.cnn-1d]\ndropout = 0.5\n[train]\nepochs = 9\noptimizer.adam.beta_1 = 0.8");
        let top = file("top.toml", "[model.cnn-2d]\nhead = [8]\n[train]\noptimizer.adam.epsilon = 1e-7");
        let merged = Merged::new(vec![base, top]);
        let expected: Table = toml::from_str(
            "[model.cnn-2d]\nhead = [8]\n[train]\nepochs = 9\noptimizer.adam = { beta_1 = 0.8, epsilon = 1e-7 }",
        )
        .unwrap();
        assert_eq!(*merged.table, expected);
        let at = |s| merged.place(&KeyPath::parse(s)).unwrap().to_string();
        assert_eq!(at("train.epochs"), "base.toml:4:1");
        assert_eq!(at("train.optimizer.adam.epsilon"), "top.toml:4:16");
        assert_eq!(at("model.cnn-2d.head[0]"), "top.toml:2:9");
    }

    #[test]
    fn variants_keep_the_order_in_which_they_were_written() {
        let merged = Merged::new(vec![file("a.toml", "[variants.z]\n[variants.a]\n[variants.m]")]);
        let names: Vec<&String> = merged.table["variants"].as_table().unwrap().keys().collect();
        assert_eq!(names, ["z", "a", "m"]);
    }
}
