//! How the things of one input belong together: keys to certificates, certificates to issuers,
//! CRLs to CAs.

use std::collections::HashMap;

use super::certificate::CertificateReport;
use super::{Content, Item};
use crate::words::clock::Time;
use crate::words::finding::Finding;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::fingerprint::Fingerprint;
use crate::words::x509::signature::SignatureError;

/// Where the items come from, for a chain that a server sends is held to more than a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A file, which may be a chain or any collection.
    File,
    /// A TLS server, which sends a chain.
    Server,
}

/// Issuers of the same name that are tried for one certificate. Real files have one or two.
const TRIED: usize = 8;

/// Certificates among which issuers are looked for. The trust stores of browsers have some 150;
/// what has more is no chain.
const RELATED: usize = 500;

/// Adds remarks on how the items belong together.
pub(super) fn remark(items: &mut [Item], source: Source) {
    let found = Found::of(items);
    let mut remarks = found.on_keys(items);
    remarks.extend(found.on_repetition(items));
    if found.certificates.len() <= RELATED {
        remarks.extend(found.on_issuers(items));
        remarks.extend(found.on_order(items, source));
    }
    remarks.extend(found.on_crls(items));
    for (position, finding) in remarks {
        if let Some(item) = items.get_mut(position) {
            item.remarks.push(finding);
        }
    }
}

/// The certificates of an input, by what they are looked up by. Positions are those of the items.
struct Found {
    certificates: Vec<usize>,
    by_subject: HashMap<Vec<u8>, Vec<usize>>,
    by_key: HashMap<Fingerprint, usize>,
}

type Remarks = Vec<(usize, Finding)>;

impl Found {
    fn of(items: &[Item]) -> Self {
        let mut found = Self { certificates: Vec::new(), by_subject: HashMap::new(), by_key: HashMap::new() };
        for (position, item) in items.iter().enumerate() {
            let Some(report) = item.certificate() else { continue };
            found.certificates.push(position);
            let certificate = &report.certificate;
            found.by_subject.entry(certificate.subject().der().to_vec()).or_default().push(position);
            found.by_key.entry(certificate.public_key().fingerprint()).or_insert(position);
        }
        found
    }

    /// The certificate in the input whose key signed this one; or one of the right name only.
    fn issuer(&self, items: &[Item], of: usize) -> Issuer {
        let Some(child) = certificate(items, of) else { return Issuer::Absent };
        let Some(candidates) = self.by_subject.get(child.issuer().der()) else { return Issuer::Absent };
        let mut other = Issuer::Absent;
        for position in candidates.iter().copied().filter(|position| *position != of).take(TRIED) {
            let Some(candidate) = certificate(items, position) else { continue };
            match child.verify_signature(candidate.public_key()) {
                Ok(()) | Err(SignatureError::Unsupported { .. } | SignatureError::Broken(_)) => {
                    return Issuer::At(position);
                }
                Err(SignatureError::Mismatch) => other = Issuer::OtherKey,
            }
        }
        other
    }

    /// Keys beside certificates: which belongs to which.
    fn on_keys(&self, items: &[Item]) -> Remarks {
        if self.certificates.is_empty() {
            return Vec::new();
        }
        let mut remarks = Vec::new();
        for (position, item) in items.iter().enumerate() {
            let Content::PrivateKey(report) = &item.content else { continue };
            let Some(key) = &report.public_key else { continue };
            remarks.push((
                position,
                match self.by_key.get(&key.key.fingerprint()).and_then(|at| title(items, *at)) {
                    Some(title) => Finding::notice("inspect.key_matches", format!("it is the key of `{title}`")),
                    None => Finding::warning(
                        "inspect.key_matches_none",
                        "it is the key of no certificate of this file".to_owned(),
                    ),
                },
            ));
        }
        remarks
    }

    /// The same certificate twice.
    fn on_repetition(&self, items: &[Item]) -> Remarks {
        let mut seen: HashMap<&[u8], usize> = HashMap::new();
        let mut remarks = Vec::new();
        for position in self.certificates.iter().copied() {
            let Some(certificate) = certificate(items, position) else { continue };
            match seen.get(certificate.der()) {
                Some(first) => {
                    let message = format!("it is the same certificate as item {}", first.saturating_add(1));
                    remarks.push((position, Finding::warning("inspect.repeated", message)));
                }
                None => {
                    seen.insert(certificate.der(), position);
                }
            }
        }
        remarks
    }

    /// Certificates whose issuer is in the input: whether it signed them and outlives them.
    fn on_issuers(&self, items: &[Item]) -> Remarks {
        let mut remarks = Vec::new();
        for position in self.certificates.iter().copied() {
            let Some(report) = items.get(position).and_then(Item::certificate) else { continue };
            if report.self_signed {
                continue;
            }
            match self.issuer(items, position) {
                Issuer::At(issuer) => {
                    if let Some(ends) = ends_before(items, issuer, report) {
                        let message = format!(
                            "it ends at `{}`, after its issuer's certificate does at `{ends}`",
                            report.validity.not_after
                        );
                        remarks.push((position, Finding::warning("inspect.outlives_issuer", message)));
                    }
                }
                Issuer::OtherKey => {
                    let message = format!(
                        "a certificate of its issuer `{}` is there, but of another key than the one that signed it",
                        report.issuer.rfc4514
                    );
                    let hint = "the CA was made anew under the same name, or somebody else uses its name";
                    remarks.push((position, Finding::error("inspect.issuer_other_key", message).hint(hint)));
                }
                Issuer::Absent => {}
            }
        }
        remarks
    }

    /// Whether a chain is in the order and of the length that RFC 8446 section 4.4.2 has: the leaf
    /// first, then each certificate's issuer, the root left out. A file counts as a chain where its
    /// first certificate is a leaf and certificates of CAs follow.
    fn on_order(&self, items: &[Item], source: Source) -> Remarks {
        let reports: Vec<(usize, &CertificateReport)> =
            self.certificates.iter().filter_map(|at| Some((*at, items.get(*at)?.certificate()?))).collect();
        let Some(((first, leaf), rest)) = reports.split_first() else { return Vec::new() };
        let chain =
            source == Source::Server || !leaf.usage.ca && !rest.is_empty() && rest.iter().all(|(_, r)| r.usage.ca);
        if !chain || leaf.self_signed && rest.is_empty() {
            return Vec::new();
        }
        let mut remarks = Vec::new();
        let mut at = *first;
        for (expected, _) in rest {
            match self.issuer(items, at) {
                Issuer::At(issuer) if issuer == *expected => at = issuer,
                Issuer::At(issuer) => {
                    let title = title(items, issuer).unwrap_or_default();
                    let message = format!("the chain is out of order: `{title}` should come next after this one");
                    let finding = Finding::warning("inspect.chain_order", message).clause("RFC 8446 section 4.4.2");
                    remarks.push((at, finding.hint("most peers put up with it; some, such as older GnuTLS, do not")));
                    break;
                }
                Issuer::OtherKey => break,
                Issuer::Absent => {
                    remarks.push((at, missing_issuer(items, at)));
                    break;
                }
            }
        }
        let root = rest.iter().find(|(_, report)| report.self_signed);
        if let (Source::Server, Some((root, _))) = (source, root) {
            let message = "the server sends its root too, which peers do not need and must not trust for that";
            remarks.push((*root, Finding::notice("inspect.root_in_chain", message).clause("RFC 8446 section 4.4.2")));
        }
        if source == Source::Server && rest.is_empty() {
            let message = format!(
                "the server sends this certificate alone: peers that trust only a root above `{}` will not find the way",
                leaf.issuer.rfc4514
            );
            remarks.push((*first, Finding::notice("inspect.served_alone", message)));
        }
        remarks
    }

    /// CRLs beside CAs: whether the one signed the other.
    fn on_crls(&self, items: &[Item]) -> Remarks {
        let mut remarks = Vec::new();
        for (position, item) in items.iter().enumerate() {
            let Content::Crl(report) = &item.content else { continue };
            let Some(candidates) = self.by_subject.get(report.crl.issuer().der()) else { continue };
            let signs = |at: &usize| {
                certificate(items, *at).is_some_and(|ca| {
                    !matches!(report.crl.verify_signature(ca.public_key()), Err(SignatureError::Mismatch))
                })
            };
            if !candidates.iter().take(TRIED).any(signs) {
                let message = "a certificate of its issuer is there, but of another key than the one that signed it";
                remarks.push((position, Finding::error("inspect.issuer_other_key", message)));
            }
        }
        remarks
    }
}

/// What an input holds of a certificate's issuer.
enum Issuer {
    /// The certificate that signed it.
    At(usize),
    /// One of the same name that did not.
    OtherKey,
    /// None.
    Absent,
}

fn certificate(items: &[Item], position: usize) -> Option<&Certificate> {
    items.get(position)?.certificate().map(|report| &report.certificate)
}

fn title(items: &[Item], position: usize) -> Option<String> {
    items.get(position)?.certificate().map(CertificateReport::title)
}

/// The issuer's end, where it comes before that of what it issued.
fn ends_before(items: &[Item], issuer: usize, report: &CertificateReport) -> Option<Time> {
    let ends = items.get(issuer)?.certificate()?.validity.not_after;
    (ends < report.validity.not_after).then_some(ends)
}

fn missing_issuer(items: &[Item], position: usize) -> Finding {
    let issuer = certificate(items, position).map(|child| child.issuer().rfc4514()).unwrap_or_default();
    Finding::warning("inspect.issuer_missing", format!("the certificate of its issuer `{issuer}` is not there"))
        .hint("peers that trust only the root need every certificate between: leaf first, then each issuer")
}
