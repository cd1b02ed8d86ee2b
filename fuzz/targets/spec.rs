#![no_main]

libfuzzer_sys::fuzz_target!(init: serlab_fuzz::ready("spec"), |input: &[u8]| -> () { serlab_fuzz::read("spec", input) });
