//! What every fuzz target does: hand the input to its parser and hold the memory that took against the input's length.

#[path = "../tests/finds/memory.rs"]
mod memory;
#[path = "../tests/finds/parsers.rs"]
mod parsers;

use parsers::{ALL, Parser};

#[global_allocator]
static ALLOCATOR: memory::Counting = memory::Counting;

fn parser(name: &str) -> &'static Parser {
    ALL.iter().find(|parser| parser.name == name).expect("a target is named after its parser")
}

/// Makes what the parser makes only once, so that it is not held against an input.
///
/// Where a decoder panics over damaged audio, serlab turns that into an error: there a panic ends nothing before it has come
/// out of the parser. libFuzzer by itself ends at the first.
pub fn ready(name: &str) {
    if name == "audio_compressed" {
        std::panic::set_hook(Box::new(|_| {}));
    }
    (parser(name).read)(&[]);
    (parser(name).read)(&[0]);
}

/// Reads one input.
pub fn read(name: &str, input: &[u8]) {
    let parser = parser(name);
    let peak = memory::peak_of(|| (parser.read)(input));
    let room = parser.most(input);
    if peak > room {
        // Also where panics are silent.
        eprintln!("{} bytes of input took {peak} bytes of memory; {room} are allowed", input.len());
        std::process::abort();
    }
}
