//! What is said and heard once the handshake is done. With TLS 1.3 the client is done before the
//! server has looked at its certificate, or at its having none (RFC 8446 section 4.4.2.4): a refusal
//! is the first thing that is read afterwards, if anything is.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use rustls::{ClientConnection, ProtocolVersion};

use super::deadline::Deadline;
use super::handshake::{Step, alert_name, step};
use super::reply::{Reply, ReplyKind};
use super::{Options, Outcome, Talk};
use crate::encoding::certificate;

/// How long a server that speaks another protocol than HTTP has to mind the first line of a request.
const FIRST_LINE: Duration = Duration::from_millis(150);
/// How long to wait for the rest of an answer that has begun.
const REST: Duration = Duration::from_millis(300);
/// How much of an answer is read.
const MOST: usize = 16 * 1024;
/// RFC 9113 section 3.4: the preface, and an empty SETTINGS frame.
const HTTP2: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// What came while there was time.
enum Heard {
    Nothing,
    Data(Vec<u8>),
    End(Outcome),
}

/// How the connection stands behind the handshake, and what the server says when it is spoken to.
pub(super) fn after(
    tls: &mut ClientConnection,
    stream: &mut TcpStream,
    options: &Options,
    deadline: Deadline,
) -> (Outcome, Option<Reply>) {
    let is_old = tls.protocol_version() != Some(ProtocolVersion::TLSv1_3);
    let Some(talk) = &options.talk else {
        if is_old {
            return (Outcome::Accepted, None);
        }
        return match hear(tls, stream, deadline.min(Deadline::after(options.patience))) {
            Heard::Nothing | Heard::Data(_) => (Outcome::Accepted, None),
            Heard::End(outcome) => (outcome, None),
        };
    };
    // A refusal comes before anything is said to the server; once it was spoken to, its going away
    // may mean that it did not understand.
    let quiet = if is_old { options.patience / 2 } else { options.patience };
    let first = match hear(tls, stream, deadline.min(Deadline::after(quiet))) {
        Heard::End(outcome) => return (outcome, None),
        Heard::Data(data) => data,
        Heard::Nothing => match speak(tls, stream, talk, options, deadline) {
            Heard::Data(data) => data,
            Heard::Nothing => return (Outcome::Accepted, Some(Reply::none(ReplyKind::Silent))),
            Heard::End(refused @ Outcome::Refused { .. }) => return (refused, None),
            Heard::End(_) => return (Outcome::Accepted, Some(Reply::none(ReplyKind::Closed))),
        },
    };
    let data = rest(tls, stream, first, deadline);
    if let Some(protocol) = options.starttls {
        // It may be gone already.
        let _ = tls.writer().write_all(&protocol.last_words());
    }
    (Outcome::Accepted, Some(Reply::of(&data, options.starttls)))
}

fn speak(
    tls: &mut ClientConnection,
    stream: &mut TcpStream,
    talk: &Talk,
    options: &Options,
    deadline: Deadline,
) -> Heard {
    let patience = options.patience.max(Duration::from_secs(2));
    let say = |tls: &mut ClientConnection, words: &[u8]| tls.writer().write_all(words).is_ok();
    if let Some(protocol) = options.starttls {
        say(tls, &protocol.first_words(&account(options)));
        return hear(tls, stream, deadline.min(Deadline::after(patience)));
    }
    if tls.alpn_protocol() == Some(b"h2") {
        say(tls, HTTP2);
        return hear(tls, stream, deadline.min(Deadline::after(patience)));
    }
    // The first line alone: a server that knows no HTTP, Redis say, answers it with an error; behind
    // a `Host` it would take us for an attacker and say nothing.
    say(tls, format!("GET {} HTTP/1.0\r\n", talk.path).as_bytes());
    match hear(tls, stream, deadline.min(Deadline::after(FIRST_LINE))) {
        Heard::Nothing => {}
        other => return other,
    }
    let host = options.server_name.as_deref().unwrap_or("localhost");
    say(tls, format!("Host: {host}\r\nUser-Agent: mtls-ca\r\nConnection: close\r\n\r\n").as_bytes());
    hear(tls, stream, deadline.min(Deadline::after(patience)))
}

/// The account to name where a protocol begins with one: the CN of the certificate, as PostgreSQL has it.
fn account(options: &Options) -> String {
    let leaf = options.identity.as_ref().and_then(|identity| certificate::read(identity.chain.first()?).ok());
    let cn = leaf.and_then(|leaf| leaf.subject().common_name().map(|cn| cn.to_string()));
    cn.unwrap_or_else(|| "mtls-ca".to_owned())
}

/// The first that comes by the deadline.
fn hear(tls: &mut ClientConnection, stream: &mut TcpStream, until: Deadline) -> Heard {
    loop {
        let end = match step(tls, stream, until) {
            Step::Progress => None,
            Step::TimedOut => Some(Heard::Nothing),
            Step::Refused(alert) => {
                Some(Heard::End(Outcome::Refused { alert: alert_name(alert), after_handshake: true }))
            }
            Step::Closed | Step::Broken(_) => Some(Heard::End(Outcome::Closed { after_handshake: true })),
            Step::Failed(error) => Some(Heard::End(Outcome::Failed { reason: error.to_string() })),
        };
        // What came before the end counts: some say why, and go.
        let data = pending(tls);
        if !data.is_empty() {
            return Heard::Data(data);
        }
        if let Some(end) = end {
            return end;
        }
    }
}

/// What follows the beginning of an answer.
fn rest(tls: &mut ClientConnection, stream: &mut TcpStream, first: Vec<u8>, deadline: Deadline) -> Vec<u8> {
    let mut data = first;
    while data.len() < MOST {
        match step(tls, stream, deadline.min(Deadline::after(REST))) {
            Step::Progress => data.extend(pending(tls)),
            _ => {
                data.extend(pending(tls));
                break;
            }
        }
    }
    data.truncate(MOST);
    data
}

fn pending(tls: &mut ClientConnection) -> Vec<u8> {
    let mut data = Vec::new();
    let mut buffer = [0; 4_096];
    while let Ok(count @ 1..) = tls.reader().read(&mut buffer) {
        data.extend(buffer.iter().take(count));
        if data.len() >= MOST {
            break;
        }
    }
    data
}
