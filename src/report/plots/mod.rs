//! Plots for papers: composed once into a [`Scene`], drawn as SVG and as PNG by the backends of plotters.
//!
//! All text is measured in an embedded font, so a plot looks the same on every machine and its bytes never differ. Sizes
//! are chosen for a column of 8 cm; colours are told apart by all common kinds of colour vision and in grey. Every plot
//! takes the stamp of a leak and shows it in red below the title. The [`bill()`] is for a talk: it has the shape of a slide, and
//! marks each bar that leaks.
//!
//! To add one: write a file here with a function that answers a [`Scene`], with a test that its `flaws()` are none; name
//! it in this file; give it a file name in `record/layout.rs` if it belongs to a run.

mod axis;
mod bill;
mod colour;
mod confusion;
mod curves;
mod draw;
mod frames;
mod ladder;
mod parts;
mod recall;
mod scene;
mod text;
mod variants;

pub use bill::{BillRow, BillVariant, bill};
pub use confusion::confusion;
pub use curves::curves;
pub use frames::frames;
pub use parts::{PartFigures, parts};
pub use recall::{ClassRecall, recall};
pub use scene::Scene;
pub use variants::{VariantFigures, variants};

/// Why a plot could not be written.
#[derive(Debug, thiserror::Error)]
pub enum PlotError {
    /// Plotters could not draw.
    #[error("the plot could not be drawn: {0}")]
    Draw(String),
    /// The PNG encoder refused the picture.
    #[error("the plot could not be written as PNG: {0}")]
    Png(#[from] ::image::ImageError),
}

/// How a metric's column is called on an axis.
fn metric_title(metric: &str) -> String {
    match metric {
        "uar" => "UAR".to_owned(),
        "weighted_f1" => "weighted F1".to_owned(),
        "macro_f1" => "macro F1".to_owned(),
        other => other.replace('_', " "),
    }
}
