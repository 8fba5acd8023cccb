//! What `renew` and `rekey` have in common: which certificate is meant, where the next one goes, and
//! what becomes of each of many.

use std::path::{Path, PathBuf};

use mtls_ca::authority::{Authority, Delivered, Due, Parcel, Plan, Refresh, RefreshError, Signer, Target};
use mtls_ca::bundle::deliver::{Beside, Delivery, KeyText, plan_key, plan_public};
use mtls_ca::bundle::export::{self, Extras};
use mtls_ca::bundle::slug::slug;
use mtls_ca::encoding::certificate;
use mtls_ca::examine::container::store_kind;
use mtls_ca::ledger::Entry;
use mtls_ca::store::FileError;
use mtls_ca::store::attributes::{Attributes, Kind};
use mtls_ca::store::handover::Prepared;
use mtls_ca::store::read::read_limited;
use mtls_ca::store::versions::Versions;
use mtls_ca::x509::serial::Serial;
use mtls_ca::x509::validity::Validity;
use mtls_ca::{Threshold, Time};

use crate::context::Context;
use crate::delivery::DeliveryArgs;
use crate::failure::{Exit, Failure};
use crate::{view, which};

/// The most that a certificate's file holds.
const LARGEST: u64 = 1024 * 1024;

/// What a word of the command line is.
pub enum Word {
    /// A file with a certificate.
    File(PathBuf),
    /// A folder of versions.
    Folder(PathBuf),
    /// A number, fingerprint or name of the ledger.
    Ledger,
}

impl Word {
    /// A file or folder where there is one, else something of the ledger.
    pub fn of(word: &str) -> Self {
        let path = Path::new(word);
        match () {
            () if Versions::is_one(path) => Self::Folder(path.to_owned()),
            () if path.is_file() => Self::File(path.to_owned()),
            () => Self::Ledger,
        }
    }
}

/// One certificate and its successor, as far as it is decided.
pub struct Job {
    /// As it was typed, or as the ledger names it.
    pub word: String,
    /// What is to be done.
    pub work: Work,
}

/// What is to be done.
pub enum Work {
    /// Nothing yet.
    NotDue { serial: Serial, validity: Validity, due_from: Time },
    /// A file or folder is kept fresh.
    Place(Box<Due>),
    /// One that goes where `--out` says.
    Loose { former: Serial, plan: Box<Plan>, parcel: Option<Box<Parcel>>, key_file: Option<Box<NewKey>> },
}

/// A key that gets a file of its own before its certificate is issued.
pub struct NewKey {
    file: Prepared,
    text: KeyText,
}

impl NewKey {
    /// Where nothing is yet.
    pub fn at(path: PathBuf, text: KeyText, attributes: &Attributes) -> Result<Self, Failure> {
        plan_key(path.clone()).map_err(Failure::key_place)?;
        Ok(Self { file: Prepared::beside(&path, Kind::Key, attributes)?, text })
    }

    /// Writes it, issues its certificate and delivers that; where none came to be, the key's file goes
    /// away again.
    pub fn issue(
        self,
        plan: Plan,
        parcel: Parcel,
        ca: &mut Authority,
        signer: &Signer,
        context: &Context,
    ) -> Result<Delivered, Failure> {
        let Self { mut file, text } = self;
        let path = file.target().to_owned();
        file.fill(text.bytes())?;
        file.put_new().map_err(Failure::key_place)?;
        let parcel = Parcel { key: Some(text), ..parcel };
        ca.issue_into(plan, parcel, signer, &context.act()).map_err(|error| {
            if !matches!(error, RefreshError::Undelivered { .. } | RefreshError::Export { .. }) {
                drop(std::fs::remove_file(&path));
            }
            error.into()
        })
    }
}

/// What came of it.
pub struct Done {
    pub word: String,
    pub former: Serial,
    pub delivered: Delivered,
    pub to_stdout: bool,
}

impl Job {
    /// For a file or folder.
    pub fn place(word: &str, target: &Target, ca: &Authority, context: &Context) -> Result<Self, Failure> {
        let work = match ca.plan_refresh(target, context.patience(), context.now)? {
            Refresh::NotDue { serial, validity, due_from } => Work::NotDue { serial, validity, due_from },
            Refresh::Due(due) => Work::Place(due),
        };
        Ok(Self { word: word.to_owned(), work })
    }

    /// Whether the CA's key is needed.
    pub fn needs_signer(&self) -> bool {
        match &self.work {
            Work::NotDue { .. } => false,
            Work::Place(due) => due.needs_signer(),
            Work::Loose { .. } => true,
        }
    }

    /// Does it; nothing comes of what is not due.
    pub fn run(self, ca: &mut Authority, signer: Option<&Signer>, context: &Context) -> Result<Option<Done>, Failure> {
        let Self { word, work } = self;
        let act = context.act();
        let locked = || Failure::new(Exit::Internal, "no_signer", "the CA's key was not opened");
        match work {
            Work::NotDue { .. } => Ok(None),
            Work::Place(due) => {
                let former = due.former().clone();
                let delivered = ca.refresh(*due, signer, &act)?;
                Ok(Some(Done { word, former, delivered, to_stdout: false }))
            }
            Work::Loose { former, plan, parcel, key_file } => {
                let signer = signer.ok_or_else(locked)?;
                let done = |delivered, to_stdout| Ok(Some(Done { word, former, delivered, to_stdout }));
                match (parcel, key_file) {
                    (Some(parcel), Some(key)) => done(key.issue(*plan, *parcel, ca, signer, context)?, false),
                    (Some(parcel), None) => done(ca.issue_into(*plan, *parcel, signer, &act)?, false),
                    (None, _) => {
                        let issued = ca.issue(*plan, signer, &act)?;
                        let certificate = issued.certificate().clone();
                        done(Delivered { certificate, issued: Some(issued), files: Vec::new() }, true)
                    }
                }
            }
        }
    }
}

/// The newest certificate that a number, fingerprint or name means. A number means itself, so one that
/// was replaced is refused unless `force`.
pub fn newest(word: &str, ca: &Authority, force: bool, context: &Context) -> Result<Entry, Failure> {
    let mut lines = ca.newest_named(word)?;
    match (lines.pop(), lines.len()) {
        (Some(one), 0) => Ok(one),
        (None, _) => {
            let entry = which::one(word, ca, context)?;
            if !force {
                ca.refuse_superseded(&entry)?;
            }
            Ok(entry)
        }
        (Some(one), _) => {
            let message = format!("`{word}` is a name of several certificates");
            let failure = Failure::new(Exit::Failed, "ambiguous", message);
            let line = |entry: &Entry| {
                let row = view::entry::Row::of(entry, context);
                let subject = entry.subject.clone().unwrap_or_default();
                format!(
                    "mtls-ca {} {}  # {} {subject}, expires {}",
                    context.command, row.serial, row.profile, row.expires
                )
            };
            Err(lines.iter().chain([&one]).take(8).fold(failure, |failure, entry| failure.hint(line(entry))))
        }
    }
}

/// Nothing to do yet, where a threshold says so.
pub fn not_due(word: &str, entry: &Entry, threshold: Option<Threshold>, context: &Context) -> Option<Job> {
    let (threshold, validity) = (threshold?, entry.validity?);
    if threshold.is_due(validity, context.now) {
        return None;
    }
    let work = Work::NotDue { serial: entry.serial.clone(), validity, due_from: threshold.due(validity) };
    Some(Job { word: word.to_owned(), work })
}

/// The stem of the files of a certificate that is known by its row alone.
pub fn stem(entry: &Entry) -> String {
    let common = entry.names.iter().find(|name| name.kind == "cn");
    slug(common.or(entry.names.first()).map_or(entry.serial.to_string().as_str(), |name| name.value.as_str()))
}

/// A place for a certificate, and what goes along. A file that is there already may go where it holds a
/// certificate for the same key, which is what a renewal replaces, or by `--force`.
pub fn loose(
    path: &Path,
    beside: &Beside,
    plan: &Plan,
    extras: Extras,
    force: bool,
    delivery: &DeliveryArgs,
) -> Result<Parcel, Failure> {
    let same_key = |path: &Path| {
        let found = read_limited(path, LARGEST).ok().and_then(|bytes| certificate::read_all(&bytes).ok());
        let leaf = found.and_then(|found| found.into_iter().next());
        leaf.is_some_and(|leaf| leaf.public_key() == plan.preview().public_key())
    };
    if !same_key(path) {
        // Says what is in the way or missing, and refuses keys and ledgers whatever was said.
        plan_public(path.to_owned(), force)?;
    }
    for other in beside.chain.iter().chain(&beside.trust) {
        plan_public(other.clone(), true)?;
    }
    for (format, path) in &beside.extras {
        let same_key = Some(plan.preview().public_key());
        export::plan(*format, path, same_key, &extras.sealing, true)?;
    }
    let files: Result<_, FileError> = Delivery::files(path, beside, &delivery.attributes());
    Ok(Parcel { delivery: files?, key: None, extras, is_new_key: false, hook: delivery.hook()? })
}

/// The first certificate of a file, which by custom is the leaf.
pub fn leaf(path: &Path) -> Result<mtls_ca::x509::certificate::Certificate, Failure> {
    let bytes = read_limited(path, LARGEST)?;
    if let Some(kind) = store_kind(&bytes) {
        return Err(Failure::named_by_store(path, kind));
    }
    let found = certificate::read_all(&bytes).map_err(|error| Failure::unreadable(path, &error))?;
    let message = || format!("there is no certificate in `{}`", path.display());
    found.into_iter().next().ok_or_else(|| Failure::new(Exit::Failed, "no_certificate", message()))
}
