//! Why a step of a rotation was not taken: facts, no advice.

use std::path::PathBuf;

use thiserror::Error;

use crate::ledger::Dependent;
use crate::store::layout::IssuerNumber;
use crate::words::clock::Time;
use crate::words::finding::Finding;

/// `1 live certificate`, `2 live certificates`.
fn counted(count: usize) -> String {
    format!("{count} live certificate{}", if count == 1 { "" } else { "s" })
}

/// Why a step of a rotation was not taken.
#[derive(Debug, Error)]
pub enum RotationError {
    /// A CA in memory has one CA certificate for its life.
    #[error("a CA in memory is not rotated")]
    InMemory,
    /// An intermediate needs somebody who signs it.
    #[error("`{0}` is an intermediate: its parent signs the next one")]
    NeedsParent(String),
    /// A root signs itself.
    #[error("`{0}` is a root, which signs itself")]
    IsRoot(String),
    /// The last rotation is not finished.
    #[error("the CA certificate `{0}` is not retired yet")]
    Unfinished(IssuerNumber),
    /// A URL would be the same for two CA certificates.
    #[error("a URL that is written into certificates is the same for every CA certificate")]
    UrlsWithoutIssuer(Vec<Finding>),
    /// A preparation was begun with another key.
    #[error("a key of {found} was made for `{number}` already, and {asked} is asked for")]
    BegunOtherwise {
        /// Which one.
        number: IssuerNumber,
        /// What is there.
        found: String,
        /// What was asked for.
        asked: String,
    },
    /// The next one is prepared already, and not as it is asked for.
    #[error("`{number}` is prepared already, and has another {what} than is asked for")]
    PreparedOtherwise {
        /// Which one.
        number: IssuerNumber,
        /// What differs: `lifetime`.
        what: &'static str,
    },
    /// Two keys would have one name.
    #[error("the name `{0}` belongs to another CA certificate of this authority")]
    NameTaken(String),
    /// Nothing waits for its certificate.
    #[error("no request of this CA waits for a certificate")]
    NoRequest,
    /// Nothing is prepared.
    #[error("no CA certificate is prepared")]
    NothingPrepared,
    /// The trust file was not out for long enough.
    #[error("`{number}` was prepared at `{since}`; it may sign from `{until}` on")]
    TooEarly {
        /// Which one.
        number: IssuerNumber,
        /// When it was prepared.
        since: Time,
        /// When the bundle is old enough.
        until: Time,
    },
    /// CRLs are in use, and there is none of the prepared one.
    #[error("`{0}` has no CRL yet, and peers that check CRLs refuse what it signs")]
    NoCrl(IssuerNumber),
    /// Live certificates need the one that is to be retired.
    #[error("`{number}` is needed by {}", counted(dependents.len()))]
    Dependents {
        /// Which one.
        number: IssuerNumber,
        /// Those certificates.
        dependents: Vec<Dependent>,
    },
    /// Nothing was superseded.
    #[error("no CA certificate waits to be retired")]
    NothingToRetire,
    /// It was retired: no way back.
    #[error("`{0}` is retired; a rotation that is finished is not taken back")]
    Finished(IssuerNumber),
    /// Nothing was done that could be taken back.
    #[error("there is no step to take back")]
    NothingToUndo,
    /// The parent's chain is another than that of the CA certificate in use.
    #[error("the parent leads to another root than the CA certificate in use")]
    OtherRoot,
    /// The parent's certificate does not do for the same key and name.
    #[error("`{}` is for another key or subject than the CA certificate in use", .0.display())]
    NotTheSame(PathBuf),
}
