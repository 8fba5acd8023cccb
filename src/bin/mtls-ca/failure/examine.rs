//! Failures of the commands that look at files and servers.

use std::error::Error;
use std::path::Path;

use mtls_ca::examine::inspect::InspectError;
use mtls_ca::examine::remote::RemoteError;

use super::{Exit, Failure};

impl From<RemoteError> for Failure {
    fn from(error: RemoteError) -> Self {
        let kind = match &error {
            RemoteError::NoAddress { .. } => "no_address",
            RemoteError::Connect { .. } => "no_connection",
            RemoteError::ServerName(_) => return Self::usage(error.to_string()),
            RemoteError::Identity(_) => "unusable_certificate",
            RemoteError::NotTls { .. } => "not_tls",
            RemoteError::NoStartTls { .. } => "no_starttls",
            RemoteError::TimedOut { .. } => "timed_out",
            RemoteError::Broken { .. } => "connection_broken",
        };
        let hint = match &error {
            RemoteError::NoAddress { .. } => Some("is the name spelled right, and does it resolve on this machine?"),
            RemoteError::NotTls { .. } => Some(
                "is it the port for TLS? where the protocol begins in clear: --starttls postgres, mysql, ldap or smtp",
            ),
            RemoteError::TimedOut { .. } => Some("give it longer with `--timeout 60s`"),
            _ => None,
        };
        let failure = Self::new(Exit::Failed, kind, error.to_string());
        let failure = error.source().map(ToString::to_string).into_iter().fold(failure, Self::cause);
        hint.into_iter().fold(failure, Self::hint)
    }
}

impl Failure {
    /// A file that holds nothing to be said.
    pub fn of_inspect(error: InspectError, path: &Path) -> Self {
        let place = if path == Path::new("-") { "standard input".to_owned() } else { format!("`{}`", path.display()) };
        let kind = match &error {
            InspectError::TooLarge | InspectError::TooMany => "too_large",
            InspectError::Empty => "empty",
            InspectError::Unrecognised(_) => "unrecognised",
            InspectError::Unreadable { .. } => "unreadable",
            InspectError::StoreLocked => {
                return Self::new(Exit::Secret, "passphrase_wrong", format!("cannot open {place}"))
                    .cause(error)
                    .hint("nothing was changed; check the file or variable that the passphrase comes from");
            }
            InspectError::Locked(locked) => return Self::locked(path, locked, "--passphrase-file FILE"),
        };
        Self::new(Exit::Failed, kind, format!("cannot say what is in {place}")).cause(error)
    }
}
