//! Settings in brief: a kind with those of its settings that are not its defaults, as in
//! `log-mel(n_mels=40)` or `zcr, energy(log=true)`.

use super::defaults::{Room, default_table, default_value};
use super::settings::{SettingDifference, WITHOUT_EFFECT};
use std::collections::{BTreeMap, BTreeSet};
use toml::{Table, Value};

/// The keys of a configuration, in the order of the way from clip to network.
const ORDER: [&str; 12] =
    ["corpus", "clips", "audio", "split", "fit", "features", "stack", "length", "scale", "augment", "model", "train"];

/// What a configuration says beyond the defaults, a row a top-level key: `model`, `cnn-1d(kernel_size=5)`.
pub(super) fn settings_in_brief(config: &Table) -> Vec<(String, String)> {
    let told = |key: &str| -> Option<(String, String)> {
        let value = config.get(key)?;
        let default = default_value(key);
        let brief = match (Room::at(key), value, &default) {
            (_, value, Some(default)) if value == default => return None,
            (None, Value::Table(table), Some(Value::Table(default))) => arguments(table, default, key, None),
            (room, value, _) => short(value, room),
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
        walk(key, &values, None, &mut rows);
    }
    rows
}

/// All top-level keys whose tables can change a result, the known ones first.
fn keys<'a>(configs: &[&'a Table]) -> Vec<&'a str> {
    let all: BTreeSet<&str> =
        configs.iter().flat_map(|c| c.keys()).map(String::as_str).filter(|k| !WITHOUT_EFFECT.contains(k)).collect();
    let mut all: Vec<&str> = all.into_iter().collect();
    all.sort_by_key(|key| ORDER.iter().position(|known| known == key).unwrap_or(ORDER.len()));
    all
}

/// `inside` is the room of the kind whose settings are walked over.
fn walk(path: &str, values: &[Option<&Value>], inside: Option<Room>, rows: &mut Vec<SettingDifference>) {
    if values.iter().all(|v| *v == values[0]) {
        return;
    }
    let room = Room::at(path);
    if let Some(room) = room
        && let Some(entries) = same_kinds(path, room, values)
    {
        for (path, kind_path, kind, tables) in entries {
            children(&tables, |key, values| {
                let path = if key == kind { kind_path.clone() } else { format!("{path}.{key}") };
                walk(&path, values, Some(room), rows);
            });
        }
        return;
    }
    let tables: Option<Vec<&Table>> = values.iter().map(|v| v.and_then(Value::as_table)).collect();
    match tables {
        Some(tables) if room.is_none() => {
            children(&tables, |key, values| walk(&format!("{path}.{key}"), values, inside, rows));
        }
        _ => {
            let values = values.iter().map(|v| v.map(|v| short(v, room.or(inside)))).collect();
            rows.push(SettingDifference { key: path.to_owned(), values });
        }
    }
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
fn same_kinds<'a>(path: &str, room: Room, values: &[Option<&'a Value>]) -> Option<Vec<Entry<'a>>> {
    let entries: Vec<Vec<&'a Table>> = values
        .iter()
        .map(|value| match value {
            Some(Value::Table(table)) => Some(vec![table]),
            Some(Value::Array(items)) => items.iter().map(Value::as_table).collect(),
            _ => None,
        })
        .collect::<Option<_>>()?;
    let named =
        |entries: &Vec<&'a Table>| -> Option<Vec<&'a str>> { entries.iter().map(|e| kind_of(e, room)).collect() };
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

/// The kind that a table names beside its other keys.
fn kind_of(table: &Table, room: Room) -> Option<&str> {
    table.keys().map(String::as_str).find(|key| default_table(room, key).is_some())
}

/// A value in a few letters; `room` says of which kinds its tables are.
pub(super) fn short(value: &Value, room: Option<Room>) -> String {
    match value {
        Value::String(text) if is_plain(text) => text.clone(),
        Value::Float(number) if *number != 0.0 && (number.abs() < 1e-3 || number.abs() >= 1e9) => format!("{number:e}"),
        Value::Array(items) if items.iter().any(Value::is_table) => {
            let items: Vec<String> = items.iter().map(|item| short(item, room)).collect();
            if room.is_some() { items.join(", ") } else { format!("[{}]", items.join(", ")) }
        }
        Value::Array(items) if items.is_empty() && room == Some(Room::Augment) => "none".to_owned(),
        Value::Array(items) => format!("[{}]", items.iter().map(|i| short(i, None)).collect::<Vec<_>>().join(", ")),
        Value::Table(table) => match room.and_then(|room| Some((room, kind_of(table, room)?))) {
            Some((room, kind)) => call(table, kind, room),
            None => {
                let pairs: Vec<String> = table.iter().map(|(k, v)| format!("{k}={}", short(v, None))).collect();
                format!("({})", pairs.join(", "))
            }
        },
        other => other.to_string(),
    }
}

/// A kind with what is not its default, and what stands beside it: `noise(snr_db=[5, 20], probability=0.5)`.
fn call(table: &Table, kind: &str, room: Room) -> String {
    let none = Table::new();
    let settings = table[kind].as_table().unwrap_or(&none);
    let mut told = arguments(settings, &default_table(room, kind).unwrap_or_default(), "", Some(room));
    let beside: BTreeMap<&str, Value> = [("probability", Value::Float(1.0)), ("copies", Value::Integer(0))].into();
    for (key, value) in table.iter().filter(|(key, value)| *key != kind && beside.get(key.as_str()) != Some(*value)) {
        let comma = if told.is_empty() { "" } else { ", " };
        told += &format!("{comma}{key}={}", short(value, None));
    }
    if told.is_empty() { kind.to_owned() } else { format!("{kind}({told})") }
}

/// `key=value` of what is not as in `default`. Kinds may stand at `path.key`, or be of the room of the kind itself.
fn arguments(table: &Table, default: &Table, path: &str, room: Option<Room>) -> String {
    let one = |(key, value): (&String, &Value)| match Room::at(&format!("{path}.{key}")).or(room) {
        Some(room) if value.as_array().is_some_and(|a| a.iter().any(Value::is_table)) => {
            format!("{key}=[{}]", short(value, Some(room)))
        }
        room => format!("{key}={}", short(value, room.filter(|_| value.is_table()))),
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
