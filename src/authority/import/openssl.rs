//! The records of `openssl ca`, and of easy-rsa, which keeps the same: `index.txt`, `crlnumber`, and the
//! certificates in folders beside it.

use std::path::{Path, PathBuf};

use super::openssl_index;
use super::source::{Source, Trouble};
use crate::authority::AuthorityError;
use crate::store::directory::parent_of;
use crate::store::read::{is_file, read_limited};
use crate::words::x509::crl_number::CrlNumber;
use crate::words::x509::serial::Serial;

/// The most that an index may weigh: some millions of lines.
const LARGEST_INDEX: u64 = 1024 * 1024 * 1024;
/// Where `openssl ca` and easy-rsa (2 and 3) put what they issue, beside the index.
const FOLDERS: [&str; 6] = ["newcerts", "certs", "certs_by_serial", "issued", "revoked", "renewed"];

impl Source {
    /// The folder of `openssl ca` (`dir` of its configuration), or the index alone, with the folders
    /// of certificates that lie elsewhere.
    ///
    /// # Errors
    /// Where there is no index, or a folder cannot be read.
    pub fn openssl(place: &Path, more: &[PathBuf]) -> Result<Self, AuthorityError> {
        let index = if place.is_dir() { place.join("index.txt") } else { place.to_owned() };
        indexed("openssl", &index, more)
    }

    /// The `pki` folder of easy-rsa 3, or the `keys` folder of easy-rsa 2.
    ///
    /// # Errors
    /// As [`Source::openssl`].
    pub fn easyrsa(folder: &Path) -> Result<Self, AuthorityError> {
        let candidates = [folder.to_owned(), folder.join("pki"), folder.join("keys")];
        let found = candidates.iter().find(|folder| folder.join("index.txt").is_file());
        indexed("easyrsa", &found.unwrap_or(&folder.to_owned()).join("index.txt"), &[])
    }
}

fn indexed(tool: &str, index: &Path, more: &[PathBuf]) -> Result<Source, AuthorityError> {
    let mut source = Source::new(tool);
    let (records, troubles) = openssl_index::parse(&read_limited(index, LARGEST_INDEX)?, &index.display().to_string());
    // A line that cannot be read may be a revocation.
    source.knows_revocations = troubles.is_empty();
    source.records = records;
    source.troubles = troubles;
    let folder = parent_of(index);
    source.look_into(folder, 0)?;
    for name in FOLDERS {
        let beside = folder.join(name);
        if beside.is_dir() {
            source.look_into(&beside, 2)?;
        }
    }
    for folder in more {
        source.look_into(folder, 2)?;
    }
    let file = folder.join("crlnumber");
    if is_file(&file)? {
        match last_of_next(&read_limited(&file, 4096)?) {
            Ok(number) => source.crl_number = number,
            Err(reason) => source.troubles.push(Trouble { place: format!("{}:1", file.display()), reason }),
        }
    }
    Ok(source)
}

/// `crlnumber` holds the number of the next CRL; the last one is the one before. None where there
/// was no CRL yet.
fn last_of_next(text: &[u8]) -> Result<Option<CrlNumber>, String> {
    let text = String::from_utf8_lossy(text);
    let next: Serial = text.trim().parse().map_err(|error| format!("{error}"))?;
    if next.is_zero() {
        return Ok(None);
    }
    let mut octets = next.octets().to_vec();
    for octet in octets.iter_mut().rev() {
        let (less, borrowed) = octet.overflowing_sub(1);
        *octet = less;
        if !borrowed {
            break;
        }
    }
    let last = Some(Serial::from_octets(&octets)).filter(|last| !last.is_zero());
    Ok(last.as_ref().and_then(CrlNumber::from_serial))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_number_is_the_one_before_the_next() {
        for (next, last) in
            [("1000\n", Some("0fff")), ("01", None), ("00", None), ("2B", Some("2a")), ("010000", Some("00ffff"))]
        {
            assert_eq!(
                last_of_next(next.as_bytes()).unwrap().map(|last| last.to_serial().to_string()).as_deref(),
                last
            );
        }
        assert!(last_of_next(b"x").is_err());
    }
}
