//! What once broke a parser stays mended: every file in `tests/finds/<parser>` is read again by it.
//!
//! The files come from the fuzz targets in `fuzz/`, or were made to be like what they find. A new one needs no code here.

#[path = "finds/memory.rs"]
mod memory;
#[path = "finds/parsers.rs"]
mod parsers;

use parsers::{ALL, Parser};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

#[global_allocator]
static ALLOCATOR: memory::Counting = memory::Counting;

/// The longest that a find may take: far more than any does on a slow machine, far less than a hang.
const LONGEST: Duration = Duration::from_secs(20);

fn below(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    found.sort();
    found
}

fn finds() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/finds")
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

/// Reads one file; what is wrong with that, if anything.
fn replay(parser: &Parser, path: &Path) -> Option<String> {
    let bytes = std::fs::read(path).unwrap();
    #[expect(clippy::disallowed_methods, reason = "a hang must be told from a result")]
    let begin = Instant::now();
    let mut fell = false;
    let peak = memory::peak_of(|| fell = std::panic::catch_unwind(|| (parser.read)(&bytes)).is_err());
    let took = begin.elapsed();
    let room = parser.most(&bytes);
    let file = format!("{}/{}", parser.name, name_of(path));
    if fell {
        return Some(format!("{file}: panicked, see above"));
    }
    if took > LONGEST {
        return Some(format!("{file}: took {} s", took.as_secs()));
    }
    (peak > room).then(|| format!("{file}: took {peak} bytes of memory for {} bytes of input", bytes.len()))
}

// One test for all: memory is counted in the whole process.
#[test]
fn no_parser_panics_hangs_or_takes_memory_out_of_proportion_at_what_once_broke_one() {
    let mut wrong = Vec::new();
    let mut read = 0;
    for folder in below(&finds()).into_iter().filter(|path| path.is_dir()) {
        let name = name_of(&folder);
        let Some(parser) = ALL.iter().find(|parser| parser.name == name) else {
            panic!("tests/finds/{name} is named after no parser");
        };
        // Without a file first, so that what is made only once is not counted.
        (parser.read)(&[]);
        (parser.read)(&[0]);
        for path in below(&folder) {
            wrong.extend(replay(parser, &path));
            read += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(read > 0, "there are files to read");
}

#[test]
fn every_parser_has_a_fuzz_target() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/targets");
    let mut targets: Vec<String> = below(&fuzz).iter().map(|path| name_of(path)).collect();
    targets.sort();
    let mut expected: Vec<String> = ALL.iter().map(|parser| format!("{}.rs", parser.name)).collect();
    expected.sort();
    assert_eq!(targets, expected);
}
