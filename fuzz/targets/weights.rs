#![no_main]

libfuzzer_sys::fuzz_target!(init: serlab_fuzz::ready("weights"), |input: &[u8]| -> () { serlab_fuzz::read("weights", input) });
