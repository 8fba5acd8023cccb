//! The text of a table on its way to the reader of CSV: no record without an end gets there.

use std::io::{self, Read};

use thiserror::Error;

/// More than any line of a table needs.
pub(super) const LONGEST_RECORD: usize = 64 * 1024;
/// Spreadsheets begin files with a byte order mark.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// A record that does not end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(super) enum Endless {
    /// It is longer than a record may be.
    #[error("line {0} is too long")]
    TooLong(u64),
    /// The file ends within quotes.
    #[error("line {0} does not end")]
    Unclosed(u64),
}

impl From<Endless> for io::Error {
    fn from(endless: Endless) -> Self {
        Self::new(io::ErrorKind::InvalidData, endless)
    }
}

/// Where in a record the text is, as the reader of CSV sees it (RFC 4180 section 2, rules 5 to 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    FieldStart,
    Field,
    Quoted,
    /// Behind a quote in a quoted field: it ends the field, or is the first of two that stand for one.
    Quote,
}

/// A source without carriage returns: `csv` counts a line when it has read the line feed behind them, which is
/// when the next record has begun.
pub(super) struct Bounded<R> {
    source: R,
    place: Place,
    /// So much of the file was read.
    offset: usize,
    /// So much of the record.
    length: usize,
    /// The line at hand, and that where the record began.
    line: u64,
    begun: u64,
}

impl<R> Bounded<R> {
    pub(super) const fn new(source: R) -> Self {
        Self { source, place: Place::FieldStart, offset: 0, length: 0, line: 1, begun: 1 }
    }

    fn see(&mut self, octet: u8) -> Result<(), Endless> {
        let is_mark = BYTE_ORDER_MARK.get(self.offset) == Some(&octet);
        self.offset = self.offset.saturating_add(1);
        if is_mark {
            return Ok(());
        }
        self.length = self.length.saturating_add(1);
        let in_quotes = self.place == Place::Quoted;
        self.place = match (self.place, octet) {
            (Place::Quoted, b'"') => Place::Quote,
            (Place::FieldStart | Place::Quote, b'"') | (Place::Quoted, _) => Place::Quoted,
            (_, b',' | b'\n') => Place::FieldStart,
            _ => Place::Field,
        };
        if octet == b'\n' {
            self.line = self.line.saturating_add(1);
        }
        if octet == b'\n' && !in_quotes {
            (self.length, self.begun) = (0, self.line);
        }
        if self.length > LONGEST_RECORD { Err(Endless::TooLong(self.begun)) } else { Ok(()) }
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.source.read(buffer)?;
            let kept: Vec<u8> = buffer.iter().take(count).copied().filter(|octet| *octet != b'\r').collect();
            for (slot, octet) in buffer.iter_mut().zip(&kept) {
                self.see(*octet)?;
                *slot = *octet;
            }
            if count == 0 && self.place == Place::Quoted {
                return Err(Endless::Unclosed(self.begun).into());
            }
            // Nothing left of something read is not the end.
            if count == 0 || !kept.is_empty() {
                return Ok(kept.len());
            }
        }
    }
}
