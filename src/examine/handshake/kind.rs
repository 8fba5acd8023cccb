//! Which kind of server it is: what the caller says, else a guess from what it does and calls itself.

use serde::Serialize;

use super::alerts::{Family, Sign};
use super::attempt::{Attempt, With};
use crate::examine::remote::{Reply, StartTls};

/// What is known of the program at the other end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Kind {
    /// The system, by the name of its recipe.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// The TLS library behind it.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_word")]
    pub family: Option<Family>,
    /// How that is known; a guess says that it is one.
    pub because: String,
    /// Whether it is a guess.
    pub guessed: bool,
}

fn as_word<S: serde::Serializer>(family: &Option<Family>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_some(&family.map(Family::word))
}

/// What servers call themselves in HTTP, by the beginning, in lower case.
const HEADERS: &[(&str, &str, Family)] = &[
    ("nginx", "nginx", Family::OpenSsl),
    ("openresty", "nginx", Family::OpenSsl),
    ("apache-coyote", "tomcat", Family::Jsse),
    ("apache", "apache", Family::OpenSsl),
    ("lighttpd", "lighttpd", Family::OpenSsl),
    ("envoy", "envoy", Family::BoringSsl),
    ("istio-envoy", "envoy", Family::BoringSsl),
    ("caddy", "caddy", Family::Go),
    ("express", "express", Family::OpenSsl),
    ("basehttp", "python", Family::OpenSsl),
    ("simplehttp", "python", Family::OpenSsl),
    ("uvicorn", "python", Family::OpenSsl),
    ("gunicorn", "python", Family::OpenSsl),
    ("wildfly", "wildfly-elytron", Family::Jsse),
    ("jetty", "java", Family::Jsse),
    ("cowboy", "rabbitmq", Family::Erlang),
];

/// What other answers begin with.
const WORDS: &[(&str, &str, Family)] = &[
    ("-ERR", "redis", Family::OpenSsl),
    ("-NOAUTH", "redis", Family::OpenSsl),
    ("404 page not found", "go", Family::Go),
    ("Client sent an HTTP request", "go", Family::Go),
];

impl Kind {
    /// What the caller says.
    #[must_use]
    pub fn given(system: &str, family: Option<Family>) -> Self {
        Self { system: Some(system.to_owned()), family, because: format!("`--for {system}`"), guessed: false }
    }

    fn guess(system: &str, family: Family, because: String) -> Self {
        Self { system: Some(system.to_owned()), family: Some(family), because, guessed: true }
    }

    /// Nothing is known.
    #[must_use]
    pub fn unknown() -> Self {
        let because = "nothing tells which program it is".to_owned();
        Self { system: None, family: None, because, guessed: true }
    }

    /// What the answers speak for, the plainest first.
    pub(super) fn guessed_from(attempts: &[Attempt], starttls: Option<StartTls>) -> Self {
        let replies = || attempts.iter().filter_map(|attempt| attempt.served()?.reply.as_ref());
        if let Some(found) = replies().find_map(by_reply) {
            return found;
        }
        match starttls {
            Some(StartTls::Postgres) => {
                return Self::guess("postgresql", Family::OpenSsl, "it speaks PostgreSQL's protocol".to_owned());
            }
            Some(StartTls::Mysql) => {
                return Self::guess("mariadb", Family::OpenSsl, "it speaks MySQL's protocol".to_owned());
            }
            Some(StartTls::Ldap) => {
                let because = "it speaks LDAP; Debian's slapd is built with GnuTLS".to_owned();
                return Self::guess("openldap", Family::Gnutls, because);
            }
            Some(StartTls::Smtp) | None => {}
        }
        by_alerts(attempts).unwrap_or_else(Self::unknown)
    }

    /// In words, for a sentence: `nginx (a guess: …)`.
    #[must_use]
    pub fn words(&self) -> String {
        let name = match (&self.system, self.family) {
            (Some(system), _) => system.clone(),
            (None, Some(family)) => format!("a server with {}", family.word()),
            (None, None) => return "unknown".to_owned(),
        };
        match self.guessed {
            true => format!("{name} (a guess: {})", self.because),
            false => format!("{name} ({})", self.because),
        }
    }
}

fn by_reply(reply: &Reply) -> Option<Kind> {
    if let Some(header) = &reply.server {
        let lower = header.to_ascii_lowercase();
        let (_, system, family) = HEADERS.iter().find(|(beginning, ..)| lower.starts_with(beginning))?;
        return Some(Kind::guess(system, *family, format!("it calls itself `{header}`")));
    }
    let text = reply.text.as_deref()?;
    let (_, system, family) = WORDS.iter().find(|(beginning, ..)| text.starts_with(beginning))?;
    Some(Kind::guess(system, *family, format!("it answers `{}`", text.chars().take(40).collect::<String>())))
}

/// What a client without a certificate is told tells the libraries apart.
fn by_alerts(attempts: &[Attempt]) -> Option<Kind> {
    let told = |protocol: &str| {
        let attempt = attempts.iter().find(|attempt| attempt.with == With::Nothing && attempt.protocol == protocol)?;
        match attempt.sign()? {
            Sign::Alert(name) => Some(name),
            _ => None,
        }
    };
    let (new, old) = (told("TLS 1.3"), told("TLS 1.2"));
    let family = match (new.as_deref(), old.as_deref()) {
        (_, Some("certificate_required")) => Family::Rustls,
        (Some("certificate_required"), Some("handshake_failure")) => Family::OpenSsl,
        (Some("certificate_required"), Some("bad_certificate")) => Family::Go,
        (Some("bad_certificate"), Some("bad_certificate")) => Family::Jsse,
        _ => return None,
    };
    let of = |name: &Option<String>| name.clone().unwrap_or_else(|| "nothing".to_owned());
    let because = format!("without a certificate it answers `{}` by TLS 1.3 and `{}` by TLS 1.2", of(&new), of(&old));
    Some(Kind { system: None, family: Some(family), because, guessed: true })
}
