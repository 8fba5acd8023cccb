//! One client that came to us: what it presented, and why it was refused or went away.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::crypto::aws_lc_rs;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{Error, ServerConfig, ServerConnection};
use serde::Serialize;

use super::cause::{Cause, Side};
use super::post::Post;
use super::server::name_of;
use super::verifier::{Moment, Watched, incompatible, of_clients};
use crate::encoding::certificate;
use crate::examine::diagnosis::{Case, Files, Known, Revocation, diagnose};
use crate::examine::remote::deadline::Deadline;
use crate::examine::remote::{Logged, Step, alert_name, certified, iana_name, protocol_name, step};
use crate::words::clock::{Now, Time};
use crate::words::x509::certificate::Certificate;
use crate::words::x509::name::Name;
use crate::words::x509::usage::Purpose;

/// How long a client that was let in has to say something.
const PATIENCE: Duration = Duration::from_millis(500);
/// How much of a request is looked at.
const MOST: usize = 4_096;

/// What came of one connection.
#[derive(Debug, Clone, Serialize)]
pub struct Visit {
    /// When it came.
    pub at: Time,
    /// From where.
    pub from: String,
    /// Whether it was let in, and took us.
    pub accepted: bool,
    /// That in one sentence.
    pub headline: String,
    /// `TLS 1.3` or `TLS 1.2`, where that was agreed upon.
    pub protocol: Option<&'static str>,
    /// The cipher suite.
    pub cipher_suite: Option<String>,
    /// The name that it asked for (SNI).
    pub server_name: Option<String>,
    /// The protocols that it offers (ALPN).
    pub alpn: Vec<String>,
    /// What it presented, leaf first.
    pub presented: Vec<Presented>,
    /// The first line of what it said within TLS.
    pub request: Option<String>,
    /// What is wrong or remarkable.
    pub causes: Vec<Cause>,
}

/// A certificate as it was presented.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Presented {
    /// Whom it is about.
    pub subject: Name,
    /// Who signed it.
    pub issuer: Name,
    /// Its number.
    pub serial: String,
    /// From when it holds.
    pub not_before: Time,
    /// To when it holds.
    pub not_after: Time,
    /// Its names.
    pub names: Vec<String>,
}

impl Presented {
    fn of(certificate: &Certificate) -> Self {
        Self {
            subject: certificate.subject().clone(),
            issuer: certificate.issuer().clone(),
            serial: certificate.serial().to_string(),
            not_before: certificate.validity().not_before,
            not_after: certificate.validity().not_after,
            names: certificate.extensions().subject_alt_names().iter().map(ToString::to_string).collect(),
        }
    }
}

/// What a client said in its first message.
#[derive(Debug, Default)]
struct Hello {
    server_name: Option<String>,
    alpn: Vec<String>,
}

/// Presents our certificate, and notes what was asked.
#[derive(Debug)]
struct Asked {
    key: Arc<CertifiedKey>,
    hello: Mutex<Hello>,
}

impl ResolvesServerCert for Asked {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let mut noted = self.hello.lock().unwrap_or_else(PoisonError::into_inner);
        noted.server_name = hello.server_name().map(str::to_owned);
        let alpn = hello.alpn().into_iter().flatten().take(16);
        noted.alpn = alpn.map(|name| String::from_utf8_lossy(name).into_owned()).collect();
        Some(Arc::clone(&self.key))
    }
}

/// How a connection ended.
enum End {
    LetIn(Option<String>),
    /// The client refused us with this alert.
    TheyRefused(String),
    /// We refused.
    WeRefused(Error),
    Closed {
        is_done: bool,
    },
    TimedOut,
    NotTls(String),
}

/// Hears one client to its end.
pub(super) fn receive(post: &Post<'_>, mut stream: TcpStream, from: SocketAddr, now: Now) -> Visit {
    let mut visit = Visit {
        at: now.time(),
        from: from.to_string(),
        accepted: false,
        headline: String::new(),
        protocol: None,
        cipher_suite: None,
        server_name: None,
        alpn: Vec::new(),
        presented: Vec::new(),
        request: None,
        causes: Vec::new(),
    };
    let deadline = Deadline::after(post.timeout);
    if let Err(reason) = hear(post, &mut stream, now, deadline, &mut visit) {
        visit.causes.push(Cause::error("handshake.failed", Side::Server, reason));
    }
    visit.causes.sort_by_key(|cause| std::cmp::Reverse(cause.severity));
    visit.headline = match visit.causes.iter().find(|cause| cause.is_error()) {
        Some(cause) => format!("refused: {}", cause.sentence),
        None => match visit.presented.first() {
            Some(leaf) => format!("accepted: `{}`", leaf.subject.rfc4514()),
            None => "accepted".to_owned(),
        },
    };
    visit
}

fn hear(
    post: &Post<'_>,
    stream: &mut TcpStream,
    now: Now,
    deadline: Deadline,
    visit: &mut Visit,
) -> Result<(), String> {
    stream.set_nonblocking(false).map_err(|error| error.to_string())?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = of_clients(post.trust, post.crls, &provider)?;
    let verifier = Arc::new(Watched::new(verifier, false));
    let watching = Arc::clone(&verifier);
    let key = certified(&post.identity, &provider).map_err(|error| error.to_string())?;
    let asked = Arc::new(Asked { key, hello: Mutex::default() });
    let resolver = Arc::clone(&asked);
    let mut config = ServerConfig::builder_with_details(provider, Arc::new(Moment(now)))
        .with_protocol_versions(rustls::ALL_VERSIONS)
        .map_err(|error| error.to_string())?
        .with_client_cert_verifier(watching)
        .with_cert_resolver(resolver);
    // Every client is to present its certificate: no sessions are taken up again.
    config.send_tls13_tickets = 0;
    config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
    if let Some(log) = &post.key_log {
        config.key_log = Arc::new(Logged(log.clone()));
    }
    let mut tls = ServerConnection::new(Arc::new(config)).map_err(|error| error.to_string())?;
    let end = talk(&mut tls, stream, deadline);
    visit.protocol = tls.protocol_version().and_then(protocol_name);
    visit.cipher_suite = tls.negotiated_cipher_suite().and_then(|suite| iana_name(suite.suite()));
    {
        let hello = asked.hello.lock().unwrap_or_else(PoisonError::into_inner);
        visit.server_name = hello.server_name.clone();
        visit.alpn = hello.alpn.clone();
    }
    let chain: Vec<Certificate> = verifier.seen().chain.iter().filter_map(|der| certificate::read(der).ok()).collect();
    visit.presented = chain.iter().map(Presented::of).collect();
    explain(post, end, &chain, now, visit);
    Ok(())
}

fn talk(tls: &mut ServerConnection, stream: &mut TcpStream, deadline: Deadline) -> End {
    let mut first = [0; 64];
    let left = Some(deadline.left().max(Duration::from_millis(1)));
    match stream.set_read_timeout(left).and_then(|()| stream.peek(&mut first)) {
        Ok(0) => return End::Closed { is_done: false },
        // RFC 8446 section 5.1: a record of the type handshake.
        Ok(count) if first.first() != Some(&0x16) => {
            let line = String::from_utf8_lossy(first.get(..count).unwrap_or_default()).into_owned();
            // What is left unread would make the answer a reset.
            let _ = stream.read(&mut [0; MOST]);
            // Whoever speaks HTTP is told in HTTP.
            let _ = stream.write_all(b"HTTP/1.0 400 Bad Request\r\n\r\nthis port speaks TLS\n");
            return End::NotTls(line.lines().next().unwrap_or_default().chars().filter(|c| !c.is_control()).collect());
        }
        Ok(_) => {}
        Err(_) => return End::TimedOut,
    }
    while tls.is_handshaking() {
        match step(tls, stream, deadline) {
            Step::Progress => {}
            Step::Refused(alert) => return End::TheyRefused(alert_name(alert)),
            Step::Closed | Step::Broken(_) => return End::Closed { is_done: false },
            Step::TimedOut => return End::TimedOut,
            Step::Failed(error) => return End::WeRefused(error),
        }
    }
    let mut request = Vec::new();
    let patient_until = deadline.min(Deadline::after(PATIENCE));
    let end = loop {
        let came = step(tls, stream, patient_until);
        let mut buffer = [0; MOST];
        while let Ok(count @ 1..) = tls.reader().read(&mut buffer) {
            request.extend(buffer.iter().take(count));
            if request.len() >= MOST {
                break;
            }
        }
        let line = || {
            let text = String::from_utf8_lossy(&request);
            text.lines().next().map(|line| line.chars().filter(|c| !c.is_control()).take(200).collect::<String>())
        };
        let is_whole = request.windows(4).any(|four| four == b"\r\n\r\n") || request.len() >= MOST;
        match came {
            Step::Progress if !is_whole => {}
            Step::Progress | Step::TimedOut => break End::LetIn(line()),
            Step::Refused(alert) => return End::TheyRefused(alert_name(alert)),
            Step::Closed | Step::Broken(_) if request.is_empty() => return End::Closed { is_done: true },
            Step::Closed | Step::Broken(_) => break End::LetIn(line()),
            Step::Failed(error) => return End::WeRefused(error),
        }
    };
    let answer = b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nServer: mtls-ca\r\n\r\naccepted\n";
    // The client may be gone; what it presented is known.
    let _ = tls.writer().write_all(answer);
    tls.send_close_notify();
    while tls.wants_write() {
        if tls.write_tls(stream).is_err() {
            break;
        }
    }
    end
}

fn explain(post: &Post<'_>, end: End, chain: &[Certificate], now: Now, visit: &mut Visit) {
    let crls = post.crls;
    let revocation = if crls.is_empty() { Revocation::Ignored } else { Revocation::OfAll };
    // What the client does not present, our own file may have.
    let place = post.files.presented.unwrap_or("CERT");
    let ours = post.own.chain.iter().map(|certificate| Known { certificate, place });
    let known: Vec<Known<'_>> = post.known.iter().copied().chain(ours).collect();
    let theirs = || {
        let files = Files { presented: None, key: None, ..post.files };
        let case = Case { crls, revocation, known: &known, files, ..Case::new(chain, Purpose::Client, post.trust) };
        diagnose(&case, now).into_iter().map(|diagnosis| Cause::of(Side::Client, diagnosis))
    };
    match end {
        End::LetIn(request) => {
            visit.accepted = true;
            visit.request = request;
            let softened = theirs().map(|cause| match cause.is_error() {
                true => Cause { severity: crate::Severity::Warning, ..cause }.proof("rustls takes it all the same"),
                false => cause,
            });
            visit.causes.extend(softened);
        }
        End::TheyRefused(alert) => {
            visit.causes.extend(refused_by_client(post, &alert, now, visit.server_name.as_deref()))
        }
        End::WeRefused(Error::NoCertificatesPresented) => {
            visit.causes.push(
                Cause::error("handshake.certificate_demanded", Side::Client, "the client presented no certificate")
                    .proof("a certificate was demanded of it, and it sent an empty list")
                    .fix("# in the client: give it a certificate and its key (curl --cert FILE --key FILE)")
                    .fix(
                        "# where its certificate is not of a CA that is asked for, it sends none: mtls-ca inspect CERT",
                    ),
            );
            // A client that looks for another name sends nothing either, curl for one.
            let ours = own_faults(post, now, visit.server_name.as_deref());
            visit.causes.extend(ours.into_iter().filter(Cause::is_error));
        }
        End::WeRefused(error) => {
            let found: Vec<Cause> = if chain.is_empty() { Vec::new() } else { theirs().collect() };
            let explained = found.iter().any(Cause::is_error);
            let mut found = found;
            if let Some(first) = found.iter_mut().find(|cause| cause.is_error()) {
                first.evidence.push(format!("rustls says: {error}"));
            }
            visit.causes.extend(found);
            if !explained {
                let (code, side) = match &error {
                    Error::PeerIncompatible(_) => ("handshake.tls_version", Side::Connection),
                    Error::InvalidMessage(_) | Error::PeerMisbehaved(_) => ("handshake.not_tls", Side::Connection),
                    _ => ("handshake.rustls_refuses", Side::Client),
                };
                let told = Cause::error(code, side, incompatible(&error));
                visit.causes.push(told.proof(format!("rustls says: {error}")));
            }
        }
        End::Closed { is_done } => {
            visit.causes.extend(own_faults(post, now, visit.server_name.as_deref()));
            visit.causes.push(gone(is_done));
        }
        End::TimedOut => visit.causes.push(Cause::error(
            "handshake.timeout",
            Side::Connection,
            "the client connected, and said nothing more in time",
        )),
        End::NotTls(line) => visit.causes.push(
            Cause::error("handshake.plain_http", Side::Client, "the client speaks in clear, and this port speaks TLS")
                .proof(format!("it says `{line}`"))
                .fix("# in the client: https:// in place of http://"),
        ),
    }
}

fn gone(is_done: bool) -> Cause {
    match is_done {
        false => {
            Cause::error("handshake.closed", Side::Client, "the client went away during the handshake, without a word")
                .proof("some programs say nothing when they refuse a server: look into the client's own log")
        }
        true => Cause::warning("handshake.closed", Side::Client, "the client went away when the handshake was done")
            .proof("Node and others look at the server's certificate only then, and close where they refuse it"),
    }
}

/// What is wrong with our own certificate, in the eyes of a client that looks for this name.
fn own_faults(post: &Post<'_>, now: Now, asked: Option<&str>) -> Vec<Cause> {
    let name = asked.and_then(name_of);
    let case = Case {
        key: Some(post.own.key),
        name: name.as_ref(),
        files: post.files,
        ..Case::new(post.own.chain, Purpose::Server, post.trust)
    };
    diagnose(&case, now).into_iter().map(|diagnosis| Cause::of(Side::Server, diagnosis)).collect()
}

/// What clients mean by an alert is about our own certificate.
fn refused_by_client(post: &Post<'_>, alert: &str, now: Now, asked: Option<&str>) -> Vec<Cause> {
    let answer = format!("the client ends the handshake with the alert `{alert}`");
    let mut found = own_faults(post, now, asked);
    if let Some(first) = found.iter_mut().find(|cause| cause.is_error()) {
        first.evidence.push(answer);
        return found;
    }
    let meaning = match alert {
        "unknown_ca" => "it does not trust the CA of this server's certificate",
        "bad_certificate" => "it does not find the name that it looks for, or minds something else in it",
        "certificate_expired" => "its clock says that this server's certificate has expired",
        "certificate_unknown" => {
            "it refuses this server's certificate, and does not say why (Java has one word for all)"
        }
        "unsupported_certificate" => "to it this server's certificate is not made for servers",
        "certificate_revoked" => "to it this server's certificate is revoked",
        "decrypt_error" => "the key of this server is not that of its certificate",
        "protocol_version" | "handshake_failure" => "there is no version or cipher suite that both have",
        _ => "it refuses this server",
    };
    found.push(
        Cause::error("handshake.client_refuses", Side::Server, format!("the client refuses this server: {meaning}"))
            .proof(answer)
            .proof(match asked {
                Some(name) => format!("it asked for `{name}`"),
                None => "it asked for no name, so it looks for an address or for none".to_owned(),
            })
            .fix("# in the client: trust the root of this server's CA, and connect by a name that the certificate has"),
    );
    found
}
