//! A profile as rows, for people and programs who ask what holds and which line says so.

use std::fmt::Display;

use serde::Serialize;

use super::{Profile, Sourced, SourcedList};
use crate::words::finding::Place;

/// One setting of a profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Setting {
    /// Table and key: `names.dns`.
    pub key: &'static str,
    /// Its values as text; of the keys that hold one value, that one.
    pub values: Vec<String>,
    /// The line that says so.
    pub place: Place,
}

impl Profile {
    /// Every setting that some file says, in the order of the documentation.
    #[must_use]
    pub fn settings(&self) -> Vec<Setting> {
        let mut settings = vec![
            list("key.algorithms", &self.algorithms),
            values("usage.key", self.key_usage.value.iter(), &self.key_usage.place),
            values("usage.extended", self.extended_key_usage.value.iter(), &self.extended_key_usage.place),
        ];
        settings.extend(self.path_length.as_ref().map(|length| one("usage.path_length", length)));
        settings.extend(self.default_lifetime.as_ref().map(|lifetime| one("lifetime.default", lifetime)));
        settings.extend(self.max_lifetime.as_ref().map(|lifetime| one("lifetime.max", lifetime)));
        let names = &self.names;
        settings.extend(names.dns.as_ref().map(|patterns| list("names.dns", patterns)));
        settings.extend(names.ip.as_ref().map(|ranges| list("names.ip", ranges)));
        settings.extend(names.uri.as_ref().map(|patterns| list("names.uri", patterns)));
        settings.extend(names.email.as_ref().map(|patterns| list("names.email", patterns)));
        settings.extend(names.cn.as_ref().map(|patterns| list("names.cn", patterns)));
        settings.extend(
            names
                .require
                .first()
                .map(|first| values("names.require", names.require.iter().map(|kind| kind.value), &first.place)),
        );
        settings.extend(self.subject.allow.as_ref().map(|kinds| {
            let shown = kinds.value.iter().map(|kind| kind.value.shown());
            values("subject.allow", shown, &kinds.place)
        }));
        settings.extend(self.subject.set.first().map(|first| {
            let shown = self.subject.set.iter().map(|set| {
                let kind = set.value.kind.shown();
                format!("{kind} = {}", set.value.text)
            });
            values("subject.set", shown, &first.place)
        }));
        settings.extend(self.urls.crl.as_ref().map(|urls| list("urls.crl", urls)));
        settings.extend(self.urls.ocsp.as_ref().map(|urls| list("urls.ocsp", urls)));
        settings.extend(self.urls.issuer.as_ref().map(|urls| list("urls.issuer", urls)));
        settings.push(one("extensions.unknown", &self.unknown_extensions));
        if !self.policies.is_empty() {
            settings.push(values("extensions.policies", self.policies.iter(), &self.place));
        }
        settings
    }
}

fn one<T: Display>(key: &'static str, value: &Sourced<T>) -> Setting {
    Setting { key, values: vec![value.value.to_string()], place: value.place.clone() }
}

fn list<T: Display>(key: &'static str, list: &SourcedList<T>) -> Setting {
    values(key, list.value.iter().map(|item| &item.value), &list.place)
}

fn values<T: Display>(key: &'static str, values: impl Iterator<Item = T>, place: &Place) -> Setting {
    Setting { key, values: values.map(|value| value.to_string()).collect(), place: place.clone() }
}

#[cfg(test)]
mod tests {
    use crate::profile::ProfileSet;

    #[test]
    fn every_setting_stands_with_its_line() {
        let profile = ProfileSet::builtin().get(&"workload".parse().unwrap()).unwrap().clone();
        let shown: Vec<String> = profile
            .settings()
            .iter()
            .map(|setting| format!("{}={} ({})", setting.key, setting.values.join(","), setting.place))
            .collect();
        assert!(shown.contains(&"lifetime.default=1d (built-in workload.toml:12)".to_owned()), "{shown:?}");
        assert!(shown.contains(&"names.require=spiffe (built-in workload.toml:16)".to_owned()), "{shown:?}");
    }
}
