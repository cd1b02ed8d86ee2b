#![no_main]

libfuzzer_sys::fuzz_target!(init: serlab_fuzz::ready("checkpoint"), |input: &[u8]| -> () { serlab_fuzz::read("checkpoint", input) });
