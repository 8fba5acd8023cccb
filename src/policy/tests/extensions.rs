//! Keys, extensions and attributes of requests: each with a row, none copied.

use super::*;
use crate::words::x509::public_key::PublicKeyAlgorithm;
use crate::words::x509::usage::ExtendedKeyUsage;

#[test]
fn wishes_to_be_a_ca_are_refused_under_a_leaf_profile() {
    let base = || request("CN=a", &["a.b"]);
    let ca = ExtensionBody::BasicConstraints(BasicConstraints { ca: true, path_length: None });
    let signs = ExtensionBody::KeyUsage(KeyUsages::of(&[KeyUsage::DigitalSignature, KeyUsage::KeyCertSign]));
    for rules in ["client", "server", "peer", "ocsp-responder"] {
        let asked = with_extension(base(), oid::BASIC_CONSTRAINTS, ca.clone());
        let asked = with_extension(asked, oid::KEY_USAGE, signs.clone());
        let result = draft(&profile(rules), &asked, &Order::default());
        assert_eq!(error_codes(&result), ["policy.ca_asked", "policy.key_cert_sign_asked"], "{rules}");
    }
    let asked =
        with_extension(with_extension(request("CN=Sub", &[]), oid::BASIC_CONSTRAINTS, ca), oid::KEY_USAGE, signs);
    let result = draft(&profile("intermediate"), &asked, &Order::default());
    let expected =
        [("CA:TRUE".to_owned(), Verdict::Changed), ("digitalSignature, keyCertSign".to_owned(), Verdict::Changed)];
    assert_eq!(verdicts(&result, "extension ")[..2], expected);
}

#[test]
fn every_extension_and_attribute_has_a_row() {
    let usages = vec![ExtendedKeyUsage::CLIENT_AUTH, "codeSigning".parse().unwrap()];
    let mut asked = request("CN=a", &["a.b"]);
    for (kind, body) in [
        (oid::BASIC_CONSTRAINTS, ExtensionBody::BasicConstraints(BasicConstraints { ca: false, path_length: None })),
        (oid::KEY_USAGE, ExtensionBody::KeyUsage(KeyUsages::of(&[KeyUsage::DigitalSignature]))),
        (oid::EXTENDED_KEY_USAGE, ExtensionBody::ExtendedKeyUsage(usages)),
        (oid::SUBJECT_KEY_IDENTIFIER, ExtensionBody::SubjectKeyIdentifier(vec![1; 20])),
        (oid::TLS_FEATURE, ExtensionBody::TlsFeature(vec![5])),
        (oid::MS_CERTIFICATE_TEMPLATE, ExtensionBody::Unknown),
    ] {
        asked = with_extension(asked, kind, body);
    }
    let attribute = |oid: Oid| RequestAttribute { oid, values: b"\x31\x08\x0c\x06secret".to_vec() };
    asked.attributes = vec![attribute(oid::CHALLENGE_PASSWORD), attribute(oid::EXTENSION_REQUEST)];
    let result = draft(&profile("client"), &asked, &Order::default());
    let found: Vec<(&str, Verdict)> = rows(&result)
        .iter()
        .filter(|row| row.item.starts_with("extension") || row.item.starts_with("attribute"))
        .map(|row| (&*row.item, row.verdict))
        .collect();
    let expected = [
        ("extension subjectAltName", Verdict::Granted),
        ("extension basicConstraints", Verdict::Granted),
        ("extension keyUsage", Verdict::Granted),
        ("extension extendedKeyUsage", Verdict::Changed),
        ("extension subjectKeyIdentifier", Verdict::Changed),
        ("extension tlsFeature", Verdict::Dropped),
        ("extension msCertificateTemplate", Verdict::Dropped),
        ("extension authorityKeyIdentifier", Verdict::Added),
        ("attribute challengePassword", Verdict::Dropped),
    ];
    assert_eq!(found, expected);
    assert!(!format!("{:?}", rows(&result)).contains("secret"));
    let notices = [
        "policy.extended_key_usage_dropped",
        "policy.extension_dropped",
        "policy.extension_dropped",
        "policy.attributes_dropped",
    ];
    assert_eq!(all_codes(&result), notices);
    assert_eq!(result.unwrap().content().extended_key_usage, [ExtendedKeyUsage::CLIENT_AUTH]);

    let strict = profile("extends = \"client\"\n[extensions]\nunknown = \"error\"\n");
    let refusal = draft(&strict, &asked, &Order::default()).unwrap_err();
    let places: Vec<String> = refusal.errors().map(|finding| finding.place.as_ref().unwrap().to_string()).collect();
    assert_eq!(places, ["ca/profiles/x.toml:3", "ca/profiles/x.toml:3"]);
}

#[test]
fn extensions_that_come_twice_or_broken_are_refused() {
    let eku = ExtensionBody::ExtendedKeyUsage(vec![ExtendedKeyUsage::CLIENT_AUTH]);
    let twice = with_extension(request("CN=a", &["a.b"]), oid::EXTENDED_KEY_USAGE, eku.clone());
    let twice = with_extension(twice, oid::EXTENDED_KEY_USAGE, eku);
    assert_eq!(error_codes(&draft(&profile("client"), &twice, &Order::default())), ["policy.extension_twice"]);
    let broken = ExtensionBody::Malformed("cut off".to_owned());
    let broken = with_extension(request("CN=a", &[]), oid::SUBJECT_ALT_NAME, broken);
    assert_eq!(error_codes(&draft(&profile("client"), &broken, &Order::default())), ["policy.extension_malformed"]);
}

const NARROW: &str = "extends = \"client\"\n[key]\nalgorithms = [\"ecdsa-p256\", \"rsa>=3072\"]\n";

#[test]
fn keys_by_rule() {
    let rsa = |bits, exponent: &[u8]| PublicKeyAlgorithm::Rsa {
        bits,
        modulus: 0x1fff_ffff_ffff_ffff_u64.to_be_bytes().to_vec(),
        exponent: exponent.to_vec(),
    };
    let other = PublicKeyAlgorithm::Other { algorithm: oid::EC_PUBLIC_KEY, curve: Some(oid::SECP256K1) };
    for (rules, algorithm, expected) in [
        ("client", rsa(2048, &[1, 0, 1]), None),
        ("client", rsa(1024, &[1, 0, 1]), Some("policy.key_size")),
        ("client", rsa(16_384, &[1, 0, 1]), Some("policy.key_size")),
        ("client", rsa(2048, &[3]), Some("policy.key_exponent")),
        ("client", PublicKeyAlgorithm::EcdsaP521, None),
        ("client", other, Some("policy.key_unsupported")),
        (NARROW, PublicKeyAlgorithm::EcdsaP256, None),
        (NARROW, PublicKeyAlgorithm::Ed25519, Some("policy.key_not_allowed")),
        (NARROW, rsa(2048, &[1, 0, 1]), Some("policy.key_not_allowed")),
        (NARROW, rsa(3072, &[1, 0, 1]), None),
    ] {
        let mut asked = request("CN=a", &["a.b"]);
        let is_rsa = matches!(algorithm, PublicKeyAlgorithm::Rsa { .. });
        asked.public_key = PublicKey::from_encoding(vec![1], vec![2], algorithm);
        let result = draft(&profile(rules), &asked, &Order::default());
        assert_eq!(error_codes(&result), Vec::from_iter(expected), "{rules} {}", asked.public_key);
        assert_eq!(verdicts(&result, "public key").len(), 1);
        if let Ok(draft) = result {
            assert_eq!(draft.content().key_usage.contains(KeyUsage::KeyEncipherment), is_rsa);
        }
    }
}

#[test]
fn urls_are_the_profiles_else_the_cas() {
    let general =
        profile("extends = \"client\"\n[urls]\ncrl = [\"http://a/{issuer}.crl\"]\nocsp = [\"http://a/ocsp\"]\n").urls;
    let authority = free_authority();
    let terms = IssuerTerms { urls: &general, label: "g2", ..terms(&authority) };
    let asked = request("CN=a", &["a.b"]);
    let plain = apply(&profile("client"), &asked, &Order::default(), &terms, now()).unwrap();
    assert_eq!(plain.content().crl_urls, ["http://a/g2.crl"]);
    let own = profile("extends = \"client\"\n[urls]\ncrl = [\"http://b/x.crl\"]\nocsp = []\n");
    let own = apply(&own, &asked, &Order::default(), &terms, now()).unwrap();
    assert_eq!(
        (own.content().crl_urls.as_slice(), own.content().ocsp_urls.len()),
        (["http://b/x.crl".to_owned()].as_slice(), 0)
    );
}

#[test]
fn a_responder_is_not_asked_about() {
    let responder = draft(&profile("ocsp-responder"), &request("CN=Responder", &[]), &Order::default()).unwrap();
    assert!(responder.content().ocsp_no_check);
}

#[test]
fn what_is_granted_otherwise_than_asked_is_told() {
    let mut asked = request("CN=a", &["a.b"]);
    for (kind, body) in [
        (
            oid::KEY_USAGE,
            ExtensionBody::KeyUsage(KeyUsages::of(&[KeyUsage::DigitalSignature, KeyUsage::KeyEncipherment])),
        ),
        (oid::CERTIFICATE_POLICIES, ExtensionBody::CertificatePolicies(vec!["1.2.3".parse().unwrap()])),
    ] {
        asked = with_extension(asked, kind, body);
    }
    let rules = profile("extends = \"client\"\n[extensions]\npolicies = [\"1.2.4\"]\n");
    let result = draft(&rules, &asked, &Order::default());
    assert_eq!(all_codes(&result), ["policy.key_usage_dropped", "policy.extension_changed"]);
}

#[test]
fn a_key_that_is_able_to_none_of_the_usages_is_refused() {
    let rules = profile("extends = \"client\"\n[usage]\nkey = [\"keyEncipherment\"]\n");
    let result = draft(&rules, &request("CN=a", &["a.internal"]), &Order::default());
    assert_eq!(error_codes(&result), ["policy.key_usage_impossible"]);
}
