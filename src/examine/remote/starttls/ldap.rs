//! LDAP's StartTLS (RFC 4511 section 4.14), and "Who am I?" (RFC 4532) behind it.

use super::{Answered, Clear};
use crate::encoding::ldap::{
    ExtendedResponse, START_TLS, WHO_AM_I, extended_request, message_length, read_extended_response,
};

/// `UnbindRequest` with the message number 3 (RFC 4511 section 4.3).
pub const UNBIND: [u8; 7] = [0x30, 0x05, 0x02, 0x01, 0x03, 0x42, 0x00];
const LARGEST: usize = 4_096;

pub fn begin(clear: &mut Clear<'_>) -> Result<(), String> {
    clear.say(&extended_request(1, START_TLS).map_err(|error| error.to_string())?)?;
    let mut message = clear.hear(2)?;
    if message.first() != Some(&0x30) {
        return Err("it is no LDAP server".to_owned());
    }
    let length = loop {
        match message_length(&message) {
            Some(length) if length <= LARGEST => break length,
            Some(_) => return Err("its answer has no end".to_owned()),
            None => message.extend(clear.hear(1)?),
        }
    };
    message.extend(clear.hear(length.saturating_sub(message.len()))?);
    match read_extended_response(&message).map_err(|error| error.to_string())? {
        ExtendedResponse { result: 0, .. } => Ok(()),
        ExtendedResponse { result, diagnostic } => {
            Err(format!("it does not begin TLS: result {result} {diagnostic}").trim_end().to_owned())
        }
    }
}

pub fn who_am_i() -> Vec<u8> {
    // Two short constants cannot be too long.
    extended_request(2, WHO_AM_I).unwrap_or_default()
}

pub fn read(answer: &[u8]) -> Option<Answered> {
    let whole = answer.get(..message_length(answer)?)?;
    let ExtendedResponse { result, diagnostic } = read_extended_response(whole).ok()?;
    let text = format!("result {result} {diagnostic}").trim_end().to_owned();
    // Without a bind it may be an operation that is not offered; it was answered all the same.
    Some(Answered { text, refused: false })
}
