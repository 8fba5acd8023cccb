//! `ca.toml` as the rules want it.

use crate::policy::TrustDomain;
use crate::profile::{ProfileName, ProfileSet, Sourced, SourcedList, UrlTemplate, Urls};
use crate::store::config::{Config, ConfigError, Setting};
use crate::words::x509::lifetime::Lifetime;

/// The settings of a CA, each with the line that set it.
#[derive(Debug, Default)]
pub(super) struct Settings {
    pub(super) default_profile: Option<Sourced<ProfileName>>,
    pub(super) trust_domain: Option<Sourced<TrustDomain>>,
    pub(super) default_lifetime: Option<Sourced<Lifetime>>,
    pub(super) max_lifetime: Option<Sourced<Lifetime>>,
    /// How long a CRL holds.
    pub(super) crl_lifetime: Option<Sourced<Lifetime>>,
    /// The directory that is open to all.
    pub(super) publish_dir: Option<Sourced<String>>,
    /// Where audit events are sent on to.
    pub(super) audit_sink: Option<Sourced<String>>,
    pub(super) urls: Urls,
}

impl Settings {
    pub(super) fn from_config(config: Config) -> Result<Self, ConfigError> {
        let Config {
            name: _,
            default_profile,
            trust_domain,
            default_lifetime,
            max_lifetime,
            crl_lifetime,
            publish_dir,
            audit_sink,
            crl_urls,
            ocsp_urls,
            issuer_urls,
        } = config;
        Ok(Self {
            default_profile: default_profile.map(|setting| parsed(setting, "a profile's name")).transpose()?,
            trust_domain: trust_domain
                .map(|setting| parsed(setting, "a SPIFFE trust domain such as `example.org`"))
                .transpose()?,
            default_lifetime: default_lifetime.map(sourced),
            max_lifetime: max_lifetime.map(sourced),
            crl_lifetime: crl_lifetime.map(sourced),
            publish_dir: publish_dir.map(sourced),
            audit_sink: audit_sink.map(sourced),
            urls: Urls { crl: urls(crl_urls)?, ocsp: urls(ocsp_urls)?, issuer: urls(issuer_urls)? },
        })
    }
}

impl Settings {
    /// Requests that name no profile must not become CAs. A default that is unknown or wrong is told of where
    /// it is used.
    pub(super) fn check_default(&self, profiles: &ProfileSet) -> Result<(), ConfigError> {
        let Some(default) = &self.default_profile else { return Ok(()) };
        if profiles.get(&default.value).is_ok_and(|profile| profile.ca) {
            let reason = format!("is `{}`, a profile of CAs; it has to be one of leaves", default.value);
            return Err(ConfigError::BadValue { place: default.place.clone(), key: "default_profile", reason });
        }
        Ok(())
    }
}

fn sourced<T>(Setting { value, place }: Setting<T>) -> Sourced<T> {
    Sourced::new(value, place)
}

fn parsed<T: std::str::FromStr>(setting: Setting<String>, expected: &'static str) -> Result<Sourced<T>, ConfigError> {
    let Setting { value, place } = setting;
    match value.parse() {
        Ok(parsed) => Ok(Sourced::new(parsed, place)),
        Err(_) => Err(ConfigError::Syntax { place, reason: format!("`{value}` is not {expected}") }),
    }
}

fn urls(settings: Vec<Setting<String>>) -> Result<Option<SourcedList<UrlTemplate>>, ConfigError> {
    let Some(place) = settings.first().map(|first| first.place.clone()) else { return Ok(None) };
    let list =
        settings.into_iter().map(|setting| parsed(setting, "a URL (http, https or ldap)")).collect::<Result<_, _>>()?;
    Ok(Some(Sourced::new(list, place)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::finding::Place;

    #[test]
    fn a_default_profile_makes_no_cas() {
        let profiles = ProfileSet::builtin();
        for (name, fine) in
            [("root", false), ("intermediate", false), ("client", true), ("server", true), ("unknown", true)]
        {
            let place = Place { file: "ca/ca.toml".to_owned(), line: Some(3) };
            let default_profile = Some(Sourced::new(name.parse().unwrap(), place));
            let settings = Settings { default_profile, ..Settings::default() };
            let checked = settings.check_default(&profiles);
            assert_eq!(checked.is_ok(), fine, "{name}");
            assert!(checked.err().is_none_or(|error| error.to_string().starts_with("ca/ca.toml:3: ")));
        }
    }
}
