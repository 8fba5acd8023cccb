//! A service with mutual TLS, and a client of it: rustls, blocking sockets, nothing else.
//!
//! ```sh
//! service serve DIR 0.0.0.0:8443
//! service call DIR localhost:8443
//! ```
//!
//! `mtls-ca` keeps DIR/tls/current (key, certificates, roots) and DIR/crl fresh; they are read at each
//! connection, and so is DIR/allowed.txt. What is to be copied is the first half.

use std::error::Error;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rustls::client::WebPkiServerVerifier;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer, ServerName};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection, Stream};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// What one version of the folder holds.
struct Files {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    roots: Arc<RootCertStore>,
    crls: Vec<CertificateRevocationListDer<'static>>,
}

impl Files {
    fn read(dir: &Path) -> Outcome<Self> {
        // The link is followed once: key and certificate are of one version.
        let current = dir.join("tls/current").canonicalize()?;
        let certificates =
            |name: &str| CertificateDer::pem_file_iter(current.join(name))?.collect::<Result<Vec<_>, _>>();
        let mut roots = RootCertStore::empty();
        for root in certificates("ca.crt")? {
            roots.add(root)?;
        }
        let crls = CertificateRevocationListDer::pem_file_iter(dir.join("crl/crl.pem"))?;
        Ok(Self {
            chain: certificates("tls.crt")?,
            key: PrivateKeyDer::from_pem_file(current.join("tls.key"))?,
            roots: Arc::new(roots),
            crls: crls.collect::<Result<_, _>>()?,
        })
    }

    /// Demands a client certificate, and a fresh CRL of every CA above it.
    fn server(self) -> Outcome<ServerConfig> {
        let clients =
            WebPkiClientVerifier::builder(self.roots).with_crls(self.crls).enforce_revocation_expiration().build()?;
        let mut config =
            ServerConfig::builder().with_client_cert_verifier(clients).with_single_cert(self.chain, self.key)?;
        // A resumed session would not be checked against a newer CRL.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(config)
    }

    fn client(self) -> Outcome<ClientConfig> {
        let servers =
            WebPkiServerVerifier::builder(self.roots).with_crls(self.crls).enforce_revocation_expiration().build()?;
        Ok(ClientConfig::builder().with_webpki_verifier(servers).with_client_auth_cert(self.chain, self.key)?)
    }
}

/// The DNS and URI names of the caller's certificate.
fn names(leaf: &CertificateDer<'_>) -> Outcome<Vec<String>> {
    let leaf = webpki::EndEntityCert::try_from(leaf)?;
    Ok(leaf.valid_dns_names().chain(leaf.valid_uri_names()).map(str::to_owned).collect())
}

/// Signed by our CA is not yet allowed: one of the names has to be in allowed.txt.
fn allowed(dir: &Path, names: &[String]) -> Outcome<bool> {
    let list = fs::read_to_string(dir.join("allowed.txt"))?;
    Ok(list.lines().map(str::trim).any(|line| names.iter().any(|name| name == line)))
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["serve", dir, address] => serve(Path::new(dir), address),
        ["call", dir, server] => call(Path::new(dir), server),
        _ => Err("usage: service serve DIR ADDRESS | service call DIR HOST:PORT".into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(dir: &Path, address: &str) -> Outcome<()> {
    for socket in TcpListener::bind(address)?.incoming() {
        let (socket, dir) = (socket?, PathBuf::from(dir));
        thread::spawn(move || {
            if let Err(error) = answer(socket, &dir) {
                eprintln!("refused: {error}");
            }
        });
    }
    Ok(())
}

/// One caller, one request.
fn answer(mut socket: TcpStream, dir: &Path) -> Outcome<()> {
    socket.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut connection = ServerConnection::new(Arc::new(Files::read(dir)?.server()?))?;
    while connection.is_handshaking() {
        if let Err(error) = connection.complete_io(&mut socket) {
            // The alert that tells the client why is still to be sent.
            let _ = connection.write_tls(&mut socket);
            return Err(error.into());
        }
    }
    let leaf = connection.peer_certificates().and_then(<[_]>::first).ok_or("no certificate")?;
    let caller = names(leaf)?;
    let (status, body) = if allowed(dir, &caller)? {
        ("200 OK", format!("hello {}\n", caller.join(", ")))
    } else {
        ("403 Forbidden", "not on the list\n".to_owned())
    };
    let mut stream = Stream::new(&mut connection, &mut socket);
    let (mut request, mut part) = (Vec::<u8>::new(), [0; 1024]);
    while !request.windows(4).any(|end| end == b"\r\n\r\n") && request.len() < 16_384 {
        match stream.read(&mut part)? {
            0 => return Ok(()),
            count => request.extend(part.iter().take(count)),
        }
    }
    write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())?;
    stream.conn.send_close_notify();
    stream.conn.complete_io(stream.sock)?;
    Ok(())
}

fn call(dir: &Path, server: &str) -> Outcome<()> {
    let (host, _) = server.rsplit_once(':').ok_or("HOST:PORT is wanted")?;
    let name = ServerName::try_from(host.to_owned())?;
    let mut connection = ClientConnection::new(Arc::new(Files::read(dir)?.client()?), name)?;
    let mut socket = TcpStream::connect(server)?;
    socket.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut stream = Stream::new(&mut connection, &mut socket);
    write!(stream, "GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")?;
    // In TLS 1.3 a refusal comes after the client's handshake: only what is read tells.
    let mut answer = String::new();
    match stream.read_to_string(&mut answer) {
        // Closed without close_notify: the length of the answer tells whether it is whole.
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof && !answer.is_empty() => {}
        outcome => drop(outcome?),
    }
    print!("{answer}");
    Ok(())
}
