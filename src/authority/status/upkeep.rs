//! What an operator should put in order: keys that lie open, numbers that nobody used, a clock that
//! is behind.

use super::item::{Item, Kind, Level, ago, count_of};
use crate::authority::{Authority, AuthorityError, Generation};
use crate::examine::inspect::validity::span;
use crate::ledger::IssuerState;
use crate::words::clock::Now;

/// For how long a reservation may be a process at work.
const AT_WORK: i64 = 10 * 60;

pub(super) fn items(ca: &Authority, generations: &[Generation], now: Now) -> Result<Vec<Item>, AuthorityError> {
    let live = generations.iter().filter(|one| one.state() != IssuerState::Retired);
    let mut items: Vec<Item> = live.map(key).collect();
    if let Some(pending) = ca.ledger().pending()? {
        let says = format!("{}, the oldest from {}", count_of(pending.count, "number"), ago(pending.oldest, now));
        let item = Item::new(Kind::Reservations, "reserved and not used", "");
        let at_work = now.time().seconds_since(pending.oldest) < AT_WORK;
        let item = if at_work { Item { says, ..item } } else { item.raised(Level::Notice, says) };
        items.push(Item { count: Some(pending.count), ..item }.or_type("mtls-ca check --repair"));
    }
    items.extend(ca.ahead_of(now).map(|latest| {
        let ahead = span(latest.seconds_since(now.time()));
        let says = format!("{ahead} behind the ledger, whose latest act is of {latest}");
        let item = Item::new(Kind::Clock, "of this machine", "").raised(Level::Red, says);
        item.or_type("set it right before anything is issued: date --utc")
    }));
    Ok(items)
}

fn key(generation: &Generation) -> Item {
    let name = generation.certificate().subject().rfc4514();
    let item = Item { issuer: Some(generation.number()), ..Item::new(Kind::Key, name, "encrypted") };
    match generation.locked_key() {
        Ok(locked) if locked.needs_passphrase() => item,
        Ok(_) => item
            .raised(Level::Notice, "stored unencrypted: whoever can read the file can issue")
            .or_type("mtls-ca key passphrase --issuer"),
        Err(_) => item.raised(Level::Notice, "not to be read here: nothing can be issued"),
    }
}
