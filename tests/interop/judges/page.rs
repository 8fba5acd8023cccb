//! `docs/judges.md` as the tests read it: one table of what a judge refuses though it is sound, one of what
//! it notices of what is spoilt.

use std::path::Path;

/// The page.
pub struct Page {
    text: String,
}

/// What a judge says of some files, by a row of the page.
pub struct Exception {
    /// Patterns of names, in which `*` is any text, and of those that are not meant, behind `!`.
    pub files: String,
    pub says: String,
}

impl Page {
    pub fn read() -> Self {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/judges.md");
        Self { text: std::fs::read_to_string(page).unwrap() }
    }

    /// Rows `judge | files | says | reason` of this judge.
    pub fn exceptions(&self, judge: &str) -> Vec<Exception> {
        let rows = self.table("judge | files | says | reason");
        let rows = rows.into_iter().filter(|row| row[0] == judge);
        rows.map(|row| {
            let [_, files, says, reason] = &row[..] else { panic!("not a row: {row:?}") };
            assert!(!reason.is_empty(), "{files}: no reason");
            Exception { files: files.replace('`', ""), says: says.trim_matches('`').to_owned() }
        })
        .collect()
    }

    /// Whether this judge says anything of this spoilt file.
    pub fn notices(&self, judge: &str, id: &str) -> bool {
        let header = self.text.lines().find(|line| line.starts_with("| spoilt |")).unwrap();
        let column = cells(header).iter().position(|cell| cell == judge).unwrap();
        let name = id.trim_start_matches("spoilt/");
        let rows = self.table(header.trim_matches(['|', ' ']));
        rows.iter().find(|row| row[0].trim_matches('`') == name).is_some_and(|row| row[column] == "yes")
    }

    /// What is spoilt, in the order of the page.
    pub fn spoilt(&self) -> Vec<String> {
        let header = self.text.lines().find(|line| line.starts_with("| spoilt |")).unwrap();
        let rows = self.table(header.trim_matches(['|', ' ']));
        rows.iter().map(|row| row[0].trim_matches('`').to_owned()).collect()
    }

    /// The cells of the table with this head.
    fn table(&self, head: &str) -> Vec<Vec<String>> {
        let mut lines = self.text.lines().skip_while(|line| line.trim_matches(['|', ' ']) != head);
        assert!(lines.next().is_some(), "docs/judges.md has no table `{head}`");
        lines.skip(1).take_while(|line| line.starts_with('|')).map(cells).collect()
    }
}

impl Exception {
    pub fn is_about(&self, id: &str) -> bool {
        let (not, these): (Vec<&str>, Vec<&str>) =
            self.files.split_whitespace().partition(|text| text.starts_with('!'));
        these.iter().any(|pattern| matches(pattern, id)) && !not.iter().any(|pattern| matches(&pattern[1..], id))
    }
}

fn cells(line: &str) -> Vec<String> {
    line.trim().trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
}

/// Whether the text is the pattern, in which each `*` stands for any text.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, after)) => text.strip_prefix(before).is_some_and(|rest| {
            (0..=rest.len()).filter(|at| rest.is_char_boundary(*at)).any(|at| matches(after, &rest[at..]))
        }),
    }
}

#[test]
fn a_star_is_any_text() {
    for (pattern, text, is) in [
        ("a/*", "a/b/c", true),
        ("*/c", "a/b/c", true),
        ("a/*/c", "a/b/c", true),
        ("a", "a/b", false),
        ("a/*x", "a/b", false),
        ("*", "", true),
    ] {
        assert_eq!(matches(pattern, text), is, "{pattern} {text}");
    }
}
