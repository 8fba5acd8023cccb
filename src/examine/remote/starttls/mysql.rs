//! The connection phase of MySQL and MariaDB, as far as a handshake needs it (MySQL source
//! documentation, "Connection Phase Packets").

use super::{Answered, Clear};

const CLIENT_PROTOCOL_41: u32 = 0x0200;
const CLIENT_SSL: u32 = 0x0800;
const CLIENT_SECURE_CONNECTION: u32 = 0x8000;
const CLIENT_PLUGIN_AUTH: u32 = 0x0008_0000;
const CAPABILITIES: u32 = CLIENT_PROTOCOL_41 | CLIENT_SSL | CLIENT_SECURE_CONNECTION | CLIENT_PLUGIN_AUTH;
/// `utf8mb4_general_ci`.
const CHARACTER_SET: u8 = 45;
/// `COM_QUIT`.
pub const QUIT: [u8; 5] = [1, 0, 0, 0, 1];
const LARGEST: usize = 4_096;

pub fn begin(clear: &mut Clear<'_>) -> Result<(), String> {
    let greeting = packet(clear)?;
    match greeting.first() {
        Some(0xff) => return Err(format!("it refuses: {}", error_text(&greeting))),
        Some(10) => {}
        _ => return Err("it is no MySQL or MariaDB server".to_owned()),
    }
    // Version up to its NUL; connection number 4, scramble 8, filler 1; then the lower half of what it can.
    let version = greeting.iter().position(|octet| *octet == 0).unwrap_or(greeting.len());
    let lower = greeting.get(version + 14..version + 16).unwrap_or_default();
    if lower.get(1).is_none_or(|octet| octet & 0x08 == 0) {
        return Err("TLS is off there: its greeting does not offer it (`ssl_cert` and `ssl_key` turn it on)".to_owned());
    }
    clear.say(&framed(1, &preface()))
}

/// `Protocol::SSLRequest`, which is also how the answer to the greeting begins.
fn preface() -> Vec<u8> {
    let mut body = CAPABILITIES.to_le_bytes().to_vec();
    body.extend(0x0100_0000_u32.to_le_bytes());
    body.push(CHARACTER_SET);
    body.extend([0; 23]);
    body
}

/// `Protocol::HandshakeResponse41` for this account with an empty password.
pub fn login(account: &str) -> Vec<u8> {
    let mut body = preface();
    body.extend(account.bytes().filter(|octet| *octet != 0).take(128));
    body.extend([0, 0]);
    body.extend(b"mysql_native_password\0");
    framed(2, &body)
}

pub fn read(answer: &[u8]) -> Option<Answered> {
    let body = answer.get(4..)?;
    match body.first()? {
        0xff => Some(Answered { text: error_text(body), refused: true }),
        0x00 => Some(Answered { text: "the account was let in".to_owned(), refused: false }),
        _ => Some(Answered { text: "it asks for a password".to_owned(), refused: false }),
    }
}

/// `ERR_Packet`: its number, and its words behind a `#` and five characters of SQL state.
fn error_text(packet: &[u8]) -> String {
    let number = packet.get(1..3).and_then(|two| two.try_into().ok()).map_or(0, u16::from_le_bytes);
    let rest = packet.get(3..).unwrap_or_default();
    let words = if rest.first() == Some(&b'#') { rest.get(6..).unwrap_or_default() } else { rest };
    format!("{number} {}", String::from_utf8_lossy(words))
}

/// A packet is three octets of length, one of its number, and that many octets.
fn packet(clear: &mut Clear<'_>) -> Result<Vec<u8>, String> {
    let header = clear.hear(4)?;
    let length = header.iter().take(3).rev().fold(0_usize, |length, octet| length << 8 | usize::from(*octet));
    if length == 0 || length > LARGEST || header.get(3) != Some(&0) {
        return Err("it is no MySQL or MariaDB server".to_owned());
    }
    clear.hear(length)
}

fn framed(number: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap_or_default().to_le_bytes();
    let header: Vec<u8> = length.into_iter().take(3).chain([number]).collect();
    [header, body.to_vec()].concat()
}
