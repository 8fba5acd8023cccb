//! Where nothing was seen of a server: why not, and what it speaks instead of TLS.

use std::error::Error;
use std::io;

use super::cause::{Cause, Side};
use super::server::Inquiry;
use crate::examine::remote::{InClear, RemoteError, StartTls, in_clear};
use crate::words::typed::typed_word;

pub(super) fn explain(inquiry: &Inquiry<'_>, error: &RemoteError) -> Cause {
    let target = inquiry.target;
    let connection = |code, sentence: String| Cause::error(code, Side::Connection, sentence);
    let cause = match error {
        RemoteError::NoAddress { host, .. } => connection("handshake.dns", format!("the name `{host}` has no address"))
            .fix(format!("getent hosts {}", typed_word(host))),
        RemoteError::Connect { address, source } if source.kind() == io::ErrorKind::ConnectionRefused => {
            connection("handshake.connection_refused", format!("nothing listens on `{address}`"))
                .fix(format!("ss -ltnp 'sport = :{}'", target.port))
                .fix("# on the server: does it run, and does it listen on this address and port?")
        }
        RemoteError::Connect { address, source } if is_timeout(source) => {
            connection("handshake.timeout", format!("`{address}` does not answer, not even with a refusal"))
                .fix("# a firewall between, a wrong address, or a machine that is off")
        }
        RemoteError::Connect { address, .. } => {
            connection("handshake.no_connection", format!("there is no connection to `{address}`"))
        }
        RemoteError::NoStartTls { protocol, reason, .. } => {
            connection("handshake.no_starttls", format!("the server does not begin TLS by `{protocol}`: {reason}"))
                .fix("# is it the right port, and is TLS turned on in the server's settings?")
                .fix("# where the port speaks TLS from its first octet on, leave --starttls out")
        }
        RemoteError::TimedOut { .. } | RemoteError::NotTls { .. } | RemoteError::Broken { .. } => {
            return not_tls(inquiry, error);
        }
        RemoteError::ServerName(_) | RemoteError::Identity(_) => connection("handshake.failed", error.to_string()),
    };
    cause.proofs(error.source().map(ToString::to_string))
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock)
}

/// Something listens, and does not answer with TLS.
fn not_tls(inquiry: &Inquiry<'_>, error: &RemoteError) -> Cause {
    let target = inquiry.target;
    let said = std::iter::once(error.to_string()).chain(error.source().map(ToString::to_string)).collect::<Vec<_>>();
    let found = if inquiry.options.starttls.is_some() { None } else { in_clear(target, inquiry.options.timeout) };
    match found {
        Some(InClear::Http { said: line }) => {
            Cause::error("handshake.plain_http", Side::Connection, format!("`{target}` speaks HTTP without TLS"))
                .proof(format!("asked in clear, it answers `{line}`"))
                .fix("# is it the port for https? if it is, TLS is not turned on there (`listen … ssl`)")
        }
        Some(InClear::StartTls { protocol }) => Cause::error(
            "handshake.needs_starttls",
            Side::Connection,
            format!("`{target}` begins in clear, as {} does, and turns to TLS when asked", product(protocol)),
        )
        .fix(format!("mtls-ca handshake {target} --starttls {protocol}")),
        Some(InClear::Other { name, said: line }) => {
            Cause::error("handshake.not_tls", Side::Connection, format!("`{target}` speaks {name}, not TLS"))
                .proof(format!("it greets with `{line}`"))
        }
        None if matches!(error, RemoteError::TimedOut { .. }) => Cause::error(
            "handshake.timeout",
            Side::Connection,
            format!("`{target}` takes the connection and says nothing within {} s", inquiry.options.timeout.as_secs()),
        )
        .proofs(said)
        .fix(format!("{} --timeout 60s", inquiry.again()))
        .fix("# or it waits for the client to begin in clear: --starttls postgres|mysql|ldap|smtp"),
        None => Cause::error("handshake.not_tls", Side::Connection, format!("`{target}` does not answer with TLS"))
            .proofs(said)
            .fix("# is it the port for TLS? where the protocol begins in clear: --starttls postgres|mysql|ldap|smtp"),
    }
}

const fn product(protocol: StartTls) -> &'static str {
    match protocol {
        StartTls::Postgres => "PostgreSQL",
        StartTls::Mysql => "MySQL",
        StartTls::Ldap => "LDAP",
        StartTls::Smtp => "SMTP",
    }
}
