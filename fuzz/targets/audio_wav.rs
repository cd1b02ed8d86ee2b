#![no_main]

libfuzzer_sys::fuzz_target!(init: serlab_fuzz::ready("audio_wav"), |input: &[u8]| -> () { serlab_fuzz::read("audio_wav", input) });
