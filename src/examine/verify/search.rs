//! Which paths are there (RFC 5280 section 6.1 leaves building them to us)?
//!
//! A depth-first walk from the certificate asked about, through every certificate whose subject is the
//! issuer's name and whose key verifies the signature, to any anchor: cross-signed CAs, renewed CAs and
//! several CAs of one name are all tried, the likeliest first. Nothing in the pool can make it long:
//! signatures, steps and complete paths are counted, and what has been verified once is remembered.

use std::collections::HashMap;

use super::answer::{Check, Role, Verdict};
use super::lists::Lists;
use super::question::{Conformance, Question};
use super::signatures::Signatures;
use super::{dead_end, rules};
use crate::words::x509::certificate::Certificate;
use crate::words::x509::signature::SignatureError;
use crate::words::x509::validity::Standing;

/// Signatures that one question may have checked.
const MAX_SIGNATURES: usize = 100;
/// Certificates that the walk may step on.
const MAX_STEPS: usize = 2_000;
/// Complete paths that the rules may be asked about.
const MAX_PATHS: usize = 50;
/// Certificates that a path may have, its anchor included.
const MAX_LINKS: usize = 20;

/// A path, the certificate asked about first.
#[derive(Debug, Clone)]
pub(super) struct Path<'a> {
    links: Vec<&'a Certificate>,
    anchored: bool,
}

impl<'a> Path<'a> {
    /// Its certificates, the one asked about first.
    pub(super) fn links(&self) -> &[&'a Certificate] {
        &self.links
    }

    /// The certificate asked about.
    pub(super) fn leaf(&self) -> Option<&'a Certificate> {
        self.links.first().copied()
    }

    /// Whether the last link is trusted.
    pub(super) const fn is_anchored(&self) -> bool {
        self.anchored
    }

    /// What the link at this position is there for.
    pub(super) fn role(&self, position: usize) -> Role {
        let last = position + 1 == self.links.len() && self.anchored;
        match (position, last) {
            (0, true) => Role::Pinned,
            (0, false) => Role::Subject,
            (_, true) => Role::Anchor,
            (_, false) => Role::Intermediate,
        }
    }

    /// The links that sign others, with their positions: all but the first.
    pub(super) fn authorities(&self) -> impl DoubleEndedIterator<Item = (usize, &'a Certificate)> {
        self.links.iter().copied().enumerate().skip(1)
    }

    /// Each link that is signed by the next one, with its position.
    pub(super) fn signed(&self) -> impl DoubleEndedIterator<Item = (usize, &'a Certificate, &'a Certificate)> {
        let pairs: Vec<_> = self.links.iter().copied().zip(self.links.iter().copied().skip(1)).collect();
        pairs.into_iter().enumerate().map(|(n, (certificate, issuer))| (n, certificate, issuer))
    }
}

/// A path and what the rules say about it.
pub(super) struct Found<'a> {
    pub(super) path: Path<'a>,
    pub(super) checks: Vec<Check>,
}

impl Found<'_> {
    fn failures(&self) -> usize {
        self.checks.iter().filter(|check| check.verdict == Verdict::Fails).count()
    }
}

/// A certificate that a path may lead through.
pub(super) struct Candidate<'a> {
    pub(super) certificate: &'a Certificate,
    pub(super) trusted: bool,
}

/// Why a certificate that has the issuer's name is not the issuer.
pub(super) struct Impostor<'a> {
    pub(super) certificate: &'a Certificate,
    pub(super) error: SignatureError,
}

/// A path that goes no further, and who was tried.
pub(super) struct DeadEnd<'a> {
    pub(super) path: Path<'a>,
    pub(super) impostors: Vec<Impostor<'a>>,
}

struct Search<'q, 'a> {
    question: &'q Question<'a>,
    pool: Vec<Candidate<'a>>,
    lists: &'q Lists<'a>,
    signatures: &'q Signatures<'q>,
    /// By certificate: who has the issuer's name, likeliest first.
    named: HashMap<usize, Vec<usize>>,
    steps: usize,
    paths: usize,
    limit: Option<&'static str>,
    best: Option<Found<'a>>,
    dead_end: Option<DeadEnd<'a>>,
}

/// Finds the path that holds, or else the one that comes nearest.
pub(super) fn run<'a>(question: &Question<'a>, lists: &Lists<'a>, signatures: &Signatures<'_>) -> Found<'a> {
    let mut search = Search {
        question,
        pool: pool(question),
        lists,
        signatures,
        named: HashMap::new(),
        steps: 0,
        paths: 0,
        limit: None,
        best: None,
        dead_end: None,
    };
    if search.pool.is_empty() {
        let path = Path { links: Vec::new(), anchored: false };
        return Found { path, checks: vec![dead_end::nothing_asked()] };
    }
    let holds = search.walk(&mut vec![0]);
    let Search { pool, best, dead_end, limit, .. } = search;
    let mut found = best.unwrap_or_else(|| {
        let end = dead_end.unwrap_or_else(|| DeadEnd {
            path: Path { links: question.certificates.first().into_iter().collect(), anchored: false },
            impostors: Vec::new(),
        });
        let mut checks = Vec::new();
        if limit.is_none() {
            checks.push(dead_end::explain(&end, &pool, question));
        }
        checks.extend(judge(&end.path, question, lists, signatures));
        Found { path: end.path, checks }
    });
    if let (false, Some(limit)) = (holds, limit) {
        found.checks.insert(0, dead_end::gave_up(limit));
    }
    found
}

/// Everything that was handed in, each certificate once; the one asked about stands first.
fn pool<'a>(question: &Question<'a>) -> Vec<Candidate<'a>> {
    let mut pool: Vec<Candidate<'a>> = Vec::new();
    let mut seen: HashMap<&'a [u8], usize> = HashMap::new();
    let given = question.certificates.iter().chain(question.intermediates).map(|certificate| (certificate, false));
    for (certificate, trusted) in given.chain(question.anchors.iter().map(|certificate| (certificate, true))) {
        match seen.get(certificate.der()).and_then(|position| pool.get_mut(*position)) {
            Some(known) => known.trusted |= trusted,
            // Anchors alone ask about nothing.
            None if trusted && question.certificates.is_empty() => {}
            None => {
                seen.insert(certificate.der(), pool.len());
                pool.push(Candidate { certificate, trusted });
            }
        }
    }
    if question.certificates.is_empty() { Vec::new() } else { pool }
}

/// All rules about one path.
fn judge<'a>(path: &Path<'a>, question: &Question<'a>, lists: &Lists<'a>, signatures: &Signatures<'_>) -> Vec<Check> {
    let mut checks = rules::run(path, question, lists, signatures);
    if question.conformance == Conformance::Reported {
        for check in &mut checks {
            if check.verdict == Verdict::Fails && check.basis == super::answer::Basis::Profile {
                check.verdict = Verdict::Warns;
            }
        }
    }
    checks
}

impl<'a> Search<'_, 'a> {
    /// Whether one of the limits is reached; the first one that is, is remembered.
    fn is_exhausted(&mut self, walked: &[usize]) -> bool {
        let reached = if self.steps >= MAX_STEPS {
            Some("2,000 certificates were stepped on")
        } else if self.paths >= MAX_PATHS {
            Some("50 complete paths were refused")
        } else if self.signatures.count() >= MAX_SIGNATURES {
            Some("100 signatures were checked")
        } else if walked.len() >= MAX_LINKS {
            Some("the path had 20 certificates")
        } else {
            None
        };
        self.limit = self.limit.or(reached);
        reached.is_some()
    }

    fn certificate(&self, position: usize) -> Option<&'a Certificate> {
        self.pool.get(position).map(|candidate| candidate.certificate)
    }

    fn path(&self, walked: &[usize], anchored: bool) -> Path<'a> {
        Path { links: walked.iter().filter_map(|position| self.certificate(*position)).collect(), anchored }
    }

    /// Goes on from the last of these; whether a path that holds was found.
    fn walk(&mut self, walked: &mut Vec<usize>) -> bool {
        self.steps += 1;
        let Some(&top) = walked.last() else { return false };
        let Some(Candidate { certificate, trusted }) = self.pool.get(top) else { return false };
        let (certificate, trusted) = (*certificate, *trusted);
        let asked_about = walked.len() == 1;
        if trusted && !asked_about {
            return self.complete(walked);
        }
        let mut impostors = Vec::new();
        let mut advanced = false;
        for issuer in self.issuers(top, certificate) {
            if self.repeats(walked, issuer) {
                continue;
            }
            if self.is_exhausted(walked) {
                return false;
            }
            match self.signature(top, issuer) {
                Ok(()) => {
                    advanced = true;
                    walked.push(issuer);
                    if self.walk(walked) {
                        return true;
                    }
                    walked.pop();
                }
                Err(error) => {
                    impostors.extend(self.certificate(issuer).map(|certificate| Impostor { certificate, error }));
                }
            }
        }
        // Where the one asked about is trusted itself and an anchor stands above it too, the longer path
        // counts, for only there can revocation and constraints be checked.
        if trusted && asked_about && self.best.is_none() {
            return self.complete(walked);
        }
        let longest = self.dead_end.as_ref().map_or(0, |end| end.path.links().len());
        if !advanced && walked.len() > longest {
            self.dead_end = Some(DeadEnd { path: self.path(walked, false), impostors });
        }
        false
    }

    /// A CA that is on the path already (same name, same key) leads nowhere new; an anchor always ends it.
    fn repeats(&self, walked: &[usize], issuer: usize) -> bool {
        let Some(next) = self.pool.get(issuer) else { return true };
        walked.contains(&issuer)
            || !next.trusted
                && walked.iter().filter_map(|position| self.certificate(*position)).any(|earlier| {
                    earlier.public_key() == next.certificate.public_key()
                        && earlier.subject().matches(next.certificate.subject())
                })
    }

    /// An anchor is reached: what do the rules say?
    fn complete(&mut self, walked: &[usize]) -> bool {
        self.paths += 1;
        let path = self.path(walked, true);
        let checks = judge(&path, self.question, self.lists, self.signatures);
        let found = Found { path, checks };
        let failures = found.failures();
        if self.best.as_ref().is_none_or(|best| failures < best.failures()) {
            self.best = Some(found);
        }
        failures == 0
    }

    /// Whether the issuer's key verifies the certificate.
    fn signature(&self, certificate: usize, issuer: usize) -> Result<(), SignatureError> {
        match (self.certificate(certificate), self.certificate(issuer)) {
            (Some(certificate), Some(issuer)) => self.signatures.verify(certificate, issuer),
            _ => Err(SignatureError::Mismatch),
        }
    }

    /// Who has the issuer's name (RFC 5280 section 6.1.3(a)(4)), likeliest first: key identifiers that
    /// agree, then anchors, then those that hold now and are CAs.
    fn issuers(&mut self, position: usize, certificate: &Certificate) -> Vec<usize> {
        if let Some(known) = self.named.get(&position) {
            return known.clone();
        }
        let mut issuers: Vec<usize> = (0..self.pool.len())
            .filter(|issuer| {
                *issuer != position
                    && self.certificate(*issuer).is_some_and(|issuer| issuer.subject().matches(certificate.issuer()))
            })
            .collect();
        issuers.sort_by_key(|issuer| {
            self.pool.get(*issuer).map(|Candidate { certificate: issuer, trusted }| {
                let holds = issuer.validity().standing(self.question.at) == Standing::Valid;
                (rules::fit(certificate, issuer), !trusted, !holds, !issuer.may_sign_certificates())
            })
        });
        self.named.insert(position, issuers.clone());
        issuers
    }
}
