//! `mtls-ca rekey`: the next certificate for a new key.

use std::path::{Path, PathBuf};

use mtls_ca::authority::{Access, Authority, Parcel, Place, Plan};
use mtls_ca::bundle::deliver::{Beside, Delivery, KeyText, Role, apart, means_directory};
use mtls_ca::bundle::export::ExportError;
use mtls_ca::encoding::{certificate, request};
use mtls_ca::enroll::csr;
use mtls_ca::keys::PrivateKey;
use mtls_ca::ledger::Entry;
use mtls_ca::store::FileError;
use mtls_ca::store::directory::create_directory;
use mtls_ca::x509::algorithm::KeyAlgorithm;

use super::renew::Wishes;
use crate::context::{Context, PassphraseArgs};
use crate::delivery::DeliveryArgs;
use crate::failure::Failure;
use crate::formats::FormatArgs;
use crate::output::Answer;
use crate::successor::{Job, NewKey, Word, Work, leaf, loose, newest, not_due, stem};
use crate::unlock;
use crate::view::renewed::Outcome;

/// Issue the next certificate for a new key
///
/// As `renew`, with a new key: one that is made here, or one born elsewhere whose request proves it.
/// Of that request only the key counts; subject and names are those of the certificate before.
///
/// Key and certificate are two files, and whoever opens both cannot see them change at one moment. So
/// a new key goes into a directory where none is yet (`--out`), or into a folder of versions behind
/// one link (`--deliver`), which is switched as a whole.
///
/// Examples:
///   mtls-ca rekey api.internal --out new/
///   mtls-ca rekey /etc/nginx/tls/api.crt --deliver /etc/nginx/api --exec systemctl reload nginx
///   mtls-ca rekey /etc/nginx/api --expiring 33%
///   mtls-ca rekey 5f0c11… --csr api.csr
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// A certificate's file, a folder of `--deliver`, a serial number, a fingerprint or a name
    #[arg(value_name = "FILE|SERIAL|NAME")]
    which: String,
    /// ecdsa-p256, ecdsa-p384, ecdsa-p521, ed25519, rsa-2048, rsa-3072, rsa-4096 or rsa-8192; else as
    /// the key before
    #[arg(long, value_name = "ALGORITHM", conflicts_with = "csr")]
    algorithm: Option<KeyAlgorithm>,
    /// Certify the key of this request
    #[arg(long, value_name = "FILE", conflicts_with = "deliver")]
    csr: Option<PathBuf>,
    #[command(flatten)]
    wishes: Wishes,
    /// The directory for NAME.key, NAME.crt and ca.crt; with `--csr` the certificate's file or `-`
    #[arg(long, value_name = "DIR|FILE|-")]
    out: Option<PathBuf>,
    /// A folder of versions, made where it is missing: DIR/current/tls.key, tls.crt, chain.crt, ca.crt
    #[arg(long, value_name = "DIR", conflicts_with = "out")]
    deliver: Option<PathBuf>,
    /// Take over from one that was replaced already, or replace a file that holds something else
    #[arg(long)]
    force: bool,
    /// Print what would be granted, and change nothing
    #[arg(long, conflicts_with_all = ["out", "deliver", "force"])]
    dry_run: bool,
    #[command(flatten)]
    formats: FormatArgs,
    #[command(flatten)]
    delivery: DeliveryArgs,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

pub fn run(args: &Args, context: &Context) -> Result<Answer, Failure> {
    args.apart(context)?;
    let mut ca = context.open(if args.dry_run { Access::Read } else { Access::Sign })?;
    let mut outcome = Outcome::new(1, args.dry_run);
    let job = args.prepare(&ca, context)?;
    if args.dry_run || matches!(job.work, Work::NotDue { .. }) {
        outcome.planned(&job, context);
        return outcome.answer();
    }
    let signer = if job.needs_signer() { Some(unlock::active(&ca, &args.passphrase, context)?) } else { None };
    if let Some(done) = job.run(&mut ca, signer.as_ref(), context)? {
        outcome.done(done, context);
    }
    outcome.answer()
}

impl Args {
    fn apart(&self, context: &Context) -> Result<(), Failure> {
        let mut inputs = context.passphrase_files(&self.passphrase);
        inputs.extend(self.formats.password.files());
        inputs.extend(self.csr.iter().map(|file| Role::new("the request", file)));
        let outputs: Vec<Role> = self
            .out
            .iter()
            .chain(&self.deliver)
            .filter(|path| path.as_path() != Path::new("-"))
            .map(|path| Role::new("the output", path))
            .collect();
        Ok(apart(&inputs, &outputs, Some(&context.global.ca_dir))?)
    }

    fn prepare(&self, ca: &Authority, context: &Context) -> Result<Job, Failure> {
        let word = Word::of(&self.which);
        let in_place = self.csr.is_none() && self.out.is_none() && self.deliver.is_none();
        if let (true, Some(place)) = (in_place && !self.dry_run, self.place(&word)) {
            let mut target = self.wishes.target(place, &self.formats, &self.delivery, context)?;
            target.new_key = Some(self.algorithm.unwrap_or(KeyAlgorithm::EcdsaP256));
            if let (Word::Folder(path), None) = (&word, self.algorithm) {
                target.new_key = Some(like(&leaf(&path.join("current/tls.crt"))?.public_key().to_string()));
            }
            return Job::place(&self.which, &target, ca, context);
        }
        let entry = match &word {
            Word::File(path) => ca.row_of(&leaf(path)?)?,
            Word::Folder(path) => ca.row_of(&leaf(&path.join("current/tls.crt"))?)?,
            Word::Ledger => newest(&self.which, ca, self.force, context)?,
        };
        match not_due(&self.which, &entry, self.wishes.expiring, context) {
            Some(job) => Ok(job),
            None => self.loose(&entry, ca, context),
        }
    }

    fn place(&self, word: &Word) -> Option<Place> {
        match word {
            Word::Folder(path) => Some(Place::Folder(path.clone())),
            Word::File(path) => Some(Place::File { certificate: path.clone(), key: None, beside: Beside::default() }),
            Word::Ledger => None,
        }
    }

    fn loose(&self, entry: &Entry, ca: &Authority, context: &Context) -> Result<Job, Failure> {
        let (order, former) = (self.wishes.order(), entry.serial.clone());
        let job = |plan: Plan, parcel, key_file| Job {
            word: self.which.clone(),
            work: Work::Loose { former: former.clone(), plan: Box::new(plan), parcel, key_file },
        };
        if let Some(file) = &self.csr {
            let bytes = context.read_input(file)?;
            let found = request::read_one(&bytes).map_err(|error| Failure::unreadable(file, &error))?;
            let plan = ca.plan_rekey(entry.id, found, &order, context.now)?;
            let path = match &self.out {
                Some(out) if out.as_path() == Path::new("-") => None,
                None if file.as_path() == Path::new("-") => None,
                Some(out) if means_directory(out) => Some(out.join(format!("{}.crt", stem(entry)))),
                Some(out) => Some(out.clone()),
                None => Some(file.with_extension("crt")),
            };
            let parcel = match path.filter(|_| !self.dry_run) {
                Some(path) => {
                    if let Some(format) = self.formats.wanted().find(|format| format.has_key()) {
                        return Err(ExportError::NoKey(format).into());
                    }
                    let beside = Beside { extras: self.formats.beside(&path), ..Beside::default() };
                    let extras = self.formats.extras(context)?;
                    Some(Box::new(loose(&path, &beside, &plan, extras, self.force, &self.delivery)?))
                }
                None => None,
            };
            return Ok(job(plan, parcel, None));
        }
        let key = PrivateKey::generate(self.algorithm_for(entry, ca)).map_err(Failure::backend)?;
        let wished = csr::nameless(&key).map_err(mtls_ca::AuthorityError::from)?;
        let plan = ca.plan_rekey(entry.id, wished, &order, context.now)?;
        if self.dry_run {
            return Ok(job(plan, None, None));
        }
        let passphrase = match &self.wishes.key_passphrase_file {
            Some(file) => context.passphrase_from(Some(file), "the new key")?,
            None => None,
        };
        let key = KeyText::seal(key, passphrase.as_ref()).map_err(Failure::backend)?;
        let extras = self.formats.extras(context)?;
        if let Some(folder) = &self.deliver {
            let delivery = Delivery::folder(folder, &self.delivery.attributes(), context.patience())
                .map_err(mtls_ca::AuthorityError::from)?;
            let parcel = Parcel { delivery, key: Some(key), extras, is_new_key: true, hook: self.delivery.hook()? };
            return Ok(job(plan, Some(Box::new(parcel)), None));
        }
        let Some(out) = &self.out else {
            return Err(Failure::usage("a new key needs a place of its own")
                .hint("a directory for key and certificate: --out DIR")
                .hint("or a folder that changes as one: --deliver DIR"));
        };
        if !out.is_dir() {
            if out.exists() {
                return Err(FileError::NoDirectory(out.clone()).into());
            }
            create_directory(out)?;
        }
        let at = |end: &str| out.join(format!("{}.{end}", stem(entry)));
        let key = Box::new(NewKey::at(at("key"), key, &self.delivery.attributes())?);
        let extra = self.formats.beside(&at("crt"));
        let beside = Beside { chain: None, trust: Some(out.join("ca.crt")), extras: extra };
        let parcel = loose(&at("crt"), &beside, &plan, extras, self.force, &self.delivery)?;
        Ok(job(plan, Some(Box::new(parcel)), Some(key)))
    }

    /// The algorithm that was asked for, else that of the key before.
    fn algorithm_for(&self, entry: &Entry, ca: &Authority) -> KeyAlgorithm {
        let stored = || ca.ledger().certificate(entry.id).ok().flatten();
        let before = || certificate::read(&stored()?).ok().map(|found| like(&found.public_key().to_string()));
        self.algorithm.or_else(before).unwrap_or(KeyAlgorithm::EcdsaP256)
    }
}

/// The algorithm of this name, where it is one that keys are made of.
fn like(name: &str) -> KeyAlgorithm {
    name.parse().unwrap_or(KeyAlgorithm::EcdsaP256)
}
