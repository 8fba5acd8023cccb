//! PostgreSQL's frontend/backend protocol, as far as a handshake needs it (PostgreSQL 17
//! documentation, section 54.2.10 "SSL Session Encryption" and 54.7 "Message Formats").

use super::{Answered, Clear};

/// `SSLRequest`: its length and the number 80877103.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];
/// `Terminate`.
pub const TERMINATE: [u8; 5] = [b'X', 0, 0, 0, 4];

pub fn begin(clear: &mut Clear<'_>) -> Result<(), String> {
    clear.say(&SSL_REQUEST)?;
    match clear.hear(1)?.first() {
        Some(b'S') => Ok(()),
        Some(b'N') => Err("TLS is off there: it answers `N` (`ssl = on` in postgresql.conf turns it on)".to_owned()),
        _ => Err("it is no PostgreSQL server".to_owned()),
    }
}

/// `StartupMessage` of protocol 3.0 for this account and the database of everybody's.
pub fn startup(account: &str) -> Vec<u8> {
    let mut body = vec![0, 3, 0, 0];
    for word in ["user", account, "database", "postgres"] {
        body.extend(word.bytes().filter(|octet| *octet != 0));
        body.push(0);
    }
    body.push(0);
    let length = u32::try_from(body.len() + 4).unwrap_or(u32::MAX);
    [length.to_be_bytes().to_vec(), body].concat()
}

/// `ErrorResponse` has its words in the field `M`, and may stand behind an answer to the certificate
/// that is well; anything else means that the talk goes on.
pub fn read(answer: &[u8]) -> Option<Answered> {
    let said = |text: &str, refused| Some(Answered { text: text.to_owned(), refused });
    let messages = messages(answer);
    if let Some((_, body)) = messages.iter().find(|(kind, _)| *kind == b'E') {
        let field = |wanted: u8| {
            let found = body.split(|octet| *octet == 0).find(|field| field.first() == Some(&wanted))?;
            Some(String::from_utf8_lossy(found.get(1..)?).into_owned())
        };
        let (severity, message) = (field(b'S').unwrap_or_default(), field(b'M').unwrap_or_default());
        return said(&format!("{severity}: {message}"), true);
    }
    match messages.first()? {
        (b'R', [0, 0, 0, 0, ..]) => said("the account was let in", false),
        (b'R', _) => said("it asks for a password", false),
        (b'v', _) => said("it speaks another version of its protocol", false),
        _ => None,
    }
}

/// Each message by its kind: an octet, four of the length of itself and what follows, and that. The last
/// may be cut.
fn messages(mut octets: &[u8]) -> Vec<(u8, &[u8])> {
    let mut found = Vec::new();
    while let [kind, a, b, c, d, rest @ ..] = octets {
        let length = usize::try_from(u32::from_be_bytes([*a, *b, *c, *d])).unwrap_or(usize::MAX).saturating_sub(4);
        let (body, after) = rest.split_at(length.min(rest.len()));
        found.push((*kind, body));
        octets = after;
    }
    found
}
