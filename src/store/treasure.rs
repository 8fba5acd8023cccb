//! What no file takes the place of, whatever was said: keys and ledgers.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use zeroize::Zeroizing;

use super::{FileError, Treasure};
use crate::encoding::jks;
use crate::encoding::recognition::{Shape, shape};

/// How much of a file is searched for a key before it is replaced.
const LOOKED_AT: usize = 64 * 1024;
/// The end of the label of every private key in PEM (RFC 7468 sections 10 and 11).
const KEY_LABEL: &[u8] = b"PRIVATE KEY-----";

/// A key is never replaced: what was sealed or signed with it is worth nothing without it. Nor is
/// a ledger.
pub(super) fn refuse(path: &Path) -> Result<(), FileError> {
    let mut start = Zeroizing::new(Vec::with_capacity(LOOKED_AT));
    let file = File::open(path).map_err(FileError::io("read", path))?;
    file.take(LOOKED_AT as u64).read_to_end(&mut start).map_err(FileError::io("read", path))?;
    let is_key = start.windows(KEY_LABEL.len()).any(|window| window == KEY_LABEL)
        || matches!(
            shape(&start),
            Shape::PrivateKeyInfo
                | Shape::EncryptedPrivateKeyInfo
                | Shape::EcPrivateKey
                | Shape::RsaPrivateKey
                | Shape::DsaPrivateKey
                | Shape::Pkcs12
        )
        || jks::may_hold_key(&start);
    let holds = match () {
        () if is_key => Treasure::Key,
        () if start.starts_with(b"SQLite format 3\0") => Treasure::Ledger,
        () => return Ok(()),
    };
    Err(FileError::NeverReplaced { path: path.to_owned(), holds })
}
