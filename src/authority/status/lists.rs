//! CRLs: the newest of each of this authority's certificates, and those of CAs above that live
//! elsewhere.

use super::StatusOrder;
use super::item::{Item, Kind, Level, count_of};
use crate::authority::{Authority, AuthorityError, Generation};
use crate::ledger::{CrlAbove, IssuerState, KnownCrl};
use crate::store::layout::IssuerNumber;
use crate::words::clock::Now;
use crate::words::x509::lifetime::Threshold;
use crate::words::x509::validity::Validity;

/// A CRL is due with a fifth of its life left: it lives for days, and a window of weeks says nothing
/// about it. The same share is warned of at every command.
const DUE: Threshold = Threshold::Percent(20);

/// The window for what is made anew by itself every few days.
pub(super) const fn short_lived(window: Threshold) -> Threshold {
    match window {
        Threshold::Percent(_) => window,
        Threshold::Remaining(_) => DUE,
    }
}

pub(super) fn items(
    ca: &Authority,
    generations: &[Generation],
    live: &[(IssuerNumber, u32)],
    order: &StatusOrder,
    now: Now,
) -> Result<Vec<Item>, AuthorityError> {
    let mut items = Vec::new();
    for generation in generations.iter().filter(|one| one.state() != IssuerState::Prepared) {
        let number = generation.number();
        let needed = generation.state() == IssuerState::Active || live.iter().any(|(issuer, _)| *issuer == number);
        items.push(own(ca, generation, needed, order, now)?);
    }
    let any = items.iter().any(|item| item.life.is_some());
    let known = ca.ledger().crls_above()?;
    for CrlAbove { subject, crl, .. } in &known {
        let item = listed(Kind::CrlAbove, subject, crl, order, now);
        items.push(item.or_type("fetch it from that CA, then type: mtls-ca crl import FILE"));
    }
    let above = ca.active().above().iter().map(|above| (above.subject().rfc4514(), above.public_key().fingerprint()));
    for (subject, _) in above.filter(|(_, key)| any && !known.iter().any(|crl| crl.public_key == *key)) {
        let says = "not here: peers that check the whole chain need it";
        let item = Item::new(Kind::CrlAbove, subject, "").raised(Level::Notice, says);
        items.push(item.or_type("fetch it from that CA, then type: mtls-ca crl import FILE"));
    }
    Ok(items)
}

fn own(
    ca: &Authority,
    generation: &Generation,
    needed: bool,
    order: &StatusOrder,
    now: Now,
) -> Result<Item, AuthorityError> {
    let (number, subject) = (generation.number(), generation.certificate().subject().rfc4514());
    let newest = ca.ledger().newest_crl(number)?;
    let missing = ca.ledger().revoked_after(number, newest.as_ref().map(|crl| crl.this_update))?;
    let item = match &newest {
        Some(crl) => listed(Kind::Crl, &subject, crl, order, now),
        None => Item::new(Kind::Crl, subject, "none built, nothing is revoked"),
    };
    let item = match (missing, newest.is_some()) {
        (0, true) => item,
        (0, false) if ca.settings.urls.crl.is_some() => {
            item.raised(Level::Due, "none built, though certificates point to one")
        }
        (0, false) => item,
        (missing, true) => item.raised(Level::Red, format!("{} not on it", are(missing))),
        (missing, false) => item.raised(Level::Red, format!("none built, though {}", are_revoked(missing))),
    };
    let item = match needed || missing > 0 {
        true => item,
        false => Item { level: Level::Fine, says: "not needed any more".to_owned(), ..item },
    };
    Ok(Item { issuer: Some(number), ..item }.or_type("mtls-ca crl build"))
}

fn are(missing: u32) -> String {
    format!("{} {}", count_of(missing, "revocation"), if missing == 1 { "is" } else { "are" })
}

fn are_revoked(missing: u32) -> String {
    format!("{} {} revoked", count_of(missing, "certificate"), if missing == 1 { "is" } else { "are" })
}

fn listed(kind: Kind, subject: &str, crl: &KnownCrl, order: &StatusOrder, now: Now) -> Item {
    let KnownCrl { number, this_update, next_update, entries } = crl;
    let life = Validity { not_before: *this_update, not_after: *next_update };
    let item = Item::living(kind, subject, life, short_lived(order.window), now);
    let entries = entries.map_or(String::new(), |entries| format!(", {entries} revoked"));
    Item { serial: number.clone(), says: format!("{}{entries}", item.says), ..item }
}
