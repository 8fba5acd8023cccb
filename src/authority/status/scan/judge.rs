//! Whether a server serves what it should, by the ledger.

use std::error::Error;

use super::{ScanResult, ServedLeaf};
use crate::authority::{Authority, AuthorityError, Generation};
use crate::encoding::certificate;
use crate::examine::inspect::validity::span;
use crate::examine::remote::{RemoteError, Served, Target};
use crate::examine::verify::{Check, Question, Verdict, verify};
use crate::ledger::{Entry, State};
use crate::words::clock::Now;
use crate::words::finding::Finding;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::lifetime::Threshold;
use crate::words::x509::san::{DnsName, San};
use crate::words::x509::usage::Purpose;
use crate::words::x509::validity::Standing;

/// How many newer certificates of a name are looked through for the one that took its place.
const NEWER: usize = 32;

pub(super) struct Judge<'a> {
    pub(super) ca: &'a Authority,
    pub(super) generations: Vec<Generation>,
    pub(super) window: Threshold,
    pub(super) now: Now,
}

impl Judge<'_> {
    pub(super) fn result(
        &self,
        target: &Target,
        seen: Result<Served, RemoteError>,
    ) -> Result<ScanResult, AuthorityError> {
        let served = match seen {
            Ok(served) => served,
            Err(error) => return Ok(ScanResult::new(target, None, vec![unreachable(&error)])),
        };
        let read: Result<Vec<Certificate>, _> = served.chain.iter().map(|der| certificate::read(der)).collect();
        let chain = match read {
            Ok(chain) => chain,
            Err(error) => {
                let finding = Finding::error("scan.unreadable", format!("what it serves cannot be read: {error}"));
                return Ok(ScanResult::new(target, None, vec![finding]));
            }
        };
        let Some((leaf, behind)) = chain.split_first() else {
            let finding = Finding::error("scan.no_certificate", "it showed no certificate");
            return Ok(ScanResult::new(target, None, vec![finding]));
        };
        let mut findings = self.on_leaf(leaf)?;
        // What another CA issued cannot be renewed here, and what has a successor need not be.
        let ours = findings.is_empty();
        findings.extend(self.on_life(leaf).map(|finding| if ours { finding.hint(renew(leaf)) } else { finding }));
        findings.extend(self.on_chain(leaf, behind));
        findings.extend(self.on_rules(&chain, &served.server_name, findings.is_empty())?);
        let shown = ServedLeaf {
            subject: leaf.subject().rfc4514(),
            serial: leaf.serial().clone(),
            not_after: leaf.validity().not_after,
            sha256: leaf.fingerprint(),
        };
        Ok(ScanResult::new(target, Some(shown), findings))
    }

    /// The one of this authority that signed it.
    fn signer_of(&self, leaf: &Certificate) -> Option<&Generation> {
        self.generations.iter().find(|generation| {
            let issuer = generation.certificate();
            issuer.subject().matches(leaf.issuer()) && leaf.verify_signature(issuer.public_key()).is_ok()
        })
    }

    /// What the ledger says of it.
    fn on_leaf(&self, leaf: &Certificate) -> Result<Vec<Finding>, AuthorityError> {
        let (ledger, signer) = (self.ca.ledger(), self.signer_of(leaf));
        let known = match ledger.by_fingerprint(&leaf.fingerprint())? {
            Some(entry) => Some(entry),
            // Of an adopted CA the ledger may have the number alone.
            None => ledger.by_serial(leaf.serial())?.into_iter().find(|entry| {
                entry.fingerprint.is_none() && signer.is_some_and(|signer| signer.number() == entry.issuer)
            }),
        };
        let Some(entry) = known else {
            return Ok(vec![match signer {
                Some(signer) => {
                    let issuer = signer.number();
                    let message = format!("certificate {} is signed by {issuer} and not in the ledger", leaf.serial());
                    Finding::error("scan.not_in_ledger", message).hint(
                        "if this CA was imported or restored, import it: mtls-ca import certs FILE; else somebody else has the CA's key",
                    )
                }
                None => Finding::error(
                    "scan.unknown",
                    format!("another CA issued what it serves: `{}`", leaf.issuer().rfc4514()),
                ),
            }]);
        };
        if let Some(revocation) = entry.revocation.as_ref().filter(|_| entry.state == State::Revoked) {
            let message = format!(
                "it serves certificate {}, revoked at {} ({})",
                entry.serial, revocation.revoked_at, revocation.reason
            );
            return Ok(vec![Finding::error("scan.revoked", message).hint(newest(&entry))]);
        }
        Ok(self.successor(&entry)?.into_iter().map(|newer| superseded(&entry, &newer)).collect())
    }

    /// The newest live certificate of the same names and profile, where it is another one.
    fn successor(&self, entry: &Entry) -> Result<Option<Entry>, AuthorityError> {
        let Some(name) = entry.names.last() else { return Ok(None) };
        let newer = self.ca.ledger().newest_of(name, entry.id, NEWER)?;
        Ok(newer.into_iter().find(|other| {
            let live = other.validity.is_some_and(|life| life.standing(self.now) == Standing::Valid);
            let same = other.names == entry.names && other.profile == entry.profile;
            other.state == State::Issued && live && (same || other.replaces == Some(entry.id))
        }))
    }

    fn on_life(&self, leaf: &Certificate) -> Option<Finding> {
        let (life, now) = (leaf.validity(), self.now);
        let left = span(life.seconds_left(now));
        let (code, message) = match life.standing(now) {
            Standing::Expired => ("scan.expired", format!("it serves a certificate that expired {left} ago")),
            Standing::NotYetValid => {
                ("scan.not_yet_valid", format!("it serves a certificate that is not valid before {}", life.not_before))
            }
            Standing::Valid if self.window.is_due(life, now) => {
                let message = format!("what it serves expires in {left}");
                return Some(Finding::warning("scan.expiring", message));
            }
            Standing::Valid => return None,
        };
        Some(Finding::error(code, message))
    }

    /// Whether what follows the leaf is what this authority hands out behind it.
    fn on_chain(&self, leaf: &Certificate, behind: &[Certificate]) -> Option<Finding> {
        let signer = self.signer_of(leaf)?;
        let wanted = signer.chain();
        let served: Vec<&Certificate> = behind.iter().filter(|one| *one != signer.root()).collect();
        let hint = "serve the whole certificate file, leaf first: it has the chain in it";
        if let Some(missing) = wanted.iter().find(|one| !served.contains(one)) {
            let message = format!("the chain lacks `{}`: most peers refuse it", missing.subject().rfc4514());
            return Some(Finding::error("scan.chain_missing", message).hint(hint));
        }
        if let Some(foreign) = served.iter().find(|one| !wanted.contains(one)) {
            let message = format!("`{}` stands in the chain and does not belong there", foreign.subject().rfc4514());
            return Some(Finding::warning("scan.chain_foreign", message).hint(hint));
        }
        if !served.iter().copied().eq(&wanted) {
            return Some(Finding::warning("scan.chain_order", "the chain is in the wrong order").hint(hint));
        }
        (served.len() < behind.len())
            .then(|| Finding::notice("scan.chain_root", "it serves the root too, which peers have or do not trust"))
    }

    /// Path validation as a peer would do it that looks for this host; says what nothing above has said.
    fn on_rules(
        &self,
        chain: &[Certificate],
        host: &str,
        nothing_said: bool,
    ) -> Result<Option<Finding>, AuthorityError> {
        let anchors = self.ca.trust()?;
        let name = match host.parse() {
            Ok(address) => Some(San::Ip(address)),
            Err(_) => DnsName::parse(host).ok().map(San::Dns),
        };
        let question =
            Question { names: name.into_iter().collect(), ..Question::new(chain, &anchors, Purpose::Server, self.now) };
        let answer = verify(&question);
        let fails = |check: &&Check| check.verdict == Verdict::Fails;
        if let Some(check) = answer.checks().iter().find(|check| check.rule == "peer_name" && fails(check)) {
            let leaf = chain.first().map_or(String::new(), |leaf| leaf.subject().rfc4514());
            let message = format!("the certificate of `{leaf}` is not for `{host}`: {}", check.found);
            return Ok(Some(Finding::error("scan.wrong_name", message)));
        }
        Ok(answer.first_cause().filter(|_| nothing_said).map(|cause| {
            let finding = Finding::error("scan.not_good", format!("peers refuse it: {}", cause.found));
            cause.hint.iter().fold(finding, |finding, hint| finding.hint(hint.clone()))
        }))
    }
}

fn unreachable(error: &RemoteError) -> Finding {
    let mut message = error.to_string();
    if let Some(source) = error.source() {
        message = format!("{message}: {source}");
    }
    Finding::error("scan.unreachable", message)
}

fn superseded(entry: &Entry, newer: &Entry) -> Finding {
    let message =
        format!("it serves certificate {}, and {} took its place at {}", entry.serial, newer.serial, newer.reserved_at);
    Finding::warning("scan.superseded", message)
        .hint(format!("put the newer one where the server reads it, and reload: mtls-ca show {} --pem", newer.serial))
}

fn newest(entry: &Entry) -> String {
    format!("what is there of these names: mtls-ca show {}", entry.serial)
}

fn renew(leaf: &Certificate) -> String {
    format!("mtls-ca renew {}", leaf.serial())
}
