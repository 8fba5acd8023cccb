//! A server of rustls that shows whichever certificate it is told to, for the tests of clients.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig, ServerConnection};

use mtls_ca::encoding::certificate;

use super::case::Peer;
use super::cast::Cast;

/// A server of HTTP on loopback that demands a certificate of our CA, and answers `hello SUBJECT`.
pub struct Host<'a> {
    pub port: u16,
    cast: &'a Cast<'a>,
    shown: Arc<Mutex<Arc<ServerConfig>>>,
    log: Arc<Mutex<String>>,
}

/// What is answered: made of the caller's subject and of the request.
pub type Body = fn(&str, &str) -> String;

impl<'a> Host<'a> {
    /// Starts it, on a thread that ends with this process. It shows the good certificate first.
    pub fn start(cast: &'a Cast) -> Self {
        Self::answering(cast, |caller, _| format!("hello {caller}"))
    }

    /// The same, with another answer.
    pub fn answering(cast: &'a Cast, body: Body) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (shown, log) = (Arc::new(Mutex::new(config(cast, Peer::Good))), Arc::<Mutex<String>>::default());
        let host = Self { port, cast, shown: Arc::clone(&shown), log: Arc::clone(&log) };
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let config = Arc::clone(&shown.lock().unwrap_or_else(PoisonError::into_inner));
                let log = Arc::clone(&log);
                thread::spawn(move || {
                    let line = answer(stream, config, body).unwrap_or_else(|error| format!("refused: {error}"));
                    log.lock().unwrap_or_else(PoisonError::into_inner).push_str(&format!("{line}\n"));
                });
            }
        });
        host
    }

    /// From now on it shows this certificate.
    pub fn show(&self, peer: Peer) {
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = config(self.cast, peer);
    }

    /// One line for each connection: `hello SUBJECT`, or `refused: …` with the alert of a client that
    /// went away.
    pub fn log(&self) -> String {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// `https://localhost:PORT/`
    pub fn url(&self) -> String {
        format!("https://localhost:{}/", self.port)
    }
}

fn config(cast: &Cast, peer: Peer) -> Arc<ServerConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(cast.trust()).unwrap()).unwrap();
    let identity = cast.peer(peer);
    let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(identity.crt()).unwrap().collect();
    let mut config = ServerConfig::builder()
        .with_client_cert_verifier(WebPkiClientVerifier::builder(Arc::new(roots)).build().unwrap())
        .with_single_cert(chain.unwrap(), PrivateKeyDer::from_pem_file(identity.key()).unwrap())
        .unwrap();
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Arc::new(config)
}

fn answer(mut stream: TcpStream, config: Arc<ServerConfig>, body: Body) -> Result<String, String> {
    stream.set_read_timeout(Some(Duration::from_secs(30))).map_err(|error| error.to_string())?;
    let mut tls = ServerConnection::new(config).map_err(|error| error.to_string())?;
    let mut tls_stream = rustls::Stream::new(&mut tls, &mut stream);
    let (mut request, mut part) = (Vec::new(), [0; 4096]);
    while !request.windows(4).any(|window| window == b"\r\n\r\n") {
        match tls_stream.read(&mut part).map_err(|error| error.to_string())? {
            0 => return Err("no request".to_owned()),
            count => request.extend_from_slice(&part[..count]),
        }
    }
    let client = certificate::read(&tls_stream.conn.peer_certificates().unwrap()[0]).unwrap();
    let caller = client.subject().rfc4514();
    let body = body(&caller, &String::from_utf8_lossy(&request));
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    tls_stream.write_all(format!("{head}{body}").as_bytes()).map_err(|error| error.to_string())?;
    tls.send_close_notify();
    let _ = tls.write_tls(&mut stream);
    Ok(format!("hello {caller}"))
}
