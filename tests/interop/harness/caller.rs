//! Our client: rustls, one connection at a time, over which it asks for pages and reads to the end.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::client::Resumption;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, HandshakeKind, RootCertStore, SupportedProtocolVersion};

/// A version of TLS; a caller speaks one only.
pub type Version = &'static SupportedProtocolVersion;
pub const TLS12: Version = &rustls::version::TLS12;
pub const TLS13: Version = &rustls::version::TLS13;

/// Who calls: its certificate, whom it trusts, and what it remembers of earlier calls.
pub struct Caller {
    config: Arc<ClientConfig>,
    leaf: Vec<u8>,
}

/// A page and its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    pub status: u16,
    pub body: String,
}

impl Caller {
    /// `identity` is the files of chain and key in PEM, read now; without it, no certificate is shown.
    /// Each connection has a full handshake; see [`Caller::remembering`].
    pub fn new(identity: Option<(&Path, &Path)>, trust: &Path, version: Version) -> Result<Self, String> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(trust).map_err(|error| format!("trust: {error}"))? {
            let certificate = certificate.map_err(|error| format!("trust: {error}"))?;
            roots.add(certificate).map_err(|error| format!("trust: {error}"))?;
        }
        let builder = ClientConfig::builder_with_protocol_versions(&[version]).with_root_certificates(roots);
        let mut leaf = Vec::new();
        let mut config = match identity {
            None => builder.with_no_client_auth(),
            Some((chain, key)) => {
                let said = |error: &dyn std::fmt::Display| format!("identity: {error}");
                let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(chain).map_err(|e| said(&e))?.collect();
                let (chain, key) = (chain.map_err(|e| said(&e))?, PrivateKeyDer::from_pem_file(key));
                leaf = chain[0].to_vec();
                builder.with_client_auth_cert(chain, key.map_err(|e| said(&e))?).map_err(|e| said(&e))?
            }
        };
        config.resumption = Resumption::disabled();
        Ok(Self { config: Arc::new(config), leaf })
    }

    /// A new connection to `localhost` with its handshake; that of TLS 1.3 ends before the server has
    /// looked at the client's certificate.
    pub fn connect(&self, port: u16) -> Result<Line, String> {
        let name = ServerName::try_from("localhost").unwrap();
        let mut tls = ClientConnection::new(Arc::clone(&self.config), name).map_err(|error| error.to_string())?;
        let mut stream =
            TcpStream::connect((Ipv4Addr::LOCALHOST, port)).map_err(|error| format!("connect: {error}"))?;
        stream.set_read_timeout(Some(Duration::from_secs(20))).map_err(|error| error.to_string())?;
        while tls.is_handshaking() {
            tls.complete_io(&mut stream).map_err(|error| said(&error))?;
        }
        Ok(Line { tls, stream })
    }

    /// The same client, which from now on resumes sessions where the server allows it.
    pub fn remembering(self) -> Self {
        let mut config = (*self.config).clone();
        config.resumption = Resumption::in_memory_sessions(16);
        Self { config: Arc::new(config), ..self }
    }

    /// The certificate that it shows.
    pub fn certificate(&self) -> &[u8] {
        &self.leaf
    }

    /// A page over a connection of its own.
    pub fn get(&self, port: u16, path: &str) -> Result<Page, String> {
        self.connect(port)?.get(path, false)
    }

    /// The same in words for a table: status and body, `alert …`, or that it was closed.
    pub fn visit(&self, port: u16, path: &str) -> String {
        match self.get(port, path) {
            Ok(page) => format!("{} {}", page.status, page.body),
            Err(error) => error,
        }
    }
}

/// An open connection.
pub struct Line {
    tls: ClientConnection,
    stream: TcpStream,
}

impl Line {
    /// Asks for a page; `keep` leaves the connection open for the next one.
    pub fn get(&mut self, path: &str, keep: bool) -> Result<Page, String> {
        let connection = if keep { "keep-alive" } else { "close" };
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: {connection}\r\n\r\n");
        let mut tls = rustls::Stream::new(&mut self.tls, &mut self.stream);
        // A server that refuses may be gone already; what it said is still to be read.
        let sent = tls.write_all(request.as_bytes());
        let mut answer = Vec::new();
        let mut part = [0; 4096];
        let ended = loop {
            if let Some(page) = page(&answer, false) {
                return Ok(page);
            }
            match tls.read(&mut part) {
                Ok(0) => break None,
                Ok(count) => answer.extend_from_slice(&part[..count]),
                // Closed without close_notify.
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => break None,
                Err(error) => break Some(said(&error)),
            }
        };
        if let Some(page) = page(&answer, true) {
            return Ok(page);
        }
        Err(match (ended, sent) {
            (Some(error), _) => error,
            (None, Err(error)) => said(&error),
            (None, Ok(())) => "closed without an answer".to_owned(),
        })
    }

    /// Whether the session of an earlier connection was taken up again.
    pub fn resumed(&self) -> bool {
        self.tls.handshake_kind() == Some(HandshakeKind::Resumed)
    }

    /// The server's certificate.
    pub fn certificate(&self) -> Vec<u8> {
        self.tls.peer_certificates().map(|chain| chain[0].to_vec()).unwrap_or_default()
    }
}

/// The page, where it is complete: by its length, by its last chunk, or because the connection ended.
fn page(answer: &[u8], ended: bool) -> Option<Page> {
    let text = String::from_utf8_lossy(answer);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let header = |name: &str| {
        head.lines().filter_map(|line| line.split_once(':')).find(|(key, _)| key.eq_ignore_ascii_case(name))
    };
    let complete = match header("content-length") {
        Some((_, length)) => body.len() >= length.trim().parse().ok()?,
        None => header("transfer-encoding").is_some() && body.ends_with("0\r\n\r\n"),
    };
    (complete || ended).then(|| Page { status, body: body.to_owned() })
}

/// `alert CertificateExpired`, `closed`, or what else came of it.
fn said(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.split_once("received fatal alert: ") {
        Some((_, alert)) => format!("alert {alert}"),
        None => match error.kind() {
            ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::UnexpectedEof => format!("closed: {text}"),
            _ => text,
        },
    }
}
