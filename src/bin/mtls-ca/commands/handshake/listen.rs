//! `handshake --listen`: being the server to which clients come.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mtls_ca::examine::diagnosis::Files;
use mtls_ca::examine::handshake::{Post, Tally, Visit};
use serde_json::json;

use super::Args;
use super::trust::shown;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::{Answer, line, tell};
use crate::view;

/// Being the server.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Options for listening")]
pub struct ListenArgs {
    /// Be the server, with --cert and --key, and say what each client presents and why it is refused,
    /// until SIGTERM or SIGINT; 0 takes a free port
    #[arg(long, value_name = "[ADDRESS:]PORT", value_parser = address, requires_all = ["cert", "key"],
          conflicts_with_all = ["target", "server_cert", "server_name", "starttls"])]
    listen: Option<SocketAddr>,
    /// End after one client
    #[arg(long, requires = "listen", conflicts_with = "count")]
    once: bool,
    /// End after so many clients
    #[arg(long, value_name = "N", requires = "listen")]
    count: Option<usize>,
}

/// A port alone is one of this machine only.
fn address(text: &str) -> Result<SocketAddr, String> {
    match text.parse::<u16>() {
        Ok(port) => Ok((Ipv4Addr::LOCALHOST, port).into()),
        Err(_) => text.parse().map_err(|_| "a port, or an address and a port such as 0.0.0.0:8443".to_owned()),
    }
}

pub fn run(args: &Args, context: &Context) -> Result<Answer, Failure> {
    let (Some(address), Some(identity)) = (args.listen.listen, args.server.identity(context)?) else {
        return Err(Failure::usage("`--listen` needs --cert and --key"));
    };
    let trust = args.trust.read(context)?;
    let [cert, key] = [&args.server.cert, &args.server.key].map(|path| path.as_deref().map(shown));
    let known = trust.known();
    let failed = |error: std::io::Error| {
        Failure::new(Exit::Failed, "no_port", format!("cannot listen on `{address}`")).cause(error)
    };
    let post = Post {
        listener: TcpListener::bind(address).map_err(failed)?,
        identity: identity.ready.clone(),
        own: identity.own(),
        trust: trust.demanded()?,
        crls: &trust.crls,
        known: &known,
        files: Files {
            presented: cert.as_deref(),
            key: key.as_deref(),
            trust: trust.file.as_deref(),
            crls: trust.crl_file.as_deref(),
        },
        timeout: args.server.looking().timeout.min(Duration::from_secs(3_600)),
        key_log: args.key_log()?,
    };
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGTERM, signal_hook::consts::SIGINT] {
        signal_hook::flag::register(signal, Arc::clone(&stop))
            .map_err(|error| Failure::new(Exit::Failed, "signal", "cannot listen to signals").cause(error))?;
    }
    let bound = post.listener.local_addr().map_err(failed)?;
    tell(context, &format!("listening on {bound}"));
    let most = if args.listen.once { Some(1) } else { args.listen.count };
    let mut say = |visit: &Visit| {
        // Nobody may be reading any more; the clients are heard all the same.
        let _told = line(context, &view::handshake::visit::text(visit, context.style), &json!({ "connection": visit }));
    };
    let tally = post.serve(most, &|| context.clock(), &|| stop.load(Ordering::Relaxed), &mut say).map_err(failed)?;
    if let Some(error) = post.key_log.and_then(|log| log.failure()) {
        return Err(error.into());
    }
    Ok(ended(tally, most.is_some()))
}

/// By a signal it ends well; where so many were waited for, each of them had to be let in.
fn ended(tally: Tally, is_counted: bool) -> Answer {
    let Tally { connections, accepted, refused } = tally;
    let text = format!("{connections} connections: {accepted} accepted, {refused} refused\n");
    let answer = Answer { is_last_of_lines: true, ..Answer::new(text, json!({ "listened": tally })) };
    match is_counted && refused > 0 {
        true => {
            let message = format!("{refused} of {connections} clients were refused");
            answer.refused(Exit::No, Failure::new(Exit::No, "handshake.refused", message))
        }
        false => answer,
    }
}
