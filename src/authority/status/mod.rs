//! How the whole authority stands: what ends when, what is wrong, and what to type. One plain value,
//! which every form of `status` is made from.

mod authorities;
pub mod item;
mod leaves;
mod lists;
mod responder;
pub mod scan;
pub mod timeline;
mod upkeep;
mod watcher;

use std::path::PathBuf;

use serde::Serialize;

use authorities::Authorities;
pub use authorities::Link;
pub use item::{Item, Kind, Level};
pub use leaves::LeafCounts;
use leaves::Leaves;

use super::{Authority, AuthorityError};
use crate::words::clock::{Now, Time};
use crate::words::x509::lifetime::{Lifetime, Threshold};

/// What is asked of [`Authority::status`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusOrder {
    /// How near an end has to be to be told of.
    pub window: Threshold,
    /// At most so many leaves inside the window are listed.
    pub most: u32,
    /// And so many of those that come next.
    pub ahead: u32,
}

/// How an authority stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatusReport {
    /// The moment that it is of.
    pub at: Time,
    /// How near an end has to be to be told of.
    #[serde(serialize_with = "as_text")]
    pub window: Threshold,
    /// Who signs: the subject of the CA certificate that is active.
    pub authority: String,
    /// Its directory, where it has one.
    #[serde(skip)]
    pub directory: Option<PathBuf>,
    /// Everything with a life, CAs first, leaves last: those inside the window, then the next ones.
    pub items: Vec<Item>,
    /// Older live certificates that a newer one took the place of.
    pub superseded: Vec<Item>,
    /// How many certificates there are.
    pub leaves: LeafCounts,
    /// CA certificates and who certified them.
    pub chain: Vec<Link>,
}

impl Default for StatusOrder {
    /// Thirty days; a thousand inside the window, and five that come next.
    fn default() -> Self {
        Self { window: Threshold::Remaining(Lifetime::days(30)), most: 1_000, ahead: 5 }
    }
}

impl StatusOrder {
    fn most_usize(&self) -> usize {
        usize::try_from(self.most).unwrap_or(usize::MAX)
    }
}

impl StatusReport {
    /// How much attention the whole asks for: as much as the item that asks for most.
    #[must_use]
    pub fn level(&self) -> Level {
        let unseen = if self.leaves.unseen > 0 { Level::Due } else { Level::Fine };
        self.items.iter().map(|item| item.level).max().unwrap_or(Level::Fine).max(unseen)
    }

    /// How many things ask for attention, those among them that are not listed too.
    #[must_use]
    pub fn asking(&self) -> usize {
        let leaves = self.of(Kind::Leaf).filter(|leaf| leaf.level >= Level::Due).count();
        let listed = self.items.iter().filter(|item| item.level >= Level::Due).count();
        let due = usize::try_from(self.leaves.due).unwrap_or(usize::MAX);
        let unseen = usize::try_from(self.leaves.unseen).unwrap_or(usize::MAX);
        listed.saturating_add(due.saturating_sub(leaves)).saturating_add(unseen)
    }

    /// The items of one kind.
    pub fn of(&self, kind: Kind) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(move |item| item.kind == kind)
    }

    /// How many items ask for this much attention.
    #[must_use]
    pub fn count(&self, level: Level) -> usize {
        self.items.iter().filter(|item| item.level == level).count()
    }
}

impl Authority {
    /// How this authority stands at `now`.
    ///
    /// # Errors
    /// Where the ledger or the files of a CA certificate cannot be read.
    pub fn status(&self, order: &StatusOrder, now: Now) -> Result<StatusReport, AuthorityError> {
        let generations = self.generations()?;
        let live = self.ledger().live_by_issuer(now)?;
        let Leaves { mut counts, listed, superseded, authorities: below, .. } = leaves::walk(self, order, now)?;
        counts.live = live.iter().map(|(_, live)| live).sum();
        let ends = self.ends_within_two_leaf_lifetimes(now);
        let authorities = Authorities { generations: &generations, live: &live, ends };

        let mut items = authorities.items(order, now);
        let chain = authorities.chain(&items, now);
        items.extend(below);
        items.extend(upkeep::items(self, &generations, now)?);
        items.extend(lists::items(self, order, now)?);
        items.extend(responder::items(self, &generations, order, now)?);
        items.extend(watcher::items(self, now)?);
        items.extend(listed);
        // Leaves keep their order: inside the window first.
        items.sort_by_key(|item| item.kind);
        Ok(StatusReport {
            at: now.time(),
            window: order.window,
            authority: self.certificate().subject().rfc4514(),
            directory: self.directory.clone(),
            items,
            superseded,
            leaves: counts,
            chain,
        })
    }
}

fn as_text<S: serde::Serializer>(threshold: &Threshold, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(threshold)
}
