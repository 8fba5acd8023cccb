//! A TOML file as tables whose every value knows its line, and whose every key has to be known.

use std::ops::Range;

use serde::Serialize;
use toml::de::{DeTable, DeValue};

use crate::words::finding::{Finding, Place};

/// A value and where it is written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// The line that says so.
    pub place: Place,
}

impl<T> Sourced<T> {
    /// A value with its place.
    #[must_use]
    pub const fn new(value: T, place: Place) -> Self {
        Self { value, place }
    }
}

/// A list that knows where it begins and where each of its items stands.
pub type SourcedList<T> = Sourced<Vec<Sourced<T>>>;

/// One file's text under the path by which the operator knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Such as `ca/profiles/db.toml`, or `built-in client.toml`.
    pub file: String,
    /// What it says.
    pub text: String,
}

impl Source {
    /// The file as a whole.
    #[must_use]
    pub fn whole(&self) -> Place {
        Place { file: self.file.clone(), line: None }
    }

    fn place(&self, span: &Range<usize>) -> Place {
        let before = self.text.get(..span.start).unwrap_or(&self.text);
        let line = before.matches('\n').count() + 1;
        Place { file: self.file.clone(), line: Some(line) }
    }
}

/// A table of a file, from which keys are taken one by one; what is left over is not known.
pub(crate) struct Table<'s> {
    source: &'s Source,
    /// `""` for the file itself, `[names] ` for a table; put before the keys in messages.
    prefix: String,
    entries: Vec<(String, Range<usize>, DeValue<'s>)>,
    known: Vec<&'static str>,
}

impl<'s> Table<'s> {
    /// Reads a whole file.
    pub(crate) fn read(source: &'s Source) -> Result<Self, Box<Finding>> {
        match DeTable::parse(&source.text) {
            Ok(table) => Ok(Self::new(source, String::new(), table.into_inner())),
            Err(error) => {
                let place = error.span().map_or_else(|| source.whole(), |span| source.place(&span));
                let message =
                    format!("the file is not TOML: {}", error.message().lines().collect::<Vec<_>>().join("; "));
                Err(Box::new(Finding::error("profile.syntax", message).at(place)))
            }
        }
    }

    fn new(source: &'s Source, prefix: String, table: DeTable<'s>) -> Self {
        let mut entries: Vec<_> = table
            .into_iter()
            .map(|(key, value)| {
                let span = key.span();
                (key.into_inner().into_owned(), span, value.into_inner())
            })
            .collect();
        entries.sort_by_key(|(_, span, _)| span.start);
        Self { source, prefix, entries, known: Vec::new() }
    }

    /// The table under this key; an empty one where there is none.
    pub(crate) fn table(&mut self, key: &'static str, findings: &mut Vec<Finding>) -> Table<'s> {
        let source = self.source;
        let prefix = format!("[{key}] ");
        match self.take(key) {
            Some((_, DeValue::Table(table))) => Self::new(source, prefix, table),
            Some((place, other)) => {
                findings.push(self.wrong_type(key, "a table", &other, place));
                Self::new(source, prefix, DeTable::new())
            }
            None => Self::new(source, prefix, DeTable::new()),
        }
    }

    /// Whether the key is written, for tables whose absence means something else than being empty.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|(name, ..)| name == key)
    }

    /// The text under this key, read by `parse`.
    pub(crate) fn text<T, E: ToString>(
        &mut self,
        key: &'static str,
        parse: impl Fn(&str) -> Result<T, E>,
        findings: &mut Vec<Finding>,
    ) -> Option<Sourced<T>> {
        let (place, value) = self.take(key)?;
        self.parsed(key, place, &value, &parse, findings)
    }

    /// The list of texts under this key, each read by `parse`.
    pub(crate) fn list<T, E: ToString>(
        &mut self,
        key: &'static str,
        parse: impl Fn(&str) -> Result<T, E>,
        findings: &mut Vec<Finding>,
    ) -> Option<SourcedList<T>> {
        let (place, value) = self.take(key)?;
        let DeValue::Array(items) = value else {
            findings.push(self.wrong_type(key, "a list such as `[\"…\"]`", &value, place));
            return None;
        };
        let read = items
            .iter()
            .filter_map(|item| self.parsed(key, self.source.place(&item.span()), item.get_ref(), &parse, findings))
            .collect();
        Some(Sourced::new(read, place))
    }

    /// `true` or `false` under this key.
    pub(crate) fn flag(&mut self, key: &'static str, findings: &mut Vec<Finding>) -> Option<Sourced<bool>> {
        match self.take(key)? {
            (place, DeValue::Boolean(flag)) => Some(Sourced::new(flag, place)),
            (place, other) => {
                findings.push(self.wrong_type(key, "`true` or `false`", &other, place));
                None
            }
        }
    }

    /// A whole number from 0 to 255 under this key.
    pub(crate) fn small_number(&mut self, key: &'static str, findings: &mut Vec<Finding>) -> Option<Sourced<u32>> {
        let (place, value) = self.take(key)?;
        let number = match &value {
            DeValue::Integer(digits) => u8::from_str_radix(digits.as_str(), digits.radix()).ok(),
            _ => None,
        };
        if number.is_none() {
            findings.push(self.wrong_type(key, "a whole number from 0 to 255", &value, place.clone()));
        }
        number.map(|number| Sourced::new(u32::from(number), place))
    }

    /// Every key of the table with its text, in the order of the file, for tables whose keys are the operator's.
    pub(crate) fn texts(mut self, findings: &mut Vec<Finding>) -> Vec<(String, Sourced<String>)> {
        let mut texts = Vec::new();
        for (key, key_span, value) in std::mem::take(&mut self.entries) {
            let place = self.source.place(&key_span);
            match value {
                DeValue::String(text) => texts.push((key, Sourced::new(text.into_owned(), place))),
                other => findings.push(self.wrong_type(&key, "text", &other, place)),
            }
        }
        texts
    }

    /// Reports every key that nobody has asked for.
    pub(crate) fn finish(self, findings: &mut Vec<Finding>) {
        for (key, key_span, _) in &self.entries {
            let shown = crate::words::x509::general_name::escaped(key);
            let unknown = Finding::error("profile.unknown_key", format!("`{}{shown}` is not known", self.prefix))
                .asked(shown)
                .allowed(self.known.join(", "))
                .at(self.source.place(key_span));
            findings.push(match nearest(key, self.known.iter().copied()) {
                Some(known) => unknown.hint(format!("did you mean `{known}`?")),
                None => unknown,
            });
        }
    }

    fn take(&mut self, key: &'static str) -> Option<(Place, DeValue<'s>)> {
        self.known.push(key);
        let position = self.entries.iter().position(|(name, ..)| name == key)?;
        let (_, key_span, value) = self.entries.remove(position);
        Some((self.source.place(&key_span), value))
    }

    fn parsed<T, E: ToString>(
        &self,
        key: &str,
        place: Place,
        value: &DeValue<'_>,
        parse: &impl Fn(&str) -> Result<T, E>,
        findings: &mut Vec<Finding>,
    ) -> Option<Sourced<T>> {
        let DeValue::String(text) = value else {
            findings.push(self.wrong_type(key, "text", value, place));
            return None;
        };
        match parse(text) {
            Ok(parsed) => Some(Sourced::new(parsed, place)),
            Err(error) => {
                let reason = crate::words::x509::general_name::escaped(&error.to_string());
                let message = format!("`{}{key}`: {reason}", self.prefix);
                findings.push(Finding::error("profile.bad_value", message).at(place));
                None
            }
        }
    }

    fn wrong_type(&self, key: &str, wanted: &str, found: &DeValue<'_>, place: Place) -> Finding {
        let kind = match found {
            DeValue::String(_) => "text",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "`true` or `false`",
            DeValue::Datetime(_) => "a time",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        let shown = crate::words::x509::general_name::escaped(key);
        let message = format!("`{}{shown}` has to be {wanted}, and is {kind}", self.prefix);
        Finding::error("profile.wrong_type", message).at(place)
    }
}

/// The known word that the written one is nearest to, where it is near enough to be meant.
pub(crate) fn nearest<'a>(written: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|word| (strsim::damerau_levenshtein(&written.to_lowercase(), word), word))
        .filter(|(distance, word)| *distance <= 1 + word.len() / 4)
        .min()
        .map(|(_, word)| word)
}
