#![no_main]

libfuzzer_sys::fuzz_target!(init: serlab_fuzz::ready("feature_cache"), |input: &[u8]| -> () { serlab_fuzz::read("feature_cache", input) });
