//! A table of certificates to be made, in CSV (RFC 4180): a header, then a line for each.

use std::fmt;
use std::io::Read;
use std::path::{Component, Path, PathBuf};
use std::str::FromStr;

use csv::{ErrorKind, ReaderBuilder, StringRecord};
use thiserror::Error;

use super::bounded::{Bounded, Endless, LONGEST_RECORD};
use crate::authority::KeyOrder;
use crate::enroll::csr::Wishes;
use crate::profile::ProfileName;
use crate::words::order::Order;
use crate::words::x509::algorithm::KeyAlgorithm;
use crate::words::x509::lifetime::{Lifetime, LifetimeWish};
use crate::words::x509::name_text::NameText;
use crate::words::x509::san::San;

/// A column. `name` has to be there; an empty field is as one that is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// What it is called, as `issue NAME`.
    Name,
    /// By which rules.
    Profile,
    /// Alternative names, with `;` between them.
    San,
    /// How long it holds.
    Lifetime,
    /// The subject, instead of `CN=name`.
    Subject,
    /// What key is made.
    KeyAlgorithm,
    /// The folder for its files.
    Out,
}

impl Column {
    const ALL: [(&'static str, Self); 7] = [
        ("name", Self::Name),
        ("profile", Self::Profile),
        ("san", Self::San),
        ("lifetime", Self::Lifetime),
        ("subject", Self::Subject),
        ("key_algorithm", Self::KeyAlgorithm),
        ("out", Self::Out),
    ];
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, _) = Self::ALL.iter().find(|(_, column)| column == self).unwrap_or(&("", Self::Name));
        f.write_str(name)
    }
}

/// What is wrong with a table, or a line of it.
#[derive(Debug, Error)]
pub enum TableError {
    /// The header has a column that there is not.
    #[error(
        "line 1: there is no column `{found}`; columns are name, profile, san, lifetime, subject, key_algorithm, out"
    )]
    UnknownColumn {
        /// As it stands there.
        found: String,
    },
    /// The header has a column twice.
    #[error("line 1: the column `{0}` stands there twice")]
    TwiceColumn(Column),
    /// The header lacks the column that has to be there.
    #[error("line 1: there is no column `name`")]
    NoName,
    /// A line has another number of fields than the header.
    #[error("line {line}: {found} field{}, where the header has {wanted}", if *found == 1 { "" } else { "s" })]
    Fields {
        /// Which line.
        line: u64,
        /// How many it has.
        found: u64,
        /// How many the header has.
        wanted: u64,
    },
    /// A field does not say what it should.
    #[error("line {line}, column `{column}`: {reason}")]
    Field {
        /// Which line.
        line: u64,
        /// Which field of it.
        column: Column,
        /// What is wrong.
        reason: String,
    },
    /// A line is not text.
    #[error("line {line}: it is not UTF-8")]
    NotText {
        /// Which line.
        line: u64,
    },
    /// A line, or what its quotes hold together, is longer than any needs.
    #[error("line {line}: it is longer than {LONGEST_RECORD} bytes, and no line behind it was read")]
    TooLong {
        /// Where it begins.
        line: u64,
    },
    /// The file was cut off, or a quote is missing.
    #[error("line {line}: the table ends within its quotes")]
    Unclosed {
        /// Where it begins.
        line: u64,
    },
    /// The file cannot be read on.
    #[error("the table cannot be read on")]
    Io(#[source] std::io::Error),
}

/// A line of the table.
#[derive(Debug)]
pub struct Line {
    /// Which, counted from 1, the header being the first.
    pub number: u64,
    /// What it is called; empty where the line cannot be read.
    pub name: String,
    /// The folder for its files.
    pub out: Option<PathBuf>,
    /// What is wanted, or what is wrong with it.
    pub order: Result<KeyOrder, TableError>,
}

/// A table, read line by line.
pub struct Table<R> {
    reader: csv::Reader<Bounded<R>>,
    columns: Vec<Column>,
    /// The rules for lines that name none.
    profile: ProfileName,
    is_over: bool,
}

impl<R: Read> Table<R> {
    /// Reads the header.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn open(source: R, profile: ProfileName) -> Result<Self, TableError> {
        let mut reader = ReaderBuilder::new().trim(csv::Trim::All).from_reader(Bounded::new(source));
        let header = reader.headers().map_err(|error| of_csv(error, 1))?.clone();
        let mut columns = Vec::new();
        for (position, found) in header.iter().enumerate() {
            // Spreadsheets begin files with a byte order mark.
            let found = if position == 0 { found.trim_start_matches('\u{feff}') } else { found };
            let known = Column::ALL.iter().find(|(name, _)| *name == found);
            let (_, column) = known.ok_or_else(|| TableError::UnknownColumn { found: shortened(found) })?;
            if columns.contains(column) {
                return Err(TableError::TwiceColumn(*column));
            }
            columns.push(*column);
        }
        if !columns.contains(&Column::Name) {
            return Err(TableError::NoName);
        }
        Ok(Self { reader, columns, profile, is_over: false })
    }

    fn line(&self, record: &StringRecord) -> Line {
        let number = record.position().map_or(0, csv::Position::line);
        let field = |wanted: Column| {
            let position = self.columns.iter().position(|column| *column == wanted)?;
            record.get(position).filter(|text| !text.is_empty())
        };
        let order = self.order(number, field);
        let name = field(Column::Name).unwrap_or_default();
        Line {
            number,
            // Where it names no file it is told, and no more.
            name: if order.is_ok() { name.to_owned() } else { shortened(name) },
            out: field(Column::Out).map(PathBuf::from),
            order,
        }
    }

    fn order<'a>(&self, line: u64, field: impl Fn(Column) -> Option<&'a str>) -> Result<KeyOrder, TableError> {
        let wrong = |column, reason: String| TableError::Field { line, column, reason: shortened(&reason) };
        let name = field(Column::Name).ok_or_else(|| wrong(Column::Name, "it is empty".to_owned()))?;
        let is_below = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
        if let Some(out) = field(Column::Out).filter(|out| !Path::new(out).components().all(is_below)) {
            return Err(wrong(Column::Out, format!("`{}` is not below the folder of `--out`", shortened(out))));
        }
        let sans = field(Column::San).unwrap_or_default().split(';').map(str::trim).filter(|san| !san.is_empty());
        let sans = sans.map(|san| parsed::<San>(line, Column::San, san)).collect::<Result<Vec<_>, _>>()?;
        let subject = optional::<NameText>(line, Column::Subject, field(Column::Subject))?;
        let wishes = Wishes::named(name, subject, sans).map_err(|error| wrong(Column::Name, error.to_string()))?;
        let lifetime = optional::<Lifetime>(line, Column::Lifetime, field(Column::Lifetime))?;
        let key_algorithm = optional(line, Column::KeyAlgorithm, field(Column::KeyAlgorithm))?;
        Ok(KeyOrder {
            profile: optional(line, Column::Profile, field(Column::Profile))?.unwrap_or_else(|| self.profile.clone()),
            key_algorithm: key_algorithm.unwrap_or(KeyAlgorithm::EcdsaP256),
            order: Order {
                subject: Some(wishes.subject),
                sans: wishes.sans,
                lifetime: lifetime.map(LifetimeWish::For),
                ..Order::default()
            },
        })
    }
}

impl<R: Read> Iterator for Table<R> {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        if self.is_over {
            return None;
        }
        let number = self.reader.position().line();
        let mut record = StringRecord::new();
        match self.reader.read_record(&mut record) {
            Ok(false) => None,
            Ok(true) => Some(self.line(&record)),
            Err(error) => {
                // What a line has wrong concerns that line; a file that cannot be read ends here.
                self.is_over = matches!(error.kind(), ErrorKind::Io(_));
                Some(Line { number, name: String::new(), out: None, order: Err(of_csv(error, number)) })
            }
        }
    }
}

fn parsed<T: FromStr<Err: fmt::Display>>(line: u64, column: Column, text: &str) -> Result<T, TableError> {
    text.parse().map_err(|error: T::Err| TableError::Field { line, column, reason: shortened(&error.to_string()) })
}

fn optional<T: FromStr<Err: fmt::Display>>(
    line: u64,
    column: Column,
    text: Option<&str>,
) -> Result<Option<T>, TableError> {
    text.map(|text| parsed(line, column, text)).transpose()
}

/// A message is no place for all that a table may hold: of what is long the middle is left out, so that the end
/// of a sentence says what is allowed.
fn shortened(text: &str) -> String {
    const KEPT: usize = 100;
    let count = text.chars().count();
    if count <= 3 * KEPT {
        return text.to_owned();
    }
    let (start, end) = (text.chars().take(KEPT), text.chars().skip(count - KEPT));
    start.chain(['…']).chain(end).collect()
}

fn of_csv(error: csv::Error, line: u64) -> TableError {
    match error.into_kind() {
        ErrorKind::UnequalLengths { pos, expected_len, len } => {
            TableError::Fields { line: pos.map_or(line, |pos| pos.line()), found: len, wanted: expected_len }
        }
        ErrorKind::Utf8 { pos, .. } => TableError::NotText { line: pos.map_or(line, |pos| pos.line()) },
        ErrorKind::Io(error) => match error.get_ref().and_then(|error| error.downcast_ref()) {
            Some(Endless::TooLong(line)) => TableError::TooLong { line: *line },
            Some(Endless::Unclosed(line)) => TableError::Unclosed { line: *line },
            None => TableError::Io(error),
        },
        other => TableError::Io(std::io::Error::other(format!("{other:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Line>, TableError> {
        Ok(Table::open(text.as_bytes(), ProfileName::CLIENT)?.collect())
    }

    #[test]
    fn each_column_has_its_place_in_the_order() {
        let text = "\u{feff}name,san,profile,lifetime,subject,key_algorithm,out\r\n\
                    api,api.internal; 10.0.0.5,server,30d,\"O=Example, CN=api\",ed25519,tls/api\r\n\
                    billing,,,,,,\r\n";
        let lines = read(text).unwrap();
        let [api, billing] = lines.as_slice() else { panic!("{lines:?}") };
        let order = api.order.as_ref().unwrap();
        assert_eq!((api.number, api.name.as_str(), api.out.clone()), (2, "api", Some("tls/api".into())));
        assert_eq!((order.profile.as_str(), order.key_algorithm), ("server", KeyAlgorithm::Ed25519));
        let sans: Vec<String> = order.order.sans.iter().map(San::to_string).collect();
        assert_eq!(sans, ["dns:api.internal", "ip:10.0.0.5"]);
        assert_eq!(order.order.subject, Some("O=Example,CN=api".parse().unwrap()));
        assert_eq!(order.order.lifetime, Some(LifetimeWish::For("30d".parse().unwrap())));
        let order = billing.order.as_ref().unwrap();
        assert_eq!(
            (billing.number, order.profile.as_str(), order.key_algorithm),
            (3, "client", KeyAlgorithm::EcdsaP256)
        );
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        for (header, message) in [
            ("name,nmae\n", "line 1: there is no column `nmae`"),
            ("profile\n", "line 1: there is no column `name`"),
            ("name,san,name\n", "line 1: the column `name` stands there twice"),
            ("", "line 1: there is no column"),
        ] {
            let error = read(header).map(drop).unwrap_err().to_string();
            assert!(error.starts_with(message), "{error}");
        }
        let text = "name,lifetime\na\nb,soon\n,1d\n\"c\nd\",1d,x\ne,1d\n";
        let told: Vec<String> = read(text)
            .unwrap()
            .into_iter()
            .map(|line| line.order.map_or_else(|e| e.to_string(), |_| "good".into()))
            .collect();
        let [short, lifetime, nameless, long, good] = told.as_slice() else { panic!("{told:?}") };
        assert_eq!(short, "line 2: 1 field, where the header has 2");
        assert!(lifetime.starts_with("line 3, column `lifetime`: `soon`"), "{lifetime}");
        assert_eq!(nameless, "line 4, column `name`: it is empty");
        assert_eq!(long, "line 5: 3 fields, where the header has 2");
        assert_eq!(good, "good");
        let told = read("name,out\na,../b\na,/b\na,b/../../c\na,./b/c\n").unwrap();
        let is_below: Vec<bool> = told.iter().map(|line| line.order.is_ok()).collect();
        assert_eq!(is_below, [false, false, false, true]);
        let lines: Vec<Line> = Table::open(&b"name\n\xff\nb\n"[..], ProfileName::CLIENT).unwrap().collect();
        assert!(matches!(&lines[0].order, Err(TableError::NotText { line: 2 })) && lines[1].order.is_ok());
    }

    fn told(text: &str) -> Vec<String> {
        let said = |line: Line| line.order.map_or_else(|error| error.to_string(), |_| line.name);
        read(text).unwrap().into_iter().map(said).collect()
    }

    #[test]
    fn a_table_that_was_cut_off_within_quotes_is_not_taken_as_it_stands() {
        let unclosed = "line 3: the table ends within its quotes";
        assert_eq!(told("name,san\r\nx1,x1.internal\r\nx2,\"x2.intern"), ["x1", unclosed]);
        // A quote that is never closed holds all that follows.
        assert_eq!(told("name,san\nx1,\nx2,\"x2.internal\nx3,\nx4,\n"), ["x1", unclosed]);
        assert_eq!(told("\u{feff}\"name\",san\nx1,\n\n\"x2"), ["x1", "line 4: the table ends within its quotes"]);
        assert!(matches!(read("\"name"), Err(TableError::Unclosed { line: 1 })));
        // These quotes are closed, or are none.
        for text in ["name,san\nx1,\"\"", "name,san\nx1,\"x1.internal\"", "name\n\"x1\"", "name,san\nx1, \"\n"] {
            assert!(read(text).unwrap().iter().all(|line| !matches!(line.order, Err(TableError::Unclosed { .. }))));
        }
        assert_eq!(told("name,subject\nx1,\"O=a \"\"b\"\", CN=x1\"\nx2,"), ["x1", "x2"]);
    }

    #[test]
    fn a_line_without_an_end_ends_the_table() {
        let long = |count: usize| format!("name,san\nx1,\nx2,{}\nx3,\n", " ".repeat(count));
        assert_eq!(told(&long(LONGEST_RECORD - 4)), ["x1", "x2", "x3"]);
        let too_long = "line 3: it is longer than 65536 bytes, and no line behind it was read";
        assert_eq!(told(&long(LONGEST_RECORD)), ["x1", too_long]);
        assert_eq!(told(&long(8 * LONGEST_RECORD)), ["x1", too_long]);
        let lines = "y,\n".repeat(LONGEST_RECORD);
        assert_eq!(told(&format!("name,san\nx1,\nx2,\"\n{lines}")), ["x1", too_long]);
        let header = "n".repeat(LONGEST_RECORD + 1);
        assert!(matches!(read(&header), Err(TableError::TooLong { line: 1 })));
        // Many lines are no long line.
        assert_eq!(read(&format!("name,san\n{lines}")).unwrap().len(), LONGEST_RECORD);
    }

    #[test]
    fn of_a_long_field_a_message_has_the_beginning() {
        let x = "x".repeat(60_000);
        assert!(read(&x).unwrap_err().to_string().chars().count() < 400);
        for text in [
            format!("name\n{x}"),
            format!("name,san\na,{x}"),
            format!("name,lifetime\na,{x}"),
            format!("name,out\na,/{x}"),
        ] {
            let lines = read(&text).unwrap();
            let [Line { name, order: Err(error), .. }] = lines.as_slice() else { panic!("{lines:?}") };
            let message = error.to_string();
            assert!(message.chars().count() < 400 && message.contains("xxxx"), "{message}");
            assert!(name.chars().count() <= 201);
        }
    }
}
