//! The head of a CRL file, read without its entries, of which there may be millions.

use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;

use super::FileError;
use super::read::is_file;
use crate::encoding::ReadError;
use crate::encoding::revocation::Opening;
use crate::words::x509::revocation::ListHead;

/// More than any head, and any end with extensions and signature, is long.
const ENOUGH: u64 = 64 * 1024;

/// What a CRL file says beside its entries: none where there is no file, or something that is no CRL
/// in DER.
///
/// # Errors
/// Where something other than a file is there, or it cannot be read.
pub fn head(path: &Path) -> Result<Option<ListHead>, FileError> {
    if !is_file(path)? {
        return Ok(None);
    }
    let mut file = match File::open(path) {
        Ok(file) => file,
        // Somebody took it away meanwhile.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(FileError::io("read", path)(error)),
    };
    let mut beginning = Vec::new();
    (&file).take(ENOUGH).read_to_end(&mut beginning).map_err(FileError::io("read", path))?;
    let Ok(opening) = Opening::read(&beginning) else { return Ok(None) };
    let mut rest = Vec::new();
    file.seek(SeekFrom::Start(opening.rest() as u64)).map_err(FileError::io("read", path))?;
    file.take(ENOUGH).read_to_end(&mut rest).map_err(FileError::io("read", path))?;
    let head: Result<_, ReadError> = opening.close(&rest);
    Ok(head.ok().map(|(head, _)| head))
}
