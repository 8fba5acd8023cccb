//! A server and its clients with mutual TLS, on a CA that lives in memory:
//!
//! ```text
//! cargo run --example ephemeral_mtls
//! ```
//!
//! Four clients knock at the same server: one with a certificate of our CA, one without any, one with
//! a certificate of another CA, and one with a certificate that is for servers. The first is served
//! and called by its name; the others are refused.

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use mtls_ca::authority::Signer;
use mtls_ca::bundle::tls;
use mtls_ca::{Act, Authority, IssuedKey, KeyOrder, Now, encoding};
use rustls::pki_types::ServerName;
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection, Stream};

type Fallible<T> = Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Fallible<()> {
    let act = Act::of_process("ephemeral_mtls", Now::from_system());
    let (mut ours, signer) = ca(&act)?;
    let (mut theirs, stranger) = ca(&act)?;
    let server = ours.issue_key(&KeyOrder::server("localhost")?, &signer, &act)?;
    let billing = ours.issue_key(&KeyOrder::client("billing")?, &signer, &act)?;
    let misused = ours.issue_key(&KeyOrder::server("web.internal")?, &signer, &act)?;
    let foreign = theirs.issue_key(&KeyOrder::client("billing")?, &stranger, &act)?;

    let roots = roots(&ours)?;
    let config = Arc::new(server_config(&server, Arc::clone(&roots))?);
    for (who, certificate) in [
        ("a client of our CA", Some(&billing)),
        ("a client without a certificate", None),
        ("a client of another CA", Some(&foreign)),
        ("a client with a server's certificate", Some(&misused)),
    ] {
        let client = client_config(certificate, Arc::clone(&roots))?;
        match conversation(Arc::clone(&config), client) {
            Ok(answer) => println!("{who}: accepted, the server says `{answer}`"),
            Err(error) => println!("{who}: refused, {error}"),
        }
    }
    Ok(())
}

/// A CA of its own, and its key.
fn ca(act: &Act) -> Fallible<(Authority, Signer)> {
    let ca = Authority::ephemeral(act.now)?;
    let signer = ca.unlock(None)?;
    Ok((ca, signer))
}

/// Whom everybody trusts.
fn roots(ca: &Authority) -> Fallible<Arc<RootCertStore>> {
    let mut roots = RootCertStore::empty();
    for root in tls::certificates(&ca.trust()?) {
        roots.add(root)?;
    }
    Ok(Arc::new(roots))
}

/// Demands a certificate of every client.
fn server_config(server: &IssuedKey, roots: Arc<RootCertStore>) -> Fallible<ServerConfig> {
    let verifier = WebPkiClientVerifier::builder(roots).build()?;
    let config = ServerConfig::builder().with_client_cert_verifier(verifier);
    Ok(config.with_single_cert(server.issued().certificate_der(), server.key_der()?)?)
}

fn client_config(client: Option<&IssuedKey>, roots: Arc<RootCertStore>) -> Fallible<ClientConfig> {
    let config = ClientConfig::builder().with_root_certificates(roots);
    Ok(match client {
        Some(client) => config.with_client_auth_cert(client.issued().certificate_der(), client.key_der()?)?,
        None => config.with_no_client_auth(),
    })
}

/// One connection: the client says a line, the server repeats it with the client's name.
fn conversation(server: Arc<ServerConfig>, client: ClientConfig) -> Fallible<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    std::thread::scope(|scope| {
        let served = scope.spawn(move || serve(&listener, server));
        let answer = ask(TcpStream::connect(address)?, client);
        let served = served.join().map_err(|_| "the server panicked")?;
        // The server's reason is the better one: the client sees an alert, if anything.
        served.and(answer)
    })
}

fn serve(listener: &TcpListener, config: Arc<ServerConfig>) -> Fallible<()> {
    let mut connection = ServerConnection::new(config)?;
    let (mut socket, _) = listener.accept()?;
    if let Err(error) = connection.complete_io(&mut socket) {
        // The alert that tells the client.
        connection.write_tls(&mut socket)?;
        return Err(error.into());
    }
    let certificate = connection.peer_certificates().and_then(|chain| chain.first()).ok_or("no certificate")?;
    let name = encoding::certificate::read(certificate)?.subject().rfc4514();
    let mut stream = Stream::new(&mut connection, &mut socket);
    let mut line = String::new();
    BufReader::new(&mut stream).read_line(&mut line)?;
    writeln!(stream, "{}, {name}", line.trim_end())?;
    connection.send_close_notify();
    connection.complete_io(&mut socket)?;
    Ok(())
}

fn ask(mut socket: TcpStream, config: ClientConfig) -> Fallible<String> {
    let mut connection = ClientConnection::new(Arc::new(config), ServerName::try_from("localhost")?)?;
    let mut stream = Stream::new(&mut connection, &mut socket);
    writeln!(stream, "hello")?;
    let mut line = String::new();
    BufReader::new(&mut stream).read_line(&mut line)?;
    Ok(line.trim_end().to_owned())
}
