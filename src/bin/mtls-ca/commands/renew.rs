//! `mtls-ca renew`: the next certificate for the same key.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mtls_ca::authority::watch::place_of;
use mtls_ca::authority::{Access, Authority, Place, RenewalOrder, Signer, Target};
use mtls_ca::bundle::deliver::{Beside, Role, apart, means_directory};
use mtls_ca::bundle::export::ExportError;
use mtls_ca::ledger::Entry;
use mtls_ca::profile::ProfileName;
use mtls_ca::store::directory::create_open_directory;
use mtls_ca::x509::lifetime::LifetimeWish;
use mtls_ca::{Lifetime, Threshold, Time};

use crate::context::{Context, PassphraseArgs};
use crate::delivery::DeliveryArgs;
use crate::failure::Failure;
use crate::formats::FormatArgs;
use crate::output::Answer;
use crate::successor::{Job, Word, Work, loose, newest, not_due, stem};
use crate::view::renewed::Outcome;
use crate::watch::{self, WatchArgs};
use crate::{successor, unlock};

/// Issue the next certificate for the same key
///
/// Subject, names, profile and lifetime are those of the certificate before, through the rules of
/// today. The one before stays valid until it ends or is revoked. A file is replaced at once, with
/// owner and mode as they were, after its key was compared; a folder made by `--deliver` is switched.
///
/// Never copy the CA directory to the hosts of services in order to renew there: renew where the CA
/// is, and copy certificates.
///
/// Examples:
///   mtls-ca renew api.internal
///   mtls-ca renew /etc/nginx/tls/api.crt --expiring 33% --exec systemctl reload nginx
///   mtls-ca renew --all --expiring 30d --out certs/
///   mtls-ca renew 5f0c11… --lifetime 30d --out -
///   mtls-ca renew --watch --targets targets.toml
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// A certificate's file, a folder of `--deliver`, a serial number, a fingerprint, or a name, which
    /// means the newest certificate that carries it
    #[arg(value_name = "FILE|SERIAL|NAME", required_unless_present_any = ["all", "targets"])]
    which: Vec<String>,
    /// The newest certificate of each name that is in force; what the CA makes for itself apart
    #[arg(long, conflicts_with_all = ["which", "watch"], requires = "out")]
    all: bool,
    #[command(flatten)]
    wishes: Wishes,
    /// Where the certificate goes: a file, a directory (`certs/` is made where it is missing), or `-`;
    /// else the file itself, or NAME.crt
    #[arg(long, value_name = "FILE|DIR|-")]
    out: Option<PathBuf>,
    /// Write the chain alone to this file as well
    #[arg(long, value_name = "FILE")]
    chain_out: Option<PathBuf>,
    /// Write what peers should trust to this file as well
    #[arg(long, value_name = "FILE")]
    ca_out: Option<PathBuf>,
    /// The key of the certificate's file, instead of the one beside it that ends in .key
    #[arg(long, value_name = "FILE", conflicts_with_all = ["without_key", "all"])]
    key: Option<PathBuf>,
    /// The key is on another machine, and is not compared
    #[arg(long, conflicts_with = "all")]
    without_key: bool,
    /// Renew one that was replaced already, or replace a file that holds something else
    #[arg(long)]
    force: bool,
    /// Print what would be granted, and change nothing
    #[arg(long, conflicts_with_all = ["out", "force"])]
    dry_run: bool,
    #[command(flatten)]
    watch: WatchArgs,
    #[command(flatten)]
    formats: FormatArgs,
    #[command(flatten)]
    pub delivery: DeliveryArgs,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

/// What may differ from the certificate before, in the same words for `renew` and `rekey`.
#[derive(Debug, Clone, clap::Args)]
pub struct Wishes {
    /// Do nothing before this long before its end, or with more than this share of its lifetime left
    #[arg(long, value_name = "TIME|PERCENT")]
    pub expiring: Option<Threshold>,
    /// Other rules than those of the certificate before
    #[arg(long, value_name = "NAME")]
    pub profile: Option<ProfileName>,
    /// How long it holds, instead of as long as the one before
    #[arg(long, value_name = "TIME", conflicts_with = "not_after")]
    pub lifetime: Option<Lifetime>,
    /// Its last second
    #[arg(long, value_name = "WHEN")]
    pub not_after: Option<Time>,
    /// What opens the key of a file, where it is encrypted
    #[arg(long, value_name = "FILE")]
    pub key_passphrase_file: Option<PathBuf>,
}

impl Wishes {
    pub fn order(&self) -> RenewalOrder {
        let lifetime = self.lifetime.map(LifetimeWish::For).or(self.not_after.map(LifetimeWish::Until));
        RenewalOrder { profile: self.profile.clone(), lifetime }
    }

    /// A place that is to be kept fresh.
    pub fn target(
        &self,
        place: Place,
        formats: &FormatArgs,
        delivery: &DeliveryArgs,
        context: &Context,
    ) -> Result<Target, Failure> {
        let key_passphrase = match &self.key_passphrase_file {
            Some(file) => context.passphrase_from(Some(file), "the key")?.map(Arc::new),
            None => None,
        };
        Ok(Target {
            place,
            expiring: self.expiring,
            new_key: None,
            key_passphrase,
            order: self.order(),
            attributes: delivery.attributes(),
            extras: formats.extras(context)?,
            hook: delivery.hook()?,
        })
    }
}

pub fn run(args: &Args, context: &Context) -> Result<Answer, Failure> {
    args.check(context)?;
    if args.watch.is_wanted() {
        return watch::run(args.targets(context)?, &args.watch, &args.passphrase, context);
    }
    let mut ca = context.open(if args.dry_run { Access::Read } else { Access::Sign })?;
    let words = args.words(&ca, context)?;
    let mut outcome = Outcome::new(words.len(), args.dry_run);
    let mut signer: Option<Signer> = None;
    for word in words {
        let text = word.text();
        let done = args.prepare(&word, &ca, context).and_then(|job| {
            if args.dry_run || matches!(job.work, Work::NotDue { .. }) {
                outcome.planned(&job, context);
                return Ok(None);
            }
            if job.needs_signer() && signer.is_none() {
                signer = Some(unlock::active(&ca, &args.passphrase, context)?);
            }
            job.run(&mut ca, signer.as_ref(), context)
        });
        match done {
            Ok(Some(done)) => outcome.done(done, context),
            Ok(None) => {}
            Err(failure) => outcome.fail(&text, failure),
        }
    }
    outcome.answer()
}

/// What is to be renewed.
enum Item {
    Typed(String),
    Target(Box<Target>),
    Row(String, Box<Entry>),
}

impl Item {
    fn text(&self) -> String {
        match self {
            Self::Typed(word) => word.clone(),
            Self::Target(target) => place_of(target),
            Self::Row(name, _) => name.clone(),
        }
    }

    /// One of all, with a file name of its own: the certificate's, then with its profile, then with
    /// its number.
    fn row(entry: Entry, taken: &mut HashSet<String>) -> Self {
        let stem = stem(&entry);
        let profile = entry.profile.clone().unwrap_or_default();
        let names = [stem.clone(), format!("{stem}-{profile}"), format!("{stem}-{}", entry.serial)];
        let free = names.into_iter().find(|name| taken.insert(name.clone())).unwrap_or(stem);
        Self::Row(free, Box::new(entry))
    }
}

impl Args {
    fn check(&self, context: &Context) -> Result<(), Failure> {
        let to_stdout = self.out.as_deref() == Some(Path::new("-"));
        let many = self.all || self.which.len() > 1;
        if to_stdout && self.formats.wanted().next().is_some() {
            return Err(Failure::usage("no file is written, so that `--format` has no effect"));
        }
        if to_stdout && (self.delivery.is_given() || self.chain_out.is_some() || self.ca_out.is_some()) {
            return Err(Failure::usage("with `--out -` there is no file, so that options for files have no effect"));
        }
        match &self.out {
            Some(out) if many && !to_stdout && !means_directory(out) => {
                let message = format!("`{}` is one file, and there may be several certificates", out.display());
                return Err(Failure::usage(message).hint("name a directory: --out certs/"));
            }
            _ => {}
        }
        if self.which.is_empty() && self.watch.has_list() && self.delivery.is_given() {
            return Err(Failure::usage("options for files have no effect: each target of the list has its own"));
        }
        let files = self.which.iter().filter(|word| matches!(Word::of(word), Word::File(_))).count();
        if files == 0 && (self.key.is_some() || self.without_key) {
            return Err(Failure::usage("`--key` and `--without-key` have no effect: no file is renewed"));
        }
        let outputs: Vec<Role> = [&self.out, &self.chain_out, &self.ca_out]
            .into_iter()
            .flatten()
            .filter(|path| !to_stdout && !means_directory(path))
            .map(|path| Role::new("an output", path))
            .collect();
        let inputs = [context.passphrase_files(&self.passphrase), self.formats.password.files()].concat();
        Ok(apart(&inputs, &outputs, Some(&context.global.ca_dir))?)
    }

    fn words(&self, ca: &Authority, context: &Context) -> Result<Vec<Item>, Failure> {
        if self.all {
            let all = ca.newest_of_all(context.now)?;
            let mut taken = HashSet::new();
            return Ok(all.into_iter().map(|entry| Item::row(entry, &mut taken)).collect());
        }
        let typed = self.which.iter().cloned().map(Item::Typed);
        let listed = self.watch.listed()?;
        Ok(typed.chain(listed.into_iter().map(|target| Item::Target(Box::new(target)))).collect())
    }

    /// The files and folders that `--watch` keeps fresh.
    fn targets(&self, context: &Context) -> Result<Vec<Target>, Failure> {
        let typed = self.which.iter().map(|word| match Word::of(word) {
            Word::Ledger => Err(Failure::usage(format!("`{word}` is no file or folder that could be watched"))),
            Word::Folder(path) => self.wishes.target(Place::Folder(path), &self.formats, &self.delivery, context),
            Word::File(path) => self.wishes.target(self.file(path), &self.formats, &self.delivery, context),
        });
        typed.collect()
    }

    fn beside(&self, certificate: &Path) -> Beside {
        let (chain, trust) = (self.chain_out.clone(), self.ca_out.clone());
        Beside { chain, trust, extras: self.formats.beside(certificate) }
    }

    fn file(&self, certificate: PathBuf) -> Place {
        let beside = self.beside(&certificate);
        let key = self.key.clone().unwrap_or_else(|| certificate.with_extension("key"));
        Place::File { certificate, key: (!self.without_key).then_some(key), beside }
    }

    fn prepare(&self, item: &Item, ca: &Authority, context: &Context) -> Result<Job, Failure> {
        let word = match item {
            Item::Target(target) => return Job::place(&item.text(), target, ca, context),
            Item::Row(name, entry) => return self.loose(name, name, entry, ca, context),
            Item::Typed(word) => word,
        };
        let place = match (Word::of(word), &self.out) {
            (Word::Folder(path), None) => Place::Folder(path),
            (Word::File(path), None) => self.file(path),
            (Word::File(path), Some(_)) => {
                let entry = ca.row_of(&successor::leaf(&path)?)?;
                return self.loose(word, &stem(&entry), &entry, ca, context);
            }
            (Word::Folder(path), Some(_)) => {
                let message =
                    format!("`{}` is a folder that changes as one, and `--out` has no effect", path.display());
                return Err(Failure::usage(message));
            }
            (Word::Ledger, _) => {
                let entry = newest(word, ca, self.force, context)?;
                return self.loose(word, &stem(&entry), &entry, ca, context);
            }
        };
        Job::place(word, &self.wishes.target(place, &self.formats, &self.delivery, context)?, ca, context)
    }

    /// One that goes where `--out` says.
    fn loose(&self, word: &str, name: &str, entry: &Entry, ca: &Authority, context: &Context) -> Result<Job, Failure> {
        if let Some(job) = not_due(word, entry, self.wishes.expiring, context) {
            return Ok(job);
        }
        let plan = ca.plan_renewal(entry.id, &self.wishes.order(), context.now)?;
        let name = format!("{name}.crt");
        let path = match &self.out {
            Some(out) if out.as_path() == Path::new("-") => None,
            Some(out) if means_directory(out) => {
                if !self.dry_run {
                    create_open_directory(out)?;
                }
                Some(out.join(name))
            }
            Some(out) => Some(out.clone()),
            None => Some(PathBuf::from(name)),
        };
        if let Some(format) = self.formats.wanted().find(|format| format.has_key()) {
            return Err(ExportError::NoKey(format).into());
        }
        let parcel = match path {
            Some(path) if !self.dry_run => {
                let extras = self.formats.extras(context)?;
                Some(Box::new(loose(&path, &self.beside(&path), &plan, extras, self.force, &self.delivery)?))
            }
            _ => None,
        };
        let work = Work::Loose { former: entry.serial.clone(), plan: Box::new(plan), parcel, key_file: None };
        Ok(Job { word: word.to_owned(), work })
    }
}
