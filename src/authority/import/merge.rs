//! Which of a source's certificates are ours, by their signatures; and for each number one row, from
//! the database's line, the certificate and the CRL together.

use std::collections::BTreeMap;

use super::source::{Found, Record, Source, Trouble};
use crate::authority::Generation;
use crate::ledger::{History, Inherited, KnownName, Legacy, Revocation};
use crate::profile::ProfileName;
use crate::store::layout::IssuerNumber;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::crl_number::CrlNumber;
use crate::words::x509::name_text::NameText;
use crate::words::x509::oid::{self, Oid};
use crate::words::x509::revocation::RevocationList;
use crate::words::x509::serial::Serial;

/// A source, sorted.
pub(super) struct Merge {
    pub(super) name: String,
    pub(super) shares: Vec<Portion>,
    pub(super) own: usize,
    pub(super) passed_over: Vec<Trouble>,
    pub(super) refused: Vec<Trouble>,
}

/// What of it belongs to one CA certificate of ours.
pub(super) struct Portion {
    pub(super) issuer: IssuerNumber,
    pub(super) inherited: Vec<Inherited>,
    pub(super) crl_number: Option<CrlNumber>,
    pub(super) knows_revocations: bool,
}

/// Sorts a source.
pub(super) fn merge(source: Source, generations: &[Generation]) -> Merge {
    let Source {
        name,
        records,
        certificates,
        lists,
        crl_number,
        knows_revocations,
        vouched_for,
        troubles,
        passed_over,
    } = source;
    let mut sorting = Sorting { generations, rows: BTreeMap::new(), own: 0, passed_over, refused: troubles };
    for found in certificates {
        sorting.certificate(found);
    }
    let heir = sorting.heir();
    // A database speaks for the CA that it was of; where there is none, what is said is said of all.
    let spoken_for: Vec<IssuerNumber> = match (records.is_empty(), heir) {
        (false, Some(heir)) => vec![heir],
        (false, None) => Vec::new(),
        (true, _) => {
            generations.iter().filter(|known| known.history() != History::Whole).map(Generation::number).collect()
        }
    };
    for record in records {
        sorting.record(record, heir);
    }
    let told = sorting.lists(lists);
    let Sorting { rows, own, passed_over, refused, .. } = sorting;
    let mut shares: BTreeMap<IssuerNumber, Portion> = BTreeMap::new();
    let empty = |issuer| Portion { issuer, inherited: Vec::new(), crl_number: None, knows_revocations: false };
    for ((issuer, _), row) in rows {
        shares.entry(issuer).or_insert_with(|| empty(issuer)).inherited.push(row.inherited);
    }
    for (issuer, number) in told {
        let share = shares.entry(issuer).or_insert_with(|| empty(issuer));
        share.knows_revocations = true;
        share.crl_number = number;
    }
    // The wrong folder, with nothing of this CA in it, says nothing about what this CA revoked; its
    // operator may.
    let knows_revocations = vouched_for || (knows_revocations && (own > 0 || !shares.is_empty()));
    for issuer in spoken_for {
        let share = shares.entry(issuer).or_insert_with(|| empty(issuer));
        share.knows_revocations |= knows_revocations;
        share.crl_number = share.crl_number.max(crl_number);
    }
    Merge { name, shares: shares.into_values().collect(), own, passed_over, refused }
}

struct Sorting<'a> {
    generations: &'a [Generation],
    rows: BTreeMap<(IssuerNumber, Serial), Row>,
    own: usize,
    passed_over: Vec<Trouble>,
    refused: Vec<Trouble>,
}

struct Row {
    inherited: Inherited,
    /// The line of the database that named it.
    line: Option<String>,
}

impl Sorting<'_> {
    fn certificate(&mut self, found: Found) {
        let Found { place, certificate } = found;
        if self
            .generations
            .iter()
            .any(|generation| generation.certificate() == &certificate || generation.above().contains(&certificate))
        {
            self.own += 1;
            return;
        }
        let named: Vec<&Generation> = self
            .generations
            .iter()
            .filter(|generation| generation.certificate().subject().matches(certificate.issuer()))
            .collect();
        let signer = named
            .iter()
            .find(|generation| certificate.verify_signature(generation.certificate().public_key()).is_ok())
            .map(|generation| generation.number());
        let Some(issuer) = signer else {
            let by = certificate.issuer().rfc4514();
            if named.is_empty() {
                self.passed_over.push(Trouble { place, reason: format!("it was issued by `{by}`") });
            } else {
                let reason = format!("its signature is not that of `{by}` whose key is here");
                self.refused.push(Trouble { place, reason });
            }
            return;
        };
        let number = certificate.serial().clone();
        match self.rows.entry((issuer, number.clone())) {
            std::collections::btree_map::Entry::Vacant(free) => {
                free.insert(Row { inherited: of(&certificate, place), line: None });
            }
            std::collections::btree_map::Entry::Occupied(taken) => {
                let kept = &taken.get().inherited;
                if kept.certificate.as_ref().is_some_and(|legacy| legacy.der != certificate.der()) {
                    // What parallel runs of easy-rsa and `openssl ca` leave behind.
                    let reason = format!(
                        "serial number `{number}` was given out twice, and is that of `{}` already; \
                         revoking the number takes back both",
                        kept.origin
                    );
                    self.refused.push(Trouble { place, reason });
                }
            }
        }
    }

    /// Who inherits what has no certificate to show who signed it.
    fn heir(&self) -> Option<IssuerNumber> {
        let signed = self.rows.keys().next().map(|(issuer, _)| *issuer);
        let adopted = self.generations.iter().find(|generation| generation.history() != History::Whole);
        signed.or_else(|| adopted.or(self.generations.last()).map(Generation::number))
    }

    fn record(&mut self, record: Record, heir: Option<IssuerNumber>) {
        let Some(heir) = heir else { return };
        let Record { place, serial, subject, not_after, revocation } = record;
        let is_own = |generation: &Generation| {
            *generation.certificate().serial() == serial && generation.certificate().is_self_issued()
        };
        let of_number = self.generations.iter().map(|generation| (generation.number(), serial.clone()));
        let key = of_number.clone().find(|key| self.rows.contains_key(key)).unwrap_or((heir, serial.clone()));
        if !self.rows.contains_key(&key) && self.generations.iter().any(is_own) {
            self.own += 1;
            return;
        }
        let (subject, names) = subject.map_or((None, Vec::new()), |subject| named(&subject));
        let row = self.rows.entry(key).or_insert_with(|| Row {
            inherited: Inherited {
                serial: serial.clone(),
                subject: subject.clone(),
                names,
                profile: None,
                not_after,
                certificate: None,
                revocation: None,
                origin: place.clone(),
            },
            line: None,
        });
        let same = subject.is_none() || row.inherited.subject.is_none() || row.inherited.subject == subject;
        let revoked_before = row.inherited.revocation.is_some();
        // Of two lines for one number, the one that revokes it counts.
        row.inherited.revocation = row.inherited.revocation.or(revocation);
        match &row.line {
            None => row.line = Some(place),
            Some(first) => {
                let twice = if same { "stands there twice" } else { "was given out twice" };
                let revoked = if revocation.is_some() && !revoked_before { "; this line revokes it" } else { "" };
                let reason = format!("serial number `{serial}` {twice}, first in `{first}`{revoked}");
                self.refused.push(Trouble { place, reason });
            }
        }
    }

    /// Applies the CRLs, the newest last; says of which issuers there was one, and its number.
    fn lists(&mut self, mut lists: Vec<RevocationList>) -> BTreeMap<IssuerNumber, Option<CrlNumber>> {
        let mut told: BTreeMap<IssuerNumber, Option<CrlNumber>> = BTreeMap::new();
        lists.sort_by_key(RevocationList::this_update);
        for list in lists {
            let signs = |generation: &&Generation| signed_by(&list, generation);
            let Some(generation) = self.generations.iter().find(signs) else {
                let place = format!("the CRL of `{}`", list.issuer().rfc4514());
                self.passed_over.push(Trouble { place, reason: "it is not signed by this CA".to_owned() });
                continue;
            };
            let issuer = generation.number();
            let known = told.entry(issuer).or_default();
            *known = (*known).max(list.number());
            for entry in list.entries() {
                let revocation = Revocation {
                    revoked_at: entry.revoked_at,
                    reason: entry.reason(),
                    invalid_since: entry.invalid_since(),
                };
                let row = self.rows.entry((issuer, entry.serial.clone())).or_insert_with(|| Row {
                    inherited: Inherited {
                        serial: entry.serial.clone(),
                        subject: None,
                        names: Vec::new(),
                        profile: None,
                        not_after: None,
                        certificate: None,
                        revocation: None,
                        origin: "its last CRL".to_owned(),
                    },
                    line: None,
                });
                row.inherited.revocation.get_or_insert(revocation);
            }
        }
        told
    }
}

/// Whether a CRL is one of ours (RFC 5280 section 6.3.3, by name and signature).
pub(in crate::authority) fn signed_by(list: &RevocationList, generation: &Generation) -> bool {
    let certificate = generation.certificate();
    list.issuer().matches(certificate.subject()) && list.verify_signature(certificate.public_key()).is_ok()
}

fn of(certificate: &Certificate, origin: String) -> Inherited {
    Inherited {
        serial: certificate.serial().clone(),
        subject: Some(certificate.subject().rfc4514()),
        names: KnownName::all_of(certificate),
        profile: likely_profile(certificate).map(|profile| profile.to_string()),
        not_after: Some(certificate.validity().not_after),
        certificate: Some(Legacy {
            der: certificate.der().to_vec(),
            validity: certificate.validity(),
            public_key: certificate.public_key().fingerprint(),
        }),
        revocation: None,
        origin,
    }
}

/// The built-in profile that a certificate looks like. `renew` takes another where it is told.
fn likely_profile(certificate: &Certificate) -> Option<ProfileName> {
    if certificate.is_ca() {
        return Some(ProfileName::INTERMEDIATE);
    }
    let usages = certificate.extensions().extended_key_usage();
    let has = |usage: &Oid| usages.is_some_and(|usages| usages.iter().any(|has| has.oid() == usage));
    match (has(&oid::SERVER_AUTH), has(&oid::CLIENT_AUTH)) {
        (true, true) => Some(ProfileName::PEER),
        (true, false) => Some(ProfileName::SERVER),
        (false, true) => Some(ProfileName::CLIENT),
        (false, false) => None,
    }
}

/// A subject as OpenSSL's index has it, as RFC 4514 text, and the common names in it.
fn named(oneline: &str) -> (Option<String>, Vec<KnownName>) {
    let Ok(name) = oneline.parse::<NameText>() else { return (Some(oneline.to_owned()), Vec::new()) };
    let common = name.rdns().iter().flatten().filter(|attribute| attribute.kind == oid::COMMON_NAME);
    let names = common
        .filter_map(|attribute| attribute.value.text())
        .map(|text| KnownName { kind: "cn".to_owned(), value: text.to_owned() });
    (Some(name.rfc4514()), names.collect())
}
