//! What people read: tables and plots of runs, as text and bytes. Nothing here trains, and nothing here prints.
//!
//! [`list`] is a table of runs, [`show`] one run in full, [`show_experiment`] what all
//! runs of an experiment confuse, [`compare()`] variants side by side with tests, settings
//! that differ and ablations, [`claims()`] published figures held against runs, [`bill()`] what each step to an
//! honest split costs, [`hints()`] what curves say of a training; [`plots`] draws. Runs that are not sealed, or were changed after sealing, are named with their
//! state and never averaged; a leak is stamped on every line it touches. Tables are built once as a [`Table`] and written
//! as text, Markdown, CSV or JSON: readers get shares in percent and differences in points, both with one decimal, programs
//! get shares in [0, 1] and every digit.
//!
//! To add a column to the comparison: fill it in `figures.rs`, show it to readers in `tables.rs` and to programs in
//! `programs.rs`. To add a plot, see `plots/mod.rs`.

mod ablation;
mod bill;
mod brief;
mod claims;
mod compare;
mod differences;
mod ensemble;
mod error;
mod experiment;
mod figures;
mod group;
mod hints;
mod list;
pub mod plots;
mod programs;
mod questions;
mod render;
mod settings;
mod show;
mod table;
mod tables;
mod validation;

pub use ablation::{Ablation, PartWorth};
pub use bill::{Account, Bill, ProtocolFigures, Step, UncountedRun, VariantBill, bill};
pub use claims::{Claimed, Claims, JudgedClaim, claims};
pub use compare::{Asked, Comparison, LeftOut, SEEDS_WERE_ADDED, compare};
pub use differences::VariantDifference;
pub use error::ReportError;
pub use experiment::{show_experiment, show_experiment_json};
pub use figures::{Figure, Pooled, VariantSummary};
pub use hints::hints;
pub use list::list;
pub use settings::{SettingDifference, differing, flatten};
pub use show::{show, show_json};
pub use table::{Cell, Column, Format, Shown, Table};
pub use validation::Validation;

/// Version of all JSON documents that are printed: their key `serlab`.
pub const DOCUMENT_VERSION: u32 = 1;

/// A JSON document of this version: `kind` names what it is and the key under which `body` stands.
pub fn document(kind: &str, body: serde_json::Value) -> String {
    let mut document = serde_json::Map::new();
    document.insert("serlab".to_owned(), DOCUMENT_VERSION.into());
    document.insert(kind.to_owned(), body);
    serde_json::to_string_pretty(&document).expect("a JSON value is written as JSON") + "\n"
}
