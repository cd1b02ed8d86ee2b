#![no_main]

libfuzzer_sys::fuzz_target!(init: serlab_fuzz::ready("run_name"), |input: &[u8]| -> () { serlab_fuzz::read("run_name", input) });
