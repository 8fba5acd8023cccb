//! What came of a client that came to us.

use mtls_ca::examine::handshake::Visit;
use mtls_ca::x509::general_name::escaped;

use super::{causes, headline};
use crate::output::Style;

/// One client: the verdict, what it presented, and why.
pub fn text(visit: &Visit, style: Style) -> String {
    let first = format!("{} {}: {}", visit.at, visit.from, visit.headline);
    let mut text = headline(&first, visit.accepted, style);
    let agreed: Vec<&str> = visit.protocol.into_iter().chain(visit.cipher_suite.as_deref()).collect();
    if !agreed.is_empty() {
        text.push_str(&format!("  speaks    {}\n", agreed.join(", ")));
    }
    if let Some(name) = &visit.server_name {
        text.push_str(&format!("  asked for {}\n", escaped(name)));
    }
    for certificate in &visit.presented {
        let (subject, issuer) = (certificate.subject.rfc4514(), certificate.issuer.rfc4514());
        text.push_str(&format!(
            "  presented {} serial {}, by {}, from {} to {}\n",
            escaped(&subject),
            certificate.serial,
            escaped(&issuer),
            certificate.not_before,
            certificate.not_after
        ));
    }
    if let Some(request) = &visit.request {
        text.push_str(&format!("  said      {}\n", escaped(request)));
    }
    text.push_str(&causes(&visit.causes, style));
    text.push('\n');
    text
}
