//! How files go together: whose certificate it is, which key is its own, which CAs are trusted, which only
//! stand between, which CRLs there are.

use super::paper::{Coding, Paper};
use crate::examine::inspect::key::PrivateKeyReport;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::public_key::PublicKey;
use crate::words::x509::revocation::RevocationList;

/// Files, put side by side.
#[derive(Debug)]
pub struct Desk<'a> {
    papers: &'a [Paper],
    /// Whose certificates are here, one for each leaf.
    pub holders: Vec<Holder<'a>>,
    /// The files of CAs that are trusted.
    pub trust: Vec<&'a Paper>,
    /// The files with CRLs.
    pub crls: Vec<&'a Paper>,
}

/// Somebody who has a certificate here.
#[derive(Debug, Clone)]
pub struct Holder<'a> {
    /// The certificate.
    pub leaf: &'a Certificate,
    /// The file in which it is presented: of several, the one that the peer reads.
    pub presented: &'a Paper,
    /// Where its key is, and what is known of it. Where no key here fits, one that does not.
    pub key: Option<(&'a Paper, &'a PrivateKeyReport)>,
}

/// Which of several files with the same certificate a peer reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Liking {
    /// PEM with the chain in it, the key elsewhere.
    #[default]
    Chain,
    /// PEM with key and chain in one.
    Combined,
    /// A PKCS#12 or Java key store.
    Store,
}

impl<'a> Desk<'a> {
    /// Puts these files side by side.
    #[must_use]
    pub fn of(papers: &'a [Paper], liking: Liking) -> Self {
        let keys: Vec<&PublicKey> = papers.iter().flat_map(|paper| &paper.keys).filter_map(public).collect();
        let all: Vec<&Certificate> = papers.iter().flat_map(|paper| &paper.certificates).collect();
        let is_leaf = |certificate: &Certificate| !is_authority(certificate, &keys, &all);
        let mut leaves: Vec<&Certificate> = Vec::new();
        for certificate in all.iter().copied().filter(|certificate| is_leaf(certificate)) {
            if !leaves.contains(&certificate) {
                leaves.push(certificate);
            }
        }
        if leaves.is_empty() {
            // A CA's own files.
            leaves.extend(all.iter().copied().find(|certificate| keys.contains(&certificate.public_key())));
        }
        let alone = leaves.len() == 1;
        let holders = leaves.iter().filter_map(|leaf| holder(papers, leaf, liking, alone)).collect();
        let of_authorities = |paper: &&Paper| {
            !paper.certificates.is_empty() && paper.certificates.iter().all(|one| !leaves.contains(&one))
        };
        let has_root = |paper: &&Paper| paper.certificates.iter().any(Certificate::is_self_issued);
        let mut trust: Vec<&Paper> = papers.iter().filter(of_authorities).filter(has_root).collect();
        if trust.is_empty() {
            trust = papers.iter().filter(of_authorities).filter(|paper| is_called_trust(&paper.place)).collect();
        }
        let crls = papers.iter().filter(|paper| !paper.crls.is_empty()).collect();
        Self { papers, holders, trust, crls }
    }

    /// Every file.
    #[must_use]
    pub const fn papers(&self) -> &'a [Paper] {
        self.papers
    }

    /// The CAs that are trusted, each once.
    #[must_use]
    pub fn trusted(&self) -> Vec<Certificate> {
        let mut trusted: Vec<Certificate> = Vec::new();
        for certificate in self.trust.iter().flat_map(|paper| &paper.certificates) {
            if !trusted.contains(certificate) {
                trusted.push(certificate.clone());
            }
        }
        trusted
    }

    /// Every CRL.
    #[must_use]
    pub fn lists(&self) -> Vec<RevocationList> {
        self.crls.iter().flat_map(|paper| &paper.crls).cloned().collect()
    }
}

/// The public half of a key, where it can be seen.
fn public(key: &PrivateKeyReport) -> Option<&PublicKey> {
    key.public_key.as_ref().map(|report| &report.key)
}

/// Marked as a CA; or, as certificates of version 1 have no mark, self-signed and above another one here.
fn is_authority(certificate: &Certificate, keys: &[&PublicKey], all: &[&Certificate]) -> bool {
    certificate.is_ca()
        || certificate.is_self_issued()
            && !keys.contains(&certificate.public_key())
            && all.iter().any(|other| *other != certificate && other.issuer().matches(certificate.subject()))
}

/// The files of one certificate.
fn holder<'a>(papers: &'a [Paper], leaf: &'a Certificate, liking: Liking, alone: bool) -> Option<Holder<'a>> {
    let liked = |paper: &Paper| match liking {
        Liking::Chain => paper.coding == Coding::Pem && paper.keys.is_empty(),
        Liking::Combined => paper.coding == Coding::Pem && !paper.keys.is_empty(),
        Liking::Store => matches!(paper.coding, Coding::Pkcs12 | Coding::Jks),
    };
    let of_leaf = papers.iter().enumerate().filter(|(_, paper)| paper.certificates.contains(leaf));
    let (_, presented) =
        of_leaf.max_by_key(|(number, paper)| (liked(paper), paper.certificates.len(), std::cmp::Reverse(*number)))?;
    let all = || papers.iter().flat_map(|paper| paper.keys.iter().map(move |key| (paper, key)));
    let fits = |(_, key): &(&Paper, &PrivateKeyReport)| public(key) == Some(leaf.public_key());
    let beside = |(paper, _): &(&Paper, &PrivateKeyReport)| std::ptr::eq::<Paper>(*paper, presented);
    let locked = |(_, key): &(&Paper, &PrivateKeyReport)| public(key).is_none();
    let key = match liking {
        Liking::Chain => all().find(|found| fits(found) && !beside(found)).or_else(|| all().find(fits)),
        Liking::Combined | Liking::Store => {
            all().find(|found| fits(found) && beside(found)).or_else(|| all().find(fits))
        }
    };
    let key = key.or_else(|| all().find(locked)).or_else(|| all().next().filter(|_| alone));
    Some(Holder { leaf, presented, key })
}

fn is_called_trust(place: &str) -> bool {
    let name = place.rsplit('/').next().unwrap_or(place).to_lowercase();
    ["ca", "root", "trust"].iter().any(|word| name.contains(word)) && !name.contains("chain")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examine::verify::sample::{now, root};
    use crate::words::x509::certificate::Certificate;

    fn paper(place: &str, certificates: &[&Certificate]) -> Paper {
        let pem: String =
            certificates.iter().map(|one| crate::encoding::pem::write("CERTIFICATE", one.der())).collect();
        Paper::read(place, pem.as_bytes(), None, now())
    }

    #[test]
    fn files_are_known_by_what_is_in_them() {
        let root = root("CN=Root");
        let issuing = root.ca("CN=Issuing", |_| {});
        let leaf = issuing.leaf("CN=leaf", |_| {});
        let papers = [
            paper("leaf.crt", &[&leaf]),
            paper("chain.crt", &[&issuing.certificate]),
            paper("tls.crt", &[&leaf, &issuing.certificate]),
            paper("x.crt", &[&root.certificate]),
        ];
        let desk = Desk::of(&papers, Liking::Chain);
        assert_eq!(desk.holders.len(), 1);
        assert_eq!(desk.holders[0].presented.place, "tls.crt");
        let trust: Vec<&str> = desk.trust.iter().map(|paper| paper.place.as_str()).collect();
        assert_eq!(trust, ["x.crt"]);

        // Without a root the name decides, and a chain is no trust.
        let papers = [
            paper("leaf.crt", &[&leaf]),
            paper("ca-chain.crt", &[&issuing.certificate]),
            paper("my-ca.crt", &[&issuing.certificate]),
        ];
        let desk = Desk::of(&papers, Liking::Chain);
        let trust: Vec<&str> = desk.trust.iter().map(|paper| paper.place.as_str()).collect();
        assert_eq!(trust, ["my-ca.crt"]);
    }
}
