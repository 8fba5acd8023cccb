//! What is said of TLS servers, tried on `openssl s_server`.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use mtls_ca::examine::inspect::inspect_served;
use mtls_ca::examine::remote::{Checked, Identity, Options, Outcome, RemoteError, Target, fetch};

/// An `openssl s_server` on a free port of loopback, ended when dropped.
struct Server {
    child: Child,
    port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn openssl(folder: &Path, line: &str) {
    let output = Command::new("openssl").args(line.split(' ')).current_dir(folder).output().expect("openssl runs");
    assert!(output.status.success(), "openssl {line}: {}", String::from_utf8_lossy(&output.stderr));
}

fn serve(folder: &Path, options: &str) -> Server {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let line = format!("s_server -accept 127.0.0.1:{port} -cert server.crt -key server.key -naccept 4 {options}");
    let mut child = Command::new("openssl")
        .args(line.split(' ').filter(|word| !word.is_empty()))
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("openssl runs");
    let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(said.by_ref().map_while(Result::ok).any(|line| line == "ACCEPT"), "s_server starts: {line}");
    // It blocks once nobody reads what it prints.
    std::thread::spawn(move || said.for_each(drop));
    Server { child, port }
}

fn look(server: &Server, options: &Options) -> mtls_ca::examine::remote::Served {
    let target: Target = format!("127.0.0.1:{}", server.port).parse().unwrap();
    fetch(&target, options).unwrap()
}

/// A root, a server and a client below it, and a stranger that signed itself.
fn certificates() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for (name, subject) in [("ca", "/O=Example/CN=Test root"), ("stranger", "/CN=stranger")] {
        openssl(root, &format!("ecparam -name prime256v1 -genkey -noout -out {name}.key"));
        let words = ["req", "-x509", "-new", "-days", "3", "-subj", subject, "-out"];
        let line: Vec<String> = words.iter().map(ToString::to_string).collect();
        let output = Command::new("openssl")
            .args(line)
            .args([&format!("{name}.crt"), "-key", &format!("{name}.key")])
            .current_dir(root)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    for name in ["server", "client"] {
        openssl(root, &format!("ecparam -name prime256v1 -genkey -noout -out {name}.key"));
        openssl(root, &format!("req -new -key {name}.key -subj /CN={name}.internal -out {name}.csr"));
        openssl(root, &format!("x509 -req -in {name}.csr -CA ca.crt -CAkey ca.key -days 2 -out {name}.crt"));
    }
    folder
}

fn identity(folder: &Path, name: &str) -> Identity {
    openssl(folder, &format!("x509 -in {name}.crt -outform DER -out {name}.der"));
    openssl(folder, &format!("pkcs8 -topk8 -nocrypt -in {name}.key -outform DER -out {name}.p8"));
    let key = std::fs::read(folder.join(format!("{name}.p8"))).unwrap();
    Identity {
        chain: vec![std::fs::read(folder.join(format!("{name}.der"))).unwrap()],
        key: std::sync::Arc::new(key.into()),
    }
}

#[test]
fn a_server_that_asks_for_nothing() {
    let folder = certificates();
    for (version, options) in [("TLS 1.3", "-tls1_3"), ("TLS 1.2", "-tls1_2")] {
        let server = serve(folder.path(), options);
        let served = look(&server, &Options::default());
        assert_eq!(served.protocol, Some(version));
        assert_eq!(served.handshake_signature, handshake_signature_of_v1(version));
        assert_eq!(served.outcome, Outcome::Accepted);
        assert!(!served.client_certificate.requested);
        assert!(served.cipher_suite.unwrap().starts_with("TLS_"));
        let items = inspect_served(&served.chain, mtls_ca::Now::from_system());
        assert_eq!(items[0].certificate().unwrap().subject.rfc4514, "CN=server.internal");
        assert!(items[0].remarks.iter().any(|remark| remark.code == "inspect.served_alone"));
    }
}

/// `openssl x509 -req` without extensions makes version 1 certificates, which rustls does not
/// read; with TLS 1.3 the key alone is enough.
fn handshake_signature_of_v1(version: &str) -> Checked {
    match version {
        "TLS 1.3" => Checked::Holds,
        _ => Checked::Fails("invalid peer certificate: Other(OtherError(UnsupportedCertVersion))".to_owned()),
    }
}

#[test]
fn a_server_that_demands_a_certificate_says_of_whom_and_refuses_the_rest() {
    let folder = certificates();
    let path = folder.path();
    for (options, none, stranger, late) in
        [("-tls1_3", "certificate_required", "unknown_ca", true), ("-tls1_2", "handshake_failure", "unknown_ca", false)]
    {
        let server = serve(path, &format!("-Verify 2 -verify_return_error -CAfile ca.crt {options}"));
        let without = look(&server, &Options::default());
        assert!(without.client_certificate.requested && !without.client_certificate.presented);
        let cas: Vec<String> = without.client_certificate.acceptable_cas.iter().map(ToString::to_string).collect();
        assert_eq!(cas, ["CN=Test root,O=Example"], "{options}");
        assert_eq!(without.outcome, Outcome::Refused { alert: none.to_owned(), after_handshake: late }, "{options}");
        // With -CAfile, s_server sends the root along.
        let items = inspect_served(&without.chain, mtls_ca::Now::from_system());
        assert!(items[1].remarks.iter().any(|remark| remark.code == "inspect.root_in_chain"), "{options}");

        let with = |name| Options { identity: Some(identity(path, name)), ..Options::default() };
        let refused = look(&server, &with("stranger"));
        assert!(refused.client_certificate.presented);
        // OpenSSL 3.0 calls a stranger's self-signed certificate so.
        assert_eq!(
            refused.outcome,
            Outcome::Refused { alert: stranger.to_owned(), after_handshake: late },
            "{options}"
        );
        assert_eq!(look(&server, &with("client")).outcome, Outcome::Accepted, "{options}");
    }
}

#[test]
fn what_is_no_tls_server_is_named() {
    let options = Options { timeout: Duration::from_millis(500), ..Options::default() };
    let talk = |greeting: &'static [u8]| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let target: Target = listener.local_addr().unwrap().to_string().parse().unwrap();
        let thread = std::thread::spawn(move || {
            use std::io::{Read, Write};
            let (mut stream, _) = listener.accept().unwrap();
            stream.write_all(greeting).unwrap();
            stream.read_to_end(&mut Vec::new()).ok();
        });
        let error = fetch(&target, &options).unwrap_err();
        thread.join().unwrap();
        error
    };
    assert!(matches!(talk(b"SSH-2.0-OpenSSH_9.2\r\n"), RemoteError::NotTls { .. }));
    assert!(matches!(talk(b"HTTP/1.1 400 Bad Request\r\n\r\n"), RemoteError::NotTls { .. }));
    assert!(matches!(talk(b""), RemoteError::TimedOut { .. }));

    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let target: Target = free.to_string().parse().unwrap();
    assert!(matches!(fetch(&target, &options), Err(RemoteError::Connect { .. })));
}
