//! What one system minds and others do not: algorithms, names, CRL files, trust files, its own default depth.

use super::Wish;
use crate::examine::diagnosis::{Cause, Diagnosis};
use crate::examine::inspect::validity::span;
use crate::examine::papers::{Desk, Holder};
use crate::recipe::data::Role;
use crate::recipe::facts::{CrlUse, IdentityForm, TrustForm};
use crate::recipe::identity::Identity;
use crate::words::typed::typed_word;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::usage::Purpose;

const DAY: i64 = 86_400;
/// What lives longer than this should be revocable.
const LONG: i64 = 31 * DAY;

/// What the system minds about one holder in one role.
pub(super) fn of_holder(holder: &Holder<'_>, role: Purpose, wish: &Wish<'_>) -> Vec<Diagnosis> {
    let Some(facts) = wish.facts() else { return Vec::new() };
    let mut found = Vec::new();
    let leaf = holder.leaf;
    let algorithm = leaf.public_key().to_string();
    if facts.refuses(&algorithm) {
        found.push(refused(wish, leaf, &algorithm));
    }
    for ca in holder.presented.certificates.iter().filter(|one| *one != leaf) {
        let algorithm = ca.public_key().to_string();
        if facts.refuses_of_ca(&algorithm) {
            found.push(refused(wish, ca, &algorithm));
        }
    }
    if role == Purpose::Client
        && let Some(form) = facts.identity
        && form != IdentityForm::None
        && Identity::of("", leaf).seen_as(form).is_none()
    {
        found.push(
            Diagnosis::error(
                Cause::IdentityMissing,
                format!("peers are known to {} by {}, and this certificate has none", wish.title(), form.words()),
            )
            .proof(format!("its subject is `{}`", leaf.subject().rfc4514()))
            .fix(format!(
                "mtls-ca issue {} --profile client --san {}",
                typed_word(leaf.subject().common_name().unwrap_or("NAME")),
                form.example()
            )),
        );
    }
    let authorities = holder.presented.certificates.len();
    if let Some(default) = facts.default_depth.map(usize::from)
        && wish.deployment.is_none()
        && authorities > default
        && facts.depth.is_none_or(|depth| usize::from(depth) >= authorities)
    {
        found.push(
            Diagnosis::warning(
                Cause::Depth,
                format!(
                    "unless it is configured, {default} CAs are the most that is followed by {}, and this chain has {authorities}",
                    wish.title()
                ),
            )
            .proof("counted are the intermediates and the root")
            .fix(format!(
                "# set its verify depth; what to write is shown by: mtls-ca recipe {}",
                typed_word(wish.word())
            )),
        );
    }
    found
}

fn refused(wish: &Wish<'_>, certificate: &Certificate, algorithm: &str) -> Diagnosis {
    let name = certificate.subject().rfc4514();
    Diagnosis::error(
        Cause::AlgorithmUnsupported,
        format!("the key of `{name}` is {algorithm}, which is not taken by {}", wish.title()),
    )
    .proof(format!("serial {}", certificate.serial()))
    .proof("ECDSA P-256 is taken by every system")
    .fix(format!("mtls-ca rekey {} --algorithm ecdsa-p256", certificate.serial()))
}

/// What the system minds about the files that all holders share.
pub(super) fn of_desk(desk: &Desk<'_>, wish: &Wish<'_>) -> Vec<Diagnosis> {
    let mut found = Vec::new();
    let Some(system) = wish.system else { return found };
    let facts = &system.recipe.facts;
    if facts.crl == Some(CrlUse::None) {
        found.extend(desk.holders.iter().map(|holder| no_crls(holder, wish, !desk.crls.is_empty())));
    }
    let takes_apart = wish.deployment.is_some() && system.recipe.crl.is_some_and(|need| need.file);
    if facts.first_crl_only && !takes_apart {
        for paper in desk.crls.iter().filter(|paper| paper.crls.len() > 1) {
            found.push(
                Diagnosis::error(
                    Cause::CrlSeveralInFile,
                    format!(
                        "`{}` holds {} CRLs, and only the first of a file is read by {}",
                        paper.place,
                        paper.crls.len(),
                        wish.title()
                    ),
                )
                .proofs(paper.crls.iter().map(|list| {
                    format!("it holds the one of `{}`, of {}", list.issuer().rfc4514(), list.this_update())
                }))
                .fix("# one file for each CRL:")
                .fix("mtls-ca bundle --crl --each crl"),
            );
        }
    }
    if facts.trust == Some(TrustForm::RootsAndIssuing) && !desk.trust.is_empty() {
        let trusted = desk.trusted();
        for holder in &desk.holders {
            let issuer = holder.leaf.issuer();
            if !trusted.iter().any(|ca| ca.subject().matches(issuer)) {
                let place = desk.trust.first().map_or("ca.crt", |paper| paper.place.as_str());
                found.push(
                    Diagnosis::error(
                        Cause::TrustWithoutIssuing,
                        format!(
                            "the issuing CA `{}` is not in `{place}`, where it is looked for by {}",
                            issuer.rfc4514(),
                            wish.title()
                        ),
                    )
                    .proof("GnuTLS checks CRLs of trusted CAs only")
                    .fix(format!(
                        "# append the certificate of `{}` to {}",
                        issuer.rfc4514(),
                        typed_word(place)
                    )),
                );
            }
        }
    }
    found
}

/// A system without CRLs: how long does a lost key work?
fn no_crls(holder: &Holder<'_>, wish: &Wish<'_>, has_crls: bool) -> Diagnosis {
    let life = holder.leaf.validity().seconds();
    let name = holder.leaf.subject().rfc4514();
    let sentence = format!("no CRLs are read by {}: a certificate such as `{name}` works until it ends", wish.title());
    let told = if life > LONG || has_crls {
        Diagnosis::warning(Cause::NoCrlSupport, sentence)
    } else {
        Diagnosis::notice(Cause::NoCrlSupport, sentence)
    };
    let told = told.proof(format!("it lives for {}", span(life)));
    let told = if has_crls { told.proof("the CRLs among these files do nothing there") } else { told };
    let told = told.fix("# let the certificates of those who connect live for days, and take who is out off the list");
    let is_server = wish.system.is_some_and(|system| system.recipe.role == Role::Server);
    // What a server cannot refuse are its clients' certificates, not its own.
    told.fix(match is_server {
        true => "mtls-ca issue CLIENT --lifetime 7d".to_owned(),
        false => format!("mtls-ca renew {} --lifetime 7d", holder.leaf.serial()),
    })
}
