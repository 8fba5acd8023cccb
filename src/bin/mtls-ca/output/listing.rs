//! One JSON document that is printed while its long list grows, laid out as if it were printed at once.

use std::io::{self, Write};

use serde_json::Value;

use super::{Layout, printed};

/// A document whose list is open.
#[derive(Debug)]
pub struct Listing<W> {
    out: W,
    is_empty: bool,
    written: io::Result<()>,
}

impl<W: Write> Listing<W> {
    /// Begins it with what every document begins with; this member is the list.
    pub fn begin(mut out: W, command: &str, member: &str) -> Self {
        let command = Value::from(command);
        let written = write!(out, "{{\n  \"format\": 1,\n  \"command\": {command},\n  \"{member}\": [");
        Self { out, is_empty: true, written }
    }

    /// Adds an element, as JSON that is laid out already. Says whether anybody reads it.
    pub fn add(&mut self, element: &str) -> bool {
        if self.written.is_ok() {
            let comma = if self.is_empty { "" } else { "," };
            self.is_empty = false;
            self.written = write!(self.out, "{comma}\n    ").and_then(|()| indented(&mut self.out, element, "    "));
        }
        self.written.is_ok()
    }

    /// Ends the list, and the document with these members.
    ///
    /// # Errors
    /// What the first write that failed said.
    pub fn end(self, members: impl IntoIterator<Item = (String, Value)>) -> io::Result<()> {
        let Self { mut out, is_empty, written } = self;
        written?;
        write!(out, "{}]", if is_empty { "" } else { "\n  " })?;
        for (member, value) in members {
            write!(out, ",\n  {}: ", Value::from(member))?;
            indented(&mut out, &printed(&value, Layout::Indented), "  ")?;
        }
        out.write_all(b"\n}\n")?;
        out.flush()
    }
}

/// Strings of JSON have no line ends, so that each begins a line of the layout.
fn indented(out: &mut impl Write, text: &str, indent: &str) -> io::Result<()> {
    for (number, line) in text.split('\n').enumerate() {
        if number > 0 {
            write!(out, "\n{indent}")?;
        }
        out.write_all(line.as_bytes())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::document;
    use super::*;
    use serde_json::json;

    #[test]
    fn it_looks_as_if_it_were_printed_at_once() {
        let elements = [json!({ "a": ["x\ny\u{202e}", {}, []], "b": null }), json!("two"), json!({})];
        let rest = [("passed_over".to_owned(), json!(["a\u{1b}"])), ("error".to_owned(), json!({ "kind": "io" }))];
        for count in 0..=elements.len() {
            let some: Vec<Value> = elements.iter().take(count).cloned().collect();
            let mut out = Vec::new();
            let mut listing = Listing::begin(&mut out, "inspect", "inputs");
            assert!(some.iter().all(|element| listing.add(&printed(element, Layout::Indented))));
            listing.end(rest.clone()).unwrap();
            let members = [vec![("inputs".to_owned(), Value::from(some))], rest.to_vec()].concat();
            assert_eq!(String::from_utf8(out).unwrap(), document("inspect", members), "{count}");
        }
    }

    #[test]
    fn what_nobody_takes_is_said_at_the_end() {
        let mut room = [0; 80];
        let mut listing = Listing::begin(&mut room[..], "inspect", "inputs");
        assert!(listing.add("{}"));
        assert!(!listing.add(&"x".repeat(80)));
        assert!(!listing.add("{}"));
        assert_eq!(listing.end([]).unwrap_err().kind(), io::ErrorKind::WriteZero);
    }
}
