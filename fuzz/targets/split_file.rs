#![no_main]

libfuzzer_sys::fuzz_target!(init: serlab_fuzz::ready("split_file"), |input: &[u8]| -> () { serlab_fuzz::read("split_file", input) });
