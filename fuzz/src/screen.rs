//! What is shown, held to its promises: no text can disturb a terminal, and JSON is JSON.

use mtls_ca::x509::general_name::escaped;
use serde::Serialize;
use serde_json::Value;

use crate::failure::Failure;
use crate::output::{Answer, Layout, printed};
use crate::stage;

/// Text for people: neither control characters nor those that reorder or hide text, line ends apart.
pub fn text(shown: &str) {
    for line in shown.split('\n') {
        assert_eq!(escaped(line), line, "this would reach a terminal");
    }
}

/// A value that is printed as JSON: it parses as what it was, and cannot disturb a terminal.
pub fn json(value: &impl Serialize) {
    let value = serde_json::to_value(value).expect("a value of ours has a JSON form");
    let shown = printed(&value, Layout::Indented);
    text(&shown);
    let again: Value = serde_json::from_str(&shown).expect("what was printed parses");
    assert_eq!(again, value);
}

/// What a command answers.
pub fn answer(answer: &Answer) {
    text(&answer.text);
    answer.notices.iter().for_each(|notice| text(notice));
    json(&answer.json);
    answer.verdict.iter().for_each(failure);
}

/// Why a command does not answer.
pub fn failure(failure: &Failure) {
    text(&failure.to_text(stage::plain()));
    json(&failure.to_json());
}
