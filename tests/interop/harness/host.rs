//! A server with mutual TLS in this process, for clients under test: it shows what it is given, and
//! answers with the name by which it knows the client.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use mtls_ca::encoding::certificate;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, Stream};

use super::cast::Identity;

/// A running server; its thread ends with the process.
pub struct Host {
    pub port: u16,
    log: Arc<Mutex<String>>,
}

impl Host {
    /// Shows this certificate, and takes clients of this root alone.
    pub fn start(identity: &Identity, trust: &Path) -> Self {
        let mut roots = RootCertStore::empty();
        for root in CertificateDer::pem_file_iter(trust).unwrap() {
            roots.add(root.unwrap()).unwrap();
        }
        let clients = WebPkiClientVerifier::builder(Arc::new(roots)).build().unwrap();
        let chain = CertificateDer::pem_file_iter(identity.crt()).unwrap().map(Result::unwrap).collect();
        let key = PrivateKeyDer::from_pem_file(identity.key()).unwrap();
        let config = ServerConfig::builder().with_client_cert_verifier(clients).with_single_cert(chain, key).unwrap();
        let (config, log) = (Arc::new(config), Arc::<Mutex<String>>::default());
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let written = Arc::clone(&log);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (config, log) = (Arc::clone(&config), Arc::clone(&written));
                thread::spawn(move || {
                    let said = answer(&config, stream).unwrap_or_else(|error| error.to_string());
                    let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
                    log.push_str(&said);
                    log.push('\n');
                });
            }
        });
        Self { port, log }
    }

    pub fn url(&self) -> String {
        format!("https://localhost:{}/", self.port)
    }

    /// A line for each connection: who was answered, or what went wrong.
    pub fn log(&self) -> String {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// One request, and `hello CN=billing`.
fn answer(config: &Arc<ServerConfig>, mut stream: TcpStream) -> Result<String, std::io::Error> {
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    let mut tls = ServerConnection::new(Arc::clone(config)).map_err(std::io::Error::other)?;
    let mut line = Stream::new(&mut tls, &mut stream);
    let (mut request, mut part) = (Vec::new(), [0; 4096]);
    while !request.windows(4).any(|window| window == b"\r\n\r\n") {
        match line.read(&mut part)? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            count => request.extend_from_slice(&part[..count]),
        }
    }
    let leaf = line.conn.peer_certificates().and_then(|chain| chain.first()).map(|leaf| leaf.to_vec());
    let peer = certificate::read_all(&leaf.unwrap_or_default()).map_err(std::io::Error::other)?;
    let body = format!("hello {}\n", peer[0].subject());
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    line.write_all(format!("{head}{body}").as_bytes())?;
    line.conn.send_close_notify();
    line.flush()?;
    Ok(body.trim().to_owned())
}
