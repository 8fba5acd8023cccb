//! Why a row of a batch has no answer.

use std::path::PathBuf;

use thiserror::Error;

use super::table::TableError;
use crate::authority::AuthorityError;
use crate::bundle::deliver::Misplaced;
use crate::encoding::ReadError;
use crate::keys::OpenKeyError;
use crate::store::FileError;
use crate::store::exposure::Exposed;
use crate::words::x509::serial::Serial;

/// Why a row of a batch has no answer, or its answer is not where it belongs.
#[derive(Debug, Error)]
pub enum RowError {
    /// As for a single certificate.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A request does not decode.
    #[error("cannot read `{}`", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: ReadError,
    },
    /// A file holds several requests.
    #[error("`{}` holds {count} requests; one is wanted", path.display())]
    Several {
        /// Which file.
        path: PathBuf,
        /// How many.
        count: usize,
    },
    /// The answer's place is taken by something that is no answer, or none any more.
    #[error("`{}` exists already, and is no certificate in use for this key", .0.display())]
    Occupied(PathBuf),
    /// The answer that is there is in use, and its request said something else than the one that is there now.
    #[error("`{}` was made for another request of this key", .0.display())]
    ForAnother(PathBuf),
    /// The answer would replace a file that was never one.
    #[error("`{}` exists already, and holds no certificate: only certificates are replaced", .0.display())]
    NoAnswer(PathBuf),
    /// The answer would take the place of something else.
    #[error(transparent)]
    Misplaced(#[from] Misplaced),
    /// A key stays closed.
    #[error("cannot open the key `{}`", path.display())]
    Key {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: OpenKeyError,
    },
    /// A key that is there is not its owner's alone.
    #[error("the key `{}` {exposed}: no certificate is made for it", path.display())]
    Exposed {
        /// Which file.
        path: PathBuf,
        /// To whom.
        exposed: Exposed,
    },
    /// A line of a table does not say what it should.
    #[error(transparent)]
    Line(#[from] TableError),
    /// The certificate is in the ledger, and its file could not be written.
    #[error("certificate {serial} was issued, but its file could not be written")]
    Undelivered {
        /// Its number.
        serial: Serial,
        /// Why.
        #[source]
        error: FileError,
    },
}
