//! What is answered: yes or no, what each file is, what is sound, what is not, and who else would refuse.

use serde::Serialize;

use super::{Wish, examine, roles};
use crate::examine::diagnosis::{Area, Cause, Diagnosis};
use crate::examine::inspect::validity::span;
use crate::examine::papers::{Coding, Desk, Holder, Paper};
use crate::recipe::data::Role;
use crate::recipe::identity::Identity;
use crate::recipe::shelf;
use crate::words::clock::Now;
use crate::words::x509::usage::Purpose;

/// The answer about a file set.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Whether nothing refuses it.
    pub accepted: bool,
    /// The system, by its word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// What each file is.
    pub files: Vec<FileSeen>,
    /// Whose certificates are there.
    pub holders: Vec<HolderSeen>,
    /// What is wrong, the likeliest cause first.
    pub diagnoses: Vec<Diagnosis>,
    /// What is sound.
    pub sound: Vec<Sound>,
    /// Where no system was named: which ones refuse it, beyond what is wrong for all.
    pub refusing: Vec<Refusing>,
}

/// A file and what it is.
#[derive(Debug, Clone, Serialize)]
pub struct FileSeen {
    /// Its path.
    pub file: String,
    /// How it is encoded.
    pub coding: Coding,
    /// `2 certificates, 1 key`.
    pub holds: String,
    /// Its permission bits, in octal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
}

/// Somebody who has a certificate there, and how systems name it.
#[derive(Debug, Clone, Serialize)]
pub struct HolderSeen {
    /// The file that is presented.
    pub file: String,
    /// In which roles it was judged.
    pub roles: Vec<Purpose>,
    /// The number of the certificate.
    pub serial: String,
    /// Its names, as the different systems spell them.
    pub identity: Identity,
    /// By which of them the system knows it; none where it knows peers by no name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen_as: Option<String>,
}

/// A thing that was looked at and is right.
#[derive(Debug, Clone, Serialize)]
pub struct Sound {
    /// What was looked at.
    pub area: Area,
    /// What was found.
    pub found: String,
}

/// A system that refuses what others take.
#[derive(Debug, Clone, Serialize)]
pub struct Refusing {
    /// The system, by its word.
    pub system: String,
    /// The cause.
    pub code: Cause,
    /// In a sentence.
    pub sentence: String,
}

impl Report {
    /// What is named first: the likeliest cause, where something refuses.
    #[must_use]
    pub fn first_cause(&self) -> Option<&Diagnosis> {
        self.diagnoses.first().filter(|first| first.is_error())
    }
}

/// Puts the answer together.
pub(super) fn report(desk: &Desk<'_>, wish: &Wish<'_>, diagnoses: Vec<Diagnosis>, now: Now) -> Report {
    let refusing = if wish.system.is_none() { others(desk, wish, &diagnoses, now) } else { Vec::new() };
    Report {
        accepted: !diagnoses.iter().any(Diagnosis::is_error),
        system: wish.system.map(|system| system.recipe.name.clone()),
        files: desk.papers().iter().map(file).collect(),
        holders: desk.holders.iter().map(|one| holder(desk, one, wish)).collect(),
        sound: sound(desk, &diagnoses, now),
        diagnoses,
        refusing,
    }
}

fn file(paper: &Paper) -> FileSeen {
    FileSeen {
        file: paper.place.clone(),
        coding: paper.coding,
        holds: paper.words(),
        mode: paper.mode.map(|mode| format!("{mode:04o}")),
    }
}

fn holder(desk: &Desk<'_>, holder: &Holder<'_>, wish: &Wish<'_>) -> HolderSeen {
    let name = holder.leaf.subject().common_name().unwrap_or_default();
    let identity = Identity::of(name, holder.leaf);
    HolderSeen {
        file: holder.presented.place.clone(),
        roles: roles(desk, holder, wish),
        serial: holder.leaf.serial().to_string(),
        seen_as: wish.facts().and_then(|facts| facts.identity).and_then(|form| identity.seen_as(form)),
        identity,
    }
}

/// One line for each area in which nothing is wrong.
fn sound(desk: &Desk<'_>, diagnoses: &[Diagnosis], now: Now) -> Vec<Sound> {
    let is_clean = |area: Area| {
        !diagnoses
            .iter()
            .any(|found| found.code.area() == area && found.severity > crate::words::finding::Severity::Notice)
    };
    let mut sound = Vec::new();
    for holder in &desk.holders {
        let leaf = holder.leaf;
        let validity = leaf.validity();
        let usages = leaf.extensions().extended_key_usage();
        let usages = usages.into_iter().flatten().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let names: Vec<String> =
            leaf.extensions().subject_alt_names().iter().take(10).map(ToString::to_string).collect();
        let issuers: Vec<String> =
            holder.presented.certificates.iter().map(|one| format!("`{}`", one.subject().rfc4514())).collect();
        let mut lists: Vec<String> = desk
            .lists()
            .iter()
            .filter_map(|list| Some(format!("`{}` until {}", list.issuer().rfc4514(), list.next_update()?)))
            .collect();
        lists.sort();
        lists.dedup();
        let lines = [
            (Area::Files, Some(format!("`{}` is loaded", holder.presented.place))),
            (
                Area::Key,
                holder.key.map(|(paper, _)| format!("`{}` is the key of `{}`", paper.place, leaf.subject().rfc4514())),
            ),
            (Area::Chain, Some(format!("{} leads to a trusted root", issuers.join(", ")))),
            (
                Area::Dates,
                Some(format!(
                    "it holds until {}, for another {}",
                    validity.not_after,
                    span(validity.seconds_left(now))
                )),
            ),
            (
                Area::Use,
                Some(if usages.is_empty() {
                    "it is made for any use".to_owned()
                } else {
                    format!("it is made for {usages}")
                }),
            ),
            (Area::Names, (!names.is_empty()).then(|| format!("it names {}", names.join(", ")))),
            (Area::Revocation, (!lists.is_empty()).then(|| format!("it is on no CRL: {}", lists.join(", ")))),
        ];
        let clean = lines.into_iter().filter(|(area, _)| is_clean(*area));
        sound.extend(clean.filter_map(|(area, found)| Some(Sound { area, found: found? })));
    }
    sound
}

/// Which systems refuse it for what is not wrong for all.
fn others(desk: &Desk<'_>, wish: &Wish<'_>, general: &[Diagnosis], now: Now) -> Vec<Refusing> {
    let mut refusing = Vec::new();
    // PEM is made into a key store in one step; what is said is only who does not read other things.
    let is_plain = !general.iter().any(|found| found.code == Cause::EncodingUnread);
    for system in shelf::all().unwrap_or_default() {
        if system.recipe.role == Role::Authority {
            continue;
        }
        let word = system.recipe.name.clone();
        let roles: Vec<Purpose> = desk.holders.iter().flat_map(|holder| roles(desk, holder, wish)).collect();
        let role = wish.role.or_else(|| roles.first().copied());
        let as_peer = Wish { system: Some(&system), role, ..*wish };
        let said = examine(desk.papers(), &as_peer, now).diagnoses.into_iter().find(|found| {
            found.is_error()
                && found.code.is_of_systems()
                && !(is_plain && found.code == Cause::EncodingUnread)
                && !general.iter().any(|one| one.is_error() && one.code == found.code)
        });
        if let Some(said) = said {
            refusing.push(Refusing { system: word, code: said.code, sentence: said.sentence });
        } else if system.recipe.facts.refuses_cn_only() && general.iter().any(|found| found.code == Cause::CnOnly) {
            let sentence = format!("{} does not look at the CN of servers", system.recipe.title);
            refusing.push(Refusing { system: word, code: Cause::CnOnly, sentence });
        }
    }
    refusing
}
