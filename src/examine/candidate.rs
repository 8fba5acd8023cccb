//! A file of a folder in which there may be anything: what is much too large to be looked at and does not begin as
//! anything of ours does, a log or a database, is nobody's broken certificate.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::inspect::begins_as_known;
use crate::store::FileError;
use crate::store::read::{LARGEST_FILE, read_limited};

/// How much of a file that is too large says what it is.
const HEAD: u64 = 64 * 1024;

/// The whole of it; nothing where it is too large, and does not begin as anything that we read.
///
/// # Errors
/// It cannot be read, or is one of ours and too large.
pub fn read(path: &Path) -> Result<Option<Vec<u8>>, FileError> {
    match read_limited(path, LARGEST_FILE) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error @ FileError::TooLarge { .. }) => {
            let mut head = Vec::new();
            let read = File::open(path).and_then(|file| file.take(HEAD).read_to_end(&mut head));
            read.map_err(FileError::io("read", path))?;
            if begins_as_known(&head) { Err(error) } else { Ok(None) }
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_large_is_told_from_what_is_none_of_ours() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        for (head, is_ours) in [
            (&b"SQLite format 3\0"[..], false),
            (b"0 lines of a log\n", false),
            (b"# many\n-----BEGIN CERTIFICATE-----\n", true),
            (&[0x30, 0x84, 0x01, 0, 0, 0], true),
            (&[0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2], true),
        ] {
            let filler = vec![b'x'; usize::try_from(LARGEST_FILE).unwrap()];
            std::fs::write(&path, [head, &filler].concat()).unwrap();
            match read(&path) {
                Err(FileError::TooLarge { .. }) => assert!(is_ours, "{head:?}"),
                other => assert!(!is_ours && matches!(other, Ok(None)), "{head:?}"),
            }
        }
        std::fs::write(&path, "x").unwrap();
        assert_eq!(read(&path).unwrap(), Some(b"x".to_vec()));
    }
}
