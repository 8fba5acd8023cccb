//! A TLS server that demands a client certificate and says who called, and a client for it: rustls
//! on both sides, with the files that `mtls-ca` writes.
//!
//! ```sh
//! cargo run --example mtls_echo -- serve server.crt server.key ca.crt
//! cargo run --example mtls_echo -- call PORT localhost ca.crt client.crt client.key
//! ```
//!
//! The server prints its port first, then a line for each caller. The client ends with 3 where the
//! server refuses it.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "an example talks to whoever runs it")]

use std::error::Error;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection, Stream};

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["serve", certificate, key, ca] => serve(certificate, key, ca).map(|()| ExitCode::SUCCESS),
        ["call", port, name, ca] => call(port, name, ca, None),
        ["call", port, name, ca, certificate, key] => call(port, name, ca, Some((certificate, key))),
        _ => Err("usage: serve CERTIFICATE KEY CA | call PORT NAME CA [CERTIFICATE KEY]".into()),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::FAILURE
    })
}

/// Answers callers until the process is ended.
fn serve(certificate: &str, key: &str, ca: &str) -> Outcome<()> {
    let clients = WebPkiClientVerifier::builder(Arc::new(roots(ca)?)).build()?;
    let config = ServerConfig::builder()
        .with_client_cert_verifier(clients)
        .with_single_cert(chain(certificate)?, PrivateKeyDer::from_pem_file(key)?)?;
    let config = Arc::new(config);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    println!("{}", listener.local_addr()?.port());
    for socket in listener.incoming() {
        match answer(socket?, config.clone()) {
            Ok(caller) => println!("accepted {caller}"),
            Err(error) => println!("refused: {error}"),
        }
    }
    Ok(())
}

/// One caller: shakes hands, says hello to the name in the certificate.
fn answer(mut socket: TcpStream, config: Arc<ServerConfig>) -> Outcome<String> {
    socket.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut connection = ServerConnection::new(config)?;
    let shaken = connection.complete_io(&mut socket);
    if let Err(error) = shaken {
        // The alert that tells the client why is still to be sent.
        let _ = connection.write_tls(&mut socket);
        return Err(error.into());
    }
    let leaf = connection.peer_certificates().and_then(<[_]>::first).ok_or("no certificate")?;
    let caller = subject(leaf)?;
    let mut stream = Stream::new(&mut connection, &mut socket);
    writeln!(stream, "hello {caller}")?;
    stream.conn.send_close_notify();
    stream.conn.complete_io(stream.sock)?;
    Ok(caller)
}

/// Calls the server on this machine, prints what it answers.
fn call(port: &str, name: &str, ca: &str, identity: Option<(&str, &str)>) -> Outcome<ExitCode> {
    let config = ClientConfig::builder().with_root_certificates(roots(ca)?);
    let config = match identity {
        Some((certificate, key)) => {
            config.with_client_auth_cert(chain(certificate)?, PrivateKeyDer::from_pem_file(key)?)?
        }
        None => config.with_no_client_auth(),
    };
    let mut connection = ClientConnection::new(Arc::new(config), ServerName::try_from(name.to_owned())?)?;
    let mut socket = TcpStream::connect((Ipv4Addr::LOCALHOST, port.parse()?))?;
    socket.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut said = String::new();
    // In TLS 1.3 a refusal comes after the client's handshake: only what is read tells.
    match Stream::new(&mut connection, &mut socket).read_to_string(&mut said) {
        Ok(_) => {
            print!("{said}");
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            eprintln!("refused: {error}");
            Ok(ExitCode::from(3))
        }
    }
}

fn roots(file: &str) -> Outcome<RootCertStore> {
    let mut store = RootCertStore::empty();
    for root in chain(file)? {
        store.add(root)?;
    }
    Ok(store)
}

fn chain(file: &str) -> Outcome<Vec<CertificateDer<'static>>> {
    Ok(CertificateDer::pem_file_iter(file)?.collect::<Result<_, _>>()?)
}

fn subject(leaf: &CertificateDer<'_>) -> Outcome<String> {
    let (_, certificate) = x509_parser::parse_x509_certificate(leaf)?;
    Ok(certificate.subject().to_string())
}
