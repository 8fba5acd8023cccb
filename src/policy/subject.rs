//! Which subjects are granted. Attributes are names: systems authorise by CN, O and OU, so a
//! profile that restricts any name grants none of them unasked.

use super::grant::{Grant, Origin};
use super::report::Report;
use crate::encoding;
use crate::profile::{NameKind, Profile};
use crate::words::finding::{Finding, Place};
use crate::words::order::Order;
use crate::words::x509::general_name::escaped;
use crate::words::x509::name::{Attribute, AttributeValue, Name, Rdn};
use crate::words::x509::name_text::{attribute_kind, check_value};
use crate::words::x509::oid::{self, Oid};
use crate::words::x509::request::Asked;
use crate::words::x509::san::{EmailAddress, San};

/// The granted subject. Where nothing is left out or changed, it is the request's, to the octet.
pub(super) fn grant(
    profile: &Profile,
    request: Asked<'_>,
    order: &Order,
    sans: &[San],
    report: &mut Report,
) -> Option<Name> {
    let (asked, origin): (&[Rdn], Origin) = match &order.subject {
        Some(subject) => {
            replaced_rows(request, subject.rdns(), report);
            (subject.rdns(), Origin::Order)
        }
        None => (request.subject().rdns(), Origin::Request),
    };
    let mut fixed = Vec::new();
    let mut rdns: Vec<Rdn> = Vec::new();
    for rdn in asked {
        let kept: Rdn = rdn
            .iter()
            .filter_map(|attribute| attribute_granted(profile, attribute, origin, sans, &mut fixed, report))
            .collect();
        if !kept.is_empty() {
            rdns.push(kept);
        }
    }
    let mut added = Vec::new();
    for set in profile.subject.set.iter().filter(|set| !fixed.contains(&set.value.kind)) {
        let attribute = Attribute::new(set.value.kind.clone(), set.value.text.clone());
        report.row(Grant::added(item(&attribute.kind), &set.value.text, "the profile sets it").at(&set.place));
        added.push(vec![attribute]);
    }
    rdns.splice(0..0, added);
    required(profile, &rdns, report);
    if origin == Origin::Request && rdns == request.subject().rdns() {
        return Some(request.subject().clone());
    }
    match encoding::name::encode(&rdns) {
        Ok(name) => Some(name),
        Err(error) => {
            report
                .find(Finding::error("policy.subject_unencodable", format!("the subject cannot be encoded: {error}")));
            None
        }
    }
}

fn item(kind: &Oid) -> String {
    format!("subject {}", kind.shown())
}

fn shown(value: &AttributeValue) -> String {
    match value {
        AttributeValue::Text(text) | AttributeValue::Read { text: Some(text), .. } => escaped(text),
        AttributeValue::Read { text: None, der } => format!("#{}", data_encoding::HEXLOWER.encode(der)),
    }
}

/// The rows of a request whose subject the order replaces.
fn replaced_rows(request: Asked<'_>, ordered: &[Rdn], report: &mut Report) {
    for attribute in request.subject().attributes() {
        let same = |other: &&Attribute| other.kind == attribute.kind && other.value.text() == attribute.value.text();
        let kept = ordered.iter().flatten().find(same).is_some();
        let asked = shown(&attribute.value);
        let (item, because) = (item(&attribute.kind), "the subject of the order takes the place of the request's");
        report.row(if kept {
            Grant::granted(item, Origin::Request, &asked, because)
        } else {
            Grant::dropped(item, Origin::Request, &asked, because)
        });
    }
}

enum Ruling {
    Granted(String, Option<Place>),
    Dropped(String, Option<Place>),
    Refused(Finding),
}

/// The attribute as it is granted, with its row.
fn attribute_granted(
    profile: &Profile,
    attribute: &Attribute,
    origin: Origin,
    sans: &[San],
    fixed: &mut Vec<Oid>,
    report: &mut Report,
) -> Option<Attribute> {
    let item = item(&attribute.kind);
    let asked = shown(&attribute.value);
    if let Some(set) = profile.subject.set.iter().find(|set| set.value.kind == attribute.kind) {
        if fixed.contains(&attribute.kind) {
            report.row(Grant::dropped(item, origin, &asked, "the profile sets it, once").at(&set.place));
            return None;
        }
        fixed.push(attribute.kind.clone());
        if attribute.value.text() == Some(&set.value.text) {
            report.row(Grant::granted(item, origin, &asked, "the profile sets the same").at(&set.place));
            return Some(attribute.clone());
        }
        report.row(Grant::changed(item, origin, &asked, &set.value.text, "the profile sets it").at(&set.place));
        return Some(Attribute::new(set.value.kind.clone(), set.value.text.clone()));
    }
    match rule(profile, attribute, sans) {
        Ruling::Granted(because, place) => {
            let row = Grant::granted(item, origin, &asked, because);
            report.row(if let Some(place) = &place { row.at(place) } else { row });
            Some(attribute.clone())
        }
        Ruling::Dropped(because, place) => {
            let finding = Finding::notice(
                "policy.subject_dropped",
                format!("`{}={asked}` is left out: {because}", attribute.kind.shown()),
            );
            let row = Grant::dropped(item, origin, &asked, because);
            match place {
                Some(place) => {
                    report.row(row.at(&place));
                    report.find(finding.asked(asked).at(place));
                }
                None => report.refuse(row, finding.asked(asked)),
            }
            None
        }
        Ruling::Refused(finding) => {
            let row = Grant::refused(item, origin, &asked, finding.message.clone());
            let row = if let Some(place) = &finding.place { row.at(place) } else { row };
            report.refuse(row, finding.asked(format!("{}={asked}", attribute.kind.shown())));
            None
        }
    }
}

fn rule(profile: &Profile, attribute: &Attribute, sans: &[San]) -> Ruling {
    let Some(text) = attribute.value.text() else {
        return Ruling::Dropped("its value is not text that can be read".to_owned(), None);
    };
    if text.trim().is_empty() {
        return Ruling::Dropped("it has no value".to_owned(), None);
    }
    if let Err(reason) = check_value(&attribute.kind, text) {
        let shown = escaped(&text.chars().take(120).collect::<String>());
        let message = format!("`{}={shown}` is not allowed: {reason}", attribute.kind.shown());
        return Ruling::Refused(Finding::error("policy.subject_value", message).clause("RFC 5280 appendix A.1"));
    }
    if attribute.kind == oid::COMMON_NAME {
        return common_name(profile, text, sans);
    }
    let ruling = by_type(profile, attribute, text);
    match (&ruling, &profile.names.email) {
        // A mailbox is a mailbox, wherever it stands.
        (Ruling::Granted(..), Some(emails)) if attribute.kind == oid::EMAIL_ADDRESS => {
            let granted =
                EmailAddress::parse(text).is_ok_and(|address| emails.value.iter().any(|p| p.value.grants(&address)));
            if granted {
                ruling
            } else {
                Ruling::Refused(not_allowed(attribute, text, "a mailbox that `[names] email` grants", &emails.place))
            }
        }
        _ => ruling,
    }
}

/// By `[subject] allow`, or where that is not written, by whether the profile restricts names.
fn by_type(profile: &Profile, attribute: &Attribute, text: &str) -> Ruling {
    let restriction = profile.names.first_restriction();
    match (&profile.subject.allow, restriction) {
        (Some(allow), restriction) => match allow.value.iter().find(|kind| kind.value == attribute.kind) {
            Some(kind) => Ruling::Granted("the profile allows this attribute".to_owned(), Some(kind.place.clone())),
            None if restriction.is_none() || is_geography(&attribute.kind) => {
                Ruling::Dropped("the profile does not allow this attribute".to_owned(), Some(allow.place.clone()))
            }
            None => {
                let listed: Vec<&str> = allow.value.iter().map(|kind| kind.value.shown()).collect();
                let allowed = if listed.is_empty() { "no attribute".to_owned() } else { listed.join(", ") };
                Ruling::Refused(not_allowed(attribute, text, &allowed, &allow.place))
            }
        },
        (None, Some(place)) if is_geography(&attribute.kind) => Ruling::Dropped(
            "the profile restricts names, and does not allow this attribute".to_owned(),
            Some(place.clone()),
        ),
        (None, Some(place)) => {
            let allowed = "a CN that is a granted name of a restricted kind; more in `[subject] allow`";
            Ruling::Refused(not_allowed(attribute, text, allowed, place))
        }
        (None, None) if attribute.kind.known_as().and_then(attribute_kind).as_ref() == Some(&attribute.kind) => {
            Ruling::Granted("the profile does not restrict subjects".to_owned(), None)
        }
        (None, None) => Ruling::Dropped("attributes of this type are not usual in names".to_owned(), None),
    }
}

fn not_allowed(attribute: &Attribute, text: &str, allowed: &str, place: &Place) -> Finding {
    let message = format!("the subject attribute `{}={}` is not allowed", attribute.kind.shown(), escaped(text));
    Finding::error("policy.subject_not_allowed", message).allowed(allowed).at(place.clone())
}

/// Attributes by which nobody authorises; they are left out where others are refused.
fn is_geography(kind: &Oid) -> bool {
    [oid::COUNTRY, oid::STATE, oid::LOCALITY, oid::STREET, oid::POSTAL_CODE].contains(kind)
}

/// A CN says nothing new where it is a granted name; any other has to be allowed. Once a profile
/// restricts names, that holds for those alone that one of its patterns granted: names of other
/// kinds are the requester's own words, such as the URI `system:masters`.
fn common_name(profile: &Profile, text: &str, sans: &[San]) -> Ruling {
    let names = &profile.names;
    let is_vouched_for = |san: &San| names.first_restriction().is_none() || names.restricts(san);
    if let Some(san) = sans.iter().find(|san| is_vouched_for(san) && is_same(text, san)) {
        return Ruling::Granted(format!("it is the granted name `{san}`"), None);
    }
    if let Some(pattern) = names.cn.iter().flat_map(|list| &list.value).find(|pattern| pattern.value.grants(text)) {
        return Ruling::Granted(format!("`{}` grants it", pattern.value), Some(pattern.place.clone()));
    }
    if let Some(place) = names.cn.as_ref().map(|list| &list.place).or(names.first_restriction()) {
        let patterns = names.cn.iter().flat_map(|list| &list.value).map(|pattern| format!("`{}`", pattern.value));
        let mut allowed = vec!["a granted alternative name of a restricted kind".to_owned()];
        allowed.extend(patterns);
        let finding =
            Finding::error("policy.cn_not_allowed", format!("the common name `{}` is not allowed", escaped(text)))
                .allowed(allowed.join(", "))
                .at(place.clone());
        return Ruling::Refused(finding);
    }
    match &profile.subject.allow {
        Some(allow) if !allow.value.iter().any(|kind| kind.value == oid::COMMON_NAME) => {
            Ruling::Dropped("the profile does not allow this attribute".to_owned(), Some(allow.place.clone()))
        }
        _ => Ruling::Granted("the profile does not restrict subjects".to_owned(), None),
    }
}

fn is_same(common_name: &str, san: &San) -> bool {
    match san {
        San::Dns(name) => name.as_str().eq_ignore_ascii_case(common_name),
        San::Ip(address) => common_name.parse() == Ok(*address),
        San::Uri(uri) => uri.as_str() == common_name,
        San::Email(address) => EmailAddress::parse(common_name).as_ref() == Ok(address),
    }
}

fn required(profile: &Profile, rdns: &[Rdn], report: &mut Report) {
    let has_cn = rdns.iter().flatten().any(|attribute| attribute.kind == oid::COMMON_NAME);
    if let Some(kind) = profile.names.require.iter().find(|kind| kind.value == NameKind::Cn)
        && !has_cn
    {
        report.find(
            Finding::error("policy.name_missing", "a common name is required")
                .at(kind.place.clone())
                .hint("add `--subject CN=NAME`"),
        );
    }
}
