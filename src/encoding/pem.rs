//! PEM (RFC 7468), several blocks to a file, with text around them.

use std::io;

use data_encoding::BASE64;

use super::ReadError;

/// One block: what it says it is, and its DER.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// `CERTIFICATE`, `PRIVATE KEY`, …
    pub label: String,
    /// The decoded bytes.
    pub der: Vec<u8>,
    /// Whether headers such as `Proc-Type: 4,ENCRYPTED` stood before the bytes (RFC 1421).
    pub has_headers: bool,
}

/// Whether these bytes have a PEM block in them, and are text.
#[must_use]
pub fn is_pem(bytes: &[u8]) -> bool {
    begins(bytes).next().is_some()
}

/// Where blocks begin; nowhere in DER and in Java key stores.
pub fn begins(bytes: &[u8]) -> impl Iterator<Item = usize> {
    const BEGIN: &[u8] = b"-----BEGIN ";
    let bytes = if is_binary(bytes) { &[] } else { bytes };
    // Few octets are the first of one: the others are not compared.
    let is_one = |window: &[u8]| window.first() == BEGIN.first() && window == BEGIN;
    bytes.windows(BEGIN.len()).enumerate().filter(move |(_, window)| is_one(window)).map(|(place, _)| place)
}

/// Whether the first octets are those of DER or of a Java key store. A block within is content, an extension's for one:
/// whoever took it for the file would look at, or sign, something else than every other reader of it.
fn is_binary(bytes: &[u8]) -> bool {
    match bytes {
        // A SEQUENCE with a long length, which begins no text in UTF-8, or with a short one that fits (X.690
        // section 8.1.3).
        [0x30, length, rest @ ..] => length & 0x80 != 0 || usize::from(*length) == rest.len(),
        [first, second, ..] => [*first, *second] == [0xfe, 0xed],
        _ => false,
    }
}

/// Passes on what begins as DER of ours does, with a SEQUENCE; of everything else the parsers'
/// complaints would tell a person nothing.
pub(super) fn may_be_der(what: &'static str, bytes: &[u8]) -> Result<(), ReadError> {
    match bytes.first() {
        Some(0x30) => Ok(()),
        Some(_) => Err(ReadError::new(what, "it is neither PEM (no `-----BEGIN`) nor DER")),
        None => Err(ReadError::new(what, "it is empty")),
    }
}

/// Every block of a file, in order; none where there is no `-----BEGIN`. Text around the blocks,
/// CRLF line ends and a byte order mark do not matter.
///
/// # Errors
/// Where a block is begun and does not decode.
pub fn blocks(bytes: &[u8]) -> Result<Vec<Block>, ReadError> {
    let mut begins = begins(bytes);
    let Some(first) = begins.next() else { return Ok(Vec::new()) };
    let begun = begins.count().saturating_add(1);
    // What stands before the first block need not be text at all.
    let text = bytes.get(first..).unwrap_or(bytes);
    let parsed = pem::parse_many(text).map_err(|error| ReadError::new("PEM file", error))?;
    if parsed.len() != begun {
        let begin = if begun == 1 { "1 block begins".to_owned() } else { format!("{begun} blocks begin") };
        let whole = match parsed.len() {
            0 => "none is".to_owned(),
            1 => "1 is".to_owned(),
            more => format!("{more} are"),
        };
        let reason = format!("{begin}, {whole} whole; is the file cut off?");
        return Err(ReadError::new("PEM file", reason));
    }
    let block = |pem: pem::Pem| Block {
        label: pem.tag().to_owned(),
        has_headers: pem.headers().iter().next().is_some(),
        der: pem.into_contents(),
    };
    Ok(parsed.into_iter().map(block).collect())
}

/// What a file has instead of what was looked for: `the file has only X509 CRL, PRIVATE KEY`.
pub(super) fn has_only(blocks: &[Block]) -> String {
    const MOST: usize = 5;
    let mut labels: Vec<&str> = Vec::new();
    for block in blocks {
        if labels.len() < MOST && !labels.contains(&block.label.as_str()) {
            labels.push(&block.label);
        }
    }
    format!("the file has only {}", labels.join(", "))
}

/// One block in lines of 64 characters with LF.
#[must_use]
pub fn write(label: &str, der: &[u8]) -> String {
    let config = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
    pem::encode_config(&pem::Pem::new(label, der), config)
}

/// The same, piece by piece, for what is too large to be held twice.
///
/// # Errors
/// What the writer says.
pub fn write_to(out: &mut dyn io::Write, label: &str, der: &[u8]) -> io::Result<()> {
    writeln!(out, "-----BEGIN {label}-----")?;
    // RFC 7468 section 2: lines of 64 characters, which are 48 octets.
    let mut text = String::new();
    for piece in der.chunks(48 * 1024) {
        text.clear();
        for line in piece.chunks(48) {
            BASE64.encode_append(line, &mut text);
            text.push('\n');
        }
        out.write_all(text.as_bytes())?;
    }
    writeln!(out, "-----END {label}-----")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_found_among_text() {
        let pem = "# Subject: x\r\n-----BEGIN CERTIFICATE-----\r\nAAEC\r\n-----END CERTIFICATE-----\r\n\
                   text\n-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----";
        let found = blocks(&[b"\xef\xbb\xbf", pem.as_bytes()].concat()).unwrap();
        let labels: Vec<&str> = found.iter().map(|block| block.label.as_str()).collect();
        assert_eq!(labels, ["CERTIFICATE", "EC PARAMETERS"]);
        assert_eq!(found[0].der, [0, 1, 2]);
        assert_eq!(blocks(b"no block here").unwrap(), []);
    }

    #[test]
    fn a_block_that_is_cut_off_is_an_error() {
        for cut in
            ["-----BEGIN CERTIFICATE-----\nAAEC\n", "-----BEGIN CERTIFICATE-----\nA*EC\n-----END CERTIFICATE-----\n"]
        {
            assert!(blocks(cut.as_bytes()).is_err(), "{cut}");
        }
        let whole = "-----BEGIN CERTIFICATE-----\nAAEC\n-----END CERTIFICATE-----\n";
        assert!(blocks(format!("{whole}-----BEGIN CERTIFICATE-----\nAA").as_bytes()).is_err());
        for (text, told) in [
            ("-----BEGIN A-----\nAA", "1 block begins, none is whole; is the file cut off?"),
            (&format!("{whole}-----BEGIN A-----\nAA"), "2 blocks begin, 1 is whole; is the file cut off?"),
        ] {
            let error = blocks(text.as_bytes()).unwrap_err().to_string();
            assert!(error.ends_with(told), "{error}");
        }
    }

    #[test]
    fn a_block_in_der_or_in_a_java_key_store_is_none() {
        let block = "-----BEGIN X-----\nAAEC\n-----END X-----\n".as_bytes();
        let length = u8::try_from(block.len()).unwrap();
        for (before, is_text) in [
            (&[0x30, length][..], false),
            (&[0x30, 0x81, length], false),
            (&[0x30, 0x80], false),
            (&[0xfe, 0xed, 0xfe, 0xed], false),
            (&[0x30, length - 1], true),
            (b"0 s:CN=a\n", true),
            (&[0xfe, 0xff], true),
            (b"", true),
        ] {
            let bytes = [before, block].concat();
            assert_eq!((is_pem(&bytes), blocks(&bytes).unwrap().len()), (is_text, usize::from(is_text)), "{before:x?}");
        }
    }

    #[test]
    fn pieces_make_the_same_as_the_whole() {
        for length in [0, 1, 47, 48, 49, 48 * 1024, 48 * 1024 + 1, 200_000] {
            let der: Vec<u8> = (0..length).map(|n| u8::try_from(n % 251).unwrap()).collect();
            let mut pieces = Vec::new();
            write_to(&mut pieces, "X", &der).unwrap();
            assert_eq!(String::from_utf8(pieces).unwrap(), write("X", &der), "{length}");
        }
    }

    #[test]
    fn what_is_written_is_what_rfc_7468_shows() {
        let lines: Vec<String> = write("X", &[0; 60]).lines().map(str::to_owned).collect();
        assert_eq!(lines[0], "-----BEGIN X-----");
        assert_eq!(lines[1].len(), 64);
        assert_eq!(lines[3], "-----END X-----");
    }
}
