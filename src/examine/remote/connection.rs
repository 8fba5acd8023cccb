//! Connecting, and a report of what came of it.

use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, ClientConnection};

use super::deadline::Deadline;
use super::key_log::Logged;
use super::recorder::Recorder;
use super::starttls::Clear;
use super::{Checked, ClientCertificate, Identity, Options, RemoteError, Served, Target, Versions, handshake};
use crate::encoding::name;
use crate::words::x509::name::Name;

/// Connects, shakes hands, and says what the server showed.
///
/// A refusal by the server is no error but an [`Outcome`](super::Outcome): it has shown something
/// by then.
///
/// # Errors
/// Where nothing was seen: no address, no connection, no TLS, no answer in time.
pub fn fetch(target: &Target, options: &Options) -> Result<Served, RemoteError> {
    let asked = options.server_name.as_deref().unwrap_or(&target.host);
    let server_name = ServerName::try_from(asked.to_owned())
        .map_err(|_| RemoteError::ServerName(asked.chars().take(120).collect()))?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let identity = options.identity.as_ref().map(|identity| certified(identity, &provider)).transpose()?;
    let recorder = Arc::new(Recorder::new(Arc::clone(&provider), identity));
    let tls = ClientConnection::new(Arc::new(config(&provider, &recorder, options)?), server_name)
        .map_err(|error| RemoteError::Identity(error.to_string()))?;

    let deadline = Deadline::after(options.timeout);
    let (mut stream, address) = connect(target, deadline)?;
    if let Some(protocol) = options.starttls {
        let begun = protocol.begin(&mut Clear::new(&mut stream, deadline));
        begun.map_err(|reason| RemoteError::NoStartTls { address: address.to_string(), protocol, reason })?;
    }
    let ended = handshake::run(tls, stream, options, deadline, address)?;

    let notes = std::mem::take(&mut *recorder.notes());
    let subjects: Vec<Option<Name>> = notes.acceptable_cas.iter().map(|der| name::read(der).ok()).collect();
    Ok(Served {
        target: target.clone(),
        address: address.to_string(),
        server_name: asked.to_owned(),
        protocol: ended.protocol,
        cipher_suite: ended.cipher_suite,
        alpn: ended.alpn,
        starttls: options.starttls,
        chain: notes.chain,
        handshake_signature: notes.handshake_signature.unwrap_or(Checked::NotReached),
        client_certificate: ClientCertificate {
            requested: notes.requested,
            presented: notes.presented,
            unreadable_cas: subjects.iter().filter(|subject| subject.is_none()).count(),
            acceptable_cas: subjects.into_iter().flatten().collect(),
        },
        outcome: ended.outcome,
        reply: ended.reply,
    })
}

fn config(
    provider: &Arc<CryptoProvider>,
    recorder: &Arc<Recorder>,
    options: &Options,
) -> Result<ClientConfig, RemoteError> {
    let versions: &[_] = match options.versions {
        Versions::Any => &[&rustls::version::TLS13, &rustls::version::TLS12],
        Versions::Tls13 => &[&rustls::version::TLS13],
        Versions::Tls12 => &[&rustls::version::TLS12],
    };
    let builder = ClientConfig::builder_with_provider(Arc::clone(provider))
        .with_protocol_versions(versions)
        .map_err(|error| RemoteError::Identity(error.to_string()))?;
    let verifier: Arc<Recorder> = Arc::clone(recorder);
    let resolver: Arc<Recorder> = Arc::clone(recorder);
    let mut config = builder.dangerous().with_custom_certificate_verifier(verifier).with_client_cert_resolver(resolver);
    // Each look is a full handshake: a resumed session shows no certificate.
    config.resumption = rustls::client::Resumption::disabled();
    config.alpn_protocols = options.alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    if let Some(log) = &options.key_log {
        config.key_log = Arc::new(Logged(log.clone()));
    }
    Ok(config)
}

pub(in crate::examine) fn certified(
    identity: &Identity,
    provider: &CryptoProvider,
) -> Result<Arc<CertifiedKey>, RemoteError> {
    let refuse = |error: rustls::Error| RemoteError::Identity(error.to_string());
    let der = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(identity.key.to_vec()));
    let key = provider.key_provider.load_private_key(der).map_err(refuse)?;
    let chain = identity.chain.iter().map(|der| CertificateDer::from(der.clone())).collect();
    // A key that does not match, or a certificate that rustls would not take, is for the server to
    // judge; seeing what it says may be what the caller is after.
    Ok(Arc::new(CertifiedKey::new(chain, key)))
}

/// The first address that takes the connection. Each gets its share of the time left.
pub(super) fn connect(target: &Target, deadline: Deadline) -> Result<(TcpStream, SocketAddr), RemoteError> {
    let addresses =
        resolve(target, deadline).map_err(|source| RemoteError::NoAddress { host: target.host.clone(), source })?;
    let mut last = RemoteError::NoAddress {
        host: target.host.clone(),
        source: io::Error::new(io::ErrorKind::NotFound, "the resolver names none"),
    };
    for (tried, address) in addresses.iter().enumerate() {
        let left = deadline.left();
        let share = left / u32::try_from(addresses.len() - tried).unwrap_or(1);
        match TcpStream::connect_timeout(address, share.max(Duration::from_millis(1))) {
            Ok(stream) => return Ok((stream, *address)),
            Err(source) => last = RemoteError::Connect { address: address.to_string(), source },
        }
    }
    Err(last)
}

/// The system's resolver knows no timeout; so it is asked on a thread that may be left behind.
fn resolve(target: &Target, deadline: Deadline) -> io::Result<Vec<SocketAddr>> {
    if let Ok(address) = target.host.parse() {
        return Ok(vec![SocketAddr::new(address, target.port)]);
    }
    let (sender, receiver) = mpsc::channel();
    let (host, port) = (target.host.clone(), target.port);
    thread::spawn(move || {
        let found = (host.as_str(), port).to_socket_addrs().map(Iterator::collect);
        // Nobody listens any more where the time was up.
        let _ = sender.send(found);
    });
    let left = deadline.left();
    receiver
        .recv_timeout(left)
        .unwrap_or_else(|_| Err(io::Error::new(io::ErrorKind::TimedOut, "the resolver does not answer in time")))
}
