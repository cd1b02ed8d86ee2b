#![doc = include_str!("../README.md")]
#![recursion_limit = "256"]
#![deny(missing_docs)]

pub mod arrays;
pub mod audio;
pub mod augment;
pub mod classical;
pub mod cli;
pub mod corpus;
pub mod csv_text;
pub mod data;
pub mod engine;
pub mod evaluate;
pub mod features;
pub mod fetch;
pub mod glob;
pub mod kernel;
pub mod kind;
pub mod lookalike;
pub mod model;
pub mod plan;
pub mod record;
pub mod report;
pub mod run;
pub mod seed;
#[cfg(test)]
#[path = "../tests/common/skip.rs"]
mod skip;
pub mod spec;
pub mod split;
pub mod train;
pub mod verify;
pub mod words;
