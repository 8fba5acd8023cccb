//! The path that `verify` judged, with the certificates themselves.

use super::case::{Case, Revocation};
use super::cause::Cause;
use super::finding::Diagnosis;
use super::proof;
use crate::examine::verify::{Answer, Check, Conformance, Question, Role, verify};
use crate::words::clock::Now;
use crate::words::x509::certificate::Certificate;

/// What `verify` says, and whom it speaks of.
pub(super) struct Judged<'a> {
    pub(super) case: &'a Case<'a>,
    answer: Answer,
    links: Vec<&'a Certificate>,
}

/// Puts the case to `verify`. Where no path is found, certificates that are at hand are tried too: what
/// they bridge is what is missing.
pub(super) fn judge<'a>(case: &'a Case<'a>, now: Now) -> Judged<'a> {
    let known: Vec<Certificate> = case.known.iter().map(|known| known.certificate.clone()).collect();
    let alone = ask(case, &[], now);
    let answer = if is_anchored(&alone) || known.is_empty() {
        alone
    } else {
        let bridged = ask(case, &known, now);
        if is_anchored(&bridged) { bridged } else { alone }
    };
    let all = || case.presented.iter().chain(case.trust).chain(case.known.iter().map(|known| known.certificate));
    let links = answer.chain().iter().filter_map(|link| all().find(|one| one.fingerprint() == link.fingerprint));
    Judged { case, links: links.collect(), answer }
}

fn ask(case: &Case<'_>, known: &[Certificate], now: Now) -> Answer {
    verify(&Question {
        intermediates: known,
        crls: if case.revocation == Revocation::Ignored { &[] } else { case.crls },
        names: case.name.cloned().into_iter().collect(),
        require_crl: matches!(case.revocation, Revocation::OfLeaf | Revocation::OfAll),
        conformance: Conformance::Reported,
        ..Question::new(case.presented, case.trust, case.role, now)
    })
}

fn is_anchored(answer: &Answer) -> bool {
    answer.chain().last().is_some_and(|link| matches!(link.role, Role::Anchor | Role::Pinned))
}

impl<'a> Judged<'a> {
    /// What every rule says.
    pub(super) fn checks(&self) -> impl Iterator<Item = &Check> {
        self.answer.checks().iter()
    }

    /// The path, the leaf first.
    pub(super) fn links(&self) -> &[&'a Certificate] {
        &self.links
    }

    /// Whether it ends in somebody who is trusted.
    pub(super) fn is_anchored(&self) -> bool {
        is_anchored(&self.answer)
    }

    /// The certificate that the check speaks of; the leaf where it speaks of the path.
    pub(super) fn link(&self, check: &Check) -> Option<&'a Certificate> {
        self.links.get(check.link.unwrap_or(0)).copied()
    }

    /// The one that signed it.
    pub(super) fn issuer(&self, check: &Check) -> Option<&'a Certificate> {
        self.links.get(check.link.unwrap_or(0).saturating_add(1)).copied()
    }

    /// The last of the path.
    pub(super) fn top(&self) -> Option<&'a Certificate> {
        self.links.last().copied()
    }

    /// The line that replaces the certificate which the check speaks of.
    pub(super) fn issue_again(&self, check: &Check) -> String {
        match (self.link(check), check.link) {
            (Some(leaf), None | Some(0)) => proof::issue_again(self.case, leaf),
            (Some(ca), _) => format!("# make the CA `{}` anew: mtls-ca init", proof::called(ca)),
            (None, _) => format!("mtls-ca issue NAME --profile {}", self.case.profile()),
        }
    }

    /// Where rustls comes to another answer than everybody else.
    pub(super) fn second_opinion(&self) -> Option<Diagnosis> {
        let said = self.answer.second_opinion.as_ref().filter(|_| self.answer.verdict())?;
        Some(
            Diagnosis::warning(Cause::RustlsPeers, said.clone())
                .proofs(self.links.first().map(|leaf| proof::dates(leaf))),
        )
    }
}

/// More CAs than the other side follows.
pub(super) fn depth(judged: &Judged<'_>) -> Option<Diagnosis> {
    let most = judged.case.most_authorities?;
    let authorities = judged.links.len().saturating_sub(1);
    if !judged.is_anchored() || authorities <= most {
        return None;
    }
    let chain: Vec<String> = judged.links.iter().map(|link| format!("`{}`", proof::called(link))).collect();
    Some(
        Diagnosis::error(
            Cause::Depth,
            format!("the chain has {authorities} CAs above the certificate, and the other side follows {most}"),
        )
        .proof(format!("the chain is {}", chain.join(", ")))
        .fix(format!(
            "# raise the verify depth of the other side to {authorities}, or sign with a CA nearer to the root"
        )),
    )
}
