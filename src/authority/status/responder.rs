//! The certificates that OCSP responses are signed with: one for each CA certificate that answers,
//! beside its key.

use super::StatusOrder;
use super::item::{Item, Kind, Level};
use super::lists::short_lived;
use crate::authority::{Authority, AuthorityError, Generation, LARGEST_TEXT};
use crate::encoding::certificate;
use crate::ledger::State;
use crate::store::layout::Layout;
use crate::store::read::{is_file, read_limited};
use crate::words::clock::Now;

pub(super) fn items(
    ca: &Authority,
    generations: &[Generation],
    order: &StatusOrder,
    now: Now,
) -> Result<Vec<Item>, AuthorityError> {
    let Some(directory) = ca.directory() else { return Ok(Vec::new()) };
    let layout = Layout::at(directory);
    let mut items = Vec::new();
    for generation in generations {
        let path = layout.issuer(generation.number()).responder();
        if !is_file(&path)? {
            continue;
        }
        // The file has the responder's key in it as well.
        let content = zeroize::Zeroizing::new(read_limited(&path, LARGEST_TEXT)?);
        let found = certificate::read_all(&content).ok().and_then(|found| found.into_iter().next());
        let subject = generation.certificate().subject().rfc4514();
        let item = match found {
            None => Item::new(Kind::Responder, subject, "").raised(Level::Red, "its file holds no certificate"),
            Some(responder) => {
                let (name, life) = (responder.subject().rfc4514(), responder.validity());
                let item = Item::living(Kind::Responder, name, life, short_lived(order.window), now);
                let known = ca.ledger().by_fingerprint(&responder.fingerprint())?;
                let revoked = known.is_some_and(|entry| entry.state == State::Revoked);
                let item = if revoked { item.raised(Level::Red, "revoked") } else { item };
                Item { serial: Some(responder.serial().clone()), sha256: Some(responder.fingerprint()), ..item }
            }
        };
        items.push(Item { issuer: Some(generation.number()), ..item }.or_type("mtls-ca ocsp build"));
    }
    Ok(items)
}
