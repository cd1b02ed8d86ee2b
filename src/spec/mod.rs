//! Specs: experiments as people write them.
//!
//! [`Spec::load`] reads a file and what it extends, lays environment and `--set` over it, and [`Spec::cells`] resolves
//! every variant, grid point and ablation into a typed [`Setup`]. All mistakes are reported at once, each with its
//! place. What the values mean is decided elsewhere: by the settings types of the other rooms and by the plan.
//!
//! To add a key: add a field to the settings struct beside the code that it sets, and to `defaults.toml`.

mod cells;
mod document;
mod error;
mod explain;
mod layers;
mod load;
mod outline;
mod path;
mod read;
mod recorded;
mod setup;

pub use cells::Cell;
pub use error::{Place, SpecError, SpecErrors, nearest};
pub use explain::{explain, kinds_text, room_names, template};
pub use load::Spec;
pub use outline::{Ablation, Outline};
pub use path::KeyPath;
pub use setup::Setup;

/// The defaults of every key, commented: the lowest layer of each spec, and the template of `serlab init`.
pub const DEFAULTS: &str = include_str!("defaults.toml");
