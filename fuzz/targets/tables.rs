#![no_main]

libfuzzer_sys::fuzz_target!(init: serlab_fuzz::ready("tables"), |input: &[u8]| -> () { serlab_fuzz::read("tables", input) });
