#![no_main]

libfuzzer_sys::fuzz_target!(init: serlab_fuzz::ready("checkpoint_content"), |input: &[u8]| -> () { serlab_fuzz::read("checkpoint_content", input) });
