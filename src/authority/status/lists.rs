//! CRLs: the newest of each of this authority's certificates, and those of CAs above that live
//! elsewhere.

use super::StatusOrder;
use super::item::{Item, Kind, Level, count_of};
use crate::authority::crl::{AboveState, CLOCK, CrlState, begins_later};
use crate::authority::{Authority, AuthorityError};
use crate::ledger::CrlRecord;
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

pub(super) fn items(ca: &Authority, order: &StatusOrder, now: Now) -> Result<Vec<Item>, AuthorityError> {
    let pointed_to = ca.settings.urls.crl.is_some();
    let window = short_lived(order.window);
    let states = ca.crl_states(now)?;
    let in_use = pointed_to || states.iter().any(|state| state.last.is_some());
    let mut items: Vec<Item> = states.iter().map(|state| own(state, pointed_to, window, now)).collect();
    items.extend(ca.crl_states_above(now)?.iter().filter_map(|state| above(state, in_use, window, now)));
    Ok(items)
}

fn own(state: &CrlState, pointed_to: bool, window: Threshold, now: Now) -> Item {
    let CrlState { issuer, subject, needed, last, pending, published, findings: _ } = state;
    let item = match last {
        Some(CrlRecord { number, this_update, next_update, entries, .. }) => {
            let life = Validity { not_before: *this_update, not_after: *next_update };
            let item = Item::living(Kind::Crl, subject, life, window, now);
            let item = begun(item, life, now);
            let says = format!("{}, {entries} revoked", item.says);
            let item = Item { serial: Some(number.to_serial()), says, ..item };
            let unpublished = *published == Some(false);
            if unpublished { item.raised(Level::Due, "not in the directory of `[publish] dir`") } else { item }
        }
        None if pointed_to => {
            Item::new(Kind::Crl, subject, "").raised(Level::Due, "none built, though certificates point to one")
        }
        None => Item::new(Kind::Crl, subject, "none built"),
    };
    let item = match pending {
        0 => item,
        // Worse than its age: peers go on trusting what was taken back.
        pending => {
            let pending = u32::try_from(*pending).unwrap_or(u32::MAX);
            let are = if pending == 1 { "is" } else { "are" };
            let says = format!("{} {are} not on it", count_of(pending, "revocation"));
            Item { level: Level::Red, says, ..item }
        }
    };
    let item = if *needed { item } else { Item { level: Level::Fine, says: "not needed any more".to_owned(), ..item } };
    let is_early = last.as_ref().is_some_and(|last| begins_later(last.this_update, now));
    Item { issuer: Some(*issuer), ..item }.or_type(if is_early { CLOCK } else { "mtls-ca crl build" })
}

/// One that is from the future is refused by peers until then: a clock was wrong, or is.
fn begun(item: Item, life: Validity, now: Now) -> Item {
    if !begins_later(life.not_before, now) {
        return item;
    }
    let says = format!("of {}, which is to come: peers refuse it until then", life.not_before);
    item.raised(Level::Red, says)
}

/// The CRL of a CA above; where nobody here uses CRLs, a missing one is not spoken of.
fn above(state: &AboveState, in_use: bool, window: Threshold, now: Now) -> Option<Item> {
    let item = match (state.this_update, state.next_update) {
        (Some(not_before), Some(not_after)) => {
            let life = Validity { not_before, not_after };
            begun(Item::living(Kind::CrlAbove, &state.subject, life, window, now), life, now)
        }
        _ if in_use => {
            let says = "not here: peers that check the whole chain refuse every certificate without it";
            Item::new(Kind::CrlAbove, &state.subject, "").raised(Level::Due, says)
        }
        _ => return None,
    };
    let is_early = state.this_update.is_some_and(|this_update| begins_later(this_update, now));
    Some(item.or_type(if is_early { CLOCK } else { "have that CA build its CRL, then: mtls-ca crl import FILE" }))
}
