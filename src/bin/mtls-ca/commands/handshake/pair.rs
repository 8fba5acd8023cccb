//! `handshake --server-cert …`: two sets of files, put to each other in this process.

use std::net::IpAddr;
use std::path::PathBuf;

use mtls_ca::examine::diagnosis::Files;
use mtls_ca::examine::handshake::{End, Rehearsal, rehearse};
use mtls_ca::x509::certificate::Certificate;
use mtls_ca::x509::general_name::GeneralName;
use mtls_ca::x509::san::DnsName;
use serde_json::json;

use super::trust::{certificates, shown};
use super::{Args, refused};
use crate::context::Context;
use crate::failure::Failure;
use crate::identity::Identity;
use crate::output::Answer;
use crate::view;

/// The files of both ends.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Options for two sets of files")]
pub struct PairArgs {
    /// The server's certificate, its chain behind it
    #[arg(long, value_name = "FILE", requires_all = ["server_key", "client_cert"], conflicts_with = "target")]
    server_cert: Option<PathBuf>,
    /// The server's key
    #[arg(long, value_name = "FILE", requires = "server_cert")]
    server_key: Option<PathBuf>,
    /// The client's certificate, its chain behind it
    #[arg(long, value_name = "FILE", requires_all = ["server_cert", "client_key"])]
    client_cert: Option<PathBuf>,
    /// The client's key
    #[arg(long, value_name = "FILE", requires = "client_cert")]
    client_key: Option<PathBuf>,
    /// Whom the server trusts to sign clients, where it is not --ca
    #[arg(long, value_name = "FILE", requires = "server_cert")]
    client_ca: Vec<PathBuf>,
}

impl PairArgs {
    pub const fn is_wanted(&self) -> bool {
        self.server_cert.is_some()
    }
}

pub fn run(args: &Args, context: &Context) -> Result<Answer, Failure> {
    without_effect(args)?;
    let PairArgs { server_cert, server_key, client_cert, client_key, client_ca } = &args.pair;
    let passphrase = args.server.key_passphrase_file.as_deref();
    let read = |cert: &Option<PathBuf>, key: &Option<PathBuf>| match (cert, key) {
        (Some(cert), Some(key)) => Identity::read(cert, key, passphrase, context),
        _ => Err(Failure::usage("a certificate and its key are both needed, of the server and of the client")),
    };
    let (server, client) = (read(server_cert, server_key)?, read(client_cert, client_key)?);
    let trust = args.trust.read(context)?;
    let for_clients = certificates(client_ca, args.trust.ca_passphrase_file.as_deref(), context)?;
    let of_clients = if client_ca.is_empty() { trust.demanded()? } else { &for_clients };
    let paths = [server_cert, server_key, client_cert, client_key].map(|path| path.as_deref().map(shown));
    let [server_path, server_key_path, client_path, client_key_path] = paths.each_ref().map(Option::as_deref);
    let client_trust = client_ca.first().map(|file| shown(file));
    let known = trust.known();
    let files = |presented, key, trusted| Files { presented, key, trust: trusted, crls: trust.crl_file.as_deref() };
    let name = args.server.server_name.clone().unwrap_or_else(|| first_name(&server.chain));
    let end = |identity: &'_ Identity| Some(identity.ready.clone());
    let report = rehearse(
        &Rehearsal {
            server: End {
                identity: end(&server),
                own: Some(server.own()),
                trust: of_clients,
                files: files(server_path, server_key_path, trust.file.as_deref()),
            },
            client: End {
                identity: end(&client),
                own: Some(client.own()),
                trust: trust.demanded()?,
                files: files(client_path, client_key_path, client_trust.as_deref().or(trust.file.as_deref())),
            },
            server_name: &name,
            crls: &trust.crls,
            known: &known,
        },
        context.now,
    )?;
    let text = view::handshake::pair::text(&report, context.style);
    Ok(refused(Answer::new(text, json!({ "between_files": report })), &report.headline, &report.causes))
}

/// What is asked of servers that run.
fn without_effect(args: &Args) -> Result<(), Failure> {
    let given = [
        (args.server.cert.is_some(), "--cert"),
        (args.server.timeout.is_some(), "--timeout"),
        (args.server.starttls.is_some(), "--starttls"),
        (args.keylog.is_some(), "--keylog"),
    ];
    match given.into_iter().find(|(given, _)| *given) {
        Some((_, flag)) => Err(Failure::usage(format!("`{flag}` has no effect: both ends are in this process"))
            .hint("leave it out; --server-cert, --server-key, --client-cert and --client-key name the files")),
        None => Ok(()),
    }
}

/// The name that a client would look for: the first that the certificate has.
fn first_name(chain: &[Certificate]) -> String {
    // A chain in the wrong order begins with a CA, which has no name that a client would look for.
    let leaf = || chain.iter().find(|one| !one.is_ca()).or_else(|| chain.first());
    let names = leaf().map(|leaf| leaf.extensions().subject_alt_names().to_vec()).unwrap_or_default();
    let host = names.iter().find_map(|name| match name {
        GeneralName::Dns(name) => {
            Some(name.strip_prefix("*.").map_or_else(|| name.clone(), |rest| format!("any.{rest}")))
        }
        GeneralName::Ip(address) => Some(address.to_string()),
        _ => None,
    });
    let cn = || leaf().and_then(|leaf| leaf.subject().common_name().map(|cn| cn.to_string()));
    // A common name such as `Billing Service` is no host; that is then said of the certificate.
    let is_host = |cn: &String| cn.parse::<IpAddr>().is_ok() || DnsName::parse(cn).is_ok();
    host.or_else(|| cn().filter(is_host)).unwrap_or_else(|| "localhost".to_owned())
}
