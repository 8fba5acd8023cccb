//! What may reach a terminal, and what a program may print.

#![allow(dead_code, reason = "each test uses its part")]

use serde_json::Value;

/// Control characters, and those that change the direction or the order of what is shown.
fn is_obeyed(c: char) -> bool {
    let turns = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    (c.is_control() && c != '\n') || turns || matches!(c, '\u{2028}' | '\u{2029}')
}

/// The text, which has nothing in it that a terminal would obey.
pub fn harmless(what: &str, bytes: &[u8]) -> String {
    let text = String::from_utf8(bytes.to_vec()).unwrap_or_else(|_| panic!("{what}: not UTF-8"));
    assert!(!text.contains(is_obeyed), "{what}: {text:?}");
    assert!(!text.contains("panicked at"), "{what}: {text}");
    text
}

/// The one JSON document of a standard output.
pub fn document(what: &str, stdout: &[u8]) -> Value {
    let text = harmless(what, stdout);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{what}: {error}: {text}"))
}
