//! What servers answer to a client certificate that they do not take, and what each answer means: one
//! table, measured on the systems themselves. `docs/handshake.md` shows it to people.

use crate::examine::diagnosis::Cause;

/// The TLS library behind a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// OpenSSL.
    OpenSsl,
    /// GnuTLS.
    Gnutls,
    /// Go's `crypto/tls`.
    Go,
    /// rustls.
    Rustls,
    /// BoringSSL: Envoy, gRPC.
    BoringSsl,
    /// Java's own.
    Jsse,
    /// Erlang's `ssl`.
    Erlang,
}

const FAMILIES: [(Family, &str); 7] = [
    (Family::OpenSsl, "openssl"),
    (Family::Gnutls, "gnutls"),
    (Family::Go, "go"),
    (Family::Rustls, "rustls"),
    (Family::BoringSsl, "boringssl"),
    (Family::Jsse, "jsse"),
    (Family::Erlang, "erlang"),
];

impl Family {
    /// The word that recipes have for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        FAMILIES.iter().find(|(family, _)| *family == self).map_or("", |(_, word)| word)
    }
}

/// What was seen of a refusal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sign {
    /// An alert, by its name.
    Alert(String),
    /// An answer in HTTP.
    Http(u16),
    /// An answer in another protocol, behind the handshake.
    Said,
    /// The connection was closed without a word.
    Closed,
}

/// Whose row it is.
enum Whose {
    System(&'static str),
    Family(Family),
    Everybody,
}

/// What a row is about, as a constant can have it.
enum Shown {
    Alert(&'static str),
    Http(u16),
    Closed,
}

struct Row {
    whose: Whose,
    shown: Shown,
    means: &'static [Cause],
}

use Cause::{
    AlgorithmUnsupported, CrlMissing, CrlNotYetValid, CrlStale, Depth, Expired, IntermediateMissing, KeyMismatch,
    KeyWeak, NotYetValid, NothingPresented, OtherCa, Revoked, SameNameOtherKey, SelfSigned, SignatureWeak, Version1,
    WrongUsage,
};

/// Every way in which a certificate can be refused.
const ANY: &[Cause] = &[
    OtherCa,
    SameNameOtherKey,
    SelfSigned,
    IntermediateMissing,
    Expired,
    NotYetValid,
    Revoked,
    WrongUsage,
    CrlMissing,
    CrlStale,
    KeyWeak,
    SignatureWeak,
    AlgorithmUnsupported,
    Depth,
];
/// What all call "unknown CA".
const UNKNOWN: &[Cause] = &[OtherCa, SameNameOtherKey, SelfSigned, IntermediateMissing, CrlMissing, Depth];
const BOTH_DATES: &[Cause] = &[Expired, NotYetValid];

/// Rows of a system come before those of its family, and these before everybody's.
const ROWS: &[Row] = &[
    // nginx finishes the handshake with everybody and answers in HTTP.
    system("nginx", Shown::Http(400), ANY),
    system("nginx", Shown::Http(495), ANY),
    system("nginx", Shown::Http(496), &[NothingPresented]),
    system("apache", Shown::Alert("certificate_unknown"), &[CrlStale]),
    system("apache", Shown::Alert("internal_error"), &[Depth]),
    system("haproxy", Shown::Alert("certificate_expired"), &[Expired, CrlStale]),
    // Node verifies when the handshake is over, and closes.
    system("nodejs", Shown::Closed, ANY),
    system("express", Shown::Closed, ANY),
    system("redis", Shown::Closed, ANY),
    system("mosquitto", Shown::Closed, &[Revoked]),
    system("hitch", Shown::Closed, &[WrongUsage]),
    system("python", Shown::Closed, &[IntermediateMissing]),
    system("etcd", Shown::Closed, ANY),
    system("grpc", Shown::Closed, ANY),
    // Envoy may be gone before its alert is read.
    system("envoy", Shown::Closed, UNKNOWN),
    family(Family::OpenSsl, "certificate_required", &[NothingPresented]),
    family(Family::OpenSsl, "handshake_failure", &[NothingPresented, AlgorithmUnsupported]),
    family(Family::OpenSsl, "unknown_ca", UNKNOWN),
    family(Family::OpenSsl, "certificate_expired", &[Expired, CrlStale]),
    family(Family::OpenSsl, "certificate_revoked", &[Revoked]),
    family(Family::OpenSsl, "unsupported_certificate", &[WrongUsage]),
    family(Family::OpenSsl, "bad_certificate", &[NotYetValid, KeyWeak, SignatureWeak, CrlNotYetValid]),
    family(Family::OpenSsl, "certificate_unknown", &[CrlStale, Depth]),
    family(Family::OpenSsl, "internal_error", &[Depth]),
    family(Family::Go, "certificate_required", &[NothingPresented]),
    family(Family::Go, "handshake_failure", &[NothingPresented]),
    family(Family::Go, "unknown_ca", &[OtherCa, SameNameOtherKey, SelfSigned, IntermediateMissing]),
    family(Family::Go, "certificate_expired", BOTH_DATES),
    // Go before 1.20 has this one word for every refusal.
    family(
        Family::Go,
        "bad_certificate",
        &[
            WrongUsage,
            NothingPresented,
            OtherCa,
            SameNameOtherKey,
            SelfSigned,
            IntermediateMissing,
            Expired,
            NotYetValid,
        ],
    ),
    family(Family::BoringSsl, "certificate_required", &[NothingPresented]),
    family(Family::BoringSsl, "handshake_failure", &[NothingPresented, AlgorithmUnsupported]),
    family(Family::BoringSsl, "unknown_ca", UNKNOWN),
    family(Family::BoringSsl, "certificate_expired", BOTH_DATES),
    family(Family::BoringSsl, "certificate_revoked", &[Revoked]),
    family(Family::BoringSsl, "unsupported_certificate", &[WrongUsage]),
    family(Family::Rustls, "certificate_required", &[NothingPresented]),
    family(Family::Rustls, "unknown_ca", &[OtherCa, SameNameOtherKey, IntermediateMissing, CrlMissing, CrlStale]),
    family(Family::Rustls, "certificate_expired", BOTH_DATES),
    family(Family::Rustls, "certificate_revoked", &[Revoked]),
    family(Family::Rustls, "unsupported_certificate", &[WrongUsage]),
    family(Family::Rustls, "certificate_unknown", &[SelfSigned, Version1]),
    family(Family::Jsse, "bad_certificate", &[NothingPresented]),
    family(Family::Jsse, "certificate_required", &[NothingPresented]),
    family(Family::Jsse, "certificate_unknown", ANY),
    Row { whose: Whose::Family(Family::Jsse), shown: Shown::Closed, means: ANY },
    family(Family::Erlang, "certificate_required", &[NothingPresented]),
    family(Family::Erlang, "unknown_ca", &[OtherCa, SameNameOtherKey, IntermediateMissing]),
    family(Family::Erlang, "certificate_expired", BOTH_DATES),
    family(Family::Erlang, "bad_certificate", &[SelfSigned]),
    family(Family::Erlang, "handshake_failure", &[WrongUsage]),
    Row { whose: Whose::Family(Family::Gnutls), shown: Shown::Closed, means: ANY },
    everybody("certificate_required", &[NothingPresented]),
    everybody("handshake_failure", &[NothingPresented, WrongUsage, AlgorithmUnsupported]),
    everybody("unknown_ca", &[OtherCa, SameNameOtherKey, SelfSigned, IntermediateMissing, CrlMissing, CrlStale, Depth]),
    everybody("certificate_expired", &[Expired, NotYetValid, CrlStale]),
    everybody("certificate_revoked", &[Revoked]),
    everybody("unsupported_certificate", &[WrongUsage]),
    everybody("bad_certificate", ANY),
    everybody("certificate_unknown", ANY),
    everybody("access_denied", ANY),
    everybody("internal_error", &[Depth]),
    everybody("decrypt_error", &[KeyMismatch]),
    Row { whose: Whose::Everybody, shown: Shown::Http(400), means: ANY },
    Row { whose: Whose::Everybody, shown: Shown::Http(495), means: ANY },
    Row { whose: Whose::Everybody, shown: Shown::Http(496), means: &[NothingPresented] },
    Row { whose: Whose::Everybody, shown: Shown::Closed, means: ANY },
];

const fn system(name: &'static str, shown: Shown, means: &'static [Cause]) -> Row {
    Row { whose: Whose::System(name), shown, means }
}

const fn family(family: Family, alert: &'static str, means: &'static [Cause]) -> Row {
    Row { whose: Whose::Family(family), shown: Shown::Alert(alert), means }
}

const fn everybody(alert: &'static str, means: &'static [Cause]) -> Row {
    Row { whose: Whose::Everybody, shown: Shown::Alert(alert), means }
}

/// What such an answer to a certificate means, from a server of this system and family.
#[must_use]
pub fn meanings(sign: &Sign, system: Option<&str>, family: Option<Family>) -> &'static [Cause] {
    let is_shown = |row: &&Row| match (&row.shown, sign) {
        (Shown::Alert(name), Sign::Alert(alert)) => name == alert,
        (Shown::Http(status), Sign::Http(seen)) => status == seen,
        (Shown::Closed, Sign::Closed) => true,
        _ => false,
    };
    let of = |wanted: &dyn Fn(&Whose) -> bool| ROWS.iter().filter(is_shown).find(|row| wanted(&row.whose));
    let found = of(&|whose| matches!(whose, Whose::System(name) if Some(*name) == system))
        .or_else(|| of(&|whose| matches!(whose, Whose::Family(of) if Some(*of) == family)))
        .or_else(|| of(&|whose| matches!(whose, Whose::Everybody)));
    found.map_or(&[], |row| row.means)
}

/// A cause that was not seen itself, in words.
#[must_use]
pub fn possible(cause: Cause) -> &'static str {
    match cause {
        Cause::NothingPresented => "no certificate came",
        Cause::OtherCa => "it trusts another CA",
        Cause::SameNameOtherKey => "it trusts a CA of the same name with another key (one that was made anew)",
        Cause::SelfSigned => "it does not trust this self-signed certificate",
        Cause::IntermediateMissing => "it needs an intermediate CA that is not presented",
        Cause::Expired => "its clock says that the certificate, or a CA above it, has expired",
        Cause::NotYetValid => "its clock says that the certificate does not hold yet",
        Cause::Revoked => "the certificate is on its CRL",
        Cause::WrongUsage => "the certificate is not made for clients",
        Cause::CrlMissing => "it checks CRLs and has none of one of the CAs",
        Cause::CrlStale => "one of its CRLs is past its next update",
        Cause::CrlNotYetValid => "its clock is behind one of its CRLs",
        Cause::KeyWeak => "a key is too weak for it",
        Cause::SignatureWeak => "a signature is too weak for it",
        Cause::AlgorithmUnsupported => "it does not know the kind of key or signature",
        Cause::Depth => "the chain is longer than it follows",
        Cause::KeyMismatch => "the key is not that of the certificate",
        Cause::Version1 => "the certificate is of version 1",
        _ => "the certificate is malformed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert(name: &str) -> Sign {
        Sign::Alert(name.to_owned())
    }

    /// The measured table: what each system sent for each certificate must lead back to it.
    #[test]
    fn what_was_measured_leads_back_to_its_cause() {
        let measured: &[(&str, Option<Family>, &str, Cause)] = &[
            ("apache", Some(Family::OpenSsl), "certificate_expired", Expired),
            ("apache", Some(Family::OpenSsl), "bad_certificate", NotYetValid),
            ("apache", Some(Family::OpenSsl), "internal_error", Depth),
            ("apache", Some(Family::OpenSsl), "certificate_unknown", CrlStale),
            ("haproxy", Some(Family::OpenSsl), "unsupported_certificate", WrongUsage),
            ("haproxy", Some(Family::OpenSsl), "certificate_expired", CrlStale),
            ("stunnel", Some(Family::OpenSsl), "unknown_ca", IntermediateMissing),
            ("caddy", Some(Family::Go), "certificate_expired", NotYetValid),
            ("caddy", Some(Family::Go), "bad_certificate", WrongUsage),
            ("prometheus", Some(Family::Go), "bad_certificate", OtherCa),
            ("envoy", Some(Family::BoringSsl), "certificate_revoked", Revoked),
            ("rabbitmq", Some(Family::Erlang), "handshake_failure", WrongUsage),
            ("rabbitmq", Some(Family::Erlang), "bad_certificate", SelfSigned),
            ("tomcat", Some(Family::Jsse), "certificate_unknown", Expired),
            ("tomcat", Some(Family::Jsse), "bad_certificate", NothingPresented),
            ("", Some(Family::Rustls), "unknown_ca", CrlMissing),
            ("", Some(Family::Rustls), "certificate_unknown", Version1),
            ("", None, "decrypt_error", KeyMismatch),
        ];
        for (system, family, name, cause) in measured {
            let means = meanings(&alert(name), Some(system), *family);
            assert!(means.contains(cause), "{system} {name}: {means:?}");
        }
        // Not yet valid is no other thing to OpenSSL, and expired is to nobody wrong usage.
        assert!(!meanings(&alert("certificate_expired"), Some("nginx"), Some(Family::OpenSsl)).contains(&NotYetValid));
        assert!(!meanings(&alert("unknown_ca"), None, None).contains(&Expired));
        assert_eq!(meanings(&Sign::Closed, Some("mosquitto"), Some(Family::OpenSsl)), [Revoked]);
        assert!(meanings(&Sign::Closed, Some("nodejs"), Some(Family::OpenSsl)).contains(&Expired));
        assert!(meanings(&alert("no_such_alert"), None, None).is_empty());
    }

    #[test]
    fn every_meaning_has_words() {
        for row in ROWS {
            for cause in row.means {
                assert_ne!(possible(*cause), "the certificate is malformed", "{cause:?}");
            }
        }
        for (family, word) in FAMILIES {
            assert_eq!(family.word(), word);
        }
    }
}
