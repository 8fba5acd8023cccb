//! What an import brought, or would bring.

use mtls_ca::authority::import::{Inheritance, Share, Trouble};
use mtls_ca::ledger::{Change, History, Inherited};
use mtls_ca::x509::general_name::escaped;
use serde_json::{Value, json};

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::Answer;
use crate::view;

/// How many findings and troubles are listed for a person; `--json` has all.
const LISTED: usize = 20;

/// The report, before or after.
pub fn report(inheritance: &Inheritance, dry_run: bool, context: &Context) -> Answer {
    let findings = inheritance.findings(context.now);
    let json = json!({
        "dry_run": dry_run,
        "source": inheritance.source(),
        "new": inheritance.count(Change::New),
        "newly_revoked": inheritance.count(Change::Revoked),
        "completed": inheritance.count(Change::Completed),
        "known": inheritance.count(Change::None),
        "own": inheritance.own(),
        "not_on_disk": not_on_disk(inheritance),
        "issuers": inheritance.shares().iter().map(heir).collect::<Vec<_>>(),
        "certificates": inheritance.shares().iter().flat_map(certificates).collect::<Vec<_>>(),
        "findings": findings,
        "passed_over": inheritance.passed_over().iter().map(trouble).collect::<Vec<_>>(),
        "refused": inheritance.refused().iter().map(trouble).collect::<Vec<_>>(),
    });
    let told = view::findings(findings.get(..LISTED).unwrap_or(&findings));
    let answer = Answer::new(text(inheritance, dry_run, context), json).notices(told);
    let answer =
        inheritance.shares().iter().filter(|share| share.history == History::Unknown).fold(answer, |answer, share| {
            answer.notice(format!(
                "what {} revoked before is not known; no CRL will be built until it is: \
                 give its last CRL with --crl FILE, or say --nothing-revoked",
                share.issuer
            ))
        });
    let Some(first) = inheritance.refused().first() else { return answer };
    let (refused, verb) = (inheritance.refused().len(), if dry_run { "would not be" } else { "were not" });
    let message = format!("{refused} of the entries {verb} taken in");
    let failure = Failure::new(Exit::Partly, "partly_imported", message)
        .cause(format!("{}: {}", first.place, first.reason))
        .hint("correct the file and run the same command again: what is known already is not added twice");
    answer.refused(Exit::Partly, failure)
}

fn text(inheritance: &Inheritance, dry_run: bool, context: &Context) -> String {
    let new = || inheritance.rows().filter(|(_, change)| *change == Change::New);
    let revoked = new().filter(|(row, _)| row.revocation.is_some()).count();
    let mut rows = vec![("new", format!("{} ({revoked} of them revoked)", new().count()))];
    for (label, change) in [("revoked", Change::Revoked), ("found", Change::Completed), ("known", Change::None)] {
        match inheritance.count(change) {
            0 => {}
            count if change == Change::Revoked => rows.push((label, format!("{count} that were known are revoked"))),
            count if change == Change::Completed => rows.push((label, format!("the certificates of {count} known"))),
            count => rows.push((label, format!("{count} already"))),
        }
    }
    if inheritance.own() > 0 {
        rows.push(("own", format!("{}: certificates of this CA itself", inheritance.own())));
    }
    if not_on_disk(inheritance) > 0 {
        rows.push(("not on disk", format!("the certificates of {}; their rows say so", not_on_disk(inheritance))));
    }
    for Share { issuer, crl_number, history, .. } in inheritance.shares() {
        let number = crl_number.as_ref().map_or(String::new(), |number| format!("; numbers go on from {number}"));
        let can = match history {
            History::Unknown => "what it revoked is not known, and no CRL can be built",
            History::Whole | History::Supplied | History::Waived => "what it revoked is known",
        };
        rows.push(("past", format!("{issuer}: {can}{number}")));
    }
    for (label, troubles) in [("passed over", inheritance.passed_over()), ("refused", inheritance.refused())] {
        for Trouble { place, reason } in troubles.iter().take(LISTED) {
            rows.push((label, format!("{place}: {reason}")));
        }
        if troubles.len() > LISTED {
            rows.push((label, format!("and {} more; --json names them", troubles.len() - LISTED)));
        }
    }
    let note = if dry_run { ", had it not been a dry run" } else { "" };
    format!("taken in from {}{note}\n{}", escaped(inheritance.source()), view::rows(&rows, context.style))
}

fn not_on_disk(inheritance: &Inheritance) -> usize {
    inheritance.rows().filter(|(row, _)| row.certificate.is_none()).count()
}

fn heir(share: &Share) -> Value {
    json!({ "issuer": share.issuer, "history": share.history, "crl_number": share.crl_number })
}

fn certificates(share: &Share) -> impl Iterator<Item = Value> {
    share.rows.iter().map(|(inherited, change)| {
        let Inherited { serial, subject, names: _, profile, not_after, certificate, revocation, origin } = inherited;
        json!({
            "serial": serial,
            "issuer": share.issuer,
            "change": match change {
                Change::New => "new",
                Change::Revoked => "revoked",
                Change::Completed => "completed",
                Change::None => "none",
            },
            "subject": subject.as_deref().map(escaped),
            "profile": profile,
            "origin": escaped(origin),
            "on_disk": certificate.is_some(),
            "not_after": not_after,
            "revoked_at": revocation.map(|revocation| revocation.revoked_at),
            "reason": revocation.map(|revocation| revocation.reason),
        })
    })
}

fn trouble(trouble: &Trouble) -> Value {
    json!({ "place": escaped(&trouble.place), "reason": escaped(&trouble.reason) })
}
