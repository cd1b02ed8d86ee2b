#![no_main]

libfuzzer_sys::fuzz_target!(init: serlab_fuzz::ready("npy"), |input: &[u8]| -> () { serlab_fuzz::read("npy", input) });
