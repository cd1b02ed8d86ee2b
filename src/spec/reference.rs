//! The tree as a document: every room, kind and setting.

use super::explain::{first_sentence, one_line};
use super::tree;
use crate::kind::{Entry, Node, Room, Table};
use std::fmt::Write;

/// Every key and kind of a spec in Markdown, with default, range and unit.
pub fn reference() -> String {
    let mut text = String::from(
        "# What a spec can say\n\n\
         Made of the settings themselves: `serlab explain KEY` tells the same of one key, `serlab.schema.json` tells it to an\n\
         editor. A default is what holds where nothing is said; `-` must be given, or is not there. Tables may be written as\n\
         `[train]` or, inside another, as `train = { ... }`; a kind as `[model.cnn-1d]` or `model.cnn-1d = { ... }`.\n",
    );
    let root = tree::root();
    section(&mut text, "The whole", root.doc, root);
    for entry in &root.entries {
        below(&mut text, entry.name, &entry.node, &mut Vec::new());
    }
    text
}

/// Sections of the tables and kinds at `path` and below, each room once.
fn below(text: &mut String, path: &str, node: &Node, told: &mut Vec<String>) {
    match node {
        Node::AnyOf(nodes) => nodes.iter().for_each(|node| below(text, path, node, told)),
        Node::List(of, _) => below(text, &format!("{path}[]"), of, told),
        Node::Named(name, of) => below(text, &format!("{path}.{}", name.to_uppercase()), of, told),
        // A variant can say what the spec itself can.
        Node::Table(_) if path.ends_with(".VARIANT") && path.starts_with("variants") => {}
        Node::Table(table) => {
            let table = table();
            section(text, &format!("`{path}`"), table.doc, &table);
            for entry in &table.entries {
                below(text, &format!("{path}.{}", entry.name), &entry.node, told);
            }
        }
        Node::Kind(room) => {
            let room = room();
            if !told.contains(&room.name.to_owned()) {
                told.push(room.name.to_owned());
                of_room(text, path, &room, told);
            }
        }
        _ => {}
    }
}

fn of_room(text: &mut String, path: &str, room: &Room, told: &mut Vec<String>) {
    let _ = write!(text, "\n## `{path}`: one {}\n\n{}\n\n", room.name, one_line(room.doc));
    for kind in &room.kinds {
        let _ = writeln!(text, "- `{}`: {}", kind.name, first_sentence(kind.doc));
    }
    if !room.beside.is_empty() {
        let _ = write!(text, "\nBeside the kind:\n\n{}", rows(&room.beside));
    }
    for kind in &room.kinds {
        let table = (kind.table)();
        let doc =
            if kind.doc == table.doc.trim() { kind.doc.to_owned() } else { format!("{} {}", kind.doc, table.doc) };
        let _ = write!(text, "\n### `{path}.{}`\n\n{}\n", kind.name, one_line(&doc));
        if !table.entries.is_empty() {
            let _ = write!(text, "\n{}", rows(&table.entries));
        }
        for entry in &table.entries {
            below(text, &format!("{path}.{}.{}", kind.name, entry.name), &entry.node, told);
        }
    }
}

fn section(text: &mut String, title: &str, doc: &str, table: &Table) {
    let _ = write!(text, "\n## {title}\n\n{}\n\n{}", one_line(doc), rows(&table.entries));
}

fn rows(entries: &[Entry]) -> String {
    let mut text = String::from("| key | default | allowed | |\n|---|---|---|---|\n");
    let cell = |text: &str| text.replace('|', "\\|");
    for entry in entries {
        let default = entry.shown_default().filter(|_| !entry.node.branch(Node::is_nested).is_nested());
        let default = default.map_or("-".to_owned(), |default| format!("`{default}`"));
        let range = entry.range.map(|range| format!(", {range}")).unwrap_or_default();
        let unit = entry.unit().map(|unit| format!(" ({unit})")).unwrap_or_default();
        let allowed = format!("{}{range}{unit}", entry.words());
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | {} |",
            entry.name,
            cell(&default),
            cell(&allowed),
            cell(&one_line(entry.doc))
        );
    }
    text
}
