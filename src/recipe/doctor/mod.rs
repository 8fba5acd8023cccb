//! Is this file set right for that system? What `doctor` and `recipe --check` answer.
//!
//! ```text
//! Papers ─► Desk ─► diagnose (what any peer minds) + facts (what this system minds) ─► Report
//! ```
//!
//! Nothing here knows a system by its name: what one reads and refuses stands in the `[facts]` of its
//! recipe.

mod drift;
mod encodings;
mod modes;
mod report;
mod system;

use std::path::Path;

use super::facts::{CrlUse, Facts, Usage};
use super::shelf::Shelved;
use crate::bundle::export::Format;
use crate::examine::diagnosis::{Case, Cause, Diagnosis, Files, Known, Revocation, diagnose, in_order};
use crate::examine::papers::{Desk, Holder, Liking, Paper};
use crate::words::clock::Now;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::san::San;
use crate::words::x509::usage::{ExtendedKeyUsage, Purpose};

pub use report::{FileSeen, HolderSeen, Refusing, Report, Sound};

/// What is asked of a file set.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    /// For which system; none for any.
    pub system: Option<&'a Shelved>,
    /// As what it is presented; none for what the system or the certificate says.
    pub role: Option<Purpose>,
    /// The name that the other side looks for.
    pub name: Option<&'a San>,
    /// Whom to trust where no file among these says so.
    pub trust: &'a [Certificate],
    /// Where it is a deployment, its folder: then everything that the recipe makes has to be there.
    pub deployment: Option<&'a Path>,
}

/// Says what is wrong with these files, the likeliest cause first.
#[must_use]
pub fn examine(papers: &[Paper], wish: &Wish<'_>, now: Now) -> Report {
    let desk = Desk::of(papers, liking(wish));
    let mut found = encodings::unreadable(&desk);
    found.extend(encodings::closed_folders(&desk));
    if desk.holders.is_empty() {
        found.extend(diagnose(&Case::new(&[], wish.role.unwrap_or(Purpose::Server), &[]), now));
    }
    for holder in &desk.holders {
        found.extend(of_holder(&desk, holder, wish, now));
    }
    found.extend(system::of_desk(&desk, wish));
    if let (Some(system), Some(folder)) = (wish.system, wish.deployment) {
        found.extend(drift::drift(system, folder));
    }
    let found = in_order(found);
    report::report(&desk, wish, found, now)
}

/// What any peer minds about one holder, and what this system minds.
fn of_holder(desk: &Desk<'_>, holder: &Holder<'_>, wish: &Wish<'_>, now: Now) -> Vec<Diagnosis> {
    let mut found = Vec::new();
    for role in roles(desk, holder, wish) {
        found.extend(in_role(desk, holder, role, wish, now));
        found.extend(system::of_holder(holder, role, wish));
    }
    found.extend(encodings::of_holder(desk, holder, wish));
    found.extend(modes::of_holder(holder, wish));
    found
}

/// The case of one holder in one role.
fn in_role(desk: &Desk<'_>, holder: &Holder<'_>, role: Purpose, wish: &Wish<'_>, now: Now) -> Vec<Diagnosis> {
    let own = desk.trusted();
    let trust = if own.is_empty() { wish.trust } else { &own };
    let lists = desk.lists();
    let known: Vec<Known<'_>> = desk
        .papers()
        .iter()
        .filter(|paper| !std::ptr::eq::<Paper>(*paper, holder.presented))
        .flat_map(|paper| paper.certificates.iter().map(move |certificate| (certificate, paper.place.as_str())))
        .filter(|(certificate, _)| *certificate != holder.leaf)
        .map(|(certificate, place)| Known { certificate, place })
        .collect();
    let facts = wish.facts();
    let lists_of_deployment = wish.deployment.map(|folder| folder.join("crl/crl.pem").display().to_string());
    let found = diagnose(
        &Case {
            key: holder.key.and_then(|(_, key)| key.public_key.as_ref().map(|report| &report.key)),
            name: wish.name.filter(|_| role != Purpose::Client || wish.role == Some(Purpose::Client)),
            crls: &lists,
            revocation: revocation(facts, lists.is_empty(), wish.deployment.is_some()),
            most_authorities: facts.and_then(|facts| facts.depth).map(usize::from),
            known: &known,
            files: Files {
                presented: Some(&holder.presented.place),
                key: holder.key.map(|(paper, _)| paper.place.as_str()),
                trust: desk.trust.first().map(|paper| paper.place.as_str()),
                crls: desk.crls.first().map(|paper| paper.place.as_str()).or(lists_of_deployment.as_deref()),
            },
            ..Case::new(&holder.presented.certificates, role, trust)
        },
        now,
    );
    let ignores = facts.is_some_and(|facts| facts.crl == Some(CrlUse::None));
    found.into_iter().filter(|found| !ignores || !is_about_lists(found.code)).collect()
}

/// Whether the cause is a CRL, which means nothing to a system that reads none.
const fn is_about_lists(cause: Cause) -> bool {
    matches!(
        cause,
        Cause::CrlMissing
            | Cause::CrlStale
            | Cause::CrlNotYetValid
            | Cause::CrlOtherCa
            | Cause::CrlUnusable
            | Cause::CrlEndsSoon
    )
}

fn revocation(facts: Option<&Facts>, has_none: bool, is_deployment: bool) -> Revocation {
    match facts.and_then(|facts| facts.crl) {
        // A configuration that names no CRL does not miss one.
        Some(CrlUse::All | CrlUse::Leaf) if has_none && !is_deployment => Revocation::AsGiven,
        Some(CrlUse::All) => Revocation::OfAll,
        Some(CrlUse::Leaf) => Revocation::OfLeaf,
        Some(CrlUse::None | CrlUse::Ocsp) | None => Revocation::AsGiven,
    }
}

/// In which roles a certificate has to hold. Of several certificates, those that are not made for the
/// system's own role are judged for what they are made for.
fn roles(desk: &Desk<'_>, holder: &Holder<'_>, wish: &Wish<'_>) -> Vec<Purpose> {
    if let Some(role) = wish.role {
        return vec![role];
    }
    match wish.facts().and_then(|facts| facts.usage) {
        Some(usage) if is_made_for(holder, usage) => return usage.roles().to_vec(),
        Some(usage) if !desk.holders.iter().any(|other| is_made_for(other, usage)) => return usage.roles().to_vec(),
        Some(_) => {}
        None if wish.name.is_some() => return vec![Purpose::Server],
        None => {}
    }
    let Some(usages) = holder.leaf.extensions().extended_key_usage() else { return vec![Purpose::Any] };
    let roles: Vec<Purpose> =
        [(Purpose::Server, ExtendedKeyUsage::SERVER_AUTH), (Purpose::Client, ExtendedKeyUsage::CLIENT_AUTH)]
            .into_iter()
            .filter(|(_, usage)| usages.contains(usage))
            .map(|(role, _)| role)
            .collect();
    if roles.is_empty() { vec![Purpose::Server] } else { roles }
}

/// Whether its extended key usages, where it has some, include those of the system's roles.
fn is_made_for(holder: &Holder<'_>, usage: Usage) -> bool {
    let usages = holder.leaf.extensions().extended_key_usage();
    let allowed = |role: &Purpose| role.required_usage().is_none_or(|one| usages.is_none_or(|all| all.contains(&one)));
    usage.roles().iter().all(allowed)
}

/// Which of several files the system reads, as its recipe makes them.
fn liking(wish: &Wish<'_>) -> Liking {
    let formats = wish.system.and_then(|system| system.recipe.certificate.as_ref());
    let has = |wanted: &[Format]| formats.is_some_and(|need| need.formats.iter().any(|one| wanted.contains(one)));
    if has(&[Format::Pkcs12, Format::Pkcs12Legacy, Format::Jks]) {
        Liking::Store
    } else if has(&[Format::Combined]) {
        Liking::Combined
    } else {
        Liking::Chain
    }
}

impl<'a> Wish<'a> {
    /// What is known of the system.
    fn facts(&self) -> Option<&'a Facts> {
        self.system.map(|system| &system.recipe.facts)
    }

    /// What the system is called in a sentence.
    fn title(&self) -> &'a str {
        self.system.map_or("the other side", |system| system.recipe.title.as_str())
    }

    /// Not done by the system; or, where none was named, what is known of others.
    fn who(&self, by: &str, others: &str) -> String {
        match self.system {
            Some(system) => format!("{by} by {}", system.recipe.title),
            None => others.to_owned(),
        }
    }

    /// The system's word.
    fn word(&self) -> &'a str {
        self.system.map_or("SYSTEM", |system| system.recipe.name.as_str())
    }

    /// An error where a system was named, for it is known to refuse; else a warning.
    fn told(&self, cause: Cause, sentence: String) -> Diagnosis {
        match self.system {
            Some(_) => Diagnosis::error(cause, sentence),
            None => Diagnosis { severity: Severity::Warning, ..Diagnosis::error(cause, sentence) },
        }
    }
}
