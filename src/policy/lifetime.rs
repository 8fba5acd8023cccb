//! From when to when a certificate holds: the only arithmetic of validity.
//!
//! A lifetime is counted from now: `90d` ends exactly 90 days from now, and the five minutes
//! before now, which let peers with slow clocks in, come on top.

use super::report::Report;
use super::terms::{Issuer, IssuerTerms};
use crate::profile::{Profile, Sourced};
use crate::words::clock::{Now, Time};
use crate::words::finding::Finding;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::lifetime::{Lifetime, LifetimeWish};
use crate::words::x509::validity::{Standing, Validity};

/// The lifetime of leaves where neither profile nor `ca.toml` say.
pub const LIFETIME: Lifetime = Lifetime::days(90);
const BACKDATE: i64 = 5 * 60;
const LEAST_LEFT: i64 = 60 * 60;

/// The validity; findings say where there can be none.
pub(super) fn validity(
    profile: &Profile,
    wish: Option<LifetimeWish>,
    terms: &IssuerTerms<'_>,
    now: Now,
    report: &mut Report,
) -> Validity {
    let issuer = match terms.issuer {
        Issuer::Itself => None,
        Issuer::Authority { certificate, .. } => Some(certificate),
    };
    if let Some(finding) = issuer.and_then(|issuer| issuer_is_unable(issuer, now)) {
        report.find(finding);
        return Validity { not_before: now.time(), not_after: now.time() };
    }
    let back = now.time().plus_seconds(-BACKDATE);
    let not_before = issuer.map_or(back, |issuer| back.max(issuer.validity().not_before));
    let maximum = maximum(profile, terms);
    let not_after = match wish {
        Some(LifetimeWish::For(lifetime)) => {
            let wish =
                Wish { length: lifetime.seconds(), asked: lifetime.to_string(), not_after: after(now, lifetime) };
            wished(&wish, maximum, issuer, now, report)
        }
        Some(LifetimeWish::Until(time)) => {
            let length = time.seconds_since(now.time());
            wished(&Wish { length, asked: format!("until {time}"), not_after: time }, maximum, issuer, now, report)
        }
        Some(LifetimeWish::AsBefore(lifetime)) => {
            let said = "the lifetime of the certificate before, ";
            held(lifetime, &format!("{said}{lifetime},"), maximum, issuer, now, report)
        }
        None => {
            let lifetime = profile.default_lifetime.as_ref().or(terms.default_lifetime);
            let lifetime = lifetime.map_or(LIFETIME, |lifetime| lifetime.value);
            held(lifetime, &format!("the default lifetime of {lifetime}"), maximum, issuer, now, report)
        }
    };
    Validity { not_before, not_after }
}

/// Why an issuer cannot issue at this time.
fn issuer_is_unable(issuer: &Certificate, now: Now) -> Option<Finding> {
    let Validity { not_before, not_after } = issuer.validity();
    match issuer.validity().standing(now) {
        Standing::NotYetValid => {
            let message = format!("the CA certificate is not valid before `{not_before}`");
            Some(Finding::error("policy.issuer_not_yet_valid", message).hint("check the clock of this machine"))
        }
        Standing::Expired => {
            let message = format!("the CA certificate has expired at `{not_after}`");
            Some(Finding::error("policy.issuer_expired", message).hint("issue from a CA with a certificate that holds"))
        }
        Standing::Valid if not_after.seconds_since(now.time()) < LEAST_LEFT => {
            let message = format!("the CA certificate ends at `{not_after}`, in less than an hour");
            Some(Finding::error("policy.issuer_ends", message).hint("issue from a CA with a certificate that holds"))
        }
        Standing::Valid => None,
    }
}

/// Of two maxima the lower.
fn maximum<'a>(profile: &'a Profile, terms: &IssuerTerms<'a>) -> Option<&'a Sourced<Lifetime>> {
    profile.max_lifetime.as_ref().into_iter().chain(terms.max_lifetime).min_by_key(|max| max.value)
}

const fn after(now: Now, lifetime: Lifetime) -> Time {
    now.time().plus_seconds(lifetime.seconds())
}

/// What somebody said in so many words.
struct Wish {
    length: i64,
    asked: String,
    not_after: Time,
}

/// A wish is granted as it is or refused, never bent.
fn wished(
    wish: &Wish,
    maximum: Option<&Sourced<Lifetime>>,
    issuer: Option<&Certificate>,
    now: Now,
    report: &mut Report,
) -> Time {
    let Wish { length, asked, not_after } = wish;
    let (length, not_after) = (*length, *not_after);
    if length <= 0 {
        let message = format!("the end `{not_after}` is not after now, `{}`", now.time());
        report.find(Finding::error("policy.lifetime_past", message).asked(asked.clone()));
        return not_after;
    }
    if let Some(max) = maximum.filter(|max| length > max.value.seconds()) {
        let message = format!("the lifetime `{asked}` is above the maximum of {}", max.value);
        report.find(
            Finding::error("policy.lifetime_too_long", message)
                .asked(asked.clone())
                .allowed(format!("at most {}", max.value))
                .at(max.place.clone()),
        );
    }
    if let Some(issuer) = issuer.filter(|issuer| not_after > issuer.validity().not_after) {
        let end = issuer.validity().not_after;
        let message = format!("the lifetime `{asked}` goes beyond the end of the CA certificate, `{end}`");
        report.find(
            Finding::error("policy.lifetime_beyond_issuer", message)
                .asked(asked.clone())
                .allowed(format!("until {end}"))
                .hint(format!("`--not-after {end}`, or no lifetime at all")),
        );
    }
    not_after
}

/// How long a certificate of this profile holds where nobody asks for another lifetime, on a CA with
/// these settings.
#[must_use]
pub fn default_lifetime(
    profile: &Profile,
    default: Option<&Sourced<Lifetime>>,
    maximum: Option<&Sourced<Lifetime>>,
) -> Lifetime {
    let wanted = profile.default_lifetime.as_ref().or(default).map_or(LIFETIME, |lifetime| lifetime.value);
    let held = |lifetime: Lifetime, maximum: &Sourced<Lifetime>| lifetime.min(maximum.value);
    profile.max_lifetime.iter().chain(maximum).fold(wanted, held)
}

/// What nobody said for this certificate, a default or the lifetime of the one before, is clamped to
/// what is allowed.
fn held(
    wanted: Lifetime,
    said: &str,
    maximum: Option<&Sourced<Lifetime>>,
    issuer: Option<&Certificate>,
    now: Now,
    report: &mut Report,
) -> Time {
    let lifetime = maximum.map_or(wanted, |max| wanted.min(max.value));
    if let Some(max) = maximum.filter(|_| lifetime < wanted) {
        let message = format!("{said} is held to the maximum of {}", max.value);
        report.find(
            Finding::notice("policy.lifetime_held_to_maximum", message)
                .asked(wanted.to_string())
                .allowed(format!("at most {}", max.value))
                .at(max.place.clone()),
        );
    }
    let not_after = after(now, lifetime);
    match issuer.map(|issuer| issuer.validity().not_after).filter(|end| not_after > *end) {
        Some(end) => {
            let message =
                format!("the certificate ends with the CA certificate at `{end}`, before {lifetime} are over");
            report.find(Finding::warning("policy.lifetime_clamped", message).asked(lifetime.to_string()));
            end
        }
        None => not_after,
    }
}
