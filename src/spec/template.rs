//! A spec to begin with.

use super::explain::first_sentence;
use super::setup::Setup;
use crate::kind::{Entry, Node, Settings};
use toml::Value;

/// A spec to start from, for `serlab init`: a small comparison on the built-in corpus, then all defaults, commented out.
pub fn template(name: &str) -> String {
    let head = format!(
        "#:schema {SCHEMA_FILE}\n\
         # {name}: which question does this experiment answer?\n\
         # `serlab check` names every mistake at once; `serlab plan` shows the runs; `serlab kinds` what can be named.\n\
         name = \"{name}\"\n\
         seeds = [0, 1, 2]         # five folds of each are fifteen networks a variant, tested on every speaker: enough to tell recipes apart\n\n\
         [corpus.synth]            # real ones: crema-d, ravdess, emodb, savee, tess (root = \"...\"), manifest (path = \"...\")\n\n\
         [split.k-fold]            # for as many networks it finds as much as more seeds of one split, and it tests everybody\n\
         validation = 0.15\n\n\
         [variants.1d]\n\
         features = [{{ zcr = {{}} }}, {{ energy = {{}} }}]\n\
         model.cnn-1d = {{ channels = [16, 32] }}\n\n\
         [variants.2d]\n\
         features = [{{ log-mel = {{ n_mels = 64 }} }}]\n\
         model.cnn-2d = {{ channels = [16, 32] }}\n\n\
         # What follows are the defaults; remove the `# ` before a line, and before the [table] above it, to change it.\n"
    );
    head + &defaults()
        .lines()
        .map(|line| if line.is_empty() { "\n".to_owned() } else { format!("# {line}\n") })
        .collect::<String>()
}

/// The file that the schema of specs is kept in, beside a spec.
pub const SCHEMA_FILE: &str = "serlab.schema.json";

/// Every default of a run's settings as TOML, each with a word on what it is.
pub fn defaults() -> String {
    let mut text = String::new();
    for entry in Setup::entries().iter().filter(|entry| !entry.required) {
        match (&entry.default(), entry.node.branch(Node::is_nested)) {
            (Some(Value::Table(default)), node) if node.is_nested() => table(entry.name, node, default, &mut text),
            (Some(default), _) => text.insert_str(0, &line(entry, default)),
            (None, _) => {}
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
