//! What is said of a certificate revocation list.

use std::collections::BTreeMap;

use serde::Serialize;

use super::extension::{self, ExtensionReport};
use super::name::NameReport;
use super::signature;
use super::validity::span;
use crate::examine::fingerprint::Spellings;
use crate::words::clock::{Now, Time};
use crate::words::finding::Finding;
use crate::words::x509::reason::RevocationReason;
use crate::words::x509::revocation::{RevocationList, RevokedEntry};
use crate::words::x509::serial::Serial;

/// How many entries of a list are shown.
pub const SHOWN_ENTRIES: usize = 10;

/// A CRL as a person and a program want to know it.
#[derive(Debug, Clone, Serialize)]
pub struct CrlReport {
    /// Who signed it.
    pub issuer: NameReport,
    /// 1 or 2.
    pub version: u32,
    /// Its number, in hexadecimal as serials are.
    pub number: Option<Serial>,
    /// Whether it only lists what changed since another.
    pub delta: bool,
    /// When it was made.
    pub this_update: Time,
    /// By when the next one is out.
    pub next_update: Option<Time>,
    /// Whether it may be relied upon.
    pub freshness: Freshness,
    /// `next update in 5 days`, `stale for 3 days`.
    pub freshness_words: String,
    /// How many certificates it lists.
    pub entry_count: usize,
    /// How many for each reason.
    pub reasons: BTreeMap<String, usize>,
    /// The first [`SHOWN_ENTRIES`] of them.
    pub first_entries: Vec<EntryReport>,
    /// How it is signed, as people write it.
    pub signature_algorithm: String,
    /// SHA-256 of the whole list.
    pub sha256: Spellings,
    /// Its extensions, in the order of the file.
    pub extensions: Vec<ExtensionReport>,
    /// The list itself.
    #[serde(skip)]
    pub crl: RevocationList,
}

/// Where `now` stands to a CRL's two dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Freshness {
    /// Between them.
    Fresh,
    /// After the second: peers refuse it, and with it every certificate.
    Stale,
    /// Before the first.
    NotYetValid,
    /// There is no second date.
    NoNextUpdate,
}

/// One revoked certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EntryReport {
    /// Its number.
    pub serial: Serial,
    /// Since when.
    pub revoked_at: Time,
    /// Why.
    pub reason: RevocationReason,
    /// Since when it is suspected to be bad, where the entry says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invalid_since: Option<Time>,
}

impl CrlReport {
    /// At this moment.
    #[must_use]
    pub fn of(crl: RevocationList, now: Now) -> Self {
        let mut reasons = BTreeMap::new();
        for entry in crl.entries() {
            *reasons.entry(entry.reason().to_string()).or_insert(0) += 1;
        }
        let (freshness, freshness_words) = freshness(&crl, now);
        Self {
            issuer: NameReport::of(crl.issuer()),
            version: crl.version(),
            number: crl.extensions().crl_number().cloned(),
            delta: crl.extensions().get(&crate::words::x509::oid::DELTA_CRL_INDICATOR).is_some(),
            this_update: crl.this_update(),
            next_update: crl.next_update(),
            freshness,
            freshness_words,
            entry_count: crl.entries().len(),
            reasons,
            first_entries: crl.entries().iter().take(SHOWN_ENTRIES).map(entry).collect(),
            signature_algorithm: signature::in_words(crl.signature_algorithm()),
            sha256: Spellings::of(crl.fingerprint()),
            extensions: extension::reports(crl.extensions()),
            crl,
        }
    }

    pub(super) fn remarks(&self) -> Vec<Finding> {
        let found = match self.freshness {
            Freshness::Fresh => return Vec::new(),
            Freshness::Stale => Finding::error(
                "inspect.crl_stale",
                format!("the CRL is {}: peers that check it refuse every certificate of this CA", self.freshness_words),
            )
            .clause("RFC 5280 section 6.3.3"),
            Freshness::NotYetValid => Finding::error(
                "inspect.crl_not_yet_valid",
                format!("the CRL is {}; is the clock right?", self.freshness_words),
            )
            .clause("RFC 5280 section 5.1.2.4"),
            Freshness::NoNextUpdate => {
                Finding::warning("inspect.crl_no_next_update", "the CRL does not say when the next one is due")
                    .clause("RFC 5280 section 5.1.2.5")
            }
        };
        vec![found]
    }
}

fn freshness(crl: &RevocationList, now: Now) -> (Freshness, String) {
    let until = |time: Time| time.seconds_since(now.time());
    if crl.this_update() > now.time() {
        return (Freshness::NotYetValid, format!("not valid before {}", crl.this_update()));
    }
    match crl.next_update() {
        None => (Freshness::NoNextUpdate, "no next update named".to_owned()),
        Some(next) if next < now.time() => (Freshness::Stale, format!("stale for {}", span(until(next)))),
        Some(next) => (Freshness::Fresh, format!("next update in {}", span(until(next)))),
    }
}

fn entry(entry: &RevokedEntry) -> EntryReport {
    EntryReport {
        serial: entry.serial.clone(),
        revoked_at: entry.revoked_at,
        reason: entry.reason(),
        invalid_since: entry.invalid_since(),
    }
}
