//! One connection to a server, with or without a certificate, by one version of TLS, and what came of it.

use serde::Serialize;

use super::alerts::Sign;
use crate::examine::remote::{Options, Outcome, RemoteError, ReplyKind, Served, StartTls, Target, Versions, fetch};

/// What was tried, and what came of it.
#[derive(Debug, Serialize)]
pub struct Attempt {
    /// `TLS 1.3` or `TLS 1.2`.
    pub protocol: &'static str,
    /// What was presented.
    pub with: With,
    /// What it amounts to.
    pub verdict: Verdict,
    /// In words.
    pub words: String,
    #[serde(skip)]
    seen: Result<Served, RemoteError>,
}

/// What a client presents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum With {
    /// No certificate.
    Nothing,
    /// Ours.
    Ours,
}

/// What an attempt amounts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The client was let in.
    Accepted,
    /// TLS let the client in, and what stands behind TLS did not.
    Forbidden,
    /// The client was refused.
    Refused,
    /// The server does not speak this version of TLS.
    NotSpoken,
    /// It did not come to a decision.
    Failed,
}

impl Attempt {
    /// Tries.
    pub(super) fn make(target: &Target, options: &Options, versions: Versions, with: With) -> Self {
        let identity = match with {
            With::Nothing => None,
            With::Ours => options.identity.clone(),
        };
        let options = Options { versions, identity, ..options.clone() };
        let seen = fetch(target, &options);
        let protocol = if versions == Versions::Tls12 { "TLS 1.2" } else { "TLS 1.3" };
        let (verdict, words) = judge(&seen);
        Self { protocol, with, verdict, words, seen }
    }

    /// What the server showed.
    #[must_use]
    pub fn served(&self) -> Option<&Served> {
        self.seen.as_ref().ok()
    }

    /// Why nothing was seen.
    #[must_use]
    pub fn error(&self) -> Option<&RemoteError> {
        self.seen.as_ref().err()
    }

    /// How the server refused.
    #[must_use]
    pub fn sign(&self) -> Option<Sign> {
        if !matches!(self.verdict, Verdict::Refused) {
            return None;
        }
        let Ok(served) = &self.seen else { return Some(Sign::Closed) };
        match &served.outcome {
            Outcome::Refused { alert, .. } => Some(Sign::Alert(alert.clone())),
            Outcome::Closed { .. } => Some(Sign::Closed),
            Outcome::Accepted => served.reply.as_ref().map(|reply| reply.http_status.map_or(Sign::Said, Sign::Http)),
            Outcome::Failed { .. } => None,
        }
    }
}

fn judge(seen: &Result<Served, RemoteError>) -> (Verdict, String) {
    let served = match seen {
        Ok(served) => served,
        // With TLS 1.2 Node and Java close before they have said anything.
        Err(RemoteError::Broken { .. }) => return (Verdict::Refused, "closed without a word".to_owned()),
        Err(error @ RemoteError::TimedOut { .. }) => return (Verdict::Failed, error.to_string()),
        Err(error) => return (Verdict::Failed, error.to_string()),
    };
    match &served.outcome {
        Outcome::Refused { alert, after_handshake: false } if alert == "protocol_version" => {
            (Verdict::NotSpoken, "not spoken".to_owned())
        }
        Outcome::Refused { alert, after_handshake } => {
            (Verdict::Refused, format!("refused: alert {alert}{}", when(*after_handshake)))
        }
        Outcome::Closed { after_handshake } => {
            (Verdict::Refused, format!("closed without a word{}", when(*after_handshake)))
        }
        Outcome::Failed { reason } if reason.contains("incompatible") => (Verdict::NotSpoken, "not spoken".to_owned()),
        Outcome::Failed { reason } => (Verdict::Failed, format!("the handshake failed: {reason}")),
        Outcome::Accepted => accepted(served),
    }
}

const fn when(after: bool) -> &'static str {
    if after { ", after the handshake" } else { "" }
}

/// The handshake is done; what was said behind it may still be a no.
fn accepted(served: &Served) -> (Verdict, String) {
    let Some(reply) = &served.reply else { return (Verdict::Accepted, "accepted".to_owned()) };
    let text = reply.text.as_deref().unwrap_or_default();
    match (reply.http_status, served.starttls) {
        // nginx, which says so in HTTP: `ngx_http_special_response.c`.
        (Some(400), _) if text.contains("SSL certificate") => (Verdict::Refused, in_http(400, text)),
        (Some(status @ (495 | 496)), _) => (Verdict::Refused, in_http(status, text)),
        (Some(403), _) => (Verdict::Forbidden, "HTTP 403 Forbidden".to_owned()),
        (Some(status), _) => (Verdict::Accepted, format!("accepted (HTTP {status})")),
        (None, Some(StartTls::Postgres)) if text.contains("valid client certificate") => {
            (Verdict::Refused, short(text))
        }
        (None, Some(_)) if reply.refused => (Verdict::Forbidden, format!("TLS accepted; then `{}`", short(text))),
        (None, _) => match reply.kind {
            ReplyKind::Data if served.starttls.is_some() && !text.is_empty() => {
                (Verdict::Accepted, format!("accepted ({})", short(text)))
            }
            ReplyKind::Data => (Verdict::Accepted, "accepted (it answers)".to_owned()),
            ReplyKind::Silent => (Verdict::Accepted, "accepted (no refusal came)".to_owned()),
            ReplyKind::Closed => {
                (Verdict::Accepted, "accepted (it closed when spoken to in HTTP, not before)".to_owned())
            }
        },
    }
}

/// The status, and what the page says, which often begins with the status as well.
fn in_http(status: u16, text: &str) -> String {
    let said = text.strip_prefix(&status.to_string()).unwrap_or(text);
    format!("HTTP {status}: {}", short(said.trim_start()))
}

fn short(text: &str) -> String {
    text.chars().take(100).collect()
}
