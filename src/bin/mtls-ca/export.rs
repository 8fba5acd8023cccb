//! `export --format`: a certificate with what belongs to it, as a file that a program reads.

use std::path::{Path, PathBuf};

use mtls_ca::authority::{Access, Authority};
use mtls_ca::bundle::deliver::{CERTIFICATE, Destination, KEY, KeyText, Role, TRUST, apart, means_directory};
use mtls_ca::bundle::export::{self, Exported, Format, Parts, Sealing};
use mtls_ca::bundle::slug::slug;
use mtls_ca::encoding::certificate;
use mtls_ca::keys::LockedKey;
use mtls_ca::store::attributes::Attributes;
use mtls_ca::store::handover::Prepared;
use mtls_ca::store::layout::Layout;
use mtls_ca::store::read::read_limited;
use mtls_ca::store::versions::Versions;
use mtls_ca::x509::certificate::Certificate;
use mtls_ca::{AuthorityError, Finding};
use serde_json::json;
use zeroize::Zeroizing;

use crate::container::{certificates, contained};
use crate::context::{Context, PassphraseArgs};
use crate::failure::{Exit, Failure};
use crate::formats::FormatArgs;
use crate::output::Answer;
use crate::successor::{Word, newest, stem};
use crate::view;

/// The most that a key's file holds.
const LARGEST: u64 = 1024 * 1024;

/// What belongs to a certificate, where it is not in its own file.
#[derive(Debug, Clone, clap::Args)]
pub struct MaterialArgs {
    /// The certificate's key; else the file beside it, or the store itself
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// The passphrase of that key
    #[arg(long, value_name = "FILE")]
    pub key_passphrase_file: Option<PathBuf>,
    /// The certificates between it and its root; else those behind it in its file, or the CA's
    #[arg(long, value_name = "FILE")]
    pub chain: Vec<PathBuf>,
    /// The roots that peers are to trust; else the CA's
    #[arg(long, value_name = "FILE")]
    pub ca: Vec<PathBuf>,
}

/// An export that was asked for, with the rest of the command line.
pub struct Request<'a> {
    pub formats: &'a FormatArgs,
    pub which: Option<&'a str>,
    pub material: &'a MaterialArgs,
    pub out: Option<&'a Path>,
    pub force: bool,
    pub passphrase: &'a PassphraseArgs,
}

/// A certificate and what belongs to it.
struct Material {
    stem: String,
    leaf: Certificate,
    chain: Vec<Certificate>,
    trust: Vec<Certificate>,
    key: Option<KeyText>,
    findings: Vec<Finding>,
}

impl Request<'_> {
    pub fn run(&self, context: &Context) -> Result<Answer, Failure> {
        self.formats.check()?;
        let formats = self.asked()?;
        let which = self.which.ok_or_else(|| {
            Failure::usage("which certificate is to be exported?")
                .hint("mtls-ca export NAME --format pkcs12 --key FILE")
                .hint("mtls-ca list")
        })?;
        let material = self.material(which, &formats, context)?;
        let places = self.places(&formats, &material.stem)?;
        self.apart(&places, context)?;
        let sealing = self.sealing(&formats, context)?;
        let Material { leaf, chain, trust, key, .. } = &material;
        let parts = Parts { leaf, chain, trust, key: key.as_ref() };
        let public = Some(leaf.public_key());
        let mut written = Vec::new();
        for (format, place) in &places {
            let exported = export::write(*format, &parts, &sealing)?;
            if let Destination::Path(path) = place {
                export::plan(*format, path, public, &sealing, self.force)
                    .map_err(|error| if format.has_key() { Failure::key_place(error) } else { error.into() })?;
            }
            written.push((exported, place));
        }
        for (exported, place) in &written {
            if let Destination::Path(path) = place {
                put(exported, path)?;
            }
        }
        Ok(answer(&material, &written))
    }

    /// What was asked for, each once.
    fn asked(&self) -> Result<Vec<Format>, Failure> {
        let mut formats = self.formats.formats.clone();
        formats.sort_unstable();
        formats.dedup();
        if formats.is_empty() {
            return Err(Failure::usage("in which form?")
                .hint(format!("--format {}", Format::ALL.map(Format::name).join("|")))
                .hint("or the files of a system: --layout kubernetes"));
        }
        Ok(formats)
    }

    /// Where each goes: the one file that `--out` names, or files of their own names in its directory.
    fn places(&self, formats: &[Format], stem: &str) -> Result<Vec<(Format, Destination)>, Failure> {
        let named = |folder: &Path| {
            let certificate = folder.join(format!("{stem}.crt"));
            let place = |format: &Format| {
                let path = match format {
                    Format::Fullchain => certificate.clone(),
                    other => other.beside(&certificate),
                };
                (*format, Destination::Path(path))
            };
            formats.iter().map(place).collect()
        };
        match (self.out, formats) {
            (None, _) => Ok(named(Path::new(""))),
            (Some(out), _) if means_directory(out) => {
                if !out.is_dir() {
                    mtls_ca::store::directory::create_directory(out)?;
                }
                Ok(named(out))
            }
            (Some(out), [format]) => Ok(vec![(*format, Destination::from_argument(out))]),
            (Some(out), _) => {
                Err(Failure::usage(format!("`{}` is one file, and there are several forms", out.display()))
                    .hint("name a directory: --out files/"))
            }
        }
    }

    fn apart(&self, places: &[(Format, Destination)], context: &Context) -> Result<(), Failure> {
        let mut inputs = context.passphrase_files(self.passphrase);
        inputs.extend(self.formats.password.files());
        let MaterialArgs { key, key_passphrase_file, chain, ca } = self.material;
        inputs.extend(key.iter().map(|file| Role::new("the key", file)));
        inputs.extend(key_passphrase_file.iter().map(|file| Role::new("the key's passphrase", file)));
        inputs.extend(chain.iter().chain(ca).map(|file| Role::new("a certificate that is read", file)));
        inputs.extend(
            self.which.filter(|which| Path::new(which).is_file()).map(|file| Role::new("the certificate", file)),
        );
        let outputs: Vec<Role> = places
            .iter()
            .filter_map(|(format, place)| match place {
                Destination::Path(path) => Some(Role::new(format!("the {format}"), path)),
                Destination::Stdout => None,
            })
            .collect();
        Ok(apart(&inputs, &outputs, Some(&context.global.ca_dir))?)
    }

    fn sealing(&self, formats: &[Format], context: &Context) -> Result<Sealing, Failure> {
        let needs = formats.iter().any(|format| format.has_password());
        let password = self.formats.password.for_writing(needs, context)?;
        Ok(Sealing { alias: self.formats.alias.clone(), password })
    }

    fn material(&self, which: &str, formats: &[Format], context: &Context) -> Result<Material, Failure> {
        let needs_key = formats.iter().any(|format| format.has_key());
        let (stem, found, key_beside, stored) = match Word::of(which) {
            Word::Folder(folder) => {
                let at = |name| Versions::member(&folder, name);
                let found = certificates(&[at(CERTIFICATE)], self.passphrase, context)?;
                let trust = certificates(&[at(TRUST)], self.passphrase, context)?;
                let stem = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
                (slug(&stem), found.into_iter().chain(trust).collect(), Some(at(KEY)), None)
            }
            Word::File(path) => {
                let opened = contained(&path, self.passphrase, context)?;
                let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                let beside = [path.with_extension("key"), path.with_file_name(KEY)];
                let beside = beside.into_iter().find(|key| key.is_file());
                let own = is_own_key(&path).then(|| path.clone());
                (slug(&stem), opened.certificates, own.or(beside), opened.key)
            }
            Word::Ledger if self.without_ca() => {
                return Err(Failure::new(Exit::Failed, "unknown_certificate", format!("there is no file `{which}`"))
                    .cause(format!("and no CA directory `{}` either", context.global.ca_dir.display())));
            }
            Word::Ledger => {
                let ca = context.open(Access::Read)?;
                let entry = newest(which, &ca, true, context)?;
                let der = ca.ledger().certificate(entry.id)?.ok_or(AuthorityError::NoCertificate)?;
                let leaf = certificate::read(&der).map_err(|error| Failure::unreadable(ca.ledger().path(), &error))?;
                (stem(&entry), vec![leaf], None, None)
            }
        };
        let key = match (needs_key, &self.material.key, stored, key_beside) {
            (false, ..) => None,
            (true, None, Some(stored), _) => Some(KeyText::seal(stored, None).map_err(Failure::backend)?),
            (true, Some(file), ..) => Some(self.open_key(file, context)?),
            (true, None, None, Some(file)) if file.is_file() => Some(self.open_key(&file, context)?),
            (true, ..) => None,
        };
        self.assembled(stem, found, key, formats, context)
    }

    /// Leaf, chain and roots out of what was found and named, and the rest from the CA.
    fn assembled(
        &self,
        stem: String,
        found: Vec<Certificate>,
        key: Option<KeyText>,
        formats: &[Format],
        context: &Context,
    ) -> Result<Material, Failure> {
        let mut found = found.into_iter();
        let leaf = found.next().ok_or(AuthorityError::NoCertificate)?;
        if let Some(key) = &key
            && key.check(&leaf).is_err()
        {
            let message = format!("the key does not belong to the certificate `{}`", leaf.subject().rfc4514());
            return Err(Failure::new(Exit::Refused, "key_mismatch", message).hint("name its own with --key FILE"));
        }
        let mut rest: Vec<Certificate> = found.collect();
        rest.extend(certificates(&self.material.chain, self.passphrase, context)?);
        let mut trust = certificates(&self.material.ca, self.passphrase, context)?;
        let mut chain = climb(&leaf, &rest);
        if trust.is_empty() {
            trust = rest.iter().filter(|one| one.is_self_signed() && **one != leaf).cloned().collect();
        }
        let has_top = |chain: &[Certificate], trust: &[Certificate]| {
            let last = chain.last().unwrap_or(&leaf);
            trust.iter().any(|root| root.subject().matches(last.issuer()))
        };
        if !has_top(&chain, &trust) && !self.without_ca() && Layout::at(&context.global.ca_dir).config().is_file() {
            let ca = context.open(Access::Read)?;
            (chain, trust) = from_ca(&leaf, chain, trust, &ca)?;
        }
        let wants = |wanted: &[Format]| formats.iter().any(|format| wanted.contains(format));
        let trusts = [Format::Trust, Format::TrustAll, Format::TruststorePkcs12, Format::TruststoreJks];
        if trust.is_empty() && wants(&trusts) {
            return Err(Failure::usage("there is no root to be trusted")
                .hint("name it with --ca FILE, or the CA's directory with --ca-dir DIR"));
        }
        if chain.is_empty() && formats == [Format::Chain] {
            return Err(Failure::new(
                Exit::Failed,
                "no_chain",
                "there is no chain: a root issued it, or --chain is missing",
            ));
        }
        let findings = Parts { leaf: &leaf, chain: &chain, trust: &trust, key: None }.findings();
        Ok(Material { stem, leaf, chain, trust, key, findings })
    }

    /// Whether chain and trust were both named, so that no CA is asked.
    const fn without_ca(&self) -> bool {
        !self.material.ca.is_empty()
    }

    fn open_key(&self, path: &Path, context: &Context) -> Result<KeyText, Failure> {
        let text = Zeroizing::new(read_limited(path, LARGEST)?);
        let locked = |error| Failure::locked(path, &error, "--key-passphrase-file FILE");
        let found = LockedKey::read(&text).map_err(locked)?;
        let of = format!("the key `{}`", path.display());
        let passphrase = match found.is_encrypted() {
            true => context.passphrase_from(self.material.key_passphrase_file.as_deref(), &of)?,
            false => None,
        };
        let key = found.open(passphrase.as_ref()).map_err(locked)?;
        // In PKCS#8 and in clear, whatever it was: what it goes into says how it is sealed.
        KeyText::seal(key, None).map_err(Failure::backend)
    }
}

/// Whether the file holds a key beside its certificates.
fn is_own_key(path: &Path) -> bool {
    read_limited(path, LARGEST).is_ok_and(|bytes| LockedKey::read(&Zeroizing::new(bytes)).is_ok())
}

/// Those above a certificate, its issuer first, without a root.
fn climb(leaf: &Certificate, rest: &[Certificate]) -> Vec<Certificate> {
    let mut chain: Vec<Certificate> = Vec::new();
    let signed = |one: &Certificate, by: &Certificate| {
        by.subject().matches(one.issuer()) && one.verify_signature(by.public_key()).is_ok()
    };
    loop {
        let current = chain.last().unwrap_or(leaf);
        let next = rest.iter().find(|above| {
            signed(current, above) && !above.is_self_issued() && *above != leaf && !chain.contains(above)
        });
        match next {
            Some(next) => chain.push(next.clone()),
            None => return chain,
        }
    }
}

/// The chain of the CA that issued it, and the roots that its peers trust.
fn from_ca(
    leaf: &Certificate,
    chain: Vec<Certificate>,
    trust: Vec<Certificate>,
    ca: &Authority,
) -> Result<(Vec<Certificate>, Vec<Certificate>), Failure> {
    let Ok(entry) = ca.row_of(leaf) else { return Ok((chain, trust)) };
    let chain = if chain.is_empty() { ca.generation(entry.issuer)?.chain() } else { chain };
    let trust = if trust.is_empty() { ca.trust()? } else { trust };
    Ok((chain, trust))
}

fn put(exported: &Exported, path: &Path) -> Result<(), Failure> {
    let mut prepared = Prepared::beside(path, exported.kind(), &Attributes::default())?;
    prepared.fill(&exported.bytes)?;
    prepared.put()?.confirm()?;
    Ok(())
}

fn answer(material: &Material, written: &[(Exported, &Destination)]) -> Answer {
    let mut text = String::new();
    let mut files = Vec::new();
    let mut data = Vec::new();
    for (exported, place) in written {
        match place {
            Destination::Stdout => data.extend_from_slice(&exported.bytes),
            Destination::Path(path) => {
                text.push_str(&format!("{}\n", view::shown(path)));
                let key = exported.format.has_key();
                files.push(json!({ "file": view::path(path), "key": key, "format": exported.format.name() }));
            }
        }
    }
    let json = json!({ "layout": null, "files": files, "findings": material.findings });
    let answer = Answer::new(text, json).notices(view::findings(&material.findings));
    if data.is_empty() { answer } else { answer.with_data(data) }
}
