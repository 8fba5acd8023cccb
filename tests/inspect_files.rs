//! What is said of files that `openssl` made, whole and broken.

use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use mtls_ca::Now;
use mtls_ca::examine::fingerprint::fingerprints;
use mtls_ca::examine::inspect::{InspectError, Item, inspect, inspect_unlocking};
use mtls_ca::keys::Passphrase;
use mtls_ca::store::read::LARGEST_FILE;
use proptest::prelude::*;
use serde_json::Value;

/// Runs `openssl` with these words, `|` between them, and gives back what it printed.
fn openssl(folder: &Path, words: &str) -> String {
    let output = Command::new("openssl").args(words.split('|')).current_dir(folder).output().expect("openssl runs");
    assert!(output.status.success(), "openssl {words}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// One folder for all tests: a root, an intermediate, a leaf, its request, keys and CRLs in every
/// form that is read.
static FOLDER: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let new_key = |name: &str| format!("-newkey|ec|-pkeyopt|ec_paramgen_curve:P-256|-nodes|-keyout|{name}.key");
    let config = "[ca]\ndefault_ca=d\n[d]\ndatabase=index\ncrlnumber=number\ndefault_md=sha256\ndefault_crl_days=7\n\
                  [sub]\nbasicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\n\
                  subjectKeyIdentifier=hash\n[bad]\nsubjectAltName=DER:30:82:ff\n";
    std::fs::write(at.join("conf"), config).unwrap();
    std::fs::write(at.join("index"), "").unwrap();
    std::fs::write(at.join("number"), "1A2B\n").unwrap();
    let root = "req|-x509|-days|3650|-subj|/DC=org/DC=example/CN=Root|-addext|keyUsage=critical,keyCertSign,cRLSign";
    openssl(at, &format!("{root}|-out|root.crt|{}", new_key("root")));
    openssl(at, "req|-x509|-days|9|-key|root.key|-subj|/CN=Other|-out|short.crt");
    openssl(at, &format!("{root}|-out|again.crt|{}", new_key("again")));
    openssl(at, &format!("req|-new|-subj|/CN=Issuing|-out|sub.csr|{}", new_key("sub")));
    let sign = |what: &str, by: &str, days: u32, rest: &str| {
        openssl(
            at,
            &format!("x509|-req|-in|{what}.csr|-CA|{by}.crt|-CAkey|{by}.key|-days|{days}|-out|{what}.crt|{rest}"),
        )
    };
    sign("sub", "root", 30, "-extfile|conf|-extensions|sub");
    let leaf = "req|-new|-subj|/O=Example/CN=svc-a|-addext|subjectAltName=DNS:a.internal,IP:10.0.0.1,URI:spiffe://example.org/a\
                |-addext|extendedKeyUsage=serverAuth,clientAuth|-addext|keyUsage=critical,digitalSignature|-out|leaf.csr";
    openssl(at, &format!("{leaf}|{}", new_key("leaf")));
    sign("leaf", "sub", 90, "-copy_extensions|copyall");
    openssl(at, "req|-new|-key|leaf.key|-subj|/CN=bad|-out|bad.csr");
    sign("bad", "sub", 1, "-extfile|conf|-extensions|bad");
    openssl(at, "req|-new|-key|leaf.key|-utf8|-subj|/CN=red \u{1b}[31m\u{202e}x|-out|red.csr");

    openssl(at, "ca|-config|conf|-gencrl|-keyfile|root.key|-cert|root.crt|-out|empty.crl");
    openssl(at, "ca|-config|conf|-revoke|sub.crt|-crl_reason|keyCompromise|-keyfile|root.key|-cert|root.crt");
    openssl(at, "ca|-config|conf|-revoke|leaf.crt|-keyfile|root.key|-cert|root.crt");
    openssl(at, "ca|-config|conf|-gencrl|-keyfile|root.key|-cert|root.crt|-out|root.crl");

    openssl(at, "x509|-in|leaf.crt|-outform|DER|-out|leaf.der");
    openssl(at, "req|-in|leaf.csr|-outform|DER|-out|csr.der");
    openssl(at, "crl|-in|root.crl|-outform|DER|-out|crl.der");
    openssl(at, "x509|-in|leaf.crt|-trustout|-addtrust|serverAuth|-out|trusted.crt");
    openssl(at, "x509|-in|leaf.crt|-text|-out|text.crt");
    openssl(at, "ec|-in|leaf.key|-out|sec1.key");
    openssl(at, "ec|-in|leaf.key|-aes128|-passout|pass:open|-out|traditional.key");
    openssl(at, "pkcs8|-topk8|-in|leaf.key|-passout|pass:open|-out|sealed.key");
    openssl(at, "pkcs8|-topk8|-in|leaf.key|-nocrypt|-outform|DER|-out|key.der");
    openssl(at, "genrsa|-traditional|-out|rsa.key|2048");
    openssl(at, "rsa|-in|rsa.key|-RSAPublicKey_out|-out|rsa.pub");
    openssl(at, "genpkey|-algorithm|ED25519|-out|ed.key");
    openssl(at, "ecparam|-name|secp256k1|-genkey|-out|k1.key");
    openssl(at, "pkey|-in|leaf.key|-pubout|-out|leaf.pub");
    openssl(at, "crl2pkcs7|-certfile|leaf.crt|-certfile|sub.crt|-in|root.crl|-out|chain.p7b");
    openssl(at, "crl2pkcs7|-nocrl|-certfile|leaf.crt|-outform|DER|-out|p7.der");
    openssl(at, "pkcs12|-export|-in|leaf.crt|-inkey|leaf.key|-passout|pass:x|-out|store.p12");
    folder
});

fn file(name: &str) -> Vec<u8> {
    std::fs::read(FOLDER.path().join(name)).unwrap()
}

fn files(names: &[&str]) -> Vec<u8> {
    names.iter().flat_map(|name| file(name)).collect()
}

fn now() -> Now {
    Now::from_system()
}

fn later(days: i64) -> Now {
    Now::at(now().time().plus_seconds(days * 86_400))
}

fn json(items: &[Item]) -> Value {
    serde_json::to_value(items).unwrap()
}

fn seen(bytes: &[u8]) -> Value {
    json(&inspect(bytes, now()).unwrap())
}

fn codes(bytes: &[u8], now: Now) -> Vec<Vec<&'static str>> {
    let of_inspection = |item: &Item| {
        item.remarks.iter().map(|remark| remark.code).filter(|code| code.starts_with("inspect.")).collect()
    };
    inspect(bytes, now).unwrap().iter().map(of_inspection).collect()
}

#[test]
fn each_kind_of_file_is_known() {
    for (name, kinds) in [
        ("leaf.crt", "certificate pem"),
        ("leaf.der", "certificate der"),
        ("trusted.crt", "certificate pem"),
        ("text.crt", "certificate pem"),
        ("leaf.csr", "request pem"),
        ("csr.der", "request der"),
        ("root.crl", "crl pem"),
        ("crl.der", "crl der"),
        ("leaf.key", "private_key pem"),
        ("sec1.key", "private_key pem"),
        ("rsa.key", "private_key pem"),
        ("ed.key", "private_key pem"),
        ("traditional.key", "private_key pem"),
        ("sealed.key", "private_key pem"),
        ("key.der", "private_key der"),
        ("k1.key", "other pem, private_key pem"),
        ("leaf.pub", "public_key pem"),
        ("rsa.pub", "public_key pem"),
        ("chain.p7b", "pkcs7 pem, certificate pkcs7, certificate pkcs7, crl pkcs7"),
        ("p7.der", "pkcs7 der, certificate pkcs7"),
        ("store.p12", "key_store der"),
    ] {
        let seen = seen(&file(name));
        let kind = |item: &Value| format!("{} {}", item["kind"].as_str().unwrap(), item["form"].as_str().unwrap());
        assert_eq!(seen.as_array().unwrap().iter().map(kind).collect::<Vec<_>>().join(", "), kinds, "{name}");
    }
    let bare = data_encoding::BASE64.encode(&file("leaf.der"));
    assert_eq!(seen(bare.as_bytes())[0]["form"], "base64");
    let two = [file("leaf.der"), file("crl.der"), b"rest".to_vec()].concat();
    let found = inspect(&two, now()).unwrap();
    assert_eq!(found.len(), 2);
    assert!(found[1].remarks.iter().any(|remark| remark.code == "inspect.trailing_octets"));
}

#[test]
fn a_certificate_is_described_as_openssl_describes_it() {
    let certificate = &seen(&file("leaf.crt"))[0];
    assert_eq!(certificate["subject"]["rfc4514"], "CN=svc-a,O=Example");
    assert_eq!(certificate["subject"]["oneline"], "/O=Example/CN=svc-a");
    assert_eq!(certificate["subject"]["ldap"], "cn=svc-a,o=Example");
    let names = ["dns:a.internal", "ip:10.0.0.1", "uri:spiffe://example.org/a"];
    assert_eq!(certificate["names"], serde_json::json!(names));
    assert_eq!(certificate["usage"]["words"], "TLS server and client");
    assert_eq!(certificate["usage"]["key_usage"], serde_json::json!(["digitalSignature"]));
    assert_eq!(certificate["key"]["algorithm"], "ecdsa-p256");
    assert_eq!(certificate["validity"]["standing"], "valid");

    let at = FOLDER.path();
    let after_equals = |text: String| text.trim().rsplit('=').next().unwrap().to_owned();
    let printed = after_equals(openssl(at, "x509|-in|leaf.crt|-noout|-fingerprint|-sha256"));
    assert_eq!(certificate["sha256"]["colons"], printed);
    let printed = after_equals(openssl(at, "x509|-in|leaf.crt|-noout|-serial")).to_lowercase();
    assert_eq!(certificate["serial"], printed);
    openssl(at, "pkey|-pubin|-in|leaf.pub|-outform|DER|-out|pub.der");
    let printed = openssl(at, "dgst|-sha256|-r|pub.der");
    assert_eq!(certificate["key"]["spki_sha256"]["hex"], printed.split(' ').next().unwrap());
    let root = &seen(&file("root.crt"))[0];
    assert_eq!(root["subject"]["rfc4514"], "CN=Root,DC=example,DC=org");
    assert_eq!(root["self_signed"], true);
    assert_eq!(seen(&file("sub.crt"))[0]["usage"]["words"], "may sign certificates and CRLs, no CA below");
}

#[test]
fn every_form_of_a_key_has_the_fingerprint_of_its_certificate() {
    let of = |bytes: &[u8]| fingerprints(&inspect(bytes, now()).unwrap())[0].spki_sha256.clone().unwrap();
    let expected = of(&file("leaf.crt"));
    for name in ["leaf.key", "sec1.key", "key.der", "leaf.pub", "leaf.csr"] {
        assert_eq!(of(&file(name)), expected, "{name}");
    }
    let open = Passphrase::new(b"open".to_vec()).unwrap();
    let items = inspect_unlocking(&file("sealed.key"), &open, now()).unwrap();
    assert_eq!(fingerprints(&items)[0].spki_sha256.as_ref(), Some(&expected));
    let wrong = Passphrase::new(b"wrong".to_vec()).unwrap();
    assert!(matches!(inspect_unlocking(&file("sealed.key"), &wrong, now()), Err(InspectError::Locked(_))));

    let sealed = &seen(&file("sealed.key"))[0];
    assert_eq!(sealed["encrypted"], true);
    assert_eq!(sealed["protection"], "PBES2, PBKDF2 (2048 rounds of HMAC-SHA-256), AES-256-CBC");
    assert_eq!(seen(&file("traditional.key"))[0]["encrypted"], true);
    assert_eq!(seen(&file("rsa.key"))[0]["algorithm"], "rsa-2048");
    assert_eq!(seen(&file("ed.key"))[0]["algorithm"], "ed25519");
    assert_eq!(seen(&file("k1.key"))[1]["algorithm"], "secp256k1");
    assert_eq!(seen(&file("rsa.pub"))[0]["key"], Value::Null);
}

#[test]
fn nothing_of_a_private_key_is_said_or_printed_again() {
    let der = file("key.der");
    for name in ["leaf.key", "sec1.key", "key.der"] {
        let items = inspect(&file(name), now()).unwrap();
        let text = format!("{items:?}{}", json(&items));
        // The private scalar of PKCS#8 P-256 as OpenSSL writes it stands at octets 36 to 68.
        let scalar = &der[36..68];
        assert!(!text.contains(&data_encoding::HEXLOWER.encode(scalar)), "{name}");
        assert!(!text.contains(&format!("{:?}", scalar).replace(['[', ']'], "")), "{name}");
        assert_eq!(items[0].pem(), None);
    }
    assert_eq!(inspect(&file("text.crt"), now()).unwrap()[0].pem().unwrap().into_bytes(), file("leaf.crt"));
}

#[test]
fn a_crl_is_counted_and_its_freshness_said() {
    let crl = &seen(&file("root.crl"))[0];
    assert_eq!(crl["number"], "1a2c");
    assert_eq!(crl["entry_count"], 2);
    assert_eq!(crl["reasons"], serde_json::json!({ "keyCompromise": 1, "unspecified": 1 }));
    assert_eq!(crl["freshness"], "fresh");
    let stale = inspect(&file("root.crl"), later(10)).unwrap();
    assert_eq!(json(&stale)[0]["freshness_words"], "stale for 3 days");
    assert_eq!(codes(&file("root.crl"), later(10)), [["inspect.crl_stale"]]);
    assert_eq!(codes(&files(&["root.crt", "root.crl"]), now()), [[""; 0], []]);
    assert_eq!(codes(&files(&["again.crt", "root.crl"]), now()), [vec![], vec!["inspect.issuer_other_key"]]);
}

#[test]
fn a_request_that_proves_nothing_is_told() {
    let good = &seen(&file("leaf.csr"))[0];
    assert_eq!(good["proof_of_possession"]["holds"], true);
    let mut broken = file("csr.der");
    let inside = broken.len() - 80;
    broken[inside - 40] ^= 1;
    let items = inspect(&broken, now()).unwrap();
    assert_eq!(items[0].remarks[0].code, "inspect.no_proof_of_possession");
}

#[test]
fn time_and_kinship_are_remarked_upon() {
    let none: Vec<&str> = vec![];
    for (names, days, expected) in [
        (
            &["leaf.crt", "sub.crt", "root.crt"][..],
            0,
            vec![vec!["inspect.outlives_issuer"], none.clone(), none.clone()],
        ),
        (&["leaf.crt"], 80, vec![vec!["inspect.expires_soon"]]),
        (&["leaf.crt"], 91, vec![vec!["inspect.expired"]]),
        (&["leaf.crt"], -1, vec![vec!["inspect.not_yet_valid"]]),
        (&["leaf.crt", "root.crt"], 0, vec![vec!["inspect.issuer_missing"], none.clone()]),
        (
            &["leaf.crt", "root.crt", "sub.crt"],
            0,
            vec![vec!["inspect.outlives_issuer", "inspect.chain_order"], none.clone(), none.clone()],
        ),
        (&["sub.crt", "again.crt"], 0, vec![vec!["inspect.issuer_other_key"], none.clone()]),
        (&["root.crt", "root.crt"], 0, vec![none.clone(), vec!["inspect.repeated"]]),
        (&["leaf.key", "leaf.crt"], 0, vec![vec!["inspect.key_matches"], none.clone()]),
        (&["leaf.crt", "rsa.key"], 0, vec![none.clone(), vec!["inspect.key_matches_none"]]),
        (&["root.crt", "short.crt"], 0, vec![none.clone(), vec![]]),
    ] {
        assert_eq!(codes(&files(names), later(days)), expected, "{names:?} after {days} days");
    }
}

#[test]
fn what_a_terminal_would_obey_is_escaped() {
    let request = &seen(&file("red.csr"))[0];
    assert_eq!(request["subject"]["common_name"], "red \\u{1b}[31m\\u{202e}x");
    assert_eq!(request["subject"]["rfc4514"], "CN=red \\1B[31m\\E2\\80\\AEx");
    let bad = &seen(&file("bad.crt"))[0]["extensions"][0];
    assert_eq!(bad["reading"], "malformed");
    assert_eq!(bad["value"], "3082ff");
}

#[test]
fn what_is_nothing_known_is_refused_politely() {
    let error = |bytes: &[u8]| inspect(bytes, now()).unwrap_err().to_string();
    assert_eq!(error(b" \n"), "it is empty");
    assert!(error(b"hello").contains("text without any `-----BEGIN` line"));
    assert!(error(&[0, 159, 146, 150]).contains("binary data that is not DER"));
    assert!(error(b"\xff\xfe-\0").contains("UTF-16"));
    assert!(error(&vec![b'0'; usize::try_from(LARGEST_FILE).unwrap() + 1]).contains("larger than 10 MB"));
    let cut = file("leaf.der");
    assert!(error(&cut[..cut.len() - 9]).contains("cut off"));
    let begun = "-----BEGIN CERTIFICATE-----\nMIIB\n";
    assert!(error(begun.as_bytes()).contains("PEM block `CERTIFICATE`"));
    let both = [begun.as_bytes(), &file("leaf.crt")].concat();
    let kinds: Vec<Value> = seen(&both).as_array().unwrap().iter().map(|item| item["kind"].clone()).collect();
    assert_eq!(kinds, ["unreadable", "certificate"]);
}

/// Every text within a JSON value.
fn texts<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => found.push(text),
        Value::Array(values) => values.iter().for_each(|value| texts(value, found)),
        Value::Object(members) => members.values().for_each(|value| texts(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// One way to break a file.
#[derive(Debug, Clone)]
enum Damage {
    Flip(prop::sample::Index, u8),
    Insert(prop::sample::Index, Vec<u8>),
    Remove(prop::sample::Index, usize),
    Cut(prop::sample::Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = any::<prop::sample::Index>;
    prop_oneof![
        4 => (at(), 1..=255_u8).prop_map(|(at, bits)| Damage::Flip(at, bits)),
        1 => (at(), prop::collection::vec(any::<u8>(), 1..9)).prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        1 => (at(), 1..9_usize).prop_map(|(at, many)| Damage::Remove(at, many)),
        1 => at().prop_map(Damage::Cut),
    ]
}

fn damaged(mut bytes: Vec<u8>, damages: &[Damage]) -> Vec<u8> {
    for damage in damages {
        if bytes.is_empty() {
            return bytes;
        }
        match damage {
            Damage::Flip(at, bits) => *at.get_mut(&mut bytes) ^= bits,
            Damage::Insert(at, inserted) => {
                let at = at.index(bytes.len());
                bytes.splice(at..at, inserted.iter().copied());
            }
            Damage::Remove(at, many) => {
                let at = at.index(bytes.len());
                bytes.drain(at..(at + many).min(bytes.len()));
            }
            Damage::Cut(at) => bytes.truncate(at.index(bytes.len())),
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_damage_makes_it_panic_or_print_control_characters(
        name in prop::sample::select(vec![
            "leaf.der", "csr.der", "crl.der", "key.der", "p7.der", "store.p12",
            "leaf.crt", "chain.p7b", "sealed.key", "traditional.key", "text.crt", "k1.key",
        ]),
        damages in prop::collection::vec(damage(), 1..6),
    ) {
        if let Ok(items) = inspect(&damaged(file(name), &damages), now()) {
            let value = json(&items);
            let mut found = Vec::new();
            texts(&value, &mut found);
            prop_assert!(found.iter().all(|text| !text.chars().any(char::is_control)));
            drop(items.iter().map(Item::pem).collect::<Vec<_>>());
            drop(fingerprints(&items));
        }
    }
}
