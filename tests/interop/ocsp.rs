//! OCSP: other people's clients take our answers and refuse what is revoked, and we answer what they
//! ask. The web server is set up as docs/ocsp.md says.

use std::process::Command;
use std::time::Duration;

use mtls_ca::ledger::{History, Ledger, NewIssuer, Revocation, RevokedElsewhere};
use mtls_ca::x509::reason::RevocationReason;
use mtls_ca::{Act, Now, encoding};

use crate::harness::{ALGORITHMS, Run, Server, Workshop, eventually, fixture, free_port};

const PAGE: &str = include_str!("../../docs/ocsp.md");

fn act() -> Act {
    Act::of_process("test", Now::from_system())
}

fn ledger(shop: &Workshop) -> Ledger {
    Ledger::open(&shop.path("ca/ledger.sqlite"), Duration::from_secs(5)).unwrap()
}

fn revoke(shop: &Workshop, file: &str, reason: RevocationReason) {
    let certificate = encoding::certificate::read_all(&shop.read(file)).unwrap().remove(0);
    let issuer = ledger(shop).by_serial(certificate.serial()).unwrap()[0].issuer;
    let revocation = Revocation { revoked_at: act().now.time(), reason, invalid_since: None };
    let revoked = [RevokedElsewhere { serial: certificate.serial().clone(), revocation }];
    ledger(shop).record_revoked_elsewhere(issuer, &revoked, None, &act()).unwrap();
}

/// An authority in `ca` whose second CA certificate signs now, with certificates of both.
fn two_generations(shop: &Workshop) {
    shop.mtls_ca(&["init", "--name", "First"]).ok();
    for name in ["old-good", "old-held"] {
        shop.mtls_ca(&["issue", name]).ok();
    }
    shop.mtls_ca(&["init", "--ca-dir", "second", "--name", "Second"]).ok();
    std::fs::rename(shop.path("second/issuers/g1"), shop.path("ca/issuers/g2")).unwrap();
    let certificate = encoding::certificate::read_all(&shop.read("ca/issuers/g2/issuer.crt")).unwrap().remove(0);
    let new = NewIssuer {
        subject: &certificate.subject().rfc4514(),
        public_key: certificate.public_key().fingerprint(),
        certificate: certificate.der(),
        history: History::Whole,
        last_crl_number: None,
    };
    ledger(shop).add_issuer(&new, &act()).unwrap();
    for name in ["new-good", "new-lost"] {
        shop.mtls_ca(&["issue", name, "--ca-out", "both.crt", "--force"]).ok();
    }
    revoke(shop, "old-held.crt", RevocationReason::CertificateHold);
    revoke(shop, "new-lost.crt", RevocationReason::KeyCompromise);
}

/// Each certificate of [`two_generations`] with its issuer, and what openssl says of it.
const STATUSES: [(&str, &str, &[&str]); 4] = [
    ("old-good.crt", "g1", &["good"]),
    ("old-held.crt", "g1", &["revoked", "Reason: certificateHold"]),
    ("new-good.crt", "g2", &["good"]),
    ("new-lost.crt", "g2", &["revoked", "Reason: keyCompromise"]),
];

/// The file with the response about a certificate.
fn response_for(shop: &Workshop, file: &str, issuer: &str) -> String {
    let serial = shop.tool("openssl", &["x509", "-in", file, "-noout", "-serial"]).ok().stdout;
    format!("pub/{issuer}/{}.ocsp", serial.trim().trim_start_matches("serial=").to_lowercase())
}

#[test]
#[ignore = "run by ./tests/run.sh interop openssl"]
fn openssl_takes_answers_of_each_generation() {
    let Some(shop) = Workshop::open("openssl", &["openssl"]) else { return };
    two_generations(&shop);
    shop.mtls_ca(&["ocsp", "build", "--out", "pub"]).ok();
    for (file, issuer, says) in STATUSES {
        let authority = format!("ca/issuers/{issuer}/issuer.crt");
        let made_before = response_for(&shop, file, issuer);
        let asked = ["ocsp", "-issuer", &authority, "-CAfile", &authority];
        // Of the responses in advance; then with a nonce and without, each by SHA-1 and SHA-256.
        let about = ["-cert", file, "-no_nonce", "-respin", &made_before];
        let run = shop.tool("openssl", &[&asked[..], &about].concat()).ok().says("Response verify OK");
        says.iter().fold(run.says(&format!("{file}: {}", says[0])), |run, text| run.says(text));
        for (digest, nonce) in
            [("-sha1", "-nonce"), ("-sha1", "-no_nonce"), ("-sha256", "-nonce"), ("-sha256", "-no_nonce")]
        {
            let question = ["ocsp", "-issuer", &authority, digest, "-cert", file, nonce, "-reqout", "question.der"];
            shop.tool("openssl", &question).ok();
            shop.mtls_ca(&["ocsp", "respond", "--request", "question.der", "--out", "answer.der", "--force"]).ok();
            let answer = ["-reqin", "question.der", "-respin", "answer.der", "-resp_text"];
            let run = shop.tool("openssl", &[&asked[..], &answer].concat()).ok().says("Response verify OK");
            let run = run.says(&format!("Cert Status: {}", says[0]));
            assert_eq!(run.stdout.contains("OCSP Nonce"), nonce == "-nonce", "{run}");
        }
        // Another generation's responder has no say.
        let other = format!("ca/issuers/{}/issuer.crt", if issuer == "g1" { "g2" } else { "g1" });
        let about = ["ocsp", "-issuer", &other, "-CAfile", &other, "-cert", file, "-no_nonce", "-respin", &made_before];
        let run = shop.tool("openssl", &about);
        assert!(!run.stderr.contains("Response verify OK") && run.stderr.contains("Verify"), "{run}");
    }
    let authority = "ca/issuers/g1/issuer.crt";
    shop.tool("openssl", &["ocsp", "-issuer", authority, "-serial", "0x1234", "-reqout", "question.der"]).ok();
    shop.mtls_ca(&["ocsp", "respond", "--request", "question.der", "--out", "answer.der", "--force"]).ok();
    let answer =
        ["ocsp", "-issuer", authority, "-CAfile", authority, "-reqin", "question.der", "-respin", "answer.der"];
    shop.tool("openssl", &[&answer[..], &["-resp_text"]].concat()).ok().says("Cert Status: unknown");
    // A byte of the answer, changed, is noticed.
    let mut bytes = shop.read("answer.der");
    let middle = bytes.len() / 4;
    bytes[middle] ^= 1;
    shop.write("answer.der", bytes);
    let run = shop.tool("openssl", &answer);
    assert!(!run.stderr.contains("Response verify OK"), "{run}");
}

#[test]
#[ignore = "run by ./tests/run.sh interop openssl"]
fn openssl_takes_answers_of_an_intermediate() {
    let Some(shop) = Workshop::open("openssl", &["openssl"]) else { return };
    shop.mtls_ca(&["init", "--ca-dir", "root"]).ok();
    shop.mtls_ca(&["init", "--parent", "root"]).ok();
    shop.mtls_ca(&["issue", "billing"]).ok();
    shop.mtls_ca(&["ocsp", "build", "--out", "pub"]).ok();
    let response = response_for(&shop, "billing.crt", "g1");
    let words = ["ocsp", "-issuer", "ca/issuers/g1/issuer.crt", "-cert", "billing.crt", "-no_nonce", "-respin"];
    let trust = ["-CAfile", "root/ca.crt", "-verify_other", "ca/chain.crt"];
    shop.tool("openssl", &[&words[..], &[&response], &trust].concat()).ok().says("Response verify OK").says("good");
    // The intermediate itself is answered for by its parent.
    shop.mtls_ca(&["ocsp", "build", "--ca-dir", "root", "--out", "pub-of-root"]).ok();
    let response = response_for(&shop, "ca/issuers/g1/issuer.crt", "g1").replace("pub/", "pub-of-root/");
    let words = ["ocsp", "-issuer", "root/ca.crt", "-cert", "ca/issuers/g1/issuer.crt", "-no_nonce", "-respin"];
    let trust = ["-CAfile", "root/ca.crt"];
    shop.tool("openssl", &[&words[..], &[&response], &trust].concat()).ok().says("Response verify OK").says("good");
}

fn pyca(shop: &Workshop, words: &[&str]) -> Run {
    let program = fixture("python/ocsp.py");
    shop.tool("venv:python", &[&[program.to_str().unwrap()], words].concat())
}

#[test]
#[ignore = "run by ./tests/run.sh interop pyca"]
fn pyca_takes_answers_and_asks_with_each_algorithm() {
    let Some(shop) = Workshop::open("pyca", &["venv:python", "openssl"]) else { return };
    for algorithm in &ALGORITHMS {
        let ca = format!("ca-{}", algorithm.ours);
        let issuer = format!("{ca}/ca.crt");
        let (file, key) = (format!("{ca}.crt"), format!("{ca}.key"));
        shop.mtls_ca(&["init", "--ca-dir", &ca, "--key-algorithm", algorithm.ours]).ok();
        let out = ["--cert-out", &file, "--key-out", &key, "--ca-out", "trusted.crt", "--force"];
        shop.mtls_ca(&[&["issue", "billing", "--ca-dir", &ca], &out[..]].concat()).ok();
        shop.mtls_ca(&["ocsp", "build", "--ca-dir", &ca, "--out", "pub"]).ok();
        let response = response_for(&shop, &file, "g1");
        assert_eq!(pyca(&shop, &["read", &response, &file, &issuer]).ok().stdout, "GOOD None\n");
        // RFC 9654 section 2.1: 32 octets are usual, 128 the most.
        for (digest, nonce) in [("sha1", "00".repeat(32)), ("sha256", "ab".repeat(128)), ("sha256", String::new())] {
            pyca(&shop, &["request", &file, &issuer, "question.der", digest, &nonce]).ok();
            let words = ["ocsp", "respond", "--request", "question.der", "--out", "answer.der", "--force"];
            shop.mtls_ca(&[&words[..], &["--ca-dir", &ca]].concat()).ok();
            let said = pyca(&shop, &["read", "answer.der", &file, &issuer]).ok().stdout;
            assert_eq!(said.trim_end(), format!("GOOD None {nonce}").trim_end());
        }
        pyca(&shop, &["request", &file, &issuer, "question.der", "sha1", &"ab".repeat(129)]).ok();
        let words = ["ocsp", "respond", "--request", "question.der", "--out", "answer.der", "--force"];
        shop.mtls_ca(&[&words[..], &["--ca-dir", &ca]].concat()).code(3).says("129 octets");
        assert_eq!(pyca(&shop, &["read", "answer.der", &file, &issuer]).ok().stdout, "MALFORMED_REQUEST\n");
    }
}

/// Where Debian keeps the library that is no part of Go.
const GO_LIBRARY: &str = "/usr/share/gocode/src/golang.org/x/crypto/ocsp/ocsp.go";

#[test]
#[ignore = "run by ./tests/run.sh interop golang"]
fn golang_takes_answers_and_asks_by_the_paths_that_are_there() {
    let Some(shop) = Workshop::open("golang", &["go", GO_LIBRARY, "openssl"]) else { return };
    shop.write("go/main.go", std::fs::read(fixture("go-ocsp/main.go")).unwrap());
    let script = "cd go && GO111MODULE=off GOFLAGS= GOPATH=/usr/share/gocode go build -o ../ask main.go";
    shop.tool("sh", &["-c", script]).ok();
    two_generations(&shop);
    shop.mtls_ca(&["ocsp", "build", "--out", "pub"]).ok();
    for (file, issuer, says) in STATUSES {
        let response = response_for(&shop, file, issuer);
        let mut command = Command::new(shop.path("ask"));
        command.args([&response, file, &format!("ca/issuers/{issuer}/issuer.crt")]);
        let said = shop.run(command).ok().stdout;
        let words: Vec<&str> = said.split_whitespace().collect();
        let [status, reason, request] = words[..] else { panic!("{said}") };
        // RFC 5280 section 5.3.1.
        let code = match says {
            [_, reason] if reason.contains("Hold") => "6",
            [_, reason] if reason.contains("key") => "1",
            _ => "0",
        };
        assert_eq!((status, reason), (says[0], code), "{file}");
        assert_eq!(shop.read(&format!("pub/{issuer}/{request}.ocsp")), shop.read(&response));
        let other = if issuer == "g1" { "g2" } else { "g1" };
        let mut command = Command::new(shop.path("ask"));
        command.args([&response, file, &format!("ca/issuers/{other}/issuer.crt")]);
        shop.run(command).code(1);
    }
}

#[test]
#[ignore = "run by ./tests/run.sh interop java"]
fn java_takes_stapled_answers() {
    let Some(shop) = Workshop::open("java", &["java", "openssl"]) else { return };
    two_generations(&shop);
    shop.mtls_ca(&["ocsp", "build", "--out", "pub"]).ok();
    let program = fixture("java/Ocsp.java");
    let java = |response: &str, file: &str, issuer: &str| {
        let authority = format!("ca/issuers/{issuer}/issuer.crt");
        shop.tool("java", &[program.to_str().unwrap(), response, file, &authority]).ok().stdout
    };
    for (file, issuer, says) in STATUSES {
        let said = java(&response_for(&shop, file, issuer), file, issuer);
        match says[0] {
            "good" => assert_eq!(said, "accepted\n", "{file}"),
            _ => assert!(said.starts_with("refused: REVOKED"), "{file}: {said}"),
        }
    }
    let said = java(&response_for(&shop, "old-good.crt", "g1"), "new-good.crt", "g2");
    assert!(said.starts_with("refused: "), "the answer about another certificate: {said}");
}

/// The web server of docs/ocsp.md, and one that asks it about each client.
fn start(shop: &Workshop, answers: u16, asks: u16) -> Server {
    let recipe = PAGE.split("```nginx\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let root = format!("root {};", shop.path("pub").display());
    let listen = format!("listen 127.0.0.1:{answers};");
    let recipe = recipe.replace("listen 80;", &listen).replace("root /srv/pki/ocsp;", &root);
    assert!(recipe.contains(&listen) && recipe.contains(&root), "{recipe}");
    shop.write(
        "nginx.conf",
        format!(
            "daemon off;\nmaster_process off;\npid nginx.pid;\nerror_log error.log info;\nevents {{}}\nhttp {{\n\
             access_log access.log;\nclient_body_temp_path tmp;\nproxy_temp_path tmp;\nfastcgi_temp_path tmp;\n\
             uwsgi_temp_path tmp;\nscgi_temp_path tmp;\n{recipe}\nserver {{\nlisten 127.0.0.1:{asks} ssl;\n\
             server_name localhost;\nssl_certificate localhost.crt;\nssl_certificate_key localhost.key;\n\
             ssl_client_certificate ca/ca.crt;\nssl_verify_client on;\nssl_ocsp leaf;\n\
             ssl_ocsp_responder http://127.0.0.1:{answers}/g1;\nssl_session_cache off;\nssl_session_tickets off;\n\
             location / {{ return 200 \"hello $ssl_client_s_dn\\n\"; }}\n}}\n}}\n"
        ),
    );
    let prefix = shop.path("");
    let words = ["-p", prefix.to_str().unwrap(), "-c", "nginx.conf", "-e", "error.log"];
    shop.serve("nginx", &words, asks)
}

#[test]
#[ignore = "run by ./tests/run.sh interop nginx"]
fn nginx_hands_answers_out_and_asks_for_them() {
    let Some(shop) = Workshop::open("nginx", &["nginx", "curl", "openssl"]) else { return };
    shop.mtls_ca(&["init"]).ok();
    shop.mtls_ca(&["issue", "localhost", "--profile", "server"]).ok();
    // So many that base64 with a slash, with two in a row and with a plus is among them.
    for number in 0..40 {
        shop.mtls_ca(&["issue", &format!("client-{number}"), "--ca-out", "trusted.crt", "--force"]).ok();
    }
    shop.mtls_ca(&["ocsp", "build", "--out", "pub"]).ok();
    let (answers, asks) = (free_port(), free_port());
    let _server = start(&shop, answers, asks);
    let log = |name: &str| String::from_utf8_lossy(&shop.read(name)).into_owned();
    let visit = |name: &str| {
        let (certificate, key) = (format!("{name}.crt"), format!("{name}.key"));
        let url = format!("https://localhost:{asks}/");
        let words = ["-sS", "--max-time", "10", "--cacert", "ca/ca.crt", "--cert", &certificate, "--key", &key, &url];
        shop.tool("curl", &words).ok().stdout
    };
    for number in 0..40 {
        let name = format!("client-{number}");
        assert_eq!(visit(&name), format!("hello CN={name}\n"), "{}", log("error.log"));
    }
    let asked = log("access.log");
    assert!(asked.lines().filter(|line| line.contains("\"GET /g1/MF") && line.contains("\" 200 ")).count() >= 40);
    assert!(asked.contains("%2F") && asked.contains("%2B"), "{asked}");

    // Revoked, and still accepted: the response in advance says good until it is made anew.
    revoke(&shop, "client-7.crt", RevocationReason::KeyCompromise);
    assert_eq!(visit("client-7"), "hello CN=client-7\n");
    shop.mtls_ca(&["ocsp", "build", "--out", "pub", "--expiring", "50%"]).ok();
    let refused = visit("client-7");
    assert!(refused.contains("The SSL certificate error"), "{refused}");
    eventually("the reason in error.log", || log("error.log").contains("certificate revoked"));
    assert_eq!(visit("client-8"), "hello CN=client-8\n");

    // The path as other clients write it, and one that is not there.
    let question = ["ocsp", "-issuer", "ca/ca.crt", "-cert", "client-3.crt", "-no_nonce", "-reqout", "question.der"];
    shop.tool("openssl", &question).ok();
    let plain = data_encoding::BASE64.encode(&shop.read("question.der"));
    let encoded = plain.replace('/', "%2F").replace('+', "%2B").replace('=', "%3D");
    for path in [&plain, &encoded] {
        let url = format!("http://127.0.0.1:{answers}/g1/{path}");
        let headers =
            shop.tool("curl", &["-sS", "-f", "-D", "-", "-o", "answer.der", "--path-as-is", &url]).ok().stdout;
        assert!(headers.contains("Content-Type: application/ocsp-response"), "{headers}");
        let words = ["ocsp", "-issuer", "ca/ca.crt", "-CAfile", "ca/ca.crt", "-reqin", "question.der", "-respin"];
        shop.tool("openssl", &[&words[..], &["answer.der"]].concat()).ok().says("Response verify OK");
    }
    let url = format!("http://127.0.0.1:{answers}/g1/{}", plain.replacen("MF", "MG", 1));
    shop.tool("curl", &["-sS", "-f", &url]).code(22);
}
