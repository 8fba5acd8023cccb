//! Taking in what another tool issued under the same CA certificate and key: first a report of what
//! would be taken, then, in one transaction for each CA certificate, the taking.

mod cfssl;
mod merge;
mod openssl;
mod openssl_index;
mod source;

pub use source::{Source, Trouble};

use super::{Authority, AuthorityError};
use crate::audit::event::{Act, Action};
use crate::encoding::certificate;
use crate::ledger::{Change, History, Inherited, Merged, Terms};
use crate::store::layout::IssuerNumber;
use crate::words::clock::Now;
use crate::words::finding::Finding;
use crate::words::x509::crl_number::CrlNumber;
use crate::words::x509::weakness::Weakness;

/// What an import would bring, or brought.
#[derive(Debug, Clone)]
pub struct Inheritance {
    source: String,
    shares: Vec<Share>,
    own: usize,
    passed_over: Vec<Trouble>,
    refused: Vec<Trouble>,
}

/// What one CA certificate of ours inherits.
#[derive(Debug, Clone)]
pub struct Share {
    /// Which.
    pub issuer: IssuerNumber,
    /// Its certificates, and what each changes.
    pub rows: Vec<(Inherited, Change)>,
    /// The number of its last CRL, where it is known.
    pub crl_number: Option<CrlNumber>,
    /// What will be known of its past.
    pub history: History,
    knows_revocations: bool,
}

impl Inheritance {
    /// The tool, or what was named in its place.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What each CA certificate of ours inherits.
    #[must_use]
    pub fn shares(&self) -> &[Share] {
        &self.shares
    }

    /// How many of the certificates are the CA's own.
    #[must_use]
    pub const fn own(&self) -> usize {
        self.own
    }

    /// Certificates and CRLs of other CAs, and files of folders that hold neither.
    #[must_use]
    pub fn passed_over(&self) -> &[Trouble] {
        &self.passed_over
    }

    /// What cannot be taken in.
    #[must_use]
    pub fn refused(&self) -> &[Trouble] {
        &self.refused
    }

    /// How many certificates there are of each kind of change.
    #[must_use]
    pub fn count(&self, wanted: Change) -> usize {
        self.rows().filter(|(_, change)| *change == wanted).count()
    }

    /// What is to be told of certificates that become ours: those in force whose private key is no secret.
    #[must_use]
    pub fn findings(&self, now: Now) -> Vec<Finding> {
        let taken = self.rows().filter(|(row, change)| {
            matches!(change, Change::New | Change::Completed)
                && row.revocation.is_none()
                && row.not_after.is_none_or(|end| end >= now.time())
        });
        taken.filter_map(|(row, _)| not_secret(row)).collect()
    }

    /// Every certificate that is, or becomes, ours.
    pub fn rows(&self) -> impl Iterator<Item = &(Inherited, Change)> {
        self.shares.iter().flat_map(|share| &share.rows)
    }
}

fn not_secret(row: &Inherited) -> Option<Finding> {
    let certificate = certificate::read(&row.certificate.as_ref()?.der).ok()?;
    let weakness = Weakness::of(certificate.public_key())?;
    let (subject, serial) = (certificate.subject().rfc4514(), certificate.serial());
    let message = format!("the key of `{subject}` protects nothing: {weakness}");
    let hint = format!("make a new key for it, then: mtls-ca revoke {serial} --reason keyCompromise");
    Some(Finding::warning("import.key_not_secret", message).hint(hint))
}

impl Authority {
    /// What an import of this source would change, without changing anything.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn inheritance(&self, source: Source) -> Result<Inheritance, AuthorityError> {
        let generations = self.generations()?;
        let merge::Merge { name, shares, own, passed_over, refused } = merge::merge(source, &generations);
        let share = |share: merge::Portion| {
            let merge::Portion { issuer, inherited, crl_number, knows_revocations } = share;
            let rows = inherited
                .into_iter()
                .map(|inherited| Ok((inherited.clone(), self.ledger.change_by(issuer, &inherited)?)))
                .collect::<Result<_, AuthorityError>>()?;
            let before = generations.iter().find(|generation| generation.number == issuer);
            let history = match before.map_or(History::Unknown, |generation| generation.history) {
                History::Unknown | History::Waived if knows_revocations => History::Supplied,
                unchanged => unchanged,
            };
            Ok::<_, AuthorityError>(Share { issuer, rows, crl_number, history, knows_revocations })
        };
        let shares = shares.into_iter().map(share).collect::<Result<_, _>>()?;
        Ok(Inheritance { source: name, shares, own, passed_over, refused })
    }

    /// Takes it in. Where nothing is new, nothing is written.
    ///
    /// # Errors
    /// Where the ledger cannot be written.
    pub fn import(&mut self, inheritance: &Inheritance, act: &Act) -> Result<Merged, AuthorityError> {
        self.inherit(inheritance, Action::Import, act)
    }

    pub(super) fn inherit(
        &mut self,
        inheritance: &Inheritance,
        action: Action,
        act: &Act,
    ) -> Result<Merged, AuthorityError> {
        let mut merged = Merged::default();
        for Share { issuer, rows, crl_number, history: _, knows_revocations } in &inheritance.shares {
            let terms = Terms {
                source: &inheritance.source,
                crl_number: *crl_number,
                knows_revocations: *knows_revocations,
                action,
            };
            let rows: Vec<Inherited> = rows.iter().map(|(inherited, _)| inherited.clone()).collect();
            let Merged { added, revoked, completed } = self.ledger.inherit(*issuer, &rows, &terms, act)?;
            merged.added += added;
            merged.revoked += revoked;
            merged.completed += completed;
        }
        Ok(merged)
    }
}
