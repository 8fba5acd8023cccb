//! `ca.toml`: what the operator wants of this CA. What the file says becomes a [`Config`] only
//! after every key and value was looked at; a key that would have no effect is refused.

use std::path::Path;

use thiserror::Error;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::layout::IssuerNumber;
use crate::words::finding::Place;
use crate::words::x509::lifetime::Lifetime;
use crate::words::x509::san::UriName;

/// The settings of a CA directory, each with the line that set it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// What people call this CA.
    pub name: Option<Setting<String>>,
    /// The profile for requests that name none.
    pub default_profile: Option<Setting<String>>,
    /// The SPIFFE trust domain, of which alone this CA issues identities.
    pub trust_domain: Option<Setting<String>>,
    /// How long certificates hold whose profile does not say.
    pub default_lifetime: Option<Setting<Lifetime>>,
    /// The longest that any certificate may hold, whatever its profile says.
    pub max_lifetime: Option<Setting<Lifetime>>,
    /// How long a CRL holds.
    pub crl_lifetime: Option<Setting<Lifetime>>,
    /// A directory that is open to all, for CRLs, CA certificates and the trust bundle.
    pub publish_dir: Option<Setting<String>>,
    /// Where audit events are sent on to: a file, or `syslog`.
    pub audit_sink: Option<Setting<String>>,
    /// Where CRLs are found; may hold `{issuer}`.
    pub crl_urls: Vec<Setting<String>>,
    /// Where OCSP is answered; may hold `{issuer}`.
    pub ocsp_urls: Vec<Setting<String>>,
    /// Where the issuer's certificate is found; may hold `{issuer}`.
    pub issuer_urls: Vec<Setting<String>>,
}

/// A value and where it was set, so that a refusal can cite the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// File and line.
    pub place: Place,
}

/// What is wrong with a `ca.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ConfigError {
    /// It is not TOML.
    #[error("{place}: {reason}")]
    Syntax {
        /// Where.
        place: Place,
        /// What the parser says.
        reason: String,
    },
    /// A key that is not known.
    #[error("{place}: unknown key `{found}`{}", suggestion(*nearest, known))]
    UnknownKey {
        /// Where.
        place: Place,
        /// The key, with its table: `lifetime.maximum`.
        found: String,
        /// The known key that looks most like it.
        nearest: Option<&'static str>,
        /// All that are known.
        known: &'static [&'static str],
    },
    /// A known key with a value that it cannot have.
    #[error("{place}: `{key}` {reason}")]
    BadValue {
        /// Where.
        place: Place,
        /// The key, with its table.
        key: &'static str,
        /// What was found, and what is allowed.
        reason: String,
    },
}

const KEYS: &[&str] = &[
    "name",
    "default_profile",
    "trust_domain",
    "lifetime.default",
    "lifetime.max",
    "crl.lifetime",
    "publish.dir",
    "audit.sink",
    "urls.crl",
    "urls.ocsp",
    "urls.issuer",
];
const TABLES: &[&str] = &["audit", "crl", "lifetime", "publish", "urls"];
const ISSUER: &str = "{issuer}";

impl Config {
    /// Reads the text of a `ca.toml`; `file` is its path as the operator would type it.
    ///
    /// # Errors
    /// The first thing that is wrong, with its line.
    pub fn parse(text: &str, file: &Path) -> Result<Self, ConfigError> {
        let source = Source { text, file: file.display().to_string() };
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let table = DeTable::parse(text).map_err(|error| ConfigError::Syntax {
            place: source.at(error.span().map_or(0, |span| span.start)),
            reason: error.message().trim().replace('\n', "; "),
        })?;
        let mut config = Self::default();
        for (key, value) in table.get_ref() {
            let place = source.at(key.span().start);
            match (TABLES.iter().find(|table| *table == key.get_ref()), value.get_ref()) {
                (Some(table), DeValue::Table(inner)) => {
                    for (inner_key, value) in inner {
                        let place = source.at(inner_key.span().start);
                        config.set(format!("{table}.{}", inner_key.get_ref()), place, value, &source)?;
                    }
                }
                (Some(table), other) => {
                    return Err(ConfigError::BadValue {
                        place,
                        key: table,
                        reason: format!("is a table `[{table}]`, not {}", in_words(other)),
                    });
                }
                (None, _) => config.set(key.get_ref().to_string(), place, value, &source)?,
            }
        }
        config.check_lifetimes()?;
        Ok(config)
    }

    fn set(
        &mut self,
        found: String,
        place: Place,
        value: &Spanned<DeValue<'_>>,
        source: &Source<'_>,
    ) -> Result<(), ConfigError> {
        let Some(key) = KEYS.iter().copied().find(|known| *known == found) else {
            return Err(ConfigError::UnknownKey { place, nearest: nearest(&found), found, known: KEYS });
        };
        let entry = Entry { key, place, value, source };
        match key {
            "name" => self.name = Some(entry.text()?),
            "default_profile" => self.default_profile = Some(entry.parsed(profile_name)?),
            "trust_domain" => self.trust_domain = Some(entry.parsed(trust_domain)?),
            "lifetime.default" => self.default_lifetime = Some(entry.parsed(lifetime)?),
            "lifetime.max" => self.max_lifetime = Some(entry.parsed(lifetime)?),
            "crl.lifetime" => self.crl_lifetime = Some(entry.parsed(lifetime)?),
            "publish.dir" => self.publish_dir = Some(entry.text()?),
            "audit.sink" => self.audit_sink = Some(entry.text()?),
            "urls.crl" => self.crl_urls = entry.urls()?,
            "urls.ocsp" => self.ocsp_urls = entry.urls()?,
            _ => self.issuer_urls = entry.urls()?,
        }
        Ok(())
    }

    fn check_lifetimes(&self) -> Result<(), ConfigError> {
        match (&self.default_lifetime, &self.max_lifetime) {
            (Some(default), Some(max)) if default.value > max.value => Err(ConfigError::BadValue {
                place: default.place.clone(),
                key: "lifetime.default",
                reason: format!("is `{}`, longer than `lifetime.max`, which is `{}`", default.value, max.value),
            }),
            _ => Ok(()),
        }
    }
}

/// A URL of `ca.toml` or of a profile for one issuer: `{issuer}` becomes `g1`.
#[must_use]
pub fn url_of(template: &str, issuer: IssuerNumber) -> String {
    template.replace(ISSUER, &issuer.to_string())
}

/// The `ca.toml` that `init` writes.
#[must_use]
pub fn initial(name: &str, trust_domain: Option<&str>) -> String {
    let domain = trust_domain.map_or_else(
        || {
            "# The SPIFFE trust domain; identities of others are refused.\n# trust_domain = \"example.org\"\n"
                .to_owned()
        },
        |domain| {
            format!("# The SPIFFE trust domain; identities of others are refused.\ntrust_domain = {}\n", quoted(domain))
        },
    );
    format!(
        "# What this CA should do. Everything here is optional; `#` in front of a line turns it off.\n\
         \n\
         # What people call this CA.\n\
         name = {}\n\
         \n\
         # The profile for `sign` and `issue` without --profile.\n\
         # default_profile = \"client\"\n\
         \n\
         {domain}\
         \n\
         # How long certificates hold, where the profile does not say, and at most.\n\
         # [lifetime]\n\
         # default = \"90d\"\n\
         # max = \"1y\"\n\
         \n\
         # How long a CRL holds: 7d, and 180d for a root that signs only CAs.\n\
         # [crl]\n\
         # lifetime = \"7d\"\n\
         \n\
         # A directory for a web server: CRLs, CA certificates and ca.crt, open to all.\n\
         # [publish]\n\
         # dir = \"/srv/pki\"\n\
         \n\
         # Where audit events are sent on to: a file, or syslog.\n\
         # [audit]\n\
         # sink = \"/var/log/mtls-ca.jsonl\"\n\
         \n\
         # Written into certificates; {ISSUER} becomes g1, g2, ... with each new CA certificate.\n\
         # [urls]\n\
         # crl = \"http://pki.internal/{ISSUER}.crl\"\n\
         # ocsp = \"http://ocsp.internal/{ISSUER}\"\n\
         # issuer = \"http://pki.internal/{ISSUER}.crt\"\n",
        quoted(name),
    )
}

/// A TOML string, with everything in it escaped that would end or change it.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

struct Source<'a> {
    text: &'a str,
    file: String,
}

impl Source<'_> {
    fn at(&self, offset: usize) -> Place {
        let before = self.text.as_bytes().iter().take(offset);
        Place { file: self.file.clone(), line: Some(1 + before.filter(|byte| **byte == b'\n').count()) }
    }
}

struct Entry<'a, 'i> {
    key: &'static str,
    place: Place,
    value: &'a Spanned<DeValue<'i>>,
    source: &'a Source<'a>,
}

impl Entry<'_, '_> {
    fn refuse(&self, reason: String) -> ConfigError {
        ConfigError::BadValue { place: self.place.clone(), key: self.key, reason }
    }

    fn text(&self) -> Result<Setting<String>, ConfigError> {
        match self.value.get_ref() {
            DeValue::String(text) if !text.trim().is_empty() => {
                Ok(Setting { value: text.to_string(), place: self.place.clone() })
            }
            DeValue::String(_) => Err(self.refuse("is empty; leave the line out instead".to_owned())),
            other => Err(self.refuse(format!("is {}; text in quotes is wanted", in_words(other)))),
        }
    }

    fn parsed<T>(&self, parse: impl Fn(&str) -> Result<T, String>) -> Result<Setting<T>, ConfigError> {
        let Setting { value, place } = self.text()?;
        let value = parse(&value).map_err(|reason| self.refuse(format!("is wrong: {reason}")))?;
        Ok(Setting { value, place })
    }

    fn urls(&self) -> Result<Vec<Setting<String>>, ConfigError> {
        match self.value.get_ref() {
            DeValue::Array(items) => {
                let one = |item| {
                    let place = self.source.at(Spanned::span(item).start);
                    Entry { key: self.key, place, value: item, source: self.source }.parsed(url)
                };
                items.iter().map(one).collect()
            }
            _ => Ok(vec![self.parsed(url)?]),
        }
    }
}

fn lifetime(text: &str) -> Result<Lifetime, String> {
    text.parse().map_err(|error: crate::words::x509::lifetime::NotALifetime| error.to_string())
}

fn profile_name(text: &str) -> Result<String, String> {
    if text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_')) {
        Ok(text.to_owned())
    } else {
        Err(format!("`{text}` is not a profile's name: lower-case letters, digits, `-` and `_`"))
    }
}

fn trust_domain(text: &str) -> Result<String, String> {
    let bare = text.strip_prefix("spiffe://").unwrap_or(text);
    match UriName::parse(&format!("spiffe://{bare}")) {
        Ok(uri) if uri.path().is_empty() => Ok(bare.to_owned()),
        Ok(_) => Err(format!("`{text}` has a path; a trust domain is written `example.org`")),
        Err(error) => Err(error.to_string()),
    }
}

fn url(text: &str) -> Result<String, String> {
    let example = url_of(text, IssuerNumber::FIRST);
    let uri = UriName::parse(&example).map_err(|error| error.to_string())?;
    // RFC 5280 sections 4.2.1.13 and 4.2.2.1: HTTP or LDAP; consumers that we know of take these.
    match uri.scheme() {
        "http" | "https" => Ok(text.to_owned()),
        other => Err(format!("`{text}` begins with `{other}:`; `http:` and `https:` are allowed")),
    }
}

fn in_words(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

fn nearest(found: &str) -> Option<&'static str> {
    let last = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
    let likeness =
        |known: &&'static str| strsim::jaro_winkler(known, found).max(strsim::jaro_winkler(&last(known), &last(found)));
    let best = KEYS.iter().copied().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(&best) > 0.8).then_some(best)
}

fn suggestion(nearest: Option<&'static str>, known: &[&'static str]) -> String {
    match nearest {
        Some(key) => format!("; did you mean `{key}`?"),
        None => format!("; known are `{}`", known.join("`, `")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, ConfigError> {
        Config::parse(text, Path::new("ca/ca.toml"))
    }

    #[test]
    fn settings_remember_their_line() {
        let config = parse(
            "name = \"Acme\"\ntrust_domain = \"example.org\"\n\n[lifetime]\ndefault = \"30d\"\nmax = \"1y\"\n\
             [urls]\ncrl = [\n  \"http://a/{issuer}.crl\",\n  \"http://b/\",\n]\nocsp = \"http://o/\"\n",
        )
        .unwrap();
        assert_eq!(config.name.unwrap().value, "Acme");
        assert_eq!(config.max_lifetime.unwrap().place.to_string(), "ca/ca.toml:6");
        assert_eq!(config.crl_urls[1].place.line, Some(10));
        assert_eq!(url_of(&config.crl_urls[0].value, IssuerNumber::FIRST), "http://a/g1.crl");
        assert_eq!(config.ocsp_urls.len(), 1);
        assert_eq!(parse("").unwrap(), Config::default());
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        for (text, said) in [
            ("nmae = \"x\"", "ca/ca.toml:1: unknown key `nmae`; did you mean `name`?"),
            (
                "\n[lifetime]\nmaximum = \"1y\"",
                "ca/ca.toml:3: unknown key `lifetime.maximum`; did you mean `lifetime.max`?",
            ),
            ("name = \"x\"\n[server]\ndir = \"/srv\"", "ca/ca.toml:2: unknown key `server`; known are `name`"),
            ("name = 5", "ca/ca.toml:1: `name` is a number; text in quotes is wanted"),
            ("name = \" \"", "ca/ca.toml:1: `name` is empty"),
            ("urls = 5", "ca/ca.toml:1: `urls` is a table `[urls]`, not a number"),
            ("[lifetime]\nmax = \"90\"", "ca/ca.toml:2: `lifetime.max` is wrong: `90` is not a length of time"),
            ("[lifetime]\ndefault = \"2y\"\nmax = \"1y\"", "ca/ca.toml:2: `lifetime.default` is `2y`, longer than"),
            ("[urls]\ncrl = \"ftp://a/\"", "ca/ca.toml:2: `urls.crl` is wrong: `ftp://a/` begins with `ftp:`"),
            ("[urls]\ncrl = [\"http://a/{x}\"]", "ca/ca.toml:2: `urls.crl` is wrong: "),
            ("trust_domain = \"example.org/a\"", "ca/ca.toml:1: `trust_domain` is wrong: `example.org/a` has a path"),
            ("trust_domain = \"Example.org\"", "ca/ca.toml:1: `trust_domain` is wrong: "),
            ("default_profile = \"../x\"", "ca/ca.toml:1: `default_profile` is wrong: "),
            ("name = \"a\"\nname = \"b\"", "ca/ca.toml:2: duplicate key"),
            ("name = ", "ca/ca.toml:1: "),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.starts_with(said), "{text}: {error}");
        }
    }

    #[test]
    fn what_init_writes_reads_back_whatever_the_name() {
        for name in ["Acme", "a \"b\" \\ c", "x\n[lifetime]\nmax = \"1s\"", "\u{1b}[31m", "'''", "\"\"\"", "ö"] {
            let config = parse(&initial(name, Some("example.org"))).unwrap();
            assert_eq!(config.name.as_ref().unwrap().value, name);
            assert_eq!(config.trust_domain.as_ref().unwrap().value, "example.org");
            assert_eq!(config.max_lifetime, None);
        }
        // Every line that is off can be turned on.
        let turned_on =
            |line: &'static str| line.strip_prefix("# ").filter(|on| on.contains(" = ") || on.starts_with('['));
        let text = initial("x", None).leak();
        let on: Vec<&str> = text.lines().map(|line| turned_on(line).unwrap_or(line)).collect();
        let on = on.join("\n");
        let config = parse(&on).unwrap();
        assert_eq!(config.crl_urls.len() + config.ocsp_urls.len() + config.issuer_urls.len(), 3);
        assert!(config.max_lifetime.is_some() && config.default_profile.is_some() && config.trust_domain.is_some());
    }
}
