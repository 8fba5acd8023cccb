//! Why does it not work? From certificates, keys, trust, CRLs, role, name and moment to causes, the
//! likeliest first, each with what proves it and what mends it.
//!
//! ```text
//! Case ─► order (which is the leaf?) ─► verify (does a path hold?) ─► causes ─► Diagnosis
//! ```
//!
//! [`verify`](super::verify) decides what is right; this module says what it means. Peers have a dozen
//! messages for one cause and one message for a dozen causes; here each cause has one code.

mod algorithms;
mod case;
mod cause;
mod dates;
mod finding;
mod issuer;
mod names;
mod order;
mod path;
mod proof;
mod revocation;
#[cfg(test)]
mod tests;
mod usage;

pub use case::{Case, Files, Known, Revocation};
pub use cause::{Area, Cause};
pub use finding::Diagnosis;
pub(crate) use finding::in_order;

use super::verify::{Basis, Check, Verdict};
use crate::words::clock::Now;
use path::Judged;

/// Everything that is wrong or soon will be, the likeliest cause first; nothing where all is well.
#[must_use]
pub fn diagnose(case: &Case<'_>, now: Now) -> Vec<Diagnosis> {
    let Some(leaf_first) = order::leaf_first(case) else {
        return vec![
            Diagnosis::error(
                Cause::NothingPresented,
                format!("there is no certificate for the {} to present", case.presenter()),
            )
            .fix(format!("mtls-ca issue NAME --profile {}", case.profile())),
        ];
    };
    let order::LeafFirst { certificates, mut found } = leaf_first;
    let case = Case { presented: &certificates, ..case.clone() };
    let judged = path::judge(&case, now);
    found.extend(judged.checks().filter_map(|check| meaning(check, &judged, now)));
    found.extend(issuer::bridged(&judged));
    found.extend(path::depth(&judged));
    found.extend(order::others(&judged));
    found.extend(dates::soon(&judged, now));
    found.extend(revocation::soon(&judged, now));
    found.extend(judged.second_opinion());
    in_order(found)
}

/// What it means that this rule refuses or warns.
fn meaning(check: &Check, judged: &Judged<'_>, now: Now) -> Option<Diagnosis> {
    if !matches!(check.verdict, Verdict::Fails | Verdict::Warns) {
        return None;
    }
    match check.rule {
        // The order is told by `order`, with the files' names.
        "chain_order" => None,
        "no_path" | "search_limit" | "issuer_missing" | "signed_by_other_ca" | "same_name_other_key" => {
            Some(issuer::explain(check, judged))
        }
        "signature_algorithm" | "key_strength" => algorithms::explain(check, judged),
        "key_not_secret" => algorithms::not_secret(check, judged),
        "validity" => dates::explain(check, judged, now),
        "revocation" | "revocation_list" => revocation::explain(check, judged, now),
        "peer_name" => names::explain(check, judged),
        "name_constraints" if check.verdict == Verdict::Fails => Some(names::constraint(check, judged)),
        "trust" => issuer::pinned(check, judged),
        "version" => usage::version(check, judged),
        "basic_constraints" | "key_usage" | "tls_key_usage" | "extended_key_usage" | "leaf_is_ca" | "path_length"
            if check.basis != Basis::Profile =>
        {
            Some(usage::explain(check, judged))
        }
        _ => Some(other(check, judged)),
    }
}

/// A rule that has no cause of its own.
fn other(check: &Check, judged: &Judged<'_>) -> Diagnosis {
    let clause = format!("{}: {}", check.rule, check.clause);
    let told = match check.verdict {
        Verdict::Fails => Diagnosis::error(Cause::Malformed, check.found.clone()),
        _ => Diagnosis::warning(Cause::StrictPeers, check.found.clone()),
    };
    told.proof(clause)
        .proofs(check.why.clone())
        .proofs(judged.link(check).map(proof::dates))
        .fix(judged.issue_again(check))
}
