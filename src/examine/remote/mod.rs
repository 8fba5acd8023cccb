//! What a TLS server shows of itself: its chain as served, protocol and cipher suite, whether and
//! of whom it asks for a client certificate, and what it says to the one presented.
//!
//! Nothing is trusted here and nothing sent but a handshake, so that a server whose certificate is
//! wrong in any way can be looked at just the same. `verify` says whether it is to be trusted.

mod clear_text;
mod connection;
pub(in crate::examine) mod deadline;
mod handshake;
mod key_log;
mod recorder;
mod reply;
mod starttls;
mod talk;
mod target;

use std::io;
use std::time::Duration;

use serde::Serialize;
use thiserror::Error;

pub use clear_text::{InClear, in_clear};
pub(in crate::examine) use connection::certified;
pub use connection::fetch;
pub(in crate::examine) use handshake::{Step, alert_name, iana_name, protocol_name, step};
pub(in crate::examine) use key_log::Logged;
pub use reply::{Reply, ReplyKind};
pub use starttls::{NotAStartTls, StartTls};
pub use target::{NotATarget, Target};

use crate::store::key_log::KeyLog;
use crate::words::x509::name::Name;

/// How to look.
#[derive(Debug, Clone)]
pub struct Options {
    /// The name to ask for (SNI), where it is not the host connected to.
    pub server_name: Option<String>,
    /// Time for the connection and the handshake together.
    pub timeout: Duration,
    /// How long to wait for an answer after a TLS 1.3 handshake: a refusal of the client comes
    /// only then (RFC 8446 section 4.4.2.4; the client is done before the server has looked).
    pub patience: Duration,
    /// What to present where the server asks.
    pub identity: Option<Identity>,
    /// Which versions of TLS to offer. With 1.2 a refusal comes within the handshake.
    pub versions: Versions,
    /// The protocols to offer (ALPN), best first.
    pub alpn: Vec<String>,
    /// How the server turns to TLS, where it begins in clear.
    pub starttls: Option<StartTls>,
    /// What to say once the handshake is done, so that the server has to answer.
    pub talk: Option<Talk>,
    /// Where to write the secrets of the session.
    pub key_log: Option<KeyLog>,
}

/// Versions of TLS to offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Versions {
    /// Both.
    #[default]
    Any,
    /// TLS 1.3 alone.
    Tls13,
    /// TLS 1.2 alone.
    Tls12,
}

/// What is said once the handshake is done: an HTTP request, or the first words of the protocol that
/// began in clear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Talk {
    /// What to ask for by HTTP.
    pub path: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            server_name: None,
            timeout: Duration::from_secs(10),
            patience: Duration::from_millis(500),
            identity: None,
            versions: Versions::Any,
            alpn: Vec::new(),
            starttls: None,
            talk: None,
            key_log: None,
        }
    }
}

/// A client certificate and its key. `Debug` does not show the key.
#[derive(Clone)]
pub struct Identity {
    /// The DER of the certificate, then of its chain.
    pub chain: Vec<Vec<u8>>,
    /// The key in PKCS#8.
    pub key: std::sync::Arc<zeroize::Zeroizing<Vec<u8>>>,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Identity({} certificates)", self.chain.len())
    }
}

/// What a server showed.
#[derive(Debug, Clone, Serialize)]
pub struct Served {
    /// The server.
    pub target: Target,
    /// The address that answered.
    pub address: String,
    /// The name that was asked for.
    pub server_name: String,
    /// `TLS 1.3` or `TLS 1.2`; absent where the handshake ended before.
    pub protocol: Option<&'static str>,
    /// The cipher suite by its IANA name.
    pub cipher_suite: Option<String>,
    /// The protocol that the server chose of those offered (ALPN).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alpn: Option<String>,
    /// How it turned to TLS, where it began in clear.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub starttls: Option<StartTls>,
    /// The chain as served, DER, leaf first. Not part of the JSON: its items are.
    #[serde(skip)]
    pub chain: Vec<Vec<u8>>,
    /// Whether the server's signature over the handshake was made by the key of its certificate.
    pub handshake_signature: Checked,
    /// Whether it asked for a client certificate, and of whom.
    pub client_certificate: ClientCertificate,
    /// How it ended.
    pub outcome: Outcome,
    /// What the server said once the handshake was done, where it was spoken to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply: Option<Reply>,
}

/// Whether a thing holds, where it could be checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "result", content = "reason", rename_all = "snake_case")]
pub enum Checked {
    /// It does.
    Holds,
    /// It does not, or could not be checked; says why.
    Fails(String),
    /// It did not come to that.
    NotReached,
}

/// What the server wants of its clients.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClientCertificate {
    /// Whether it asked for one.
    pub requested: bool,
    /// Whether one was presented.
    pub presented: bool,
    /// The subjects of the CAs that it says it accepts; empty where it does not say.
    pub acceptable_cas: Vec<Name>,
    /// Names among them that do not decode.
    #[serde(skip_serializing_if = "is_zero")]
    pub unreadable_cas: usize,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
const fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// How a look ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum Outcome {
    /// The handshake was done, and no refusal followed within the patience.
    Accepted,
    /// The server refused with an alert (RFC 8446 section 6.2), during the handshake or after it.
    Refused {
        /// The alert's name: `certificate_required`, `unknown_ca`.
        alert: String,
        /// Whether it came after the handshake, as TLS 1.3 has it.
        after_handshake: bool,
    },
    /// The server closed the connection without a word.
    Closed {
        /// Whether it did so after the handshake.
        after_handshake: bool,
    },
    /// The handshake failed on our side; says why.
    Failed {
        /// Why.
        reason: String,
    },
}

/// Why nothing was seen of a server.
#[derive(Debug, Error)]
pub enum RemoteError {
    /// Its name has no address.
    #[error("`{host}` has no address")]
    NoAddress {
        /// The name.
        host: String,
        /// What the resolver said.
        #[source]
        source: io::Error,
    },
    /// No address took the connection; the last one's error.
    #[error("cannot connect to `{address}`")]
    Connect {
        /// The last address tried.
        address: String,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The name to ask for is none.
    #[error("`{0}` is no server name: a host name or an IP address")]
    ServerName(String),
    /// The client certificate or key cannot be used.
    #[error("the client certificate cannot be presented: {0}")]
    Identity(String),
    /// It answered, but not with TLS.
    #[error("`{address}` does not answer with TLS: {reason}")]
    NotTls {
        /// The address.
        address: String,
        /// What came instead.
        reason: String,
    },
    /// It did not turn to TLS when asked.
    #[error("`{address}` does not begin TLS by `{protocol}`: {reason}")]
    NoStartTls {
        /// The address.
        address: String,
        /// How it was asked.
        protocol: StartTls,
        /// What it said.
        reason: String,
    },
    /// It did not answer in time.
    #[error("`{address}` did not finish the handshake within {seconds} seconds")]
    TimedOut {
        /// The address.
        address: String,
        /// The limit.
        seconds: u64,
    },
    /// The connection broke before anything was seen.
    #[error("the connection to `{address}` broke")]
    Broken {
        /// The address.
        address: String,
        /// How.
        #[source]
        source: io::Error,
    },
}
