//! Roots and intermediates: as items of a report, and as the graph of who certified whom.

use serde::Serialize;

use super::StatusOrder;
use super::item::{Item, Kind, Level, count_of};
use crate::authority::Generation;
use crate::ledger::IssuerState;
use crate::store::layout::IssuerNumber;
use crate::words::clock::Now;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::fingerprint::Fingerprint;
use crate::words::x509::validity::{Standing, Validity};

/// A CA certificate in the graph.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Link {
    /// SHA-256 of it.
    pub sha256: Fingerprint,
    /// Whom it is about.
    pub subject: String,
    /// From when to when it holds.
    #[serde(flatten)]
    pub validity: Validity,
    /// Who certified it, by SHA-256; nobody above a root.
    pub signed_by: Option<Fingerprint>,
    /// Who certified the same key as well, while peers learn to trust it.
    pub crossed_by: Option<Fingerprint>,
    /// Which of this authority's it is; none where it is another's.
    pub issuer: Option<IssuerNumber>,
    /// Where it stands in its life as issuer.
    pub state: Option<IssuerState>,
    /// How much attention it asks for.
    pub level: Level,
    /// How many live certificates it issued here.
    pub live: u32,
}

/// The CA certificates of an authority.
pub(super) struct Authorities<'a> {
    pub(super) generations: &'a [Generation],
    /// Live certificates by issuer.
    pub(super) live: &'a [(IssuerNumber, u32)],
    /// Whether leaves may come to outlive the one that signs: its successor is to be made now.
    pub(super) ends: bool,
}

impl Authorities<'_> {
    /// Every CA certificate once: roots first, then those below, this authority's in their order.
    pub(super) fn items(&self, order: &StatusOrder, now: Now) -> Vec<Item> {
        let mut items: Vec<Item> = Vec::new();
        for generation in self.generations {
            let own = std::iter::once((generation.certificate(), Some(generation)));
            for (certificate, whose) in own.chain(generation.above().iter().map(|above| (above, None))) {
                let known = items.iter_mut().find(|item| item.sha256 == Some(certificate.fingerprint()));
                match (known, whose) {
                    (Some(known), Some(_)) => *known = self.item(certificate, whose, order, now),
                    (Some(_), None) => {}
                    (None, _) => items.push(self.item(certificate, whose, order, now)),
                }
            }
        }
        items.sort_by_key(|item| (item.kind, item.issuer.is_none(), item.issuer, item.end()));
        items
    }

    fn item(&self, certificate: &Certificate, whose: Option<&Generation>, order: &StatusOrder, now: Now) -> Item {
        let kind = if certificate.is_self_issued() { Kind::Root } else { Kind::Intermediate };
        let name = certificate.subject().rfc4514();
        let item = Item::living(kind, name, certificate.validity(), order.window, now);
        let item = match whose {
            // It is above one of the own, so that these are below a parent.
            None => item.or_type("renew it where it is kept, then type here: mtls-ca rotate prepare --parent DIR"),
            Some(generation) => self.own(item, generation),
        };
        Item { serial: Some(certificate.serial().clone()), sha256: Some(certificate.fingerprint()), ..item }
    }

    fn own(&self, item: Item, generation: &Generation) -> Item {
        let live = self.live_of(generation.number());
        let leaves = count_of(live, "live certificate");
        let item = Item { issuer: Some(generation.number()), count: Some(live), ..item };
        match generation.state() {
            IssuerState::Active => {
                let prepared = self.generations.iter().any(|other| other.state() == IssuerState::Prepared);
                let item = Item { says: format!("signs, {}", item.says), ..item };
                let says = format!("{}; time for its successor", item.says);
                let item = if self.ends { item.raised(Level::Notice, says) } else { item };
                item.or_type(if prepared { "mtls-ca rotate status" } else { generation.preparing() })
            }
            IssuerState::Prepared => {
                let says = format!("prepared, does not sign yet, {}", item.says);
                Item { says, ..item }.or_type("mtls-ca rotate status")
            }
            // Its end matters only to those who still depend on it.
            IssuerState::Superseded | IssuerState::Retired => {
                let word = if generation.state() == IssuerState::Retired { "retired" } else { "superseded" };
                let level = if live == 0 { Level::Fine } else { item.level.min(Level::Due) };
                let says = if live == 0 { word.to_owned() } else { format!("{word}, {leaves}, {}", item.says) };
                Item { level, says, ..item }.or_type("mtls-ca rotate status")
            }
        }
    }

    /// The graph, those above before those below.
    pub(super) fn chain(&self, items: &[Item], now: Now) -> Vec<Link> {
        let mut links: Vec<Link> = Vec::new();
        for generation in self.generations {
            let path: Vec<&Certificate> = generation.with_those_above().collect();
            let signers = path.iter().skip(1).map(Some).chain(std::iter::once(None));
            let pairs: Vec<_> = path.iter().zip(signers).collect();
            for (certificate, signer) in pairs.into_iter().rev() {
                if !links.iter().any(|link| link.sha256 == certificate.fingerprint()) {
                    links.push(link(certificate, signer.copied(), items, now));
                }
            }
        }
        for generation in self.generations {
            let crossed_by = generation.cross().and_then(|cross| {
                let signer = links.iter().find(|link| link.subject == cross.issuer().rfc4514());
                signer.map(|link| link.sha256)
            });
            let (root, own) = (generation.root().fingerprint(), generation.certificate().fingerprint());
            for link in &mut links {
                if link.sha256 == root && crossed_by.is_some() {
                    link.crossed_by = crossed_by;
                }
                if link.sha256 == own {
                    (link.issuer, link.state) = (Some(generation.number()), Some(generation.state()));
                    link.live = self.live_of(generation.number());
                }
            }
        }
        links
    }

    fn live_of(&self, issuer: IssuerNumber) -> u32 {
        self.live.iter().find(|(number, _)| *number == issuer).map_or(0, |(_, live)| *live)
    }
}

fn link(certificate: &Certificate, signer: Option<&Certificate>, items: &[Item], now: Now) -> Link {
    let sha256 = certificate.fingerprint();
    let expired = certificate.validity().standing(now) == Standing::Expired;
    let judged = items.iter().find(|item| item.sha256 == Some(sha256)).map(|item| item.level);
    Link {
        sha256,
        subject: certificate.subject().rfc4514(),
        validity: certificate.validity(),
        signed_by: signer.map(Certificate::fingerprint),
        crossed_by: None,
        issuer: None,
        state: None,
        level: judged.unwrap_or(if expired { Level::Red } else { Level::Fine }),
        live: 0,
    }
}
