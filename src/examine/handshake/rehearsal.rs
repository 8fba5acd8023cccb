//! Both ends in this process: would these files of a server and those of a client work together?

use std::sync::Arc;

use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::ServerName;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{
    ClientConfig, ClientConnection, Connection, Error, ServerConfig, ServerConnection, SupportedProtocolVersion,
};
use serde::Serialize;

use super::cause::{Cause, Side};
use super::own::Own;
use super::server::name_of;
use super::verifier::{Moment, Watched, of_clients, of_servers};
use crate::examine::diagnosis::{Case, Files, Known, Revocation, diagnose};
use crate::examine::remote::{Identity, RemoteError, alert_name, certified, iana_name};
use crate::examine::verify::{Check, Question, verify};
use crate::words::clock::Now;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::revocation::RevocationList;
use crate::words::x509::usage::Purpose;

/// One end: what it presents and whom it trusts.
#[derive(Debug, Clone)]
pub struct End<'a> {
    /// What it presents, ready to be used.
    pub identity: Option<Identity>,
    /// The same, to be read.
    pub own: Option<Own<'a>>,
    /// Whom it trusts.
    pub trust: &'a [Certificate],
    /// What its files are called, and those of the other that it trusts.
    pub files: Files<'a>,
}

/// The files of both ends.
#[derive(Debug, Clone)]
pub struct Rehearsal<'a> {
    /// The server.
    pub server: End<'a>,
    /// The client.
    pub client: End<'a>,
    /// The name that the client asks for and looks for.
    pub server_name: &'a str,
    /// Revocation lists that both have.
    pub crls: &'a [RevocationList],
    /// Certificates that are at hand, where a missing one may be.
    pub known: &'a [Known<'a>],
}

/// What came of it.
#[derive(Debug, Serialize)]
pub struct RehearsalReport {
    /// Whether both sides accept each other.
    pub accepted: bool,
    /// That in one sentence.
    pub headline: String,
    /// The name that the client looked for.
    pub server_name: String,
    /// What the client finds of the server.
    pub client_checks: Vec<Check>,
    /// What the server finds of the client.
    pub server_checks: Vec<Check>,
    /// A handshake by each version.
    pub rounds: Vec<Round>,
    /// What is wrong or remarkable.
    pub causes: Vec<Cause>,
}

/// One handshake.
#[derive(Debug, Serialize)]
pub struct Round {
    /// `TLS 1.3` or `TLS 1.2`.
    pub protocol: &'static str,
    /// Whether it was done.
    pub accepted: bool,
    /// The cipher suite.
    pub cipher_suite: Option<String>,
    /// What the client's rustls says of the server; none where it accepts.
    pub client_says: Option<String>,
    /// What the server's rustls says of the client; none where it accepts.
    pub server_says: Option<String>,
    /// How it ended, in words.
    pub words: String,
}

const VERSIONS: [(&str, &SupportedProtocolVersion); 2] =
    [("TLS 1.3", &rustls::version::TLS13), ("TLS 1.2", &rustls::version::TLS12)];

/// Puts them to each other.
///
/// # Errors
/// Where a key cannot be used at all, or the name is none.
pub fn rehearse(rehearsal: &Rehearsal<'_>, now: Now) -> Result<RehearsalReport, RemoteError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let rounds = VERSIONS.iter().map(|(protocol, version)| round(rehearsal, protocol, version, &provider, now));
    let rounds = rounds.collect::<Result<Vec<_>, _>>()?;
    let mut causes = found(rehearsal, Purpose::Server, now);
    causes.extend(found(rehearsal, Purpose::Client, now));
    for (side, says) in [
        (Side::Server, said(&rounds, |round| &round.client_says)),
        (Side::Client, said(&rounds, |round| &round.server_says)),
    ] {
        agree(&mut causes, side, says.as_deref());
    }
    if rehearsal.client.own.is_none() {
        let sentence = "the server demands a client certificate, and the client has none";
        causes.push(
            Cause::error("handshake.certificate_demanded", Side::Client, sentence)
                .fix("mtls-ca issue NAME --profile client"),
        );
    }
    causes.sort_by_key(|cause| std::cmp::Reverse(cause.severity));
    if causes.iter().all(|cause| !cause.is_error())
        && let Some(bad) = rounds.iter().find(|round| !round.accepted)
    {
        let sentence = format!("by {} {}", bad.protocol, bad.words);
        causes.insert(0, Cause::error("handshake.failed", Side::Connection, sentence));
    }
    let accepted = !causes.iter().any(Cause::is_error);
    Ok(RehearsalReport {
        accepted,
        headline: headline(&causes),
        server_name: rehearsal.server_name.to_owned(),
        client_checks: checks(rehearsal, Purpose::Server, now),
        server_checks: checks(rehearsal, Purpose::Client, now),
        rounds,
        causes,
    })
}

fn headline(causes: &[Cause]) -> String {
    match causes.iter().find(|cause| cause.is_error()) {
        None => "accepted: each side takes the other, by TLS 1.3 and TLS 1.2".to_owned(),
        Some(cause) => {
            let who = match cause.side {
                Side::Server => "the client refuses the server: ",
                Side::Client => "the server refuses the client: ",
                Side::Connection => "",
            };
            format!("NOT accepted: {who}{}", cause.sentence)
        }
    }
}

fn said(rounds: &[Round], of: fn(&Round) -> &Option<String>) -> Option<String> {
    rounds.iter().find_map(|round| of(round).clone())
}

/// rustls and our own rules need not agree; the reader hears both.
fn agree(causes: &mut Vec<Cause>, side: Side, says: Option<&str>) {
    let first = causes.iter_mut().find(|cause| cause.side == side && cause.is_error());
    match (first, says) {
        (Some(cause), Some(says)) => cause.evidence.push(format!("rustls says: {says}")),
        (Some(cause), None) => {
            cause.evidence.push("rustls takes it all the same; OpenSSL, Go and others do not".to_owned());
        }
        (None, Some(says)) => {
            let sentence = format!("rustls refuses: {says}");
            causes.push(
                Cause::error("handshake.rustls_refuses", side, sentence)
                    .proof("by RFC 5280 nothing is wrong; programs with rustls refuse all the same"),
            );
        }
        (None, None) => {}
    }
}

/// The case of the side in this role, before the eyes of the other.
fn case<'a>(rehearsal: &'a Rehearsal<'a>, role: Purpose) -> Option<Case<'a>> {
    let (end, other) = match role {
        Purpose::Server => (&rehearsal.server, &rehearsal.client),
        _ => (&rehearsal.client, &rehearsal.server),
    };
    let own = end.own.as_ref()?;
    Some(Case {
        key: Some(own.key),
        crls: rehearsal.crls,
        revocation: if rehearsal.crls.is_empty() { Revocation::Ignored } else { Revocation::OfAll },
        known: rehearsal.known,
        files: end.files,
        ..Case::new(own.chain, role, other.trust)
    })
}

fn found(rehearsal: &Rehearsal<'_>, role: Purpose, now: Now) -> Vec<Cause> {
    let side = if role == Purpose::Server { Side::Server } else { Side::Client };
    let name = name_of(rehearsal.server_name);
    let known = at_hand(rehearsal, role);
    let Some(mut case) = case(rehearsal, role) else { return Vec::new() };
    case.known = &known;
    if role == Purpose::Server {
        case.name = name.as_ref();
    }
    diagnose(&case, now).into_iter().map(|diagnosis| Cause::of(side, diagnosis)).collect()
}

/// What the side in this role does not present, the other side's file may have.
fn at_hand<'a>(rehearsal: &'a Rehearsal<'a>, role: Purpose) -> Vec<Known<'a>> {
    let other = if role == Purpose::Server { &rehearsal.client } else { &rehearsal.server };
    let place = other.files.presented.unwrap_or("CERT");
    let theirs = other.own.iter().flat_map(|own| own.chain).map(|certificate| Known { certificate, place });
    rehearsal.known.iter().copied().chain(theirs).collect()
}

/// The checks that a reader looks for: trust, dates, role, name, revocation.
fn checks(rehearsal: &Rehearsal<'_>, role: Purpose, now: Now) -> Vec<Check> {
    let (end, other) = match role {
        Purpose::Server => (&rehearsal.server, &rehearsal.client),
        _ => (&rehearsal.client, &rehearsal.server),
    };
    let Some(own) = &end.own else { return Vec::new() };
    let names = if role == Purpose::Server { name_of(rehearsal.server_name).into_iter().collect() } else { Vec::new() };
    let question = Question { names, crls: rehearsal.crls, ..Question::new(own.chain, other.trust, role, now) };
    verify(&question).checks().to_vec()
}

/// First as each side would judge if the other let it, then for real.
fn round(
    rehearsal: &Rehearsal<'_>,
    protocol: &'static str,
    version: &'static SupportedProtocolVersion,
    provider: &Arc<CryptoProvider>,
    now: Now,
) -> Result<Round, RemoteError> {
    let asked = play(rehearsal, version, provider, now, true)?;
    let real = play(rehearsal, version, provider, now, false)?;
    Ok(Round {
        protocol,
        accepted: real.ended.is_ok(),
        cipher_suite: real.cipher_suite,
        client_says: asked.client_says,
        server_says: asked.server_says,
        words: real.ended.map_or_else(|words| words, |()| "both sides accept".to_owned()),
    })
}

struct Played {
    cipher_suite: Option<String>,
    client_says: Option<String>,
    server_says: Option<String>,
    ended: Result<(), String>,
}

fn play(
    rehearsal: &Rehearsal<'_>,
    version: &'static SupportedProtocolVersion,
    provider: &Arc<CryptoProvider>,
    now: Now,
    is_lenient: bool,
) -> Result<Played, RemoteError> {
    let unusable = |reason: String| RemoteError::Identity(reason);
    let failed = |error: Error| RemoteError::Identity(error.to_string());
    let of_clients = of_clients(rehearsal.server.trust, rehearsal.crls, provider).map_err(unusable)?;
    let of_servers = of_servers(rehearsal.client.trust, rehearsal.crls, provider).map_err(unusable)?;
    let of_clients = Arc::new(Watched::new(of_clients, is_lenient));
    let of_servers = Arc::new(Watched::new(of_servers, is_lenient));
    let (for_server, for_client) = (Arc::clone(&of_clients), Arc::clone(&of_servers));

    let identity = rehearsal.server.identity.as_ref();
    let identity = identity.ok_or_else(|| RemoteError::Identity("the server has no certificate".to_owned()))?;
    let server = ServerConfig::builder_with_details(Arc::clone(provider), Arc::new(Moment(now)))
        .with_protocol_versions(&[version])
        .map_err(failed)?
        .with_client_cert_verifier(for_server)
        .with_cert_resolver(Arc::new(Always(certified(identity, provider)?)));
    let client = ClientConfig::builder_with_details(Arc::clone(provider), Arc::new(Moment(now)))
        .with_protocol_versions(&[version])
        .map_err(failed)?
        .dangerous()
        .with_custom_certificate_verifier(for_client);
    let client = match &rehearsal.client.identity {
        Some(identity) => client.with_client_cert_resolver(Arc::new(Always(certified(identity, provider)?))),
        None => client.with_no_client_auth(),
    };
    let name = ServerName::try_from(rehearsal.server_name.to_owned())
        .map_err(|_| RemoteError::ServerName(rehearsal.server_name.chars().take(120).collect()))?;
    let mut server = Connection::from(ServerConnection::new(Arc::new(server)).map_err(failed)?);
    let mut client = Connection::from(ClientConnection::new(Arc::new(client), name).map_err(failed)?);
    let ended = shake(&mut client, &mut server);
    Ok(Played {
        cipher_suite: client.negotiated_cipher_suite().and_then(|suite| iana_name(suite.suite())),
        client_says: of_servers.seen().objection().map(str::to_owned),
        server_says: of_clients.seen().objection().map(str::to_owned),
        ended,
    })
}

/// Carries what each says to the other until neither has anything to say.
fn shake(client: &mut Connection, server: &mut Connection) -> Result<(), String> {
    // A handshake is a handful of flights; whoever goes on after so many is broken.
    for _ in 0..20 {
        let said = carry(client, server).map_err(|error| blame("server", "client", &error, server, client))?;
        let answered = carry(server, client).map_err(|error| blame("client", "server", &error, client, server))?;
        if !said && !answered {
            break;
        }
    }
    match client.is_handshaking() || server.is_handshaking() {
        false => Ok(()),
        true => Err("the handshake does not end".to_owned()),
    }
}

fn carry(from: &mut Connection, to: &mut Connection) -> Result<bool, Error> {
    let mut words = Vec::new();
    while from.wants_write() {
        if from.write_tls(&mut words).is_err() {
            break;
        }
    }
    let mut unread = words.as_slice();
    while !unread.is_empty() {
        match to.read_tls(&mut unread) {
            Ok(0) | Err(_) => break,
            Ok(_) => {
                to.process_new_packets()?;
            }
        }
    }
    Ok(!words.is_empty())
}

/// Who refused whom, and the alert that the other got.
fn blame(who: &str, whom: &str, error: &Error, refusing: &mut Connection, refused: &mut Connection) -> String {
    if let Error::AlertReceived(alert) = error {
        return format!("the {whom} refuses with the alert `{}`", alert_name(*alert));
    }
    match carry(refusing, refused) {
        Err(Error::AlertReceived(alert)) => {
            format!("the {who} refuses the {whom} with the alert `{}`", alert_name(alert))
        }
        _ => format!("the {who} refuses the {whom}: {error}"),
    }
}

/// The same certificate for whoever asks.
#[derive(Debug)]
pub(super) struct Always(pub(super) Arc<CertifiedKey>);

impl ResolvesServerCert for Always {
    fn resolve(&self, _client_hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

impl rustls::client::ResolvesClientCert for Always {
    fn resolve(&self, _issuers: &[&[u8]], _schemes: &[rustls::SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }

    fn has_certs(&self) -> bool {
        true
    }
}
