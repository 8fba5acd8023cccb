//! What a TLS server showed, for people.

use mtls_ca::examine::remote::{Checked, Outcome, Served};
use owo_colors::OwoColorize;

use super::{LABELS, some};
use crate::output::Style;
use crate::view::fields::Fields;

/// The connection; its certificates are items of their own.
pub fn text(served: &Served, style: Style) -> String {
    let mut fields = Fields::new(style, &format!("Server {}", served.target), LABELS);
    if served.address != served.target.to_string() {
        fields.field("address", &served.address);
    }
    if served.server_name != served.target.host {
        fields.field("asked for", &served.server_name);
    }
    let agreed: Vec<&str> = served.protocol.into_iter().chain(served.cipher_suite.as_deref()).collect();
    fields.field("protocol", &if agreed.is_empty() { "none agreed upon".to_owned() } else { agreed.join(", ") });
    fields.field("chain", &format!("{} as served", super::count(served.chain.len(), "certificate")));
    if let Checked::Fails(reason) = &served.handshake_signature {
        fields.field(
            "key check",
            &format!("the handshake was not shown to be signed by the certificate's key: {reason}"),
        );
    }
    clients(&mut fields, served);
    fields.painted("outcome", &outcome(served, style));
    fields.finish()
}

fn clients(fields: &mut Fields, served: &Served) {
    let wanted = &served.client_certificate;
    let words = match (wanted.requested, wanted.presented) {
        (false, _) => "no certificate is asked of clients",
        (true, false) => "a certificate is asked of clients; none was presented",
        (true, true) => "a certificate is asked of clients, and one was presented",
    };
    fields.field("clients", words);
    if wanted.requested {
        let mut cas = some(&wanted.acceptable_cas);
        if wanted.unreadable_cas > 0 {
            cas.push(format!("{} that cannot be read", wanted.unreadable_cas));
        }
        if cas.is_empty() {
            cas.push("not said".to_owned());
        }
        fields.list("from CAs", cas.iter().map(String::as_str));
    }
}

fn outcome(served: &Served, style: Style) -> String {
    let when = |after| if after { "after the handshake" } else { "during the handshake" };
    let words = match &served.outcome {
        Outcome::Accepted if served.client_certificate.requested && !served.client_certificate.presented => {
            "accepted without a client certificate (as far as TLS goes)".to_owned()
        }
        Outcome::Accepted => "accepted".to_owned(),
        Outcome::Refused { alert, after_handshake } => {
            format!("refused with the alert `{alert}` {}", when(*after_handshake))
        }
        Outcome::Closed { after_handshake } => format!("closed without a word {}", when(*after_handshake)),
        Outcome::Failed { reason } => format!("the handshake failed: {reason}"),
    };
    match (&served.outcome, style.color) {
        (_, false) => words,
        (Outcome::Accepted, true) => words.green().to_string(),
        (_, true) => words.yellow().to_string(),
    }
}
