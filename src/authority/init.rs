//! Making a root.

use std::path::Path;

use super::AuthorityError;
use super::foundation::Site;
use super::issue::signed;
use super::new_ca::{CaReport, Kind, NewCa, display_name};
use crate::audit::event::Act;
use crate::enroll::csr;
use crate::keys::{PrivateKey, random, seal};
use crate::ledger::History;
use crate::lint;
use crate::policy::{self, IssuerTerms};
use crate::profile::{ProfileName, ProfileSet};
use crate::store::config;
use crate::words::clock::Now;
use crate::words::finding::Finding;
use crate::words::order::Order;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::request::ProvenKey;

/// Makes a root CA. The directory is there whole or not at all.
///
/// ```
/// use mtls_ca::authority::{self, Access, Authority, NewCa};
/// use mtls_ca::{Act, Now};
///
/// let room = tempfile::tempdir()?;
/// let directory = room.path().join("ca");
/// let act = Act::of_process("setup", Now::from_system());
/// let new = NewCa { name: Some("Example Root CA".to_owned()), ..NewCa::plain() };
/// authority::init(&directory, &new, &act)?;
///
/// let ca = Authority::open(&directory, Access::Read, std::time::Duration::from_secs(30))?;
/// assert_eq!(ca.certificate().subject().rfc4514(), "CN=Example Root CA");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`AuthorityError::NotEmpty`] where something is in the way, [`AuthorityError::Refused`] where a
/// rule forbids what was asked.
pub fn init(directory: &Path, new: &NewCa, act: &Act) -> Result<CaReport, AuthorityError> {
    let site = Site::begin(directory)?;
    let key = PrivateKey::generate(new.key_algorithm)?;
    let (certificate, findings) = self_signed(&key, new, act.now)?;
    let name = display_name(new.name.as_deref(), certificate.subject());
    site.equip(&config::initial(&name, new.trust_domain.as_deref()), &seal(&key, new.passphrase.as_ref())?)?;
    let mut foundation = site.found(act.now)?;
    foundation.certify(&certificate, &[], History::Whole, act)?;
    foundation.open()?;
    Ok(CaReport { directory: directory.to_owned(), certificate, key_is_encrypted: new.passphrase.is_some(), findings })
}

/// The certificate of a root, which no ledger has reserved: it is the first thing that its own
/// ledger learns.
pub(super) fn self_signed(
    key: &PrivateKey,
    new: &NewCa,
    now: Now,
) -> Result<(Certificate, Vec<Finding>), AuthorityError> {
    self_signed_as(key, &new.order(Kind::Root, key)?, now)
}

/// The same, as ordered.
pub(super) fn self_signed_as(
    key: &PrivateKey,
    order: &Order,
    now: Now,
) -> Result<(Certificate, Vec<Finding>), AuthorityError> {
    let profiles = ProfileSet::builtin();
    let proven = ProvenKey::from_request(csr::nameless(key)?).map_err(AuthorityError::Possession)?;
    let terms = IssuerTerms::itself(key.signature_algorithm());
    let draft = policy::draft(profiles.get(&ProfileName::ROOT)?, proven, order, &terms, now)?;
    let cleared = lint::clear(draft, random::serial()?)?;
    Ok(signed(cleared, key, key.public_key())?.into_first())
}
