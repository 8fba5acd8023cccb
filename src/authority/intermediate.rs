//! Making an intermediate that another CA directory signs.

use std::path::Path;

use super::init::{CaReport, Foundation, own_request, prepare, profile_name, register, staging};
use super::{Authority, AuthorityError, NewCa, Signer};
use crate::audit::event::Act;
use crate::keys::{PrivateKey, seal};
use crate::ledger::{History, Ledger};
use crate::store::config;
use crate::store::layout::Layout;
use crate::words::order::Order;

/// Makes a CA directory whose certificate `parent` issues with its profile `intermediate`, checked
/// against the parent's own constraints and recorded in the parent's ledger.
///
/// Everything that can fail is done before the parent signs, but for the last two files and the
/// renaming of the finished directory.
///
/// # Errors
/// Where something is in the way, or a rule forbids what was asked.
pub fn intermediate(
    directory: &Path,
    new: &NewCa,
    parent: &mut Authority,
    signer: &Signer,
    act: &Act,
) -> Result<CaReport, AuthorityError> {
    let staging = staging(directory)?;
    let key = PrivateKey::generate(new.key_algorithm)?;
    let order = Order { subject: Some(new.named("intermediate", &key)), ..new.order("intermediate", act)? };
    let plan = parent.plan(own_request(&key)?, &order, &profile_name("intermediate")?, act.now)?;
    let findings = plan.findings();

    let layout = Layout::at(staging.path());
    let config = config::initial(&new.display_name(plan.preview()), new.trust_domain.as_deref());
    prepare(&layout, &config, &seal(&key, new.passphrase.as_ref())?)?;
    let mut ledger = Ledger::create(&layout.ledger(), std::time::Duration::ZERO, act.now)?;

    let issued = parent.issue(plan, signer, act)?;
    let certificate = issued.certificate().clone();
    let above: Vec<_> = std::iter::once(&parent.issuer.certificate).chain(&parent.issuer.above).cloned().collect();
    register(&mut ledger, &certificate, History::Whole, None, act)?;
    ledger.settle()?;
    let foundation = Foundation {
        certificate: &certificate,
        above: &above,
        key: String::new().into(),
        config: String::new(),
        history: History::Whole,
        last_crl_number: None,
    };
    foundation.publish(&layout)?;
    staging.commit()?;
    Ok(CaReport { directory: directory.to_owned(), certificate, key_is_encrypted: new.passphrase.is_some(), findings })
}
