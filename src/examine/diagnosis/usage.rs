//! What a certificate is made for: version, CA flag, path length, usages.

use super::cause::Cause;
use super::finding::Diagnosis;
use super::path::Judged;
use super::proof;
use crate::examine::verify::{Check, Verdict};
use crate::words::x509::usage::Purpose;

/// All certificates without extensions, told once.
pub(super) fn version(check: &Check, judged: &Judged<'_>) -> Option<Diagnosis> {
    let old: Vec<usize> =
        judged.links().iter().enumerate().filter(|(_, link)| link.version() < 3).map(|(number, _)| number).collect();
    if old.first().copied() != check.link {
        return None;
    }
    let certificate = judged.link(check)?;
    let names = judged
        .links()
        .iter()
        .filter(|link| link.version() < 3)
        .map(|link| format!("{}; its version is {}", proof::dates(link), link.version()));
    Some(
        Diagnosis::error(
            Cause::Version1,
            format!("`{}` is a certificate of X.509 version {}, without extensions", proof::called(certificate), certificate.version()),
        )
        .proofs(names)
        .proof("`openssl x509 -req` without `-extfile` makes such: no names, no usages, no CA flag; Go, rustls and Python refuse it")
        .fix(if certificate.is_self_issued() { "mtls-ca init".to_owned() } else { proof::issue_again(judged.case, certificate) }),
    )
}

/// CA flag, usages, path length.
pub(super) fn explain(check: &Check, judged: &Judged<'_>) -> Diagnosis {
    let code = match (check.rule, check.link) {
        ("path_length", _) => Cause::PathLength,
        ("basic_constraints" | "key_usage", Some(1..)) => Cause::NotACa,
        ("basic_constraints" | "key_usage", _) => Cause::Malformed,
        _ => Cause::WrongUsage,
    };
    let leaf = judged.link(check);
    let sentence = match (code, leaf, judged.case.role, check.link) {
        (Cause::WrongUsage, Some(leaf), role @ (Purpose::Client | Purpose::Server), Some(0))
            if check.rule == "extended_key_usage" =>
        {
            format!("`{}` is {}, and is used as a {role}", proof::called(leaf), made_for(judged))
        }
        _ => check.found.clone(),
    };
    let told = match check.verdict {
        Verdict::Fails => Diagnosis::error(code, sentence),
        _ => Diagnosis::warning(code, sentence),
    };
    let told = told.proofs(leaf.map(proof::dates)).proofs(check.why.clone());
    match code {
        Cause::PathLength => told
            .fix("# sign with the CA above, or make that CA anew with a greater path length: mtls-ca init --path-length"),
        Cause::NotACa => told.fix("# the wrong certificate stands in the chain, or the CA was made without `basicConstraints=critical,CA:TRUE`"),
        _ => told.fix(judged.issue_again(check)),
    }
}

/// `made for serverAuth only`.
fn made_for(judged: &Judged<'_>) -> String {
    let usages = judged.links().first().and_then(|leaf| leaf.extensions().extended_key_usage());
    let list = usages.into_iter().flatten().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    if list.is_empty() { "made for no use".to_owned() } else { format!("made for {list} only") }
}
