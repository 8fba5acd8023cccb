//! What a port speaks that does not answer with TLS: found out by listening, then by asking in the
//! protocols that begin in clear.

use std::time::Duration;

use serde::Serialize;

use super::connection::connect;
use super::deadline::Deadline;
use super::starttls::{Clear, StartTls};
use super::target::Target;

/// How long a server has to greet, and to answer each question.
const PATIENCE: Duration = Duration::from_millis(700);

/// What is spoken in clear on a port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "speaks", rename_all = "snake_case")]
pub enum InClear {
    /// HTTP without TLS.
    Http {
        /// The first line of its answer.
        said: String,
    },
    /// A protocol that turns to TLS when asked.
    StartTls {
        /// Which.
        protocol: StartTls,
    },
    /// It greets in words that we know, and is none of these.
    Other {
        /// Its name.
        name: &'static str,
        /// What it said.
        said: String,
    },
}

/// How servers greet, by the beginning of their first line.
const GREETINGS: &[(&str, &str)] = &[
    ("SSH-", "SSH"),
    ("* OK", "IMAP"),
    ("+OK", "POP3"),
    ("INFO {", "NATS, which turns to TLS behind its greeting"),
    ("-ERR", "Redis in clear"),
    ("-DENIED", "Redis in clear"),
    ("AMQP", "AMQP in clear"),
];

/// What the port speaks, where anything is known of it.
#[must_use]
pub fn in_clear(target: &Target, timeout: Duration) -> Option<InClear> {
    let greeting = ask(target, timeout, b"");
    if let Some(found) = greeted(&greeting) {
        return Some(found);
    }
    // A server that waits for us to begin.
    let answer = ask(target, timeout, b"GET / HTTP/1.0\r\n\r\n");
    if let Some(found) = greeted(&answer) {
        return Some(found);
    }
    [StartTls::Postgres, StartTls::Ldap].into_iter().find_map(|protocol| {
        let deadline = Deadline::after(timeout.min(PATIENCE));
        let (mut stream, _) = connect(target, deadline).ok()?;
        protocol.begin(&mut Clear::new(&mut stream, deadline)).ok()?;
        Some(InClear::StartTls { protocol })
    })
}

/// What comes in answer to these words, the connection being new.
fn ask(target: &Target, timeout: Duration, words: &[u8]) -> Vec<u8> {
    let deadline = Deadline::after(timeout.min(PATIENCE));
    let Ok((mut stream, _)) = connect(target, deadline) else { return Vec::new() };
    let mut clear = Clear::new(&mut stream, deadline);
    match words.is_empty() || clear.say(words).is_ok() {
        true => clear.overhear(if words.is_empty() { PATIENCE / 2 } else { PATIENCE }),
        false => Vec::new(),
    }
}

fn greeted(said: &[u8]) -> Option<InClear> {
    let text = String::from_utf8_lossy(said);
    let line: String = text.lines().next()?.chars().filter(|c| !c.is_control()).take(120).collect();
    let lower = text.trim_start().to_ascii_lowercase();
    if line.starts_with("HTTP/") || lower.starts_with("<!doctype html") || lower.starts_with("<html") {
        return Some(InClear::Http { said: line });
    }
    if line.starts_with("220") {
        return Some(InClear::StartTls { protocol: StartTls::Smtp });
    }
    // A packet of the number 0 whose first octet is the version of the protocol, 10.
    if said.get(3..5) == Some(&[0, 10]) {
        return Some(InClear::StartTls { protocol: StartTls::Mysql });
    }
    let (_, name) = GREETINGS.iter().find(|(beginning, _)| line.starts_with(beginning))?;
    Some(InClear::Other { name, said: line })
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use super::*;

    /// A server that greets with the first, and answers what is said to it with the second.
    fn server(greeting: &'static [u8], answer: &'static [u8]) -> Target {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let target = listener.local_addr().unwrap().to_string().parse().unwrap();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut heard = [0; 256];
                let _ = stream.write_all(greeting);
                if matches!(stream.read(&mut heard), Ok(1..)) {
                    let _ = stream.write_all(answer);
                }
            }
        });
        target
    }

    #[test]
    fn ports_are_known_by_their_words() {
        let postgres = StartTls::Postgres;
        for (greeting, answer, expected) in [
            (&b""[..], &b"HTTP/1.0 200 OK\r\n\r\nhello"[..], Some(InClear::Http { said: "HTTP/1.0 200 OK".into() })),
            (b"", b"S", Some(InClear::StartTls { protocol: postgres })),
            (b"220 mail\r\n", b"", Some(InClear::StartTls { protocol: StartTls::Smtp })),
            (b"\x20\0\0\0\x0a10.11\0", b"", Some(InClear::StartTls { protocol: StartTls::Mysql })),
            (b"SSH-2.0-x\r\n", b"", Some(InClear::Other { name: "SSH", said: "SSH-2.0-x".into() })),
            (b"", b"\xff\xff\xff\xff", None),
        ] {
            assert_eq!(in_clear(&server(greeting, answer), Duration::from_secs(2)), expected);
        }
    }
}
