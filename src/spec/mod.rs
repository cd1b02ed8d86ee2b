//! Specs: experiments as people write them.
//!
//! [`Spec::load`] reads a file and what it extends, lays environment and `--set` over it, and [`Spec::cells`] resolves
//! every variant, grid point and ablation into a typed [`Setup`]. All mistakes are reported at once, each with its
//! place. What the values mean is decided elsewhere: by the settings types of the other rooms and by the plan.
//!
//! Nothing here lists keys or kinds: [`tree`] is what the settings types of the other rooms say of themselves. To add a key,
//! add a field to the settings struct beside the code that it sets.

mod cells;
mod document;
mod error;
mod explain;
mod json_schema;
mod layers;
mod load;
mod outline;
mod path;
mod read;
mod recipe;
mod recorded;
mod reference;
mod setup;
mod template;
pub mod tree;

pub use cells::Cell;
pub use error::{Place, SpecError, SpecErrors, nearest};
pub use explain::{explain, kinds_text, room_names};
pub use json_schema::json_schema;
pub use load::Spec;
pub use outline::{Ablation, Outline};
pub use path::KeyPath;
pub use recipe::recipe;
pub use reference::reference;
pub use setup::Setup;
pub use template::{SCHEMA_FILE, template};
