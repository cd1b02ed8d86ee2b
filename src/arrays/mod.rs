//! Arrays made elsewhere: what NumPy, pandas and openSMILE write, read without preparation.
//!
//! [`npy`] reads and writes single arrays, [`Folder`] a folder or an archive (`.npz`, `.zip`) of them, [`Table`] a table with
//! a row a clip (CSV, Parquet, `.npz`). What an array is for, and to which clip it belongs, is another room's matter.

mod csv;
mod error;
mod folder;
#[cfg(test)]
mod golden_tests;
pub mod npy;
mod npz;
mod parquet;
mod table;

pub use error::ArrayError;
pub use folder::Folder;
pub use npy::Array;
pub use table::{Cells, Column, Table};
