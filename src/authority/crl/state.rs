//! Where every generation stands with its CRL, and what has to be told about it: behind, aging,
//! expired. What every command tells is answered from the ledger alone.

use serde::Serialize;

use crate::authority::rotate::OWN_PROFILES;
use crate::authority::{Authority, AuthorityError, Generation};
use crate::ledger::{CLOCK_SLACK, CrlRecord, IssuerState};
use crate::store::crl_file;
use crate::store::layout::IssuerNumber;
use crate::words::clock::{Now, Time};
use crate::words::finding::Finding;
use crate::words::x509::fingerprint::Fingerprint;
use crate::words::x509::lifetime::Threshold;
use crate::words::x509::validity::Validity;

/// With so much of its life left, a CRL is told of: past four fifths of it.
const AGING: Threshold = Threshold::Percent(20);

/// Told of a CRL from the future.
const EARLY: &str = "crl.not_yet_valid";
/// What there is to look at then.
pub(in crate::authority) const CLOCK: &str =
    "look which clock is wrong, this one or that of the machine that built it: date --utc";

/// Where a generation stands with its CRL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CrlState {
    /// The generation.
    pub issuer: IssuerNumber,
    /// Its subject as text (RFC 4514).
    pub subject: String,
    /// Whether one is needed: its certificate has not ended, and it is not retired with all that it
    /// issued ended.
    pub needed: bool,
    /// The last one that is out.
    pub last: Option<CrlRecord>,
    /// How many changes to its revocations are on no CRL yet.
    pub pending: u64,
    /// Whether the directory of `[publish] dir` has the last one; none where there is no such setting.
    pub published: Option<bool>,
    /// What has to be told.
    pub findings: Vec<Finding>,
}

/// Where a CA above stands with its CRL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AboveState {
    /// The generation that it is above of.
    pub above: IssuerNumber,
    /// Its subject as text (RFC 4514).
    pub subject: String,
    /// Digest of its public key.
    pub spki_sha256: Fingerprint,
    /// When its CRL that is known here was made.
    pub this_update: Option<Time>,
    /// By when the next one is due.
    pub next_update: Option<Time>,
    /// What has to be told.
    pub findings: Vec<Finding>,
}

/// Whether a new CRL is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CrlDue {
    /// Nobody needs one.
    NotNeeded,
    /// Not before this moment.
    Later(Time),
    /// Now.
    Now,
}

impl CrlState {
    /// Whether a new CRL is due when the last one has so much of its life left: always where there is
    /// none yet, or it does not have the latest revocations.
    #[must_use]
    pub fn due(&self, expiring: Threshold, now: Now) -> CrlDue {
        match &self.last {
            _ if !self.needed => CrlDue::NotNeeded,
            None => CrlDue::Now,
            Some(_) if self.pending > 0 || self.published == Some(false) => CrlDue::Now,
            Some(last) => {
                let life = Validity { not_before: last.this_update, not_after: last.next_update };
                if expiring.is_due(life, now) { CrlDue::Now } else { CrlDue::Later(expiring.due(life)) }
            }
        }
    }
}

impl Authority {
    /// Where every generation stands with its CRL.
    ///
    /// # Errors
    /// Where the ledger or a file cannot be read.
    pub fn crl_states(&self, now: Now) -> Result<Vec<CrlState>, AuthorityError> {
        let places = self.publish_places();
        let state = |generation: &Generation| {
            let issuer = generation.number;
            let standing = self.ledger.crl_standing(issuer)?;
            let published = match &places {
                Some((_, folder)) => {
                    let head = crl_file::head(&folder.crl_der(issuer))?;
                    let there = head.and_then(|head| head.number());
                    Some(standing.last.is_some_and(|last| there == Some(last.number)))
                }
                None => None,
            };
            let needed = self.needs_crl(generation, now)?;
            let mut findings = Vec::new();
            if needed {
                findings.extend(own_findings(issuer, standing.last.as_ref(), standing.pending, now));
                if published == Some(false) && standing.last.is_some() {
                    let message = format!("the CRL of `{issuer}` is not in the directory of `[publish] dir`");
                    findings.push(Finding::warning("crl.not_published", message).hint("mtls-ca crl build"));
                }
            }
            Ok(CrlState {
                issuer,
                subject: generation.certificate.subject().rfc4514(),
                needed,
                last: standing.last,
                pending: standing.pending,
                published,
                findings,
            })
        };
        self.generations()?.iter().map(state).collect()
    }

    /// Where the CAs above stand with their CRLs, as far as they are known here.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn crl_states_above(&self, now: Now) -> Result<Vec<AboveState>, AuthorityError> {
        let generations = self.generations()?;
        let mut states: Vec<AboveState> = Vec::new();
        for generation in &generations {
            for above in &generation.above {
                let key = above.public_key().fingerprint();
                let own = generations.iter().any(|own| own.certificate.public_key() == above.public_key());
                if own || states.iter().any(|state| state.spki_sha256 == key) {
                    continue;
                }
                let (subject, dates) = (above.subject().rfc4514(), self.ledger.foreign_crl_dates(&key)?);
                states.push(AboveState {
                    above: generation.number,
                    findings: above_finding(generation, &subject, dates, now).into_iter().collect(),
                    subject,
                    spki_sha256: key,
                    this_update: dates.map(|(this, _)| this),
                    next_update: dates.map(|(_, next)| next),
                });
            }
        }
        Ok(states)
    }

    /// What every command tells of CRLs: own ones that are behind, past four fifths of their life, or
    /// expired, and those of the CAs above that are. Asks the ledger alone; a CA that never built a
    /// CRL and never revoked is not spoken to.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn crl_health(&self, now: Now) -> Result<Vec<Finding>, AuthorityError> {
        let mut findings = Vec::new();
        for issuer in self.ledger.issuers()? {
            let standing = self.ledger.crl_standing(issuer.number)?;
            let mut told = own_findings(issuer.number, standing.last.as_ref(), standing.pending, now);
            // Where the ledger is from the future with it, that is told already.
            if told.iter().any(|finding| finding.code == EARLY) && self.ahead_of(now).is_some() {
                told.retain(|finding| finding.code != EARLY);
            }
            // Only now is it worth to look whether anybody needs it.
            if !told.is_empty() && self.needs_crl(&self.generation(issuer.number)?, now)? {
                findings.extend(told);
            }
        }
        for above in &self.issuer.above {
            let dates = self.ledger.foreign_crl_dates(&above.public_key().fingerprint())?;
            if dates.is_some() {
                findings.extend(above_finding(&self.issuer, &above.subject().rfc4514(), dates, now));
            }
        }
        Ok(findings)
    }

    /// Whether anybody may still ask for a generation's CRL.
    pub(super) fn needs_crl(&self, generation: &Generation, now: Now) -> Result<bool, AuthorityError> {
        if generation.certificate.validity().not_after < now.time() {
            return Ok(false);
        }
        match generation.state {
            IssuerState::Prepared | IssuerState::Active | IssuerState::Superseded => Ok(true),
            IssuerState::Retired => Ok(self.ledger.last_end(generation.number, &OWN_PROFILES, now)?.is_some()),
        }
    }
}

fn own_findings(issuer: IssuerNumber, last: Option<&CrlRecord>, pending: u64, now: Now) -> Vec<Finding> {
    let mut findings = Vec::new();
    let name = issuer.to_string();
    if let Some(last) = last {
        let hint = match begins_later(last.this_update, now) {
            true => CLOCK,
            false => "mtls-ca crl build",
        };
        findings.extend(aging(&name, (last.this_update, last.next_update), now).map(|finding| finding.hint(hint)));
    }
    if pending > 0 {
        let message = match (pending, last) {
            (_, None) => format!("there are revocations, and no CRL of `{name}` yet"),
            (1, Some(_)) => format!("a change to the revocations of `{name}` is on no CRL yet"),
            (many, Some(_)) => format!("{many} changes to the revocations of `{name}` are on no CRL yet"),
        };
        findings.push(Finding::warning("crl.missing_revocations", message).hint("mtls-ca crl build"));
    }
    findings
}

/// What is to be told of the CRL of a CA above: that it is missing, expired or aging.
pub(super) fn above_finding(
    below: &Generation,
    subject: &str,
    dates: Option<(Time, Time)>,
    now: Now,
) -> Option<Finding> {
    let finding = match dates {
        Some(dates) => aging(subject, dates, now)?,
        None => Finding::warning(
            "crl.foreign_missing",
            format!(
                "there is no CRL of `{subject}`, which stands above `{}`: peers that check CRLs refuse every certificate",
                below.number
            ),
        ),
    };
    let is_early = dates.is_some_and(|(this_update, _)| begins_later(this_update, now));
    let hint = match is_early {
        true => CLOCK,
        false => "have that CA build its CRL, then: mtls-ca crl import FILE",
    };
    Some(finding.hint(hint))
}

/// Whether a CRL is from the future: by more than clocks are put right without a word.
pub(in crate::authority) const fn begins_later(this_update: Time, now: Now) -> bool {
    this_update.seconds_since(now.time()) > CLOCK_SLACK
}

fn aging(name: &str, (this_update, next_update): (Time, Time), now: Now) -> Option<Finding> {
    let life = Validity { not_before: this_update, not_after: next_update };
    if next_update < now.time() {
        return Some(expired(name, next_update));
    }
    if begins_later(this_update, now) {
        let message =
            format!("the CRL of `{name}` is of `{this_update}`, which is to come: peers refuse it until then");
        return Some(Finding::warning(EARLY, message));
    }
    AGING.is_due(life, now).then(|| {
        let message = format!("the CRL of `{name}` is past 80 % of its life and ends at {next_update}");
        Finding::warning("crl.expiring", message)
    })
}

pub(super) fn expired(name: &str, next_update: Time) -> Finding {
    let message = format!("the CRL of `{name}` ended at {next_update}: peers that check it refuse every certificate");
    Finding::warning("crl.expired", message)
}
