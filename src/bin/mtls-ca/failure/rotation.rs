//! Why a step of a rotation was not taken, in words.

use mtls_ca::authority::rotate::RotationError;
use mtls_ca::ledger::Dependent;

use super::{Exit, Failure};
use crate::commands::rotate::PARENT_ELSEWHERE;

/// So many certificates are named in an error.
const NAMED: usize = 5;

impl From<RotationError> for Failure {
    fn from(error: RotationError) -> Self {
        let message = error.to_string();
        let failure = |exit, kind| Self::new(exit, kind, message.clone());
        match error {
            RotationError::InMemory => failure(Exit::Internal, "in_memory"),
            RotationError::NeedsParent(_) => failure(Exit::Usage, "needs_parent")
                .hint("mtls-ca rotate prepare --parent DIR")
                .hint(PARENT_ELSEWHERE),
            RotationError::IsRoot(_) => failure(Exit::Usage, "is_root").hint("leave out --parent, --request and --complete"),
            RotationError::Unfinished(_) => {
                failure(Exit::Failed, "unfinished").hint("finish that rotation first: mtls-ca rotate status")
            }
            RotationError::UrlsWithoutIssuer(findings) => failure(Exit::Refused, "url_without_issuer")
                .findings(findings)
                .hint("write {issuer} into it, and go on publishing what is at the old URL for certificates that have it"),
            RotationError::BegunOtherwise { .. } => failure(Exit::Failed, "begun_otherwise")
                .hint("finish it without --key-algorithm, or throw that key away: mtls-ca rotate undo"),
            RotationError::PreparedOtherwise { .. } => failure(Exit::Failed, "prepared_otherwise")
                .hint("go on with what is there: mtls-ca rotate status")
                .hint("or take it back, and prepare it anew: mtls-ca rotate undo"),
            RotationError::NameTaken(_) => failure(Exit::Refused, "name_taken")
                .hint("peers find CRLs by this name, and two keys under one name get each other's: give another --name"),
            RotationError::NoRequest => failure(Exit::Failed, "no_request").hint("mtls-ca rotate prepare --request"),
            // How the next one is begun depends on the CA: the command says it.
            RotationError::NothingPrepared => failure(Exit::Failed, "nothing_prepared"),
            RotationError::TooEarly { .. } => failure(Exit::Refused, "too_early")
                .hint("peers that do not have the new ca.crt and CRLs by then refuse what it signs: mtls-ca rotate status")
                .hint("where every peer has them: mtls-ca rotate activate --force"),
            RotationError::NoCrl(_) => failure(Exit::Refused, "no_crl")
                .hint("build it, and give it to every peer: mtls-ca crl build")
                .hint("where no peer checks CRLs: mtls-ca rotate activate --force"),
            RotationError::Dependents { dependents, .. } => dependents_in_words(failure(Exit::Refused, "dependents"), &dependents),
            RotationError::NothingToRetire => {
                failure(Exit::Failed, "nothing_to_retire").hint("mtls-ca rotate status")
            }
            RotationError::Finished(_) => failure(Exit::Failed, "finished"),
            RotationError::NothingToUndo => failure(Exit::Failed, "nothing_to_undo").hint("mtls-ca rotate status"),
            RotationError::OtherRoot => failure(Exit::Refused, "other_root")
                .hint("peers have to get that root first: prepare a new key, without --keep-key"),
            RotationError::NotTheSame(_) => failure(Exit::Refused, "not_the_same")
                .hint("a certificate for another key is taken without --keep-key: mtls-ca rotate prepare --complete CERT"),
        }
    }
}

fn dependents_in_words(failure: Failure, dependents: &[Dependent]) -> Failure {
    let named = dependents.iter().take(NAMED).map(|Dependent { entry, replaced }| {
        let subject = entry.subject.as_deref().unwrap_or_default();
        let end = entry.validity.map_or(String::new(), |validity| format!(" until {}", validity.not_after));
        let state = if *replaced { "replaced, and holds" } else { "holds" };
        format!("{} `{subject}` {state}{end}", entry.serial)
    });
    let failure = named.fold(failure, Failure::cause);
    let failure = if dependents.iter().all(|dependent| dependent.replaced) {
        failure.hint("all of them are replaced; once none is in use any more: mtls-ca rotate retire --deployed")
    } else {
        failure.hint("renew them, and put them into use: mtls-ca renew --all --out DIR")
    };
    failure.hint("see all of them: mtls-ca rotate status --all")
}
