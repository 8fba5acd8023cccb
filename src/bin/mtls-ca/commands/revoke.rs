//! `mtls-ca revoke`: take certificates back.

use std::collections::BTreeSet;
use std::path::Path;

use clap::builder::NonEmptyStringValueParser;
use mtls_ca::Serial;
use mtls_ca::Time;
use mtls_ca::authority::{Access, Authority, RevokeOrder, Selection};
use mtls_ca::encoding::certificate;
use mtls_ca::examine::container::store_kind;
use mtls_ca::ledger::{Entry, RowId, State};
use mtls_ca::profile::ProfileName;
use mtls_ca::store::layout::IssuerNumber;
use mtls_ca::store::read::read_limited;
use mtls_ca::words::typed::typed_word;
use mtls_ca::x509::fingerprint::Fingerprint;
use mtls_ca::x509::reason::RevocationReason;
use serde_json::json;

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::Answer;
use crate::rebuild::{self, BroughtOut, RebuildArgs};
use crate::view::revoked::{self, Fate};
use crate::{view, which};

/// The largest file that is looked at for a certificate.
const LARGEST: u64 = 1024 * 1024;

/// Revoke certificates, and rebuild the CRL
///
/// The revocation is recorded first; then the CRL is rebuilt and brought out. Where that cannot be
/// done the certificates are revoked all the same, and `mtls-ca crl build` does the rest. Where
/// several certificates are meant, they are shown, and --all revokes them.
///
/// Examples:
///   mtls-ca revoke 4f0c11… --reason keyCompromise
///   mtls-ca revoke billing.crt
///   mtls-ca revoke billing --all --reason superseded
///   mtls-ca revoke --profile server --issued-before 2026-06-01 --all --dry-run
///   mtls-ca revoke billing --reason certificateHold && mtls-ca revoke billing --release
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Serial numbers, certificate files, SHA-256 fingerprints or names
    #[arg(value_name = "SERIAL|FILE|FINGERPRINT|NAME", value_parser = NonEmptyStringValueParser::new(),
        required_unless_present_any = ["profile", "issued_before"])]
    which: Vec<String>,
    /// Only those of this profile
    #[arg(long, value_name = "NAME")]
    profile: Option<ProfileName>,
    /// Only those issued before: 2026-01-31, 2026-01-31T12:00:00Z
    #[arg(long, value_name = "WHEN")]
    issued_before: Option<Time>,
    /// All of them, where several are meant
    #[arg(long)]
    all: bool,
    /// unspecified, keyCompromise, cACompromise, affiliationChanged, superseded, cessationOfOperation,
    /// certificateHold, privilegeWithdrawn or aACompromise
    #[arg(long, value_name = "REASON", default_value = "unspecified")]
    reason: RevocationReason,
    /// Since when the key or certificate is not to be trusted, where that is before now
    #[arg(long, value_name = "WHEN")]
    at: Option<Time>,
    /// Take a hold back
    #[arg(long, conflicts_with_all = ["reason", "at"])]
    release: bool,
    /// Leave the CRL as it is; `mtls-ca crl build` brings the revocations out
    #[arg(long, conflicts_with_all = ["crl_lifetime", "publish_exec", "passphrase_file", "passphrase_fd"])]
    no_crl: bool,
    /// Show what would be revoked, and change nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    rebuild: RebuildArgs,
}

pub fn run(args: &Args, context: &Context) -> Result<Answer, Failure> {
    let access = if args.dry_run { Access::Read } else { Access::Record };
    let mut ca = Authority::open(&context.global.ca_dir, access, context.patience())?;
    let chosen = args.choose(&ca, context)?;
    if args.dry_run || chosen.needs_all && !args.all {
        return Ok(args.preview(chosen, context));
    }
    let fates = args.carry_out(chosen.entries, &mut ca, context)?;
    let entries: Vec<Entry> = fates.iter().map(|fate| fate.entry.clone()).collect();
    let still_valid = if args.release { Vec::new() } else { ca.still_valid(&entries, context.now)? };
    let same_key = if args.release { Vec::new() } else { ca.still_valid_for_the_key(&entries, context.now)? };
    let BroughtOut { crls, no_crls, responses, no_responses } = match args.no_crl {
        true => BroughtOut::default(),
        false => {
            let issuers: BTreeSet<IssuerNumber> = entries.iter().map(|entry| entry.issuer).collect();
            let behind = ca.behind(issuers)?;
            rebuild::all(&mut ca, &behind, &entries, &args.rebuild, context)
        }
    };
    let text = format!(
        "{}{}{}",
        revoked::text(&fates, context),
        view::crl::built(&crls, context),
        view::ocsp::refreshed(&responses)
    );
    let json = json!({
        "revoked": revoked::json(&fates, context),
        "still_valid": still_valid.iter().map(|entry| view::entry::json(entry, context)).collect::<Vec<_>>(),
        "same_key": same_key.iter().map(|entry| view::entry::json(entry, context)).collect::<Vec<_>>(),
        "crls": view::crl::records(&crls),
        "responses": responses.iter().map(|file| view::path(file)).collect::<Vec<_>>(),
    });
    let answer = Answer::new(text, json)
        .notices(revoked::still_valid(&still_valid, context))
        .notices(revoked::same_key(&same_key, context))
        .notices(view::findings(&ca.warnings(context.now)));
    Ok(match (no_crls, no_responses) {
        (Some(failure), _) => answer.refused(failure.exit, not_rebuilt(failure, args.release)),
        (None, Some(failure)) => answer.refused(failure.exit, not_answered(failure, args.release)),
        (None, None) => answer,
    })
}

/// The revocation stands, and peers do not hear of it yet.
fn not_rebuilt(failure: Failure, release: bool) -> Failure {
    if failure.kind == "hook_failed" {
        return failure;
    }
    let done = if release { "released" } else { "revoked" };
    let message = format!("{done}; CRL not rebuilt");
    let causes = std::iter::once(failure.message.clone()).chain(failure.causes.clone()).collect();
    Failure { kind: "crl_not_rebuilt", message, causes, ..failure }.hint("mtls-ca crl build")
}

/// The CRL has it, and whoever asks by OCSP hears of it only when the published response has ended.
fn not_answered(failure: Failure, release: bool) -> Failure {
    let done = if release { "released" } else { "revoked" };
    let message = format!("{done}; OCSP response not made anew");
    let causes = std::iter::once(failure.message.clone()).chain(failure.causes.clone()).collect();
    Failure { kind: "ocsp_not_rebuilt", message, causes, ..failure }.hint("mtls-ca ocsp build --expiring 50%")
}

/// The certificates that are meant.
struct Chosen {
    entries: Vec<Entry>,
    /// Whether they are several where one may have been meant.
    needs_all: bool,
}

impl Args {
    fn choose(&self, ca: &Authority, context: &Context) -> Result<Chosen, Failure> {
        let selection =
            Selection { profile: self.profile.as_ref().map(ToString::to_string), issued_before: self.issued_before };
        if self.which.is_empty() {
            let entries = ca.in_use(&selection, context.now)?;
            if entries.is_empty() {
                return Err(Failure::new(Exit::Failed, "unknown_certificate", "no certificate in use fits")
                    .hint("mtls-ca list"));
            }
            return Ok(Chosen { needs_all: entries.len() > 1, entries });
        }
        let (mut entries, mut needs_all) = (Vec::<Entry>::new(), false);
        for word in &self.which {
            let mut meant = self.meant_by(word, ca, context)?;
            meant.retain(|entry| {
                selection.profile.as_ref().is_none_or(|profile| entry.profile.as_ref() == Some(profile))
                    && selection.issued_before.is_none_or(|before| entry.reserved_at < before)
            });
            if meant.is_empty() {
                let message = format!("no certificate of `{word}` fits the other conditions");
                return Err(Failure::new(Exit::Failed, "unknown_certificate", message));
            }
            needs_all |= meant.len() > 1;
            for entry in meant {
                if !entries.iter().any(|known| known.id == entry.id) {
                    entries.push(entry);
                }
            }
        }
        Ok(Chosen { entries, needs_all })
    }

    /// By file, number or fingerprint exactly that one; by name those in use, else those that were.
    fn meant_by(&self, word: &str, ca: &Authority, context: &Context) -> Result<Vec<Entry>, Failure> {
        if let Some(found) = certificate_in(Path::new(word))? {
            let Some(entry) = ca.ledger().by_fingerprint(&found.fingerprint())? else {
                let (serial, issuer) = (found.serial(), found.issuer().rfc4514());
                let generations = ca.generations()?;
                if let Some(own) = generations.iter().find(|own| own.certificate().fingerprint() == found.fingerprint())
                {
                    let message = format!("`{word}` is a certificate of this CA itself, which it does not revoke");
                    return Err(Failure::new(Exit::Refused, "own_certificate", message)
                        .hint(format!("replace it while services keep running: {}", own.preparing()))
                        .hint("where others have its key: mtls-ca rotate compromised gN, as `mtls-ca rotate status` has it"));
                }
                let message = format!("certificate {serial} of `{word}` was not issued here, but by `{issuer}`");
                return Err(Failure::new(Exit::Failed, "unknown_certificate", message));
            };
            return Ok(vec![entry]);
        }
        let found = ca.ledger().find(word, usize::MAX)?;
        let (serial, fingerprint) = (word.parse::<Serial>().ok(), word.parse::<Fingerprint>().ok());
        let is_exact = |entry: &&Entry| {
            serial.as_ref() == Some(&entry.serial) || fingerprint.is_some() && entry.fingerprint == fingerprint
        };
        let exact: Vec<Entry> = found.iter().filter(is_exact).cloned().collect();
        if !exact.is_empty() {
            return Ok(exact);
        }
        let wanted = |entry: &&Entry| match (self.release, entry.state) {
            (true, State::Revoked) => {
                entry.revocation.is_some_and(|revocation| revocation.reason == RevocationReason::CertificateHold)
            }
            (true, _) => false,
            (false, State::Issued) => entry.validity.is_none_or(|validity| validity.not_after >= context.now.time()),
            (false, _) => false,
        };
        let in_use: Vec<Entry> = found.iter().filter(wanted).cloned().collect();
        if !in_use.is_empty() {
            return Ok(in_use);
        }
        let signed: Vec<Entry> =
            found.into_iter().filter(|entry| matches!(entry.state, State::Issued | State::Revoked)).collect();
        // Says that there is none, and which may have been meant.
        if signed.is_empty() { which::one(word, ca, context).map(|entry| vec![entry]) } else { Ok(signed) }
    }

    fn preview(&self, chosen: Chosen, context: &Context) -> Answer {
        let Chosen { entries, needs_all } = chosen;
        let count = entries.len();
        let fates: Vec<Fate> = entries.into_iter().map(Fate::preview).collect();
        let json = json!({ "dry_run": true, "revoked": revoked::json(&fates, context), "still_valid": [], "same_key": [], "crls": [], "responses": [] });
        let answer = Answer::new(revoked::text(&fates, context), json);
        if self.dry_run || !needs_all {
            return answer.notice(format!("{count} would be {}; nothing was changed", self.verb()));
        }
        let failure =
            Failure::new(Exit::Failed, "several", format!("{count} certificates are meant; nothing was changed"));
        let words: String = self.which.iter().map(|word| format!(" {}", typed_word(word))).collect();
        let profile = self.profile.iter().map(|name| format!(" --profile {name}")).collect::<String>();
        let before = self.issued_before.iter().map(|time| format!(" --issued-before {time}")).collect::<String>();
        answer.refused(
            Exit::Failed,
            failure.hint(format!(
                "name one by its serial number, or all of them: mtls-ca revoke{words}{profile}{before} --all"
            )),
        )
    }

    const fn verb(&self) -> &'static str {
        if self.release { "released" } else { "revoked" }
    }

    fn carry_out(&self, entries: Vec<Entry>, ca: &mut Authority, context: &Context) -> Result<Vec<Fate>, Failure> {
        let rows: Vec<RowId> = entries.iter().map(|entry| entry.id).collect();
        let act = context.act();
        let mut fates = Vec::new();
        let now_known = |ca: &Authority, before: Entry| -> Result<Entry, Failure> {
            let known = ca.ledger().by_serial(&before.serial)?;
            Ok(known.into_iter().find(|entry| entry.id == before.id).unwrap_or(before))
        };
        if self.release {
            for (entry, outcome) in entries.into_iter().zip(ca.release(&rows, &act)?) {
                fates.push(Fate::released(now_known(ca, entry)?, outcome));
            }
            return Ok(fates);
        }
        let order = RevokeOrder { reason: self.reason, invalid_since: self.at };
        for (entry, outcome) in entries.into_iter().zip(ca.revoke(&rows, &order, &act)?) {
            fates.push(Fate::revoked(now_known(ca, entry)?, outcome));
        }
        Ok(fates)
    }
}

/// The first certificate of a file, where the word is the name of one.
fn certificate_in(path: &Path) -> Result<Option<mtls_ca::x509::certificate::Certificate>, Failure> {
    if !path.is_file() {
        return Ok(None);
    }
    let Ok(bytes) = read_limited(path, LARGEST) else { return Ok(None) };
    if let Some(kind) = store_kind(&bytes) {
        return Err(Failure::named_by_store(path, kind));
    }
    Ok(certificate::read_all(&bytes).ok().and_then(|found| found.into_iter().next()))
}
