#![no_main]

libfuzzer_sys::fuzz_target!(init: serlab_fuzz::ready("manifest"), |input: &[u8]| -> () { serlab_fuzz::read("manifest", input) });
