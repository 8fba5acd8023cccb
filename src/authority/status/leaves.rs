//! The certificates that this authority issued, by name: of each name and profile the newest live one
//! counts, and older ones that are still valid stand apart.
//!
//! Cheap whatever the size of the ledger: the walk follows the index by end, starts where the window
//! does, and is given up after so many rows. What lies behind is counted by the index alone.

use serde::Serialize;

use super::StatusOrder;
use super::item::{Item, Kind, Level};
use crate::authority::{Authority, AuthorityError};
use crate::ledger::{Entry, KnownName, LedgerError, Walk};
use crate::profile::ProfileName;
use crate::words::clock::{Now, Time};
use crate::words::typed::{typed_path, typed_word};
use crate::words::x509::lifetime::{Lifetime, Threshold};
use crate::words::x509::validity::{Standing, Validity};

/// How many rows are looked at one by one, and how many of those that end behind the window.
const LOOKED_AT: u32 = 10_000;
const LOOKED_AT_BEHIND: u32 = 2_000;
/// How many newer certificates of the same name are compared with one.
const NEWER: usize = 32;
/// How long a certificate that expired without a successor is told of, where the window is a share.
const TOLD_FOR: Lifetime = Lifetime::days(30);

/// How many certificates there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct LeafCounts {
    /// Live ones: issued, not revoked, not past their end. Those of CAs and responders count too.
    pub live: u32,
    /// Live ones whose end is inside the window, superseded ones too.
    pub inside_window: u32,
    /// How many certificates were looked at one by one, the first to end first.
    pub looked_at: u32,
    /// Of those looked at: names whose newest certificate is inside the window or expired lately.
    pub due: u32,
    /// Of those looked at: names whose newest certificate is not.
    pub later: u32,
    /// Of those looked at: live ones that a newer one took the place of.
    pub superseded: u32,
    /// Live ones inside the window that were not looked at: more than are looked at one by one.
    pub unseen: u32,
    /// Whether all live ones were looked at, so that the numbers are of all.
    pub complete: bool,
}

/// What the walk found.
#[derive(Default)]
pub(super) struct Leaves {
    pub(super) counts: LeafCounts,
    /// The newest of each name: those inside the window, then the next ones.
    pub(super) listed: Vec<Item>,
    /// Older live ones.
    pub(super) superseded: Vec<Item>,
    /// Live ones inside the window that were looked at, of whatever kind.
    seen_inside: u32,
    /// CAs below, by their end.
    pub(super) authorities: Vec<Item>,
}

pub(super) fn walk(ca: &Authority, order: &StatusOrder, now: Now) -> Result<Leaves, AuthorityError> {
    let ledger = ca.ledger();
    let mut leaves = Leaves::default();
    let mut behind = 0;
    let mut complete = true;
    ledger.ending_since(told_since(order.window, now), |entry| {
        if leaves.counts.looked_at >= LOOKED_AT || behind >= LOOKED_AT_BEHIND.max(order.ahead) {
            complete = false;
            return Ok(Walk::Enough);
        }
        leaves.counts.looked_at += 1;
        if !leaves.take(ca, entry, order, now)? {
            behind += 1;
        }
        Ok::<Walk, LedgerError>(Walk::On)
    })?;
    leaves.counts.complete = complete;
    leaves.counts.inside_window = ledger.due(order.window, now)?;
    leaves.counts.unseen = leaves.counts.inside_window.saturating_sub(leaves.seen_inside);
    leaves.listed.sort_by_key(|item| (item.level == Level::Fine, item.end()));
    name_by_number_where_names_repeat(&mut leaves.listed);
    Ok(leaves)
}

/// Since when ends are told of: as long after an end as before it. Later, a certificate without
/// successor is one that nobody misses.
fn told_since(window: Threshold, now: Now) -> Time {
    let told_for = match window {
        Threshold::Remaining(lifetime) => lifetime,
        Threshold::Percent(_) => TOLD_FOR,
    };
    now.time().plus_seconds(told_for.seconds().saturating_neg())
}

impl Leaves {
    /// Puts a certificate where it belongs; whether it is one that asks for attention.
    fn take(&mut self, ca: &Authority, entry: Entry, order: &StatusOrder, now: Now) -> Result<bool, LedgerError> {
        let Some(life) = entry.validity else { return Ok(true) };
        let inside = life.standing(now) != Standing::Expired && order.window.is_due(life, now);
        self.seen_inside += u32::from(inside);
        let profile = entry.profile.as_deref().and_then(|name| name.parse::<ProfileName>().ok());
        // Told of elsewhere: in the graph, beside the root that it is about; with the responders.
        if profile.as_ref().is_some_and(|name| [ProfileName::CROSS, ProfileName::OCSP_RESPONDER].contains(name)) {
            return Ok(true);
        }
        let kind = match &profile {
            Some(name) if ca.profiles().get(name).is_ok_and(|profile| profile.ca) => Kind::IssuedCa,
            _ => Kind::Leaf,
        };
        let item = item(kind, &entry, life, order, now);
        if kind == Kind::IssuedCa {
            let fine = item.level == Level::Fine;
            let parent = ca.directory.as_deref().map_or_else(|| "DIR".to_owned(), typed_path);
            self.authorities.push(item.or_type(format!("mtls-ca --ca-dir DIR rotate prepare --parent {parent}")));
            return Ok(!fine);
        }
        if is_superseded(ca, &entry, now)? {
            if life.standing(now) != Standing::Expired {
                self.counts.superseded += 1;
                if self.superseded.len() < order.most_usize() {
                    self.superseded.push(Item { level: Level::Fine, next: None, ..item });
                }
            }
            return Ok(true);
        }
        let fine = item.level == Level::Fine;
        let (count, room) = match fine {
            true => (&mut self.counts.later, order.ahead),
            false => (&mut self.counts.due, order.most),
        };
        *count += 1;
        if *count <= room {
            let next = format!("mtls-ca renew {}", typed_word(title(&entry)));
            self.listed.push(item.or_type(next));
        }
        Ok(!fine)
    }
}

fn item(kind: Kind, entry: &Entry, life: Validity, order: &StatusOrder, now: Now) -> Item {
    Item {
        issuer: Some(entry.issuer),
        serial: Some(entry.serial.clone()),
        profile: entry.profile.clone(),
        sha256: entry.fingerprint,
        ..Item::living(kind, title(entry), life, order.window, now)
    }
}

/// The common name, else the first other name, else the subject.
fn title(entry: &Entry) -> String {
    let common = entry.names.iter().find(|name| name.kind == "cn");
    let first = common.or_else(|| entry.names.first()).map(|name| name.value.clone());
    first.or_else(|| entry.subject.clone()).unwrap_or_default()
}

/// Whether a newer live certificate has its place: one that was issued for it, or one of the same
/// names and profile.
fn is_superseded(ca: &Authority, entry: &Entry, now: Now) -> Result<bool, LedgerError> {
    if ca.ledger().is_replaced(entry.id, now)? {
        return Ok(true);
    }
    // The last in order is the one that fewest share: addresses and URIs stand behind the CN.
    let Some(name) = rarest(&entry.names) else { return Ok(false) };
    let newer = ca.ledger().newest_of(name, entry.id, NEWER)?;
    Ok(newer.iter().any(|other| {
        let live = other.validity.is_some_and(|life| life.standing(now) != Standing::Expired);
        other.state == entry.state && live && other.profile == entry.profile && other.names == entry.names
    }))
}

fn rarest(names: &[KnownName]) -> Option<&KnownName> {
    names.iter().rev().find(|name| name.kind != "cn").or_else(|| names.last())
}

/// Where two of the list have one name, it does not say which is meant; their numbers do.
fn name_by_number_where_names_repeat(items: &mut [Item]) {
    let mut seen = std::collections::HashMap::new();
    for item in items.iter() {
        *seen.entry(item.name.clone()).or_insert(0_u32) += 1;
    }
    for item in items.iter_mut().filter(|item| seen.get(&item.name).is_some_and(|times| *times > 1)) {
        if let (Some(_), Some(serial)) = (&item.next, &item.serial) {
            item.next = Some(format!("mtls-ca renew {serial}"));
        }
    }
}
