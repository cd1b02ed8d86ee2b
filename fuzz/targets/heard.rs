#![no_main]

libfuzzer_sys::fuzz_target!(init: serlab_fuzz::ready("heard"), |input: &[u8]| -> () { serlab_fuzz::read("heard", input) });
