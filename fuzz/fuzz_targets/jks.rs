#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| mtls_ca_fuzz::jks::look(input));
