//! The folder of the next issuer, with its key and its request: born whole, or taken up where an
//! earlier run had made it.

use std::path::PathBuf;

use super::successor::algorithm_of;
use super::{RotationError, Successor};
use crate::authority::issuer::locked_in;
use crate::authority::{Authority, AuthorityError, LARGEST_TEXT};
use crate::bundle::pem;
use crate::encoding::request as requests;
use crate::enroll::csr::{self, Wishes};
use crate::keys::{Passphrase, PrivateKey, seal};
use crate::store::atomic::{self, Readers};
use crate::store::layout::{IssuerFolder, IssuerNumber};
use crate::store::read::{is_file, read_limited};
use crate::store::staging::Staging;
use crate::words::x509::request::Request;

/// A key that has no certificate yet.
pub(super) struct Begun {
    pub(super) number: IssuerNumber,
    pub(super) folder: IssuerFolder,
    pub(super) key: PrivateKey,
    pub(super) request: Request,
}

impl Authority {
    /// The number that the next CA certificate gets, and its folder.
    pub(super) fn next_folder(&self) -> Result<(IssuerNumber, IssuerFolder), AuthorityError> {
        let last = self.ledger.issuers()?.last().map_or(0, |issuer| issuer.number.get());
        let number = IssuerNumber::new(last.saturating_add(1)).unwrap_or(IssuerNumber::FIRST);
        Ok((number, self.layout()?.issuer(number)))
    }

    /// The request that waits in the next folder, where a run has made one.
    pub(super) fn waiting_request(&self) -> Result<Option<(IssuerNumber, Request)>, AuthorityError> {
        let (number, folder) = self.next_folder()?;
        if is_file(&folder.request())? { Ok(Some((number, read_request(&folder)?))) } else { Ok(None) }
    }

    /// The key of the next CA certificate, where one was made that has no certificate yet.
    #[must_use]
    pub fn begun_key(&self) -> Option<PathBuf> {
        let (_, folder) = self.next_folder().ok()?;
        is_file(&folder.key()).unwrap_or(false).then(|| folder.key())
    }

    /// Makes key and request, or takes up those that an earlier run has made.
    pub(super) fn begin(
        &self,
        successor: &Successor,
        passphrase: Option<&Passphrase>,
    ) -> Result<Begun, AuthorityError> {
        let (number, folder) = self.next_folder()?;
        if is_file(&folder.key())? {
            return self.take_up(number, folder, successor, passphrase);
        }
        let key = PrivateKey::generate(successor.algorithm(&self.issuer.certificate))?;
        let wishes = Wishes { subject: self.next_subject(successor)?, ..Wishes::default() };
        let request = csr::request(&key, &wishes)?;
        let staging = Staging::beside(folder.path())?;
        let room = IssuerFolder::at(staging.path());
        atomic::write_new(&room.key(), seal(&key, passphrase)?.as_bytes(), Readers::Owner)?;
        atomic::write_new(&room.request(), pem::request(&request).as_bytes(), Readers::Everybody)?;
        staging.commit()?;
        Ok(Begun { number, folder, key, request })
    }

    fn take_up(
        &self,
        number: IssuerNumber,
        folder: IssuerFolder,
        successor: &Successor,
        passphrase: Option<&Passphrase>,
    ) -> Result<Begun, AuthorityError> {
        let path = folder.key();
        let key =
            locked_in(&path)?.open(passphrase).map_err(|source| AuthorityError::Key { path: path.clone(), source })?;
        let request = read_request(&folder)?;
        if key.public_key() != request.public_key() {
            return Err(AuthorityError::KeyMismatch(path));
        }
        let asked = successor.key_algorithm.filter(|asked| algorithm_of(key.public_key()) != Some(*asked));
        if let Some(asked) = asked {
            let found = key.public_key().to_string();
            return Err(RotationError::BegunOtherwise { number, found, asked: asked.to_string() }.into());
        }
        Ok(Begun { number, folder, key, request })
    }
}

pub(super) fn read_request(folder: &IssuerFolder) -> Result<Request, AuthorityError> {
    let path = folder.request();
    let bytes = read_limited(&path, LARGEST_TEXT)?;
    requests::read_one(&bytes).map_err(|source| AuthorityError::Unreadable { path, source })
}
