//! Our answers beside those of `openssl verify -x509_strict`, on chains that openssl itself makes: sound
//! ones, and one broken chain for each thing that both look at.

use std::fs;
use std::path::Path;
use std::process::Command;

use mtls_ca::encoding::certificate;
use mtls_ca::examine::verify::{Question, verify};
use mtls_ca::x509::certificate::Certificate;
use mtls_ca::x509::usage::Purpose;
use mtls_ca::{Now, Time};

/// A chain root, issuing CA, leaf: what each says, and what is to come out.
struct Case {
    name: &'static str,
    root: &'static str,
    issuing: &'static str,
    leaf: &'static str,
    purpose: Purpose,
    accepted: bool,
}

const CA: &str =
    "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n";
const KEYS: &str = "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n";
const LEAF: &str = "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n";
const CLIENT: &str = "extendedKeyUsage=clientAuth\n";
const SERVER: &str = "extendedKeyUsage=serverAuth\n";

fn cases() -> Vec<Case> {
    let sound = |name| Case { name, root: "", issuing: "", leaf: CLIENT, purpose: Purpose::Client, accepted: true };
    let broken = |name| Case { accepted: false, ..sound(name) };
    vec![
        sound("sound client"),
        Case { leaf: SERVER, purpose: Purpose::Server, ..sound("sound server") },
        Case { leaf: "extendedKeyUsage=serverAuth,clientAuth\n", ..sound("both uses") },
        Case { leaf: "", ..sound("no extended key usage") },
        Case { leaf: SERVER, ..broken("server as client") },
        Case { purpose: Purpose::Server, ..broken("client as server") },
        Case { leaf: "extendedKeyUsage=anyExtendedKeyUsage\n", ..broken("any use") },
        Case { issuing: "-basicConstraints", ..broken("issuing without basic constraints") },
        Case { issuing: "basicConstraints=critical,CA:FALSE\n", ..broken("issuing is no CA") },
        Case { issuing: "basicConstraints=CA:TRUE\n", ..broken("basic constraints not critical") },
        Case { issuing: "keyUsage=critical,cRLSign\n", ..broken("issuing may not sign") },
        Case { issuing: "basicConstraints=critical,CA:TRUE,pathlen:0\n", ..sound("path length suffices") },
        Case { root: "basicConstraints=critical,CA:TRUE,pathlen:0\n", ..broken("path length of the root") },
        Case { issuing: "extendedKeyUsage=serverAuth\n", ..broken("issuing restricted to servers") },
        Case { issuing: "extendedKeyUsage=serverAuth,clientAuth\n", ..sound("issuing restricted to both") },
        Case {
            issuing: "subjectKeyIdentifier=none\n",
            leaf: "extendedKeyUsage=clientAuth\nauthorityKeyIdentifier=none\n",
            ..broken("issuing without key identifier")
        },
        Case {
            leaf: "extendedKeyUsage=clientAuth\nauthorityKeyIdentifier=none\n",
            ..broken("leaf without authority key identifier")
        },
        Case { leaf: "extendedKeyUsage=clientAuth\nkeyUsage=critical,nonRepudiation\n", ..broken("leaf cannot sign") },
        Case {
            leaf: "extendedKeyUsage=clientAuth\nkeyUsage=critical,keyCertSign,digitalSignature\n",
            ..broken("leaf with keyCertSign")
        },
        Case {
            leaf: "extendedKeyUsage=clientAuth\n1.3.6.1.4.1.99999.1=critical,ASN1:NULL\n",
            ..broken("unknown critical extension")
        },
        Case { leaf: "extendedKeyUsage=clientAuth\n1.3.6.1.4.1.99999.1=ASN1:NULL\n", ..sound("unknown extension") },
        Case {
            issuing: "nameConstraints=critical,permitted;DNS:internal\n",
            leaf: "extendedKeyUsage=clientAuth\nsubjectAltName=DNS:a.internal\n",
            ..sound("name permitted")
        },
        Case {
            issuing: "nameConstraints=critical,permitted;DNS:internal\n",
            leaf: "extendedKeyUsage=clientAuth\nsubjectAltName=DNS:a.internal,DNS:a.example\n",
            ..broken("name not permitted")
        },
        Case {
            issuing: "nameConstraints=critical,excluded;IP:10.0.0.0/255.0.0.0\n",
            leaf: "extendedKeyUsage=clientAuth\nsubjectAltName=IP:10.1.2.3\n",
            ..broken("address excluded")
        },
        Case {
            issuing: "nameConstraints=critical,permitted;email:example.org\n",
            leaf: "extendedKeyUsage=clientAuth\nsubjectAltName=email:a@example.com\n",
            ..broken("mailbox not permitted")
        },
        Case {
            issuing: "nameConstraints=critical,permitted;URI:.example.org\n",
            leaf: "extendedKeyUsage=clientAuth\nsubjectAltName=URI:https://example.org/a\n",
            ..broken("URI not permitted")
        },
        Case {
            issuing: "nameConstraints=critical,permitted;dirName:subtree\n[subtree]\nO=Other\n",
            ..broken("subject not permitted")
        },
        Case {
            issuing: "policyConstraints=critical,requireExplicitPolicy:0\ncertificatePolicies=1.2.3.4\n",
            leaf: "extendedKeyUsage=clientAuth\ncertificatePolicies=1.2.3.4\n",
            ..sound("explicit policy")
        },
        Case {
            issuing: "policyConstraints=critical,requireExplicitPolicy:0\ncertificatePolicies=1.2.3.4\n",
            ..broken("explicit policy missing")
        },
    ]
}

#[test]
fn openssl_and_we_agree() {
    let mut complaints = Vec::new();
    for case in cases() {
        let directory = tempfile::tempdir().unwrap();
        let at = directory.path();
        let [root, issuing, leaf] = make(&case, at);
        let theirs = openssl_says(at, case.purpose);
        let mut question = Question::new(
            std::slice::from_ref(&leaf),
            std::slice::from_ref(&root),
            case.purpose,
            Now::at("2027-06-01T00:00:00Z".parse::<Time>().unwrap()),
        );
        question.intermediates = std::slice::from_ref(&issuing);
        let ours = verify(&question);
        if ours.verdict() != case.accepted || theirs.is_ok() != case.accepted {
            let cause = ours.first_cause().map(|check| check.found.clone());
            complaints.push(format!("{}: expected {}, we {cause:?}, openssl {theirs:?}", case.name, case.accepted));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// The extensions of `base`, with those of `change` in their place: a line each, `-name` to leave one out.
fn extensions(base: &str, change: &str) -> String {
    let key = |line: &str| line.trim_start_matches('-').split('=').next().unwrap_or_default().to_owned();
    let (change, sections) = change.split_once('[').map_or((change, String::new()), |(a, b)| (a, format!("[{b}")));
    let changed: Vec<String> = change.lines().map(key).collect();
    let kept = base.lines().filter(|line| !changed.contains(&key(line)));
    let lines: Vec<&str> = kept.chain(change.lines().filter(|line| !line.starts_with('-'))).collect();
    format!("{}\n{sections}", lines.join("\n"))
}

fn make(case: &Case, at: &Path) -> [Certificate; 3] {
    let ca = format!("{CA}authorityKeyIdentifier=keyid\n");
    for (name, issuer, subject, extensions) in [
        ("root", "root", "/O=Example/CN=Root", extensions(CA, case.root)),
        ("issuing", "root", "/O=Example/CN=Issuing", extensions(&ca, case.issuing)),
        ("leaf", "issuing", "/O=Example/CN=leaf", extensions(&format!("{LEAF}{KEYS}"), case.leaf)),
    ] {
        fs::write(at.join(format!("{name}.ext")), extensions).unwrap();
        let key = format!("ecparam -name prime256v1 -genkey -noout -out {name}.key");
        openssl(at, &key.split(' ').collect::<Vec<_>>());
        let request = format!("req -new -key {name}.key -out {name}.csr -subj {subject}");
        openssl(at, &request.split(' ').collect::<Vec<_>>());
        let signer = if issuer == name {
            format!("-signkey {name}.key")
        } else {
            format!("-CA {issuer}.pem -CAkey {issuer}.key")
        };
        let sign =
            format!("x509 -req -in {name}.csr {signer} -set_serial 1 -days 3650 -extfile {name}.ext -out {name}.pem");
        openssl(at, &sign.split(' ').collect::<Vec<_>>());
    }
    ["root", "issuing", "leaf"].map(|name| {
        let pem = fs::read(at.join(format!("{name}.pem"))).unwrap();
        certificate::read_all(&pem).unwrap().remove(0)
    })
}

fn openssl(at: &Path, arguments: &[&str]) {
    let output = Command::new("openssl").current_dir(at).args(arguments).output().expect("openssl");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn openssl_says(at: &Path, purpose: Purpose) -> Result<(), String> {
    // Where a policy is asked for along the path, openssl wants to hear which ones its caller takes.
    let purpose = if purpose == Purpose::Client { "sslclient" } else { "sslserver" };
    let arguments = ["verify", "-x509_strict", "-policy_check", "-policy", "1.2.3.4", "-purpose", purpose];
    let files = ["-CAfile", "root.pem", "-untrusted", "issuing.pem", "leaf.pem"];
    let output = Command::new("openssl").current_dir(at).args(arguments).args(files).output().expect("openssl");
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}
