//! The tree as a JSON Schema (draft 2020-12), for editors and validators.

use super::explain::one_line;
use super::tree;
use crate::kind::{Bounds, Choice, Entry, Node, Room, Table};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The JSON Schema of a spec: every key and kind with its meaning, default and range.
///
/// What must be given is not asked for, since a variant or an extended spec may give it.
pub fn json_schema() -> Value {
    let mut rooms = Rooms::default();
    let mut schema = of_table(tree::root(), &mut rooms);
    let own = schema.as_object_mut().expect("a table's schema is an object");
    own.remove("required");
    let head = [
        ("$schema", json!("https://json-schema.org/draft/2020-12/schema")),
        ("title", json!("serlab experiment")),
        ("description", json!("An experiment of serlab: which runs there are, and what they are made of.")),
    ];
    let mut whole: Map<String, Value> = head.map(|(key, value)| (key.to_owned(), value)).into_iter().collect();
    whole.extend(own.clone().into_iter().filter(|(key, _)| key != "description"));
    whole.insert("$defs".to_owned(), rooms.defined());
    Value::Object(whole)
}

/// Definitions of the rooms met so far: a room may hold kinds that hold the room.
#[derive(Default)]
struct Rooms(BTreeMap<String, Value>);

impl Rooms {
    /// A reference to the room's definition, which is made where it is not there yet.
    fn reference(&mut self, room: &Room) -> Value {
        let name = room.name.replace(' ', "-");
        if !self.0.contains_key(&name) {
            self.0.insert(name.clone(), Value::Null);
            let definition = of_room(room, self);
            self.0.insert(name.clone(), definition);
        }
        json!({ "$ref": format!("#/$defs/{name}") })
    }

    fn defined(self) -> Value {
        self.0.into_iter().collect()
    }
}

fn of_table(table: &Table, rooms: &mut Rooms) -> Value {
    let properties: Map<String, Value> =
        table.entries.iter().map(|entry| (entry.name.to_owned(), of_entry(entry, rooms))).collect();
    let required: Vec<&str> = table.entries.iter().filter(|e| e.required).map(|e| e.name).collect();
    let mut schema = json!({
        "type": "object",
        "description": one_line(table.doc),
        "properties": properties,
        "additionalProperties": false,
    });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

/// A table that names exactly one kind, with what may stand beside it.
fn of_room(room: &Room, rooms: &mut Rooms) -> Value {
    let mut properties = Map::new();
    for kind in &room.kinds {
        let mut table = of_table(&(kind.table)(), rooms);
        table["description"] = json!(one_line(kind.doc));
        properties.insert(kind.name.to_owned(), table);
    }
    for entry in &room.beside {
        properties.insert(entry.name.to_owned(), of_entry(entry, rooms));
    }
    let mut schema = json!({
        "type": "object",
        "title": room.name,
        "description": one_line(room.doc),
        "properties": properties,
        "additionalProperties": false,
    });
    if room.beside.is_empty() {
        schema["minProperties"] = json!(1);
        schema["maxProperties"] = json!(1);
    } else {
        schema["oneOf"] = room.kinds.iter().map(|kind| json!({ "required": [kind.name] })).collect();
    }
    schema
}

fn of_entry(entry: &Entry, rooms: &mut Rooms) -> Value {
    let mut schema = of_node(&entry.node, entry.range.as_ref(), rooms);
    let unit = entry.unit().map(|unit| format!(" (in {unit})")).unwrap_or_default();
    schema["description"] = json!(format!("{}{unit}", one_line(entry.doc)));
    if let Some(default) = entry.default().filter(|_| !entry.must_be_given()) {
        schema["default"] = serde_json::to_value(default).unwrap_or_default();
    }
    schema
}

fn of_node(node: &Node, range: Option<&Bounds>, rooms: &mut Rooms) -> Value {
    match node {
        Node::Flag => json!({ "type": "boolean" }),
        Node::Whole => ranged(json!({ "type": "integer", "minimum": 0 }), range),
        Node::Integer => ranged(json!({ "type": "integer" }), range),
        Node::Number => ranged(json!({ "type": "number" }), range),
        Node::Text => json!({ "type": "string" }),
        Node::Choice(choices) => of_choices(choices),
        Node::AnyOf(nodes) => {
            let any: Vec<Value> = nodes.iter().map(|node| of_node(node, range, rooms)).collect();
            json!({ "anyOf": any })
        }
        Node::List(of, length) => {
            let mut schema = json!({ "type": "array", "items": of_node(of, range, rooms) });
            if let Some(length) = length {
                schema["minItems"] = json!(length);
                schema["maxItems"] = json!(length);
            }
            schema
        }
        Node::Table(table) => of_table(&table(), rooms),
        Node::Kind(room) => rooms.reference(&room()),
        Node::Named(_, of) => json!({ "type": "object", "additionalProperties": of_node(of, None, rooms) }),
        Node::Anything => json!({}),
    }
}

fn of_choices(choices: &[Choice]) -> Value {
    let names: Vec<(&str, String)> = choices
        .iter()
        .flat_map(|choice| std::iter::once(&choice.name).chain(choice.also).map(|name| (*name, one_line(choice.doc))))
        .collect();
    let (names, docs): (Vec<&str>, Vec<String>) = names.into_iter().unzip();
    json!({ "enum": names, "x-taplo": { "docs": { "enumValues": docs } } })
}

fn ranged(mut schema: Value, range: Option<&Bounds>) -> Value {
    let Some(range) = range else { return schema };
    let is_whole = schema["type"] == "integer";
    let number = |v: f64| if is_whole && v.fract() == 0.0 { json!(v as i64) } else { json!(v) };
    let (low, is_open) = range.low();
    if is_open && let Some(own) = schema.as_object_mut() {
        own.remove("minimum");
    }
    schema[if is_open { "exclusiveMinimum" } else { "minimum" }] = number(low);
    if let Some(high) = range.high() {
        schema["maximum"] = number(high);
    }
    schema
}

#[cfg(test)]
#[path = "json_schema_tests.rs"]
mod tests;
