//! Labelled values under a heading, labels aligned, values wrapped to the width that there is.

use owo_colors::OwoColorize;

use crate::output::Style;

const INDENT: usize = 2;
/// Characters of a value that are shown; a name can be megabytes long.
const LONGEST: usize = 2_000;
/// Where there is no terminal.
const WIDTH_ELSEWHERE: usize = 100;

/// A block of text: a heading and fields below it.
pub struct Fields {
    style: Style,
    label_width: usize,
    text: String,
}

impl Fields {
    /// Under this heading, with labels of at most so many characters.
    pub fn new(style: Style, heading: &str, label_width: usize) -> Self {
        let heading = if style.color { heading.bold().to_string() } else { heading.to_owned() };
        Self { style, label_width, text: format!("{heading}\n") }
    }

    /// One value. Values are plain text; use [`Fields::painted`] for those with colour.
    pub fn field(&mut self, label: &str, value: &str) {
        self.list(label, [value]);
    }

    /// Several values, one to a line, the label before the first. None at all is said as such.
    pub fn list<'a>(&mut self, label: &str, values: impl IntoIterator<Item = &'a str>) {
        let mut label = label;
        let room = self.style.width.unwrap_or(WIDTH_ELSEWHERE).saturating_sub(self.column()).max(24);
        for value in values {
            let cut = value.char_indices().nth(LONGEST).and_then(|(end, _)| value.get(..end));
            let cut = cut.map(|head| format!("{head}… (cut; `--json` has all of it)"));
            for line in wrapped(cut.as_deref().unwrap_or(value), room) {
                self.line(label, line);
                label = "";
            }
        }
        if !label.is_empty() {
            self.line(label, "none");
        }
    }

    /// One value that is coloured already, or must not be wrapped.
    pub fn painted(&mut self, label: &str, value: &str) {
        self.line(label, value);
    }

    /// A line of its own, without label.
    pub fn remark(&mut self, text: &str) {
        self.text.push_str(&format!("{:INDENT$}{text}\n", ""));
    }

    /// The block.
    pub fn finish(self) -> String {
        self.text
    }

    fn column(&self) -> usize {
        INDENT + self.label_width + 1
    }

    fn line(&mut self, label: &str, value: &str) {
        let padded = format!("{label:<width$}", width = self.label_width);
        let padded = if self.style.color { padded.dimmed().to_string() } else { padded };
        let line = format!("{:INDENT$}{padded} {value}", "");
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }
}

/// Cut into lines of at most `room` characters: after a comma and a space, or another space, where
/// there is one in the second half, else anywhere (long hex).
pub fn wrapped(text: &str, room: usize) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = text;
    while let Some((limit, _)) = rest.char_indices().nth(room.max(1)) {
        let (head, _) = rest.split_at(limit);
        let cut = head.rfind(' ').map(|space| space + 1).filter(|cut| *cut > limit / 2).unwrap_or(limit);
        let (line, tail) = rest.split_at(cut);
        lines.push(line.trim_end());
        rest = tail;
    }
    lines.push(rest);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_values_hang_under_their_label() {
        let mut fields = Fields::new(Style { color: false, width: Some(40) }, "Certificate", 8);
        fields.field("names", "dns:api.internal, dns:b.internal, ip:10.0.0.1");
        fields.list("none", []);
        assert_eq!(
            fields.finish(),
            "Certificate\n  names    dns:api.internal,\n           dns:b.internal, ip:10.0.0.1\n  none     none\n"
        );
        assert_eq!(wrapped("äöüäöü", 4), ["äöüä", "öü"]);
        assert_eq!(wrapped("", 4), [""]);
    }
}
