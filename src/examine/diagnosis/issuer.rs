//! What other validators call "unknown CA", told apart: an intermediate is missing, another CA signed, a CA
//! of the same name signed with another key.

use super::cause::Cause;
use super::finding::Diagnosis;
use super::path::Judged;
use super::proof;
use crate::examine::verify::{Check, Verdict};
use crate::words::typed::typed_word;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::name::Name;
use crate::words::x509::oid;

/// Why the path ends where it does.
pub(super) fn explain(check: &Check, judged: &Judged<'_>) -> Diagnosis {
    let case = judged.case;
    let Some(top) = judged.top() else {
        return Diagnosis::error(Cause::NothingPresented, check.found.clone());
    };
    if case.trust.is_empty() {
        return Diagnosis::error(Cause::NobodyTrusted, "no CA certificate is trusted, so that nobody is accepted")
            .proof(proof::signed_by(top))
            .fix(format!("# put the root's certificate into {}", proof::trust_file(case)));
    }
    match check.rule {
        "same_name_other_key" => same_name(top, judged),
        "search_limit" => Diagnosis::error(Cause::Malformed, check.found.clone()).proofs(check.why.clone()),
        _ if top.is_self_signed() && judged.links().len() == 1 => self_signed(top, judged),
        "issuer_missing" if let Some(proof_of_ours) = ours(top, judged) => missing(top, proof_of_ours, judged),
        _ => other_ca(top, judged),
    }
}

/// What speaks for the issuer being a CA below one that is trusted, where it is not at hand.
fn ours(top: &Certificate, judged: &Judged<'_>) -> Option<String> {
    let case = judged.case;
    let issuer = top.issuer();
    let trusted = |name: &Name| case.trust.iter().find(|ca| ca.subject().matches(name));
    // RFC 5280 section 4.2.1.1: the issuer of the issuer, where the extension names it.
    let above = top.extensions().authority_key_identifier().and_then(|named| {
        named.issuer.iter().find_map(|name| match name {
            crate::words::x509::general_name::GeneralName::Directory(name) => trusted(name),
            _ => None,
        })
    });
    if let Some(above) = above {
        return Some(format!("`{}` is named as the CA above it, and is trusted", proof::called(above)));
    }
    if case.crls.iter().any(|list| list.issuer().matches(issuer)) {
        return Some(format!("there is a CRL of `{}`, so the other side knows it", issuer.rfc4514()));
    }
    let same = case.trust.iter().find(|ca| {
        let own = organization(ca.subject());
        own.is_some() && own == organization(issuer)
    })?;
    Some(format!("`{}` is of the same organization as the trusted `{}`", issuer.rfc4514(), proof::called(same)))
}

fn organization(name: &Name) -> Option<String> {
    let attribute = name.attributes().find(|attribute| attribute.kind == oid::ORGANIZATION)?;
    attribute.value.text().map(str::to_lowercase)
}

/// A CA between is neither presented nor at hand.
fn missing(top: &Certificate, ours: String, judged: &Judged<'_>) -> Diagnosis {
    let case = judged.case;
    let issuer = top.issuer().rfc4514();
    Diagnosis::error(
        Cause::IntermediateMissing,
        format!("the {} does not present the intermediate CA `{issuer}`", case.presenter()),
    )
    .proof(proof::signed_by(top))
    .proof(ours)
    .proofs(proof::trusted(case))
    .fix(format!("# append the certificate of `{issuer}` to {}", proof::presented_file(case)))
    .fix(format!("mtls-ca renew {} --force", proof::renewed(case)))
}

/// The path leads through certificates that are at hand and that the presenting side does not present.
pub(super) fn bridged<'j>(judged: &'j Judged<'_>) -> impl Iterator<Item = Diagnosis> + 'j {
    let case = judged.case;
    let links = judged.links();
    let last = links.len().saturating_sub(1);
    links.iter().enumerate().skip(1).filter_map(move |(position, link)| {
        let link = *link;
        let below = links.get(position.saturating_sub(1)).copied()?;
        let is_presented = case.presented.contains(link);
        if position == last && judged.is_anchored() {
            let rooted = link.is_self_issued() || case.trust.iter().any(|ca| ca.subject().matches(link.issuer()));
            return match (rooted, is_presented) {
                (false, _) => Some(trust_without_root(link, judged)),
                (true, false) if !link.is_self_issued() => Some(left_to_trust(link, below, judged)),
                (true, _) => None,
            };
        }
        if is_presented {
            return None;
        }
        let place = case.known.iter().find(|known| known.certificate == link)?.place;
        // Where somebody's own certificate is in the file too, it does not belong behind this one.
        let is_chain = case.known.iter().filter(|known| known.place == place).all(|known| known.certificate.is_ca());
        let file = proof::presented_file(case);
        Some(
            Diagnosis::error(
                Cause::IntermediateMissing,
                format!("the {} does not present the intermediate CA `{}`", case.presenter(), proof::called(link)),
            )
            .proof(proof::signed_by(below))
            .proof(format!("{}; its certificate is in `{place}`", proof::dates(link)))
            .proofs(proof::trusted(case))
            .fix(match is_chain {
                true => format!("cat {} >> {file}", typed_word(place)),
                false => {
                    format!("# append the certificate of `{}`, which is in `{place}`, to {file}", proof::called(link))
                }
            }),
        )
    })
}

/// The other side happens to trust the intermediate too; the next one may not.
fn left_to_trust(link: &Certificate, below: &Certificate, judged: &Judged<'_>) -> Diagnosis {
    let case = judged.case;
    let sentence = format!(
        "the {} does not present the intermediate CA `{}`, and relies on the other side to have it",
        case.presenter(),
        proof::called(link)
    );
    Diagnosis::warning(Cause::IntermediateMissing, sentence).proof(proof::signed_by(below)).fix(format!(
        "# append the certificate of `{}` to {}",
        proof::called(link),
        proof::presented_file(case)
    ))
}

fn trust_without_root(anchor: &Certificate, judged: &Judged<'_>) -> Diagnosis {
    Diagnosis::warning(
        Cause::TrustWithoutRoot,
        format!("the trusted CA `{}` is an intermediate, and its root is not trusted", proof::called(anchor)),
    )
    .proof(proof::signed_by(anchor))
    .proof("OpenSSL without `X509_V_FLAG_PARTIAL_CHAIN`, so most servers, and Node refuse such a chain")
    .fix(format!(
        "# put the certificate of `{}` into {}",
        anchor.issuer().rfc4514(),
        proof::trust_file(judged.case)
    ))
}

/// There is a CA of the right name, and its key is another.
fn same_name(top: &Certificate, judged: &Judged<'_>) -> Diagnosis {
    let case = judged.case;
    let issuer = top.issuer();
    let named = case.trust.iter().chain(case.presented).filter(|ca| *ca != top && ca.subject().matches(issuer));
    let own = |ca: &Certificate| {
        let key = proof::own_key(ca).unwrap_or_else(|| ca.public_key().fingerprint().to_string());
        let trusted = if case.trust.contains(ca) { "trusted" } else { "presented" };
        format!(
            "the {trusted} `{}` has serial {}, key {key}, from {}",
            proof::called(ca),
            ca.serial(),
            ca.validity().not_before
        )
    };
    let is_trusted = case.trust.iter().any(|ca| ca.subject().matches(issuer));
    let whose = if is_trusted { "trusted" } else { "presented" };
    Diagnosis::error(
        Cause::SameNameOtherKey,
        format!(
            "`{}` was signed by a CA of the name `{}` with another key than that of the CA which is {whose}",
            proof::called(top),
            issuer.rfc4514()
        ),
    )
    .proof(proof::signed_by(top))
    .proofs(named.map(own))
    .proof("the CA was made anew under its old name, or somebody uses its name")
    .fix(proof::issue_again(case, judged.links().first().copied().unwrap_or(top)))
    .fix(if is_trusted {
        format!("# or, if the new CA is the right one, put its certificate into {}", proof::trust_file(case))
    } else {
        format!("# or put the certificate of the CA that signed it into {}", proof::presented_file(case))
    })
}

fn self_signed(top: &Certificate, judged: &Judged<'_>) -> Diagnosis {
    let case = judged.case;
    Diagnosis::error(Cause::SelfSigned, format!("`{}` is self-signed, and not trusted itself", proof::called(top)))
        .proof(proof::dates(top))
        .proofs(proof::trusted(case))
        .fix(proof::issue_again(case, top))
}

fn other_ca(top: &Certificate, judged: &Judged<'_>) -> Diagnosis {
    let case = judged.case;
    let leaf = judged.links().first().copied().unwrap_or(top);
    let (whom, proof_of_it) = if top.is_self_signed() {
        (proof::called(top), format!("the chain leads to the root `{}`", proof::called(top)))
    } else {
        (top.issuer().rfc4514(), proof::signed_by(top))
    };
    Diagnosis::error(
        Cause::OtherCa,
        format!("`{}` was signed by another CA, `{whom}`, which is not trusted", proof::called(leaf)),
    )
    .proof(proof_of_it)
    .proofs(proof::trusted(case))
    .fix(proof::issue_again(case, leaf))
    .fix(format!("# or, if that CA is to be trusted, put its root's certificate into {}", proof::trust_file(case)))
    .fix("# or, if it is an intermediate of a trusted CA, present its certificate too")
}

/// A certificate that is trusted itself.
pub(super) fn pinned(check: &Check, judged: &Judged<'_>) -> Option<Diagnosis> {
    if check.verdict != Verdict::Warns {
        return None;
    }
    let leaf = judged.link(check)?;
    Some(
        Diagnosis::warning(Cause::TrustWithoutRoot, check.found.clone())
            .proof(proof::dates(leaf))
            .proofs(check.why.clone())
            .fix(format!("# trust its CA instead, in {}", proof::trust_file(judged.case))),
    )
}
