//! What stands where in the file: the leaf first (RFC 8446 section 4.4.2), the key its own, then the
//! issuers in order, no root and no strangers.

use super::case::Case;
use super::cause::Cause;
use super::finding::Diagnosis;
use super::path::Judged;
use super::proof;
use crate::words::typed::typed_word;
use crate::words::x509::certificate::Certificate;

/// The certificates with the leaf in front, and what was wrong about that.
pub(super) struct LeafFirst {
    pub(super) certificates: Vec<Certificate>,
    pub(super) found: Vec<Diagnosis>,
}

/// Finds the leaf by its key, or else by not being a CA. `None` where there is nothing.
pub(super) fn leaf_first(case: &Case<'_>) -> Option<LeafFirst> {
    let first = case.presented.first()?;
    let by_key = |key| case.presented.iter().position(|one| one.public_key() == key);
    let by_flag = || case.presented.iter().position(|one| !one.is_ca());
    let position = match case.key {
        Some(key) => by_key(key).or_else(by_flag),
        None => by_flag(),
    };
    let position = position.unwrap_or(0);
    let mut certificates = case.presented.to_vec();
    let leaf = if position < certificates.len() { certificates.remove(position) } else { first.clone() };
    let mut found = Vec::new();
    if position > 0 {
        found.push(out_of_place(case, position, first, &leaf));
    }
    if let Some(key) = case.key
        && key != leaf.public_key()
    {
        found.push(other_key(case, &leaf, key));
    }
    certificates.insert(0, leaf);
    Some(LeafFirst { certificates, found })
}

fn out_of_place(case: &Case<'_>, position: usize, first: &Certificate, leaf: &Certificate) -> Diagnosis {
    Diagnosis::error(
        Cause::ChainOrder,
        format!(
            "the first certificate is that of `{}`, and the {}'s own, `{}`, stands at place {}",
            proof::called(first),
            case.presenter(),
            proof::called(leaf),
            position + 1
        ),
    )
    .proof("programs take the first certificate for the one of the key")
    .proofs(
        case.presented.iter().enumerate().map(|(number, one)| format!("place {}: {}", number + 1, proof::dates(one))),
    )
    .fix("# order the file: the certificate of the key, its issuer, that one's issuer, and no root")
}

fn other_key(case: &Case<'_>, leaf: &Certificate, key: &crate::words::x509::public_key::PublicKey) -> Diagnosis {
    let file = case.files.key.map_or_else(|| "the key".to_owned(), |file| format!("`{file}`"));
    let fix = match (case.files.key, case.files.presented) {
        (Some(key), Some(file)) => format!("mtls-ca inspect {} {}", typed_word(key), typed_word(file)),
        _ => "mtls-ca inspect KEY CERT".to_owned(),
    };
    Diagnosis::error(Cause::KeyMismatch, format!("{file} is not the key of `{}`", proof::called(leaf)))
        .proof(format!("the key is {}, SHA-256 of its public half {}", key, key.fingerprint()))
        .proof(format!(
            "the certificate is for {}, SHA-256 of it {}",
            leaf.public_key(),
            leaf.public_key().fingerprint()
        ))
        .fix(fix)
        .fix("# then put the key and the certificate that belong together side by side, or:")
        .fix(proof::issue_again(case, leaf))
}

/// Root, strangers and disorder behind the leaf.
pub(super) fn others(judged: &Judged<'_>) -> Vec<Diagnosis> {
    let case = judged.case;
    let links = judged.links();
    let mut found = Vec::new();
    if !judged.is_anchored() {
        return found;
    }
    let mut last = 0;
    let mut disorder = None;
    for certificate in case.presented.iter().skip(1) {
        let Some(place) = links.iter().position(|link| *link == certificate) else {
            found.push(stranger(case, certificate));
            continue;
        };
        if place < last {
            disorder = disorder.or(Some(certificate));
        }
        last = last.max(place);
        let is_root = place + 1 == links.len() && place > 0 && certificate.is_self_issued();
        if is_root {
            found.push(root(case, certificate));
        }
    }
    found.extend(disorder.map(|certificate| {
        Diagnosis::warning(
            Cause::ChainOrder,
            format!("`{}` does not stand behind the certificate that it signed", proof::called(certificate)),
        )
        .proofs(
            case.presented
                .iter()
                .enumerate()
                .map(|(number, one)| format!("place {}: `{}`", number + 1, proof::called(one))),
        )
        .fix("# order the file: the certificate of the key, its issuer, that one's issuer, and no root")
    }));
    found
}

fn stranger(case: &Case<'_>, certificate: &Certificate) -> Diagnosis {
    Diagnosis::warning(
        Cause::StrangerInChain,
        format!("`{}` is presented and is no part of the chain", proof::called(certificate)),
    )
    .proof(proof::dates(certificate))
    .fix(format!("# take it out of {}", proof::presented_file(case)))
}

fn root(case: &Case<'_>, certificate: &Certificate) -> Diagnosis {
    Diagnosis::notice(
        Cause::RootInChain,
        format!("the root `{}` is presented too, which costs octets and proves nothing", proof::called(certificate)),
    )
    .proof("peers have it already, or do not trust it")
    .fix(format!("# take it out of {}", proof::presented_file(case)))
}
