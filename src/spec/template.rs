//! A spec to begin with.

use super::explain::first_sentence;
use super::setup::Setup;
use crate::kind::{Entry, Node, Settings};
use toml::Value;

/// A spec to start from, for `serlab init`: a small comparison on the built-in corpus, and all defaults, commented out, each where it
/// can be changed by removing the `# `.
pub fn template(name: &str) -> String {
    let corpus_split_and_variants = "[corpus.synth]            # real ones: crema-d, ravdess, emodb, savee, tess (root = \"...\"), manifest (path = \"...\")\n\n\
         [split.k-fold]            # for as many networks it finds as much as more seeds of one split, and it tests everybody\n\
         validation = 0.15\n\n\
         [variants.1d]\n\
         features = [{ zcr = {} }, { energy = {} }]\n\
         model.cnn-1d = { channels = [16, 32] }\n\n\
         [variants.2d]\n\
         features = [{ log-mel = { n_mels = 64 } }]\n\
         model.cnn-2d = { channels = [16, 32] }\n\n";
    format!(
        "#:schema {SCHEMA_FILE}\n\
         # {name}: which question does this experiment answer?\n\
         # `serlab check` names every mistake at once; `serlab plan` shows the runs; `serlab kinds` what can be named.\n\
         name = \"{name}\"\n\
         seeds = [0, 1, 2]         # five folds of each are fifteen networks a variant, tested on every speaker: enough to tell recipes apart\n\n\
         # Lines such as the next ones are defaults; remove the `# ` before a line, and before the [table] above it, to change it.\n\
         {}\n\
         {corpus_split_and_variants}\
         # What follows are the other defaults, table by table.\n\
         {}",
        commented(&values()),
        commented(&tables(&["split"]))
    )
}

fn commented(text: &str) -> String {
    text.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("# {line}\n") }).collect()
}

/// The file that the schema of specs is kept in, beside a spec.
pub const SCHEMA_FILE: &str = "serlab.schema.json";

/// The settings that may be left out, with their defaults; as TOML each has a word on what it is.
fn given() -> impl Iterator<Item = (Entry, Value)> {
    let entries = Setup::entries().into_iter().filter(|entry| !entry.required);
    entries.filter_map(|entry| entry.default().map(|default| (entry, default)))
}

/// The defaults that are no tables. They must stand before the first table, whose settings they would be behind it.
fn values() -> String {
    let is_table =
        |entry: &Entry, default: &Value| default.is_table() && entry.node.branch(Node::is_nested).is_nested();
    given()
        .filter(|(entry, default)| !is_table(entry, default))
        .map(|(entry, default)| line(&entry, &default))
        .collect()
}

/// The tables of defaults, but those called as in `without`.
fn tables(without: &[&str]) -> String {
    let mut text = String::new();
    for (entry, default) in given().filter(|(entry, _)| !without.contains(&entry.name)) {
        if let (Value::Table(default), node) = (&default, entry.node.branch(Node::is_nested))
            && node.is_nested()
        {
            table(entry.name, node, default, &mut text);
        }
    }
    text
}

/// The table at `path`, whose values are `default`, and after it those in it.
fn table(path: &str, node: &Node, default: &toml::Table, text: &mut String) {
    let (path, entries, default) = match node {
        Node::Table(table) => (path.to_owned(), table().entries, default.clone()),
        Node::Kind(room) => {
            let room = room();
            let Some(kind) = room.kind_in(default).and_then(|name| room.kind(name)) else { return };
            let own = default[kind.name].as_table().cloned().unwrap_or_default();
            (format!("{path}.{}", kind.name), (kind.table)().entries, own)
        }
        _ => return,
    };
    text.push_str(&format!("\n[{path}]\n"));
    let mut nested = Vec::new();
    for entry in &entries {
        match default.get(entry.name) {
            Some(Value::Table(below)) => nested.push((entry, below)),
            Some(value) => text.push_str(&line(entry, value)),
            None => {}
        }
    }
    for (entry, below) in nested {
        table(&format!("{path}.{}", entry.name), entry.node.branch(Node::is_nested), below, text);
    }
}

fn line(entry: &Entry, default: &Value) -> String {
    format!("{:<32}    # {}\n", format!("{} = {default}", entry.name), first_sentence(entry.doc))
}

#[cfg(test)]
#[path = "template_tests.rs"]
mod tests;
