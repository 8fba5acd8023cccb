//! A profile, every value with the line that says so.

use std::fmt::Display;

use mtls_ca::profile::{Profile, Sourced, SourcedList};
use serde_json::{Value, json};

use crate::output::Style;
use crate::view;

/// One row of a profile: its key, its value, and where that is written down.
struct Line {
    key: &'static str,
    value: Option<String>,
    list: bool,
    place: Option<String>,
}

fn one<T: Display>(key: &'static str, value: Option<&Sourced<T>>) -> Line {
    Line {
        key,
        value: value.map(|sourced| sourced.value.to_string()),
        list: false,
        place: value.map(|sourced| sourced.place.to_string()),
    }
}

fn many<T: Display>(key: &'static str, list: Option<&SourcedList<T>>) -> Line {
    let joined =
        |list: &SourcedList<T>| list.value.iter().map(|item| item.value.to_string()).collect::<Vec<_>>().join(", ");
    Line { key, value: list.map(joined), list: true, place: list.map(|list| list.place.to_string()) }
}

fn lines(profile: &Profile) -> Vec<Line> {
    let usages = |list: &Sourced<Vec<mtls_ca::x509::usage::ExtendedKeyUsage>>| {
        list.value.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    };
    let own = |key, value: String, place: &mtls_ca::Place| Line {
        key,
        value: Some(value),
        list: false,
        place: Some(place.to_string()),
    };
    let mut lines = vec![
        one("extends", profile.extends.as_ref()),
        many("key.algorithms", Some(&profile.algorithms)),
        own("usage.key", profile.key_usage.value.to_string(), &profile.key_usage.place),
        own("usage.extended", usages(&profile.extended_key_usage), &profile.extended_key_usage.place),
        one("usage.path_length", profile.path_length.as_ref()),
        one("lifetime.default", profile.default_lifetime.as_ref()),
        one("lifetime.max", profile.max_lifetime.as_ref()),
        many("names.dns", profile.names.dns.as_ref()),
        many("names.ip", profile.names.ip.as_ref()),
        many("names.uri", profile.names.uri.as_ref()),
        many("names.email", profile.names.email.as_ref()),
        many("names.cn", profile.names.cn.as_ref()),
        many("subject.allow", profile.subject.allow.as_ref()),
        many("urls.crl", profile.urls.crl.as_ref()),
        many("urls.ocsp", profile.urls.ocsp.as_ref()),
        many("urls.issuer", profile.urls.issuer.as_ref()),
    ];
    for kind in &profile.names.require {
        lines.push(own("names.require", kind.value.to_string(), &kind.place));
    }
    for set in &profile.subject.set {
        let kind = set.value.kind.known_as().unwrap_or_else(|| set.value.kind.dotted());
        lines.push(own("subject.set", format!("{kind}={}", set.value.text), &set.place));
    }
    lines
}

/// For people.
pub fn text(profile: &Profile, style: Style) -> String {
    let rows: Vec<(&str, String)> = lines(profile)
        .into_iter()
        .filter_map(|Line { key, value, list: _, place }| {
            let value = value?;
            let value = if value.is_empty() { "none".to_owned() } else { value };
            Some((key, place.map_or(value.clone(), |place| format!("{value}  ({place})"))))
        })
        .collect();
    format!("{}: {}\n{}", profile.name, profile.description, view::rows(&rows, style))
}

/// For programs.
pub fn json(profile: &Profile) -> Value {
    let rules: Vec<Value> = lines(profile)
        .into_iter()
        .filter_map(|Line { key, value, list, place }| {
            let value = value?;
            let value = match (list, value.is_empty()) {
                (true, true) => json!([]),
                (true, false) => json!(value.split(", ").collect::<Vec<_>>()),
                (false, _) => json!(value),
            };
            Some(json!({ "key": key, "value": value, "place": place }))
        })
        .collect();
    json!({
        "name": profile.name.as_str(),
        "description": profile.description,
        "ca": profile.ca,
        "place": profile.place,
        "rules": rules,
    })
}
