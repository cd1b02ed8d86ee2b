#![no_main]

libfuzzer_sys::fuzz_target!(init: serlab_fuzz::ready("audio_compressed"), |input: &[u8]| -> () { serlab_fuzz::read("audio_compressed", input) });
