#![no_main]

libfuzzer_sys::fuzz_target!(init: serlab_fuzz::ready("crema_d"), |input: &[u8]| -> () { serlab_fuzz::read("crema_d", input) });
