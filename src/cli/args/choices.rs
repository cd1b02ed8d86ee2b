//! What options choose among.

use clap::ValueEnum;

/// A protocol that a bill can be made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum BillProtocol {
    /// Clips and their augmented copies mixed, rows drawn at random.
    Rows,
    /// Clips drawn at random.
    Clips,
    /// Whole speakers.
    Speakers,
}

/// A corpus that can be downloaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Fetchable {
    /// CREMA-D, about 0.6 GB (Open Database License).
    CremaD,
}

/// Where to train.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DeviceName {
    /// A GPU where this build and the machine have one, else the CPU.
    Auto,
    /// The CPU.
    Cpu,
    /// An NVIDIA GPU (needs a build with `--features cuda`).
    Cuda,
    /// Any GPU through Vulkan, Metal or DirectX (needs a build with `--features wgpu`).
    Wgpu,
}

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Aligned columns.
    Text,
    /// A Markdown table.
    Markdown,
    /// Comma-separated values.
    Csv,
    /// One versioned JSON document.
    Json,
}

impl From<Format> for crate::report::Format {
    fn from(format: Format) -> Self {
        match format {
            Format::Text => Self::Text,
            Format::Markdown => Self::Markdown,
            Format::Csv => Self::Csv,
            Format::Json => Self::Json,
        }
    }
}

/// How an array is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ArrayFormat {
    /// NumPy's format.
    Npy,
    /// One row a frame.
    Csv,
}
