//! A table of refusals: each with its reason, and an accepted control before and after it.

use super::case::{Case, Client};
use super::eventually_says;
use super::matrix::Row;

/// How somebody is tried.
pub struct Refusals<'a, C> {
    /// Who is accepted between each two.
    pub friend: C,
    /// What a visit of the friend says: who it was to the other side.
    pub accepted: &'a str,
    /// One visit, and all that came of it.
    pub visit: &'a dyn Fn(C) -> String,
    /// What the system under test has logged so far; empty where it keeps no log.
    pub log: &'a dyn Fn() -> String,
}

impl<C: Case> Refusals<'_, C> {
    /// Goes through the table: who, what the visit has to say, and what the log has to say besides,
    /// where there is a text. Each refusal, and who was accepted, goes into the row.
    pub fn walk(&self, row: &mut Row, table: &[(C, &str, &str)]) {
        self.control();
        row.accepted(self.accepted.trim());
        for (case, told, logged) in table {
            let before = (self.log)().len();
            let seen = (self.visit)(*case);
            assert!(seen.contains(told), "{}: wanted `{told}`, and saw: {seen}\n{}", case.said(), (self.log)());
            if !logged.is_empty() {
                let what = format!("{}: `{logged}` in the log", case.said());
                eventually_says(&what, logged, || (self.log)().get(before..).unwrap_or_default().to_owned());
            }
            self.control();
            row.refused(case.said());
        }
    }

    fn control(&self) {
        let seen = (self.visit)(self.friend);
        assert!(seen.contains(self.accepted), "wanted `{}`, and saw: {seen}\n{}", self.accepted, (self.log)());
    }
}

/// What servers with OpenSSL answer in TLS 1.3: alerts after the handshake (RFC 8446, section 6.2).
pub const OPENSSL_TLS13: [(Client, &str, &str); 8] = [
    (Client::Nobody, "alert CertificateRequired", ""),
    (Client::OtherCa, "alert UnknownCA", ""),
    (Client::Impostor, "alert UnknownCA", ""),
    (Client::Expired, "alert CertificateExpired", ""),
    (Client::NotYetValid, "alert BadCertificate", ""),
    (Client::Revoked, "alert CertificateRevoked", ""),
    (Client::ServerOnly, "alert UnsupportedCertificate", ""),
    (Client::LeafOnly, "alert UnknownCA", ""),
];

/// The same in TLS 1.2, within the handshake (RFC 5246, section 7.2.2).
pub const OPENSSL_TLS12: [(Client, &str, &str); 8] = {
    let mut table = OPENSSL_TLS13;
    table[0] = (Client::Nobody, "alert HandshakeFailure", "");
    table
};
