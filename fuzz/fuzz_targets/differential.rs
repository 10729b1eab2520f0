#![no_main]

use agentsudo_testkit::reference::targets;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| targets::differential(bytes));
