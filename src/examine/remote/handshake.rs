//! One handshake, driven by hand so that every way it can end is told apart.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use rustls::{AlertDescription, CipherSuite, ClientConnection, ConnectionCommon, Error, ProtocolVersion, SideData};

use super::deadline::Deadline;
use super::reply::Reply;
use super::{Options, Outcome, RemoteError, talk};

/// How a handshake ended, and what was agreed by then.
pub(super) struct Ended {
    pub(super) protocol: Option<&'static str>,
    pub(super) cipher_suite: Option<String>,
    pub(super) alpn: Option<String>,
    pub(super) outcome: Outcome,
    pub(super) reply: Option<Reply>,
}

/// What one more read brought.
pub(in crate::examine) enum Step {
    Progress,
    Refused(AlertDescription),
    Closed,
    TimedOut,
    Broken(io::Error),
    Failed(Error),
}

/// Shakes hands until it is done or over.
pub(super) fn run(
    mut tls: ClientConnection,
    mut stream: TcpStream,
    options: &Options,
    deadline: Deadline,
    address: SocketAddr,
) -> Result<Ended, RemoteError> {
    let mut anything_read = false;
    let (outcome, reply) = loop {
        if !tls.is_handshaking() {
            break talk::after(&mut tls, &mut stream, options, deadline);
        }
        match step(&mut tls, &mut stream, deadline) {
            Step::Progress => anything_read = true,
            Step::Refused(alert) => {
                break (Outcome::Refused { alert: alert_name(alert), after_handshake: false }, None);
            }
            Step::Closed if anything_read => break (Outcome::Closed { after_handshake: false }, None),
            Step::Closed => {
                let source = io::Error::new(io::ErrorKind::UnexpectedEof, "the server closed it without a word");
                return Err(RemoteError::Broken { address: address.to_string(), source });
            }
            Step::TimedOut => {
                let seconds = options.timeout.as_secs();
                return Err(RemoteError::TimedOut { address: address.to_string(), seconds });
            }
            Step::Broken(_) if anything_read => break (Outcome::Closed { after_handshake: false }, None),
            Step::Broken(source) => return Err(RemoteError::Broken { address: address.to_string(), source }),
            Step::Failed(Error::InvalidMessage(_)) if !anything_read => {
                let reason = "what it sends is no TLS record".to_owned();
                return Err(RemoteError::NotTls { address: address.to_string(), reason });
            }
            Step::Failed(error) => break (Outcome::Failed { reason: error.to_string() }, None),
        }
    };
    let alpn = tls.alpn_protocol().map(|name| String::from_utf8_lossy(name).into_owned());
    tls.send_close_notify();
    // It may be closed already; there is nothing left to lose.
    let _ = tls.write_tls(&mut stream);
    Ok(Ended {
        protocol: tls.protocol_version().and_then(protocol_name),
        cipher_suite: tls.negotiated_cipher_suite().and_then(|suite| iana_name(suite.suite())),
        alpn,
        outcome,
        reply,
    })
}

/// IANA's names of cipher suites have no version in them.
pub(in crate::examine) fn iana_name(suite: CipherSuite) -> Option<String> {
    suite.as_str().map(|name| name.replace("TLS13_", "TLS_"))
}

/// Sends what there is to send, then reads once, by the deadline.
pub(in crate::examine) fn step<S: SideData>(
    tls: &mut ConnectionCommon<S>,
    stream: &mut TcpStream,
    deadline: Deadline,
) -> Step {
    let left = deadline.left();
    if left.is_zero() {
        return Step::TimedOut;
    }
    let left = Some(left.max(Duration::from_millis(1)));
    if let Err(error) = stream.set_write_timeout(left).and_then(|()| stream.set_read_timeout(left)) {
        return Step::Broken(error);
    }
    // A server that refuses may have closed its side before it read all of ours; what it said is
    // still to be read then.
    let mut write_error = None;
    while tls.wants_write() && write_error.is_none() {
        write_error = tls.write_tls(stream).err();
    }
    match tls.read_tls(stream) {
        Ok(0) => return Step::Closed,
        Ok(_) => {}
        Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
            return write_error.map_or(Step::TimedOut, Step::Broken);
        }
        Err(error) if error.kind() == io::ErrorKind::Interrupted => return Step::Progress,
        Err(error) => return Step::Broken(error),
    }
    match tls.process_new_packets() {
        Ok(state) if state.peer_has_closed() => Step::Closed,
        Ok(_) => Step::Progress,
        Err(Error::AlertReceived(alert)) => Step::Refused(alert),
        Err(error) => {
            // Our own alert tells the server why; the report does not depend on its arrival.
            let _ = tls.write_tls(stream);
            Step::Failed(error)
        }
    }
}

pub(in crate::examine) const fn protocol_name(version: ProtocolVersion) -> Option<&'static str> {
    match version {
        ProtocolVersion::TLSv1_3 => Some("TLS 1.3"),
        ProtocolVersion::TLSv1_2 => Some("TLS 1.2"),
        _ => None,
    }
}

/// The name of RFC 8446 section 6: `CertificateRequired` as `certificate_required`.
pub(in crate::examine) fn alert_name(alert: AlertDescription) -> String {
    let number = u8::from(alert);
    let Some(name) = alert.as_str() else { return format!("alert {number}") };
    match alert {
        AlertDescription::UnknownPSKIdentity => "unknown_psk_identity".to_owned(),
        AlertDescription::UnrecognisedName => "unrecognized_name".to_owned(),
        _ => {
            let mut snake = String::new();
            let mut before = 'A';
            for c in name.chars() {
                if c.is_ascii_uppercase() && before.is_ascii_lowercase() {
                    snake.push('_');
                }
                snake.push(c.to_ascii_lowercase());
                before = c;
            }
            snake
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alerts_have_the_names_of_the_standard() {
        for (alert, name) in [
            (AlertDescription::CertificateRequired, "certificate_required"),
            (AlertDescription::UnknownCA, "unknown_ca"),
            (AlertDescription::BadRecordMac, "bad_record_mac"),
            (AlertDescription::UnrecognisedName, "unrecognized_name"),
            (AlertDescription::Unknown(200), "alert 200"),
        ] {
            assert_eq!(alert_name(alert), name);
        }
    }
}
