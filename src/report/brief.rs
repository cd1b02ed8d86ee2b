//! Settings in brief: a kind with those of its settings that are not its defaults, as in
//! `log-mel(n_mels=40)` or `zcr, energy(log=true)`.

use super::settings::{SettingDifference, WITHOUT_EFFECT};
use crate::kind::{Node, Room};
use crate::spec::tree;
use std::collections::BTreeSet;
use toml::{Table, Value};

/// What a configuration says beyond the defaults, a row a top-level key: `model`, `cnn-1d(kernel_size=5)`.
pub(super) fn settings_in_brief(config: &Table) -> Vec<(String, String)> {
    let told = |key: &str| -> Option<(String, String)> {
        let value = config.get(key)?;
        let node = node_of(key);
        // Which kind holds is told in any case, and what must be given.
        let has_kind = matches!(node, Node::Kind(_));
        let entry = tree::root().entry(key).filter(|entry| !entry.required && !has_kind);
        let brief = match (value, entry.and_then(|entry| entry.default()), &node) {
            (value, Some(default), _) if *value == default => return None,
            (Value::Table(table), Some(Value::Table(default)), Node::Table(of)) => arguments(table, &default, &of()),
            (value, ..) => short(value, &node),
        };
        Some((key.to_owned(), brief))
    };
    keys(&[config]).into_iter().filter_map(told).collect()
}

/// In what configurations differ: a row a kind, or a list of kinds, that is not the same everywhere; where only settings of
/// the same kinds differ, and where there are no kinds, a row a setting.
pub(super) fn differing_in_brief(configs: &[&Table]) -> Vec<SettingDifference> {
    let mut rows = Vec::new();
    for key in keys(configs) {
        let values: Vec<Option<&Value>> = configs.iter().map(|c| c.get(key)).collect();
        walk(key, &values, &node_of(key), &mut rows);
    }
    rows
}

/// All top-level keys whose tables can change a result, the known ones first.
fn keys<'a>(configs: &[&'a Table]) -> Vec<&'a str> {
    let all: BTreeSet<&str> =
        configs.iter().flat_map(|c| c.keys()).map(String::as_str).filter(|k| !WITHOUT_EFFECT.contains(k)).collect();
    let mut all: Vec<&str> = all.into_iter().collect();
    // A spec's own order is that of the way from clip to network.
    let order = tree::root().names();
    all.sort_by_key(|key| order.iter().position(|known| known == key).unwrap_or(order.len()));
    all
}

/// What may stand at a top-level key.
fn node_of(key: &str) -> Node {
    tree::root().entry(key).map_or(Node::Anything, |entry| entry.node.clone())
}

/// The room, where a kind is named at `node`, or in each entry of its list.
fn room_of(node: &Node) -> Option<Room> {
    match node.branch(|node| node.is_nested() || node.is_list()) {
        Node::List(of, _) => room_of(of),
        Node::Kind(room) => Some(room()),
        _ => None,
    }
}

/// What may stand at a key of the table, or of the kind's own table, at `node`.
fn below(node: &Node, key: &str) -> Node {
    match node.branch(Node::is_nested) {
        Node::Table(table) => table().entry(key).map_or(Node::Anything, |entry| entry.node.clone()),
        _ => Node::Anything,
    }
}

fn walk(path: &str, values: &[Option<&Value>], node: &Node, rows: &mut Vec<SettingDifference>) {
    if values.iter().all(|v| *v == values[0]) {
        return;
    }
    let room = room_of(node);
    if let Some(room) = &room
        && let Some(entries) = same_kinds(path, room, values)
    {
        for (path, kind_path, kind, tables) in entries {
            let own = room.kind(kind).map_or(Node::Anything, |kind| Node::Table(kind.table));
            children(&tables, |key, values| match key == kind {
                true => walk_table(&kind_path, values, &own, rows),
                false => walk(&format!("{path}.{key}"), values, &Node::Anything, rows),
            });
        }
        return;
    }
    match room {
        Some(_) => rows.push(difference(path, values, node)),
        None => walk_table(path, values, node, rows),
    }
}

/// Goes into tables that all have; tells what else differs.
fn walk_table(path: &str, values: &[Option<&Value>], node: &Node, rows: &mut Vec<SettingDifference>) {
    if values.iter().all(|v| *v == values[0]) {
        return;
    }
    let tables: Option<Vec<&Table>> = values.iter().map(|v| v.and_then(Value::as_table)).collect();
    match tables {
        Some(tables) => {
            children(&tables, |key, values| walk(&format!("{path}.{key}"), values, &below(node, key), rows))
        }
        None => rows.push(difference(path, values, node)),
    }
}

fn difference(path: &str, values: &[Option<&Value>], node: &Node) -> SettingDifference {
    let values = values.iter().map(|value| value.map(|value| short(value, node))).collect();
    SettingDifference { key: path.to_owned(), values }
}

/// Calls `visit` with each key of the tables, in the order of the first that has it.
fn children(tables: &[&Table], mut visit: impl FnMut(&str, &[Option<&Value>])) {
    let mut keys: Vec<&String> = Vec::new();
    for key in tables.iter().flat_map(|t| t.keys()) {
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    keys.into_iter().for_each(|key| visit(key, &tables.iter().map(|t| t.get(key)).collect::<Vec<_>>()));
}

/// An entry whose kind is the same in all configurations: its path, that of the kind's settings, the kind, and the entry of
/// each configuration.
type Entry<'a> = (String, String, &'a str, Vec<&'a Table>);

/// The entries of a room where all configurations name the same kinds in the same order.
fn same_kinds<'a>(path: &str, room: &Room, values: &[Option<&'a Value>]) -> Option<Vec<Entry<'a>>> {
    let entries: Vec<Vec<&'a Table>> = values
        .iter()
        .map(|value| match value {
            Some(Value::Table(table)) => Some(vec![table]),
            Some(Value::Array(items)) => items.iter().map(Value::as_table).collect(),
            _ => None,
        })
        .collect::<Option<_>>()?;
    let named =
        |entries: &Vec<&'a Table>| -> Option<Vec<&'a str>> { entries.iter().map(|e| room.kind_in(e)).collect() };
    let kinds = named(entries.first()?)?;
    if !entries.iter().all(|e| named(e).as_ref() == Some(&kinds)) {
        return None;
    }
    let in_list = matches!(values[0], Some(Value::Array(_)));
    let entry = |(i, kind): (usize, &&'a str)| {
        let place = if in_list { format!("{path}[{i}]") } else { path.to_owned() };
        let once = kinds.iter().filter(|k| *k == kind).count() == 1;
        // A list's entry can be named by its kind, as in `--set features.log-mel.n_mels=64`, where it is the only one.
        let settings = format!("{}.{kind}", if once { path } else { &place });
        (place, settings, *kind, entries.iter().map(|e| e[i]).collect())
    };
    Some(kinds.iter().enumerate().map(entry).collect())
}

/// A value in a few letters; `node` says what stands there.
pub(super) fn short(value: &Value, node: &Node) -> String {
    let element = match node.branch(Node::is_list) {
        Node::List(of, _) => (**of).clone(),
        _ => Node::Anything,
    };
    let items = |items: &[Value]| items.iter().map(|item| short(item, &element)).collect::<Vec<_>>().join(", ");
    match value {
        Value::String(text) if is_plain(text) => text.clone(),
        Value::Float(number) if *number != 0.0 && (number.abs() < 1e-3 || number.abs() >= 1e9) => format!("{number:e}"),
        Value::Array(list) if room_of(&element).is_some() => {
            if list.is_empty() {
                "none".to_owned()
            } else {
                items(list)
            }
        }
        Value::Array(list) => format!("[{}]", items(list)),
        Value::Table(table) => match room_of(node).and_then(|room| Some((room.kind_in(table)?.to_owned(), room))) {
            Some((kind, room)) => call(table, &kind, &room),
            None => {
                let pairs: Vec<String> =
                    table.iter().map(|(k, v)| format!("{k}={}", short(v, &below(node, k)))).collect();
                format!("({})", pairs.join(", "))
            }
        },
        other => other.to_string(),
    }
}

/// A kind with what is not its default, and what stands beside it: `noise(snr_db=[5, 20], probability=0.5)`.
fn call(table: &Table, kind: &str, room: &Room) -> String {
    let none = Table::new();
    let settings = table[kind].as_table().unwrap_or(&none);
    let own = room.kind(kind).map(|kind| (kind.table)());
    let mut told: Vec<String> = Vec::new();
    told.extend(own.map(|own| arguments(settings, &own.defaults(), &own)).filter(|told| !told.is_empty()));
    for (key, value) in table.iter().filter(|(key, _)| *key != kind) {
        let entry = room.beside.iter().find(|entry| entry.name == key);
        if entry.and_then(|entry| entry.default()).as_ref() != Some(value) {
            told.push(format!("{key}={}", short(value, &Node::Anything)));
        }
    }
    if told.is_empty() { kind.to_owned() } else { format!("{kind}({})", told.join(", ")) }
}

/// `key=value` of what is not as in `default`.
fn arguments(table: &Table, default: &Table, of: &crate::kind::Table) -> String {
    let one = |(key, value): (&String, &Value)| {
        let node = of.entry(key).map_or(Node::Anything, |entry| entry.node.clone());
        match value.is_array() && room_of(&node).is_some() {
            true => format!("{key}=[{}]", short(value, &node)),
            false => format!("{key}={}", short(value, &node)),
        }
    };
    let told: Vec<String> = table.iter().filter(|(key, value)| default.get(*key) != Some(*value)).map(one).collect();
    told.join(", ")
}

/// Whether a text needs no quotes to be told from other things.
fn is_plain(text: &str) -> bool {
    let allowed = |c: char| c.is_alphanumeric() || "-_./:".contains(c);
    !text.is_empty()
        && text.chars().all(allowed)
        && text.chars().any(char::is_alphabetic)
        && text != "true"
        && text != "false"
}

#[cfg(test)]
#[path = "brief_tests.rs"]
mod tests;
