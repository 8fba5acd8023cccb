//! Making an intermediate that another CA directory signs.

use std::path::Path;

use super::foundation::Site;
use super::new_ca::{CaReport, Kind, NewCa, display_name};
use super::{Authority, AuthorityError, Signer};
use crate::audit::event::Act;
use crate::enroll::csr;
use crate::keys::{PrivateKey, seal};
use crate::ledger::History;
use crate::profile::ProfileName;
use crate::store::config;

/// Makes a CA directory whose certificate `parent` issues with its profile `intermediate`, checked
/// against the parent's own constraints and recorded in the parent's ledger.
///
/// Everything that can fail is done before the parent signs, but for the last files and the
/// renaming of the finished directory.
///
/// # Errors
/// [`AuthorityError::NotEmpty`] where something is in the way, [`AuthorityError::Refused`] where a
/// rule forbids what was asked.
pub fn intermediate(
    directory: &Path,
    new: &NewCa,
    parent: &mut Authority,
    signer: &Signer,
    act: &Act,
) -> Result<CaReport, AuthorityError> {
    let site = Site::begin(directory)?;
    let key = PrivateKey::generate(new.key_algorithm)?;
    let order = new.order(Kind::Intermediate, &key)?;
    let plan = parent.plan(csr::nameless(&key)?, &order, &ProfileName::INTERMEDIATE, act.now)?;
    let name = display_name(new.name.as_deref(), plan.preview().subject());
    site.equip(&config::initial(&name, new.trust_domain.as_deref()), &seal(&key, new.passphrase.as_ref())?)?;
    let mut foundation = site.found(act.now)?;

    let findings = plan.findings();
    let certificate = parent.issue(plan, signer, act)?.into_certificate();
    let above: Vec<_> = parent.issuer.with_those_above().cloned().collect();
    foundation.certify(&certificate, &above, History::Whole, act)?;
    foundation.open()?;
    Ok(CaReport { directory: directory.to_owned(), certificate, key_is_encrypted: new.passphrase.is_some(), findings })
}
