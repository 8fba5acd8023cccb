//! Failures of revoking and of CRLs.

use mtls_ca::authority::AuthorityError;
use mtls_ca::words::typed::typed_path;

use super::{Exit, Failure};

impl Failure {
    /// The errors of the verbs on CRLs; `failure` has the message and what lies below it.
    pub fn of_crl(error: AuthorityError, failure: Self) -> Self {
        let of = |exit, kind| Self { exit, kind, ..failure.clone() };
        match error {
            AuthorityError::UnknownCrlIssuer { .. } => {
                of(Exit::Refused, "foreign_crl").hint("see which CAs stand above this one: mtls-ca crl show")
            }
            AuthorityError::NoNextUpdate { .. } => of(Exit::Refused, "no_next_update"),
            AuthorityError::UnknownHistory(_) => of(Exit::Refused, "unknown_history")
                .hint("give its last CRL: mtls-ca crl import FILE")
                .hint("or adopt it again with `--without-history`, where nothing was ever revoked"),
            AuthorityError::NoCrlSign { .. } => of(Exit::Refused, "no_crl_sign")
                .hint("have the CA certified again with cRLSign, by its parent or with `mtls-ca rotate prepare`"),
            AuthorityError::CrlAhead { path, .. } => of(Exit::Refused, "crl_ahead")
                .hint(format!("take in what was revoked since: mtls-ca crl import {}", typed_path(&path))),
            AuthorityError::ForeignPublished { path, .. } => of(Exit::Failed, "foreign_published")
                .hint(format!("publish to a directory of its own, or remove it: rm {}", typed_path(&path))),
            AuthorityError::UnsoundCrl(findings) => of(Exit::Internal, "unsound_crl").findings(findings),
            AuthorityError::Hook(_) => of(Exit::Failed, "hook_failed")
                .hint("the CRL is out all the same; run the command by hand when it works again"),
            AuthorityError::IncompleteSet(findings) => {
                let hints: Vec<String> = findings.iter().filter_map(|finding| finding.hint.clone()).collect();
                let failure = of(Exit::Failed, "incomplete_set").findings(findings);
                hints.into_iter().fold(failure, |failure, hint| match failure.hints.contains(&hint) {
                    true => failure,
                    false => failure.hint(hint),
                })
            }
            AuthorityError::NotAReason(_) => {
                of(Exit::Usage, "not_a_reason").hint("a hold is taken back with `--release`")
            }
            AuthorityError::FutureInvalidity(_) => of(Exit::Usage, "future").hint("`--at` says since when, up to now"),
            _ => failure,
        }
    }
}
