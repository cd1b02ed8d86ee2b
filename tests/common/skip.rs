//! Tests that cannot be done on every machine: each says so where a person sees it, for cargo hides what a passing test
//! prints. Unit tests use it, too.

use std::panic::Location;
use std::path::PathBuf;

/// Notes that the test that calls this is skipped, and why: a file in the folder `skipped-tests` beside the program that
/// `.ci/run` lists at its end. Where `SERLAB_NO_SKIPS` is set, the test fails instead.
#[track_caller]
pub fn skipped(why: impl std::fmt::Display) {
    let thread = std::thread::current();
    let place = Location::caller();
    let test = thread.name().filter(|name| *name != "main").unwrap_or("a test");
    let named = format!("{test} ({}:{})", place.file(), place.line());
    let line = format!("{named}: {why}\n");
    #[expect(clippy::disallowed_methods, reason = "whether tests may be skipped is a matter of the machine")]
    let is_forbidden = std::env::var("SERLAB_NO_SKIPS").is_ok_and(|value| !value.is_empty());
    assert!(!is_forbidden, "skipped, which SERLAB_NO_SKIPS forbids: {line}");
    println!("skipped: {line}");
    let folder = folder();
    // One file a place and test: tests run side by side.
    let name: String = named.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).take(200).collect();
    std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(folder.join(name), line)).unwrap();
}

/// `target/release/skipped-tests`: test programs lie in `deps` beside it.
fn folder() -> PathBuf {
    let program = std::env::current_exe().unwrap();
    program.ancestors().nth(2).unwrap().join("skipped-tests")
}
