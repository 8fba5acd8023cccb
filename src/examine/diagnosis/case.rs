//! What is asked: who shows which certificates to whom, and what that one trusts and checks.

use crate::words::x509::certificate::Certificate;
use crate::words::x509::public_key::PublicKey;
use crate::words::x509::revocation::RevocationList;
use crate::words::x509::san::San;
use crate::words::x509::usage::Purpose;

/// One side's certificates before the eyes of the other.
#[derive(Debug, Clone)]
pub struct Case<'a> {
    /// What is presented, in the order of the file or of the message.
    pub presented: &'a [Certificate],
    /// The public half of the key beside it, where it is known.
    pub key: Option<&'a PublicKey>,
    /// As what it is presented: [`Purpose::Client`] or [`Purpose::Server`].
    pub role: Purpose,
    /// The name that the other side looks for.
    pub name: Option<&'a San>,
    /// Whom the other side trusts.
    pub trust: &'a [Certificate],
    /// The CRLs that the other side has.
    pub crls: &'a [RevocationList],
    /// Which CRLs it has to have.
    pub revocation: Revocation,
    /// How many CA certificates, the root counted, it follows a chain upwards.
    pub most_authorities: Option<usize>,
    /// Certificates that are at hand and that neither side uses: where a missing one may be.
    pub known: &'a [Known<'a>],
    /// What the files are called, for the lines to type.
    pub files: Files<'a>,
}

/// A certificate at hand, and where it is.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The certificate.
    pub certificate: &'a Certificate,
    /// Its file.
    pub place: &'a str,
}

/// What the files are called, where they are files.
#[derive(Debug, Clone, Copy, Default)]
pub struct Files<'a> {
    /// Of what is presented.
    pub presented: Option<&'a str>,
    /// Of its key.
    pub key: Option<&'a str>,
    /// Of whom the other side trusts.
    pub trust: Option<&'a str>,
    /// Of its CRLs.
    pub crls: Option<&'a str>,
}

/// Which CRLs the other side has to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Revocation {
    /// It knows no CRLs.
    Ignored,
    /// It uses those that it has.
    #[default]
    AsGiven,
    /// That of the CA that signed the leaf.
    OfLeaf,
    /// That of every CA of the chain, the root's included.
    OfAll,
}

impl<'a> Case<'a> {
    /// The plainest case: these certificates, presented in this role to somebody who trusts these.
    #[must_use]
    pub const fn new(presented: &'a [Certificate], role: Purpose, trust: &'a [Certificate]) -> Self {
        Self {
            presented,
            key: None,
            role,
            name: None,
            trust,
            crls: &[],
            revocation: Revocation::AsGiven,
            most_authorities: None,
            known: &[],
            files: Files { presented: None, key: None, trust: None, crls: None },
        }
    }

    /// Who presents: `client` or `server`.
    pub(super) const fn presenter(&self) -> &'static str {
        match self.role {
            Purpose::Client => "client",
            Purpose::Server => "server",
            Purpose::Ca | Purpose::Any => "presenting side",
        }
    }

    /// The profile that a certificate for this role is issued with.
    pub(super) const fn profile(&self) -> &'static str {
        match self.role {
            Purpose::Server => "server",
            _ => "client",
        }
    }
}
