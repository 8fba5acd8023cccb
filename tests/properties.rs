//! Every parser of text and bytes that a user or a peer wrote, against input that nobody would think
//! of: none panics, and what is read is written back as something that reads the same.

use std::fmt::Display;
use std::path::Path;
use std::str::FromStr;

use mtls_ca::encoding::{certificate, name, pem, pkcs7, private_key, request, revocation};
use mtls_ca::policy::TrustDomain;
use mtls_ca::policy::constraints::parse_subtree;
use mtls_ca::profile::{ProfileName, ProfileSet, Source};
use mtls_ca::store::config::Config;
use mtls_ca::words::clock::Now;
use mtls_ca::x509::algorithm::{KeyAlgorithm, KeyRule};
use mtls_ca::x509::fingerprint::Fingerprint;
use mtls_ca::x509::general_name::escaped;
use mtls_ca::x509::oid::Oid;
use mtls_ca::x509::reason::RevocationReason;
use mtls_ca::x509::san::{DnsName, EmailAddress, UriName};
use mtls_ca::x509::usage::{ExtendedKeyUsage, KeyUsage};
use mtls_ca::{Lifetime, NameText, San, Serial, Threshold, Time, inspect};
use proptest::prelude::*;

/// What is read is written as text that reads as the same value.
fn round_trip<T: FromStr + Display + PartialEq + std::fmt::Debug>(text: &str) {
    if let Ok(value) = text.parse::<T>() {
        let written = value.to_string();
        match written.parse::<T>() {
            Ok(again) => assert_eq!(again, value, "{text:?} was written as {written:?}"),
            Err(_) => panic!("{text:?} was written as {written:?}, which does not read"),
        }
    }
}

fn every_word(text: &str) {
    round_trip::<San>(text);
    round_trip::<Lifetime>(text);
    round_trip::<Threshold>(text);
    round_trip::<Time>(text);
    round_trip::<Serial>(text);
    round_trip::<Fingerprint>(text);
    round_trip::<KeyAlgorithm>(text);
    round_trip::<KeyRule>(text);
    round_trip::<Oid>(text);
    round_trip::<RevocationReason>(text);
    round_trip::<KeyUsage>(text);
    round_trip::<ExtendedKeyUsage>(text);
    round_trip::<ProfileName>(text);
    round_trip::<TrustDomain>(text);
    if let Ok(subject) = text.parse::<NameText>()
        && let Ok(encoded) = name::encode(subject.rdns())
    {
        // Written as RFC 4514 says, read again.
        let written = encoded.rfc4514();
        assert_eq!(written.parse::<NameText>().ok().as_ref(), Some(&subject), "{text:?} was written as {written:?}");
    }
    if let Ok(subtree) = parse_subtree(text) {
        let written = subtree.to_string();
        assert_eq!(parse_subtree(&written).ok().as_ref(), Some(&subtree), "{text:?} was written as {written:?}");
    }
    for kind in ["dns:", "ip:", "uri:", "email:"] {
        round_trip::<San>(&format!("{kind}{text}"));
    }
    for kind in ["dns:", "ip:", "uri:", "email:", "dn:"] {
        drop(parse_subtree(&format!("{kind}{text}")));
    }
    drop((DnsName::parse(text), EmailAddress::parse(text), UriName::parse(text)));
}

fn every_reader(bytes: &[u8]) {
    drop(pem::blocks(bytes));
    drop(certificate::read_all(bytes));
    drop(request::read_all(bytes));
    drop(revocation::read_all(bytes));
    drop(private_key::read_all(bytes));
    drop(pkcs7::read(bytes));
    drop(inspect(bytes, Now::at(Time::from_unix(1_790_000_000).unwrap())));
}

/// Text as users type it: letters, digits and what separates them, with now and then anything.
fn typed() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[a-zA-Z0-9:/.@%*=,+ _-]{0,40}",
        1 => any::<String>(),
        1 => r#"(CN|O|OU|DC|C|2\.5\.4\.3)=[^,+"]{0,12}([,+](O|OU|UID)=("[^"]{0,8}"|\\[0-9A-F]{2}|[a-zé#\\ ]{0,8})){0,3}"#,
        1 => "[0-9]{1,20}[smhdwy%]?",
        1 => "[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2}))?",
        1 => "(spiffe|https?|ldap)://[a-zA-Z0-9.:@\\[\\]%-]{0,20}(/[a-zA-Z0-9.%~-]{0,8}){0,3}",
        1 => "([0-9a-fA-F]{2}:?){0,34}",
        1 => "([0-9]{1,3}\\.){3}[0-9]{1,3}(/[0-9]{1,3})?|[0-9a-f:]{2,20}(/[0-9]{1,3})?",
    ]
}

/// A TOML file of about the right shape.
fn toml() -> impl Strategy<Value = String> {
    let key = "(name|default_profile|trust_domain|description|extends|default|max|dns|ip|uri|email|cn|require|allow|set|\
               algorithms|key|extended|ca|path_length|crl|ocsp|issuer|unknown|policies|dir|[a-z]{1,6})";
    let value = r#"("[^"\\\n]{0,20}"|[0-9]{1,20}|true|\[("[a-z0-9.*/:>=-]{0,16}"(, )?){0,3}\]|\{ O = "[a-z]{0,4}" \})"#;
    let table = "(\\[(lifetime|urls|key|usage|names|subject|extensions|publish|[a-z]{1,6})\\])";
    let line = format!("({table}|{key} = {value})\n");
    let lines = prop::string::string_regex(&format!("({line}){{0,8}}")).unwrap();
    prop_oneof![8 => lines, 1 => any::<String>()]
}

/// Real files, made by openssl.
const REAL: &[&[u8]] = &[include_bytes!("fixtures/billing.csr")];

/// A real file with some octets changed, taken out or put in.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let files: Vec<Vec<u8>> = REAL.iter().map(|bytes| bytes.to_vec()).chain(made()).collect();
    let change = (any::<prop::sample::Index>(), any::<u8>(), 0..3_u8);
    (prop::sample::select(files), prop::collection::vec(change, 1..6)).prop_map(|(mut bytes, changes)| {
        for (place, octet, how) in changes {
            if bytes.is_empty() {
                break;
            }
            let at = place.index(bytes.len());
            match how {
                0 => bytes[at] = octet,
                1 => drop(bytes.remove(at)),
                _ => bytes.insert(at, octet),
            }
        }
        bytes
    })
}

/// A certificate, a request and a key of ours, as PEM and as DER.
fn made() -> Vec<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let run = |words: &[&str]| {
        let mut binary = std::process::Command::new(env!("CARGO_BIN_EXE_mtls-ca"));
        let ended = binary.args(words).current_dir(folder.path()).env_clear().output().unwrap();
        assert!(ended.status.success(), "{words:?}");
    };
    run(&["init", "--permit", "dns:internal", "--non-interactive"]);
    run(&["issue", "api.internal", "--profile", "server"]);
    run(&["csr", "other.internal", "--usage", "server"]);
    let texts = ["api.internal.crt", "api.internal.key", "other.internal.csr", "ca.crt"];
    let texts: Vec<Vec<u8>> = texts.iter().map(|file| std::fs::read(folder.path().join(file)).unwrap()).collect();
    let ders: Vec<Vec<u8>> = texts.iter().flat_map(|text| pem::blocks(text).unwrap()).map(|block| block.der).collect();
    [texts, ders].concat()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn words_read_what_they_write(text in typed()) {
        every_word(&text);
    }

    #[test]
    fn escaped_text_has_no_control_characters(text in any::<String>()) {
        prop_assert!(!escaped(&text).chars().any(char::is_control));
    }

    #[test]
    fn settings_are_read_or_refused(text in toml()) {
        drop(Config::parse(&text, Path::new("ca.toml")));
    }

    #[test]
    fn profiles_are_read_or_refused(text in toml()) {
        let source = Source { file: "ca/profiles/own.toml".to_owned(), text };
        if let Ok(set) = ProfileSet::with_files(vec![source])
            && let Ok(profile) = set.get(&"own".parse().unwrap())
        {
            drop((profile.remarks(), profile.settings()));
        }
    }

    #[test]
    fn readers_survive_any_octets(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        every_reader(&bytes);
        every_reader(&[&[0x30, 0x82, 0x01, 0x2c], bytes.as_slice()].concat());
    }

    #[test]
    fn readers_survive_damaged_files(bytes in damaged()) {
        every_reader(&bytes);
    }
}
