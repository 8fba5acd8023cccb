//! Protocols that begin in clear and turn to TLS when asked: what is said before the handshake, and
//! what may be said behind it so that the server answers.

mod clear;
mod ldap;
mod mysql;
mod postgres;
mod smtp;

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

pub(super) use clear::Clear;

/// A protocol that begins in clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartTls {
    /// PostgreSQL's `SSLRequest`.
    Postgres,
    /// MySQL's and MariaDB's `SSLRequest` behind the server's greeting.
    Mysql,
    /// LDAP's `StartTLS` (RFC 4511 section 4.14).
    Ldap,
    /// SMTP's `STARTTLS` (RFC 3207).
    Smtp,
}

const WORDS: [(StartTls, &str); 4] =
    [(StartTls::Postgres, "postgres"), (StartTls::Mysql, "mysql"), (StartTls::Ldap, "ldap"), (StartTls::Smtp, "smtp")];

/// A word that names no such protocol.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is none of `postgres`, `mysql`, `ldap`, `smtp`")]
pub struct NotAStartTls(pub String);

/// What a server said behind the handshake, as far as this protocol tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answered {
    /// What it said to people.
    pub(super) text: String,
    /// Whether it refused whoever spoke.
    pub(super) refused: bool,
}

impl StartTls {
    /// The word.
    #[must_use]
    pub fn word(self) -> &'static str {
        WORDS.iter().find(|(protocol, _)| *protocol == self).map_or("", |(_, word)| word)
    }

    /// Speaks in clear until the handshake may begin; says what the server answered otherwise.
    pub(super) fn begin(self, clear: &mut Clear<'_>) -> Result<(), String> {
        match self {
            Self::Postgres => postgres::begin(clear),
            Self::Mysql => mysql::begin(clear),
            Self::Ldap => ldap::begin(clear),
            Self::Smtp => smtp::begin(clear),
        }
    }

    /// The first words within TLS, of which the server has to say something. Where the protocol
    /// begins with an account, it is this one, without a password.
    pub(super) fn first_words(self, account: &str) -> Vec<u8> {
        match self {
            Self::Postgres => postgres::startup(account),
            Self::Mysql => mysql::login(account),
            Self::Ldap => ldap::who_am_i(),
            Self::Smtp => smtp::HELLO.to_vec(),
        }
    }

    /// The last words, which take leave.
    pub(super) fn last_words(self) -> Vec<u8> {
        match self {
            Self::Postgres => postgres::TERMINATE.to_vec(),
            Self::Mysql => mysql::QUIT.to_vec(),
            Self::Ldap => ldap::UNBIND.to_vec(),
            Self::Smtp => b"QUIT\r\n".to_vec(),
        }
    }

    /// What the server's answer to the first words says.
    pub(super) fn read(self, answer: &[u8]) -> Option<Answered> {
        match self {
            Self::Postgres => postgres::read(answer),
            Self::Mysql => mysql::read(answer),
            Self::Ldap => ldap::read(answer),
            Self::Smtp => smtp::read(answer),
        }
    }
}

impl FromStr for StartTls {
    type Err = NotAStartTls;

    fn from_str(text: &str) -> Result<Self, NotAStartTls> {
        let found = WORDS.iter().find(|(_, word)| *word == text);
        found.map(|(protocol, _)| *protocol).ok_or_else(|| NotAStartTls(text.chars().take(40).collect()))
    }
}

impl fmt::Display for StartTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl serde::Serialize for StartTls {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::time::Duration;

    use super::super::deadline::Deadline;
    use super::*;

    /// What the protocol says of a server that answers so.
    fn begin(protocol: StartTls, answers: Vec<Vec<u8>>) -> Result<(), String> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut heard = [0; 512];
            for (turn, answer) in answers.iter().enumerate() {
                if turn > 0 || matches!(protocol, StartTls::Postgres | StartTls::Ldap) {
                    let _ = stream.read(&mut heard);
                }
                let _ = stream.write_all(answer);
            }
        });
        let mut stream = TcpStream::connect(address).unwrap();
        let result = protocol.begin(&mut Clear::new(&mut stream, Deadline::after(Duration::from_millis(400))));
        drop(stream);
        server.join().unwrap();
        result
    }

    #[test]
    fn refusals_of_each_protocol_are_told_in_its_words() {
        let cases: [(StartTls, &[&[u8]], &str); 9] = [
            (StartTls::Postgres, &[b"N"], "TLS is off there: it answers `N`"),
            (StartTls::Postgres, &[b"HTTP/1.1 400 Bad Request\r\n"], "is no PostgreSQL server"),
            (StartTls::Mysql, &[b"\x16\x00\x00\x00\xff\x69\x04Host is not allowed"], "Host is not allowed"),
            (StartTls::Mysql, &[b"220 mail ready\r\n"], "is no MySQL"),
            (StartTls::Ldap, &[b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x02\x04\x00\x04\x00"], "result 2"),
            (StartTls::Ldap, &[b"HTTP/1.1 400 Bad Request\r\n\r\n"], "is no LDAP server"),
            (StartTls::Smtp, &[b"220 mail\r\n", b"250 mail\r\n"], "does not offer STARTTLS"),
            (StartTls::Smtp, &[b"554 go away\r\n"], "554 go away"),
            (StartTls::Smtp, &[b"\x16\x03\x01"], "closed"),
        ];
        for (protocol, answers, said) in cases {
            let answers = answers.iter().map(|answer| answer.to_vec()).collect();
            let found = begin(protocol, answers).unwrap_err();
            assert!(found.contains(said), "{protocol}: {found}");
        }
    }

    #[test]
    fn a_server_that_is_ready_is_left_at_its_first_octet_of_tls() {
        let capable = b"\x2a\x00\x00\x00\x0a10.11.6-MariaDB\0\x01\0\0\0abcdefgh\0\xfe\xff\x2d\x02\0\xff\x81\x15\0\0\0";
        let mut greeting = capable.to_vec();
        greeting[0] = u8::try_from(greeting.len() - 4).unwrap();
        let cases: [(StartTls, Vec<Vec<u8>>); 4] = [
            (StartTls::Postgres, vec![b"S".to_vec()]),
            (StartTls::Mysql, vec![greeting]),
            (StartTls::Ldap, vec![b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00".to_vec()]),
            (
                StartTls::Smtp,
                vec![
                    b"220-mail\r\n220 ready\r\n".to_vec(),
                    b"250-mail\r\n250-PIPELINING\r\n250 starttls\r\n".to_vec(),
                    b"220 go ahead\r\n".to_vec(),
                ],
            ),
        ];
        for (protocol, answers) in cases {
            assert_eq!(begin(protocol, answers), Ok(()), "{protocol}");
        }
    }

    #[test]
    fn silence_ends_with_the_deadline() {
        for (protocol, _) in WORDS {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let mut stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let deadline = Deadline::after(Duration::from_millis(50));
            let said = protocol.begin(&mut Clear::new(&mut stream, deadline)).unwrap_err();
            assert!(said.contains("said nothing in time"), "{protocol}: {said}");
        }
    }

    #[test]
    fn words_are_read_back() {
        for (protocol, word) in WORDS {
            assert_eq!(word.parse(), Ok(protocol));
            assert_eq!(protocol.to_string(), word);
        }
        assert!("imap".parse::<StartTls>().is_err());
    }
}
