//! Which alternative names are granted.

use std::collections::HashSet;

use super::grant::{Grant, Origin};
use super::report::Report;
use crate::profile::{NameKind, Profile, SourcedList, UnknownExtensions};
use crate::words::finding::{Finding, Place};
use crate::words::order::Order;
use crate::words::x509::general_name::{GeneralName, NotIssuable};
use crate::words::x509::name::Rdn;
use crate::words::x509::oid;
use crate::words::x509::request::Asked;
use crate::words::x509::san::{DnsName, San};

/// The granted names, in the order they were asked for.
pub(super) fn grant(profile: &Profile, request: Asked<'_>, order: &Order, report: &mut Report) -> Vec<San> {
    let asked_before = report.findings.len();
    let mut granted = Vec::new();
    let mut seen = HashSet::new();
    let wishes = wishes(profile, request, order, report);
    for (san, origin, asked) in &wishes {
        let item = format!("san {}", san.kind());
        if seen.contains(san) {
            report.row(Grant::dropped(item, *origin, asked, "it is named twice"));
            continue;
        }
        if profile.ca && *origin == Origin::Request && !NameKind::Spiffe.is_kind_of(san) {
            let because = "a CA is known by its subject";
            report.row(Grant::dropped(item, *origin, asked, because));
            let message = format!("`{san}` is left out: {because}");
            report.find(
                Finding::notice("policy.ca_name_dropped", message)
                    .asked(asked)
                    .hint(format!("`--san {san}` grants it")),
            );
            continue;
        }
        match rule(profile, san) {
            Ruling::Granted { because, place } => {
                let shown = san.to_string();
                let row = if shown == *asked {
                    Grant::granted(item, *origin, asked, because)
                } else {
                    Grant::changed(item, *origin, asked, &shown, "written in the form in which peers compare it")
                };
                report.row(if let Some(place) = &place { row.at(place) } else { row });
                seen.insert(san);
                granted.push(san.clone());
            }
            Ruling::Refused(finding) => {
                let row = Grant::refused(item, *origin, asked, finding.message.clone());
                let row = if let Some(place) = &finding.place { row.at(place) } else { row };
                report.refuse(row, finding.asked(san.to_string()));
            }
        }
    }
    let refused = report.findings.iter().skip(asked_before).any(Finding::is_error);
    if granted.is_empty() && !refused && profile.is_for_servers() && !profile.is_for_workloads() {
        from_common_name(profile, request, order, &mut granted, report);
    }
    required(profile, &granted, refused, report);
    granted
}

/// What is asked for, by whom, and how it was written.
fn wishes(profile: &Profile, request: Asked<'_>, order: &Order, report: &mut Report) -> Vec<(San, Origin, String)> {
    let ordered: HashSet<&San> = order.sans.iter().collect();
    let mut wishes = Vec::new();
    for name in request.extensions().subject_alt_names() {
        let item = format!("san {}", name.kind());
        let asked = name.to_string();
        let name_to_issue = name.to_san();
        if !ordered.is_empty() && !name_to_issue.as_ref().is_ok_and(|san| ordered.contains(san)) {
            let because = "the names of the order take the place of the request's";
            report.row(Grant::dropped(item, Origin::Request, &asked, because));
            continue;
        }
        match name_to_issue {
            Ok(san) => wishes.push((san, Origin::Request, asked)),
            Err(NotIssuable::Form(error)) => malformed(item, asked, error.reason, report),
            Err(NotIssuable::Kind(kind)) => match defect(name) {
                Some(reason) => malformed(item, asked, reason, report),
                None => not_issued(profile, name, kind, report),
            },
        }
    }
    let of_request: HashSet<San> = wishes.iter().map(|(san, ..)| san.clone()).collect();
    let added = order.sans.iter().filter(|san| !of_request.contains(san));
    wishes.extend(added.map(|san| (san.clone(), Origin::Order, san.to_string())));
    wishes
}

/// What is wrong with the encoding of a name whose kind is one that is issued (RFC 5280 section 4.2.1.6).
fn defect(name: &GeneralName) -> Option<&'static str> {
    match name {
        GeneralName::BadIp(_) => Some("an address has 4 or 16 octets"),
        GeneralName::Unsupported { tag: 1, .. } => Some("a mailbox is written in ASCII"),
        GeneralName::Unsupported { tag: 2, .. } => Some("a DNS name is written in ASCII, other letters as `xn--…`"),
        GeneralName::Unsupported { tag: 6, .. } => Some("a URI is written in ASCII, other letters as `%…`"),
        _ => None,
    }
}

/// An error, for a name that is left out lets something else stand in its place.
fn malformed(item: String, asked: String, reason: &'static str, report: &mut Report) {
    let finding = Finding::error("policy.name_malformed", format!("`{asked}` is not well formed: {reason}"));
    report.refuse(Grant::refused(item, Origin::Request, &asked, reason), finding.asked(asked));
}

/// Directory names, other names and the like: beyond what any profile grants.
fn not_issued(profile: &Profile, name: &GeneralName, kind: &'static str, report: &mut Report) {
    let item = format!("san {kind}");
    let asked = name.to_string();
    let message = format!("`{asked}`: names of the kind `{kind}` are not issued");
    let rule = &profile.unknown_extensions;
    let allowed = "dns, ip, uri, email";
    match rule.value {
        UnknownExtensions::Drop => {
            report.row(
                Grant::dropped(item, Origin::Request, &asked, "names of this kind are not issued").at(&rule.place),
            );
            let finding = Finding::notice("policy.name_kind_dropped", format!("{message}; left out"));
            report.find(finding.asked(asked).allowed(allowed));
        }
        UnknownExtensions::Error => {
            let row =
                Grant::refused(item, Origin::Request, &asked, "names of this kind are not issued").at(&rule.place);
            let finding = Finding::error("policy.name_kind_not_issued", message);
            report.refuse(row, finding.asked(asked).allowed(allowed).at(rule.place.clone()));
        }
    }
}

enum Ruling {
    Granted { because: String, place: Option<Place> },
    Refused(Finding),
}

fn rule(profile: &Profile, san: &San) -> Ruling {
    let names = &profile.names;
    match san {
        San::Dns(name) => match by_patterns(names.dns.as_ref(), san, "policy.dns_not_allowed", |p| p.grants(name)) {
            Ruling::Granted { .. } if is_too_wide(name) && !is_spelled_out(profile, name) => Ruling::Refused(
                Finding::error(
                    "policy.wildcard_too_wide",
                    format!("`{san}` stands for every host of a whole top level"),
                )
                .allowed("wildcards with at least two labels after the star")
                .hint(format!("a profile with `dns = [\"[*]{}\"]` grants it", name.as_str().trim_start_matches('*'))),
            ),
            ruling => ruling,
        },
        San::Ip(address) => by_patterns(names.ip.as_ref(), san, "policy.ip_not_allowed", |p| p.contains(address)),
        San::Uri(uri) => by_patterns(names.uri.as_ref(), san, "policy.uri_not_allowed", |p| p.grants(uri)),
        San::Email(address) => {
            by_patterns(names.email.as_ref(), san, "policy.email_not_allowed", |p| p.grants(address))
        }
    }
}

fn is_too_wide(name: &DnsName) -> bool {
    name.is_wildcard() && name.as_str().matches('.').count() == 1
}

fn is_spelled_out(profile: &Profile, name: &DnsName) -> bool {
    let patterns = profile.names.dns.as_ref().map(|list| list.value.as_slice()).unwrap_or_default();
    patterns.iter().any(|pattern| pattern.value.is_for_wildcards() && pattern.value.grants(name))
}

fn by_patterns<P: std::fmt::Display>(
    patterns: Option<&SourcedList<P>>,
    san: &San,
    code: &'static str,
    grants: impl Fn(&P) -> bool,
) -> Ruling {
    let Some(patterns) = patterns else {
        return Ruling::Granted { because: "the profile does not restrict names of this kind".to_owned(), place: None };
    };
    if let Some(pattern) = patterns.value.iter().find(|pattern| grants(&pattern.value)) {
        let because = format!("`{}` grants it", pattern.value);
        return Ruling::Granted { because, place: Some(pattern.place.clone()) };
    }
    let allowed: Vec<String> = patterns.value.iter().map(|pattern| format!("`{}`", pattern.value)).collect();
    let allowed = if allowed.is_empty() { "no name of this kind".to_owned() } else { allowed.join(", ") };
    let finding = Finding::error(code, format!("the name `{san}` is not allowed"));
    Ruling::Refused(finding.allowed(allowed).at(patterns.place.clone()))
}

/// A server that is called by a host name in its CN alone gets that as alternative name, for most
/// clients look nowhere else (RFC 9525 section 2).
fn from_common_name(profile: &Profile, request: Asked<'_>, order: &Order, granted: &mut Vec<San>, report: &mut Report) {
    let common_names = common_names(profile, request, order);
    let [common_name] = common_names.as_slice() else { return };
    let san = match common_name.parse() {
        Ok(address) => San::Ip(address),
        Err(_) => match DnsName::parse(common_name) {
            Ok(name) => San::Dns(name),
            Err(_) => return,
        },
    };
    match rule(profile, &san) {
        Ruling::Granted { because, place } => {
            let row = Grant::added(format!("san {}", san.kind()), &san.to_string(), format!("it is the CN; {because}"));
            report.row(if let Some(place) = &place { row.at(place) } else { row });
            let message =
                format!("no alternative name was asked for; the CN became `{san}`, for most clients look there only");
            report.find(Finding::notice("policy.name_from_cn", message).clause("RFC 9525 section 2"));
            granted.push(san);
        }
        Ruling::Refused(finding) => report.find(finding.asked(san.to_string())),
    }
}

/// The common names that the subject would have.
fn common_names(profile: &Profile, request: Asked<'_>, order: &Order) -> Vec<String> {
    if let Some(set) = profile.subject.set.iter().find(|set| set.value.kind == oid::COMMON_NAME) {
        return vec![set.value.text.clone()];
    }
    let rdns: &[Rdn] = order.subject.as_ref().map_or_else(|| request.subject().rdns(), |subject| subject.rdns());
    let of_kind = rdns.iter().flatten().filter(|attribute| attribute.kind == oid::COMMON_NAME);
    of_kind.filter_map(|attribute| attribute.value.text().map(str::to_owned)).collect()
}

/// Kinds of names without which there is no certificate.
fn required(profile: &Profile, granted: &[San], refused: bool, report: &mut Report) {
    let alternative = |kind: &NameKind| *kind != NameKind::Cn;
    for kind in profile.names.require.iter().filter(|kind| alternative(&kind.value)) {
        if !granted.iter().any(|san| kind.value.is_kind_of(san)) {
            let example = match kind.value {
                NameKind::Dns | NameKind::Cn => "dns:api.example.internal",
                NameKind::Ip => "ip:10.0.0.5",
                NameKind::Uri | NameKind::Spiffe => "spiffe://example.org/service",
                NameKind::Email => "email:ops@example.org",
            };
            report.find(
                Finding::error("policy.name_missing", format!("a name of the kind `{}` is required", kind.value))
                    .at(kind.place.clone())
                    .hint(format!("add `--san {example}`")),
            );
        }
    }
    let is_told = refused || !profile.names.require.is_empty();
    if profile.is_for_servers() && granted.is_empty() && !is_told {
        report.find(
            Finding::error(
                "policy.san_missing",
                "a server certificate needs a subject alternative name, and none was asked for",
            )
            .clause("RFC 9525 section 2")
            .hint("add `--san dns:HOST` or `--san ip:ADDRESS`"),
        );
    }
}
