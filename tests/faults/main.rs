//! What goes wrong in the field, really done: full and read-only disks, several processes, flipped bits, links, hostile
//! files. The table of all faults is in `tests/README.md`; kills and signals are in `kill.rs`.

#![cfg(unix)]

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/files.rs"]
mod files;
#[path = "../common/live.rs"]
mod live;

mod asked;
mod audio;
mod corpus;
mod damage;
mod disk;
mod edited;
mod failures;
mod git;
mod locks;
mod memory;
mod paths;
mod versions;
