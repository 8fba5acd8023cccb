//! What hostile input meets: for each of the eleven kinds of it a module with a function `look`, which does
//! what the commands do with such input and panics where something of that is not as promised.
//!
//! `fuzz_targets/` hands libFuzzer's input to them, `tests/corpus.rs` the committed one.

#![allow(dead_code, reason = "of the command, only the views are used here")]

include!("modules.rs");
