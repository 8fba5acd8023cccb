//! A new CA directory, from the first folder to the moment that it is open for business. All ways
//! to a CA take these steps, and each leaves either the whole directory or nothing:
//!
//! ```text
//! Site::begin ─► equip (settings, key) ─► found (ledger) ─► Foundation::certify ─► open
//!                                   └────► wait (only a request yet)
//! ```

use std::path::Path;
use std::time::Duration;

use super::{AuthorityError, derived, first_settings};
use crate::audit::event::Act;
use crate::bundle::pem;
use crate::ledger::{History, Ledger, NewIssuer};
use crate::store::FileError;
use crate::store::atomic::{self, Readers};
use crate::store::directory;
use crate::store::layout::{IssuerNumber, Layout};
use crate::store::staging::Staging;
use crate::words::clock::Now;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::request::Request;

/// Where a directory is built, beside its place.
pub(super) struct Site {
    staging: Staging,
    layout: Layout,
}

impl Site {
    /// Begins one, where nothing is in the way.
    pub(super) fn begin(directory: &Path) -> Result<Self, AuthorityError> {
        let staging = Staging::beside(directory).map_err(in_the_way)?;
        let layout = Layout::at(staging.path());
        Ok(Self { staging, layout })
    }

    /// Writes what there is before there is a certificate: folders, settings, and the key in PEM.
    pub(super) fn equip(&self, config: &str, key: &str) -> Result<(), AuthorityError> {
        let layout = &self.layout;
        let folder = layout.issuer(IssuerNumber::FIRST);
        for directory in [layout.issuers(), folder.path().to_owned(), layout.profiles()] {
            directory::create_directory(&directory)?;
        }
        atomic::write_new(&layout.gitignore(), b"*\n", Readers::Owner)?;
        atomic::write_new(&layout.config(), config.as_bytes(), Readers::Owner)?;
        atomic::write_new(&folder.key(), key.as_bytes(), Readers::Owner)?;
        Ok(())
    }

    /// Puts the directory in its place with only a request in it, until its certificate comes.
    pub(super) fn wait(self, request: &Request) -> Result<(), AuthorityError> {
        let file = self.layout.issuer(IssuerNumber::FIRST).request();
        atomic::write_new(&file, pem::request(request).as_bytes(), Readers::Everybody)?;
        self.staging.commit().map_err(in_the_way)
    }

    /// Founds the ledger.
    pub(super) fn found(self, now: Now) -> Result<Foundation, AuthorityError> {
        let mut ledger = Ledger::create(&self.layout.ledger(), Duration::ZERO, now)?;
        ledger.note_settings(first_settings(&self.layout)?);
        Ok(Foundation { site: self, ledger })
    }
}

/// What stands in a directory's place, from the start or since: somebody else was quicker.
fn in_the_way(error: FileError) -> AuthorityError {
    match error {
        FileError::Exists(path) => AuthorityError::NotEmpty(path),
        other => other.into(),
    }
}

/// A directory with a ledger, whose CA certificate comes now.
pub(super) struct Foundation {
    site: Site,
    ledger: Ledger,
}

impl Foundation {
    /// Writes the CA certificate and those above it, and makes it the ledger's active issuer.
    pub(super) fn certify(
        &mut self,
        certificate: &Certificate,
        above: &[Certificate],
        history: History,
        act: &Act,
    ) -> Result<IssuerNumber, AuthorityError> {
        derived::write_first(&self.site.layout, certificate, above)?;
        register(&mut self.ledger, certificate, history, act)
    }

    /// The ledger, for what else is known from the start.
    pub(super) const fn ledger(&mut self) -> &mut Ledger {
        &mut self.ledger
    }

    /// Puts the directory in its place.
    pub(super) fn open(self) -> Result<(), AuthorityError> {
        let Self { site, ledger } = self;
        ledger.settle()?;
        site.staging.commit().map_err(in_the_way)
    }
}

/// Makes a certificate the ledger's active issuer.
pub(super) fn register(
    ledger: &mut Ledger,
    certificate: &Certificate,
    history: History,
    act: &Act,
) -> Result<IssuerNumber, AuthorityError> {
    let subject = certificate.subject().rfc4514();
    Ok(ledger.add_issuer(&new_issuer(certificate, &subject, history), act)?)
}

/// A CA certificate as the ledger takes it in.
pub(super) fn new_issuer<'a>(certificate: &'a Certificate, subject: &'a str, history: History) -> NewIssuer<'a> {
    NewIssuer {
        subject,
        public_key: certificate.public_key().fingerprint(),
        certificate: certificate.der(),
        history,
        // A CRL that is taken in later brings its number along.
        last_crl_number: None,
    }
}
