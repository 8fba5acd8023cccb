//! What is on record, looked at: whether it is whole, and what was refused or tried in vain.

use std::path::Path;
use std::time::Duration;

use super::desk::Desk;
use super::plan::Plan;
use super::{Authority, AuthorityError};
use crate::audit::chain::Head;
use crate::audit::checkpoint::{BadCheckpoint, Checkpoint};
use crate::audit::event::{Act, Action, Digests, Event, Object, Outcome};
use crate::audit::verify::{Break, Verifier};
use crate::encoding::certificate;
use crate::keys::OpenKeyError;
use crate::ledger::{Entry, Ledger, LedgerError, StoredCheckpoint};
use crate::policy::Draft;
use crate::profile::ProfileName;
use crate::store::layout::Layout;
use crate::words::clock::Time;
use crate::words::finding::Finding;
use crate::words::order::Order;
use crate::words::x509::public_key::PublicKey;
use crate::words::x509::request::Request;

/// Whether the audit log is whole, and how far that is vouched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogState {
    /// The end of what holds.
    pub head: Head,
    /// The event from which on it was looked at.
    pub first: u64,
    /// How many checkpoints of the ledger hold.
    pub checkpoints: u64,
    /// The newest of them: up to which event, and when.
    pub vouched: Option<(u64, Time)>,
    /// What is wrong, the first thing first; empty where nothing is.
    pub findings: Vec<Finding>,
}

/// Compares the chain with the checkpoints as it is walked.
struct Walk {
    verifier: Verifier,
    due: Vec<Due>,
    findings: Vec<Finding>,
    checkpoints: u64,
    vouched: Option<(u64, Time)>,
}

/// A checkpoint whose event has not come yet.
struct Due {
    head: Head,
    time: Time,
    /// Whether it was kept elsewhere.
    outside: bool,
}

impl Authority {
    /// Walks the audit log, event by event, and compares it with the checkpoints of the ledger and with
    /// one that was kept elsewhere. With such a one, what came before it is not looked at again: its
    /// hash stands for that.
    ///
    /// # Errors
    /// Where the ledger cannot be read. What is wrong with the log is no error but the answer.
    pub fn verify_log(&self, since: Option<&Checkpoint>) -> Result<LogState, AuthorityError> {
        let keys: Vec<PublicKey> =
            self.generations()?.iter().map(|generation| generation.certificate().public_key().clone()).collect();
        verify_log(&self.ledger, &keys, since)
    }

    /// As [`Authority::plan`]; a refusal is put on record where this CA was opened for signing. Where
    /// that cannot be written, the refusal stands all the same.
    ///
    /// # Errors
    /// As [`Authority::plan`].
    pub fn plan_on_record(
        &mut self,
        request: Request,
        order: &Order,
        profile: &ProfileName,
        act: &Act,
    ) -> Result<Plan, AuthorityError> {
        let refusal = Asked::of(&request, order, profile, &self.desk());
        let planned = self.plan(request, order, profile, act.now);
        if let (Err(error), true) = (&planned, self.may_write())
            && let Some(event) = refusal.refused(error, act)
        {
            let _ = self.ledger.append(&event);
        }
        planned
    }

    /// From now on, a refusal to renew is put on record as this act.
    pub fn record_refusals(&mut self, act: Act) {
        self.recorder = Some(act);
    }

    /// Puts a refusal to renew on record, where somebody acts and this CA was opened for signing.
    pub(super) fn note_refusal(&self, entry: &Entry, error: &AuthorityError) {
        let (Some(act), true, Some(rules)) = (&self.recorder, self.may_write(), rules_of(error)) else { return };
        let object = Object::Certificate {
            fingerprint: entry.fingerprint,
            issuer: entry.issuer.to_string(),
            profile: entry.profile.clone().unwrap_or_default(),
            serial: entry.serial.clone(),
            subject: entry.subject.clone().unwrap_or_default(),
        };
        let _ = self.ledger.append_aside(&Event::new(act, Action::Issue, object, Outcome::Refused { rules }));
    }

    /// Whether it was opened for more than looking.
    fn may_write(&self) -> bool {
        self.directory.is_none() || self._lock.is_some()
    }
}

/// Puts on record that the key of a CA stayed closed, where that is what happened: somebody tried a
/// passphrase that is not its own. Where it cannot be written, nothing is said: the failure itself is
/// told anyway.
pub fn record_failed_unlock(directory: &Path, error: &AuthorityError, act: &Act, patience: Duration) {
    let AuthorityError::Key { path, source: source @ OpenKeyError::WrongPassphrase } = error else { return };
    let Ok(mut ledger) = Ledger::open(&Layout::at(directory).ledger(), patience) else { return };
    let what = path.strip_prefix(directory).unwrap_or(path).display().to_string();
    let outcome = Outcome::Failed { reason: source.to_string() };
    let _ = ledger.append(&Event::new(act, Action::Unlock, Object::File { what }, outcome));
}

/// What was asked, as the audit log names it where it is refused.
pub(super) struct Asked {
    object: Object,
    digests: Digests,
}

impl Asked {
    pub(super) fn of(request: &Request, order: &Order, profile: &ProfileName, desk: &Desk<'_>) -> Self {
        let rules = desk.profiles.get(profile).ok().map(|profile| profile.digest);
        let object = Object::Request {
            profile: profile.to_string(),
            public_key: request.public_key().fingerprint(),
            subject: request.subject().rfc4514(),
        };
        Self { object, digests: Digests { asked: Some(order.asked(request.der())), granted: None, profile: rules } }
    }

    /// The same for what every rule had granted; none where no request was made.
    pub(super) fn of_draft(draft: &Draft) -> Option<Self> {
        let request = draft.request()?;
        let object = Object::Request {
            profile: draft.profile().to_string(),
            public_key: request.public_key().fingerprint(),
            subject: request.subject().rfc4514(),
        };
        let digests = Digests { asked: Some(draft.asked()), granted: None, profile: Some(draft.rules()) };
        Some(Self { object, digests })
    }

    /// The event, where it was a rule that refused.
    pub(super) fn refused(self, error: &AuthorityError, act: &Act) -> Option<Event> {
        let rules = rules_of(error)?;
        let event = Event::new(act, Action::Issue, self.object, Outcome::Refused { rules });
        Some(event.with_digests(self.digests))
    }
}

/// The codes of the rules that an error comes from; none where it comes from something else.
fn rules_of(error: &AuthorityError) -> Option<Vec<String>> {
    match error {
        AuthorityError::Refused(refusal) => {
            let errors = refusal.findings().iter().filter(|finding| finding.is_error());
            Some(errors.map(|finding| finding.code.to_owned()).collect())
        }
        AuthorityError::Possession(_) => Some(vec!["possession".to_owned()]),
        AuthorityError::CompromisedKey(_) => Some(vec!["compromised_key".to_owned()]),
        _ => None,
    }
}

/// The same for a ledger alone, with the keys of its issuers.
pub(super) fn verify_log(
    ledger: &Ledger,
    keys: &[PublicKey],
    since: Option<&Checkpoint>,
) -> Result<LogState, AuthorityError> {
    let mut walk =
        Walk { verifier: Verifier::new(), due: Vec::new(), findings: Vec::new(), checkpoints: 0, vouched: None };
    let mut first = 1;
    if let Some(outside) = since {
        let Head { seq, .. } = outside.statement.head;
        if let Err(reason) = outside.check(keys) {
            walk.findings.push(bad("audit.checkpoint_foreign", seq, &reason));
            return Ok(walk.finish(first));
        }
        // The event itself is looked at, to see that its hash is the one that was signed.
        let before = ledger.event(seq.saturating_sub(1))?.map(|link| link.head());
        first = if before.is_some() { seq } else { 1 };
        walk.verifier = before.map_or_else(Verifier::new, Verifier::behind);
        walk.due.push(Due { head: outside.statement.head, time: outside.statement.time, outside: true });
    }
    ledger.checkpoints::<AuthorityError>(|stored| {
        if stored.statement.head.seq >= first {
            walk.expect(stored, keys);
        }
        Ok(())
    })?;
    walk.due.sort_by_key(|due| std::cmp::Reverse(due.head.seq));
    let mut broken: Option<Break> = None;
    ledger.events::<LedgerError>(first, |link| {
        if broken.is_none() {
            match walk.verifier.take(&link) {
                Ok(()) => walk.reached(link.head()),
                Err(found) => broken = Some(found),
            }
        }
        Ok(())
    })?;
    if let Some(broken) = broken {
        walk.findings.push(Finding::error("audit.chain_broken", broken.to_string()));
    } else {
        walk.cut_off();
    }
    Ok(walk.finish(first))
}

impl Walk {
    fn expect(&mut self, stored: StoredCheckpoint, keys: &[PublicKey]) {
        let StoredCheckpoint { statement, signature, certificate, .. } = stored;
        let certificates = certificate::read(&certificate).into_iter().collect();
        match (Checkpoint { statement, certificates, signature }).check(keys) {
            Ok(()) => self.due.push(Due { head: statement.head, time: statement.time, outside: false }),
            Err(reason) => self.findings.push(bad("audit.checkpoint_bad", statement.head.seq, &reason)),
        }
    }

    /// The chain holds up to here.
    fn reached(&mut self, head: Head) {
        while let Some(due) = self.due.pop_if(|due| due.head.seq == head.seq) {
            if due.head == head {
                self.checkpoints += u64::from(!due.outside);
                self.vouched = Some((head.seq, due.time));
            } else {
                let whose = if due.outside { "the checkpoint that was kept elsewhere" } else { "a checkpoint" };
                let message = format!(
                    "event {} of the audit log is not the one that {whose} of {} vouches for: the log was written anew",
                    head.seq, due.time
                );
                self.findings.push(Finding::error("audit.rewritten", message));
            }
        }
    }

    /// Checkpoints whose events never came: the end of the log is missing.
    fn cut_off(&mut self) {
        let end = self.verifier.head().seq;
        for Due { head, time, .. } in self.due.drain(..).rev() {
            let message = format!(
                "the audit log ends with event {end}; a checkpoint of {time} says that it had {} then",
                head.seq
            );
            self.findings.push(Finding::error("audit.cut_off", message));
        }
    }

    fn finish(self, first: u64) -> LogState {
        let Self { verifier, due: _, findings, checkpoints, vouched } = self;
        LogState { head: verifier.head(), first, checkpoints, vouched, findings }
    }
}

fn bad(code: &'static str, seq: u64, reason: &BadCheckpoint) -> Finding {
    Finding::error(code, format!("the checkpoint of event {seq} does not hold: {reason}"))
}
