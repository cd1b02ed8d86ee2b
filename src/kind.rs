//! What a spec can say, described once: tables of settings, choices between kinds and between names.
//!
//! [`settings!`](crate::settings) writes a struct once and derives from it the TOML table, its defaults, its allowed ranges
//! and its documentation. [`kinds!`](crate::kinds) does so for an enum of such structs: one key names the kind, its value is
//! the kind's table (`model.cnn-1d = { ... }`). [`choices!`](crate::choices) does it for an enum of names. Together they make
//! one tree ([`Node`]), and whoever needs to know what can be written walks it: the reader of specs, the checks, `kinds`,
//! `explain`, the JSON Schema, the reference, the tables of reports. Nothing keeps a list of its own.

mod bounds;
mod choices;
mod described;
mod kinds;
mod problem;
mod schema;
mod settings;
#[cfg(test)]
mod tests;

pub use bounds::{Bounded, Bounds, above, above_to, check_range};
pub use choices::{Named, read_name};
pub use described::{Described, Reader, Written, text_or_list, toml_of};
pub use kinds::{KindSeed, Kinds, no_kind, no_table, one_kind};
pub use problem::{Context, Problem};
pub use schema::{Choice, Entry, Kind, NONE, Node, Room, Table};
pub use settings::{Refused, Settings, bare, entries_in, problems, read, unknown, write};
