//! `handshake HOST:PORT`: a server that runs.

use mtls_ca::examine::diagnosis::Files;
use mtls_ca::examine::handshake::{Family, Inquiry, Kind, inquire};
use mtls_ca::examine::inspect::inspect_served;
use mtls_ca::examine::remote::{Options, Target};
use mtls_ca::recipe::{self, Tls};
use serde_json::json;

use super::trust::shown;
use super::{Args, refused};
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::Answer;
use crate::view;

pub fn run(target: &Target, args: &Args, context: &Context) -> Result<Answer, Failure> {
    let trust = args.trust.read(context)?;
    let identity = args.server.identity(context)?;
    let key_log = args.key_log()?;
    let (presented, key) = (args.server.cert.as_deref().map(shown), args.server.key.as_deref().map(shown));
    let known = trust.known();
    let inquiry = Inquiry {
        target,
        options: Options {
            identity: identity.as_ref().map(|identity| identity.ready.clone()),
            key_log: key_log.clone(),
            ..args.server.looking()
        },
        path: path(args)?,
        own: identity.as_ref().map(crate::identity::Identity::own),
        trust: trust.anchors.as_deref(),
        crls: &trust.crls,
        known: &known,
        files: Files {
            presented: presented.as_deref(),
            key: key.as_deref(),
            trust: trust.file.as_deref(),
            crls: trust.crl_file.as_deref(),
        },
        kind: args.system.as_deref().map(kind).transpose()?,
    };
    let report = inquire(&inquiry, context.now)?;
    if let Some(error) = key_log.and_then(|log| log.failure()) {
        return Err(error.into());
    }
    let chain = report.server.as_ref().map(|served| inspect_served(&served.chain, context.now)).unwrap_or_default();
    let text = view::handshake::server::text(&report, &chain, trust.anchors.is_some(), context.style);
    let answer = Answer::new(text, json!({ "with_server": report, "items": chain }));
    Ok(refused(answer, &format!("{target}: {}", report.headline), &report.causes))
}

/// The system by its recipe, whose facts know the TLS library.
fn kind(system: &str) -> Result<Kind, Failure> {
    let found = recipe::find(system)?;
    let family = found.recipe.facts.tls.map(family_of);
    Ok(Kind::given(&found.recipe.name, family))
}

const fn family_of(tls: Tls) -> Family {
    match tls {
        Tls::Openssl => Family::OpenSsl,
        Tls::Gnutls => Family::Gnutls,
        Tls::Go => Family::Go,
        Tls::Rustls => Family::Rustls,
        Tls::Boringssl => Family::BoringSsl,
        Tls::Jsse => Family::Jsse,
        Tls::Erlang => Family::Erlang,
    }
}

/// A path of HTTP is one word.
fn path(args: &Args) -> Result<&str, Failure> {
    let path = args.path.as_deref().unwrap_or("/");
    let is_plain = path.starts_with('/') && path.bytes().all(|octet| octet.is_ascii_graphic());
    match is_plain {
        true => Ok(path),
        false => Err(Failure::new(Exit::Usage, "usage", format!("`{path}` is no path of HTTP"))
            .hint("it begins with a slash and has no spaces: --path /health")),
    }
}
