//! What a certificate may be used for, in words.

use serde::Serialize;

use crate::words::x509::extension::{BasicConstraints, Extensions};
use crate::words::x509::oid;
use crate::words::x509::usage::{ExtendedKeyUsage, KeyUsage, KeyUsages};

/// Usages as the extensions say them, and what that means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UsageReport {
    /// `TLS server and client`, `may sign certificates, up to 1 CA below`.
    pub words: String,
    /// Whether basic constraints say that the subject is a CA.
    pub ca: bool,
    /// How many CAs may follow below.
    pub path_length: Option<u32>,
    /// The key usage bits; absent where the extension is.
    pub key_usage: Option<KeyUsages>,
    /// The extended key usages; absent where the extension is.
    pub extended_key_usage: Option<Vec<ExtendedKeyUsage>>,
}

impl UsageReport {
    /// Of these extensions.
    #[must_use]
    pub fn of(extensions: &Extensions) -> Self {
        let constraints = extensions.basic_constraints().copied();
        let key_usage = extensions.key_usage().copied();
        let extended_key_usage = extensions.extended_key_usage().cloned();
        let ca = constraints.is_some_and(|constraints| constraints.ca);
        let purposes = extended_key_usage.as_deref().map(purposes);
        let words = match constraints {
            Some(BasicConstraints { ca: true, path_length }) => {
                let signing = signing(key_usage, path_length);
                purposes.map_or(signing.clone(), |purposes| format!("{signing}; only for {purposes}"))
            }
            _ => purposes.unwrap_or_else(|| "any purpose (no extended key usage)".to_owned()),
        };
        Self {
            words,
            ca,
            path_length: constraints.and_then(|constraints| constraints.path_length),
            key_usage,
            extended_key_usage,
        }
    }
}

fn signing(key_usage: Option<KeyUsages>, path_length: Option<u32>) -> String {
    // RFC 5280 section 4.2.1.3: without the extension, every use is allowed.
    let may = |usage| key_usage.is_none_or(|usages| usages.contains(usage));
    let what = match (may(KeyUsage::KeyCertSign), may(KeyUsage::CrlSign)) {
        (true, true) => "may sign certificates and CRLs",
        (true, false) => "may sign certificates",
        (false, true) => return "a CA that may sign CRLs only".to_owned(),
        (false, false) => return "a CA whose key usage lets it sign nothing".to_owned(),
    };
    match path_length {
        None => format!("{what}, any number of CAs below"),
        Some(0) => format!("{what}, no CA below"),
        Some(1) => format!("{what}, up to 1 CA below"),
        Some(more) => format!("{what}, up to {more} CAs below"),
    }
}

/// Purposes as a list in words: the TLS ones together and first.
fn purposes(usages: &[ExtendedKeyUsage]) -> String {
    /// No real certificate has more; a hostile one must not fill the screen.
    const SHOWN: usize = 20;
    let has = |usage: &ExtendedKeyUsage| usages.contains(usage);
    let mut words: Vec<String> = Vec::new();
    match (has(&ExtendedKeyUsage::SERVER_AUTH), has(&ExtendedKeyUsage::CLIENT_AUTH)) {
        (true, true) => words.push("TLS server and client".to_owned()),
        (true, false) => words.push("TLS server".to_owned()),
        (false, true) => words.push("TLS client".to_owned()),
        (false, false) => {}
    }
    let others = usages
        .iter()
        .filter(|usage| **usage != ExtendedKeyUsage::SERVER_AUTH && **usage != ExtendedKeyUsage::CLIENT_AUTH);
    words.extend(others.clone().take(SHOWN).map(|usage| match usage.oid() {
        oid if *oid == oid::CODE_SIGNING => "code signing".to_owned(),
        oid if *oid == oid::EMAIL_PROTECTION => "e-mail protection".to_owned(),
        oid if *oid == oid::TIME_STAMPING => "time stamping".to_owned(),
        oid if *oid == oid::OCSP_SIGNING => "OCSP responses".to_owned(),
        oid if *oid == oid::ANY_EXTENDED_KEY_USAGE => "any purpose (anyExtendedKeyUsage)".to_owned(),
        other => other.shown().to_owned(),
    }));
    if let Some(more @ 1..) = others.count().checked_sub(SHOWN) {
        words.push(format!("and {more} more"));
    }
    if words.is_empty() { "no purpose (empty extended key usage)".to_owned() } else { words.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::x509::extension::{Extension, ExtensionBody};

    fn extensions(bodies: Vec<ExtensionBody>) -> Extensions {
        let extension = |body| Extension { oid: oid::KEY_USAGE, critical: true, value: Vec::new(), body };
        Extensions::new(bodies.into_iter().map(extension).collect())
    }

    #[test]
    fn usages_read_as_words() {
        use ExtensionBody::{BasicConstraints as Basic, ExtendedKeyUsage as Extended, KeyUsage as Key};
        let ca = |path_length| Basic(BasicConstraints { ca: true, path_length });
        let sign = Key(KeyUsages::of(&[KeyUsage::KeyCertSign, KeyUsage::CrlSign]));
        let code = || ExtendedKeyUsage::from_oid(oid::CODE_SIGNING);
        let foreign = || ExtendedKeyUsage::from_oid("1.2.3.4".parse().unwrap());
        for (bodies, words) in [
            (vec![], "any purpose (no extended key usage)"),
            (vec![Extended(vec![ExtendedKeyUsage::SERVER_AUTH])], "TLS server"),
            (
                vec![Extended(vec![code(), ExtendedKeyUsage::CLIENT_AUTH, foreign(), ExtendedKeyUsage::SERVER_AUTH])],
                "TLS server and client, code signing, 1.2.3.4",
            ),
            (vec![Extended(vec![])], "no purpose (empty extended key usage)"),
            (vec![ca(None), sign.clone()], "may sign certificates and CRLs, any number of CAs below"),
            (vec![ca(Some(0)), sign.clone()], "may sign certificates and CRLs, no CA below"),
            (
                vec![ca(Some(1)), Key(KeyUsages::of(&[KeyUsage::KeyCertSign]))],
                "may sign certificates, up to 1 CA below",
            ),
            (
                vec![ca(Some(1)), Key(KeyUsages::of(&[KeyUsage::DigitalSignature]))],
                "a CA whose key usage lets it sign nothing",
            ),
            (
                vec![ca(Some(0)), sign, Extended(vec![ExtendedKeyUsage::CLIENT_AUTH])],
                "may sign certificates and CRLs, no CA below; only for TLS client",
            ),
        ] {
            assert_eq!(UsageReport::of(&extensions(bodies)).words, words);
        }
    }
}
