//! Keys as they lie in their files: there, sealed well, and belonging to their certificates.

use std::path::Path;

use super::KeyLook;
use crate::authority::{AuthorityError, Generation, LARGEST_TEXT};
use crate::encoding::private_key::Protection;
use crate::keys::{LockedKey, OpenKeyError};
use crate::ledger::IssuerState;
use crate::store::layout::{IssuerNumber, Layout};
use crate::store::read::read_limited;
use crate::words::finding::Finding;
use crate::words::typed::typed_path;

/// What is to be said of the key of a CA certificate.
pub(super) fn look(layout: &Layout, generation: &Generation, active: IssuerNumber, how: &KeyLook<'_>) -> Vec<Finding> {
    let path = layout.issuer(generation.number()).key();
    let locked = match generation.locked_key() {
        Ok(locked) => locked,
        Err(AuthorityError::File(error)) if error.is_not_found() => {
            let message = format!("the key `{}` is not there", path.display());
            return vec![match (generation.number() == active, generation.state()) {
                (true, _) => Finding::error("check.key_missing", message)
                    .hint("bring it back from where it is kept; without it nothing is signed"),
                (_, IssuerState::Retired) => return Vec::new(),
                _ => Finding::warning("check.key_missing", message)
                    .hint("its CRL cannot be built without it, and its certificates are still trusted"),
            }];
        }
        Err(error) => return vec![closed(&path, &error)],
    };
    let mut findings = protection(&path);
    let opened = match how {
        _ if !locked.needs_passphrase() => locked.unlock(None),
        KeyLook::Outside => return findings,
        KeyLook::Open(passphrase) => locked.unlock(*passphrase),
    };
    match opened {
        Ok(_) => {}
        Err(AuthorityError::KeyMismatch(_)) => {
            let subject = generation.certificate().subject().rfc4514();
            let message = format!("the key `{}` is not the one that `{subject}` certifies", path.display());
            findings.push(Finding::error("check.key_mismatch", message).hint("bring the right key back from a backup"));
        }
        Err(error) => findings.push(closed(&path, &error)),
    }
    findings
}

/// What is to be said of the key that signs the audit log, where there is one.
pub(super) fn auditor(path: &Path) -> Vec<Finding> {
    if path.exists() { protection(path) } else { Vec::new() }
}

fn closed(path: &Path, error: &AuthorityError) -> Finding {
    let below = std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string);
    let old = matches!(error, AuthorityError::Key { source: OpenKeyError::TraditionalEncryption, .. });
    let code = if old { "check.key_encryption" } else { "check.key_unusable" };
    let finding = Finding::error(code, format!("the key `{}` cannot be opened: {below}", path.display()));
    if old { finding.hint(rewrite(path)) } else { finding }
}

fn rewrite(path: &Path) -> String {
    format!("openssl pkcs8 -topk8 -scrypt -v2 aes-256-cbc -in {} -out new.key", typed_path(path))
}

fn protection(path: &Path) -> Vec<Finding> {
    let Ok(content) = read_limited(path, LARGEST_TEXT).map(zeroize::Zeroizing::new) else { return Vec::new() };
    let Ok(locked) = LockedKey::read(&content) else { return Vec::new() };
    match locked.protection() {
        Protection::Good => Vec::new(),
        Protection::None => {
            let message = format!("the key `{}` is not encrypted; its mode alone protects it", path.display());
            vec![Finding::notice("check.key_plaintext", message).hint("mtls-ca key passphrase --issuer")]
        }
        Protection::Weak(by) => {
            let message = format!("the key `{}` is encrypted weakly, by {by}", path.display());
            vec![Finding::warning("check.key_encryption", message).hint(rewrite(path))]
        }
    }
}
