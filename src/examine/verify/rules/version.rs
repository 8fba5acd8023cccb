//! Extensions make a version 3 certificate (RFC 5280 section 4.1.2.1), and CAs are known by an extension
//! (section 6.1.4(k)).

use super::{Case, Check};
use crate::examine::verify::answer::{Basis, Rule};

const VERSION: Rule = Rule { code: "version", basis: Basis::Profile, clause: "RFC 5280 section 4.1.2.1" };
const AUTHORITY: Rule = Rule { code: "version", basis: Basis::Validation, clause: "RFC 5280 section 6.1.4(k)" };

pub(super) fn look(case: &Case<'_, '_>, checks: &mut Vec<Check>) {
    for (position, certificate) in case.path.links().iter().enumerate() {
        let version = certificate.version();
        if version == 3 {
            continue;
        }
        let rule = if position == 0 { VERSION } else { AUTHORITY };
        let hint = "sign it with an extension file or with `mtls-ca sign`; `openssl x509 -req` alone makes version 1";
        checks.push(
            rule.fails(position, format!("`{}` is a certificate of version {version}", certificate.subject()))
                .why("without version 3 there are no extensions, so no names, usages or CA flag; Go, rustls and Python refuse it")
                .hint(hint),
        );
    }
}
