//! How servers of Go's crypto/tls refuse: one alert for each kind by TLS 1.2, and the reason in their
//! logs.

use super::caller::{TLS12, Version};
use super::case::Client;

type Row = (Client, &'static str, &'static str);

/// Everybody whom crypto/tls refuses by itself; CRLs it does not read.
const REFUSED: [Row; 7] = [
    (Client::Nobody, "alert HandshakeFailure", "client didn't provide a certificate"),
    (Client::OtherCa, "alert UnknownCA", "certificate signed by unknown authority"),
    (Client::Impostor, "alert UnknownCA", "while trying to verify candidate authority certificate"),
    (Client::Expired, "alert CertificateExpired", " is after "),
    (Client::NotYetValid, "alert CertificateExpired", " is before "),
    (Client::ServerOnly, "alert BadCertificate", "certificate specifies an incompatible key usage"),
    (Client::LeafOnly, "alert UnknownCA", "certificate signed by unknown authority"),
];

/// Go from 1.20 on. By TLS 1.3 the connection's end may overtake the alert: then the log alone tells.
pub fn by_go(version: Version) -> Vec<Row> {
    let told = |alert| if version == TLS12 { alert } else { "" };
    REFUSED.into_iter().map(|(client, alert, logged)| (client, told(alert), logged)).collect()
}

/// Go before 1.20 has one alert for everything.
pub fn by_old_go(version: Version) -> Vec<Row> {
    let told = if version == TLS12 { "alert BadCertificate" } else { "" };
    REFUSED.into_iter().map(|(client, _, logged)| (client, told, logged)).collect()
}
