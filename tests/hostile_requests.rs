//! Requests that nobody should make, each signed by the real binary: `tests/vectors/hostile-requests.toml`
//! says of each how it is made, how the process ends, and which rules say so.

mod flawed_rsa;
mod forge;
mod session;
mod terminal;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Output;

use forge::{Claim, Key, Wish, hex, tlv};
use serde::Deserialize;
use serde_json::Value;
use session::Session;
use terminal::{document, harmless};

const CASES: &str = include_str!("vectors/hostile-requests.toml");
const CASES_IN_TABLE: usize = 176;

/// RFC 9500 section 2.3, testECCP256: its public point.
const RFC_9500: &str = "04422548f88fb782ffb5eca3744452c72a1e558fbd6f73be5e48e93232cc45c5b1\
                        6c4cd10c4cb8d5b8a17139e94882c8992572993425f41419ab7e90a42a494272";
/// RFC 8410 section 10.1.
const RFC_8410: &str = "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1";
/// The base point of P-256 (FIPS 186-4 appendix D.1.2.3).
const BASE_POINT: &str = "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296\
                          4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";

const P256: &str = "1.2.840.10045.3.1.7";
const ECDSA_SHA256: &str = "1.2.840.10045.4.3.2";
const RSA_SHA256: &str = "1.2.840.113549.1.1.11";
const ED25519: &str = "1.3.101.112";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default = "server")]
    profile: String,
    subject: Option<Vec<String>>,
    sans: Option<Vec<String>>,
    #[serde(default)]
    extensions: Vec<String>,
    #[serde(default)]
    attributes: Vec<String>,
    #[serde(default)]
    scattered: bool,
    #[serde(default)]
    padding: usize,
    times: Option<String>,
    key: Option<String>,
    spoil: Option<String>,
    openssl: Option<String>,
    exit: i32,
    kind: Option<String>,
    #[serde(default)]
    rules: Vec<String>,
    granted: Option<Vec<String>>,
    #[serde(default)]
    remarks: Vec<String>,
}

fn server() -> String {
    "server".to_owned()
}

const STRICT: &str = "extends = \"server\"\n[names]\ndns = [\"api.internal\"]\nuri = []\nemail = []\nip = []\n\
                      [extensions]\nunknown = \"error\"\n";

#[test]
fn each_request_ends_as_its_row_says() {
    let table: Table = toml::from_str(CASES).unwrap();
    let names: BTreeSet<&str> = table.case.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names.len(), table.case.len(), "two rows have the same name");
    assert_eq!(table.case.len(), CASES_IN_TABLE, "rows came or went: say here how many there are");

    let halves = table.case.split_at(table.case.len() / 2);
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let (first, second) = (scope.spawn(|| try_all(halves.0)), scope.spawn(|| try_all(halves.1)));
        [first.join().unwrap(), second.join().unwrap()].concat()
    });
    println!("COUNTED hostile requests: {}", table.case.len());
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), table.case.len(), wrong.join("\n"));
}

/// Whether openssl takes the signature of a request for that of its key.
fn proves_possession(session: &Session, request: &[u8]) -> bool {
    fs::write(session.path().join("proof.csr"), request).unwrap();
    let words = ["req", "-inform", "DER", "-in", "proof.csr", "-noout", "-verify"];
    let said = session.command("openssl", &words).output().unwrap();
    String::from_utf8_lossy(&said.stderr).contains("verify OK")
}

/// badkeys, by the finders of ROCA among others, and openssl, which multiplies primes of no special form.
#[test]
#[ignore = "run by ./tests/run.sh hostile: needs badkeys"]
fn badkeys_says_the_same_of_keys_that_can_be_computed() {
    let Some(badkeys) = std::env::var_os("MTLS_CA_TEST_PYTHON").map(|folder| Path::new(&folder).join("badkeys")) else {
        return println!("SKIPPED system badkeys: MTLS_CA_TEST_PYTHON is not set");
    };
    if !badkeys.exists() {
        return println!("SKIPPED system badkeys: `{}` is missing", badkeys.display());
    }
    let table: Table = toml::from_str(CASES).unwrap();
    let session = Session::new();
    session.ok(&["init", "--name", "Example"]);
    let row = |key: &str| table.case.iter().find(|case| case.key.as_deref() == Some(key)).unwrap();
    let divisible = row("RSA divisible by 3").make(&session, &Key::new());
    let body = data_encoding::BASE64.encode(&divisible);
    let pem = format!("-----BEGIN CERTIFICATE REQUEST-----\n{body}\n-----END CERTIFICATE REQUEST-----\n");
    fs::write(session.path().join("divisible.csr"), pem).unwrap();
    for (name, key) in [("roca", flawed_rsa::roca()), ("close", flawed_rsa::close_primes())] {
        fs::write(session.path().join(format!("{name}.csr")), flawed_rsa::request(&session, &key)).unwrap();
    }
    let sound = (0..4).map(|number| format!("sound{number}"));
    let made = sound.map(|name| {
        let line = format!("openssl req -new -newkey rsa:2048 -nodes -keyout {name}.key -subj /CN=a -out {name}.csr");
        assert!(session.command("bash", &["-c", &line]).output().unwrap().status.success());
        (name, None)
    });
    let all: Vec<(String, Option<(&str, &str)>)> = made
        .chain([
            ("divisible".to_owned(), Some(("smallfactors", "policy.key_small_factor"))),
            ("roca".to_owned(), Some(("roca", "policy.key_roca"))),
            ("close".to_owned(), Some(("fermat", "policy.key_close_primes"))),
        ])
        .collect();
    for (name, weakness) in all {
        let file = format!("{name}.csr");
        // The number that is divisible by 3 is one less than a square, too.
        let checks = weakness.map_or("roca,smallfactors,fermat", |(check, _)| check);
        let words = ["-c", checks, "-a", "-j", &file];
        let judged = session.command(badkeys.to_str().unwrap(), &words).output().unwrap();
        let judged = document(&file, &judged.stdout);
        let found: Vec<&String> = judged["results"].as_object().unwrap().keys().collect();
        assert_eq!(found, weakness.iter().map(|(check, _)| *check).collect::<Vec<_>>(), "{file}");
        let ours = session.mtls_ca(&["sign", &file, "--dry-run", "--json"]).output().unwrap();
        let ours = codes(&document(&file, &ours.stdout)["error"]["findings"], |_| true);
        assert_eq!(ours, weakness.iter().map(|(_, rule)| (*rule).to_owned()).collect(), "{file}");
    }
}

/// What is wrong, of these cases with a CA of their own.
fn try_all(cases: &[Case]) -> Vec<String> {
    let session = Session::new();
    session.ok(&["init", "--name", "Example"]);
    fs::write(session.path().join("ca/profiles/strict.toml"), STRICT).unwrap();
    let compromised = Key::new();
    compromise(&session, &compromised);
    let attempt = |case: &Case| {
        let made = case.make(&session, &compromised);
        assert!(case.key.as_deref() != Some("Ed25519 identity") || proves_possession(&session, &made));
        fs::write(session.path().join("x.csr"), &made).unwrap();
        case.try_it(&session).err().map(|found| format!("{}: {found}", case.name))
    };
    cases.iter().filter_map(attempt).collect()
}

/// A key of a certificate that was revoked because others have it.
fn compromise(session: &Session, key: &Key) {
    fs::write(session.path().join("old.csr"), key.request(&plain())).unwrap();
    session.ok(&["sign", "old.csr", "--profile", "server"]);
    session.ok(&["revoke", "old.crt", "--reason", "keyCompromise"]);
}

fn plain() -> Wish {
    Wish {
        subject: vec!["CN=api.internal".to_owned()],
        sans: vec!["dns:api.internal".to_owned()],
        extensions: Vec::new(),
        attributes: Vec::new(),
        scattered: false,
        padding: 0,
    }
}

impl Case {
    fn try_it(&self, session: &Session) -> Result<(), String> {
        let rows = session.ledger();
        let sign = ["sign", "x.csr", "--profile", &self.profile, "--out", "x.crt", "--force"];
        // Once in words, without an effect, and once in JSON.
        let planned = session.mtls_ca(&["sign", "x.csr", "--profile", &self.profile, "--dry-run"]).output().unwrap();
        let Output { status, stdout, stderr } = session.mtls_ca(&[&sign[..], &["--json"]].concat()).output().unwrap();
        for (stream, bytes) in [("plan", &planned.stdout), ("told", &planned.stderr), ("note", &stderr)] {
            harmless(&format!("{} ({stream})", self.name), bytes);
        }
        let found = document(&self.name, &stdout);
        let expect = |what: &str, found: &dyn std::fmt::Debug, wanted: &dyn std::fmt::Debug| {
            let (found, wanted) = (format!("{found:?}"), format!("{wanted:?}"));
            if found == wanted { Ok(()) } else { Err(format!("{what} {found}, not {wanted}")) }
        };
        expect("exit", &status.code(), &Some(self.exit))?;
        expect("exit of the dry run", &planned.status.code(), &Some(self.exit))?;
        if self.exit == 0 {
            let certificate = &found["certificates"][0];
            if let Some(granted) = &self.granted {
                expect("granted", &texts(&certificate["names"]), granted)?;
            }
            let codes = codes(&certificate["findings"], |_| true);
            let missing: Vec<&String> = self.remarks.iter().filter(|code| !codes.contains(*code)).collect();
            return expect("missing remarks", &missing, &Vec::<String>::new());
        }
        let error = &found["error"];
        let kind = self.kind.as_deref().unwrap_or("refused");
        expect("kind", &error["kind"].as_str().unwrap_or_default(), &kind)?;
        let wanted: BTreeSet<String> = self.rules.iter().cloned().collect();
        expect("rules", &codes(&error["findings"], |finding| finding["severity"] == "error"), &wanted)?;
        if error["hints"].as_array().is_none_or(Vec::is_empty) {
            return Err("nothing to type next".to_owned());
        }
        expect("rows of the ledger", &session.ledger(), &rows)
    }

    fn make(&self, session: &Session, compromised: &Key) -> Vec<u8> {
        if let Some(line) = &self.openssl {
            let made = session.command("bash", &["-c", line]).output().unwrap();
            assert!(made.status.success(), "{}: {}", self.name, String::from_utf8_lossy(&made.stderr));
            return fs::read(session.path().join("x.csr")).unwrap();
        }
        let wish = self.wish();
        let made = match self.key.as_deref() {
            None => Key::new().request(&wish),
            Some("compromised") => compromised.request(&wish),
            Some("stolen") => Key::new().request_for(&wish, &Key::new().spki()),
            Some("ROCA") => return flawed_rsa::request(session, &flawed_rsa::roca()),
            Some("RSA close primes") => return flawed_rsa::request(session, &flawed_rsa::close_primes()),
            Some(claim) => self.claim(claim).request(&wish),
        };
        self.spoiled(made)
    }

    fn wish(&self) -> Wish {
        let plain = plain();
        let mut wish = Wish {
            subject: self.subject.clone().unwrap_or(plain.subject),
            sans: self.sans.clone().unwrap_or(plain.sans),
            extensions: self.extensions.clone(),
            attributes: self.attributes.clone(),
            scattered: self.scattered,
            padding: self.padding,
        };
        if let Some(times) = &self.times {
            let (what, count) = times.split_once(' ').unwrap();
            let numbers = 0..count.parse::<usize>().unwrap();
            match what {
                "sans" => wish.sans = numbers.map(|n| format!("dns:h{n}.internal")).collect(),
                "subject" => wish.subject = numbers.map(|n| format!("OU=unit {n}")).collect(),
                // With that of the names, one less stands here.
                "extensions" => wish.extensions = numbers.skip(1).map(|n| format!("1.2.3.{n} 0500")).collect(),
                "attributes" => wish.attributes = numbers.skip(1).map(|n| format!("1.2.3.{n} 0500")).collect(),
                "letters" => {
                    let label = "a".repeat(49);
                    let name = [label.as_str(); 6].join(".");
                    wish.sans = vec![format!("dns:{}", &name[..numbers.end])];
                }
                other => panic!("{other} are not counted"),
            }
        }
        match self.spoil.as_deref() {
            Some("nested names") => {
                wish.sans = Vec::new();
                wish.extensions = vec![format!("2.5.29.17 {}", data_encoding::HEXLOWER.encode(&nested(Vec::new())))];
            }
            Some("nested extension") => {
                wish.extensions = vec![format!("1.2.3.4.5 {}", data_encoding::HEXLOWER.encode(&nested(Vec::new())))];
            }
            Some("nested attribute") => {
                wish.attributes = vec![format!("1.2.3.4.5 {}", data_encoding::HEXLOWER.encode(&nested(Vec::new())))];
            }
            _ => {}
        }
        wish
    }

    /// A key that the requester does not have, or nobody can have.
    fn claim(&self, claim: &str) -> Claim {
        let ec = |point: &[u8]| Claim {
            spki: forge::ec_key(P256, point),
            algorithm: ECDSA_SHA256.to_owned(),
            signature: hex("300602010102 0101".replace(' ', "").as_str()),
        };
        let rsa = |modulus: &[u8], exponent: &[u8]| Claim {
            spki: forge::rsa_key(modulus, exponent),
            algorithm: RSA_SHA256.to_owned(),
            signature: vec![1; 256],
        };
        let own = || Claim { spki: Key::new().spki(), ..ec(&[]) };
        // 2^2048 - 1942289 has no divisor below 1000.
        let modulus = [vec![0xff; 253], vec![0xe2, 0x5c, 0xef]].concat();
        match claim {
            "unsigned" => Claim { signature: Vec::new(), ..own() },
            "zero signature" => Claim { signature: hex("3006020100020100"), ..own() },
            "RSA algorithm" => Claim { algorithm: RSA_SHA256.to_owned(), ..own() },
            "unknown algorithm" => Claim { algorithm: "1.2.3.4".to_owned(), ..own() },
            "RFC 9500" => ec(&hex(&RFC_9500.replace(' ', ""))),
            "base point" => ec(&hex(&BASE_POINT.replace(' ', ""))),
            "infinity" => ec(&[0]),
            "compressed" => ec(&[&[2][..], &[7; 32]].concat()),
            "off the curve" => ec(&[&[4][..], &[7; 64]].concat()),
            "wrong length" => ec(&[&[4][..], &[7; 96]].concat()),
            "no curve" => {
                let identifier = tlv(forge::SEQUENCE, &forge::oid("1.2.840.10045.2.1"));
                let point = tlv(forge::BIT_STRING, &[&[0, 4][..], &[7; 64]].concat());
                Claim { spki: tlv(forge::SEQUENCE, &[identifier, point].concat()), ..ec(&[]) }
            }
            "RFC 8410" => Claim {
                spki: forge::ed25519_key(&hex(RFC_8410)),
                algorithm: ED25519.to_owned(),
                signature: vec![0; 64],
            },
            // For the neutral element, R = the neutral element and S = 0 satisfy S·B = R + k·A, whatever
            // is signed (RFC 8032 section 5.1.7).
            "Ed25519 identity" => {
                let identity = [vec![1], vec![0; 31]].concat();
                Claim {
                    spki: forge::ed25519_key(&identity),
                    algorithm: ED25519.to_owned(),
                    signature: [identity, vec![0; 32]].concat(),
                }
            }
            "X25519" => {
                let identifier = tlv(forge::SEQUENCE, &forge::oid("1.3.101.110"));
                let point = tlv(forge::BIT_STRING, &[&[0][..], &[9; 32]].concat());
                Claim { spki: tlv(forge::SEQUENCE, &[identifier, point].concat()), ..ec(&[]) }
            }
            "RSA of 16384 bits" => rsa(&[0xff; 2048], &[1, 0, 1]),
            "RSA exponent 1" => rsa(&modulus, &[1]),
            "RSA exponent 65538" => rsa(&modulus, &[1, 0, 2]),
            "RSA exponent 2^33+1" => rsa(&modulus, &[2, 0, 0, 0, 1]),
            "RSA exponent of 2048 bits" => rsa(&modulus, &modulus),
            "RSA even modulus" => rsa(&[0xfe; 256], &[1, 0, 1]),
            "RSA divisible by 3" => rsa(&[0xff; 256], &[1, 0, 1]),
            "RSA modulus 0" => rsa(&[0], &[1, 0, 1]),
            "RSA negative modulus" => {
                let numbers = [tlv(forge::INTEGER, &[0x80; 256]), forge::integer(&[1, 0, 1])].concat();
                let identifier = [forge::oid("1.2.840.113549.1.1.1"), vec![5, 0]].concat();
                let bits = [vec![0], tlv(forge::SEQUENCE, &numbers)].concat();
                let parts = [tlv(forge::SEQUENCE, &identifier), tlv(forge::BIT_STRING, &bits)].concat();
                Claim { spki: tlv(forge::SEQUENCE, &parts), ..rsa(&[], &[]) }
            }
            other => panic!("no key is called {other}"),
        }
    }

    fn spoiled(&self, made: Vec<u8>) -> Vec<u8> {
        let pem =
            |body: &str| format!("-----BEGIN CERTIFICATE REQUEST-----\n{body}\n-----END CERTIFICATE REQUEST-----\n");
        match self.spoil.as_deref() {
            None | Some("nested names" | "nested extension" | "nested attribute") => made,
            Some("zeros") => vec![0; 10_000_000],
            Some("empty") => Vec::new(),
            Some("cut off") => made[..made.len() / 2].to_vec(),
            Some("trailing") => [made, vec![5, 0]].concat(),
            Some("twice") => pem(&data_encoding::BASE64.encode(&made)).repeat(2).into_bytes(),
            Some("broken PEM") => pem("MIIB!!!!").into_bytes(),
            // The same with a length that is not given (X.690 section 8.1.3.6), which DER does not allow.
            Some("indefinite") => [vec![0x30, 0x80], made[3..].to_vec(), vec![0, 0]].concat(),
            Some("nested") => nested(made),
            Some("open") => vec![0x30; 100_000],
            Some("altered") => {
                let at = made.windows(3).position(|window| window == b"api").unwrap();
                let mut altered = made;
                altered[at] = b'b';
                altered
            }
            Some(other) => panic!("no request is spoiled by {other}"),
        }
    }
}

fn nested(inner: Vec<u8>) -> Vec<u8> {
    (0..10_000).fold(inner, |inner, _| tlv(forge::SEQUENCE, &inner))
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(|text| text.as_str().map(str::to_owned)).collect()
}

fn codes(findings: &Value, keep: impl Fn(&&Value) -> bool) -> BTreeSet<String> {
    let found = findings.as_array().into_iter().flatten().filter(keep);
    found.filter_map(|finding| finding["code"].as_str().map(str::to_owned)).collect()
}
