#![no_main]

libfuzzer_sys::fuzz_target!(init: serlab_fuzz::ready("run_directory"), |input: &[u8]| -> () { serlab_fuzz::read("run_directory", input) });
