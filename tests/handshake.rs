//! Broken set-ups between two sets of files: each has the first line that a person reads, written by
//! hand, and the real rustls on both ends has its say.

mod mint;
mod sandbox;

use std::fs;
use std::path::Path;

use mint::{Ca, GeneralSubtree, Leaf, NameConstraints, days};
use rcgen::{CertificateParams, DnType, IsCa, SanType};
use sandbox::Sandbox;

/// The files of a fleet, and of everything that can be wrong with one of them.
fn lay_out(folder: &Path) {
    let root = Ca::root("Fleet Root");
    let issuing = root.below("Fleet Issuing", |_| {});
    fs::write(folder.join("root.crt"), &root.pem).unwrap();
    fs::write(folder.join("issuing.crt"), &issuing.pem).unwrap();
    let write = |leaf: Leaf, name: &str| leaf.write(folder, name);

    write(issuing.server(|_| {}), "server");
    write(issuing.client(|_| {}), "client");
    let expired = |params: &mut CertificateParams| params.not_after = days(-20);
    let early = |params: &mut CertificateParams| params.not_before = days(3);
    write(issuing.client(expired), "client-expired");
    write(issuing.server(expired), "server-expired");
    write(issuing.client(early), "client-early");
    write(issuing.server(early), "server-early");
    write(issuing.server(|_| {}), "other-key");
    write(
        issuing.server(|params| params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth]),
        "server-for-clients",
    );
    write(
        issuing.client(|params| params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth]),
        "client-for-servers",
    );
    write(issuing.server(|params| params.subject_alt_names.clear()), "server-cn-only");
    write(
        issuing.server(|params| {
            params.subject_alt_names = vec![SanType::DnsName("127.0.0.1".try_into().unwrap())];
        }),
        "server-ip-as-dns",
    );

    let other = stranger();
    fs::write(folder.join("other-root.crt"), &other.pem).unwrap();
    write(other.client(|_| {}), "client-other");
    write(stranger().server(|_| {}), "server-other");
    write(Ca::root("Fleet Root").client(|_| {}), "client-impostor");
    write(Ca::root("Fleet Root").server(|_| {}), "server-impostor");

    let narrow = root.below("Fleet Narrow", |params| {
        let permitted_subtrees = vec![GeneralSubtree::DnsName("internal".into())];
        params.name_constraints = Some(NameConstraints { permitted_subtrees, excluded_subtrees: Vec::new() });
    });
    write(narrow.server(|_| {}), "server-constrained");
    let short = root.below("Fleet Short", |params| params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Constrained(0)));
    write(short.below("Fleet Too Deep", |_| {}).client(|_| {}), "client-too-deep");
    let ended = root.below("Fleet Ended", |params| params.not_after = days(-1));
    write(ended.client(|_| {}), "client-issuing-expired");
    let old = Ca::root_with("Old Root", |params| params.not_after = days(-1));
    fs::write(folder.join("old-root.crt"), &old.pem).unwrap();
    write(old.client(|_| {}), "client-old-root");

    let revoked = issuing.client(|params| params.distinguished_name.push(DnType::OrganizationalUnitName, "gone"));
    let serial = revoked.serial;
    write(revoked, "client-revoked");
    let lists = |name: &str, of: &[String]| fs::write(folder.join(name), of.concat()).unwrap();
    lists("all.crl", &[issuing.crl(&[serial], 5), root.crl(&[], 5)]);
    lists("issuing-only.crl", &[issuing.crl(&[], 5)]);
    lists("stale.crl", &[issuing.crl(&[], -1), root.crl(&[], 5)]);
}

/// A CA of somebody else.
fn stranger() -> Ca {
    Ca::root_with("Other Root", |params| {
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, "Other Root");
    })
}

/// What rcgen does not make, as `openssl` and tutorials do.
const BY_OPENSSL: &str = r#"
cat issuing.crt server-alone.crt > server-turned.crt
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=alone -days 9 -addext basicConstraints=critical,CA:FALSE -keyout self.key -out self.crt
openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=Plain -days 9 -keyout plain.key -out plain.crt
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=v1 -keyout v1.key -out v1.csr
openssl x509 -req -in v1.csr -CA plain.crt -CAkey plain.key -days 5 -out v1.crt
printf 'extendedKeyUsage=clientAuth\nbasicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nsubjectAltName=DNS:weak.internal\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n' > weak.ext
openssl req -x509 -newkey rsa:1024 -nodes -subj /CN=Weak -days 9 -addext keyUsage=critical,keyCertSign,cRLSign -keyout feeble.key -out feeble.crt
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=weak -keyout weak.key -out weak.csr
openssl x509 -req -in weak.csr -CA feeble.crt -CAkey feeble.key -days 5 -extfile weak.ext -out weak.crt
openssl req -newkey rsa:2048 -nodes -subj /CN=sha1 -keyout sha1.key -out sha1.csr
openssl x509 -req -sha1 -in sha1.csr -CA plain.crt -CAkey plain.key -days 5 -extfile weak.ext -out sha1.crt
openssl pkey -in client.key -aes256 -passout pass:word -out client-locked.key && echo word > word && echo wrong > wrong
"#;

/// A server's and a client's files (`NAME.crt`, `NAME.key`, or both named), what else is typed, the exit
/// code, and the first line.
const CASES: &[(&str, &str, &str, i32, &str)] = &[
    ("server", "client", "", 0, "accepted: each side takes the other, by TLS 1.3 and TLS 1.2"),
    ("server", "client", "--crl all.crl", 0, "accepted: each side takes the other, by TLS 1.3 and TLS 1.2"),
    ("server", "client", "--server-name 127.0.0.1", 0, "accepted: each side takes the other, by TLS 1.3 and TLS 1.2"),
    (
        "server",
        "client-expired",
        "",
        3,
        "NOT accepted: the server refuses the client: the certificate of `CN=billing,O=Example` expired 20 days ago",
    ),
    (
        "server-expired",
        "client",
        "",
        3,
        "NOT accepted: the client refuses the server: the certificate of `CN=localhost,O=Example` expired 20 days ago",
    ),
    (
        "server",
        "client-early",
        "",
        3,
        "NOT accepted: the server refuses the client: the certificate of `CN=billing,O=Example` is not valid for another 3 days",
    ),
    (
        "server-early",
        "client",
        "",
        3,
        "NOT accepted: the client refuses the server: the certificate of `CN=localhost,O=Example` is not valid for another 3 days",
    ),
    (
        "server",
        "client-other",
        "",
        3,
        "NOT accepted: the server refuses the client: `CN=billing,O=Example` was signed by another CA",
    ),
    (
        "server-other",
        "client",
        "",
        3,
        "NOT accepted: the client refuses the server: `CN=localhost,O=Example` was signed by another CA",
    ),
    (
        "server",
        "client-impostor",
        "",
        3,
        "NOT accepted: the server refuses the client: `CN=billing,O=Example` was signed by a CA of the name `CN=Fleet Root,O=Example` with another key",
    ),
    (
        "server-impostor",
        "client",
        "",
        3,
        "NOT accepted: the client refuses the server: `CN=localhost,O=Example` was signed by a CA of the name `CN=Fleet Root,O=Example` with another key",
    ),
    (
        "server",
        "client-alone.crt client.key",
        "",
        3,
        "NOT accepted: the server refuses the client: the client does not present the intermediate CA `CN=Fleet Issuing,O=Example`",
    ),
    (
        "server-alone.crt server.key",
        "client",
        "",
        3,
        "NOT accepted: the client refuses the server: the server does not present the intermediate CA `CN=Fleet Issuing,O=Example`",
    ),
    ("server", "client-for-servers", "", 3, "NOT accepted: the server refuses the client: "),
    (
        "server-turned.crt server.key",
        "client",
        "",
        3,
        "NOT accepted: the client refuses the server: the first certificate is that of `CN=Fleet Issuing,O=Example`, and the server's own, `CN=localhost,O=Example`, stands at place 2",
    ),
    ("server-for-clients", "client", "", 3, "NOT accepted: the client refuses the server: "),
    (
        "server",
        "client",
        "--server-name api.internal",
        3,
        "NOT accepted: the client refuses the server: `CN=localhost,O=Example` is not valid for the name `api.internal`",
    ),
    ("server-cn-only", "client", "--server-name localhost", 3, "NOT accepted: the client refuses the server: "),
    ("server-ip-as-dns", "client", "--server-name 127.0.0.1", 3, "NOT accepted: the client refuses the server: "),
    ("server-constrained", "client", "", 3, "NOT accepted: the client refuses the server: "),
    ("server", "client-too-deep", "", 3, "NOT accepted: the server refuses the client: "),
    (
        "server",
        "client-issuing-expired",
        "",
        3,
        "NOT accepted: the server refuses the client: the intermediate CA `CN=Fleet Ended,O=Example` expired 24 hours ago",
    ),
    (
        "server",
        "client-old-root",
        "--client-ca old-root.crt",
        3,
        "NOT accepted: the server refuses the client: the trusted CA `CN=Old Root,O=Example` expired 24 hours ago",
    ),
    ("server", "client-revoked", "--crl all.crl", 3, "NOT accepted: the server refuses the client: "),
    ("server", "client", "--crl issuing-only.crl", 3, "NOT accepted: the client refuses the server: "),
    ("server", "client", "--crl stale.crl", 3, "NOT accepted: the client refuses the server: "),
    ("server", "client.crt other-key.key", "", 3, "NOT accepted: the server refuses the client: "),
    ("server.crt other-key.key", "client", "", 3, "NOT accepted: the client refuses the server: "),
    (
        "server",
        "client",
        "--client-ca other-root.crt",
        3,
        "NOT accepted: the server refuses the client: `CN=billing,O=Example` was signed by another CA",
    ),
    (
        "server",
        "self",
        "",
        3,
        "NOT accepted: the server refuses the client: `CN=alone` is self-signed, and not trusted itself",
    ),
    ("server", "v1", "--client-ca plain.crt", 3, "NOT accepted: the server refuses the client: "),
    (
        "server",
        "weak",
        "--client-ca feeble.crt",
        3,
        "NOT accepted: the server refuses the client: the key of the CA `CN=Weak` is ",
    ),
    ("server", "feeble", "", 1, ""),
    (
        "server",
        "sha1",
        "--client-ca plain.crt",
        3,
        "NOT accepted: the server refuses the client: the signature on `CN=sha1` is `sha1WithRSAEncryption`",
    ),
    (
        "server",
        "client.crt client-locked.key",
        "--key-passphrase-file word",
        0,
        "accepted: each side takes the other, by TLS 1.3 and TLS 1.2",
    ),
    ("server", "client.crt client-locked.key", "--key-passphrase-file wrong", 6, ""),
    ("server", "client.crt client-locked.key", "", 6, ""),
    ("server", "missing", "", 1, ""),
    ("server", "client", "--timeout 5s", 2, ""),
    ("server", "client", "--keylog keys.log", 2, ""),
];

fn files(words: &str) -> (String, String) {
    match words.split_once(' ') {
        Some((certificate, key)) => (certificate.to_owned(), key.to_owned()),
        None => (format!("{words}.crt"), format!("{words}.key")),
    }
}

#[test]
fn what_is_wrong_between_two_sets_of_files_is_said_in_the_first_line() {
    let sandbox = Sandbox::new();
    lay_out(sandbox.path());
    let made = sandbox.shell(&format!("set -e\n{BY_OPENSSL}"));
    assert_eq!(made.code, 0, "{}", made.stderr);
    let mut wrong = Vec::new();
    for (server, client, more, code, line) in CASES {
        let ((server_cert, server_key), (client_cert, client_key)) = (files(server), files(client));
        let call = format!(
            "mtls-ca handshake --server-cert {server_cert} --server-key {server_key} --client-cert {client_cert} \
             --client-key {client_key} --ca root.crt {more}"
        );
        let ended = sandbox.shell(&call);
        let first = ended.stdout.lines().next().unwrap_or_default();
        if ended.code != *code || !first.starts_with(line) || line.is_empty() != first.is_empty() {
            wrong.push(format!("{call}\n  wanted {code} {line}\n  got    {} {first}\n{}", ended.code, ended.stderr));
        }
        // Both ends are real: where files are said to be wrong, rustls refused them too, or it is said that it did not.
        if ended.code == 3 && !ended.stdout.contains("rustls says: ") && !ended.stdout.contains("rustls takes it all") {
            wrong.push(format!("{call}\n  rustls is not heard\n{}", ended.stdout));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), CASES.len(), wrong.join("\n"));
}

/// A port that takes connections, says these octets to each, and keeps it open.
fn mute(says: &'static [u8]) -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = std::io::Write::write_all(&mut stream, says);
            kept.push(stream);
        }
    });
    port
}

#[test]
fn servers_that_are_none_are_named_in_time() {
    let sandbox = Sandbox::new();
    let cases: [(&'static [u8], &str); 6] = [
        (b"", "takes the connection and says nothing within 1 s"),
        (b"\xff\xfe\xfd\x00\x01\x02\x03\x04\x05", "does not answer with TLS"),
        (b"\x16\x03\x03\xff\xff\x02\x00\x00\x00", "does not answer with TLS"),
        (b"220 mail.internal ESMTP\r\n", "begins in clear, as SMTP does, and turns to TLS when asked"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "speaks SSH, not TLS"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "speaks HTTP without TLS"),
    ];
    for (says, line) in cases {
        let target = format!("127.0.0.1:{}", mute(says));
        let began = std::time::Instant::now();
        let ended = sandbox.mtls_ca(&["handshake", &target, "--timeout", "1s"]);
        let first = ended.stdout.lines().next().unwrap_or_default();
        assert!(
            ended.code == 3 && first.starts_with(&format!("{target}: NOT accepted: ")),
            "{first}\n{}",
            ended.stderr
        );
        assert!(first.contains(line), "wanted `{line}`: {first}");
        assert!(began.elapsed().as_secs() < 9, "{line} took {:?}", began.elapsed());
    }
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let ended = sandbox.mtls_ca(&["handshake", &taken]);
    assert!(ended.stdout.starts_with(&format!("{taken}: NOT accepted: nothing listens on")), "{}", ended.stdout);
    let ended = sandbox.mtls_ca(&["handshake", "no-such-host.invalid:443"]);
    assert!(ended.stdout.contains("NOT accepted: the name `no-such-host.invalid` has no address"), "{}", ended.stdout);
}

/// Clients of openssl come to `--listen`, among them one that speaks HTTP and one that speaks nonsense.
const VISITORS: &str = r#"
mtls-ca handshake --listen 0 --cert server.crt --key server.key --ca root.crt --json > said 2> told & post=$!
until grep -q listening told; do sleep 0.05; done
at=$(sed -n 's/listening on //p' told)
come() { printf 'GET /who HTTP/1.0\r\n\r\n' | timeout 9 openssl s_client -connect $at -quiet -servername localhost "$@" > /dev/null 2>&1; }
await() { until [ "$(wc -l < said)" -ge $1 ]; do sleep 0.05; done; }
come -cert client.crt -key client.key -cert_chain issuing.crt; await 1
come; await 2
come -cert client-expired.crt -key client-expired.key -cert_chain issuing.crt -tls1_2; await 3
come -cert client-other.crt -key client-other.key; await 4
come -CAfile client-other.crt -verify_return_error -verify 3; await 5
exec 3<> /dev/tcp/${at%:*}/${at#*:}; printf 'GET / HTTP/1.0\r\n\r\n' >&3; exec 3>&-; await 6
exec 3<> /dev/tcp/${at%:*}/${at#*:}; printf '\x16\x03\x01\x00\x05garbage' >&3; exec 3>&-; await 7
exec 3<> /dev/tcp/${at%:*}/${at#*:}; exec 3>&-; await 8
kill -TERM $post; wait $post
"#;

#[test]
fn whoever_comes_is_told_of_on_a_line_of_its_own() {
    let sandbox = Sandbox::new();
    lay_out(sandbox.path());
    let ended = sandbox.shell(VISITORS);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let said = fs::read_to_string(sandbox.path().join("said")).unwrap();
    let lines: Vec<serde_json::Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (last, visits) = lines.split_last().unwrap();
    assert_eq!(last["listened"], serde_json::json!({ "connections": 8, "accepted": 1, "refused": 7 }));
    let wanted = [
        ("accepted: `CN=billing,O=Example`", ""),
        ("refused: the client presented no certificate", "handshake.certificate_demanded"),
        ("refused: the certificate of `CN=billing,O=Example` expired 20 days ago", "diagnosis.expired"),
        ("refused: `CN=billing,O=Example` was signed by another CA", "diagnosis.other_ca"),
        ("refused: the client refuses this server: it does not trust the CA", "handshake.client_refuses"),
        ("refused: the client speaks in clear, and this port speaks TLS", "handshake.plain_http"),
        ("refused: ", "handshake.not_tls"),
        ("refused: the client went away during the handshake", "handshake.closed"),
    ];
    for (line, (headline, code)) in visits.iter().zip(wanted) {
        let visit = &line["connection"];
        assert!(visit["headline"].as_str().unwrap().starts_with(headline), "wanted {headline}: {line:#}");
        assert_eq!(visit["causes"][0]["code"].as_str().unwrap_or_default(), code, "{line:#}");
    }
    assert_eq!(visits[0]["connection"]["request"], "GET /who HTTP/1.0");
    assert_eq!(visits[2]["connection"]["protocol"], "TLS 1.2");
    assert_eq!(visits[0]["connection"]["presented"][1]["subject"], "CN=Fleet Issuing,O=Example");
}
