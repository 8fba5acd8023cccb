//! The name that is looked for, and the names that a CA may certify.

use std::net::IpAddr;

use super::cause::Cause;
use super::finding::Diagnosis;
use super::path::Judged;
use super::proof;
use crate::examine::verify::{Check, Verdict};
use crate::words::typed::typed_word;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::general_name::{GeneralName, escaped};
use crate::words::x509::san::San;

/// What the rule on names found.
pub(super) fn explain(check: &Check, judged: &Judged<'_>) -> Option<Diagnosis> {
    let leaf = judged.link(check)?;
    let fix = |wanted: Option<&San>| again(judged, leaf, wanted);
    let Some(wanted) = judged.case.name else {
        // No name was asked for, and there is none that could be.
        return Some(cn_only(leaf, Diagnosis::warning).fix(fix(None)));
    };
    if check.verdict != Verdict::Fails {
        return None;
    }
    let value = wanted.value();
    let names = leaf.extensions().subject_alt_names();
    let as_dns = |name: &GeneralName| matches!((name, wanted), (GeneralName::Dns(text), San::Ip(ip)) if text.parse::<IpAddr>() == Ok(*ip));
    let told = if names.iter().any(as_dns) {
        Diagnosis::error(Cause::IpAsDns, format!("the address `{value}` stands in the certificate as a DNS name"))
            .proof("peers compare addresses with `ip:` names only")
    } else if names.is_empty() && leaf.subject().common_name().is_some_and(|cn| cn.eq_ignore_ascii_case(&value)) {
        cn_only(leaf, Diagnosis::error)
    } else {
        let name = proof::called(leaf);
        let told = Diagnosis::error(Cause::SanMismatch, format!("`{name}` is not valid for the name `{value}`"));
        match nearest(&value, names) {
            Some(nearest) => told.proof(format!("the nearest name that it has is `{}`", escaped(&nearest))),
            None => told,
        }
    };
    Some(told.proof(proof::names(leaf)).fix(fix(Some(wanted))))
}

fn cn_only(leaf: &Certificate, told: fn(Cause, String) -> Diagnosis) -> Diagnosis {
    let cn = leaf.subject().common_name().map_or_else(|| "nobody".to_owned(), |cn| format!("`{}`", escaped(cn)));
    told(Cause::CnOnly, format!("the certificate names {cn} in its CN only, and has no alternative name"))
        .proof("Go, rustls, Python's requests and Envoy do not look at the CN")
}

/// The line that issues it again with this name too.
fn again(judged: &Judged<'_>, leaf: &Certificate, wanted: Option<&San>) -> String {
    let mut line = format!("mtls-ca issue {} --profile {}", typed_word(proof::issue_name(leaf)), judged.case.profile());
    let kept = leaf.extensions().subject_alt_names().iter().filter_map(|name| name.to_san().ok());
    for san in kept.chain(wanted.cloned()) {
        line.push_str(&format!(" --san {}", typed_word(san.to_string())));
    }
    line
}

/// The name with the fewest letters to change, where that is fewer than half of them.
fn nearest(wanted: &str, names: &[GeneralName]) -> Option<String> {
    let wanted = wanted.to_lowercase();
    let far = |name: &String| distance(&wanted, &name.to_lowercase());
    let values = names.iter().take(100).map(GeneralName::value);
    let best = values.min_by_key(far)?;
    (far(&best) * 2 <= wanted.chars().count().max(best.chars().count())).then_some(best)
}

/// How many letters have to be put in, taken out or changed (Levenshtein), of the first 255.
fn distance(left: &str, right: &str) -> usize {
    const MOST: usize = 255;
    let right: Vec<char> = right.chars().take(MOST).collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (number, letter) in left.chars().take(MOST).enumerate() {
        let mut diagonal = number;
        let mut before = number + 1;
        let mut next = vec![before];
        for (other, above) in right.iter().zip(row.iter().skip(1)) {
            let cost = diagonal + usize::from(*other != letter);
            before = cost.min(above + 1).min(before + 1);
            diagonal = *above;
            next.push(before);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

/// A name that a CA of the path may not certify.
pub(super) fn constraint(check: &Check, judged: &Judged<'_>) -> Diagnosis {
    let told = Diagnosis::error(Cause::NameConstraint, check.found.clone()).proofs(check.why.clone());
    let constrained = judged.links().iter().filter_map(|ca| Some((ca, ca.extensions().name_constraints()?)));
    let told = told.proofs(constrained.map(|(ca, constraints)| {
        let list = |subtrees: &[crate::words::x509::constraints::Subtree]| {
            subtrees.iter().take(5).map(|subtree| format!("`{subtree}`")).collect::<Vec<_>>().join(", ")
        };
        let permitted = Some(list(&constraints.permitted)).filter(|list| !list.is_empty());
        let excluded = Some(list(&constraints.excluded)).filter(|list| !list.is_empty());
        let parts: Vec<String> =
            [permitted.map(|list| format!("permits {list}")), excluded.map(|list| format!("excludes {list}"))]
                .into_iter()
                .flatten()
                .collect();
        format!("`{}` {}", proof::called(ca), parts.join(" and "))
    }));
    let told = told.proofs(judged.links().first().map(|leaf| proof::names(leaf)));
    told.fix("# have the certificate issued without that name, or by a CA that may certify it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_the_one_with_the_fewest_changes() {
        // Distances by hand: kitten/sitting is the textbook's 3.
        for (left, right, expected) in [("kitten", "sitting", 3), ("", "abc", 3), ("abc", "", 3), ("api", "api", 0)] {
            assert_eq!(distance(left, right), expected, "{left} {right}");
        }
        let names = ["dns:web.internal", "dns:apis.internal", "ip:10.0.0.1"]
            .map(|text| GeneralName::from(&text.parse::<San>().unwrap()));
        assert_eq!(nearest("api.internal", &names).as_deref(), Some("apis.internal"));
        assert_eq!(nearest("quite.another.example.org", &names), None);
        assert_eq!(nearest("api.internal", &[]), None);
    }
}
